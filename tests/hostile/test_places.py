"""Files that are no plain files, folders that cannot be entered, and files that change while they are read."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from mutations import answer
from sample_cases import CASES

from mqdiag import sources
from mqdiag.archives import Opener
from mqdiag.limits import Limits
from mqdiag.parse import framed, read
from mqdiag.sources import Source, find

SAMPLE = CASES / "harbour-d-server-cert-revoked" / "client" / "AMQERR01.LOG"
LOG = SAMPLE.read_bytes()


def report(folder: Path, *args: str) -> tuple[int, dict[str, object], str]:
    status, out, err = answer(["analyze", *args, "-f", "json"], folder)
    assert "defect" not in err
    return status, json.loads(out), err


def notes(found: dict[str, object], code: str) -> list[str]:
    return [note["text"] for note in found["notes"] if note["code"] == code]  # type: ignore[attr-defined]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "AMQERR01.LOG").write_bytes(LOG)
    return tmp_path


def test_pipes_sockets_and_devices_of_a_folder_are_noted(folder: Path) -> None:
    """Nobody named them: reading a pipe could wait for ever."""
    os.mkfifo(folder / "pipe")
    os.mknod(folder / "zero", 0o600 | 0o020000, os.makedev(1, 5)) if os.geteuid() == 0 else None
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.fspath(folder / "s"))
        status, found, _ = report(folder, ".")

    assert status == 0
    assert len(notes(found, "skipped")) == (3 if os.geteuid() == 0 else 2)
    assert len(found["incidents"]) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom", "/dev/full"])
def test_a_device_that_is_named_is_not_read(folder: Path, device: str) -> None:
    """It has no end."""
    status, found, _ = report(folder, ".", device)

    assert status == 2
    assert notes(found, "unreadable") == [f"I could not read {device}: it is a device. Everything else was read."]


def test_nothing_but_devnull(folder: Path) -> None:
    status, found, _ = report(folder, "/dev/null")

    assert status == 0
    assert [each["bytes"] for each in found["sources"]] == [0]  # type: ignore[attr-defined]


def test_links_of_a_folder(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A link inside is followed, and read once; one that leads out, or to a folder, or nowhere is noted."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret").write_bytes(LOG)
    (folder / "same.LOG").symlink_to("AMQERR01.LOG")
    (folder / "out.LOG").symlink_to(outside / "secret")
    (folder / "dir").symlink_to(outside)
    (folder / "dangling").symlink_to("nothing")
    (folder / "loop").symlink_to("loop")
    status, found, _ = report(folder, ".")

    assert status == 2
    assert [each["path"] for each in found["sources"]] == ["AMQERR01.LOG"]  # type: ignore[attr-defined]
    assert len(notes(found, "skipped")) == 2
    assert len(notes(found, "unreadable")) == 2


def test_a_folder_without_permission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests may run as root, who may read everything: the answer of the system is made here."""
    (folder / "closed").mkdir()
    real = os.scandir

    def refusing(path: object) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", refusing)
    status, found, _ = report(folder, ".")

    assert status == 2
    assert notes(found, "unreadable") == ["I could not read closed: Permission denied. Everything else was read."]
    assert len(found["incidents"]) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("command", ["records", "ffst"])
def test_what_cannot_be_read_is_said_where_an_answer_has_no_notes(folder: Path, command: str) -> None:
    (folder / "torn.gz").write_bytes(b"\x1f\x8b\x08\x00torn")
    status, _, err = answer([command, "."], folder)

    assert status == 2
    assert err.startswith("I could not read torn.gz: ")


def test_a_file_without_permission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "closed.LOG").write_bytes(LOG)
    real = sources.open_file

    def refusing(place: Path, buffering: int) -> object:
        if place.name == "closed.LOG":
            raise PermissionError(13, "Permission denied", str(place))
        return real(place, buffering)

    monkeypatch.setattr(sources, "open_file", refusing)
    status, found, _ = report(folder, ".")

    assert status == 2
    assert notes(found, "unreadable") == ["I could not read closed.LOG: Permission denied. Everything else was read."]


def test_a_named_file_below_a_closed_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(self: Path, **_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(self))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", refusing)
        found, said = find(["x/AMQERR01.LOG"])

    assert found == []
    assert [each.text for each in said] == [
        "I could not read x/AMQERR01.LOG: Permission denied. Everything else was read."
    ]


@pytest.mark.parametrize("path", ["no\0name", "x" * 5000, "nobody/has/this", "AMQERR01.LOG/below"])
def test_a_path_that_cannot_be_is_an_answer(folder: Path, path: str) -> None:
    status, out, err = answer(["analyze", path], folder)

    assert (status, out) == (2, b"")
    assert err.startswith("I was asked to analyze logs and could read none.\n")


def test_names_of_files_are_data(folder: Path) -> None:
    """Line ends, escapes and bytes that are no text in a file's name: valid JSON, and no command to a terminal."""
    for name in (b"a\nb.LOG", b"\x1b[2J.LOG", b"\xff\xfe.LOG", b"[bold]x.LOG", "\u202egol.LOG".encode(), b"-o", b"{x}"):
        (folder / os.fsdecode(name)).write_bytes(LOG + name)
    status, found, _ = report(folder, ".")
    _, out, _ = answer(["analyze", "."], folder)

    assert status == 0
    assert len(found["sources"]) == 8  # type: ignore[arg-type]
    assert b"\x1b" not in out
    assert "\u202e" not in out.decode()
    assert b"\\x1b[2J.LOG" in out


# ---- change ----------------------------------------------------------------------------------------------------


def changing(first: Opener, then: Opener) -> Opener:
    """Opens one thing the first time, another later."""
    calls: list[int] = []

    def opener() -> object:
        calls.append(1)
        return first() if len(calls) == 1 else then()

    return opener  # type: ignore[return-value]


