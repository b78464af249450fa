"""
From stamps to instants: the order of day and month, and the offset from UTC, of every source.

Nothing is guessed in silence. What the log itself states is `stated`; what another record of the same host or
folder gives is `inferred`, and the basis stands in the report; what stays open has no instant, and a note
names the option that settles it.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from mqdiag import clock
from mqdiag.language import tr
from mqdiag.model import Note, Stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from mqdiag.clock import Order
    from mqdiag.model import Certainty, Event
    from mqdiag.parse import Reading, Stamps

QUARTER = timedelta(minutes=15)  # all zones of the world are a multiple of this from UTC
FARTHEST = timedelta(hours=15)  # no zone is further from UTC
SEASON = timedelta(days=30)  # a clock is not changed for daylight saving more often than this
OUT_OF_ORDER = timedelta(minutes=2)  # records of several processes are appended with so much disorder
CLOSE = timedelta(seconds=90)  # local and UTC time of one record differ by the offset, and by less than this


@dataclass(slots=True)
class Calendar:
    """
    How one source's local stamps are read: `orders` of day and month by separator, and the offset from UTC,
    either a zone or a list of (local time from which on, offset), in time order.
    """

    orders: Mapping[str, Order] = field(default_factory=dict)
    zone: tzinfo | None = None
    offsets: Sequence[tuple[datetime, timedelta]] = ()
    basis: str | None = None
    certainty: Certainty = "inferred"
    guessed: bool = False  # the offset is that of another source of the folder: pairs of records know better
    mixed: frozenset[str] = frozenset()  # separators of dates that the source writes in two orders
    days: Sequence[date] = ()  # one of every month in which anything was written: they give stamps without year theirs

    @property
    def known(self) -> bool:
        return self.zone is not None or bool(self.offsets)

    def local(self, written: str) -> datetime | None:
        reading = clock.read(written)
        return reading.local(self.orders.get(separator(written))) if reading else clock.in_year(written, self.days)

    def offset_at(self, local: datetime) -> timedelta | None:
        return next(iter(self.offsets_at(local)), None)

    def offsets_at(self, local: datetime) -> tuple[timedelta, ...]:
        """
        The offsets that a local time can have: two in the hour that a clock goes through twice when it is put
        back, and between two records with different offsets; the earlier one first.
        """
        if self.zone is not None:
            both = (local.replace(tzinfo=self.zone, fold=fold).utcoffset() for fold in (0, 1))
            return tuple(dict.fromkeys(each for each in both if each is not None))
        if not self.offsets:
            return ()
        place = bisect_right(self.offsets, local, key=lambda each: each[0])
        around = self.offsets[max(place - 1, 0) : place + 1] if place else self.offsets[:1]
        return tuple(dict.fromkeys(offset for _, offset in around))

    def stamp(self, stamp: Stamp) -> Stamp:
        """The stamp with the local time and, where the offset is known, the instant that this calendar gives it."""
        if stamp.instant and stamp.local:
            return stamp
        local = stamp.local or self.local(stamp.written)
        if stamp.instant or local is None:
            return replace(stamp, local=local)
        stated = clock.read(stamp.written)
        if stated and stated.offset is not None:
            return replace(stamp, local=local, instant=clock.to_utc(local, stated.offset), certainty="stated")
        offset = self.offset_at(local)
        if offset is None:
            return replace(stamp, local=local)
        return replace(stamp, local=local, instant=clock.to_utc(local, offset), certainty=self.certainty)


def separator(written: str) -> str:
    """The character between day, month and year: one file can hold dates of two locales."""
    match = re.search(r"\d([./-])\d", written)
    return match[1] if match else ""


def calendars(
    readings: Sequence[Reading], zones: Mapping[str, str], tz: str | None, date_order: Order | None
) -> dict[str, Calendar]:
    """
    The calendar of every source, by its path. `zones` are the user's zones by path, `tz` the one for all others,
    `date_order` the user's order of day and month, for where the logs leave it open.

    A source that says nothing of its offset takes that of its host, then that of its folder.
    """
    orders = {each.source.path: day_orders(each.stamps) for each in readings}
    mixed = {each.source.path: mixed_orders(each.stamps) for each in readings}
    lend_orders(readings, orders)
    orders_of_dated(readings, orders, mixed)
    if date_order:
        orders = {path: {"/": date_order, "-": date_order} | own for path, own in orders.items()}
    found = {each.source.path: own_calendar(each, orders[each.source.path]) for each in readings}
    for path, signs in mixed.items():
        found[path].mixed = signs
    days = sorted({day for each in readings for day in clear_days(each, orders[each.source.path])})
    months = tuple({(day.year, day.month): day for day in days}.values())
    for calendar in found.values():
        calendar.days = months
    for path, calendar in found.items():
        if name := zones.get(path, tz):
            calendar.zone, calendar.offsets = clock.zone(name), ()
            calendar.basis, calendar.certainty = f"--tz {name}", "stated"
    lend(readings, found)
    return found


def day_orders(stamps: Stamps) -> dict[str, Order]:
    """The order of day and month by separator, where the stamps themselves decide it."""
    decided: dict[str, Order] = {}
    by_separator: dict[str, list[tuple[clock.Reading, str]]] = {}
    for written, utc in stamps.by_hour.values():
        if reading := clock.read(written):
            by_separator.setdefault(separator(written), []).append((reading, utc))
    for sign, seen in by_separator.items():
        candidates: list[Order] = [
            order
            for order in ("ymd", "dmy", "mdy")
            if all(order in r.orders or r.date[0] == r.date[1] for r, _ in seen)
        ]
        near = [order for order in candidates if all(near_utc(r, order, utc) for r, utc in seen)]
        candidates = near or candidates
        if len(candidates) > 1:
            candidates = fewest_inversions([r for r, _ in seen], candidates)
        if len(candidates) == 1:
            decided[sign] = candidates[0]
    return decided


def mixed_orders(stamps: Stamps) -> frozenset[str]:
    """
    The separators of dates that the source writes in two orders: processes of two locales write to one log, and
    23/10/2024 stands beside 10/24/2024.
    """
    seen: dict[str, set[Order]] = {}
    for written, utc in stamps.by_hour.values():
        reading = clock.read(written)
        if reading is None or reading.date[0] == reading.date[1]:
            continue
        orders = [order for order in reading.orders if not utc or near_utc(reading, order, utc)]
        if len(orders) == 1:
            seen.setdefault(separator(written), set()).add(orders[0])
    return frozenset(sign for sign, orders in seen.items() if len(orders) > 1)


def orders_of_dated(
    readings: Sequence[Reading], orders: dict[str, dict[str, Order]], mixed: Mapping[str, frozenset[str]]
) -> None:
    """
    Give sources whose order of day and month is open the one in which they were written on the days of which
    records of the same host with a clear date speak: an FFST report, a JSON log.
    """
    dated: dict[str, set[date]] = {}
    for each in readings:
        if host := host_of(each):
            dated.setdefault(host, set()).update(clear_days(each, orders[each.source.path]))
    for each in readings:
        known = dated.get(host_of(each) or "", set())
        by_sign: dict[str, list[clock.Reading]] = {}
        for written, _ in each.stamps.by_hour.values():
            seen = clock.read(written)
            if seen and len(seen.orders) > 1:
                by_sign.setdefault(separator(written), []).append(seen)
        for sign, written_days in by_sign.items():
            if sign in orders[each.source.path] or sign in mixed[each.source.path] or not known:
                continue
            hits = {order: sum(is_near(r, order, known) for r in written_days) for order in written_days[0].orders}
            best = [order for order, count in hits.items() if count == max(hits.values())]
            if len(best) == 1:
                orders[each.source.path][sign] = best[0]


def clear_days(reading: Reading, orders: Mapping[str, Order]) -> Iterable[date]:
    """The days of a source's records whose date is clear."""
    for written, utc in reading.stamps.by_hour.values():
        seen, instant = clock.read(written), clock.utc(utc) if utc else None
        local = seen.local(orders.get(separator(written))) if seen else None
        if local or instant:
            yield (local or instant).date()  # type: ignore[union-attr]


