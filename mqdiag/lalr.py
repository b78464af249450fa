"""
Where speed needs more of Lark than Lark's interface: all that knows Lark's inside is in this module.

`engine` drives Lark's own LALR tables several times faster than Lark drives them. Lark spends most of a token on what
a record does not need: lines and columns, and finding again in the tables what it found for the record before. Here
every stack of states that was seen is remembered with what each terminal does to it: which reductions, and which
stack comes of it. The tables, the patterns of the terminals and the builder of the tree are Lark's, and a text that
is not of the grammar goes to Lark itself, so errors are Lark's too. Tokens know their place but no line. `terminals`
reads the terminals of a grammar without making tables of it: five times faster, and most formats are only asked
whether a source is of them. `stored` and `restored` are Lark's own way to keep a parser, without its pickle.
tests/test_lalr.py compares the trees on every record of the samples, and the terminals of every grammar, with Lark's.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from lark import Lark, Token, Tree

MAX_STACKS = 4096  # beyond this, and where one is deeper than this, the text is left to Lark
MAX_DEPTH = 64
END = "$END"


class Stack:
    """
    States as they can lie on each other: the patterns that can be read on top of them, the callbacks by terminal,
    the terminals that are skipped, and the moves that are known: reductions as (size, builder), then the next stack.
    """

    __slots__ = ("changes", "moves", "patterns", "skipped", "states")

    def __init__(self, states: tuple[Any, ...], lexer: Any) -> None:
        self.states = states
        self.patterns = lexer.scanner._mres if lexer else ()  # building the scanner fills in the callbacks
        self.changes = lexer.callback if lexer else {}
        self.skipped = lexer.ignore_types if lexer else ()
        self.moves: dict[str, tuple[list[tuple[int, Any]], Stack]] = {}


class Engine:
    """The tables of one grammar, and the stacks seen so far."""

    def __init__(self, lark: Lark) -> None:
        from lark import Token
        from lark.parsers.lalr_analysis import Shift

        front: Any = lark.parser
        table = front.parser._parse_table
        self.lark, self.token, self.shift = lark, Token, Shift
        self.table, self.ends = table.states, table.end_states
        self.callbacks = front.parser.parser.callbacks
        self.lexers = front.lexer.lexers
        self.stacks: dict[tuple[Any, ...], Stack] = {}
        self.starts = {start: self.stack((state,)) for start, state in table.start_states.items()}

    def parse(self, text: str, start: str) -> Tree[Token]:
        tree: Tree[Token] | None = self.tree(text, start)
        return self.lark.parse(text, start=start) if tree is None else tree

    def tree(self, text: str, start: str) -> Any:
        """The tree of a text, None where it is not of the grammar or too deep."""
        new, kind_of_token = str.__new__, self.token
        stack = self.starts[start]
        values: list[Any] = []
        at, end = 0, len(text)
        while at < end:
            for pattern in stack.patterns:
                if match := pattern.match(text, at):
                    break
            else:
                return None
            kind, begin, at = match.lastgroup, at, match.end()
            token = new(kind_of_token, match[0])
            token.type, token.value, token.start_pos, token.end_pos = kind, match[0], begin, at
            token.line = token.column = token.end_line = token.end_column = None
            if kind in stack.changes:
                token = stack.changes[kind](token)
                kind = token.type
            if kind in stack.skipped:
                continue
            move = stack.moves.get(kind) or self.move(stack, kind)
            if move is None:
                return None
            reductions, stack = move
            for size, build in reductions:
                cut = len(values) - size
                values[cut:] = [build(values[cut:])]
            values.append(token)
        move = stack.moves.get(END) or self.move(stack, END, self.ends[start])
        if move is None:
            return None
        for size, build in move[0]:
            cut = len(values) - size
            values[cut:] = [build(values[cut:])]
        return values[-1]

    def move(self, stack: Stack, kind: str, end: Any = None) -> tuple[list[tuple[int, Any]], Stack] | None:
        """What a terminal does to a stack, by the tables; None where it cannot follow or Lark has to go on."""
        states = list(stack.states)
        reductions: list[tuple[int, Any]] = []
        while end is None or states[-1] != end:
            action, what = self.table[states[-1]].get(kind, (None, None))
            if action is None:
                return None
            if action is self.shift:
                states.append(what)
                break
            size = len(what.expansion)
            reductions.append((size, self.callbacks[what]))
            del states[len(states) - size :]
            states.append(self.table[states[-1]][what.origin.name][1])
        if len(states) > MAX_DEPTH or len(self.stacks) > MAX_STACKS:
            return None
        stack.moves[kind] = reductions, self.stack(tuple(states))
        return stack.moves[kind]

    def stack(self, states: tuple[Any, ...]) -> Stack:
        if states not in self.stacks:
            self.stacks[states] = Stack(states, self.lexers.get(states[-1]))
        return self.stacks[states]


@cache
def engine(lark: Lark) -> Engine:
    return Engine(lark)


def terminals(path: Path) -> dict[str, str]:
    """The regular expressions of a grammar's terminals by name, those too that no rule uses."""
    from lark.load_grammar import PrepareLiterals, TerminalTreeToPattern, load_grammar

    load: Any = load_grammar
    grammar, _ = load(path.read_text(encoding="utf-8"), str(path), [str(path.parent)], False)
    to_pattern = PrepareLiterals() * TerminalTreeToPattern()
    trees = {name: tree for name, (tree, _) in grammar.term_defs if tree}
    return {str(name): to_pattern.transform(tree).to_regexp() for name, tree in trees.items()}


def stored(lark: Lark) -> dict[str, Any]:
    """A parser's tables, patterns and rules, as JSON has them."""
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    data, memo = lark.memo_serialize([TerminalDef, Rule])
    return {"data": data, "memo": memo}


def restored(found: dict[str, Any]) -> Lark:
    """The parser that was stored. JSON has made texts of the numbers that its tables and its memo are kept by."""
    from lark import Lark

    table = found["data"]["parser"]["parser"]
    table["tokens"] = numbered(table["tokens"])
    table["states"] = {state: numbered(moves) for state, moves in numbered(table["states"]).items()}
    new: Any = Lark.__new__(Lark)
    parser: Lark = new._load({"data": found["data"], "memo": numbered(found["memo"])})
    return parser


def numbered(pairs: dict[str, Any]) -> dict[int, Any]:
    return {int(key): value for key, value in pairs.items()}
