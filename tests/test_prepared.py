"""What is made beforehand is what would be made now, and is not used where its sources have changed."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from mqdiag import grammar, knowledge, lalr, language, prepared

WITH_TABLES = [each.stem for each in grammar.grammar_dir().glob("*.lark") if "\nstart:" in each.read_text()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is read instead of the package's."""
    monkeypatch.setattr(prepared, "FOLDER", tmp_path)
    return tmp_path


def never() -> str:
    raise AssertionError("made again, though it was there")


def test_what_was_kept_is_read(folder: Path) -> None:
    with prepared.kept_in(folder):
        assert prepared.prepared("thing", "sources", lambda: {"a": [1]}) == {"a": [1]}

    assert prepared.prepared("thing", "sources", never) == {"a": [1]}  # type: ignore[comparison-overlap]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"of": "sources"}', "\0", '{"of": "others", "is": 1}'])
def test_what_is_of_other_sources_or_damaged_is_made_again(folder: Path, text: str) -> None:
    (folder / "thing.json").write_text(text)

    assert prepared.prepared("thing", "sources", lambda: "made") == "made"
    assert (folder / "thing.json").read_text() == text, "nothing is written but while the package is built"


def test_a_digest_changes_with_name_and_text(tmp_path: Path) -> None:
    seen = set()
    for name, text in (("a.lark", "x"), ("a.lark", "y"), ("b.lark", "y"), ("b.lark", "")):
        for each in tmp_path.iterdir():
            each.unlink()
        (tmp_path / name).write_text(text)
        prepared.digest.cache_clear()
        seen.add(prepared.digest(tmp_path, "*.lark"))
    assert len(seen) == 4
    assert prepared.digest(tmp_path, "*.lark", "lark 1.3") != prepared.digest(tmp_path, "*.lark")


def test_knowledge_and_sentences_are_the_same(folder: Path) -> None:
    """Read from TOML, and read from what was kept of it."""
    read_knowledge, read_language = knowledge.builtin.__wrapped__, language.catalogue.__wrapped__
    with prepared.kept_in(folder):
        made = read_knowledge(), read_language("ja")

    assert {each.name for each in folder.iterdir()} == {"knowledge.json", "ja.json"}
    for field in fields(knowledge.Knowledge):
        assert getattr(read_knowledge(), field.name) == getattr(made[0], field.name)
    assert read_language("ja") == made[1]
    assert len(made[0].causes) > 30
    assert len(made[1]) > 500


@pytest.mark.parametrize("name", WITH_TABLES)
def test_a_parser_from_json_is_the_parser(folder: Path, name: str) -> None:
    """The same rules, tables and terminals as the parser that Lark makes of the grammar."""
    with prepared.kept_in(folder):
        made = lalr.terminals(grammar.grammar_dir() / f"{name}.lark")
        grammar.compiled.__wrapped__(name)
    kept = json.loads((folder / f"{name}.tables.json").read_text())["is"]
    restored, built = lalr.restored(kept), grammar.build(name)

    assert grammar.terminals.__wrapped__(name) == made
    assert sorted(map(str, restored.rules)) == sorted(map(str, built.rules))
    assert {each.name: each.pattern.to_regexp() for each in restored.terminals} == {
        each.name: each.pattern.to_regexp() for each in built.terminals
    }
    assert restored.options.start == built.options.start
