"""From occurrences to incidents: what is cited, what it says, what is missing, what belongs together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sample_events import NOON, at, certificate, incident, not_checked, program, record, said, span

from mqdiag.classify import classify, duration
from mqdiag.classify.symptoms import matches
from mqdiag.classify.words import compared
from mqdiag.knowledge import Condition
from mqdiag.model import Certificate, Code, Event, MessageId, Name, Occurrence, Peer, SourceReport, Stamp

# ---- nothing named ---------------------------------------------------------------------------------------------


def undecided(*events: Event) -> str:
    found, notes = classify([Occurrence(each, (each,)) for each in events], [], [])
    assert found == []
    assert [(each.code, each.path, each.line) for each in notes] == [("undecided", "AMQERR01.LOG", 1)]
    return notes[0].text


BESIDE = "No record beside it says what, so it is no incident of the report."


@pytest.mark.parametrize(
    ("role", "stamp", "wanted"),
    [
        ("wrapper", at(0), "the records before it in the same log, also in AMQERR02.LOG and AMQERR03.LOG."),
        ("victim", at(0), "AMQERR01.LOG of the other end around 2025-03-10 12:00 UTC."),
        ("noise", Stamp("10.03.25 noon"), "AMQERR01.LOG of the other end around 10.03.25 noon."),
        ("judge", at(0), "AMQERR01.LOG and the FFST files of both ends around 2025-03-10 12:00 UTC."),
        ("judge", None, "AMQERR01.LOG and the FFST files of both ends around the time of the failure."),
    ],
)
def test_a_failure_without_cause_says_what_would_settle_it(role: str, stamp: Stamp | None, wanted: str) -> None:
    event = replace(record("9999"), role=role, stamp=stamp)

    assert undecided(event) == f"AMQ9999E tells that something failed. {BESIDE} To settle it: {wanted}"


def test_failures_without_cause_are_counted_and_the_first_is_named() -> None:
    events = [replace(record("9999", line), role="victim", stamp=at(line)) for line in (1, 600)]

    assert undecided(*events) == (
        f"AMQ9999E tells 2 times that something failed. {BESIDE} "
        "To settle it: AMQERR01.LOG of the other end around 2025-03-10 12:00 UTC."
    )


@pytest.mark.parametrize(
    ("named", "name"),
    [
        ({"message_id": MessageId("AMQ", "9999")}, "AMQ9999"),
        ({"probe_id": "ZZ9", "reason_code": 6999}, "ZZ9"),
        ({"reason_code": 6999}, "6999"),
        ({}, "a record"),
    ],
)
def test_a_failure_without_cause_is_called_by_what_it_has(named: dict[str, Any], name: str) -> None:
    assert undecided(Event("amqerr", span(), role="victim", **named)).startswith(
        f"{name} tells that something failed. "
    )


# ---- candidates of the other end -------------------------------------------------------------------------------

LACKING = record("9637", side="server", host="mq1", queue_manager="QM1")


def echo(line: int, channel: str | None = "A.SVRCONN") -> Event:
    return replace(record("9665", side="client"), channel=channel, span=span("client.log", line))


def test_the_only_record_that_may_be_the_other_ends() -> None:
    found = incident(LACKING, candidates=(echo(5),))

    assert said(found, "client.log") == ["may be the other end's record of this failure, or of another one"]
    assert [each.event for each in found.evidence if each.span.path == "client.log"] == [echo(5)]
    assert found.channel == "A.SVRCONN"
    assert (
        "Whether client.log:5 (channel A.SVRCONN) is the record of the client of the failure in AMQERR01.LOG:1 cannot "
        "be told. A process id, a port or a log with clocks set right would tell."
    ) in found.missing


def test_two_records_that_fit_equally_well() -> None:
    found = incident(LACKING, candidates=(echo(5), echo(7, None)))

    assert (
        said(found, "client.log")
        == ["one of 2 records that fit equally well as the other end's view of this failure"] * 2
    )
    assert found.channel is None
    assert any(": client.log:5 (channel A.SVRCONN) or client.log:7. " in text for text in found.missing)


def test_of_many_records_that_fit_six_are_named() -> None:
    found = incident(LACKING, candidates=tuple(echo(line) for line in range(1, 10)))

    assert len(said(found, "client.log")) == 6
    (text,) = [text for text in found.missing if "cannot be told" in text]
    assert text.count("client.log:") == 6
    assert "client.log:5 (channel A.SVRCONN), client.log:6 (channel A.SVRCONN) or 3 more. " in text


def test_a_record_that_was_picked_and_could_be_another() -> None:
    found = incident(LACKING, echo(5), candidates=(echo(5), echo(7)))

    assert (
        "The record of the client that is cited could also be client.log:5 (channel A.SVRCONN) or client.log:7 "
        "(channel A.SVRCONN); it says the same."
    ) in found.missing
    assert [each.span.line for each in found.evidence if each.side == "client"] == [5]


# ---- what is missing -------------------------------------------------------------------------------------------


def log(path: str, side: Any = "server") -> SourceReport:
    return SourceReport(path, "amqerr", side, "mq1", "QM1", "ascii", 9, 9, 0, NOON, NOON.replace(hour=13))


def no_logs(found: Any) -> list[str]:
    return [text for text in found.missing if text.startswith("No error log")]


def test_the_log_of_the_other_end_is_missed_by_the_name_it_was_called_by() -> None:
    closed = record("9665", side="client", host="desk1", peer=Peer("mq7", "192.0.2.7", 1414))

    assert no_logs(incident(closed)) == [
        "No error log of the queue manager is in the input: AMQERR01.LOG of mq7 around 2025-03-10 12:00 UTC."
    ]


def test_the_log_of_an_end_without_name_and_time() -> None:
    closed = replace(record("9665", side="client"), stamp=None)

    assert no_logs(incident(closed)) == [
        "No error log of the queue manager is in the input: AMQERR01.LOG of the queue manager."
    ]


def test_between_two_queue_managers_the_words_are_theirs() -> None:
    closed = record("9665", side="client", host="desk1", queue_manager="QM9")

    assert no_logs(incident(closed))[0].startswith("No error log of the accepting queue manager is in the input: ")


@pytest.mark.parametrize("beside", ["silent", "uncovered"])
def test_a_log_that_is_there_is_not_missed(beside: str) -> None:
    assert no_logs(incident(record("9665", side="client"), **{beside: (log("mq.log"),)})) == []


def test_a_log_that_does_not_cover_the_moment_is_named() -> None:
    closed = record("9665", side="client")
    said_of = "mq.log, the log of the queue manager, does not cover {}."

    assert said_of.format("2025-03-10 12:00 UTC") in incident(closed, uncovered=(log("mq.log"),)).missing
    assert said_of.format("the failure") in incident(replace(closed, stamp=None), uncovered=(log("mq.log"),)).missing


def test_a_silent_log_is_evidence() -> None:
    found = incident(record("9665", side="client"), silent=(log("mq.log"),))

    assert [(each.role, each.says, each.side, each.span.line) for each in found.evidence][-1] == (
        "absence",
        "covers the moment (12:00:00 to 13:00:00 UTC) and holds no record of this failure",
        "server",
        1,
    )


def test_a_certain_verdict_misses_nothing() -> None:
    found = incident(record("8077", side="server"), uncovered=(log("app.log", "client"),))

    assert (found.confidence, found.missing) == ("certain", ())


# ---- evidence --------------------------------------------------------------------------------------------------


def test_the_same_failure_again_and_again_is_counted_with_its_rhythm() -> None:
    events = [replace(LACKING, channel="A.B", span=span(line=9 * n + 1), stamp=at(90.0 * n)) for n in range(4)]
    (found,), _ = classify([Occurrence(each, (each,)) for each in events], [], [])

    assert (found.occurrences, found.start, found.end) == (4, events[0].instant, events[3].instant)
    assert found.times == tuple(each.instant for each in events)
    assert [each.span.line for each in found.evidence] == [1, 28]
    assert "(the last of 4, usually 1 min 30 s apart)" not in found.evidence[0].says
    assert found.evidence[1].says.endswith(" (the last of 4, usually 1 min 30 s apart)")


@pytest.mark.parametrize(("times", "has_rhythm"), [(2, False), (3, True)])
def test_twice_has_no_rhythm(times: int, has_rhythm: bool) -> None:
    events = [replace(LACKING, channel="A.B", span=span(line=9 * n + 1), stamp=at(90.0 * n)) for n in range(times)]
    (found,), _ = classify([Occurrence(each, (each,)) for each in events], [], [])

    assert found.occurrences == times
    assert bool([each for each in found.evidence if "apart" in each.says]) is has_rhythm


def test_of_the_occurrences_between_first_and_last_what_is_new_is_cited() -> None:
    """The second and third time the client's program tells of it, too; the fourth time another record of the client."""
    events = [replace(LACKING, channel="A.B", span=span(line=9 * n + 1), stamp=at(90.0 * n)) for n in range(6)]
    more = {
        1: echo(2, "A.B"),
        2: echo(3, "A.B"),
        3: replace(record("9209", side="client"), channel="A.B", span=span("client.log", 4)),
    }
    found, _ = classify([Occurrence(e, (e, more[n]) if n in more else (e,)) for n, e in enumerate(events)], [], [])

    assert [each.occurrences for each in found] == [6]
    assert [each.span.line for each in found[0].evidence if each.span.path == "client.log"] == [2, 4]


