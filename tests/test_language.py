"""Every sentence exists in every language: none is missing, none is left over, and the blanks are the same."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sample_cases import CASES, ROOT

from mqdiag.cli import run
from mqdiag.helping import WORDS, said, wrapped
from mqdiag.knowledge import builtin
from mqdiag.language import LANGUAGES, catalogue, chapter, of_arguments, of_locale, plural, reason, speaking, tr
from mqdiag.limits import OPTIONS
from mqdiag.resources import knowledge_dir
from mqdiag.text import columns

OTHERS = [each for each in LANGUAGES if each != "en"]
CALLS = ("tr", "translated", "marked")
BLANK = re.compile(r"\{\w+\}")
COMMAND = re.compile(r"`[^`]*`")
JAPANESE = re.compile(r"[\u3000-\u30ff\u4e00-\u9fff]")


def of_program() -> Iterator[str]:
    """The literals that the code gives to tr, translated, marked and plural."""
    for path in sorted((ROOT / "mqdiag").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            literals = [each.value for each in node.args if isinstance(each, ast.Constant)]
            if node.func.id in CALLS:
                yield from (each for each in literals if isinstance(each, str))
            elif node.func.id == "plural":
                yield from (f"{{count}} {each}s" for each in literals if isinstance(each, str))


def of_help() -> Iterator[str]:
    """What --help prints of ours: the help of options, and the first words of commands."""
    for node in ast.walk(ast.parse((ROOT / "mqdiag" / "cli.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            values = [each.value for each in node.keywords if each.arg == "help"]
            yield from (each.value for each in values if isinstance(each, ast.Constant))  # type: ignore[misc]
        elif isinstance(node, ast.FunctionDef) and any("app.c" in ast.unparse(each) for each in node.decorator_list):
            yield " ".join((ast.get_docstring(node) or "").split())
    yield from (help for _, _, help in OPTIONS)


def of_blanks() -> Iterator[str]:
    """What the blanks of the knowledge and the inserts of messages are called where nothing is known of them."""
    texts = " ".join(filter(None, of_knowledge()))
    names = (*re.findall(r"\{(\w+)\}", texts), *(name for each in builtin().messages.values() for name in each.facts))
    yield from (
        each.removeprefix("fact_").replace("_", " ") for each in (*names, "channel", "certificate", "peer", "user")
    )


def of_knowledge() -> Iterator[str]:
    known = builtin()
    for layer in known.layers.values():
        yield from (layer.passed, layer.unreached)
    for message in known.messages.values():
        yield from (message.says, message.next)
    for entries in known.codes.values():
        yield from (each.says for each in entries.values())
    yield from (each.name for each in known.codes["probe"].values() if " " in each.name)
    for cause in known.causes.values():
        yield from (cause.title, " ".join(cause.because.split()), *cause.settles)
        yield from (each.why for each in cause.alternatives)
        yield from (each.says for each in cause.supports)
        for sign in cause.signs:
            yield from (sign.says, *(each.says for each in sign.also), *(sign.settles or ()))
            yield from (each.why for each in sign.alternatives or ())
        for remedy in cause.remedies:
            yield from (remedy.who, remedy.do, remedy.check, remedy.cost)


def sentences() -> set[str]:
    return {each for each in (*of_program(), *of_help(), *of_blanks(), *of_knowledge()) if each}


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_is_missing(language: str) -> None:
    assert sorted(sentences() - set(catalogue(language))) == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_entry_is_left_over(language: str) -> None:
    assert sorted(set(catalogue(language)) - sentences()) == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_blanks_are_the_same(language: str) -> None:
    """A name that a translation leaves out would be missing in the report; one it adds would stay a blank."""
    wrong = [key for key, value in catalogue(language).items() if set(BLANK.findall(key)) != set(BLANK.findall(value))]

    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_commands_are_not_translated(language: str) -> None:
    wrong = [
        key
        for key, value in catalogue(language).items()
        if Counter(COMMAND.findall(key)).keys() != Counter(COMMAND.findall(value)).keys()
    ]

    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_stands_in_one_file(language: str) -> None:
    counted: Counter[str] = Counter()
    for path in (knowledge_dir() / "locales" / language).glob("*.toml"):
        counted.update(tomllib.loads(path.read_text(encoding="utf-8")).keys())

    assert [key for key, count in counted.items() if count > 1] == []


def test_japanese_is_japanese() -> None:
    """A sentence with a word of more than three small letters and no Japanese letter was forgotten."""
    forgotten = [
        key
        for key, value in catalogue("ja").items()
        if key != "syslog"
        and not JAPANESE.search(value)
        and re.search(r"(?<![{\w])[a-z]{4,}(?![\w}])", COMMAND.sub("", key))
    ]

    assert forgotten == []


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "ja_JP"}, "ja"),
        ({"LANG": "ja_JP", "LC_ALL": ""}, "ja"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_locale_names_a_language(environment: dict[str, str], language: str) -> None:
    assert of_locale(environment) == language


def test_a_plural() -> None:
    assert [plural(count, "record") for count in (0, 1, 2)] == ["0 records", "1 record", "2 records"]
    with speaking("ja"):
        assert plural(1, "record") == "レコード 1 件"


def test_a_sentence_without_entry_stays_as_it_is() -> None:
    """A site's own rules (--rules) are in the site's language."""
    with speaking("ja"):
        assert tr("Ask the mill on {phone}.", phone=5512) == "Ask the mill on 5512."


CASE = str(CASES / "harbour-d-server-cert-revoked")


def test_the_terminal_speaks_the_language_of_the_locale(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    assert run(["analyze", CASE]) == 0

    assert "キュー・マネージャーの証明書は失効しています" in capfd.readouterr().out


def test_json_is_english_unless_told(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    titles = []
    for more in ([], ["--lang", "ja"], ["--lang", "en"]):
        assert run(["analyze", CASE, "-f", "json", *more]) == 0
        titles.append(json.loads(capfd.readouterr().out)["incidents"][0]["title"])

    assert titles[0] == titles[2] == "The queue manager's certificate is revoked"
    assert titles[1] == "キュー・マネージャーの証明書は失効しています"


def test_the_language_changes_words_only(capfd: pytest.CaptureFixture[str]) -> None:
    """Cause, confidence, judge and evidence are the same in every language."""
    reports = []
    for language in LANGUAGES:
        assert run(["analyze", CASE, "-f", "json", "--lang", language]) == 0
        reports.append(json.loads(capfd.readouterr().out)["incidents"][0])

    for key in ("id", "cause", "confidence", "judge", "channel", "start", "certificate", "occurrences"):
        assert len({json.dumps(each[key]) for each in reports}) == 1
    lines = [[cited["line"] for cited in each["evidence"]] for each in reports]
    assert lines[1:] == lines[:-1]


@pytest.mark.parametrize("code", ["2393", "AMQ9716", "575032", "certificate-revoked", "XC022001", "AMQ0001"])
def test_explain_in_japanese(code: str, capfd: pytest.CaptureFixture[str]) -> None:
    run(["explain", code, "--lang", "ja"])
    said = capfd.readouterr().out

    english = [line for line in said.splitlines() if not JAPANESE.search(line) and len(line.split()) > 7]
    assert [each for each in english if "MQ" not in each and "`" not in each and "," not in each] == []


def test_an_unknown_language_is_a_mistake(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "2393", "--lang", "fr"]) == 2
    assert "en, ja" in capfd.readouterr().err


def test_mistakes_of_following_are_told_in_japanese(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["follow", CASE, "--from-start", "--wait", "-1", "--lang", "ja"]) == 2
    assert "負の値" in capfd.readouterr().err


def test_a_thread_speaks_the_language_of_the_answer() -> None:
    from mqdiag.follow import Readers
    from mqdiag.pipeline import Options

    said: list[str] = []
    readers = Readers(Options(paths=()), from_start=True)
    with speaking("ja"):
        readers.run(lambda: said.append(tr("it is encrypted")))
    readers.threads[0].join()

    assert said == ["暗号化されています"]


def test_the_timeline_speaks_japanese(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", CASE, "--timeline", "--lang", "ja"]) == 0
    _, heading, timeline = capfd.readouterr().out.partition("タイムライン")

    assert heading
    assert "サーバー" in timeline and "根拠" in timeline
    assert "what it says" not in timeline and "origin" not in timeline


# ---- the help, and what is said of a wrong command line --------------------------------------------------------


@pytest.mark.parametrize("language", OTHERS)
def test_the_help_needs_one_file_only(language: str) -> None:
    """--help must feel instant, so it does not read the sentences of all causes."""
    assert {*of_help(), *WORDS} == set(chapter(language, "help"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        (["analyze", "--lang", "ja", "--help"], "ja"),
        (["analyze", "--lang=ja"], "ja"),
        (["analyze", "--lang", "en"], "en"),
        (["analyze", "--lang", "xx"], None),
        (["analyze", "--lang"], None),
        ([], None),
    ],
)
def test_a_command_line_names_a_language(arguments: list[str], language: str | None) -> None:
    assert of_arguments(arguments) == language


def commands() -> list[list[str]]:
    names = ("analyze", "bundle", "records", "ffst", "explain", "render", "score", "schema", "follow")
    return [["--help"], *([name, "--help"] for name in names)]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_help_speaks_japanese(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No line of it is without a Japanese letter but those that name an option with a long list of values."""
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert run(command) == 0
    lines = [each for each in capsys.readouterr().out.splitlines() if each.strip()]

    assert lines[0].startswith("使用法: mqdiag ")
    english = [each for each in lines[1:] if not JAPANESE.search(each) and not each.startswith("  -")]
    assert english == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["analyze", "--nope"], "エラー: --nope というオプションはありません (近いもの: --force, --since)"),
        (["analyse", "x"], "エラー: 'analyse' というコマンドはありません。'analyze' のことですか。"),
        (["analyze", "-j", "0", "x"], "'-j' / '--jobs' の値が正しくありません: 0 は範囲 x>=1 の外です。"),
        (["analyze", "-j", "x", "y"], "'x' は整数ではありません。"),
        (["follow", "--wait", "x"], "'x' は数値ではありません。"),
        (
            ["analyze", "--fail-on", "maybe"],
            "'maybe' は 'never', 'possible', 'probable', 'certain' のどれでもありません。",
        ),
        (["analyze", "-o"], "エラー: オプション '-o' には値が必要です。"),
        (["analyze", "--force=3"], "エラー: オプション '--force' は値をとりません。"),
        (["explain"], "エラー: 引数 'CODE...' が指定されていません。"),
        (["bundle", "x"], "エラー: オプション '-o' / '--output' が指定されていません。"),
        (["render", "a", "b"], "エラー: 余分な引数があります (b)"),
    ],
)
def test_a_wrong_command_line_is_told_in_japanese(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert run(arguments) == 2
    assert said in capsys.readouterr().err

    monkeypatch.setenv("LC_ALL", "C")
    assert run(arguments) == 2
    assert "Error: " in capsys.readouterr().err


def test_words_that_nobody_knows_stay_english() -> None:
    assert said("A newer typer says so.", "ja") == "A newer typer says so."


@pytest.mark.parametrize("width", [10, 11, 40])
def test_lines_are_no_wider_than_the_terminal(width: int) -> None:
    text = "ログ、フォルダー、アーカイブ。- は標準入力です (パイプされていれば)。--force"
    lines = list(wrapped(text, width))

    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(columns(each) <= width + 2 for each in lines)  # what closes stays on its line
    assert not any(each[0] in "、。)ー" for each in lines)


def test_the_operating_system_speaks_japanese(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert run(["render", str(tmp_path)]) == 2
    assert "ディレクトリーです。" in capsys.readouterr().err
    with speaking("ja"):
        assert reason(PermissionError(13, "Permission denied")) == "許可がありません"
        assert reason(ValueError("bad block")) == "bad block"


# ---- what the samples are told ---------------------------------------------------------------------------------

PHRASE = re.compile(r"(?<![\w`'/.:-])[A-Za-z][a-z']+(?: [a-z']{2,})+")
NAME = re.compile(r"\b(?:CN|OU|O|L|ST)=([^,/'\n]+)")  # of a certificate: O=Sierra Bank example
QUOTED = ("Caused by",)  # what programs print, in a Japanese sentence


@pytest.mark.parametrize("case", sorted(each.name for each in CASES.iterdir())[::5])
def test_a_report_holds_no_english_phrase(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Two English words beside each other in a Japanese report are a sentence that nobody has translated, or a name."""
    run(["analyze", str(CASES / case), "--lang", "ja", "-f", "md", "--timeline"])
    prose = re.sub(r"(?s)```.*?```", "", capsys.readouterr().out)
    names = NAME.findall("\n".join(each.read_text("latin-1") for each in (CASES / case).rglob("*") if each.is_file()))

    found = (each for each in PHRASE.findall(COMMAND.sub("", prose)) if each not in QUOTED)
    assert [each for each in found if not any(each in name for name in names)] == []


def test_an_explanation_holds_no_english_phrase(capsys: pytest.CaptureFixture[str]) -> None:
    known = builtin()
    run(["explain", *known.messages, *(f"mqrq:{each}" for each in known.codes["mqrq"]), "--lang", "ja"])

    prose = re.sub(r"「[^」]*」", "", capsys.readouterr().out)
    assert [
        each for each in PHRASE.findall(COMMAND.sub("", prose)) if each not in ("getent hosts", "openssl ocsp")
    ] == []
