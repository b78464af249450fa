"""No pattern takes more than linear time: tried on texts made to be slow, grammar terminals included."""

from __future__ import annotations

import re

from growth import Pattern, all_patterns, growths


def test_every_pattern_grows_like_its_text() -> None:
    found = [str(each) for each in growths(all_patterns())]

    assert found == []


def test_a_square_is_seen() -> None:
    """The measure itself: a run that is searched for again at each of its characters."""
    slow = {"slow": Pattern(re.compile(r"[0-9]+x")), "slow on bytes": Pattern(re.compile(rb"\s*\n\s*x"))}

    assert [each.name for each in growths(slow)] == ["slow", "slow on bytes"]


def test_all_patterns_are_there() -> None:
    """Of modules, of formats, of grammars and of framing."""
    names = set(all_patterns())

    assert {"mqdiag.clock.NUMERIC", "mqdiag.names.beginning()", "errorlog.lark:ATTRIBUTE"} <= names
    assert any(name.startswith("ErrorLog.boundaries") for name in names)
    assert any("on bytes" in name for name in names)
