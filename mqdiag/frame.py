"""
Split a source into records, in file order and losing no byte.

The bytes are read in blocks and never as a whole. What begins and what ends a record is said by the grammar
(Format.boundaries); this module only counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mqdiag.limits import DEFAULTS
from mqdiag.model import Record, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mqdiag.formats._base import Format, Tally

MAX_RECORD_BYTES = DEFAULTS.record_bytes  # a record that grows beyond this comes out in pieces


class Framer:
    """
    Cuts one source into records while its bytes arrive: `feed` gives the records that are complete, `close`
    the rest. What no record covers comes out as records of kind `unparsed`, so that the spans join without
    gap and the data of all records is the source again. With a `tally` that is on, records that do not matter
    are counted there and left out.
    """

    def __init__(
        self,
        format: Format,
        path: str,
        offset: int = 0,
        line: int = 1,
        tally: Tally | None = None,
        limit: int = MAX_RECORD_BYTES,
    ) -> None:
        self.format, self.path, self.tally, self.limit = format, path, tally, limit
        self.buffer = b""  # bytes that are not given out yet
        self.offset, self.line = offset, line  # where buffer[0] stands in the source
        self.scanned = 0  # up to where the buffer was searched
        self.is_open = False  # a record begins at buffer[0]
        self.awaits = False  # it has a header and waits for its message

    def feed(self, block: bytes) -> Iterator[Record]:
        self.buffer += block
        complete = self.buffer.rfind(b"\n") + 1
        limit = complete
        for _ in range(self.format.opening_lines - 1):
            limit = self.buffer.rfind(b"\n", 0, max(limit - 1, 0)) + 1
        yield from self._cut(limit, complete)
        if len(self.buffer) > self.limit:
            yield from self.close()

    def close(self) -> Iterator[Record]:
        yield from self._cut(len(self.buffer), len(self.buffer))
        if self.buffer:
            yield self._record(0, len(self.buffer))
        self.buffer, self.scanned = b"", 0
        self.is_open = self.awaits = False
        if self.tally:
            self.tally.lines = self.line - 1

    def _cut(self, limit: int, complete: int) -> Iterator[Record]:
        """Give out the records that end before `limit`; a boundary that begins before it may reach `complete`."""
        begin, limit = 0, max(limit, self.scanned)  # a boundary of several lines was searched beyond the limit
        boundaries = self.format.find_boundaries(self.buffer, self.scanned, complete)
        while (match := next(boundaries, None)) is not None:
            start, stop = match.span(match.lastgroup or 0)
            if start >= limit:
                break
            if start < begin:  # it begins with the line end that the record above has taken
                continue
            limit = max(limit, stop)
            closes = match.lastgroup in self.format.closes
            if closes and not self.is_open:
                continue  # the footer of a record that is not in this source
            if not closes:
                if self.is_open and self.awaits and match.lastgroup in self.format.opens_if_closed:
                    self.awaits = False
                    continue
                if start > begin:
                    yield self._record(begin, start)
                begin, self.is_open = start, True
                self.awaits = match.lastgroup in self.format.opens
            if closes or self.format.one_line:
                if not self.buffer.endswith(b"\n", begin, stop):
                    stop += self.buffer.startswith(b"\n", stop)  # a record that is closed ends with its line
                limit = max(limit, stop)
                yield self._record(begin, stop)
                begin, self.is_open = self._passed(stop, complete), False
                if begin > stop:
                    limit = max(limit, begin)
                    boundaries = self.format.find_boundaries(self.buffer, begin, complete)
        self.buffer = self.buffer[begin:]
        self.scanned = limit - begin

    def _passed(self, begin: int, complete: int) -> int:
        """The offset behind the records that were only counted."""
        tally = self.tally
        if tally is None or not tally.is_on:
            return begin
        tally.offset = self.offset - begin
        end = self.format.pass_over(self.buffer, begin, complete, tally)
        tally.size += end - begin
        self.offset += end - begin
        self.line += self.buffer.count(b"\n", begin, end)
        return end

    def _record(self, begin: int, end: int) -> Record:
        data = self.buffer[begin:end]
        lines = data.count(b"\n")
        last_line = self.line + lines - (1 if data.endswith(b"\n") else 0)
        span = Span(self.path, self.line, last_line, self.offset, len(data))
        self.offset += len(data)
        self.line += lines
        return Record(self.format.kind if self.is_open else "unparsed", span, data)


def frame(
    blocks: Iterable[bytes],
    format: Format,
    path: str,
    offset: int = 0,
    line: int = 1,
    tally: Tally | None = None,
    limit: int = MAX_RECORD_BYTES,
) -> Iterator[Record]:
    """
    The records of one source, in file order. Joining their data gives back the source exactly.

    Blank lines between two records are part of the one above. Yields nothing for an empty source, and raises
    only what reading the blocks raises.
    """
    framer = Framer(format, path, offset, line, tally, limit)
    held: Record | None = None
    for record in _framed(framer, blocks):
        if held is None:
            held = record
        elif is_blank(record) and follows(held, record) and held.span.length + record.span.length <= limit:
            held = joined(held, record)
        else:
            yield held
            held = record
    if held is not None:
        yield held


def _framed(framer: Framer, blocks: Iterable[bytes]) -> Iterator[Record]:
    for block in blocks:
        yield from framer.feed(block)
    yield from framer.close()


def is_blank(record: Record) -> bool:
    return record.kind == "unparsed" and not record.data.strip(b" \t\r\n")


def follows(first: Record, second: Record) -> bool:
    """Whether no record between them was only counted."""
    return first.span.offset + first.span.length == second.span.offset


def joined(first: Record, blanks: Record) -> Record:
    """A record and the blank lines below it; its last line stays where its text ends."""
    span = first.span
    longer = Span(span.path, span.line, span.last_line, span.offset, span.length + blanks.span.length)
    return Record(first.kind, longer, first.data + blanks.data)
