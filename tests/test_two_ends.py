"""Which records of the two ends are one failure, what is said of clocks and of silence: event by event."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from sample_events import at, certificate, program, record, span

from mqdiag.correlate import Correlation, correlate, matching
from mqdiag.correlate.clocks import Vote, is_no_chance
from mqdiag.correlate.matching import Edge, assign, swaps
from mqdiag.correlate.relation import relation
from mqdiag.model import Certificate, Code, Event, Kind, Name, Peer, Stamp
from mqdiag.parse import Reading
from mqdiag.sources import Source


def closed(seconds: float | None = 0, path: str = "client/AMQERR01.LOG", line: int = 1, **others: Any) -> Event:
    """AMQ9665 of the client on desk1: the other end closed the connection during the handshake."""
    given: dict[str, Any] = {"side": "client", "host": "desk1", "channel": "APP.SVRCONN", "process": line, "thread": 1}
    stamp = None if seconds is None else at(seconds)
    return replace(record("9665"), **given | {"stamp": stamp, "span": span(path, line)} | others)


def lacking(seconds: float | None = 0, path: str = "server/AMQERR01.LOG", line: int = 1, **others: Any) -> Event:
    """AMQ9637 of the queue manager QM1 on mq1, which does not know the channel yet."""
    given: dict[str, Any] = {"side": "server", "host": "mq1", "queue_manager": "QM1", "process": line, "thread": 9}
    stamp = None if seconds is None else at(seconds)
    return replace(record("9637"), **given | {"stamp": stamp, "span": span(path, line)} | others)


def told(seconds: float | None = 0, path: str = "client/app.log", line: int = 1, **others: Any) -> Event:
    """2393 as a Java program on the client's host prints it."""
    stamp = None if seconds is None else at(seconds)
    return program(2393, **{"stamp": stamp, "span": span(path, line)} | others)


def quiet(path: str, first: float, last: float, **others: Any) -> Reading:
    """A log of a queue manager that holds no failure, from one moment to another."""
    given: dict[str, Any] = {"side": "server", "host": "mq1", "queue_manager": "QM1", "role": "notice"}
    starting = replace(record("9002"), span=span(path), **given | others)
    reading = logs(starting)[0]
    for seconds in (first, last):
        reading.stamps.add(f"quiet {seconds:8}", at(seconds).instant.isoformat(), round(seconds))  # type: ignore[union-attr]
    reading.events = []
    return reading


def logs(*events: Event, kinds: dict[str, Kind] | None = None) -> list[Reading]:
    """The events in the files that they name."""
    by_path: dict[str, list[Event]] = defaultdict(list)
    for each in events:
        by_path[each.span.path].append(each)
    found = []
    for path, own in by_path.items():
        kind = (kinds or {}).get(path, own[0].kind)
        reading = Reading(Source(path, path, lambda: BytesIO(b"")), kind, 9, len(own), events=own, example=own[0])
        for each in own if own[0].role != "notice" else ():
            if each.stamp:
                reading.stamps.add(each.stamp.written, each.instant.isoformat() if each.instant else "", each.span.line)
        found.append(reading)
    return found


def together(*readings: Reading, **options: Any) -> Correlation:
    return correlate(readings, **{"sides": {}, "zones": {}} | options)


def failures(*events: Event) -> list[list[str]]:
    """The places of the records of every failure."""
    found = together(*logs(*events)).occurrences
    return sorted(sorted(f"{e.span.path.split('/')[0]}:{e.span.line}" for e in each.events) for each in found)


def are_one(*events: Event) -> bool:
    """Whether they were joined, and not only cited."""
    found = failures(*events)
    return len(found) == 1 and len(found[0]) == len(events)


# ---- what fits what --------------------------------------------------------------------------------------------


FOUND = frozenset({Code("gskval", "575010")})
UNKNOWN_CA = frozenset({Code("alert", "48")})
# AMQ9771 of a Java client that refused: an exception of its own, and no alert that came in
OWN_FINDING = replace(
    record("9771"), kind="java-exception", role="victim", layer="tls", facts={"exception": "CertPathBuilderException"}
)


def message(number: str, role: str, layer: str | None = None, **others: Any) -> Event:
    return replace(record(number), **{"role": role, "layer": layer} | others)


