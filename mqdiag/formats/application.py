"""
What applications log of a failed MQ call: Java and JMS, Node.js, Go, Python, the C samples, .NET.

The kind is `java-exception` for all of them; the fact `language` says which it is (grammars/application.lark).
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, TypedDict, TypeVar

from mqdiag import clock, grammar
from mqdiag.formats._base import Format
from mqdiag.formats._failures import failure
from mqdiag.formats._peers import peer
from mqdiag.formats.jsonlog import fields
from mqdiag.model import Event, Peer, Stamp
from mqdiag.text import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mqdiag.model import Record

T = TypeVar("T")

STAMP_KEYS = ("@timestamp", "timestamp", "Timestamp", "datetime", "time", "ts", "asctime", "@t")  # in JSON
OTHERS = b"First Failure Symptom Report"  # a Java FFST holds the same stack traces, and is for its own format
MAX_JOINED = 12  # lines that one line of a log was wrapped into
MAX_NESTED = 60  # brackets in brackets; JMQI exceptions nest five deep
BEFORE, AFTER = 32 * 1024, 128 * 1024  # characters of an entry around the first sign of a failure
MAX_TEXT = 1000  # characters of a line that are worth showing


class Application(Format):
    """
    One entry of a log: a line that begins with a stamp, and what follows up to the next.

    An entry that tells no failure of MQ is a record too, without reason code and message id.

    facts: `language` (java, node, go, python, c, dotnet), `chain` (the ids of the exceptions, outermost first),
    `exception` (the innermost exception that is not MQ's: class and message), `exceptions` (all of them), `stamped`
    (`before` where the stamp is alone on its line, as `date` prints it: what is below was written later).
    """

    kind: ClassVar = "java-exception"
    grammar_name = "application"
    needles = (
        b"CC=",
        b"MQCC",
        b"MQI Error",
        b"ended with reason",
        b"MQJE",
        b"JMSWMQ",
        b"JMSCMQ",
        b"CompCode",
        b"MQException",
        b"MQCONN",
        b"MQOPEN",
        b"(AMQ4",
    )
    opens: ClassVar[tuple[str, ...]] = ("DATED",)
    closes: ClassVar[tuple[str, ...]] = ("FOREIGN",)
    signs: ClassVar[tuple[str, ...]] = ("SIGN", "OWN_WORDS")
    rank = 6

    def looks_like(self, head: bytes, name: str) -> float:
        """Stamps alone make no log of an application that uses MQ: there must be a sign that MQ's libraries wrote."""
        if not any(needle in head for needle in self.needles) or not self.sign.search(head):
            return 0
        entries = sum(1 for _ in self.openings.finditer(head))
        return entries if OTHERS not in head else min(entries, 0.5)

    @cached_property
    def openings(self) -> re.Pattern[bytes]:
        foreign, dated = self.terminal("FOREIGN"), self.terminal("DATED")
        return re.compile(f"^(?P<DATED>(?!{foreign}){dated})".encode("ascii"), re.MULTILINE)

    @cached_property
    def boundaries(self) -> re.Pattern[bytes]:
        """An entry ends where a record of MQ's own begins, and without it: other formats will want to read it."""
        foreign = f"^(?P<FOREIGN>(?={self.terminal('FOREIGN')}))|".encode("ascii")
        return re.compile(foreign + self.openings.pattern, re.MULTILINE)

    @cached_property
    def sign(self) -> re.Pattern[bytes]:
        """What a failure is known by: the words of MQ's libraries, below a stamp also the application's own."""
        return re.compile("|".join(map(self.terminal, self.signs)).encode("ascii"))

    @cached_property
    def named(self) -> re.Pattern[str]:
        """Names in an application's own words: 'queue manager BKQ01 at host bkq01(1416)', or in what somebody typed."""
        names = ("QUEUE_MANAGER", "SAMPLE_RUN", "ON_CHANNEL", "MQSERVER", "AT_HOST")
        return re.compile("|".join(f"(?P<{each}>{self.terminal(each)})" for each in names))

    @cached_property
    def way(self) -> re.Pattern[str]:
        """What the way of a log, such as Docker's or the journal's, put before its lines."""
        stream, journal = self.terminal("STREAM"), self.terminal("JOURNAL")
        return re.compile(f"^(?:(?:{stream})(?P<relayed>{journal})?|(?P<journal>{journal}))", re.MULTILINE)

    @cached_property
    def entry(self) -> re.Pattern[str]:
        return re.compile(self.terminal("ENTRY"))

    @cached_property
    def head(self) -> re.Pattern[str]:
        """The stamp of an entry, as the last thing of its head."""
        return re.compile(rf"({self.terminal('STAMP')})[\])\"]?\Z")

    def terminal(self, name: str) -> str:
        return grammar.terminal(self.grammar_name, name)

    def parse(self, record: Record, encoding: str | None) -> Event:
        whole = self.text(record, encoding)
        way = self.way.match(whole)
        text = flat(self.way.sub("", whole))
        entry = self.entry.match(text)
        message = text[entry.end() :] if entry else text
        sign = re.search(self.sign.pattern.decode("ascii"), message) if self.sign.search(record.data) else None
        event = Event(
            kind=self.kind,
            span=record.span,
            stamp=self.stamp(entry[0] if entry else "", way[0] if way else ""),
            side="client",
            text=line_at(message, sign.start() if sign else 0),
            **writer((way["relayed"] or way["journal"] or "") if way else ""),
            **self.names(text),
        )
        if sign is None:
            return event
        is_alone = event.stamp is not None and event.stamp.written == text.partition("\n")[0].strip()
        text = shallow(unfolded(around(text, sign.start())))
        found = failure(event, self.tree(text), text)
        return replace(found, facts={**found.facts, "stamped": "before"}) if is_alone else found

    def stamp(self, head: str, way: str) -> Stamp | None:
        """The stamp of an entry; that of Docker or the journal before it where it has none or prints no zone."""
        found = self.head.search(head)
        own = read_stamp(found[1]) if found else None
        streamed = re.search(self.terminal("STAMP"), way)
        if streamed and (own is None or (not own.instant and is_stated(streamed[0]))):
            return read_stamp(streamed[0])
        return own

    def names(self, text: str) -> Names:
        """What an application says of queue manager, channel and host in its own words; the first of each counts."""
        found: dict[str, str] = {}
        for match in self.named.finditer(text):
            found.setdefault(match.lastgroup or "", match[0])
        channel, _, conname = found.get("MQSERVER", "").partition("/TCP/")
        host = found.get("AT_HOST", "").partition(" ")[2] or conname
        return {
            "queue_manager": last_word(found.get("QUEUE_MANAGER") or found.get("SAMPLE_RUN", "")),
            "channel": last_word(found.get("ON_CHANNEL") or channel),
            "peer": peer(host) if host else None,
        }

    def link(self, events: Sequence[Event]) -> list[Event]:
        """
        Where all entries of a log name one queue manager, one channel, one host, the failures are of it too; on a page
        that holds what several programs printed, only those below the first that names it.

        'trying to connect to queue manager BKQ01 at host bkq01(1416)', then the failure in an entry of its own.
        """
        only: Names = {
            "queue_manager": only_one(each.queue_manager for each in events),
            "channel": only_one(each.channel for each in events),
            "peer": only_one(each.peer for each in events),
        }
        is_page = len({each.facts["language"] for each in events if "language" in each.facts}) > 1
        first = next((n for n, each in enumerate(events) if each.channel or each.queue_manager or each.peer), 0)
        return [
            completed(each, only) if "language" in each.facts and not (is_page and number < first) else each
            for number, each in enumerate(events)
        ]


def read_stamp(written: str) -> Stamp:
    reading = clock.read(written)
    local = reading.local() if reading else None
    if reading and local and reading.offset is not None:
        return Stamp(written, local, clock.to_utc(local, reading.offset), "stated")
    return Stamp(written, local)


def is_stated(written: str) -> bool:
    return read_stamp(written).instant is not None


class Writer(TypedDict):
    host: str | None
    program: str | None
    process: int | None


def writer(journal: str) -> Writer:
    """Host, program and process of 'May 06 10:00:01 kiosk-7 feed[8800]: '."""
    _, host, ident = (["", "", "", *journal.rstrip(": ").rsplit(" ", 2)])[-3:]
    program, _, process = ident.rstrip("]").partition("[")
    return {"host": host or None, "program": program or None, "process": number(process)}


class Names(TypedDict):
    queue_manager: str | None
    channel: str | None
    peer: Peer | None


def completed(event: Event, names: Names) -> Event:
    """An event with the names it does not print itself."""
    return replace(
        event,
        queue_manager=event.queue_manager or names["queue_manager"],
        channel=event.channel or names["channel"],
        peer=event.peer or names["peer"],
    )


def only_one(values: Iterable[T | None]) -> T | None:
    """The value that all have that have one; None where they differ."""
    found = {value for value in values if value is not None}
    return found.pop() if len(found) == 1 else None


def last_word(text: str) -> str | None:
    """`BKQ01` of 'queue manager 'BKQ01'', `FEED.IN` of 'channel=FEED.IN'."""
    return re.split("[ =]", text)[-1].strip("'\"") or None


def line_at(text: str, position: int) -> str:
    """The line of a text at a position, without what surrounds its words."""
    begin = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return text[begin : end if end >= 0 else len(text)].strip(" \t\r-:|")[:MAX_TEXT]


def around(text: str, position: int) -> str:
    """As much of a text as a failure can take up: an application may dump whole messages into one entry."""
    return text[max(0, position - BEFORE) : position + AFTER]


def flat(text: str) -> str:
    """An entry that was written as JSON, as plain text would be: the stamp, then all its texts, line by line."""
    if not re.match(grammar.terminal("application", "JSON_ENTRY"), text):
        return text
    found = fields(text[text.index("{") :].partition("\n")[0])
    stamp = next((clock.since_1970(found[key]) or str(found[key]) for key in STAMP_KEYS if key in found), "")
    message = [found[key] for key in ("message", "msg") if key in found]
    inner = [each for value in found.values() if isinstance(value, dict) for each in value.values()]
    parts = dict.fromkeys(each for each in [*message, *found.values(), *inner] if isinstance(each, str))
    return stamp + " " + "\n".join(each for each in parts if each != stamp)


def unfolded(text: str) -> str:
    """
    The text with each JMQI exception on one line, as it was before a terminal or a mail wrapped it.

    '... [1=com.ibm.mq.jmqi.JmqiExcep' / '' / 'tion[CC=2;RC=2009;AMQ9213: ...'. Where the end is cut off, the
    brackets that are missing are added.
    """
    lines: list[str] = []
    open_from, joins = -1, 0
    for line in text.split("\n"):
        if open_from >= 0 and joins < MAX_JOINED and goes_on(lines[-1][open_from:], line):
            lines[-1] += (glue(lines[-1], line) + line.strip()) if line.strip() else ""
            joins += 1
            continue
        if open_from >= 0:
            lines[-1] = closed(lines[-1], open_from)
        lines.append(line)
        open_from, joins = line.find("CC="), 0
    if open_from >= 0:
        lines[-1] = closed(lines[-1], open_from)
    return "\n".join(lines)


def shallow(text: str) -> str:
    """A text whose brackets nest MAX_NESTED deep, what is below in parentheses: deeper trees cost the square."""
    if text.count("[") <= MAX_NESTED:
        return text
    depth, result = 0, list(text)
    for place, char in enumerate(text):
        if char == "[":
            depth += 1
            result[place] = "[" if depth <= MAX_NESTED else "("
        elif char == "]":
            result[place] = "]" if depth <= MAX_NESTED else ")"
            depth = max(depth - 1, 0)
    return "".join(result)


def goes_on(begun: str, line: str) -> bool:
    """Whether a line is the rest of a JMQI exception that the line above began."""
    if re.match(r"[ \t]+(?:at |\.\.\. \d)|Caused by:", line):
        return False
    is_open = begun.count("[") > begun.count("]") or begun.endswith(";")
    return is_open or bool(re.match(r"[ \t]*\[[1-5]=", line))


def glue(before: str, after: str) -> str:
    """What stood between two lines: nothing inside a name such as com.ibm.mq.jmqi.JmqiExcep/tion, else a blank."""
    last = re.split(r"[ \[]", before)[-1]
    return "" if re.search(r"[.=;$]", last) or before.endswith(("[", "]")) or after.startswith(" ") else " "


def closed(line: str, begin: int) -> str:
    missing = line.count("[", begin) - line.count("]", begin)
    return line.rstrip() + "]" * missing if missing > 0 else line


FORMAT = Application()
