"""Every byte of a watched log is given out once, whatever rotation, deletion and permissions do between two looks."""

from __future__ import annotations

import errno
import gzip
import os
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mqdiag.follow import watch as watching
from mqdiag.follow.inputs import Data, Ended, Item, Numbers, Opened, Trouble
from mqdiag.follow.watch import LOOKBACK_BYTES, Watch


@dataclass
class Seen:
    """What a watch gave out: the bytes of each stream, and all of them in one piece."""

    items: list[Item] = field(default_factory=list)
    now: float = 0.0

    def put(self, item: Item) -> None:
        self.items.append(item)

    @property
    def opened(self) -> list[Opened]:
        return [each for each in self.items if isinstance(each, Opened)]

    def of(self, stream: int) -> bytes:
        return b"".join(each.data for each in self.items if isinstance(each, Data) and each.stream == stream)

    @property
    def text(self) -> str:
        return b"".join(each.data for each in self.items if isinstance(each, Data)).decode()

    @property
    def lines(self) -> list[str]:
        return sorted(self.text.splitlines())

    @property
    def troubles(self) -> list[str]:
        return [each.text for each in self.items if isinstance(each, Trouble)]

    def look(self, watch: Watch, seconds: float = 0.3) -> None:
        self.now += seconds
        watch.poll(self.now)


@pytest.fixture
def seen() -> Seen:
    return Seen()


def watch(seen: Seen, *roots: Path, from_start: bool = False) -> Watch:
    return Watch([str(each) for each in roots], seen.put, Numbers(), from_start)


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def filled(path: Path, name: str, lines: int = 40) -> str:
    """A log that is long enough to be known by its first bytes; what was written."""
    text = "".join(f"{name} {number} {'x' * 40}\n" for number in range(lines))
    append(path, text)
    return text


def test_what_is_there_is_old_and_what_comes_is_news(tmp_path: Path, seen: Seen) -> None:
    log = tmp_path / "AMQERR01.LOG"
    append(log, "old\n")
    watched = watch(seen, log)
    seen.look(watched)
    append(log, "new\n")
    seen.look(watched)

    assert seen.text == "old\nnew\n"
    assert [each.old_until for each in seen.opened] == [4]


def test_from_the_start_nothing_is_old(tmp_path: Path, seen: Seen) -> None:
    append(tmp_path / "AMQERR01.LOG", "old\n")
    seen.look(watch(seen, tmp_path, from_start=True))

    assert [(each.old_until, each.offset) for each in seen.opened] == [(0, 0)]


def test_of_a_long_log_the_end_is_read_and_its_lines_are_counted(tmp_path: Path, seen: Seen) -> None:
    log = tmp_path / "AMQERR01.LOG"
    line = "x" * 99 + "\n"
    append(log, line * 20_000)
    seen.look(watch(seen, log))
    (opened,) = seen.opened

    assert LOOKBACK_BYTES - 200 < len(seen.text) <= LOOKBACK_BYTES
    assert opened.offset + len(seen.text) == 2_000_000
    assert opened.line == opened.offset // 100 + 1
    assert opened.offset % 100 == 0
    assert opened.head.startswith(line.encode())


def test_a_log_that_is_not_there_yet_is_read_from_its_beginning(tmp_path: Path, seen: Seen) -> None:
    folder = tmp_path / "errors"
    watched = watch(seen, folder / "AMQERR01.LOG", tmp_path / "later")
    seen.look(watched)
    folder.mkdir()
    (tmp_path / "later").mkdir()
    append(folder / "AMQERR01.LOG", "one\n")
    append(tmp_path / "later" / "AMQ1.0.FDC", "two\n")
    seen.look(watched)

    assert seen.lines == ["one", "two"]
    assert [each.old_until for each in seen.opened] == [0, 0]
    assert seen.troubles == []


def test_rotation_by_rename(tmp_path: Path, seen: Seen) -> None:
    """01 to 02 to 03; the process that has the old file open may write on."""
    one, two, three = (tmp_path / f"AMQERR0{number}.LOG" for number in (1, 2, 3))
    append(one, "a\n")
    watched = watch(seen, tmp_path, from_start=True)
    seen.look(watched)
    writer = one.open("a")
    one.rename(two)
    append(one, "b\n")
    seen.look(watched)
    writer.write("late\n")
    writer.close()
    two.rename(three)
    one.rename(two)
    append(one, "c\n")
    seen.look(watched)
    three.unlink()
    seen.look(watched, 20)
    seen.look(watched, 20)

    assert seen.lines == ["a", "b", "c", "late"]
    assert [each.path for each in seen.opened] == [str(one)] * 3
    assert [each.stream for each in seen.items if isinstance(each, Ended)] == [1]


