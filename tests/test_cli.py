from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sample_reports import bare_incident, full_report, hostile_report, incident, report, report_of_ffst

from mqdiag import __version__, cli, pipeline
from mqdiag.cli import colour, run
from mqdiag.errors import MqdiagError
from mqdiag.model import Event, Note, Record, Report, Span
from mqdiag.render import formats
from mqdiag.render.json import data, dumps

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[pipeline.Options]:
    """The options that the pipeline was given, which answers with a report of two incidents."""
    return answering(monkeypatch, lambda: full_report())


def answering(monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Report]) -> list[pipeline.Options]:
    seen: list[pipeline.Options] = []

    def analyze(options: pipeline.Options, watch: object = None) -> Report:
        seen.append(options)
        return answer()

    monkeypatch.setattr(pipeline, "analyze", analyze)
    return seen


def raising(error: BaseException) -> Callable[[], Report]:
    def answer() -> Report:
        raise error

    return answer


def terminal(monkeypatch: pytest.MonkeyPatch, is_one: bool) -> None:
    monkeypatch.setattr(sys, "stdin", open(os.devnull, encoding="utf-8"))  # noqa: PTH123, SIM115
    monkeypatch.setattr(sys.stdin, "isatty", lambda: is_one, raising=False)


# ---- what was asked --------------------------------------------------------------------------------------------


def test_every_option_reaches_the_pipeline(asked: list[pipeline.Options]) -> None:
    arguments = (
        "analyze a b --client c1 --client c2 --server s --tz UTC --tz b=+09:00 --since 2024-03-19 --until 2024-03-20 "
        "--channel A.B -j 2 --encoding cp932 --date-order dmy --lang en -f json"
    )

    assert run(arguments.split()) == 0
    assert asked == [
        pipeline.Options(
            paths=("a", "b"),
            client=("c1", "c2"),
            server=("s",),
            tz=("UTC", "b=+09:00"),
            since="2024-03-19",
            until="2024-03-20",
            channel="A.B",
            encoding="cp932",
            date_order="dmy",
            jobs=2,
        )
    ]


