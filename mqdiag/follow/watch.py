"""
Log files that grow, are rotated, vanish and come back: every byte of them once.

Everything is found by looking (polling), so NFS and any other file system will do. A file is known by device
and inode, so a rename changes nothing. What was read of one generation of a log is a `Life`; when a rotation copies
the log and truncates it, the life goes on in the copy, from the byte where reading had come to.
"""

from __future__ import annotations

import os
import re
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mqdiag.follow.inputs import Data, Ended, Opened, Trouble
from mqdiag.language import reason, tr
from mqdiag.sources import BLOCK_BYTES, archive_kind, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mqdiag.follow.inputs import Item, Numbers

POLL_S = 0.05
SCAN_S = 0.25  # how often folders are listed; on large trees less often, a twentieth of the time at most
LOOKBACK_BYTES = 1024 * 1024  # of what is there already: enough to know format, host, zone, what led here
HEAD_BYTES = 1024  # the beginning and the last bytes read are what a generation is known by
TAIL_BYTES = 256
COPY_S = 0.3  # for a copy that is being made to show what it is
IDLE_S = 3600.0  # files that were not written to for so long are not held open
GRACE_S = 10.0  # what was deleted or renamed away may still be written to
MAX_OPEN = 0 if os.name == "nt" else 200  # files held open; an open file cannot be renamed on Windows
MAX_LIVES = 512  # generations that a copy can still be recognised by

Id = tuple[int, int]  # device and inode


@dataclass(slots=True, eq=False)
class Life:
    """
    One generation of a log: what was read of it, wherever its bytes are now. `stream` is 0 while nothing was
    given out; `head` and `tail` are its first bytes, and the last ones before `offset`.
    """

    path: str
    offset: int = 0
    stream: int = 0
    head: bytes = b""
    tail: bytes = b""
    old_until: int = 0
    owner: File | None = None
    orphaned: float | None = None

    def add(self, data: bytes) -> None:
        if len(self.head) < HEAD_BYTES and self.offset == len(self.head):
            self.head += data[: HEAD_BYTES - len(self.head)]
        self.offset += len(data)
        self.tail = (self.tail + data[-TAIL_BYTES:])[-TAIL_BYTES:]


@dataclass(slots=True, eq=False)
class File:
    """An inode that is watched. `place` is where it lies now; `former` the life that it was emptied of."""

    id: Id
    place: str
    seen: float
    descriptor: int | None = None
    life: Life | None = None
    former: Life | None = None
    twin: Life | None = None
    twin_since: float = 0.0
    twin_size: int = 0
    began: float | None = None
    at_start: int | None = None  # its size when we came, until it is read
    state: tuple[int, int] = (-1, -1)  # size and time of change when it was last looked into
    ignored: bool = False


