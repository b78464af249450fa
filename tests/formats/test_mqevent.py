"""Event messages as amqsevt prints them. Their shapes: samples/records/mqevent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import framed_alike, takes_its_share_of_time

from mqdiag.formats import choose
from mqdiag.formats.mqevent import FORMAT, message_of, plain, stamped
from mqdiag.frame import frame

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "records" / "mqevent"
TEXT = b"".join(path.read_bytes() for path in sorted(SAMPLES.glob("[nt]*.txt")))
OBJECTS = b"".join(path.read_bytes() for path in sorted((*SAMPLES.glob("[ao]*.txt"), *SAMPLES.glob("*.jsonl"))))
ONE = {
    "eventSource": {"objectName": "SYSTEM.ADMIN.CHANNEL.EVENT", "objectType": "Queue", "queueMgr": "QM1"},
    "eventType": {"name": "Channel Event", "value": 46},
    "eventReason": {"name": "Channel SSL Error", "value": 2371},
    "eventCreation": {"timeStamp": "2025-02-11T09:44:51Z", "epoch": 1739267091},
    "eventData": {"reasonQualifier": "SSL Peer Name Error", "channelName": "A.B"},
}


def objects(data: bytes) -> list[str]:
    """The channels of the events in a text, and `unparsed` for what is none."""
    return [
        (FORMAT.parse(each, None).channel or "") if each.kind == FORMAT.kind else "unparsed"
        for each in frame([data], FORMAT, "x")
    ]


@pytest.mark.parametrize("indent", [None, 0, 1, 2, 8])
def test_an_object_in_any_layout(indent: int | None) -> None:
    """-o json prints several lines, -o json_compact one; jq -S and other programs lay it out anew."""
    printed = json.dumps(ONE, indent=indent) + "\n" + json.dumps(ONE, indent=indent, sort_keys=True) + "\n"

    assert objects(printed.encode()) == ["A.B", "A.B"]
    assert choose(printed.encode(), "x") is FORMAT


def test_a_list_of_objects() -> None:
    assert objects(json.dumps([ONE, ONE, ONE], indent=1).encode()) == ["A.B", "A.B", "A.B"]


def test_braces_and_quotes_in_a_value_end_nothing() -> None:
    odd = ONE | {"eventData": {"channelName": "A.B", "applName": 'a } b { "c" \\', "commandData": {"x": {"y": "}"}}}}

    assert objects(json.dumps(odd, indent=1).encode()) == ["A.B"]


def test_objects_of_others_are_none() -> None:
    """Other systems have keys of these names too, with texts for their values."""
    other = {"eventSource": "s3.example.com", "eventReason": "none", "eventType": "ApiCall", "eventName": "Put"}

    assert choose(json.dumps(other).encode(), "x") is not FORMAT


@pytest.mark.parametrize(
    ("names", "common"),
    [
        (("queueMgrName", "Queue Mgr Name", "MQCA_Q_MGR_NAME", "qmgrName"), "queuemgrname"),
        (("xmitQueueName", "Xmit Queue Name", "MQCACH_XMIT_Q_NAME"), "xmitqueuename"),
        (("sslPeerName", "SSL Peer Name", "MQCACH_SSL_PEER_NAME"), "sslpeername"),
        (("reasonQualifier", "Reason Qualifier", "MQIACF_REASON_QUALIFIER"), "reasonqualifier"),
        (("queueName", "Queue Name", "MQCA_Q_NAME"), "queuename"),
    ],
)
def test_a_field_has_one_name(names: tuple[str, ...], common: str) -> None:
    assert {plain(each) for each in names} == {common}


def test_times_are_utc() -> None:
    """The sample prints the time at which the message was put, which is UTC, and says so in both forms."""
    text, object = stamped("2025/02/11 09:44:51.38 GMT"), stamped("2025-02-11T09:44:51Z")

    assert text and object and text.instant and object.instant
    assert text.certainty == object.certainty == "stated"
    assert (text.instant - object.instant).total_seconds() == 0.38
    assert stamped("2025/02/11 09:44:51.38") is None


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("536908296", "AMQ9208"),
        ("536909366", "AMQ9636"),
        ("0", "None"),
        ("", "None"),
        ("536908810", "None"),
        ("9208", "None"),
    ],
)
def test_an_error_identifier_is_the_number_of_a_message(printed: str, expected: str) -> None:
    assert str(message_of(printed)) == expected


@settings(deadline=None)
@given(begin=st.integers(0, len(TEXT)), end=st.integers(0, len(TEXT)), size=st.integers(1, 400))
def test_text_cut_anywhere(begin: int, end: int, size: int) -> None:
    framed_alike(FORMAT, TEXT[begin:end], size)


@settings(deadline=None)
@given(begin=st.integers(0, len(OBJECTS)), end=st.integers(0, len(OBJECTS)), size=st.integers(1, 400))
def test_objects_cut_anywhere(begin: int, end: int, size: int) -> None:
    framed_alike(FORMAT, OBJECTS[begin:end], size)


@pytest.mark.parametrize(
    "piece", [b'{ "eventReason" : { ', b'{"eventData":{"a":"', b"Event Type   : a [1]\n", b'{"eventReason":{}']
)
def test_what_never_ends_takes_no_more_than_its_share_of_time(piece: bytes) -> None:
    assert takes_its_share_of_time(FORMAT, piece)
