"""The records that a report cites are those of the logs, read again by their spans."""

from __future__ import annotations

import zipfile
from contextlib import chdir
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sample_cases import Case, all_cases
from sample_reports import incident, origin, report

from mqdiag import excerpts, pipeline
from mqdiag.excerpts import MAX_RECORD_BYTES, chosen, cited
from mqdiag.model import Evidence, Report, Span
from mqdiag.text import decode

if TYPE_CHECKING:
    from pathlib import Path

SOME = [
    case
    for case in all_cases()
    if case.name in {"harbour-d-server-cert-revoked", "attic-disk-full", "relay-sixty-retries", "branch-listener-down"}
]


@pytest.mark.parametrize("case", SOME, ids=lambda each: each.name)
def test_cited_records_are_the_lines_that_the_evidence_names(case: Case) -> None:
    with chdir(case.folder):
        found = pipeline.analyze(pipeline.Options(paths=(".",)))
        raw = cited(found, ["."])
        spans = [each.span for made in found.incidents for each in made.evidence if each.event]

        assert spans
        for span in spans:
            lines = (case.folder / span.path).read_bytes().split(b"\n")[span.line - 1 : span.last_line]
            assert [line.rstrip("\r") for line in raw[span].split("\n")][: len(lines)] == [
                decode(b"\n".join(lines)).text.split("\n")[at].rstrip("\r") for at in range(len(lines))
            ][: len(raw[span].split("\n"))]


def citing(*spans: Span) -> Report:
    event = origin().event
    assert event
    evidence = tuple(Evidence("origin", "", span, "client", replace(event, span=span)) for span in spans)
    return report(replace(incident(), evidence=evidence))


def span(path: str, line: int, offset: int, length: int, lines: int = 1) -> Span:
    return Span(path, line, line + lines - 1, offset, length)


def test_records_of_an_archive_and_beyond_a_block(tmp_path: Path) -> None:
    data = b"".join(b"line %06d\n" % number for number in range(60_000))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("errors/AMQERR01.LOG", data)
    path = f"{tmp_path}/a.zip!errors/AMQERR01.LOG"
    spans = [span(path, number + 1, 12 * number, 24, 2) for number in (59_998, 0, 10_922)]

    assert cited(citing(*spans), [f"{tmp_path}/a.zip"]) == {
        each: f"line {each.line - 1:06}\nline {each.line:06}" for each in spans
    }


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_records_of_utf_16(encoding: str, tmp_path: Path) -> None:
    first, second = "\ufeff説明 1\r\n", "説明 2\r\n"
    path = f"{tmp_path}/a.LOG"
    (tmp_path / "a.LOG").write_bytes((first + second).encode(encoding))
    spans = (span(path, 1, 0, 14), span(path, 2, 14, 12))

    assert list(cited(citing(*spans), [path]).values()) == ["説明 1", "説明 2"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            "runmqakm -keydb -create -db key.kdb -pw Secret1 -stash",
            "runmqakm -keydb -create -db key.kdb -pw *** -stash",
        ),
        ("   KeyRepositoryPassword=Secret1", "   KeyRepositoryPassword=***"),
        ("javax.net.ssl.keyStorePassword: Secret1", "javax.net.ssl.keyStorePassword: ***"),
        ("AMQ9557E: no password was supplied", "AMQ9557E: no password was supplied"),
    ],
)
def test_passwords_are_masked(line: str, shown: str, tmp_path: Path) -> None:
    path = f"{tmp_path}/a.LOG"
    (tmp_path / "a.LOG").write_text(line + "\n")
    cited_span = span(path, 1, 0, len(line) + 1)

    assert cited(citing(cited_span), [path]) == {cited_span: shown}


def test_a_long_record_is_cut_at_a_line(tmp_path: Path) -> None:
    data = b"0123456789\n" * 5_000
    path = f"{tmp_path}/a.FDC"
    (tmp_path / "a.FDC").write_bytes(data)
    text = cited(citing(span(path, 1, 0, len(data), 5_000)), [path]).popitem()[1]

    assert MAX_RECORD_BYTES - 11 <= len(text) <= MAX_RECORD_BYTES
    assert set(text.split("\n")) == {"0123456789"}


def test_of_very_much_each_incident_shows_its_first_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excerpts, "MAX_BYTES", 250)
    both = [citing(*(span(f"{name}.LOG", n, 100 * n, 100) for n in (1, 2))).incidents[0] for name in ("a", "b")]

    assert [each.path for each in chosen(report(*both))] == ["a.LOG", "b.LOG"]


def test_what_is_gone_is_left_out(tmp_path: Path) -> None:
    path = f"{tmp_path}/a.LOG"

    assert cited(citing(span(path, 1, 0, 10)), [path]) == {}
    assert cited(report(), [path]) == {}
