"""mqpgf transcripts: what the lines of one source say about each other. Their shapes: samples/records/transcript."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import framed_alike

from mqdiag.formats.transcript import FORMAT, conname
from mqdiag.frame import frame
from mqdiag.model import Peer

if TYPE_CHECKING:
    from mqdiag.model import Event

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "records" / "transcript"
DATA = b"".join(path.read_bytes() for path in sorted(SAMPLES.glob("*.txt")))


def linked(name: str) -> list[Event]:
    """The events of a sample, related to each other."""
    records = frame([(SAMPLES / name).read_bytes()], FORMAT, name)
    return FORMAT.link([FORMAT.parse(each, None) for each in records if each.kind == FORMAT.kind])


def phases(events: list[Event], phase: str) -> list[Event]:
    return [each for each in events if each.facts["phase"] == phase]


def test_a_stop_says_how_long_the_call_took() -> None:
    opened, failed = phases(linked("one-connects-one-fails.txt"), "stop")[1:]

    assert opened.facts["elapsed_s"] == "0.047"
    assert failed.facts["elapsed_s"] == "21.125"


def test_a_failing_stop_says_what_the_last_good_connect_took() -> None:
    good, opened, failed = phases(linked("one-connects-one-fails.txt"), "stop")

    assert good.facts["elapsed_s"] == failed.facts["baseline_s"] == "1.250"
    assert "baseline_s" not in {**good.facts, **opened.facts}


def test_calls_have_what_their_command_line_says() -> None:
    events = linked("one-connects-one-fails.txt")
    calls = [each for each in events if each.facts["phase"] in ("start", "stop", "fail")]

    assert {each.channel for each in calls} == {"HARB81.APP1"}
    assert {each.queue_manager for each in calls} == {"HARB81"}
    assert {each.peer for each in calls} == {Peer(address="198.51.100.24", port=1481)}
    assert {each.facts["responder_url"] for each in calls} == {"http://192.0.2.31:2560/"}
    assert [each.facts.get("cipher") for each in phases(events, "stop")] == ["TLS_AES_128_GCM_SHA256"] * 2 + [None]


def test_one_failure_has_one_reason_code() -> None:
    """The stop, the fail line and the answer of mqrc all print 2393."""
    assert [each.reason_code for each in linked("one-connects-one-fails.txt") if each.reason_code] == [2393]


def test_a_fail_line_alone_has_the_reason_code() -> None:
    (failed, banner) = phases(linked("fail-line-without-its-stop.txt"), "fail")

    assert failed.reason_code == 2538
    assert banner.reason_code is None
    assert failed.channel == banner.channel == "HARB81.APP1"


def test_a_start_that_was_killed_is_no_long_call() -> None:
    stops = phases(linked("first-start-was-killed.txt"), "stop")

    assert [each.facts["elapsed_s"] for each in stops] == ["1.500", "0.010"]
    assert stops[1].queue_manager == "HARB81"


def test_a_channel_that_the_page_broke_is_one_again() -> None:
    assert linked("lines-joined-by-a-web-page.txt")[0].channel == "HARB81.APP1"


def test_no_stamp_is_an_instant() -> None:
    assert not any(each.instant for path in SAMPLES.glob("*.txt") for each in linked(path.name))


def test_passwords_are_masked() -> None:
    (command, *_) = linked("prompts-and-password.txt")

    assert "not for you" not in repr(command)
    assert "-p *** -u ops" in command.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("198.51.100.24(1481)", Peer(address="198.51.100.24", port=1481)),
        ("198.51.100.24(1481),198.51.100.25(1481)", Peer(address="198.51.100.24", port=1481)),
        ("harb81.example.net:1481", Peer(host="harb81.example.net", port=1481)),
        ("2001:db8::1(1481)", Peer(address="2001:db8::1", port=1481)),
        ("harb81", Peer(host="harb81")),
        ("", None),
    ],
)
def test_conname(text: str, expected: Peer | None) -> None:
    assert conname(text) == expected


@settings(deadline=None)
@given(begin=st.integers(0, len(DATA)), end=st.integers(0, len(DATA)), size=st.integers(1, 400))
def test_cut_anywhere(begin: int, end: int, size: int) -> None:
    """Whatever is left of a transcript, and however it arrives, gives the same records and does not raise."""
    events = framed_alike(FORMAT, DATA[begin:end], size)
    assert len(FORMAT.link(events)) == len(events)


def test_prose_is_not_claimed() -> None:
    """A text that only speaks of mqpgf and mqrc, in prose, JSON or Markdown."""
    prose = (SAMPLES / "prose-about-it.txt").read_bytes()
    others = b'{"text": "[2023/06/20 12:00:00.000] MQCONNX start qmgr:A"}\n* `>mqrc 2393`\n> mqrc 2393 explains it\n'

    assert FORMAT.looks_like(prose + others, "x") == 0
