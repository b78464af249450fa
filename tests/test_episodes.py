"""One failure as one side saw it: which records belong together, which are copies, which are the next failure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sample_events import at, program, record, span

from mqdiag.correlate.episodes import Episode, episodes
from mqdiag.model import Event, MessageId, Stamp

WRITER: dict[str, Any] = {"host": "mq1", "side": "server", "process": 7, "thread": 1}


def cause(line: int = 1, seconds: float = 0, **others: Any) -> Event:
    """AMQ9637 of thread 7.1 on mq1."""
    return replace(record("9637", line, **WRITER), stamp=at(seconds), **others)


def wrapper(line: int = 10, seconds: float = 1, **others: Any) -> Event:
    return replace(record("9999", line, **WRITER), stamp=at(seconds), **others)


def report(seconds: float = 1, **others: Any) -> Event:
    """An FFST report of thread 7.1."""
    return replace(Event("ffst", span("AMQ1.FDC"), at(seconds), **WRITER, layer="system"), **others)


def without(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in names}


def grouped(*events: Event) -> list[list[str]]:
    """The lines of the events of every episode."""
    return [[f"{each.span.path}:{each.span.line}" for each in one.events] for one in episodes(events)]


def are_one(*events: Event) -> bool:
    return len(episodes(events)) == 1


@pytest.mark.parametrize(
    ("others", "is_one"),
    [
        ({}, True),
        ({"seconds": 2.5}, True),
        ({"seconds": 2.6}, False),
        ({"thread": 2}, False),
        ({"process": 8}, False),
        ({"host": "mq2"}, False),
        ({"host": "MQ1"}, True),
        ({"span": span("AMQERR02.LOG")}, True),
        ({"process": None}, True),
        ({"process": None, "span": span("AMQERR02.LOG")}, False),
        ({"channel": "OTHER"}, False),
    ],
)
def test_a_wrapper_belongs_to_the_cause_that_its_thread_wrote_just_before(others: dict[str, Any], is_one: bool) -> None:
    late = {"stamp": at(others.get("seconds", 1))}

    assert are_one(cause(channel="A.B"), replace(wrapper(), **late | without(others, "seconds"))) is is_one


def test_the_same_message_again_is_the_next_failure() -> None:
    assert grouped(cause(1), wrapper(10, 0.1), cause(20, 0.5), wrapper(30, 0.6)) == [
        ["AMQERR01.LOG:1", "AMQERR01.LOG:10"],
        ["AMQERR01.LOG:20", "AMQERR01.LOG:30"],
    ]


def test_two_causes_without_process_are_two_failures() -> None:
    other = replace(record("9658", 10, **WRITER), process=None)

    assert not are_one(cause(process=None), other)
    assert are_one(cause(), replace(other, process=7))


OWN, OTHER = MessageId("AMQ", "9637", "E"), MessageId("AMQ", "9658", "E")


@pytest.mark.parametrize(
    ("others", "is_one"),
    [
        ({}, True),
        ({"seconds": 5}, True),
        ({"seconds": 5.1}, False),
        ({"process": 8}, False),
        ({"process": None}, False),
        ({"message_id": OWN}, True),
        ({"message_id": OTHER}, False),
        ({"message_id": OTHER, "thread": 1}, True),
        ({"kind": "java-ffst"}, False),
    ],
)
def test_a_report_belongs_to_the_record_of_its_process(others: dict[str, Any], is_one: bool) -> None:
    """Written by another thread: it names the same message, or none."""
    given = {"thread": 9} | without(others, "seconds")

    assert are_one(cause(), report(others.get("seconds", 1), **given)) is is_one


@pytest.mark.parametrize(
    ("layers", "is_one"),
    [(("system", "system"), True), (("system", None), True), ((None, None), True), (("tls", "system"), False)],
)
def test_a_report_of_another_message_belongs_where_both_are_about_the_system(
    layers: tuple[str | None, str | None], is_one: bool
) -> None:
    one = cause(layer=layers[0])
    other = report(thread=9, layer=layers[1], message_id=OTHER)

    assert are_one(one, other) is is_one
    assert are_one(replace(one, message_id=None), replace(other, message_id=None)) is is_one


def test_a_report_is_of_the_side_that_the_record_is_of() -> None:
    """Its program is the same pool of channels at both ends."""
    (found,) = episodes([cause(side="client"), report(side="server")])

    assert [each.side for each in found.events] == ["client", "client"]


def test_a_pasted_record_and_the_report_below_it() -> None:
    """Fragments without time: their order in the file stands for it."""
    pasted: dict[str, Any] = {"stamp": None, "process": None, "host": None}
    above, below = replace(cause(), **pasted), replace(report(), **pasted, span=span(line=10), message_id=OWN)

    assert are_one(above, replace(wrapper(), **pasted))
    assert not are_one(above, replace(wrapper(), **pasted, span=span("other.LOG")))
    assert are_one(above, below)
    assert not are_one(above, replace(below, message_id=OTHER))
    assert not are_one(above, replace(below, span=span("other.FDC")))


@pytest.mark.parametrize(
    ("others", "is_one"),
    [
        ({}, True),
        ({"user": None}, True),
        ({"user": "ann"}, True),
        ({"number": "8077", "user": "ann"}, False),
        ({"number": "9776"}, True),
        ({"number": "9637"}, False),
        ({"seconds": 3}, False),
    ],
)
def test_two_processes_tell_of_one_refusal(others: dict[str, Any], is_one: bool) -> None:
    """AMQ8077 by the agent, AMQ9557 by the channel process a moment later."""
    number, stamp = others.get("number", "9557"), at(others.get("seconds", 0.1))
    agent = record("8077", 1, **WRITER, user="jo")
    channel = replace(
        record(number, 10, **WRITER | {"process": 9, "user": "jo"}), stamp=stamp, **without(others, "number", "seconds")
    )

    assert are_one(agent, channel) is is_one


def test_what_an_application_tells_stands_alone() -> None:
    told = program(2393, host="mq1", process=7, thread=1, stamp=at(0))

    assert len(episodes([told, replace(told, span=span("app.log", 9)), cause()])) == 3


def test_local_times_count_where_the_zone_is_not_known() -> None:
    """4/6/2017 can be in April or June: what is seconds apart in one log is all the same."""
    one, other, later = (Stamp(f"04/06/2017 10:08:{second}") for second in (33, 34, 50))

    assert are_one(cause(), wrapper()) and are_one(replace(cause(), stamp=one), replace(wrapper(), stamp=other))
    assert not are_one(replace(cause(), stamp=one), replace(wrapper(), stamp=later))


def test_of_many_failures_at_once_each_has_its_own_wrapper() -> None:
    causes = [cause(n, n / 100, thread=n) for n in range(1, 31)]
    wrappers = [wrapper(100 + n, 1 + n / 100, thread=n) for n in range(1, 31)]
    found = grouped(*causes, *wrappers)

    assert found == [[f"AMQERR01.LOG:{n}", f"AMQERR01.LOG:{100 + n}"] for n in range(1, 31)]


# ---- copies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("others", "is_copy"),
    [
        ({}, True),
        ({"process": 8}, False),
        ({"thread": 2}, False),
        ({"message_id": MessageId("AMQ", "9658", "E")}, False),
        ({"message_id": MessageId("AMQ", "9637")}, True),
        ({"stamp": at(1)}, False),
        ({"host": "mq2"}, False),
        ({"host": "MQ1.example.com"}, True),
        ({"host": None}, True),
        ({"inserts": {"CommentInsert1": "B"}}, False),
        ({"inserts": {"CommentInsert1": "A", "ArithInsert1": "0", "CommentInsert2": ""}}, True),
    ],
)
def test_a_record_in_two_logs_is_one(others: dict[str, Any], is_copy: bool) -> None:
    first = cause(inserts={"CommentInsert1": "A"})
    second = replace(first, kind="syslog", span=span("syslog"), **others)
    found = episodes([second, first])

    assert (sum(len(each.events) for each in found) == 1) is is_copy
    assert found[0].events[0].span.path == "AMQERR01.LOG"


def test_a_record_twice_in_one_log_was_written_twice() -> None:
    assert grouped(cause(1), cause(20)) == [["AMQERR01.LOG:1"], ["AMQERR01.LOG:20"]]


@pytest.mark.parametrize("missing", [{"process": None}, {"stamp": None}, {"message_id": None}])
def test_what_prints_too_little_is_no_copy(missing: dict[str, Any]) -> None:
    events = [replace(cause(), **missing), replace(cause(), **missing, span=span("syslog"))]

    assert len([each for one in episodes(events) for each in one.events]) == 2


def test_without_inserts_the_text_tells_copies_apart() -> None:
    one, same, other = (replace(cause(), text=text, span=span(text + path)) for text, path in ("aa", "ab", "ba"))

    assert len([each for found in episodes([one, same, other]) for each in found.events]) == 2


# ---- what an episode is ----------------------------------------------------------------------------------------


def test_the_record_that_says_most_leads() -> None:
    """A cause before an echo before a wrapper; a log's record before a report or a program."""
    events = [wrapper(1), report(), record("9665", 5), program(2393), cause(9)]
    order = [(each.kind, each.role) for each in Episode(events).ranked()]

    assert order == [
        ("amqerr", "judge"),
        *sorted([("java-exception", events[3].role), ("amqerr", "victim")], key=lambda each: each[0] != "amqerr"),
        ("amqerr", "wrapper"),
        ("ffst", None),
    ]


def test_the_time_of_a_lead_without_time_is_that_of_the_others() -> None:
    assert Episode([replace(cause(), stamp=None), wrapper(seconds=4)]).instant == at(4).instant


@pytest.mark.parametrize(
    ("role", "channel", "is_noise"),
    [("noise", None, True), ("noise", "A.B", False), ("judge", None, False), ("victim", None, False)],
)
def test_closed_connections_without_channel_are_noise(role: str, channel: str | None, is_noise: bool) -> None:
    event = replace(record("9209"), role=role, channel=channel)

    assert Episode([event]).is_noise is is_noise
    assert Episode([event, wrapper()]).is_noise is is_noise
    assert not Episode([wrapper()]).is_noise
