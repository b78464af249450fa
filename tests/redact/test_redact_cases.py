"""Redaction of every labelled case: nothing original is left, nothing else is changed."""

from __future__ import annotations

import json
import re
from contextlib import chdir
from functools import cache

import pytest
from sample_cases import Case, all_cases

from mqdiag import bundle, pipeline
from mqdiag.context import careful_records
from mqdiag.excerpts import cited_in
from mqdiag.model import Span
from mqdiag.redact import Redactor
from mqdiag.redact.boilerplate import words_of_renderers
from mqdiag.redact.originals import own, words_of_knowledge
from mqdiag.render import Screen, formats, render, report_page

CASES = all_cases()
ORDINARY = {word.lower() for word in words_of_renderers() | words_of_knowledge()}


def options(case: Case) -> pipeline.Options:
    """The case's own command line, as far as it says zones and sides."""
    args = list(case.label.get("args", ["."]))
    said: dict[str, list[str]] = {"--tz": [], "--client": [], "--server": []}
    paths: list[str] = []
    others: dict[str, str] = {}
    while args:
        word = args.pop(0)
        if word in said:
            said[word].append(args.pop(0))
        elif word.startswith("--"):
            others[word[2:].replace("-", "_")] = args.pop(0)
        else:
            paths.append(word)
    return pipeline.Options(
        paths=tuple(paths),
        tz=tuple(said["--tz"]),
        client=tuple(said["--client"]),
        server=tuple(said["--server"]),
        **others,  # type: ignore[arg-type]
    )


@cache
def analysis(case: Case) -> pipeline.Analysis:
    with chdir(case.folder):
        return pipeline.analysis(options(case))


@cache
def redactor(case: Case) -> Redactor:
    return pipeline.redacted(analysis(case), texts=list(records(case).values()))


@cache
def records(case: Case) -> dict[Span, str]:
    """The cited records, as a page shows them that is to be redacted."""
    with chdir(case.folder):
        raw = cited_in(analysis(case).report, [each.source for each in analysis(case).readings])
    return careful_records(analysis(case).report, raw)


def originals(case: Case) -> set[str]:
    """
    What the events and sources of a case name, gathered without the code under test: fields, addresses in texts,
    values of certificates. Without what no name is: MQ's own, ordinary words, numbers, what is shorter than 3.
    """
    found: set[tuple[str, str]] = set()
    for reading in analysis(case).readings:
        for part in re.split(r"[/!]", reading.source.path):
            found.add(("file" if "." in part else "folder", part))
        for event in reading.events:
            for kind in ("host", "queue_manager", "channel", "user", "program"):
                if value := getattr(event, kind):
                    found.add((kind, value.rpartition("\\")[2] if kind == "user" else value))
            if event.peer:
                found |= {("host", each) for each in (event.peer.host, event.peer.address) if each}
            for name in (event.certificate.subject, event.certificate.issuer) if event.certificate else ():
                found |= {("O", value) for _, value in name.attributes} if name else set()
            if event.certificate and len(event.certificate.serial or "") > 5:
                found.add(("serial", event.certificate.serial or ""))
    return {
        value
        for kind, value in found
        if len(value) > 2 and not value.isdigit() and not own(kind, value) and value.lower() not in ORDINARY
    }


def left(values: set[str], text: str) -> list[str]:
    """The values that stand in a text as words, in any case."""
    small = text.lower()
    return sorted(
        value
        for value in values
        if value.lower() in small
        and re.search(rf"(?<![a-z0-9]){re.escape(value.lower())}(?![a-z0-9])", small, re.ASCII)
    )


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.name)
def test_no_original_value_is_left(case: Case) -> None:
    """Neither in JSON nor on the terminal, nor in any other format, whether searched by the house or by the test."""
    redacted = redactor(case).report(analysis(case).report)

    for format in formats():
        page = report_page(redacted, redactor(case).records(records(case)), check=redactor(case).check)
        text = render(page, format, Screen(100))
        assert left(originals(case), text) == [], format


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.name)
def test_verdicts_are_the_same(case: Case) -> None:
    """Cause, judge, confidence, times, ids, codes and lines of every incident are those of the report as it was."""
    plain = json.loads(render(report_page(analysis(case).report), "json", Screen()))
    redacted = json.loads(render(report_page(redactor(case).report(analysis(case).report)), "json", Screen()))
    kept = ("id", "cause", "confidence", "judge", "start", "end", "occurrences")
    cited = ("line", "last_line", "side", "time", "message_id", "probe_id", "reason_code", "role")
    read = ("kind", "side", "encoding", "bytes", "records", "unparsed_bytes", "first", "last", "utc_offset_minutes")

    assert [{key: each[key] for key in read} for each in plain["sources"]] == [
        {key: each[key] for key in read} for each in redacted["sources"]
    ]
    for one, two in zip(plain["incidents"], redacted["incidents"], strict=True):
        assert {key: one[key] for key in kept} == {key: two[key] for key in kept}
        assert [{key: each[key] for key in cited} for each in one["evidence"]] == [
            {key: each[key] for key in cited} for each in two["evidence"]
        ]
        assert [each["cause"] for each in one["alternatives"]] == [each["cause"] for each in two["alternatives"]]
        assert (one["certificate"] or {}).get("owner") == (two["certificate"] or {}).get("owner")
        assert (one["channel"] is None) == (two["channel"] is None)


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.name)
def test_redacting_twice_is_redacting_once(case: Case) -> None:
    once = redactor(case).report(analysis(case).report)
    with chdir(case.folder):
        again = pipeline.redacted(pipeline.Analysis(once, []))

    assert once == again.report(once)


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.name)
def test_bundles_hold_no_original_value(case: Case) -> None:
    """Not in a report, an excerpt, the inventory or a member's name; and the bundle comes about at all."""
    with chdir(case.folder):
        made = bundle.bundle(options(case), redact=True)

    for name, data in made.members.items():
        assert left(originals(case), f"{name}\n{data.decode()}") == [], name


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.name)
def test_excerpts_are_lines_of_their_sources(case: Case) -> None:
    """Every line of an excerpt that is not redacted is the line of that number, and every cited line is there."""
    with chdir(case.folder):
        made = bundle.bundle(options(case), redact=False)
        sources = {each.source.path: b"".join(each.source.blocks()) for each in made.analysis.readings}
    shown: dict[str, dict[int, str]] = {}
    for name, data in made.members.items():
        if name.startswith("excerpts/"):
            path, *lines = data.decode("utf-8").split("\n")
            found = (re.match(r"([> ]) {0,6}(\d+)(?:  (.*))?$", line) for line in lines)
            shown[path] = {int(match[2]): match[3] or "" for match in found if match}
    for path, lines in shown.items():
        source = sources[path].decode("ascii", "replace").replace("\r\n", "\n").split("\n")
        for number, line in lines.items():
            if source[number - 1].isprintable() and "\ufffd" not in source[number - 1] and "more lines" not in line:
                assert without_passwords(source[number - 1]) == without_passwords(line), (path, number)
    for incident in made.analysis.report.incidents:
        for each in incident.evidence:
            if each.event:
                assert each.span.line in shown[each.span.path]


def without_passwords(line: str) -> str:
    return re.sub(r"\S*\*\*\*\S*|'[^']*'|\S*[Pp]assw\S*", "", line).strip()
