"""
The offset of a source that states none, from failures that both ends logged.

'05/16/23 15:23:59' at a server and 06:23:59.403Z at its client are 9 h 0 s apart: all zones are multiples of
15 minutes from UTC, so a difference that is within seconds of one gives the offset. It is taken only where
the two records are complementary, where exactly one offset fits best, and it is called inferred.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mqdiag import clock
from mqdiag.clock import WINDOW_S
from mqdiag.correlate.calendars import FARTHEST, QUARTER, separator
from mqdiag.correlate.clocks import MAX_SKEW_S
from mqdiag.correlate.relation import contradict, is_application, relation
from mqdiag.correlate.views import kind
from mqdiag.knowledge import knowledge
from mqdiag.language import tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mqdiag.clock import Order
    from mqdiag.correlate.calendars import Calendar
    from mqdiag.model import Event


SAMPLE = 60  # records of a source that are asked
ENOUGH_TO_KNOW_BETTER = 2  # records that must agree against what was lent by a neighbour
ENOUGH = 3  # records that must agree where the clocks themselves differ
CLEARLY = 2  # and by so many times more than on any other reading


def infer_offsets(events: Mapping[str, Sequence[Event]], calendars: Mapping[str, Calendar]) -> None:
    """
    Give the calendars without offset the one that pairs of failures support, and those that leave the order of day
    and month open the one in which the pairs are at the same time. `events` are those of judges and victims, and
    of what calls tell at once, by source path.

    Where no pair is within the window the clocks may differ as well: then several pairs must agree.
    """
    known: dict[object, list[Event]] = {}
    for each in events.values():
        for event in each:
            if event.instant:
                known.setdefault(kind(event), []).append(event)
    related: dict[tuple[object, object], bool] = {}
    for path, calendar in sorted(calendars.items()):
        wanted = events.get(path, ())
        if not wanted or (calendar.known and not calendar.guessed and all(each.instant for each in wanted)):
            continue
        wanted = wanted[:: len(wanted) // SAMPLE + 1]
        seen = replace(calendar, offsets=()) if calendar.guessed else calendar
        fewest = ENOUGH_TO_KNOW_BETTER if calendar.guessed else 1
        for limit_s, enough, clearly in ((WINDOW_S, fewest, 1), (MAX_SKEW_S, ENOUGH, CLEARLY)):
            votes, partner = ballot(wanted, known, related, limit_s, seen)
            best = [*votes.most_common(2), (None, 0), (None, 0)]
            (reading, count), (_, next_best) = best[:2]
            if reading and count >= enough and count > clearly * next_best - (clearly > 1):
                adopt(reading, partner[reading], calendar)
                break


def ballot(
    wanted: Sequence[Event],
    known: Mapping[object, Sequence[Event]],
    related: dict[tuple[object, object], bool],
    limit_s: float,
    calendar: Calendar,
) -> tuple[Counter[Reading], dict[Reading, str]]:
    """Which readings how many of the events vote for, and with which partner; `related` keeps what was asked."""
    votes = Counter[Reading]()
    partner: dict[Reading, str] = {}
    for event in wanted:
        own = kind(event)
        near: list[Event] = []
        for other, each in known.items():
            if (own, other) not in related:
                related[own, other] = fits(event, each[0])
            if related[own, other]:
                near += each
        for reading, found in fitting(event, near, limit_s, calendar).items():
            votes[reading] += 1
            partner.setdefault(reading, f"{found.span.path}:{found.span.line}")
    return votes, partner


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the stamps of a source: the order of day and month where it is open, and the offset."""

    order: tuple[str, Order] | None
    offset: timedelta


def adopt(reading: Reading, partner: str, calendar: Calendar) -> None:
    if reading.order:
        calendar.orders = {**calendar.orders, reading.order[0]: reading.order[1]}
    if not calendar.known or (calendar.guessed and reading.offset not in {offset for _, offset in calendar.offsets}):
        calendar.guessed = False
        calendar.offsets = [(datetime.min, reading.offset)]
        calendar.basis = tr("paired with {record}", record=partner)


def fitting(event: Event, known: Iterable[Event], limit_s: float, calendar: Calendar) -> dict[Reading, Event]:
    """
    The readings under which an event is the counterpart of one of the known events, one vote each; their clocks
    may differ by the limit. Where the calendar knows the offset (--tz), only the order of day and month is open.
    """
    found: dict[Reading, Event] = {}
    readings = locals_of(event)
    for other in known:
        assert other.instant is not None
        for order, local in readings:
            difference = local - other.instant.replace(tzinfo=None)
            offset = round(difference / QUARTER) * QUARTER
            if calendar.known and offset not in calendar.offsets_at(local):
                continue
            if abs(offset) > FARTHEST or abs((difference - offset).total_seconds()) > limit_s:
                continue
            reading = Reading(order, offset)
            if reading not in found and counterparts(event, other):
                found[reading] = other
    return found


def fits(event: Event, other: Event) -> bool:
    """Whether two records are of kinds that are written at one moment, as by the two ends of one failure."""
    if "context" in (event.role, other.role):
        return returns(event, other) or returns(other, event)
    return relation(event, other) >= (2 if is_application(event) or is_application(other) else 3)


def returns(event: Event, told: Event) -> bool:
    """Whether an application tells a reason code that calls get when such a record is written: 2161 with AMQ9542."""
    return is_application(told) and str(told.reason_code) in returned_with(event)


def returned_with(event: Event) -> tuple[str, ...]:
    message = knowledge().messages.get(event.message_id.key) if event.message_id else None
    return message.returns if message else ()


def counterparts(event: Event, other: Event) -> bool:
    """Whether two records can be of one failure: of the two ends, or of the client and its application."""
    if other.span.path == event.span.path or contradict([event], [other]):
        return False
    return event.side != other.side or is_application(event) != is_application(other)


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
