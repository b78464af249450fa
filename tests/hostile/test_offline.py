"""An audit hook in a process of its own watches what the commands open and whom they call: nobody, and only -o."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from sample_cases import CASES, ROOT

from mqdiag.render import formats

WATCHED = """
import json, os, sys
seen = []
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
DEEDS = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.remove", "os.rename", "os.mkdir",
         "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown", "shutil.", "tempfile.", "ftplib.",
         "urllib.", "http.", "smtplib.", "webbrowser.")
def hook(event, args):
    if event == "open":
        path, mode, flags = args
        if (isinstance(mode, str) and set(mode) & set("wax+")) or (flags or 0) & WRITING:
            seen.append(["write", os.fspath(path) if not isinstance(path, int) else path])
    elif event.startswith(DEEDS):
        seen.append([event, repr(args)[:200]])
sys.dont_write_bytecode = True
sys.addaudithook(hook)
from mqdiag.cli import run
status = run(sys.argv[1:])
sys.stdout.flush()
sys.stderr.write("\\n@@" + json.dumps([status, seen]))
"""


def watched(folder: Path, *args: str) -> tuple[int, list[list[str]]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *args], cwd=folder, env=environment, capture_output=True, check=True
    )
    status, seen = json.loads(done.stderr.decode().rpartition("@@")[2])
    return status, seen


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Logs as they are, and once more in a zip that holds a zip."""
    case = CASES / "harbour-d-server-cert-revoked"
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as inner:
        inner.write(case / "client" / "AMQERR01.LOG", "client/AMQERR01.LOG")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.write(tmp_path / "in.zip", "in.zip")
        archive.write(case / "server" / "AMQERR01.LOG", "server/AMQERR01.LOG")
    return tmp_path


@pytest.mark.parametrize(
    "args",
    [*(("analyze", ".", "-f", name) for name in formats()), ("records", "."), ("ffst", "."), ("schema",),
     ("explain", "2393", "AMQ9716"), ("analyze", "nothing-here"), ("analyze", ".", "--tz", "Asia/Tokyo")],
    ids=" ".join,
)  # fmt: skip
def test_nothing_is_written_and_nobody_is_called(folder: Path, args: tuple[str, ...]) -> None:
    before = sorted(folder.rglob("*"))
    _, seen = watched(folder, *args)

    assert seen == []
    assert sorted(folder.rglob("*")) == before


def test_only_the_output_is_written(folder: Path) -> None:
    status, seen = watched(folder, "analyze", "x.zip", "-f", "json", "-o", "report.json")

    assert status == 0
    assert {path for deed, path in seen if deed == "write"} == {"report.json"}
    assert [each for each in seen if each[0] != "write"] == []


def test_the_hook_sees() -> None:
    """The watch itself: a process that writes and calls is seen."""
    script = WATCHED.replace("from mqdiag.cli import run", "import socket").replace(
        "status = run(sys.argv[1:])", "open(os.devnull, 'w').close(); socket.socket().close(); status = 0"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert [each[0] for each in json.loads(done.stderr.decode().rpartition("@@")[2])[1]] == ["write", "socket.__new__"]