@pytest.mark.parametrize(
    ("one", "other", "fit"),
    [
        (message("9665", "victim", "tls"), message("9637", "judge", "tls"), 3),
        (message("9519", "judge", "channel"), message("9520", "judge", "channel"), 3),
        (message("9519", "judge", "tcp"), message("9520", "judge", "tcp"), 3),
        (message("9519", "judge", "tls"), message("9520", "judge", "tls"), 3),
        (message("9519", "judge", "tls", codes=FOUND), message("9520", "judge", "tls", codes=FOUND), 0),
        (message("9209", "victim", "tcp", channel="A", side="client"), message("8077", "judge", "oam"), 1.5),
        (message("9209", "victim", "tcp", channel="A", side="server"), message("8077", "judge", "oam"), 0),
        (message("9209", "victim", "tcp", side="client"), message("8077", "judge", "oam"), 0),
        (message("9209", "victim", "tcp", channel="A", side="server"), message("9636", "judge", "tls"), 1.5),
        (message("9209", "victim", "tcp", side="server"), message("9636", "judge", "tls"), 0),
        (message("9633", "victim", "tls", codes=UNKNOWN_CA), OWN_FINDING, 3),
        (message("9633", "victim", "tls", codes=UNKNOWN_CA), replace(OWN_FINDING, codes=UNKNOWN_CA), 0),
        (message("9633", "victim", "tls", codes=UNKNOWN_CA), replace(OWN_FINDING, facts={}), 0),
        (message("9209", "victim", "tls", channel="A", side="client"), message("9999", "wrapper", "tls"), 0),
        (message("0001", "victim", "tls"), message("0002", "judge", "tls"), 2),
        (message("0001", "victim", "tls"), message("0002", "judge", "tcp"), 1),
        (message("0001", "judge", "tls"), message("0002", "judge", "tcp"), 0),
        (message("0001", "victim", "tls"), message("0002", "victim", "tcp"), 0),
        (message("0001", "wrapper", "tls"), message("0002", "judge", "tls"), 2),
        (message("0001", "wrapper", "tcp"), message("0002", "judge", "tcp"), 0),
        (message("0001", "victim", "tcp"), message("0002", "victim", "tcp"), 1),
        (message("0001", "judge", "channel"), message("0002", "judge", "channel"), 1),
        (message("0001", "judge", "tls"), message("0002", "judge", "tls"), 0),
        (message("0001", "noise", "tcp"), message("0002", "victim", "tcp"), 0),
        (message("0001", "wrapper", "tls"), message("0002", "victim", "tls"), 0),
        (program(2393), message("0002", "judge", "tls"), 2),
        (program(2393, role="wrapper"), message("0002", "wrapper", "tls"), 0),
        (program(2393, role="wrapper"), message("0002", "judge", "tls"), 2),
        (program(2393), message("0002", "wrapper", "oam"), 0),
    ],
)
def test_what_fits_as_cause_and_echo(one: Event, other: Event, fit: float) -> None:
    assert relation(one, other) == relation(other, one) == fit


# ---- what is joined --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client", "server", "is_one"),
    [
        ({}, {}, True),
        ({}, {"seconds": 5}, True),
        ({}, {"seconds": -5}, True),
        ({}, {"seconds": 5.1}, False),
        ({}, {"seconds": -5.1}, False),
        ({}, {"channel": "APP.SVRCONN"}, True),
        ({}, {"channel": "OTHER.SVRCONN"}, False),
        ({"queue_manager": "QM2"}, {}, True),
        ({}, {"side": None, "path": "unknown/AMQERR01.LOG"}, False),
        ({"peer": Peer("mq1", "198.51.100.1", 1414)}, {}, True),
    ],
)
def test_two_ends_within_the_window(client: dict[str, Any], server: dict[str, Any], is_one: bool) -> None:
    assert are_one(closed(**client), lacking(**server)) is is_one


@pytest.mark.parametrize(("channel", "is_one"), [(None, False), ("APP.SVRCONN", True)])
def test_failures_of_two_layers_at_one_moment_are_one_only_by_name(channel: str | None, is_one: bool) -> None:
    other = record("9519")

    assert are_one(closed(0), lacking(0, message_id=other.message_id, layer=other.layer, channel=channel)) is is_one


def clocks_that_differ_by(seconds: float) -> list[Event]:
    """Three failures of desk1 and mq1, by channels that nothing else names, an hour later."""
    return [
        event
        for n in range(3)
        for event in (
            closed(3600.0 * n + 3600, line=n + 90, channel=f"CLOCK{n}"),
            lacking(3600.0 * n + 3600 + seconds, line=n + 90, channel=f"CLOCK{n}"),
        )
    ]


CLOCK = [[f"client:{n}", f"server:{n}"] for n in (90, 91, 92)]


def test_a_name_that_is_shared_goes_before_the_nearest_time() -> None:
    assert failures(
        closed(0), lacking(0, line=1), lacking(2, line=2, channel="APP.SVRCONN"), *clocks_that_differ_by(0)
    ) == [["client:1", "server:2"], *CLOCK, ["server:1"]]


def test_a_caller_of_another_host_fits_less() -> None:
    """Only a record that names the complement is joined with that of a host which is called by its own name."""
    by_name = closed(900, line=9, peer=Peer("mq1", None, None))
    other = Peer("mq2", None, None)
    one, two = (replace(each, message_id=None, reason_code=None) for each in (closed(0, peer=other), lacking(0)))

    assert are_one(closed(0, peer=other), lacking(0))
    assert len(failures(closed(0, peer=other), lacking(0), by_name)) == 2
    assert are_one(one, two)
    assert len(failures(one, two, by_name)) == 3


