"""The quick loop over Lark's tables makes the trees that Lark makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sample_cases import all_cases, in_bytes

from mqdiag import grammar, lalr
from mqdiag.parse import framed, parsed
from mqdiag.resources import grammar_dir
from mqdiag.sources import Source


def source(data: bytes, name: str) -> Source:
    from io import BytesIO

    return Source(name, name, lambda: BytesIO(data))


def test_the_trees_are_those_of_lark(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    def both(self: lalr.Engine, text: str, start: str) -> Any:
        nonlocal compared
        quick = self.tree(text, start)
        try:
            slow = self.lark.parse(text, start=start)
        except grammar_errors() as error:
            assert quick is None, text
            raise error
        if quick is not None:
            assert shape(quick) == shape(slow)
            compared += 1
        return slow

    monkeypatch.setattr(lalr.Engine, "parse", both)
    for case in all_cases():
        for path, data in in_bytes(case).items():
            for record, format in framed(source(data, path)):
                if format:
                    parsed(record, format, None)

    assert compared > 1000


def grammar_errors() -> Any:
    from lark.exceptions import UnexpectedInput

    return UnexpectedInput


def shape(part: Any) -> Any:
    """A tree as nested tuples, with the place of each token."""
    if hasattr(part, "data"):
        return part.data, [shape(each) for each in part.children]
    return part.type, str(part), part.start_pos, part.end_pos


@pytest.mark.parametrize("path", sorted(grammar_dir().glob("*.lark")), ids=lambda each: each.stem)
def test_the_terminals_are_those_of_lark(path: Path) -> None:
    found = lalr.terminals(path)
    if path.stem == "common":
        return
    for each in grammar.compiled(path.stem).terminals:
        assert found[each.name] == each.pattern.to_regexp()


def test_a_deep_text_is_left_to_lark() -> None:
    """The stacks that are remembered are bounded, in number and in depth."""
    engine = lalr.engine(grammar.compiled("errorlog"))

    assert len(engine.stacks) <= lalr.MAX_STACKS
    assert all(len(each) <= lalr.MAX_DEPTH for each in engine.stacks)