def test_of_an_incident_with_many_kinds_of_records_24_are_cited() -> None:
    events = [replace(LACKING, channel="A.B", span=span(f"{n:02}.log"), stamp=at(90.0 * n)) for n in range(40)]
    (found,), _ = classify([Occurrence(each, (each,)) for each in events], [], [])

    assert len(found.evidence) == 24
    assert {"00.log", "39.log"} <= {each.span.path for each in found.evidence}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (0.44, "0.4 s"), (3, "3 s"), (9.96, "10 s"), (10, "10 s"), (59.4, "59 s"), (60, "1 min"),
        (65, "1 min 5 s"), (3600, "1 h"), (3605, "1 h 5 s"), (7265, "2 h 1 min"), (90_000, "1 d 1 h"),
    ],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_evidence_stands_by_its_part_and_then_by_time() -> None:
    late, early, timeless = (
        replace(LACKING, channel="A.B", span=span(path, 1), stamp=stamp)
        for path, stamp in (("x.log", at(5)), ("y.log", at(1)), ("w.log", None))
    )
    closed = replace(echo(5), stamp=at(-9))
    found = incident(late, early, timeless, closed)

    assert [(each.role, each.span.path) for each in found.evidence] == [
        ("origin", "y.log"),
        ("origin", "x.log"),
        ("origin", "w.log"),
        ("echo", "client.log"),
    ]


