"""
One failure as one side saw it: the record of the cause, its AMQ9999, its FFST, the copies in other files.

Events of one host belong together when the same process and thread wrote them within seconds. Two records
with the same id are two failures, unless one is the FFST of the other.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from mqdiag import clock
from mqdiag.correlate.relation import is_application
from mqdiag.model import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mqdiag.model import Event, Side, Span

TOGETHER_S = 2.5  # cause, twin and wrapper of one failure follow each other within this
VISIT_S = 60.0  # a port scan tries one port after the other for so long
FFST_S = 5.0  # a report takes its time to be written
MOST_OPEN = 40  # episodes of one writer that a record is compared with
SECURITY_LAYERS = ("chlauth", "connauth", "oam")
NOT_AUTHORIZED = Code("mqrc", "2035")
FAILURE_ROLES = ("judge", "victim", "wrapper", "noise")


@dataclass(slots=True)
class Episode:
    """Events of one side of one failure, in time order. Never empty."""

    events: list[Event]

    @property
    def side(self) -> Side | None:
        return next((each.side for each in self.ranked() if each.side), None)

    def ranked(self) -> list[Event]:
        """The events, the one that says most first."""
        return sorted(self.events, key=weight)

    @property
    def lead(self) -> Event:
        return self.events[0] if len(self.events) == 1 else min(self.events, key=weight)

    @property
    def instant(self) -> datetime | None:
        return self.lead.instant or next((each.instant for each in self.events if each.instant), None)

    @property
    def is_told(self) -> bool:
        """Whether all of it is what an application tells, and no log."""
        return all(is_application(each) for each in self.events)

    @property
    def is_noise(self) -> bool:
        """A port scan or health check: nothing but closed connections on a channel that nobody named."""
        return all(e.role in ("noise", "wrapper") for e in self.events) and any(
            e.role == "noise" and e.channel is None for e in self.events
        )


def scans(found: Sequence[Episode]) -> set[int]:
    """
    By id, the episodes that are of a port scan or health check: those that are noise, and connections cut before they
    named a channel by an address whose others at that time are noise. A scanner resets some and closes others.
    """
    noise = [each for each in found if each.is_noise]
    visits: dict[tuple[tuple[str, ...], str], list[float]] = {}
    for each in noise:
        if address := caller(each):
            visits.setdefault((writer(each.lead), address), []).append(moment(each.lead) or 0.0)
    for times in visits.values():
        times.sort()
    cut = [
        each
        for each in found
        if (address := caller(each))
        and each.lead.layer == "tcp"
        and all(event.channel is None for event in each.events)
        and visited(visits.get((writer(each.lead), address), ()), moment(each.lead) or 0.0)
    ]
    return {id(each) for each in (*noise, *cut)}


def visited(times: Sequence[float], moment: float) -> bool:
    """Whether one of the times, in order, is near a moment."""
    place = bisect_left(times, moment - VISIT_S)
    return place < len(times) and times[place] <= moment + VISIT_S


def caller(episode: Episode) -> str | None:
    """The address that called, as the accepting end saw it."""
    lead = episode.lead
    return lead.peer.address or lead.peer.host if lead.peer and lead.side == "server" else None


ROLE_WEIGHT = {"judge": 0, "victim": 1, "noise": 2, "wrapper": 3}


def weight(event: Event) -> tuple[int, bool, bool, Span]:
    told = is_application(event) or event.kind == "mq-event"  # a log says more of the same
    return ROLE_WEIGHT.get(event.role or "", 4), told, event.kind == "ffst", event.span


def is_failure(event: Event) -> bool:
    """Whether an event is part of a failure at all, and not context, notice or corroboration."""
    if event.kind in ("ffst", "java-ffst"):
        return True
    return event.role in FAILURE_ROLES


def episodes(events: Iterable[Event]) -> list[Episode]:
    """The failures of every host, each with all records that one side has of it; copies are left out."""
    by_writer: dict[tuple[str, ...], list[Event]] = {}
    for event in without_copies(events):
        by_writer.setdefault(writer(event), []).append(event)
    found: list[Episode] = []
    for each in by_writer.values():
        found.extend(of_one_side(episode) for episode in of_one_writer(each))
    return sorted(found, key=lambda each: each.lead.span)


def of_one_side(episode: Episode) -> Episode:
    """
    The episode with all its records on one side: AMQ9999 and an FFST report alone do not show which end wrote them,
    the record of the same failure does.
    """
    side = episode.side
    return Episode([each if each.side == side else replace(each, side=side) for each in episode.events])


def writer(event: Event) -> tuple[str, ...]:
    """Records can belong together when one host wrote them; where no host is printed, when one file holds them."""
    return ("host", event.host.lower()) if event.host and not is_application(event) else ("file", event.span.path)


def of_one_writer(events: list[Event]) -> list[Episode]:
    ordered = sorted(((moment(each), each) for each in events), key=lambda e: (e[0] is not None, e[0] or 0, e[1].span))
    found: list[Episode] = []
    # the last ones, each with the time of its last record and the only process that can add to it
    recent: list[tuple[float | None, int | None, Episode]] = []
    for now, event in ordered:
        own = lane(event)
        near = (
            each
            for then, other, each in reversed(recent)
            if (own is None or other is None or own == other) and (now is None or then is None or now - then <= FFST_S)
        )
        home = next((each for each in near if belongs(each, event)), None)
        if home is None:
            home = Episode([])
            found.append(home)
        else:
            recent = [each for each in recent if each[2] is not home]
        home.events.append(event)
        del recent[:-MOST_OPEN]
        recent.append((now, own, home))
    return found


def lane(event: Event) -> int | None:
    """The only process whose records can be of the same failure; None where those of others can."""
    return event.process if event.instant and not is_of_security(event) else None


def moment(event: Event) -> float | None:
    """Seconds on the clock of the event's host: the instant, or the local time where the zone is not known."""
    stamp = event.stamp
    if stamp is None:
        return None
    if stamp.instant:
        return stamp.instant.timestamp()
    reading = clock.read(stamp.written)
    # '4/6/2017 10:08:33' may be in April or June: for what is seconds apart in one log that does not matter
    local = stamp.local or (reading.local(reading.orders[0]) if reading else None)
    return (local - datetime.min).total_seconds() if local else None


