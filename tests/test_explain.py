from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_reports import knowledge

from mqdiag import explain as explaining
from mqdiag.explain import Explanation, Meaning, Use, explain, explanation_page
from mqdiag.render import Screen, render


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "knowledge", knowledge)


def spaces(code: str) -> list[tuple[str, str]]:
    return [(each.namespace, each.code) for each in explain(code).meanings]


def one(code: str) -> Meaning:
    (meaning,) = explain(code).meanings
    return meaning


def told(*codes: str) -> str:
    return render(explanation_page([explain(code) for code in codes]), "terminal", Screen(100))


# ---- what is found ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("AMQ9633", ["message"]),
        ("AMQ9633E", ["message"]),
        (" amq9633e ", ["message"]),
        ("9633", ["message"]),
        ("CSQX665E", ["message"]),
        ("2035", ["mqrc"]),
        ("0x7F3", ["mqrc"]),
        ("MQRC_NOT_AUTHORIZED", ["mqrc"]),
        ("not_authorized", ["mqrc"]),
        ("575032", ["gskval"]),
        ("23", ["x509", "mqrq"]),
        ("x509:23", ["x509"]),
        ("X509_V_ERR_CERT_REVOKED", ["x509"]),
        ("cert_revoked", ["x509"]),
        ("42", ["alert"]),
        ("1042", ["alert"]),
        ("bad_certificate", ["alert"]),
        ("Bad Certificate", ["alert"]),
        ("ECONNREFUSED", ["errno"]),
        ("refused", ["errno"]),
        ("111", ["errno"]),
        ("X'6F'", ["errno"]),
        ("XC022001", ["probe"]),
        ("xc022001", ["probe"]),
        ("ZX005022", ["probe"]),
        ("certificate-revoked", ["cause"]),
        ("Certificate-Revoked", ["cause"]),
        ("2393", []),
        ("1043", []),
        ("x509:2035", []),
        ("AMQ0001", []),
        ("error", []),
        ("", []),
    ],
)
@pytest.mark.usefixtures("small")
def test_what_a_code_can_be(code: str, found: list[str]) -> None:
    assert [each.namespace for each in explain(code).meanings] == found


@pytest.mark.usefixtures("small")
def test_a_message() -> None:
    assert one("AMQ9633E") == Meaning(
        namespace="message",
        code="AMQ9633",
        name="",
        says="a certificate was refused",
        place="a message id, with or without its severity letter",
        written_by="either end",
        role="its writer took the decision, or found the fault",
        layers=("tls",),
        inserts="channel: CommentInsert1, gskit call: CommentInsert2, gskit code: ArithInsert1",
        peers=(Use("AMQ9665", "the other end closed it"), Use("AMQ0000", "")),
        causes=(Use("certificate-revoked", "The <owner>'s certificate is revoked"),),
        next="The validation code.",
        verified=True,
    )


@pytest.mark.usefixtures("small")
def test_the_causes_that_ask_for_a_code() -> None:
    assert [each.code for each in one("575032").causes] == ["certificate-revoked"]
    assert [each.code for each in one("2035").causes] == ["blocked-by-chlauth"]


@pytest.mark.usefixtures("small")
def test_a_rule_for_a_whole_table_counts_only_where_no_rule_asks_for_the_code() -> None:
    assert [each.code for each in one("x509:23").causes] == ["certificate-revoked"]
    assert [each.code for each in one("x509:24").causes] == ["certificate-invalid"]


@pytest.mark.usefixtures("small")
def test_a_number_says_on_which_platform() -> None:
    assert one("79").place == "the TCP/IP return code on AIX"
    assert one("refused").says == "nothing listens there (Linux 111, AIX 79)"


@pytest.mark.usefixtures("small")
def test_an_alert_was_decided_elsewhere() -> None:
    assert "the other end took the decision" in one("1042").written_by


@pytest.mark.usefixtures("small")
def test_an_unverified_meaning_says_so() -> None:
    assert one("24").verified is False
    assert "no source that we could check" in told("24")


@pytest.mark.usefixtures("small")
def test_a_cause_with_its_remedies() -> None:
    meaning = one("certificate-revoked")

    assert meaning.says == "The responder said so."
    assert meaning.signs == ("code 575032 (certain)",)
    assert meaning.settles == ("ask <judge host>",)
    assert meaning.remedies[0].do == "Replace it on <owner host>."