def test_a_host_that_is_called_goes_before_another() -> None:
    other = lacking(0, "other/AMQERR01.LOG", host="mq2", queue_manager="QM2")
    caller = closed(0, peer=Peer("mq2", "198.51.100.2", 1414))

    assert failures(caller, lacking(0), other) == [["client:1", "other:1"], ["server:1"]]


def test_a_certificate_in_common_goes_before_the_nearest_time() -> None:
    assert failures(
        closed(0, certificate=certificate("0A")),
        lacking(0, line=1, certificate=certificate("0B")),
        lacking(3, line=2, certificate=certificate("0A")),
    ) == [["client:1", "server:2"], ["server:1"]]


@pytest.mark.parametrize(
    ("client", "is_hint"),
    [
        (closed(0, user="castor"), True),
        (closed(0, program="C:\\jobs\\Castor.exe"), True),
        (closed(0, facts={"application": "castor"}), True),
        (told(0, "a/client/castor.log"), True),
        (closed(0, path="a/client/castor.log"), False),
        (told(0, "castor/client/app.log"), False),
        (closed(0, user="pollux"), False),
    ],
)
def test_a_user_a_program_or_a_file_named_alike_on_both_sides_is_a_hint(client: Event, is_hint: bool) -> None:
    (pair,) = [
        each for each in failures(client, lacking(0.4, line=1), lacking(1.6, line=2, user="castor")) if len(each) > 1
    ]

    assert pair[1] == ("server:2" if is_hint else "server:1")


@pytest.mark.parametrize(("first", "second", "is_open"), [(0, 1, True), (0.05, 1.05, False), (0, 2, False)])
def test_what_is_within_a_second_is_open_where_a_log_prints_whole_seconds(
    first: float, second: float, is_open: bool
) -> None:
    """Two causes in one second and the next; the client's record lies a tenth behind the first."""
    causes = lacking(first, line=1, user="one"), lacking(second, line=2, user="two")
    found = together(*logs(closed(0.1), *causes)).occurrences

    assert any(each.candidates for each in found) is is_open


# ---- the client and its application ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "is_one"), [(0, True), (2.5, True), (-2.5, True), (2.6, False), (-2.6, False), (None, True)]
)
def test_what_the_application_prints_belongs_to_the_record_of_its_library(seconds: float | None, is_one: bool) -> None:
    assert are_one(closed(), told(seconds)) is is_one


def test_a_call_that_takes_long_is_there_from_its_beginning() -> None:
    assert are_one(closed(0), told(20, facts={"elapsed_s": "19"}))
    assert not are_one(closed(0), told(20, facts={"elapsed_s": "17"}))


@pytest.mark.parametrize(
    ("facts", "seconds", "is_one"),
    [
        ({"stamped": "before"}, 29, True),
        ({"stamped": "before"}, 33, False),
        ({"stamped": "before"}, -3, False),
        ({}, 29, False),
    ],
)
def test_a_call_below_the_stamp_of_date_ended_later(facts: dict[str, str], seconds: float, is_one: bool) -> None:
    """kiosk$ date; amqsputc TICK.IN : the handshake takes its time."""
    assert are_one(told(0, facts=facts), closed(seconds)) is is_one


def test_the_nearest_of_several_calls_is_taken() -> None:
    assert failures(closed(0), told(1.5, line=1), told(0.5, line=2), told(-2, line=3)) == [
        ["client:1"],
        ["client:1", "client:2"],
        ["client:3"],
    ]


def test_an_application_of_the_same_folder_goes_before_the_nearest() -> None:
    assert failures(closed(0), told(0, "elsewhere/app.log"), told(0.9, line=7)) == [
        ["client:1", "client:7"],
        ["elsewhere:1"],
    ]


def test_an_application_that_names_another_channel_is_another() -> None:
    assert not are_one(closed(), told(channel="OTHER.SVRCONN"))
    assert not are_one(closed(queue_manager="QM1"), told(queue_manager="QM2"))


def test_a_local_time_of_unknown_zone_joins_nothing() -> None:
    """It does say when it was; only what has no time at all can be of any moment."""
    assert not are_one(closed(), told(stamp=Stamp("2025-03-10 12:07:00", datetime(2025, 3, 10, 12, 7))))


# ---- without time ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client", "is_one"),
    [
        ({}, True),
        ({"peer": Peer("MQ1", None, None)}, True),
        ({"peer": Peer("mq1.example.net", None, None)}, True),
        ({"peer": Peer(None, "198.51.100.1", None)}, True),
        ({"peer": Peer("mq2", None, None)}, False),
        ({"channel": "OTHER"}, False),
    ],
)
def test_pasted_records_that_complement_each_other_are_joined(client: dict[str, Any], is_one: bool) -> None:
    assert are_one(closed(None, **client), lacking(None, channel="APP.SVRCONN")) is is_one