def test_a_record_that_no_sign_asked_for_speaks_for_itself() -> None:
    alert = replace(record("9620", side="client"), codes=frozenset({Code("alert", "46")}), span=span("a.log"))
    unknown = replace(record("9637", side="client"), codes=frozenset({Code("alert", "199")}), span=span("b.log"))
    probe = Event("ffst", span("c.FDC"), at(0), side="client", probe_id="XY123456")
    text = Event("amqerr", span("d.log"), at(0), side="client", text="Something " * 40)
    reason = program(2393, span=span("e.log"))
    slow = program(2393, span=span("f.log"), facts={"elapsed_s": "21.5"})
    found = incident(LACKING, alert, unknown, probe, text, reason, slow)
    says = {each.span.path: each.says for each in found.evidence}

    assert says["a.log"] == "received TLS alert 46 certificate_unknown: the other end refused"
    assert says["b.log"] == "received TLS alert 199: the other end refused"
    assert says["c.FDC"] == "an FFST report, probe id XY123456"
    assert says["d.log"] == ("Something " * 40)[:120]
    assert says["e.log"].startswith(
        "the application's call failed with reason code 2393 (MQRC_SSL_INITIALIZATION_ERROR)"
    )
    assert says["f.log"].endswith(" after 21.5 s")


# ---- what the incident is about --------------------------------------------------------------------------------


