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
from mqdiag.formats._base import Skim, Tally
from mqdiag.frame import MAX_RECORD_BYTES, frame
from mqdiag.knowledge import knowledge
from mqdiag.language import reason, tr
from mqdiag.limits import in_words
from mqdiag.model import Note, Record, Span
from mqdiag.passwords import masked, may_hold_one
from mqdiag.repeats import Repeats, as_it_is
from mqdiag.sides import heading_side
from mqdiag.text import decode
from mqdiag.views import view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from mqdiag.formats._base import Format
    from mqdiag.model import Event, Kind, Side
    from mqdiag.sources import Source
    from mqdiag.views import DockerLines, Utf16

    Digest: TypeAlias = bytes
    Framing: TypeAlias = Callable[[Tally], Iterator[tuple[Record, Format | None]]]

HEAD_BYTES = 64 * 1024  # enough to see what a source is
ENCODING_BYTES = 4096  # of a record, to name its encoding: an FFST's body is long and ASCII
OVERLAP_BYTES = 4096  # of the block above, for what begins at its end
LATE = ("amqerr", "amqerr-json", "container", "syslog", "java-exception", "ffst", "zos-joblog", "mq-event")
HEADING_BYTES = 800  # of a text above a record, to see which end it names
MAX_HEADINGS = 4096  # of one source, the last ones: a page has some
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


NO_SKIM = Skim()
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
    headings: list[tuple[int, Side | None]] = field(default_factory=list)  # where a text ends, and the end it names
    encodings: dict[str, int] = field(default_factory=dict)
    owned: dict[str, list[Event]] = field(default_factory=dict)  # by format, until they are related to each other
    alike: dict[Digest, Event] = field(default_factory=dict)  # the first that says so, while parts are joined

    @property
    def encoding(self) -> str | None:
        """The encoding of what is not ASCII; the first one where there are several."""
        return next((each for each in self.encodings if each != "ascii"), next(iter(self.encodings), None))


def read(source: Source, encoding: str | None = None, settle: Callable[[Event], Event] = as_it_is) -> Reading:
    """
    Read one source to its end. OSError and the like from reading become a note; content never raises. `settle` is what
    makes of a parsed event the one that is kept.
    """
    reading = Reading(source)
    fill(reading, lambda tally: framed(source, tally), encoding, Repeats(settle))
    return finish(reading, settle)


def fill(
    reading: Reading, framing: Framing, encoding: str | None, repeats: Repeats | None = None, below: bool = False
) -> None:
    """
    Read what a framing gives. `repeats` are the texts that are known; `below`: it is a later part of a source, whose
    example stands further up. OSError and the like become a note.
    """
    from mqdiag.sources import DAMAGED, unreadable

    tally = Tally(knowledge().matters, reading.stamps.add, is_on=below)
    try:
        for record, format in framing(tally):
            event = account(reading, record, format, encoding, repeats, below)
            if event and format:
                reading.owned.setdefault(type(format).__name__, []).append(event)
            tally.is_on = below or reading.example is not None
    except (OSError, *DAMAGED) as error:
        size = reading.bytes + tally.size
        reading.notes.append(
            unreadable(
                reading.source.path, tr("it ends after {count} bytes ({error})", count=size, error=reason(error))
            )
        )
    reading.bytes += tally.size
    reading.records += tally.records
    reading.counted.update(tally.counted)
    reading.lines = tally.lines


def finish(reading: Reading, settle: Callable[[Event], Event] = as_it_is) -> Reading:
    """The events related to each other and then settled, and the notes written, when all of a source is read."""
    by_name = {type(each).__name__: each for each in formats.all_formats()}
    for name, events in reading.owned.items():
        format = by_name[name]
        if format.links:
            events = [settle(each) for each in format.link(events)]
            if not format.triaged:  # a z/OS line has its date only from the line above
                note_stamps(reading, events)
        reading.events.extend(events)
    reading.owned.clear()
    reading.alike.clear()
    reading.example = settle(reading.example) if reading.example else None
    reading.events.sort(key=lambda each: each.span)
    reading.stamps.order()
    finish_notes(reading)
    return reading