@dataclass(slots=True, eq=False)
class Watch:
    """
    Files and folders, looked at by `poll`. What is there at the first poll is old up to its last `LOOKBACK_BYTES`,
    unless `from_start`; whatever comes later is read from its beginning.
    """

    roots: list[str]
    put: Callable[[Item], None]
    numbers: Numbers
    from_start: bool = False
    files: dict[Id, File] = field(default_factory=dict)
    lives: list[Life] = field(default_factory=list)
    troubles: dict[str, str] = field(default_factory=dict)  # what was said of a path that could not be read
    descriptors: int = 0
    first: bool = True
    next_scan: float = 0.0
    siblings: dict[str, set[Id]] = field(default_factory=dict)  # of single files: who lay beside them at first

    def poll(self, now: float) -> None:
        started, scans = time.perf_counter(), now >= self.next_scan
        if scans:
            self.scan(now)
        else:
            for root in self.roots:
                if not Path(root).is_dir():
                    self.see(root, now)
        for each in list(self.files.values()):
            if scans or each.descriptor is not None or each.place in self.roots:
                self.read(each, now)
        if scans:
            self.next_scan = now + max(SCAN_S, 20 * (time.perf_counter() - started) if not self.first else 0)
        self.bury(now)
        self.first = False

    def stop(self) -> None:
        for each in self.files.values():
            self.shut(each)

    # ---- which files ---------------------------------------------------------------------------------------------

    def scan(self, now: float) -> None:
        for place in self.places():
            self.see(place, now)
        for root in self.roots:
            self.missed(root, now)

    def places(self) -> Iterator[str]:
        for root in self.roots:
            if Path(root).is_dir():
                for folder, inner, names in os.walk(root, onerror=self.unlisted):
                    inner.sort()
                    yield from (os.path.join(folder, name) for name in sorted(names))  # noqa: PTH118
            else:
                yield root

    def unlisted(self, error: OSError) -> None:
        if isinstance(error, PermissionError):
            self.trouble(str(error.filename), error)

    def see(self, place: str, now: float) -> File | None:
        """Look at what lies at a place; None if it is no file that can be watched now."""
        try:
            found = Path(place).stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            self.trouble(place, error)
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        name = found.st_dev, found.st_ino
        file = self.files.get(name)
        if file is None:
            file = self.files[name] = File(name, place, now)
            if self.first and not self.from_start:
                file.at_start = found.st_size
        elif file.place != place and not self.is_gone(file):
            return file  # a second name of the same file
        file.place, file.seen = place, now
        return file

    def missed(self, root: str, now: float) -> None:
        """
        A log that is followed by its name may be rotated twice between two looks: the generation in the middle
        lies beside it under another name, and was not there when we came.
        """
        place = Path(root)
        stem = re.match(r"[A-Za-z]*", place.name)
        if not stem or not stem[0] or place.is_dir():
            return
        try:
            beside = [(each.name, each.stat()) for each in os.scandir(place.parent) if each.is_file()]
        except OSError:
            return
        same = [
            (name, found)
            for name, found in beside
            if name != place.name and name.startswith(stem[0]) and (name.endswith(place.suffix) or place.name in name)
        ]
        ids = {(found.st_dev, found.st_ino) for _, found in same}
        known = self.siblings.setdefault(root, set(ids))
        for name, found in same:
            name_id = found.st_dev, found.st_ino
            if name_id in self.files or name_id not in known:
                self.see(str(place.parent / name), now)
            # one of the old files that is written anew holds a copy of what we read, or a generation we missed
            elif any(life.orphaned is not None for life in self.lives):
                self.see_anew(str(place.parent / name), name_id, now)

    def see_anew(self, place: str, name: Id, now: float) -> None:
        """An old neighbour becomes of interest only if it begins like something we read."""
        try:
            with Path(place).open("rb") as stream:
                head = stream.read(HEAD_BYTES)
        except OSError:
            return
        if any(life.head and head.startswith(life.head) for life in self.lives if life.orphaned is not None):
            self.see(place, now)

    # ---- reading one file ------------------------------------------------------------------------------------------

    def read(self, file: File, now: float) -> None:
        """Give out what is new in a file, after a look whether it is still the same one."""
        if file.ignored:
            return
        try:
            descriptor = self.opened(file)
            if descriptor is None:
                return
            self.troubles.pop(shown(file.place), None)
            found = os.fstat(descriptor)
            state = found.st_size, found.st_mtime_ns
            if file.life and state != file.state and not self.intact(file.life, descriptor, found.st_size):
                self.orphan(file, now)
            file.state = state
            if file.life is None:
                self.settle(file, descriptor, found.st_size, now)
            if file.life is not None:
                self.drain(file, file.life, descriptor, now)
        except OSError as error:  # a file handle gone stale on NFS, a disk that fails: try again by name
            self.trouble(file.place, error)
            self.shut(file)
        idle = file.state[1] < (time.time() - IDLE_S) * 1e9
        if self.descriptors > MAX_OPEN or (idle and file.place not in self.roots):
            self.shut(file)

    def opened(self, file: File) -> int | None:
        """Its descriptor; None if it may not be read, or has not changed since it was last read and closed."""
        if file.descriptor is None:
            try:
                found = Path(file.place).stat()
                if (found.st_dev, found.st_ino) != file.id:
                    return None
                unchanged = (found.st_size, found.st_mtime_ns) == file.state
                if (unchanged and file.life is not None) or not (found.st_size or file.life):
                    return None
                file.descriptor = os.open(file.place, os.O_RDONLY | getattr(os, "O_BINARY", 0))
                self.descriptors += 1
            except FileNotFoundError:
                return None
            except OSError as error:
                self.trouble(file.place, error)
                return None
        return file.descriptor

    def intact(self, life: Life, descriptor: int, size: int) -> bool:
        """Whether what was read of a file is still what stands in it."""
        if size < life.offset:
            return False
        return (
            read_at(descriptor, 0, len(life.head)) == life.head
            and read_at(descriptor, life.offset - len(life.tail), len(life.tail)) == life.tail
        )

    def drain(self, file: File, life: Life, descriptor: int, now: float) -> None:
        """Give out all that a file has more than was read of it."""
        while data := read_at(descriptor, life.offset, BLOCK_BYTES):
            if not life.stream:
                self.begin(life, descriptor)
            life.add(data)
            file.seen = now
            self.put(Data(life.stream, data))

    def begin(self, life: Life, descriptor: int) -> None:
        """The stream of a life that is read from the middle on knows its line, and what the log began with."""
        life.stream = self.numbers.new()
        line = 1 + sum(block.count(b"\n") for block in blocks(descriptor, life.offset))
        head = read_at(descriptor, 0, BLOCK_BYTES) if life.offset else b""
        self.put(Opened(life.stream, life.path, life.offset, line, head, life.old_until))

    # ---- which generation it is ------------------------------------------------------------------------------------

    def settle(self, file: File, descriptor: int, size: int, now: float) -> None:
        """Find out what a file without a life holds: something new, or a copy of what was read elsewhere."""
        if size == 0:
            return
        head = read_at(descriptor, 0, HEAD_BYTES)
        if file.at_start is not None:
            self.existing(file, descriptor, head, min(file.at_start, size))
            return
        if self.is_no_log(head):
            file.ignored = True
            return
        file.began = file.began or now
        match, sure = self.like(file, descriptor, head, size)
        if match and not sure and now < file.began + COPY_S:
            return
        if file.twin and not sure and size >= file.twin_size and head.startswith(file.twin.head):
            self.outgrow(file, file.twin, descriptor, size)  # the original was read further meanwhile
        elif match is None or not sure:
            self.live(file, Life(shown(file.place)))
        elif match.owner is None or self.is_gone(match.owner):
            self.live(file, match)
        else:
            self.wait_as_twin(file, match, descriptor, size, now)

    def existing(self, file: File, descriptor: int, head: bytes, size: int) -> None:
        """A file that was there at the start: its end is looked at, and what comes is news."""
        file.at_start = None
        if self.is_no_log(head):
            file.ignored = True
            return
        begin = max(0, size - LOOKBACK_BYTES)
        if begin and head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            begin = 0
        if begin:
            block = read_at(descriptor, begin, BLOCK_BYTES)
            begin += block.find(b"\n") + 1
        tail = read_at(descriptor, max(0, begin - TAIL_BYTES), min(begin, TAIL_BYTES))
        self.live(file, Life(shown(file.place), begin, head=head[:begin], tail=tail, old_until=size))

    def is_no_log(self, head: bytes) -> bool:
        """Whether a file is an archive or binary data: queue files and log extents lie beside the logs."""
        if archive_kind(lambda: _Head(head)):  # type: ignore[arg-type,return-value]
            return True
        wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
        return not wide and len(head) >= 64 and head.count(b"\0") * 3 > len(head)

    def live(self, file: File, life: Life) -> None:
        if life not in self.lives:
            self.lives.append(life)
            del self.lives[: max(0, len(self.lives) - max(MAX_LIVES, 2 * len(self.files)))]
        life.owner, life.orphaned = file, None
        file.life, file.twin, file.began = life, None, None

    def like(self, file: File, descriptor: int, head: bytes, size: int) -> tuple[Life | None, bool]:
        """The generation in the same folder that a file can be a copy of, and whether that is sure."""
        maybe: Life | None = None
        for life in reversed(self.lives):
            if life is file.former or not life.head or Path(life.path).parent != Path(shown(file.place)).parent:
                continue
            length = min(len(head), len(life.head))
            if head[:length] != life.head[:length]:
                continue
            if size < life.offset:
                maybe = maybe or life
            elif self.intact(life, descriptor, size):
                return life, True
        return maybe, False

    def wait_as_twin(self, file: File, life: Life, descriptor: int, size: int, now: float) -> None:
        """A copy of a log that is still read elsewhere is left alone, unless it goes on by itself."""
        if file.twin is not life or size <= life.offset:
            file.twin, file.twin_since, file.twin_size = life, now, size
        elif now > file.twin_since + 2 * SCAN_S:
            self.outgrow(file, life, descriptor, size)

    def outgrow(self, file: File, life: Life, descriptor: int, size: int) -> None:
        """A copy that is longer than when it was one goes on as a log of its own."""
        begin = file.twin_size
        if size > begin:
            tail = read_at(descriptor, max(0, begin - TAIL_BYTES), min(begin, TAIL_BYTES))
            self.live(file, Life(shown(file.place), begin, 0, life.head[:begin], tail))

    def orphan(self, file: File, now: float) -> None:
        """What was read of a file is not in it any more: perhaps a copy has it."""
        if file.life:
            file.life.owner, file.life.orphaned = None, now
        file.former, file.life, file.began = file.life, None, None

    def is_gone(self, file: File) -> bool:
        try:
            found = Path(file.place).stat()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return (found.st_dev, found.st_ino) != file.id

    # ---- the end -------------------------------------------------------------------------------------------------

    def bury(self, now: float) -> None:
        """Forget deleted files after a while, and end the streams of generations that went on nowhere."""
        for file in [each for each in self.files.values() if now > each.seen + GRACE_S and self.is_gone(each)]:
            self.shut(file)
            if file.life:
                file.life.owner, file.life.orphaned = None, now - GRACE_S
            del self.files[file.id]
        for life in self.lives:
            if life.stream and life.orphaned is not None and now >= life.orphaned + GRACE_S / 5:
                self.put(Ended(life.stream))
                life.stream = 0

    def shut(self, file: File) -> None:
        if file.descriptor is not None:
            os.close(file.descriptor)
            file.descriptor = None
            self.descriptors -= 1

    def trouble(self, place: str, error: OSError) -> None:
        path, what = shown(place), reason(error)
        if self.troubles.get(path) == what:
            return
        self.troubles[path] = what
        self.put(Trouble(path, tr("I cannot read {path}: {error}. I keep trying.", path=path, error=what)))


class _Head:
    """The first bytes of a file as the stream that archive_kind asks for."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __enter__(self) -> _Head:
        return self

    def __exit__(self, *_: object) -> None: ...

    def read(self, size: int) -> bytes:
        return self.data[:size]


def read_at(descriptor: int, offset: int, size: int) -> bytes:
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.read(descriptor, size) if size else b""


def blocks(descriptor: int, end: int) -> Iterator[bytes]:
    """The bytes before an offset."""
    place = 0
    while place < end and (block := read_at(descriptor, place, min(BLOCK_BYTES, end - place))):
        place += len(block)
        yield block
