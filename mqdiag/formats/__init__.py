"""The formats mqdiag reads. A module of this folder with a FORMAT is one; names with _ are machinery."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from mqdiag.formats._base import Format


@cache
def all_formats() -> tuple[Format, ...]:
    """Every format, the ones that are asked first in front."""
    names = sorted(each.name for each in pkgutil.iter_modules(__path__) if not each.name.startswith("_"))
    found: list[Format] = [import_module(f"{__name__}.{name}").FORMAT for name in names]
    return tuple(sorted(found, key=lambda each: -each.rank))


def choose(head: bytes, name: str, without: Collection[Format] = ()) -> Format | None:
    """
    The format that most of these first bytes are of, or None if no format knows them.

    `name` is the path of the source; `without` are formats that had their turn already. The others are not asked
    where one is sure.
    """
    best: Format | None = None
    best_score = 0.0
    for each in all_formats():
        if each not in without and (score := each.looks_like(head, name)) > best_score:
            best, best_score = each, score
            if score == inf:
                break
    return best
