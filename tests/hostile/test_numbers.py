"""Numbers longer than any that MQ has, in every place where a record has one: no number, and no traceback."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

import pytest

LONG = "9" * 5_000  # int() of Python refuses more than 4,300 digits
SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "cases"
KINDS = {  # a case with each kind of record
    "text log": "oak-client-check-fails-both",
    "JSON log": "booking-signer-missing",
    "FFST": "segv-in-channel-process",
    "container": "orders-stash-file-unreadable",
    "transcript, index": "harbour-d-server-cert-revoked",
    "OCSP transcript": "freight-responder-does-not-know",
    "z/OS": "ledger-peer-name-on-zos",
    "Windows": "winery-client-has-no-certificate",
    "pymqi": "claims-blocked-by-rule",
}


def lengthened(text: str, turn: int) -> str:
    """Every second run of digits, but those of stamps and ids, as a very long one."""
    pieces = re.split(r"(?<![\w:/.-])\d{2,7}(?![\w:/.-])", text)
    found = re.findall(r"(?<![\w:/.-])\d{2,7}(?![\w:/.-])", text)
    harmed = [LONG if place % 2 == turn else each for place, each in enumerate(found)]
    return "".join(piece for pair in zip_longest(pieces, harmed, fillvalue="") for piece in pair)


@pytest.mark.parametrize("command", ["analyze", "records"])
@pytest.mark.parametrize("case", KINDS.values(), ids=KINDS.keys())
def test_long_numbers(tmp_path: Path, case: str, command: str) -> None:
    for turn in range(2):
        for path in (SAMPLES / case).rglob("*"):
            if path.is_file() and path.suffix != ".toml":
                text = path.read_bytes().decode("latin-1")
                (tmp_path / f"{turn}-{path.name}").write_bytes(lengthened(text, turn).encode("latin-1"))
    done = subprocess.run([sys.executable, "-m", "mqdiag", command, tmp_path], capture_output=True, text=True)

    assert done.returncode in (0, 2), done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert done.stdout


@pytest.mark.parametrize("asked", [LONG, f"x509:{LONG}", f"AMQ{LONG}", f"0x{LONG}", f"X'{LONG}'"])
def test_long_numbers_explained(asked: str) -> None:
    done = subprocess.run([sys.executable, "-m", "mqdiag", "explain", asked], capture_output=True, text=True)

    assert done.returncode in (0, 2), done.stderr[-2000:]
    assert "Traceback" not in done.stderr
