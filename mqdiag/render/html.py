"""
Document -> HTML: one file that holds everything and asks for nothing.

The templates escape whatever they are given (autoescape), `finalize` makes unseen characters visible first, and
the page allows itself no source but its own style and script, by their hashes: what a log says cannot run.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from mqdiag import __version__
from mqdiag.language import language, translated
from mqdiag.render._document import WORDS, Account
from mqdiag.render._drawing import drawing
from mqdiag.render._prose import pieces
from mqdiag.render._visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mqdiag.render import Page, Screen
    from mqdiag.render._document import Block, Document, Excerpt

TEMPLATES = Path(__file__).parent / "templates"
FEW_OPEN = 3  # so many incidents stand open; more are a list to open
TAB = "\t"


def write(page: Page, screen: Screen) -> str:
    return laid_out(page.document())


RENDERER = write


def laid_out(document: Document) -> str:
    accounts = [each for each in document.blocks if isinstance(each, Account)]
    style, script = (Markup((TEMPLATES / name).read_text(encoding="utf-8")) for name in ("report.css", "report.js"))
    return environment().get_template("report.html").render(
        document=document,
        accounts=accounts,
        open=len(accounts) <= FEW_OPEN,
        words={key: translated(words) for key, words in WORDS.items()},
        language=language(),
        version=__version__,
        style=style,
        script=script,
        style_hash=digest(style),
        script_hash=digest(script),
        causes=counted(each.tags.cause for each in accounts),
        channels=counted(each.tags.channel for each in accounts),
        hosts=counted(host for each in accounts for host in each.tags.hosts),
    )  # fmt: skip


def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"prose": prose, "drawing": drawing, "kind": kind, "lines": lines, "numbers": numbers}
    made.filters["said"] = translated
    return made


def shown(value: object) -> object:
    """What stands in the page for a value: of a text, unseen characters as escapes."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def kind(block: Block) -> str:
    return type(block).__name__.lower()


def prose(text: str) -> Markup:
    """A sentence, with what stands in backticks as code."""
    return Markup("").join(
        Markup("<code>{}</code>").format(visible(piece)) if is_code else escape(visible(piece))
        for is_code, piece in pieces(text)
    )


def lines(text: str) -> Markup:
    """A record as it stands in the log: its line ends and tabs are kept."""
    kept = ("\t".join(visible(part) for part in line.split(TAB)) for line in text.rstrip("\n").split("\n"))
    return escape("\n".join(kept))


def numbers(excerpt: Excerpt) -> Markup:
    count = len((excerpt.raw or "").rstrip("\n").split("\n"))
    return Markup("\n").join(str(excerpt.line + at) for at in range(count))


def counted(values: Iterable[str]) -> list[tuple[str, int]]:
    """Each value and how often it is there, in the order of their names."""
    return sorted(Counter(values).items())


def digest(text: str) -> str:
    """As a Content-Security-Policy names what it allows."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
