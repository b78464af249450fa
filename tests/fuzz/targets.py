"""
What is fuzzed: every reader of something that mqdiag did not write itself, as a function of bytes.

A target raises where an invariant is broken; that a reader refuses its input in words (MqdiagError) is no break.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = Path(__file__).resolve().parent / "corpus"

Target = Callable[[bytes], None]
MAX_BYTES = 6_000  # of one input


@cache
def targets() -> dict[str, Target]:
    """Every reader by name: those of this module, and every format."""
    from mqdiag.formats import all_formats

    return OWN | {type(each).__module__.rpartition(".")[2]: reader(each) for each in all_formats()}


def corpus(name: str = "") -> list[bytes]:
    """The files of corpus/<name>, or the samples, cut where they are longer than an input may be."""
    place = CORPUS / name if name and (CORPUS / name).is_dir() else ROOT / "samples"
    files = [each for each in sorted(place.rglob("*")) if each.is_file() and each.name != "case.toml"]
    return [each.read_bytes()[:MAX_BYTES] for each in files]


# ---- formats ---------------------------------------------------------------------------------------------------


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


def inserts(data: bytes) -> None:
    """The attributes and inserts of an error log's record, between a good header and a good message."""
    from mqdiag.formats.errorlog import FORMAT

    header, message = b"01/02/24 10:11:12 - Process(1.1) User(a) Program(b)\n", b"\nAMQ9999E: x\n\nEXPLANATION:\ny\n"
    reader(FORMAT)(header + data + message)


# ---- sources ---------------------------------------------------------------------------------------------------


def sources(data: bytes) -> None:
    """As a file of any kind: an archive, or a log that is read to its end."""
    from mqdiag.archives import expand
    from mqdiag.limits import Limits
    from mqdiag.model import Note
    from mqdiag.parse import read
    from mqdiag.sources import Source

    limits = Limits(members=20, unpacked_bytes=200_000, held_bytes=100_000, free_bytes=10_000)

    def opener() -> io.BytesIO:
        return io.BytesIO(data)

    for each in expand("x", "x", opener, len(data), limits):
        if isinstance(each, Note):
            continue
        reading = read(Source(each.path, each.location, each.open, limits=limits))
        assert 0 <= reading.unparsed_bytes <= reading.bytes
        assert each.open is not opener or reading.bytes == len(data)


def archives(data: bytes) -> None:
    """Damaged archives; the corpus holds one of every kind."""
    sources(data)


