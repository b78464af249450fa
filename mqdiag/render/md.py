"""
Document -> Markdown, to be pasted into a ticket.

Text of a log is inert in it: punctuation that means something is escaped, and a word that a ticket system would
make a link or a mention of (an address, a URL, an `@name`, a `#number`) stands as code. One incident is short.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mqdiag.language import translated
from mqdiag.render._document import (
    WORDS,
    Block,
    Bullets,
    Excerpt,
    Excerpts,
    Facts,
    Heading,
    Paragraph,
    Steps,
    Table,
    Verdict,
    flat,
)
from mqdiag.render._prose import pieces
from mqdiag.render._visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mqdiag.render import Page, Screen
    from mqdiag.render._document import Document

SPECIAL = re.compile(r"[\\`*_{}\[\]<>|~#&!$^]|(?<!\S)[-+=]")
NUMBERED = re.compile(r"(?<!\S)(\d{1,9})([.)])(?=\s|$)")  # `1. ` would begin a list
# what becomes a link, a mention or a picture by itself: https://x, www.x, a@b, @team, #12, !12, :smile:, GH-1
LIVELY = re.compile(r"://|www\.|[@#!]\w|:[a-z][\w+-]*:|GH-\d", re.IGNORECASE)
BLANKS = re.compile(r"(\s+)")
TRAILING = ".,;:!?)"
TICKS = re.compile("`+")


def write(page: Page, screen: Screen) -> str:
    return "".join(part + "\n" for part in written(page.document()))


RENDERER = write


def written(document: Document) -> Iterator[str]:
    """The parts of the page; each is followed by a line end, an empty one stands between paragraphs."""
    for number, block in enumerate(flat(document.blocks)):
        lines = list(lines_of(block))
        if number and lines:
            yield ""
        yield from lines


def lines_of(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield f"### {prose(block.text)}" if block.level == 1 else f"**{prose(block.text)}**"
        case Verdict():
            number = f"{block.number}\\. " if block.number else ""
            yield f"### {number}{prose(block.title)} ({translated(block.confidence)})"
            yield ""
            yield "  \n".join(prose(each) for each in block.facts)
        case Paragraph():
            yield prose(block.text.strip())
        case Facts():
            yield from (f"- {prose(label)}{': ' if label else ''}{code(value)}" for label, value in block.rows)
        case Bullets():
            yield from (f"- {prose(each)}" for each in (block.items if block.short is None else block.short))
        case Excerpts():
            yield from (f"{each.number}. {excerpt(each)}" for each in block.rows[: block.few])
            yield from rest(block.more)
        case Steps():
            for place, step in enumerate(block.steps[: block.few], 1):
                who = f"**{prose(step.who)}**: " if step.who else ""
                check = f" *{translated(WORDS['check'])}:* {prose(step.check)}" if step.check else ""
                yield f"{place}. {who}{prose(step.do)}{check}"
            yield from rest(block.more)
        case Table():
            yield from table(block)


def rest(said: str) -> Iterator[str]:
    if said:
        yield ""
        yield prose(said)


def excerpt(each: Excerpt) -> str:
    """`server/AMQERR01.LOG:12` 06:23:59.000 server **AMQ9716** (origin): what it says"""
    return (
        f"{code(each.where)} {prose(each.time)} {prose(translated(each.side))} **{prose(each.id)}** "
        f"({translated(each.role)}): {prose(each.says)}"
    )


def table(block: Table) -> Iterator[str]:
    yield row([prose(each, cell=True) for each in block.columns])
    yield row(["--:" if each in block.figures else "---" for each in block.columns])
    yield from (row([prose(each, cell=True) for each in cells]) for cells in block.rows)


def row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def prose(text: str, *, cell: bool = False) -> str:
    """A sentence of ours with names of a log in it, as Markdown of one line; `cell`: inside a table."""
    return "".join(
        code(piece, cell=cell) if is_code else "".join(word(each, cell=cell) for each in BLANKS.split(piece))
        for is_code, piece in pieces(visible(text))
    )


def word(text: str, *, cell: bool = False) -> str:
    if not LIVELY.search(text):
        return escaped(text)
    bare = text.rstrip(TRAILING)
    return code(bare, cell=cell) + escaped(text[len(bare) :])


def escaped(text: str) -> str:
    return NUMBERED.sub(r"\1\\\2", SPECIAL.sub(r"\\\g<0>", text))


def code(text: str, *, cell: bool = False) -> str:
    """Text as code, in as many backticks as it needs. In a table a bar is escaped: it would end the cell."""
    shown = visible(text)
    if not shown.strip():
        return escaped(shown)
    ticks = "`" * (max((len(each) for each in TICKS.findall(shown)), default=0) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{pad}{shown.replace('|', chr(92) + '|') if cell else shown}{pad}{ticks}"
