"""
Coverage-guided fuzzing of every reader: python tests/fuzz/readers.py TARGET [options of libFuzzer]

TARGET is a format by its module's name, or one of: sources, names, stamps, inserts, text. The corpus is the samples;
`--seconds N` runs every target for N seconds. With atheris installed (pip install atheris) mutations are guided by
coverage; without it a small driver of our own mutates the corpus at random, which finds less.
"""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

Target = Callable[[bytes], None]
MAX_BYTES = 6_000  # of one input


def targets() -> dict[str, Target]:
    """Every reader by name. A target raises where an invariant is broken."""
    from mqdiag.formats import all_formats

    own = {"sources": sources, "names": names, "stamps": stamps, "inserts": inserts, "text": text}
    return own | {type(each).__module__.rpartition(".")[2]: reader(each) for each in all_formats()}


def reader(format: object) -> Target:
    """Frame with this format, whatever the bytes are, and parse and interpret each of its records."""
    from mqdiag.formats._base import Format
    from mqdiag.frame import frame
    from mqdiag.interpret import interpret
    from mqdiag.parse import parsed

    assert isinstance(format, Format)

    def target(data: bytes) -> None:
        records = list(frame([data[:1000], data[1000:]], format, "x"))
        assert b"".join(each.data for each in records) == data
        events = [
            event for each in records if each.kind != "unparsed" for event, _ in [parsed(each, format, None)] if event
        ]
        for each in records:
            format.skim(each.data)
        for event in format.link(events):
            interpret(event)

    return target


def sources(data: bytes) -> None:
    """As a file of any kind: an archive, or a log that is read to its end."""
    from mqdiag.archives import expand
    from mqdiag.limits import Limits
    from mqdiag.model import Note
    from mqdiag.parse import read
    from mqdiag.sources import Source

    limits = Limits(members=20, unpacked_bytes=200_000, held_bytes=100_000, free_bytes=10_000)
    for each in expand("x", "x", lambda: io.BytesIO(data), len(data), limits):
        if isinstance(each, Note):
            continue
        reading = read(Source(each.path, each.location, each.open, limits=limits))
        assert 0 <= reading.unparsed_bytes <= reading.bytes
        assert each.path != "x" or reading.bytes == len(data) or reading.notes


def names(data: bytes) -> None:
    from mqdiag import names

    written = data.decode("utf-8", "surrogateescape")
    found = names.certificate(written)
    names.url(written)
    names.normal_serial(written)
    if found and (name := names.name(written)):
        assert names.same_name(name, name)


def stamps(data: bytes) -> None:
    from mqdiag import clock

    for written in data.decode("utf-8", "surrogateescape").splitlines():
        if (found := clock.read(written)) is not None:
            for order in found.orders:
                found.local(order)
        clock.utc(written)
        clock.zone(written)


def inserts(data: bytes) -> None:
    """The attributes and inserts of an error log's record, between a good header and a good message."""
    from mqdiag.formats.errorlog import FORMAT

    header, message = b"01/02/24 10:11:12 - Process(1.1) User(a) Program(b)\n", b"\nAMQ9999E: x\n\nEXPLANATION:\ny\n"
    reader(FORMAT)(header + data + message)


def text(data: bytes) -> None:
    from mqdiag.render._visible import UNSEEN, visible
    from mqdiag.text import decode, unwrap

    found = decode(data)
    if found.encoding in ("ascii", "utf-8", "cp1252"):  # others may hold U+FFFD, which they have no code for
        assert found.text.encode(found.encoding, "surrogateescape") == data
    assert not UNSEEN.search(visible(found.text))
    unwrap(found.text.split("\n"))


def corpus() -> list[bytes]:
    """The samples, cut where they are longer than an input may be."""
    files = [each for each in sorted((ROOT / "samples").rglob("*")) if each.is_file() and each.suffix != ".toml"]
    return [each.read_bytes()[:MAX_BYTES] for each in files]


# ---- driving ---------------------------------------------------------------------------------------------------


def guided(name: str, options: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["mqdiag"]):
        target = targets()[name]
    with tempfile.TemporaryDirectory() as made:
        found, seeds = Path(made, "found"), Path(made, "seeds")
        found.mkdir()
        seeds.mkdir()
        for number, data in enumerate(corpus()):
            (seeds / str(number)).write_bytes(data)
        atheris.Setup([name, *options, f"-max_len={MAX_BYTES}", str(found), str(seeds)], target)
        atheris.Fuzz()


def unguided(name: str, seconds: float, seed: int = 0) -> int:
    """Mutate the corpus at random for so long; how many inputs were tried."""
    target, rng, seeds, tried = targets()[name], random.Random(f"{name}{seed}"), corpus(), 0
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


def main() -> int:
    name, options = sys.argv[1], sys.argv[2:]
    if name == "--seconds":
        commands = {each: [sys.executable, __file__, each, f"-max_total_time={options[0]}"] for each in targets()}
        broken = [each for each, command in commands.items() if subprocess.run(command, check=False).returncode]
        print(f"{len(commands)} targets, {options[0]} s each; broken: {broken or 'none'}")
        return 1 if broken else 0
    try:
        import atheris  # noqa: F401
    except ImportError:
        limit = next((float(each.partition("=")[2]) for each in options if each.startswith("-max_total_time=")), 10)
        print(f"{name}: {unguided(name, limit)} inputs, not guided by coverage")
        return 0
    os.environ.setdefault("PYTHONHASHSEED", "0")
    guided(name, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
