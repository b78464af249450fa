"""Stamps in every spelling that MQ and its users are known to write, and no guessing."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from mqdiag import clock

STAMPS = {
    "10/30/24 00:06:19": datetime(2024, 10, 30, 0, 6, 19),
    "03/22/2019 08:17:30 AM": datetime(2019, 3, 22, 8, 17, 30),
    "03/02/2019 12:17:30 AM": datetime(2019, 3, 2, 0, 17, 30),
    "03/02/2019 12:17:30 PM": datetime(2019, 3, 2, 12, 17, 30),
    "02/27/2022 06.40.06 PM": datetime(2022, 2, 27, 18, 40, 6),
    "3/19/2017 14:33:53": datetime(2017, 3, 19, 14, 33, 53),
    "23/10/2014 08:31:41": datetime(2014, 10, 23, 8, 31, 41),
    "2014/12/06 09:13:29": datetime(2014, 12, 6, 9, 13, 29),
    "2017年10月07日 08時03分07秒": datetime(2017, 10, 7, 8, 3, 7),
    "13.07.2018 07:06:03": datetime(2018, 7, 13, 7, 6, 3),
    "Jun 14 2018 09:13:29": datetime(2018, 6, 14, 9, 13, 29),
    "11/11/15 20:31:03": datetime(2015, 11, 11, 20, 31, 3),
    "20191101T103651.811Z": datetime(2019, 11, 1, 10, 36, 51, 811000),
    "2024-03-19T14:20:45.109+01:00": datetime(2024, 3, 19, 14, 20, 45, 109000),
    "火 5月 16 2023 14:38:25 東京 (標準時)": datetime(2023, 5, 16, 14, 38, 25),
    "Mon January 28 2008 21:59:06 GMT": datetime(2008, 1, 28, 21, 59, 6),
    "Tue February 19 12:58:42 GMT Standard Time 2002": datetime(2002, 2, 19, 12, 58, 42),
    "Thu October 06 2022 00:14:02 IST": datetime(2022, 10, 6, 0, 14, 2),
    "Tue Feb 11 09:44:51 UTC 2025": datetime(2025, 2, 11, 9, 44, 51),
    "13 MAR 2025 09.41.17": datetime(2025, 3, 13, 9, 41, 17),
}


@pytest.mark.parametrize(("written", "local"), STAMPS.items())
def test_spellings(written: str, local: datetime) -> None:
    reading = clock.read(written)

    assert reading is not None
    assert reading.local() == local


def test_an_open_order_is_not_guessed() -> None:
    """7/11 can be July or November: without an order there is no local time."""
    reading = clock.read("7/11/2021 01:00:01")

    assert reading is not None
    assert reading.orders == ("dmy", "mdy")
    assert reading.local() is None
    assert reading.local("mdy") == datetime(2021, 7, 11, 1, 0, 1)
    assert reading.local("dmy") == datetime(2021, 11, 7, 1, 0, 1)


@pytest.mark.parametrize("text", ["", "no stamp", "99/99/99 99:99:99", "10.91.132.120(1416)", "13/13/2020 10:00:00"])
def test_what_is_no_stamp(text: str) -> None:
    assert clock.read(text) is None


def test_offsets_that_are_printed() -> None:
    assert clock.read("2024-03-19T14:20:45+01:00").offset == timedelta(hours=1)  # type: ignore[union-attr]
    assert clock.read("2024-03-19T14:20:45Z").offset == timedelta(0)  # type: ignore[union-attr]
    assert clock.read("03/19/24 14:20:45").offset is None  # type: ignore[union-attr]


def test_retyped_utc_time() -> None:
    """Time(2022-02-07T23.40.06.275Z : dots for colons, as people retype it."""
    assert clock.utc("2022-02-07T23.40.06.275Z") == clock.utc("2022-02-07T23:40:06.275Z")


@pytest.mark.parametrize("name", ["Asia/Tokyo", "+09:00", "UTC", "-0330", "Europe/Amsterdam"])
def test_zones(name: str) -> None:
    assert clock.zone(name) is not None


@pytest.mark.parametrize("name", ["Mars/Base", "+99:00", "", "../etc/passwd", "local", "Europe/" + "A" * 300])
def test_zones_that_nobody_knows(name: str) -> None:
    assert clock.zone(name) is None


@pytest.mark.parametrize(
    ("written", "day", "year"),
    [
        ("Sep 18 08:15:04", date(2024, 9, 20), 2024),
        ("Dec 31 23:59:58", date(2025, 1, 1), 2024),  # the other log is of the new year
        ("Jan  1 00:00:04", date(2024, 12, 31), 2025),
        ("Feb 29 08:15:04", date(2024, 3, 1), 2024),
    ],
)
def test_a_stamp_without_year_gets_the_nearest(written: str, day: date, year: int) -> None:
    local = clock.in_year(written, [day])

    assert local is not None
    assert local.year == year


def test_no_year_is_taken_from_logs_of_another_season() -> None:
    assert clock.in_year("Sep 18 08:15:04", [date(2024, 3, 1)]) is None
    assert clock.in_year("Sep 18 08:15:04", []) is None
    assert clock.in_year("2024-09-18 08:15:04", [date(2020, 9, 18)]) is None  # it prints one itself


@pytest.mark.parametrize("number", [1726640104.118, 1726640104118, 1726640104118000, 1726640104118000000])
def test_numbers_since_1970(number: float) -> None:
    assert clock.since_1970(number) == "2024-09-18T06:15:04.118Z"


@pytest.mark.parametrize("value", [True, 42, 17, "1726640104", None, -1726640104])
def test_what_is_no_time_since_1970(value: object) -> None:
    assert clock.since_1970(value) is None


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("22/05/30 13:20:12:390 JST", "2022-05-30"),
        ("30/05/2022 13:20:12 JST", "2022-05-30"),
        ("22/05/30 13:20:12", "2030-05-22"),
    ],
)
def test_the_year_comes_first_where_the_zone_is_that_of_japan(written: str, day: str) -> None:
    found = clock.read(written)

    assert found is not None
    assert str(found.local()).startswith(day)
