"""Records that do not matter are passed over quickly, and the reading is the same as if each were looked at."""

from __future__ import annotations

import sys
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_cases import all_cases, in_bytes

from mqdiag.formats._base import Format
from mqdiag.formats.errorlog import ErrorLog
from mqdiag.formats.jsonlog import JsonLog
from mqdiag.parse import Reading, framed, read
from mqdiag.sources import Source

sys.path.insert(0, str(Path(__file__).parent / "bench"))
from inputs import amqerr

SAMPLES = {f"{case.name}/{path}": data for case in all_cases() for path, data in in_bytes(case).items()}
LOGS = [data for data in SAMPLES.values() if b"Process(" in data]

HEADER = (
    "10/30/24 00:{0:02}:19 - Process(72.1) User(mqm) Program(amqrmppa)\n                    Host(web-1)\n"
    "                    Time(2024-10-29T16:{0:02}:19.517Z)\n                    CommentInsert1(HARBOUR)\n\n"
)
PARTS = (
    HEADER,
    "10/30/24 01:{0:02}:19 - Process(72.1)\n",
    "> 10/30/24 02:{0:02}:19 - Process(72.1) User(mqm)\n> Time(2024-10-29T16:{0:02}:19.517Z)\n",
    ":{0:02}:19 - Process(72.1)\nAMQ7233I: The log began inside a stamp.\n" + "-" * 79 + "\n",
    "2018年10月02日 07時{0:02}分07秒 - Process(1.1)\n",
    "AMQ7233I: All is well.\n", "AMQ7234I: All is well, AMQ7233I: or so.\n", "AMQ9999E: Channel ended.\n",
    "  AMQ7233I: All is well.\n", "> AMQ7233I: well\n", "AMQ7: no id\n", "  CommentInsert1(AMQ7233I: x)\n",
    "EXPLANATION:\nNothing. See Process(1).\n", "ACTION:\nNone.\n", "\n", "\n\n \n", "\0\0", "\r\n",
    "-" * 79 + "\n", "----- amqccisa.c : 8789 " + "-" * 55 + "\n", "-" * 20, " " + "-" * 40 + "\n", "text ----- text\n",
    HEADER + "AMQ7233I: All is well.\n\nEXPLANATION:\nNothing.\nACTION:\nNone.\n" + "-" * 79 + "\n",
    HEADER + "AMQ7234I: All is well.\n\nEXPLANATION:\nNone.\nACTION:\nNone.\n----- amqccisa.c : 89 " + "-" * 55 + "\n",
)  # fmt: skip


RARE = ("11/15/2005  10:23:{0:02} AM\nAMQ9208: Error on receive.\n", "Event ID: 7233\nDescription:\n" + HEADER)


def reading(data: bytes, passes: bool, sizes: int = 128 * 1024) -> Reading:
    with pytest.MonkeyPatch.context() as patch:
        if not passes:
            patch.setattr(ErrorLog, "pass_over", Format.pass_over)
            patch.setattr(JsonLog, "pass_over", Format.pass_over)
        return read(Source("x", "x", lambda: Slow(data, sizes)))


class Slow(BytesIO):
    """Gives so many bytes at a time at most."""

    def __init__(self, data: bytes, most: int) -> None:
        super().__init__(data)
        self.most = most

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self.most)


def content(one: Reading) -> dict[str, Any]:
    return {each.name: getattr(one, each.name) for each in fields(one) if each.name != "source"}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_samples_read_the_same(name: str) -> None:
    assert content(reading(SAMPLES[name], True)) == content(reading(SAMPLES[name], False))


@settings(max_examples=400, deadline=None)
@given(parts=st.lists(st.sampled_from(PARTS), max_size=40), size=st.integers(40, 4000))
def test_any_mixture_reads_the_same(parts: list[str], size: int) -> None:
    lead = PARTS[-2].format(1)
    data = (lead + "".join(part.format(place % 60) for place, part in enumerate(parts))).encode()

    assert content(reading(data, True, size)) == content(reading(data, False))


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(st.sampled_from((*PARTS, *RARE)), max_size=30), size=st.integers(40, 4000))
def test_logs_with_rare_beginnings_read_the_same(parts: list[str], size: int) -> None:
    lead = PARTS[-2].format(1) + RARE[0].format(2)
    data = (lead + "".join(part.format(place % 60) for place, part in enumerate(parts))).encode()

    assert content(reading(data, True, size)) == content(reading(data, False, size))


@pytest.mark.parametrize("passes", [True, False])
def test_every_intact_record_is_found(passes: bool) -> None:
    """Of records without footer, or cut off anywhere, none swallows its neighbours."""
    texts = list(amqerr(0.1, 400_000, damage=0.05))
    intact = sum(text.endswith("-\n") for text in texts)
    found = reading("".join(texts).encode(), passes)
    places, offset = set(), 0
    for text in texts:
        if text.endswith("-\n"):
            places.add(offset)
        offset += len(text)
    begun = {record.span.offset for record, _ in framed(source("".join(texts).encode())) if record.kind == "amqerr"}

    assert intact < len(texts) * 0.95
    assert found.records >= intact
    assert places <= begun


def source(data: bytes) -> Source:
    return Source("x", "x", lambda: BytesIO(data))


@settings(max_examples=100, deadline=None)
@given(log=st.sampled_from(LOGS), other=st.sampled_from(LOGS), cut=st.floats(0, 1), size=st.integers(40, 9000))
def test_joined_pieces_of_logs_read_the_same(log: bytes, other: bytes, cut: float, size: int) -> None:
    data = log + other[int(len(other) * cut) :] + log

    assert content(reading(data, True, size)) == content(reading(data, False))


OBJECT = '{"ibm_messageId":"AMQ%s","ibm_datetime":"2024-11-04T14:%02d:19.517Z","type":"mq_log","message":"x"}\n'
OBJECTS = (
    OBJECT % ("7233I", 1), OBJECT % ("7234I", 2), OBJECT % ("9999E", 3), "mq_1  | " + OBJECT % ("7233I", 4),
    '{"loglevel":"INFO","type":"mq_containerlog","message":"x"}\n', '{"ibm_messageId":"AMQ7233I"}\n', "\n", "no\n",
    '{\n  "ibm_messageId":"AMQ7233I",\n  "ibm_datetime":"2024-11-04T15:00:19.517Z"\n}\n', '{"ibm_messageId":"AMQ',
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(st.sampled_from(OBJECTS), max_size=40), size=st.integers(40, 4000))
def test_any_mixture_of_objects_reads_the_same(parts: list[str], size: int) -> None:
    data = (OBJECTS[0] + "".join(parts)).encode()

    assert content(reading(data, True, size)) == content(reading(data, False))


def test_most_records_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick way is taken: of a hundred quiet records only the first ones are framed."""
    framed: list[int] = []
    skim = ErrorLog.skim

    def counted(self: ErrorLog, data: bytes) -> Any:
        framed.append(1)
        return skim(self, data)

    monkeypatch.setattr(ErrorLog, "skim", counted)
    data = "".join(PARTS[-2].format(place % 60) for place in range(100)).encode()

    assert reading(data, True).records == 100
    assert len(framed) < 5
