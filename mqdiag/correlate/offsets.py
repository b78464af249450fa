"""
The offset of a source that states none, from failures that both ends logged.

'05/16/23 15:23:59' at a server and 06:23:59.403Z at its client are 9 h 0 s apart: all zones are multiples of
15 minutes from UTC, so a difference that is within seconds of one gives the offset. It is taken only where
the two records are complementary, where exactly one offset fits best, and it is called inferred.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mqdiag.correlate.calendars import quarter_offset
from mqdiag.correlate.join import WINDOW_S
from mqdiag.correlate.relation import contradict, is_application, relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mqdiag.correlate.calendars import Calendar
    from mqdiag.model import Event


def infer_offsets(events: Mapping[str, Sequence[Event]], calendars: Mapping[str, Calendar]) -> None:
    """Give the calendars without offset the one that pairs of failures support; `events` by source path."""
    known = [e for path, each in events.items() for e in each if e.instant and e.role in ("judge", "victim")]
    for path, calendar in sorted(calendars.items()):
        if calendar.known or not events.get(path):
            continue
        votes = Counter[timedelta]()
        partner: dict[timedelta, str] = {}
        for event in events[path]:
            local = event.stamp.local if event.stamp else None
            if local is None or event.role not in ("judge", "victim"):
                continue
            for offset, other in fitting(event, local, known).items():
                votes[offset] += 1
                partner.setdefault(offset, f"{other.span.path}:{other.span.line}")
        best = votes.most_common(2)
        if best and (len(best) == 1 or best[0][1] > best[1][1]):
            offset = best[0][0]
            calendar.offsets = [(datetime.min, offset)]
            calendar.basis = f"paired with {partner[offset]}"


def fitting(event: Event, local: datetime, known: Iterable[Event]) -> dict[timedelta, Event]:
    """The offsets under which an event is the counterpart of one of the known events, one vote each."""
    found: dict[timedelta, Event] = {}
    for other in known:
        if other.instant is None or other.span.path == event.span.path or contradict([event], [other]):
            continue
        same_side = event.side == other.side
        if same_side and is_application(event) == is_application(other):
            continue
        if relation(event, other) < (2 if same_side or is_application(event) else 3):
            continue
        offset = quarter_offset(local, other.instant)
        if offset is not None:
            apart = (local - offset) - other.instant.replace(tzinfo=None)
            if abs(apart) <= timedelta(seconds=WINDOW_S):
                found.setdefault(offset, other)
    return found
