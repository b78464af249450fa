"""50 MB in one line, and as many brackets, through every reader: prints the seconds and what was noted."""

from __future__ import annotations

import argparse
import sys
import time
from io import BytesIO
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parents[2])]

from test_places import BEGINNINGS, SHAPES  # noqa: E402

from mqdiag.limits import Limits  # noqa: E402
from mqdiag.parse import read  # noqa: E402
from mqdiag.sources import Source  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=50_000_000)
    parser.add_argument("--max-record", type=int, default=Limits().record_bytes)
    options = parser.parse_args()
    for name, beginning in BEGINNINGS.items():
        for shape, atom in SHAPES.items():
            data = beginning + atom * (options.bytes // len(atom)) + b"\0!"
            begin = time.process_time()
            found = read(
                Source("x", "x", lambda data=data: BytesIO(data), limits=Limits(record_bytes=options.max_record))
            )
            codes = sorted({note.code for note in found.notes})
            print(
                f"{time.process_time() - begin:7.2f} s  {name} + {shape}: {found.records} records, {codes}", flush=True
            )


if __name__ == "__main__":
    main()
