"""
One source, read once: framed, triaged, and what matters parsed.

Nothing is dropped: a record whose message id no rule uses is counted and its stamp is noted; what no format
understands is unparsed and its place is noted.
"""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from lark.exceptions import UnexpectedInput

from mqdiag import formats
from mqdiag.formats._base import Tally
from mqdiag.frame import frame
from mqdiag.knowledge import knowledge
from mqdiag.model import Note, Record, Span
from mqdiag.passwords import masked
from mqdiag.text import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from mqdiag.formats._base import Format
    from mqdiag.model import Event, Kind
    from mqdiag.sources import Source

    Framing: TypeAlias = Callable[[Tally], Iterator[tuple[Record, Format | None]]]

HEAD_BYTES = 64 * 1024  # enough to see what a source is
ENCODING_BYTES = 4096  # of a record, to name its encoding: an FFST's body is long and ASCII
MAX_UNPARSED_NOTES = 5  # places of one source that are named one by one; the bytes of all are counted


@dataclass(slots=True)
class Stamps:
    """
    The stamps of a source, folded: the first of every written hour with the instant beside it, and the last.

    That is enough to find the order of day and month, the offset from UTC and its changes, and what time the
    source covers, without keeping every record. An entry is (written, utc), both as text; utc may be "".
    `places` are the offsets of the entries: what is only counted is noted before the record above it is parsed.
    """

    by_hour: dict[str, tuple[str, str]] = field(default_factory=dict)
    last: tuple[str, str] | None = None
    places: dict[str, int] = field(default_factory=dict)
    last_place: int = -1

    def add(self, written: str, utc: str, at: int) -> None:
        if at > self.last_place:
            self.last, self.last_place = (written, utc), at
        hour = written[:HOUR].partition(":")[0]
        if at < self.places.get(hour, at + 1):
            self.by_hour[hour], self.places[hour] = (written, utc), at

    def extend(self, below: Stamps) -> None:
        for hour, place in below.places.items():
            self.add(*below.by_hour[hour], place)
        if below.last:
            self.add(*below.last, below.last_place)

    def order(self) -> None:
        self.by_hour = {hour: self.by_hour[hour] for hour in sorted(self.places, key=self.places.__getitem__)}


HOUR = 14  # characters of a stamp that hold its hour: '10/30/24 00:06'  '2018年10月02日 07'


@dataclass(frozen=True, slots=True)
class Gap:
    """What was not understood: where it stands and why, at a line of its own if one is to blame."""

    line: int
    last_line: int
    length: int
    why: str
    at: int | None = None


@dataclass(slots=True)
class Reading:
    """
    What one source holds. `events` are the parsed records that matter, in file order; `example` is the first
    record that could be parsed, whatever it says: it names host, queue manager and level of a quiet log.
    `counted` is the number of records by message id, `encodings` the line that each encoding is first seen in.
    """

    source: Source
    kind: Kind = "unknown"
    bytes: int = 0
    records: int = 0
    unparsed_bytes: int = 0
    lines: int = 0
    events: list[Event] = field(default_factory=list)
    example: Event | None = None
    counted: Counter[str] = field(default_factory=Counter)
    stamps: Stamps = field(default_factory=Stamps)
    notes: list[Note] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)  # the first ones; `places` counts all
    places: int = 0
    encodings: dict[str, int] = field(default_factory=dict)
    owned: dict[str, list[Event]] = field(default_factory=dict)  # by format, until they are related to each other

    @property
    def encoding(self) -> str | None:
        """The encoding of what is not ASCII; the first one where there are several."""
        return next((each for each in self.encodings if each != "ascii"), next(iter(self.encodings), None))


def read(source: Source, encoding: str | None = None) -> Reading:
    """Read one source to its end. OSError and the like from reading become a note; content never raises."""
    reading = Reading(source)
    fill(reading, lambda tally: framed(source, tally), encoding)
    return finish(reading)


