from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_reports import HOSTILE, bare_incident, full_report, hostile_report, incident, report

from mqdiag.errors import MqdiagError
from mqdiag.model import Event, MessageId, Name, Record, Report, Span, Stamp
from mqdiag.render import Screen, render, report_page
from mqdiag.render.json import data, dumps, load, message_id, name, record_line, utc


def written(report: Report) -> str:
    return render(report_page(report), "json", Screen())


def words(text: str) -> list[str]:
    return text.split()


SOURCE = words(
    "path kind side host queue_manager encoding bytes records unparsed_bytes first last "
    "utc_offset_minutes utc_offset_basis"
)
INCIDENT = words(
    "id cause title confidence judge channel queue_manager start end occurrences certificate "
    "alternatives evidence missing remedies"
)
EVIDENCE = words("path line last_line side time message_id probe_id reason_code role says")


def test_the_contract_s_keys_in_the_contract_s_order() -> None:
    got = data(full_report())
    one = got["incidents"][0]

    assert list(got) == ["schema", "mqdiag", "sources", "incidents", "clocks", "notes"]
    assert got["schema"] == "mqdiag/report/1"
    assert list(got["sources"][0]) == SOURCE
    assert list(one) == INCIDENT
    assert list(one["certificate"]) == ["subject", "issuer", "serial", "owner"]
    assert list(one["alternatives"][0]) == ["cause", "why"]
    assert list(one["evidence"][0]) == EVIDENCE
    assert list(one["remedies"][0]) == ["who", "do", "check"]
    assert list(got["clocks"][0]) == ["between", "skew_s", "spread_s", "pairs"]
    assert list(got["notes"][0]) == ["code", "path", "line", "text"]


def test_evidence_says_what_its_record_says() -> None:
    origin, echo, wrapper, ffst, absence = data(report(incident()))["incidents"][0]["evidence"]

    assert (origin["message_id"], origin["time"]) == ("AMQ9633E", "2024-03-19T13:20:11.587Z")
    assert echo["message_id"] == "AMQ9633"
    assert (wrapper["reason_code"], wrapper["message_id"], wrapper["time"]) == (2393, None, None)
    assert (ffst["probe_id"], ffst["message_id"]) == ("XC022001", "AMQ9716E")
    assert (absence["line"], absence["last_line"], absence["time"]) == (None, None, None)


def test_what_is_not_known_is_null() -> None:
    got = data(report(bare_incident()))["incidents"][0]
    unknown = {"judge", "channel", "queue_manager", "start", "end"}

    assert {key for key, value in got.items() if value is None} == unknown
    assert got["certificate"] == {"subject": None, "issuer": None, "serial": None, "owner": None}


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2024, 3, 19, 13, 20, 11, 999_999, tzinfo=UTC), "2024-03-19T13:20:11.999Z"),
        (datetime(2024, 3, 19, 9, tzinfo=timezone(timedelta(hours=9))), "2024-03-19T00:00:00.000Z"),
        (None, None),
    ],
)
def test_times_are_utc_with_milliseconds(instant: datetime | None, text: str | None) -> None:
    assert utc(instant) == text


def test_letters_stay_and_bytes_that_are_no_text_become_escapes() -> None:
    assert dumps("説明 \udc93 \ud800") == '"説明 \\\\x93 \\\\ud800"'


def test_nothing_in_json_drives_a_terminal_or_breaks_a_line() -> None:
    text = dumps({"a": "\x1b \x9b \x7f \u2028 \u202e \U000e0041 \n"})

    assert text.isascii()
    assert len(text.splitlines()) == 1
    assert json.loads(text) == {"a": "\x1b \x9b \x7f \u2028 \u202e \U000e0041 \n"}


def test_a_hostile_report_is_still_json() -> None:
    text = written(hostile_report())

    text.encode("utf-8")
    assert json.loads(text)["incidents"][0]["channel"] == HOSTILE.replace("\udc93", "\\x93")
    assert "\x1b" not in text


