"""What one run reads at most. Whatever a limit leaves out is said in a note, with the option that raises it."""

from __future__ import annotations

from dataclasses import dataclass

KIB, MIB, GIB = 1024, 1024**2, 1024**3


@dataclass(frozen=True, slots=True)
class Limits:
    """
    `record_bytes`: a longer record comes out in pieces. `members`: files of one archive, those of the archives
    in it included. `depth`: archives inside archives. `unpacked_bytes`: what one archive may unpack to, and one
    compressed file. `ratio`: unpacked to packed bytes, asked once `free_bytes` are unpacked. `held_bytes`: an
    archive inside another is held in memory, up to this. `understood`: below this share of the bytes of a
    source a verdict that rests on it is one step less sure.
    """

    record_bytes: int = 16 * MIB
    members: int = 20_000
    depth: int = 4
    unpacked_bytes: int = 64 * GIB
    ratio: int = 300
    free_bytes: int = 16 * MIB
    held_bytes: int = 256 * MIB
    understood: float = 0.5


def in_words(size: int) -> str:
    """Bytes as people say them: `16 MiB`, and in full where that would not be exact."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if size >= unit and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} bytes"


DEFAULTS = Limits()

# The options of the command line: field of Limits, name, what its help says.
OPTIONS = (
    ("record_bytes", "--max-record", "A record, or a line, longer than this comes out in pieces."),
    ("members", "--max-members", "Files read of one archive, those of archives in it included."),
    ("depth", "--max-depth", "Archives inside archives."),
    ("unpacked_bytes", "--max-unpacked", "What one archive or compressed file may unpack to."),
    ("ratio", "--max-ratio", "How many times its size it may unpack to."),
    ("held_bytes", "--max-held", "What is held in memory of an archive inside another."),
)
UNITS = {"": 1, "K": KIB, "M": MIB, "G": GIB}


def number(text: str) -> int | None:
    """`20000`, or bytes with a unit: `512K`, `16M`, `2G`. None if it is none, or not above zero."""
    digits, unit = (text[:-1], text[-1].upper()) if text[-1:].isalpha() else (text, "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16 and unit in UNITS):
        return None
    return int(digits) * UNITS[unit] or None
