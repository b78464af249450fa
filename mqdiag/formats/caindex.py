"""The database of an OpenSSL CA, index.txt (grammars/caindex.lark): which certificates are revoked, and since when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from mqdiag import names
from mqdiag.formats._shell import Anywhere
from mqdiag.language import tr
from mqdiag.model import Certificate, Event

if TYPE_CHECKING:
    from mqdiag.model import Record


class CaIndex(Anywhere):
    """
    facts: `status` (V valid, R revoked, E expired), `expires` and `revoked` (2023-05-16T07:40:02Z), `reason`
    (keyCompromise). There is no stamp: when the line was written is not in it.
    """

    kind: ClassVar = "ca-index"
    grammar_name = "caindex"
    needles = (b"unknown\t/", b"unknown /", b".pem\t/", b".pem /")
    opens = ("ENTRY",)
    one_line = True
    rank = 2

    def parse(self, record: Record, encoding: str | None) -> Event:
        text = self.text(record, encoding).strip()
        tree = self.tree(text)
        entry = {token.type: str(token) for token in tree.children if isinstance(token, str)}
        revocation = {
            token.type: str(token)
            for part in tree.find_data("revocation")
            for token in part.scan_values(lambda _: True)
        }
        facts = {
            "status": entry["STATUS"],
            "expires": rfc3339(entry["TIME"]),
            "revoked": rfc3339(revocation["TIME"]) if revocation else "",
            "reason": revocation.get("REASON", "").strip(",").split(",")[0],
        }
        subject, serial = names.name(entry["SUBJECT"]), names.normal_serial(entry["SERIAL"])
        return Event(
            kind=self.kind,
            span=record.span,
            certificate=Certificate(subject=subject, serial=serial),
            facts={name: value for name, value in facts.items() if value},
            text=text,
        )


def rfc3339(written: str) -> str:
    """
    The instant of an ASN.1 time in UTC; ValueError if there is no such day.

    `330510031500Z`: a two-digit year is 1950 to 2049. `20510510031500Z` has all four digits.
    """
    century = "" if len(written) == 15 else "19" if written >= "50" else "20"
    try:
        moment = datetime.strptime(century + written, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(tr("{written} is no time", written=written)) from error
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


FORMAT = CaIndex()
