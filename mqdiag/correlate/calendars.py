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
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mqdiag import clock
from mqdiag.language import tr
from mqdiag.model import Note, Stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo

    from mqdiag.clock import Order
    from mqdiag.model import Certainty, Event
    from mqdiag.parse import Reading, Stamps

QUARTER = timedelta(minutes=15)  # all zones of the world are a multiple of this from UTC
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

    @property
    def known(self) -> bool:
        return self.zone is not None or bool(self.offsets)

    def local(self, written: str) -> datetime | None:
        reading = clock.read(written)
        return reading.local(self.orders.get(separator(written))) if reading else None

    def offset_at(self, local: datetime) -> timedelta | None:
        if self.zone is not None:
            return local.replace(tzinfo=self.zone).utcoffset()
        if not self.offsets:
            return None
        place = bisect_right(self.offsets, local, key=lambda each: each[0]) - 1
        return self.offsets[max(place, 0)][1]

    def stamp(self, stamp: Stamp) -> Stamp:
        """The stamp with the local time and, where the offset is known, the instant that this calendar gives it."""
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
    lend_orders(readings, orders)
    if date_order:
        orders = {path: {"/": date_order, "-": date_order} | own for path, own in orders.items()}
    found = {each.source.path: own_calendar(each, orders[each.source.path]) for each in readings}
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
        if local is None or (printed is not None and not printed):
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
    elif stated := next((e for e in reading.events if e.facts.get("utc_offset_minutes")), None):
        minutes = int(stated.facts["utc_offset_minutes"])
        calendar.offsets = [(datetime.min, timedelta(minutes=minutes))]
        calendar.basis, calendar.certainty = tr("UTC offset printed in the report"), "stated"
    return calendar


def quarter_offset(local: datetime, instant: datetime) -> timedelta | None:
    """Local minus UTC as a multiple of 15 minutes, None where it is none."""
    difference = local - instant.replace(tzinfo=None)
    offset = round(difference / QUARTER) * QUARTER
    return offset if abs(difference - offset) < CLOSE and abs(offset) <= timedelta(hours=15) else None


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
                calendar.zone, calendar.offsets = lender.zone, lender.offsets
                calendar.basis = f"{lenders[0].source.path}, {why}"
                break


def agree(calendars: Iterable[Calendar]) -> bool:
    """Whether calendars give the same offset, so that lending it is no guess."""
    all_offsets = [(each.zone, {offset for _, offset in each.offsets}) for each in calendars]
    return all(each == all_offsets[0] for each in all_offsets)


def host_of(reading: Reading) -> str | None:
    """The host that wrote a source: the one most of its records name, in lower case."""
    hosts = Counter(each.host.lower() for each in reading.events if each.host)
    if hosts:
        return min(hosts, key=lambda each: (-hosts[each], each))
    return reading.example.host.lower() if reading.example and reading.example.host else None


def timed(events: Iterable[Event], calendar: Calendar) -> list[Event]:
    return [replace(e, stamp=calendar.stamp(e.stamp)) if e.stamp else e for e in events]


def ambiguous_dates(reading: Reading, calendar: Calendar) -> Note | None:
    """The note on a source whose order of day and month stays open."""
    for written, _ in reading.stamps.by_hour.values():
        seen = clock.read(written)
        if seen and len(seen.orders) > 1 and separator(written) not in calendar.orders:
            text = tr(
                "'{written}' can be day/month or month/day, and nothing in the input decides it; "
                "no instant is given for such stamps. --date-order dmy or --date-order mdy settles it.",
                written=written,
            )
            return Note(
                "ambiguous-date",
                reading.source.path,
                reading.example.span.line if reading.example else None,
                text,
            )
    return None


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
