"""The text error log, AMQERRnn.LOG (grammars/errorlog.lark)."""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from mqdiag import clock, grammar
from mqdiag.formats._base import MARKS, Format, Skim, message_key
from mqdiag.formats._passing import Terminals, pass_over
from mqdiag.grammar import is_tree, tokens
from mqdiag.model import Event, MessageId, Stamp
from mqdiag.text import number, remembered, shared, unwrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mqdiag.formats._base import Tally
    from mqdiag.grammar import ParseTree
    from mqdiag.model import Record

MESSAGE_ID = re.compile(r"(AMQ(?:[A-Z]{2})?)(\d{4})([A-Z])?")
PROCESS = re.compile(rb"Process\(([0-9]{1,18})\.([0-9]{1,18})\)")
FOOTER = re.compile(rb"\n-----[- ][ -~]{0,120}\s*\Z")  # only at the end, and without what copying puts before lines
DIGITS = re.compile(rb"[0-9]+")
INSERTS = ("ArithInsert1", "ArithInsert2", "CommentInsert1", "CommentInsert2", "CommentInsert3")
FIRST_LINE = ("Process", "User", "Program")  # the attributes beside the stamp
STAMPS = ("STAMP", "BARE_STAMP")
ATTRIBUTE_LINE = re.compile(r"(Host|Installation|VRMF|QMgr|Time|RemoteHost|(?:Arith|Comment)Insert[1-3])\((.*?)\)?")
EVENT_ID = re.compile(r":[ \t]*(\d{4})\b")  # of Windows: the number of the message
CATALOGUE_LAYOUT = re.compile(r" ?&[BPN] ")  # left raw in copies of the Windows event log: new bullet, new paragraph
QUOTE_MARKS = " \t>#*|"  # before the lines of a record that was quoted in a mail or listed as a comment


class ErrorLog(Format):
    """
    facts: `remote_host` (the RemoteHost attribute), `module` (`amqccisa.c:8789`, from the footer).
    """

    kind: ClassVar = "amqerr"
    grammar_name = "errorlog"
    needles = (b"Process(", b"AMQ")
    opens: ClassVar[tuple[str, ...]] = ("STAMP",)
    opens_if_closed: ClassVar[tuple[str, ...]] = ("MESSAGE_ID",)
    closes = ("FOOTER",)
    triaged = True
    rank = 5

    @cached_property
    def boundaries_below(self) -> re.Pattern[bytes]:
        """The boundaries with the line end above them: a pattern that begins with a fixed byte is twice as fast."""
        return re.compile(self.boundaries.pattern.replace(b"^", b"\n", 1))

    def find_boundaries(self, data: bytes, begin: int, end: int) -> Iterator[re.Match[bytes]]:
        if data.find(b"\0", begin, end) >= 0:
            yield from super().find_boundaries(data, begin, end)
            return
        if (first := self.boundaries.match(data, begin, end)) is not None:
            yield first
        yield from self.boundaries_below.finditer(data, begin, end)

    @cached_property
    def skim_pattern(self) -> re.Pattern[bytes]:
        """A message id at a line start, or the header's stamp and the instant beside it."""
        return grammar.pattern(self.grammar_name, "STAMP", "MESSAGE_ID", "UTC_LINE")

    def skim(self, data: bytes) -> Skim:
        key = written = utc = None
        stamps: list[re.Match[bytes]] = []
        times: list[re.Match[bytes]] = []
        for match in self.skim_pattern.finditer(data):
            part = match[0].strip(MARKS)
            if match.lastgroup == "STAMP":
                written = part.rstrip(b"- \t")
                stamps.append(match)
            elif match.lastgroup == "UTC_LINE":
                utc = part[len(b"Time(") :]
                times.append(match)
            else:
                key = message_key(part)
                break
        process = PROCESS.match(data, stamps[0].end()) if len(stamps) == 1 and len(times) < 2 else None
        if process is None:
            return Skim(key, written, utc)
        begin, end = times[0].span() if times else (process.end(), process.end())
        last = FOOTER.search(data, end)
        form = DIGITS.sub(b"", stamps[0][0])  # with what stands around the numbers
        parts = data[: stamps[0].start()], form, data[process.end() : begin], data[end : last.start() if last else None]
        return Skim(key, written, utc, process[1], process[2], last[0] if last else b"", b"\0".join(parts))

    @cached_property
    def terminals(self) -> Terminals:
        return Terminals.of(self.grammar_name)

    def pass_over(self, data: bytes, begin: int, end: int, tally: Tally) -> int:
        if self.opens != ErrorLog.opens:  # a relative of this format, whose records begin otherwise too
            return begin
        return pass_over(self.terminals, data, begin, end, tally)

    def varying(self, event: Event, skim: Skim, encoding: str) -> dict[str, Any]:
        stamp = read_stamp((skim.written or b"").decode(encoding), (skim.utc or b"").decode("ascii"))
        process, thread = number(skim.process.decode("ascii")), number(skim.thread.decode("ascii"))
        facts, module = event.facts, footer_module(skim.footer.decode("ascii"))
        if module != facts.get("module", ""):
            facts = {**facts, "module": module}
        return {"stamp": stamp, "process": process, "thread": thread, "facts": facts}

    def parse(self, record: Record, encoding: str | None) -> Event:
        return event(self.tree(relined(unquoted(self.text(record, encoding)))), record)


