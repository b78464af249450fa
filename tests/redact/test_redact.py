"""What a pseudonym keeps, what is never replaced, and that nothing is written where an original value is left."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_reports import full_report, incident, origin

from mqdiag.errors import MqdiagError
from mqdiag.model import Certificate, Event, MessageId, Name, Peer, Report, SourceReport, Span, Stamp
from mqdiag.redact import Key, Redactor, redactor
from mqdiag.redact.originals import own
from mqdiag.redact.patterns import found
from mqdiag.redact.search import Index, Value
from mqdiag.render import Screen, formats, render, report_page

KEY = Key(b"a key of the tests, long enough")
NOW = datetime(2024, 3, 19, 13, 20, tzinfo=UTC)


def event(path: str = "client/AMQERR01.LOG", **fields: object) -> Event:
    given = {"text": "", "message_id": MessageId("AMQ", "9999"), "stamp": Stamp("", instant=NOW), **fields}
    return Event("amqerr", Span(path, 1, 2, 0, 10), **given)  # type: ignore[arg-type]


def of(*events: Event, key: Key | None = None, report: Report | None = None) -> Redactor:
    return redactor(report or Report("0", (), (), (), ()), events, key=key)


def source(path: str, host: str | None = None, queue_manager: str | None = None) -> SourceReport:
    return SourceReport(path, "amqerr", "client", host, queue_manager, "ascii", 10, 1, 0)


# ---- the same is the same --------------------------------------------------------------------------------------


def test_a_host_is_one_token_however_it_is_written() -> None:
    """Upper case, with its domain, in a connection name, in a URL, as the common name of its certificate."""
    certificate = Certificate(Name((("C", "AU"), ("CN", "HARB7.harbour.example.net"))))
    made = of(
        event(host="HARB7"),
        event(host="harb7.harbour.example.net", peer=Peer("harb7", "192.0.2.7", 1414)),
        event(certificate=certificate, facts={"url": "http://harb7.harbour.example.net:2560/ocsp"}),
    )

    token = made.of("host", "harb7")

    assert token == "HOST-1"
    assert made.of("host", "HARB7.HARBOUR.example.net") == token
    assert made.text("ask harb7 (192.0.2.7)(1414), or http://Harb7.harbour.example.net:2560/") == (
        f"ask {token} (240.0.1.1)(1414), or http://{token}:2560/"
    )
    assert str(made.certificate(certificate).subject) == f"CN={token},C=C-1"


def test_hosts_of_one_name_in_two_domains_are_two() -> None:
    """cus1.example.org and cus1.example.net: one of them is the typing error that is looked for."""
    made = of(event(peer=Peer("cus1.example.org")), event(host="cus1.example.net"))

    tokens = {made.of("host", each) for each in ("cus1.example.org", "cus1.example.net")}

    assert tokens == {"HOST-1.DOMAIN-1", "HOST-1.DOMAIN-2"}


def test_subnets_stay_recognisable() -> None:
    """Two addresses of one /24 are in one again, a third is in another; so are those of one /64."""
    listed = ("198.51.100.7", "198.51.100.9", "203.0.113.7", "2001:db8:1::7", "2001:db8:1::9", "2001:db8:2::7")
    made = of(*(event(peer=Peer(None, each)) for each in listed))
    for keyed in (made, of(*(event(peer=Peer(None, each)) for each in listed), key=KEY)):
        v4 = [keyed.of("address", each) or "" for each in listed[:3]]
        v6 = [keyed.of("address", each) or "" for each in listed[3:]]

        assert len({*v4, *v6}) == 6
        assert v4[0].rpartition(".")[0] == v4[1].rpartition(".")[0] != v4[2].rpartition(".")[0]
        assert v6[0].rpartition("::")[0] == v6[1].rpartition("::")[0] != v6[2].rpartition("::")[0]


def test_a_rule_for_a_subnet_is_of_the_same_subnet() -> None:
    made = of(event(peer=Peer(None, "198.51.100.7"), text="ADDRESS('198.51.100.*')"))

    assert made.text("ADDRESS('198.51.100.*') matched 198.51.100.7") == "ADDRESS('240.0.1.*') matched 240.0.1.1"


def test_a_name_of_two_kinds_is_told_apart_by_what_stands_before_it() -> None:
    made = of(event(host="cus1", queue_manager="CUS1"))

    assert made.text("queue manager CUS1 on cus1") == "queue manager QM-1 on HOST-1"


def test_distinguished_names_keep_their_types() -> None:
    name = Name((("C", "AU"), ("O", "Harbour Desk, Inc."), ("OU", "Tills"), ("CN", "Harbour Root")))
    made = of(event(certificate=Certificate(name, None, "C805A90CD1")))

    assert str(made.name(name)) == "CN=CN-1,OU=OU-1,O=O-1,C=C-1"
    assert made.text(f"for {name}, serial C805A90CD1") == "for CN=CN-1,OU=OU-1,O=O-1,C=C-1, serial SERIAL-1"
    assert made.text("[Serial=]00:c8:05:a9:0c:d1[Subject=]") == "[Serial=]SERIAL-1[Subject=]"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/var/mqm/qmgrs/HARB1/errors/AMQERR01.LOG", "/var/mqm/qmgrs/QM-1/errors/AMQERR01.LOG"),
        ("collected/desk-pc07/AMQ1044.0.FDC", "DIR-1/HOST-1/AMQ1044.0.FDC"),
        ("case-4711.zip!server/trail.log", "FILE-1.zip!server/FILE-2.log"),
        ("-", "-"),
    ],
)
def test_paths_keep_the_names_of_mq(path: str, shown: str) -> None:
    sources = tuple(
        source(each)
        for each in (
            "/var/mqm/qmgrs/HARB1/errors/AMQERR01.LOG",
            "collected/desk-pc07/AMQ1044.0.FDC",
            "case-4711.zip!server/trail.log",
        )
    )
    made = of(event(host="desk-pc07", queue_manager="HARB1"), report=Report("0", sources, (), (), ()))

    assert made.path(path) == shown


# ---- what stays ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "AMQ9716E: 'gsk_attribute_get_buffer' in amqccisa.c:8903 with ECDHE_RSA_AES_256_CBC_SHA384, 575032, X509_V 73",
        "VRMF(9.2.0.10) LVLS :- 8.0.0.14 Version 8.0.55.21",
        "2024-03-19T13:20:11.587Z 19/03/24 13:20:11 127.0.0.1 localhost",
        "runmqakm -cert -list -db key.kdb -stashed; DISPLAY CHLAUTH(*); SYSTEM.DEF.SVRCONN; amqrmppa",
        "com.ibm.mq.jmqi.JmqiException: MQRC_HOST_NOT_AVAILABLE",
    ],
)
def test_the_words_of_mq_stay(text: str) -> None:
    made = of(event(text=text, host="harb1", vrmf="9.2.0.10"))

    assert made.text(text) == text


def test_an_ordinary_word_is_replaced_where_it_is_a_name_only() -> None:
    """A host called server: the field has its pseudonym, the sentence keeps its word."""
    made = of(event(host="server", queue_manager="REACHED"))

    assert made.of("host", "server") == "HOST-1"
    assert made.text("the server reached REACHED") == "the server reached QM-1"


# ---- texts of logs ---------------------------------------------------------------------------------------------


def test_a_value_that_a_box_or_a_page_broke_is_found() -> None:
    name = Name((("C", "AU"), ("O", "Harbour Root Office"), ("CN", "ca.harbour.example.net")))
    made = of(event(certificate=Certificate(name)))
    box = "|   CN=ca.ha                    |\n|   rbour.example.net,O=Harbour Root |\n|   Office,C=AU  |\n"

    shown = made.text(box)

    assert not re.search("ha|rbour|Root|Office|AU", shown)
    assert shown.count("\n") == box.count("\n")


def test_what_no_event_names_is_found_by_its_form() -> None:
    text = (
        "see /home/petra/till/app.log, \\\\filer7\\logs\\x.log, https://petra:geheim@till.example.org/a?b=c, "
        "petra@example.org, 198.51.100.77, /C=DE/O=Kasse eG/CN=till, QMNAME(TILLQM) CLNTUSER('petra') -pw geheim"
    )
    made = of(event(text=text))

    shown = made.text(text)

    assert not re.search(r"petra|till|filer7|geheim|Kasse|198\.51|DE", shown, re.IGNORECASE), shown


def test_classes_of_an_application_are_found_those_of_java_stay() -> None:
    text = "at com.acme.pay.Gateway.send(Gateway.java:8)\n at com.ibm.mq.jmqi.X.y(X.java:1)\n at java.net.Socket.x()"
    shown = of(event(text=text)).text(text)

    assert "acme" not in shown
    assert "com.ibm.mq.jmqi.X.y" in shown
    assert "java.net.Socket" in shown


# ---- the key ---------------------------------------------------------------------------------------------------


def test_a_key_gives_the_same_pseudonym_in_every_bundle() -> None:
    """Whatever else is in the bundle; another key gives another one, and no key numbers."""
    few = of(event(host="desk-pc07", peer=Peer(None, "198.51.100.9")), key=KEY)
    many = of(
        *(event(host=f"a{each}", queue_manager="HARB1", peer=Peer(None, f"198.51.100.{each}")) for each in range(20)),
        event(host="DESK-PC07.example.net"),
        key=KEY,
    )
    other = of(event(host="desk-pc07"), key=Key(b"another key of the tests"))

    assert re.fullmatch(r"HOST-[A-Z2-7]{8}", few.of("host", "desk-pc07") or "")
    assert few.of("host", "desk-pc07") == many.of("host", "Desk-PC07.example.net")
    assert few.of("address", "198.51.100.9") == many.of("address", "198.51.100.9")
    assert few.of("host", "desk-pc07") != other.of("host", "desk-pc07")


def test_numbers_do_not_depend_on_the_order_of_events() -> None:
    events = [event(host=f"h{number}", queue_manager=f"Q{number % 3}") for number in range(12)]

    assert of(*events).reverse() == of(*reversed(events)).reverse()


# ---- the search ------------------------------------------------------------------------------------------------


def test_a_left_value_is_an_error_that_does_not_say_it() -> None:
    """Kind and place, not the value; in any case, broken by a renderer, escaped for HTML or Markdown."""
    made = of(event(host="desk-pc07", channel="HARB.APP1", user="o'brien"))
    for text in ("x\nDESK-PC07", '"HARB.\\nAPP1"', "HARB\\.APP1", "HARB.A\n      PP1", "O&#39;Brien"):
        with pytest.raises(MqdiagError) as caught:
            made.check(text, "json")

        assert "json, line" in str(caught.value.where)
        assert not re.search(r"desk|harb|brien", f"{caught.value.found}{caught.value.hint}", re.IGNORECASE)


def test_a_page_with_a_left_value_is_not_rendered() -> None:
    """The check is part of rendering: a report that nobody redacted does not come out."""
    made = of(report=full_report())
    for format in formats():
        with pytest.raises(MqdiagError):
            render(report_page(full_report(), check=made.check), format, Screen())


def test_parts_of_words_are_no_values() -> None:
    made = of(event(user="err", host="amq"))

    made.check("AMQERR01.LOG, error, amqrmppa", "json")


def test_a_report_with_all_there_is_holds_nothing_original() -> None:
    whole = full_report()
    made = of(report=whole)
    for format in formats():
        text = render(report_page(made.report(whole), check=made.check), format, Screen())

        assert not re.search(r"harb|desk-pc|192\.0\.2", text, re.IGNORECASE)


# ---- properties ------------------------------------------------------------------------------------------------

LETTERS = "abcdefghijklmnopqrstuvwxyz"
HOSTS = st.from_regex(r"[a-z]{3}[a-z0-9-]{1,8}[0-9]", fullmatch=True)
# What is MQ's own, AMQ9716 or SYSTEM.DEF.SVRCONN, stays; TLS_PAYROLL and MQPROD_01 are names of somebody.
NAMES = st.from_regex(r"[A-Z]{3}[A-Z0-9._]{2,12}[A-Z0-9]", fullmatch=True).filter(lambda n: not own("channel", n))
USERS = st.from_regex(r"[a-z]{4,10}[0-9]", fullmatch=True)
V4 = st.ip_addresses(v=4).map(str)
NAMED = st.fixed_dictionaries(
    {
        "host": HOSTS,
        "queue_manager": NAMES,
        "channel": NAMES,
        "user": USERS,
        "address": V4,
        "text": st.text(max_size=40),
    }
)


def told(named: dict[str, str]) -> Report:
    """A report that says every name in every place it can."""
    peer = Peer(named["host"], named["address"], 1414)
    sentence = "{user}@{host}: {channel} of {queue_manager} at {address}"
    read = event(
        f"{named['host']}/AMQERR01.LOG",
        host=named["host"].upper(),
        queue_manager=named["queue_manager"],
        channel=named["channel"],
        user=named["user"],
        peer=peer,
        inserts={"CommentInsert1": named["channel"], "CommentInsert2": f"{named['host']} ({named['address']})(1414)"},
        text=sentence.format(**named) + named["text"],
    )
    cited = replace(origin(), event=read, span=read.span, says=read.text)
    told = replace(
        incident(),
        title=f"{named['queue_manager']} refused {named['user']}",
        channel=named["channel"],
        queue_manager=named["queue_manager"],
        certificate=None,
        evidence=(cited,),
        missing=(f"On {named['host']}.example.net: look at {named['channel']}",),
    )
    path = f"{named['host']}/AMQERR01.LOG"
    return Report("0", (source(path, named["host"], named["queue_manager"]),), (told,), (), ())


@given(NAMED)
@settings(max_examples=60, deadline=None)
def test_no_generated_name_is_left_and_twice_is_once(named: dict[str, str]) -> None:
    whole = told(named)
    for key in (None, KEY):
        made = redactor(whole, [], key=key)
        once = made.report(whole)
        text = render(report_page(once, check=made.check), "json", Screen()) + repr(once.incidents[0].evidence)

        assert redactor(once, [], key=key).report(once) == once
        for kind in ("host", "queue_manager", "channel", "user"):
            assert not re.search(rf"(?<![a-z0-9]){re.escape(named[kind])}(?![a-z0-9])", text, re.IGNORECASE)


@given(st.lists(HOSTS, min_size=1, max_size=8, unique=True))
@settings(max_examples=60, deadline=None)
def test_one_host_one_token_and_two_hosts_two(hosts: list[str]) -> None:
    made = of(*(event(host=each) for each in hosts), *(event(peer=Peer(f"{each}.example.net")) for each in hosts))
    tokens = {made.of("host", each) for each in hosts}

    assert len(tokens) == len({each.lower() for each in hosts})
    for each in hosts:
        assert made.of("host", each.upper()) == made.of("host", f"{each}.Example.NET") == made.of("host", each)


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_can_be_searched(text: str) -> None:
    """Nothing raises, what is found stands where it is said to, and a text without names stays."""
    for each in found(text, in_log=True):
        assert text[each.begin : each.end] == each.value
    for hit in Index([Value("harb7"), Value("HARB.APP1")]).hits(text):
        assert 0 <= hit.begin < hit.end <= len(text)


@given(st.text(alphabet=LETTERS + " \n", max_size=30), st.integers(0, 8))
def test_a_value_is_found_wherever_a_line_ends_in_it(around: str, cut: int) -> None:
    value = "HARB.APP1"
    text = f"{around} {value[:cut]}\n   {value[cut:]} {around}"

    assert any(hit.value == value for hit in Index([Value(value)]).hits(text))


@pytest.mark.parametrize("name", ["TLS_PAYROLL", "MQPROD_01", "GSK_IN.OUT", "AMQ000", "WMQ.TO.HUB"])
def test_a_channel_that_sounds_like_mq_is_redacted(name: str) -> None:
    assert name not in render(
        report_page(of(event(channel=name)).report(told({**PLAIN, "channel": name}))), "json", Screen()
    )


PLAIN = {"host": "desk1", "queue_manager": "QM1X", "user": "anna1", "address": "192.0.2.1", "text": ""}