def test_pasted_records_that_only_could_fit_are_not_joined() -> None:
    other = lacking(None, message_id=None, channel="APP.SVRCONN")

    assert not are_one(closed(None), other)
    assert are_one(told(None, channel="APP.SVRCONN"), other)


def test_a_record_without_time_is_joined_where_all_that_fit_are_repetitions() -> None:
    again = [lacking(60.0 * n, line=n + 1, channel="APP.SVRCONN") for n in range(3)]

    assert ["client:1", "server:1"] in failures(closed(None), *again)
    for other in (
        {"certificate": certificate()}, {"user": "ann"}, {"host": "mq2"}, {"peer": Peer("x", None, None)},
        {"codes": frozenset()}, {"message_id": replace(again[2].message_id, number="9658")},  # type: ignore[type-var]
    ):  # fmt: skip
        changed = replace(again[2], **other)  # type: ignore[arg-type]
        joined = any(len(each) == 2 for each in failures(closed(None), *again[:2], changed))
        assert joined is (other == {"codes": frozenset()})


# ---- clocks ------------------------------------------------------------------------------------------------------


def test_a_clock_is_told_to_the_millisecond() -> None:
    skews = (30.1234, 30.2345, 30.4)
    events = []
    for n, skew in enumerate(skews):
        channel = f"CH{n}"
        events += [
            closed(1000.0 * n, line=n + 1, channel=channel),
            lacking(1000.0 * n + skew, line=n + 1, channel=channel),
        ]
    (clock,) = together(*logs(*events)).clocks

    assert (clock.between, clock.skew_s, clock.spread_s, clock.pairs) == (("desk1", "mq1"), 30.234, 0.277, 3)


def test_one_lone_pair_with_a_name_makes_a_clock_and_one_without_does_not() -> None:
    assert [each.skew_s for each in together(*logs(closed(0), lacking(100, channel="APP.SVRCONN"))).clocks] == [100.0]
    assert together(*logs(closed(0), lacking(100))).clocks == ()


OTHERS = (closed(20_000, line=2, channel="B", message_id=None, reason_code=None), lacking(30_000, line=2, layer="tcp"))


@pytest.mark.parametrize(
    ("skew", "others", "is_thought_of"),
    [
        (179, OTHERS, True), (-179, OTHERS, True), (181, OTHERS, False), (-181, OTHERS, False),
        (599, (), True), (-599, (), True), (601, (), False), (-601, (), False),
    ],
)  # fmt: skip
def test_how_far_apart_clocks_are_thought_of(skew: float, others: tuple[Event, ...], is_thought_of: bool) -> None:
    """Three minutes; ten where the logs hold no other failure and these two name one channel."""
    found = together(*logs(closed(0), lacking(skew, channel="APP.SVRCONN"), *others))

    assert bool(found.clocks) is is_thought_of
    assert (len(found.occurrences) == 1 + len(others)) is is_thought_of


@pytest.mark.parametrize(
    ("moments", "is_one"),
    [
        ((450, 465, 480), True),
        ((450, 465, 495), False),  # another rhythm
        ((450, 465), False),  # one of them has no counterpart
        ((650, 665, 680), False),
    ],
)
def test_repetitions_of_the_only_two_failures_have_one_rhythm(moments: tuple[float, ...], is_one: bool) -> None:
    clients = [closed(15.0 * n, line=n + 1, peer=CALLS_MQ1) for n in range(3)]
    found = together(*logs(*clients, *(lacking(each, line=n + 1) for n, each in enumerate(moments))))

    assert [(each.skew_s, each.pairs) for each in found.clocks] == ([(450.0, 3)] if is_one else [])
    assert len(found.occurrences) == (3 if is_one else 3 + len(moments))


@pytest.mark.parametrize(
    ("client", "server", "is_one"),
    [
        ({"peer": Peer("qm1.example.net", "198.51.100.1", 1414)}, {}, True),
        ({"queue_manager": "DESKQM"}, {"certificate": Certificate(Name((("CN", "deskqm.example.net"),)))}, True),
        ({"peer": Peer("qm2.example.net", "198.51.100.1", 1414)}, {"peer": Peer("desk2", "192.0.2.2")}, False),
    ],
)
def test_a_host_can_be_called_after_its_queue_manager(
    client: dict[str, Any], server: dict[str, Any], is_one: bool
) -> None:
    assert are_one(closed(0, **{"channel": None} | client), lacking(400, **server)) is is_one


CALLS_MQ1 = Peer("mq1", "198.51.100.1", 1414)