def test_whose_certificate_it_is_can_be_known_where_none_is_printed() -> None:
    found = incident(replace(LACKING, channel="A.B"))

    assert found.certificate is not None
    assert (found.certificate.owner, found.certificate.certificate) == ("client", Certificate())


def test_a_failure_that_is_about_no_certificate_has_none() -> None:
    assert incident(record("8077", side="server")).certificate is None


def test_incidents_stand_in_the_order_of_time_and_those_without_last() -> None:
    events = [
        replace(LACKING, channel=f"{name}.B", span=span(f"{name}.log"), stamp=stamp, host=name)
        for name, stamp in (("a", None), ("b", at(50)), ("c", at(-50)))
    ]
    found, _ = classify([Occurrence(each, (each,)) for each in events], [], [])

    assert [each.channel for each in found] == ["c.B", "b.B", "a.B"]


def test_an_id_stays_the_same_when_more_is_known() -> None:
    alone, both = incident(not_checked()), incident(not_checked(), echo(5, "WHEEL.SVRCONN"))
    elsewhere = incident(not_checked(line=10))

    assert alone.id == both.id != elsewhere.id
    assert alone.id.startswith("MQI-") and len(alone.id) == 12
    assert incident(replace(not_checked(), span=span("\udcff.log"))).id  # a name of a file that is no UTF-8
    moved = incident(replace(not_checked(), stamp=at(1)))
    assert moved.id != alone.id


def test_a_certain_verdict_has_no_alternatives_and_a_possible_one_names_each_once() -> None:
    assert incident(record("8077", side="server")).alternatives == ()
    other = program(2035, span=span("other.log"))
    assert "not-authorized" not in [each.cause for each in incident(program(2059), other).alternatives]
    causes = [each.cause for each in incident(program(2059)).alternatives]
    assert len(causes) == len(set(causes)) > 1


# ---- what stands beside a failure ------------------------------------------------------------------------------


def transcript(*codes: str, **others: Any) -> Event:
    found = Event("ocsp-transcript", span("ocsp.txt"), side="server", codes=frozenset(Code("ocsp", c) for c in codes))
    return replace(found, **others)


def index_line(status: str = "R", **others: Any) -> Event:
    facts = {"status": status} | others.pop("facts", {})
    return Event("ca-index", span("index.txt"), certificate=certificate(), facts=facts, **others)


def cause(*corroboration: Event, event: Event | None = None) -> str:
    return incident(event or not_checked(), corroboration=corroboration).cause


def test_an_openssl_transcript_tells_the_three_reasons_of_one_message_apart() -> None:
    assert cause() == "ocsp-responder-unreachable"
    assert cause(transcript("unknown")) == "ocsp-status-unknown"
    assert cause(transcript("verify-failed")) == "ocsp-response-unverifiable"


@pytest.mark.parametrize(
    ("others", "counts"),
    [
        ({"stamp": at(86_400)}, True),
        ({"stamp": at(-86_400)}, True),
        ({"stamp": at(86_401)}, False),
        ({"stamp": at(-90_000)}, False),
        ({"side": None}, True),
        ({"side": "client"}, False),
        ({"side": "client", "facts": {"responder": "stopped"}}, True),
        ({"side": "client", "facts": {"responder": "stopped"}, "stamp": at(90_000)}, False),
        ({"certificate": certificate("0A")}, True),
        ({"certificate": certificate("0B")}, False),
        ({"certificate": Certificate()}, True),
        ({"host": "mq1.example.com"}, True),
        ({"host": "MQ1"}, True),
        ({"host": "desk9"}, False),
        ({"host": "desk9", "facts": {"responder": "stopped"}}, True),
    ],
)
def test_a_transcript_counts_where_it_can_be_about_this_check(others: dict[str, Any], counts: bool) -> None:
    assert (cause(transcript("unknown", **others)) == "ocsp-status-unknown") is counts


