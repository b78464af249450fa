"""
Stamps: what a log wrote as a time, how it can be read, and what it takes to make it an instant.

MQ writes local time in the spelling of the writing process's locale, without a zone. Nothing is guessed here:
a stamp whose order of day and month is open says so (`Reading.orders` has two), and one without zone stays
without instant until timing.py finds the offset. dateutil's parser is never asked: it guesses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from statistics import median
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mqdiag.model import Clock

Order = Literal["ymd", "dmy", "mdy"]

# 10/30/24 00:06:19   03/22/2019 08:17:30 AM   22.04.2024 14:15:24   2014/12/06 09:13:29   2024-09-18T06:14:31.004Z
NUMERIC = re.compile(
    r"(?P<a>\d{1,4})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{1,4})(?!\d)[ T,:]{1,3}(?=\d|[^\x00-\x7f])"
)
# 2017年10月07日 08時03分07秒   2017년 10월 07일 08시
IDEOGRAPHIC = re.compile(r"(?P<y>\d{4})[年년]\s?(?P<m>\d{1,2})[月월]\s?(?P<d>\d{1,2})[日일]\s?")
# 20191101T103651.811Z
BASIC = re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)T(?=\d{6})")
# Mon January 28 2008 21:59:06 GMT   火 5月 16 2023 14:38:25 東京   Jun 14 2018 09:13:29
MONTH_FIRST = re.compile(
    r"(?P<month>[A-Za-z]{3,9}|\d{1,2}[月월])\s+(?P<d>\d{1,2}),?\s+(?:(?P<y>\d{4})\s+)?(?=\d{1,2}[:.]\d\d)"
)
# 13 MAR 2025 (z/OS)
DAY_FIRST = re.compile(r"(?P<d>\d{1,2})[ -](?P<month>[A-Za-z]{3,9})[ -](?P<y>\d{4})[ :T]+(?=\d)")
CLOCK = re.compile(
    r"(?P<ampm1>午前|午後|上午|下午|오전|오후)?\s?(?P<h>\d{1,2})[:.時时시]\s?(?P<mi>\d{2})[:.分분]\s?(?P<s>\d{2})[秒초]?"
    r"(?:[.,](?P<f>\d{1,9}))?(?:\s?(?P<ampm2>[AaPp]\.?[Mm]\.?))?"
)
CLOCK_BASIC = re.compile(r"(?P<h>\d\d)(?P<mi>\d\d)(?P<s>\d\d)(?:[.,](?P<f>\d{1,9}))?")
ZONE = re.compile(
    r"\s?(?:(?P<name>Z|[A-Z]{3,4})(?![A-Za-z+-]| Daylight)|(?P<sign>[+-])(?P<oh>\d\d):?(?P<om>\d\d)?(?!\d))"
)
# The year behind the time of day: 'Tue Feb 11 09:44:51 UTC 2025', 'Tue February 19 12:58:42 GMT Standard Time 2002'
TRAILING_YEAR = re.compile(r"[\d:.]{1,30}(?: [A-Za-z]{2,12}){0,3} (?P<y>(?:19|20)\d\d)\b")
# '22/05/30 13:20:12:390 JST': WebSphere in Japan and Korea, where dates begin with the year
EASTERN_TIME = re.compile(r"[ \d:.]{5,30}(?:JST|KST)\b")
# Abbreviations that mean one offset wherever MQ is run; IST, CST and BST mean several and stay unread.
ZONE_HOURS = {
    "Z": 0, "UTC": 0, "GMT": 0, "JST": 9, "KST": 9, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3,
    "EST": -5, "EDT": -4, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}

YEARS = range(1970, 3000)  # a stamp of another is damaged; and near the years 1 and 9999 no zone can be reckoned with


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What a written stamp can mean. `date` holds the three numbers as written, `time` the local time of day on
    day one; `orders` the orders of day and month that give a date, one if it is clear, two if it is open.
    `offset` is the distance from UTC if the stamp itself says it.
    """

    date: tuple[int, int, int]
    time: timedelta
    orders: tuple[Order, ...]
    offset: timedelta | None = None

    def local(self, order: Order | None = None) -> datetime | None:
        """The naive local time, None while the order of day and month is open and `order` does not say it."""
        chosen = order if order in self.orders else self.orders[0] if len(self.orders) == 1 else None
        day = dated(self.date, chosen) if chosen else None
        return day + self.time if day else None


