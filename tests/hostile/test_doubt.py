"""A report on input that was hardly understood says so, and its verdicts are less sure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mutations import answer
from sample_cases import CASES

from mqdiag.classify.doubt import poorly_understood
from mqdiag.limits import Limits, in_words, number
from mqdiag.model import SourceReport

CASE = CASES / "harbour-d-server-cert-revoked"
NOISE = b"\x81\x42 lost in transfer \x00\x07\n" * 2000


def report(folder: Path, noise: bytes) -> dict[str, object]:
    (folder / "AMQERR01.LOG").write_bytes(noise + (CASE / "client" / "AMQERR01.LOG").read_bytes())
    status, out, _ = answer(["analyze", ".", "-f", "json"], folder)
    assert status == 0
    return json.loads(out)  # type: ignore[no-any-return]


def test_a_verdict_on_a_source_hardly_understood_is_less_sure(tmp_path: Path) -> None:
    clear, unclear = report(tmp_path, b""), report(tmp_path, NOISE)
    before, after = clear["incidents"][0], unclear["incidents"][0]  # type: ignore[index]

    assert (before["cause"], before["confidence"]) == ("certificate-revoked", "certain")
    assert (after["cause"], after["confidence"]) == ("certificate-revoked", "probable")
    assert after["missing"][-1].startswith("Only ")
    assert [note["path"] for note in unclear["notes"] if note["code"] == "poorly-understood"] == ["AMQERR01.LOG"]  # type: ignore[attr-defined]
    assert "poorly-understood" not in {note["code"] for note in clear["notes"]}  # type: ignore[attr-defined]


@pytest.mark.parametrize(("unparsed", "size", "kind", "is_poor"), [
    (6000, 10000, "amqerr", True), (5000, 10000, "amqerr", False), (10000, 10000, "unknown", False),
    (900, 1000, "amqerr", False),
])  # fmt: skip
def test_poorly_understood(unparsed: int, size: int, kind: str, is_poor: bool) -> None:
    source = SourceReport("x", kind, None, None, None, None, size, 1, unparsed)  # type: ignore[arg-type]

    assert ("x" in poorly_understood([source], Limits().understood)) is is_poor


@pytest.mark.parametrize(("text", "value"), [
    ("20000", 20000), ("512K", 512 * 1024), ("2g", 2 * 1024**3), ("0", None), ("", None), ("K", None), ("-1", None),
    ("1.5M", None),
    ("²", None), ("9" * 20, None), ("1T", None),
])  # fmt: skip
def test_numbers_of_limits(text: str, value: int | None) -> None:
    assert number(text) == value


def test_sizes_in_words() -> None:
    assert [in_words(each) for each in (64 * 1024**3, 16 * 1024**2, 1024, 1500)] == [
        "64 GiB",
        "16 MiB",
        "1 KiB",
        "1500 bytes",
    ]


def test_a_limit_that_is_none(tmp_path: Path) -> None:
    status, _, err = answer(["analyze", ".", "--max-members", "many"], tmp_path)

    assert status == 2
    assert "--max-members" in err
