"""The FFST report, AMQ<pid>.<n>.FDC (grammars/ffst.lark): its header box, and its body on demand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from mqdiag import clock, grammar
from mqdiag.formats._base import Format
from mqdiag.model import Event, MessageId, Stamp
from mqdiag.text import columns, decode, is_wide, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mqdiag.grammar import ParseTree
    from mqdiag.model import Record, Side

HEADER_LIMIT = 64 * 1024  # bytes; a header has 3 to 6 KB
STACK_LIMIT = 16 * 1024
BOX_WIDTH = 79
INDENT = 4  # columns before the rest of a value: "|   "
LAST_COLUMN = BOX_WIDTH - 2  # of a value; a blank and the right edge follow

FILE_NAME = re.compile(r"(?:^|[/!\\])AMQ[^/\\!]*\.FDC$", re.IGNORECASE)
MESSAGE = re.compile(r"(AMQ)(\d{4})([A-Z])?:\s*")
PROBE_ID = re.compile(r"[A-Z]{2}[0-9A-Z]{6}")
EPOCH = re.compile(r"(\d{9,10})(?:\.(\d{1,6}))?(?:\s+([+-]?\d{1,3})\b)?")  # ... and offset, where the zone is beside it

FACTS = {
    "component": "Component",
    "probe_type": "Probe Type",
    "major": "Major Errorcode",
    "minor": "Minor Errorcode",
    "severity": "Probe Severity",
    "sequence": "FDCSequenceNumber",
    "application": "Application Name",
    "user_app": "UserApp",
    "data_path": "Data Path",
    "arguments": "Arguments",
}
INSERTS = {"Arith1": "ArithInsert1", "Arith2": "ArithInsert2"} | {
    f"Comment{position}": f"CommentInsert{position}" for position in (1, 2, 3)
}
# Processes of a queue manager, at its end of whatever channel. runmqchl is missing: it is a calling MCA.
SERVER_PROGRAMS = ("amqz", "amqrmppa", "amqcrsta", "amqpcsea", "amqrrmfa", "amqfcxba", "amqfqpub", "runmqlsr")


class Ffst(Format):
    """
    facts: those of `FACTS`, `build_level`, `thread_name`, `utc_offset_minutes` (decimal, east is positive),
    `stack` (the function stack joined by " > ", outermost first as MQ prints it), `peer_name` (the other end
    of the conversation, which MQ prints in a control block only).
    """

    kind: ClassVar = "ffst"
    grammar_name = "ffst"
    needles = (b"First Failure Symptom Report",)
    opens = ("OPENING",)
    opening_lines = 7
    rank = 20  # asked first: what is one is nothing else, and the others look at every byte of it

    def looks_like(self, head: bytes, name: str) -> float:
        """The reports found; a file with the name of an FDC is one, also where it begins amid a report."""
        named = FILE_NAME.search(name)
        if named and self.needles[0] in head:
            return inf
        found = super().looks_like(head, name)
        return max(found * 1000, 0.5) if named else found

    def find_boundaries(self, data: bytes, begin: int, end: int) -> Iterator[re.Match[bytes]]:
        """The openings, found by their title: searching a fixed text is ten times faster, and bodies are long."""
        (title,) = self.needles
        at = begin
        while (found := data.find(title, at, end)) >= 0:
            start = lines_above(data, found, self.opening_lines, at)
            at = line_below(data, found, end)
            # one more line: a title that has lost its border is known by the underline below it
            for match in super().find_boundaries(data, start, line_below(data, at, end)):
                yield match
                at = max(at, match.end())

    def parse(self, record: Record, encoding: str | None) -> Event:
        end = header_end(record.data)
        tree = self.tree(decode(record.data[:end], encoding).text.replace("\r\n", "\n"))
        stack = function_stack(decode(record.data[end : end + STACK_LIMIT]).text)
        return event(fields(tree), {"stack": " > ".join(stack), "peer_name": peer_name(record.data)}, record)


def lines_above(data: bytes, at: int, count: int, begin: int) -> int:
    """Where the line stands that is `count` - 1 lines above the one of offset `at`, but not before `begin`."""
    for _ in range(count):
        at = data.rfind(b"\n", begin, at)
        if at < 0:
            return begin
    return at + 1


def line_below(data: bytes, at: int, end: int) -> int:
    """Where the next line begins, `end` if there is none."""
    return data.find(b"\n", at, end) + 1 or end


def header_end(data: bytes) -> int:
    """Where the header box ends: below its closing border, or where the body begins or the report was cut."""
    opening = grammar.pattern("ffst", "OPENING").match(data)
    ends = grammar.pattern("ffst", "CLOSING", "STACK_HEADING", "HISTORY_HEADING")
    begin = opening.end() if opening else 0
    match = ends.search(data, begin, begin + HEADER_LIMIT)
    if match is None:
        return min(len(data), begin + HEADER_LIMIT)
    return match.end() if match.lastgroup == "CLOSING" else match.start()


# ---- the header ------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A piece of a value: the columns before it in its row of the box, and its text without the edges."""

    indent: int
    text: str


