"""
Split a source into records, in file order and losing no byte.

The bytes are read in blocks and never as a whole. What begins and what ends a record is said by the grammar
(Format.boundaries); this module only counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mqdiag.model import Record, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mqdiag.formats._base import Format

MAX_RECORD_BYTES = 16 * 1024 * 1024  # a record that grows beyond this is given out as it is, and a new one begins


class Framer:
    """
    Cuts one source into records while its bytes arrive: `feed` gives the records that are complete, `close`
    the rest. What no record covers comes out as records of kind `unparsed`, so that the spans join without
    gap and the data of all records is the source again.
    """

    def __init__(self, format: Format, path: str, offset: int = 0, line: int = 1) -> None:
        self.format, self.path = format, path
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
        if len(self.buffer) > MAX_RECORD_BYTES:
            yield from self.close()

    def close(self) -> Iterator[Record]:
        yield from self._cut(len(self.buffer), len(self.buffer))
        if self.buffer:
            yield self._record(0, len(self.buffer))
        self.buffer, self.scanned = b"", 0
        self.is_open = self.awaits = False

    def _cut(self, limit: int, complete: int) -> Iterator[Record]:
        """Give out the records that end before `limit`; a boundary that begins before it may reach `complete`."""
        begin, limit = 0, max(limit, self.scanned)  # a boundary of several lines was searched beyond the limit
        for match in self.format.find_boundaries(self.buffer, self.scanned, complete):
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
                stop += self.buffer.startswith(b"\n", stop)  # a record that is closed ends with its line
                limit = max(limit, stop)
                yield self._record(begin, stop)
                begin, self.is_open = stop, False
        self.buffer = self.buffer[begin:]
        self.scanned = limit - begin

    def _record(self, begin: int, end: int) -> Record:
        data = self.buffer[begin:end]
        lines = data.count(b"\n")
        last_line = self.line + lines - (1 if data.endswith(b"\n") else 0)
        span = Span(self.path, self.line, last_line, self.offset, len(data))
        self.offset += len(data)
        self.line += lines
        return Record(self.format.kind if self.is_open else "unparsed", span, data)


def frame(blocks: Iterable[bytes], format: Format, path: str, offset: int = 0, line: int = 1) -> Iterator[Record]:
    """
    The records of one source, in file order. Joining their data gives back the source exactly.

    Blank lines between two records are part of the one above. Yields nothing for an empty source, and raises
    only what reading the blocks raises.
    """
    framer = Framer(format, path, offset, line)
    held: Record | None = None
    for record in _framed(framer, blocks):
        if held is None:
            held = record
        elif record.kind == "unparsed" and not record.data.strip(b" \t\r\n"):
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


def joined(first: Record, blanks: Record) -> Record:
    """A record and the blank lines below it; its last line stays where its text ends."""
    span = first.span
    longer = Span(span.path, span.line, span.last_line, span.offset, span.length + blanks.span.length)
    return Record(first.kind, longer, first.data + blanks.data)
