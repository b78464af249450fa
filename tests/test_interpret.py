"""What a printed event means: numbers in their namespace, names from inserts or quotes, the side of its writer."""

from __future__ import annotations

from io import BytesIO

import pytest

from mqdiag.interpret import code_of, errno_names, interpret, last_number, peer
from mqdiag.model import Code, Event, Peer
from mqdiag.parse import framed, parsed
from mqdiag.sources import Source

HEADER = """03/22/19 08:17:30 - Process(4820.7) User(mqm) Program({program})
                    Host(one) Installation(Installation1)
                    VRMF(8.1.0.4){queue_manager}
"""


def read(text: str, program: str = "amqrmppa", queue_manager: str = " QMgr(QM1)", inserts: str = "") -> Event:
    """The interpreted event of one record, its header given."""
    head = HEADER.format(program=program, queue_manager=queue_manager) + inserts + "\n"
    data = (head + text).encode()
    record, format = next(iter(framed(Source("x", "x", lambda: BytesIO(data)))))
    assert format is not None
    event, why = parsed(record, format, None)
    assert event is not None, why
    return interpret(event)


def refused(details: str, number: str) -> str:
    return (
        "AMQ9633: Bad SSL certificate for channel '????'.\n\nEXPLANATION:\n"
        "(e) an OCSP responder says that it is revoked\n\n"
        f"The details are '{details}'.\n\nThe certificate validation error was {number}.\nACTION:\nNone.\n"
    )


def test_1042_is_an_alert_that_came_from_the_other_end() -> None:
    event = read(refused("sslv3 alert bad certificate", "1042"))

    assert event.codes == {Code("alert", "42")}
    assert event.role == "victim"
    assert event.certificate is None


def test_23_is_revoked_where_openssl_prints_it() -> None:
    event = read(refused("Certificate /C=JP/O=A/CN=b was revoked by AUTHINFO URL http://192.0.2.31:2560", "23"))

    assert event.codes == {Code("x509", "23")}
    assert event.role == "judge"
    assert str(event.certificate.subject) == "CN=b,O=A,C=JP"  # type: ignore[union-attr]
    assert event.facts["url"] == "http://192.0.2.31:2560"


def test_23_means_nothing_where_gskit_prints_it() -> None:
    """A number below 1000 beside a GSKit return code is not OpenSSL's."""
    inserts = " " * 20 + "ArithInsert1(414) ArithInsert2(23)\n" + " " * 20 + "CommentInsert1(????)\n"
    event = read(refused("[Class=]GSKVALMethod::X509[Issuer=]CN=a[#=]01[Subject=]CN=b", "23"), inserts=inserts)

    assert event.codes == {Code("gskit", "414")}


@pytest.mark.parametrize(
    ("namespace", "value", "openssl", "code"),
    [
        ("validation", "575032", True, Code("gskval", "575032")),
        ("validation", "575032", False, Code("gskval", "575032")),
        ("validation", "1048", True, Code("alert", "48")),
        ("validation", "1048", False, None),
        ("validation", "414", True, None),
        ("errno", "111", False, Code("errno", "refused")),
        ("errno", "10061", False, Code("errno", "refused")),
        ("errno", "4841376", False, None),  # a pointer that select() left there
        ("gskit", "0", False, None),
        ("gskit", "x", False, None),
    ],
)
def test_namespaces(namespace: str, value: str, openssl: bool, code: Code | None) -> None:
    assert code_of(namespace, value, openssl) == code


