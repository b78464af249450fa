"""
The Lark grammars: compiled once when first needed, and the patterns that framing takes from them.

A grammar is the one place that says what a record looks like. Framing and quick scans run on bytes with the
same terminals, so terminals used by `pattern` hold only ASCII characters.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from mqdiag import lalr
from mqdiag.prepared import digest, prepared
from mqdiag.resources import grammar_dir

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from lark import Lark, Token, Tree
    from typing_extensions import TypeIs

    ParseTree: TypeAlias = Tree[Token]


@cache
def compiled(name: str) -> Lark:
    import lark

    found = prepared(f"{name}.tables", sources(f"lark {lark.__version__}"), lambda: lalr.stored(build(name)))
    return lalr.restored(found)


def sources(made_with: str = "") -> str:
    """The digest of all grammars, for they import from each other."""
    return digest(grammar_dir(), "*.lark", made_with)


def build(name: str, lexer_callbacks: dict[str, Callable[[Token], Token]] | None = None) -> Lark:
    """The parser of grammars/<name>.lark, always LALR: Earley is hundreds of times slower."""
    from lark import Lark

    path = grammar_dir() / f"{name}.lark"
    text = path.read_text(encoding="utf-8")
    return Lark(
        text,
        start=starts(text),
        parser="lalr",
        source_path=str(path),
        import_paths=[str(grammar_dir())],
        maybe_placeholders=False,
        lexer_callbacks=lexer_callbacks or {},
    )


STARTS = re.compile(r"^// starts: (.+)$", re.MULTILINE)


def starts(text: str) -> list[str]:
    """
    The start rules of a grammar: `start` for a record, `scan` (if there is one) for what quick scans look for,
    and the parts that are parsed on demand, which the grammar names in a comment: // starts: stack, history
    """
    named = STARTS.search(text)
    scan = ["scan"] if "\nscan:" in text else []
    return ["start", *scan, *(named[1].split(", ") if named else [])]


@cache
def terminals(name: str) -> dict[str, str]:
    return prepared(f"{name}.terminals", sources(), lambda: lalr.terminals(grammar_dir() / f"{name}.lark"))


def terminal(name: str, terminal_name: str) -> str:
    """The regular expression of one terminal of grammars/<name>.lark. KeyError if the grammar has no such one."""
    if terminal_name not in terminals(name):
        raise KeyError(f"grammars/{name}.lark has no terminal {terminal_name}")
    return terminals(name)[terminal_name]


@cache
def pattern(name: str, *terminals: str) -> re.Pattern[bytes]:
    """
    The terminals of grammars/<name>.lark as one pattern on bytes that matches at a line start.

    The group that matched is named like its terminal. The first that matches wins, in the order given.
    """
    choices = "|".join(f"(?P<{each}>{terminal(name, each)})" for each in terminals)
    return re.compile(f"^(?:{choices})".encode("ascii"), re.MULTILINE)


def parse(name: str, text: str, start: str = "start") -> ParseTree:
    """The tree of one record, or of a part of it. lark.UnexpectedInput where the text is not of the grammar."""
    return lalr.engine(compiled(name)).parse(text, start)


def is_tree(part: ParseTree | Token) -> TypeIs[ParseTree]:
    """Whether a part of a tree is a tree itself and not a token."""
    return not isinstance(part, str)


def tokens(tree: ParseTree) -> list[Token]:
    """The tokens of a tree that are its own and not of a part of it."""
    return [each for each in tree.children if isinstance(each, str)]
