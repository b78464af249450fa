"""
One run of `mqdiag follow`: takes in what the readers bring, judges when something is new, gives out what is due.

Nothing here knows threads, signals or screens; a test drives it by hand with a clock of its own.
"""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mqdiag.follow.inputs import Data, Ended, Opened, Trouble
from mqdiag.follow.ledger import Ledger, Revision
from mqdiag.follow.window import Log, Window, key_of
from mqdiag.pipeline import instant, said_sides, said_zones, under, wanted
from mqdiag.sources import Source

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mqdiag.classify.fold import Verdict
    from mqdiag.follow.inputs import Item
    from mqdiag.follow.ledger import Case
    from mqdiag.follow.stream import Stream
    from mqdiag.follow.window import Key
    from mqdiag.model import Incident, Note, Side
    from mqdiag.pipeline import Options

WAITING_BYTES = 16 * 1024 * 1024  # of text that is not given out yet, in all streams together
SETTLED_S = 5.0  # what nothing came to for so long may be taken for complete, if memory asks for it
PAST_LOGS = 256  # logs that are gone and still in the account one by one
COVERAGE_S = 2.0  # how often it is looked at whether a silent log has gone past a failure
TOLD_NOTES = ("zone-unknown", "ambiguous-date")  # notes of a report that are worth a line while it runs
RATE_S = 10.0


@dataclass(frozen=True, slots=True)
class Summary:
    """The state of things in figures. `causes`: by cause the incidents and their occurrences; `logs` by side."""

    causes: tuple[tuple[str, int, int], ...]
    repeated: tuple[Incident, ...]
    logs: dict[str, int]
    records: int
    rate: float
    bytes: int
    unparsed_bytes: int
    last: datetime | None
    last_path: str | None
    first: datetime | None
    before: int
    closed: int
    let_go: int


