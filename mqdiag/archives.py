"""
What is inside archives, whoever made them, and nothing unpacked to disk.

Members are read as streams. An archive inside another one, and a compressed tar, is held in memory up to a limit,
only one at a time. Links, devices and directories are no members, names lead nowhere, for they are only printed, and
what an archive unpacks to is counted before and while it is read.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import posixpath
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any, NamedTuple, cast

from mqdiag.language import reason, tr
from mqdiag.limits import Limits, in_words
from mqdiag.model import Note

Opener = Callable[[], "IO[bytes]"]

BLOCK_BYTES = 128 * 1024
PACKED_BYTES = 1024  # of zstd at a time: each four of them can stand for 128 KiB
LOCAL_HEADER = struct.Struct("<4s22xHH")  # of a member of a zip: magic, and how long its name and extra field are
MAX_PLACES = 5  # members of one archive that are named one by one where they cannot be read

# What reading damaged or hostile archives raises, beside OSError.
DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


class Found(NamedTuple):
    """A file, on disk or in an archive: as the report prints it, where it is, and its size if that is known."""

    path: str
    location: str
    open: Opener
    size: int | None = None


class TooMuch(ValueError):
    """A limit bites. The text says which one and what raises it."""


@dataclass(slots=True)
class Budget:
    """What one file that was named may still unpack to, with all archives inside it."""

    limits: Limits
    members: int = field(init=False)
    bytes: int = field(init=False)

    def __post_init__(self) -> None:
        self.members, self.bytes = self.limits.members, self.limits.unpacked_bytes

    def take(self, size: int, packed: int | None) -> None:
        """Take one member from the budget, by what the archive says of its sizes. TooMuch if it does not fit."""
        if size < 0:
            raise ValueError(tr("a file of negative size"))  # tarfile goes back by it and reads the same again
        if self.members < 1:
            raise TooMuch(tr("the archive holds more than {most} files (--max-members)", most=self.limits.members))
        if packed is not None:
            check_ratio(size, packed, self.limits)
        if size > self.bytes:
            raise TooMuch(
                tr(
                    "the archive unpacks to more than {most} (--max-unpacked)",
                    most=in_words(self.limits.unpacked_bytes),
                )
            )
        self.members -= 1
        self.bytes -= size


def check_ratio(size: int, packed: int, limits: Limits) -> None:
    if size > limits.free_bytes and size > packed * limits.ratio:
        raise TooMuch(
            tr("it unpacks to more than {most} times its size, like a zip bomb (--max-ratio)", most=limits.ratio)
        )


@dataclass(slots=True)
class Shelf:
    """
    The bytes of the archives that were opened last, one of each depth, so that their members need not unpack
    them again and again.
    """

    held: dict[int, tuple[str, bytes]] = field(default_factory=dict)

    def get(self, depth: int, key: str, opener: Opener, limit: int) -> bytes:
        if depth in self.held and self.held[depth][0] == key:
            return self.held[depth][1]
        self.held = {other: each for other, each in self.held.items() if other < depth}
        with opener() as stream:
            left = limit - sum(len(data) for _, data in self.held.values())
            data = io.BytesIO()
            while block := stream.read(BLOCK_BYTES):
                if data.write(block) and data.tell() > left:
                    raise TooMuch(
                        tr("it would be held in memory, and is larger than {most} (--max-held)", most=in_words(limit))
                    )
        self.held[depth] = key, data.getvalue()
        return self.held[depth][1]

    def __reduce__(self) -> tuple[type[Shelf], tuple[()]]:
        return Shelf, ()  # another process fills its own


@dataclass(frozen=True, slots=True)
class Opened:
    """An archive while it is expanded, at `depth` archives around it."""

    path: str
    location: str
    opener: Opener
    depth: int
    budget: Budget
    shelf: Shelf


def expand(path: str, location: str, opener: Opener, size: int | None, limits: Limits) -> Iterator[Found | Note]:
    """A file, or what is inside it where it is an archive."""
    return _expand(Opened(path, location, opener, 0, Budget(limits), Shelf()), size)


def unreadable(path: str, found: object) -> Note:
    text = tr("I could not read {path}: {found}.", path=path, found=found) + tr(" Everything else was read.")
    return Note("unreadable", path, None, text)


def _expand(archive: Opened, size: int | None) -> Iterator[Found | Note]:
    try:
        kind = archive_kind(archive.opener)
        if kind is None:
            yield Found(archive.path, archive.location, archive.opener, size)
        elif archive.depth >= archive.budget.limits.depth:
            yield unreadable(
                archive.path, tr("it is an archive inside {count} others (--max-depth)", count=archive.depth)
            )
        else:
            yield from EXPANDERS[kind](archive)
    except TooMuch as error:
        yield unreadable(archive.path, error)
    except (OSError, *DAMAGED) as error:
        if archive.depth == 0 and isinstance(error, OSError) and error.errno is not None:
            raise  # it is the file that cannot be read
        yield unreadable(archive.path, tr("the archive is damaged or encrypted ({error})", error=reason(error)))


def archive_kind(opener: Opener) -> str | None:
    """`zip`, `tar`, `gzip`, `bz2`, `xz`, `zstd` by the first bytes, never by the name; None for anything else."""
    with opener() as stream:
        head = stream.read(512)
    for kind, magic in (
        ("zip", b"PK\x03\x04"),
        ("gzip", b"\x1f\x8b"),
        ("bz2", b"BZh"),
        ("xz", b"\xfd7zXZ\0"),
        ("zstd", b"\x28\xb5\x2f\xfd"),
    ):
        if head.startswith(magic):
            return kind
    return "tar" if head[257:262] == b"ustar" else None


@dataclass(slots=True)
class Unread:
    """The members of an archive that are left out, the first ones named, the others counted."""

    path: str
    count: int = 0

    def note(self, name: str, why: object) -> Iterator[Note]:
        self.count += 1
        if self.count <= MAX_PLACES:
            yield unreadable(f"{self.path}!{inside(name)}" if name else self.path, why)

    def rest(self) -> Iterator[Note]:
        if self.count > MAX_PLACES:
            yield unreadable(
                self.path, tr("{count} more of its files are left out like those named", count=self.count - MAX_PLACES)
            )


def inside(name: str) -> str:
    """The name of a member as it is printed; nothing is ever opened by it."""
    return posixpath.normpath(name.replace("\\", "/")).lstrip("/")  # 'tar cf - .' puts ./ before every name


# ---- zip -------------------------------------------------------------------------------------------------------


def _zip(archive: Opened) -> Iterator[Found | Note]:
    stream = seekable(archive)
    with stream() as opened, zipfile.ZipFile(opened) as directory:
        members = sorted((each for each in directory.infolist() if not each.is_dir()), key=lambda m: m.filename)
    unread = Unread(archive.path)
    for position, each in enumerate(members):
        try:
            archive.budget.take(each.file_size, each.compress_size)
        except TooMuch as error:
            yield from unread.note(each.filename, error)
            if archive.budget.members < 1:
                yield unreadable(
                    archive.path,
                    tr("{left} of its {count} files were left out", left=len(members) - position, count=len(members)),
                )
                break
            continue
        if each.flag_bits & 1:
            yield from unread.note(each.filename, tr("it is encrypted"))
        elif each.external_attr >> 28 not in (0, 8):  # the type of a file on Unix, where one is given
            yield from unread.note(each.filename, tr("it is a link or a device"))
        else:
            yield from _member(archive, each.filename, partial(open_zip_member, stream, each), each.file_size)
    yield from unread.rest()


def open_zip_member(opener: Opener, member: zipfile.ZipInfo) -> IO[bytes]:
    """A member, without reading the directory of the archive again; its checksum is checked at its end."""
    stream = opener()
    stream.seek(member.header_offset)
    magic, name, extra = LOCAL_HEADER.unpack(stream.read(LOCAL_HEADER.size))
    if magic != b"PK\x03\x04":
        raise zipfile.BadZipFile(tr("there is no file at byte {offset}", offset=member.header_offset))
    stream.seek(name + extra, io.SEEK_CUR)
    return cast("IO[bytes]", zipfile.ZipExtFile(stream, "r", member, None, True))


# ---- tar -------------------------------------------------------------------------------------------------------


def _tar(archive: Opened) -> Iterator[Found | Note]:
    """Its plain files. Where the whole is too large to be held in memory it is read anew for each of them."""
    try:
        stream, mode = seekable(archive), "r:"
        stream().close()
    except TooMuch:
        stream, mode = archive.opener, "r|"
    unread = Unread(archive.path)
    members: dict[str, tarfile.TarInfo] = {}
    try:
        with stream() as opened, tarfile.open(fileobj=opened, mode=mode) as directory:  # type: ignore[call-overload]
            for each in directory:
                archive.budget.take(each.size, None)  # a directory too: there can be any number of them
                if each.isfile():
                    members[each.name] = each  # the last one of a name counts, as for tar
                elif not each.isdir():
                    yield from unread.note(each.name, tr("it is a link or a device"))
    except (OSError, *DAMAGED) as error:
        yield unreadable(
            archive.path,
            error if isinstance(error, TooMuch) else tr("the archive is damaged ({error})", error=reason(error)),
        )
    for name in sorted(members):
        member = members[name]
        in_place = mode == "r:" and not member.issparse()
        opener = partial(open_part, stream, member.offset_data, member.size)
        yield from _member(
            archive, name, opener if in_place else partial(open_tar_member, stream, mode, member.offset), member.size
        )
    yield from unread.rest()


def open_part(opener: Opener, begin: int, size: int) -> IO[bytes]:
    stream = opener()
    stream.seek(begin)
    return cast("IO[bytes]", _Owning(stream, stream, size))


def open_tar_member(opener: Opener, mode: str, offset: int) -> IO[bytes]:
    stream = opener()
    archive = tarfile.open(fileobj=stream, mode=mode)  # type: ignore[call-overload]  # noqa: SIM115
    for each in archive:
        if each.offset == offset and (found := archive.extractfile(each)):
            return cast("IO[bytes]", _Owning(found, stream, each.size))
    raise EOFError(tr("it is not in the archive any more"))


class _Owning(io.RawIOBase):
    """The next `size` bytes of a stream. EOFError where they are not there; closes what it was taken from."""

    def __init__(self, stream: IO[bytes], owner: IO[bytes], size: int) -> None:
        self.stream, self.owner, self.left = stream, owner, size

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(self.left if size < 0 else min(size, self.left))
        if not data and self.left and size:
            raise EOFError(tr("the archive ends before this file does"))
        self.left -= len(data)
        return data

    def close(self) -> None:
        if not self.closed:
            self.owner.close()
        super().close()


# ---- compressed ------------------------------------------------------------------------------------------------


def _compressed(kind: str) -> Callable[[Opened], Iterator[Found | Note]]:
    def expand(archive: Opened) -> Iterator[Found | Note]:
        limits = archive.budget.limits
        inner = partial(decompressed, kind, archive.opener, limits)
        if archive_kind(inner) == "tar":
            location = f"{archive.location}!"  # of the tar inside, for the shelf
            yield from _tar(Opened(archive.path, location, inner, archive.depth, archive.budget, archive.shelf))
            return
        if archive.depth:  # a log that was compressed and then archived: nothing says how long it is
            archive.budget.take(length(inner), None)
        yield Found(archive.path, archive.location, inner)

    return expand


def length(opener: Opener) -> int:
    """How many bytes there are, as far as they can be read: that they end early is said when they are used."""
    total = 0
    try:
        with opener() as stream:
            while block := stream.read(BLOCK_BYTES):
                total += len(block)
    except (OSError, *DAMAGED):
        pass
    return total


def decompressed(kind: str, opener: Opener, limits: Limits) -> IO[bytes]:
    """What a compressed stream holds. TooMuch from reading it where a limit bites."""
    packed = _Counting(opener())
    match kind:
        case "gzip":
            return cast("IO[bytes]", _Metered(gzip.GzipFile(fileobj=packed), EOFError, packed, limits))
        case "bz2":
            return cast("IO[bytes]", _Metered(bz2.BZ2File(cast("IO[bytes]", packed)), EOFError, packed, limits))
        case "xz":
            return cast("IO[bytes]", _Metered(lzma.LZMAFile(cast("IO[bytes]", packed)), EOFError, packed, limits))
        case "zstd":
            return cast("IO[bytes]", _Metered(*unpacked_zstd(cast("IO[bytes]", packed)), packed, limits))
    raise NotImplementedError(f"{kind} is not read")


def unpacked_zstd(packed: IO[bytes]) -> tuple[io.BufferedIOBase, type[Exception]]:
    """What zstd unpacks, and what it raises where that is damaged."""
    if sys.version_info >= (3, 14):
        from compression import zstd

        return cast("io.BufferedIOBase", zstd.ZstdFile(packed)), zstd.ZstdError
    try:
        import zstandard
    except ImportError:
        packed.close()
        raise NotImplementedError(tr("to read zstd, install mqdiag[zstd] or unpack it with zstd -d")) from None
    reader = _Frames(packed, zstandard.ZstdDecompressor().decompressobj, zstandard.ZstdError)
    return io.BufferedReader(reader, BLOCK_BYTES), zstandard.ZstdError


class _Frames(io.RawIOBase):
    """
    What the frames of a zstd stream hold. `damage` is raised where the last one is not whole: the library's own
    reader takes that for the end.
    """

    def __init__(self, packed: IO[bytes], begin: Callable[[], Any], damage: type[Exception]) -> None:
        self.packed, self.begin, self.damage = packed, begin, damage
        self.frame: Any = None
        self.data, self.at, self.rest = b"", 0, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self.at == len(self.data) and self.more():
            pass
        size = min(len(buffer), len(self.data) - self.at)
        buffer[:size] = self.data[self.at : self.at + size]
        self.at += size
        return size

    def more(self) -> bool:
        """Unpack a little, for it can become much; whether there was anything left."""
        packed = self.rest or self.packed.read(PACKED_BYTES)
        if not packed:
            if self.frame:
                raise self.damage(tr("it ends in the middle of a frame"))
            return False
        self.frame = self.frame or self.begin()
        self.data, self.at, self.rest = self.frame.decompress(packed), 0, b""
        if self.frame.eof:
            self.frame, self.rest = None, self.frame.unused_data
        return True

    def close(self) -> None:
        if not self.closed:
            self.packed.close()
        super().close()


class _Counting(io.RawIOBase):
    """A stream that knows how much was read of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.count = stream, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self.count += len(data)
        return data

    def close(self) -> None:
        if not self.closed:
            self.stream.close()
        super().close()


