"""The timeline: one order of time for both sides, on corrected clocks, in every form and from a saved report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sample_cases import all_cases, analyzed
from sample_reports import full_report

from mqdiag.model import Clock
from mqdiag.render import Screen, render, report_page, with_timeline
from mqdiag.render._timeline import timeline
from mqdiag.render.json import data, dumps, load


def test_a_cause_stands_above_its_echo() -> None:
    """orchard's server clock is 3.3 s ahead: in the logs the echo is first, in the timeline the cause."""
    case = next(each for each in all_cases() if each.name == "orchard-plain-client")
    saved = load(dumps(analyzed(case.folder, ("client", "server"))), "report")
    entries = timeline(saved)

    assert [str(e.evidence.event.message_id) for e in entries if e.evidence.event][:2] == ["AMQ9639E", "AMQ9503E"]
    instants = [each.instant for each in entries]
    assert instants == sorted(instants)
    assert {each.moved_s for each in entries} == {0.0, -3.291}


def test_a_clock_with_a_wide_spread_moves_nothing() -> None:
    report = full_report()
    (clock,) = report.clocks
    wide = replace(report, clocks=(replace(clock, skew_s=40.0, spread_s=9.0),))

    assert {each.moved_s for each in timeline(wide)} == {0.0}


def test_data_stay_what_they_are() -> None:
    """JSON holds the evidence and the clocks that the timeline is made from, and its keys are fixed."""
    report = full_report()

    assert with_timeline(report_page(report), report).data() == data(report)


@pytest.mark.parametrize("format", ["terminal", "md", "html"])
def test_it_stands_at_the_end_of_a_page(format: str) -> None:
    report = full_report()
    moved = replace(report, clocks=(Clock(("desk-pc07", "harb1"), 60.0, 0.05, 4),))
    text = render(with_timeline(report_page(moved), moved), format, Screen(120))

    head, _, tail = text.partition("Timeline")
    assert head and tail
    assert "60.000 s" in tail
    assert "client/AMQERR01.LOG" in tail
    assert "Timeline" not in render(report_page(report), format, Screen(120))


def test_the_command_line_shows_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from mqdiag.cli import run

    case = next(each for each in all_cases() if each.name == "orchard-plain-client")
    saved = tmp_path / "report.json"
    run(["analyze", str(case.folder), "-f", "json", "-o", str(saved)])

    assert run(["analyze", str(case.folder), "--timeline"]) == 0
    assert "Clocks corrected by what both ends logged: picker-3 +3.291 s." in capsys.readouterr().out
    assert run(["render", str(saved), "--timeline"]) == 0
    assert "Clocks corrected by what both ends logged: picker-3 +3.291 s." in capsys.readouterr().out
