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
from mqdiag.correlate.matching import Edge, assign, swaps
from mqdiag.correlate.relation import relation
from mqdiag.model import Event, Kind, Peer, Stamp
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
    return len(failures(*events)) == 1


# ---- what fits what --------------------------------------------------------------------------------------------


def message(number: str, role: str, layer: str | None = None, **others: Any) -> Event:
    return replace(record(number), **{"role": role, "layer": layer} | others)


@pytest.mark.parametrize(
    ("one", "other", "fit"),
    [
        (message("9665", "victim", "tls"), message("9637", "judge", "tls"), 3),
        (message("9519", "judge", "channel"), message("9520", "judge", "channel"), 3),
        (message("9519", "judge", "tcp"), message("9520", "judge", "tcp"), 3),
        (message("9519", "judge", "tls"), message("9520", "judge", "tls"), 0),
        (message("9209", "victim", "tcp", channel="A", side="client"), message("8077", "judge", "oam"), 1.5),
        (message("9209", "victim", "tcp", channel="A", side="server"), message("8077", "judge", "oam"), 0),
        (message("9209", "victim", "tcp", side="client"), message("8077", "judge", "oam"), 0),
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


def test_a_name_that_is_shared_goes_before_the_nearest_time() -> None:
    assert failures(closed(0), lacking(0, line=1, channel=None), lacking(2, line=2, channel="APP.SVRCONN")) == [
        ["client:1", "server:2"],
        ["server:1"],
    ]


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


def test_a_user_named_alike_on_both_sides_is_a_hint() -> None:
    assert failures(closed(0, user="castor"), lacking(0.4, line=1), lacking(0.6, line=2, user="castor")) == [
        ["client:1", "server:2"],
        ["server:1"],
    ]


# ---- the client and its application ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "is_one"), [(0, True), (2.5, True), (-2.5, True), (2.6, False), (-2.6, False), (None, True)]
)
def test_what_the_application_prints_belongs_to_the_record_of_its_library(seconds: float | None, is_one: bool) -> None:
    assert are_one(closed(), told(seconds)) is is_one


def test_a_call_that_takes_long_is_there_from_its_beginning() -> None:
    assert are_one(closed(0), told(20, facts={"elapsed_s": "19"}))
    assert not are_one(closed(0), told(20, facts={"elapsed_s": "17"}))


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

    assert len(failures(closed(None), *again)) == 3
    for other in (
        {"certificate": certificate()}, {"user": "ann"}, {"host": "mq2"}, {"peer": Peer("x", None, None)},
        {"codes": frozenset()}, {"message_id": replace(again[2].message_id, number="9658")},  # type: ignore[type-var]
    ):  # fmt: skip
        changed = replace(again[2], **other)  # type: ignore[arg-type]
        assert len(failures(closed(None), *again[:2], changed)) == (3 if other == {"codes": frozenset()} else 4)


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


@pytest.mark.parametrize(("skew", "is_thought_of"), [(179, True), (-179, True), (181, False), (-181, False)])
def test_clocks_further_apart_than_three_minutes_are_not_thought_of(skew: float, is_thought_of: bool) -> None:
    found = together(*logs(closed(0), lacking(skew, channel="APP.SVRCONN")))

    assert bool(found.clocks) is is_thought_of
    assert (len(found.occurrences) == 1) is is_thought_of


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