def account(
    reading: Reading,
    record: Record,
    format: Format | None,
    encoding: str | None,
    repeats: Repeats | None = None,
    below: bool = False,
) -> Event | None:
    """Count a record; its event if it matters."""
    reading.bytes += record.span.length
    if format and record.span.length > reading.source.limits.record_bytes:
        note_long(reading, record)
    if format is None:
        blank = not record.data.strip(b" \t\r\n" + codecs.BOM_UTF8)
        if not blank:
            unparsed(reading, record, tr("no format that I know begins here"))
            note_heading(reading, record)
        return None
    if reading.kind == "unknown":
        reading.kind = format.kind
    place = record.span.offset
    skim = NO_SKIM
    if format.triaged:
        skim = format.skim(record.data)
        if skim.message_key:
            reading.counted[skim.message_key] += 1
        if skim.written:
            reading.stamps.add(skim.written.decode("utf-8", "replace"), (skim.utc or b"").decode("ascii"), place)
        if (below or reading.example) and skim.message_key and not knowledge().matters(skim.message_key):
            reading.records += 1
            return None
    event, told, line = known_or_parsed(record, format, encoding, skim, repeats)
    if event is None:
        unparsed(reading, record, told, line)
        return None
    reading.records += 1
    if reading.example is None:
        reading.example = event
    reading.encodings.setdefault(told, record.span.line)
    if not format.triaged and not format.links:
        note_stamps(reading, [event])
    return event


def settled(record: Record, format: Format, encoding: str | None, repeats: Repeats) -> Event | None:
    """The event of a record, settled; None where it could not be parsed."""
    skim = format.skim(record.data) if format.triaged else NO_SKIM
    event, _, _ = known_or_parsed(record, format, encoding, skim, repeats)
    return repeats.settle(event) if event and format.links else event


def known_or_parsed(
    record: Record, format: Format, encoding: str | None, skim: Skim, repeats: Repeats | None
) -> tuple[Event | None, str, int | None]:
    """The event of a record with its encoding, known from a record above or parsed; else as parsed_or_why."""
    if repeats and (known := repeats.find(skim)):
        return known.again(record.span, skim, format), known.encoding, None
    event, why, line = parsed_or_why(record, format, encoding)
    if event is None:
        return None, why, line
    found = encoding_of(record, encoding)
    return repeats.keep(event, skim, format, found) if repeats else event, found, None


def note_heading(reading: Reading, record: Record) -> None:
    """Keep which end the text above a record names. A piece of a line that names none leaves it as it was."""
    side = heading_side(decode(record.data[-HEADING_BYTES:]).text)
    if side or b"\n" in record.data:
        del reading.headings[: -MAX_HEADINGS + 1]
        reading.headings.append((record.span.offset + record.span.length, side))


def note_stamps(reading: Reading, events: Iterable[Event]) -> None:
    for event in events:
        if event.stamp:
            instant = event.stamp.instant
            reading.stamps.add(event.stamp.written, instant.isoformat() if instant else "", event.span.offset)


def parsed(record: Record, format: Format, encoding: str | None) -> tuple[Event | None, str]:
    """The event of a record, or None and what was expected where it could not be parsed."""
    event, why, line = parsed_or_why(record, format, encoding)
    return event, expected_at(why, line)


def expected_at(why: str, line: int | None) -> str:
    """Why a text was not understood; where a grammar stopped at a line, what it expected there."""
    return tr("at line {line} I expected {terminals}", line=line, terminals=why) if line else why


def parsed_or_why(record: Record, format: Format, encoding: str | None) -> tuple[Event | None, str, int | None]:
    """The event of a record, or None, what was expected, and in which line (None where it is a sentence already)."""
    try:
        return placed(without_passwords(format.parse(record, encoding))), "", None
    except UnexpectedInput as error:
        expected = getattr(error, "expected", None) or getattr(error, "allowed", None) or ()
        return None, ", ".join(sorted(expected)[:6]), record.span.line + max(error.line, 1) - 1
    except (ValueError, OverflowError) as error:  # OverflowError: a number of seconds that is no time
        return None, str(error), None


