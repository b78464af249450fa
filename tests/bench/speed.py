"""
How fast mqdiag is beside what an administrator could use instead: one command, one table.

    python tests/bench/speed.py                  10 and 100 MB, a few minutes
    python tests/bench/speed.py --large 1000     the same with 1 GB for growth and memory
    python tests/bench/speed.py --only amqerr    rows whose name holds this
    python tests/bench/speed.py --stages FILE    what each stage of one analysis costs

ripgrep and lnav are taken from PATH, else unpacked from Debian's packages into the work folder, without installing
anything; the C program is compiled there. All programs of a row run in turns, and what is printed is the median of
the ratios of the turns, for the machine is never quiet. Peak memory is that of the largest process.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from inputs import make

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEERS = HERE / "peers"
TOO_LONG_S = 120  # then a run is ended, and its status says so
LNAV_COUNT = (
    ";select substr(log_body, instr(log_body, char(10)||'AMQ')+1, 8) as id, count(*) from mqerr_bench group by id"
)


@dataclass(frozen=True, slots=True)
class Run:
    seconds: float
    cpu: float
    peak_mb: float
    status: int


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what mqdiag is asked, which peers do the same, and the aim as (peer, factor) pairs."""

    name: str
    command: list[str]
    peers: dict[str, list[str]] = field(default_factory=dict)
    aims: tuple[tuple[str, float], ...] = ()
    size: int = 0
    expect: str = ""  # a fact of the report that must hold: 'records=87000'


def run(command: list[str], environment: dict[str, str]) -> Run:
    with Path(os.devnull).open("r+b") as nothing:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, env=environment)
        alarm = threading.Timer(TOO_LONG_S, process.kill)
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        alarm.cancel()
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


# ---- the peers -------------------------------------------------------------------------------------------------


class Tools:
    """The peers' programs in the work folder, and the environment they run in."""

    def __init__(self, work: Path, python: str) -> None:
        self.work, self.python = work, python
        home = work / "home"
        formats = home / ".lnav" / "formats" / "bench"
        formats.mkdir(parents=True, exist_ok=True)
        shutil.copy(PEERS / "mq.lnav.json", formats / "format.json")
        self.environment = os.environ | {"HOME": str(home), "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
        # as it is installed: with the bytecode that pip writes, and with what the build makes beforehand
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)
        subprocess.run([python, ROOT / "hatch_build.py"], check=True)
        self.one_line = str(work / "one_line")
        subprocess.run(["cc", "-O2", "-o", self.one_line, str(PEERS / "one_line.c")], check=True)

    def find(self, program: str, package: str) -> str | None:
        if found := shutil.which(program):
            return found
        unpacked = self.work / "debian" / "usr" / "bin" / program
        if not unpacked.exists():
            with tempfile.TemporaryDirectory() as folder:
                got = subprocess.run(["apt-get", "download", package], cwd=folder, capture_output=True)
                for each in Path(folder).glob("*.deb"):
                    subprocess.run(["dpkg-deb", "-x", str(each), str(self.work / "debian")], check=True)
                if got.returncode:
                    print(f"{program} is left out: {got.stderr.decode().strip()[:200]}", file=sys.stderr)
        return str(unpacked) if unpacked.exists() else None

    def mqdiag(self, *arguments: str) -> list[str]:
        return [self.python, "-m", "mqdiag", *arguments]

    def peers(self, path: Path, *names: str) -> dict[str, list[str]]:
        rg, mawk, lnav = (self.find(*each) for each in (("rg", "ripgrep"), ("mawk", "mawk"), ("lnav", "lnav")))
        commands = {
            "cat": ["cat", str(path)],
            "rg": [rg, "-c", "^AMQ[0-9]{4}[A-Z]?:", str(path)],
            "mawk": [mawk, "-f", str(PEERS / "one_line.awk"), str(path)],
            "C": [self.one_line, str(path)],
            "lnav": [lnav, "-n", "-c", LNAV_COUNT, str(path)],
            "re": [self.python, str(PEERS / "splitter.py"), str(path)],
            "mawk-ffst": ["sh", "-c", f"exec {mawk} -f {PEERS}/ffst.awk {path}/*.FDC"],
            "unzip -p": ["unzip", "-p", str(path)],
            "zstd -dc": ["zstd", "-dc", str(path)],
            "gzip -dc": ["gzip", "-dc", str(path)],
            "python": [self.python, "-c", "pass"],
            # -m with a package of its own path, as mqdiag is started
        }
        return {each: commands[each] for each in names if commands[each][0]}  # type: ignore[misc]


# ---- the rows --------------------------------------------------------------------------------------------------