def test_a_socket_error_is_read_on_every_platform() -> None:
    refused = {number for number, name in errno_names().items() if name == "refused"}

    assert refused == {111, 79, 146, 239, 10061, 3425}


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("The return code from TCP/IP is 111 (X'6F').", "111"),
        ("The return code is 10054 X('2746') for host '10.1.2.3'.", "10054"),
        ("証明書の検証エラーは 575032 です。", "575032"),
        ("The process is 4820 and the code '5'.", "4820"),
        ("The return code was '5'.", "5"),
        ("The connection from port 4820 failed, and the code is 10", None),
        ("A certificate of /O=Minato Application 7 Inc./CN=app07 is bad.", None),
        ("A certificate \x86\x99 6 \x96\x94.", None),
        ("(a) one (b) two at 10.1.2.3 and TLS1.3", None),
        ("", None),
    ],
)
def test_last_number(body: str, number: str | None) -> None:
    assert last_number(body) == number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nshrb (198.51.100.24)(1481)", Peer("nshrb", "198.51.100.24", 1481)),
        ("branch14 (203.0.113.114) (1414)", Peer("branch14", "203.0.113.114", 1414)),
        ("10.91.132.120(1416)", Peer(None, "10.91.132.120", 1416)),
        ("198.51.100.3", Peer(None, "198.51.100.3", None)),
        ("2001:db8::7(1414)", Peer(None, "2001:db8::7", 1414)),
        ("????", None),
        ("", None),
    ],
)
def test_peer(text: str, expected: Peer | None) -> None:
    assert peer(text) == expected


def test_the_channel_of_9716_is_its_third_insert() -> None:
    blank = " " * 20
    certificate = "[Class=]GSKVALMethod::X509[Issuer=]CN=a[#=]01[Subject=]CN=b"
    inserts = f"{blank}CommentInsert1({certificate})\n{blank}CommentInsert3(A.B)\n"
    event = read("AMQ9716E: Remote SSL certificate revocation status check failed.\n", inserts=inserts)

    assert event.channel == "A.B"
    assert event.certificate is not None
    assert event.certificate.serial == "01"


@pytest.mark.parametrize(
    ("text", "program", "queue_manager", "side"),
    [
        ("AMQ9642: No certificate for channel 'A.B'.\n", "runmqchl", " QMgr(QM1)", "client"),
        ("AMQ9637: Channel is lacking a certificate.\n", "amqrmppa", " QMgr(QM1)", "server"),
        ("AMQ9665: SSL connection closed by remote end of channel 'A.B'.\n", "orders.exe", "", "client"),
        ("AMQ9665: SSL connection closed by remote end of channel '????'.\n", "amqrmppa", " QMgr(QM1)", "server"),
        ("AMQ9665: SSL connection closed by remote end of channel 'A.B'.\n", "runmqchl", " QMgr(QM1)", "client"),
        (
            "AMQ9999: Channel 'A.B' to host 'mq2 (192.0.2.2)(1414)' ended abnormally.\n",
            "amqrmppa",
            " QMgr(Q)",
            "client",
        ),
        ("AMQ9999: Channel 'A.B' to host 'mq2 (192.0.2.2)' ended abnormally.\n", "amqrmppa", " QMgr(Q)", "server"),
        ("AMQ9999: Channel 'A.B' to host '192.0.2.2 (49152)' ended abnormally.\n", "amqrmppa", " QMgr(Q)", "server"),
    ],
)
def test_side(text: str, program: str, queue_manager: str, side: str) -> None:
    assert read(text, program, queue_manager).side == side


