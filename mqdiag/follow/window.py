"""
The events that can still change a verdict: all recent ones of all inputs, judged again when one is new.

What is in the window is judged exactly as `analyze` judges a bundle, so a bundle that fits in gets the same
verdicts. What is older is let go, occurrence by occurrence, and stays in the ledger as a verdict and a count.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mqdiag.classify.corroboration import Checks, helpers_for
from mqdiag.classify.fold import Verdict
from mqdiag.classify.rules import Candidate, candidates
from mqdiag.correlate import CORROBORATION, correlate
from mqdiag.correlate.episodes import is_failure
from mqdiag.correlate.silence import LOGS
from mqdiag.follow.stream import Held, Stream
from mqdiag.interpret import sided
from mqdiag.parse import Reading, Stamps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mqdiag.clock import Order
    from mqdiag.follow.inputs import Opened
    from mqdiag.formats._base import Format
    from mqdiag.model import Event, Note, Occurrence, Side, SourceReport, Span

FAILURES = 400  # records of failures in the window; beyond it the oldest fourth is let go
CONTEXT = 1_000  # starts, stops, settings
CORROBORATING = 4_096  # lines of CA indexes, transcripts of responders
HOLD_S = 900.0  # what nothing came to for so long has its verdict

Key = tuple[str, int, str]  # path, offset and written time: what a record is known by


def key_of(event: Event) -> Key:
    return event.span.path, event.span.offset, event.stamp.written if event.stamp else ""


@dataclass(slots=True, eq=False)
class Log:
    """One path and all streams that were ever read under it, as one source. `past` is what is left of ended ones."""

    path: str
    side: Side | None = None
    zone: str | None = None
    streams: list[Stream] = field(default_factory=list)
    past: Reading | None = None
    last: tuple[object, Reading | None] = (None, None)  # the reading as it was, and of which state of the streams

    def open(self, opened: Opened, encoding: str | None) -> Stream:
        stream = Stream(opened, encoding)
        self.streams.append(stream)
        return stream

    def bears(self, reading: Reading) -> bool:
        """Whether a source has anything to do with a verdict: an event, or a silence."""
        return bool(reading.events) or reading.kind in LOGS

    def readings(self) -> list[Reading]:
        return [*([self.past] if self.past else []), *(each.reading for each in self.streams)]

    def held(self) -> list[Held]:
        return [each for stream in self.streams for each in stream.events()]

    def reading(self) -> Reading | None:
        """The source as analyze sees it, with the events of the window; None if there is nothing of use in it."""
        state = [(each, each.version, len(each.held)) for each in self.streams]
        if self.last[0] != state:
            self.last = state, self.made()
        return self.last[1]

    def made(self) -> Reading | None:
        rest = [each.rest for each in self.streams if each.rest]
        known = [each for each in (*self.readings(), *rest) if each.kind != "unknown"]
        if not known:
            return None
        result = known[0] if len(known) == 1 else merged(known)
        said = sorted((said_by(each, self.side) for each in linked(self.streams)), key=lambda event: event.span)
        example = sided(result.example, self.side) if result.example else None
        return replace(result, events=said, example=example)

    def tidy(self) -> None:
        """Of an ended stream without events only the account stays."""
        for each in [each for each in self.streams if each.ended and not each.held]:
            self.streams.remove(each)
            self.past = merged([self.past, each.reading]) if self.past else each.reading


def merged(readings: Sequence[Reading]) -> Reading:
    """Several readings of one path as one, without their events."""
    first = readings[0]
    stamps = Stamps(last=next((each.stamps.last for each in reversed(readings) if each.stamps.last), None))
    encodings: dict[str, int] = {}
    counted = Counter[str]()
    for each in readings:
        for hour, entry in each.stamps.by_hour.items():
            stamps.by_hour.setdefault(hour, entry)
        counted.update(each.counted)
        encodings |= {name: line for name, line in each.encodings.items() if name not in encodings}
    return Reading(
        source=first.source,
        kind=next((each.kind for each in reversed(readings) if each.kind != "unknown"), "unknown"),
        encodings=encodings,
        bytes=sum(each.bytes for each in readings),
        records=sum(each.records for each in readings),
        unparsed_bytes=sum(each.unparsed_bytes for each in readings),
        headings=sorted((each for reading in readings for each in reading.headings), key=lambda each: each[0]),
        example=next((each.example for each in readings if each.example), None),
        counted=counted,
        stamps=stamps,
        notes=[note for each in readings for note in each.notes][:16],
    )


def linked(streams: Iterable[Stream]) -> Iterator[Held]:
    """The events of the streams of one path, each with what its format makes of its neighbours."""
    by_format: dict[int, tuple[Format, list[Held]]] = {}
    for stream in streams:
        for each in stream.events():
            by_format.setdefault(id(each.format), (each.format, []))[1].append(each)
    for format, members in by_format.values():
        for held, event in zip(members, format.link([each.event for each in members]), strict=True):
            if held.linked is None or (held.linked is not event and held.linked != event):
                held.linked, held.said = event, None
            yield held


def said_by(held: Held, side: Side | None) -> Event:
    if held.said is None:
        held.said = sided(held.linked or held.event, side)
    return held.said


# ---- the window ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Judged:
    """What the rules found for an occurrence, and from which records."""

    occurrence: Occurrence
    found: list[Candidate]
    helpers: int
    turn: int


@dataclass(slots=True)
class LetGo:
    """How much is not in memory any more."""

    events: int = 0
    occurrences: int = 0
    incidents: int = 0


@dataclass(slots=True, eq=False)
class Window:
    """All logs, and the verdicts on what is in them now."""

    tz: str | None = None
    date_order: Order | None = None
    failures: int = FAILURES
    hold_s: float = HOLD_S
    logs: dict[str, Log] = field(default_factory=dict)
    judged: dict[tuple[Key, int, tuple[Span, ...]], Judged] = field(default_factory=dict)
    sources: tuple[SourceReport, ...] = ()
    notes: tuple[Note, ...] = ()
    around: tuple[object, ...] = ()  # what stands beside the failures, as it was last time
    helpers: int = 0  # counts how often that changed
    turn: int = 0
    let_go: LetGo = field(default_factory=LetGo)

    def judge(self) -> list[Verdict]:
        """The verdicts on all occurrences of the window, in time order; those on which no rule has a word left out."""
        readings = [reading for log in self.logs.values() if (reading := log.reading()) and log.bears(reading)]
        readings.sort(key=lambda each: each.source.path)
        sides = {path: log.side for path, log in self.logs.items() if log.side}
        zones = {path: log.zone for path, log in self.logs.items() if log.zone}
        joined = correlate(readings, sides, zones, self.tz, self.date_order)
        self.sources, self.notes = joined.sources, joined.notes
        beside = tuple((event.span, event.instant, event.side) for event in (*joined.corroboration, *joined.context))
        if beside != self.around:
            self.around, self.helpers = beside, self.helpers + 1
        self.turn += 1
        checks = Checks(joined.occurrences)
        verdicts = [self.verdict(each, joined.corroboration, joined.context, checks) for each in joined.occurrences]
        self.judged = {key: each for key, each in self.judged.items() if each.turn == self.turn}
        return [each for each in verdicts if each]

    def verdict(
        self, occurrence: Occurrence, corroboration: Sequence[Event], context: Sequence[Event], checks: Checks
    ) -> Verdict | None:
        """The verdict on one occurrence; asked of the rules only if the records of it are not those of last time."""
        beside = tuple(each.span for each in checks.beside(occurrence))
        key = key_of(occurrence.lead), len(occurrence.events), beside
        known = self.judged.get(key)
        if known and known.helpers == self.helpers and known.occurrence.events == occurrence.events:
            # the same records, but not the same objects: the rules' findings point at those of then
            occurrence = replace(occurrence, lead=known.occurrence.lead, events=known.occurrence.events)
            found = known.found
        else:
            found = candidates(occurrence, helpers_for(occurrence, corroboration, context, checks))
        self.judged[key] = Judged(occurrence, found, self.helpers, self.turn)
        return Verdict(occurrence, found[0], tuple(found[1:])) if found else None

    # ---- letting go ----------------------------------------------------------------------------------------------

    def retire(self, verdicts: Sequence[Verdict], now: float) -> list[Verdict]:
        """Let go what is too old or too much; the verdicts on it, whose records are not in the window any more."""
        everything = [each for log in self.logs.values() for each in log.held()]
        failures = sorted((each for each in everything if each.said and is_failure(each.said)), key=arrival)
        keep = len(failures) if len(failures) <= self.failures else self.failures * 3 // 4
        too_old = sum(each.arrived < now - self.hold_s for each in failures)
        out = failures[: max(len(failures) - keep, too_old)]
        gone = {key_of(each.said) for each in out if each.said}
        gone, finished = self.whole(gone, verdicts)
        others = [each for each in everything if each.said and not is_failure(each.said)]
        for kinds, limit in ((True, CORROBORATING), (False, CONTEXT)):
            some = sorted((each for each in others if (each.event.kind in CORROBORATION) == kinds), key=arrival)
            gone |= {key_of(each.said) for each in some[: max(len(some) - limit, 0)] if each.said}
        if gone:
            self.drop(gone)
            self.let_go.occurrences += len(finished)
        return finished

    @staticmethod
    def whole(gone: set[Key], verdicts: Sequence[Verdict]) -> tuple[set[Key], list[Verdict]]:
        """An occurrence goes as a whole, or stays as a whole if one of its records is still young."""
        finished = []
        for each in verdicts:
            keys = {key_of(event) for event in each.occurrence.events}
            if keys <= gone:
                finished.append(each)
            else:
                gone -= keys
        return gone, finished

    def drop(self, gone: set[Key]) -> None:
        for log in self.logs.values():
            for stream in log.streams:
                before = len(stream.held)
                kept = [each for each in stream.held if each.said is None or key_of(each.said) not in gone]
                if len(kept) < before:
                    self.let_go.events += before - len(kept)
                    stream.held.clear()
                    stream.held.extend(kept)
            log.tidy()


def arrival(held: Held) -> float:
    return held.arrived
