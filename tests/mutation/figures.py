"""How many mutants of every file were tried, and how they ended: a table of Markdown, of the last `mutmut run`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

MUTANTS = Path(__file__).resolve().parent.parent.parent / "mutants"
ENDS = {1: "killed", 37: "types", -24: "timeout", 36: "timeout", 0: "survived", 33: "untested"}  # else: not tried
COLUMNS = ("mutants", "types", "tried", "killed", "timeout", "survived", "untested")


def main() -> None:
    total: Counter[str] = Counter()
    print(f"| file | {' | '.join(COLUMNS)} |", f"|---|{'---:|' * len(COLUMNS)}", sep="\n")
    for path in sorted((MUTANTS / "mqdiag").glob("c*/*.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].values()
        found = Counter(ENDS.get(each, "") for each in codes)
        found["mutants"], found["tried"] = len(codes), sum(found[each] for each in COLUMNS[3:])
        total += found
        print(row(f"{path.parent.name}/{path.stem}", found))
    print(row("all", total))


def row(name: str, found: Counter[str]) -> str:
    return f"| {name} | {' | '.join(str(found[each]) for each in COLUMNS)} |"


if __name__ == "__main__":
    main()
