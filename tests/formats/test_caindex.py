"""index.txt of an OpenSSL CA. Its shapes: samples/records/caindex."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import framed_alike

from mqdiag.formats.caindex import FORMAT, rfc3339
from mqdiag.frame import frame
from mqdiag.model import Certificate
from mqdiag.names import name, same_certificate

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "records" / "caindex"
DATA = b"".join(path.read_bytes() for path in sorted(SAMPLES.glob("*.txt")))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("230516074002Z", "2023-05-16T07:40:02Z"),
        ("491231235959Z", "2049-12-31T23:59:59Z"),
        ("500101000000Z", "1950-01-01T00:00:00Z"),
        ("20510510031500Z", "2051-05-10T03:15:00Z"),
    ],
)
def test_times_are_utc_with_their_century(written: str, expected: str) -> None:
    assert rfc3339(written) == expected


def test_there_is_no_such_day() -> None:
    with pytest.raises(ValueError, match="is no time"):
        rfc3339("331310031500Z")


def test_a_line_is_about_the_certificate_of_a_log_record() -> None:
    (record,) = frame(
        [b"R\t330510031500Z\t230516074002Z\t0A\tunknown\t/C=AU/O=Harbour Desk/CN=harb81.example.net\n"], FORMAT, "x"
    )
    event = FORMAT.parse(record, None)
    of_record = Certificate(name("CN=harb81.example.net,O=Harbour Desk,C=AU"), name("CN=ca,C=AU"), "0A")

    assert event.certificate
    assert same_certificate(event.certificate, of_record)
    assert event.stamp is None


@settings(deadline=None)
@given(begin=st.integers(0, len(DATA)), end=st.integers(0, len(DATA)), size=st.integers(1, 400))
def test_cut_anywhere(begin: int, end: int, size: int) -> None:
    """Whatever is left of an index, and however it arrives, gives the same records and does not raise."""
    framed_alike(FORMAT, DATA[begin:end], size)


@given(st.text(alphabet="VRE 0123456789Z\tunknow/C=,", max_size=80))
def test_nothing_else_raises(text: str) -> None:
    assert b"".join(each.data for each in frame([text.encode()], FORMAT, "x")) == text.encode()


def test_prose_is_not_claimed() -> None:
    assert FORMAT.looks_like((SAMPLES / "prose-about-it.txt").read_bytes(), "index.txt") == 0
