"""The labelled cases of samples/cases: finding them, analyzing them, comparing the report with the label."""

from __future__ import annotations

import json
import os
from contextlib import chdir, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

from mqdiag import score
from mqdiag.score import Case, cases

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "samples" / "cases"


@cache
def all_cases() -> tuple[Case, ...]:
    return tuple(cases(CASES))


@cache
def report(case: Case) -> dict[str, Any]:
    """The JSON report of a case, made as the case's own command line says."""
    return analyzed(case.folder, case.args)


def analyzed(folder: Path, args: tuple[str, ...]) -> dict[str, Any]:
    from mqdiag.cli import run

    out = StringIO()
    with chdir(folder), redirect_stdout(out):
        status = run(["analyze", *args, "-f", "json"])
    assert status == 0, f"mqdiag analyze {' '.join(args)} in {folder} ended with {status}"
    return json.loads(out.getvalue())


def problems(case: Case, found: dict[str, Any]) -> list[str]:
    """What in a report is not as the label says; empty if all is. The comparison is that of `mqdiag score`."""
    return score.problems(case.label, found)


def inputs(case: Case) -> list[Path]:
    """The files of a case without its label."""
    return sorted(each for each in case.folder.rglob("*") if each.is_file() and each.name != "case.toml")


def in_bytes(case: Case) -> dict[str, bytes]:
    return {os.fspath(each.relative_to(case.folder)): each.read_bytes() for each in inputs(case)}


def causes_and_confidences(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["cause"], each["confidence"]) for each in found["incidents"]]
