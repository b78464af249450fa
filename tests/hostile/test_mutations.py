"""Every labelled case, damaged once in a way that its name decides; `mutations.py --rounds 50` is the long run."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import MORE, MUTATORS, Damaged, broken, damaged, unaccounted, wrong, wrong_and_certain
from sample_cases import Case, all_cases

CASES = {case.name: case for case in all_cases()}


@pytest.mark.parametrize("case", all_cases(), ids=lambda each: each.name)
def test_damage_breaks_nothing(case: Case) -> None:
    """An answer by the schema, every byte accounted for, no traceback, an exit status that says what happened."""
    number = all_cases().index(case)

    assert list(wrong(damaged(case, f"suite/{case.name}"), [MORE[number % len(MORE)]] if number % 4 == 0 else [])) == []


@pytest.mark.parametrize("kind", sorted(MUTATORS))
@settings(max_examples=12, deadline=None)
@given(name=st.sampled_from(sorted(CASES)), seed=st.integers(0, 2**32))
def test_damage_of_a_kind(kind: str, name: str, seed: int) -> None:
    each = damaged(CASES[name], str(seed), (kind,))

    assert list(wrong(each)) == []


@settings(max_examples=40, deadline=None)
@given(
    files=st.dictionaries(st.sampled_from(["a.LOG", "d/AMQ1.0.FDC", "index.txt", "x.json"]), st.binary(max_size=300))
)
def test_any_bytes_get_an_answer(files: dict[str, bytes]) -> None:
    assert broken(files) == []


@pytest.mark.parametrize("name", ["AMQERR01.LOG", "x.json"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", [b"", b"A", b"\x00\xd8", b"A\x00B"])
def test_utf16_that_ends_in_the_middle_of_a_character(name: str, encoding: str, end: bytes) -> None:
    """An odd last byte and half a surrogate pair are bytes of the source like all others."""
    mark = b"\xff\xfe" if encoding.endswith("le") else b"\xfe\xff"
    for text in ("", "05/16/23 16:46:35 - Process(1.1) User(a) Program(b)\nAMQ9999E: x\n\nEXPLANATION:\ny\n"):
        assert broken({name: mark + text.encode(encoding) + end}) == []


def test_the_invariants_can_fail() -> None:
    source = {"path": "a", "bytes": 3, "unparsed_bytes": 4}
    report = {"sources": [source], "incidents": [], "notes": []}

    assert list(unaccounted({"a": b"12345", "b": b""}, report)) == [
        "a: 3 bytes of 5",
        "b is neither a source nor noted",
        "a: 4 of 3 bytes not understood",
    ]


def test_wrong_and_certain_is_seen() -> None:
    each = Damaged("", ("cut",), {}, (), frozenset({"certificate-revoked"}))
    found = [("certificate-revoked", "certain"), ("host-unknown", "probable"), ("channel-not-found", "certain")]
    report = {"incidents": [{"cause": cause, "confidence": confidence} for cause, confidence in found]}

    assert list(wrong_and_certain(each, report)) == [
        "wrong and certain: channel-not-found instead of ['certificate-revoked']"
    ]
