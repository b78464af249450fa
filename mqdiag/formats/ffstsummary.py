"""The output of ffstsummary: a line for each FFST report, in time order (grammars/ffstsummary.lark)."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, ClassVar

from mqdiag import clock
from mqdiag.formats._base import Format
from mqdiag.model import Event, Stamp

if TYPE_CHECKING:
    from mqdiag.grammar import ParseTree
    from mqdiag.model import Record


class FfstSummary(Format):
    """
    facts: `file` (the .FDC file), `component`, `thread_name`, and of later levels `major` and `minor`.
    """

    kind: ClassVar = "ffst-summary"
    grammar_name = "ffstsummary"
    needles = (b".FDC",)
    opens = ("SUMMARY_LINE",)
    one_line = True
    opening_lines = 3

    def parse(self, record: Record, encoding: str | None) -> Event:
        return event(self.tree(self.text(record, encoding)), record)


def event(tree: ParseTree, record: Record) -> Event:
    columns = {each.type: str(each) for each in tree.children if isinstance(each, str)}
    names = {str(each.data): words(each) for each in tree.children if not isinstance(each, str)}
    installation, program = ([None, *names["program"]])[-2:]
    major, minor = [*names.get("errors", []), "", ""][:2]
    facts = {
        "file": columns["FILE"].strip(" \t>").lstrip("!"),
        "component": columns["COMPONENT"],
        "thread_name": columns.get("THREAD_NAME", ""),
        "major": major,
        "minor": minor,
    }
    return Event(
        kind="ffst-summary",
        span=record.span,
        stamp=read_stamp(columns["WRITTEN"], columns.get("OFFSET")),
        process=int(columns["PROCESS"]),
        thread=int(columns["THREAD"]),
        program=program,
        installation=installation,
        vrmf=columns.get("VRMF"),
        probe_id=columns["PROBE_ID"],
        facts={name: value for name, value in facts.items() if value},
    )


def words(part: ParseTree) -> list[str]:
    return [str(each) for each in part.children if isinstance(each, str)]


def read_stamp(written: str, offset: str | None) -> Stamp:
    """The stamp; an instant only where the hours from UTC stand behind it: '07:25:19.153937-4'."""
    reading = clock.read(written)
    local = reading.local() if reading else None
    zone = clock.zone(offset) if offset else None
    instant = local.replace(tzinfo=zone).astimezone(UTC) if local and zone else None
    return Stamp(written + (offset or ""), local, instant, "stated" if instant else "ambiguous")


FORMAT = FfstSummary()
