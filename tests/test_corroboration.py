"""What stands beside a failure, and how it moves the verdict: index, transcripts, settings, time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sample_cases import CASES, analyzed

from mqdiag.classify import classify
from mqdiag.classify.symptoms import has_fact, matches
from mqdiag.classify.words import compared
from mqdiag.interpret import interpret
from mqdiag.knowledge import Condition
from mqdiag.model import Event, MessageId, Occurrence, Span, Stamp

NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)


def incidents(case: str) -> list[dict[str, Any]]:
    return analyzed(CASES / case, (".",))["incidents"]


def says(incident: dict[str, Any], path: str) -> str:
    return next(each["says"] for each in incident["evidence"] if each["path"].endswith(path))


def done(incident: dict[str, Any]) -> str:
    return "\n".join(each["do"] for each in incident["remedies"])


def test_revoked_before_the_failure_asks_for_a_restart_of_the_responder() -> None:
    """The index was changed and the check did not see it: no verdict of revoked, but the first thing to do."""
    (found,) = incidents("sluice-revoked-before-and-not-seen")

    assert "before the failure" in says(found, "index.txt")
    assert "end it and start it again" in found["remedies"][0]["do"]


def test_revoked_after_the_failure_explains_nothing() -> None:
    (found,) = incidents("weir-revoked-only-afterwards")

    assert "does not explain it" in says(found, "index.txt")
    assert "end it and start it again" not in done(found)


def test_a_transcript_of_another_host_is_said_to_be_one() -> None:
    (found,) = incidents("ferryman-transcript-of-another-host")

    assert "openssl was run on ferry-desk9" in says(found, "check.txt")


def test_several_certificates_at_once_speak_against_an_unknown_one() -> None:
    found = incidents("market-three-clients-at-once")

    assert [[e["cause"] for e in each["alternatives"]] for each in found] == [
        ["ocsp-response-unverifiable", "ocsp-status-unknown"]
    ] * 3
    assert all("another certificate of the same CA" in str(each["evidence"]) for each in found)


def test_one_certificate_alone_does_not() -> None:
    (found,) = incidents("weir-revoked-only-afterwards")

    assert [each["cause"] for each in found["alternatives"]] == ["ocsp-status-unknown", "ocsp-response-unverifiable"]


def test_each_attribute_of_a_stanza_is_said() -> None:
    (found,) = incidents("orchid-warn-not-read-yet")

    assert "OCSPAuthentication=WARN" in says(found, "mqclient.ini")
    assert "proxy.orchid.example.com(8080)" in says(found, "mqclient.ini")
    assert "set `OCSPAuthentication=WARN`" not in done(found)


def call(elapsed: str, baseline: str | None) -> Event:
    facts = {"elapsed_s": elapsed} | ({"baseline_s": baseline} if baseline else {})
    return Event(kind="mqi-transcript", span=Span("t", 1, 1, 0, 1), facts=facts)


@pytest.mark.parametrize(
    ("elapsed", "baseline", "long"),
    [("20.9", None, True), ("20.9", "1.5", True), ("19.0", "17.2", False), ("14.9", None, False)],
)
def test_a_wait_counts_beyond_what_a_success_took(elapsed: str, baseline: str | None, long: bool) -> None:
    event = call(elapsed, baseline)

    assert matches(Condition(elapsed_at_least_s=15), event, event) is long


@pytest.mark.parametrize(
    ("value", "holds"),
    [("*", True), ("WARN", True), ("OPTIONAL|warn", True), ("REQUIRED", False), ("!WARN", False), ("!REQUIRED", True)],
)
def test_values_of_a_fact(value: str, holds: bool) -> None:
    event = Event(kind="mq-ini", span=Span("t", 1, 1, 0, 1), facts={"ocspauthentication": "Warn"})

    assert has_fact(event, "ocspauthentication", value) is holds
    assert not has_fact(event, "another", value)


# ---- the two names of an SSLPEER mismatch ----------------------------------------------------------------------


def mismatch(name: str, body: str = "") -> Event:
    return Event(kind="amqerr", span=Span("t", 1, 1, 0, 1), facts={"peer_name": name}, body=body)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "CN=till-9; OU=Shop; O=Gallery"),
        ("SSLPEER('CN=till-*,OU=Shop,O=Gallery')", "CN: till-9 fits; OU: Shop fits; O: Gallery fits"),
        ("SSLPEER(CN=desk-*,O=Gallery)", "CN: desk-* is asked for, till-9 was shown; O: Gallery fits"),
        (
            "SSLPEER('CN=till-*,OU=Shop,OU=West,O=Gallery')",
            "CN: till-9 fits; OU: Shop is asked for, and none was shown; OU: West is asked for, Shop was shown; "
            "O: Gallery fits",
        ),
    ],
)
def test_names_are_compared_attribute_by_attribute(body: str, told: str) -> None:
    assert compared([mismatch("CN=till-9,OU=Shop,O=Gallery", body)]) == told


# ---- alternatives of a sign ------------------------------------------------------------------------------------


def verdict(*events: Event) -> Any:
    occurrence = Occurrence(events[0], events)
    found, _ = classify([occurrence], [], [])
    return found[0]


def record(number: str, **others: Any) -> Event:
    event = Event(
        kind="amqerr",
        span=Span("AMQERR01.LOG", 1, 9, 0, 400),
        stamp=Stamp("x", NOON.replace(tzinfo=None), NOON, "stated"),
        message_id=MessageId("AMQ", number, "E"),
    )
    return interpret(replace(event, **others))


def program(reason: int) -> Event:
    event = Event(kind="java-exception", span=Span("app.log", 1, 1, 0, 90), side="client", reason_code=reason)
    return interpret(event)


def test_2035_alone_could_be_any_of_three_checks() -> None:
    found = verdict(program(2035))

    assert found.confidence == "possible"
    assert {"blocked-by-chlauth", "authentication-failed"} <= {each.cause for each in found.alternatives}


def test_8077_is_none_of_the_others() -> None:
    found = verdict(record("8077", side="server", inserts={"CommentInsert1": "jo"}))

    assert (found.cause, found.confidence, found.alternatives) == ("not-authorized", "certain", ())


def test_2538_alone_could_be_a_name_or_a_wait_and_an_errno_could_not() -> None:
    alone = verdict(program(2538))
    refused = verdict(
        record("9202", side="client", inserts={"CommentInsert1": "h (192.0.2.1)(1414)", "ArithInsert1": "111"})
    )

    assert {"host-unknown", "connection-timed-out"} <= {each.cause for each in alone.alternatives}
    assert [each.cause for each in refused.alternatives] == ["queue-manager-unavailable"]


# ---- nothing named ---------------------------------------------------------------------------------------------


def test_a_failure_without_cause_says_what_would_settle_it() -> None:
    """AMQ9999 alone says only that a channel ended: the records before it are wanted."""
    twice = [
        Occurrence(event, (event,))
        for event in (
            record("9999", side="server"),
            record("9999", side="server", span=Span("AMQERR01.LOG", 20, 29, 400, 400)),
        )
    ]
    found, notes = classify(twice, [], [])

    assert found == []
    assert [each.code for each in notes] == ["undecided"]
    assert notes[0].text.startswith("AMQ9999E tells 2 times")
    assert "AMQERR02.LOG" in notes[0].text


def test_checks_hours_apart_are_not_at_once() -> None:
    """Two clients' certificates, one in the morning and one at noon."""
    blob = "[Class=]GSKVALMethod::X509[Issuer=]CN=CA,O=X[#=]{}[Subject=]CN=app{},O=X"
    events = [
        record(
            "9716",
            side="server",
            host="mq",
            stamp=Stamp("x", None, NOON + timedelta(hours=hours), "stated"),
            inserts={"CommentInsert1": blob.format(serial, serial), "CommentInsert3": "X.Y"},
        )
        for hours, serial in ((0, 10), (3, 11))
    ]
    found, _ = classify([Occurrence(each, (each,)) for each in events], [], [])

    assert len(found) == 2
    assert all(len(each.evidence) == 1 for each in found)
