"""qm.ini, mqclient.ini and mqs.ini. Their shapes: samples/records/ini."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import framed_alike

from mqdiag.formats.ini import FORMAT, masked
from mqdiag.frame import frame

if TYPE_CHECKING:
    from mqdiag.model import Event

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "records" / "ini"
DATA = b"".join(path.read_bytes() for path in sorted(SAMPLES.iterdir()) if path.suffix in (".ini", ".txt"))
SSL = b"SSL:\n   OCSPAuthentication=OPTIONAL\n   OCSPAuthentication=WARN\n"


def event(data: bytes, path: str) -> Event:
    (record,) = frame([data], FORMAT, path)
    return FORMAT.parse(record, None)


def test_the_first_of_a_repeated_attribute_counts() -> None:
    assert event(SSL, "qm.ini").facts == {"stanza": "SSL", "ocspauthentication": "OPTIONAL"}


@pytest.mark.parametrize(
    ("path", "side"), [("mqclient.ini", "client"), ("a.zip!etc/mqclient.ini", "client"), ("qmgrs/QM1/qm.ini", None)]
)
def test_side(path: str, side: str | None) -> None:
    assert event(SSL, path).side == side


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("KeyRepositoryPassword", "<MQ>2!x", "***"),
        ("SSLKeyRepositoryPassword", "x", "***"),
        ("KeyRepositoryPassword", "", ""),
        (
            "SSLCryptoHardware",
            "GSK_PKCS11=/usr/lib/a.so;token;x;SYMMETRIC_CIPHER_ON;",
            "GSK_PKCS11=/usr/lib/a.so;token;***;SYMMETRIC_CIPHER_ON;",
        ),
        ("KeyRepository", "/var/mqm/ssl/key", "/var/mqm/ssl/key"),
    ],
)
def test_passwords_are_masked(name: str, value: str, shown: str) -> None:
    assert masked(name, value) == shown


def test_no_password_is_left_in_an_event() -> None:
    records = frame([DATA], FORMAT, "x")
    events = [FORMAT.parse(each, None) for each in records if each.kind == FORMAT.kind]

    assert "not for you" not in repr(events)
    assert "not!for!you" not in repr(events)


def test_a_file_by_its_name() -> None:
    assert FORMAT.looks_like(b"# nothing yet\n", "data/mqclient.ini") == 1
    assert FORMAT.looks_like(b"# nothing yet\n", "data/my.ini") == 0
    assert FORMAT.looks_like(SSL, "data/part.txt") == 1


def test_prose_and_yaml_are_not_claimed() -> None:
    assert FORMAT.looks_like((SAMPLES / "prose-about-it.txt").read_bytes(), "README.md") == 0


@settings(deadline=None)
@given(begin=st.integers(0, len(DATA)), end=st.integers(0, len(DATA)), size=st.integers(1, 400))
def test_cut_anywhere(begin: int, end: int, size: int) -> None:
    """Whatever is left of a file, and however it arrives, gives the same records and does not raise."""
    framed_alike(FORMAT, DATA[begin:end], size)