def is_near(reading: clock.Reading, order: Order, days: set[date]) -> bool:
    local = reading.local(order)
    return local is not None and any(local.date() + timedelta(days=shift) in days for shift in (-1, 0, 1))


def near_utc(reading: clock.Reading, order: Order, utc: str) -> bool:
    """Whether a local time read in this order is within a day of the instant that the record states."""
    instant, local = (clock.utc(utc) if utc else None), reading.local(order)
    return instant is None or (local is not None and abs(local.replace(tzinfo=UTC) - instant) < timedelta(hours=26))


def fewest_inversions(readings: list[clock.Reading], orders: list[Order]) -> list[Order]:
    """Records are appended in time order: the order of day and month in which the dates go back least often."""
    counts: dict[Order, int] = {}
    for order in orders:
        times = [local for each in readings if (local := each.local(order))]
        counts[order] = sum(b < a - timedelta(hours=2) for a, b in itertools.pairwise(times))
    # dates of one day only, or of few days within both orders, decide nothing
    least = min(counts.values())
    return [order for order in orders if counts[order] == least]


def lend_orders(readings: Sequence[Reading], orders: dict[str, dict[str, Order]]) -> None:
    """Give sources whose order of day and month is open that of another source of the same host, if it is one."""
    by_host: dict[tuple[str | None, str], set[Order]] = {}
    for each in readings:
        for sign, order in orders[each.source.path].items():
            by_host.setdefault((host_of(each), sign), set()).add(order)
    for each in readings:
        host = host_of(each)
        for sign in (".", "/", "-"):
            lent = by_host.get((host, sign), set())
            if host and sign not in orders[each.source.path] and len(lent) == 1:
                orders[each.source.path][sign] = next(iter(lent))


