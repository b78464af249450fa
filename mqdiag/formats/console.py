"""The console of MQ's container in its basic format, and the log target of an appliance (grammars/console.lark)."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from mqdiag import clock, grammar
from mqdiag.formats._base import Format, Skim
from mqdiag.model import Event, MessageId, Stamp

if TYPE_CHECKING:
    from mqdiag.grammar import ParseTree
    from mqdiag.model import Record

MESSAGE_ID = re.compile(r"(AMQ(?:[A-Z]{2})?)(\d{4})([A-Z])?")
TAGS = re.compile(r"</?[a-z]{1,8}>")  # of the trap of an appliance, which is HTML


class Console(Format):
    """
    No facts. This format prints no host, process, user or queue manager.
    """

    kind: ClassVar = "container"
    grammar_name = "console"
    needles = (b"AMQ", b"queue manager", b"Linux kernel version")
    opens = ("LINE", "OWN_LINE", "TRAP_LINE")
    one_line = True
    triaged = True
    rank = 4

    @cached_property
    def skim_pattern(self) -> re.Pattern[bytes]:
        """A line's own stamp, which is the last before its message id, and the id."""
        stamp, between, message_id = (
            grammar.terminal(self.grammar_name, each) for each in ("STAMP", "ORIGIN", "MESSAGE_ID")
        )
        lead = grammar.terminal(self.grammar_name, "LEAD")
        return re.compile(f"({stamp})(?:{between})?(?:{lead})?({message_id})".encode("ascii"))

    def skim(self, data: bytes) -> Skim:
        match = self.skim_pattern.search(data)
        if match is None:
            return Skim()
        written = match[1].strip()
        key = match[2].rstrip(b": \t").rstrip(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        return Skim(key.decode("ascii"), written, written)

    def parse(self, record: Record, encoding: str | None) -> Event:
        return event(self.tree(self.text(record, encoding)), record)


def event(tree: ParseTree, record: Record) -> Event:
    parts: dict[str, str] = {}
    inserts: dict[str, str] = {}
    for part in tree.children:
        if grammar.is_tree(part):
            inserts = values(part)
        else:
            parts[part.type] = str(part).strip()
    found = MESSAGE_ID.match(parts.get("MESSAGE_ID", ""))
    return Event(
        kind="container",
        span=record.span,
        stamp=stamp(parts["STAMP"]) if "STAMP" in parts else None,
        message_id=MessageId(*found.groups()) if found else None,
        inserts=inserts,
        text=TAGS.sub("", parts.get("TEXT", "")) or parts.get("OWN_TEXT", ""),
    )


def values(tree: ParseTree) -> dict[str, str]:
    """The inserts by name; empty ones are left out."""
    pairs = [[str(token) for token in insert.children] for insert in tree.children if grammar.is_tree(insert)]
    return {name.rstrip("("): value[0].strip() for name, *value in pairs if value}


def stamp(written: str) -> Stamp:
    """The container writes UTC and says so; an appliance can write an offset."""
    reading = clock.read(written)
    local = reading.local() if reading else None
    if reading is None or local is None or reading.offset is None:
        return Stamp(written)
    return Stamp(written, instant=clock.to_utc(local, reading.offset), certainty="stated")


FORMAT = Console()
