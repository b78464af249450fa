"""FFST reports of queue managers and clients, of the Java classes, and the output of ffstsummary."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lark import UnexpectedInput

from mqdiag.formats import ffst, ffstsummary, javaffst
from mqdiag.formats.errorlog import FORMAT as ERROR_LOG
from mqdiag.frame import frame

if TYPE_CHECKING:
    from mqdiag.formats._base import Format
    from mqdiag.model import Event, Record

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
REPORTS = {path.stem: path.read_bytes() for path in sorted((SAMPLES / "records" / "ffst").glob("*.FDC"))}
JAVA_REPORTS = {path.stem: path.read_bytes() for path in sorted((SAMPLES / "records" / "javaffst").glob("*.FDC"))}
SUMMARIES = {path.stem: path.read_bytes() for path in sorted((SAMPLES / "records" / "ffstsummary").glob("*.txt"))}
ALL_SECTIONS = REPORTS["all-sections-of-a-channel-process"]

BORDER = "+" + "-" * 77 + "+"
TITLE = "| IBM MQ First Failure Symptom Report                                         |"


def records_of(data: bytes, format: Format = ffst.FORMAT, size: int = 1 << 17) -> list[Record]:
    return list(frame([data[at : at + size] for at in range(0, len(data), size)], format, "x"))


def parsed(*rows: str) -> Event:
    """The event of a report with these rows below its title."""
    data = "\n".join([BORDER, TITLE, *rows, BORDER, ""]).encode()
    (record,) = records_of(data)
    return ffst.FORMAT.parse(record, None)


# ---- framing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 79, 997, 1 << 17])
def test_all_threads_of_a_process_append_to_one_file(size: int) -> None:
    """Each top border begins a report, also where the report above has no body or was cut."""
    reports = [each if each.endswith(b"\n") else each + b"\r\n" for each in REPORTS.values()]
    records = records_of(b"".join(reports), size=size)

    assert [each.data for each in records] == reports
    assert {each.kind for each in records} == {"ffst"}


def test_a_file_that_begins_amid_a_report() -> None:
    """What is left of the report that rotation or tail cut has no opening and stays unparsed."""
    rest = ALL_SECTIONS[ALL_SECTIONS.index(b"| Probe Id") :]
    head, report = records_of(rest + ALL_SECTIONS)

    assert (head.kind, head.data) == ("unparsed", rest)
    assert (report.kind, report.data) == ("ffst", ALL_SECTIONS)


def test_a_closing_border_does_not_open_the_report_below_it() -> None:
    empty = f"{BORDER}\n{TITLE}\n| Probe Id          :- XC130003\n{BORDER}\n".encode()

    assert [each.data for each in records_of(empty * 2)] == [empty, empty]


@pytest.mark.parametrize(
    "text",
    [
        "An FDC begins with 'IBM MQ First Failure Symptom Report'.\n",
        "| FFST | First Failure Symptom Report |\n|------|------------------------------|\n| Probe Id | XC022001 |\n",
        '{"about": "IBM MQ First Failure Symptom Report", "message_id": "AMQ9716E"}\n',
        "-----\nWebSphere MQ First Failure Symptom Report\n",
        f"{BORDER}\n| Probe Id          :- XC130003 |\n{BORDER}\n",
        "AMQ84.0.FDC\n-rw-rw---- 1 mqm mqm 92113 Nov 30 12:12 AMQ30.0.FDC\n",
        "First Failure Symptom Report completed at Tue Oct 29 15:06:19 GMT 2024\n",
    ],
)
@pytest.mark.parametrize("format", [ffst.FORMAT, javaffst.FORMAT, ffstsummary.FORMAT], ids=lambda each: each.kind)
def test_what_only_mentions_a_report(format: Format, text: str) -> None:
    assert format.looks_like(text.encode(), "README.md") == 0
    assert [each.kind for each in records_of(text.encode(), format)] == ["unparsed"]


def test_the_two_kinds_of_report_do_not_claim_each_other() -> None:
    assert all(javaffst.FORMAT.looks_like(each, "x") == 0 for each in REPORTS.values())
    assert all(ffst.FORMAT.looks_like(each, "x") == 0 for each in JAVA_REPORTS.values())


def test_the_name_of_a_file_says_what_it_is() -> None:
    """An FDC of which only the body is left is an FDC, and not what its dumps resemble."""
    for format, name in ((ffst.FORMAT, "errors.zip!errors/AMQ84.0.FDC"), (javaffst.FORMAT, "FFDC/JMSCC0001.FDC")):
        assert 0 < format.looks_like(b"00000000  0C247086\n", name) < 1
        assert format.looks_like(b"00000000  0C247086\n", "x.txt") == 0


# ---- the header ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fdc", sorted(SAMPLES.rglob("cases/**/*.FDC")), ids=lambda each: each.parts[-3])
def test_one_failure_has_the_same_inserts_in_report_and_log(fdc: Path) -> None:
    """The box breaks a certificate at its width, the log does not: what is joined again is what the log has."""
    reports = [ffst.FORMAT.parse(each, None) for each in records_of(fdc.read_bytes())]
    logs = [
        ERROR_LOG.parse(each, None)
        for path in fdc.parent.glob("AMQERR01.LOG")
        for each in records_of(path.read_bytes(), ERROR_LOG)
    ]
    printing = [each for each in logs if each.inserts]  # levels before 9.1 print none
    pairs = [(log, report) for log in printing for report in reports if log.message_id == report.message_id]

    assert all(report.probe_id for report in reports)
    assert [(log.inserts, log.text) for log, _ in pairs] == [(report.inserts, report.text) for _, report in pairs]


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        # no blank in a full row: it was cut within a word
        (["[Class=]GSKVALMethod::X509[Issuer=]EMAIL=pki@harbour.example.net,CN=ca.ha", "rbour"], "ca.harbour"),
        # a row that is not full ended at a blank
        (["rbour.example.net,O=Harbour Root", "Office"], "Root Office"),
        # a full row with blanks fitted exactly: the box would have broken it at the last of them
        (["Office,ST=Victoria,C=AU[#=]0A[Subject=]CN=harb81.harbour.example.net,O=A B", "C"], "O=A B C"),
        # Japanese breaks anywhere
        (["チャネル 'NARA.APP' のリモート・エンドによってクローズさ", "れました。"], "クローズされました。"),
        (["チャネル 'NARA.APP' のリモート SSL", "証明書"], "SSL 証明書"),
    ],
)
def test_rows_are_joined_as_they_were_broken(rows: list[str], value: str) -> None:
    comment = parsed("| Comment1          :-", *(f"|   {row}" for row in rows)).inserts["CommentInsert1"]

    assert comment.endswith(value)


def test_a_value_that_goes_on_below_itself() -> None:
    """To 7.0 the rest of a value stands under its beginning, and copies lose the bars."""
    rows = ["Probe Description :- AMQ6125: An internal error of the", " " * 21 + "queue manager has occurred."]

    assert parsed(*rows).text == "An internal error of the queue manager has occurred."


@pytest.mark.parametrize(
    ("written", "local"),
    [
        ("土 9月 25 2021 23:52:16 JST", datetime(2021, 9, 25, 23, 52, 16)),
        ("土 6月 23 2018 13:13:13 東京 (標準時)", datetime(2018, 6, 23, 13, 13, 13)),
        ("Mon January 28 2008 21:59:06 GMT", datetime(2008, 1, 28, 21, 59, 6)),
        ("Tue February 19 12:58:42 GMT Standard Time 2002", datetime(2002, 2, 19, 12, 58, 42)),
        ("Sat July 18 2015 21:00:31 JST", datetime(2015, 7, 18, 21, 0, 31)),
    ],
)
def test_date_and_time(written: str, local: datetime) -> None:
    """Without UTC Time or an offset nothing states the instant, also where a zone is named: IST is three zones."""
    stamp = parsed(f"| Date/Time         :- {written} |").stamp

    assert stamp is not None
    assert (stamp.written, stamp.local, stamp.instant, stamp.certainty) == (written, local, None, "ambiguous")


def test_an_offset_alone_states_the_instant() -> None:
    stamp = parsed("| Date/Time :- Sat July 18 2015 21:00:31 JST |", "| UTC Time Offset :- 540 (JST) |").stamp

    assert stamp is not None
    assert stamp.instant == datetime(2015, 7, 18, 12, 0, 31, tzinfo=UTC)


def test_the_last_row_of_a_cut_report_is_not_the_rest_of_the_one_above() -> None:
    data = f"{BORDER}\n{TITLE}\n| Component         :- xcsWaitEventSem\n| Proce".encode()
    (record,) = records_of(data)

    assert ffst.FORMAT.parse(record, None).facts["component"] == "xcsWaitEventSem"


def test_a_probe_id_that_was_cut_is_none() -> None:
    assert parsed("| Probe Id          :- XC0220").probe_id is None


# ---- the body --------------------------------------------------------------------------------------------


def test_sections_are_found_and_cover_the_body() -> None:
    titles = ["MQM Function Stack", "MQM Trace History", "Component Dumps (Thread 00000012)", "Environment Variables"]
    found = ffst.sections(ALL_SECTIONS)

    assert [each.title for each in found] == titles
    assert found[0].offset + sum(each.length for each in found) == len(ALL_SECTIONS)
    assert ffst.sections(REPORTS["cut-after-eight-rows"]) == ()


def test_sections_are_parsed_on_demand() -> None:
    text = ALL_SECTIONS.decode()
    dump, settings = (text[each.offset : each.offset + each.length] for each in ffst.sections(ALL_SECTIONS)[2:])
    steps = ffst.trace_history(text)

    assert ffst.function_stack(text)[:3] == ("<signal handler called>", "ccxResponder", "rrxResponder")
    assert steps[0] == ffst.Step(0, "rriAddStatusEntry", None)
    assert steps[2] == ffst.Step(1, "xcsFreeMemFn", "")
    assert steps[-1] == ffst.Step(2, "xcsReleaseThreadMutexSem", "xecL_W_LONG_LOCK_WAIT")
    assert ffst.dump(dump).settings == {"PeerName": "192.0.2.88", "ConnState": "5"}
    assert ffst.dump(dump).octets.startswith(b"CICB\0\0\0\1\xc0\xa8\2X")
    assert ffst.dump(settings).settings["MQ_INSTALLATION_PATH"] == "/opt/mqm"


def test_a_report_without_stack_and_history_has_none() -> None:
    report = REPORTS["rows-left-out-by-the-writer"].decode()

    assert ffst.function_stack(report) == ffst.trace_history(report) == ()


def test_arrows_of_the_trace_history() -> None:
    assert ffst.trace_history(
        "MQM Trace History\n--> xcsCheckProcess\n----> xcsA\n<-- xcsCheckProcess rc=xecP_E_INVALID_PID\n"
    ) == (
        ffst.Step(0, "xcsCheckProcess", None),
        ffst.Step(2, "xcsA", None),
        ffst.Step(0, "xcsCheckProcess", "xecP_E_INVALID_PID"),
    )


# ---- whatever the bytes ----------------------------------------------------------------------------------


def parse_all(records: list[Record], format: Format) -> None:
    for each in records:
        if each.kind != "unparsed":
            try:
                format.parse(each, None)
            except (UnexpectedInput, ValueError):
                continue  # parse.py makes a note of it


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(sorted(REPORTS)), cut=st.floats(0, 1), size=st.integers(1, 400))
def test_a_report_cut_at_any_byte(name: str, cut: float, size: int) -> None:
    """Cut behind its title it is a report still, and it can be parsed; before, it is none."""
    data = REPORTS[name][: int(len(REPORTS[name]) * cut)]
    records = records_of(data, size=size)

    assert b"".join(each.data for each in records) == data
    for each in records:
        if each.kind == "ffst":
            ffst.FORMAT.parse(each, None)


@settings(max_examples=200, deadline=None)
@given(
    pieces=st.lists(st.sampled_from([*REPORTS.values(), *JAVA_REPORTS.values(), *SUMMARIES.values()]), max_size=4),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=40)), max_size=6),
    size=st.integers(1, 5000),
)
def test_damaged_files_join_again(pieces: list[bytes], cuts: list[tuple[float, bytes]], size: int) -> None:
    data = b"".join(pieces)
    for place, damage in cuts:
        at = int(len(data) * place)
        data = data[:at] + damage + data[at + len(damage) :]
    for format in (ffst.FORMAT, javaffst.FORMAT, ffstsummary.FORMAT):
        records = records_of(data, format, size)

        assert b"".join(each.data for each in records) == data
        assert records == records_of(data, format)
        parse_all(records, format)


WORDS = (
    """| :- Probe Id +- { } <-- --> rc= #1 0x1f in > 00000010 0C247086 5370ED4 PeerName A= MQGET ( ===== .... 証明"""
)
PIECES = st.sampled_from([*WORDS.split(), "\n", "\r\n", " ", "   ", "\t", "\x0b", "\u3000", "-" * 30])


@settings(max_examples=400, deadline=None)
@given(text=st.lists(PIECES, max_size=30).map("".join))
@example(text="00000010  0C247086 hello")
@example(text="{\n")
def test_any_text_has_a_stack_a_history_and_a_dump(text: str) -> None:
    ffst.function_stack("MQM Function Stack\n" + text)
    ffst.trace_history("MQM Trace History\n" + text)
    ffst.dump(text)
    parsed(*text.split("\n"))