@pytest.mark.parametrize(
    ("client", "server", "is_one"),
    [
        ({"peer": CALLS_MQ1}, {}, True),  # complementary, and the host that is called
        ({"peer": CALLS_MQ1}, {"peer": Peer(None, "192.0.2.1")}, True),
        ({"peer": CALLS_MQ1}, {"peer": Peer("desk2", "192.0.2.2")}, False),  # the acceptor saw another caller
        ({"peer": Peer("mq2", "198.51.100.2", 1414)}, {}, False),
        ({}, {}, False),
        ({"peer": CALLS_MQ1}, {"message_id": None}, False),  # nothing says that it is of this failure
    ],
)
def test_the_only_two_failures_that_names_allow(client: dict[str, Any], server: dict[str, Any], is_one: bool) -> None:
    assert are_one(closed(0, **client), lacking(97, **server)) is is_one


def test_an_ended_channel_is_of_the_side_that_its_cause_is_of() -> None:
    """AMQ9999 of a caller whose program tells nothing."""
    ended = replace(closed(0.1, line=1), message_id=None, role="wrapper", side="server", span=span("client/x", 20))
    (found,) = together(*logs(closed(0), ended)).occurrences

    assert {each.side for each in found.events} == {"client"}


def test_lone_pairs_without_a_name_are_no_clock_even_where_they_differ() -> None:
    events = [closed(0), lacking(20), closed(1000, line=2), lacking(1080, line=2)]

    assert together(*logs(*events)).clocks == ()


def test_two_different_failures_of_which_one_has_an_address_make_a_clock() -> None:
    peer = Peer("desk1", "192.0.2.1")
    other = {"message_id": None, "reason_code": None}
    pair = [closed(1000, line=2, channel=None, **other), lacking(1030, line=2, **other)]

    assert len(together(*logs(closed(0), lacking(30, peer=peer), *pair)).clocks) == 1
    assert together(*logs(closed(0), lacking(30), *pair)).clocks == ()


@pytest.mark.parametrize(
    ("pairs", "addressed", "is_sure"), [(6, True, False), (7, True, True), (7, False, True), (6, False, False)]
)
def test_pairs_that_could_meet_by_chance_make_no_clock(pairs: int, addressed: bool, is_sure: bool) -> None:
    """72 votes over 180 s: one within 2.5 s is expected. P(6 or more) at 72 points is 0.04, P(7 or more) is 0.006."""
    members = [Vote(0.0, 1.0, n, n, sort=n, named=False, addressed=addressed, lone=False) for n in range(pairs)]

    assert is_no_chance(members, 72, 2.5) is is_sure


def test_repetitions_of_one_failure_count_once_unless_they_are_known() -> None:
    members = [Vote(0.0, 1.0, n, n, sort=1, named=False, addressed=False, lone=False) for n in range(9)]

    assert not is_no_chance(members, 72, 2.5)
    assert is_no_chance([replace(members[0], addressed=True), *members[1:]], 72, 2.5)
    assert is_no_chance([replace(members[0], named=True, lone=True)], 72, 2.5)
    assert not is_no_chance([replace(members[0], named=True)], 72, 2.5)


def test_what_prints_no_host_has_the_clock_of_the_host_whose_log_lies_beside_it() -> None:
    """The queue manager's clock is 100 s ahead; an application that prints no host ran at the client."""
    assert [each for each in failures(told(0), lacking(100), *clocks_that_differ_by(100)) if each not in CLOCK] == [
        ["client:1", "server:1"]
    ]


def test_one_host_needs_no_clock_to_be_compared_with_itself() -> None:
    """Where clocks of the bundle are wrong, those of which nothing is known say nothing of each other."""
    ones = closed(0, "a/AMQERR01.LOG", host="hub"), lacking(0, "b/AMQERR01.LOG", host="hub")
    two = closed(0, "a/AMQERR01.LOG", host="hub1"), lacking(0, "b/AMQERR01.LOG", host="hub2")

    assert ["a:1", "b:1"] in failures(*ones, *clocks_that_differ_by(100))
    assert ["a:1", "b:1"] not in failures(*two, *clocks_that_differ_by(100))
    assert ["a:1", "b:1"] in failures(*two, *clocks_that_differ_by(4))


# ---- silence -----------------------------------------------------------------------------------------------------


def silent(*readings: Reading, seconds: float = 0) -> tuple[list[str], list[str]]:
    """The logs that are silent about a client's failure, and those that do not cover it."""
    found = together(*logs(closed(seconds, peer=Peer("mq1", None, None))), *readings)
    (one,) = found.occurrences
    return [each.path for each in one.silent], [each.path for each in one.uncovered]


@pytest.mark.parametrize(
    ("first", "last", "covers"), [(-9, 9, True), (0, 9, True), (-9, 0, True), (1, 9, False), (-9, -1, False)]
)
def test_a_log_covers_what_is_between_its_first_and_its_last_record(first: float, last: float, covers: bool) -> None:
    assert silent(quiet("server/a.log", first, last)) == ((["server/a.log"], []) if covers else ([], ["server/a.log"]))