def vanished() -> BytesIO:
    raise FileNotFoundError(2, "No such file or directory")


class Failing(BytesIO):
    """Gives a part, and then the disk is gone."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= 500:
            raise OSError(5, "Input/output error")
        return super().read(500)


def test_a_file_that_vanishes_before_it_is_read() -> None:
    reading = read(Source("x", "x", vanished))

    assert [each.code for each in reading.notes] == ["unreadable"]


def test_a_disk_that_fails_in_the_middle() -> None:
    """What was read before is counted and said."""
    reading = read(Source("x", "x", lambda: Failing(LOG)))

    assert reading.bytes <= 500
    assert "ends after" in reading.notes[-1].text


@pytest.mark.parametrize("then", [vanished, lambda: BytesIO(LOG[:300]), lambda: Failing(LOG)])
def test_a_file_that_changes_between_the_two_readings_of_records(
    folder: Path, monkeypatch: pytest.MonkeyPatch, then: Opener
) -> None:
    """`records` reads twice: what is missing the second time is said, and no traceback."""
    opener = changing(lambda: BytesIO(LOG), then)
    monkeypatch.setattr(sources, "find", lambda paths, limits: ([Source("x", "x", opener)], []))
    status, _, err = answer(["records", "x"], folder)

    assert status == 2
    assert err.startswith("I could not read x: it ")
    assert "defect" not in err


def read_while(place: Path, change: Callable[[], object]) -> bytes:
    """What the records of a log hold that is changed when the first of them was read."""
    found, _ = find([str(place)])
    parts = []
    for record, _ in framed(found[0]):
        if not parts:
            change()
        parts.append(record.data)
    return b"".join(parts)


def test_a_file_that_grows_while_it_is_read(tmp_path: Path) -> None:
    """What stands there at the end of reading is what is counted."""
    place = tmp_path / "AMQERR01.LOG"
    place.write_bytes(LOG * 200)

    def grow() -> None:
        with place.open("ab") as more:
            more.write(LOG)

    assert read_while(place, grow) == LOG * 201


def test_a_file_that_is_cut_while_it_is_read(tmp_path: Path) -> None:
    place = tmp_path / "AMQERR01.LOG"
    place.write_bytes(LOG * 400)

    assert (LOG * 400).startswith(read_while(place, lambda: os.truncate(place, len(LOG))))


# ---- size ------------------------------------------------------------------------------------------------------


def test_an_empty_file(folder: Path) -> None:
    (folder / "empty").touch()
    status, found, _ = report(folder, ".")

    assert status == 0
    assert {each["path"]: each["bytes"] for each in found["sources"]}["empty"] == 0  # type: ignore[attr-defined]


def test_many_tiny_files(tmp_path: Path) -> None:
    """Twice the files take twice the time: 100,000 end. Here 400 and 800, all accounted for."""
    needed = {400: [], 800: []}
    for count in needed:
        place = tmp_path / str(count)
        place.mkdir()
        for number in range(count):
            (place / f"{number:04}.txt").write_bytes(b"x" * (number % 7))
    for count in (400, 800) * 3:
        begin = time.process_time()
        status, found, _ = report(tmp_path / str(count), ".")
        needed[count].append(time.process_time() - begin)

        assert status == 0
        assert len(found["sources"]) == count  # type: ignore[arg-type]
    assert min(needed[800]) / min(needed[400]) < 3.5


SHAPES = {
    "one line": b"A" * 100, "brackets": b"[", "closing": b")", "braces": b"{", "quotes": b'"', "nul": b"\0",
    "dashes": b"-", "pairs": b"[1=", "inserts": b"CommentInsert1(", "blanks": b" ", "lines": b"\n",
}  # fmt: skip
BEGINNINGS = {
    "nothing": b"",
    "error log": LOG[: LOG.index(b"AMQ9")] + b"AMQ9999E: ",
    "insert": LOG[: LOG.index(b"\n") + 1] + b"    CommentInsert1(",
    "json": b'{"ibm_messageId":"AMQ9999E","ibm_datetime":"2024-01-01T00:00:00.000Z","message":"AMQ9999E: ',
    "java": b"Caused by: com.ibm.mq.MQException: JMSCMQ0001: call failed CC=2;RC=2397;AMQ9204: [1=",
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_a_long_line_takes_its_length(beginning: str, shape: str) -> None:
    """
    A line without end, of anything: read in pieces of --max-record, every byte counted, and twice the length
    takes about twice the time. `tests/hostile/long_lines.py` does the same with 50 MB and the default limits.
    """
    needed = []
    for size in (100_000, 200_000):
        data = BEGINNINGS[beginning] + SHAPES[shape] * (size // len(SHAPES[shape])) + b"\0!"
        times = []
        for _ in range(2):
            begin = time.process_time()
            reading = read(Source("x", "x", lambda data=data: BytesIO(data), limits=Limits(record_bytes=16 * 1024)))  # type: ignore[misc]
            times.append(time.process_time() - begin)

            assert reading.bytes == len(data)
            assert 0 <= reading.unparsed_bytes <= len(data)
        needed.append(min(times))
    assert needed[1] < 0.05 or needed[1] / needed[0] < 2.8


def test_the_limit_on_records_is_noted(tmp_path: Path) -> None:
    data = LOG.partition(b"-----")[0] + b"x" * 50_000 + b"\n" + LOG
    reading = read(Source("x", "x", lambda: iter_blocks(data), limits=Limits(record_bytes=8192)))

    assert [each.line for each in reading.notes if each.code == "record-too-long"] != []
    assert reading.bytes == len(data)


def iter_blocks(data: bytes) -> BytesIO:
    class Slow(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(1000)

    return Slow(data)