def test_a_transcript_without_time_counts_and_so_does_one_beside_a_failure_without_certificate() -> None:
    timeless = replace(not_checked(), stamp=None)
    nameless = replace(not_checked(), certificate=None, host=None)

    assert cause(transcript("unknown", stamp=at(90_000)), event=timeless) == "ocsp-status-unknown"
    assert (
        cause(transcript("unknown", certificate=certificate("0B"), host="z"), event=nameless) == "ocsp-status-unknown"
    )


def test_a_transcript_of_another_host_says_where_it_was_made() -> None:
    found = incident(not_checked(), corroboration=(transcript("good", host="desk9.example.com"),))

    assert said(found, "ocsp.txt") == [
        "openssl was run on desk9.example.com: what that host is told does not show what mq1 is told"
    ]


@pytest.mark.parametrize(
    ("revoked", "when"),
    [
        ("2025-03-10T11:00:00+00:00", "before the failure"),
        ("2025-03-10T12:00:00+00:00", "before the failure"),
        ("2025-03-10T12:00:01+00:00", "after this failure"),
    ],
)
def test_the_index_says_whether_the_certificate_was_revoked_before(revoked: str, when: str) -> None:
    found = incident(not_checked(), corroboration=(index_line(facts={"revoked": revoked}),))

    assert when in said(found, "index.txt")[0]


def test_an_index_without_dates_leaves_it_open() -> None:
    timeless = replace(not_checked(), stamp=None)
    dated = index_line(facts={"revoked": "2025-03-10T11:00:00+00:00"})

    assert "cannot be told" in said(incident(not_checked(), corroboration=(index_line(),)), "index.txt")[0]
    assert "cannot be told" in said(incident(timeless, corroboration=(dated,)), "index.txt")[0]


def test_a_responder_that_says_good_of_a_revoked_certificate_must_be_restarted() -> None:
    index = index_line(facts={"revoked": "2025-03-10T11:00:00+00:00"})
    later = index_line(facts={"revoked": "2025-03-10T13:00:00+00:00"})
    restart = "it has not read its index since, and must be restarted"

    assert restart in said(incident(not_checked(), corroboration=(index, transcript("good"))), "ocsp.txt")[0]
    assert restart not in said(incident(not_checked(), corroboration=(later, transcript("good"))), "ocsp.txt")[0]
    assert restart not in str(said(incident(not_checked(), corroboration=(index, transcript("tryLater"))), "ocsp.txt"))


def test_an_index_of_the_same_organisation_that_does_not_list_the_certificate() -> None:
    other = certificate("0B")
    last = replace(index_line("V"), certificate=certificate("0C"), span=span("index.txt", 9))
    found = incident(not_checked(), corroboration=(replace(index_line("V"), certificate=other), last))

    assert found.cause == "ocsp-status-unknown"
    assert said(found, "index.txt") == ["the CA's index has no certificate with serial 0A"]
    assert [each.span.line for each in found.evidence if each.span.path == "index.txt"] == [9]


@pytest.mark.parametrize("subject", [None, Name((("O", "Forge"), ("CN", "Mill")))])
def test_an_index_of_another_organisation_says_nothing(subject: Name | None) -> None:
    foreign = replace(index_line("V"), certificate=certificate("0B", subject=subject))

    assert cause(foreign) == "ocsp-responder-unreachable"


@pytest.mark.parametrize(
    ("path", "side", "lead", "counts"),
    [
        ("qm.ini", None, {}, True),
        ("qm.ini", "client", {}, False),
        ("collected/qm.ini", None, {"side": "client"}, False),
        ("C:\\MQ\\QM.INI", None, {"side": "client"}, False),
        ("all.zip!qm.ini", None, {"side": "client"}, False),
        ("qm.ini", None, {"side": "client", "queue_manager": "QM9"}, True),
        ("mqclient.ini", None, {"side": "client"}, True),
    ],
)
def test_a_client_reads_no_qm_ini(path: str, side: Any, lead: dict[str, Any], counts: bool) -> None:
    stanza = Event("mq-ini", span(path), side=side, facts={"ocspauthentication": "REQUIRED"})
    found = incident(replace(not_checked(), **lead), corroboration=(stanza,))

    assert bool(said(found, path)) is counts


