"""
Passwords are masked wherever mqdiag shows a text, also where nobody asked for redaction.

Every form asks for what only a password has beside it, an option, an assignment or a keyword: a sentence about
passwords stays as it is. Sources: shared knowledge of users (passwords left in command lines and in qm.ini), MQ's
attributes and variables (KeyRepositoryPassword, KEYRPWD, LDAPPWD, MQKEYRPWD, GSK_PKCS11).
"""

from __future__ import annotations

import re

MASK = "***"
VALUE = r"(?:\"[^\"\r\n]{0,200}\"|'[^'\r\n]{0,200}'|[^\s\"',;)}\]]{1,200})"

FORMS = tuple(
    re.compile(form)
    for form in (
        # -pw Welcome1   -new_pw "two words"   -passin pass:secret
        rf"(?i)(?<![\w-])(--?(?:pw|pass|passin|passout|passwd|password|new_pw|target_pw)[ \t=]+)({VALUE})",
        # KeyRepositoryPassword=..   MQKEYRPWD=..   javax.net.ssl.keyStorePassword=..   "password": "..", with a value
        rf"(?i)((?:password|passwd|passphrase|keyrpwd|ldappwd|(?<![a-z])pwd)[\"']?[ \t]*(?:=|:(?=[ \t]*[\"']))[ \t]*)"
        rf"({VALUE})",
        # PASSWORD('..')   LDAPPWD('..')   KEYRPWD('..')
        rf"(?i)(\b(?:password|ldappwd|keyrpwd)\([ \t]*)({VALUE})(?=[ \t]*\))",
        # GSK_PKCS11=/usr/lib/pkcs11/lib.so;token label;password;SYMMETRIC_CIPHER_ON;
        r"(GSK_PKCS11=[^;\r\n]{0,200};[^;\r\n]{0,100};)([^;\s]{1,200})",
        # ldap://user:secret@host
        r"(://[^\s:/@]{1,64}:)([^\s/@]{1,100})(?=@)",
        # pymqi.connect('QM1', 'CHL', 'host(1414)', 'user', 'secret')
        r"(pymqi\.connect\((?:[^,()\r\n]{0,100}(?:\(\d{0,6}\))?[^,()\r\n]{0,10},){4}[ \t]*(?:password=)?)"
        r"('[^'\r\n]{0,200}'|\"[^\"\r\n]{0,200}\")",
    )
)


# One of these stands wherever one of the forms does. Looking for them first takes a twentieth of the time.
HINTS = ("pass", "pwd", "-pw", "_pw", "gsk_pkcs11=", "://", "pymqi")


def may_hold_one(text: str) -> bool:
    folded = text.casefold()
    return any(hint in folded for hint in HINTS)


def masked(text: str) -> str:
    """The text with every password in it as `***`; the same text where there is none, and masked again it stays."""
    if not may_hold_one(text):
        return text
    for form in FORMS:
        text = form.sub(rf"\1{MASK}", text)
    return text
