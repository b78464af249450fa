"""
Finding values in a text as people and programs write it: in any case, broken over lines, escaped.

A text and a value are compared by their skeletons: without blanks, line ends, the edges of a box (`|`) and
backslashes, in lower case. So 'ca.ha |' / '|   rbour.example.net' holds ca.harbour.example.net, and JSON, Markdown and
HTML can escape what they like.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SHORTEST = 2
SHORTEST_CHECKED = 3  # what is shorter stands in any text by chance
DISTINCTIVE = 6  # a value this long with a digit or sign in it is found inside longer words too
KEPT = re.compile(r"[^\s|\\]+")  # blanks, the edges of a box and backslashes are dropped
HEAD = 5  # of a value, by which it is looked for


class Value(NamedTuple):
    """A value to look for; `exact`: only as it is written, for in another case it is an ordinary word."""

    text: str
    exact: bool = False


class Hit(NamedTuple):
    begin: int
    end: int
    value: str


class Skeleton(NamedTuple):
    """`text` without what is dropped, in lower case; `at` is where each of its characters stood."""

    text: str
    at: list[int]


def skeleton(text: str) -> Skeleton:
    chunks: list[str] = []
    at: list[int] = []
    for match in KEPT.finditer(text):
        chunks.append(match[0])
        at.extend(range(match.start(), match.end()))
    kept = "".join(chunks)
    small = kept.lower()
    return Skeleton(small if len(small) == len(kept) else "".join(map(lower, kept)), at)


def lower(char: str) -> str:
    """A character in lower case where that is one character again."""
    small = char.lower()
    return small if len(small) == 1 else char


class Index:
    """Many values, looked for at once: where one can begin is found by a pattern of their first letters."""

    def __init__(self, values: Iterable[Value]) -> None:
        self.heads: dict[str, list[tuple[str, Value]]] = {}
        for value in set(values):
            bare = skeleton(value.text).text
            if len(bare) >= SHORTEST:
                self.heads.setdefault(bare[:HEAD], []).append((bare, value))
        self.beginnings = re.compile(f"(?={one_of(self.heads)})") if self.heads else None

    def hits(self, text: str, *, broken: int = 4) -> Iterator[Hit]:
        """
        Every occurrence, by position; they may overlap.

        A value of letters only that is shorter than `broken` is not looked for across line ends.
        """
        bare, at = skeleton(text)
        for match in self.beginnings.finditer(bare) if self.beginnings else ():
            start = match.start()
            for length in range(SHORTEST, HEAD + 1):
                for small, value in self.heads.get(bare[start : start + length], ()):
                    if not bare.startswith(small, start):
                        continue
                    begin, end = at[start], at[start + len(small) - 1] + 1
                    if fits(value, text, begin, end, broken):
                        yield Hit(begin, end, value.text)


def one_of(words: Iterable[str]) -> str:
    """A pattern for any of these words that tells by the first letter which of them are left."""
    by_first: dict[str, set[str]] = {}
    for word in words:
        by_first.setdefault(word[:1], set()).add(word[1:])
    if "" in by_first:  # one of the words ends here: what follows is no matter
        return ""
    parts = (re.escape(first) + one_of(rest) for first, rest in sorted(by_first.items()))
    return f"(?:{'|'.join(parts)})"


def fits(value: Value, text: str, begin: int, end: int, broken: int) -> bool:
    """Whether what stands there is the value, and not the beginning, middle or end of another word."""
    slice = text[begin:end]
    if "\n" in slice:
        if len(value.text) < broken and value.text.isalpha():
            return False
    elif squeezed(slice) != squeezed(value.text):
        return False
    if value.exact and "".join(slice.split()) != "".join(value.text.split()):
        return False
    return is_distinctive(value.text) or (is_edge(text, begin - 1, begin) and is_edge(text, end, end - 1))


def squeezed(text: str) -> str:
    return " ".join("".join(map(lower, text)).replace("\\", "").split())


def is_edge(text: str, outside: int, inside: int) -> bool:
    """Whether a word ends between two neighbouring characters."""
    if not 0 <= outside < len(text):
        return True
    return not (is_word(text[outside]) and is_word(text[inside])) or follows_escape(text, outside, inside)


def follows_escape(text: str, outside: int, inside: int) -> bool:
    """Whether the character outside is the letter of an escape of JSON: '\\nHARB81'."""
    return outside == inside - 1 and outside > 0 and text[outside - 1] == "\\" and text[outside] in "nrtbfu"


def is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()


def is_distinctive(value: str) -> bool:
    """Whether a value is found inside longer words too: long, and no plain word and no plain number."""
    return len(value) >= DISTINCTIVE and any(map(str.isalpha, value)) and any(not char.isalpha() for char in value)
