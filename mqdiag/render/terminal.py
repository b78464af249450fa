"""
Document -> text for a terminal, laid out by rich.

Every string goes through `visible` into a rich Text: rich's markup is never parsed, for
`[Class=]GSKVALMethod::X509[Issuer=]` is a certificate, not a style. Whatever colour says, a word says too.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, TypeGuard

from rich.console import Console
from rich.text import Text

from mqdiag.language import tr, translated
from mqdiag.render._document import (
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
from mqdiag.render._visible import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from mqdiag.render import Page, Screen
    from mqdiag.render._document import Document

NARROWEST, WIDEST = 40, 120

CONFIDENCE_STYLE = {"certain": "bold red", "probable": "bold yellow", "possible": "bold cyan"}
ROLE_STYLE = {"origin": "bold", "wrapper": "dim", "support": "", "echo": "", "absence": "dim"}


def write(page: Page, screen: Screen) -> str:
    return paint(page.document(), screen)


RENDERER = write


def paint(document: Document, screen: Screen) -> str:
    """The document as lines, each with its line end and without blanks at its end."""
    paper = Paper(screen)
    blocks = list(flat(document.blocks))
    while blocks:
        block = blocks.pop(0)
        if runs_in(block, blocks):
            paper.run_in(block, blocks.pop(0))
        else:
            paper.put(block)
    return paper.text()


def runs_in(block: Block, rest: Sequence[Block]) -> TypeGuard[Heading]:
    """Whether a heading stands on the line of what is below it, because that is one piece of text."""
    if not isinstance(block, Heading) or block.level == 1 or not rest:
        return False
    alone = len(rest) == 1 or isinstance(rest[1], Heading | Verdict)
    return alone and (isinstance(rest[0], Paragraph) or (isinstance(rest[0], Facts) and len(rest[0].rows) == 1))


def text(value: str, style: str = "") -> Text:
    return Text(visible(value), style=style)


def grid(rows: Sequence[Sequence[Text]], right: Collection[int] = ()) -> list[Text]:
    """Rows in columns, two blanks between them; those numbered in `right` are flush right."""
    widths = [max(cell.cell_len for cell in column) for column in zip(*rows, strict=True)]
    return [
        Text("  ").join(
            Text(" " * (width - cell.cell_len)) + cell if at in right else cell + Text(" " * (width - cell.cell_len))
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


class Paper:
    """One text that grows block by block."""

    def __init__(self, screen: Screen) -> None:
        self.wraps = screen.wraps
        self.width = min(max(screen.width, NARROWEST), WIDEST)
        self.file = io.StringIO()
        self.console = Console(
            file=self.file,
            width=self.width,
            color_system="standard" if screen.colour else None,
            force_terminal=screen.colour,
            no_color=not screen.colour,
            force_jupyter=False,
            legacy_windows=False,
            markup=False,
            highlight=False,
            emoji=False,
        )

    def text(self) -> str:
        lines = self.file.getvalue().strip("\n").split("\n")
        return "".join(line.rstrip(" ") + "\n" for line in lines)

    def line(self, content: Text, indent: int = 0, lead: Text | None = None, hang: int = 0) -> None:
        """
        Print a text, wrapped and indented; `lead` stands in the indent of its first line, and all others are
        indented by `hang` more. Long words are cut.
        """
        width = max(1, self.width - indent - hang)
        for number, each in enumerate(content.wrap(self.console, width, overflow="fold")):
            margin = lead if lead and number == 0 else Text()
            each.rstrip()
            blanks = indent - margin.cell_len + (hang if number else 0)
            self.console.print(margin + Text(" " * blanks) + each, soft_wrap=True)

    def blank(self) -> None:
        self.console.print()

    def put(self, block: Block) -> None:
        match block:
            case Heading():
                self.heading(block)
            case Verdict():
                self.verdict(block)
            case Paragraph():
                self.line(text(block.text), 2)
            case Facts():
                self.facts(block.rows)
            case Bullets():
                for item in block.items if block.short is None else block.short:
                    self.line(text(item), 4, Text("  -"))
            case Excerpts():
                self.excerpts(block.rows[: block.few])
                self.rest(block.more)
            case Steps():
                self.steps(block)
            case Table():
                self.table(block)

    def heading(self, heading: Heading) -> None:
        """A part of an answer follows without a blank line: one incident is to fit a screen."""
        if heading.level == 1:
            self.blank()
        self.line(text(heading.text, "bold" if heading.level == 1 else "bold blue"))

    def run_in(self, heading: Heading, block: Block) -> None:
        """`Ruled out: TCP, the connection was made.`"""
        value = block.text if isinstance(block, Paragraph) else ""
        if isinstance(block, Facts):
            value = ", ".join(f"{label} {value}" for label, value in block.rows)
        self.line(Text.assemble(text(f"{heading.text}: ", "bold blue"), text(value)), 0, hang=2)

    def rest(self, said: str) -> None:
        if said:
            self.line(text(said), 2)

    def verdict(self, verdict: Verdict) -> None:
        self.blank()
        number = f"{verdict.number}. " if verdict.number else ""
        style = CONFIDENCE_STYLE[verdict.confidence]
        self.line(
            Text.assemble(
                text(number), text(verdict.title, "bold"), text(f" ({translated(verdict.confidence)})", style)
            )
        )
        for fact in verdict.facts:
            self.line(text(fact), 2)

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        rows = list(rows)
        width = max((text(label).cell_len for label, _ in rows), default=0)
        for label, value in rows:
            self.line(text(value), width + 4, Text("  ") + text(label, "dim"))

    def excerpts(self, rows: Iterable[Excerpt]) -> None:
        """`path:line  time  side  id  role`, in columns if they fit, and what it says on the line below."""
        rows = list(rows)
        cells = [
            (
                text(each.where, "bold"),
                text(each.time),
                text(translated(each.side)),
                text(each.id, "bold"),
                text(translated(each.role), ROLE_STYLE[each.role]),
            )
            for each in rows
        ]
        lines = grid(cells)
        if lines and lines[0].cell_len + 2 > self.width:
            lines = [Text("  ").join(row) for row in cells]
        for each, line in zip(rows, lines, strict=True):
            self.line(line, 2)
            self.line(text(each.says), 6)

    def steps(self, block: Steps) -> None:
        for step in block.steps[: block.few]:
            who = [text(f"{step.who}: ", "bold")] if step.who else []
            self.line(Text.assemble(*who, text(step.do)), 4, Text("  -"))
            if step.check:
                self.line(Text.assemble(text(tr("check: "), "bold"), text(step.check)), 4)
        self.rest(block.more)

    def table(self, block: Table) -> None:
        """A table in columns; where a terminal is too narrow for it, each row stacked on two lines."""
        figures = {block.columns.index(each) for each in block.figures}
        head = [text(column, "dim") for column in block.columns]
        lines = grid([head, *([text(cell) for cell in row] for row in block.rows)], figures)
        if self.wraps and lines[0].cell_len + 2 > self.width:
            for row in block.rows:
                self.stacked(block, row)
            return
        for line in lines:
            line.rstrip()
            self.console.print(Text("  ") + line, soft_wrap=True)

    def stacked(self, block: Table, row: Sequence[str]) -> None:
        named = [
            f"{name} {cell}" if name in block.figures else cell for name, cell in zip(block.columns, row, strict=True)
        ]
        self.line(text("  ".join(row[: block.lead]), "bold"), 2, hang=4)
        self.line(text("  ".join(named[block.lead :])), 6)
