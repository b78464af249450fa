"""
Report -> timeline: the records of all incidents in one order of time, both sides beside each other.

Made from what the report holds, so a saved one has it too: the cited records, and the clocks. What the clocks of
two hosts differ by is taken off, so a cause stands above its echo. Of many repetitions the first and the last are
cited, and so are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mqdiag.clock import common_time
from mqdiag.language import marked, plural, tr, translated
from mqdiag.render._document import Block, Heading, Paragraph, Table
from mqdiag.render._labels import clock_time, identity, moment, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from mqdiag.model import Evidence, Report, Span
    from mqdiag.render import Page
    from mqdiag.render._document import Document

COLUMNS = (
    marked("time (UTC)"),
    "#",
    marked("client"),
    marked("server"),
    marked("role"),
    marked("what it says"),
)
WORTH_SAYING_S = 0.001


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One cited record. `instant` is corrected: `moved_s` seconds were taken off what the log says. `incident` is
    the number of its incident in the report, from 1.
    """

    instant: datetime
    moved_s: float
    incident: int
    evidence: Evidence


def timeline(report: Report) -> tuple[Entry, ...]:
    """All cited records whose time is known, in corrected order; at one instant in that of the incidents."""
    ahead = common_time(report.clocks)
    hosts = {each.path: each.host for each in report.sources if each.host}
    entries = []
    for number, incident in enumerate(report.incidents, 1):
        for evidence in incident.evidence:
            if evidence.event and evidence.event.instant:
                moved = ahead_of(evidence, hosts, ahead)
                entries.append(Entry(evidence.event.instant - timedelta(seconds=moved), moved, number, evidence))
    return tuple(sorted(entries, key=in_order))


def in_order(entry: Entry) -> tuple[datetime, int, bool, Span]:
    """By time; at one instant the decision stands before what it led to."""
    return entry.instant, entry.incident, entry.evidence.role != "origin", entry.evidence.span


def ahead_of(evidence: Evidence, hosts: Mapping[str, str], ahead: Mapping[str, float]) -> float:
    """By how much the clock that stamped a record is ahead: that of its host, else that of its file."""
    path = evidence.span.path
    names = (evidence.event.host if evidence.event else None, hosts.get(path), path)
    return next((ahead[name] for name in names if name and name in ahead), 0.0)


def with_timeline(page: Page, report: Report) -> Page:
    """The page with the timeline at its end; its data stay as they are, for the timeline is made from them."""

    def document() -> Document:
        plain = page.document()
        return replace(plain, blocks=(*plain.blocks, *blocks(report)))

    return replace(page, document=document)


def blocks(report: Report) -> Iterator[Block]:
    entries = timeline(report)
    yield Heading(tr("Timeline"), 1)
    if not entries:
        yield Paragraph(tr("No cited record has a time that is known in UTC."))
        return
    yield from corrections(report)
    yield Table(tuple(translated(each) for each in COLUMNS), tuple(rows(entries)), figures=("#",), lead=4)
    if missing := sum(bool(e.event and not e.event.instant) for each in report.incidents for e in each.evidence):
        records = plural(missing, "cited record")
        yield Paragraph(tr("Not shown: {records} whose time in UTC is not known.", records=records))


def corrections(report: Report) -> Iterator[Block]:
    """What was taken off which clock, so that nobody looks for the corrected times in the log."""
    moved = {name: value for name, value in common_time(report.clocks).items() if abs(value) >= WORTH_SAYING_S}
    if moved:
        said = tr(", ").join(f"{name} {-value:+.3f} s" for name, value in sorted(moved.items()))
        yield Paragraph(tr("Clocks corrected by what both ends logged: {clocks}.", clocks=said))


def rows(entries: Sequence[Entry]) -> Iterator[tuple[str, ...]]:
    day: datetime | None = None
    for each in entries:
        evidence = each.evidence
        what = f"{identity(evidence)} {place(evidence.span)}"
        yield (
            clock_time(each.instant, day) if day else moment(each.instant),
            str(each.incident),
            what if evidence.side == "client" else "",
            what if evidence.side != "client" else "",
            translated(evidence.role),
            evidence.says,
        )
        day = each.instant
