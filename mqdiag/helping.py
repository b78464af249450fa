"""
The help of the command line, and what it says of a wrong one, in a language that is not English.

Both are typer's, which speaks English only: its sentences are known by their form, and what a newer typer words
differently stays English. The sentences are in help.toml of the language, and only that file is read.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import typer

from mqdiag.language import Language, chapter, filled, marked
from mqdiag.text import columns, is_wide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TYPER_FORMATTER: Any = typer.Context.formatter_class
CLOSING = "、。，．）」』・ー:;,.)]!?"  # what does not begin a line
GAP = 2  # between the two columns of a list
WIDEST_FIRST = 30  # a longer option has a line of its own

# What typer prints around our words, and of a wrong command line; the longer form of two goes first.
WORDS = (
    marked("Usage: "),
    marked("Arguments"),
    marked("Options"),
    marked("Commands"),
    marked("Show this message and exit."),
    marked("required"),
    marked("default: {value}"),
    marked("Try '{command}' for help."),
    marked("Error: {message}"),
    marked("No such option: {name} (Possible options: {names})"),
    marked("No such option: {name}"),
    marked("No such command {name}. Did you mean {names}?"),
    marked("No such command {name}."),
    marked("Missing command."),
    marked("Missing argument {name}."),
    marked("Missing option {name}."),
    marked("Invalid value for {name}: {message}"),
    marked("{value} is not in the range {range}."),
    marked("{value} is not one of {names}."),
    marked("{value} is not a valid {kind}."),
    marked("int range"),
    marked("float"),
    marked("Option {name} requires an argument."),
    marked("Option {name} does not take a value."),
    marked("Got unexpected extra argument(s) ({names})"),
)
BLANK = re.compile(r"\\{(\w+)\\}")


def form(template: str) -> re.Pattern[str]:
    """What a sentence looks like whose blanks were filled."""
    return re.compile(BLANK.sub(r"(?P<\1>.+?)", re.escape(template)), re.DOTALL)


def said(text: str, wanted: Language) -> str:
    """A sentence of the help in a language; in what was filled in stands one of typer's sentences, or a name."""
    sentences = chapter(wanted, "help")
    if found := sentences.get(text):
        return found
    for template in WORDS:
        if "{" in template and (match := form(template).fullmatch(text)):
            return filled(sentences.get(template, template), {k: said(v, wanted) for k, v in match.groupdict().items()})
    return text


def tell(error: Any, wanted: Language) -> None:
    """What is wrong with a command line, on standard error, as typer lays it out."""
    if error.ctx is not None:
        usage = formatter(wanted, error.ctx)
        error.ctx.command.format_usage(error.ctx, usage)
        print(usage.getvalue(), end="", file=sys.stderr)
        hint = f"Try '{error.ctx.command_path} {error.ctx.help_option_names[0]}' for help."
        print(f"{said(hint, wanted)}\n", file=sys.stderr)
    print(said(f"Error: {error.format_message()}", wanted), file=sys.stderr)


class Formatter(TYPER_FORMATTER):  # type: ignore[misc]
    """Lays the help out by columns of the terminal: a Japanese letter takes two, and text breaks between any two."""

    wanted: Language = "en"

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        first = f"{said(prefix or 'Usage: ', self.wanted)}{prog} "
        self.write(f"{first}{args}\n")

    def write_heading(self, heading: str) -> None:
        self.write(f"{' ' * self.current_indent}{said(heading, self.wanted)}:\n")

    def write_text(self, text: str) -> None:
        indent = " " * self.current_indent
        for line in wrapped(said(" ".join(text.split()), self.wanted), self.width - self.current_indent):
            self.write(f"{indent}{line}\n")

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = WIDEST_FIRST, col_spacing: int = GAP) -> None:
        rows = list(rows)
        left = min(max(columns(first) for first, _ in rows), col_max) + col_spacing
        margin = " " * (left + self.current_indent)
        for first, second in rows:
            lines = list(wrapped(self.row(second), max(self.width - left - self.current_indent, 10)))
            head = f"{' ' * self.current_indent}{first}"
            if lines and columns(first) <= left - col_spacing:
                head = f"{head}{' ' * (left - columns(first))}{lines.pop(0)}"
            self.write("\n".join((head, *(f"{margin}{line}" for line in lines))) + "\n")

    def row(self, text: str) -> str:
        """`Exit status 1 if a verdict is at least this sure.  [default: never]`"""
        help, gap, extra = text.partition("  [")
        if not gap:
            return said(text, self.wanted)
        parts = (said(part, self.wanted) for part in extra.removesuffix("]").split("; "))
        return f"{said(help, self.wanted)} [{'; '.join(parts)}]"


def formatter(wanted: Language, context: Any) -> Formatter:
    made = Formatter(width=context.terminal_width, max_width=context.max_content_width)
    made.wanted = wanted
    return made


def wrapped(text: str, width: int) -> Iterator[str]:
    """The lines of a text of which some letters are two columns wide."""
    line = ""
    for piece in pieces(text):
        if line and columns(line + piece.rstrip()) > width:
            yield line.rstrip()
            line = ""
        line += piece if line else piece.lstrip()
    if line.strip():
        yield line.rstrip()


def pieces(text: str) -> Iterator[str]:
    """What stays together on a line: a word with the blank behind it, or one wide letter with what closes it."""
    held = ""
    for char in text:
        apart = held and char not in CLOSING and (is_wide(char) or is_wide(held[-1:]) or held.endswith(" "))
        if apart and not (held.endswith(" ") and char == " "):
            yield held
            held = ""
        held += char
    yield held
