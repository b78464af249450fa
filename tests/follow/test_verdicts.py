"""What follow says in the end is what analyze says, and on the way it never contradicts itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))

import follow_live as storm
from live import Live, followed, live
from sample_cases import CASES, Case, all_cases, report

from mqdiag.follow import ledger as keeping
from mqdiag.render.json import Object
from mqdiag.render.json import incident as data

HARBOUR = CASES / "harbour-d-server-cert-revoked"
CLIENT = (HARBOUR / "client" / "AMQERR01.LOG").read_bytes()
SERVER = (HARBOUR / "server" / "AMQERR01.LOG").read_bytes()
BLOCKED = storm.record(storm.BLOCKED, 0, "APP.SVRCONN")


def comparable(incident: Object) -> Object:
    """
    An incident without its id: that is the one of the record which was read first. How far the log goes that is
    silent is told only together with something else.
    """
    evidence = [{**each, "says": ""} if each["role"] == "absence" else each for each in incident["evidence"]]
    return {**incident, "id": "", "evidence": evidence}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("case", all_cases(), ids=lambda each: each.name)
def test_the_same_verdicts_as_analyze(case: Case, seed: int) -> None:
    """Every sample case, its files as several inputs, in random pieces; and each id counts its revisions from 1."""
    running = followed(case, seed)
    revisions: dict[str, int] = {}
    for each in running.told:
        assert each.revision == revisions.get(each.incident.id, 0) + 1
        revisions[each.incident.id] = each.revision

    expected = sorted(map(repr, map(comparable, report(case)["incidents"])))
    assert sorted(repr(comparable(data(each))) for each in running.last.values()) == expected


def test_a_record_is_told_with_its_last_byte() -> None:
    running = live()
    running.open(1, "-")

    assert running.write(1, BLOCKED[:-1]) == []
    assert [each.incident.cause for each in running.write(1, b"\n")] == ["blocked-by-chlauth"]


def test_a_header_ends_the_record_above_it() -> None:
    running = live()
    running.open(1, "-")
    running.write(1, storm.record(storm.BLOCKED, 0, "APP.SVRCONN", footer=False))

    (told,) = running.write(1, storm.record(storm.ORDINARY, 1, "OTHER"))
    assert told.incident.channel == "APP.SVRCONN"


def test_the_last_record_of_a_quiet_log_is_told_and_completed() -> None:
    """The footer may come late; then nothing is told twice."""
    running = live()
    running.open(1, "-")
    cut = BLOCKED.index("ö".encode()) + 1
    running.write(1, BLOCKED[:cut])
    running.write(1, BLOCKED[cut : -len(storm.FOOTER)])

    assert running.told == []
    assert running.session.next_due(running.now) == pytest.approx(0.4)
    assert [each.revision for each in running.step(0.4)] == [1]
    assert running.write(1, storm.FOOTER.encode()) == []
    running.finish()
    assert [each.change for each in running.told] == ["new", "repeated"]  # its last line is known now
    assert [each.occurrences for each in running.last.values()] == [1]


def test_a_json_log_that_never_rests_is_told_at_once() -> None:
    """Its format looks ahead over many lines, for objects printed over several; the words do not wait for it."""
    lines = (CASES / "bakery-java-expired-alert" / "server" / "AMQERR01.json").read_bytes().splitlines(keepends=True)
    running = live()
    running.open(1, "-")
    for line in lines * 3:
        running.write(1, line)
        running.step(0.05)

    assert running.now < 2
    assert [each.incident.cause for each in running.told][:1] == ["certificate-expired"]


def test_half_a_record_is_revised_when_the_rest_comes() -> None:
    """The log went quiet in the middle: the id stays when the cause changes from what little was there."""
    running = live()
    running.open(1, "-")
    cut = CLIENT.index(b"EXPLANATION") if b"EXPLANATION" in CLIENT else len(CLIENT) // 2
    running.write(1, CLIENT[:cut])
    running.step(1.0)
    running.write(1, CLIENT[cut:])
    running.finish()

    assert len({each.incident.id for each in running.told}) == 1
    assert [each.cause for each in running.last.values()] == ["certificate-revoked"]


def two_sides() -> Live:
    running = live(
        "client.log", "server.log", client=("client.log",), server=("server.log",), tz=("server.log=Asia/Tokyo",)
    )
    running.open(1, "client.log")
    running.open(2, "server.log")
    return running


def test_the_judge_does_not_wait() -> None:
    running = two_sides()

    assert [each.incident.cause for each in running.write(1, CLIENT)] == ["certificate-revoked"]


def test_the_victim_waits_for_the_other_side_and_then_says_what_it_has() -> None:
    running = two_sides()

    assert running.write(2, SERVER) == []
    assert running.step(5.9) == []
    (first,) = running.step(0.2)
    assert (first.incident.confidence, first.revision) == ("possible", 1)
    (second,) = running.write(1, CLIENT)
    assert (second.incident.cause, second.incident.confidence) == ("certificate-revoked", "certain")
    assert (second.incident.id, second.revision, second.change) == (first.incident.id, 2, "changed")


def test_the_victim_is_heard_within_the_window() -> None:
    """Both sides within the window are one word, not two."""
    running = two_sides()
    running.write(2, SERVER)
    running.now += 3
    (told,) = running.write(1, CLIENT)

    assert {each.side for each in told.incident.evidence} == {"client", "server"}
    assert [each.revision for each in running.told] == [1]


def test_alone_the_victim_has_nobody_to_wait_for() -> None:
    running = live("server.log", server=("server.log",), tz=("Asia/Tokyo",))
    running.open(1, "server.log")
    running.write(1, SERVER)

    assert [each.incident.confidence for each in running.told] == ["possible"]


def test_repetitions_are_counted_and_do_not_scroll() -> None:
    running = live()
    running.session.window.failures = 40
    running.open(1, "-")
    for number in range(600):
        running.write(1, storm.record(storm.BLOCKED, number, "APP.SVRCONN"))
        running.now += 0.5
    running.finish()

    assert [each.change for each in running.told] == ["new"] + ["repeated"] * (len(running.told) - 1)
    assert 3 <= len(running.told) <= 12  # 300 seconds: after 5, 15, 35, 75, 155 and at the end
    assert [each.occurrences for each in running.last.values()] == [600]


def test_what_was_there_before_is_no_news_until_it_happens_again() -> None:
    old = storm.record(storm.BLOCKED, 0, "APP.SVRCONN")
    running = live()
    running.open(1, "AMQERR01.LOG", old_until=len(old))
    running.write(1, old)
    running.step(10)

    assert running.told == []
    assert running.session.summary(running.now).before == 1
    (told,) = running.write(1, storm.record(storm.BLOCKED, 1, "APP.SVRCONN"))
    assert (told.incident.occurrences, told.revision) == (2, 1)


def test_a_record_that_was_half_there_is_news() -> None:
    running = live()
    running.open(1, "AMQERR01.LOG", old_until=len(BLOCKED) // 2)
    running.write(1, BLOCKED)

    assert [each.revision for each in running.told] == [1]


def test_two_incidents_that_turn_out_to_be_one() -> None:
    """The younger id says the same as the older one, with no occurrence of its own."""
    case = next(each for each in all_cases() if each.name == "railway-sequence-numbers-differ")
    for seed in range(6):
        running = followed(case, seed)
        for word in (each for each in running.told if each.change == "withdrawn"):
            heir = next(iter(running.last.values()))
            assert word.incident.occurrences == 0
            assert (word.incident.cause, word.incident.judge) == (heir.cause, heir.judge)
            assert heir.id in word.incident.title
            return
    pytest.fail("no two ids became one in any order: choose another case")


def test_utf16_is_followed() -> None:
    running = live()
    running.open(1, "-")
    text = b"\xff\xfe" + BLOCKED.decode().encode("utf-16-le")
    for begin in range(0, len(text), 7):
        running.write(1, text[begin : begin + 7])

    assert [each.incident.channel for each in running.told] == ["APP.SVRCONN"]
    reading = running.session.window.logs["-"].streams[0].reading
    assert reading.bytes == len(text)


# ---- bounds ----------------------------------------------------------------------------------------------------


def held(running: Live) -> int:
    return sum(len(log.held()) for log in running.session.window.logs.values())


def test_a_storm_on_200_channels_is_counted_in_bounded_memory() -> None:
    """Nothing is forgotten in the counts, and what is in memory does not grow."""
    running = live()
    running.session.window.failures = 100
    running.open(1, "-")
    number, sizes = 0, []
    for _ in range(40):
        data = b"".join(storm.record(storm.BLOCKED, number + n, f"CH.{(number + n) % 200}") for n in range(50))
        number += 50
        running.write(1, data)
        running.now += 1
        sizes.append(held(running))
    running.finish()

    assert max(sizes) <= 100
    assert len(running.last) == 200
    assert sum(each.occurrences for each in running.last.values()) == 2_000
    assert all(len(case.kept) <= 4 for case in running.session.ledger.cases.values())
    assert running.session.window.let_go.events >= 1_900


def test_incidents_that_are_not_heard_of_are_closed() -> None:
    running = live()
    running.session.window.failures = 20
    running.session.ledger.limit = 30
    running.open(1, "-")
    for number in range(200):
        running.write(1, storm.record(storm.BLOCKED, number, f"CH.{number}"))
    running.finish()
    summary = running.session.summary(running.now)

    assert len({each.incident.id for each in running.told}) == 200
    assert len(running.session.ledger.cases) <= 30 + 20
    assert summary.closed >= 150


def test_old_records_leave_the_window() -> None:
    running = live()
    running.open(1, "-")
    running.write(1, BLOCKED)
    running.now += 2_000
    running.write(1, storm.record(storm.BLOCKED, 9, "OTHER"))
    running.write(1, storm.record(storm.BLOCKED, 10, "APP.SVRCONN"))

    assert held(running) == 2
    running.finish()
    assert {each.channel: each.occurrences for each in running.last.values()} == {"APP.SVRCONN": 2, "OTHER": 1}


def test_unknown_text_is_let_go() -> None:
    running = live()
    running.open(1, "-")
    for _ in range(40):
        running.write(1, b"nothing of mine\n" * 4_000)
    running.write(1, BLOCKED)
    running.finish()
    stream = running.session.window.logs["-"].readings()[0]

    assert stream.bytes == 40 * 64_000 + len(BLOCKED)
    assert [each.channel for each in running.last.values()] == ["APP.SVRCONN"]
    assert keeping.INCIDENTS == 400