@dataclass(slots=True, eq=False)
class Session:
    """
    `items` go in by `take`; `step` judges what is new and gives the words that are due. `quiet` at the start: the
    logs of a watched folder that are there already explain what comes, and are not told.
    """

    options: Options
    window: Window
    ledger: Ledger
    streams: dict[int, Stream] = field(default_factory=dict)
    notes: list[Note | Trouble] = field(default_factory=list)
    told_notes: set[tuple[str, str | None]] = field(default_factory=set)
    new: bool = False
    moved: bool = False
    looked_at: float = 0.0
    partial: bool = False
    ticks: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=64))
    gone: list[int] = field(default_factory=lambda: [0, 0, 0])  # records, bytes, unparsed bytes of forgotten logs
    next_tidy: float = 0.0

    # ---- in ------------------------------------------------------------------------------------------------------

    def take(self, item: Item, now: float) -> None:
        match item:
            case Opened():
                self.streams[item.stream] = self.log(item.path).open(item, self.options.encoding)
            case Data():
                self.new |= self.streams[item.stream].feed(item.data, now)
                self.moved = True
            case Ended():
                self.end(item.stream, now)
            case Trouble():
                self.partial |= item.lost
                self.note(item, ("trouble", item.path + item.text))

    def log(self, path: str) -> Log:
        if path not in self.window.logs:
            place = Path(path)
            source = [Source(path, "-" if path == "-" else os.path.realpath(place), lambda: place.open("rb"))]
            zones = [
                each
                for each in self.options.tz
                if "=" in each and under(each.rpartition("=")[0], source, self.options.paths)
            ]
            zone = zones[-1].rpartition("=")[2] if zones else None
            self.window.logs[path] = Log(path, said_sides(self.options, source).get(path), zone)
        return self.window.logs[path]

    def end(self, number: int, now: float) -> None:
        if (stream := self.streams.pop(number, None)) is None:
            return
        stream.close(now)
        self.new = True
        self.window.logs[stream.path].tidy()

    def look(self, now: float) -> None:
        """Look at the last records of the streams that have gone quiet."""
        for each in self.streams.values():
            if (due := each.due()) is not None and due <= now:
                self.new |= each.look(now)

    # ---- out -----------------------------------------------------------------------------------------------------

    def step(self, now: float) -> list[Revision]:
        """Judge if something is new, and give the words that are due."""
        self.look(now)
        if now >= self.next_tidy:
            self.tidy(now)
            self.next_tidy = now + 1.0
        if self.new or (self.moved and self.ledger.cases and now >= self.looked_at + COVERAGE_S):
            self.judge(now)
        return self.ledger.due(now)

    def tidy(self, now: float) -> None:
        """Keep the memory bounded, however many logs there are and however long their last records."""
        waiting = sum(each.waiting_bytes for each in self.streams.values())
        for each in sorted(self.streams.values(), key=lambda stream: stream.last_byte):
            if waiting <= WAITING_BYTES or now < each.last_byte + SETTLED_S:
                break
            waiting -= each.waiting_bytes
            if each.waiting_bytes:
                self.new |= each.settle(now)
        past = [log for log in self.window.logs.values() if not log.streams]
        for log in past[: max(0, len(past) - PAST_LOGS)]:
            del self.window.logs[log.path]
            for reading in log.readings():
                for place, more in enumerate((reading.records, reading.bytes, reading.unparsed_bytes)):
                    self.gone[place] += more

    def judge(self, now: float) -> None:
        self.new = self.moved = False
        self.looked_at = now
        verdicts = self.window.judge()
        old = {
            key_of(held.said): held.old
            for log in self.window.logs.values()
            for held in log.held()
            if held.said is not None
        }
        self.ledger.take(verdicts, now, lambda verdict: is_news(verdict, old), self.hears)
        self.ledger.keep(self.window.retire(verdicts, now))
        open_keys = {key_of(each.occurrence.lead) for each in verdicts}
        self.ledger.last_words += self.ledger.close_old(lambda case: is_open(case, open_keys))
        for note in self.window.notes:
            if note.code in TOLD_NOTES:
                self.note(note, (note.code, note.path))

    def hears(self, sides: Iterable[Side | None], paths: Iterable[str]) -> bool:
        """Whether a live log that is none of these may be of a side that is none of these."""
        known, told = set(sides), set(paths)
        by_path = {each.path: each.side for each in self.window.sources}
        live = {each.path for each in self.streams.values()}
        return any(path not in told and by_path.get(path) not in (known - {None}) for path in live)

    def note(self, note: Note | Trouble, key: tuple[str, str | None]) -> None:
        if key not in self.told_notes and len(self.told_notes) < 1_000:
            self.told_notes.add(key)
            self.notes.append(note)

    def finish(self, now: float) -> list[Revision]:
        """There is no more: every last record is read as it stands, and everything is told."""
        for number in list(self.streams):
            self.end(number, now)
        if self.new or self.moved:
            self.judge(now)
        return self.ledger.due(now, everything=True)

    def next_due(self, now: float) -> float | None:
        times = [due for each in self.streams.values() if (due := each.due()) is not None]
        if (due := self.ledger.next_due(now)) is not None:
            times.append(due)
        return min(times, default=None)

    # ---- figures -------------------------------------------------------------------------------------------------

    def summary(self, now: float) -> Summary:
        readings = [each for log in self.window.logs.values() for each in log.readings()]
        records = self.gone[0] + sum(each.records for each in readings)
        self.ticks.append((now, records))
        begin, before = next(((t, n) for t, n in self.ticks if t >= now - RATE_S), (now, records))
        cases = [each for each in self.ledger.cases.values() if each.incident]
        shown = [each.incident for each in cases if each.incident and each.told]
        causes: dict[str, tuple[int, int]] = {}
        for each in shown:
            incidents, occurrences = causes.get(each.cause, (0, 0))
            causes[each.cause] = incidents + 1, occurrences + each.occurrences
        sides: dict[str, int] = {}
        for source in self.window.sources:
            sides[source.side or "unknown"] = sides.get(source.side or "unknown", 0) + 1
        latest = max((each for each in self.window.sources if each.last), key=lambda s: s.last, default=None)  # type: ignore[arg-type,return-value]
        return Summary(
            causes=tuple((slug, *counts) for slug, counts in sorted(causes.items(), key=lambda kv: (-kv[1][1], kv[0]))),
            repeated=tuple([each for each in reversed(shown) if each.occurrences > 1][:5]),
            logs=sides,
            records=records,
            rate=(records - before) / (now - begin) if now > begin else 0.0,
            bytes=self.gone[1] + sum(each.bytes for each in readings),
            unparsed_bytes=self.gone[2] + sum(each.unparsed_bytes for each in readings),
            last=latest.last if latest else None,
            last_path=latest.path if latest else None,
            first=min((each.first for each in self.window.sources if each.first), default=None),
            before=sum(not each.news for each in cases),
            closed=self.ledger.closed,
            let_go=self.window.let_go.events,
        )


def is_news(verdict: Verdict, old: dict[Key, bool]) -> bool:
    return any(not old.get(key_of(event), False) for event in verdict.occurrence.events)


def is_open(case: Case, open_keys: set[Key]) -> bool:
    return any(key in open_keys for key in case.members)


def session(options: Options, *, wait_s: float, failures: int | None = None) -> Session:
    """A session for these options. MqdiagError where one of them makes no sense."""
    from mqdiag.pipeline import order_of

    _, tz = said_zones_of(options)
    since, until = instant(options.since, "--since"), instant(options.until, "--until")
    window = Window(tz=tz, date_order=order_of(options.date_order))
    if failures:
        window.failures = failures
    return Session(options, window, Ledger(wait_s, lambda each: wanted(each, since, until, options.channel)))


def said_zones_of(options: Options) -> tuple[dict[str, str], str | None]:
    """The zone of all logs; that of single paths is checked here, and applied when the path turns up."""
    from dataclasses import replace

    plain = tuple(each.rpartition("=")[2] for each in options.tz)
    said_zones(replace(options, tz=plain), [])
    return said_zones(replace(options, tz=tuple(each for each in options.tz if "=" not in each)), [])
