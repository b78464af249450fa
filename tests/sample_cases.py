"""The labelled cases of samples/cases: finding them, analyzing them, comparing the report with the label."""

from __future__ import annotations

import json
import os
import tomllib
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "samples" / "cases"
CONFIDENCES = ("possible", "probable", "certain")


@dataclass(frozen=True, eq=False)
class Case:
    folder: Path
    label: dict[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def incidents(self) -> list[dict[str, Any]]:
        return self.label.get("incidents", [])


@cache
def all_cases() -> tuple[Case, ...]:
    found = sorted(CASES.glob("*/case.toml"))
    return tuple(Case(each.parent, tomllib.loads(each.read_text(encoding="utf-8"))) for each in found)


@cache
def report(case: Case) -> dict[str, Any]:
    """The JSON report of a case, made as the case's own command line says."""
    return analyzed(case.folder, tuple(case.label.get("args", ["."])))


def analyzed(folder: Path, args: tuple[str, ...]) -> dict[str, Any]:
    from mqdiag.cli import run

    out = StringIO()
    with chdir(folder), redirect_stdout(out):
        status = run(["analyze", *args, "-f", "json"])
    assert status == 0, f"mqdiag analyze {' '.join(args)} in {folder} ended with {status}"
    return json.loads(out.getvalue())


def problems(case: Case, found: dict[str, Any]) -> list[str]:
    """What in a report is not as the label says; empty if all is."""
    wanted, got = list(case.incidents), list(found["incidents"])
    result: list[str] = []
    for each in wanted:
        match = next((incident for incident in got if fits(each, incident)), None)
        if match is None:
            result.append(f"no incident {each['cause']}; reported: {[summary(i) for i in found['incidents']]}")
        else:
            got.remove(match)
            result += differences(each, match)
    result += [f"reported but not in the label: {summary(each)}" for each in got]
    sources = {each["path"]: each for each in found["sources"]}
    for key, field in (("records", "records"), ("sides", "side")):
        for path, value in case.label.get(key, {}).items():
            actual = sources.get(path, {}).get(field)
            if actual != value:
                result.append(f"{field} of {path}: {value} expected, {actual} found")
    return result


def summary(incident: dict[str, Any]) -> str:
    return f"{incident['cause']} ({incident['confidence']}, judge {incident['judge']}, x{incident['occurrences']})"


def fits(wanted: dict[str, Any], incident: dict[str, Any]) -> bool:
    return incident["cause"] in (wanted["cause"], *wanted.get("accept", []))


def differences(wanted: dict[str, Any], incident: dict[str, Any]) -> list[str]:
    name, result = incident["cause"], []
    low, high = wanted.get("confidence_at_least", "possible"), wanted.get("confidence_at_most", "certain")
    if not CONFIDENCES.index(low) <= CONFIDENCES.index(incident["confidence"]) <= CONFIDENCES.index(high):
        result.append(f"{name}: confidence {low}..{high} expected, {incident['confidence']} found")
    for key in ("judge", "channel"):
        if wanted.get(key, "any") not in ("any", incident[key]):
            result.append(f"{name}: {key} {wanted[key]!r} expected, {incident[key]!r} found")
    if wanted.get("occurrences") not in (None, 0, incident["occurrences"]):
        result.append(f"{name}: {wanted['occurrences']} occurrences expected, {incident['occurrences']} found")
    if "owner" in wanted and (incident["certificate"] or {}).get("owner") != wanted["owner"]:
        result.append(f"{name}: certificate of the {wanted['owner']} expected, {incident['certificate']} found")
    cited = {f"{each['path']}:{each['line']}" for each in incident["evidence"]} | {
        each["path"] for each in incident["evidence"]
    }
    for each in wanted.get("evidence", []):
        if not cited & set(each.split("|")):
            result.append(f"{name}: {each} is not cited; cited are {sorted(cited)}")
    others = {each["cause"] for each in incident["alternatives"]}
    for each in wanted.get("alternatives_include", []):
        if each not in others:
            result.append(f"{name}: {each} is not among the alternatives {sorted(others)}")
    for each in wanted.get("missing_includes", []):
        if not any(each in text for text in incident["missing"]):
            result.append(f"{name}: {each!r} is not in missing: {incident['missing']}")
    return result


def inputs(case: Case) -> list[Path]:
    """The files of a case without its label."""
    return sorted(each for each in case.folder.rglob("*") if each.is_file() and each.name != "case.toml")


def in_bytes(case: Case) -> dict[str, bytes]:
    return {os.fspath(each.relative_to(case.folder)): each.read_bytes() for each in inputs(case)}