# ---- quotes of other languages ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "AMQ9999: 到主机“lulu (203.0.113.177) (1414)”的通道“SICHOU.TO.LULU”异常结束。",  # the host first
        "AMQ9999: Channel 'SICHOU.TO.LULU' to host 'lulu (203.0.113.177)(1414)' ended abnormally.",
        "AMQ9999: Kanał „SICHOU.TO.LULU” do hosta „lulu (203.0.113.177)(1414)” został zakończony.",
        "AMQ9999: Le canal « SICHOU.TO.LULU » vers l'hôte « lulu (203.0.113.177)(1414) » s'est arrêté.",
        "AMQ9999: Le canal 'SICHOU.TO.LULU' vers l'hôte 'lulu (203.0.113.177)(1414)' s'est arrêté.",
        "AMQ9999: Terminazione anomala dell'istanza del canale 'SICHOU.TO.LULU' all'host 'lulu (203.0.113.177)(1414)'.",
        "AMQ9999: チャネル「SICHOU.TO.LULU」(ホスト「lulu (203.0.113.177)(1414)」)",
        "AMQ9999: 通往主機『lulu (203.0.113.177)(1414)』的通道『SICHOU.TO.LULU』",
    ],
)
def test_channel_and_host_are_told_apart_in_any_order(line: str) -> None:
    event = read(line + "\n\nEXPLANATION:\nNone.\nACTION:\nNone.\n")

    assert event.channel == "SICHOU.TO.LULU"
    assert event.peer == Peer("lulu", "203.0.113.177", 1414)


def test_an_address_is_no_channel() -> None:
    event = read("AMQ9999: 到主机“192.0.2.61”的通道“????”异常结束。\n\nEXPLANATION:\nNone.\nACTION:\nNone.\n")

    assert event.channel is None
    assert event.peer == Peer(None, "192.0.2.61", None)


def test_the_explanation_names_the_channel_where_the_line_does_not() -> None:
    event = read("AMQ9505: 通道序列回绕值不同。\n\n说明:\n通道“CHAYE.TO.SICHOU”:本地 999999999。\n操作:\n改。\n")

    assert event.channel == "CHAYE.TO.SICHOU"


@pytest.mark.parametrize(
    "key", ["AMQ9496", "AMQ9502", "AMQ9531", "AMQ9535", "AMQ9536", "AMQ9544", "AMQ9547", "AMQ9604"]
)
def test_the_first_text_insert_of_these_is_the_channel(key: str) -> None:
    inserts = " " * 20 + "CommentInsert1(CABLE.A.TO.B)\n"
    event = read(f"{key}E: Something about a channel.\n\nEXPLANATION:\nNone.\nACTION:\nNone.\n", inserts=inserts)

    assert event.channel == "CABLE.A.TO.B"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("puertoqm (198.51.100.3)(1414)", Peer("puertoqm", "198.51.100.3", 1414)),
        ("198.51.100.3(1414)", Peer(None, "198.51.100.3", 1414)),
        ("198.51.100.3", Peer(None, "198.51.100.3", None)),
        ("A.CHANNEL", None),
        ("one (two)", None),
    ],
)
def test_an_address_in_the_explanation_where_there_are_no_inserts(written: str, expected: Peer | None) -> None:
    """AMQ9665 of levels before 9.1 names the other end only in its explanation."""
    event = read(
        "AMQ9665: SSL connection closed by remote end of channel 'A.B'.\n\nEXPLANATION:\n"
        f"The remote host is '{written}'. The channel is 'A.B'.\nACTION:\nNone.\n"
    )

    assert event.peer == expected


@pytest.mark.parametrize("place", ["onsenmq (198.51.100.150)", "onsenmq (198.51.100.150)(1414)"])
def test_an_address_in_the_message_line_without_quotes(place: str) -> None:
    """AMQ9208 of version 7 quotes nothing."""
    event = read(f"AMQ9208: Error on receive from host {place}.\nEXPLANATION:\nNone.\nACTION:\nNone.\n")

    assert event.peer == Peer("onsenmq", "198.51.100.150", 1414 if "1414" in place else None)


def test_a_call_of_the_sockets_is_no_channel() -> None:
    """AMQ9202 has been seen with `connect` where other records of TCP have the channel."""
    inserts = "                    ArithInsert1(111)\n                    CommentInsert3({})\n"
    text = "AMQ9202: Remote host 'b (192.0.2.9) (1414)' not available, retry later.\n\nEXPLANATION:\nx\nACTION:\ny\n"

    assert read(text, inserts=inserts.format("connect")).channel is None
    assert read(text, inserts=inserts.format("TO.B")).channel == "TO.B"