def dated(numbers: tuple[int, int, int], order: Order) -> datetime | None:
    """The day that three numbers mean in an order, None if there is no such day. Two-digit years are 20yy."""
    year, month, day = (numbers[order.index(each)] for each in "ymd")
    year += 2000 if year < 100 else 0
    try:
        return datetime(year, month, day) if year in YEARS else None
    except ValueError:
        return None


SECONDS = re.compile(r"(?<![\d:])\d{1,2}:[0-5]\d:[0-5]\d\Z")


def read(written: str) -> Reading | None:
    """Read a stamp in any spelling MQ and its users are known to write; None if it is none of them."""
    if SECONDS.search(written) is None:
        return _read(written)
    minute = _read(f"{written[:-2]}00")  # a log has a thousand stamps of one minute, and each second but a few
    return minute and replace(minute, time=minute.time + timedelta(seconds=int(written[-2:])))


@lru_cache(maxsize=32768)
def _read(written: str) -> Reading | None:
    found = _date(written)
    if found is None:
        return None
    date, orders, rest = found
    clock = CLOCK_BASIC.match(rest) if BASIC.search(written) else CLOCK.match(rest.lstrip(" :T"))
    if clock is None or int(clock["mi"]) > 59 or int(clock["s"]) > 60:
        return None
    hour = int(clock["h"])
    half = (clock.groupdict().get("ampm1") or clock.groupdict().get("ampm2") or "").lower().replace(".", "")
    if half:
        hour = hour % 12 + (12 if half in ("pm", "午後", "下午", "오후") else 0)
        if half in ("am", "pm") and len(orders) > 1:
            orders = ("mdy",)  # AM and PM come with American dates in all samples
    if hour > 24:
        return None
    fraction = (clock["f"] or "0")[:6].ljust(6, "0")
    time = timedelta(hours=hour, minutes=int(clock["mi"]), seconds=int(clock["s"]), microseconds=int(fraction))
    if date[0] == 0:
        return None
    return Reading(date, time, orders, _offset(rest[clock.end() + len(rest) - len(rest.lstrip(" :T")) :]))


def _date(written: str) -> tuple[tuple[int, int, int], tuple[Order, ...], str] | None:
    """The three numbers of the date, the orders they can stand in, and the text behind the date."""
    for fixed in (IDEOGRAPHIC, BASIC):
        if match := fixed.search(written):
            return (int(match["y"]), int(match["m"]), int(match["d"])), ("ymd",), written[match.end() :]
    if match := NUMERIC.search(written):
        numbers = int(match["a"]), int(match["b"]), int(match["c"])
        candidates: tuple[Order, ...] = ("dmy", "mdy")
        if len(match["a"]) == 4 or (EASTERN_TIME.match(written, match.end()) and dated(numbers, "ymd")):
            candidates = ("ymd",)
        elif match["sep"] == ".":
            candidates = ("dmy",)
        orders = tuple(each for each in candidates if dated(numbers, each))
        if len(orders) == 2 and numbers[0] == numbers[1]:
            orders = ("dmy",)  # 11/11/15: both orders mean the same day
        return (numbers, orders, written[match.end() :]) if orders else None
    for named in (DAY_FIRST, MONTH_FIRST):
        for match in named.finditer(written):
            month = _month(match["month"])
            rest = written[match.end() :]
            year = match["y"] or ((late := TRAILING_YEAR.match(rest)) and late["y"])
            if month and year:
                return (int(year), month, int(match["d"])), ("ymd",), rest
    return None


NEAR = timedelta(days=45)  # of the days known from elsewhere; further off the year is not taken from them


@lru_cache(maxsize=4096)
def without_year(written: str) -> tuple[str, str] | None:
    """A stamp that prints no year, parted where the year would stand; None for any other."""
    if read(written) is not None:
        return None
    parts = ((written[: match.end()], written[match.end() :]) for match in MONTH_FIRST.finditer(written))
    return next((each for each in parts if read(f"{each[0]}2024 {each[1]}")), None)


def in_year(written: str, days: Sequence[date]) -> datetime | None:
    """
    The local time of 'Sep 18 08:15:04', as syslog and the journal write it, in the year that puts it nearest to one
    of the days. None where it is near to none.
    """
    parts = without_year(written)
    if parts is None:
        return None
    years = sorted({each.year + shift for each in days for shift in (-1, 0, 1)})
    found = [reading for year in years if (reading := read(f"{parts[0]}{year} {parts[1]}"))]  # February 29 is rare
    apart = {local: min(abs(local.date() - each) for each in days) for each in found if (local := each.local())}
    nearest = min(apart, key=lambda local: (apart[local], local), default=None)
    return nearest if nearest and apart[nearest] <= NEAR else None