def test_two_rotations_between_two_looks_at_one_name(tmp_path: Path, seen: Seen) -> None:
    one, two, three = (tmp_path / f"AMQERR0{number}.LOG" for number in (1, 2, 3))
    append(one, "a\n")
    append(tmp_path / "AMQERR01.json", "{}\n")
    watched = watch(seen, one, from_start=True)
    seen.look(watched)
    append(one, "a2\n")
    one.rename(two)
    append(one, "b\n")
    two.rename(three)
    one.rename(two)
    append(one, "c\n")
    seen.look(watched)

    assert seen.lines == ["a", "a2", "b", "c"]


def test_rotation_by_copy_and_truncate(tmp_path: Path, seen: Seen) -> None:
    """What was written between the last look and the copy is found in the copy."""
    one, two = tmp_path / "AMQERR01.LOG", tmp_path / "AMQERR02.LOG"
    written = filled(one, "first")
    watched = watch(seen, tmp_path, from_start=True)
    seen.look(watched)
    append(one, "unseen\n")
    shutil.copyfile(one, two)
    os.truncate(one, 0)
    append(one, "after\n")
    seen.look(watched)
    seen.look(watched)

    assert seen.of(1).decode() == written + "unseen\n"
    assert seen.lines == sorted([*written.splitlines(), "unseen", "after"])


def test_a_copy_is_not_read_while_its_original_is(tmp_path: Path, seen: Seen) -> None:
    one = tmp_path / "AMQERR01.LOG"
    written = filled(one, "first")
    watched = watch(seen, tmp_path, from_start=True)
    seen.look(watched)
    shutil.copyfile(one, tmp_path / "backup.LOG")
    for _ in range(5):
        seen.look(watched)
    append(one, "more\n")
    for _ in range(5):
        seen.look(watched)
    append(tmp_path / "backup.LOG", "own\n")
    for _ in range(5):
        seen.look(watched)

    assert seen.text == written + "more\nown\n"


def test_rotation_by_copying_all_three(tmp_path: Path, seen: Seen) -> None:
    """As before 9.1: 02 is copied over 03, 01 over 02, and 01 begins anew; the inodes stay."""
    one, two, three = (tmp_path / f"AMQERR0{number}.LOG" for number in (1, 2, 3))
    for path in (one, two, three):
        filled(path, path.stem)
    watched = watch(seen, tmp_path, from_start=True)
    seen.look(watched)
    expected = seen.lines
    for turn in range(4):
        append(one, f"unseen {turn}\n")
        shutil.copyfile(two, three)
        shutil.copyfile(one, two)
        os.truncate(one, 0)
        fresh = filled(one, f"turn {turn}")
        expected += [f"unseen {turn}", *fresh.splitlines()]
        seen.look(watched)
        seen.look(watched)

    assert seen.lines == sorted(expected)


@pytest.mark.parametrize("again", ["b\n", "bb\n", "bbbbbb\n"])
def test_a_log_that_is_written_anew(again: str, tmp_path: Path, seen: Seen) -> None:
    """Truncated and shorter, equally long, or longer than before when we look again."""
    log = tmp_path / "AMQERR01.LOG"
    append(log, "aa\n")
    watched = watch(seen, log, from_start=True)
    seen.look(watched)
    log.write_text(again)
    os.utime(log, ns=(1, 1))
    seen.look(watched)

    assert seen.text == "aa\n" + again


def test_truncated_and_the_same_record_again(tmp_path: Path, seen: Seen) -> None:
    """What a log held before it was emptied is no copy of itself."""
    log = tmp_path / "AMQERR01.LOG"
    written = filled(log, "same")
    watched = watch(seen, log, from_start=True)
    seen.look(watched)
    os.truncate(log, 0)
    seen.look(watched)
    filled(log, "same")
    seen.look(watched)

    assert seen.text == written * 2


