"""
The ways an answer is written. A module of this folder with a RENDERER is one; names with _ are machinery.

The names are listed without importing the modules, so that `-f json` never pays for rich.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from mqdiag.errors import MqdiagError
from mqdiag.language import tr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mqdiag.model import Report, Span
    from mqdiag.render._document import Document

    Renderer = Callable[["Page", "Screen"], str]


@dataclass(frozen=True, slots=True)
class Screen:
    """
    What is written to: its columns, whether it takes colour, and whether lines wrap at its edge. A file takes no
    colour, and in it a row of a table stays on one line however long it is.
    """

    width: int = 100
    colour: bool = False
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """
    One answer in its two forms, each made only when a renderer asks: to be read, and to be processed.

    `data` holds only what JSON has: objects with stable keys, lists, strings, numbers, true, false, null.
    """

    document: Callable[[], Document]
    data: Callable[[], object]
    check: Callable[[str, str], None] | None = None  # of the finished text, and what it is; raises MqdiagError


WITH_RECORDS = frozenset({"html"})  # the formats that show the cited records themselves


def formats() -> tuple[str, ...]:
    """The formats by name, `terminal` first: it is the default."""
    names = {each.name for each in pkgutil.iter_modules(__path__) if not each.name.startswith("_")}
    return tuple(sorted(names, key=lambda each: (each != "terminal", each)))


def known_format(name: str) -> str:
    """The name as it is. MqdiagError for a name that is none of the formats."""
    if name not in formats():
        raise MqdiagError(
            tr("You asked for the format {name}.", name=name),
            found=tr("I do not know it."),
            hint=tr("Choose one of {names}.", names=", ".join(formats())),
        )
    return name


def render(page: Page, format: str, screen: Screen) -> str:
    """A page in one of the formats, ready to be written. MqdiagError for a name that is none of them."""
    text = cast("Renderer", import_module(f"{__name__}.{known_format(format)}").RENDERER)(page, screen)
    if page.check:
        page.check(text, format)
    return text


def report_page(
    report: Report,
    raw: Mapping[Span, str] | None = None,
    *,
    check: Callable[[str, str], None] | None = None,
) -> Page:
    """
    The report of `mqdiag analyze`, as any format writes it. `raw` are the records that its evidence cites, as the
    logs hold them, by their span; None where the logs are not at hand. `check` sees each finished text before it
    goes out.
    """
    return Page(
        lambda: import_module(f"{__name__}._document").document(report, raw),
        lambda: import_module(f"{__name__}.json").data(report),
        check,
    )


def with_timeline(page: Page, report: Report) -> Page:
    """The page with the cited records of both sides in one order of time; its data stay what they are."""
    return cast("Page", import_module(f"{__name__}._timeline").with_timeline(page, report))
