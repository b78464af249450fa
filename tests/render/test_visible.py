from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqdiag.render._visible import UNSEEN, valid, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[Class=]GSKVALMethod::X509[Issuer=]", "[Class=]GSKVALMethod::X509[Issuer=]"),
        ("..\\clientssl\\key", "..\\clientssl\\key"),
        ("チャネル ‘A’", "チャネル ‘A’"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\r\n\tb", "a\\x0d\\x0a\\x09b"),
        ("\x7f", "\\x7f"),
        ("\x9b31m", "\\u009b31m"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
        ("a\u200bb\ufeffc", "a\\u200bb\\ufeffc"),
        ("a\udc93b", "a\\x93b"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_is_seen(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_every_character_that_is_not_seen_is_escaped() -> None:
    """Controls, formats, surrogates and line separators of this Python's Unicode."""
    missed = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp") and not UNSEEN.match(chr(code))
    ]

    assert missed == []


@given(st.text(st.characters()))
def test_visible_text_is_visible_again_unchanged(text: str) -> None:
    once = visible(text)

    assert visible(once) == once
    once.encode("utf-8")


@given(st.binary())
def test_any_bytes_can_be_written_as_utf_8(data: bytes) -> None:
    valid(data.decode("utf-8", "surrogateescape")).encode("utf-8")
