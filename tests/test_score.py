"""What `mqdiag score` counts, on labels and reports written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sample_cases import CASES

from mqdiag.cli import run
from mqdiag.errors import MqdiagError
from mqdiag.score import Case, cases, compare, problems, score

Json = dict[str, Any]


def incident(cause: str, **others: Any) -> Json:
    return {
        "cause": cause,
        "confidence": "certain",
        "judge": "client",
        "channel": "A.B",
        "occurrences": 1,
        "certificate": None,
        "evidence": [{"path": "a.log", "line": 1}],
        "alternatives": [],
        "missing": [],
    } | others


def report(*incidents: Json) -> Json:
    return {"incidents": list(incidents), "sources": [{"path": "a.log", "records": 2, "side": "client"}]}


def scored(*pairs: tuple[list[Json], Json]) -> Any:
    found = {Case(Path(f"case{n}"), {"incidents": label}): each for n, (label, each) in enumerate(pairs)}
    return score(list(found), found.__getitem__)


def test_right_missed_and_wrong_are_counted_by_cause() -> None:
    result = scored(
        ([{"cause": "certificate-revoked"}], report(incident("certificate-revoked"))),
        ([{"cause": "certificate-revoked"}], report(incident("certificate-expired"))),
    )

    assert [(e.cause, e.right, e.missed, e.wrong) for e in result.causes] == [
        ("certificate-expired", 0, 0, 1),
        ("certificate-revoked", 1, 1, 0),
    ]
    assert [(e.precision, e.recall) for e in result.causes] == [(0.0, None), (1.0, 0.5)]
    assert result.macro_f1 == pytest.approx((0 + 2 / 3) / 2)


def test_a_certain_verdict_that_is_not_in_the_label_is_wrong_and_certain() -> None:
    result = scored(
        ([{"cause": "certificate-revoked"}], report(incident("certificate-expired"))),
        ([{"cause": "certificate-revoked"}], report(incident("certificate-expired", confidence="possible"))),
    )

    assert (result.wrong_and_certain, result.abstained) == (1, 0)


def test_saying_only_that_it_failed_is_an_abstention() -> None:
    result = scored(
        ([{"cause": "certificate-revoked"}], report(incident("rejected-by-peer", confidence="possible"))),
        ([{"cause": "certificate-revoked"}], report()),
    )

    assert result.abstained == 2


def test_an_incident_on_a_quiet_case_is_a_false_alarm() -> None:
    result = scored(([], report(incident("connection-lost"))), ([], report()))

    assert (result.quiet, result.false_alarms) == (2, 1)


def test_the_judge_counts_where_the_label_names_one() -> None:
    result = scored(
        ([{"cause": "certificate-revoked", "judge": "server"}], report(incident("certificate-revoked"))),
        ([{"cause": "certificate-revoked", "judge": "any"}], report(incident("certificate-revoked"))),
    )

    assert (result.judged, result.judge_right) == (1, 0)


def test_too_sure_is_more_than_the_label_allows() -> None:
    label = [{"cause": "connection-refused", "confidence_at_most": "possible"}]

    assert scored((label, report(incident("connection-refused")))).too_sure == 1


def test_of_two_incidents_with_one_cause_the_better_fit_is_paired() -> None:
    """Two channels refused for the same reason: each label gets its own channel."""
    label = {"incidents": [{"cause": "connection-lost", "channel": c} for c in ("X", "Y")]}
    outcome = compare(label, report(incident("connection-lost", channel="Y"), incident("connection-lost", channel="X")))

    assert [(wanted["channel"], found["channel"]) for wanted, found in outcome.pairs] == [("X", "X"), ("Y", "Y")]


@pytest.mark.parametrize(
    ("label", "complaint"),
    [
        ({"incidents": [{"cause": "connection-lost", "evidence": ["b.log:3"]}]}, "b.log:3"),
        ({"incidents": [{"cause": "connection-lost", "alternatives_include": ["host-unknown"]}]}, "host-unknown"),
        ({"incidents": [{"cause": "connection-lost", "missing_includes": ["openssl"]}]}, "openssl"),
        ({"incidents": [{"cause": "connection-lost", "occurrences": 3}]}, "occurrences 3"),
        ({"incidents": [{"cause": "connection-lost", "owner": "server"}]}, "owner server"),
        ({"incidents": [{"cause": "connection-lost"}], "records": {"a.log": 3}}, "records of a.log: 3"),
        ({"incidents": []}, "not in the label"),
        ({"incidents": [{"cause": "connection-lost"}]}, ""),
    ],
)
def test_every_difference_is_named(label: Json, complaint: str) -> None:
    found = problems(label, report(incident("connection-lost")))

    assert [complaint in each for each in found] == ([True] if complaint else [])


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("case.toml", 'about = "x"', "incidents"),
        ("case.toml", "incidents = [{}]", "incidents[0] cause"),
        ("case.toml", "incidents = [", "case.toml"),
        (
            "truth.json",
            '{"args": [], "incidents": [{"cause": "x", "confidence_at_most": "sure"}]}',
            "confidence_at_most",
        ),
    ],
)
def test_a_mistake_in_a_label_is_named(name: str, text: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(MqdiagError) as error:
        cases(tmp_path)
    assert complaint in str(error.value)


def test_a_folder_without_labels_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(MqdiagError, match="labelled"):
        cases(tmp_path)


def test_the_command_prints_figures(capfd: pytest.CaptureFixture[str]) -> None:
    """One failing and one quiet case of the corpus, as JSON."""
    status = run(["score", str(CASES / "harbour-d-server-cert-revoked"), "-f", "json"])
    found = json.loads(capfd.readouterr().out)

    assert status == 0
    assert (found["cases"], found["macro_f1"], found["problems"]) == (1, 1.0, [])
    assert [each["cause"] for each in found["causes"]] == ["certificate-revoked"]
