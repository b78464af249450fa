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
SIZES = (2_000, 4_000, 16_000)  # bounds of repetitions are smaller than the last
HOPELESS_S = 1.0  # for twice one of these sizes: no bound of a repetition explains that
NOTICED_S = 0.004  # for all beginnings together; a linear pattern needs less, by far
TOKENS = 60  # places where a terminal is tried in one text
MAX_RATIO = 2.8  # of the times, where the text has doubled; a square would give 4


TURNS = 5
MOST_TEXTS = 60  # of one pattern
LONG = 20  # a repetition that can be as long as this is one to be tried
ENDS = ("\0!", "\r!")  # what hardly a pattern wants after a run


@dataclass(frozen=True, slots=True)
class Text:
    """A text of any size: a beginning, a piece again and again, and an end."""

    beginning: str
    atom: str
    end: str = ""

    def of(self, size: int) -> str:
        length = size - len(self.end)
        return (self.beginning + self.atom * (length // len(self.atom) + 1))[:length] + self.end


@dataclass(frozen=True, slots=True)
class Growth:
    """A pattern whose time grows faster than the text: `ratio` of the times for some text and for half of it."""

    name: str
    text: Text
    ratio: float

    def __str__(self) -> str:
        text = f"{self.text.beginning!r} + {self.text.atom!r} * n + {self.text.end!r}"
        return f"{self.name}: {self.ratio:.1f} times for twice the text of {text}"


# ---- texts made of the pattern itself --------------------------------------------------------------------------


def own_texts(compiled: re.Pattern[Any]) -> list[Text]:
    """
    For each long repetition of a pattern: what comes before it, a run of what it takes, and an end that is not
    wanted; and what comes before it again and again, with and without a piece of the run.
    """
    written = compiled.pattern
    tree = re._parser.parse(written if isinstance(written, str) else written.decode("latin-1"), compiled.flags & FLAGS)  # type: ignore[attr-defined]
    found = []
    for before, unit in runs(tree, ""):
        found += [*(Text(before, unit, end) for end in ENDS), Text("", before + unit)]
        found += [Text("", before)] if before else []
    return list(dict.fromkeys(found))[:MOST_TEXTS]


FLAGS = re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE
CANDIDATES = ("a", "0", " ", "A", "\n", "-", ".", "(", ",", "=", "é")


def runs(tree: Any, before: str) -> Iterator[tuple[str, str]]:
    """Every long repetition with an example of what stands before it, and examples of what it repeats."""
    for op, value in tree:
        name = str(op)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _, most, inner = value
            if most > LONG:
                yield from ((before, unit) for unit in examples(inner) if unit)
            yield from runs(inner, before)
        for inner in inside(name, value):
            yield from runs(inner, before)
        before += example([(op, value)])


def inside(name: str, value: Any) -> list[Any]:
    """The trees in an element, but for repetitions."""
    match name:
        case "SUBPATTERN":
            return [value[3]]
        case "BRANCH":
            return list(value[1])
        case "ASSERT" | "ASSERT_NOT":
            return [value[1]]
        case "ATOMIC_GROUP":
            return [value]
    return []


def example(tree: Any) -> str:
    """A short text that the tree takes, but for what it looks ahead or back for."""
    result = ""
    for op, value in tree:
        match str(op):
            case "LITERAL":
                result += chr(value)
            case "NOT_LITERAL" | "IN" | "ANY":
                result += next(taken(op, value), "a")
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                result += example(value[2]) * min(value[0], 90)
            case "SUBPATTERN":
                result += example(value[3])
            case "BRANCH":
                result += example(value[1][0])
            case "ATOMIC_GROUP":
                result += example(value)
    return result


def examples(tree: Any) -> list[str]:
    """Some texts that the tree takes: where it is one character, different ones."""
    if len(tree) == 1 and str(tree[0][0]) in ("NOT_LITERAL", "IN", "ANY"):
        return list(taken(*tree[0]))[:2]
    return [example(tree)]


def taken(op: Any, value: Any) -> Iterator[str]:
    """Characters that a class takes: of those that often stand in logs, else its own first ones."""
    one = re._compiler.compile(re._parser.SubPattern(re._parser.State(), [(op, value)]))  # type: ignore[attr-defined]
    yield from (each for each in CANDIDATES if one.fullmatch(each))
    yield from (chr(code) for code in range(33, 127) if one.fullmatch(chr(code)) and chr(code) not in CANDIDATES)


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
        found = (Growth(name, text, growth(pattern, text)) for text in suspects(pattern))
        worst = next((each for each in found if each.ratio > MAX_RATIO), None)
        if worst:
            yield worst


def suspects(pattern: Pattern) -> Iterator[Text]:
    """The texts for which a pattern needs so long while they are short that it is worth to look how that grows."""
    for atom in ATOMS:
        texts = [Text(beginning, atom) for beginning in BEGINNINGS]
        if is_slow(pattern, "\n".join(each.of(FIRST) for each in texts)):
            yield from texts
    yield from (each for each in own_texts(pattern.compiled) if is_slow(pattern, each.of(2 * FIRST)))


def is_slow(pattern: Pattern, text: str) -> bool:
    return seconds(pattern, text, 1) > NOTICED_S and seconds(pattern, text, 3) > NOTICED_S


def growth(pattern: Pattern, text: Text) -> float:
    """
    How time grows where the text doubles; 0 where it is too short to say. It counts only what shows again and again:
    the least of several times for each size, taken by turns, and at each of some sizes.
    """
    least = float("inf")
    for size in SIZES:  # a repetition that is bounded looks like a square up to its bound
        small, large = text.of(size), text.of(2 * size)
        if seconds(pattern, small, 1) < NOTICED_S:
            continue  # too short to say
        least = min(least, ratio(pattern, small, large))
        if least <= MAX_RATIO or seconds(pattern, large, 1) > HOPELESS_S:
            break
    return 0.0 if least == float("inf") else least


def ratio(pattern: Pattern, small: str, large: str) -> float:
    """The least time for the large text by the least for the small one; another process can only add to either."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(TURNS):
        for which, subject in enumerate((small, large)):
            times[which].append(seconds(pattern, subject, 1))
        if min(times[1]) <= MAX_RATIO * min(times[0]):
            break
    return min(times[1]) / min(times[0])


def seconds(pattern: Pattern, text: str, tries: int) -> float:
    """CPU seconds for all matches in a text, the best of some tries."""
    best = float("inf")
    for _ in range(tries):
        begin = time.process_time()
        pattern.run(text)
        best = min(best, time.process_time() - begin)
    return best


def main() -> int:
    patterns = {name: each for name, each in all_patterns().items() if len(sys.argv) < 2 or sys.argv[1] in name}
    found = 0
    for each in growths(patterns):
        print(each, flush=True)
        found += 1
    own = sum(len(own_texts(each.compiled)) for each in patterns.values())
    print(
        f"{len(patterns)} patterns, {len(BEGINNINGS) * len(ATOMS)} texts each, and {own} made of the patterns; "
        f"{found} grow faster than their text"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
