"""
Text error logs whose records begin in a rare way: with nothing but a time, as MQ 5.3 wrote them, with a stamp in
ISO-2022-JP, or below what the tools of Windows print of an entry of its event log.

They are read by the grammar of errorlog; only what begins a record is more, and looking for more takes time,
so this is a format of its own.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mqdiag import grammar
from mqdiag.formats._base import Format, Skim
from mqdiag.formats.errorlog import ErrorLog
from mqdiag.text import decode

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator


class RareLog(ErrorLog):
    """
    facts: those of errorlog.
    """

    needles = (b"AMQ", b"Process(")
    opens = ("EVENT", "STAMP", "BARE_STAMP", "ESCAPED_STAMP")
    opening_lines = 18  # from the event id down to the header

    def looks_like(self, head: bytes, name: str) -> float:
        """As much as errorlog sees and one more for each rare beginning; 0 if there is none."""
        rare = sum(1 for _ in self.rare.finditer(head)) if any(each in head for each in self.needles) else 0
        return rare and super().looks_like(head, name) + rare

    @cached_property
    def rare(self) -> re.Pattern[bytes]:
        return grammar.pattern(self.grammar_name, "EVENT", "BARE_STAMP", "ESCAPED_STAMP")

    def find_boundaries(self, data: bytes, begin: int, end: int) -> Iterator[re.Match[bytes]]:
        return Format.find_boundaries(self, data, begin, end)

    def skim(self, data: bytes) -> Skim:
        """As of errorlog; the stamp in UTF-8 whatever the log's encoding is."""
        found = super().skim(data)
        first = self.rare.search(data)
        if first is None or first.lastgroup == "EVENT":
            return found
        return Skim(found.message_key, decode(first[0]).text.strip("- \t\r\n").encode("utf-8"), found.utc)


FORMAT = RareLog()
