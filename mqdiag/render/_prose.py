"""Our sentences put a command into backticks; a form that has a typeface for code needs to know where."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = re.compile(r"`([^`]+)`")


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """A text in its order, in pieces of code (True, without the backticks) and of words."""
    end = 0
    for found in CODE.finditer(text):
        if found.start() > end:
            yield False, text[end : found.start()]
        yield True, found[1]
        end = found.end()
    if end < len(text):
        yield False, text[end:]
