"""Two sides, two clocks, one incident: what is joined, on whose clock, and what is left open."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from mqdiag.correlate.matching import Edge, assign, swaps
from mqdiag.model import Report
from mqdiag.pipeline import Options, analyze

sys.path.insert(0, str(Path(__file__).resolve().parent / "bench"))

from dataclasses import replace

from correlation import AIM, measure

NOON = datetime(2024, 5, 20, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Log:
    """A log that a test writes: `host` None prints no header attributes, `zone` in minutes, `level` 8 no Time()."""

    path: str
    host: str
    queue_manager: str | None = None
    level: int = 9
    zone: int = 0
    order: str = "%m/%d/%Y"


def record(log: Log, at: datetime, key: str, text: str, *inserts: str, thread: str = "1.1", peer: str = "") -> str:
    local = at + timedelta(minutes=log.zone)
    program = "amqrmppa" if log.queue_manager else "app"
    lines = [
        f"{local:{log.order} %H:%M:%S} - Process({thread}) User({'mqm' if log.queue_manager else 'app'}) "
        f"Program({program})",
        f"                    Host({log.host}) Installation({'Installation1' if log.queue_manager else 'MQNI93'})",
        f"                    VRMF({log.level}.3.0.1)" + (f" QMgr({log.queue_manager})" if log.queue_manager else ""),
    ]
    if log.level >= 9:
        lines.append(f"                    Time({at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z)")
        if peer:
            lines.append(f"                    RemoteHost({peer})")
        lines += [f"                    CommentInsert{n}({v})" for n, v in enumerate(inserts, 1) if v]
    severity = "E" if log.level >= 9 else ""
    lines += ["                   ", f"{key}{severity}: {text}", "", "EXPLANATION:", "None.", "ACTION:", "None. "]
    return "\n".join([*lines, "----- amqccisa.c : 1 " + "-" * 58]) + "\n"


def closed(log: Log, at: datetime, channel: str, server: str = "") -> str:
    """AMQ9665, as the end that was refused writes it."""
    return record(log, at, "AMQ9665", f"SSL connection closed by remote end of channel '{channel}'.", channel, server)


def no_certificate(log: Log, at: datetime, peer: str = "192.0.2.1", thread: str = "9.1") -> str:
    """AMQ9637 of a server that does not know the channel yet."""
    return record(log, at, "AMQ9637", "Channel is lacking a certificate.", "????", thread=thread, peer=peer)


def expired(log: Log, at: datetime, peer: str = "192.0.2.1", thread: str = "9.2") -> str:
    """AMQ9658 of a server that does not know the channel yet."""
    return record(log, at, "AMQ9658", "An SSL certificate failed date validation.", "????", thread=thread, peer=peer)


def quiet(log: Log, at: datetime, thread: str = "5.5") -> str:
    return record(log, at, "AMQ9002", "Channel 'OTHER' is starting.", "OTHER", thread=thread).replace(
        "AMQ9002E", "AMQ9002I"
    )


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def report(tmp_path: Path, logs: dict[str, list[str]], **options: object) -> Report:
    for path, records in logs.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(records), encoding="utf-8")
    return analyze(Options(paths=(str(tmp_path),), **options))  # type: ignore[arg-type]


CLIENT = Log("client/AMQERR01.LOG", "app1")
SERVER = Log("server/AMQERR01.LOG", "mq1", "QM1")


# ---- clocks ----------------------------------------------------------------------------------------------------


def test_a_clock_that_is_wrong_by_minutes_without_a_channel_name(tmp_path: Path) -> None:
    """Five irregular failures at a server that only knows '????', 97 s ahead: one incident of five."""
    moments = [0.0, 61.2, 130.9, 333.0, 401.7]
    found = report(
        tmp_path,
        {
            CLIENT.path: [closed(CLIENT, after(t + 0.1), "APP.SVRCONN", "mq1 (198.51.100.1)(1414)") for t in moments],
            SERVER.path: [no_certificate(SERVER, after(t + 97)) for t in moments],
        },
    )

    (clock,) = found.clocks
    assert clock.between == ("app1", "mq1")
    assert clock.skew_s == pytest.approx(96.9, abs=0.2)
    assert clock.spread_s < 1
    assert clock.pairs == 5
    assert [(i.cause, i.channel, i.occurrences) for i in found.incidents] == [("certificate-missing", "APP.SVRCONN", 5)]


def test_a_clock_whose_pairs_disagree_is_shown_and_not_used(tmp_path: Path) -> None:
    """Pairs that are unmistakable by channel, 20 s and 80 s apart: the spread is wider than the window."""
    moments = {"A.ONE": 20.0, "B.TWO": 80.0}
    client, server = [], []
    for number, (channel, skew) in enumerate(moments.items()):
        at = 1000.0 * number
        client.append(record(CLIENT, after(at), "AMQ9520", "Channel not defined remotely.", channel, "mq1"))
        server.append(record(SERVER, after(at + skew), "AMQ9519", f"Channel '{channel}' not found.", channel))
    found = report(tmp_path, {CLIENT.path: client, SERVER.path: server})

    (clock,) = found.clocks
    assert clock.spread_s == pytest.approx(60.0)
    assert [(i.cause, i.channel, i.occurrences) for i in found.incidents] == [
        ("channel-not-found", "A.ONE", 1),
        ("channel-not-found", "B.TWO", 1),
    ]


def test_the_only_two_failures_are_hardly_two_though_no_clock_says_so(tmp_path: Path) -> None:
    """Of no name in common, half a minute apart: the echo is cited with the refusal, and nothing is learned from it."""
    found = report(
        tmp_path,
        {CLIENT.path: [closed(CLIENT, after(0), "APP.SVRCONN")], SERVER.path: [no_certificate(SERVER, after(30))]},
    )

    (incident,) = found.incidents
    assert found.clocks == ()
    assert incident.cause == "certificate-missing"
    assert [each.role for each in incident.evidence if each.side == "client"] == ["support"]
    assert any("cannot be told" in each for each in incident.missing)


def test_of_many_refusals_an_echo_is_of_none(tmp_path: Path) -> None:
    """Four causes before and after one closed handshake: it stands alone, as a failure whose refusal is not known."""
    keys = ("AMQ9637", "AMQ9658", "AMQ9636", "AMQ9716")
    refused = [
        record(SERVER, after(30 + 10 * n), key, "Refused.", "????", thread=f"9.{n}") for n, key in enumerate(keys)
    ]
    found = report(tmp_path, {CLIENT.path: [closed(CLIENT, after(0), "APP.SVRCONN")], SERVER.path: refused})

    assert len(found.incidents) == 5
    assert [each.channel for each in found.incidents if each.cause == "rejected-by-peer"] == ["APP.SVRCONN"]


@pytest.mark.parametrize("channel, count", [(None, 1), ("APP.SVRCONN", 1), ("OTHER.SVRCONN", 2)])
def test_names_that_contradict_keep_an_echo_apart(tmp_path: Path, channel: str | None, count: int) -> None:
    refusal = no_certificate(SERVER, after(100)).replace("????", channel or "????")
    found = report(tmp_path, {CLIENT.path: [closed(CLIENT, after(0), "APP.SVRCONN")], SERVER.path: [refusal]})

    assert len(found.incidents) == count


# ---- what is left open -----------------------------------------------------------------------------------------


def test_what_cannot_be_told_apart_is_a_set(tmp_path: Path) -> None:
    """Two clients behind one address, two causes, one moment: two incidents, both records named, none picked."""
    one, two = Log("client-a/AMQERR01.LOG", "appa"), Log("client-b/AMQERR01.LOG", "appb")
    found = report(
        tmp_path,
        {
            one.path: [closed(one, after(0.1), "A.SVRCONN")],
            two.path: [closed(two, after(0.1), "B.SVRCONN")],
            SERVER.path: [no_certificate(SERVER, after(0)), expired(SERVER, after(0))],
        },
    )

    assert sorted(i.cause for i in found.incidents) == ["certificate-expired", "certificate-missing"]
    for incident in found.incidents:
        assert incident.channel is None
        (open_,) = [text for text in incident.missing if "cannot be told" in text]
        assert "client-a/AMQERR01.LOG:1 (channel A.SVRCONN)" in open_
        assert "client-b/AMQERR01.LOG:1 (channel B.SVRCONN)" in open_
        assert {e.role for e in incident.evidence if e.side == "client"} == {"support"}


def test_time_tells_apart_what_names_do_not(tmp_path: Path) -> None:
    """The same two clients three seconds apart: each has its own cause."""
    one, two = Log("client-a/AMQERR01.LOG", "appa"), Log("client-b/AMQERR01.LOG", "appb")
    found = report(
        tmp_path,
        {
            one.path: [closed(one, after(0.1), "A.SVRCONN")],
            two.path: [closed(two, after(3.1), "B.SVRCONN")],
            SERVER.path: [no_certificate(SERVER, after(0)), expired(SERVER, after(3))],
        },
    )

    assert sorted((i.cause, i.channel) for i in found.incidents) == [
        ("certificate-expired", "B.SVRCONN"),
        ("certificate-missing", "A.SVRCONN"),
    ]


def test_two_clients_refused_for_one_reason_are_two_incidents(tmp_path: Path) -> None:
    """Which record is whose cannot be told and does not matter: both say the same. It is said all the same."""
    one, two = Log("client-a/AMQERR01.LOG", "appa"), Log("client-b/AMQERR01.LOG", "appb")
    found = report(
        tmp_path,
        {
            one.path: [closed(one, after(0.1), "A.SVRCONN")],
            two.path: [closed(two, after(0.1), "B.SVRCONN")],
            SERVER.path: [no_certificate(SERVER, after(0)), no_certificate(SERVER, after(0), thread="9.3")],
        },
    )

    assert sorted((i.cause, i.channel, i.occurrences) for i in found.incidents) == [
        ("certificate-missing", "A.SVRCONN", 1),
        ("certificate-missing", "B.SVRCONN", 1),
    ]
    assert all(any("it says the same" in text for text in i.missing) for i in found.incidents)


# ---- one incident ----------------------------------------------------------------------------------------------


def test_a_storm_of_retries_is_one_incident(tmp_path: Path) -> None:
    """200 retries a minute apart: first, last and the usual interval."""
    moments = [61.0 * n + n % 7 / 10 for n in range(200)]
    found = report(
        tmp_path,
        {
            CLIENT.path: [closed(CLIENT, after(t + 0.2), "APP.SVRCONN", "mq1") for t in moments],
            SERVER.path: [no_certificate(SERVER, after(t)) for t in moments],
        },
    )

    (incident,) = found.incidents
    assert (incident.occurrences, incident.start, incident.end) == (200, NOON, after(moments[-1] + 0.2))
    assert any("the last of 200, usually 1 min 1 s apart" in each.says for each in incident.evidence)


def test_health_checks_in_the_window_are_not_joined(tmp_path: Path) -> None:
    """AMQ9209 with '????' in the same second as a client's failure belongs to nothing."""
    text = "Connection to host '203.0.113.9' for channel '????' closed."
    scan = record(SERVER, after(0), "AMQ9209", text, "203.0.113.9", "TCP/IP", "????", thread="7.7")
    found = report(tmp_path, {CLIENT.path: [closed(CLIENT, after(0.1), "APP.SVRCONN")], SERVER.path: [scan]})

    (incident,) = found.incidents
    assert incident.cause == "rejected-by-peer"
    assert {each.side for each in incident.evidence if each.event} == {"client"}
    assert "port-scans" in {each.code for each in found.notes}


