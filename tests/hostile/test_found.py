"""What fuzzing and damaged cases found, each in small: it stays mended."""

from __future__ import annotations

import json
import shutil
import time
from io import BytesIO
from pathlib import Path

import pytest
from mutations import answer, damaged, wrong
from sample_cases import CASES, Case, all_cases, causes_and_confidences

from mqdiag import clock, score
from mqdiag.errors import MqdiagError
from mqdiag.interpret import interpret
from mqdiag.knowledge.own import with_rules
from mqdiag.parse import read
from mqdiag.render.json import load
from mqdiag.sources import Source

CASE = CASES / "harbour-d-server-cert-revoked"
LOG = (CASE / "client" / "AMQERR01.LOG").read_bytes()


@pytest.mark.parametrize("case", all_cases()[::4], ids=lambda each: each.name)
def test_every_file_is_there_twice(case: Case, tmp_path: Path) -> None:
    """A copy has the first and the last instant of its log; and it tells of nothing that the log does not tell."""
    for each in case.folder.rglob("*"):
        if each.is_file() and each.name != "case.toml":
            for place in (tmp_path / each.relative_to(case.folder), tmp_path / "copy" / each.relative_to(case.folder)):
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(each, place)
    status, out, err = answer(["analyze", *case.args, "-f", "json"], tmp_path)

    assert (status, err) == (0, "")
    certain = {cause for cause, confidence in causes_and_confidences(json.loads(out)) if confidence == "certain"}
    assert certain <= {cause for cause, _ in causes_and_confidences(json.loads(reported(case)))}


def reported(case: Case) -> bytes:
    return answer(["analyze", *case.args, "-f", "json"], case.folder)[1]


@pytest.mark.parametrize(
    "written", [b"CN=harb81.harbour.example.net,2.5.4.97=NTRAU-1,C=AU)", b"C:\\IBM\\.LOG AMQERR01.LOG)"]
)
@pytest.mark.parametrize("form", ["terminal", "json", "html"])
def test_what_looks_like_a_name_does_not_stop_a_redaction(tmp_path: Path, written: bytes, form: str) -> None:
    """2.5.4.97 is the type of an attribute and no address; .LOG is how a file ends and no file."""
    value = LOG.index(b"CommentInsert2(") + 15
    (tmp_path / "AMQERR01.LOG").write_bytes(LOG[:value] + written + LOG[LOG.index(b"\n", value) :])
    status, out, err = answer(["analyze", ".", "--redact", "-f", form], tmp_path)

    assert (status, err) == (0, "")
    assert b"harbour.example" not in out


def test_a_level_that_is_none_is_no_way_out_of_a_redacted_bundle(tmp_path: Path) -> None:
    (tmp_path / "AMQERR01.LOG").write_bytes(LOG.replace(b") QMgr(", b"\xec QMgr("))
    status, _, err = answer(["bundle", ".", "--redact", "-o", "x.zip"], tmp_path)

    assert (status, err) == (0, "")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("judge", "s1rver", "incidents[0].judge ('s1rver')"),
        ("confidence", 7, "incidents[0].confidence"),
        ("occurrences", True, "incidents[0].occurrences"),
        ("start", "yesterday", "incidents[0].start"),
        ("missing", "x", "incidents[0].missing"),
        ("certificate", {}, "incidents[0].certificate"),
        ("more", 1, "incidents[0].more"),
    ],
)
def test_a_saved_report_that_is_not_as_the_schema_says(tmp_path: Path, key: str, value: object, said: str) -> None:
    """It is refused with the place, and no renderer meets it."""
    report = json.loads(answer(["analyze", ".", "-f", "json"], CASE)[1])
    report["incidents"][0][key] = value
    (tmp_path / "r.json").write_text(json.dumps(report), encoding="utf-8")
    status, out, err = answer(["render", "r.json", "-f", "html"], tmp_path)

    assert (status, out) == (2, b"")
    assert said in err
    assert "defect" not in err