def fields(tree: ParseTree) -> dict[str, list[Row]]:
    """The values of a header by label, not joined yet; of a label that stands twice the first."""
    result: dict[str, list[Row]] = {}
    for field in parts(tree, "field"):
        label, *tokens = grammar.tokens(field)
        rows, before = [], label
        for token in tokens:
            if token.type == "VALUE":
                rows.append(Row(columns(before.lstrip(" \t>")), str(token)))
            before = token
        result.setdefault(label.strip(" \t>|").removesuffix(":-").rstrip(), rows)
    return result


def parts(tree: ParseTree, *names: str) -> list[ParseTree]:
    """The children that are of one of these rules, in order."""
    return [each for each in tree.children if grammar.is_tree(each) and each.data in names]


def joined(rows: list[Row]) -> str:
    """
    The value as it was before the box broke it.

    A row is broken at its last blank, which is lost, and only where it has none in the midst of a word:
    '...X509[Issuer=]EMAIL=pki@harbour.example.net,CN=ca.ha' / 'rbour.example.net,O=Harbour Root' / 'Office'.
    So a row that is not full ended at a blank, and so did a full one that has others. Japanese breaks
    anywhere.
    """
    result = ""
    last: Row | None = None
    for row in rows:
        result += (glue(last, row) if last else "") + row.text
        last = row
    return result


def glue(above: Row, below: Row) -> str:
    """What stood between two rows of a value: a blank or nothing."""
    if is_wide(above.text[-1:]) and is_wide(below.text[:1]):
        return ""
    return "" if is_full(above) and " " not in above.text else " "


def is_full(row: Row) -> bool:
    """Whether a row reaches the right edge, in columns or, as UTF-8 is padded, in bytes."""
    width = max(columns(row.text), len(row.text.encode("utf-8", "surrogatepass")))
    return width >= LAST_COLUMN - INDENT or row.indent + width >= LAST_COLUMN


