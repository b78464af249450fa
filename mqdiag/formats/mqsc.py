"""Channel definitions of dumps and of runmqsc's DISPLAY CHANNEL (grammars/mqsc.lark)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from mqdiag.formats._base import Format
from mqdiag.model import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mqdiag.model import Record, Side

ANSWER = re.compile(rb"^AMQ8\d{3}[A-Z]?: Display ", re.MULTILINE)
KEPT = ("chltype", "sslpeer", "sslciph", "sslcauth", "certlabl", "conname")
# The end that a channel of a type is, where it is always the same: SVR and RQSTR can be both.
ENDS: Mapping[str, Side] = {
    "CLNTCONN": "client",
    "SDR": "client",
    "CLUSSDR": "client",
    "SVRCONN": "server",
    "RCVR": "server",
    "CLUSRCVR": "server",
}


class Mqsc(Format):
    """
    facts of a channel definition, as far as it has them: KEPT, in lower case, without quotes. Other commands say
    nothing; blank attributes are left out.
    """

    kind: ClassVar = "mq-ini"
    grammar_name = "mqsc"
    needles = (b"DEFINE CHANNEL", b"DEFINE CHL", b"AMQ8414", b"DEFINE QLOCAL", b"ALTER QMGR")
    opens = ("COMMAND", "DISPLAYED")
    one_line = True  # one match is the whole command
    opening_lines = 440
    rank = 6

    def looks_like(self, head: bytes, name: str) -> float:
        """Every answer of runmqsc counts, for the text error log takes each for a message with its id alone."""
        found = super().looks_like(head, name)
        return found and found + sum(1 for _ in ANSWER.finditer(head))

    def parse(self, record: Record, encoding: str | None) -> Event:
        text = self.text(record, encoding)
        tree = self.tree("\n" + text if text.startswith("*") else text)
        tokens = [each for each in tree.children if isinstance(each, str)]
        found = dict(attribute(str(each)) for each in reversed(tokens) if each.type == "ATTRIBUTE")
        channel = found.get("channel") or found.get("chl")
        facts = {name: found[name] for name in KEPT if found.get(name)} if channel else {}
        return Event(
            kind=self.kind,
            span=record.span,
            side=ENDS.get(facts.get("chltype", "")),
            channel=channel,
            facts=facts,
            text=" ".join(text.strip().partition("\n")[0].split()).removesuffix(" +"),
        )


def attribute(printed: str) -> tuple[str, str]:
    """`sslpeer` and `CN=till*` of SSLPEER('CN=till*')."""
    name, _, value = printed.partition("(")
    value = value.removesuffix(")").strip()
    if value.startswith("'") and value.endswith("'"):
        value = value[1:-1].replace("''", "'")
    return name.strip().lower(), value.strip()


FORMAT = Mqsc()
