"""`mqdiag follow` as it is run: real pipes, real files, real signals."""

from __future__ import annotations

import json
import os
import pty
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))

import follow_live as storm
from sample_cases import CASES

from mqdiag.cli import run
from mqdiag.render._schema import schema

HARBOUR = CASES / "harbour-d-server-cert-revoked"
CLIENT = (HARBOUR / "client" / "AMQERR01.LOG").read_bytes()
SERVER = (HARBOUR / "server" / "AMQERR01.LOG").read_bytes()
PATIENCE_S = 30.0  # a loaded machine is no failure


class Follower:
    """A running `mqdiag follow`, and the lines it prints as they come."""

    def __init__(self, *arguments: str, **options: Any) -> None:
        command = [sys.executable, "-m", "mqdiag", "follow", *arguments]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
        )
        assert self.process.stdin and self.process.stdout
        self.input = self.process.stdin.fileno()
        self.lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line)

    def line(self) -> str:
        return self.lines.get(timeout=PATIENCE_S).decode()

    def incident(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.line())
        return found

    def write(self, data: bytes) -> None:
        os.write(self.input, data)

    def end(self, number: int | None = None) -> int:
        if number is None:
            assert self.process.stdin
            self.process.stdin.close()
        else:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    @property
    def errors(self) -> str:
        assert self.process.stderr
        return self.process.stderr.read().decode()


@contextmanager
def follower(*arguments: str, **options: Any) -> Iterator[Follower]:
    running = Follower(*arguments, **options)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def test_a_verdict_comes_while_the_pipe_is_open() -> None:
    """One object a line, with the keys of an incident of the report and the revision."""
    with follower("-f", "json") as running:
        running.write(CLIENT)
        incident = running.incident()

        assert (incident["cause"], incident["revision"]) == ("certificate-revoked", 1)
        assert list(incident) == [*schema()["properties"]["incidents"]["items"]["required"], "revision"]
        assert running.process.poll() is None
        assert running.end() == 0
        assert running.errors == ""


def test_two_sides_through_fifos(tmp_path: Path) -> None:
    for name in ("client", "server"):
        os.mkfifo(tmp_path / name)
    arguments = ["--client", "client", "--server", "server", "--tz", "server=Asia/Tokyo", "-f", "json"]
    with follower(*arguments, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(CASES.parent.parent)}) as running:
        with (
            (tmp_path / "server").open("wb", buffering=0) as server,
            (tmp_path / "client").open("wb", buffering=0) as client,
        ):
            server.write(SERVER)
            time.sleep(0.5)
            client.write(CLIENT)
            incident = running.incident()
        assert incident["judge"] == "client"
        assert {each["path"] for each in incident["evidence"]} == {"client", "server"}
        assert running.process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_the_verdicts_so_far(number: int, status: int) -> None:
    with follower("-f", "json") as running:
        for count in range(3):
            running.write(storm.record(storm.BLOCKED, count, "APP.SVRCONN"))
            if count == 0:
                running.incident()
        running.write(storm.record(storm.BLOCKED, 9, "LATE", footer=False))
        time.sleep(0.3)

        assert running.end(number) == status
        running.process.wait()
        time.sleep(0.2)
        words = [json.loads(running.lines.get()) for _ in range(running.lines.qsize())]
        assert {each["channel"]: each["occurrences"] for each in words} == {"APP.SVRCONN": 3, "LATE": 1}
        assert running.errors == ""


@pytest.mark.parametrize("format", ["json", "terminal"])
def test_a_closed_output_ends_it_quietly(format: str) -> None:
    reader, writer = os.pipe()
    command = [sys.executable, "-m", "mqdiag", "follow", "-f", format]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    try:
        assert process.stdin and process.stderr
        os.write(process.stdin.fileno(), storm.record(storm.BLOCKED, 0, "FIRST"))
        assert b"blocked-by-chlauth" in os.read(reader, 100_000)
        os.close(reader)

        assert process.wait(PATIENCE_S) == 0  # though nothing more is written to it
        assert process.stderr.read() == b""
    finally:
        process.kill()
        process.wait()


def test_watched_paths_are_followed_across_rotation(tmp_path: Path) -> None:
    log = tmp_path / "server" / "AMQERR01.LOG"
    with follower(str(tmp_path), str(tmp_path / "client"), "--from-start", "-f", "json", "--wait", "0") as running:
        time.sleep(0.5)
        log.parent.mkdir()
        log.write_bytes(storm.record(storm.BLOCKED, 0, "ONE"))
        assert running.incident()["channel"] == "ONE"
        log.rename(log.with_name("AMQERR02.LOG"))
        log.write_bytes(storm.record(storm.BLOCKED, 1, "TWO"))
        assert running.incident()["channel"] == "TWO"

        assert running.end(signal.SIGTERM) == 143
        assert running.errors == ""


def test_a_pipe_gets_lines_and_no_screen() -> None:
    """One line a verdict, the counts at the end, and not one control character."""
    with follower(env={**os.environ, "TERM": "xterm"}) as running:
        for number in range(5):
            running.write(storm.record(storm.BLOCKED, number, "APP.SVRCONN"))
        first = running.line()
        assert running.end() == 0
        running.process.wait()
        time.sleep(0.2)
        text = first + b"".join(running.lines.get() for _ in range(running.lines.qsize())).decode()

    assert "\x1b" not in text and "\r" not in text
    assert text.count("] \n") + text.count("]\n") == 1
    assert "blocked-by-chlauth: 5 times" in text
    assert "blocked-by-chlauth: 1 incident, 5 times" in text


def test_a_terminal_has_a_summary_at_the_bottom() -> None:
    """The verdict scrolls, the summary is drawn again below it; repetitions change only the summary."""
    parent, child = pty.openpty()
    read, write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "mqdiag", "follow"],
        stdin=read,
        stdout=child,
        stderr=child,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "200", "LINES": "50", "NO_COLOR": "1"},
    )
    os.close(read)
    os.close(child)
    try:
        text = ""
        for number in range(4):
            os.write(write, storm.record(storm.BLOCKED, number, "APP.SVRCONN"))
            text += until(parent, f"1 incident, {number + 1} times")
        os.close(write)
        text += until(parent, None)
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.wait()

    assert text.count("refused by the server") == 1
    assert "records" in text and "covered:" in text


def until(terminal: int, wanted: str | None) -> str:
    """What a terminal shows until a text is there, or its program has ended."""
    seen, deadline = b"", time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and (wanted is None or wanted not in seen.decode(errors="replace")):
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                data = os.read(terminal, 65_536)
            except OSError:  # what Linux says when the last writer is gone
                break
            seen += data
    text = seen.decode(errors="replace")
    assert wanted is None or wanted in text
    return text


@pytest.mark.parametrize(
    "arguments", ["follow a -f md", "follow a --tz nowhere", "follow a --wait -1", "follow a --wait x"]
)
def test_mistakes_are_told(arguments: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(arguments.split()) == 2
    assert capfd.readouterr().out == ""


def test_the_latency_that_the_benchmark_measures() -> None:
    """A few rounds of it; the aim itself is for a quiet machine."""
    assert storm.latency(8) < 5.0
