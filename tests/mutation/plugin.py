"""
A plugin of pytest for mutmut, which has run the tests once and then forks a process for each mutant.

What the tests keep of that run is forgotten, for it is not what the mutant says. What was read is kept: reading is not
what is mutated. And with MUTANTS_PERCENT set, only that share of the mutants is tried, always the same ones.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

SEED = 20
SKIPPED = 34  # what mutmut takes for "skipped"
SAMPLES = f"{Path('samples').resolve()}{os.sep}"


def pytest_sessionstart() -> None:
    mutant = os.environ.get("MUTANT_UNDER_TEST", "")
    if "__mutmut_" in mutant and crc32(f"{SEED} {mutant}".encode()) % 100 >= int(
        os.environ.get("MUTANTS_PERCENT", 100)
    ):
        os._exit(SKIPPED)
    if cases := sys.modules.get("sample_cases"):
        cases.report.cache_clear()
    keep_readings()


@cache
def keep_readings() -> None:
    """The readings of the files of samples/ are kept in memory, and so in every process that is forked."""
    from mqdiag import processes
    from mqdiag.knowledge import builtin, knowledge
    from mqdiag.language import language

    kept: dict[object, list[Any]] = {}
    read: Callable[..., list[Any]] = processes.readings

    def readings(sources: Any, sides: Any, encoding: Any, *others: Any) -> list[Any]:
        if knowledge() is not builtin() or not all(each.location.startswith(SAMPLES) for each in sources):
            return read(sources, sides, encoding, *others)
        key = tuple((each.path, each.location, sides.get(each.path)) for each in sources), encoding, language()
        if key not in kept:
            kept[key] = read(sources, sides, encoding, *others)
        return list(kept[key])

    processes.readings = readings
