"""
The build hook of the package: makes mqdiag/prepared/*.json (see mqdiag/prepared.py), for a wheel and in a checkout.

    python hatch_build.py     the same after a change of a grammar or of the knowledge; without it all is only slower
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent


def prepare() -> None:
    """Make everything that is made beforehand, anew."""
    sys.path.insert(0, str(ROOT))
    from mqdiag import grammar, knowledge, language, prepared

    shutil.rmtree(prepared.FOLDER, ignore_errors=True)
    with prepared.kept_in(prepared.FOLDER):
        for path in sorted(grammar.grammar_dir().glob("*.lark")):
            grammar.terminals(path.stem)
            if "\nstart:" in path.read_text(encoding="utf-8"):  # the others are only imported from
                grammar.compiled(path.stem)
        knowledge.builtin()
        for each in language.LANGUAGES:
            language.catalogue(each)


if __name__ == "__main__":
    prepare()
else:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class Prepare(BuildHookInterface):  # type: ignore[type-arg]
        """Before the files of a wheel are collected, and before an editable install."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            prepare()
            build_data["artifacts"].append("/mqdiag/prepared/*.json")
