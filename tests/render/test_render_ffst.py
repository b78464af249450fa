from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sample_reports import START, report_of_ffst, stamp

from mqdiag.model import Span
from mqdiag.render import Screen, render
from mqdiag.render._document import Paragraph, Table
from mqdiag.render._ffst import blocks, data, ffst_page, rolled

if TYPE_CHECKING:
    from mqdiag.model import Event


def ffst(minutes: int, **others: object) -> Event:
    event = report_of_ffst().event
    assert event
    return replace(event, stamp=stamp(START + timedelta(minutes=minutes)), **others)  # type: ignore[arg-type]


def other(minutes: int) -> Event:
    return ffst(minutes, probe_id="CO373099", message_id=None, facts={"component": "cci", "probe_type": "INCORROUT"})


def torn() -> Event:
    """A report that breaks off after eight lines: no probe id, no component, no readable time."""
    return replace(
        ffst(0), stamp=stamp(None, "Tue March 19"), probe_id=None, message_id=None, facts={}, program=None,
        process=None, thread=None,
    )  # fmt: skip


EVENTS = [ffst(0), other(1), ffst(2), ffst(5), torn()]


def test_the_roll_up_begins_with_the_first_report() -> None:
    assert [(each.first.probe_id, len(each.events)) for each in rolled(EVENTS)] == [
        ("XC022001", 3),
        ("CO373099", 1),
        (None, 1),
    ]


def test_the_same_probe_of_another_message_is_another_matter() -> None:
    """XC022001 says only that a message was displayed: Probe Type says which."""
    assert len(rolled([ffst(0), ffst(1, message_id=None)])) == 2


def test_rows_and_roll_up() -> None:
    rows, roll = (each for each in blocks(EVENTS) if isinstance(each, Table))

    assert rows.rows[0] == (
        "client/AMQ1044.0.FDC:1", "2024-03-19 13:20:11.587", "app.exe", "1044", "1", "XC022001",
        "xcsDisplayMessage", "AMQ9716E",
    )  # fmt: skip
    assert rows.rows[1][-1] == "INCORROUT"
    assert rows.rows[4] == ("client/AMQ1044.0.FDC:1", "Tue March 19 (as written)", *["-"] * 6)
    assert roll.rows[0] == (
        "XC022001", "3", "2024-03-19 13:20:11.587", "2024-03-19 13:25:11.587", "xcsDisplayMessage", "AMQ9716E",
    )  # fmt: skip


def test_as_json() -> None:
    got = data(EVENTS)

    assert got["schema"] == "mqdiag/ffst/1"
    assert got["reports"][0] == {  # type: ignore[index]
        "path": "client/AMQ1044.0.FDC",
        "line": 1,
        "last_line": 240,
        "kind": "ffst",
        "time": "2024-03-19T13:20:11.587Z",
        "written": "19/03/24 13:20:11",
        "host": "desk-pc07",
        "queue_manager": None,
        "program": "app.exe",
        "process": 1044,
        "thread": 1,
        "probe_id": "XC022001",
        "component": "xcsDisplayMessage",
        "message_id": "AMQ9716E",
        "probe_type": "MSGAMQ9716",
    }
    assert got["probes"][0] == {  # type: ignore[index]
        "probe_id": "XC022001",
        "component": "xcsDisplayMessage",
        "message_id": "AMQ9716E",
        "probe_type": "MSGAMQ9716",
        "count": 3,
        "first": "2024-03-19T13:20:11.587Z",
        "last": "2024-03-19T13:25:11.587Z",
    }


def test_no_report() -> None:
    assert list(blocks([])) == [Paragraph("No FFST report in what was read.")]
    assert data([]) == {"schema": "mqdiag/ffst/1", "reports": [], "probes": []}


def test_in_a_pipe_every_report_is_one_line() -> None:
    long = replace(ffst(0), span=Span("a" * 120 + ".FDC", 1, 2, 0, 1))
    text = render(ffst_page([long]), "terminal", Screen(80))

    assert len([line for line in text.splitlines() if "aaa" in line]) == 1