class _Metered(io.RawIOBase):
    """
    A decompressor that stops where it gives too much, or too much for what it was given. What it gives before it
    fails is given out first.
    """

    def __init__(self, stream: io.BufferedIOBase, damage: type[Exception], packed: _Counting, limits: Limits) -> None:
        self.stream, self.damage, self.packed, self.limits, self.count = stream, damage, packed, limits, 0
        self.failure: Exception | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        blocks = []
        try:
            while size and not self.failure:
                if not (data := self._block(min(size, BLOCK_BYTES) if size > 0 else BLOCK_BYTES)):
                    break
                blocks.append(data)
                size -= len(data) if size > 0 else 0
        except (OSError, *DAMAGED) as error:
            self.failure = error
        if self.failure and not blocks:
            raise self.failure
        return b"".join(blocks)

    def _block(self, size: int) -> bytes:
        try:
            data = self.stream.read1(size)  # read() would drop what comes before a failure
        except self.damage as error:
            raise EOFError(str(error)) from error
        self.count += len(data)
        if self.count > self.limits.unpacked_bytes:
            raise TooMuch(
                tr("it unpacks to more than {most} (--max-unpacked)", most=in_words(self.limits.unpacked_bytes))
            )
        check_ratio(self.count, self.packed.count, self.limits)
        return data

    def close(self) -> None:
        if not self.closed:
            self.stream.close()
            self.packed.close()
        super().close()


# ---- common ----------------------------------------------------------------------------------------------------


def _member(archive: Opened, name: str, opener: Opener, size: int) -> Iterator[Found | Note]:
    printed = inside(name)
    inner = Opened(
        f"{archive.path}!{printed}",
        f"{archive.location}!{printed}",
        opener,
        archive.depth + 1,
        archive.budget,
        archive.shelf,
    )
    yield from _expand(inner, size)


def seekable(archive: Opened) -> Opener:
    """Opens an archive as a stream one can move in; what is inside another archive is held in memory."""
    with archive.opener() as stream:
        if archive.depth == 0 and not isinstance(stream, _Metered) and stream.seekable():
            return archive.opener
    limit = archive.budget.limits.held_bytes
    return partial(held, archive.shelf, archive.depth, archive.location, archive.opener, limit)


def held(shelf: Shelf, depth: int, key: str, opener: Opener, limit: int) -> IO[bytes]:
    return io.BytesIO(shelf.get(depth, key, opener, limit))


EXPANDERS = {"zip": _zip, "tar": _tar} | {kind: _compressed(kind) for kind in ("gzip", "bz2", "xz", "zstd")}
