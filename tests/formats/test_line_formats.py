"""What holds for all formats of other people's logs: which files are theirs, and that no text upsets them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import UnexpectedInput
from sample_cases import CASES, ROOT

from mqdiag.formats import application, choose, console, jsonlog, syslog, undated, zosjoblog
from mqdiag.frame import frame
from mqdiag.model import Record, Span

if TYPE_CHECKING:
    from mqdiag.formats._base import Format
    from mqdiag.model import Event

FORMATS: dict[str, Format] = {
    "application": application.FORMAT,
    "console": console.FORMAT,
    "jsonlog": jsonlog.FORMAT,
    "syslog": syslog.FORMAT,
    "undated": undated.FORMAT,
    "zosjoblog": zosjoblog.FORMAT,
}
RECORDS = ROOT / "samples" / "records"
SAMPLES = {
    path.relative_to(RECORDS).as_posix(): path.read_bytes()
    for folder in ("application", "console", "jsonlog", "syslog", "zosjoblog")
    for path in sorted((RECORDS / folder).iterdir())
    if path.suffix not in (".json", ".md") or path.name == "prose-about-it.md"
}
OURS = {
    "booking-signer-missing/AMQERR01.json": jsonlog.FORMAT,
    "booking-signer-missing/web.log": application.FORMAT,
    "claims-blocked-by-rule/client/claims.log": application.FORMAT,
    "freight-responder-does-not-know/freightd.log": application.FORMAT,
    "ledger-peer-name-on-zos/zos/QMZ1CHIN.txt": zosjoblog.FORMAT,
    "orders-stash-file-unreadable/client/app.log": application.FORMAT,
    "parcel-wrong-port/ticket-48213.md": application.FORMAT,  # quotes the log of a pod
    "orders-stash-file-unreadable/server/qmgr-stdout.log": console.FORMAT,
}


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_files_are_ours(name: str) -> None:
    assert choose((CASES / name).read_bytes(), name) is OURS[name]


def test_no_other_file_is_ours() -> None:
    """MQ's text logs, FFSTs, transcripts, indexes, and texts about a case that name ids and codes of it."""
    for path in sorted(CASES.rglob("*")):
        name = path.relative_to(CASES).as_posix()
        # the cases that came later hold more kinds of log; these are the ones named above and their neighbours
        if path.is_file() and name not in OURS and path.suffix in (".LOG", ".FDC", ".toml", ".md"):
            data = path.read_bytes()
            assert [each for each, format in FORMATS.items() if format.looks_like(data, name)] == [], name


@pytest.mark.parametrize("name", sorted(name for name in SAMPLES if "prose" in name))
def test_prose_is_nobodys(name: str) -> None:
    """Ids and codes in sentences, lists, tables and somebody else's JSON are no records."""
    assert [each for each, format in FORMATS.items() if format.looks_like(SAMPLES[name], name)] == []


def parse(format: Format, record: Record) -> Event | None:
    try:
        return format.parse(record, None)
    except (UnexpectedInput, ValueError):  # parse.py makes an unparsed record of it
        return None


@settings(max_examples=200, deadline=None)
@given(
    format=st.sampled_from(sorted(FORMATS)),
    sample=st.sampled_from(sorted(SAMPLES)),
    ends=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    junk=st.binary(max_size=20),
    sizes=st.lists(st.integers(1, 700), min_size=1, max_size=8),
)
def test_cut_and_damaged_anywhere(
    format: str, sample: str, ends: tuple[float, float], junk: bytes, sizes: list[int]
) -> None:
    """Any part of any log, with rubbish amid it and in blocks of any size, is framed without loss and never raises."""
    whole = SAMPLES[sample]
    begin, end = sorted(round(len(whole) * each) for each in ends)
    middle = (begin + end) // 2
    data = whole[begin:middle] + junk + whole[middle:end]
    records = list(frame([data], FORMATS[format], "x"))
    in_blocks = list(frame(blocks(data, sizes), FORMATS[format], "x"))

    assert b"".join(each.data for each in records) == data
    assert in_blocks == records
    for record in records:
        FORMATS[format].skim(record.data)
        if record.kind != "unparsed":
            parse(FORMATS[format], record)


def blocks(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, at = [], 0
    while at < len(data):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(data[at : at + size])
        at += size
    return pieces


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize(
    "unit",
    [
        b"[",
        b"1" * 100,
        b" " * 100,
        b"CC=2;RC=2397;AMQ9204: x [1=a.b[",
        b"CC=2;RC=2397;AMQ92 [1=a\n",
        b" [CommentInsert1(",
        b'{"ibm_a":',
        b'{\n  "ibm_a": 1,\n',
        b"2024-09-18T08:15:01.200+02:00 ",
        b"2024-09-18T08:15:01.200Z AMQ9999E: x\n",
        b" 09.41.17 STC03144  +CSQX636E +QMZ1 CSQXRESP channel\n",
        b"Traceback (most recent call last):\n  File\n",
        b"a.b.c.d.e.",
        b"MQCONNX failed ",
        b"MQSERVER=",
    ],
)
def test_hostile_text_takes_time_in_proportion(name: str, unit: bytes) -> None:
    """Four times as much text takes about four times as long, also where it only begins to look like a record."""
    assert seconds(FORMATS[name], unit, 40_000) < 12 * seconds(FORMATS[name], unit, 10_000) + 0.5


def seconds(format: Format, unit: bytes, size: int) -> float:
    data = unit * (size // len(unit))
    begin = time.perf_counter()
    format.looks_like(data, "x")
    for record in list(frame([data], format, "x"))[:20]:
        parse(format, record)
    parse(format, Record(format.kind, Span("x", 1, 1, 0, len(data)), data))
    return time.perf_counter() - begin
