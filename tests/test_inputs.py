"""
What goes in comes out: every byte is accounted for, spans rebuild the file, and neither the order of the paths nor
the way the bytes arrive nor what they are packed in changes what is found.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import random
import re
import subprocess
import sys
import tarfile
import zipfile
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_cases import ROOT, Case, all_cases, inputs
from test_records import RECORDS, SAMPLES

from mqdiag.cli import run
from mqdiag.formats import all_formats
from mqdiag.frame import frame
from mqdiag.parse import framed, parsed, read
from mqdiag.sources import Source
from mqdiag.text import decode

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = sorted({*SAMPLES, *(path for case in all_cases() for path in inputs(case))})


def source(data: bytes, name: str = "x.log") -> Source:
    return Source(name, name, lambda: io.BytesIO(data))


def printed(*args: str, stdin: bytes | None = None) -> str:
    """What a command of mqdiag prints; with `stdin` as a process of its own."""
    if stdin is not None:
        command = [sys.executable, "-m", "mqdiag", *args]
        return subprocess.run(command, input=stdin, stdout=subprocess.PIPE, check=False).stdout.decode("utf-8")
    out = io.StringIO()
    with redirect_stdout(out):
        run(list(args))
    return out.getvalue()


def name(path: Path) -> str:
    return os.fspath(path.relative_to(ROOT / "samples"))


# ---- accounting --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=name)
def test_bytes_are_those_of_records_and_of_what_was_not_understood(path: Path) -> None:
    """Of every sample: the bytes of its records and its unparsed bytes add up to its size, blank lines aside."""
    data = path.read_bytes()
    reading = read(source(data, path.name))
    understood = blank = 0
    for record, format in framed(source(data, path.name)):
        if format and parsed(record, format, None)[0]:
            understood += record.span.length
        elif not format and not record.data.strip(b" \t\r\n\xef\xbb\xbf"):
            blank += record.span.length

    assert reading.bytes == len(data)
    assert understood + blank + reading.unparsed_bytes == len(data)


@pytest.mark.parametrize("path", SAMPLES, ids=name)
def test_spans_rebuild_the_file(path: Path) -> None:
    """The stretches that `mqdiag records` prints follow each other and are the whole file, in whatever encoding."""
    data = path.read_bytes()
    with chdir(path.parent):
        lines = [json.loads(line) for line in printed("records", path.name).splitlines()]
    rebuilt = b"".join(data[each["offset"] : each["offset"] + each["length"]] for each in lines)

    assert rebuilt == data
    assert [each["offset"] for each in lines] == [
        sum(each["length"] for each in lines[:place]) for place in range(len(lines))
    ]


def test_what_was_not_understood_is_named_with_its_place_and_what_was_expected() -> None:
    """A note gives lines, bytes and what the grammar wanted there; what follows is read all the same."""
    whole = b'{"ibm_messageId":"AMQ9999E","type":"mq_log","message":"AMQ9999E: x"}\n'
    reading = read(source(whole + b'{"ibm_messageId":"AMQ9999E",\n' + whole, "AMQERR01.json"))

    assert reading.records == 2
    assert [(each.code, each.line) for each in reading.notes] == [("unparsed", 2)]
    assert "29 bytes" in reading.notes[0].text
    assert "cut off" in reading.notes[0].text


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(max_size=300), mark=st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b'{"log":"'])
)
def test_any_bytes_join_again(data: bytes, mark: bytes) -> None:
    """Whatever the bytes and whatever form they seem to be in, the spans cover them without gap or overlap."""
    end = 0
    for record, _ in framed(source(mark + data)):
        assert record.span.offset == end
        end += record.span.length
    assert end == len(mark + data)


@settings(max_examples=300)
@given(st.binary(max_size=60) | st.binary(max_size=20).map(lambda each: b"\x1b$B" + each))
def test_decoding_never_fails(data: bytes) -> None:
    assert isinstance(decode(data).text, str)


# ---- the same from wherever it comes -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [c for c in all_cases() if len(inputs(c)) > 1], ids=lambda each: each.name)
def test_the_order_of_the_paths_changes_nothing(case: Case) -> None:
    """The files of a case one by one, in any order, give the same bytes of JSON."""
    paths = [os.fspath(each.relative_to(case.folder)) for each in inputs(case)]
    shuffled = random.Random(case.name).sample(paths, len(paths))
    if shuffled == paths:
        shuffled.reverse()
    with chdir(case.folder):
        assert printed("analyze", *shuffled, "-f", "json") == printed("analyze", *paths, "-f", "json")


STANDARD_INPUT = (
    "errorlog/all-attributes-9.4.log",
    "errorlog/utf16.log",
    "application/node.log",
    "jsonlog/one-object-a-line.jsonl",
    "syslog/docker-json-file.jsonl",
    "ffst/dates-in-all-forms.txt",
    "transcript/one-connects-one-fails.txt",
)


@pytest.mark.parametrize("sample", STANDARD_INPUT)
@pytest.mark.parametrize("command", ["records", "analyze"])
def test_standard_input_is_read_as_a_file_is(sample: str, command: str, tmp_path: Path) -> None:
    """The same bytes give the same result, but for the path; `records` reads them twice."""
    data = (RECORDS / sample).read_bytes()
    (tmp_path / "x.log").write_bytes(data)
    options = () if command == "records" else ("-f", "json")
    with chdir(tmp_path):
        as_file = printed(command, "x.log", *options)
    as_input = printed(command, "-", *options, stdin=data)

    assert as_file.count("\n") > 0
    assert without_path(as_input) == without_path(as_file)


def without_path(text: str) -> str:
    """What a command printed without the path, and without the ids of incidents, which are made of it."""
    return re.sub(r'"id": "[^"]*"|"-|"x\.log|- (?=prints local)|x\.log (?=prints local)|--tz \S+', "", text)


def zipped(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in sorted(folder.rglob("*")):
            if each.is_file():
                archive.write(each, each.relative_to(folder))


def tarred(mode: str) -> Callable[[Path, Path], None]:
    def pack(folder: Path, target: Path) -> None:
        with tarfile.open(target, mode) as archive:  # type: ignore[call-overload]
            archive.add(folder, ".")

    return pack


def nested(folder: Path, target: Path) -> None:
    inner = target.with_name("inner.tar.gz")
    tarred("w:gz")(folder, inner)
    with zipfile.ZipFile(target, "w") as archive:
        archive.write(inner, "yard/inner.tar.gz")
    inner.unlink()


def singly(compress: Callable[[bytes], bytes], suffix: str) -> Callable[[Path, Path], None]:
    """Every file compressed for itself, as logrotate does."""

    def pack(folder: Path, target: Path) -> None:
        for each in sorted(folder.rglob("*")):
            if each.is_file():
                place = target / (os.fspath(each.relative_to(folder)) + suffix)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(compress(each.read_bytes()))

    return pack


PACKINGS: dict[str, Callable[[Path, Path], None]] = {
    "zip": zipped,
    "tar": tarred("w"),
    "tar.gz": tarred("w:gz"),
    "tar.bz2": tarred("w:bz2"),
    "tar.xz": tarred("w:xz"),
    "tar.gz in zip": nested,
    "files in gz": singly(gzip.compress, ".gz"),
    "files in bz2": singly(bz2.compress, ".bz2"),
    "files in xz": singly(lzma.compress, ".xz"),
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_packed_files_give_the_same_verdict(packing: str, tmp_path: Path) -> None:
    """A folder of logs and every way of packing it hold the same records, sides and incidents."""
    folder = ROOT / "samples" / "cases" / "payroll-ciphers-differ"
    target = tmp_path / "packed"
    PACKINGS[packing](folder, target)
    plain = json.loads(printed("analyze", os.fspath(folder), "-f", "json"))
    packed = json.loads(printed("analyze", os.fspath(target), "-f", "json"))

    assert told(packed) == told(plain)


def told(report: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    return (
        [(each["records"], each["side"], each["bytes"]) for each in report["sources"]],
        [(each["cause"], each["confidence"], each["judge"], each["start"]) for each in report["incidents"]],
    )


# ---- what begins late ----------------------------------------------------------------------------------------------

QUIET = b"".join(
    b"2024-09-18 08:%02d:%02d,000 INFO all is well in the yard\n" % divmod(n % 3600, 60) for n in range(9000)
)
FAILURE = (
    b"2024-09-18 09:30:00,508 ERROR connect failed\n"
    b"com.ibm.mq.MQException: JMSCMQ0001: IBM MQ call failed with compcode '2' ('MQCC_FAILED') reason '2397'\n"
)


def test_the_first_failure_of_an_application_may_stand_far_below_the_head() -> None:
    """Entries without any sign of MQ for half a megabyte, then a failure: its record is found."""
    data = QUIET + FAILURE + QUIET
    reading = read(source(data))

    assert len(QUIET) > 400_000
    assert reading.kind == "java-exception"
    assert [each.reason_code for each in reading.events if each.reason_code] == [2397]
    assert reading.bytes == len(data)


def test_a_failure_may_stand_far_below_the_beginning_of_a_gap() -> None:
    """A file that begins as an error log and goes on as another program's log is read as both."""
    record = (RECORDS / "errorlog" / "all-attributes-9.4.log").read_bytes()
    reading = read(source(record + QUIET[:200_000] + FAILURE))

    assert reading.kind == "amqerr"
    assert [each.reason_code for each in reading.events if each.kind == "java-exception" and each.reason_code] == [2397]


