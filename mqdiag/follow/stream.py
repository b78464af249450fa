"""
One run of bytes becomes events while it grows, the same ones that `analyze` finds in the finished file.

Nothing waits for what may never come. A record is out with the newline of its footer or with the next header;
the last one of a log that has gone quiet is read as it stands, and again when more of it arrives.
"""

from __future__ import annotations

import codecs
import copy
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mqdiag import formats
from mqdiag.frame import Framer
from mqdiag.model import Record, Span
from mqdiag.parse import Reading, account, offered
from mqdiag.sources import BLOCK_BYTES, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mqdiag.follow.inputs import Opened
    from mqdiag.formats._base import Format
    from mqdiag.model import Event

QUIET_S = 0.4  # after this long without a byte the last record is taken to be all there is of it
LOOK_S = 0.15  # formats without footer are looked at this often while bytes arrive
HEAD_BYTES = BLOCK_BYTES  # what analyze chooses a format by
MAX_HOURS = 2_000  # hours of which a stamp is kept
MAX_IDS = 4_096  # message ids that are counted one by one

UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(slots=True, eq=False)
class Held:
    """
    An event of the window. `event` is as its format parsed it, `linked` and `said` what became of it last time;
    `arrived` is a clock of ours in seconds, `old` says that it stood there before we came.
    """

    event: Event
    format: Format
    arrived: float
    old: bool
    linked: Event | None = None
    said: Event | None = None


