"""The stages in their order: find, read (frame, triage, parse), interpret, correlate, classify."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from mqdiag import __version__, clock, sources
from mqdiag.errors import MqdiagError
from mqdiag.language import reason, tr
from mqdiag.limits import DEFAULTS, Limits
from mqdiag.model import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from mqdiag.clock import Order
    from mqdiag.correlate import LentSide
    from mqdiag.correlate.calendars import Calendar
    from mqdiag.formats._base import Format
    from mqdiag.model import Event, Incident, Note, Record, Side, Span
    from mqdiag.parse import Reading
    from mqdiag.processes import Piece
    from mqdiag.redact import Key, Redactor
    from mqdiag.repeats import Repeats
    from mqdiag.sources import Source

    Teller = Callable[[Note], None]
    Watch = Callable[[str, int, int], None]  # what is read (empty: all is), bytes so far, of all (0: unknown)

PARTIAL = frozenset({"unreadable"})  # notes that say that an input could not be read in full: exit status 2
TOLD = PARTIAL | {"skipped", "record-too-long"}  # what is said on standard error by commands that print no notes
FFST_KINDS = ("ffst", "java-ffst", "ffst-summary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    What the caller asks for. `paths`: files, folders, archives, "-" for standard input. `client` and `server`
    are paths whose side is said, `tz` zones as ZONE or PATH=ZONE. `since` and `until` are RFC 3339 times (UTC
    where no zone is given), `channel` a channel name. `date_order`: `dmy` or `mdy`, where logs leave it open.
    `jobs`: how many processes read, None for as many as pay. `limits`: what is read at most.
    """

    paths: tuple[str, ...]
    client: tuple[str, ...] = ()
    server: tuple[str, ...] = ()
    tz: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    channel: str | None = None
    encoding: str | None = None
    date_order: str | None = None
    jobs: int | None = None
    limits: Limits = DEFAULTS


