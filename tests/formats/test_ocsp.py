"""Transcripts of openssl ocsp. Their shapes: samples/records/ocsp."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import framed_alike

from mqdiag.formats._shell import masked, prompt_host
from mqdiag.formats.ocsp import FORMAT, error_reason
from mqdiag.frame import frame

if TYPE_CHECKING:
    from mqdiag.model import Event

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "records" / "ocsp"
DATA = b"".join(path.read_bytes() for path in sorted(SAMPLES.glob("*.txt")))
COMMAND = "openssl ocsp -issuer ca.pem -cert a.pem -url http://192.0.2.31:2560"


def events_of(text: str) -> list[Event]:
    return [FORMAT.parse(each, None) for each in frame([text.encode()], FORMAT, "x") if each.kind == FORMAT.kind]


def codes_of(output: str) -> list[str]:
    (event,) = events_of(f"$ {COMMAND}\n{output}\n")
    return sorted(map(str, event.codes))


@pytest.mark.parametrize(
    ("output", "codes"),
    [
        ("Response verify OK\na.pem: good", ["ocsp:good"]),
        ("Response verify OK\na.pem: unknown", ["ocsp:unknown"]),
        ("Response verify OK\na.pem: revoked", ["ocsp:revoked"]),
        ("Response verify OK\na.pem: good\nb.pem: revoked", ["ocsp:good", "ocsp:revoked"]),
        ("Response Verify Failure\na.pem: revoked", ["ocsp:verify-failed"]),
        ("Nonce Verify error", ["ocsp:verify-failed"]),
        (
            "Response verify OK\na.pem: WARNING: Status times invalid.\nAB12:error:1:a:b:status expired:c:1:\ngood",
            ["ocsp:stale"],
        ),
        ("Responder Error: unauthorized (6)", ["ocsp:unauthorized"]),
        ("Responder Error: trylater (3)", ["ocsp:tryLater"]),
        ("Responder Error: internalerror (2)", ["ocsp:internalError"]),
        ("Responder Error: malformedrequest (1)", ["ocsp:malformedRequest"]),
        ("Responder Error: sigrequired (5)", ["ocsp:sigRequired"]),
        ("Error querying OCSP responder", ["ocsp:unreachable"]),
        ("Error querying OCSP responsder", []),
        ("Error connecting BIO", ["ocsp:unreachable"]),
        ("connect:errno=111", ["ocsp:unreachable"]),
        ("Timeout on request", ["ocsp:unreachable"]),
        ("Unable to load certificate", []),
        ("^C", []),
    ],
)
def test_outcome(output: str, codes: list[str]) -> None:
    found = events_of(f"$ {COMMAND}\n{output}\n")

    assert [sorted(map(str, each.codes)) for each in found] == [codes] * len(found)
    assert len(found) == (0 if "responsder" in output else 1)


@pytest.mark.parametrize("prompt", ["$ ", "# ", ">", "> ", "C:\\winca>", "PS C:\\> ", "[root@a ~]# ", "a$ ", ""])
def test_prompts(prompt: str) -> None:
    (event,) = events_of(f"{prompt}{COMMAND}\nResponse verify OK\na.pem: good\n")

    assert event.facts["command"] == COMMAND
    assert event.facts["url"] == "http://192.0.2.31:2560"


@pytest.mark.parametrize(
    ("prompt", "host"),
    [
        ("fjord-app2$", "fjord-app2"),
        ("ops@fjord-app2:~/ca$", "fjord-app2"),
        ("[root@fjord-app2 ~]# ", "fjord-app2"),
        ("bash-4.2$", None),
        ("$ ", None),
        ("C:\\winca>", None),
    ],
)
def test_prompt_host(prompt: str, host: str | None) -> None:
    assert prompt_host(prompt) == host


def test_a_run_ends_at_the_next_prompt_or_foreign_line() -> None:
    """A log record behind the run is not swallowed."""
    text = f"$ {COMMAND}\nResponse verify OK\na.pem: good\nAMQ9716E: Remote SSL certificate ...\n$ ls\n"
    run, rest = frame([text.encode()], FORMAT, "x")

    assert run.span.last_line == 3
    assert rest.data.startswith(b"AMQ9716E")


@pytest.mark.parametrize(
    ("rest", "state"),
    [
        ("", "waiting"),
        ("\n^C", "stopped"),
        ("\n$ ", "stopped"),
        ("\nocsp: Received request, 1st line: POST / HTTP/1.0", "request-received"),
        ("\nocsp: Received request, 1st line: POST / HTTP/1.0\n^C\n$", "stopped"),
    ],
)
def test_responder_state(rest: str, state: str) -> None:
    (event,) = events_of(f"$ openssl ocsp -index index.txt -port 2560\nWaiting for OCSP client connections...{rest}\n")

    assert event.facts["responder"] == state
    assert event.codes == frozenset()


def test_the_date_just_above_is_the_stamp() -> None:
    (event,) = events_of(f"$ date -u\nTue Feb 11 09:44:51 UTC 2025\n$ {COMMAND}\nResponse verify OK\na.pem: good\n")

    assert event.stamp
    assert str(event.instant) == "2025-02-11 09:44:51+00:00"
    assert event.stamp.certainty == "stated"


def test_a_date_without_utc_is_no_instant() -> None:
    (event,) = events_of(f"$ date\nTue Feb 11 09:44:51 XYT 2025\n$ {COMMAND}\nError connecting BIO\n")

    assert event.stamp
    assert event.stamp.local
    assert event.instant is None


def test_passwords_are_masked() -> None:
    text = "".join(map(repr, events_of(DATA.decode())))

    assert "pass:secret" not in text
    assert "hush" not in text
    assert (
        masked('x -pw secret -passin pass:a -password "b c" -port 2560')
        == "x -pw *** -passin *** -password *** -port 2560"
    )


def test_error_reason() -> None:
    line = "4007D:error:1E800069:HTTP routines:parse:received error:http_client.c:473:code=404, reason=Not Found"

    assert error_reason(line) == "received error, code=404, reason=Not Found"
    assert error_reason("4007D:error:1E800069") == ""


@settings(deadline=None)
@given(begin=st.integers(0, len(DATA)), end=st.integers(0, len(DATA)), size=st.integers(1, 900))
def test_cut_anywhere(begin: int, end: int, size: int) -> None:
    """Whatever is left of a transcript, and however it arrives, gives the same records and does not raise."""
    framed_alike(FORMAT, DATA[begin:end], size)


def test_prose_is_not_claimed() -> None:
    assert FORMAT.looks_like((SAMPLES / "prose-about-it.txt").read_bytes(), "x") == 0