@pytest.mark.parametrize("text", ["[" * 100_000, '{"schema": "mqdiag/report/1", "x": NaN}', "{}", "[]", "", "1" * 5000])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(MqdiagError):
        load(text, "x")


@pytest.mark.parametrize("data", [b"\x97", b"a = " + b"[" * 100_000, b"\0", b"a = 1\na = 2"])
def test_rules_and_labels_in_any_bytes_are_refused_in_words(tmp_path: Path, data: bytes) -> None:
    for name in ("causes/own-cause.toml", "messages/own.toml", "notes.toml"):
        place = tmp_path / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(data)
        with pytest.raises(MqdiagError):
            with_rules(tmp_path)
        place.unlink()
    (tmp_path / "case.toml").write_bytes(data)
    with pytest.raises(MqdiagError):
        score.read(tmp_path / "case.toml")


@pytest.mark.parametrize("year", ["0001", "0025", "9999"])
def test_a_year_that_no_log_can_have_is_no_time(tmp_path: Path, year: str) -> None:
    """Near the first and the last year no zone can be reckoned with."""
    assert clock.utc(f"{year}-12-31T23:59:59.999Z") is None
    (tmp_path / "AMQERR01.LOG").write_bytes(LOG.replace(b"2023-05-16", f"{year}-12-31".encode()))
    status, out, err = answer(["analyze", ".", "--tz", "America/Santiago", "-f", "json", "--timeline"], tmp_path)

    assert (status, err) == (0, "")
    assert json.loads(out)["incidents"] != []


@pytest.mark.parametrize("run", [b" " * 2_000_000 + b"\0!", b"[" * 2_000_000 + b"\rx", b"-" * 2_000_000 + b"\r-"])
@pytest.mark.parametrize("place", [b"CommentInsert1(", b"AMQ9633E: "])
def test_a_run_costs_its_length(tmp_path: Path, run: bytes, place: bytes) -> None:
    """Of 20,000 blanks in an insert eleven seconds, of 10,000 brackets before a bare carriage return a half."""
    at = LOG.index(place) + len(place)
    (tmp_path / "AMQERR01.LOG").write_bytes(LOG[:at] + run + LOG[at:])
    begin = time.process_time()
    status, _, err = answer(["analyze", "."], tmp_path)

    assert (status, err) == (0, "")
    assert time.process_time() - begin < 30  # the square would take hours


def test_a_bundle_says_what_it_could_not_read(tmp_path: Path) -> None:
    (tmp_path / "AMQERR01.LOG").write_bytes(LOG)
    (tmp_path / "torn.gz").write_bytes(b"\x1f\x8b\x08\x00torn")
    status, _, err = answer(["bundle", ".", "-o", "x.zip"], tmp_path)

    assert status == 2
    assert err.startswith("I could not read torn.gz: ")


@pytest.mark.parametrize(
    ("end", "code"), [("\t... 7 more", None), ("The error was 7.", "x509:7"), ("The error was 7", None)]
)
def test_a_torn_explanation_has_no_code(end: str, code: str | None) -> None:
    """Another cause was certain, for 7 is a bad signature."""
    header = "04/08/25 23:12:43 - Process(1.1) User(a) Program(b)\n\nAMQ9633: Bad.\n\nEXPLANATION:\n"
    text = f"{header}A certificate is bad.\n{end}\n"
    reading = read(Source("x", "x", lambda: BytesIO(text.encode())))

    assert [str(each) for event in reading.events for each in interpret(event).codes] == ([code] if code else [])


def test_a_sentence_behind_a_pseudonym_is_no_name(tmp_path: Path) -> None:
    """Of the two halves of a record the certificate has an address and no serial: 'number of E=EMAIL-1 was revoked'."""
    each = damaged(next(c for c in all_cases() if c.name == "elm-server-cert-revoked-client-only"),
                   "0/12/elm-server-cert-revoked-client-only")  # fmt: skip

    assert list(wrong(each, [("analyze", "-f", "md", "--redact")])) == []
