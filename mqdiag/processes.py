"""
Read the sources, in several processes where that pays.

The work is cut into pieces, and the pieces are the same however many processes there are, so the answer is too. A
long log is cut where one record has ended and the next begins; what the pieces give is joined in order.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from mqdiag import formats, grammar
from mqdiag.errors import MqdiagError
from mqdiag.interpret import sided
from mqdiag.language import language, speaking, tr
from mqdiag.parse import HEAD_BYTES, Reading, append, divisible, fill, finish, framed_as, read
from mqdiag.repeats import Repeats
from mqdiag.sources import BLOCK_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from mqdiag.formats._base import Format, Tally
    from mqdiag.language import Language
    from mqdiag.model import Record, Side
    from mqdiag.sources import Source

T = TypeVar("T")

PIECE_BYTES = 8 * 1024 * 1024
WORTH_BYTES = 30_000_000  # below this starting processes costs more than it saves
TENURED = 50_000  # objects between two rounds of the collector: a log makes millions, and hardly any cycles


@dataclass(frozen=True, slots=True)
class Piece:
    """
    A part of a source, `end` excluded, that begins and ends between two records of a format; None: all of it.

    `line` is that of its first byte, where that is known already.
    """

    source: Source
    side: Side | None
    encoding: str | None
    format: str | None = None
    begin: int = 0
    end: int | None = None
    line: int = 1

    @property
    def size(self) -> int:
        return (self.source.size or 0) if self.end is None else self.end - self.begin


def readings(
    sources: Sequence[Source],
    sides: Mapping[str, Side],
    encoding: str | None,
    jobs: int | None,
    watch: Callable[[str, int, int], None] | None = None,
) -> list[Reading]:
    """
    The sources, read and interpreted. `jobs` None: as many processes as there are cores, where the input is large
    enough. `watch` is told what is read, how many bytes so far, and of how many (0 where that is not known).
    """
    pieces = [piece for each in sources for piece in cut(each, sides.get(each.path), encoding)]
    size = sum(each.size for each in pieces)
    total = size if all(each.size is not None for each in sources) else 0
    jobs = jobs or (cores() if size >= WORTH_BYTES else 1)
    found: list[Reading] = []
    done = 0
    with collecting_seldom():
        for piece, result in zip(pieces, worked(Reader(), pieces, jobs), strict=True):
            done += result.bytes
            if piece.begin == 0:
                found.append(result)
            elif found[-1].example:
                append(found[-1], result)
            else:  # nothing could be parsed so far, and then every record matters
                found[-1].bytes = -1
            if watch:
                watch(piece.source.path, done, total)
        whole = {piece.source.location for piece in pieces if piece.end is None}
        return [each if each.source.location in whole else complete(each, sides, encoding) for each in found]


def complete(reading: Reading, sides: Mapping[str, Side], encoding: str | None) -> Reading:
    """A reading whose pieces are all there."""
    settle = partial(sided, side=sides.get(reading.source.path))
    return read(reading.source, encoding, settle) if reading.bytes < 0 else finish(reading, settle)


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def collecting_seldom() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(TENURED, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


# ---- the pieces ------------------------------------------------------------------------------------------------


def cut(source: Source, side: Side | None, encoding: str | None, length: int | None = None) -> list[Piece]:
    """
    The pieces of a source, in order, of about this length (PIECE_BYTES if not given); one if it is short, or of a
    format whose records do not end by themselves.
    """
    length = length or PIECE_BYTES
    whole = Piece(source, side, encoding)
    if not source.plain or (source.size or 0) < 3 * length:
        return [whole]
    format = divisible(source)
    if format is None:
        return [whole]
    places, size = [0], source.size or 0
    with source.open() as stream:
        for target in range(length, size - length, length):
            stream.seek(target)
            if match := seam(type(format).__name__).search(stream.read(HEAD_BYTES)):
                places.append(target + match.start("next"))
    name = type(format).__name__
    return [Piece(source, side, encoding, name, begin, end) for begin, end in pairwise([*places, size])]


def parts(source: Source, jobs: int | None, length: int) -> list[Piece]:
    """
    The pieces of a source of which each can be read for itself, with their lines; one where that is not possible,
    because records lend each other what they say, or does not pay.
    """
    whole = [Piece(source, None, None)]
    if (jobs or cores()) < 2:
        return whole
    try:
        pieces = cut(source, None, None, length)
        if len(pieces) < 2 or by_name(pieces[0].format or "").links:
            return whole
        lines = accumulate((sum(block.count(b"\n") for block in blocks(each)) for each in pieces), initial=1)
        return [replace(each, line=line) for each, line in zip(pieces, lines, strict=False)]
    except OSError:  # it is gone; whoever reads it as a whole tells it
        return whole


@cache
def seam(name: str) -> re.Pattern[bytes]:
    """
    Where one record is closed and the next opens in the line below: there it is known that none is open. A record
    of one line is closed by itself.
    """
    format = by_name(name)
    closes, opens = (
        "|".join(grammar.terminal(format.grammar_name, each) for each in which)
        for which in (format.closes or format.opens, format.opens)
    )
    return re.compile(rf"\n(?:{closes})\n{{0,1}}(?P<next>(?:{opens}))".encode("ascii"))


def by_name(name: str) -> Format:
    return next(each for each in formats.all_formats() if type(each).__name__ == name)


# ---- work on one piece -----------------------------------------------------------------------------------------


def worked(work: Callable[[Piece], T], pieces: Sequence[Piece], jobs: int) -> Iterable[T]:
    """What each piece gives, in their order."""
    jobs = min(jobs, len(pieces))
    return map(work, pieces) if jobs < 2 else in_processes(work, pieces, jobs)


def in_processes(work: Callable[[Piece], T], pieces: Sequence[Piece], jobs: int) -> Iterator[T]:
    """
    The same, from several processes that are handed a piece whenever they have none.

    Not an executor of the library: its thread prints a traceback where an interrupt ends it (Python 3.11).
    """
    import multiprocessing
    from multiprocessing.connection import wait

    forks = sys.platform == "linux"
    context = multiprocessing.get_context("fork" if forks else "spawn")
    lines: list[Connection] = []  # one to each process, for pieces down and readings up
    workers: list[BaseProcess] = []
    busy: dict[Any, int] = {}
    found: dict[int, T] = {}
    waiting = iter(enumerate(pieces))

    def hand_out(line: Connection) -> None:
        if (following := next(waiting, None)) is not None:
            busy[line] = following[0]
            try:
                line.send(following[1])
            except OSError:
                raise lost(following[1]) from None

    try:
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            lines.append(ours)
            worker = context.Process(target=serve, args=(work, theirs, lines if forks else [], language()), daemon=True)  # type: ignore[attr-defined]
            with no_interrupt():
                worker.start()
                workers.append(worker)
            theirs.close()
            hand_out(ours)
        for wanted in range(len(pieces)):
            while wanted not in found:
                for line in wait(list(busy)):
                    index = busy.pop(line)
                    found[index] = answer(line, pieces[index])  # type: ignore[arg-type]
                    hand_out(line)  # type: ignore[arg-type]
            yield found.pop(wanted)
    finally:  # at the end, and where an interrupt came: nobody waits for the pieces that are being read
        for worker in workers:
            worker.kill()
            worker.join()


@contextmanager
def no_interrupt() -> Iterator[None]:
    """An interrupt waits: in the middle of a fork Python would print it and go on."""
    import signal

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def answer(line: Connection, piece: Piece) -> Any:
    try:
        found = line.recv()
    except (EOFError, OSError):
        raise lost(piece) from None
    if isinstance(found, Exception):
        raise found
    return found


def lost(piece: Piece) -> MqdiagError:
    return MqdiagError(
        tr("One of the processes that read the logs was ended."),
        where=piece.source.path,
        found=tr("Somebody stopped it, or the memory did not suffice."),
        hint=tr("Read with one process: -j 1"),
    )


def serve(work: Callable[[Piece], object], line: Connection, others: Sequence[Connection], spoken: Language) -> None:
    """
    Work off pieces until there are no more. An interrupt ends this process at once and without a word, for the
    first one has the say. `others` are its ends of the lines: while they are open here, nobody sees it end.
    """
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    gc.set_threshold(TENURED)
    for each in others:
        each.close()
    with suppress(EOFError, OSError), speaking(spoken):
        while True:
            piece = line.recv()
            try:
                found: object = work(piece)
            except Exception as error:
                found = error
            line.send(found)


@dataclass(slots=True)
class Reader:
    """A process's work: it knows the texts that it has read in the source which it reads pieces of."""

    path: str = ""
    repeats: Repeats = field(default_factory=Repeats)

    def __call__(self, piece: Piece) -> Reading:
        """A whole source read to its end, or what a piece holds, to be joined with the others."""
        settle = partial(sided, side=piece.side)
        if piece.end is None:
            return read(piece.source, piece.encoding, settle)
        if self.path != piece.source.path:
            self.path, self.repeats = piece.source.path, Repeats(settle)
        reading = Reading(piece.source)
        fill(reading, partial(framed_piece, piece), piece.encoding, self.repeats, below=piece.begin > 0)
        return reading


def framed_piece(piece: Piece, tally: Tally | None = None) -> Iterator[tuple[Record, Format | None]]:
    """The records of a piece as parse.framed gives them."""
    format, limit = by_name(piece.format or ""), piece.source.limits.record_bytes
    return framed_as(format, piece.source.path, blocks(piece), piece.begin, tally, limit, piece.line)


def blocks(piece: Piece) -> Iterator[bytes]:
    left = piece.size
    with piece.source.open() as stream:
        stream.seek(piece.begin)
        while left and (block := stream.read(min(BLOCK_BYTES, left))):
            left -= len(block)
            yield block