def fill(reading: Reading, framing: Framing, encoding: str | None, below: bool = False) -> None:
    """
    Read what a framing gives. `below`: it is a later part of a source, whose example stands further up.
    OSError and the like become a note.
    """
    from mqdiag.sources import DAMAGED, unreadable

    tally = Tally(knowledge().matters, reading.stamps.add, is_on=below)
    try:
        for record, format in framing(tally):
            event = account(reading, record, format, encoding, below)
            if event and format:
                reading.owned.setdefault(type(format).__name__, []).append(event)
            tally.is_on = below or reading.example is not None
    except (OSError, *DAMAGED) as error:
        size = reading.bytes + tally.size
        reading.notes.append(unreadable(reading.source.path, f"it ends after {size} bytes ({error})"))
    reading.bytes += tally.size
    reading.records += tally.records
    reading.counted.update(tally.counted)
    reading.lines = tally.lines


def finish(reading: Reading) -> Reading:
    """The events related to each other, and the notes written, when all of a source is read."""
    by_name = {type(each).__name__: each for each in formats.all_formats()}
    for name, events in reading.owned.items():
        linked = by_name[name].link(events)
        reading.events.extend(linked)
        if not by_name[name].triaged:  # a z/OS line has its date only from the line above
            note_stamps(reading, linked)
    reading.owned.clear()
    reading.events.sort(key=lambda each: each.span)
    reading.stamps.order()
    finish_notes(reading)
    return reading


def account(
    reading: Reading, record: Record, format: Format | None, encoding: str | None, below: bool = False
) -> Event | None:
    """Count a record; its event if it matters."""
    reading.bytes += record.span.length
    if format is None:
        blank = not record.data.strip(b" \t\r\n" + codecs.BOM_UTF8)
        if not blank:
            unparsed(reading, record, "no format that I know begins here")
        return None
    if reading.kind == "unknown":
        reading.kind = format.kind
    place = record.span.offset
    if format.triaged:
        skim = format.skim(record.data)
        if skim.message_key:
            reading.counted[skim.message_key] += 1
        if skim.written:
            reading.stamps.add(skim.written.decode("utf-8", "replace"), (skim.utc or b"").decode("ascii"), place)
        if (below or reading.example) and skim.message_key and not knowledge().matters(skim.message_key):
            reading.records += 1
            return None
    event, why, line = parsed_or_why(record, format, encoding)
    if event is None:
        unparsed(reading, record, why, line)
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
            reading.stamps.add(event.stamp.written, instant.isoformat() if instant else "", event.span.offset)


def parsed(record: Record, format: Format, encoding: str | None) -> tuple[Event | None, str]:
    """The event of a record, or None and what was expected where it could not be parsed."""
    event, why, line = parsed_or_why(record, format, encoding)
    return event, f"at line {line} {why}" if line else why


def parsed_or_why(record: Record, format: Format, encoding: str | None) -> tuple[Event | None, str, int | None]:
    """The event of a record, or None, what was expected, and in which line."""
    try:
        return without_passwords(format.parse(record, encoding)), "", None
    except UnexpectedInput as error:
        expected = getattr(error, "expected", None) or getattr(error, "allowed", None) or ()
        return None, f"I expected {', '.join(sorted(expected)[:6])}", record.span.line + max(error.line, 1) - 1
    except ValueError as error:
        return None, str(error), None


def without_passwords(event: Event) -> Event:
    """The event with the passwords in its texts masked; most hold none and stay as they are."""
    texts = (event.text, event.body, *event.inserts.values(), *event.facts.values())
    if not any(masked(each) != each for each in texts):
        return event
    return replace(
        event,
        text=masked(event.text),
        body=masked(event.body),
        inserts={name: masked(value) for name, value in event.inserts.items()},
        facts={name: masked(value) for name, value in event.facts.items()},
    )


def note_encoding(reading: Reading, record: Record, encoding: str | None) -> None:
    head = record.data
    if len(head) > ENCODING_BYTES:
        head = head[:ENCODING_BYTES].rpartition(b"\n")[0] or head[:ENCODING_BYTES]
    found = decode(head, encoding).encoding if not head.isascii() or encoding else "ascii"
    reading.encodings.setdefault(found, record.span.line)


def unparsed(reading: Reading, record: Record, why: str, at: int | None = None) -> None:
    reading.unparsed_bytes += record.span.length
    reading.places += 1
    if len(reading.gaps) < MAX_UNPARSED_NOTES:
        reading.gaps.append(Gap(record.span.line, record.span.last_line, record.span.length, why, at))


