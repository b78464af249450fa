"""Imports point one way: a module imports only lower ranks, or from inside its own folder. The test is the diagram."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "mqdiag"

RANKS = [
    {"__init__", "model", "errors", "lalr", "limits"},
    {"resources", "text", "clock", "passwords", "views", "sides"},
    {"prepared"},
    {"language"},
    {"grammar", "knowledge", "archives"},
    {"names"},
    {
        "sources",
        "frame",
        "formats",
        "repeats",
        "parse",
        "interpret",
        "correlate",
        "classify",
        "render",
        "explain",
        "redact",
    },
    {"pipeline", "excerpts", "context", "progress", "processes", "score"},
    {"bundle", "follow", "helping"},
    {"cli"},
    {"__main__"},
]
RANK = {name: rank for rank, names in enumerate(RANKS) for name in names}

# frame and parse are the engine of the formats; parse drives frame and reads what sources found.
# redact reads off the renderers which words they write of themselves.
# explain is a small pipeline of its own: from the knowledge to a page.
ALLOWED = {
    ("parse", "formats"),
    ("parse", "frame"),
    ("parse", "repeats"),
    ("repeats", "formats"),
    ("parse", "sources"),
    ("frame", "formats"),
    ("correlate", "parse"),
    ("explain", "render"),
    ("progress", "pipeline"),  # the type of the hook that it is
    ("pipeline", "processes"),
    ("redact", "render"),
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part(path: Path) -> str:
    """The part of the house that a module is: its folder's name, or its own."""
    inside = path.relative_to(PACKAGE)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def imported(path: Path) -> set[str]:
    """The parts that a module imports, also where only types are needed."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{each.name}" for each in node.names]
        for name in names:
            pieces = name.split(".")
            if pieces[0] == "mqdiag" and len(pieces) > 1:
                found.add(pieces[1] if pieces[1] in RANK else "__init__")
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda each: str(each.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = part(path)
    wrong = {
        other for other in imported(path) if other != own and RANK[other] >= RANK[own] and (own, other) not in ALLOWED
    }

    assert own in RANK, f"{own} has no rank: say in RANKS where it belongs"
    assert wrong == set()


def test_rich_is_for_the_terminal_only() -> None:
    """rich is slow to import, and a stage that returns rich text cannot be rendered as anything else."""
    users = {part(path) + "/" + path.name for path in modules() if "rich" in third_party(path)}

    assert users <= {"render/terminal.py", "progress/progress.py", "render/_live.py"}


def third_party(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {
        name.split(".")[0]
        for node in imports
        for name in ([each.name for each in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }


def test_grammars_hold_no_python() -> None:
    """With a .py file in grammars/ an editable install stops."""
    assert sorted((PACKAGE.parent / "grammars").rglob("*.py")) == []