def test_a_host_that_calls_and_is_called(tmp_path: Path) -> None:
    """One log with the records of both sides: a sender's echo and a receiver's own finding stay two incidents."""
    hub = Log("hub/AMQERR01.LOG", "hub1", "HUB")
    text = "No certificate for channel 'HUB.TO.Z'."
    echo = record(hub, after(60), "AMQ9642", text, "HUB.TO.Z", "zed (192.0.2.7)(1414)").replace("amqrmppa", "runmqchl")
    found = report(tmp_path, {hub.path: [no_certificate(hub, after(0)), echo]})

    assert [(i.cause, i.channel, i.judge) for i in found.incidents] == [
        ("certificate-missing", None, "server"),
        ("certificate-missing", "HUB.TO.Z", "server"),
    ]


# ---- silence ---------------------------------------------------------------------------------------------------


def test_only_the_log_of_the_host_that_was_called_is_silent(tmp_path: Path) -> None:
    """Three queue managers, the client called mq2: the other two have nothing to say about it."""
    servers = [Log(f"server-{n}/AMQERR01.LOG", f"mq{n}", f"QM{n}") for n in (1, 2, 3)]
    found = report(
        tmp_path,
        {
            CLIENT.path: [closed(CLIENT, after(0), "APP.SVRCONN", "mq2.example.com (198.51.100.2)(1414)")],
            **{each.path: [quiet(each, after(-600)), quiet(each, after(600))] for each in servers},
        },
    )

    (incident,) = found.incidents
    assert [e.span.path.removeprefix(f"{tmp_path}/") for e in incident.evidence if e.role == "absence"] == [
        "server-2/AMQERR01.LOG"
    ]


