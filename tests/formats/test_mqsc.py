"""Channel definitions as dmpmqcfg and runmqsc print them. Their shapes: samples/records/mqsc."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import framed_alike, takes_its_share_of_time

from mqdiag.classify.words import compared
from mqdiag.formats.mqsc import FORMAT, attribute
from mqdiag.frame import frame
from mqdiag.model import Event, Span

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "records" / "mqsc"
DATA = b"".join(path.read_bytes() for path in sorted(SAMPLES.glob("*.txt")))


def read(text: str) -> list[Event]:
    return [FORMAT.parse(each, None) for each in frame([text.encode()], FORMAT, "x") if each.kind == FORMAT.kind]


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("SSLPEER('CN=a*,O=b')", "CN=a*,O=b"),
        ("SSLPEER(CN=a*,O=b (c))", "CN=a*,O=b (c)"),
        ("SSLPEER('O=Loom''s')", "O=Loom's"),
        ("SSLPEER( )", ""),
        ("SSLPEER(' ')", ""),
    ],
)
def test_the_value_of_an_attribute(printed: str, value: str) -> None:
    assert attribute(printed) == ("sslpeer", value)


@pytest.mark.parametrize(
    ("type", "side"), [("SVRCONN", "server"), ("SDR", "client"), ("CLUSRCVR", "server"), ("SVR", None)]
)
def test_the_type_says_which_end_it_is(type: str, side: str | None) -> None:
    (event,) = read(f"DEFINE CHANNEL('A.B') CHLTYPE({type}) SSLPEER('CN=a') REPLACE\n")

    assert (event.channel, event.side, event.facts["sslpeer"]) == ("A.B", side, "CN=a")


def test_the_status_of_a_channel_is_no_definition() -> None:
    """SSLPEER of DISPLAY CHSTATUS is the name of the certificate, not the pattern."""
    assert (
        read("AMQ8417I: Display Channel Status details.\n   CHANNEL(A.B)    CHLTYPE(SVRCONN)\n   SSLPEER(CN=a)\n") == []
    )


def test_no_command_is_taken_from_advice() -> None:
    assert read("ALTER CHANNEL(A.B) CHLTYPE(SVRCONN) SSLPEER('CN=name')\nDEFINE CHANNEL is for new ones.\n") == []


def test_passwords_are_not_kept() -> None:
    (event,) = read("DEFINE CHANNEL('A.B') +\n   CHLTYPE(SDR) +\n   PASSWORD('secret') +\n   USERID('u')\n")

    assert "secret" not in repr(event)


SHOWN = Event("amqerr", Span("AMQERR01.LOG", 1, 1, 0, 1), facts={"peer_name": "CN=till2,OU=Shops,O=Loom SA"})


def definition(pattern: str) -> Event:
    return Event("mq-ini", Span("LOOM.mqsc", 1, 1, 0, 1), channel="A.B", facts={"sslpeer": pattern})


def test_a_definition_gives_the_other_name() -> None:
    assert compared([SHOWN], [definition("CN=till*,O=Loom SARL")]) == (
        "CN: till2 fits; O: Loom SARL is asked for, Loom SA was shown"
    )


def test_a_definition_that_fits_is_not_the_one() -> None:
    assert compared([SHOWN], [definition("CN=till*")]) == "CN=till2; OU=Shops; O=Loom SA"


@settings(deadline=None)
@given(begin=st.integers(0, len(DATA)), end=st.integers(0, len(DATA)), size=st.integers(1, 400))
def test_cut_anywhere(begin: int, end: int, size: int) -> None:
    framed_alike(FORMAT, DATA[begin:end], size)


@pytest.mark.parametrize(
    "piece",
    [b"DEFINE CHANNEL(A) +\n", b"* a remark\n", b"AMQ8414I: Display Channel details.\n   A(", b"SET AUTHREC X(' +\n"],
)
def test_what_never_ends_takes_no_more_than_its_share_of_time(piece: bytes) -> None:
    assert takes_its_share_of_time(FORMAT, piece)
