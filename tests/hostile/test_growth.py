"""No pattern takes more than linear time: tried on texts made to be slow, grammar terminals included."""

from __future__ import annotations

import re

from growth import ENDS, Pattern, Text, all_patterns, growths, own_texts


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


def test_a_square_behind_a_beginning_of_its_own_is_seen() -> None:
    """No list of texts has it: the text is made of the pattern."""
    slow = Pattern(re.compile(r"Insert[12]\((?:(?!\)?[ \t]+Host)[^\n])+x"))

    assert [
        each.name for each in growths({"slow": slow, "quick": Pattern(re.compile(r"Insert[12]\([ \t]{1,9}x"))})
    ] == ["slow"]


def test_texts_are_made_of_a_pattern() -> None:
    found = own_texts(re.compile(r"(?:ab|cd)[0-9]{2}(?: +|\|*)x"))

    assert Text("ab00", " ", ENDS[0]) in found
    assert Text("ab00", "|", ENDS[0]) in found
    assert Text("", "ab00") in found