@pytest.mark.parametrize(("first", "last"), [(-600, -10), (10, 600)])
def test_a_log_that_ends_before_or_begins_after_is_not_silent(tmp_path: Path, first: float, last: float) -> None:
    found = report(
        tmp_path,
        {
            CLIENT.path: [closed(CLIENT, after(0), "APP.SVRCONN", "mq1")],
            SERVER.path: [quiet(SERVER, after(first)), quiet(SERVER, after(last))],
        },
    )

    (incident,) = found.incidents
    assert not [each for each in incident.evidence if each.role == "absence"]
    assert any("does not cover" in text and "server/AMQERR01.LOG" in text for text in incident.missing)


def test_a_rotated_log_is_one_log(tmp_path: Path) -> None:
    """AMQERR01 begins where AMQERR02 ends: the moment between them is covered, and neither is called short."""
    found = report(
        tmp_path,
        {
            CLIENT.path: [closed(CLIENT, after(0), "APP.SVRCONN", "mq1")],
            "server/AMQERR02.LOG": [quiet(SERVER, after(-600)), quiet(SERVER, after(-5))],
            "server/AMQERR01.LOG": [quiet(SERVER, after(5)), quiet(SERVER, after(600))],
        },
    )

    (incident,) = found.incidents
    assert len([each for each in incident.evidence if each.role == "absence"]) == 1
    assert not any("does not cover" in text for text in incident.missing)