def unquoted(text: str) -> str:
    """
    The record without what copying put before its lines: mail quotes, comment signs, the indent of a list.

    '> 10/30/24 00:06:19 - Process('   '   10/30/24 00:06:19 - Process('
    """
    first = text.lstrip("\n")
    marks = first[: len(first) - len(first.lstrip(QUOTE_MARKS))]
    if mark := marks.strip():
        return re.sub(rf"(?m)^[ \t]{{0,12}}{re.escape(mark[0])}[ \t]?", "", text)
    return re.sub(rf"(?m)^ {{1,{len(marks)}}}", "", text) if marks else text


@cache
def seams() -> re.Pattern[str]:
    """
    Where the lines of a record were, in one that was copied onto a single line:

    06/15/22 06:10:59 - Process(597.4) ... AMQ9207E: ... EXPLANATION: ... ACTION: ... ----- amqccita.c : 1234 -----
    """
    heading = grammar.terminal("errorlog", "HEADING_INLINE")
    return re.compile(
        rf"(?<![ \t])[ \t]+(?=AMQ\d{{4}}[A-Z]?: |{heading}|-----[ ][a-z]|\.{{3,}}(?: |$))|(?<=[ .]\.\.\.)[ ]"
        r"|(?<![0-9 \t])[ \t]+(?=-{20})"
    )


def relined(text: str) -> str:
    """A record that was copied onto one line, on several lines again; any other record as it is."""
    first, _, rest = text.strip("\n").partition("\n")
    if "Process(" not in first or not MESSAGE_ID.search(first):
        return text
    return seams().sub("\n", first) + "\n" + rest


