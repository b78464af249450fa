"""The peer of the benchmark in plain Python: split at the footers, and read each record with one expression."""

import collections
import re
import sys
from pathlib import Path

RECORD = re.compile(
    r"(?P<stamp>\S+ \S+) - Process\((?P<process>[\d.]+)\) User\((?P<user>[^)]*)\) Program\((?P<program>[^)]*)\)"
    r".*?Time\((?P<time>[^)]*)\).*?^(?P<id>AMQ\d{4}[A-Z]?): (?P<text>.*?)(?=^EXPLANATION:)",
    re.DOTALL | re.MULTILINE,
)


def main() -> None:
    counted: collections.Counter[str] = collections.Counter()
    lines: list[str] = []
    with Path(sys.argv[1]).open(encoding="utf-8", errors="replace") as log:
        for line in log:
            lines.append(line)
            if line.startswith("-----"):
                if match := RECORD.search("".join(lines)):
                    counted[match.groupdict()["id"]] += 1
                lines.clear()
    print(counted)


main()
