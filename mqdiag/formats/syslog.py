"""MQ's JSON on its way through syslog or journald (grammars/syslog.lark)."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from mqdiag import grammar
from mqdiag.formats._base import Format, Skim
from mqdiag.formats.jsonlog import event, fields
from mqdiag.model import Stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mqdiag.model import Event, Record


class Syslog(Format):
    """
    facts: those of jsonlog.
    """

    kind: ClassVar = "syslog"
    grammar_name = "syslog"
    needles = (b'"ibm_', b'\\"ibm_', b'"ibm-mq"')
    opens = ("LINE", "JOURNAL", "EXPORT")
    one_line = True
    triaged = True
    rank = 4

    @cached_property
    def skim_pattern(self) -> re.Pattern[bytes]:
        """A message id, then an instant or the other way round, in an object whose quotes may be escaped."""
        names = ("MESSAGE_ID", "DATETIME")
        choices = "|".join(f"(?P<{each}>{grammar.terminal('jsonlog', each)})" for each in names)
        return re.compile(choices.encode("ascii"))

    def skim(self, data: bytes) -> Skim:
        found = {
            match.lastgroup: match[0].rpartition(b'"')[2]
            for match in self.skim_pattern.finditer(data.replace(b'\\"', b'"'))
        }
        key, instant = found.get("MESSAGE_ID"), found.get("DATETIME")
        return Skim(key.decode("ascii") if key else None, instant, instant)

    def parse(self, record: Record, encoding: str | None) -> Event:
        tree = self.tree(self.text(record, encoding))
        header = {str(token.type): str(token).strip() for token in tree.scan_values(lambda token: True)}
        outer = fields(header.pop("OBJECT", ""))
        inner = fields(message(outer)) if "MESSAGE" in outer else outer
        found = event(inner, record, self.kind)
        return replace(
            found,
            host=found.host or header.get("HOST") or journal_host(outer) or None,
            stamp=found.stamp or (Stamp(header["STAMP"]) if "STAMP" in header else None),
        )


def journal_host(journal: Mapping[str, object]) -> str:
    value = journal.get("_HOSTNAME")
    return value if isinstance(value, str) else ""


def message(journal: Mapping[str, object]) -> str:
    """The MESSAGE of a journald entry; what is not UTF-8 stands there as a list of bytes."""
    value = journal["MESSAGE"]
    if isinstance(value, list) and all(isinstance(each, int) and 0 <= each < 256 for each in value):
        return bytes(value).decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


FORMAT = Syslog()