# ---- a queue manager that had ended ----------------------------------------------------------------------------


def ended(number: str, seconds: float | None, **others: Any) -> Event:
    """AMQ8004 or AMQ8003 of QM1 on mq1."""
    given = {"queue_manager": "QM1", "host": "mq1", "side": "server", "span": span("mq.log", 50)}
    return replace(record(number), **given | {"stamp": None if seconds is None else at(seconds)} | others)


LOST = program(2009, stamp=at(0), queue_manager="QM1", host="desk1")


def ending(*context: Event, event: Event = LOST) -> bool:
    return incident(event, context=context).cause == "queue-manager-unavailable"


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-1, True), (1, True), (600, True), (-3600, True), (601, False), (None, False)]
)
def test_an_end_of_the_queue_manager_explains_what_is_lost_from_then_on(seconds: float | None, counts: bool) -> None:
    assert ending(ended("8004", seconds)) is counts


@pytest.mark.parametrize(
    ("events", "counts"),
    [
        ([("8004", -9000), ("8003", -8000)], False),
        ([("8003", -9000), ("8004", -8000)], True),
        ([("8004", -8000), ("8003", -9000)], True),
        ([("8004", -9000), ("8003", -8000), ("8004", -7000)], True),
        ([("8004", -9000), ("8003", 8000)], True),
    ],
)
def test_a_queue_manager_that_has_started_again_explains_nothing(events: list[tuple[str, float]], counts: bool) -> None:
    assert ending(*(ended(number, seconds) for number, seconds in events)) is counts


@pytest.mark.parametrize(
    ("others", "counts"),
    [
        ({"queue_manager": "QM2"}, False),
        ({"queue_manager": None}, True),
        ({"host": None, "queue_manager": "QM2"}, True),
        ({"host": "desk1", "queue_manager": "QM2"}, True),
        ({"side": "client"}, False),
    ],
)
def test_the_end_is_that_of_the_queue_manager_that_was_called(others: dict[str, Any], counts: bool) -> None:
    assert ending(ended("8004", -60, **others)) is counts


@pytest.mark.parametrize(("host", "counts"), [("desk1", True), (None, False)])
def test_local_times_are_compared_where_one_host_wrote_both(host: str | None, counts: bool) -> None:
    local = Stamp("x", datetime(2025, 3, 10, 11, 59))
    lead = replace(LOST, stamp=Stamp("x", datetime(2025, 3, 10, 12, 0)))

    assert ending(ended("8004", None, host=host, stamp=local), event=lead) is counts


# ---- several certificates at once ------------------------------------------------------------------------------


def beside(**others: Any) -> bool:
    """Whether another failed check is told beside one of certificate 0A."""
    given: dict[str, Any] = {"certificate": certificate("0B"), "channel": "OTHER.SVRCONN", "stamp": at(30)}
    other = replace(not_checked(20), **given | others)
    found, _ = classify([Occurrence(each, (each,)) for each in (not_checked(), other)], [], [])
    return any("another certificate of the same CA" in each.says for i in found for each in i.evidence)


@pytest.mark.parametrize(
    ("others", "counts"),
    [
        ({}, True),
        ({"stamp": at(600)}, True),
        ({"stamp": at(-600)}, True),
        ({"stamp": at(601)}, False),
        ({"certificate": certificate("0B", issuer=Name((("CN", "Other CA"),)))}, False),
        ({"certificate": certificate("0B", issuer=None)}, False),
        ({"certificate": certificate("0A")}, False),
        ({"host": "mq2"}, False),
        ({"side": "client"}, False),
        ({"message_id": MessageId("AMQ", "9637")}, False),
    ],
)
def test_the_check_of_another_certificate_of_the_same_ca(others: dict[str, Any], counts: bool) -> None:
    assert beside(**others) is counts