class Stream:
    """The records of one stream. `held` are its events in file order, `tentative` those of a last record."""

    def __init__(self, opened: Opened, encoding: str | None) -> None:
        self.path, self.encoding, self.old_until = opened.path, encoding, opened.old_until
        self.reading = self.new_reading()
        self.held: deque[Held] = deque()
        self.tentative: list[Held] = []
        self.rest: Reading | None = None  # the account of the last record
        self.last_byte = self.last_look = self.look_cost = 0.0
        self.looked_whole = self.ended = False
        self.version = 0  # counts the changes, for those who keep what they made of this
        self.wide: Wide | None = None
        self.begin = opened.offset, opened.line  # where the head below, or the rest of an unknown text, begins
        self.head: bytes | None = b""  # the first bytes as long as they can change our mind about the format
        self.chosen_at = 0
        self.framer: Framer | None = None
        if opened.head and (format := formats.choose(opened.head, self.path)):
            self.head, self.framer = None, Framer(format, self.path, *self.begin)

    def new_reading(self) -> Reading:
        path = self.path
        return Reading(Source(path, path, lambda: (_ for _ in ()).throw(OSError("a stream is read once"))))

    @property
    def format(self) -> Format | None:
        return self.framer.format if self.framer else None

    def feed(self, data: bytes, now: float) -> bool:
        """Take bytes in; whether an event came of it."""
        self.version += 1
        self.last_byte, self.looked_whole = now, False
        before, count = self.reading, len(self.held)
        if self.head is None:
            self.feed_framer(data, now)
        else:
            self.head += data
            self.choose(data, now)
        if self.framer and self.tentative:
            begin = self.wide.offset if self.wide else self.framer.offset
            self.tentative = [each for each in self.tentative if each.event.span.offset >= begin]
            self.rest = self.rest if self.tentative else None
        return self.reading is not before or len(self.held) != count

    def close(self, now: float) -> None:
        """There is no more: what is left is a record, or none."""
        if self.ended:
            return
        self.version += 1
        self.ended, self.tentative, self.rest = True, [], None
        if self.head is not None:
            self.choose(b"", now, final=True)
        if self.framer:
            self.take(self.framer.close(), now)
        elif self.head:
            self.unknown(now)
        self.head = None

    # ---- which format ------------------------------------------------------------------------------------------

    def choose(self, data: bytes, now: float, *, final: bool = False) -> None:
        """Choose the format by the first bytes, and again as long as there are few of them."""
        assert self.head is not None
        head = self.head
        full = len(head) >= HEAD_BYTES
        if not (final or full or self.framer is None or len(head) >= 1.25 * self.chosen_at):
            self.feed_framer(data, now)
            return
        self.chosen_at = len(head)
        if self.begin[0] == 0 and head[:2] in UTF16:
            self.wide = self.wide or Wide(UTF16[head[:2]])
        text = Wide(self.wide.name).text(head[2:]) if self.wide else head
        format = formats.choose(text[:HEAD_BYTES], self.path)
        if format is None and self.framer is None:
            if full:
                self.unknown(now)
            return
        if format is None or format is self.format:
            self.feed_framer(data, now)
        else:
            self.begin_with(format, head, now)
        if full:
            self.head = None

    def begin_with(self, format: Format, head: bytes, now: float) -> None:
        """Read what is there from its beginning, as this format."""
        kept = self.reading if self.begin[0] else None  # an unknown text before it stays counted
        self.reading = kept or self.new_reading()
        self.held.clear()
        self.framer = Framer(format, self.path, *self.begin)
        if self.wide:
            self.wide = Wide(self.wide.name)
            head = head[2:]
        self.feed_framer(head, now)

    def unknown(self, now: float) -> None:
        """A text of no format that I know is counted and let go; what comes below it has its own chance."""
        head, (offset, line) = self.head or b"", self.begin
        lines = head.count(b"\n")
        span = Span(self.path, line, line + lines, offset, len(head))
        account(self.reading, Record("unparsed", span, head), None, self.encoding)
        self.head, self.begin, self.chosen_at = b"", (offset + len(head), line + lines), 0

    # ---- records -----------------------------------------------------------------------------------------------

    def feed_framer(self, data: bytes, now: float) -> None:
        if self.framer is None:
            return
        if self.wide:
            data = self.wide.text(data)
        self.take(self.framer.feed(data), now)

    def take(self, records: Iterable[Record], now: float) -> None:
        """Count records and keep the events that matter."""
        reading = self.reading
        for record, format in self.offered(records):
            if self.wide:
                record = Record(record.kind, self.wide.span(record), record.data)
            span = record.span
            event = account(reading, record, format, self.encoding)
            if event and format:
                self.held.append(Held(event, format, now, span.offset + span.length <= self.old_until))
        while len(reading.stamps.by_hour) > MAX_HOURS:
            reading.stamps.places.pop(hour := next(iter(reading.stamps.by_hour)), None)
            reading.stamps.by_hour.pop(hour)
        if len(reading.counted) > MAX_IDS:
            reading.counted.clear()

    def offered(self, records: Iterable[Record]) -> Iterator[tuple[Record, Format | None]]:
        assert self.framer is not None
        for record in records:
            yield from offered(record, self.framer.format, (self.framer.format,))

    # ---- the last record ---------------------------------------------------------------------------------------

    def due(self) -> float | None:
        """When the rest is to be looked at next, None if there is nothing new in it."""
        if self.ended or self.framer is None or self.looked_whole or not self.framer.buffer:
            return None
        if not self.framer.format.closes and self.last_look < self.last_byte:
            return min(self.last_byte + QUIET_S, self.last_look + max(LOOK_S, 5 * self.look_cost))
        return self.last_byte + QUIET_S

    def look(self, now: float) -> bool:
        """Read the rest as if the stream ended here; whether an event came, went or changed."""
        assert self.framer is not None
        self.version += 1
        started = time.perf_counter()
        whole = now >= self.last_byte + QUIET_S
        rest, wide = copy.copy(self.framer), copy.copy(self.wide)
        if not whole:
            rest.buffer = rest.buffer[: rest.buffer.rfind(b"\n") + 1]
        self.last_look, self.looked_whole = now, whole
        scratch = Reading(self.reading.source, self.reading.kind, example=self.reading.example)
        before = [each.event for each in self.tentative]
        found: list[Held] = []
        for record, format in self.offered(rest.close()):
            span = wide.span(record) if wide else record.span
            event = account(scratch, Record(record.kind, span, record.data), format, self.encoding)
            if event and format:
                found.append(Held(event, format, now, span.offset + span.length <= self.old_until))
        self.tentative, self.rest = found, scratch if found else None
        self.look_cost = time.perf_counter() - started
        return [each.event for each in found] != before

    @property
    def waiting_bytes(self) -> int:
        """What is held in memory of text that is not given out."""
        return len(self.head or b"") + (len(self.framer.buffer) if self.framer else 0)

    def settle(self, now: float) -> bool:
        """Take what is there for all there is, to free its memory; whether an event came of it. More may come."""
        if self.head is not None and self.framer is None:
            self.unknown(now)
            return False
        assert self.framer is not None
        self.version += 1
        count, self.head, self.tentative, self.rest = len(self.held), None, [], None
        self.take(self.framer.close(), now)
        return len(self.held) != count

    def events(self) -> list[Held]:
        return [*self.held, *self.tentative]


class Wide:
    """UTF-16, framed as UTF-8; the spans are those of its own bytes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.decoder = codecs.getincrementaldecoder(name)("surrogatepass")
        self.offset = 2  # behind the byte order mark

    def text(self, data: bytes) -> bytes:
        return self.decoder.decode(data).encode("utf-8", "surrogatepass")

    def span(self, record: Record) -> Span:
        """The span of the next record in order."""
        length = len(record.data.decode("utf-8", "surrogatepass").encode(self.name, "surrogatepass"))
        begin = 0 if self.offset == 2 else self.offset
        self.offset += length
        return Span(record.span.path, record.span.line, record.span.last_line, begin, self.offset - begin)
