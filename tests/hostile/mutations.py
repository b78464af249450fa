"""
Damaged collections of logs, made of the labelled cases, and what has to hold for every one of them.

`python tests/hostile/mutations.py --rounds 20` is the long run: it prints what broke an invariant, with the
seed that makes it again, and the counts by kind of damage.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parents[2])]

from jsonschema import Draft202012Validator  # noqa: E402
from sample_cases import Case, all_cases, in_bytes  # noqa: E402

Files = dict[str, bytes]
Mutator = Callable[[random.Random, bytes, bytes], bytes]

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
    """A damaged collection, and how it is made again."""

    seed: str
    kinds: tuple[str, ...]
    files: Files
    args: tuple[str, ...]


@cache
def material() -> tuple[bytes, ...]:
    """The bytes of every file of every case."""
    return tuple(data for case in all_cases() for data in in_bytes(case).values())


def damaged(case: Case, seed: str, kinds: Sequence[str] = ()) -> Damaged:
    """One damaged copy of a case; the same seed gives the same bytes."""
    rng = random.Random(seed)
    files = dict(in_bytes(case))
    chosen = tuple(kinds) or tuple(rng.choices(sorted(MUTATORS), k=rng.choice((1, 1, 2))))
    for kind in chosen:
        for name in rng.sample(sorted(files), rng.randint(1, len(files))):
            files[name] = MUTATORS[kind](rng, files[name], rng.choice(material()))
    return Damaged(seed, chosen, files, tuple(case.label.get("args", ["."])))


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
    return status, out.buffer.getvalue(), err.getvalue()  # type: ignore[attr-defined]


def broken(files: Files, args: Sequence[str] = (".",)) -> list[str]:
    """What mqdiag does on these files against its contract, in sentences; empty if nothing."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        return [*broken_report(files, args, folder), *broken_records(files, args, folder)]


def broken_report(files: Files, args: Sequence[str], folder: Path) -> Iterator[str]:
    status, out, err = answer(["analyze", *args, "-f", "json"], folder)
    if "defect of mqdiag" in err or "Traceback" in err:
        yield f"analyze: {err.splitlines()[-2]}\n{err}"
        return
    if status not in (0, 2):
        yield f"analyze: exit status {status}"
    if status == 2 and not out:
        if not err.strip():
            yield "analyze: exit status 2 in silence"
        return
    report = json.loads(out.decode("utf-8"))
    yield from (f"schema: {error.message[:200]}" for error in validator().iter_errors(report))
    yield from unaccounted(files, report)


def unaccounted(files: Files, report: dict[str, Any]) -> Iterator[str]:
    sources = {each["path"]: each for each in report["sources"]}
    noted = {each["path"] for each in report["notes"]}
    for name, data in files.items():
        if name not in sources and name not in noted and not any(path.startswith(f"{name}!") for path in sources):
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="damaged copies of every case")
    parser.add_argument("--seed", default="0", help="begin of every seed")
    parser.add_argument("--only", default="", help="a whole seed, to make one again")
    options = parser.parse_args()
    tried: Counter[str] = Counter()
    bad = 0
    for number in range(options.rounds):
        for case in all_cases():
            each = damaged(case, f"{options.seed}/{number}/{case.name}")
            if options.only and each.seed != options.only:
                continue
            tried.update(each.kinds)
            for problem in broken(each.files, each.args):
                bad += 1
                print(f"{each.seed} {'+'.join(each.kinds)}: {problem}", flush=True)
    print(f"tried {dict(sorted(tried.items()))}; {bad} problems")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