def test_deleted_and_made_anew(tmp_path: Path, seen: Seen) -> None:
    log = tmp_path / "AMQERR01.LOG"
    append(log, "a\n")
    watched = watch(seen, log, from_start=True)
    seen.look(watched)
    log.unlink()
    seen.look(watched, 20)
    seen.look(watched, 20)
    append(log, "b\n")
    seen.look(watched)

    assert seen.lines == ["a", "b"]
    assert len(seen.opened) == 2
    assert watched.descriptors == 1


def test_permission_errors_come_and_go(tmp_path: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "AMQERR01.LOG"
    append(log, "old\n")
    allowed, real = False, os.open

    def opening(path: str, flags: int, *rest: int) -> int:
        if not allowed and str(path).endswith(".LOG"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, flags, *rest)

    monkeypatch.setattr(os, "open", opening)
    watched = watch(seen, log)
    for _ in range(3):
        seen.look(watched)
    append(log, "new\n")
    allowed = True
    seen.look(watched)
    watched.shut(next(iter(watched.files.values())))
    allowed = False
    append(log, "newer\n")
    seen.look(watched)
    allowed = True
    seen.look(watched)

    assert seen.text == "old\nnew\nnewer\n"
    assert [each.old_until for each in seen.opened] == [4]
    assert len(seen.troubles) == 2
    assert "Permission denied" in seen.troubles[0]


def test_a_stale_handle_is_opened_again(tmp_path: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """What NFS says when the server was restarted."""
    log = tmp_path / "AMQERR01.LOG"
    append(log, "a\n")
    watched = watch(seen, log, from_start=True)
    seen.look(watched)
    real = os.fstat

    def stale(descriptor: int) -> os.stat_result:
        monkeypatch.setattr(os, "fstat", real)
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(os, "fstat", stale)
    append(log, "b\n")
    seen.look(watched)
    seen.look(watched)

    assert seen.text == "a\nb\n"
    assert len(seen.troubles) == 1


def test_archives_and_queue_files_are_left_alone(tmp_path: Path, seen: Seen) -> None:
    watched = watch(seen, tmp_path, from_start=True)
    seen.look(watched)
    (tmp_path / "AMQERR01.LOG.1.gz").write_bytes(gzip.compress(b"text\n"))
    (tmp_path / "q").write_bytes(bytes(4096))
    append(tmp_path / "AMQERR01.LOG", "text\n")
    seen.look(watched)

    assert seen.text == "text\n"


def test_a_folder_of_many_files_holds_few_open(tmp_path: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MAX_OPEN", 5)
    watched = watch(seen, tmp_path)
    for number in range(40):
        append(tmp_path / f"AMQ{number}.0.FDC", f"old {number}\n")
    seen.look(watched)
    for number in range(40):
        append(tmp_path / f"AMQ{number}.0.FDC", f"new {number}\n")
    seen.look(watched)

    assert watched.descriptors <= 6
    assert len(seen.lines) == len(set(seen.lines)) == 80


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("single", [False, True], ids=["folder", "name"])
def test_nothing_lost_and_nothing_twice(seed: int, single: bool, tmp_path: Path) -> None:
    """Any sequence of writing, rotating one way or the other, and looking."""
    chance, seen, written = random.Random(seed), Seen(), 0
    one, two, three = (tmp_path / f"AMQERR0{number}.LOG" for number in (1, 2, 3))
    filled(one, "begin")
    watched = watch(seen, one if single else tmp_path, from_start=True)
    seen.look(watched)
    before = len(seen.lines)
    for _ in range(60):
        match chance.choice(["write"] * 4 + ["look"] * 4 + ["rename", "copy"]):
            case "write":
                for _ in range(chance.randint(1, 40)):
                    append(one, f"line {written} {'y' * chance.randint(0, 60)}\n")
                    written += 1
            case "look":
                seen.look(watched, chance.choice([0.05, 0.3, 3.0]))
            case "rename":
                seen.look(watched, 0.3)
                if two.exists():
                    two.rename(three)
                one.rename(two)
                one.touch()
            case "copy":
                seen.look(watched, 0.3)
                if two.exists():
                    shutil.copyfile(two, three)
                shutil.copyfile(one, two)
                os.truncate(one, 0)
    for _ in range(3):
        seen.look(watched, 1.0)

    numbers = [int(line.split()[1]) for line in seen.lines if line.startswith("line ")]
    assert sorted(numbers) == list(range(written))
    assert len(seen.lines) == before + written
