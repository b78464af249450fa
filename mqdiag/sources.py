"""
Find the logs: files, folders, archives inside archives, standard input.

Archives are archives.py's. What cannot be read, and what nobody would want to be read, becomes a note, and the rest
is still read.
"""

from __future__ import annotations

import io
import os
import stat
import sys
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from mqdiag.archives import BLOCK_BYTES, DAMAGED, Opener, archive_kind, expand, unreadable
from mqdiag.language import reason, tr
from mqdiag.limits import DEFAULTS, Limits
from mqdiag.model import Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["BLOCK_BYTES", "DAMAGED", "Source", "archive_kind", "find", "shown", "unreadable"]


MAX_KEPT_BYTES = 64 * 1024 * 1024  # of standard input, in memory; what is more goes to a temporary file


@dataclass(frozen=True, slots=True)
class Source:
    """
    Something with bytes. `path` is as the report prints it, `location` the real path it is found under. `size` in
    bytes, None if it is not known before all is read. `plain`: a file that can be read from anywhere in it. `limits`:
    what is read of it at most.
    """

    path: str
    location: str
    open: Opener
    size: int | None = None
    plain: bool = False
    limits: Limits = DEFAULTS

    def blocks(self) -> Iterator[bytes]:
        """Its bytes in blocks. OSError or one of DAMAGED where they cannot be read to the end."""
        with self.open() as stream:
            while block := stream.read(BLOCK_BYTES):
                yield block


def held(source: Source) -> Source:
    """The same source, held in memory where it can be read only once: standard input or a pipe."""
    if "!" in source.location or Path(source.location).is_file():
        return source
    data = b"".join(source.blocks())
    return replace(source, open=lambda: io.BytesIO(data), size=len(data))


def find(paths: Iterable[str], limits: Limits = DEFAULTS) -> tuple[list[Source], list[Note]]:
    """
    Every source under the paths, each once, in the order of their names, and notes on what could not be read.

    The result does not depend on the order of the paths. "-" is standard input.
    """
    sources: dict[str, Source] = {}
    notes: list[Note] = []
    for path in sorted(set(paths), key=lambda each: (each != "-", len(each), each)):
        for found in _at(path, limits):
            if isinstance(found, Note):
                notes.append(found)
            else:
                sources.setdefault(found.location, found)
    return sorted(sources.values(), key=lambda each: each.path), list(dict.fromkeys(notes))


def skipped(path: str, why: str) -> Note:
    return Note("skipped", path, None, tr("{path} is {why}: not read. Name it to have it read.", path=path, why=why))


def _at(path: str, limits: Limits) -> Iterator[Source | Note]:
    if path == "-":
        yield from _standard_input(limits)
        return
    place = Path(path)
    try:
        mode = place.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        yield unreadable(shown(path), tr("there is no such file or folder"))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        yield unreadable(shown(path), reason(error))
    else:
        if stat.S_ISDIR(mode):
            yield from _in_folder(path, limits)
        else:
            yield from _file(shown(path), place, limits)


def shown(path: str) -> str:
    """A path as reports print it: as the caller gave it, without './', '/' between the parts."""
    return os.path.normpath(path).replace(os.sep, "/")


def _in_folder(top: str, limits: Limits) -> Iterator[Source | Note]:
    errors: list[OSError] = []
    root = os.path.realpath(top)
    for folder, inner, files in os.walk(top, onerror=errors.append):
        inner.sort()
        for name in (each for each in inner if Path(folder, each).is_symlink()):
            yield skipped(shown(str(Path(folder, name))), tr("a link to a folder"))
        for name in sorted(files):
            place = Path(folder, name)
            why = unwanted(place, root)
            yield from [skipped(shown(str(place)), why)] if why else _file(shown(str(place)), place, limits)
    for error in errors:
        yield unreadable(shown(str(error.filename)), reason(error))


def unwanted(place: Path, root: str) -> str | None:
    """Why something in a folder is not read: nobody named it, and it is no log. None for a plain file."""
    if place.is_symlink() and not os.path.realpath(place).startswith(root.rstrip(os.sep) + os.sep):
        return tr("a link that leads out of the folder")
    try:
        mode = place.stat().st_mode
    except OSError:
        return None  # _file says what is wrong
    return None if stat.S_ISREG(mode) else tr("no file but a pipe, a socket or a device")


def _file(path: str, place: Path, limits: Limits) -> Iterator[Source | Note]:
    location = os.path.realpath(place)
    try:
        status = place.stat()
        if is_endless(status, place):
            yield unreadable(path, tr("it is a device"))
        elif stat.S_ISREG(status.st_mode):
            yield from _expanded(path, location, partial(open_file, place, BLOCK_BYTES), status.st_size, limits)
        else:
            yield Source(path, location, partial(open_file, place, 0), limits=limits)
    except OSError as error:
        yield unreadable(path, reason(error))


def _expanded(path: str, location: str, opener: Opener, size: int | None, limits: Limits) -> Iterator[Source | Note]:
    for each in expand(path, location, opener, size, limits):
        if isinstance(each, Note):
            yield each
        else:
            plain = each.open is opener and path != "-"
            yield Source(each.path, each.location, each.open, each.size, plain, limits)


def is_endless(status: os.stat_result, place: Path) -> bool:
    """A disk or a device such as /dev/zero; a terminal and /dev/null end."""
    if stat.S_ISBLK(status.st_mode):
        return True
    if not stat.S_ISCHR(status.st_mode) or status.st_rdev == Path(os.devnull).stat().st_rdev:
        return False
    with place.open("rb", buffering=0) as opened:
        return not opened.isatty()


def open_file(place: Path, buffering: int) -> IO[bytes]:
    return place.open("rb", buffering=buffering)


# ---- standard input --------------------------------------------------------------------------------------------


def _standard_input(limits: Limits) -> Iterator[Source | Note]:
    """What is piped in, or kept by the command line, as if it were a file: also an archive, and read twice."""
    kept = Kept(io.FileIO(sys.stdin.fileno(), closefd=False))
    yield from _expanded("-", "-", lambda: io.BufferedReader(KeptReader(kept)), None, limits)


class Kept:
    """
    A stream that can be read once, with what was read of it: in memory while that is little, then in a file
    without a name. One that can be rewound is read from its beginning and not copied.
    """

    def __init__(self, stream: io.FileIO) -> None:
        self.stream, self.at_end = stream, stream.seekable()
        self.size = stream.seek(0, io.SEEK_END) if self.at_end else 0
        own = stream if self.at_end else tempfile.SpooledTemporaryFile(MAX_KEPT_BYTES)  # noqa: SIM115
        self.file = cast("IO[bytes]", own)  # it lives as long as its readers

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from an offset on; fewer only at the end, or where a pipe has no more just now."""
        while not self.at_end and self.size <= offset:
            self.more()
        self.file.seek(offset)
        return self.file.read(size)

    def more(self) -> None:
        block = self.stream.read(BLOCK_BYTES)
        self.at_end = not block
        self.file.seek(self.size)
        self.size += self.file.write(block or b"")

    def end(self) -> int:
        while not self.at_end:
            self.more()
        return self.size


class KeptReader(io.RawIOBase):
    """Reads a kept stream from its beginning, with a place of its own."""

    def __init__(self, kept: Kept) -> None:
        self.kept, self.offset = kept, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.offset

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self.offset}.get(whence)
        self.offset = (self.kept.end() if begin is None else begin) + offset
        return self.offset

    def readinto(self, buffer: Any) -> int:
        data = self.kept.read(self.offset, len(buffer))
        buffer[: len(data)] = data
        self.offset += len(data)
        return len(data)