# ---- dates and zones -------------------------------------------------------------------------------------------

OLD = Log("client/AMQERR01.LOG", "app1", level=8)


def old_times(report: Report) -> list[datetime | None]:
    events = {e.span: e.event for i in report.incidents for e in i.evidence if e.event}
    return [event.instant for _, event in sorted(events.items())]


def test_the_hour_that_is_there_twice(tmp_path: Path) -> None:
    """02:30 between 02:50 before and 03:10 after the change is the second one; the first is before it."""
    berlin = [(0, 10), (0, 50), (1, 30), (2, 10)]  # UTC; local 02:10, 02:50, 02:30, 03:10 on 27 October 2024
    moments = [datetime(2024, 10, 27, hour, minute, tzinfo=UTC) for hour, minute in berlin]
    logs = [Log(OLD.path, "app1", level=8, zone=120 if at.hour < 1 else 60) for at in moments]
    found = report(
        tmp_path,
        {OLD.path: [closed(log, at, "APP.SVRCONN") for log, at in zip(logs, moments, strict=True)]},
        tz=("Europe/Berlin",),
    )

    assert found.incidents[0].start == moments[0]
    assert found.incidents[0].end == moments[-1]
    from mqdiag.clock import zone
    from mqdiag.correlate.calendars import Calendar, timed
    from mqdiag.parse import read
    from mqdiag.sources import find

    (source,) = find((str(tmp_path / OLD.path),))[0]
    events = timed(read(source).events, Calendar(zone=zone("Europe/Berlin"), certainty="stated"))
    assert [each.instant for each in events] == moments


