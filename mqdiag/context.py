"""
The cited records of a report as they stand in their sources, with a few lines around them.

A redacted excerpt shows less: of an FFST report only what is no dump, of an application's log only the lines about
MQ, for nobody can know what else an application writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mqdiag.formats.ffst import header_end, sections
from mqdiag.interpret import interpret
from mqdiag.language import marked, tr
from mqdiag.parse import framed, parsed
from mqdiag.passwords import masked
from mqdiag.render._visible import visible
from mqdiag.sources import DAMAGED
from mqdiag.text import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mqdiag.model import Event, Kind, Record, Report, Span
    from mqdiag.sources import Source

CONTEXT_LINES = 4
MOST_LINES = 200  # of one record
LEFT_OUT = marked("[left out]")
SHOWN_SECTIONS = ("MQM Function Stack", "MQM Trace History")
OTHERS = ("java-exception", "unparsed", "unknown")  # records that others than MQ wrote
ABOUT_MQ = re.compile(
    r"MQ|JMS|com\.ibm\.|Caused by|SSL|TLS|[Cc]ertificate|\b(?:reason|completion) code|^\s+at (?:java|javax|sun|jdk)\."
)
# 0x00000000  48415242 38312020  00000000 00000000  HARB81
HEX_ROW = re.compile(r"(?:[0-9A-Fa-f]{8}[ ]{1,3}){2}|(?:[0-9A-Fa-f]{2}[ ]){8}")


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of one record, from the line `line` of its source; `event` is None where it could not be parsed."""

    line: int
    text: str
    event: Event | None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is shown of one source; `cited` are the first and last lines of the records that the report cites."""

    path: str
    cited: tuple[tuple[int, int], ...]
    pieces: tuple[Piece, ...]


def excerpts(report: Report, sources: Sequence[Source], encoding: str | None, *, careful: bool) -> Iterator[Excerpt]:
    """The excerpts of all cited sources, by path; `careful` leaves out what cannot be redacted."""
    by_path: dict[str, set[tuple[int, int]]] = {}
    for incident in report.incidents:
        for each in incident.evidence:
            if each.event:
                by_path.setdefault(each.span.path, set()).add((each.span.line, each.span.last_line))
    for source in sources:
        if cited := sorted(by_path.get(source.path, ())):
            yield Excerpt(source.path, tuple(cited), tuple(pieces(source, cited, encoding, careful)))


def pieces(source: Source, cited: Sequence[tuple[int, int]], encoding: str | None, careful: bool) -> Iterator[Piece]:
    """What of a source lies within a few lines of what is cited; up to where it can be read."""
    windows = [(max(1, first - CONTEXT_LINES), last + CONTEXT_LINES) for first, last in cited]
    try:
        for record, format in framed(source):
            span = record.span
            near = [(max(a, span.line), min(b, span.last_line)) for a, b in windows]
            near = [(first, last) for first, last in near if first <= last]
            if not near:
                continue
            event = parsed(record, format, encoding)[0] if format else None
            lines = text_of(record, encoding, careful).split("\n")
            for first, last in joined(near):
                shown = lines[first - span.line : last - span.line + 1]
                if shown:
                    yield Piece(first, shortened(shown), interpret(event) if event else None)
    except (OSError, *DAMAGED):
        return


def joined(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    result: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if result and first <= result[-1][1] + 1:
            result[-1] = result[-1][0], max(last, result[-1][1])
        else:
            result.append((first, last))
    return result


def text_of(record: Record, encoding: str | None, careful: bool) -> str:
    text = masked(decode(record.data, encoding).text.replace("\r\n", "\n").removesuffix("\n"))
    return careful_text(record.kind, text) if careful else text


def careful_records(report: Report, raw: Mapping[Span, str]) -> dict[Span, str]:
    """The cited records without what cannot be redacted."""
    kinds = {each.span: each.event.kind for found in report.incidents for each in found.evidence if each.event}
    return {span: careful_text(kinds[span], text) for span, text in raw.items()}


def careful_text(kind: Kind, text: str) -> str:
    """As many lines, those that nobody can redact left out."""
    if kind == "ffst":
        text = without_dumps(text)
    return "\n".join(
        line if not line.strip() or can_be_redacted(kind, line) else tr(LEFT_OUT) for line in text.split("\n")
    )


def can_be_redacted(kind: Kind, line: str) -> bool:
    return not HEX_ROW.search(line) and (kind not in OTHERS or ABOUT_MQ.search(line) is not None)


def without_dumps(text: str) -> str:
    """An FFST report's header, function stack and trace history; its other parts are dumps of memory and settings."""
    data = text.encode("utf-8", "surrogatepass")
    after = header_end(data)
    parts = [data[:after]]
    for each in sections(data):
        end = each.offset + each.length
        part = data[each.offset : end]
        parts += [emptied(data[after : each.offset]), part if each.title in SHOWN_SECTIONS else emptied(part)]
        after = end
    parts.append(emptied(data[after:]))
    return b"".join(parts).decode("utf-8", "surrogatepass").removesuffix("\n")


def emptied(data: bytes) -> bytes:
    """As many lines, with nothing on them."""
    return b"".join(tr(LEFT_OUT).encode() + b"\n" if line.strip() else b"\n" for line in data.splitlines())


def shortened(lines: Sequence[str]) -> str:
    """The lines of a record, of a very long one the first; runs of lines left out are told once."""
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], tr("[{count} more lines of this record]", count=len(lines) - MOST_LINES)]
    return "\n".join(lines)


def written(excerpt: Excerpt, path: str, told: Callable[[str], str]) -> str:
    """
    An excerpt as a text: line numbers, and > before the lines that are cited. `told` makes of a piece's text what
    may be shown, with as many lines. It can be looked at on a terminal: what would be a command there is visible.
    """
    result = [visible(path), "", tr("> stands before the lines that the report cites."), ""]
    last = 0
    for piece in excerpt.pieces:
        if last and piece.line > last + 1:
            result.append("")
        blank = False
        for number, line in enumerate(told(piece.text).split("\n"), piece.line):
            last = number
            if line == tr(LEFT_OUT) and blank:
                continue
            blank = line == tr(LEFT_OUT)
            mark = ">" if any(first <= number <= end for first, end in excerpt.cited) else " "
            shown = "\t".join(map(visible, line.split("\t")))
            result.append(f"{mark}{number:>7}  {shown}".rstrip())
    return "\n".join(result) + "\n"