@pytest.mark.usefixtures("small")
def test_an_unknown_probe_id_still_says_where() -> None:
    assert one("ZX005022").says == "raised in component ZX, function 005, probe 022; where, not why"


# ---- unknown ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "near"),
    [
        ("AMQ9634", ("AMQ9633", "AMQ9665")),
        ("CSQX700", ("CSQX665",)),
        ("2036", ("2035 (mqrc)",)),
        ("25", ("23 (x509, mqrq)", "24 (x509)")),
        ("99999999", ()),
        ("575033", ("575032 (gskval)",)),
        ("certificate-revokd", ("certificate-revoked", "certificate-invalid", "bad_certificate")),
        ("MQRC_NOT_AUTORISED", ("MQRC_NOT_AUTHORIZED",)),
        ("qqqqqq", ()),
    ],
)
@pytest.mark.usefixtures("small")
def test_the_nearest_of_an_unknown_code(code: str, near: tuple[str, ...]) -> None:
    found = explain(code)

    assert found.meanings == ()
    assert found.near == near


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("MQRQ_SSL_UNKNOWN_REVOCATION", ("mqrq", "19")),
        ("SSL Unknown Revocation", ("mqrq", "19")),  # as amqsevt prints it
        ("mqrq:16", ("mqrq", "16")),
        ("Queue Mgr Quiescing", ("mqrq", "6")),
        ("2552", ("mqrc", "2552")),
        ("0x20009208", ("message", "AMQ9208")),  # the error identifier of a stopped channel
        ("536908296", ("message", "AMQ9208")),
    ],
)
def test_what_event_messages_print(code: str, found: tuple[str, str]) -> None:
    assert found in spaces(code)


@pytest.mark.parametrize(
    ("code", "near"),
    [
        ("MQRQ_SSL_PEER_ERROR", "MQRQ_SSL_PEER_NAME_ERROR"),
        ("mqrq:SSL_PEER_ERROR", "MQRQ_SSL_PEER_NAME_ERROR"),
        ("mqrq:99", "mqrq:33"),
        ("MQRQ_CHANNEL_BLOCKED", "MQRQ_CHANNEL_BLOCKED_USERID"),
    ],
)
def test_the_nearest_qualifier(code: str, near: str) -> None:
    assert explain(code).meanings == ()
    assert near in explain(code).near


@pytest.mark.usefixtures("small")
def test_an_unknown_code_is_told() -> None:
    assert told("certificate-revokd").startswith(
        "certificate-revokd: not known\n  The nearest known: certificate-revoked"
    )
    assert "Nothing known is near it." in told("qqqqqq")


# ---- as a page -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
def test_every_meaning_says_where_it_holds() -> None:
    text = told("23")

    assert text.startswith("23: 2 meanings, by the place it stands in\n")
    assert "as          an OpenSSL verification result (X509_V)" in text
    assert "as          the reason qualifier of a channel or authority event message" in text


@pytest.mark.usefixtures("small")
def test_as_json() -> None:
    text = render(explanation_page([explain("2035"), explain("nope")]), "json", Screen())
    known, unknown = json.loads(text)

    assert known["meanings"][0]["name"] == "MQRC_NOT_AUTHORIZED"
    assert unknown["meanings"] == []


@pytest.mark.usefixtures("small")
def test_a_hostile_code_is_shown_harmless() -> None:
    assert "\x1b" not in told("\x1b[2J[bold]")


@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_any_text_is_explained_or_unknown(code: str) -> None:
    found = explain(code)

    assert isinstance(found, Explanation)
    told(code)


# ---- with the knowledge that is shipped ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AMQ9716E", {("message", "AMQ9716")}),
        ("2393", {("mqrc", "2393")}),
        ("575032", {("gskval", "575032")}),
        ("23", {("x509", "23")}),
        ("1042", {("alert", "42")}),
        ("certificate-revoked", {("cause", "certificate-revoked")}),
    ],
)
def test_the_codes_of_the_field(code: str, expected: set[tuple[str, str]]) -> None:
    assert expected <= set(spaces(code))


def test_every_namespace_has_its_place() -> None:
    from mqdiag.knowledge import knowledge as shipped

    assert set(shipped().codes) <= set(explaining.PLACES)


def test_everything_known_can_be_explained() -> None:
    from mqdiag.knowledge import knowledge as shipped

    known = shipped()
    codes = [f"{space}:{value}" for space, entries in known.codes.items() for value in entries]
    unexplained = [each for each in (*known.messages, *known.causes, *codes) if not explain(each).meanings]

    assert unexplained == []