def test_an_hour_that_stays_open_is_said(tmp_path: Path) -> None:
    """A lone record at 02:30 of the night of the change: one of two instants, and a note."""
    log = Log(OLD.path, "app1", level=8, zone=120)
    found = report(
        tmp_path,
        {OLD.path: [closed(log, datetime(2024, 10, 27, 0, 30, tzinfo=UTC), "APP.SVRCONN")]},
        tz=("Europe/Berlin",),
    )

    assert "ambiguous-hour" in {each.code for each in found.notes}


def test_two_date_orders_in_one_file(tmp_path: Path) -> None:
    """23/10 and 10/24 stand in one log; 11/10 after 05/11 of the other spelling can only be 10 November."""
    dmy, mdy = Log(OLD.path, "app1", level=8, order="%d/%m/%Y"), Log(OLD.path, "app1", level=8)
    days = [(dmy, 10, 23), (mdy, 10, 24), (mdy, 11, 10), (dmy, 11, 14)]
    moments = [datetime(2024, month, day, 12, tzinfo=UTC) for _, month, day in days]
    records = [closed(log, at, "APP.SVRCONN") for (log, _, _), at in zip(days, moments, strict=True)]
    found = report(tmp_path, {OLD.path: records}, tz=("UTC",))

    assert (found.incidents[0].start, found.incidents[0].end) == (moments[0], moments[-1])
    assert found.incidents[0].occurrences == 4
    assert {each.code for each in found.notes} >= {"two-date-orders"}
    assert "ambiguous-date" not in {each.code for each in found.notes}


def test_a_json_log_of_the_host_decides_the_order_of_the_date(tmp_path: Path) -> None:
    """05/06/2024 at a host of which another log speaks on 5 June and not on 6 May."""
    log = Log(OLD.path, "app1", level=8, order="%d/%m/%Y")
    june = datetime(2024, 6, 5, 12, tzinfo=UTC)
    twin = tmp_path / "client" / "AMQERR01.json"
    twin.parent.mkdir()
    twin.write_text(
        '{"ibm_messageId":"AMQ9002I","ibm_datetime":"2024-06-05T11:58:00.000Z","host":"app1","ibm_processName":"app",'
        '"ibm_processId":"1","ibm_threadId":"1","message":"AMQ9002I: Channel is starting.","type":"mq_log",'
        '"module":"x","loglevel":"INFO"}\n',
        encoding="utf-8",
    )
    found = report(tmp_path, {OLD.path: [closed(log, june, "APP.SVRCONN")]}, tz=("UTC",))

    assert found.incidents[0].start == june
    assert "ambiguous-date" not in {each.code for each in found.notes}


def test_a_date_that_stays_open_has_no_instant_and_a_note(tmp_path: Path) -> None:
    found = report(
        tmp_path, {OLD.path: [closed(OLD, datetime(2024, 5, 6, 12, tzinfo=UTC), "APP.SVRCONN")]}, tz=("UTC",)
    )

    assert found.incidents[0].start is None
    assert any(each.code == "ambiguous-date" and "--date-order" in each.text for each in found.notes)


