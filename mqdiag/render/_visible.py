"""
Text of a log is data, and a terminal must never take it for commands.

Control characters, direction overrides, characters without width and bytes that are no text become visible
escapes; everything else stays as it is, a backslash too.
"""

from __future__ import annotations

import re

# All of the categories Cc, Cf, Cs, Zl and Zp, and the letters and marks that print as nothing
# (U+034F, the Hangul fillers, the variation selectors). tests/render/test_visible.py compares with unicodedata.
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
LONE = re.compile("[\ud800-\udfff]")


def visible(text: str) -> str:
    """
    Text that is safe to print on one line: `ESC [ 2 J` comes out as `\\x1b[2J`.

    `\\x1b` is one byte of the log, `\\u202e` a character beyond ASCII.
    """
    return UNSEEN.sub(_escape, text)


def valid(text: str) -> str:
    """Text that can be written as UTF-8: a byte that was no text, kept as lone surrogate, becomes `\\x93`."""
    return LONE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # the byte that `surrogateescape` kept
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