def test_of_many_failed_checks_the_nearest_is_told() -> None:
    others = [
        replace(not_checked(20 * n), certificate=certificate("0B"), channel="O.S", stamp=at(seconds))
        for n, seconds in enumerate((-400, -100, 50, 300), 1)
    ]
    found, _ = classify([Occurrence(each, (each,)) for each in (not_checked(), *others)], [], [])
    first = next(each for each in found if each.channel == "WHEEL.SVRCONN")

    told = [each for each in first.evidence if "another certificate of the same CA" in each.says]
    assert [(each.span.line, "CN=wheel0B" in each.says) for each in told] == [(60, True)]


# ---- conditions of the rules -----------------------------------------------------------------------------------


def holds(event: Event, lead: Event | None = None, **asked: Any) -> bool:
    return matches(Condition(**asked), event, lead or event)


@pytest.mark.parametrize(
    ("side", "event", "lead", "is_there"),
    [
        ("here", "client", "client", True),
        ("here", "server", "client", False),
        ("there", "server", "client", True),
        ("there", "client", "client", False),
        ("there", None, "client", False),
        ("there", "client", None, False),
        ("client", "client", "server", True),
        ("client", "server", "client", False),
    ],
)
def test_on_which_side(side: Any, event: Any, lead: Any, is_there: bool) -> None:
    one, other = (Event("amqerr", span(), side=each) for each in (event, lead))

    assert holds(one, other, side=side) is is_there


@pytest.mark.parametrize(
    ("asked", "printed", "is_so"),
    [("HALT*", "HALT6109", True), ("HALT*", "HALT", True), ("HALT*", "SHALT", False), ("HALT*", "HALF", False),
     ("INCORROUT", "INCORROUT", True), ("INCORROUT", "INCORROUT1", False), ("INCORROUT", "", False)],
)  # fmt: skip
def test_probe_types(asked: str, printed: str, is_so: bool) -> None:
    facts = {"probe_type": printed} if printed else {}

    assert holds(Event("ffst", span(), facts=facts), probe_type=(asked,)) is is_so


@pytest.mark.parametrize(
    ("event", "lead", "is_before"),
    [(at(-1), at(0), True), (at(0), at(0), True), (at(1), at(0), False), (None, at(0), False), (at(0), None, False)],
)
def test_before(event: Stamp | None, lead: Stamp | None, is_before: bool) -> None:
    one, other = (Event("amqerr", span(), stamp) for stamp in (event, lead))

    assert holds(one, other, last_before=True) is is_before


@pytest.mark.parametrize(
    ("wanted", "code", "is_one"),
    [("x509:18-21", "x509:18", True), ("x509:18-21", "x509:21", True), ("x509:18-21", "x509:22", False),
     ("x509:18-21", "x509:17", False), ("x509:18-21", "gskit:19", False), ("x509:18-21", "x509:v", False),
     ("mqrq:19", "mqrq:19", True), ("mqrq:19", "mqrq:190", False), ("ocsp:try-later", "ocsp:try-later", True),
     ("ocsp:a:b", "ocsp:a:b", True)],
)  # fmt: skip
def test_codes_and_ranges_of_codes(wanted: str, code: str, is_one: bool) -> None:
    event = Event("amqerr", span(), codes=frozenset({Code(*code.split(":", 1))}))

    assert holds(event, code=(wanted,)) is is_one


@pytest.mark.parametrize(
    "where", [{"text": "a SIGSEGV b"}, {"facts": {"exception": "SIGSEGV"}}, {"facts": {"exceptions": "x; SIGSEGV"}},
              {"inserts": {"CommentInsert1": "SIGSEGV"}}],
)  # fmt: skip
def test_words_are_looked_for_where_a_log_prints_data(where: dict[str, Any]) -> None:
    assert holds(Event("ffst", span(), **where), mentions=("SIGBUS", "SIGSEGV"))
    assert not holds(Event("ffst", span(), body="SIGSEGV", facts={"other": "SIGSEGV"}), mentions=("SIGSEGV",))