def test_a_log_of_the_same_host_that_prints_both_times_gives_summer_and_winter(tmp_path: Path) -> None:
    """The queue manager's log of the host prints Time() in March and April; the old client's log takes both."""
    march, april = datetime(2024, 3, 20, 12, tzinfo=UTC), datetime(2024, 4, 20, 12, tzinfo=UTC)
    server, client = [], []
    for at, zone in ((march, 60), (april, 120)):
        server.append(quiet(Log("server/AMQERR01.LOG", "app1", "QM1", zone=zone), at))
        client.append(closed(Log(OLD.path, "app1", level=8, zone=zone), at, f"C{zone}.SVRCONN"))
    found = report(tmp_path, {"server/AMQERR01.LOG": server, OLD.path: client})

    assert sorted(i.start for i in found.incidents if i.start) == [march, april]


def test_a_zone_is_found_where_the_clock_is_wrong_too(tmp_path: Path) -> None:
    """A log of level 8 in Tokyo whose clock is 40 s behind: the hours are the zone, the seconds the clock."""
    log = Log(OLD.path, "app1", level=8, zone=540, order="%d.%m.%Y")
    moments = [0.0, 700.0, 1500.0, 4000.0, 9000.0]
    found = report(
        tmp_path,
        {
            log.path: [closed(log, after(t - 40), "APP.SVRCONN") for t in moments],
            SERVER.path: [no_certificate(SERVER, after(t)) for t in moments],
        },
    )

    source = next(each for each in found.sources if each.path.endswith(log.path))
    assert source.utc_offset_minutes == 540
    assert source.utc_offset_basis is not None and "paired with" in source.utc_offset_basis
    assert [(i.cause, i.channel, i.occurrences) for i in found.incidents] == [("certificate-missing", "APP.SVRCONN", 5)]


def test_the_active_instance_of_two_is_the_one_that_refused(tmp_path: Path) -> None:
    """A multi-instance queue manager: the standby's log of the same name is no other side of the failure."""
    active, standby = Log("mq-a/AMQERR01.LOG", "mqa", "QM1"), Log("mq-b/AMQERR01.LOG", "mqb", "QM1")
    found = report(
        tmp_path,
        {
            CLIENT.path: [closed(CLIENT, after(0.1), "APP.SVRCONN", "mqa (198.51.100.1)(1414)")],
            active.path: [quiet(active, after(-600)), no_certificate(active, after(0)), quiet(active, after(600))],
            standby.path: [quiet(standby, after(-600)), quiet(standby, after(600))],
        },
    )

    (incident,) = found.incidents
    assert (incident.cause, incident.channel, incident.queue_manager) == ("certificate-missing", "APP.SVRCONN", "QM1")
    assert not [each for each in incident.evidence if "mq-b" in each.span.path]


def test_a_cluster_channel_between_many_queue_managers(tmp_path: Path) -> None:
    """TO.HUB is called by three queue managers in one minute; each is an incident with its own caller."""
    hub = Log("hub/AMQERR01.LOG", "hub1", "HUB")
    callers = [Log(f"q{n}/AMQERR01.LOG", f"host{n}", f"Q{n}") for n in (1, 2, 3)]
    logs = {
        each.path: [closed(each, after(20 * n + 0.2), "TO.HUB", "hub1").replace("amqrmppa", "runmqchl")]
        for n, each in enumerate(callers)
    }
    logs[hub.path] = [no_certificate(hub, after(20 * n), f"192.0.2.{n + 1}", f"9.{n + 1}") for n in range(3)]
    found = report(tmp_path, logs)

    assert [(i.cause, i.channel, i.queue_manager, i.occurrences) for i in found.incidents] == [
        ("certificate-missing", "TO.HUB", "HUB", 1)
    ] * 3
    cited = [
        {e.span.path.removeprefix(f"{tmp_path}/") for e in i.evidence if e.side == "client"} for i in found.incidents
    ]
    assert cited == [{each.path} for each in callers]


