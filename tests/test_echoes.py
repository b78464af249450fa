"""An echo whose refusal neither a name nor a clock tells: cited with the refusal, or a failure of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sample_events import program
from test_two_ends import CALLS_MQ1, at, closed, failures, lacking, logs, span, together

from mqdiag.model import Certificate, Event, MessageId, Name, Peer, Stamp


def cited(*events: Event) -> dict[str, list[str]]:
    """Of every failure the place of its leading record, and of what may be the other end's records of it."""
    found = together(*logs(*events)).occurrences
    return {place(each.lead): [place(other) for other in each.candidates] for each in found}


def place(event: Event) -> str:
    return f"{event.span.path.split('/')[0]}:{event.span.line}"


@pytest.mark.parametrize(
    ("client", "server", "may_be_one"),
    [
        ({}, {}, True),
        ({}, {"seconds": -97}, True),
        ({}, {"seconds": 179}, True),
        ({}, {"seconds": 181}, False),
        ({"channel": "APP.SVRCONN"}, {"channel": "OTHER.SVRCONN"}, False),
        ({"peer": Peer("mq2", "198.51.100.2", 1414)}, {}, False),  # another host was called
        ({"peer": Peer("mq2", "198.51.100.2", 1414), "queue_manager": "QM1"}, {}, True),  # by another name
        ({"peer": Peer("mq1-0", "198.51.100.2", 1414)}, {}, True),
        ({"peer": Peer(None, "198.51.100.2", 1414)}, {}, True),
        ({}, {"peer": Peer("desk2", "192.0.2.2")}, False),  # another host called
        ({}, {"message_id": None}, False),  # nothing says that a closed handshake is its echo
        ({}, {"role": "victim"}, False),  # no end tells a cause
        ({}, {"side": "client"}, False),
    ],
)
def test_whether_an_echo_may_be_of_the_only_refusal(
    client: dict[str, Any], server: dict[str, Any], may_be_one: bool
) -> None:
    found = cited(closed(**{"seconds": 0, "channel": None} | client), lacking(**{"seconds": 97} | server))

    assert found == ({"server:1": ["client:1"]} if may_be_one else {"client:1": [], "server:1": []})


@pytest.mark.parametrize(
    ("local", "may_be_one"),
    [
        ("2025-03-10 05:01:37", True),  # five hours west of noon, and a minute and a half off
        ("2025-03-10 21:28:05", True),
        ("2025-03-10 05:04:40", False),
        ("2025-03-12 12:00:00", False),
    ],
)
def test_a_local_time_is_near_where_zones_allow_it(local: str, may_be_one: bool) -> None:
    stamp = Stamp(local, datetime.fromisoformat(local))
    found = cited(program(2035, stamp=stamp, span=span("app/app.log")), lacking(0, layer="chlauth", message_id=None))

    assert found == ({"server:1": ["app:1"]} if may_be_one else {"app:1": [], "server:1": []})


def test_a_refusal_above_tls_is_no_echo() -> None:
    """AMQ9776 beside a host that nobody knows: it names its own cause."""
    unknown = program(2538, stamp=None, span=span("app/app.log"), role="judge", layer="tcp")

    assert cited(unknown, lacking(0, message_id=MessageId("AMQ", "9776"), layer="chlauth"))["server:1"] == []


def test_where_the_clocks_are_known_a_minute_is_another_failure() -> None:
    pair = closed(0, peer=CALLS_MQ1), lacking(0, channel="APP.SVRCONN")
    found = cited(*pair, closed(500, line=2, channel="B"), lacking(580, line=2))

    assert found["client:2"] == found["server:2"] == []


def test_repetitions_are_cited_where_they_are_near() -> None:
    clients = [closed(300.0 * n, line=n) for n in (1, 2, 3)]
    servers = [lacking(300.0 * n + 60, line=n) for n in (1, 2, 3)]

    assert cited(*clients, *servers) == {f"server:{n}": [f"client:{n}"] for n in (1, 2, 3)}


def test_repetitions_of_which_one_has_no_refusal_stand_apart() -> None:
    found = cited(closed(0), closed(500, line=2), lacking(60))

    assert found == {"client:1": [], "client:2": [], "server:1": []}


def test_two_echoes_of_two_refusals_are_each_of_either() -> None:
    other = closed(20, "second/AMQERR01.LOG", host="desk2", channel="B")
    found = cited(closed(0), other, lacking(80), lacking(90, line=2))

    assert found == {"server:1": ["client:1", "second:1"], "server:2": ["client:1", "second:1"]}


def test_more_echoes_than_refusals_are_of_none() -> None:
    other = closed(20, "second/AMQERR01.LOG", host="desk2", channel="B")

    assert all(each == [] for each in cited(closed(0), other, lacking(80)).values())


def test_an_echo_is_of_a_few_refusals_and_not_of_many() -> None:
    users = ("anna", "bert", "cleo", "dora")
    refusals = [lacking(60.0 + n, line=n + 1, user=user) for n, user in enumerate(users)]

    assert cited(closed(0), *refusals[:3]) == {f"server:{n}": ["client:1"] for n in (1, 2, 3)}
    assert all(each == [] for each in cited(closed(0), *refusals).values())


def test_what_a_program_tells_needs_no_message_id() -> None:
    told = program(2035, stamp=at(0), span=span("app/app.log"), side="client")
    blocked = lacking(60, layer="chlauth", message_id=None)

    assert cited(told, blocked) == {"server:1": ["app:1"]}


def test_a_certificate_named_after_the_callers_host_is_a_name_in_common() -> None:
    shown = Certificate(Name((("O", "Example"), ("CN", "desk1.example.net"))))

    assert failures(closed(0), lacking(97, certificate=shown)) == [["client:1", "server:1"]]