def belongs(episode: Episode, event: Event) -> bool:
    """Whether an event is of the same failure as the events of an episode of the same host."""
    last = episode.events[-1]
    if is_application(event) or is_application(last) or repeats(episode, event) or differ(episode, event):
        return False
    if "mq-event" in (event.kind, last.kind):  # see eventmessages.py
        return False
    same_file = event.span.path == last.span.path
    now, then = moment(event), moment(last)
    if now is None or then is None:  # pasted fragments: their order in the file stands for the time
        return same_file and (event.role == "wrapper" or is_report_of(last, event))
    if abs(now - then) > (FFST_S if "ffst" in (event.kind, last.kind) else TOGETHER_S):
        return False
    if event.process is None or last.process is None:
        return same_file and (event.role == "wrapper" or security_twins(last, event) or is_report_of(last, event))
    same_thread = (event.process, event.thread) == (last.process, last.thread)
    return same_thread or security_twins(last, event) or (event.process == last.process and is_report_of(last, event))


def repeats(episode: Episode, event: Event) -> bool:
    """The same message once more is the next failure; a report and the record that it is about are one."""
    key = event.message_id.key if event.message_id else None
    return any(
        each.message_id is not None and each.message_id.key == key and (each.kind == "ffst") == (event.kind == "ffst")
        for each in episode.events
    )


def differ(episode: Episode, event: Event) -> bool:
    channels = {each.channel for each in episode.events if each.channel}
    return bool(event.channel and channels and event.channel not in channels)


def is_of_security(event: Event) -> bool:
    """Whether a record is of a refusal: AMQ8077, or AMQ9599 and its like with reason code 2035."""
    return event.layer in SECURITY_LAYERS or NOT_AUTHORIZED in event.codes


def security_twins(one: Event, other: Event) -> bool:
    """AMQ8077 by the agent and AMQ9557 by the channel process a few milliseconds later are one refusal."""
    return is_of_security(one) and is_of_security(other)


def is_report_of(one: Event, other: Event) -> bool:
    """Whether one is the FFST report of the failure that the other logs: it names the same message, or none."""
    if (one.kind == "ffst") == (other.kind == "ffst"):
        return False
    names = {each.message_id.key for each in (one, other) if each.message_id}
    return len(names) == 1 or {one.layer, other.layer} <= {"system", None}


def without_copies(events: Iterable[Event]) -> list[Event]:
    """
    Each record once: a message can stand in the queue manager's log, the system log and a JSON twin.

    The copy in the first path stays.
    """
    seen: dict[tuple[object, ...], list[Event]] = {}
    kept: list[Event] = []
    for event in sorted(events, key=lambda each: each.span):
        key = identity(event)
        if key is not None:
            alike = seen.setdefault(key, [])
            if any(each.span.path != event.span.path and may_be_one_host(each, event) for each in alike):
                continue
            alike.append(event)
        kept.append(event)
    return kept


def may_be_one_host(one: Event, other: Event) -> bool:
    """Containers of one image write with the same process ids: only the host tells their records apart."""
    hosts = {(each.host or "").partition(".")[0].lower() for each in (one, other)}
    return len(hosts - {""}) < 2


def identity(event: Event) -> tuple[object, ...] | None:
    """What makes two records copies of one: id, process, thread, time and inserts. None where too little is printed."""
    if event.kind == "mq-event":  # the text form has hundredths of a second, JSON has not
        second = event.instant.replace(microsecond=0) if event.instant else None
        told = event.facts.get("event"), event.facts.get("qualifier"), event.facts.get("connection")
        return (event.queue_manager, event.reason_code, event.channel, event.user, second, told) if second else None
    if event.message_id is None or event.process is None or event.stamp is None or event.kind == "ffst":
        return None
    when = event.stamp.instant or event.stamp.local or event.stamp.written
    inserts = tuple(sorted((name, value) for name, value in event.inserts.items() if value not in ("", "0")))
    return event.message_id.key, event.process, event.thread, when, inserts or event.text