# ---- the best assignment ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_no_assignment_is_worth_more(seed: int) -> None:
    """Compared with all assignments of small sets."""
    chance = random.Random(seed)
    ones, others = chance.randint(1, 5), chance.randint(1, 5)
    edges = [
        Edge(one, other, chance.choice((1.0, 2.5, 3.0, 3.2, 6.0)))
        for one in range(ones)
        for other in range(others)
        if chance.random() < 0.7
    ]
    worth = {(e.one, e.other): e.worth for e in edges}
    places = [*range(others), *([None] * ones)]
    best = max(
        sum(worth.get((one, other), -99.0) for one, other in enumerate(order) if other is not None)
        for order in set(permutations(places, ones))
    )

    chosen = assign(edges)
    assert sum(each.worth for each in chosen.values()) == pytest.approx(max(best, 0.0))
    assert len({each.other for each in chosen.values()}) == len(chosen)
    assert assign(reversed(edges)) == chosen or sum(e.worth for e in assign(reversed(edges)).values()) == pytest.approx(
        sum(e.worth for e in chosen.values())
    )


def test_the_first_that_comes_is_not_taken() -> None:
    """0 likes 0 best, but together 0-1 and 1-0 are worth more than 0-0 and nothing for 1."""
    edges = [Edge(0, 0, 5.0), Edge(0, 1, 4.0), Edge(1, 0, 4.0)]

    assert {(e.one, e.other) for e in assign(edges).values()} == {(0, 1), (1, 0)}


def test_an_equal_assignment_is_told() -> None:
    edges = [Edge(0, 0, 5.0, 0.1), Edge(0, 1, 5.0, 0.1), Edge(1, 0, 5.0, 0.1), Edge(1, 1, 5.0, 0.1)]
    chosen = assign(edges)

    assert {(e.one, e.other) for e in swaps(edges, chosen)} == {(0, 0), (0, 1), (1, 0), (1, 1)} - {
        (e.one, e.other) for e in chosen.values()
    }


# ---- measured --------------------------------------------------------------------------------------------------


def test_generated_bundles_are_joined() -> None:
    """The bench in small: 120 incidents, 40 hosts with clocks up to 120 s apart, retries, noise, missing logs."""
    score = measure(replace(AIM, incidents=150, clients=20, noise=1.0))

    assert score.pairs > 200
    assert score.precision >= 0.99
    assert score.recall >= 0.95
    assert score.occurrence_error <= 0.05
    assert score.worst_skew_error_s <= 2.5


# ---- order of day and month, clocks hours apart, one puzzle at both ends ------------------------------------------

OPEN_DATE = datetime(2024, 5, 11, 12, 0, tzinfo=UTC)  # 05/11 or 11/05


def test_a_pair_decides_the_order_of_day_and_month_where_the_zone_was_given(tmp_path: Path) -> None:
    server = replace(SERVER, level=8, zone=120)
    found = report(
        tmp_path,
        {
            CLIENT.path: [closed(CLIENT, OPEN_DATE, "APP.SVRCONN", "mq1 (198.51.100.1)(1414)")],
            SERVER.path: [expired(server, OPEN_DATE)],
        },
        tz=("server=+02:00",),
    )

    assert [(i.cause, i.occurrences, i.channel) for i in found.incidents] == [("certificate-expired", 1, "APP.SVRCONN")]


def test_a_lone_pair_is_sure_where_the_server_names_the_clients_host(tmp_path: Path) -> None:
    """187 s apart, and the server that only knows '????' says 'app1'."""
    refused = closed(SERVER, after(187), "????", "app1 (192.0.2.7)")
    found = report(tmp_path, {CLIENT.path: [finding(CLIENT, after(0), "mq1 (198.51.100.1)")], SERVER.path: [refused]})

    (clock,) = found.clocks
    assert clock.skew_s == pytest.approx(187)
    assert [(i.cause, i.occurrences) for i in found.incidents] == [("certificate-expired", 1)]


def test_a_lone_pair_is_not_sure_where_the_server_names_another_host(tmp_path: Path) -> None:
    refused = closed(SERVER, after(187), "????", "app2 (192.0.2.8)")
    found = report(tmp_path, {CLIENT.path: [finding(CLIENT, after(0), "mq1 (198.51.100.1)")], SERVER.path: [refused]})

    assert found.clocks == ()
    assert sorted(i.cause for i in found.incidents) == ["certificate-expired", "rejected-by-peer"]


