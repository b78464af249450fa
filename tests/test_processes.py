"""However many processes read, and however a log is cut, the answer is the same bytes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

from mqdiag import pipeline, processes
from mqdiag.interpret import sided
from mqdiag.model import Note
from mqdiag.parse import read
from mqdiag.render import Screen, render, report_page
from mqdiag.render.json import record_line
from mqdiag.sources import find

sys.path.insert(0, str(Path(__file__).parent / "bench"))
from inputs import amqerr, json_lines


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two megabytes of a log, one record in twenty without footer or cut off, with text of other kinds in between."""
    path = tmp_path_factory.mktemp("log") / "AMQERR01.LOG"
    half = "".join(amqerr(0.02, 1_000_000, damage=0.05))
    between = "\n\nGrüße\n\n2024-03-04T06:15:04.377Z AMQ9999E: Channel ended. [CommentInsert1(A.B)]\n\0\0\n"
    path.write_bytes(half.encode() + between.encode("cp1252") + half.encode())
    return path


def report(path: Path, jobs: int) -> str:
    found = pipeline.analyze(pipeline.Options(paths=(str(path),), jobs=jobs))
    return render(report_page(found), "json", Screen())


@pytest.mark.parametrize("piece", [40_000, 300_000])
def test_every_number_of_processes_gives_the_same(damaged: Path, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    whole = report(damaged, 1)
    monkeypatch.setattr(processes, "PIECE_BYTES", piece)
    (source,), _ = find([str(damaged)])

    assert len(processes.cut(source, None, None)) > 4
    assert report(damaged, 1) == report(damaged, 2) == report(damaged, 3) == whole


def test_a_json_log_is_cut_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "AMQERR01.json"
    path.write_text("".join(json_lines(300_000)), encoding="utf-8")
    whole = report(path, 1)
    monkeypatch.setattr(processes, "PIECE_BYTES", 30_000)
    (source,), _ = find([str(path)])

    assert len(processes.cut(source, None, None)) > 4
    assert report(path, 2) == whole


def test_a_log_that_begins_without_a_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that can be parsed stands in the first pieces: what comes first below is the example all the same."""
    monkeypatch.setattr(processes, "PIECE_BYTES", 20_000)
    path = tmp_path / "AMQERR01.LOG"
    bad = "01/01/24 00:00:00 - Process(1.1)\nAMQ7: x\n" + "-" * 79 + "\n"
    path.write_text(bad * 2000 + "".join(amqerr(0.02, 200_000)), encoding="utf-8")
    (source,), _ = find([str(path)])
    (pieces,) = processes.readings([source], {}, None, 1)
    whole = read(source)

    assert (pieces.records, pieces.counted, pieces.stamps) == (whole.records, whole.counted, whole.stamps)
    assert len(pieces.events) == len(whole.events)


def test_progress_comes_to_its_end(damaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PIECE_BYTES", 100_000)
    told: list[tuple[int, int]] = []
    pipeline.analyze(
        pipeline.Options(paths=(str(damaged),), jobs=2), lambda path, done, total: told.append((done, total))
    )
    size = damaged.stat().st_size

    assert len(told) > 10
    assert told[:-1] == sorted(told[:-1])
    assert told[-2] == (size, size)


@pytest.mark.skipif(sys.platform == "win32", reason="signals to a process group")
def test_an_interrupt_ends_every_process(tmp_path: Path) -> None:
    """Ctrl-C: status 130, no traceback, and no process is left."""
    path = tmp_path / "AMQERR01.LOG"
    text = "".join(amqerr(1.0, 2_000_000))
    path.write_text(text * 20, encoding="utf-8")
    command = [sys.executable, "-m", "mqdiag", "analyze", "-f", "json", "-j", "2", str(path)]
    running: Any = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while len(children(running.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    workers = children(running.pid)
    begin = time.monotonic()
    os.kill(running.pid, signal.SIGINT)  # the first process alone; a terminal would tell all of them
    _, said = running.communicate(timeout=20)

    assert len(workers) == 2
    assert running.returncode == 130
    assert b"Traceback" not in said
    assert time.monotonic() - begin < 5
    assert [each for each in workers if alive(each)] == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_is_ended_is_said(tmp_path: Path) -> None:
    """As the system does when memory runs out: no answer that leaves something out, and no endless wait."""
    path = tmp_path / "AMQERR01.LOG"
    path.write_text("".join(amqerr(1.0, 2_000_000)) * 20, encoding="utf-8")
    command = [sys.executable, "-m", "mqdiag", "analyze", "-f", "json", "-j", "2", str(path)]
    running: Any = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while len(children(running.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(children(running.pid)[0], signal.SIGKILL)
    _, said = running.communicate(timeout=60)

    assert running.returncode == 2
    assert b"was ended" in said


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in found.read_text().split()] if found.exists() else []


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_zstd_is_read(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    text = "".join(amqerr(0.02, 300_000)).encode()
    half = len(text) // 2
    (tmp_path / "AMQERR01.LOG.zst").write_bytes(
        zstandard.compress(text[:half]) + zstandard.compress(text[half:])  # two frames, as pzstd writes them
    )
    found = json.loads(report(tmp_path, 1))

    assert found["sources"][0]["bytes"] == len(text)
    assert found["sources"][0]["records"] > 200


@pytest.mark.parametrize("name", ["text", "json", "bom"])
def test_records_are_the_same_lines_from_every_number_of_processes(
    damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(pipeline, "ROWS_BYTES", 40_000)
    path = tmp_path / "AMQERR01.LOG"
    path.write_bytes(damaged.read_bytes() if name != "json" else "".join(json_lines(300_000)).encode())
    if name == "bom":
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    (source,), _ = find([str(path)])
    written = {jobs: records_of(path, jobs) for jobs in (1, 2, 3)}

    assert (len(processes.parts(source, 2, 40_000)) > 4) is (name != "bom")
    assert written[1] == written[2] == written[3]
    rows = [json.loads(line) for line in written[1].splitlines()]
    assert sum(each["length"] for each in rows) == path.stat().st_size
    assert [each["offset"] + each["length"] for each in rows][:-1] == [each["offset"] for each in rows][1:]


def records_of(path: Path, jobs: int) -> str:
    return "".join(pipeline.record_lines(pipeline.Options(paths=(str(path),), jobs=jobs), record_line))


def test_a_log_that_shrinks_between_its_two_readings(
    damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left of it is written by the processes, and what is missing is told."""
    monkeypatch.setattr(pipeline, "ROWS_BYTES", 40_000)
    path = tmp_path / "AMQERR01.LOG"
    path.write_bytes(damaged.read_bytes())
    read_once = pipeline.gather

    def then_cut(*args: Any, **more: Any) -> pipeline.Bundle:
        found = read_once(*args, **more)
        with path.open("r+b") as stream:
            stream.truncate(1_000_000)
        return found

    monkeypatch.setattr(pipeline, "gather", then_cut)
    notes: list[Note] = []
    lines = list(pipeline.record_lines(pipeline.Options(paths=(str(path),), jobs=2), record_line, notes.append))

    rows = [json.loads(line) for line in "".join(lines).splitlines()]
    assert sum(each["length"] for each in rows) == 1_000_000
    assert [each.code for each in notes] == ["unreadable"]


def test_what_any_format_reads_can_come_from_another_process() -> None:
    """Values of every kind travel: of every sample of every format, and of what lies beside them."""
    folder = Path(__file__).parent.parent / "samples"

    assert report(folder / "records", 3) == report(folder / "records", 1)
    for name in ("cases/ferry-idle-reset", "cases/quiet-index-with-revocations"):
        assert report(folder / name, 2) == report(folder / name, 1)


def test_work_of_another_process_done_here(damaged: Path) -> None:
    """A process is ended when nothing is left to do, and leaves no word of what it did: so it is done here as well."""
    source = find([str(damaged)])[0][0]
    pieces = [processes.Piece(source, None, None), processes.Piece(source, None, None, "NoFormat", 0, 10)]
    before = signal.getsignal(signal.SIGINT)
    ours, theirs = Pipe()
    for each in pieces:
        ours.send(each)
    ours.send_bytes(b"")  # no piece any more
    try:
        with suppress(EOFError):
            processes.serve(processes.Reader(), theirs, [], "en")
    finally:
        signal.signal(signal.SIGINT, before)
    found, failed = ours.recv(), ours.recv()

    assert found.events == read(source, settle=partial(sided, side=None)).events != []
    assert isinstance(failed, Exception)