@pytest.mark.parametrize(("elapsed", "holds_it"), [("15", True), ("14.9", False), ("soon", False), (None, False)])
def test_how_long_a_call_took(elapsed: str | None, holds_it: bool) -> None:
    event = Event("mqi-transcript", span(), facts={"elapsed_s": elapsed} if elapsed else {})

    assert holds(event, elapsed_at_least_s=15) is holds_it
    assert holds(event, elapsed_at_least_s=0.5) is (elapsed in ("15", "14.9"))
    assert holds(event, elapsed_at_least_s=0)


@pytest.mark.parametrize(
    ("event", "lead", "is_same"),
    [("A", "A", True), ("A", "B", False), (None, "A", True), ("A", None, True)],
)
def test_the_same_channel_as_far_as_is_known(event: str | None, lead: str | None, is_same: bool) -> None:
    one, other = (Event("amqerr", span(), channel=each) for each in (event, lead))

    assert holds(one, other, same_channel=True) is is_same


def test_the_same_user_and_a_channel_must_be_named() -> None:
    jo, ann, nobody = (Event("amqerr", span(), user=each) for each in ("jo", "ann", None))

    assert holds(jo, jo, same_user=True)
    assert not holds(jo, ann, same_user=True)
    assert not holds(nobody, nobody, same_user=True)
    assert holds(Event("amqerr", span(), channel="A"), has_channel=True)
    assert holds(jo, has_channel=False)
    assert not holds(jo, has_channel=True)


def test_the_same_certificate_must_be_printed_on_both() -> None:
    one, other = not_checked(), not_checked(certificate=certificate("0B"))
    none = not_checked(certificate=None)

    assert holds(one, one, same_certificate=True)
    assert [holds(a, b, same_certificate=True) for a, b in ((one, other), (one, none), (none, one))] == [False] * 3


# ---- the two names of an SSLPEER mismatch ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("CN=TILL-9", "CN: till-9 fits"),
        ("CN=*-9", "CN: till-9 fits"),
        ("CN=till-?", "CN: till-? is asked for, till-9 was shown"),
        ("CN=till-[9]", "CN: till-[9] is asked for, till-9 was shown"),
    ],
)
def test_the_star_is_the_only_wildcard_of_sslpeer(pattern: str, told: str) -> None:
    event = Event("amqerr", span(), facts={"peer_name": "CN=till-9"}, body=f"SSLPEER('{pattern}')")

    assert compared([event]) == told


def test_a_question_mark_and_brackets_stand_for_themselves() -> None:
    event = Event("amqerr", span(), facts={"peer_name": "CN=a[1]?"}, body="SSLPEER('CN=a[1]?')")

    assert compared([event]) == "CN: a[1]? fits"


# ---- the part that a record plays ------------------------------------------------------------------------------

END: dict[str, Any] = {"span": span("other.log")}


@pytest.mark.parametrize(
    ("event", "role"),
    [
        (replace(record("9999", side="server"), **END), "wrapper"),
        (replace(record("9999", side="client"), **END), "wrapper"),
        (program(2393, **END), "wrapper"),
        (replace(program(2393, **END), kind="mqi-transcript"), "wrapper"),
        (replace(record("9665", side="client"), **END), "echo"),
        (Event("ffst", side="server", **END), "origin"),
        (Event("ffst", side="client", **END), "echo"),
        (replace(record("9658", side="server"), **END), "origin"),
        (replace(record("9658", side="client"), **END), "echo"),
        (replace(record("9665", side="server"), **END), "support"),
        (replace(record("9665"), side=None, **END), "support"),
    ],
)
def test_the_part_that_a_record_plays_beside_the_judges_own(event: Event, role: str) -> None:
    found = incident(LACKING, event)

    assert found.judge == "server"
    assert {each.span.path: each.role for each in found.evidence} == {"AMQERR01.LOG": "origin", "other.log": role}


def test_the_record_of_the_end_that_was_refused_is_an_echo_and_where_nobody_refused_all_else_supports() -> None:
    told = incident(record("9642", side="client"))
    nobody = incident(program(2059), replace(record("9999", side="server"), role="victim", **END))

    assert [each.role for each in told.evidence] == ["echo"]
    assert nobody.judge is None
    assert [each.role for each in nobody.evidence] == ["origin", "support"]
