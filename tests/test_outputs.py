"""Several forms in one run, each to its place, and nothing written over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sample_cases import CASES, ROOT
from sample_reports import full_report

from mqdiag import pipeline
from mqdiag.cli import run
from mqdiag.render.json import data, dumps

if TYPE_CHECKING:
    from pathlib import Path

CASE = CASES / "harbour-d-server-cert-revoked"
FORMS = ("md", "html", "json", "terminal")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[pipeline.Options]:
    seen: list[pipeline.Options] = []
    monkeypatch.setattr(pipeline, "analyze", lambda options, watch=None: seen.append(options) or full_report())
    return seen


def pairs(folder: Path) -> list[str]:
    return [part for form in FORMS for part in ("-f", form, "-o", str(folder / f"report.{form}"))]


def test_each_form_goes_to_its_file(
    asked: list[pipeline.Options], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["analyze", "x", *pairs(tmp_path)]) == 0
    assert len(asked) == 1
    texts = {form: (tmp_path / f"report.{form}").read_text(encoding="utf-8") for form in FORMS}
    assert texts["md"].startswith("### 1\\. The queue manager's certificate is revoked (certain)")
    assert texts["html"].startswith("<!doctype html>")
    assert json.loads(texts["json"]) == data(full_report())
    assert texts["terminal"].startswith("1. The queue manager's")
    assert capfd.readouterr().out == ""


def test_one_of_them_to_standard_output(
    asked: list[pipeline.Options], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["analyze", "x", "-f", "terminal", "-o", "-", "-f", "md", "-o", str(tmp_path / "r.md")]) == 0
    assert capfd.readouterr().out.startswith("1. The queue manager's certificate is revoked (certain)\n")
    assert (tmp_path / "r.md").exists()


@pytest.mark.parametrize("arguments", ["-f md -f html", "-f md -f html -o a", "-f md -o a -o b", "-o a -o b"])
def test_forms_and_files_must_be_pairs(
    arguments: str, asked: list[pipeline.Options], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["analyze", "x", *arguments.split()]) == 2
    assert asked == []
    asked_for, where, found, hint = capfd.readouterr().err.splitlines()
    assert asked_for == "You asked for several forms or files of the answer."
    assert "-f" in where
    assert "cannot tell which belong together" in found
    assert hint.startswith("Give each -f its -o")


def test_two_answers_in_one_file_are_refused(asked: list[pipeline.Options], tmp_path: Path) -> None:
    same = str(tmp_path / "r"), f"{tmp_path}/./r"

    assert run(["analyze", "x", "-f", "md", "-o", same[0], "-f", "json", "-o", same[1]]) == 2
    assert asked == []


def test_a_file_that_is_there_stays_as_it_is(
    asked: list[pipeline.Options], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "report.html"
    old.write_text("older")

    assert run(["analyze", "x", *pairs(tmp_path)]) == 2
    assert asked == []  # it is said before the work begins
    assert sorted(each.name for each in tmp_path.iterdir()) == ["report.html"]
    assert old.read_text() == "older"
    assert capfd.readouterr().err.splitlines() == [
        "You asked to write the answer to a file.",
        str(old),
        "It exists already, and I left it as it is.",
        "Choose another file with -o, or add --force to write over it.",
    ]
    assert run(["analyze", "x", *pairs(tmp_path), "--force"]) == 0
    assert old.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_force_does_not_write_over_the_input(tmp_path: Path) -> None:
    log = tmp_path / "AMQERR01.LOG"
    log.write_bytes((CASE / "client" / "AMQERR01.LOG").read_bytes())

    assert run(["analyze", str(log), "-o", str(log), "--force"]) == 2
    assert run(["analyze", str(tmp_path), "-o", str(log), "--force"]) == 2
    assert log.read_bytes() == (CASE / "client" / "AMQERR01.LOG").read_bytes()


def test_devices_are_no_files(asked: list[pipeline.Options]) -> None:
    assert run(["analyze", "x", "-f", "html", "-o", os.devnull]) == 0


@pytest.mark.parametrize("form", FORMS)
def test_a_saved_report_in_any_form(form: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "report.json"
    saved.write_text(dumps(data(full_report())), encoding="utf-8")
    expected = {"md": "###", "html": "<!doctype html>", "json": "{", "terminal": "1. The"}

    assert run(["render", str(saved), "-f", form]) == 0
    assert capfd.readouterr().out.startswith(expected[form])
    assert run(["render", str(saved), "-f", form, "-o", str(saved), "--force"]) == 2


@pytest.mark.parametrize("command", [["explain", "2393"], ["ffst", str(CASES / "attic-disk-full")]])
@pytest.mark.parametrize("form", FORMS)
def test_every_answer_has_every_form(command: list[str], form: str, tmp_path: Path) -> None:
    assert run([*command, "-f", form, "-o", str(tmp_path / "answer")]) == 0
    assert (tmp_path / "answer").stat().st_size > 100


def test_a_page_of_a_pipe_holds_the_records_too(tmp_path: Path) -> None:
    """What is piped in can be read once; the page wants the cited records again."""
    log = CASE / "client" / "AMQERR01.LOG"
    command = [sys.executable, "-m", "mqdiag", "analyze", "-f", "html", "-o", str(tmp_path / "r.html")]
    with subprocess.Popen(["cat", str(log)], stdout=subprocess.PIPE) as cat:
        subprocess.run(command, stdin=cat.stdout, cwd=ROOT, check=True)

    assert "RemoteHost(198.51.100.24)" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_records_of_a_pipe() -> None:
    log = CASE / "client" / "AMQERR01.LOG"
    command = [sys.executable, "-m", "mqdiag", "records"]
    with subprocess.Popen(["cat", str(log)], stdout=subprocess.PIPE) as cat:
        piped = subprocess.run(command, stdin=cat.stdout, cwd=ROOT, check=True, capture_output=True).stdout
    with log.open("rb") as file:
        redirected = subprocess.run(command, stdin=file, cwd=ROOT, check=True, capture_output=True).stdout

    assert json.loads(piped.splitlines()[0])["message_id"] == "AMQ9633E"
    assert piped == redirected


def test_json_and_terminal_import_no_templates() -> None:
    code = (
        "import sys; from mqdiag.cli import run; run(sys.argv[1:]); "
        "print(*{'jinja2', 'rich'} & set(sys.modules), file=sys.stderr)"
    )
    arguments = [sys.executable, "-c", code, "analyze", str(CASE), "-f"]
    done = [subprocess.run([*arguments, form], cwd=ROOT, capture_output=True) for form in ("json", "terminal", "md")]

    assert [each.stderr.split() for each in done] == [[], [b"rich"], []]
