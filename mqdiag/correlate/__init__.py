"""
From the events of all sources to occurrences: what happened together, on whose clock, and what was silent.

No judgement is made here.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from mqdiag.correlate import calendars as calendar_rules
from mqdiag.correlate.episodes import episodes, is_failure, scans
from mqdiag.correlate.eventmessages import with_event_messages
from mqdiag.correlate.join import join
from mqdiag.correlate.offsets import infer_offsets, returned_with
from mqdiag.correlate.relation import is_application
from mqdiag.correlate.silence import LOGS as LOGS  # follow asks it, too
from mqdiag.correlate.silence import logs, unheard
from mqdiag.correlate.views import clock_of
from mqdiag.language import tr
from mqdiag.model import Note, Occurrence, Side, SourceReport
from mqdiag.sides import named_side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mqdiag.clock import Order
    from mqdiag.correlate.calendars import Calendar
    from mqdiag.correlate.episodes import Episode
    from mqdiag.correlate.join import Joined
    from mqdiag.correlate.silence import Logs
    from mqdiag.model import Clock, Event
    from mqdiag.parse import Reading

S = TypeVar("S", bound=str)  # a name or one of a few words

CORROBORATION = ("ca-index", "ocsp-transcript", "mq-ini")


@dataclass(frozen=True, slots=True)
class Correlation:
    """
    `occurrences` in time order; `corroboration` are the records that tell no failure but can speak for a
    cause, `context` those of messages that explain others (starts, stops, settings).
    """

    occurrences: tuple[Occurrence, ...]
    corroboration: tuple[Event, ...]
    context: tuple[Event, ...]
    sources: tuple[SourceReport, ...]
    clocks: tuple[Clock, ...]
    notes: tuple[Note, ...]


def correlate(
    readings: Sequence[Reading],
    sides: Mapping[str, Side],
    zones: Mapping[str, str],
    tz: str | None = None,
    date_order: Order | None = None,
) -> Correlation:
    """
    `sides` and `zones` are what the user said of single sources, by path; `tz` is the zone of all others,
    `date_order` the order of day and month where the logs leave it open.

    The readings' events are interpreted already.
    """
    calendars = calendars_of(readings, zones, tz, date_order)
    source_sides = {path: side for path, side in sides_of(readings, sides).items() if side}
    events: list[Event] = []
    notes: list[Note] = []
    for each in readings:
        path = each.source.path
        timed = calendar_rules.timed(each.events, calendars[path])
        notes += calendar_rules.date_notes(each, timed, calendars[path])
        notes += unknown_zone(path, timed, calendars[path])
        lent = lent_side(each, source_sides.get(path), sides.get(path))
        events += [
            event if event.side or not (other := lent.at(event.span.offset)) else replace(event, side=other)
            for event in timed
        ]
    sources = tuple(
        source_report(each, calendars[each.source.path], source_sides.get(each.source.path)) for each in readings
    )
    found = with_event_messages(episodes(event for event in events if is_failure(event)))
    hosts = hosts_of(sources)
    noise = scans(found)
    result = join([each for each in found if id(each) not in noise], hosts)
    known = logs(sources, result.ahead, (each.episode.events for each in result.joined if not each.candidates))
    notes += noise_notes(each for each in found if id(each) in noise)
    return Correlation(
        occurrences=tuple(
            sorted((occurrence(each, known, result.ahead, hosts) for each in result.joined), key=in_time)
        ),
        corroboration=tuple(event for event in events if event.kind in CORROBORATION),
        context=tuple(event for event in events if event.role == "context"),
        sources=sources,
        clocks=result.clocks,
        notes=tuple(notes),
    )


def calendars_of(
    readings: Sequence[Reading], zones: Mapping[str, str], tz: str | None, date_order: Order | None
) -> dict[str, Calendar]:
    """How the stamps of every source are read, by path: by what it says, what its host says, what pairs show."""
    calendars = calendar_rules.calendars(readings, zones, tz, date_order)
    if all(calendar_rules.is_settled(each, calendars[each.source.path]) for each in readings):
        return calendars
    by_path = {
        each.source.path: calendar_rules.timed(
            (event for event in each.events if event.role in ("judge", "victim") or returned_with(event)),
            calendars[each.source.path],
        )
        for each in readings
    }
    infer_offsets(by_path, calendars)
    return calendars


def in_time(occurrence: Occurrence) -> tuple[bool, float, object]:
    instant = occurrence.lead.instant
    return instant is None, instant.timestamp() if instant else 0.0, occurrence.lead.span


# ---- sources ---------------------------------------------------------------------------------------------------


def sides_of(readings: Sequence[Reading], sides: Mapping[str, Side]) -> dict[str, Side | None]:
    """
    The side of every source: what the user said, what its records say, what it or its folder is called, and last
    what the others of its folder are.
    """
    found: dict[str, Side | None] = {}
    called = {event.queue_manager for each in readings for event in each.events if is_application(event)} - {None}
    for each in readings:
        own: Side | None = most(event.side for event in each.events if is_failure(event))
        example = each.example.side if each.example else None
        if each.example and each.example.queue_manager in called and not is_application(each.example):
            example = "server"  # of a quiet log that holds what its own channels did, as they call others
        found[each.source.path] = sides.get(each.source.path) or own or example or most(e.side for e in each.events)
    by_folder: dict[str, set[Side]] = {}
    for path, side in found.items():
        if side:
            by_folder.setdefault(posixpath.dirname(path), set()).add(side)
    known = {each.source.path for each in readings if each.kind != "unknown"}
    for path, side in list(found.items()):
        if side is None:
            neighbours = by_folder.get(posixpath.dirname(path), set()) if path in known else set()
            found[path] = named_side(path) or (next(iter(neighbours)) if len(neighbours) == 1 else None)
    return found


@dataclass(frozen=True, slots=True)
class LentSide:
    """
    The side that the records of a source have if they do not say it: that of the source. On a page that holds records
    of both ends it is what the text above a record names, and none where that names none.
    """

    side: Side | None
    headings: Sequence[tuple[int, Side | None]] = ()

    def at(self, offset: int) -> Side | None:
        if not self.headings:
            return self.side
        above = bisect_right(self.headings, offset, key=lambda each: each[0]) - 1
        return self.headings[above][1] if above >= 0 else None


def lent_side(reading: Reading, side: Side | None, said: Side | None) -> LentSide:
    """The side that the records of a source are lent; what the user said of it holds for all of it."""
    ends = {event.side for event in reading.events if event.side and is_failure(event)}
    is_page = not said and len(ends) != 1 and any(named for _, named in reading.headings)
    return LentSide(said or side, reading.headings if is_page else ())


def source_report(reading: Reading, calendar: Calendar, side: Side | None) -> SourceReport:
    instants = [
        stamp.instant
        for written, utc in (
            *reading.stamps.by_hour.values(),
            *([reading.stamps.last] if reading.stamps.last else []),
        )
        if (stamp := calendar_rules.written_stamp(written, utc, calendar)).instant
    ]
    last = max(instants, default=None)
    offset = calendar_rules.offset_minutes(calendar, last)
    return SourceReport(
        path=reading.source.path,
        kind=reading.kind,
        side=side,
        host=most(event.host for event in members(reading)),
        queue_manager=most(event.queue_manager for event in members(reading)),
        encoding=reading.encoding,
        bytes=reading.bytes,
        records=reading.records,
        unparsed_bytes=reading.unparsed_bytes,
        first=min(instants, default=None),
        last=last,
        utc_offset_minutes=offset,
        utc_offset_basis=calendar.basis if offset is not None else None,
    )


def members(reading: Reading) -> Iterable[Event]:
    return (*reading.events, *([reading.example] if reading.example else []))


def most(values: Iterable[S | None]) -> S | None:
    """The value that stands there most often, the first in the alphabet of several; None if there is none."""
    counted = Counter(each for each in values if each)
    return min(counted, key=lambda each: (-counted[each], each)) if counted else None


def unknown_zone(path: str, events: Sequence[Event], calendar: Calendar) -> Iterator[Note]:
    """The note on a log with failures whose local times nothing could turn into UTC."""
    lost = next((e for e in events if is_failure(e) and e.stamp and e.stamp.local and not e.instant), None)
    if lost and not calendar.known:
        text = tr(
            "{path} prints local time without zone, and nothing in the input gives the offset. "
            "--tz {path}=ZONE (such as Asia/Tokyo or +09:00) settles it; until then its records have no UTC time.",
            path=path,
        )
        yield Note("zone-unknown", path, lost.span.line, text)


def noise_notes(noise: Iterable[Episode]) -> list[Note]:
    """One note a source on connections that were opened and closed without a channel: scans and health checks."""
    by_path: dict[str, list[Event]] = {}
    for each in noise:
        by_path.setdefault(each.lead.span.path, []).append(each.lead)
    return [
        Note(
            "port-scans",
            path,
            min(each.span.line for each in found),
            tr(
                "{count} connections were closed before they named a channel (port scanner or health check); "
                "they belong to no incident.",
                count=len(found),
            ),
        )
        for path, found in sorted(by_path.items())
    ]


# ---- occurrences -----------------------------------------------------------------------------------------------


def occurrence(joined: Joined, known: Logs, ahead: Mapping[str, float], hosts: Mapping[str, str]) -> Occurrence:
    """A joined episode with what the other side's logs say by saying nothing."""
    episode = joined.episode
    events = tuple(
        sorted(episode.events, key=lambda e: (e.instant is None, e.instant.timestamp() if e.instant else 0.0, e.span))
    )
    moment = episode.instant.timestamp() - ahead.get(clock_of(episode, hosts), 0.0) if episode.instant else None
    silent, uncovered = unheard(known, (*events, *joined.candidates), moment)
    return Occurrence(episode.lead, events, tuple(silent), tuple(uncovered), joined.candidates)


def hosts_of(sources: Sequence[SourceReport]) -> dict[str, str]:
    """
    The host of every source by path: the one it prints; for one that prints none, the only host that the logs of
    its side beside it print, as for an application's output that lies with the client's log.
    """
    beside: dict[tuple[str, Side | None], set[str]] = defaultdict(set)
    for each in sources:
        if each.host:
            beside[posixpath.dirname(each.path), each.side].add(each.host)
    found = {}
    for each in sources:
        near = beside.get((posixpath.dirname(each.path), each.side), set())
        if host := each.host or (next(iter(near)) if each.side and len(near) == 1 else None):
            found[each.path] = host
    return found
