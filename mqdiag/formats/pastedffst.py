"""An FFST report on a page whose lines were joined (grammars/ffst.lark, JOINED_OPENING)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mqdiag.formats._base import Format
from mqdiag.formats._shell import Anywhere
from mqdiag.formats.ffst import BOX_WIDTH, Ffst, event, fields

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from mqdiag.model import Event, Record


class PastedFfst(Anywhere, Ffst):
    """
    facts: those of ffst that stand in the header.
    """

    opens = ("JOINED_OPENING",)
    closes: ClassVar[tuple[str, ...]] = ("JOINED_CLOSING",)
    opening_lines = 1
    rank = -1

    def looks_like(self, head: bytes, name: str) -> float:
        return Format.looks_like(self, head, name)

    def find_boundaries(self, data: bytes, begin: int, end: int) -> Iterator[re.Match[bytes]]:
        return Format.find_boundaries(self, data, begin, end)

    def parse(self, record: Record, encoding: str | None) -> Event:
        return event(fields(self.tree(boxed(self.text(record, encoding)))), {}, record)


def boxed(text: str) -> str:
    """The rows of a box again, each on its line; what has no label goes on with the value above it."""
    cells = [each.strip() for each in text.strip().strip("+-").split("|")]
    rows = [f"| {each}" if ":-" in each or is_frame(each) else f"|   {each}" for each in cells if each]
    border = "+" + "-" * (BOX_WIDTH - 2) + "+"
    return "\n".join((border, *(f"{row} |" for row in rows), border, ""))


def is_frame(cell: str) -> bool:
    """The title, its underline, or dots where a writer left rows out."""
    return not cell.strip("=.") or cell.endswith("First Failure Symptom Report")


FORMAT = PastedFfst()
