"""
What somebody might send, at its full size: `python tests/hostile/horrors.py [WORD...]` prints what came of each.

The tests try the same in small. As root the folder without permission is read as nobody (setpriv).
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOG = (ROOT / "samples/cases/harbour-d-server-cert-revoked/client/AMQERR01.LOG").read_bytes()
LIMIT_S = 600
MIB = 1024**2
NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Horror:
    """What is made in a folder, what is asked of it, and what happens meanwhile (`acts` gets the file and the time)."""

    name: str
    make: Callable[[Path], object]
    args: Sequence[str] = ("analyze", ".", "-f", "json")
    meanwhile: Callable[[Path], object] | None = None
    as_nobody: bool = False
    limit_s: float = LIMIT_S


def file(name: str, *parts: bytes) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("wb") as out:
            for each in parts:
                out.write(each)

    return make


def tiny_files(folder: Path) -> None:
    for number in range(100_000):
        if number % 1000 == 0:
            (folder / f"{number // 1000:03}").mkdir()
        (folder / f"{number // 1000:03}" / f"{number}.LOG").write_bytes(b"x" * (number % 9))


def closed(folder: Path) -> None:
    for name in ("open", "closed"):
        file(f"{name}/AMQERR01.LOG", LOG)(folder)
    file("AMQERR02.LOG", LOG)(folder)
    (folder / "AMQERR02.LOG").chmod(0)
    (folder / "closed").chmod(0)


def pipe(folder: Path) -> None:
    file("AMQERR01.LOG", LOG)(folder)
    os.mkfifo(folder / "pipe")


def device(folder: Path) -> None:
    file("AMQERR01.LOG", LOG)(folder)
    with suppress(PermissionError):  # only root makes one
        os.mknod(folder / "zero", 0o600 | stat.S_IFCHR, os.makedev(1, 5))


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def nested_bomb(folder: Path) -> None:
    """16 zips of 16 zips of 16 zips of 100 MB each: 400 GB, in some 600 KB."""
    data = zipped({"0.LOG": bytes(100 * MIB)})
    for _ in range(3):
        data = zipped({f"{number}.zip": data for number in range(16)})
    (folder / "42.zip").write_bytes(data)
    file("AMQERR01.LOG", LOG)(folder)


def gzip_bomb(folder: Path) -> None:
    """10 GB of nothing, compressed twice."""
    inner = io.BytesIO()
    with gzip.GzipFile(fileobj=inner, mode="wb", compresslevel=9) as out:
        for _ in range(10_000):
            out.write(bytes(MIB))
    (folder / "AMQERR01.LOG.gz").write_bytes(gzip.compress(inner.getvalue()))


def strange_zip(folder: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("link.LOG")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        for name in ("../../../tmp/owned", "/etc/cron.d/owned", "a\nb\x1b[2J.LOG", "AMQERR01.LOG"):
            archive.writestr(name, LOG)
    (folder / "x.zip").write_bytes(out.getvalue())


def encrypted_and_damaged(folder: Path) -> None:
    data = bytearray(zipped({"a.LOG": LOG, "b.LOG": LOG, "c.LOG": LOG}, zipfile.ZIP_STORED))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    data[len(LOG) + 200] ^= 0xFF
    (folder / "x.zip").write_bytes(bytes(data))


def strange_tar(folder: Path) -> None:
    with tarfile.open(folder / "x.tar", "w") as archive:
        for number, kind in enumerate((tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.SYMTYPE)):
            member = tarfile.TarInfo(f"node{number}")
            member.type, member.linkname, member.devmajor, member.devminor = kind, "/etc/shadow", 1, 5
            archive.addfile(member)
        member = tarfile.TarInfo("AMQERR01.LOG")
        member.size = len(LOG)
        archive.addfile(member, io.BytesIO(LOG))


def strange_names(folder: Path) -> None:
    for name in (b"a\nb.LOG", b"\x1b[2J\x1b]0;x\x07.LOG", b"\xff\xfe.LOG", "\u202egol.LOG".encode(), b"-o", b"x.LOG "):
        (folder / os.fsdecode(name)).write_bytes(LOG)


def surrogates(folder: Path) -> None:
    line = b'{"ibm_messageId":"AMQ9633E","ibm_datetime":"2023-05-16T07:46:35.000Z","host":"h\\ud800",'
    (folder / "AMQERR01.json").write_bytes(line + b'"message":"AMQ9633E: \\udfff"}\n')
    (folder / "AMQERR01.LOG").write_bytes(LOG.replace(b"harb81", b"\xff\xc3("))


def grows(folder: Path) -> None:
    with (folder / "AMQERR01.LOG").open("ab") as out:
        for _ in range(200):
            out.write(LOG)
            out.flush()
            time.sleep(0.01)


HEADER = LOG[: LOG.index(b"AMQ9")]
LARGE = LOG * (64 * MIB // len(LOG))
HORRORS = (
    Horror("50 MB in one line", file("AMQERR01.LOG", b"A" * 50_000_000)),
    Horror("50 MB in one line of a record", file("AMQERR01.LOG", HEADER, b"AMQ9999E: ", b"A" * 50_000_000)),
    Horror("100 MB of [", file("AMQERR01.LOG", b"[" * 100_000_000)),
    Horror("100 MB of { in JSON", file("AMQERR01.json", b'{"ibm_messageId":"AMQ9999E","x":', b'{"a":' * 20_000_000)),
    Horror("100 MB of ( in a record", file("AMQERR01.LOG", HEADER, b"(" * 100_000_000)),
    Horror("100,000 tiny files", tiny_files),
    Horror("an empty file", file("AMQERR01.LOG")),
    Horror("no permission, as nobody", closed, as_nobody=True),
    Horror("a pipe in the folder", pipe),
    Horror("a named pipe that nobody writes to", pipe, ("analyze", "pipe"), limit_s=5),
    Horror("a device in the folder", device),
    Horror("/dev/zero, named", device, ("analyze", ".", "/dev/zero", "-f", "json")),
    Horror("a log that grows", file("AMQERR01.LOG", LARGE), meanwhile=grows),
    Horror("a log that is cut", file("AMQERR01.LOG", LARGE), meanwhile=lambda f: os.truncate(f / "AMQERR01.LOG", 999)),
    Horror("a log that vanishes", file("AMQERR01.LOG", LARGE), meanwhile=lambda f: (f / "AMQERR01.LOG").unlink()),
    Horror("records of a log that is cut", file("AMQERR01.LOG", LARGE), ("records", "."),
           meanwhile=lambda f: os.truncate(f / "AMQERR01.LOG", 999)),
    Horror("a nested zip bomb", nested_bomb),
    Horror("a gzip bomb in gzip", gzip_bomb),
    Horror("a zip with ../, a link, odd names", strange_zip),
    Horror("a member encrypted, one damaged", encrypted_and_damaged),
    Horror("a tar with device nodes", strange_tar),
    Horror("odd names of files", strange_names, ("analyze", ".")),
    Horror("lone surrogates", surrogates),
)  # fmt: skip


def run(horror: Horror) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder, temporary = Path(made, "in"), Path(made, "tmp")
        folder.mkdir()
        temporary.mkdir(mode=0o777)
        horror.make(folder)
        Path(made).chmod(0o755)
        before = names_in(folder)
        status, out, err, seconds = answered(horror, folder, temporary)
        told = [said for said in notes(out, err) if said]
        left = [*temporary.iterdir(), *(each for each in names_in(folder) if each not in before)]
        harm = [word for word, bad in (("TRACEBACK", "Traceback" in err), ("LEFT BEHIND", bool(left))) if bad]
        print(f"{horror.name}: {seconds:.1f} s, exit status {status}", *harm, sep="; ", flush=True)
        for each in told[:3]:
            print(f"    {each[:160]}", flush=True)
        for each in folder.rglob("*"):
            if each.is_dir():
                each.chmod(0o700)


def names_in(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def answered(horror: Horror, folder: Path, temporary: Path) -> tuple[str, str, str, float]:
    command = [sys.executable, "-m", "mqdiag", *horror.args]
    if horror.as_nobody and os.geteuid() == 0 and shutil.which("setpriv"):
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"}
    begin = time.monotonic()
    with ExitStack() as closing:
        out, err = (closing.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=err)
        if horror.meanwhile:
            threading.Timer(0.4, horror.meanwhile, [folder]).start()
        try:
            status = str(process.wait(horror.limit_s))
        except subprocess.TimeoutExpired:
            process.terminate()
            status = f"{process.wait()} (ended by us: it was still waiting)"
        seconds = time.monotonic() - begin
        texts = []
        for each in (out, err):
            each.seek(0)
            texts.append(each.read().decode("utf-8", "replace"))
    return status, texts[0], texts[1], seconds


def notes(out: str, err: str) -> list[str]:
    """What was noted, else the last lines that were said."""
    with suppress(ValueError, KeyError):  # no report
        found = json.loads(out)
        accounts = [f"{len(found['sources'])} sources, {sum(each['bytes'] for each in found['sources'])} bytes"]
        return accounts + [each["text"] for each in found["notes"]][:2]
    return [ascii(each)[1:-1] for each in (*err.splitlines()[-3:], *out.splitlines()[:1])]


def killed() -> None:
    """kill -9 amid an archive: no file is left, and no process."""
    with tempfile.TemporaryDirectory() as made:
        folder, temporary = Path(made, "in"), Path(made, "tmp")
        folder.mkdir()
        temporary.mkdir()
        for number in range(3):
            inner = zipped({f"{each}.LOG": LARGE[: 8 * MIB] for each in range(4)})
            (folder / f"{number}.zip").write_bytes(zipped({"in.zip": inner, "AMQERR01.LOG": LARGE}))
        for jobs in ("1", "2"):
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
            command = [sys.executable, "-m", "mqdiag", "analyze", ".", "-f", "json", "-j", jobs]
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
            time.sleep(1.5)
            workers = children(process.pid)
            running = process.poll() is None
            process.kill()
            process.wait()
            begin = time.monotonic()
            while (left := [each for each in workers if runs(each)]) and time.monotonic() < begin + 60:
                time.sleep(0.1)
            print(f"kill -9 amid archives, -j {jobs}: {'running' if running else 'had ended'}, {len(workers)} workers;"
                  f" after {time.monotonic() - begin:.1f} s {len(left)} are left, and"
                  f" {len(list(temporary.iterdir()))} files", flush=True)  # fmt: skip


def runs(process: int) -> bool:
    """Whether a process is there and no corpse that nobody has buried yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(process: int) -> list[int]:
    place = Path(f"/proc/{process}/task/{process}/children")
    return [int(each) for each in place.read_text().split()] if place.exists() else []


def main() -> None:
    for each in HORRORS:
        if len(sys.argv) < 2 or any(word in each.name for word in sys.argv[1:]):
            run(each)
    if len(sys.argv) < 2 or "kill" in sys.argv[1:]:
        killed()


if __name__ == "__main__":
    main()