@settings(max_examples=8, deadline=None)
@given(sizes=st.lists(st.integers(100, 90_000), min_size=1, max_size=6))
def test_blocks_change_nothing_of_what_begins_late(sizes: list[int]) -> None:
    """A pipe gives the bytes in any pieces."""
    data = QUIET + FAILURE + QUIET[:5000]

    class Pieces(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            sizes.append(sizes.pop(0))
            return super().read(min(sizes[0], size or 0))

    reading = read(Source("x.log", "x.log", lambda: Pieces(data)))

    assert [each.reason_code for each in reading.events if each.reason_code] == [2397]
    assert reading.bytes == len(data)


# ---- what is promised ----------------------------------------------------------------------------------------------


def test_every_line_of_the_list_has_its_sample() -> None:
    """samples/records/README.md names a sample for every shape; each is there, and none is left out of it."""
    page = (RECORDS / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:cases|tests|[a-z]+)/[A-Za-z0-9._-]+)`", page))
    places = {
        each: (ROOT if each.startswith("tests/") else ROOT / "samples" if "cases/" in each else RECORDS) / each
        for each in named
    }

    assert [each for each, place in sorted(places.items()) if not place.exists()] == []
    assert {os.fspath(each.relative_to(RECORDS)) for each in SAMPLES if each.parent.name == "errorlog"} - named <= {
        "errorlog/one-line-long.log"
    }


def test_a_log_is_of_the_queue_manager_whose_folder_it_is_in() -> None:
    """Before 7.1 records do not name the queue manager; MQ writes ! for the point in the name of its folder."""
    data = (RECORDS / "errorlog" / "level-6-0-header-alone.log").read_bytes()
    found = read(source(data, "logs.zip!var/mqm/qmgrs/YARD!QM/errors/AMQERR01.LOG"))
    system = read(source(data, "var/mqm/qmgrs/@SYSTEM/errors/AMQERR01.LOG"))

    assert [each.queue_manager for each in found.events] == ["YARD.QM"]
    assert [each.queue_manager for each in system.events] == [None]


def test_standard_input_may_be_an_archive() -> None:
    """`tar cz . | mqdiag analyze` reads what is inside, with the paths of the archive."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(ROOT / "samples" / "cases" / "payroll-ciphers-differ", ".")
    report = json.loads(printed("analyze", "-", "-f", "json", stdin=packed.getvalue()))

    assert [each["path"] for each in report["sources"]] == [
        "-!case.toml",
        "-!client/AMQERR01.LOG",
        "-!server/AMQERR01.LOG",
    ]
    assert [each["cause"] for each in report["incidents"]] == ["cipherspec-mismatch"]


def test_ffst_rows_are_in_time_order_whatever_file_they_are_in() -> None:
    """A zone printed beside the time, or known from elsewhere, makes an instant."""
    page = printed("ffst", os.fspath(RECORDS / "ffst"), os.fspath(RECORDS / "ffstsummary"))
    times = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", page.partition("By probe id")[0])

    assert len(times) > 20
    assert times == sorted(times)


def test_ffst_rows_without_instant_are_in_the_order_of_their_own_time() -> None:
    names = ("level-thread-and-errors-on-two-lines.txt", "installation-without-zone.txt")
    page = printed("ffst", *(os.fspath(RECORDS / "ffstsummary" / each) for each in names))
    rows = re.findall(r"(\d{4}/\d\d/\d\d) \S+ \(as written\)", page.partition("By probe id")[0])

    assert rows == ["2024/07/04", "2024/11/30"]


@pytest.mark.parametrize("size", [1, 7, 100, 4096])
def test_block_sizes_change_nothing_for_any_format_that_knows_a_sample(size: int) -> None:
    """Also for the formats that are asked only where others left a gap: records are the same in any pieces."""
    for path in SAMPLES:
        data = path.read_bytes()
        if len(data) > 20_000:
            continue
        pieces = [data[place : place + size] for place in range(0, len(data), size)]
        for each in all_formats():
            if each.looks_like(data, path.name):
                assert list(frame(pieces, each, path.name)) == list(frame([data], each, path.name)), (path, each)