def without_passwords(event: Event) -> Event:
    """The event with the passwords in its texts masked; most hold none and stay as they are."""
    texts = (event.text, event.body, *event.inserts.values(), *event.facts.values())
    if not may_hold_one("\n".join(texts)) or not any(masked(each) != each for each in texts):
        return event
    return replace(
        event,
        text=masked(event.text),
        body=masked(event.body),
        inserts={name: masked(value) for name, value in event.inserts.items()},
        facts={name: masked(value) for name, value in event.facts.items()},
    )


# /var/mqm/qmgrs/YARD!QM1/errors/AMQERR01.LOG : MQ writes ! for a point and & for a slash
QUEUE_MANAGER_FOLDER = re.compile(r"(?:^|[/!\\])qmgrs[/\\]([^/\\@][^/\\]{0,80})[/\\]errors[/\\][^/\\]*$", re.IGNORECASE)


def placed(event: Event) -> Event:
    """The event with the queue manager in whose folder its log is, where the record names none (before 7.1)."""
    if event.queue_manager or event.kind not in ("amqerr", "amqerr-json"):
        return event
    folder = QUEUE_MANAGER_FOLDER.search(event.span.path)
    return replace(event, queue_manager=folder[1].replace("!", ".").replace("&", "/")) if folder else event


def encoding_of(record: Record, encoding: str | None) -> str:
    head = record.data
    if len(head) > ENCODING_BYTES:
        head = head[:ENCODING_BYTES].rpartition(b"\n")[0] or head[:ENCODING_BYTES]
    return decode(head, encoding).encoding if not head.isascii() or encoding else "ascii"


def unparsed(reading: Reading, record: Record, why: str, at: int | None = None) -> None:
    reading.unparsed_bytes += record.span.length
    reading.places += 1
    if len(reading.gaps) < MAX_UNPARSED_NOTES:
        reading.gaps.append(Gap(record.span.line, record.span.last_line, record.span.length, why, at))


def finish_notes(reading: Reading) -> None:
    path, more = reading.source.path, reading.places - MAX_UNPARSED_NOTES
    if reading.kind == "unknown" and reading.bytes:
        text = tr(
            "No format that I know: the file was not used. If it is a log of MQ, name its encoding with --encoding."
        )
        reading.notes.append(Note("unknown-format", path, None, text))
        return
    for gap in reading.gaps:
        text = tr(
            "Lines {first} to {last} ({count} bytes) were not understood: {why}.",
            first=gap.line,
            last=gap.last_line,
            count=gap.length,
            why=expected_at(gap.why, gap.at),
        )
        reading.notes.append(Note("unparsed", path, gap.line, text))
    if more > 0:
        text = tr(
            "{count} more places of this source were not understood; in all {bytes} bytes.",
            count=more,
            bytes=reading.unparsed_bytes,
        )
        reading.notes.append(Note("unparsed", path, None, text))
    for other, line in reading.encodings.items():
        if other not in ("ascii", reading.encoding):
            text = tr(
                "This source holds more than one encoding: {first}, and {second} from line {line} on.",
                first=reading.encoding,
                second=other,
                line=line,
            )
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
    reading.headings.extend(part.headings)
    for encoding, line in part.encodings.items():
        reading.encodings.setdefault(encoding, line + above)
    for name, events in part.owned.items():
        reading.owned.setdefault(name, []).extend(moved(each, above, reading.alike) for each in events)


def note_long(reading: Reading, record: Record) -> None:
    text = tr(
        "A record here is longer than {limit} (--max-record): what follows it may be a piece of it.",
        limit=in_words(reading.source.limits.record_bytes),
    )
    if all(each.code != "record-too-long" for each in reading.notes):
        reading.notes.append(Note("record-too-long", record.span.path, record.span.line, text))


