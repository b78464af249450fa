"""Every grammar alternative and every terminal is used by some sample: what nobody has tried is not in a grammar."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from lark import Lark
from sample_cases import CASES, ROOT

from mqdiag import grammar, names
from mqdiag.interpret import interpret
from mqdiag.model import Record
from mqdiag.parse import framed, parsed
from mqdiag.sources import Source
from mqdiag.text import decode

GRAMMARS = sorted(each.stem for each in (ROOT / "grammars").glob("*.lark") if each.stem != "common")


class Watched:
    """A grammar whose parser notes which productions it reduces and which terminals its lexer sees."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.productions: set[tuple[str, tuple[str, ...]]] = set()
        self.terminals: set[str] = set()
        self.lark = grammar.build(name, dict.fromkeys(terminal_names(name), self.see))
        table = parser_callbacks(self.lark)
        for rule, callback in list(table.items()):
            table[rule] = self.reducing(rule, callback)

    def see(self, token: Any) -> Any:
        self.terminals.add(token.type)
        return token

    def reducing(self, rule: Any, callback: Any) -> Any:
        key = rule.origin.name, tuple(symbol.name for symbol in rule.expansion)

        def call(children: Any) -> Any:
            self.productions.add(key)
            return callback(children)

        return call


def parser_callbacks(lark: Lark) -> dict[Any, Any]:
    return lark.parser.parser.parser.callbacks  # type: ignore[union-attr]


def terminal_names(name: str) -> list[str]:
    return [each.name for each in grammar.compiled(name).terminals]


@cache
def watched() -> dict[str, Watched]:
    """All grammars after all samples went through them."""
    found = {name: Watched(name) for name in GRAMMARS}
    original, certificate = grammar.compiled, names.certificate
    grammar.compiled = lambda name: found[name].lark  # type: ignore[assignment]
    names.certificate = certificate.__wrapped__  # it knows again what other tests have read
    try:
        for path in sample_files():
            read_all(path)
    finally:
        grammar.compiled, names.certificate = original, certificate
    return found


def sample_files() -> list[Path]:
    records = ROOT / "samples" / "records"
    return sorted(p for top in (CASES, records) for p in top.rglob("*") if p.is_file() and p.suffix != ".toml")


def read_all(path: Path) -> None:
    data = path.read_bytes()
    for record, format in framed(Source(path.name, path.name, lambda: BytesIO(data))):
        event = parsed(record, format, None)[0] if format else None
        if event and event.kind == "ffst":
            parse_sections(record)
        if event:
            interpret(event)  # which reads the certificates


def parse_sections(record: Record) -> None:
    """The sections of an FFST body, which are parsed only when they are asked for."""
    from mqdiag.formats import ffst

    text = decode(record.data).text.replace("\r\n", "\n")
    for parse in (ffst.function_stack, ffst.trace_history, ffst.dump):
        parse(text)


@pytest.mark.parametrize("name", GRAMMARS)
def test_every_alternative_is_used(name: str) -> None:
    each = watched()[name]
    productions = defaultdict(set)
    for rule in each.lark.rules:
        productions[rule.origin.name].add(tuple(symbol.name for symbol in rule.expansion))
    unused = []
    for origin, expansions in productions.items():
        if origin.startswith("_") or origin == "scan":
            continue
        used = {symbols for rule, symbols in each.productions if rule == origin}
        for longest in expansions:
            if any(longest != other and within(longest, other) for other in expansions):
                continue  # the same alternative with an optional part left out
            if not any(within(short, longest) for short in used):
                unused.append(f"{origin}: {' '.join(longest)}")

    assert unused == []


@pytest.mark.parametrize("name", GRAMMARS)
def test_every_terminal_is_seen(name: str) -> None:
    each = watched()[name]
    only_scanned = {s.name for rule in each.lark.rules if rule.origin.name == "scan" for s in rule.expansion}

    assert set(terminal_names(name)) - each.terminals - only_scanned == set()


def within(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Whether one sequence of symbols is the other with some left out."""
    rest = iter(long)
    return all(symbol in rest for symbol in short)
