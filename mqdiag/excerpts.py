"""
The records that a report cites, as the logs hold them: read again by their spans when a page wants them.

Passwords on command lines and in ini files are masked here too. Long records and long reports are cut: a page
that shows everything is the log itself.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from mqdiag import passwords, sources
from mqdiag.formats._shell import masked
from mqdiag.text import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mqdiag.model import Evidence, Report, Span
    from mqdiag.sources import Source

MAX_RECORD_BYTES = 16 * 1024
MAX_BYTES = 8 * 1024 * 1024  # of all records of a report

# KeyRepositoryPassword=secret   keyStorePassword: secret
PASSWORD = re.compile(r"(?im)^([ \t]*[\w.]*(?:password|passphrase|pwd)[ \t]*[=:][ \t]*)(\S[^\r\n]*)")
UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def cited(report: Report, paths: Iterable[str], encoding: str | None = None) -> dict[Span, str]:
    """
    The text of the cited records by their spans, the judges' own records first where it becomes too much.

    `paths` are those that were analyzed. What cannot be read again, such as a pipe, is not in the answer.
    """
    return cited_in(report, sources.find(paths)[0] if any(chosen(report)) else (), encoding)


def cited_in(report: Report, found: Iterable[Source], encoding: str | None = None) -> dict[Span, str]:
    """The same, of sources that were found before."""
    wanted: dict[str, list[Span]] = {}
    for span in chosen(report):
        wanted.setdefault(span.path, []).append(span)
    return {
        span: shown(data, name or encoding)
        for each in found
        if each.path in wanted
        for span, data, name in read(each, sorted(set(wanted[each.path]), key=lambda span: span.offset))
    }


def chosen(report: Report) -> Iterator[Span]:
    """The spans to show: first one record of every incident, then the others, until it is enough."""
    size, seen = 0, set()
    for each in in_turn([incident.evidence for incident in report.incidents]):
        if each.event is None or each.span in seen or each.span.length == 0:
            continue
        seen.add(each.span)
        size += min(each.span.length, MAX_RECORD_BYTES)
        if size > MAX_BYTES:
            return
        yield each.span


def in_turn(groups: Sequence[Sequence[Evidence]]) -> Iterator[Evidence]:
    """The first of every group, then the second of every group, and so on."""
    for place in range(max(map(len, groups), default=0)):
        yield from (each[place] for each in groups if place < len(each))


def read(source: Source, spans: Sequence[Span]) -> Iterator[tuple[Span, bytes, str | None]]:
    """The bytes of spans, which are in file order, and the encoding if it is one of UTF-16."""
    try:
        blocks = source.blocks()
        held, at, name = b"", 0, None
        for span in spans:
            if span.offset < at:
                continue
            end = span.offset + min(span.length, MAX_RECORD_BYTES)
            while at + len(held) < end and (block := next(blocks, b"")):
                name = UTF16.get(block[:2]) if at == 0 and not held else name
                keep = max(span.offset - at, 0)
                held, at = (held + block)[keep:], at + min(keep, len(held) + len(block))
            data = held[span.offset - at : end - at]
            yield span, whole_lines(data) if len(data) < span.length and not name else data, name
    except (OSError, *sources.DAMAGED):
        return


def whole_lines(data: bytes) -> bytes:
    """The head of a record that is too long, up to its last line end."""
    return data[: data.rfind(b"\n") + 1] or data


def shown(data: bytes, encoding: str | None) -> str:
    text = data.decode(encoding, "replace").removeprefix("\ufeff") if encoding else decode(data).text
    whole = "\n".join(masked(line.removesuffix("\r")) for line in text.removesuffix("\n").split("\n"))
    return passwords.masked(PASSWORD.sub(r"\1***", whole))
