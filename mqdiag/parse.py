"""
One source, read once: framed, triaged, and what matters parsed.

Nothing is dropped: a record whose message id no rule uses is counted and its stamp is noted; what no format
understands is unparsed and its place is noted.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from lark.exceptions import UnexpectedInput

from mqdiag import formats
from mqdiag.frame import frame
from mqdiag.knowledge import knowledge
from mqdiag.model import Note, Record, Span
from mqdiag.text import decode
from mqdiag.views import view

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mqdiag.formats._base import Format
    from mqdiag.model import Event, Kind
    from mqdiag.sources import Source
    from mqdiag.views import DockerLines, Utf16

HEAD_BYTES = 64 * 1024  # enough to see what a source is
ENCODING_BYTES = 4096  # of a record, to name its encoding: an FFST's body is long and ASCII
OVERLAP_BYTES = 4096  # of the block above, for what begins at its end
LATE = ("amqerr", "amqerr-json", "container", "syslog", "java-exception", "ffst", "zos-joblog")
MAX_UNPARSED_NOTES = 5  # places of one source that are named one by one; the bytes of all are counted


@dataclass(slots=True)
class Stamps:
    """
    The stamps of a source, folded: the first of every written hour with the instant beside it, and the last.

    That is enough to find the order of day and month, the offset from UTC and its changes, and what time the
    source covers, without keeping every record. An entry is (written, utc), both as text; utc may be "".
    """

    by_hour: dict[str, tuple[str, str]] = field(default_factory=dict)
    last: tuple[str, str] | None = None

    def add(self, written: str, utc: str) -> None:
        self.last = written, utc
        hour = written[:14]
        if hour not in self.by_hour:
            self.by_hour[hour] = self.last


@dataclass(slots=True)
class Reading:
    """
    What one source holds. `events` are the parsed records that matter, in file order; `example` is the first
    record that could be parsed, whatever it says: it names host, queue manager and level of a quiet log.
    `counted` is the number of records by message id.
    """

    source: Source
    kind: Kind = "unknown"
    encoding: str | None = None
    bytes: int = 0
    records: int = 0
    unparsed_bytes: int = 0
    events: list[Event] = field(default_factory=list)
    example: Event | None = None
    counted: Counter[str] = field(default_factory=Counter)
    stamps: Stamps = field(default_factory=Stamps)
    notes: list[Note] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)


def read(source: Source, encoding: str | None = None) -> Reading:
    """Read one source to its end. OSError and the like from reading become a note; content never raises."""
    from mqdiag.sources import DAMAGED, unreadable

    reading = Reading(source)
    owners: dict[int, tuple[Format, list[Event]]] = {}
    try:
        for record, format in framed(source):
            event = account(reading, record, format, encoding)
            if event and format:
                owners.setdefault(id(format), (format, []))[1].append(event)
    except (OSError, *DAMAGED) as error:
        reading.notes.append(unreadable(source.path, f"it ends after {reading.bytes} bytes ({error})"))
    for format, events in owners.values():
        linked = format.link(events)
        reading.events.extend(linked)
        if not format.triaged:  # a z/OS line has its date only from the line above
            note_stamps(reading, linked)
    reading.events.sort(key=lambda each: each.span)
    finish_notes(reading)
    return reading


def account(reading: Reading, record: Record, format: Format | None, encoding: str | None) -> Event | None:
    """Count a record; its event if it matters."""
    reading.bytes += record.span.length
    if format is None:
        blank = not record.data.strip(b" \t\r\n" + codecs.BOM_UTF8)
        if not blank:
            unparsed(reading, record, "no format that I know begins here")
        return None
    if reading.kind == "unknown":
        reading.kind = format.kind
    if format.triaged:
        skim = format.skim(record.data)
        if skim.message_key:
            reading.counted[skim.message_key] += 1
        if skim.written:
            reading.stamps.add(skim.written.decode("utf-8", "replace"), (skim.utc or b"").decode("ascii"))
        if reading.example and skim.message_key and not knowledge().matters(skim.message_key):
            reading.records += 1
            return None
    event, why = parsed(record, format, encoding)
    if event is None:
        unparsed(reading, record, why)
        return None
    reading.records += 1
    if reading.example is None:
        reading.example = event
    note_encoding(reading, record, encoding)
    return event


def note_stamps(reading: Reading, events: Iterable[Event]) -> None:
    for event in events:
        if event.stamp:
            instant = event.stamp.instant
            reading.stamps.add(event.stamp.written, instant.isoformat() if instant else "")


def parsed(record: Record, format: Format, encoding: str | None) -> tuple[Event | None, str]:
    """The event of a record, or None and what was expected where it could not be parsed."""
    try:
        return placed(format.parse(record, encoding)), ""
    except UnexpectedInput as error:
        expected = getattr(error, "expected", None) or getattr(error, "allowed", None) or ()
        return (
            None,
            f"at line {record.span.line + max(error.line, 1) - 1} I expected {', '.join(sorted(expected)[:6])}",
        )
    except ValueError as error:
        return None, str(error)


# /var/mqm/qmgrs/YARD!QM1/errors/AMQERR01.LOG : MQ writes ! for a point and & for a slash
QUEUE_MANAGER_FOLDER = re.compile(r"(?:^|[/!\\])qmgrs[/\\]([^/\\@][^/\\]{0,80})[/\\]errors[/\\][^/\\]*$", re.IGNORECASE)


def placed(event: Event) -> Event:
    """The event with the queue manager in whose folder its log is, where the record names none (before 7.1)."""
    if event.queue_manager or event.kind not in ("amqerr", "amqerr-json"):
        return event
    folder = QUEUE_MANAGER_FOLDER.search(event.span.path)
    return replace(event, queue_manager=folder[1].replace("!", ".").replace("&", "/")) if folder else event


def note_encoding(reading: Reading, record: Record, encoding: str | None) -> None:
    head = record.data[:ENCODING_BYTES].rpartition(b"\n")[0] or record.data[:ENCODING_BYTES]
    found = decode(head, encoding).encoding if not head.isascii() or encoding else "ascii"
    if reading.encoding in (None, "ascii"):
        reading.encoding = found
    elif found not in ("ascii", reading.encoding) and not any(n.code == "mixed-encodings" for n in reading.notes):
        line = record.span.line
        text = f"This source holds more than one encoding: {reading.encoding}, and {found} from line {line} on."
        reading.notes.append(Note("mixed-encodings", record.span.path, record.span.line, text))


def unparsed(reading: Reading, record: Record, why: str) -> None:
    reading.unparsed_bytes += record.span.length
    reading.spans.append((record.span.line, record.span.last_line))
    if len(reading.spans) <= MAX_UNPARSED_NOTES:
        lines = f"Lines {record.span.line} to {record.span.last_line}"
        text = f"{lines} ({record.span.length} bytes) were not understood: {why}."
        reading.notes.append(Note("unparsed", record.span.path, record.span.line, text))


def finish_notes(reading: Reading) -> None:
    path, more = reading.source.path, len(reading.spans) - MAX_UNPARSED_NOTES
    if reading.kind == "unknown" and reading.bytes:
        text = "No format that I know: the file was not used. If it is a log of MQ, name its encoding with --encoding."
        reading.notes = [each for each in reading.notes if each.code != "unparsed"]
        reading.notes.append(Note("unknown-format", path, None, text))
    elif more > 0:
        text = f"{more} more places of this source were not understood; in all {reading.unparsed_bytes} bytes."
        reading.notes.append(Note("unparsed", path, None, text))


# ---- framing a source ------------------------------------------------------------------------------------------


def framed(source: Source) -> Iterator[tuple[Record, Format | None]]:
    """
    All records of a source with the format that framed each; None where no format did.

    The format that most of the first bytes are of goes first; what it does not know is offered to the others.
    """
    blocks = source.blocks()
    head = b""
    for block in blocks:
        head += block
        if len(head) >= HEAD_BYTES:
            break
    if form := view(head):
        yield from framed_view(source.path, head + b"".join(blocks), form)
    else:
        yield from framed_bytes(source.path, head, blocks)


def framed_bytes(path: str, head: bytes, blocks: Iterable[bytes]) -> Iterator[tuple[Record, Format | None]]:
    mark = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    format = formats.choose(head[mark : 4 * HEAD_BYTES], path)
    if format is None:
        yield from found_later(path, chain([head] if head else [], blocks))
        return
    if mark:
        yield Record("unparsed", Span(path, 1, 1, 0, mark), codecs.BOM_UTF8), None
    for record in frame(chain([head[mark:]], blocks), format, path, offset=mark):
        yield from offered(record, format, (format,))


def offered(record: Record, format: Format, tried: tuple[Format, ...]) -> Iterator[tuple[Record, Format | None]]:
    """A record as it is, or, where it was not understood, as another format frames it."""
    if record.kind != "unparsed":
        yield record, format
        return
    other = choose_within(record.data, record.span.path, tried) if record.data.strip() else None
    if other is None:
        yield record, None
        return
    for inner in frame([record.data], other, record.span.path, record.span.offset, record.span.line):
        yield from offered(inner, other, (*tried, other))


def choose_within(data: bytes, path: str, tried: tuple[Format, ...]) -> Format | None:
    """The format that the beginning of a gap is of, else the log that the first part is of that is of any."""
    for begin in range(0, len(data), HEAD_BYTES):
        without = tried if begin == 0 else (*tried, *never_late())
        if found := formats.choose(data[begin : begin + HEAD_BYTES], path, without):
            return found
    return None


@cache
def never_late() -> tuple[Format, ...]:
    """The formats that are not looked for far below the beginning of a text: they are of short files, and looking
    takes time."""
    return tuple(each for each in formats.all_formats() if each.kind not in LATE)


def found_later(path: str, blocks: Iterable[bytes]) -> Iterator[tuple[Record, Format | None]]:
    """
    A source that begins as none of the formats: given out block by block, never held as a whole, until a block
    has something of one. The log of an application can go on for hours before its first failure.
    """
    blocks, held, offset, line = grouped(blocks), b"", 0, 1
    for block in blocks:
        # what is found can begin at the end of the block before
        if format := formats.choose(held[-OVERLAP_BYTES:] + block, path, never_late()):
            for record in frame(chain([held + block], blocks), format, path, offset, line):
                yield from offered(record, format, (format,))
            return
        if held:
            yield unframed(path, held, offset, line), None
        offset, line, held = offset + len(held), line + held.count(b"\n"), block
    if held:
        yield unframed(path, held, offset, line), None


def grouped(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks that are large enough to see what they are: a pipe gives them in any pieces."""
    pieces: list[bytes] = []
    size = 0
    for block in blocks:
        pieces.append(block)
        size += len(block)
        if size >= HEAD_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    if pieces:
        yield b"".join(pieces)


def unframed(path: str, block: bytes, offset: int, line: int) -> Record:
    last = line + block.count(b"\n") - (1 if block.endswith(b"\n") else 0)
    return Record("unparsed", Span(path, line, last, offset, len(block)), block)


def framed_view(
    path: str, data: bytes, form: type[Utf16] | type[DockerLines]
) -> Iterator[tuple[Record, Format | None]]:
    """A source whose text is in another form; the data of a record is its text, its span that of its own bytes."""
    seen = form(data)
    begin, line, end = 0, 1, 0
    for record, format in framed_bytes(path, seen.text, ()):
        end += len(record.data)
        place, above = seen.place(end)
        last_line = line + record.span.last_line - record.span.line
        yield Record(record.kind, Span(path, line, last_line, begin, place - begin), record.data), format
        begin, line = place, above + 1
    if begin < len(data):
        yield Record("unparsed", Span(path, line, line, begin, len(data) - begin), data[begin:]), None
