"""What a JSON error log says, also on its way through syslog. The shapes: samples/records/jsonlog and syslog."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mqdiag.formats import choose
from mqdiag.formats.jsonlog import FORMAT, fields
from mqdiag.formats.syslog import FORMAT as SYSLOG
from mqdiag.frame import frame

if TYPE_CHECKING:
    from mqdiag.formats._base import Format
    from mqdiag.model import Event

LINE = b'{"ibm_messageId":"AMQ9209E","ibm_datetime":"2024-11-04T14:06:19.517Z","message":"AMQ9209E: Closed."}\n'


def parsed(data: bytes, format: Format = FORMAT) -> list[Event]:
    return [format.parse(each, None) for each in frame([data], format, "x") if each.kind == format.kind]


def test_the_text_is_without_its_id() -> None:
    (event,) = parsed(LINE)

    assert str(event.message_id) == "AMQ9209E"
    assert event.text == "Closed."


def test_the_instant_is_stated() -> None:
    (event,) = parsed(LINE)

    assert event.stamp
    assert event.stamp.certainty == "stated"
    assert event.instant == datetime(2024, 11, 4, 14, 6, 19, 517000, UTC)


def test_unused_inserts_are_left_out() -> None:
    """0, "0", "" and a missing key all say that there is none; the text "0" says something."""
    data = (
        b'{"ibm_arithInsert1":0,"ibm_arithInsert2":"0","ibm_commentInsert1":"","ibm_commentInsert2":"0",'
        b'"ibm_commentInsert3":null}\n'
    )

    assert parsed(data)[0].inserts == {"CommentInsert2": "0"}


def test_numbers_can_be_text() -> None:
    (event,) = parsed(b'{"ibm_processId":"1736","ibm_threadId":4927,"ibm_arithInsert1":"414"}\n')

    assert (event.process, event.thread, event.inserts) == (1736, 4927, {"ArithInsert1": "414"})


def test_an_id_of_another_product_is_none_of_mqs() -> None:
    (event,) = parsed(b'{"type":"liberty_message","ibm_messageId":"CWWKE0002I","message":"CWWKE0002I: Started."}\n')

    assert event.message_id is None
    assert event.text == "CWWKE0002I: Started."


@pytest.mark.parametrize("data", [LINE[:60], b'{"ibm_a":' + b"[" * 100_000, b'{"ibm_a":1}]'])
def test_a_damaged_object_is_a_value_error(data: bytes) -> None:
    """Which makes it an unparsed record with a note."""
    with pytest.raises(ValueError, match="JSON object"):
        parsed(data)


def test_only_an_object_has_fields() -> None:
    with pytest.raises(ValueError, match="JSON object"):
        fields("[1]")


def test_what_stands_between_objects_is_not_theirs() -> None:
    records = list(frame([LINE + b"junk\n" + LINE], FORMAT, "x"))

    assert [each.kind for each in records] == ["amqerr-json", "unparsed", "amqerr-json"]


def test_a_printed_object_ends_at_its_bracket() -> None:
    printed = b'{\n  "ibm_messageId": "AMQ9209E",\n  "message": "AMQ9209E: Closed."\n}\n'
    records = list(frame([printed + b"and so on\n" + printed], FORMAT, "x"))

    assert [each.kind for each in records] == ["amqerr-json", "unparsed", "amqerr-json"]


def test_a_skim_reads_id_and_instant() -> None:
    skim = FORMAT.skim(LINE)

    assert skim.message_key == "AMQ9209"
    assert skim.utc == skim.written == b"2024-11-04T14:06:19.517Z"


def test_a_skim_reads_through_escaped_quotes() -> None:
    journal = b'{"SYSLOG_IDENTIFIER":"ibm-mq","MESSAGE":"' + LINE.strip().replace(b'"', b'\\"') + b'"}\n'

    assert choose(journal, "x") is SYSLOG
    assert SYSLOG.skim(journal).message_key == "AMQ9209"
    assert str(parsed(journal, SYSLOG)[0].message_id) == "AMQ9209E"


def test_syslog_gives_host_and_stamp_where_the_object_does_not() -> None:
    (event,) = parsed(b'Nov  4 15:06:20 dairy-mq ibm-mq[1736]: {"ibm_messageId":"AMQ9999E"}\n', SYSLOG)

    assert event.host == "dairy-mq"
    assert event.stamp
    assert event.stamp.written == "Nov  4 15:06:20"


def test_the_object_knows_better_than_syslog() -> None:
    line = b'Nov  4 15:06:20 relay ibm-mq[1736]: {"host":"dairy-mq","ibm_datetime":"2024-11-04T14:06:19.517Z"}\n'
    (event,) = parsed(line, SYSLOG)

    assert event.host == "dairy-mq"
    assert event.instant == datetime(2024, 11, 4, 14, 6, 19, 517000, UTC)