def own_calendar(reading: Reading, orders: dict[str, Order]) -> Calendar:
    """A source's calendar from its own records: those that print both local and UTC time give the offset."""
    calendar = Calendar(orders)
    changes: list[tuple[datetime, timedelta]] = []
    for written, utc in reading.stamps.by_hour.values():
        local, instant = calendar.local(written), clock.utc(utc) if utc else None
        printed = seen.offset if (seen := clock.read(written)) else None
        if local is None or (printed is not None and not printed) or written.endswith(("GMT", "UTC")):
            continue  # a stamp in UTC ('...Z') says nothing of the host's own zone
        offset = printed if printed is not None else quarter_offset(local, instant) if instant else None
        if offset is not None:
            changes.append((local, offset))
    if changes:
        calendar.offsets, calendar.basis, calendar.certainty = (
            sorted(changes),
            tr("Time() of its own records"),
            "stated",
        )
    elif printed_in := [each for each in reading.events if each.facts.get("utc_offset_minutes")]:
        calendar.offsets = sorted(
            (
                each.stamp.local if each.stamp and each.stamp.local else datetime.min,
                timedelta(minutes=int(each.facts["utc_offset_minutes"])),
            )
            for each in printed_in
        )
        calendar.basis, calendar.certainty = tr("UTC offset printed in the report"), "stated"
    return calendar


def quarter_offset(local: datetime, instant: datetime) -> timedelta | None:
    """Local minus UTC as a multiple of 15 minutes, None where it is none."""
    difference = local - instant.replace(tzinfo=None)
    offset = round(difference / QUARTER) * QUARTER
    return offset if abs(difference - offset) < CLOSE and abs(offset) <= FARTHEST else None


def lend(readings: Sequence[Reading], found: dict[str, Calendar]) -> None:
    """Give sources without offset that of their host, or, where they name no host, of their folder."""
    donors = [each for each in readings if found[each.source.path].known]
    for reading in readings:
        calendar = found[reading.source.path]
        if calendar.known:
            continue
        host, folder = host_of(reading), posixpath.dirname(reading.source.path)
        same_host = [each for each in donors if host and host_of(each) == host]
        same_folder = [each for each in donors if not host and posixpath.dirname(each.source.path) == folder]
        for lenders, why in ((same_host, tr("the same host")), (same_folder, tr("the same folder"))):
            if lenders and agree(found[each.source.path] for each in lenders):
                lender = found[lenders[0].source.path]
                calendar.zone = lender.zone
                calendar.offsets = merged(found[each.source.path] for each in lenders)
                calendar.basis = f"{lenders[0].source.path}, {why}"
                calendar.guessed = lenders is same_folder and calendar.zone is None
                break


