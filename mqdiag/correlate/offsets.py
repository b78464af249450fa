"""
The offset of a source that states none, from failures that both ends logged.

'05/16/23 15:23:59' at a server and 06:23:59.403Z at its client are 9 h 0 s apart: all zones are multiples of
15 minutes from UTC, so a difference that is within seconds of one gives the offset. It is taken only where
the two records are complementary, where exactly one offset fits best, and it is called inferred.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mqdiag import clock
from mqdiag.correlate.calendars import quarter_offset, separator
from mqdiag.correlate.join import WINDOW_S
from mqdiag.correlate.relation import contradict, is_application, relation
from mqdiag.language import tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mqdiag.clock import Order
    from mqdiag.correlate.calendars import Calendar
    from mqdiag.model import Event


def infer_offsets(events: Mapping[str, Sequence[Event]], calendars: Mapping[str, Calendar]) -> None:
    """Give the calendars without offset the one that pairs of failures support; `events` by source path."""
    known = [e for each in events.values() for e in each if e.instant and e.role in ("judge", "victim")]
    for path, calendar in sorted(calendars.items()):
        if calendar.known or not events.get(path):
            continue
        votes = Counter[Reading]()
        partner: dict[Reading, str] = {}
        for event in events[path]:
            if event.role in ("judge", "victim"):
                for reading, other in fitting(event, known).items():
                    votes[reading] += 1
                    partner.setdefault(reading, f"{other.span.path}:{other.span.line}")
        best = votes.most_common(2)
        if best and (len(best) == 1 or best[0][1] > best[1][1]):
            adopt(best[0][0], partner[best[0][0]], calendar)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the stamps of a source: the order of day and month where it is open, and the offset."""

    order: tuple[str, Order] | None
    offset: timedelta


def adopt(reading: Reading, partner: str, calendar: Calendar) -> None:
    if reading.order:
        calendar.orders = {**calendar.orders, reading.order[0]: reading.order[1]}
    calendar.offsets = [(datetime.min, reading.offset)]
    calendar.basis = tr("paired with {record}", record=partner)


def fitting(event: Event, known: Iterable[Event]) -> dict[Reading, Event]:
    """The readings under which an event is the counterpart of one of the known events, one vote each."""
    found: dict[Reading, Event] = {}
    for other in known:
        if not counterparts(event, other):
            continue
        for order, local in locals_of(event):
            assert other.instant is not None
            offset = quarter_offset(local, other.instant)
            apart = (local - offset) - other.instant.replace(tzinfo=None) if offset is not None else None
            if offset is not None and apart is not None and abs(apart) <= timedelta(seconds=WINDOW_S):
                found.setdefault(Reading(order, offset), other)
    return found


def counterparts(event: Event, other: Event) -> bool:
    """Whether two records can be of one failure: of the two ends, or of the client and its application."""
    if other.span.path == event.span.path or contradict([event], [other]):
        return False
    told = is_application(event) or is_application(other)
    same_side = event.side == other.side
    if same_side and is_application(event) == is_application(other):
        return False
    return relation(event, other) >= (2 if told else 3)


def locals_of(event: Event) -> list[tuple[tuple[str, Order] | None, datetime]]:
    """The local times an event can have: one, or one for each order of day and month that is open."""
    if event.stamp is None:
        return []
    if event.stamp.local:
        return [(None, event.stamp.local)]
    reading = clock.read(event.stamp.written)
    sign = separator(event.stamp.written)
    orders = reading.orders if reading else ()
    return [((sign, order), local) for order in orders if reading and (local := reading.local(order))]
