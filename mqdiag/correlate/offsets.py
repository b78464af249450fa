"""
The offset of a source that states none, from failures that both ends logged.

'05/16/23 15:23:59' at a server and 06:23:59.403Z at its client are 9 h 0 s apart: all zones are multiples of
15 minutes from UTC, so a difference that is within seconds of one gives the offset. It is taken only where
the two records are complementary, where exactly one offset fits best, and it is called inferred.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
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
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mqdiag.clock import Order
    from mqdiag.correlate.calendars import Calendar
    from mqdiag.model import Event


QUARTER_S, FARTHEST_S = QUARTER.total_seconds(), FARTHEST.total_seconds()
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
    known = Known(event for each in events.values() for event in each)
    for path, calendar in sorted(calendars.items()):
        wanted = events.get(path, ())
        is_timed = calendar.known and all(each.instant for each in wanted)
        if not wanted or (is_timed and not calendar.guessed):
            continue
        wanted = wanted[:: len(wanted) // SAMPLE + 1]
        if is_timed and any(known.confirm(each) for each in wanted):
            continue
        seen = replace(calendar, offsets=()) if calendar.guessed else calendar
        fewest = max(ENOUGH_TO_KNOW_BETTER, len(wanted) / 2) if calendar.guessed else 1
        for limit_s, enough, clearly in ((WINDOW_S, fewest, 1), (MAX_SKEW_S, max(ENOUGH, fewest), CLEARLY)):
            votes, partner = ballot(wanted, known, limit_s, seen)
            best = [*votes.most_common(2), (None, 0), (None, 0)]
            (reading, count), (_, next_best) = best[:2]
            if reading and count >= enough and count > clearly * next_best - (clearly > 1):
                adopt(reading, partner[reading], calendar)
                break


class Known:
    """The events whose instant is known, by their kind and in the order of time."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.by_kind: dict[object, list[tuple[float, Event]]] = defaultdict(list)
        for event in events:
            if event.instant:
                self.by_kind[kind(event)].append((event.instant.timestamp(), event))
        for each in self.by_kind.values():
            each.sort(key=lambda pair: pair[0])
        self.related: dict[tuple[object, object], bool] = {}

    def confirm(self, event: Event) -> bool:
        """Whether an event has a counterpart at its instant."""
        near = self.near(event, event.instant, WINDOW_S, reach_s=0.0) if event.instant else ()
        return any(counterparts(event, other) for _, other in near)

    def near(
        self, event: Event, as_utc: datetime, limit_s: float, reach_s: float = FARTHEST_S
    ) -> Iterator[tuple[timedelta, Event]]:
        """
        The events that can be the counterpart of one with a local time, given as if it were UTC, if its zone is at the
        distance given, no further from UTC than `reach_s`.
        """
        moment, own = as_utc.timestamp(), kind(event)
        for other, each in self.by_kind.items():
            if (own, other) not in self.related:
                self.related[own, other] = fits(event, each[0][1])
            if not self.related[own, other]:
                continue
            first = bisect_left(each, moment - reach_s - limit_s, key=lambda pair: pair[0])
            last = bisect_right(each, moment + reach_s + limit_s, key=lambda pair: pair[0])
            for when, found in each[first:last]:
                quarters = round((moment - when) / QUARTER_S)
                if abs(moment - when - quarters * QUARTER_S) <= limit_s and abs(quarters * QUARTER_S) <= reach_s:
                    yield quarters * QUARTER, found


def ballot(
    wanted: Sequence[Event], known: Known, limit_s: float, calendar: Calendar
) -> tuple[Counter[Reading], dict[Reading, str]]:
    """Which readings how many of the events vote for, and with which partner."""
    votes = Counter[Reading]()
    partner: dict[Reading, str] = {}
    for event in wanted:
        for reading, found in fitting(event, known, limit_s, calendar).items():
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


def fitting(event: Event, known: Known, limit_s: float, calendar: Calendar) -> dict[Reading, Event]:
    """
    The readings under which an event is the counterpart of one of the known events, one vote each; their clocks
    may differ by the limit. Where the calendar knows the offset (--tz), only the order of day and month is open.
    """
    found: dict[Reading, Event] = {}
    for order, local in locals_of(event):
        allowed = calendar.offsets_at(local) if calendar.known else None
        for offset, other in known.near(event, local.replace(tzinfo=UTC), limit_s):
            reading = Reading(order, offset)
            if (allowed is None or offset in allowed) and reading not in found and counterparts(event, other):
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
