"""Where the grammars and the knowledge files are: in a wheel, an editable install and a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


@cache
def grammar_dir() -> Path:
    """The folder of the .lark files: mqdiag/grammars in a wheel, grammars/ beside the package in a checkout."""
    installed = PACKAGE / "grammars"
    return installed if installed.is_dir() else PACKAGE.parent / "grammars"


@cache
def knowledge_dir() -> Path:
    """The folder of the .toml files; it is inside the package everywhere."""
    return PACKAGE / "knowledge"