def untold(note: Note) -> None:
    """For callers that do not want to hear."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """A report, and all that was read for it."""

    report: Report
    readings: list[Reading]


def analyze(options: Options, watch: Watch | None = None) -> Report:
    """
    The report on everything under the paths. MqdiagError where nothing can be read or an option makes no sense.
    `watch` is told how far it is, for a progress bar.
    """
    return analysis(options, watch).report


def redacted(
    analysis: Analysis,
    key: Key | None = None,
    *,
    texts: Sequence[str] = (),
    more: Sequence[Event] = (),
    paths: Sequence[str] = (),
) -> Redactor:
    """
    What redacts the report, knowing every name in what was read. `texts` are pieces of the sources shown beside
    it, `more` the events of these, `paths` other paths that are shown.
    """
    from mqdiag.redact import redactor

    events = (
        event for each in analysis.readings for event in (*each.events, *([each.example] if each.example else []))
    )
    return redactor(analysis.report, (*events, *more), key=key, texts=texts, paths=paths)


def analysis(options: Options, watch: Watch | None = None, *, reread: bool = False) -> Analysis:
    """The report with what it was made from; `reread` says that the sources are to be read again afterwards."""
    from mqdiag import processes
    from mqdiag.classify import classify, doubt
    from mqdiag.correlate import correlate

    since, until = instant(options.since, "--since"), instant(options.until, "--until")
    bundle = gather(options, watch, reread=reread)
    if watch:
        watch("", 0, 0)
    with processes.collecting_seldom():
        joined = correlate(bundle.readings, bundle.sides, bundle.zones, bundle.tz, bundle.date_order)
        incidents, undecided = classify(joined.occurrences, joined.corroboration, joined.context)
    shares = doubt.poorly_understood(joined.sources, options.limits.understood)
    incidents = [doubt.doubted(each, shares) for each in incidents]
    told = [*joined.notes, *undecided, *doubt.notes(shares)]
    all_notes = [*bundle.notes, *(note for r in bundle.readings for note in r.notes), *told]
    report = Report(
        version=__version__,
        sources=joined.sources,
        incidents=tuple(each for each in incidents if wanted(each, since, until, options.channel)),
        clocks=joined.clocks,
        notes=tuple(sorted(all_notes, key=lambda n: (n.path or "", n.line or 0, n.code, n.text))),
    )
    return Analysis(report, bundle.readings)


def records(options: Options, tell: Teller = untold) -> Iterator[tuple[Record, Event | None]]:
    """
    Every record of every source with its event, None where no format understood it.

    The sources are read twice: what time a local stamp is can depend on records further below. `tell` gets the
    notes on what could not be read, and on a source that changed between the two.
    """
    for each in rows(options, tell):
        yield from each.typed(again(each.reading, tell))


def record_lines(
    options: Options, write: Callable[[Record, Event | None], str], tell: Teller = untold
) -> Iterator[str]:
    """The same, each record written as a line. A long log is written by as many processes as `jobs` says."""
    from mqdiag import processes

    for each in rows(options, tell):
        pieces = processes.parts(each.reading.source, options.jobs, ROWS_BYTES)
        if len(pieces) < 2:
            yield from (write(*row) for row in each.typed(again(each.reading, tell)))
            continue
        total = 0
        for text, size in processes.worked(partial(each.written, write), pieces, options.jobs or processes.cores()):
            total += size
            yield text
        if total < each.reading.bytes:
            tell(shorter(each.reading.source, each.reading.bytes - total))


ROWS_BYTES = 1024 * 1024  # of a log that one process writes at a time: it takes a second


@dataclass(frozen=True, slots=True)
class Rows:
    """One source of `records`, read once: what its second reading needs to know."""

    reading: Reading
    encoding: str | None
    lent: LentSide  # where the record does not say it
    calendar: Calendar
    repeats: Repeats

    def typed(self, framed: Iterable[tuple[Record, Format | None]]) -> Iterator[tuple[Record, Event | None]]:
        from mqdiag.parse import settled

        known = {event.span: event for event in self.reading.events}  # with what the records beside them lend
        for record, format in framed:
            event = known.get(record.span) or (settled(record, format, self.encoding, self.repeats) if format else None)
            if event is None:
                yield record, None
                continue
            stamp = self.calendar.stamp(event.stamp) if event.stamp else None
            yield record, replace(event, stamp=stamp, side=event.side or self.lent.at(event.span.offset))

    def written(self, write: Callable[[Record, Event | None], str], piece: Piece) -> tuple[str, int]:
        """The lines of a piece, and how many of its bytes there were: none where the source is gone."""
        from mqdiag.processes import framed_piece

        lines: list[str] = []
        size = 0
        with suppress(OSError):
            for record, event in self.typed(framed_piece(piece)):
                lines.append(write(record, event))
                size += record.span.length
        return "".join(lines), size


def rows(options: Options, tell: Teller) -> Iterator[Rows]:
    from mqdiag.correlate import calendars_of, lent_side, sides_of
    from mqdiag.interpret import sided
    from mqdiag.repeats import Repeats

    bundle = gather(options)
    tell_all(bundle, tell)
    calendars = calendars_of(bundle.readings, bundle.zones, bundle.tz, bundle.date_order)
    sides = sides_of(bundle.readings, bundle.sides)
    for each in bundle.readings:
        path = each.source.path
        said = bundle.sides.get(path)
        repeats = Repeats(partial(sided, side=said))
        yield Rows(each, options.encoding, lent_side(each, sides[path], said), calendars[path], repeats)


def again(reading: Reading, tell: Teller) -> Iterator[tuple[Record, Format | None]]:
    """The records of a source that was read before. One that cannot be read to its end was told of already."""
    from mqdiag.parse import framed

    total = 0
    try:
        for record, format in framed(reading.source):
            total += record.span.length
            yield record, format
    except (OSError, *sources.DAMAGED) as error:
        if total != reading.bytes:
            tell(
                sources.unreadable(
                    reading.source.path, tr("it ends after {count} bytes ({error})", count=total, error=reason(error))
                )
            )
    else:
        if total < reading.bytes:
            tell(shorter(reading.source, reading.bytes - total))


def shorter(source: Source, missing: int) -> Note:
    return sources.unreadable(source.path, tr("it has become shorter, by {count} bytes", count=missing))


def tell_all(bundle: Bundle, tell: Teller) -> None:
    for each in (*bundle.notes, *(note for reading in bundle.readings for note in reading.notes)):
        if each.code in TOLD:
            tell(each)


def ffsts(options: Options, tell: Teller = untold) -> list[Event]:
    """
    The FFST reports under the paths, in time order; those without instant last, by the time that they print.

    A line of ffstsummary is left out where the report that it lists is here too.
    """
    from mqdiag.correlate import calendars_of

    bundle = gather(options)
    tell_all(bundle, tell)
    calendars = calendars_of(bundle.readings, bundle.zones, bundle.tz, bundle.date_order)
    events = [
        replace(event, stamp=calendars[each.source.path].stamp(event.stamp) if event.stamp else None)
        for each in bundle.readings
        for event in each.events
        if event.kind in FFST_KINDS
    ]
    reports = {listed_as(each) for each in events if each.kind == "ffst"}
    events = [each for each in events if each.kind != "ffst-summary" or listed_as(each) not in reports]
    return sorted(events, key=when)


def when(event: Event) -> tuple[bool, float, bool, str, Span]:
    local = event.stamp.local if event.stamp else None
    instant = event.instant
    return instant is None, instant.timestamp() if instant else 0.0, local is None, str(local), event.span


def listed_as(event: Event) -> tuple[str | None, int | None, int | None]:
    """What a report and its line in the output of ffstsummary have in common."""
    return event.probe_id, event.process, round(event.instant.timestamp()) if event.instant else None


@dataclass(frozen=True, slots=True)
class Bundle:
    """All sources read, with what the user said of them and what could not be read."""

    readings: list[Reading]
    sides: dict[str, Side]
    zones: dict[str, str]
    tz: str | None
    date_order: Order | None
    notes: list[Note]


def gather(options: Options, watch: Watch | None = None, *, reread: bool = False) -> Bundle:
    from mqdiag import processes

    found, notes = find(options)
    if reread:
        found = [sources.held(each) for each in found]
    sides, (zones, tz) = said_sides(options, found), said_zones(options, found)
    readings = processes.readings(found, sides, options.encoding, options.jobs, watch)
    return Bundle(readings, sides, zones, tz, order_of(options.date_order), notes)


def order_of(text: str | None) -> Order | None:
    if text is None or text in ("dmy", "mdy"):
        return text  # type: ignore[return-value]
    raise MqdiagError(
        tr("I was asked to read dates in the order {order}.", order=repr(text)),
        where="--date-order",
        found=tr("That is none of dmy and mdy."),
        hint=tr("dmy is 31/12/2024, mdy is 12/31/2024."),
    )


def find(options: Options) -> tuple[list[Source], list[Note]]:
    found, notes = sources.find((*options.paths, *options.client, *options.server), options.limits)
    if not found and notes:
        raise MqdiagError(
            tr("I was asked to analyze logs and could read none."),
            where=", ".join(sorted({note.path or "" for note in notes})),
            found=notes[0].text.removesuffix(tr(" Everything else was read.")),
            hint=tr("Name a file, a folder or an archive that holds AMQERR*.LOG, or pipe a log in."),
        )
    return found, notes


# ---- what the user said ------------------------------------------------------------------------------------------


def under(path: str, found: Sequence[Source], roots: Sequence[str]) -> list[str]:
    """The report paths of the sources at or below a path, which may be inside one of the paths named."""
    places = [os.path.realpath(each) for each in (path, *(f"{root}/{path}" for root in roots if root != "-"))]
    return [
        each.path
        for each in found
        if any(each.location == place or each.location.startswith((place + os.sep, place + "!")) for place in places)
        or each.path == path
    ]


def said_sides(options: Options, found: Sequence[Source]) -> dict[str, Side]:
    sides: dict[str, Side] = {}
    given: tuple[tuple[Side, tuple[str, ...]], ...] = (("client", options.client), ("server", options.server))
    for side, paths in given:
        for path in paths:
            for each in under(path, found, options.paths):
                sides[each] = side
    return sides


def said_zones(options: Options, found: Sequence[Source]) -> tuple[dict[str, str], str | None]:
    """The zones of single sources and the one for all others, each checked."""
    zones: dict[str, str] = {}
    common: str | None = None
    for each in options.tz:
        path, sign, name = each.rpartition("=")
        if clock.zone(name) is None:
            raise MqdiagError(
                tr("I was asked to read times in the zone {zone}.", zone=repr(name)),
                where=f"--tz {each}",
                found=tr("I know no such zone."),
                hint=tr("Name an IANA zone such as Asia/Tokyo or an offset such as +09:00."),
            )
        if not sign:
            common = name
            continue
        paths = under(path, found, options.paths)
        if not paths:
            raise MqdiagError(
                tr("I was asked to read the times of {path} in the zone {zone}.", path=path, zone=name),
                where=f"--tz {each}",
                found=tr("None of the files that I read is at or below that path."),
                hint=tr("Give the path as it stands in the report's list of sources."),
            )
        zones |= dict.fromkeys(paths, name)
    return zones, common


def instant(text: str | None, option: str) -> datetime | None:
    """The instant that --since or --until names; a time without zone is UTC."""
    if text is None:
        return None
    seen = clock.read(text if any(sign in text for sign in (":", "T")) else f"{text} 00:00:00")
    local = seen.local() if seen else None
    if seen is None or local is None:
        raise MqdiagError(
            tr("I was asked to look only at a part of the time: {time}.", time=repr(text)),
            where=option,
            found=tr("I cannot read that as a time."),
            hint=tr("Write it as 2024-03-19T13:20:00Z, or 2024-03-19 13:20:00 for UTC."),
        )
    from datetime import timedelta

    return clock.to_utc(local, seen.offset or timedelta(0))


def wanted(incident: Incident, since: datetime | None, until: datetime | None, channel: str | None) -> bool:
    """Whether an incident is in the time and on the channel asked for; one without time or channel is kept."""
    if since and incident.end and incident.end < since:
        return False
    if until and incident.start and incident.start > until:
        return False
    return channel is None or incident.channel in (None, channel)