def agree(calendars: Iterable[Calendar]) -> bool:
    """
    Whether calendars are of one clock, so that lending one is no guess: the same zone, or offsets that, put
    together in the order of time, change no more often than a clock is changed.
    """
    every = list(calendars)
    if any(each.zone is not None for each in every):
        return all(each.zone == every[0].zone for each in every)
    together = merged(every)
    changes = [after[0] for before, after in itertools.pairwise(together) if before[1] != after[1]]
    return all(after - before >= SEASON for before, after in itertools.pairwise(changes))


def merged(calendars: Iterable[Calendar]) -> list[tuple[datetime, timedelta]]:
    """The offsets of several calendars of one clock, in the order of time."""
    return sorted({pair for each in calendars for pair in each.offsets})


def host_of(reading: Reading) -> str | None:
    """The host that wrote a source: the one most of its records name, in lower case."""
    hosts = Counter(each.host.lower() for each in reading.events if each.host)
    if hosts:
        return min(hosts, key=lambda each: (-hosts[each], each))
    return reading.example.host.lower() if reading.example and reading.example.host else None


def timed(events: Iterable[Event], calendar: Calendar) -> list[Event]:
    """
    The events of one source, in file order, with local times and instants as far as the calendar gives them.

    What it leaves open the records around it may decide, for records are appended in the order of time: which
    number is the day in a file that holds both orders, and which of two 02:30 it was in the night in which the
    clock was put back.
    """
    given = list(events)
    doubtful = [is_doubtful(each.stamp, calendar) for each in given]
    stamps = [each.stamp and calendar.stamp(each.stamp) for each in given]
    found = [e if stamp is e.stamp else replace(e, stamp=stamp) for e, stamp in zip(given, stamps, strict=True)]
    found = ordered_days(found, calendar)
    return ordered_hours(found, doubtful, calendar) if any(doubtful) else found


def ordered_days(events: list[Event], calendar: Calendar) -> list[Event]:
    """Stamps whose order of day and month is open, read as the only one that fits between its neighbours."""
    if not calendar.mixed or all(e.stamp is None or e.stamp.local for e in events):
        return events
    locals_ = [each.stamp.local if each.stamp else None for each in events]
    result = []
    for index, each in enumerate(events):
        reading = clock.read(each.stamp.written) if each.stamp and not each.stamp.local else None
        if each.stamp and reading and separator(each.stamp.written) in calendar.mixed:
            before = next((known for known in reversed(locals_[:index]) if known), None)
            after = next((known for known in locals_[index + 1 :] if known), None)
            fitting = [x for order in reading.orders if (x := reading.local(order)) and between(x, before, after)]
            if len(fitting) == 1:
                each = replace(each, stamp=calendar.stamp(replace(each.stamp, local=fitting[0])))
        result.append(each)
    return result


def between(moment: datetime, before: datetime | None, after: datetime | None) -> bool:
    return (before is None or moment >= before - OUT_OF_ORDER) and (after is None or moment <= after + OUT_OF_ORDER)


def is_doubtful(stamp: Stamp | None, calendar: Calendar) -> bool:
    """Whether a stamp has neither UTC time nor offset, and the calendar has two offsets for its hour."""
    if stamp is None or stamp.instant or not (local := stamp.local or calendar.local(stamp.written)):
        return False
    seen = clock.read(stamp.written)
    return not (seen and seen.offset is not None) and len(calendar.offsets_at(local)) > 1


