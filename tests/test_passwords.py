"""Passwords are masked also where nobody asked for redaction, and sentences about passwords are not."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqdiag.cli import run
from mqdiag.passwords import masked

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "runmqakm -keydb -create -db key.kdb -pw Welc0me1 -stash",
        'gsk8capicmd -cert -list -db key.kdb -pw "Welc0me1 twice"',
        "runmqakm -keydb -changepw -db key.kdb -pw Welc0me1 -new_pw Welc0me1",
        "openssl ocsp -rkey k.pem -passin pass:Welc0me1",
        "KeyRepositoryPassword=Welc0me1",
        "MQKEYRPWD=Welc0me1 amqsputc Q QM1",
        "-Djavax.net.ssl.keyStorePassword=Welc0me1",
        '{"user": "app", "password": "Welc0me1"}',
        "ALTER AUTHINFO(A) AUTHTYPE(CRLLDAP) LDAPPWD('Welc0me1')",
        "SSLCryptoHardware=GSK_PKCS11=/usr/lib/pkcs11/lib.so;token;Welc0me1;SYMMETRIC_CIPHER_ON;",
        "ldap://cn=admin:Welc0me1@ldap.example.org",
        "    qmgr = pymqi.connect('QM1', 'APP.CH', 'mq1(1414)', 'app', 'Welc0me1')",
    ],
)
def test_a_password_is_masked(text: str) -> None:
    shown = masked(text)

    assert "Welc0me1" not in shown
    assert "***" in shown
    assert masked(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "the password of the key repository is wrong",
        "authentication-failed: no user id and password",
        "The password: missing, or wrong.",
        "-p 1414 HARB1",
        "http://192.0.2.31:2560/ and http://host:8080/path@x",
        "10/30/24 00:06:19 - Process(512.10) User(mqm) Program(amqrmppa)",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert masked(text) == text


@given(st.text(max_size=200))
def test_masking_twice_is_masking_once(text: str) -> None:
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("qm.ini", "SSL:\n   KeyRepositoryPassword=Welc0me1\n   OCSPAuthentication=REQUIRED\n"),
        ("notes.txt", "we ran runmqakm -keydb -create -db key.kdb -pw Welc0me1 -stash\n"),
        (
            "app.log",
            "2024-03-19 13:20:11 ERROR password=Welc0me1 com.ibm.mq.MQException: MQJE001: Completion Code '2', "
            "Reason '2035'.\n",
        ),
        (
            "mqpgf.txt",
            "$ mqpgf -qm HARB1 -pw Welc0me1 -ch HARB.APP1\n[2024/03/19 13:20:11.000] MQCONNX start qmgr:HARB1\n",
        ),
        (
            "AMQERR01.LOG",
            "03/19/24 13:20:11 - Process(512.1) User(mqm) Program(runmqakm)\n                    Host(harb1)\n"
            "                    CommentInsert1(runmqakm -db key.kdb -pw Welc0me1)\n"
            "AMQ9660E: SSL key repository: password file -pw Welc0me1 absent or unusable.\n\nEXPLANATION:\n"
            "It is used with password=Welc0me1.\nACTION:\nNone.\n----- amqccisa.c : 1 ------------\n",
        ),
    ],
)
def test_no_command_prints_a_password(tmp_path: Path, name: str, text: str) -> None:
    """records prints every record, parsed or not; a bundle shows the records as they stand."""
    import zipfile

    log = tmp_path / name
    log.write_text(text, encoding="utf-8")
    for command in (["records"], ["analyze", "-f", "json"], ["analyze"]):
        out = StringIO()
        with redirect_stdout(out):
            run([*command, str(log)])

        assert "Welc0me1" not in out.getvalue(), command
    run(["bundle", str(log), "-o", str(tmp_path / "case.zip")])
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        for member in archive.namelist():
            assert b"Welc0me1" not in archive.read(member), member


def test_an_unparsed_record_is_masked_in_records(tmp_path: Path) -> None:
    log = tmp_path / "notes.txt"
    log.write_text("runmqakm -keydb -create -db key.kdb -pw Welc0me1 -stash\n", encoding="utf-8")
    out = StringIO()
    with redirect_stdout(out):
        run(["records", str(log)])

    assert json.loads(out.getvalue())["text"] == "runmqakm -keydb -create -db key.kdb -pw *** -stash\n"
