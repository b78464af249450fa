"""Occurrences of one cause between the same two ends are one incident; what is not known agrees with anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sample_events import at, certificate, program, record, span

from mqdiag.classify import classify
from mqdiag.model import Event, Incident, Occurrence, Peer


def refused(line: int, seconds: float = 0, **others: Any) -> Event:
    """AMQ9637 on mq1: the client sent no certificate."""
    given: dict[str, Any] = {"side": "server", "host": "mq1", "queue_manager": "QM1", "channel": "A.SVRCONN"}
    return replace(record("9637", line), stamp=at(seconds), **given | others)


def echo(line: int, seconds: float = 0, **others: Any) -> Event:
    """AMQ9665 at the client desk1."""
    given: dict[str, Any] = {"side": "client", "host": "desk1", "channel": "A.SVRCONN", "span": span("c.log", line)}
    return replace(record("9665"), stamp=at(seconds), **given | others)


def told_without(line: int, seconds: float = 0, **others: Any) -> Event:
    """AMQ9642 at the client desk1: it has no certificate, and the other end asked for one."""
    return replace(
        record("9642"),
        **{"side": "client", "channel": "A.SVRCONN"} | others,
        stamp=at(seconds),
        span=span("c.log", line),
    )


def folded(*failures: Event | tuple[Event, ...]) -> list[Incident]:
    groups = [each if isinstance(each, tuple) else (each,) for each in failures]
    return classify([Occurrence(each[0], each) for each in groups], [], [])[0]


def counts(*failures: Event | tuple[Event, ...]) -> list[int]:
    return sorted(each.occurrences for each in folded(*failures))


ONE = refused(1, peer=Peer("desk1", "192.0.2.1"), user="jo", certificate=certificate("0A"))


@pytest.mark.parametrize(
    ("others", "is_one"),
    [
        ({}, True),
        ({"channel": "B.SVRCONN"}, False),
        ({"channel": None}, True),
        ({"queue_manager": "QM2"}, False),
        ({"queue_manager": None}, True),
        ({"host": "mq2"}, False),
        ({"host": None}, True),
        ({"peer": Peer("desk2", "192.0.2.2")}, False),
        ({"peer": Peer("desk2", "192.0.2.1")}, True),
        ({"peer": Peer("desk2", None)}, False),
        ({"peer": None}, True),
        ({"certificate": certificate("0B")}, False),
        ({"certificate": None}, True),
        ({"user": "ann"}, True),
        ({"message_id": replace(ONE.message_id, number="9658")}, False),  # type: ignore[type-var]
    ],
)
def test_the_same_failure_again(others: dict[str, Any], is_one: bool) -> None:
    again = replace(ONE, span=span(line=20), stamp=at(60), **others)

    assert counts(ONE, again) == counts(again, ONE) == ([2] if is_one else [1, 1])


@pytest.mark.parametrize(("file", "is_one"), [("a.log", True), ("b.log", False)])
def test_nobody_knows_who_judged_and_all_else_is_the_same(file: str, is_one: bool) -> None:
    """2161 says that the queue manager was ending; the 2059 that follow do not say whose decision it was."""
    ending, retry = program(2161, span=span("a.log")), program(2059, span=span(file, 20))

    assert counts(ending, retry) == counts(retry, ending) == ([2] if is_one else [1, 1])


@pytest.mark.parametrize(("user", "is_one"), [("jo", True), ("ann", False), (None, True)])
def test_of_authority_the_user_counts(user: str | None, is_one: bool) -> None:
    one, other = (
        replace(record("8077", line), side="server", host="mq1", user=name) for line, name in ((1, "jo"), (20, user))
    )

    assert counts(one, other) == ([2] if is_one else [1, 1])


def test_callers_are_told_apart_by_their_host_and_their_applications_by_their_file() -> None:
    one, other = echo(1), echo(20, 60, host="desk2")
    first, second = (program(2393, span=span(f"{name}.log"), channel="A.SVRCONN") for name in "ab")

    assert counts(one, other) == [1, 1]
    assert counts(one, echo(20, 60)) == [2]
    assert counts(first, second) == [1, 1]
    assert counts(first, replace(first, span=span("a.log", 20))) == [2]
    assert counts(*(replace(each, kind="mqi-transcript") for each in (first, second))) == [1, 1]


def test_nothing_different_is_not_the_same() -> None:
    """Two records of which nothing is known but their cause."""
    bare = {"host": None, "queue_manager": None, "channel": None}

    assert counts(refused(1, **bare), refused(20, 60, **bare)) == [1, 1]
    assert counts(*(replace(refused(n, **bare), certificate=certificate("0A")) for n in (1, 20))) == [2]


def test_what_fits_two_incidents_is_a_third() -> None:
    """A record without channel between those of two channels is joined to neither; with one it is joined."""
    one, two = refused(1), refused(20, channel="B.SVRCONN")

    assert counts(one, two, refused(40, channel=None)) == [1, 1, 1]
    assert counts(one, two, refused(40, channel=None), refused(60, channel=None)) == [1, 1, 2]
    assert counts(one, refused(40, channel=None)) == [2]
    assert [each.channel for each in folded(refused(40, channel=None), one)] == ["A.SVRCONN"]


def test_those_that_say_most_are_placed_first() -> None:
    """One that says little comes first in time; it joins what the later ones are."""
    little, much = refused(1, 0, queue_manager=None, host=None), refused(20, 60, peer=Peer("desk1", "192.0.2.1"))

    (found,) = folded(little, much)
    assert (found.occurrences, found.queue_manager) == (2, "QM1")


# ---- how often -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("servers", "clients", "count"),
    [
        ([0], [100], 1),
        ([0], [180], 1),
        ([0], [-180], 1),
        ([0], [181], 2),
        ([0], [-181], 2),
        ([0, 1000], [100], 2),
        ([0, 1000], [100, 1100], 2),
        ([0, 50], [100, 150], 2),
        ([0, 1000, 2000], [1900], 3),
        ([0], [100, 150], 2),
        ([0, 1000], [-100, 150, 1100], 3),
    ],
)
def test_records_of_both_ends_that_could_not_be_joined_are_no_more_failures(
    servers: list[float], clients: list[float], count: int
) -> None:
    """Each of one end's is counted together with one of the other end no further off than clocks are."""
    found = folded(
        *(refused(n + 1, each) for n, each in enumerate(servers)),
        *(told_without(n + 50, each) for n, each in enumerate(clients)),
    )

    assert [(each.cause, each.judge, each.occurrences) for each in found] == [("certificate-missing", "server", count)]


# ---- who it is about -------------------------------------------------------------------------------------------


def test_the_queue_manager_is_the_one_that_was_called() -> None:
    caller = echo(1, queue_manager="QM9")

    assert folded((refused(1), caller))[0].queue_manager == "QM1"
    assert folded((refused(1, queue_manager=None), caller))[0].queue_manager == "QM9"
    assert folded(program(2393, queue_manager="QM3"))[0].queue_manager == "QM3"


def test_the_best_known_occurrence_speaks_for_all() -> None:
    """Once only the client's record was there, once both: the queue manager and the evidence are those of both."""
    both = (refused(1, 60), told_without(20, 60))
    (found,) = folded(told_without(1), both, told_without(40, 120))

    assert (found.occurrences, found.queue_manager) == (3, "QM1")
    assert (found.start, found.end) == (at(0).instant, at(120).instant)
    assert "AMQERR01.LOG" in {each.span.path for each in found.evidence}