def test_of_a_rotated_log_the_file_that_ends_before_is_named() -> None:
    older, newer = quiet("server/AMQERR02.LOG", -99, -9), quiet("server/AMQERR01.LOG", 9, 99)

    assert silent(older, newer) == (["server/AMQERR02.LOG"], [])
    assert silent(newer) == ([], ["server/AMQERR01.LOG"])
    assert silent(quiet("server/AMQERR03.LOG", -999, -99), older) == ([], ["server/AMQERR02.LOG"])
    assert silent(older, newer, seconds=-9) == (["server/AMQERR02.LOG"], [])
    assert silent(older, newer, seconds=9) == (["server/AMQERR01.LOG"], [])


def test_only_logs_are_silent_and_not_what_lies_beside_them() -> None:
    report = quiet("server/AMQ1.FDC", -9, 9)
    report.kind = "ffst"

    assert silent(report) == ([], [])


@pytest.mark.parametrize(
    ("hosts", "wanted"), [(("mq1", "mq2"), ["mq1"]), (("mq3", "mq2"), ["mq3", "mq2"]), (("mq4", "mq3", "mq2"), [])]
)
def test_of_few_logs_all_are_silent_where_none_is_that_of_the_host_called(
    hosts: tuple[str, ...], wanted: list[str]
) -> None:
    quiet_ones = [quiet(f"server-{host}/a.log", -9, 9, host=host, queue_manager=host) for host in hosts]

    assert sorted(silent(*quiet_ones)[0]) == sorted(f"server-{host}/a.log" for host in wanted)


def test_the_log_of_the_queue_manager_that_an_application_asks_for() -> None:
    logs_ = [quiet(f"server-{n}/a.log", -9, 9, host=f"mq{n}", queue_manager=f"Q{n}") for n in (1, 2, 3)]
    (one,) = together(*logs(told(0, queue_manager="Q2")), *logs_).occurrences

    assert [each.path for each in one.silent] == ["server-2/a.log"]


def test_a_failure_of_both_ends_teaches_which_host_a_channel_leads_to() -> None:
    """The first failure was logged by both; the second of the same channel can only be that host's to tell."""
    known = closed(0), lacking(0, "server/a.log", channel="APP.SVRCONN")
    later = closed(500, line=5)
    others = [quiet(f"server-{n}/a.log", -99, 999, host=f"mq{n}", queue_manager=f"Q{n}") for n in (2, 3, 4)]
    mine = quiet("server/b.log", -99, 999)
    found = together(*logs(*known, later), mine, *others)

    (alone,) = [each for each in found.occurrences if len(each.events) == 1]
    assert [each.path for each in alone.silent] == ["server/b.log"]


def test_the_log_of_a_clock_that_is_ahead_covers_the_moment_on_its_own_clock() -> None:
    pairs = [
        event
        for n in range(3)
        for event in (
            closed(9000.0 + 1000 * n, line=n + 10, channel=f"C{n}"),
            lacking(9100.0 + 1000 * n, "server/z.log", line=n + 10, channel=f"C{n}"),
        )
    ]
    found = together(*logs(closed(0, peer=Peer("mq1", None, None)), *pairs), quiet("server/a.log", 50, 150))
    first = min(found.occurrences, key=lambda each: each.lead.instant or 0)  # type: ignore[arg-type, return-value]

    assert [each.path for each in first.silent] == ["server/a.log"]


# ---- sources -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "side"),
    [
        ("client/x.log", "client"),
        ("Server-logs/x.log", "server"),
        ("all.zip!server/x.log", "server"),
        ("server/client.txt", "client"),
        ("clients/x.log", None),
        ("myclient/x.log", None),
        ("x.log", None),
    ],
)
def test_the_side_that_a_name_says(path: str, side: str | None) -> None:
    (source,) = together(*logs(replace(closed(), side=None, span=span(path)))).sources

    assert source.side == side


def test_the_side_of_a_source() -> None:
    """What the user said, else what its records say, else its name, else the others of its folder."""
    plain = replace(closed(), side=None, span=span("a/x.log"))
    beside = lacking(0, "a/y.log")
    third = closed(9, "a/z.log")

    def side(*events: Event, **options: Any) -> str | None:
        return together(*logs(*events), **options).sources[0].side

    assert side(plain) is None
    assert side(plain, beside) == "server"
    assert side(plain, beside, third) is None
    assert side(plain, beside, sides={"a/x.log": "client"}) == "client"
    assert side(closed(0, "server/x.log")) == "client"
    assert side(closed(0), sides={"client/AMQERR01.LOG": "server"}) == "server"


