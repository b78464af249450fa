"""Every labelled case gets the verdict that its label says, and the rules fire on their own cases only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sample_cases import CASES, Case, all_cases, analyzed, problems, report

from mqdiag.knowledge import knowledge


@pytest.mark.parametrize("case", all_cases(), ids=lambda each: each.name)
def test_verdict(case: Case) -> None:
    """The report has the incidents of the label, each with its judge, channel, count, confidence and evidence."""
    assert problems(case, report(case)) == []


@pytest.mark.parametrize("case", all_cases(), ids=lambda each: each.name)
def test_no_other_cause(case: Case) -> None:
    """No cause is reported that the case does not name, and none that its near misses exclude."""
    allowed = {each["cause"] for each in case.incidents} | {
        a for each in case.incidents for a in each.get("accept", [])
    }
    reported = {each["cause"] for each in report(case)["incidents"]}

    assert reported <= allowed
    assert not reported & set(case.label.get("near_miss", {}).get("not", []))


@pytest.mark.parametrize("case", all_cases(), ids=lambda each: each.name)
def test_accounting(case: Case) -> None:
    """Of every source the bytes of its file are accounted for, and every cited line is inside its file."""
    found = report(case)
    lines = {each["path"]: each for each in found["sources"]}

    for source in found["sources"]:
        if "!" not in source["path"]:  # inside an archive a source has no size of its own
            assert source["bytes"] == (case.folder / source["path"]).stat().st_size
        assert 0 <= source["unparsed_bytes"] <= source["bytes"]
    for incident in found["incidents"]:
        for each in incident["evidence"]:
            assert each["path"] in lines
            assert 1 <= each["line"] <= each["last_line"]


def test_every_cause_has_a_case_that_fires_it() -> None:
    """A rule without a case is knowledge that nobody has tried."""
    fired = {each["cause"] for case in all_cases() for each in report(case)["incidents"]}

    assert sorted(set(knowledge().causes) - fired) == []


def test_quiet_cases_have_their_share() -> None:
    """A fifth of the cases hold no failure: false alarms are found as surely as missed ones."""
    quiet = [case for case in all_cases() if not case.incidents]

    assert len(quiet) * 5 >= len(all_cases())


SPEAKING = (  # between them they say every sentence that some case says
    "arcade-maxinstc-container ash-client-cert-revoked-both bakery-java-expired-alert barn-may-not-create-directory "
    "cabaret-no-password-de cinema-java-only-2539 cloister-nonstop-knows-no-channel embassy-zos-noaccess "
    "harbour-b-client-check-fails hub-calls-and-answers lighthouse-java-alert-revoked shipyard-sent-by-runmqras "
    "two-faults-one-minute"
).split()
ENGLISH = re.compile(r"(?:\b[A-Za-z]{2,}(?:'s)?,? ){3}", re.ASCII)  # outside of commands


def texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            yield from (text for each in value for text in texts(each))
        case dict():
            yield from (text for each in value.values() for text in texts(each))


@pytest.mark.parametrize("name", SPEAKING)
def test_a_japanese_report_has_no_english_sentence(name: str) -> None:
    case = next(each for each in all_cases() if each.name == name)
    found = analyzed(CASES / name, (*case.args, "--lang", "ja"))

    said = [text for each in found["incidents"] for text in texts(each)] + [each["text"] for each in found["notes"]]
    assert [text for text in said if ENGLISH.search(re.sub("`[^`]*`", "", text))] == []
