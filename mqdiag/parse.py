"""
One source, read once: framed, triaged, and what matters parsed.

Nothing is dropped: a record whose message id no rule uses is counted and its stamp is noted; what no format
understands is unparsed and its place is noted.
"""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from lark.exceptions import UnexpectedInput

from mqdiag import formats
from mqdiag.frame import frame
from mqdiag.knowledge import knowledge
from mqdiag.language import tr
from mqdiag.model import Note, Record, Span
from mqdiag.text import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mqdiag.formats._base import Format
    from mqdiag.model import Event, Kind
    from mqdiag.sources import Source

HEAD_BYTES = 64 * 1024  # enough to see what a source is
ENCODING_BYTES = 4096  # of a record, to name its encoding: an FFST's body is long and ASCII
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
            unparsed(reading, record, tr("no format that I know begins here"))
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
        return format.parse(record, encoding), ""
    except UnexpectedInput as error:
        expected = getattr(error, "expected", None) or getattr(error, "allowed", None) or ()
        return (
            None,
            tr(
                "at line {line} I expected {terminals}",
                line=record.span.line + max(error.line, 1) - 1,
                terminals=", ".join(sorted(expected)[:6]),
            ),
        )
    except ValueError as error:
        return None, str(error)


def note_encoding(reading: Reading, record: Record, encoding: str | None) -> None:
    head = record.data[:ENCODING_BYTES].rpartition(b"\n")[0] or record.data[:ENCODING_BYTES]
    found = decode(head, encoding).encoding if not head.isascii() or encoding else "ascii"
    if reading.encoding in (None, "ascii"):
        reading.encoding = found
    elif found not in ("ascii", reading.encoding) and not any(n.code == "mixed-encodings" for n in reading.notes):
        line = record.span.line
        text = tr(
            "This source holds more than one encoding: {first}, and {second} from line {line} on.",
            first=reading.encoding,
            second=found,
            line=line,
        )
        reading.notes.append(Note("mixed-encodings", record.span.path, record.span.line, text))


def unparsed(reading: Reading, record: Record, why: str) -> None:
    reading.unparsed_bytes += record.span.length
    reading.spans.append((record.span.line, record.span.last_line))
    if len(reading.spans) <= MAX_UNPARSED_NOTES:
        text = tr(
            "Lines {first} to {last} ({count} bytes) were not understood: {why}.",
            first=record.span.line,
            last=record.span.last_line,
            count=record.span.length,
            why=why,
        )
        reading.notes.append(Note("unparsed", record.span.path, record.span.line, text))


def finish_notes(reading: Reading) -> None:
    path, more = reading.source.path, len(reading.spans) - MAX_UNPARSED_NOTES
    if reading.kind == "unknown" and reading.bytes:
        text = tr(
            "No format that I know: the file was not used. If it is a log of MQ, name its encoding with --encoding."
        )
        reading.notes = [each for each in reading.notes if each.code != "unparsed"]
        reading.notes.append(Note("unknown-format", path, None, text))
    elif more > 0:
        text = tr(
            "{count} more places of this source were not understood; in all {bytes} bytes.",
            count=more,
            bytes=reading.unparsed_bytes,
        )
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
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield from framed_utf16(source.path, head + b"".join(blocks))
    else:
        yield from framed_bytes(source.path, head, blocks)


def framed_bytes(path: str, head: bytes, blocks: Iterable[bytes]) -> Iterator[tuple[Record, Format | None]]:
    mark = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    format = formats.choose(head[mark : 4 * HEAD_BYTES], path)
    if format is None:
        yield from unframed(path, chain([head] if head else [], blocks))
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
    other = formats.choose(record.data[:HEAD_BYTES], record.span.path, without=tried) if record.data.strip() else None
    if other is None:
        yield record, None
        return
    for inner in frame([record.data], other, record.span.path, record.span.offset, record.span.line):
        yield from offered(inner, other, (*tried, other))


def unframed(path: str, blocks: Iterable[bytes]) -> Iterator[tuple[Record, None]]:
    """A source of no known format, block by block, so that it is accounted for and never held as a whole."""
    offset, line = 0, 1
    for block in blocks:
        lines = block.count(b"\n")
        last = line + lines - (1 if block.endswith(b"\n") else 0)
        yield Record("unparsed", Span(path, line, last, offset, len(block)), block), None
        offset, line = offset + len(block), line + lines


def framed_utf16(path: str, data: bytes) -> Iterator[tuple[Record, Format | None]]:
    """A UTF-16 source, framed as UTF-8; the spans are those of its own bytes."""
    name = "utf-16-le" if data.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    text = data[2:].decode(name, "surrogatepass")
    offset = 2
    for record, format in framed_bytes(path, text.encode("utf-8", "surrogatepass"), ()):
        length = len(record.data.decode("utf-8", "surrogatepass").encode(name, "surrogatepass"))
        begin = 0 if offset == 2 else offset
        span = Span(path, record.span.line, record.span.last_line, begin, offset + length - begin)
        offset += length
        yield Record(record.kind, span, record.data), format
