"""What applications say of failed MQ calls. The shapes of their logs: samples/records/application."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mqdiag.formats import choose, console, errorlog
from mqdiag.formats._peers import peer
from mqdiag.formats.application import FORMAT, unfolded
from mqdiag.formats.undated import FORMAT as UNDATED
from mqdiag.frame import frame
from mqdiag.model import Code, Peer

if TYPE_CHECKING:
    from mqdiag.model import Event, Record

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "records" / "application"
STAMP = "2024-09-18T08:15:04.508+02:00 "


def records(data: bytes) -> list[Record]:
    format = choose(data, "x") or FORMAT
    return [each for each in frame([data], format, "x") if each.kind == format.kind]


def linked(name: str) -> list[Event]:
    """The events of a sample, related to each other."""
    data = (SAMPLES / name).read_bytes()
    return FORMAT.link([FORMAT.parse(each, None) for each in records(data)])


def failures(name: str) -> list[Event]:
    return [each for each in linked(name) if "language" in each.facts]


def parsed(text: str) -> Event:
    """The event of one entry with this text below its stamp."""
    (record,) = frame([(STAMP + text).encode()], FORMAT, "x")
    return FORMAT.parse(record, None)


# ---- entries -------------------------------------------------------------------------------------------------


def test_a_stack_trace_is_of_the_entry_above() -> None:
    before, failure, after = linked("java-alert-in-another-language.log")

    assert (before.span.last_line, failure.span.line, failure.span.last_line, after.span.line) == (1, 2, 15, 16)
    assert before.reason_code is after.reason_code is None


def test_a_chain_is_one_failure() -> None:
    """JMSWMQ0018, JMSCMQ0001 and two JmqiExceptions all say the same."""
    (event,) = failures("java-alert-in-another-language.log")

    assert event.facts["chain"] == "JMSWMQ0018 > JMSCMQ0001 > AMQ9204 > AMQ9771"
    assert (str(event.message_id), event.reason_code) == ("AMQ9771", 2397)


def test_a_printed_zone_states_the_instant() -> None:
    (event,) = failures("java-alert-in-another-language.log")

    assert event.stamp
    assert event.stamp.certainty == "stated"
    assert event.instant == datetime(2024, 9, 18, 6, 15, 4, 508000, UTC)


def test_a_stamp_without_zone_has_no_instant() -> None:
    (event,) = failures("go.log")

    assert event.stamp
    assert (event.stamp.local, event.stamp.instant) == (datetime(2025, 2, 11, 10, 31, 7), None)


def test_dockers_stamp_states_the_instant_where_the_entry_does_not() -> None:
    event, later = failures("java-through-docker.log")

    assert event.instant == datetime(2024, 9, 18, 6, 15, 4, 508123, UTC)
    assert later.instant == datetime(2024, 9, 18, 6, 15, 8, 999000, UTC)  # this one has its own


def test_a_line_of_a_stack_trace_with_dockers_stamp_is_no_entry() -> None:
    assert [each.span.line for each in linked("java-through-docker.log")] == [1, 4]


@pytest.mark.parametrize(
    "stamp",
    [
        "2024-09-18 08:15:04,508",
        "[2024-09-18 08:15:04.508]",
        "ERROR 2024-09-18T08:15:04.508Z",
        "9/18/24 08:15:04",
        "18.09.2024 08:15:04",
        "[9/18/24 8:15:04:508 CEST]",
        "Sep 18 08:15:04",
        "Sep 18, 2024 8:15:04 AM",
        "Wed Sep 18 08:15:04 CEST 2024",
        "18-Sep-2024 08:15:04.508",
        "08:15:04.508",
        "app_1  | 2024-09-18 08:15:04.508",
        "[pod/dairy-7c9/app] 2024-09-18 08:15:04.508",
    ],
)
def test_entries_begin_with_any_stamp(stamp: str) -> None:
    data = f"{stamp} connecting\n{stamp} failed: MQCONNX: MQCC = MQCC_FAILED [2] MQRC = MQRC_X [2393]\n".encode()

    assert choose(data, "x") is FORMAT
    assert len(records(data)) == 2


def test_stamps_alone_are_nobodys() -> None:
    assert choose(f"{STAMP}ERROR dairy: the connection to the cow broke, reason 2393\n".encode(), "x") is None


def test_records_of_mq_end_an_entry() -> None:
    data = (SAMPLES / "beside-records-of-mq.log").read_bytes()
    rest = b"".join(each.data for each in frame([data], FORMAT, "x") if each.kind == "unparsed")

    assert rest.count(b"\n") == console.FORMAT.looks_like(rest, "x") == 2


@pytest.mark.parametrize(
    "line",
    [
        "10/30/24 00:06:19 - Process(72.1) User(u) Program(node)",
        "2024-09-18T06:15:04.377Z AMQ9660E: SSL key repository",
        "AMQ9660E: SSL key repository",
        '2024-09-18T06:15:04.377Z {"ibm_messageId":"AMQ9660E"}',
        "[2023/05/16 13:22:24.702] MQCONNX start qmgr:HARB81 Options:0x00000000",
        "+" + "-" * 77 + "+",
    ],
)
def test_what_is_mqs_own_is_in_no_entry(line: str) -> None:
    data = f"{STAMP}JMSWMQ0018: failed\n\tat a.b(C.java:1)\n{line}\n{STAMP}next\n".encode()
    kinds = [(each.kind, each.span.line) for each in frame([data], FORMAT, "x")]

    assert kinds == [("java-exception", 1), ("unparsed", 3), ("java-exception", 4)]


def test_a_text_log_of_mq_stays_one() -> None:
    """Whatever its records quote."""
    header = "10/30/24 00:06:19 - Process(72.1) User(u) Program(node)\n                    Host(h)\n\n"
    log = f"{header}AMQ9999E: x\n\nEXPLANATION:\nMQCONNX ended with reason code 2393\n"

    assert choose(log.encode() * 3, "x") is errorlog.FORMAT


# ---- Java ----------------------------------------------------------------------------------------------------


def test_the_innermost_exception_gives_id_inserts_and_address() -> None:
    (event,) = failures("java-alert-in-another-language.log")

    assert event.inserts == {
        "CommentInsert1": "dairyqm.example.com/198.51.100.47:1416 (dairyqm.example.com)",
        "CommentInsert2": "SSLSocket.startHandshake",
        "CommentInsert3": "default",
    }
    assert event.peer == Peer("dairyqm.example.com", "198.51.100.47", 1416)


def test_quotes_mean_the_same_in_all_languages() -> None:
    (event,) = failures("java-alert-in-another-language.log")

    assert event.queue_manager == "DAIRYQM"


def test_apostrophes_are_no_quotes() -> None:
    assert [each.reason_code for each in failures("java-own-check-fails.log")] == [2397, 2035]


@pytest.mark.parametrize(
    ("name", "number"), [("bad_certificate", "42"), ("certificate_unknown", "46"), ("unknown_ca", "48")]
)
def test_an_alert_that_was_received_is_a_code(name: str, number: str) -> None:
    text = f"javax.net.ssl.SSLHandshakeException[Received fatal alert: {name}]"
    event = parsed(
        f"com.ibm.mq.jmqi.JmqiException: CC=2;RC=2397;AMQ9771: SSL handshake failed. [1={text},3=h/192.0.2.1:1]\n"
    )

    assert event.codes == {Code("mqrc", "2397"), Code("alert", number)}


def test_the_exception_is_the_innermost_that_is_not_mqs() -> None:
    tls, denied = failures("java-own-check-fails.log")

    assert tls.facts["exception"] == (
        "sun.security.provider.certpath.SunCertPathBuilderException: "
        "unable to find valid certification path to requested target"
    )
    assert "exception" not in denied.facts


def test_a_framework_that_wraps_an_exception_of_mqs_is_not_the_exception() -> None:
    event = parsed(
        "org.example.UncategorizedException: nested exception is com.ibm.mq.MQException: JMSCMQ0001: "
        "failed with compcode '2' ('MQCC_FAILED') reason '2035' ('MQRC_NOT_AUTHORIZED').\n"
    )

    assert event.reason_code == 2035
    assert "exception" not in event.facts


def test_the_channel_stands_in_an_insert() -> None:
    event = failures("java-channel-in-an-insert.log")[0]

    assert (str(event.message_id), event.channel, event.peer) == ("AMQ9641", "DAIRY.IN", None)


def test_brackets_inside_a_message() -> None:
    event = failures("java-own-check-fails.log")[0]

    assert "PKIX path building failed: [no path] for [CN=dairyqm] > " in event.facts["exceptions"]


def test_a_chain_that_was_wrapped_amid_a_word() -> None:
    (event,) = failures("java-cut-and-wrapped.txt")

    assert (event.span.line, event.span.last_line) == (3, 9)
    assert (str(event.message_id), event.queue_manager) == ("AMQ9213", "DAIRYQM")
    assert event.facts["exception"] == "java.net.SocketException: Connection reset"


def test_a_chain_that_was_wrapped_at_blanks() -> None:
    (event,) = failures("java-wrapped-before-the-inserts.txt")

    assert (event.channel, event.text) == ("DAIRY.IN", "Channel negotiation failed.")
    assert event.peer == Peer("localhost", None, 1414)


def test_a_chain_that_was_cut_off() -> None:
    event = failures("java-through-docker.log")[1]

    assert (str(event.message_id), event.reason_code, event.inserts) == ("AMQ9204", 2538, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CC=2;RC=2009;AMQ9204: a [1=x.Jm\n\nqi[b],3=c]", "CC=2;RC=2009;AMQ9204: a [1=x.Jmqi[b],3=c]"),
        ("CC=2;RC=2009;\nAMQ9204: a", "CC=2;RC=2009;AMQ9204: a"),
        ("CC=2;RC=2009;AMQ9204: a b\n[1=c]", "CC=2;RC=2009;AMQ9204: a b [1=c]"),
        ("CC=2;RC=2009;AMQ9204: a [1=b\n\tat c.d(E.java:1)", "CC=2;RC=2009;AMQ9204: a [1=b]\n\tat c.d(E.java:1)"),
        ("CC=2;RC=2009;AMQ9204: a [1=b[c", "CC=2;RC=2009;AMQ9204: a [1=b[c]]"),
        ("CC=2;RC=2009;AMQ9204: a.\nnext", "CC=2;RC=2009;AMQ9204: a.\nnext"),
    ],
)  # fmt: skip
def test_unfolding(text: str, expected: str) -> None:
    assert unfolded(text) == expected


# ---- the other languages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language", "reason_code"),
    [
        ("MQJE001: Completion Code '2', Reason '2539'.", "java", 2539),
        ("MQError: OPEN: MQCC = MQCC_FAILED [2] MQRC = MQRC_UNKNOWN_OBJECT_NAME [2085]", "node", 2085),
        ("MQCONN: MQCC = MQCC_FAILED [2] MQRC = MQRC_Q_MGR_NOT_AVAILABLE [2059]", "go", 2059),
        ("pymqi.MQMIError: MQI Error. Comp: 2, Reason 2538: FAILED: MQRC_HOST_NOT_AVAILABLE", "python", 2538),
        ("MQCONNX ended with reason code 2540", "c", 2540),
        ("IBM.WMQ.MQException: MQRC_HOST_NOT_AVAILABLE", "dotnet", 2538),
        ("belld: MQCONNX reason 2538 (MQRC_HOST_NOT_AVAILABLE)", "c", 2538),
        ("MQOPEN failed, CompCode 2, reason code: 2085", "c", 2085),
        ("MQException caught, ReasonCode=2059", "dotnet", 2059),
        ("IBM.WMQ.MQException: MQRC_NO_SUCH_THING", "dotnet", None),
        ("CompCode: 2, Reason: 2396", "dotnet", 2396),
    ],
)
def test_languages(text: str, language: str, reason_code: int | None) -> None:
    event = parsed(text + "\n")

    assert (event.facts["language"], event.reason_code, event.side) == (language, reason_code, "client")
    assert event.codes == ({Code("mqrc", str(reason_code))} if reason_code else frozenset())
    assert event.text == text


def test_arguments_of_a_connect_call_and_never_the_password() -> None:
    (event,) = failures("python-below-a-stamp.log")

    assert (event.queue_manager, event.channel, event.user) == ("DAIRYQM", "DAIRY.IN", "petra")
    assert event.peer is None  # conn_info() says nothing
    assert "not-for-logs" not in repr(event)


def test_what_the_log_says_once_is_so_for_its_failures() -> None:
    """'trying to connect to queue manager DAIRYQM at host dairyqm(1416)' is an entry of its own."""
    (event,) = failures("node.log")

    assert event.queue_manager == "DAIRYQM"
    assert event.peer == Peer("dairyqm", None, 1416)


def test_two_queue_managers_in_one_log_are_not_lent() -> None:
    texts = ["queue manager DAIRYQM", "queue manager FARMQM", "MQCONNX ended with reason code 2393"]
    events = FORMAT.link([parsed(each + "\n") for each in texts])

    assert [each.queue_manager for each in events] == ["DAIRYQM", "FARMQM", None]


# ---- without stamps ------------------------------------------------------------------------------------------


def test_a_failure_without_stamp_is_a_record_of_its_own() -> None:
    data = (SAMPLES / "sample-programs.txt").read_bytes()

    assert choose(data, "x") is UNDATED
    assert [each.span.line for each in failures("sample-programs.txt")] == [4, 5, 6]


def test_what_somebody_typed_names_the_channel() -> None:
    for event in failures("sample-programs.txt"):
        assert (event.queue_manager, event.channel) == ("DAIRYQM", "DAIRY.IN")
        assert event.peer == Peer("dairyqm.example.net", None, 1414)


def test_a_traceback_ends_at_its_exception() -> None:
    (event,) = failures("python-without-stamp.txt")

    assert (event.span.line, event.span.last_line) == (2, 7)
    assert event.stamp is None


@pytest.mark.parametrize(
    "line",
    [
        "The client gets MQCONNX ended with reason code 2393 for every reason.",
        "Node says `MQError: CONNX: MQCC = MQCC_FAILED [2] MQRC = MQRC_X [2393]`.",
        "| MQCONNX ended with reason code 2393 | whatever |",
        "{ \"says\": \"MQJE001: Completion Code '2', Reason '2539'.\" }",
        "JMSWMQ0018 is the outermost, AMQ9771 and 2397 say more.",
        "MQRC_SSL_INITIALIZATION_ERROR (2393)",
        "MQCONNX reason 2393",
    ],
)
def test_sentences_about_failures(line: str) -> None:
    assert choose(f"{line}\n".encode(), "README.md") is None


# ---- addresses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("h.example.com/198.51.100.9:1414 (h.example.com)", Peer("h.example.com", "198.51.100.9", 1414)),
        ("/198.51.100.9:1414", Peer(None, "198.51.100.9", 1414)),
        ("h.example.com(1414)", Peer("h.example.com", None, 1414)),
        ("a(1414),b(1415)", Peer("a", None, 1414)),
        ("bkq01 (198.51.100.47)(1416)", Peer("bkq01", "198.51.100.47", 1416)),
        ("198.51.100.61", Peer(None, "198.51.100.61", None)),
        ("2001:db8::7", Peer(None, "2001:db8::7", None)),
        ("'h:1414'", Peer("h", None, 1414)),
        ("????", None),
        ("", None),
    ],
)
def test_addresses(text: str, expected: Peer | None) -> None:
    assert peer(text) == expected


# ---- the journal, logfmt, .NET ----------------------------------------------------------------------------------


def test_the_journal_names_host_program_and_process() -> None:
    _, bare, inner, logfmt, as_json, java, _ = linked("through-the-journal.log")

    assert (bare.host, bare.program, bare.process) == ("kiosk-7", "kiosk-feed", 8800)
    assert bare.stamp is not None
    assert bare.stamp.written == "Sep 18 08:15:04"  # no year, so no time
    assert inner.stamp is not None
    assert inner.stamp.written == "2024/09/18 08:15:14"  # the program's own stamp says more
    assert str(logfmt.instant) == "2024-09-18 06:15:24.118000+00:00"
    assert str(as_json.instant) == "2024-09-18 06:15:34.120000+00:00"
    assert (java.span.line, java.span.last_line, java.message_id and java.message_id.key) == (6, 9, "AMQ9771")


def test_a_level_is_no_host() -> None:
    event = parsed("INFO dairy: MQCONNX: MQCC = MQCC_FAILED [2] MQRC = MQRC_NOT_AUTHORIZED [2035]")

    assert event.host is None
    assert event.reason_code == 2035


def test_logfmt_names_the_channel() -> None:
    assert [each.channel for each in failures("logfmt.log")] == ["KIOSK.FEED"] * 3


def test_an_entry_of_the_console_logger_of_dotnet_is_whole() -> None:
    (event,) = failures("console-logger-of-dotnet.log")

    assert (event.span.line, event.span.last_line) == (3, 8)
    assert (event.channel, event.reason_code) == ("KIOSK.TLS", 2393)
    assert {str(each) for each in event.codes} == {"mqrc:2393", "dotnet:NotTimeValid", "dotnet:UntrustedRoot"}


@pytest.mark.parametrize(
    ("reason", "codes"),
    [
        ("errors in the certificate chain: Revoked", {"dotnet:Revoked"}),
        ("according to the validation procedure: RemoteCertificateNameMismatch", set()),  # not a status of a chain
        ("Authentication failed: see inner exception", set()),
        ("errors in the certificate chain: PartialChain, SomethingNew", set()),  # a list that is not understood
    ],
)
def test_what_dotnet_found_in_a_chain(reason: str, codes: set[str]) -> None:
    event = parsed(
        "x\nIBM.WMQ.MQException: CompCode: 2, Reason: 2393\n"
        f" ---> System.Security.Authentication.AuthenticationException: The certificate is invalid, {reason}\n"
    )

    assert {str(each) for each in event.codes} - {"mqrc:2393"} == codes


@pytest.mark.parametrize(
    ("head", "stamped"),
    [("Mon May 30 07:48:14 CEST 2022\nSample AMQSPUT0 start\n", "before"), ("Mon May 30 07:48:14 CEST 2022 ", None)],
)
def test_what_date_prints_stands_before_what_the_program_prints(head: str, stamped: str | None) -> None:
    data = f"{head}MQCONNX ended with reason code 2393\n".encode()
    (event,) = (each for each in (FORMAT.parse(record, None) for record in records(data)) if each.reason_code)

    assert event.facts.get("stamped") == stamped
