"""Framing loses nothing: whatever the bytes and however they arrive."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_cases import Case, all_cases, in_bytes

from mqdiag.formats import all_formats, choose
from mqdiag.frame import frame
from mqdiag.parse import framed, parsed, read
from mqdiag.sources import Source

SAMPLES = {f"{case.name}/{path}": data for case in all_cases() for path, data in in_bytes(case).items()}


def source(data: bytes, name: str = "x") -> Source:
    from io import BytesIO

    return Source(name, name, lambda: BytesIO(data))


@pytest.mark.parametrize("case", all_cases(), ids=lambda each: each.name)
def test_spans_join(case: Case) -> None:
    """The spans of a source follow each other without gap and cover it, and so do their lines."""
    for path, data in in_bytes(case).items():
        end, text = 0, b""
        for record, _ in framed(source(data, path)):
            assert record.span.offset == end
            assert record.span.line == data[:end].count(b"\n") + 1
            end += record.span.length
            text += record.data if not data.startswith((b"\xff\xfe", b"\xfe\xff")) else b""
        assert end == len(data)
        assert text in (data, b"")


@given(data=st.binary(max_size=400), sizes=st.lists(st.integers(1, 50), max_size=20))
def test_any_bytes_join_again(data: bytes, sizes: list[int]) -> None:
    for format in all_formats():
        assert b"".join(each.data for each in frame(blocks(data, sizes), format, "x")) == data


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(SAMPLES)), cut=st.floats(0, 1), begin=st.floats(0, 1), size=st.integers(1, 3000))
def test_a_cut_file_never_raises(name: str, cut: float, begin: float, size: int) -> None:
    """A log that begins and ends anywhere, in any block size, is framed, accounted for and parsed without raising."""
    whole = SAMPLES[name]
    data = whole[int(len(whole) * min(begin, cut)) : int(len(whole) * max(begin, cut))]
    reading = read(source(data, name))

    assert reading.bytes == len(data)
    assert 0 <= reading.unparsed_bytes <= len(data)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(SAMPLES)), sizes=st.lists(st.integers(1, 4000), min_size=1, max_size=30))
def test_block_sizes_change_nothing(name: str, sizes: list[int]) -> None:
    """The records are the same however the bytes arrive: a pipe gives them in any pieces."""
    data = SAMPLES[name]
    format = choose(data, name)
    if format is None:
        return

    assert list(frame(blocks(data, sizes), format, name)) == list(frame([data], format, name))


def test_every_record_of_the_samples_is_parsed_or_said() -> None:
    """No record of a sample that its format framed is refused by its grammar."""
    refused = [
        (name, record.span.line, why)
        for name, data in SAMPLES.items()
        for record, format in framed(source(data, name))
        if format and (why := parsed(record, format, None)[1])
    ]

    assert refused == []


def blocks(data: bytes, sizes: list[int]) -> list[bytes]:
    result, place = [], 0
    for size in sizes:
        result.append(data[place : place + size])
        place += size
    return [each for each in (*result, data[place:]) if each]