@pytest.mark.parametrize(("called", "side"), [("QM1", "server"), ("QM2", "client"), (None, "client")])
def test_a_quiet_log_of_the_queue_manager_that_a_program_calls(called: str | None, side: str) -> None:
    """It holds only what its own sender channels did."""
    quiet = replace(record("9002"), span=span("mq/AMQERR01.LOG"), side="client", queue_manager="QM1", role="notice")
    found = together(*logs(quiet, told(0, queue_manager=called)))

    assert {each.path: each.side for each in found.sources}["mq/AMQERR01.LOG"] == side


def test_most_records_say_whose_log_it_is() -> None:
    events = [
        lacking(9.0 * n, line=n + 1, host=host, queue_manager=host) for n, host in enumerate(("b", "a", "b", None))
    ]
    (source,) = together(*logs(*events)).sources

    assert (source.host, source.queue_manager) == ("b", "b")


def test_a_source_tells_what_time_it_covers() -> None:
    (source,) = together(*logs(lacking(5, line=1), lacking(-5, line=2), lacking(1, line=3))).sources

    assert (source.first, source.last) == (at(-5).instant, at(5).instant)


def test_scans_are_counted_for_each_log() -> None:
    scans = [
        replace(record("9209"), stamp=at(9.0 * n), span=span(path, n + 5), role="noise", channel=None, side="server")
        for path in ("b.log", "a.log")
        for n in range(3)
    ]
    found = together(*logs(*scans[:-1]))

    assert found.occurrences == ()
    assert [(each.code, each.path, each.line) for each in found.notes] == [
        ("port-scans", "a.log", 5),
        ("port-scans", "b.log", 5),
    ]
    assert found.notes[1].text == (
        "3 connections were closed before they named a channel (port scanner or health check); "
        "they belong to no incident."
    )


@pytest.mark.parametrize(
    ("others", "is_scan"),
    [
        ({}, True),
        ({"stamp": at(59)}, True),
        ({"stamp": at(61)}, False),
        ({"peer": Peer(None, "192.0.2.9")}, False),
        ({"peer": None}, False),
        ({"channel": "A.B"}, False),
        ({"host": "mq2"}, False),
        ({"layer": "tls"}, False),
    ],
)
def test_a_scanner_resets_some_connections_and_closes_others(others: dict[str, Any], is_scan: bool) -> None:
    given: dict[str, Any] = {"stamp": at(0), "peer": Peer(None, "192.0.2.8"), "side": "server", "host": "mq1"}
    scan = replace(record("9209", **given), role="noise", channel=None)
    reset = replace(record("9208", 30, **given), **{"channel": None} | others)
    found = together(*logs(scan, reset))

    assert len(found.occurrences) == (0 if is_scan else 1)
    assert found.notes[0].text.startswith("2 connections" if is_scan else "1 connections")


def test_a_report_alone_is_a_failure_and_a_notice_is_none() -> None:
    reports = [Event(kind, span(f"{kind}.txt"), at(0), side="server") for kind in ("ffst", "java-ffst")]

    assert failures(*reports) == [["ffst.txt:1"], ["java-ffst.txt:1"]]
    assert failures(replace(closed(), role="notice")) == []


def test_what_stands_beside_is_handed_on() -> None:
    index, context = Event("ca-index", span("index.txt")), replace(record("8004"), span=span("x.log"))
    found = together(*logs(index, context, closed()))

    assert found.corroboration == (index,)
    assert [each.span.path for each in found.context] == ["x.log"]
    assert len(found.occurrences) == 1


def test_failures_stand_in_the_order_of_time_and_those_without_last() -> None:
    events = closed(None, line=1), closed(900, line=2, process=2), closed(3, line=3, process=3)

    assert [each.lead.span.line for each in together(*logs(*events)).occurrences] == [3, 2, 1]