def _month(name: str) -> int | None:
    return int(name[:-1]) if name[0].isdigit() else MONTHS.get(name[:3].lower())


def _offset(rest: str) -> timedelta | None:
    match = ZONE.match(rest)
    if match is None:
        return None
    if match["name"]:
        hours = ZONE_HOURS.get(match["name"])
        return None if hours is None else timedelta(hours=hours)
    minutes = int(match["oh"]) * 60 + int(match["om"] or 0)
    return timedelta(minutes=-minutes if match["sign"] == "-" else minutes)


# Time(2022-02-07T23.40.06.275Z as retyped : dots for colons, the closing parenthesis lost
RETYPED = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d)[.:](\d\d)[.:](\d\d)(?:[.:](\d{1,6}))?")


@lru_cache(maxsize=32768)
def utc(text: str) -> datetime | None:
    """The instant of MQ's own `Time(...)` value, also where it was retyped; None if it is none."""
    match = RETYPED.match(text.strip())
    if match is None:
        return None
    day, hour, minute, second, fraction = match.groups()
    try:
        found = datetime.fromisoformat(f"{day}T{hour}:{minute}:{second}.{(fraction or '0').ljust(6, '0')}+00:00")
    except ValueError:
        return None
    return found if found.year in YEARS else None


FIRST_S, LAST_S = 946_684_800, 4_102_444_800  # the years 2000 to 2099


def since_1970(value: object) -> str | None:
    """A number of seconds, milli-, micro- or nanoseconds since 1970 as a stamp in UTC; None for any other value."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    seconds = next((value / unit for unit in (1, 10**3, 10**6, 10**9) if FIRST_S <= value / unit < LAST_S), None)
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z" if seconds else None


def zone(name: str) -> tzinfo | None:
    """A zone by IANA name (`Asia/Tokyo`) or offset (`+09:00`, `-0500`, `UTC`); None if nobody knows it."""
    if name.upper() in ("UTC", "Z", "GMT"):
        return UTC
    if match := re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?", name):
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes)) if minutes <= 1080 else None
    from dateutil import tz  # only when a zone is asked for

    found = tz.gettz(name) if re.fullmatch(r"[A-Za-z][A-Za-z0-9_+/-]{0,60}", name) and name != "local" else None
    return found if found and not isinstance(found, tz.tzstr) else None


def to_utc(local: datetime, offset: timedelta) -> datetime:
    return (local - offset).replace(tzinfo=UTC)


# ---- one time for all hosts --------------------------------------------------------------------------------------

WINDOW_S = 5.0  # between the two ends' records of one failure, clocks corrected; a clock with more spread is no use


def common_time(clocks: Sequence[Clock]) -> dict[str, float]:
    """
    By how many seconds each clock is ahead of a common one, by host; a host that is not there cannot be compared.

    Hosts that never called each other are compared over a third. The best supported clocks go first, and one
    whose spread is wider than the window is not used.
    """
    groups: dict[str, dict[str, float]] = {}
    home: dict[str, str] = {}
    pairs: dict[str, int] = {}
    usable = [each for each in clocks if each.spread_s <= WINDOW_S]
    for each in sorted(usable, key=lambda c: (-c.pairs, c.spread_s, c.between)):
        client, server = each.between
        for name in (client, server):
            groups.setdefault(home.setdefault(name, name), {name: 0.0})
            pairs[name] = pairs.get(name, 0) + each.pairs
        ours, theirs = home[client], home[server]
        if ours == theirs:
            continue
        shift = groups[ours][client] + each.skew_s - groups[theirs][server]
        for name, value in groups.pop(theirs).items():
            groups[ours][name] = value + shift
            home[name] = ours
    return {name: value for each in groups.values() for name, value in from_middle(each, pairs).items()}


def compared(clocks: Sequence[Clock]) -> dict[str, str]:
    """Which clocks can be compared, over others too: those that have the same name here."""
    home: dict[str, str] = {}
    for each in clocks:
        if each.spread_s <= WINDOW_S:
            ours, theirs = (home.setdefault(name, name) for name in each.between)
            home = {name: ours if group == theirs else group for name, group in home.items()}
    return home


def from_middle(group: Mapping[str, float], pairs: Mapping[str, int]) -> dict[str, float]:
    """
    Compared with the clock in the middle. Which of two clocks is wrong cannot be known, but most of many are
    right; of two that are as near to the middle it is the one that was compared with more failures.
    """
    middle = median(group.values())
    zero = min(group, key=lambda name: (round(abs(group[name] - middle), 3), -pairs[name], name))
    return {name: round(value - group[zero], 3) for name, value in group.items()}