def test_the_same_report_gives_the_same_bytes() -> None:
    assert written(full_report()) == written(full_report())


@pytest.mark.parametrize("each", [full_report(), hostile_report(), report()])
def test_a_report_read_back_is_written_the_same(each: Report) -> None:
    assert written(load(written(each), "it")) == written(each)


def almost(sources: str) -> str:
    return f'{{"schema":"mqdiag/report/1","mqdiag":"1","sources":{sources},"incidents":[],"clocks":[],"notes":[]}}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        "null",
        "[" * 100_000,
        '{"schema": "mqdiag/report/2"}',
        '{"schema": "mqdiag/report/1"}',
        almost('[{"path":"x"}]'),
        almost("[3]"),
        almost("7"),
    ],
)
def test_what_is_no_report_is_a_mistake_of_the_user(text: str) -> None:
    with pytest.raises(MqdiagError) as caught:
        load(text, "old.json")

    assert caught.value.where == "old.json"


@pytest.mark.parametrize("text", ["AMQ9716E", "AMQ9716", "CSQX631E", "CSQX665", "JMSWMQ0018"])
def test_message_ids_are_read_back(text: str) -> None:
    assert str(message_id(text)) == text


def test_a_message_id_is_split_as_the_log_s_was() -> None:
    assert message_id("AMQ9716E") == MessageId("AMQ", "9716", "E")


@pytest.mark.parametrize("text", ["CN=a,O=Harbour, Inc.,C=AU", "E=x,CN=a", "no attributes", ""])
def test_names_are_read_back(text: str) -> None:
    assert str(name(text)) == text or text in ("", "no attributes")


def test_a_comma_in_a_name_belongs_to_its_value() -> None:
    assert name("CN=a,O=Harbour, Inc.,C=AU") == Name((("C", "AU"), ("O", "Harbour, Inc."), ("CN", "a")))


# ---- records ---------------------------------------------------------------------------------------------------

SPAN = Span("a.zip!AMQERR01.LOG", 4, 9, 100, 40)


def test_a_record_line() -> None:
    event = Event(
        "amqerr",
        SPAN,
        stamp=Stamp("19/03/24 13:20:11", instant=datetime(2024, 3, 19, 13, 20, 11, tzinfo=UTC)),
        process=12,
        thread=1,
        message_id=MessageId("AMQ", "9716", "E"),
        inserts={"CommentInsert3": "A.B"},
        text="Remote revocation status unknown.",
    )
    line = record_line(Record("amqerr", SPAN, b""), event)

    assert line.endswith("}\n")
    assert json.loads(line) == {
        "path": "a.zip!AMQERR01.LOG",
        "kind": "amqerr",
        "line": 4,
        "last_line": 9,
        "offset": 100,
        "length": 40,
        "time": "2024-03-19T13:20:11.000Z",
        "side": None,
        "host": None,
        "queue_manager": None,
        "process": 12,
        "thread": 1,
        "user": None,
        "program": None,
        "message_id": "AMQ9716E",
        "probe_id": None,
        "reason_code": None,
        "channel": None,
        "inserts": {"CommentInsert3": "A.B"},
        "text": "Remote revocation status unknown.",
    }
    assert list(json.loads(line))[:6] == ["path", "kind", "line", "last_line", "offset", "length"]


def test_what_was_not_understood_is_unparsed_and_whole() -> None:
    got = json.loads(record_line(Record("amqerr", SPAN, b"torn \xff\n"), None, "utf-8"))

    assert (got["kind"], got["text"], got["inserts"]) == ("unparsed", "torn \\xff\n", {})


@given(st.binary(max_size=200))
def test_any_record_is_one_line(data: bytes) -> None:
    line = record_line(Record("unparsed", replace(SPAN, length=len(data)), data), None)

    assert len(line.splitlines()) == 1
    json.loads(line.encode("utf-8"))
