"""Job logs of z/OS. The shapes of their messages: samples/records/zosjoblog."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mqdiag.formats.zosjoblog import FORMAT, julian
from mqdiag.frame import frame

if TYPE_CHECKING:
    from mqdiag.model import Event

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "records" / "zosjoblog"


def linked(data: bytes) -> list[Event]:
    return FORMAT.link([FORMAT.parse(each, None) for each in frame([data], FORMAT, "x") if each.kind == FORMAT.kind])


def by_id(data: bytes) -> dict[str, Event]:
    return {str(each.message_id): each for each in linked(data) if each.message_id}


OVER_MIDNIGHT = by_id((SAMPLES / "job-log-over-midnight.txt").read_bytes())


def test_a_channel_that_the_responder_serves_is_of_the_end_that_accepted() -> None:
    lines = (
        b" 06.10.31 STC04410  +CSQX526E +MQPA CSQXRCTL Message sequence error for channel A.TO.B, sent=2 expected=1\n"
        b" 06.10.31 STC04410  +CSQX599E +MQPA CSQXRESP Channel A.TO.B ended abnormally connection 192.0.2.1\n"
        b" 06.10.32 STC04410  +CSQX526E +MQPA CSQXRCTL Message sequence error for channel B.TO.C, sent=2 expected=1\n"
    )

    assert [each.side for each in linked(lines)] == ["server", "server", "client"]


def test_a_message_begins_at_its_first_line() -> None:
    assert (OVER_MIDNIGHT["CSQX636E"].span.line, OVER_MIDNIGHT["CSQX636E"].span.last_line) == (7, 10)


def test_times_have_the_date_of_the_line_above() -> None:
    assert {key: each.stamp.local for key, each in OVER_MIDNIGHT.items() if each.stamp} == {
        "CSQX000I": datetime(2025, 3, 13, 23, 15, 2),
        "CSQX022I": datetime(2025, 3, 13, 23, 15, 9),
        "CSQX636E": datetime(2025, 3, 13, 23, 59, 17),
        "CSQX599E": datetime(2025, 3, 13, 23, 59, 17),
        "CSQX202E": datetime(2025, 3, 14, 0, 0, 3),
        "CSQX620E": datetime(2025, 3, 14, 0, 0, 9),
    }
    assert not any(each.instant for each in OVER_MIDNIGHT.values())


def test_a_time_without_date_has_no_local_time() -> None:
    (event,) = linked(b" 09.41.17 STC03144  +CSQX599E +QMD2 CSQXRESP Channel A.B ended\n")

    assert event.stamp
    assert (event.stamp.written, event.stamp.local) == ("09.41.17", None)


def test_the_system_log_has_dates_of_its_own() -> None:
    events = by_id((SAMPLES / "system-log.txt").read_bytes())

    assert events["CSQX636E"].stamp
    assert events["CSQX636E"].stamp.local == datetime(2025, 3, 13, 23, 59, 17, 290000)


def test_the_part_of_mq_says_the_side() -> None:
    assert {key: each.side for key, each in OVER_MIDNIGHT.items()} == {
        "CSQX000I": None,
        "CSQX022I": None,
        "CSQX636E": "server",
        "CSQX599E": "server",
        "CSQX202E": "client",
        "CSQX620E": "server",
    }


def test_the_title_says_the_system() -> None:
    assert {each.host for each in OVER_MIDNIGHT.values()} == {"ZPR2"}


def test_placeholders_and_other_words_are_no_channels() -> None:
    assert OVER_MIDNIGHT["CSQX620E"].channel is None  # channel ????
    assert OVER_MIDNIGHT["CSQX022I"].channel is None  # Channel initiator


def test_lines_can_end_before_what_they_announce() -> None:
    event = OVER_MIDNIGHT["CSQX202E"]

    assert event.channel == "QMD2.TO.DAIRY"
    assert event.peer
    assert (event.peer.host, event.peer.address, event.peer.port) == ("dairy.example.org", "198.51.100.61", 1414)


def test_return_codes_are_facts_and_no_codes() -> None:
    """System SSL's numbers are not those of GSKit elsewhere."""
    event = OVER_MIDNIGHT["CSQX620E"]

    assert (event.facts["rc"], event.facts["function"]) == ("420", "gsk_secure_socket_init")
    assert event.codes == frozenset()


def test_a_name_on_two_lines_is_one() -> None:
    event = by_id((SAMPLES / "system-log.txt").read_bytes())["CSQX636E"]

    assert event.facts["peer_name"] == "CN=dairy.example.org,OU=Dairy Batch,O=Example Dairies,C=NL"
    assert event.certificate
    assert str(event.certificate.subject) == event.facts["peer_name"]


def test_text_behind_a_pasted_message_is_not_its_text() -> None:
    data = b"+CSQX642E !MQ21 CSQXRCTL No SSL certificate for channel A.B\nThanks in advance for channel C.D\n"
    (event,) = linked(data)

    assert event.text == "No SSL certificate for channel A.B"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2025072", "13 MAR 2025"), ("24366", "31 DEC 2024"), ("2024060", "29 FEB 2024"), ("2025366", "")],
)  # fmt: skip
def test_days_of_the_year(text: str, expected: str) -> None:
    assert julian(text) == expected
