"""The configuration files of MQ, qm.ini, mqclient.ini and mqs.ini (grammars/ini.lark), stanza by stanza."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from mqdiag.formats._base import Format
from mqdiag.model import Event

if TYPE_CHECKING:
    from mqdiag.grammar import ParseTree
    from mqdiag.model import Record

FILE_NAMES = ("qm.ini", "mqclient.ini", "mqs.ini")
PASSWORD = re.compile(r"(?i)(?:password|passphrase|pwd)$")
# GSK_PKCS11=/usr/lib/pkcs11/lib.so;token label;password;SYMMETRIC_CIPHER_ON;
PKCS11 = re.compile(r"(GSK_PKCS11=[^;]*;[^;]*;)[^;]*")


class Ini(Format):
    """
    facts: `stanza` (SSL), and its attributes with their names in lower case (`ocspauthentication`). Of a
    repeated attribute the first counts. Passwords are masked.

    side is client for mqclient.ini; which end a queue manager is, its qm.ini does not say.
    """

    kind: ClassVar = "mq-ini"
    grammar_name = "ini"
    needles = (b":\n", b":\r\n", b": \n", b":\t\n")
    opens = ("STANZA_BLOCK",)
    one_line = True  # one match is the whole stanza
    opening_lines = 300

    def looks_like(self, head: bytes, name: str) -> float:
        """The stanzas that MQ knows; a file by one of the three names is one even where none of them begins."""
        found = super().looks_like(head, name)
        return max(found, 1) if file_name(name) in FILE_NAMES else found

    def parse(self, record: Record, encoding: str | None) -> Event:
        tree = self.tree(self.text(record, encoding).strip())
        stanza = next(each for each in tree.children if isinstance(each, str) and each.type == "STANZA")
        name, attributes = stanza.strip(": \r\n"), attributes_of(tree)
        return Event(
            kind=self.kind,
            span=record.span,
            side="client" if file_name(record.span.path) == "mqclient.ini" else None,
            facts={each.lower(): value for each, value in attributes.items()} | {"stanza": name},
            text=f"{name}:",
            body="\n".join(f"{each}={value}" for each, value in attributes.items()),
        )


def attributes_of(tree: ParseTree) -> dict[str, str]:
    found: dict[str, str] = {}
    for attribute in tree.find_data("attribute"):
        name, *value = (str(each) for each in attribute.children)
        name = name.strip("= \t\r\n")
        found.setdefault(name, masked(name, value[0].strip() if value else ""))
    return found


def masked(name: str, value: str) -> str:
    return "***" if value and PASSWORD.search(name) else PKCS11.sub(r"\1***", value)


def file_name(path: str) -> str:
    return re.split(r"[/\\!]", path)[-1].lower()


FORMAT = Ini()