# ---- a storm -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("most", "pairs"), [(16, [(0, 1), (1, 0)]), (15, [(0, 0)])])
def test_a_set_too_large_for_the_exact_method_is_assigned_all_the_same(
    most: int, pairs: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """0-0 is the best pair, 0-1 and 1-0 together are worth more: what two to two take is 2 * 2 * (2 + 2) steps."""
    monkeypatch.setattr(matching, "MOST_STEPS", most)

    assert (
        sorted((e.one, e.other) for e in assign([Edge(0, 0, 5.0), Edge(0, 1, 4.0), Edge(1, 0, 4.0)]).values()) == pairs
    )


def test_of_a_set_too_large_the_best_pairs_are_taken_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MOST_STEPS", 0)
    edges = [Edge(one, other, 5 + (one * 7 + other * 11) % 13 / 13) for one in range(9) for other in range(9)]
    chosen = assign(edges)

    assert len({each.other for each in chosen.values()}) == len(chosen) == 9
    best = max(each.worth for each in edges)
    assert sum(each.worth == best for each in chosen.values()) >= 6


def test_what_is_worth_clearly_less_is_no_rival() -> None:
    edges = [Edge(0, 0, 5.0, 0.1), Edge(0, 1, 4.95, 0.1), Edge(0, 2, 4.8, 0.1), Edge(1, 3, 5.0, 0.1)]

    assert [(each.one, each.other) for each in swaps(edges, assign(edges))] == [(0, 1)]


# ---- several at once ---------------------------------------------------------------------------------------------


def test_two_failures_of_one_moment_are_told_apart_by_their_channels() -> None:
    found = failures(
        closed(0, line=1, channel="A"), closed(0, line=2, channel="B"),
        lacking(0, line=1, channel="B"), lacking(0, line=2, channel="A"),
    )  # fmt: skip

    assert found == [["client:1", "server:2"], ["client:2", "server:1"]]


def candidates(*events: Event) -> list[tuple[list[str], list[str]]]:
    """Of every failure its records, and those that could be of it as well."""
    found = together(*logs(*events)).occurrences
    return sorted(
        tuple(
            sorted(f"{e.span.path.split('/')[0]}:{e.span.line}" for e in each) for each in (one.events, one.candidates)
        )
        for one in found
    )  # type: ignore[return-value]


def test_one_record_that_is_of_either_of_two_callers_is_left_open() -> None:
    one, two = closed(0, channel="A"), closed(0, "second/AMQERR01.LOG", host="desk2", channel="B")

    assert candidates(one, two, lacking(0)) == [
        (["client:1"], ["server:1"]),
        (["second:1"], ["server:1"]),
        (["server:1"], ["client:1", "second:1"]),
    ]


def test_of_two_causes_for_two_like_callers_each_has_one() -> None:
    """The caller's records are repetitions: which of them has which cause makes no difference."""
    assert candidates(closed(0, line=1), closed(0, line=2), lacking(0, line=1), lacking(0, line=2, user="other")) == [
        (["client:1", "server:1"], ["server:2"]),
        (["client:2", "server:2"], ["server:1"]),
    ]


def test_a_cause_without_time_is_joined_where_all_callers_are_repetitions() -> None:
    one, two = closed(0, line=1), closed(60, line=2)

    assert len(failures(one, two, lacking(None, channel="APP.SVRCONN"))) == 2
    assert len(failures(one, replace(two, user="ann"), lacking(None, channel="APP.SVRCONN"))) == 3


def test_a_name_that_once_meant_a_host_means_it_again() -> None:
    """The caller knows mq1 by an alias, which only a failure that both logged tells."""
    alias = {"peer": Peer("payments", None, None)}
    known = closed(0, **alias), lacking(0, "server/a.log", channel="APP.SVRCONN")
    others = [quiet(f"server-{n}/a.log", -99, 999, host=f"mq{n}", queue_manager=f"Q{n}") for n in (2, 3, 4)]
    found = together(
        *logs(*known, closed(500, line=5, channel="OTHER", **alias)), quiet("server/b.log", -99, 999), *others
    )

    (alone,) = [each for each in found.occurrences if len(each.events) == 1]
    assert [each.path for each in alone.silent] == ["server/b.log"]


def test_a_channel_that_led_to_two_hosts_may_lead_to_either() -> None:
    pairs = [
        closed(0), lacking(0, "server/a.log", channel="APP.SVRCONN"),
        closed(90, line=2), lacking(90, "second/a.log", line=2, host="mq2", channel="APP.SVRCONN"),
    ]  # fmt: skip
    quiet_ones = [quiet(f"quiet-{n}/a.log", -99, 999, host=f"mq{n}", queue_manager=f"Q{n}") for n in (1, 2, 3, 4)]
    found = together(
        *logs(*pairs, closed(500, line=5)), *quiet_ones, sides={f"quiet-{n}/a.log": "server" for n in (1, 2, 3, 4)}
    )

    (alone,) = [each for each in found.occurrences if len(each.events) == 1]
    assert sorted(each.path for each in alone.silent if "quiet" in each.path) == ["quiet-1/a.log", "quiet-2/a.log"]


def test_clocks_that_agree_with_each_other_over_a_third_are_all_told() -> None:
    """desk1 is 60 s behind desk2, mq1 is 40 s ahead of it."""
    second = [
        replace(e, host="desk2", stamp=at(e.instant.timestamp() - at(0).instant.timestamp() + 20000 + late),  # type: ignore[union-attr]
                span=span("second/AMQERR01.LOG", e.span.line), channel=f"{e.channel}X")
        if e.side == "client" else
        replace(e, stamp=at(e.instant.timestamp() - at(0).instant.timestamp() + 20000), channel=f"{e.channel}X",  # type: ignore[union-attr]
                span=span("server/AMQERR01.LOG", e.span.line + 50))
        for late in (60,) for e in clocks_that_differ_by(100)
    ]  # fmt: skip
    found = together(*logs(*clocks_that_differ_by(100), *second))

    assert [(each.between, each.skew_s) for each in found.clocks] == [
        (("desk1", "mq1"), 100.0),
        (("desk2", "mq1"), 40.0),
    ]