def event(rows: Mapping[str, list[Row]], body: dict[str, str], record: Record) -> Event:
    """The event of a header and the facts of its body; what the header does not have is None or empty."""
    values = {label: joined(each) for label, each in rows.items() if each}
    identity, text = message(values.get("Probe Type", ""), values.get("Probe Description", ""))
    thread, _, thread_name = values.get("Thread", "").partition(" ")
    program = base_name(values.get("Program Name") or values.get("Process Name", ""))
    offset = offset_minutes(values)
    facts = {name: values.get(label, "") for name, label in FACTS.items()}
    facts |= {
        "build_level": values.get("Build Level") or values.get("CMVC level", ""),
        "thread_name": thread_name.strip(),
        "utc_offset_minutes": "" if offset is None else str(offset),
    }
    inserts = {name: insert(name, values[label]) for label, name in INSERTS.items() if label in values}
    queue_manager = values.get("QueueManager")
    probe_id = values.get("Probe Id", "")
    return Event(
        kind="ffst",
        span=record.span,
        stamp=read_stamp(values, offset),
        side=side(queue_manager, values.get("UserApp"), program),
        host=first_word(values.get("Host Name")),
        queue_manager=queue_manager,
        process=number(values.get("Process")),
        thread=number(thread),
        user=user_name(values),
        program=program,
        installation=first_word(values.get("Installation Name")),
        vrmf=values.get("LVLS"),
        message_id=identity,
        probe_id=probe_id if PROBE_ID.fullmatch(probe_id) else None,  # a cut one would be another's
        inserts=inserts,
        facts={name: value for name, value in (facts | body).items() if value},
        text=text,
    )


def message(probe_type: str, description: str) -> tuple[MessageId | None, str]:
    """
    The message id and the description without it. 'MSGAMQ9716' names the message, and its severity stands in
    'AMQ9716E: ...' only; 'HALT6109' and 'INCORROUT' name none, then the description's own id is the message.
    """
    printed = MESSAGE.match(description)
    described = MessageId(*printed.groups()) if printed else None
    named = MessageId("AMQ", probe_type[6:10]) if re.fullmatch(r"MSGAMQ\d{4}", probe_type) else None
    if named and described and named.key != described.key:
        return named, description
    return described or named, description[printed.end() :] if printed else description


def read_stamp(values: Mapping[str, str], offset: int | None) -> Stamp | None:
    """The stamp; its instant where the header prints the UTC time, or the distance of its own time from UTC."""
    instant = utc_time(values)
    written = values.get("Date/Time") or (utc_text(values) if instant else "")
    if not written:
        return None
    reading = clock.read(written)
    local = reading.local() if reading else None
    if not instant and local and offset is not None and 1970 <= local.year < 9999:
        instant = clock.to_utc(local, timedelta(minutes=offset))
    return Stamp(written, local, instant, "stated" if instant else "ambiguous")


def utc_text(values: Mapping[str, str]) -> str:
    return values.get("UTC Time") or values.get("UTC Time/Zone", "")


def utc_time(values: Mapping[str, str]) -> datetime | None:
    """'1684215505.590000', seconds and microseconds since 1970, as an instant."""
    match = EPOCH.match(utc_text(values))
    if match is None:
        return None
    return datetime.fromtimestamp(int(match[1]), UTC) + timedelta(microseconds=int((match[2] or "0").ljust(6, "0")))


def offset_minutes(values: Mapping[str, str]) -> int | None:
    """'540 (東京 (標準時))', minutes east of UTC; before 7.1 beside the time: '1201539869.892015 0 GMT'."""
    match = re.match(r"([+-]?\d{1,3})\b", values.get("UTC Time Offset", ""))
    beside = EPOCH.match(values.get("UTC Time/Zone", ""))
    written = match[1] if match else beside[3] if beside else None
    return int(written) if written else None


def side(queue_manager: str | None, user_app: str | None, program: str | None) -> Side | None:
    if queue_manager or (program and program.startswith(SERVER_PROGRAMS)):
        return "server"
    return "client" if user_app == "TRUE" else None


def insert(name: str, value: str) -> str:
    """'11 (0xb)' and '1 1' are a number, decimal and hexadecimal."""
    return value.split()[0] if name.startswith("Arith") else value


def user_name(values: Mapping[str, str]) -> str | None:
    """'1001 (mqm)' is mqm; '1011410000 (????)' is a user without a name, known by its number."""
    written = values.get("Effective UserID") or values.get("UserID")
    match = re.match(r"\S+\s+\(([^()?]+)\)$", written or "")
    return match[1] if match else first_word(written)