def finish_notes(reading: Reading) -> None:
    path, more = reading.source.path, reading.places - MAX_UNPARSED_NOTES
    if reading.kind == "unknown" and reading.bytes:
        text = "No format that I know: the file was not used. If it is a log of MQ, name its encoding with --encoding."
        reading.notes.append(Note("unknown-format", path, None, text))
        return
    for gap in reading.gaps:
        why = f"at line {gap.at} {gap.why}" if gap.at else gap.why
        text = f"Lines {gap.line} to {gap.last_line} ({gap.length} bytes) were not understood: {why}."
        reading.notes.append(Note("unparsed", path, gap.line, text))
    if more > 0:
        text = f"{more} more places of this source were not understood; in all {reading.unparsed_bytes} bytes."
        reading.notes.append(Note("unparsed", path, None, text))
    for other, line in reading.encodings.items():
        if other not in ("ascii", reading.encoding):
            text = f"This source holds more than one encoding: {reading.encoding}, and {other} from line {line} on."
            reading.notes.append(Note("mixed-encodings", path, line, text))
            break


# ---- parts of a source, read by several processes ----------------------------------------------------------------


def append(reading: Reading, part: Reading) -> None:
    """
    Add the next part of the same source; its lines count from 1, its offsets from the source's first byte.

    Together the parts are what reading the source as a whole gives, if the first one has an example.
    """
    above = reading.lines
    reading.kind = part.kind if reading.kind == "unknown" else reading.kind
    reading.bytes += part.bytes
    reading.records += part.records
    reading.unparsed_bytes += part.unparsed_bytes
    reading.lines += part.lines
    reading.example = reading.example or part.example
    reading.counted.update(part.counted)
    reading.stamps.extend(part.stamps)
    reading.notes.extend(part.notes)
    reading.places += part.places
    for gap in part.gaps[: MAX_UNPARSED_NOTES - len(reading.gaps)]:
        at = gap.at + above if gap.at else None
        reading.gaps.append(Gap(gap.line + above, gap.last_line + above, gap.length, gap.why, at))
    for encoding, line in part.encodings.items():
        reading.encodings.setdefault(encoding, line + above)
    for name, events in part.owned.items():
        reading.owned.setdefault(name, []).extend(moved(each, above) for each in events)


def moved(event: Event, lines: int) -> Event:
    span = event.span
    return replace(event, span=replace(span, line=span.line + lines, last_line=span.last_line + lines))


# ---- framing a source ------------------------------------------------------------------------------------------


def framed(source: Source, tally: Tally | None = None) -> Iterator[tuple[Record, Format | None]]:
    """
    All records of a source with the format that framed each; None where no format did.

    The format that most of the first bytes are of goes first; what it does not know is offered to the others.
    With a tally the records that do not matter are counted there and left out.
    """
    blocks = source.blocks()
    head = head_of(blocks)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield from framed_utf16(source.path, head + b"".join(blocks))
    else:
        yield from framed_bytes(source.path, head, blocks, tally)


def head_of(blocks: Iterable[bytes]) -> bytes:
    """The first blocks, enough to see what a source is."""
    head = b""
    for block in blocks:
        head += block
        if len(head) >= HEAD_BYTES:
            break
    return head


def divisible(source: Source) -> Format | None:
    """The format of a source that can be read in parts: one whose records end by themselves, in bytes as they are."""
    head = head_of(source.blocks())
    if head.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None
    format = formats.choose(head[: 4 * HEAD_BYTES], source.path)
    return format if format and format.triaged and (format.closes or format.one_line) else None


def framed_bytes(
    path: str, head: bytes, blocks: Iterable[bytes], tally: Tally | None = None
) -> Iterator[tuple[Record, Format | None]]:
    mark = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    format = formats.choose(head[mark : 4 * HEAD_BYTES], path)
    if format is None:
        yield from unframed(path, chain([head] if head else [], blocks))
        return
    if mark:
        yield Record("unparsed", Span(path, 1, 1, 0, mark), codecs.BOM_UTF8), None
    yield from framed_as(format, path, chain([head[mark:]], blocks), mark, tally)


def framed_as(
    format: Format, path: str, blocks: Iterable[bytes], offset: int, tally: Tally | None
) -> Iterator[tuple[Record, Format | None]]:
    for record in frame(blocks, format, path, offset, tally=tally):
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