def event(tree: ParseTree, record: Record) -> Event:
    """The event of a parsed record; `interpret` gives it its channel and the rest."""
    printed: list[tuple[str, str]] = []
    message: ParseTree | None = None
    sections: list[ParseTree] = []
    written, module = "", ""
    event_id: re.Match[str] | None = None
    for part in tree.children:
        if not is_tree(part):
            module = module or footer_module(str(part))
        elif part.data == "header":
            for child in tokens(part):
                if child.type == "ATTRIBUTE":
                    name, _, value = child.strip().partition("(")
                    printed.append((shared(name.rstrip()), shared(value.removesuffix(")").strip())))
                elif child.type in STAMPS:
                    written = child.strip().rstrip("-–— \t")
                elif child.type == "EVENT_LINES":
                    event_id = EVENT_ID.search(child)
        elif part.data == "message":
            message = part
            printed += attributes_between(part)
        else:
            sections.append(part)
    attributes = unmistakable(printed)
    process, _, thread = attributes.get("Process", "").partition(".")
    said = paragraphs(message) if message else [""]
    facts = {"remote_host": attributes.get("RemoteHost", ""), "module": module}
    return Event(
        kind="amqerr",
        span=record.span,
        stamp=read_stamp(written, attributes.get("Time")),
        host=attributes.get("Host") or None,
        queue_manager=attributes.get("QMgr") or None,
        process=number(process),
        thread=number(thread),
        user=attributes.get("User") or None,
        program=attributes.get("Program") or None,
        installation=attributes.get("Installation") or None,
        vrmf=attributes.get("VRMF") or None,
        message_id=message_id(message) or (MessageId("AMQ", event_id[1]) if event_id else None),
        inserts={name: attributes[name] for name in INSERTS if name in attributes},
        facts={name: value for name, value in facts.items() if value},
        text=said[0],
        body=shared("\n".join((*said[1:], *(line for section in sections for line in paragraphs(section))))),
    )


def unmistakable(printed: list[tuple[str, str]]) -> dict[str, str]:
    """
    The attributes of a header by name. One that stands there twice with two values tells of two processes that
    wrote at once: nobody can say whose it is, nor to which of them the first line belongs.
    """
    values: dict[str, set[str]] = {}
    for name, value in printed:
        values.setdefault(name, set()).add(value)
    mixed = len(printed) > len(values)
    certain = {name: next(iter(found)) for name, found in values.items() if len(found) == 1}
    return {name: value for name, value in certain.items() if not (mixed and name in FIRST_LINE)}


def attributes_between(message: ParseTree) -> list[tuple[str, str]]:
    """The attributes that stand below a line which is not the header's, above the message id."""
    found: list[tuple[str, str]] = []
    for token in tokens(message):
        if token.type == "MESSAGE_ID":
            return found
        if match := ATTRIBUTE_LINE.fullmatch(token.strip()):
            found.append((match[1], match[2]))
    return []


def read_stamp(written: str, utc: str | None) -> Stamp | None:
    """The stamp of a header; its instant only where `Time()` states it, the rest is for timing.py."""
    instant = clock.utc(utc) if utc else None
    if instant:
        return Stamp(written or (utc or ""), instant=instant, certainty="stated")
    return Stamp(written) if written else None


def message_id(message: ParseTree | None) -> MessageId | None:
    printed = next((each for each in tokens(message) if each.type == "MESSAGE_ID"), None) if message else None
    return read_message_id(printed.strip()) if printed else None


@remembered
def read_message_id(printed: str) -> MessageId | None:
    match = MESSAGE_ID.search(printed)
    return MessageId(*match.groups()) if match else None


def paragraphs(part: ParseTree) -> list[str]:
    """The unwrapped paragraphs of a message or section, without its id or heading; at least one, maybe empty."""
    result: list[str] = []
    lines: list[str] = []
    for token in tokens(part):
        if token.type == "MESSAGE_ID":
            result, lines = [], []  # what stood above it is not the message
        elif token.type == "TEXT" and token.strip(" .\u2026\n"):
            lines.append(str(token))
        elif lines:
            result.append(unwrap(lines))
            lines = []
    if lines:
        result.append(unwrap(lines))
    return [CATALOGUE_LAYOUT.sub(" ", each) for each in result] or [""]


@remembered
def footer_module(footer: str) -> str:
    """`amqccisa.c:8789` of a footer, empty if MQ named no module."""
    match = re.search(r"([A-Za-z0-9_]+\.[A-Za-z]+)\s*:\s*(\d+)", footer)
    return f"{match[1]}:{match[2]}" if match else ""


FORMAT = ErrorLog()