def base_name(program: str) -> str | None:
    """The program without its folder; 'STRMQM_R MAYFCT' of IBM i without its library."""
    name = re.split(r"[/\\]", program)[-1]
    return (name or None) if name != program else first_word(program)


def first_word(text: str | None) -> str | None:
    """'99VXY09 (Windows 7 Build 2600: Service Pack 1)', 'Installation1  (1)'"""
    words = (text or "").split()
    return words[0] if words else None


# ---- the body --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report below its header, heading included: bytes from the report's first byte."""

    title: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the trace history: a function `depth` calls deep was entered (`returned` is None) or left."""

    depth: int
    function: str
    returned: str | None = None


@dataclass(frozen=True, slots=True)
class Dump:
    """
    A section that is neither stack nor history: what it calls itself, the settings or fields that it prints
    by name, and the octets of its hex rows, in order.
    """

    title: str
    settings: Mapping[str, str]
    octets: bytes


def sections(data: bytes) -> tuple[Section, ...]:
    """The parts of a report's body in order, none where only the header is there. Each goes on to the next."""
    headings = grammar.pattern("ffst", "STACK_HEADING", "HISTORY_HEADING", "SECTION_HEADING")
    found = list(headings.finditer(data, header_end(data)))
    edges = [*(match.start() for match in found), len(data)]
    return tuple(
        Section(match[0].strip(b" \t\r\n>:").decode("ascii"), begin, end - begin)
        for match, (begin, end) in zip(found, pairwise(edges), strict=True)
    )


def section(text: str, title: str) -> str:
    """The first section of this title in the text of a report or of a part of it; empty if there is none."""
    data = text.encode("utf-8", "surrogatepass")
    found = (data[each.offset : each.offset + each.length] for each in sections(data) if each.title == title)
    return next(found, b"").decode("utf-8", "surrogatepass")


def function_stack(text: str) -> tuple[str, ...]:
    """The functions of the 'MQM Function Stack' as it is printed: the outermost first, xcsFFST last."""
    stack = section(text, "MQM Function Stack")
    tree = grammar.parse("ffst", stack, "stack") if stack else None
    return tuple(grammar.tokens(each)[-1].lstrip(" \t>") for each in parts(tree, "frame")) if tree else ()


def trace_history(text: str) -> tuple[Step, ...]:
    """The steps of the 'MQM Trace History', oldest first; dashes before a brace are the depth."""
    history = section(text, "MQM Trace History")
    tree = grammar.parse("ffst", history, "history") if history else None
    return tuple(step(each) for each in parts(tree, "entered", "left")) if tree else ()


def peer_name(data: bytes) -> str:
    """'  PeerName   192.0.2.88' of the conversation's control block; empty if the report does not print it."""
    at = data.find(b"PeerName")
    if at < 0:
        return ""
    line = data[data.rfind(b"\n", 0, at) + 1 : at + 200].partition(b"\n")[0]
    return dump(decode(line).text).settings.get("PeerName", "")


def step(tree: ParseTree) -> Step:
    mark, function, *returned = (str(each) for each in grammar.tokens(tree))
    arrow = ">" in mark.lstrip(" \t>") or "<" in mark
    depth = max(mark.count("-") - (2 if arrow else 0), 0)
    return Step(depth, function, None if tree.data == "entered" else (returned or [""])[0])


def dump(text: str) -> Dump:
    """A section of settings, text or hex rows, such as a control block or the environment variables."""
    tree = grammar.parse("ffst", text, "dump")
    title = next((line.strip() for line in grammar.tokens(tree)), "")
    settings = {name.strip(" \t>:="): str(value) for name, value in map(grammar.tokens, parts(tree, "setting"))}
    rows = [grammar.tokens(each)[1] for each in parts(tree, "hex_row")]
    return Dump(title, settings, b"".join(bytes.fromhex(each) for each in rows))


FORMAT = Ffst()
