"""A report on input that was hardly understood says so, and its verdicts are less sure."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from mutations import answer
from sample_cases import CASES
from sample_events import incident, record, span

from mqdiag.classify.doubt import doubted, notes, poorly_understood
from mqdiag.limits import Limits, in_words, number
from mqdiag.model import Confidence, SourceReport

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


# ---- one verdict and its sources -------------------------------------------------------------------------------


def source(unparsed: int, size: int = 10_000) -> SourceReport:
    return SourceReport("x", "amqerr", None, None, None, None, size, 1, unparsed)


@pytest.mark.parametrize(("unparsed", "share"), [(7_600, "24%"), (10_000, "0%"), (5_100, "49%")])
def test_the_share_that_was_understood_is_told(unparsed: int, share: str) -> None:
    (note,) = notes(poorly_understood([source(unparsed)], 0.5))

    assert (note.code, note.path, note.line) == ("poorly-understood", "x", None)
    assert note.text == (
        f"Only {share} of this source was understood: verdicts that rest on it alone are one step less sure."
    )


@pytest.mark.parametrize(("size", "is_poor"), [(4096, True), (4095, False)])
def test_a_short_paste_is_no_damaged_log(size: int, is_poor: bool) -> None:
    assert bool(poorly_understood([source(size, size)], 0.5)) is is_poor


ONE = record("9637", side="server")
ECHO = replace(record("9665", side="client"), span=span("client.log"))


@pytest.mark.parametrize(
    ("shares", "is_doubted"),
    [
        ({"AMQERR01.LOG": 0.25}, True),
        ({"client.log": 0.25}, False),
        ({"AMQERR01.LOG": 0.25, "client.log": 0.1, "other.log": 0.2}, True),
        ({}, False),
    ],
)
def test_a_verdict_stands_on_the_records_of_the_end_that_decided(shares: dict[str, float], is_doubted: bool) -> None:
    sure = replace(incident(ONE, ECHO), confidence="certain")
    found = doubted(sure, shares)

    assert (found.confidence == "probable") is is_doubted
    assert found.missing[len(sure.missing) :] == (
        (
            "Only 25% of AMQERR01.LOG was understood, so records that say otherwise may have been missed: get the file "
            "again, in binary, or name its encoding with --encoding.",
        )
        if is_doubted
        else ()
    )
    assert found.missing[: len(sure.missing)] == sure.missing


@pytest.mark.parametrize(
    ("before", "after"), [("certain", "probable"), ("probable", "possible"), ("possible", "possible")]
)
def test_doubt_is_one_step(before: Confidence, after: Confidence) -> None:
    assert doubted(replace(incident(ONE), confidence=before), {"AMQERR01.LOG": 0.4}).confidence == after


def test_an_echo_alone_carries_a_verdict_together_with_all_else() -> None:
    """No record of the end that decided: the verdict stands on all that is cited, so all of it must be unclear."""
    second = replace(ECHO, span=span("app.log"))
    found = incident(ECHO, second)

    assert {each.role for each in found.evidence} == {"echo"}
    assert doubted(found, {"client.log": 0.4}) == found
    assert len(doubted(found, {"client.log": 0.4, "app.log": 0.3}).missing) == len(found.missing) + 2


def test_what_cites_no_record_is_not_doubted() -> None:
    bare = replace(incident(ONE), evidence=())

    assert doubted(bare, {"AMQERR01.LOG": 0.1}) == bare