def moved(event: Event, lines: int, known: dict[Digest, Event]) -> Event:
    """An event further down, sharing with the first of those that say the same what another process sent again."""
    span = replace(event.span, line=event.span.line + lines, last_line=event.span.last_line + lines)
    first = known.setdefault(event.alike, event) if event.alike else event
    if first is event:
        return replace(event, span=span)
    facts = first.facts if first.facts == event.facts else event.facts
    return replace(first, span=span, stamp=event.stamp, process=event.process, thread=event.thread, facts=facts)


# ---- framing a source ------------------------------------------------------------------------------------------


def framed(source: Source, tally: Tally | None = None) -> Iterator[tuple[Record, Format | None]]:
    """
    All records of a source with the format that framed each; None where no format did.

    The format that most of the first bytes are of goes first; what it does not know is offered to the others.
    With a tally the records that do not matter are counted there and left out. Where the source cannot be read to
    its end, what there is comes out first, and then what was the matter is raised.
    """
    failures: list[Exception] = []
    blocks = readable(source.blocks(), failures)
    head = head_of(blocks)
    if form := view(head):
        yield from framed_view(source.path, head + b"".join(blocks), form, source.limits.record_bytes)
    else:
        yield from framed_bytes(source.path, head, blocks, tally, source.limits.record_bytes)
    if failures:
        raise failures[0]


def readable(blocks: Iterable[bytes], failures: list[Exception]) -> Iterator[bytes]:
    """The blocks up to where they cannot be read; why not is put down in `failures`."""
    from mqdiag.sources import DAMAGED

    try:
        yield from blocks
    except (OSError, *DAMAGED) as error:
        failures.append(error)


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
    if head.startswith(codecs.BOM_UTF8) or view(head):
        return None
    format = formats.choose(head[: 4 * HEAD_BYTES], source.path)
    return format if format and format.triaged and (format.closes or format.one_line) else None


def framed_bytes(
    path: str, head: bytes, blocks: Iterable[bytes], tally: Tally | None = None, limit: int = MAX_RECORD_BYTES
) -> Iterator[tuple[Record, Format | None]]:
    mark = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    format = formats.choose(head[mark : 4 * HEAD_BYTES], path)
    if format is None:
        yield from found_later(path, chain([head] if head else [], blocks), limit)
        return
    if mark:
        yield Record("unparsed", Span(path, 1, 1, 0, mark), codecs.BOM_UTF8), None
    yield from framed_as(format, path, chain([head[mark:]], blocks), mark, tally, limit)


def framed_as(
    format: Format,
    path: str,
    blocks: Iterable[bytes],
    offset: int,
    tally: Tally | None,
    limit: int = MAX_RECORD_BYTES,
    line: int = 1,
) -> Iterator[tuple[Record, Format | None]]:
    for record in frame(blocks, format, path, offset, line, tally, limit):
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


def found_later(path: str, blocks: Iterable[bytes], limit: int) -> Iterator[tuple[Record, Format | None]]:
    """
    A source that begins as none of the formats: given out block by block, never held as a whole, until a block
    has something of one. The log of an application can go on for hours before its first failure.
    """
    blocks, held, offset, line = grouped(blocks), b"", 0, 1
    for block in blocks:
        # what is found can begin at the end of the block before
        if format := formats.choose(held[-OVERLAP_BYTES:] + block, path, never_late()):
            for record in frame(chain([held + block], blocks), format, path, offset, line, limit=limit):
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
    path: str, data: bytes, form: type[Utf16] | type[DockerLines], limit: int = MAX_RECORD_BYTES
) -> Iterator[tuple[Record, Format | None]]:
    """A source whose text is in another form; the data of a record is its text, its span that of its own bytes."""
    seen = form(data)
    begin, line, end = 0, 1, 0
    for record, format in framed_bytes(path, seen.text, (), limit=limit):
        end += len(record.data)
        place, above = seen.place(end)
        last_line = line + record.span.last_line - record.span.line
        yield Record(record.kind, Span(path, line, last_line, begin, place - begin), record.data), format
        begin, line = place, above + 1
    if begin < len(data):
        yield Record("unparsed", Span(path, line, line, begin, len(data) - begin), data[begin:]), None
