"""
Coverage-guided fuzzing of every reader: python tests/fuzz/readers.py TARGET [options of libFuzzer]

TARGET is one of targets.py. The corpus is tests/fuzz/corpus/TARGET, or the samples. `--seconds N` runs every target
for N seconds and prints what was tried, `--seconds N TARGET...` only these. With atheris installed (pip install
atheris) mutations are guided by coverage; without it a small driver of our own mutates the corpus at random, which
finds less. An input that breaks a target is kept in the folder for temporary files.
"""

from __future__ import annotations

import os
import pkgutil
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from importlib import import_module
from io import StringIO
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent.parent)]

from targets import MAX_BYTES, OWN, corpus, targets  # noqa: E402

SLOW_S = 20  # for one input: that is a hang

# ---- driving ---------------------------------------------------------------------------------------------------


def guided(name: str, seeds: Path, options: Sequence[str]) -> None:
    """Never returns: libFuzzer ends the process."""
    import atheris

    import mqdiag

    with redirect_stderr(StringIO()), atheris.instrument_imports(include=["mqdiag"]):
        target = targets()[name]
        if name in OWN:  # they import on demand
            for each in pkgutil.walk_packages(mqdiag.__path__, "mqdiag."):
                if not each.name.endswith("__main__"):
                    import_module(each.name)
    os.environ["TMPDIR"] = str(seeds.parent)  # of a process that is ended no temporary folder may be left
    tempfile.tempdir = None
    kept = f"-artifact_prefix={Path(tempfile.gettempdir()).parent}/mqdiag-{name}-"
    bounds = [kept, f"-max_len={MAX_BYTES}", f"-timeout={SLOW_S}", "-rss_limit_mb=2048", "-print_final_stats=1"]
    atheris.Setup([name, *bounds, *options, str(seeds)], target)
    atheris.Fuzz()


def in_process_of_its_own(name: str, options: Sequence[str]) -> tuple[int, str]:
    """The exit status of a guided run, and what libFuzzer said."""
    with tempfile.TemporaryDirectory() as made:
        seeds = Path(made, "seeds")
        seeds.mkdir()
        for number, data in enumerate(corpus(name)):
            (seeds / str(number)).write_bytes(data)
        command = [sys.executable, __file__, "--guided", str(seeds), name, *options]
        done = subprocess.run(command, stderr=subprocess.PIPE, check=False, env={**os.environ, "PYTHONHASHSEED": "0"})
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode:
        print(said[-6000:], file=sys.stderr)
    return done.returncode, said


def summary(said: str) -> str:
    """How many inputs libFuzzer tried, how much of the code they reach, and how many were worth keeping."""
    tried = re.search(r"number_of_executed_units: (\d+)", said)
    reached = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", said)
    words = f"{tried[1] if tried else '?'} inputs"
    return f"{words}; places reached {reached[0][0]} -> {reached[-1][0]}; {reached[-1][2]} kept" if reached else words


def unguided(name: str, seconds: float, seed: int = 0) -> int:
    """Mutate the corpus at random for so long; how many inputs were tried."""
    target, rng, seeds, tried = targets()[name], random.Random(f"{name}{seed}"), corpus(name), 0
    end = time.monotonic() + seconds
    while time.monotonic() < end or tried < 5:
        data = mutated(rng, seeds)
        try:
            target(data)
        except BaseException:
            print(f"{name} breaks on {data!r}", file=sys.stderr)
            raise
        tried += 1
    return tried


def mutated(rng: random.Random, seeds: list[bytes]) -> bytes:
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 8)):
        place, other = rng.randint(0, len(data)), rng.choice(seeds)
        begin = rng.randint(0, len(other))
        match rng.randrange(5):
            case 0:
                data[place:place] = other[begin : begin + rng.randint(1, 200)]
            case 1:
                del data[place : place + rng.randint(1, 100)]
            case 2 if data:
                data[min(place, len(data) - 1)] = rng.randrange(256)
            case 3:
                data[place:place] = data[place : place + rng.randint(1, 50)] * rng.randint(1, 20)
            case _:
                data[place:place] = bytes([rng.choice(b"\0\r\n\x1b()[]{}'\"=-:9 \xff")]) * rng.randint(1, 80)
    return bytes(data[:MAX_BYTES])


def one(name: str, options: Sequence[str]) -> bool:
    """Run one target; whether it held."""
    if has_atheris():
        status, said = in_process_of_its_own(name, options)
        print(f"{name}: {summary(said)}{'' if status == 0 else '; BROKEN'}", flush=True)
        return status == 0
    limit = next((float(each.partition("=")[2]) for each in options if each.startswith("-max_total_time=")), 10)
    try:
        print(f"{name}: {unguided(name, limit)} inputs, not guided by coverage", flush=True)
    except Exception as error:
        print(f"{name}: BROKEN {error!r}", flush=True)
        return False
    return True


def has_atheris() -> bool:
    try:
        import atheris  # noqa: F401
    except ImportError:
        return False
    return True


def broken(names: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    for each in names:
        if not one(each, options):
            yield each


def main() -> int:
    match sys.argv[1:]:
        case ["--guided", seeds, name, *options]:
            guided(name, Path(seeds), options)
        case ["--seconds", seconds, *names]:
            names = names or list(targets())
            found = list(broken(names, [f"-max_total_time={seconds}"]))
            print(f"{len(names)} targets, {seconds} s each; broken: {found or 'none'}")
            return 1 if found else 0
        case [name, *options]:
            return 0 if one(name, options) else 1
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
