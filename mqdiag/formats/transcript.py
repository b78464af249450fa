"""Transcripts of MQI calls made by hand with mqpgf and its like (grammars/transcript.lark)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from mqdiag import clock
from mqdiag.formats._shell import Anywhere, masked, prompt_host
from mqdiag.model import Event, Peer, Stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lark import Token

    from mqdiag.grammar import ParseTree
    from mqdiag.model import Record

CONNECTING_PROGRAM = "mqpgf"
CONNECTING_VERBS = ("MQCONN", "MQCONNX")
OPTION_FACTS = {"-ru": "responder_url", "-cs": "cipher", "-cl": "label"}
# 198.51.100.24(1481)   harb81.example.net:1481
CONNAME = re.compile(r"(?P<host>[^\s()<>,]{1,255}?)(?:\((?P<port>\d{1,5})\)|:(?P<port2>\d{1,5}))?(?:,.*)?")
ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}")


class Transcript(Anywhere):
    """
    facts: `phase` (start, stop, fail, command, answer), `verb` (MQCONNX), `completion_code` (0, 2),
    `elapsed_s` (of a stop), `baseline_s` (of a failing stop: what the last MQCONNX took that went well),
    `responder_url`, `cipher`, `label` (options of the command, on its calls too), `hcon`, `object`,
    `reason` (on a `fail` and an `answer`: a number that is no failure of its own), `interrupted` (`yes` on a
    start below which stands ^C).

    Stamps have no zone, so they are never an instant here.
    """

    kind: ClassVar = "mqi-transcript"
    grammar_name = "transcript"
    needles = (b"MQCONN", b"] MQ", b"mqpgf", b"mqpcf", b"mqrc")
    opens = ("CALL_LINE", "FAILURE_LINE", "BANNER_LINE", "COMMAND_LINE", "MQRC_LINE", "ANSWER_LINE")
    one_line = True
    opening_lines = 2  # a call, and the ^C that ended it
    rank = 2

    def parse(self, record: Record, encoding: str | None) -> Event:
        text = self.text(record, encoding).strip()
        part = self.tree(text).children[0]
        assert not isinstance(part, str)
        found = Event(kind=self.kind, span=record.span, side="client", text=text.partition("\n")[0])
        match part.data:
            case "call":
                return call(found, part)
            case "failure":
                return failure(found, part)
            case "banner":
                return replace(found, queue_manager=values(part, "VALUE"), facts={"phase": "fail"})
            case "answer":
                number = values(part, "NUMBER")
                return replace(found, side=None, facts={"phase": "answer", "reason": number or ""})
        return command(found, part)

    def link(self, events: Sequence[Event]) -> list[Event]:
        """Give every call what its command line says, and every stop how long it took."""
        session = Session()
        return [session.related(each) for each in events]


# ---- lines -----------------------------------------------------------------------------------------------------


def call(found: Event, part: ParseTree) -> Event:
    fields = fields_of(part)
    phase = values(part, "PHASE") or ""
    facts = {
        "phase": phase,
        "verb": values(part, "VERB"),
        "completion_code": plain_number(fields.get("CompCd")),
        "hcon": fields.get("hcon"),
        "object": fields.get("ObjectName"),
        "interrupted": values(part, "INTERRUPT") and "yes",
    }
    written = (values(part, "STAMP") or "").strip("[]")
    reading = clock.read(written)
    return replace(
        found,
        stamp=Stamp(written, local=reading.local() if reading else None),
        queue_manager=fields.get("qmgr") or None,
        reason_code=int(plain_number(fields.get("ReasonCd")) or 0) or None if phase == "stop" else None,
        facts={name: value for name, value in facts.items() if value},
    )


def failure(found: Event, part: ParseTree) -> Event:
    """`MQCONNX fail : HARB81 ..` says again what the stop said, so its reason is a fact and no reason code."""
    fields = fields_of(part)
    facts = {
        "phase": "fail",
        "verb": values(part, "VERB"),
        "completion_code": plain_number(fields.get("CompCd")),
        "reason": plain_number(fields.get("ReasonCd")),
    }
    return replace(
        found,
        queue_manager=values(part, "VALUE"),
        facts={name: value for name, value in facts.items() if value},
    )


def command(found: Event, part: ParseTree) -> Event:
    """
    A command line; -x and -ch of the connecting program are the peer and the channel of its calls.

    Of the others (mqrc, mqpcf) nobody can say at which end they were typed.
    """
    host = prompt_host(values(part, "PROMPT") or "")
    program = (values(part, "PROGRAM") or "").removesuffix(".exe")
    found = replace(found, host=host, text=masked(found.text), facts={"phase": "command"})
    if not program.startswith(CONNECTING_PROGRAM):
        return replace(found, side=None)
    options = options_of(part)
    facts = {fact: options[option] for option, fact in OPTION_FACTS.items() if options.get(option)}
    return replace(
        found,
        program=program,
        queue_manager=options.get("-qm") or None,
        channel=options.get("-ch") or None,
        peer=conname(options.get("-x", "")),
        facts={**found.facts, **facts},
    )


def fields_of(part: ParseTree) -> dict[str, str]:
    """`hcon:-1 qmgr:HARB81` as a mapping; a value that a page broke with a blank is one again."""
    return {
        (values(each, "NAME") or "").rstrip(":= \t"): (values(each, "VALUE") or "")
        for each in part.children
        if not isinstance(each, str)
    }


def options_of(part: ParseTree) -> dict[str, str]:
    """
    The options of a command line with their values: {'-qm': 'HARB81'}.

    Words are joined, for pages break a channel's name (-ch PL81N.MQ ICHL); MQ's own keywords behind a value
    (-q LQ1 MQGMO_WAIT) are not part of it.
    """
    found: dict[str, str] = {}
    for option in part.children:
        if isinstance(option, str):
            continue
        tokens = [each for each in option.children if isinstance(each, str)]
        words = "".join(str(each).strip('"') for each in tokens[1:] if each.type != "KEYWORD")
        if "<" not in words:  # a page that prints <ipaddr> for an address
            found.setdefault(str(tokens[0]), re.sub(r"\s", "", words))
    return found


def conname(text: str) -> Peer | None:
    match = CONNAME.fullmatch(text)
    if match is None:
        return None
    host, port = match["host"], match["port"] or match["port2"]
    is_address = ADDRESS.fullmatch(host) is not None
    return Peer(
        host=None if is_address else host, address=host if is_address else None, port=int(port) if port else None
    )


def values(part: ParseTree, name: str) -> str | None:
    """The tokens of one type right below a tree as one string, None if there are none."""
    tokens: list[Token] = [each for each in part.children if isinstance(each, str) and each.type == name]
    return "".join(tokens) or None


def plain_number(written: str | None) -> str | None:
    """`02` is `2`; None for what is no number."""
    return str(int(written)) if written and written.isascii() and written.isdigit() and len(written) < 10 else None


# ---- the lines of one source together --------------------------------------------------------------------------


@dataclass(slots=True)
class Session:
    """What the lines read so far say about the next one."""

    command: Event | None = None
    started: dict[tuple[str, str], list[Event]] = field(default_factory=dict)  # by verb and connection
    queue_managers: dict[str, str] = field(default_factory=dict)  # by hcon
    baseline_s: str | None = None
    failed: tuple[str | None, str] | None = None  # queue manager and reason of the last failing stop

    def related(self, event: Event) -> Event:
        phase = event.facts.get("phase")
        if phase == "command":
            if event.side == "client":
                self.command = event
                self.started.clear()
            return event
        if phase not in ("start", "stop", "fail"):
            return event
        event = self.with_connection(event)
        if phase == "start":
            self.started.setdefault(connection(event), []).append(event)
            if event.facts.get("interrupted"):
                self.started.clear()
            return event
        return self.timed(event) if phase == "stop" else self.counted_once(event)

    def with_connection(self, event: Event) -> Event:
        """The event with what the command line or the MQCONNX of its hcon says."""
        hcon = event.facts.get("hcon")
        if hcon and event.queue_manager and event.reason_code is None:
            self.queue_managers[hcon] = event.queue_manager
        manager = event.queue_manager or (self.queue_managers.get(hcon) if hcon else None)
        if self.command is None:
            return replace(event, queue_manager=manager)
        spread = {name: value for name, value in self.command.facts.items() if name != "phase"}
        return replace(
            event,
            host=self.command.host,
            queue_manager=manager or self.command.queue_manager,
            channel=self.command.channel,
            peer=self.command.peer,
            facts={**spread, **event.facts},
        )

    def timed(self, stop: Event) -> Event:
        """
        A stop with its duration. Its start is the last one that is still open: an earlier one without a stop
        was killed, and would make the call look as if it had hung.
        """
        open_calls = self.started.get(connection(stop), [])
        elapsed_s = seconds_between(open_calls.pop(), stop) if open_calls else None
        facts = dict(stop.facts)
        if elapsed_s is not None:
            facts["elapsed_s"] = elapsed_s
        if stop.reason_code:
            self.failed = stop.queue_manager, str(stop.reason_code)
            if self.baseline_s:
                facts["baseline_s"] = self.baseline_s
        elif facts.get("verb") in CONNECTING_VERBS and elapsed_s:
            self.baseline_s = elapsed_s
        return replace(stop, facts=facts)

    def counted_once(self, event: Event) -> Event:
        """A `fail` line gets its reason code only where the stop that says the same is not in the source."""
        reason = event.facts.get("reason")
        if not reason or reason == "0" or self.failed == (event.queue_manager, reason):
            return event
        return replace(event, reason_code=int(reason))


def connection(event: Event) -> tuple[str, str]:
    """What a start and its stop have in common: the verb, and the queue manager or, once connected, the hcon."""
    verb = event.facts.get("verb", "")
    if verb in CONNECTING_VERBS:
        return verb, event.queue_manager or ""
    return verb, event.facts.get("hcon", "")


def seconds_between(start: Event, stop: Event) -> str | None:
    if not start.stamp or not stop.stamp or not start.stamp.local or not stop.stamp.local:
        return None
    seconds = (stop.stamp.local - start.stamp.local).total_seconds()
    return f"{seconds:.3f}" if seconds >= 0 else None


FORMAT = Transcript()
