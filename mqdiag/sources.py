"""
Find the logs: files, folders, archives inside archives, standard input.

Nothing is ever unpacked to disk: members of archives are read as streams, and an archive inside an archive is
held in memory up to a limit. What cannot be read becomes a note, and the rest is still read.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import posixpath
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from mqdiag.language import tr
from mqdiag.model import Note

Opener = Callable[[], "IO[bytes]"]

BLOCK_BYTES = 128 * 1024
MAX_ARCHIVE_DEPTH = 4
MAX_ARCHIVE_MEMBERS = 20_000
MAX_KEPT_BYTES = 64 * 1024 * 1024  # of standard input, in memory; what is more goes to a temporary file
MAX_NESTED_BYTES = 512 * 1024 * 1024  # an archive inside an archive is held in memory, up to this

# What reading damaged or hostile archives raises, beside OSError.
DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Source:
    """
    Something with bytes. `path` is as the report prints it, `location` the real path it is found under. `size` in
    bytes, None if it is not known before all is read. `plain`: a file that can be read from anywhere in it.
    """

    path: str
    location: str
    open: Opener
    size: int | None = None
    plain: bool = False

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
    return Source(source.path, source.location, lambda: io.BytesIO(data))


def find(paths: Iterable[str]) -> tuple[list[Source], list[Note]]:
    """
    Every source under the paths, each once, in the order of their names, and notes on what could not be read.

    The result does not depend on the order of the paths. "-" is standard input.
    """
    sources: dict[str, Source] = {}
    notes: list[Note] = []
    for path in sorted(set(paths), key=lambda each: (each != "-", len(each), each)):
        for found in _at(path):
            if isinstance(found, Note):
                notes.append(found)
            else:
                sources.setdefault(found.location, found)
    return sorted(sources.values(), key=lambda each: each.path), notes


def unreadable(path: str, found: object) -> Note:
    text = tr("I could not read {path}: {found}.", path=path, found=found) + tr(" Everything else was read.")
    return Note("unreadable", path, None, text)


def _at(path: str) -> Iterator[Source | Note]:
    if path == "-":
        yield from _standard_input()
        return
    place = Path(path)
    if not place.exists():
        yield unreadable(path, tr("there is no such file or folder"))
    elif place.is_dir():
        yield from _in_folder(path)
    else:
        yield from _file(shown(path), place)


def open_file(place: Path, buffering: int) -> IO[bytes]:
    return place.open("rb", buffering=buffering)


def shown(path: str) -> str:
    """A path as reports print it: as the caller gave it, without './', '/' between the parts."""
    return os.path.normpath(path).replace(os.sep, "/")


def _in_folder(top: str) -> Iterator[Source | Note]:
    errors: list[OSError] = []
    for folder, inner, files in os.walk(top, onerror=errors.append):
        inner.sort()
        for name in sorted(files):
            place = Path(folder, name)
            if place.is_file():  # no devices, no pipes: nobody named them
                yield from _file(shown(str(place)), place)
    for error in errors:
        yield unreadable(shown(str(error.filename)), error.strerror)


def _file(path: str, place: Path) -> Iterator[Source | Note]:
    opener = partial(open_file, place, 0 if place.is_fifo() else BLOCK_BYTES)
    try:
        if place.is_fifo() or not place.is_file():
            yield Source(path, os.path.realpath(place), opener)
            return
        yield from _expand(path, os.path.realpath(place), opener, 0, place.stat().st_size)
    except OSError as error:
        yield unreadable(path, error.strerror or error)


# ---- standard input --------------------------------------------------------------------------------------------


def _standard_input() -> Iterator[Source | Note]:
    """What is piped in, or kept by the command line, as if it were a file: also an archive, and read twice."""
    kept = Kept(io.FileIO(sys.stdin.fileno(), closefd=False))
    yield from _expand("-", "-", lambda: io.BufferedReader(KeptReader(kept)), 0)


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


# ---- archives --------------------------------------------------------------------------------------------------


def _expand(path: str, location: str, opener: Opener, depth: int, size: int | None = None) -> Iterator[Source | Note]:
    """A source, or what is inside it where it is an archive."""
    kind = archive_kind(opener)
    if kind is None:
        yield Source(path, location, opener, size, plain=depth == 0)
    elif depth >= MAX_ARCHIVE_DEPTH:
        yield unreadable(path, tr("it is an archive inside {count} others", count=depth))
    else:
        try:
            yield from EXPANDERS[kind](path, location, opener, depth)
        except (OSError, *DAMAGED) as error:
            yield unreadable(path, tr("the archive is damaged or encrypted ({error})", error=error))


def archive_kind(opener: Opener) -> str | None:
    """`zip`, `tar`, `gzip`, `bz2`, `xz`, `zstd` by the first bytes, never by the name; None for anything else."""
    with opener() as stream:
        head = stream.read(512)
    for kind, magic in (
        ("zip", b"PK\x03\x04"),
        ("gzip", b"\x1f\x8b"),
        ("bz2", b"BZh"),
        ("xz", b"\xfd7zXZ\0"),
    ):
        if head.startswith(magic):
            return kind
    return "zstd" if head.startswith(b"\x28\xb5\x2f\xfd") else "tar" if head[257:262] == b"ustar" else None


def _zip(path: str, location: str, opener: Opener, depth: int) -> Iterator[Source | Note]:
    with zipfile.ZipFile(seekable(opener)) as archive:
        members = sorted(each.filename for each in archive.infolist() if not each.is_dir())
        encrypted = {each.filename for each in archive.infolist() if each.flag_bits & 1}
    for name in members[:MAX_ARCHIVE_MEMBERS]:
        if name in encrypted:
            yield unreadable(f"{path}!{name}", tr("it is encrypted"))
        else:
            yield from _member(path, location, name, zip_member(opener, name), depth)
    yield from too_many(path, len(members))


def _tar(path: str, location: str, opener: Opener, depth: int) -> Iterator[Source | Note]:
    with opener() as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        members = sorted(each.name for each in archive if each.isfile())  # no links, no devices
    for name in members[:MAX_ARCHIVE_MEMBERS]:
        yield from _member(path, location, name, tar_member(opener, name), depth)
    yield from too_many(path, len(members))


def _member(path: str, location: str, name: str, opener: Opener, depth: int) -> Iterator[Source | Note]:
    inner = posixpath.normpath(name.replace("\\", "/")).lstrip("/")  # 'tar cf - .' puts ./ before every name
    yield from _expand(f"{path}!{inner}", f"{location}!{inner}", opener, depth + 1)


def _compressed(kind: str) -> Callable[[str, str, Opener, int], Iterator[Source | Note]]:
    def expand(path: str, location: str, opener: Opener, depth: int) -> Iterator[Source | Note]:
        inner = partial(decompressed, kind, opener)
        if archive_kind(inner) == "tar":
            yield from _tar(path, location, inner, depth)
        else:
            yield Source(path, location, inner)

    return expand


def too_many(path: str, members: int) -> Iterator[Note]:
    if members > MAX_ARCHIVE_MEMBERS:
        yield unreadable(
            path,
            tr("it holds {count} files; the first {most} were read", count=members, most=MAX_ARCHIVE_MEMBERS),
        )


def decompressed(kind: str, opener: Opener) -> IO[bytes]:
    match kind:
        case "gzip":
            return cast("IO[bytes]", gzip.GzipFile(fileobj=opener()))
        case "bz2":
            return bz2.BZ2File(opener())
        case "xz":
            return lzma.LZMAFile(opener())
        case "zstd":
            return unpacked_zstd(opener)
    raise NotImplementedError(f"{kind} is not read")


def unpacked_zstd(opener: Opener) -> IO[bytes]:
    if sys.version_info >= (3, 14):
        from compression import zstd

        return cast("IO[bytes]", zstd.ZstdFile(opener()))
    try:
        import zstandard
    except ImportError:
        raise NotImplementedError(tr("to read zstd, install mqdiag[zstd] or unpack it with zstd -d")) from None
    reader = zstandard.ZstdDecompressor().stream_reader(opener(), read_across_frames=True)
    return cast("IO[bytes]", io.BufferedReader(reader, BLOCK_BYTES))


def seekable(opener: Opener) -> IO[bytes]:
    """A stream one can move in; a member of another archive is held in memory."""
    stream = opener()
    if isinstance(stream, zipfile.ZipExtFile) or not stream.seekable():
        data = stream.read(MAX_NESTED_BYTES + 1)
        if len(data) > MAX_NESTED_BYTES:
            raise ValueError(tr("it is larger than {count} bytes", count=MAX_NESTED_BYTES))
        return io.BytesIO(data)
    return stream


def zip_member(opener: Opener, name: str) -> Opener:
    return partial(open_zip_member, opener, name)


def open_zip_member(opener: Opener, name: str) -> IO[bytes]:
    return cast("IO[bytes]", _Owning(zipfile.ZipFile(seekable(opener)), lambda archive: archive.open(name)))


def tar_member(opener: Opener, name: str) -> Opener:
    return partial(open_tar_member, opener, name)


def open_tar_member(opener: Opener, name: str) -> IO[bytes]:
    def find_member(archive: tarfile.TarFile) -> IO[bytes]:
        for each in archive:
            if each.name == name and (stream := archive.extractfile(each)):
                return stream
        raise EOFError(tr("{name} is not in the archive any more", name=name))

    return cast("IO[bytes]", _Owning(tarfile.open(fileobj=opener(), mode="r|"), find_member))


class _Owning(io.RawIOBase):
    """A member's stream that closes its archive with it."""

    def __init__(self, archive: Any, member: Callable[[Any], IO[bytes]]) -> None:
        self.archive, self.stream = archive, member(archive)

    def read(self, size: int = -1) -> bytes:
        return self.stream.read(size)

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        if not self.closed:
            self.stream.close()
            self.archive.close()
        super().close()


EXPANDERS = {"zip": _zip, "tar": _tar} | {kind: _compressed(kind) for kind in ("gzip", "bz2", "xz", "zstd")}