def test_standard_input_is_implied_when_piped(asked: list[pipeline.Options], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal(monkeypatch, False)

    assert run(["analyze"]) == 0
    assert asked[0].paths == ("-",)


def test_paths_of_a_side_are_paths_enough(asked: list[pipeline.Options], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal(monkeypatch, True)

    assert run(["analyze", "--client", "a"]) == 0
    assert asked[0].paths == ()


def test_nothing_named_on_a_terminal_is_a_mistake(
    asked: list[pipeline.Options], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    terminal(monkeypatch, True)

    assert run(["analyze"]) == 2
    assert capfd.readouterr().err.startswith("You named no log.\n")
    assert asked == []


@pytest.mark.parametrize(
    "arguments",
    [
        "analyze a --fail-on likely",
        "analyze a --jobs 0",
        "analyze a -f yaml",
        "analyze a --encoding hex",
        "analyze a --encoding nonsense",
        "analyze a --lang fr",
        "analyze a --date-order ymd",
        "analyze a --redacted",
        "nonsense",
        "explain",
    ],
)
def test_usage_that_is_not_right(
    arguments: str, asked: list[pipeline.Options], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments.split()) == 2
    assert capfd.readouterr().err


# ---- exit status -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "fail_on", "status"),
    [
        (full_report(), None, 0),
        (full_report(), "never", 0),
        (full_report(), "certain", 1),
        (report(bare_incident()), "possible", 1),
        (report(bare_incident()), "probable", 0),
        (report(bare_incident()), "certain", 0),
        (report(replace(bare_incident(), confidence="probable")), "probable", 1),
        (report(), "possible", 0),
        (replace(report(), sources=()), None, 2),
        (replace(full_report(), notes=(Note("unreadable", "x.zip", None, "torn"),)), None, 2),
        (replace(full_report(), notes=(Note("unreadable", "x.zip", None, "torn"),)), "possible", 2),
    ],
)
def test_exit_status(
    found: Report, fail_on: str | None, status: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, lambda: found)

    assert run(["analyze", "x", "-f", "json", *(["--fail-on", fail_on] if fail_on else [])]) == status
    assert json.loads(capfd.readouterr().out)["schema"] == "mqdiag/report/1"


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, raising(KeyboardInterrupt()))

    assert run(["analyze", "x"]) == 130


def test_a_mistake_is_told_in_four_beats(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    mistake = MqdiagError("I could not read it.", where="x\x1b[2J.zip", found="It ends early.", hint="Ask again.")
    answering(monkeypatch, raising(mistake))

    assert run(["analyze", "x"]) == 2
    out, err = capfd.readouterr()
    assert err == "I could not read it.\nx\\x1b[2J.zip\nIt ends early.\nAsk again.\n"
    assert out == ""


def test_a_defect_is_not_taken_for_fail_on(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Python's own exit status of an exception is 1; and what it quotes may be of a log."""
    answering(monkeypatch, raising(ValueError("\x1b[2J")))

    assert run(["analyze", "x"]) == 2
    err = capfd.readouterr().err
    assert "This is a defect of mqdiag" in err
    assert "\x1b" not in err


# ---- what goes out ---------------------------------------------------------------------------------------------


def test_terminal_is_what_is_written_by_default(
    asked: list[pipeline.Options], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["analyze", "x"]) == 0
    assert capfd.readouterr().out.startswith("1. The queue manager's certificate is revoked (certain)\n")


def test_a_file_is_utf_8_and_without_colour(
    asked: list[pipeline.Options], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    answering(monkeypatch, lambda: report(replace(incident(), channel="チャネル")))
    for format in formats():
        assert run(["analyze", "x", "-f", format, "-o", str(tmp_path / format)]) == 0
        text = (tmp_path / format).read_bytes().decode("utf-8")
        assert "チャネル" in text
        assert "\x1b" not in text
    assert capfd.readouterr().out == ""


def test_an_output_that_cannot_be_written(asked: list[pipeline.Options], tmp_path: Path) -> None:
    assert run(["analyze", "x", "-o", str(tmp_path / "no" / "such" / "folder")]) == 2


def test_the_output_never_replaces_the_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "AMQERR01.LOG"
    log.write_text("a log")
    answering(monkeypatch, lambda: replace(report(), sources=(replace(report().sources[0], path=str(log)),)))

    assert run(["analyze", str(log), "-o", str(log)]) == 2
    assert log.read_text() == "a log"
    assert "over one of the inputs" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("environment", "is_terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": ""}, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_colour(environment: dict[str, str], is_terminal: bool, expected: bool) -> None:
    assert colour(environment, is_terminal) is expected


def test_forced_colour_reaches_a_pipe(
    asked: list[pipeline.Options], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert run(["analyze", "x"]) == 0
    assert "\x1b[1;31m (certain)" in capfd.readouterr().out


def test_a_hostile_log_on_standard_output(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    answering(monkeypatch, hostile_report)
    for format in formats():
        assert run(["analyze", "x", "-f", format]) == 0
        assert "\x1b" not in capfd.readouterr().out


# ---- the other commands ----------------------------------------------------------------------------------------


def test_records(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    span = Span("a.log", 1, 1, 0, 5)
    record = Record("amqerr", span, b"torn\n")
    found = [(record, Event("amqerr", span, text="説明")), (record, None)]
    monkeypatch.setattr(pipeline, "record_lines", lambda options, write, tell: (write(*each) for each in found))

    assert run(["records", "a.log"]) == 0
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [(each["kind"], each["text"]) for each in lines] == [("amqerr", "説明"), ("unparsed", "torn\n")]


def test_ffst(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(pipeline, "ffsts", lambda options, tell: [report_of_ffst().event])

    assert run(["ffst", "errors"]) == 0
    assert "xcsDisplayMessage" in capfd.readouterr().out
    assert run(["ffst", "errors", "-f", "json"]) == 0
    assert json.loads(capfd.readouterr().out)["probes"][0]["count"] == 1


@pytest.mark.parametrize(("codes", "status"), [("2393", 0), ("2393 nonsense", 0), ("nonsense", 2), ("AMQ0001", 2)])
def test_explain(codes: str, status: int, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", *codes.split()]) == status
    assert capfd.readouterr().out


def test_render_writes_a_saved_report_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "report.json"
    saved.write_text(dumps(data(full_report())), encoding="utf-8")

    assert run(["render", str(saved)]) == 0
    assert capfd.readouterr().out.startswith("1. The queue manager's certificate is revoked (certain)\n")
    assert run(["render", str(saved), "-f", "json"]) == 0
    assert json.loads(capfd.readouterr().out) == data(full_report())


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{}"])
def test_what_is_no_report_cannot_be_rendered(content: bytes, tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    saved.write_bytes(content)

    assert run(["render", str(saved)]) == 2


def test_a_report_that_is_not_there(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["render", "no-such.json"]) == 2
    assert "no-such.json" in capfd.readouterr().err


def test_schema(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert json.loads(capfd.readouterr().out)["properties"]["schema"] == {"const": "mqdiag/report/1"}


def test_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capfd.readouterr().out == f"mqdiag {__version__}\n"


# ---- as a process ----------------------------------------------------------------------------------------------


def python(*arguments: str, **others: Any) -> subprocess.Popen[bytes]:
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": ROOT}
    return subprocess.Popen([sys.executable, *arguments], **{**pipes, **others})


def test_a_closed_pipe_ends_it_quietly() -> None:
    process = python("-m", "mqdiag", "schema")
    assert process.stdout
    assert process.stderr
    process.stdout.close()

    assert process.stderr.read() == b""
    assert process.wait() == 0


@pytest.mark.parametrize("locale", ["C", "ja_JP.UTF-8"])
@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_import_nothing_slow(argument: str, locale: str) -> None:
    code = (
        "import sys; from mqdiag.cli import run; run(sys.argv[1:]); "
        "slow = {'lark', 'rich', 'dateutil', 'mqdiag.pipeline', 'mqdiag.knowledge'}; "
        "print(*slow & set(sys.modules), file=sys.stderr)"
    )
    environment = {**os.environ, "LC_ALL": locale, "PYTHONIOENCODING": "utf-8"}
    out, err = python("-c", code, argument, env=environment).communicate()

    assert out
    assert err.strip() == b""


def test_help_is_english_where_the_terminal_has_no_japanese_letters() -> None:
    environment = {**os.environ, "LC_ALL": "ja_JP.UTF-8", "PYTHONIOENCODING": "ascii"}
    out, err = python("-m", "mqdiag", "--help", env=environment).communicate()

    assert out.startswith(b"Usage: ")
    assert err == b""


def test_a_terminal_that_knows_no_japanese_gets_escapes() -> None:
    """A Windows console of another code page must not end in a UnicodeEncodeError."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    out, err = python("-m", "mqdiag", "explain", "説明", env=environment).communicate()

    assert out.startswith(rb"\u8aac\u660e: not known")
    assert err == b""


def test_json_is_utf_8_whatever_the_locale() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    out, _ = python("-m", "mqdiag", "explain", "説明", "-f", "json", env=environment).communicate()

    assert json.loads(out.decode("utf-8"))[0]["asked"] == "説明"


def test_an_interrupt_while_reading_a_pipe() -> None:
    process = python("-m", "mqdiag", "analyze", stdin=subprocess.PIPE)
    assert process.stdin
    assert process.stderr
    process.stdin.write(b"x" * 100_000)  # more than a pipe holds: after this it reads
    process.stdin.flush()
    for _ in range(10):  # one just before the system call goes unnoticed until the call returns
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
            break

    assert process.returncode == 130
    assert process.stderr.read() == b""


def test_main_ends_with_the_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["mqdiag", "explain", "nonsense"])

    with pytest.raises(SystemExit) as caught:
        cli.main()

    assert caught.value.code == 2