def rows(tools: Tools, inputs: Path, middle: float, small: float, large: float | None) -> Iterator[Row]:
    def analyze(kind: str, size: float, *peers: str, aims: tuple[tuple[str, float], ...] = (), jobs: int = 0) -> Row:
        path = make(inputs, kind, size)
        command = tools.mqdiag("analyze", "-f", "json", *(["-j", str(jobs)] if jobs else []), str(path))
        name = f"analyze {kind}-{size:g}" + (f" -j {jobs}" if jobs else "")
        return Row(name, command, tools.peers(path, *peers), aims, bytes_of(path))

    case = str(ROOT / "samples" / "cases" / "harbour-d-server-cert-revoked")
    yield Row("--version", tools.mqdiag("--version"), tools.peers(Path(case), "python"), (("python", 8),))
    yield Row("--help", tools.mqdiag("--help"), tools.peers(Path(case), "python"), (("python", 8),))
    small_case = tools.mqdiag("analyze", "-f", "json", case)
    yield Row("a small case", small_case, tools.peers(Path(case), "python"), (("python", 25),))
    main_aims = (("mawk", 2.5), ("lnav", 0.5), ("C", 1.2))
    yield analyze("amqerr", middle, "cat", "rg", "mawk", "C", "lnav", "re", aims=main_aims)
    yield analyze("amqerr", middle, "mawk", jobs=1)
    plain = {"plain": tools.mqdiag("analyze", "-f", "json", str(make(inputs, "amqerr", middle)))}
    for kind, factor in (("amqerr-damaged", 1.2), ("amqerr-rare", 0), ("amqerr-ja", 0), ("amqerr-storm", 0)):
        row = analyze(kind, middle, "mawk", "lnav", aims=(("plain", factor),) if factor else ())
        yield Row(row.name, row.command, row.peers | plain, row.aims, row.size)
    utf8 = {"utf-8": tools.mqdiag("analyze", "-f", "json", str(make(inputs, "amqerr-ja", middle)))}
    for kind in ("amqerr-cp932", "amqerr-eucjp"):
        row = analyze(kind, middle)
        yield Row(row.name, row.command, utf8, (("utf-8", 1.3),), row.size)
    yield analyze("amqerr-loud", middle, "mawk", "lnav", aims=(("lnav", 1),))
    yield analyze("json", middle, "cat", "rg")
    path = make(inputs, "amqerr", small)
    yield Row(
        f"records amqerr-{small:g}", tools.mqdiag("records", str(path)), tools.peers(path, "lnav", "re"),
        (("lnav", 2),), bytes_of(path),
    )  # fmt: skip
    yield analyze("fdc", 2 * middle, "mawk-ffst", aims=(("mawk-ffst", 3),))
    path = make(inputs, "fdc", 2 * middle)
    command = tools.mqdiag("ffst", "-f", "json", str(path))
    yield Row(f"ffst fdc-{2 * middle:g}", command, tools.peers(path, "mawk-ffst"), (("mawk-ffst", 3),), bytes_of(path))
    for kind, tool in (("zst", "zstd -dc"), ("gz", "gzip -dc")):
        row = analyze(kind, middle, tool)
        yield Row(row.name, row.command, row.peers | plain, ((f"{tool} + plain", 1.5),), 0)
    path, parts = (
        make(inputs, "zip", 2 * middle),
        [make(inputs, each, 2 * middle / 3) for each in ("amqerr", "json", "fdc")],
    )
    plain = {"plain": tools.mqdiag("analyze", "-f", "json", *map(str, parts))}
    row = analyze("zip", 2 * middle, "unzip -p")
    yield Row(row.name, row.command, row.peers | plain, (("unzip -p + plain", 1.5),), 0)
    for size in (small, middle, *([large] if large else [])):
        yield analyze("amqerr-storm", size)
    if large:
        yield analyze("amqerr", large, "mawk", "C", "lnav", aims=(("mawk", 2.5), ("lnav", 0.5)))
    yield analyze("amqerr", small)


def bytes_of(path: Path) -> int:
    return (
        sum(each.stat().st_size for each in path.rglob("*") if each.is_file()) if path.is_dir() else path.stat().st_size
    )


def turns(row: Row, rounds: int, environment: dict[str, str]) -> dict[str, list[Run]]:
    commands = {"mqdiag": row.command} | row.peers
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(run(command, environment))
    return found


def ratio(found: dict[str, list[Run]], peer: str, measure: str = "seconds") -> float:
    """The median of the ratios of the turns; 'a + b' is the sum of two peers."""
    parts = [found[each] for each in peer.split(" + ")]
    return median(
        getattr(own, measure) / sum(getattr(each, measure) or 0.001 for each in others)
        for own, *others in zip(found["mqdiag"], *parts, strict=True)
    )