def packed(data: bytes) -> None:
    """An archive with good checksums around the bytes: the first ones say which kind, what is damaged, what names."""
    kind, places, name, content = data[:1], data[1:5], data[5:25], data[25:]
    try:
        whole = bytearray(pack(kind[0] % 7 if kind else 0, name.decode("utf-8", "surrogateescape") or "x", content))
    except (ValueError, IndexError):  # no archive can hold that name
        return
    if places[:1] > b"\x7f":
        for place in places:
            whole[place * len(whole) // 256] ^= place | 1
    sources(bytes(whole))


def pack(kind: int, name: str, content: bytes) -> bytes:
    match kind:
        case 0:
            return gzip.compress(content, 1)
        case 1:
            return bz2.compress(content, 1)
        case 2:
            return lzma.compress(content, preset=0)
        case 3:
            return zipped(name, content)
        case 4:
            return zipped(name, zipped("in", gzip.compress(content, 1)))
        case 5:
            return tarred(name, content)
    return gzip.compress(tarred(name, zipped("in", content)), 1)


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        archive.writestr("b.LOG", content[:100])
    return out.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for each, part in ((name, content), ("b.LOG", content[:100])):
            member = tarfile.TarInfo(each)
            member.size = len(part)
            archive.addfile(member, io.BytesIO(part))
    return out.getvalue()


def growing(data: bytes) -> None:
    """A log that arrives in pieces, for `follow`: every byte is accounted for, and what is said is told of it."""
    from mqdiag.follow.inputs import Opened
    from mqdiag.follow.stream import Stream

    stream = Stream(Opened(1, "x"), None)
    step = data[0] * 8 + 1 if data else 1
    for now, begin in enumerate(range(0, len(data), step)):
        stream.feed(data[begin : begin + step], now)
        if stream.due() is not None:
            stream.look(now + 0.5)
    stream.close(len(data))
    assert stream.wide or stream.reading.bytes == len(data)


def report(data: bytes) -> None:
    """All the way: the bytes are a log, the report is written in every form, redacted too, and read again."""
    from mqdiag import pipeline
    from mqdiag.errors import MqdiagError
    from mqdiag.render import Screen, formats, render, report_page
    from mqdiag.render.json import load

    with tempfile.TemporaryDirectory() as made:
        place = Path(made, "AMQERR01.LOG")
        place.write_bytes(data)
        try:
            analysis = pipeline.analysis(pipeline.Options(paths=(str(place),), jobs=1))
        except MqdiagError:
            return
    page = report_page(analysis.report)
    texts = {each: render(page, each, Screen(80)) for each in formats()}
    assert all(each.encode("utf-8") for each in texts.values())
    assert render(report_page(load(texts["json"], "x")), "json", Screen(80)) == texts["json"]
    redactor = pipeline.redacted(analysis, None)
    shown = report_page(redactor.report(analysis.report))
    for each in formats():
        redactor.check(render(shown, each, Screen(80)), each)  # MqdiagError where a name is left


# ---- what is in a text -----------------------------------------------------------------------------------------


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


def text(data: bytes) -> None:
    from mqdiag.render._visible import UNSEEN, visible
    from mqdiag.text import decode, unwrap

    found = decode(data)
    exact = found.encoding in ("ascii", "utf-8", "cp1252")
    assert not exact or found.text.encode(found.encoding, "surrogateescape") == data
    assert not UNSEEN.search(visible(found.text))
    unwrap(found.text.split("\n"))


def redaction(data: bytes) -> None:
    """What is redacted holds nothing of what was found, and what is found stands where it is said to."""
    from mqdiag.model import Report
    from mqdiag.passwords import masked
    from mqdiag.redact import redactor
    from mqdiag.redact.patterns import found

    written = data.decode("utf-8", "replace")
    for in_log in (True, False):
        for each in found(written, in_log=in_log):
            assert written[each.begin : each.end] == each.value
    masked(written)
    made = redactor(Report("0", (), (), (), ()), [], texts=[written])
    made.check(made.text(written), "x")


# ---- what users write ------------------------------------------------------------------------------------------


def saved(data: bytes) -> None:
    """A saved report, for `render`: refused in words, or written in every form."""
    from mqdiag.errors import MqdiagError
    from mqdiag.render import Screen, formats, render, report_page
    from mqdiag.render.json import load

    with suppress(MqdiagError):
        loaded = load(data.decode("utf-8", "replace"), "x")
        for each in formats():
            render(report_page(loaded), each, Screen(80))


def rules(data: bytes) -> None:
    """A site's own rules; the first byte says what file it is."""
    from mqdiag.errors import MqdiagError
    from mqdiag.knowledge.own import with_rules

    name = ("causes/own-cause.toml", "messages/own.toml", "notes.toml")[data[0] % 3 if data else 0]
    with tempfile.TemporaryDirectory() as made:
        place = Path(made, name)
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(data[1:])
        with suppress(MqdiagError):
            with_rules(Path(made))


def label(data: bytes) -> None:
    """The label of a case, for `score`."""
    from mqdiag import score
    from mqdiag.errors import MqdiagError

    with tempfile.TemporaryDirectory() as made:
        place = Path(made, ("case.toml", "truth.json")[data[0] % 2 if data else 0])
        place.write_bytes(data[1:])
        with suppress(MqdiagError):
            score.read(place)


def asked(data: bytes) -> None:
    """What somebody asks `explain`, and numbers, zones and times of options."""
    from mqdiag import clock, explain, limits, pipeline
    from mqdiag.errors import MqdiagError
    from mqdiag.render import Screen, render

    for written in data.decode("utf-8", "surrogateescape").splitlines()[:20]:
        page = explain.explanation_page([explain.explain(written)])
        render(page, "terminal", Screen(80))
        render(page, "json", Screen(80))
        limits.number(written)
        clock.zone(written)
        with suppress(MqdiagError):
            pipeline.instant(written, "--since")


OWN: dict[str, Target] = {
    each.__name__: each
    for each in (
        sources, archives, packed, growing, report, names, stamps, inserts, text, redaction, saved, rules, label, asked,
    )
}  # fmt: skip
