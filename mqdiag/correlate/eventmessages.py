"""
Event messages beside the log of the queue manager that wrote them.

An event names no host and no process. It is told by its queue manager, channel and address, and by the second: both
are stamped by one clock.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mqdiag.correlate.episodes import ROLE_WEIGHT, TOGETHER_S, Episode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mqdiag.model import Event


def with_event_messages(found: Sequence[Episode]) -> list[Episode]:
    """
    The same failures, event messages put to the records of the failure that they tell of. One that no log holds stays
    a failure of its own, and takes those with it that say less of it.
    """
    told = [each for each in found if each.events[0].kind == "mq-event"]  # such an episode is one event
    homes = [each for each in found if each.events[0].kind != "mq-event"]
    places: dict[tuple[str, int], set[int]] = defaultdict(set)
    for number, home in enumerate(homes):
        note(places, number, home)
    for each in sorted(told, key=lambda e: (ROLE_WEIGHT.get(e.lead.role or "", 4), e.lead.span)):
        apart = {at: gap for at in near(places, each.lead) if (gap := distance_s(homes[at], each.lead)) is not None}
        if apart:
            homes[min(sorted(apart), key=apart.__getitem__)].events.append(each.lead)
        else:
            note(places, len(homes), each)
            homes.append(each)
    return sorted(homes, key=lambda each: each.lead.span)


def note(places: dict[tuple[str, int], set[int]], number: int, home: Episode) -> None:
    """Write down by queue manager and moment where a failure is, so that an event is not compared with all of them."""
    for each in home.events:
        if each.queue_manager and each.instant:
            places[each.queue_manager.upper(), moment_of(each.instant)].add(number)


def near(places: dict[tuple[str, int], set[int]], event: Event) -> set[int]:
    if event.queue_manager is None or event.instant is None:
        return set()
    moment, name = moment_of(event.instant), event.queue_manager.upper()
    return {number for at in (moment - 1, moment, moment + 1) for number in places.get((name, at), ())}


def moment_of(instant: datetime) -> int:
    return int(instant.timestamp() // TOGETHER_S)


def distance_s(home: Episode, event: Event) -> float | None:
    """Seconds between a failure and an event message that can be of it; None where it cannot."""
    lead = home.lead
    if repeats(home, event) or differ(home, event):
        return None
    if event.role != "wrapper" and event.layer not in (None, *(each.layer for each in home.events)):
        return None
    if event.instant is None or lead.instant is None:
        return None
    apart = min(abs((each.instant - event.instant).total_seconds()) for each in home.events if each.instant)
    return apart if apart <= TOGETHER_S else None


def repeats(home: Episode, event: Event) -> bool:
    """The same event once more is the next failure."""
    said = event.facts.get("qualifier")
    return any(each.kind == "mq-event" and each.facts.get("qualifier") == said for each in home.events)


def differ(home: Episode, event: Event) -> bool:
    """Whether they name different channels or addresses."""
    pairs = (
        ({each.channel for each in home.events}, event.channel),
        ({each.peer.address for each in home.events if each.peer}, event.peer.address if event.peer else None),
    )
    return any(value and known - {None} and value not in known for known, value in pairs)
