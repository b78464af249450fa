"""The FFST report of the classes for JMS and for Java, JMSCC<nnnn>.FDC (grammars/javaffst.lark)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from mqdiag import clock
from mqdiag.formats._base import Format
from mqdiag.model import Event, Stamp
from mqdiag.text import decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mqdiag.grammar import ParseTree
    from mqdiag.model import Record

PARSED_LIMIT = 64 * 1024  # bytes; the system properties and threads below are not looked at
STACK_LENGTH = 40  # methods
FILE_NAME = re.compile(r"(?:^|[/!\\])(?:JMSC|JAVACC)[^/\\!]*\.FDC$", re.IGNORECASE)
PROCESS = re.compile(r"\bPID:(\d{1,10})\b")

FACTS = {  # by label in lower case without blanks: 'Probe id' and 'ProbeID' are the same
    "component_id": "componentid",
    "function_id": "functionid",
    "source_class": "sourceclass",
    "source_method": "sourcemethod",
    "product": "product",
    "thread_name": "thread",
}
INSERTS = {"arith1": "ArithInsert1", "arith2": "ArithInsert2"} | {
    f"comment{position}": f"CommentInsert{position}" for position in (1, 2, 3)
}


class JavaFfst(Format):
    """
    facts: those of `FACTS`, and `stack` (the methods of the first stack trace, joined by " > ", the outermost
    first as in an FFST of a queue manager). The event's body has the fields of the section Data.
    """

    kind: ClassVar = "java-ffst"
    grammar_name = "javaffst"
    needles = (b"First Failure Symptom Report",)
    opens = ("OPENING",)
    closes = ("CLOSING",)
    opening_lines = 9

    def looks_like(self, head: bytes, name: str) -> float:
        """The reports found; a file with the name of such an FDC is one, also where its head is lost."""
        found = super().looks_like(head, name)
        return max(found * 1000, 0.5) if FILE_NAME.search(name) else found

    def parse(self, record: Record, encoding: str | None) -> Event:
        return event(self.tree(decode(record.data[:PARSED_LIMIT], encoding).text), record)


def sections(tree: ParseTree) -> Iterator[tuple[str, ParseTree]]:
    """The fields and frames of a report, each with the section it stands in; empty above the first section."""
    section = ""
    for part in tree.children:
        if not isinstance(part, str):
            yield section, part
        elif part.type == "SECTION":
            section = part.split("\n")[0].strip()


def event(tree: ParseTree, record: Record) -> Event:
    parts = list(sections(tree))
    fields = [(section, *field(part)) for section, part in parts if part.data == "field"]
    values: dict[str, str] = {}
    for section, label, value in fields:
        if not section:
            values.setdefault(label.lower().replace(" ", ""), value)
    opening = PROCESS.search(str(tree.children[0]))
    facts = {name: values.get(label, "") for name, label in FACTS.items()} | {"stack": stack(parts)}
    reason = values.get("reasoncode", "")
    return Event(
        kind="java-ffst",
        span=record.span,
        stamp=read_stamp(values),
        side="client",  # the classes are the application's end, always
        host=values.get("hostname") or None,
        process=int(opening[1]) if opening else None,
        user=values.get("userid") or None,
        probe_id=values.get("probeid") or None,
        reason_code=int(reason) if re.fullmatch(r"[1-9]\d{3}", reason) else None,
        inserts={name: values[label] for label, name in INSERTS.items() if values.get(label)},
        facts={name: value for name, value in facts.items() if value},
        body="\n".join(f"{label}: {value}" for section, label, value in fields if section == "Data" and value),
    )


def field(part: ParseTree) -> tuple[str, str]:
    """The label of a field and its value, empty if it has none."""
    label, *value = (str(each) for each in part.children)
    return label.strip("| \t").removesuffix(":-").rstrip(), value[0] if value else ""


def stack(parts: list[tuple[str, ParseTree]]) -> str:
    """The methods of the first stack trace without their places in the source, outermost first."""
    frames = [(section, str(part.children[0])) for section, part in parts if part.data == "frame"]
    methods = [frame.partition("(")[0].strip() for section, frame in frames if section == frames[0][0]]
    return " > ".join(reversed(methods[:STACK_LENGTH]))


def read_stamp(values: Mapping[str, str]) -> Stamp | None:
    """The stamp; its instant where the report prints the system time, milliseconds since 1970."""
    written = values.get("date/time") or values.get("systemtime", "")
    if not written:
        return None
    reading = clock.read(written)
    system_time = re.fullmatch(r"\d{12,13}", values.get("systemtime", ""))
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(system_time[0])) if system_time else None
    return Stamp(written, reading.local() if reading else None, instant, "stated" if instant else "ambiguous")


FORMAT = JavaFfst()