def line(row: Row, found: dict[str, list[Run]]) -> str:
    own = found["mqdiag"]
    seconds = median(each.seconds for each in own)
    speed = f"{row.size / seconds / 1e6:.0f}" if row.size else ""
    beside = ", ".join(
        f"{name} {median(r.seconds for r in runs):.2f}" for name, runs in found.items() if name != "mqdiag"
    )
    aims = []
    for peer, factor in row.aims:
        if all(part in found for part in peer.split(" + ")):
            reached = ratio(found, peer)
            cpu = ratio(found, peer, "cpu")
            aims.append(
                f"{reached:.2f} × {peer}, by CPU {cpu:.2f} (aim {factor:g}{'' if reached <= factor else ', MISSED'})"
            )
    failed = "" if all(each.status == 0 for each in own) else f" STATUS {own[0].status}"
    peak = max(each.peak_mb for each in own)
    cpu = median(each.cpu for each in own)
    return f"| {row.name}{failed} | {seconds:.2f} | {cpu:.2f} | {speed} | {peak:.0f} | {beside} | {'; '.join(aims)} |"


def growth(sizes: dict[str, tuple[int, float]]) -> Iterator[str]:
    """How the time grows with the size: the exponent between the smallest and the largest input of a kind."""
    kinds = sorted({name.rpartition("-")[0] for name in sizes})
    for kind in kinds:
        points = sorted(value for name, value in sizes.items() if name.rpartition("-")[0] == kind)
        if len(points) > 1:
            (small, fast), (large, slow) = points[0], points[-1]
            exponent = math.log(slow / fast) / math.log(large / small)
            sizes_mb = f"{small / 1e6:.0f} to {large / 1e6:.0f} MB"
            yield f"{kind}: from {sizes_mb} the time grows with exponent {exponent:.2f} (aim 1.05)"


# ---- what the stages cost --------------------------------------------------------------------------------------


def stages(path: str) -> Iterator[str]:
    """The seconds that each stage of one analysis takes, in one process."""
    sys.path.insert(0, str(ROOT))
    clock = [time.perf_counter()]

    def lap(name: str) -> str:
        clock.append(time.perf_counter())
        return f"{name:<34}{clock[-1] - clock[-2]:8.3f} s"

    from mqdiag import pipeline
    from mqdiag.classify import classify
    from mqdiag.correlate import correlate
    from mqdiag.knowledge import knowledge
    from mqdiag.render import Screen, render, report_page

    yield lap("import")
    knowledge()
    yield lap("knowledge")
    options = pipeline.Options(paths=(path,), jobs=1)
    bundle = pipeline.gather(options)
    yield lap(f"read and interpret ({sum(len(r.events) for r in bundle.readings)} events)")
    joined = correlate(bundle.readings, bundle.sides, bundle.zones, bundle.tz, bundle.date_order)
    yield lap(f"correlate ({len(joined.occurrences)} occurrences)")
    incidents, _ = classify(joined.occurrences, joined.corroboration, joined.context)
    yield lap(f"classify ({len(incidents)} incidents)")
    report = pipeline.analyze(pipeline.Options(paths=(os.devnull,))) if not incidents else None
    if report is None:
        from mqdiag.model import Report

        report = Report("", joined.sources, tuple(incidents), joined.clocks, ())
    render(report_page(report), "json", Screen())
    yield lap("render")


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--small", type=float, default=10, help="megabytes")
    ask.add_argument("--middle", type=float, default=100, help="megabytes")
    ask.add_argument("--large", type=float, help="megabytes; left out if not given")
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--only", default="", help="only rows whose name holds this")
    ask.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "mqdiag-bench")
    ask.add_argument("--python", default=sys.executable)
    ask.add_argument("--stages", help="what each stage costs on this file")
    wanted = ask.parse_args()
    if wanted.stages:
        for each in stages(wanted.stages):
            print(each)
        return
    wanted.work.mkdir(parents=True, exist_ok=True)
    tools = Tools(wanted.work, wanted.python)
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    machine = f"{os.cpu_count()} cores, Python {sys.version.split()[0]}"
    print(f"commit {commit.stdout.strip()}, {wanted.rounds} rounds, {machine}\n")
    print("| work | s | CPU s | MB/s | peak MB | peers, s | aims |\n|---|---|---|---|---|---|---|")
    sizes: dict[str, tuple[int, float]] = {}
    for row in rows(tools, wanted.work / "inputs", wanted.middle, wanted.small, wanted.large):
        if wanted.only not in row.name:
            continue
        found = turns(row, wanted.rounds, tools.environment)
        print(line(row, found), flush=True)
        if row.size and " -j" not in row.name:
            sizes[row.name] = row.size, median(each.seconds for each in found["mqdiag"])
    print()
    for each in growth(sizes):
        print(each)


if __name__ == "__main__":
    main()