def ordered_hours(events: list[Event], doubtful: Sequence[bool], calendar: Calendar) -> list[Event]:
    """
    Stamps of an hour that the clock went through twice, put where the records around them are; `ambiguous` where
    these leave it open.
    """
    result: list[Event] = []
    for index, each in enumerate(events):
        stamp = each.stamp
        if doubtful[index] and stamp and stamp.local:
            before = next((e.instant for e in reversed(result) if e.instant), None)
            sure = (e.instant for e, open_ in zip(events[index + 1 :], doubtful[index + 1 :], strict=True) if not open_)
            after = next((instant for instant in sure if instant), None)
            instants = [clock.to_utc(stamp.local, offset) for offset in calendar.offsets_at(stamp.local)]
            fitting = [each for each in instants if between(each, before, after)]
            certainty = calendar.certainty if len(fitting) == 1 else "ambiguous"
            each = replace(each, stamp=replace(stamp, instant=(fitting or instants)[0], certainty=certainty))
        result.append(each)
    return result


def date_notes(reading: Reading, events: Sequence[Event], calendar: Calendar) -> Iterator[Note]:
    """The notes on dates of a source that stay open, or that only the records around them decided."""
    path, line = reading.source.path, reading.example.span.line if reading.example else None
    if calendar.mixed:
        text = tr(
            "This source writes dates in two orders, day/month and month/day. Where a date can be both, the records "
            "before and after it decided; --date-order dmy or --date-order mdy reads all open ones alike."
        )
        yield Note("two-date-orders", path, line, text)
        stamps = ((e.span.line, e.stamp.written) for e in events if e.stamp and not e.stamp.local)
        if first := next((each for each in stamps if clock.read(each[1])), None):
            yield Note("ambiguous-date", path, first[0], still_open(first[1]))
    elif written := next(open_dates(reading, calendar), None):
        yield Note("ambiguous-date", path, line, still_open(written))
    dated = (each.stamp for each in events if each.stamp and each.stamp.local)
    yearless = next((each for each in dated if clock.without_year(each.written)), None)
    if yearless and yearless.local:
        text = tr(
            "This source prints no year: '{written}' was taken to be in {year}, the year of the other logs.",
            written=yearless.written,
            year=yearless.local.year,
        )
        yield Note("year-inferred", path, line, text)
    twice = next((e for e in events if e.stamp and e.stamp.instant and e.stamp.certainty == "ambiguous"), None)
    if twice and twice.stamp:
        text = tr(
            "'{written}' is in an hour that the clock went through twice, or in which its offset was "
            "changed, and the records around it do not tell which it was; the earlier one was taken. "
            "--tz {path}=OFFSET, such as +01:00, settles it.",
            written=twice.stamp.written,
            path=path,
        )
        yield Note("ambiguous-hour", path, twice.span.line, text)


def open_dates(reading: Reading, calendar: Calendar) -> Iterator[str]:
    for written, _ in reading.stamps.by_hour.values():
        seen = clock.read(written)
        if seen and len(seen.orders) > 1 and separator(written) not in calendar.orders:
            yield written


def is_settled(reading: Reading, calendar: Calendar) -> bool:
    """Whether nothing is open: neither the offset, nor an order of day and month."""
    return calendar.known and not calendar.guessed and next(open_dates(reading, calendar), None) is None


def still_open(written: str) -> str:
    return tr(
        "'{written}' can be day/month or month/day, and nothing in the input decides it; "
        "no instant is given for such stamps. --date-order dmy or --date-order mdy settles it.",
        written=written,
    )


def written_stamp(written: str, utc: str, calendar: Calendar) -> Stamp:
    """The stamp of a folded entry: its stated instant, else what the calendar makes of the local time."""
    instant = clock.utc(utc) if utc else None
    return Stamp(written, instant=instant, certainty="stated") if instant else calendar.stamp(Stamp(written))


def offset_minutes(calendar: Calendar, instant: datetime | None) -> int | None:
    """The offset at an instant in minutes, None where it is not known."""
    if calendar.zone is not None and instant is not None:
        offset = instant.astimezone(calendar.zone).utcoffset()
    elif calendar.offsets:
        offset = calendar.offsets[-1][1]
    else:
        offset = None
    return None if offset is None else round(offset.total_seconds() / 60)
