"""
`mqdiag ffst`: FFST reports one a row, and rolled up by probe id.

Of a flood of reports the first in time and the counts by probe id are what matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mqdiag.language import tr
from mqdiag.render import Page
from mqdiag.render._document import Block, Document, Heading, Paragraph, Table
from mqdiag.render._labels import moment, place
from mqdiag.render.json import utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mqdiag.model import Event

SCHEMA = "mqdiag/ffst/1"


@dataclass(frozen=True, slots=True)
class Roll:
    """The reports of one probe id and component, in time order."""

    events: tuple[Event, ...]

    @property
    def first(self) -> Event:
        return self.events[0]

    @property
    def last(self) -> Event:
        return self.events[-1]


def ffst_page(events: Sequence[Event]) -> Page:
    """`events` are of FFST reports, in time order."""
    return Page(lambda: Document(tuple(blocks(events))), lambda: data(events))


def rolled(events: Sequence[Event]) -> list[Roll]:
    """The roll-up, the probe id that came first in front."""
    groups: dict[tuple[str, str, str], list[Event]] = {}
    for each in events:
        groups.setdefault((probe_id(each), component(each), message(each)), []).append(each)
    return [Roll(tuple(group)) for group in groups.values()]


def probe_id(event: Event) -> str:
    return event.probe_id or ""


def component(event: Event) -> str:
    """The C function that raised it, or the Java component id; empty if the report breaks off before it."""
    return event.facts.get("component", "")


def message(event: Event) -> str:
    """The message that triggered the report, else its probe type, which is all that says what it is about."""
    return str(event.message_id or event.facts.get("probe_type", ""))


def shown_time(event: Event) -> str:
    """UTC where it is justified, else the time as written, marked as such."""
    if event.instant:
        return moment(event.instant)
    return tr("{time} (as written)", time=event.stamp.written) if event.stamp else ""


def blocks(events: Sequence[Event]) -> Iterator[Block]:
    if not events:
        yield Paragraph(tr("No FFST report in what was read."))
        return
    yield Heading(tr("FFST reports: {count}", count=len(events)), 1)
    yield Table(
        (
            tr("report"),
            tr("time (UTC)"),
            tr("program"),
            "pid",
            "tid",
            tr("probe id"),
            tr("component"),
            tr("message"),
        ),
        tuple(row(each) for each in events),
        figures=("pid", "tid"),
    )
    yield Heading(tr("By probe id"), 1)
    yield Table(
        (tr("probe id"), tr("times"), tr("first (UTC)"), tr("last (UTC)"), tr("component"), tr("message")),
        tuple(roll_row(each) for each in rolled(events)),
        figures=(tr("times"),),
    )


def row(event: Event) -> tuple[str, ...]:
    return (
        place(event.span),
        shown_time(event) or "-",
        event.program or "-",
        *("-" if each is None else str(each) for each in (event.process, event.thread)),
        probe_id(event) or "-",
        component(event) or "-",
        message(event) or "-",
    )


def roll_row(roll: Roll) -> tuple[str, ...]:
    return (
        probe_id(roll.first) or "-",
        str(len(roll.events)),
        shown_time(roll.first) or "-",
        shown_time(roll.last) or "-",
        component(roll.first) or "-",
        message(roll.first) or "-",
    )


def data(events: Sequence[Event]) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "reports": [report_data(each) for each in events],
        "probes": [roll_data(each) for each in rolled(events)],
    }


def report_data(event: Event) -> dict[str, object]:
    return {
        "path": event.span.path,
        "line": event.span.line,
        "last_line": event.span.last_line,
        "kind": event.kind,
        "time": utc(event.instant),
        "written": event.stamp.written if event.stamp else None,
        "host": event.host,
        "queue_manager": event.queue_manager,
        "program": event.program,
        "process": event.process,
        "thread": event.thread,
        "probe_id": event.probe_id,
        "component": component(event) or None,
        "message_id": str(event.message_id) if event.message_id else None,
        "probe_type": event.facts.get("probe_type"),
    }


def roll_data(roll: Roll) -> dict[str, object]:
    return {
        "probe_id": roll.first.probe_id,
        "component": component(roll.first) or None,
        "message_id": str(roll.first.message_id) if roll.first.message_id else None,
        "probe_type": roll.first.facts.get("probe_type"),
        "count": len(roll.events),
        "first": utc(roll.first.instant),
        "last": utc(roll.last.instant),
    }
