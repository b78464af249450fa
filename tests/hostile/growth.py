"""
Every pattern of the house, and the texts that make a careless one slow.

`python tests/hostile/growth.py` prints those whose time grows faster than the text.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import mqdiag
from mqdiag import grammar
from mqdiag.formats import all_formats
from mqdiag.resources import grammar_dir


@dataclass(frozen=True, slots=True)
class Pattern:
    """
    A pattern as it is used: one that searches is tried on a whole text, one of a lexer where a token can begin.
    """

    compiled: re.Pattern[Any]
    searches: bool = True

    def run(self, text: str) -> None:
        subject = text.encode() if isinstance(self.compiled.pattern, bytes) else text
        if self.searches:
            for _ in self.compiled.finditer(subject):
                pass
        else:
            for place in range(0, len(subject), max(len(subject) // TOKENS, 1)):
                self.compiled.match(subject, place)


# What a text is made of that a pattern can stumble over: runs of one character, and beginnings that never end.
ATOMS = (
    " ", "\t", "0", "9.", "(", ")", "[", "]", "-", "'", '"', "A", "a.", "A(", "\0", "\n", "\r\n", " \n", "{", "}", '{"',
    "=", "\\", "x:", "|", "| ", "#", "a b ", "A: ", "a=", "a=b\n", " a=b\n", " a\n", "é", "：", "> ", "$ ", "<1>",
    "CommentInsert1(", "ArithInsert1(1)\n", "+---", "[1=", "CN=", "/CN=", ",CN=a", "[Class=]", "AMQ9999E: ",
    "2024-01-01 00:00:00 ", "EXPLANATION:\n", "----- a.c : 1 -----\n", "CC=2;RC=2397;", "\tat a.b.C.d(\n",
    "Caused by: ", "-" * 79 + "\n", "A" * 79 + "\n", '"ibm_a":', "JMSWMQ0018: ", "MQ", "V 1", "V\t240101000000Z\t01\t",
    "openssl ocsp ", "Traceback (most recent call last):\n", "CSQX001E ", "Process(1.1) ", "| A :- b\n",
    "1 2 ", "0A:", ":", ", ", "MQCONN (", "[2024/01/01 00:00:00.000] MQ", "http://", "at ", "a/", "[error] ",
)  # fmt: skip
BEGINNINGS = ("", "x", '{"', "A(", "01/02/24 10:11:12 - Process(", '{"ibm_a":"', "<1>", "[1=")

FIRST = 800  # characters that show whether it is worth to look closer
SIZES = (4_000, 16_000)  # bounds of repetitions are smaller than the last
NOTICED_S = 0.004  # for all beginnings together; a linear pattern needs less, by far
TOKENS = 60  # places where a terminal is tried in one text
MAX_RATIO = 2.8  # of the times, where the text has doubled; a square would give 4


@dataclass(frozen=True, slots=True)
class Growth:
    """A pattern whose time grows faster than the text: `ratio` of the times for some text and for half of it."""

    name: str
    beginning: str
    atom: str
    ratio: float

    def __str__(self) -> str:
        return f"{self.name}: {self.ratio:.1f} times for twice the text of {self.beginning!r} + {self.atom!r} * n"


def all_patterns() -> dict[str, Pattern]:
    """Every compiled pattern of a module, of a format, and every terminal of a grammar, by name, each once."""
    found: dict[str, Pattern] = {}
    seen: set[tuple[object, int]] = set()
    for name, pattern in (*of_modules(), *of_formats(), *of_grammars(), *of_framing()):
        key = pattern.compiled.pattern, pattern.compiled.flags
        if key not in seen:
            seen.add(key)
            found[name] = pattern
    return found


def of_modules() -> Iterator[tuple[str, Pattern]]:
    """Patterns at the top of a module, and what functions without arguments compile when they are first called."""
    for each in pkgutil.walk_packages(mqdiag.__path__, "mqdiag."):
        if each.name.endswith("__main__"):
            continue
        module = importlib.import_module(each.name)
        for name, value in sorted(vars(module).items()):
            if isinstance(value, re.Pattern):
                yield f"{each.name}.{name}", Pattern(value)
            elif hasattr(value, "cache_info") and returns_pattern(value):
                yield f"{each.name}.{name}()", Pattern(value())


def returns_pattern(function: Any) -> bool:
    annotations = getattr(function, "__annotations__", {})
    return set(annotations) == {"return"} and str(annotations["return"]).startswith("re.Pattern")


def of_formats() -> Iterator[tuple[str, Pattern]]:
    """What formats compile on demand: openings, boundaries, skim patterns."""
    for format in all_formats():
        for name in dir(format):
            value = getattr(format, name)
            for index, each in enumerate(value if isinstance(value, tuple) else (value,)):
                if isinstance(each, re.Pattern):
                    yield f"{type(format).__name__}.{name}[{index}]", Pattern(each)


def of_grammars() -> Iterator[tuple[str, Pattern]]:
    """Every terminal, on text as the parser uses it."""
    for path in sorted(grammar_dir().glob("*.lark")):
        if path.stem != "common":
            for each in grammar.compiled(path.stem).terminals:
                yield f"{path.name}:{each.name}", Pattern(re.compile(each.pattern.to_regexp()), searches=False)


def of_framing() -> Iterator[tuple[str, Pattern]]:
    """The terminals that framing uses, each alone, on bytes at line starts."""
    for format in all_formats():
        for name in (*format.opens, *format.opens_if_closed, *format.closes):
            yield f"{type(format).__name__} on bytes: {name}", Pattern(grammar.pattern(format.grammar_name, name))


def growths(patterns: dict[str, Pattern]) -> Iterator[Growth]:
    """Those that grow faster than their text, each with the first text that shows it."""
    for name, pattern in patterns.items():
        suspects = (atom for atom in ATOMS if is_slow(pattern, atom))
        found = (growth(name, pattern, beginning, atom) for atom in suspects for beginning in BEGINNINGS)
        worst = next((each for each in found if each.ratio > MAX_RATIO), None)
        if worst:
            yield worst


def is_slow(pattern: Pattern, atom: str) -> bool:
    """Whether a pattern needs so long for short texts that it is worth to look how that grows."""
    text = "\n".join(run(beginning, atom, FIRST) for beginning in BEGINNINGS)
    return seconds(pattern, text, 1) > NOTICED_S and seconds(pattern, text, 3) > NOTICED_S


def growth(name: str, pattern: Pattern, beginning: str, atom: str) -> Growth:
    """How time grows from one size to twice that; 0 where it is too short to say."""
    ratio = 0.0
    for size in SIZES:  # a repetition that is bounded looks like a square up to its bound
        small, large = run(beginning, atom, size), run(beginning, atom, 2 * size)
        before = seconds(pattern, small, 1)
        if before < NOTICED_S:
            return Growth(name, beginning, atom, 0)
        ratio = seconds(pattern, large, 1) / before
        if ratio > MAX_RATIO:  # another process may have had the caches meanwhile
            ratio = min(ratio, seconds(pattern, large, 2) / seconds(pattern, small, 3))
        if ratio <= MAX_RATIO:
            break
    return Growth(name, beginning, atom, ratio)


def run(beginning: str, atom: str, size: int) -> str:
    return (beginning + atom * (size // len(atom) + 1))[:size]


def seconds(pattern: Pattern, text: str, tries: int) -> float:
    """CPU seconds for all matches in a text, the best of some tries."""
    best = float("inf")
    for _ in range(tries):
        begin = time.process_time()
        pattern.run(text)
        best = min(best, time.process_time() - begin)
    return best


def main() -> int:
    patterns = all_patterns()
    found = 0
    for each in growths(patterns):
        print(each, flush=True)
        found += 1
    print(f"{len(patterns)} patterns, {len(BEGINNINGS) * len(ATOMS)} texts each; {found} grow faster than their text")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
