"""What an event message means, and beside which records of the log it belongs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mqdiag.interpret import interpret, qualifier
from mqdiag.knowledge import builtin
from mqdiag.model import Event, Span
from mqdiag.pipeline import Options, analyze
from mqdiag.render.json import data

SPAN = Span("events.json", 1, 1, 0, 1)


def printed(second: int, channel: str, words: str, reason: int, qm: str = "KILN", **more: object) -> str:
    event = {
        "eventType": {"name": "Channel Event", "value": 46},
        "eventReason": {"name": "An Event", "value": reason},
        "eventCreation": {"timeStamp": f"2025-06-02T13:40:{second:02}Z"},
        "eventData": {"queueMgrName": qm, "channelName": channel, "reasonQualifier": words, **more},
    }
    return json.dumps(event) + "\n"


def blocked(second: int, channel: str = "KILN.ADMIN") -> str:
    return (
        f"06/02/25 13:40:{second:02} - Process(400.{second}) User(mqm) Program(amqrmppa)\n"
        "                    Host(kiln-mq) Installation(Installation1)\n"
        "                    VRMF(9.4.0.6) QMgr(KILN)\n"
        f"                    Time(2025-06-02T13:40:{second:02}.208Z)\n"
        f"                    CommentInsert1({channel})\n"
        "                    CommentInsert2(203.0.113.31)\n"
        "                    CommentInsert3(CLNTUSER(petra))\n"
        "                   \nAMQ9777E: Channel was blocked\n\nEXPLANATION:\nNone.\nACTION:\nNone.\n"
        "----- cmqxrmsa.c : 1431 -------------------------------------------------------\n"
    )


def found(folder: Path, log: str, events: str) -> list[tuple[str, str | None, int]]:
    (folder / "AMQERR01.LOG").write_text(log)
    (folder / "events.json").write_text(events)
    report = analyze(Options(paths=(str(folder),), jobs=1))
    return sorted((each.cause, each.channel, each.occurrences) for each in report.incidents)


NOACCESS = "Channel Blocked Noaccess"


@pytest.mark.parametrize(
    "words",
    ["16", "SSL Peer Name Error", "SSL_PEER_NAME_ERROR", "MQRQ_SSL_PEER_NAME_ERROR", "Ssl Peer Name Error"],
)
def test_a_qualifier_in_all_its_spellings(words: str) -> None:
    assert qualifier(words, builtin()) == "16"


def test_queue_stands_for_q() -> None:
    assert qualifier("Queue Mgr Quiescing", builtin()) == "6"
    assert qualifier("Something New", builtin()) == ""


@pytest.mark.parametrize(
    ("reason", "words", "role"),
    [
        (2371, "SSL Peer Name Error", "judge"),
        (2371, "SSL Handshake Error", "wrapper"),
        (2577, NOACCESS, "judge"),
        (2578, NOACCESS, "notice"),  # WARN(YES): it was let in
        (2279, "Channel Stopped Disabled", "context"),
        (2283, "Channel Stopped Ok", "notice"),
        (2296, "", "judge"),
        (2224, "", "notice"),
        (2371, "Something New", "notice"),
    ],
)
def test_what_an_event_is(reason: int, words: str, role: str) -> None:
    event = Event("mq-event", SPAN, reason_code=reason, facts={"qualifier": words} if words else {})

    assert interpret(event).role == role


@pytest.mark.parametrize(("facts", "side"), [({}, "server"), ({"xmit_queue": "YARD"}, "client")])
def test_only_the_calling_end_has_a_transmission_queue(facts: dict[str, str], side: str) -> None:
    assert interpret(Event("mq-event", SPAN, reason_code=2283, facts=facts)).side == side


def test_an_event_and_its_record_are_one_failure(tmp_path: Path) -> None:
    events = printed(5, "KILN.ADMIN", NOACCESS, 2577) + printed(9, "KILN.ADMIN", NOACCESS, 2577)

    assert found(tmp_path, blocked(5) + blocked(9), events) == [("blocked-by-chlauth", "KILN.ADMIN", 2)]


def test_an_event_without_record_is_a_failure_more(tmp_path: Path) -> None:
    events = printed(5, "KILN.ADMIN", NOACCESS, 2577) + printed(30, "KILN.ADMIN", NOACCESS, 2577)

    assert found(tmp_path, blocked(5), events) == [("blocked-by-chlauth", "KILN.ADMIN", 2)]


def test_an_event_of_another_channel_or_queue_manager_is_another_failure(tmp_path: Path) -> None:
    assert found(tmp_path, blocked(5), printed(5, "KILN.OTHER", NOACCESS, 2577)) == [
        ("blocked-by-chlauth", "KILN.ADMIN", 1),
        ("blocked-by-chlauth", "KILN.OTHER", 1),
    ]
    assert found(tmp_path, blocked(5), printed(5, "KILN.ADMIN", NOACCESS, 2577, qm="OVEN")) == [
        ("blocked-by-chlauth", "KILN.ADMIN", 1),
        ("blocked-by-chlauth", "KILN.ADMIN", 1),
    ]


def test_the_end_of_a_channel_belongs_to_what_ended_it(tmp_path: Path) -> None:
    """Channel Stopped says no more than AMQ9999: it is put to the event or record that names the cause."""
    events = printed(5, "KILN.ADMIN", "SSL Peer Name Error", 2371) + printed(
        6, "KILN.ADMIN", "Channel Stopped Error", 2283
    )

    assert found(tmp_path, "", events) == [("peer-name-mismatch", "KILN.ADMIN", 1)]


def test_the_same_event_in_two_files_is_one(tmp_path: Path) -> None:
    event = printed(5, "KILN.ADMIN", NOACCESS, 2577)
    (tmp_path / "again.json").write_text(event)

    assert found(tmp_path, "", event) == [("blocked-by-chlauth", "KILN.ADMIN", 1)]


def test_the_kind_of_schema_1(tmp_path: Path) -> None:
    """The contract's list of kinds has none for event messages: a source of them is `unknown`, and has records."""
    (tmp_path / "events.json").write_text(printed(5, "KILN.ADMIN", NOACCESS, 2577))
    (source,) = data(analyze(Options(paths=(str(tmp_path),), jobs=1)))["sources"]

    assert (source["kind"], source["records"], source["unparsed_bytes"]) == ("unknown", 1, 0)
