"""
Damaged collections of logs, made of the labelled cases, and what has to hold for every one of them.

`python tests/hostile/mutations.py --rounds 52` is the long run, of some 10,000 damaged cases: it prints what broke
an invariant, with the seed that makes it again, and the counts by kind of damage.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parents[2])]

from jsonschema import Draft202012Validator  # noqa: E402
from sample_cases import Case, all_cases, in_bytes, report  # noqa: E402

from mqdiag.cli import INTERRUPTED  # noqa: E402
from mqdiag.score import OPEN_CAUSES  # noqa: E402

Files = dict[str, bytes]
Mutator = Callable[[random.Random, bytes, bytes], bytes]

SLOW_S, SLOW_S_PER_BYTE = 5.0, 20e-6  # of the processor, for `analyze` and `records` together
ENCODINGS = ("utf-16", "cp932", "utf-8-sig", "cp500", "utf-7", "utf-32", "iso2022_jp", "gb18030")
INTERESTING = (
    b"\0", b"\xff", b"\x1b[2J", b"\r", b"\r\n", b"\n\n", b"(", b")" * 40, b"[" * 200, b"'", b'"', b"{", b"\xe2\x80\xae",
    b"-" * 200, b"9" * 50, b"-1", b"0x", b"\xc3", b"\xed\xa0\x80", b"\t" * 90, b"AMQ9999E: ", b"CommentInsert1(",
    b"EXPLANATION:\n", b"----- a.c : 1 -----\n", b"Time(9999-12-31T23:59:59.999Z)", b"Time(0001-01-01T00:00:00.000Z)",
    b"00/00/0000 00:00:00", b"[1=", b"CC=2;RC=2397;", b"\xef\xbb\xbf", b"NaN", b"1e999", b"\\ud800", b"../",
)  # fmt: skip


# ---- damage ----------------------------------------------------------------------------------------------------


def cut(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """A log that begins and ends anywhere."""
    begin, end = sorted(rng.randint(0, len(data)) for _ in range(2))
    return data[begin:end]


def flip(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """Single bits turned over, as a bad disk or a transfer in text mode does."""
    result = bytearray(data)
    for _ in range(rng.randint(1, 30) if data else 0):
        result[rng.randrange(len(result))] ^= 1 << rng.randrange(8)
    return bytes(result)


def insert(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """Bytes that mean something to a reader, where nobody expects them."""
    for _ in range(rng.randint(1, 12)):
        place = rng.randint(0, len(data))
        data = data[:place] + rng.choice(INTERESTING) * rng.choice((1, 1, 1, 50)) + data[place:]
    return data


def duplicate(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """A stretch that stands there twice, or many times."""
    begin, end = sorted(rng.randint(0, len(data)) for _ in range(2))
    return data[:end] + data[begin:end] * rng.choice((1, 1, 5)) + data[end:]


def reorder(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """Lines out of order."""
    lines = data.splitlines(keepends=True)
    for _ in range(rng.randint(1, 20) if lines else 0):
        a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def reencode(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """Through an encoding that is not its own, whole or in part."""
    begin = rng.choice((0, rng.randint(0, len(data))))
    text = data[begin:].decode(rng.choice(("utf-8", "latin-1", "cp932")), "replace")
    return data[:begin] + text.encode(rng.choice(ENCODINGS), "replace")


def splice(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """The head of one file and the tail of another, or one in the middle of the other."""
    place, begin, end = rng.randint(0, len(data)), *sorted(rng.randint(0, len(other)) for _ in range(2))
    return data[:place] + other[begin:end] + data[place if rng.random() < 0.5 else len(data) :]


def digits(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """Numbers that no field can hold."""
    result = bytearray(data)
    places = [i for i, byte in enumerate(result) if 48 <= byte <= 57]
    for place in rng.sample(places, min(len(places), rng.randint(1, 40))):
        result[place] = rng.choice(b"0999-")
    return bytes(result)


MUTATORS: dict[str, Mutator] = {
    each.__name__: each for each in (cut, flip, insert, duplicate, reorder, reencode, splice, digits)
}


@dataclass(frozen=True, slots=True)
class Damaged:
    """A damaged collection, and how it is made again. `causes` are those that can rightly be found in it."""

    seed: str
    kinds: tuple[str, ...]
    files: Files
    args: tuple[str, ...]
    causes: frozenset[str] = frozenset()


@cache
def material() -> tuple[tuple[Case, bytes], ...]:
    """The bytes of every file of every case."""
    return tuple((case, data) for case in all_cases() for data in in_bytes(case).values())


@cache
def causes_of(case: Case) -> frozenset[str]:
    """What is labelled and what is found where nothing is damaged."""
    labelled = {cause for each in case.incidents for cause in (each["cause"], *each.get("accept", []))}
    return frozenset(labelled | {each["cause"] for each in report(case)["incidents"]})


def damaged(case: Case, seed: str, kinds: Sequence[str] = ()) -> Damaged:
    """One damaged copy of a case; the same seed gives the same bytes."""
    rng = random.Random(seed)
    files, causes = dict(in_bytes(case)), set(causes_of(case))
    chosen = tuple(kinds) or tuple(rng.choices(sorted(MUTATORS), k=rng.choice((1, 1, 2))))
    for kind in chosen:
        for name in rng.sample(sorted(files), rng.randint(1, len(files))):
            other, data = rng.choice(material())
            files[name] = MUTATORS[kind](rng, files[name], data)
            causes |= causes_of(other) if kind == "splice" else set()
    return Damaged(seed, chosen, files, tuple(case.label.get("args", ["."])), frozenset(causes))


# ---- what has to hold ------------------------------------------------------------------------------------------


@cache
def validator() -> Draft202012Validator:
    from mqdiag.render._schema import schema

    return Draft202012Validator(schema())


def answer(args: Sequence[str], folder: Path) -> tuple[int, bytes, str]:
    """Exit status, standard output and standard error of one command line, run here in a folder."""
    from mqdiag.cli import run

    out, err = TextIOWrapper(BytesIO(), encoding="utf-8", newline="\n"), StringIO()
    with chdir(folder), redirect_stdout(out), redirect_stderr(err):
        status = run(args)
        out.flush()
    if status == INTERRUPTED:  # it is we who are asked to end
        raise KeyboardInterrupt
    return status, out.buffer.getvalue(), err.getvalue()  # type: ignore[attr-defined]


def broken(files: Files, args: Sequence[str] = (".",), more: Sequence[Sequence[str]] = ()) -> list[str]:
    """What mqdiag does on these files against its contract, in sentences; empty if nothing. `more` commands are run."""
    return [*wrong(Damaged("", (), files, tuple(args)), more)]


def wrong(each: Damaged, more: Sequence[Sequence[str]] = ()) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, data in each.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        begin = time.process_time()
        yield from broken_report(each, folder)
        yield from broken_records(each.files, each.args, folder)
        seconds, size = time.process_time() - begin, sum(map(len, each.files.values()))
        if seconds > SLOW_S + size * SLOW_S_PER_BYTE:
            yield f"it took {seconds:.1f} s for {size} bytes"
        for command in more:
            yield from broken_command([*command, *each.args], folder)
        if more and len(each.files) > 1:
            yield from unlike(each.args, folder)


def broken_report(each: Damaged, folder: Path) -> Iterator[str]:
    status, out, err = answer(["analyze", *each.args, "-f", "json"], folder)
    if "defect of mqdiag" in err or "Traceback" in err:
        yield f"analyze: {err.splitlines()[-2]}\n{err}"
        return
    if status not in (0, 2):
        yield f"analyze: exit status {status}"
    if status == 2 and not out:
        if not err.strip():
            yield "analyze: exit status 2 in silence"
        return
    found = json.loads(out.decode("utf-8"))
    yield from (f"schema: {error.message[:200]}" for error in validator().iter_errors(found))
    yield from unaccounted(each.files, found)
    yield from wrong_and_certain(each, found)


def wrong_and_certain(each: Damaged, found: dict[str, Any]) -> Iterator[str]:
    """
    Damage takes evidence away; it must not make another cause certain. Other digits make other message ids and codes:
    that is a log that lies, and is not asked here.
    """
    for incident in found["incidents"] if each.kinds and "digits" not in each.kinds else ():
        if incident["confidence"] == "certain" and incident["cause"] not in (*each.causes, *OPEN_CAUSES):
            yield f"wrong and certain: {incident['cause']} instead of {sorted(each.causes)}"


def broken_command(args: Sequence[str], folder: Path) -> Iterator[str]:
    """What any command owes: an exit status of the contract, words where there is no answer, no terminal control."""
    status, out, err = answer(args, folder)
    name = " ".join(args)
    if "defect of mqdiag" in err or "Traceback" in err:
        yield f"{name}: {err.splitlines()[-2]}\n{err}"
    elif status not in (0, 2):
        yield f"{name}: exit status {status}"
    elif status == 2 and not err.strip() and not out:
        yield f"{name}: exit status 2 in silence"
    if b"\x1b" in out:
        yield f"{name}: an escape went out"
    out.decode("utf-8")


def unlike(args: Sequence[str], folder: Path) -> Iterator[str]:
    """The same bytes with one process and with two."""
    one, two = (answer(["analyze", *args, "-f", "json", "-j", jobs], folder) for jobs in "12")
    if one != two:
        yield "-j 2 does not answer as -j 1"


def unaccounted(files: Files, report: dict[str, Any]) -> Iterator[str]:
    sources = {each["path"]: each for each in report["sources"]}
    noted = {each["path"] for each in report["notes"]}
    told = {*sources, *noted} - {None}
    for name, data in files.items():
        if name not in told and not any(path.startswith(f"{name}!") for path in told):
            yield f"{name} is neither a source nor noted"
        if name in sources and sources[name]["bytes"] != len(data) and name not in noted:
            yield f"{name}: {sources[name]['bytes']} bytes of {len(data)}"
    for each in sources.values():
        if not 0 <= each["unparsed_bytes"] <= each["bytes"]:
            yield f"{each['path']}: {each['unparsed_bytes']} of {each['bytes']} bytes not understood"
    for incident in report["incidents"]:
        for each in incident["evidence"]:
            if each["path"] not in sources or not 1 <= each["line"] <= each["last_line"]:
                yield f"evidence at {each['path']}:{each['line']}-{each['last_line']}"


def broken_records(files: Files, args: Sequence[str], folder: Path) -> Iterator[str]:
    status, out, err = answer(["records", *args], folder)
    if "defect of mqdiag" in err or "Traceback" in err:
        yield f"records: {err.splitlines()[-2]}\n{err}"
        return
    ends: dict[str, int] = {}
    for line in out.decode("utf-8").splitlines():
        each = json.loads(line)
        if each["offset"] != ends.get(each["path"], 0):
            yield f"records: {each['path']} has a gap or an overlap at {each['offset']}"
        ends[each["path"]] = each["offset"] + each["length"]
    for name, data in files.items():
        if status == 0 and name in ends and ends[name] != len(data):
            yield f"records: {name} ends at {ends[name]} of {len(data)}"


# ---- the long run ----------------------------------------------------------------------------------------------

MORE = (
    ("analyze", "-f", "terminal", "--timeline"), ("analyze", "-f", "md"), ("analyze", "-f", "html"), ("ffst",),
    ("analyze", "-f", "md", "--redact"), ("analyze", "--lang", "ja"), ("ffst", "-f", "json"),
    ("bundle", "--force", "-o", os.devnull), ("bundle", "--force", "--redact", "-o", os.devnull),
)  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What was tried and what broke, by kind of damage; a case that was damaged twice counts for both."""

    cases: int = 0
    tried: Counter[str] = field(default_factory=Counter)
    broke: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    def add(self, each: Damaged, problems: Sequence[str], seconds: float) -> None:
        self.cases += 1
        self.tried.update(set(each.kinds))
        self.broke.update(set(each.kinds) if problems else ())
        self.slowest = max(self.slowest, seconds)

    def __str__(self) -> str:
        lines = (f"{kind:10} {count:6} {self.broke[kind]:6}" for kind, count in sorted(self.tried.items()))
        last = f"{self.cases} damaged cases; the slowest took {self.slowest:.1f} s, all of its commands together"
        return "\n".join(("kind        tried  broke", *lines, last))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="damaged copies of every case")
    parser.add_argument("--seed", default="0", help="begin of every seed")
    parser.add_argument("--only", default="", help="a whole seed, to make one again")
    options = parser.parse_args()
    tally = Tally()
    with suppress(KeyboardInterrupt):  # what was counted so far is told
        for number in range(options.rounds):
            for position, case in enumerate(all_cases()):
                seed = f"{options.seed}/{number}/{case.name}"
                if options.only in ("", seed):
                    try_one(damaged(case, seed), MORE[(number + position) % len(MORE)], tally)
    print(tally)
    return 1 if tally.broke else 0


def try_one(each: Damaged, more: Sequence[str], tally: Tally) -> None:
    begin = time.process_time()
    problems = list(wrong(each, [more]))
    tally.add(each, problems, time.process_time() - begin)
    for problem in problems:
        print(f"{each.seed} {'+'.join(each.kinds)}: {problem}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
