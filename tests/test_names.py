"""Distinguished names and certificates in all spellings, whole and cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqdiag.model import Certificate, Name
from mqdiag.names import certificate, name, normal_serial, same_certificate, same_name, url

ISSUER = "EMAIL=pki@harbour.example.net,CN=ca.harbour.example.net,O=Harbour Root Office,ST=Victoria,C=AU"
SUBJECT = "CN=harb81.harbour.example.net,O=Harbour Desk HARB81 Inc.,ST=Victoria,C=AU"
ONELINE = "/C=AU/ST=Victoria/O=Harbour Desk HARB81 Inc./CN=harb81.harbour.example.net"
BLOB = f"[Class=]GSKVALMethod::X509[Issuer=]{ISSUER}[#=]0A[Subject=]{SUBJECT}"
CHAIN = f"{BLOB}[Class=]GSKVALMethod::PKIX[Issuer=]{ISSUER}[#=]01[Subject=]{ISSUER}"
REVOKED = "Certificate /C=JP/O=Minato Application 7 Inc./CN=app07.minato.example.com was revoked by AUTHINFO URL http://192.0.2.31:2560"


def read(text: str) -> Name:
    found = name(text)
    assert found is not None
    return found


# ---- names -----------------------------------------------------------------------------------------------------


def test_both_spellings_are_one_name() -> None:
    expected = (
        ("C", "AU"),
        ("ST", "Victoria"),
        ("O", "Harbour Desk HARB81 Inc."),
        ("CN", "harb81.harbour.example.net"),
    )

    assert read(SUBJECT).attributes == expected
    assert read(ONELINE).attributes == expected


def test_openssl_3_writes_the_most_general_first_with_commas() -> None:
    found = read('C = AU, O = "Harbour Root, Office", CN = ca.harbour.example.net, emailAddress = pki@example.net')
    expected = (("C", "AU"), ("O", "Harbour Root, Office"), ("CN", "ca.harbour.example.net"), ("E", "pki@example.net"))

    assert found.attributes == expected


@pytest.mark.parametrize("kind", ["E", "EMAIL", "emailAddress", "e"])
def test_the_types_of_a_mail_address_are_one(kind: str) -> None:
    assert read(f"{kind}=pki@example.net,C=AU").attributes == (("C", "AU"), ("E", "pki@example.net"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"O=Harbour Root\, Office,C=AU", "Harbour Root, Office"),
        ('O="Harbour Root, Office",C=AU', "Harbour Root, Office"),
        ("O=Harbour Root, Office,C=AU", "Harbour Root, Office"),
        ("O=a=b/c + d,C=AU", "a=b/c + d"),
        (r"O=Caf\C3\A9,C=AU", "Café"),
        ("O=港湾,C=AU", "港湾"),
        ("O=DOMAIN\\user,C=AU", "DOMAIN\\user"),
        ('O="not closed,C=AU', '"not closed'),
        ("O=,C=AU", ""),
        ("/C=AU/O=a/b=c, d", "a/b=c, d"),
        (r"/C=AU/O=Harbour \/ Desk", "Harbour / Desk"),
        (r"/C=AU/O=\xE6\xB8\xAF", "港"),
        (r"/C=AU/O=\xE6\xB8", r"\xE6\xB8"),
        ("/C=AU/O=has been valid only", "has been valid only"),
    ],
)
def test_values(text: str, value: str) -> None:
    assert dict(read(text).attributes)["O"] == value


@pytest.mark.parametrize("text", ["CN=harb81+OU=Berths,C=AU", "/C=AU/OU=Berths+CN=harb81"])
def test_an_attribute_of_several_values_is_several(text: str) -> None:
    assert read(text).attributes == (("C", "AU"), ("OU", "Berths"), ("CN", "harb81"))


@pytest.mark.parametrize(
    "text", ["", "harb81", "/var/mqm/ssl/key", "rc=8", "=", "CN", BLOB, "x CN=a", "HARB81.APP1", "Cn", "[Class=]"]
)
def test_what_is_no_name(text: str) -> None:
    assert name(text) is None


# ---- certificates ----------------------------------------------------------------------------------------------


def test_a_blob_gives_its_first_certificate() -> None:
    expected = Certificate(subject=read(SUBJECT), issuer=read(ISSUER), serial="0A")

    assert certificate(BLOB) == expected
    assert certificate(CHAIN) == expected
    assert certificate(f"The details are '{BLOB}'.") == expected


def test_a_blob_may_be_cut_anywhere() -> None:
    """What stands in a cut blob is right, or says that it was cut; the insert was full at 255 bytes."""
    whole = certificate(BLOB)
    assert whole is not None
    for length in range(len(BLOB)):
        found = certificate(BLOB[:length])
        if found is None:
            continue
        assert found.serial in (whole.serial, None)
        assert found.issuer is None or (found.issuer == whole.issuer) == (not found.issuer.cut)
        assert found.issuer is None or same_name(found.issuer, read(ISSUER))


def test_a_full_insert_ends_in_a_cut_name() -> None:
    blob = f"[Class=]GSKVALMethod::X509[Issuer=]{ISSUER}[#=]0A[Subject=]CN={'x' * 300},C=AU"[:255]
    found = certificate(blob)

    assert found is not None
    assert found.subject is not None
    assert found.subject.cut
    assert same_name(found.subject, read(f"CN={'x' * 300},C=AU"))


def test_a_name_in_a_sentence_ends_at_the_verdict() -> None:
    expected = Certificate(subject=read("/C=JP/O=Minato Application 7 Inc./CN=app07.minato.example.com"))

    assert certificate(REVOKED) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"name='{SUBJECT}'",
        f"SSLPEER({SUBJECT}) SSLCIPH(TLS_AES_128_GCM_SHA256)",
        f"the certificate '{ONELINE}', serial 0A",
        f"  {SUBJECT}  ",
    ],
)
def test_a_name_inside_quotes_or_parentheses(text: str) -> None:
    assert certificate(text) == Certificate(subject=read(SUBJECT))


def test_sslpeer_prints_the_serial_before_the_name() -> None:
    expected = Certificate(subject=read(SUBJECT), serial="78400A11")

    assert certificate(f"SERIALNUMBER=78:40:0A:11,{SUBJECT}") == expected
    assert name(f"SERIALNUMBER=78:40:0A:11,{SUBJECT}") == read(SUBJECT)


def test_a_serial_number_inside_a_name_is_an_attribute() -> None:
    assert read("CN=harb81,SERIALNUMBER=12,C=AU").attributes == (("C", "AU"), ("SERIALNUMBER", "12"), ("CN", "harb81"))


@pytest.mark.parametrize("text", ["sslv3 alert bad certificate", "", "[", "[Class=]", "rc=8, C=2", "a/C=AU", "'x'"])
def test_texts_without_a_certificate(text: str) -> None:
    assert certificate(text) is None


@given(st.text(alphabet="[]Class=Issuer#Subject/CN=O,+\"\\'() \n0aé港wasrevoked:", max_size=120))
def test_nothing_raises(text: str) -> None:
    certificate(text)
    name(text)
    url(text)
    normal_serial(text)


@given(st.binary(max_size=60))
def test_nothing_raises_on_damaged_text(data: bytes) -> None:
    certificate("/CN=" + data.decode("utf-8", "surrogateescape"))
    certificate("[Class=]x[Issuer=]CN=" + data.decode("utf-8", "surrogateescape"))


# ---- round trips -----------------------------------------------------------------------------------------------

TYPES = st.sampled_from(["CN", "OU", "O", "L", "ST", "C", "DC", "E", "UID", "STREET", "2.5.4.97"])
VALUES = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]) | st.just(" "), max_size=20
).map(lambda text: " ".join(text.split()))
ATTRIBUTES = st.lists(st.tuples(TYPES, VALUES), min_size=1, max_size=6).filter(
    lambda found: not (found[0][0] in ("CN", "E", "UID") and found[-1][0] in ("C", "DC"))
)


def gskit(attributes: list[tuple[str, str]]) -> str:
    special = ',;+"\\<>=#/'
    escaped = (
        (kind, "".join("\\" + char if char in special else char for char in value)) for kind, value in attributes[::-1]
    )
    return ",".join(f"{kind}={value}" for kind, value in escaped)


def oneline(attributes: list[tuple[str, str]]) -> str:
    escaped = ((kind, "".join("\\" + c if c in '/+"\\' else c for c in value)) for kind, value in attributes)
    return "".join(f"/{kind}={value}" for kind, value in escaped)


@given(ATTRIBUTES)
def test_gskit_round_trip(attributes: list[tuple[str, str]]) -> None:
    found = read(gskit(attributes))

    assert list(found.attributes) == attributes
    assert not found.cut


@given(ATTRIBUTES)
def test_oneline_round_trip(attributes: list[tuple[str, str]]) -> None:
    assert list(read(oneline(attributes)).attributes) == attributes


@given(ATTRIBUTES, ATTRIBUTES)
def test_two_names_are_the_same_if_their_attributes_are(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    same = sorted(one) == sorted(other)

    assert same_name(read(gskit(one)), read(oneline(other))) == same


# ---- comparing -------------------------------------------------------------------------------------------------


def test_blanks_are_folded_and_values_are_not() -> None:
    assert same_name(read("CN=a,O=Harbour  Desk,C=AU"), read("/C=AU/O=Harbour Desk/CN=a"))
    assert not same_name(read("CN=a,C=AU"), read("CN=b,C=AU"))
    assert not same_name(read("CN=a,C=AU"), read("CN=a"))


def test_a_cut_name_is_the_same_as_what_it_begins() -> None:
    whole = read("CN=harb81,O=Harbour Desk,C=AU")
    cut = Name((("O", "Harbour D"), ("CN", "harb81")), cut=True)

    assert same_name(cut, whole)
    assert same_name(whole, cut)
    assert not same_name(Name(cut.attributes), whole)
    assert not same_name(cut, read("CN=harb81,O=Minato,C=AU"))
    assert not same_name(cut, read("CN=harb82,O=Harbour Desk,C=AU"))


A, B = read("CN=a,C=AU"), read("CN=b,C=AU")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Certificate(A, B, "A"), Certificate(A, B, "A"), True),
        (Certificate(None, B, "A"), Certificate(A, B, "A"), True),
        (Certificate(A, B, "A"), Certificate(A, A, "A"), False),  # two CAs
        (Certificate(A, B, "A"), Certificate(A, B, "B"), False),  # renewed
        (Certificate(A, None, "1"), Certificate(B, None, "1"), False),  # two CAs that both begin at 01
        (Certificate(A, None, "1"), Certificate(None, B, "1"), True),
        (Certificate(A, B, "A"), Certificate(A), True),
        (Certificate(A), Certificate(B), False),
        (Certificate(None, B), Certificate(None, B), False),
        (Certificate(A), Certificate(None, None, "A"), False),
        (Certificate(), Certificate(), False),
    ],
)
def test_same_certificate(one: Certificate, other: Certificate, same: bool) -> None:
    assert same_certificate(one, other) is same
    assert same_certificate(other, one) is same


@pytest.mark.parametrize(
    ("written", "serial"),
    [
        ("00c805", "C805"),
        ("0A", "0A"),
        ("78:40:0a", "78400A"),
        ("0x2f", "2F"),
        ("47 (0x2f)", "2F"),
        ("00", "00"),
        (" 2F ", "2F"),
        ("", None),
        ("none", None),
    ],
)
def test_normal_serial(written: str, serial: str | None) -> None:
    assert normal_serial(written) == serial


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (REVOKED, "http://192.0.2.31:2560"),
        ("by 'ldap://ldap.example.org:389/cn=x'.", "ldap://ldap.example.org:389/cn=x"),
        ("see https://ocsp.example.org/path.", "https://ocsp.example.org/path"),
        ("no address here", None),
    ],
)
def test_url(text: str, found: str | None) -> None:
    assert url(text) == found


def test_a_serial_number_without_a_name() -> None:
    """What is left of a name that was cut: SERIALNUMBER=0B:C2"""
    found = certificate("SERIALNUMBER=0B:C2,")

    assert found
    assert (found.subject, found.serial) == (None, "0BC2")