def test_hours_apart_only_where_the_record_doubts_the_clock(tmp_path: Path) -> None:
    """A certificate refused for its dates, and a close that the server logs two hours later."""
    refused = closed(SERVER, after(7362), "????", "192.0.2.7")
    dated = report(tmp_path / "a", {CLIENT.path: [finding(CLIENT, after(0), "mq1")], SERVER.path: [refused]})
    other = report(tmp_path / "b", {CLIENT.path: [lacking_ca(CLIENT, after(0), "mq1")], SERVER.path: [refused]})

    assert [(i.cause, i.occurrences) for i in dated.incidents] == [("certificate-expired", 1)]
    assert [clock.skew_s for clock in dated.clocks] == [7362]
    assert len(other.incidents) == 2


def finding(log: Log, at: datetime, server: str) -> str:
    """AMQ9658 of a client."""
    return record(log, at, "AMQ9658", "An SSL certificate failed date validation.", "APP.SVRCONN", peer=server)


def lacking_ca(log: Log, at: datetime, server: str) -> str:
    """AMQ9654 of a client."""
    return record(log, at, "AMQ9654", "An invalid SSL certificate was received.", "APP.SVRCONN", peer=server)


def test_a_failure_that_neither_end_explains_is_one(tmp_path: Path) -> None:
    """AMQ9659 at both ends."""
    text = "A failure occurred during SSL handshaking."
    found = report(
        tmp_path,
        {
            CLIENT.path: [record(CLIENT, after(0), "AMQ9659", text, "APP.SVRCONN")],
            SERVER.path: [record(SERVER, after(0.1), "AMQ9659", text, "????")],
        },
    )

    assert [(i.cause, i.channel, i.occurrences) for i in found.incidents] == [
        ("tls-handshake-failed", "APP.SVRCONN", 1)
    ]


def test_two_findings_are_two_failures(tmp_path: Path) -> None:
    """Each end refused the other's certificate: not in one handshake."""
    found = report(
        tmp_path,
        {CLIENT.path: [finding(CLIENT, after(0), "mq1")], SERVER.path: [lacking_ca(SERVER, after(0.1), "192.0.2.7")]},
    )

    assert sorted(i.cause for i in found.incidents) == ["certificate-expired", "certificate-issuer-untrusted"]


@pytest.mark.parametrize(("apart_s", "incidents"), [(3600 * 9 + 1, 1), (3600 * 4 + 1407, 2), (3600 * 49, 2)])
def test_local_times_of_two_unknown_zones(tmp_path: Path, apart_s: float, incidents: int) -> None:
    """A whole number of quarters apart they can be one moment; else, or days apart, they cannot."""
    client, server = replace(CLIENT, level=8), replace(SERVER, level=8)
    crl = "Channel '????' could not connect to any LDAP CRL servers."
    found = report(
        tmp_path,
        {
            CLIENT.path: [closed(client, after(apart_s), "APP.SVRCONN")],
            SERVER.path: [record(server, after(0), "AMQ9646", crl)],
        },
    )

    assert len(found.incidents) == incidents


def test_the_journal_joins_the_log_of_its_host(tmp_path: Path) -> None:
    """A line without year or zone, of a host whose log prints both."""
    journal = f"{after(0.2):%b %d %H:%M:%S} app1 feed[1]: MQCONNX: MQCC = MQCC_FAILED [2] MQRC = "
    lines = [journal + "MQRC_SSL_INITIALIZATION_ERROR [2393]\n"]
    found = report(tmp_path, {CLIENT.path: [finding(CLIENT, after(0), "mq1")], "journal.txt": lines})

    assert [(i.cause, i.occurrences) for i in found.incidents] == [("certificate-expired", 1)]
    assert [each.code for each in found.notes if each.path and each.path.endswith("journal.txt")] == ["year-inferred"]
