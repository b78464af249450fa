"""From stamps to instants: the order of day and month, and the offset from UTC, of every source."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from sample_events import record, span

from mqdiag.correlate import Correlation, correlate
from mqdiag.model import Stamp
from mqdiag.parse import Reading
from mqdiag.sources import Source

Written = str | tuple[str, str]


def log(path: str, *stamps: Written, host: str | None = "app1", **others: Any) -> Reading:
    """A log with a failure at each of the stamps; one that is a pair has a UTC time beside its local time."""
    reading = Reading(Source(path, path, lambda: BytesIO(b"")), "amqerr", bytes=9, records=len(stamps))
    for place, each in enumerate(stamps):
        written, utc = (each, "") if isinstance(each, str) else each
        instant = datetime.fromisoformat(utc) if utc else None
        stamp = Stamp(written, instant=instant, certainty="stated" if instant else "ambiguous")
        given: dict[str, Any] = {"host": host, "side": "client", "process": place, "thread": 1}
        event = replace(record("9637"), stamp=stamp, span=span(path, place + 1), **given | others)
        reading.events.append(event)
        reading.stamps.add(written, instant.isoformat() if instant else "", place)
    reading.example = reading.events[0]
    return reading


def timed(*logs: Reading, **options: Any) -> Correlation:
    given = {"sides": {}, "zones": {}, "tz": None, "date_order": None}
    return correlate(logs, **given | options)


def instants(found: Correlation, path: str = "x.log") -> list[str]:
    """The instants of the records of a log, in the order of the file."""
    events = {e.span: e.instant for each in found.occurrences for e in each.events}
    return [f"{at:%Y-%m-%d %H:%M}" if at else "-" for place, at in sorted(events.items()) if place.path == path]


def notes(found: Correlation) -> dict[str, str]:
    return {each.code: each.text for each in found.notes}


def basis(found: Correlation, path: str = "x.log") -> tuple[int | None, str | None]:
    source = next(each for each in found.sources if each.path == path)
    return source.utc_offset_minutes, source.utc_offset_basis


# ---- day and month ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamps", "wanted"),
    [
        (["05/06/2024 10:00:00", "13/06/2024 10:00:00"], ["2024-06-05 10:00", "2024-06-13 10:00"]),
        (["05/06/2024 10:00:00", "05/13/2024 10:00:00"], ["2024-05-06 10:00", "2024-05-13 10:00"]),
        (["09/02/2024 10:00:00", "10/02/2024 10:00:00", "01/03/2024 10:00:00"], ["2024-02-09 10:00", "2024-02-10 10:00",
         "2024-03-01 10:00"]),
        (["01/03/2024 12:30:00", "01/03/2024 10:31:00", "01/03/2024 13:00:00"], ["-", "-", "-"]),
        (["05/06/2024 10:00:00", "07/07/2024 10:00:00"], ["-", "2024-07-07 10:00"]),
        (["05.06.2024 10:00:00"], ["2024-06-05 10:00"]),
        (["2024-06-05 10:00:00"], ["2024-06-05 10:00"]),
        (["05/06/2024 10:00:00", "13-06-2024 10:00:00"], ["-", "2024-06-13 10:00"]),
    ],
)  # fmt: skip
def test_the_log_itself_decides_which_number_is_the_day(stamps: list[str], wanted: list[str]) -> None:
    found = timed(log("x.log", *stamps), tz="UTC")

    assert instants(found) == wanted
    assert ("ambiguous-date" in notes(found)) is ("-" in wanted)


def test_a_record_with_utc_time_decides_for_the_others() -> None:
    stamps: list[Written] = [("05/06/2024 10:00:00", "2024-06-05T09:00:00+00:00"), "07/06/2024 10:00:00"]

    assert instants(timed(log("x.log", *stamps))) == ["2024-06-05 09:00", "2024-06-07 09:00"]


def test_a_date_that_stays_open_says_which_option_settles_it() -> None:
    found = timed(log("x.log", "05/06/2024 10:00:00"), tz="UTC")

    assert notes(found)["ambiguous-date"] == (
        "'05/06/2024 10:00:00' can be day/month or month/day, and nothing in the input decides it; "
        "no instant is given for such stamps. --date-order dmy or --date-order mdy settles it."
    )
    assert [(each.path, each.line) for each in found.notes if each.code == "ambiguous-date"] == [("x.log", 1)]


@pytest.mark.parametrize(("order", "wanted"), [("dmy", "2024-06-05 10:00"), ("mdy", "2024-05-06 10:00")])
@pytest.mark.parametrize("sign", ["/", "-"])
def test_the_user_settles_what_is_open_and_nothing_else(order: str, wanted: str, sign: str) -> None:
    stamp = "05/06/2024 10:00:00".replace("/", sign)
    clear = "13/05/2024 10:00:00".replace("/", sign)

    assert instants(timed(log("x.log", stamp), tz="UTC", date_order=order)) == [wanted]
    assert instants(timed(log("x.log", stamp, clear), tz="UTC", date_order=order))[0] == "2024-06-05 10:00"


@pytest.mark.parametrize(
    ("others", "wanted"),
    [
        ([log("y.log", "13/06/2024 10:00:00")], "2024-06-05 10:00"),
        ([log("y.log", "13/06/2024 10:00:00", host="APP1")], "2024-06-05 10:00"),
        ([log("y.log", "13/06/2024 10:00:00", host="app2")], "-"),
        ([log("y.log", "13-06-2024 10:00:00")], "-"),
        ([log("y.log", "05-06-2024 11:00:00", "13-06-2024 10:00:00")], "2024-06-05 10:00"),
        ([log("y.log", "13/06/2024 10:00:00"), log("z.log", "06/13/2024 10:00:00")], "-"),
    ],
)
def test_a_log_of_the_same_host_lends_its_order(others: list[Reading], wanted: str) -> None:
    assert instants(timed(log("x.log", "05/06/2024 10:00:00"), *others, tz="UTC")) == [wanted]


@pytest.mark.parametrize(
    ("day", "host", "wanted"),
    [
        ("2024-06-05", "app1", "2024-06-05 10:00"),
        ("2024-06-04", "app1", "2024-06-05 10:00"),
        ("2024-06-06", "app1", "2024-06-05 10:00"),
        ("2024-05-06", "app1", "2024-05-06 10:00"),
        ("2024-06-07", "app1", "-"),
        ("2024-06-03", "app1", "-"),
        ("2024-06-05", "app2", "-"),
    ],
)
def test_the_days_of_which_clear_records_of_the_host_speak(day: str, host: str, wanted: str) -> None:
    found = timed(log("x.log", "05/06/2024 10:00:00"), log("y.log", f"{day}T11:00:00Z", host=host), tz="UTC")

    assert instants(found) == [wanted]


def test_two_orders_in_one_log() -> None:
    """05/06 between 13/05 and 06/01 of the other spelling can only be 6 May, and 07/08 at the end stays open."""
    stamps = ["13/04/2024 10:00:00", "05/06/2024 10:00:00", "05/20/2024 10:00:00", "07/08/2024 10:00:00"]
    found = timed(log("x.log", *stamps), tz="UTC")

    assert instants(found) == ["2024-04-13 10:00", "2024-05-06 10:00", "2024-05-20 10:00", "-"]
    assert notes(found)["two-date-orders"].startswith(
        "This source writes dates in two orders, day/month and month/day. Where a date can be both, the records "
        "before and after it decided; --date-order dmy or --date-order mdy reads all open ones alike."
    )
    assert "'07/08/2024 10:00:00'" in notes(found)["ambiguous-date"]
    assert [each.line for each in found.notes if each.code == "ambiguous-date"] == [4]


@pytest.mark.parametrize(("minutes", "is_open"), [(1, False), (2, False), (3, True)])
def test_records_of_several_processes_are_a_little_out_of_order(minutes: int, is_open: bool) -> None:
    """05/06 just before the record above it: 6 May is as far out of order as records are, or further."""
    above = datetime(2024, 5, 6, 10) + timedelta(minutes=minutes)
    stamps = ["13/04/2024 10:00:00", f"{above:%Y-%m-%d %H:%M:%S}", "05/06/2024 10:00:00", "05/20/2024 10:00:00"]

    assert (instants(timed(log("x.log", *stamps), tz="UTC"))[2] == "-") is is_open


# ---- offsets ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "minutes"),
    [
        ("2024-06-05 10:00:00", 60),
        ("2024-06-05 14:45:00", 345),
        ("2024-06-05 14:46:29", 345),
        ("2024-06-05 14:46:31", None),
        ("2024-06-04 20:30:00", -750),
        ("2024-06-06 00:00:00", 900),
        ("2024-06-06 00:15:00", None),
    ],
)
def test_a_record_with_both_times_gives_the_offset(local: str, minutes: int | None) -> None:
    found = timed(log("x.log", (local, "2024-06-05T09:00:00+00:00")))

    assert basis(found) == (minutes, "Time() of its own records" if minutes is not None else None)


def test_a_stamp_with_its_own_offset_needs_nothing_else() -> None:
    found = timed(log("x.log", "2024-06-05T10:00:00+02:00", "2024-06-05 12:00:00"))

    assert instants(found) == ["2024-06-05 08:00", "2024-06-05 10:00"]
    assert found.occurrences[0].lead.stamp == Stamp(
        "2024-06-05T10:00:00+02:00", datetime(2024, 6, 5, 10), datetime(2024, 6, 5, 8, tzinfo=UTC), "stated"
    )
    assert basis(found) == (120, "Time() of its own records")


def test_a_stamp_in_utc_says_nothing_of_the_zone_of_the_host() -> None:
    found = timed(log("x.log", "2024-06-05T10:00:00Z", "2024-06-05 12:00:00"))

    assert instants(found) == ["2024-06-05 10:00", "-"]
    assert basis(found) == (None, None)
    assert notes(found)["zone-unknown"] == (
        "x.log prints local time without zone, and nothing in the input gives the offset. "
        "--tz x.log=ZONE (such as Asia/Tokyo or +09:00) settles it; until then its records have no UTC time."
    )
    assert [(each.path, each.line) for each in found.notes if each.code == "zone-unknown"] == [("x.log", 2)]


def test_a_time_in_gmt_says_nothing_of_the_zone_of_the_host() -> None:
    """openssl prints GMT wherever it runs."""
    asked = log("x.log", ("Mar 12 01:26:08 2025 GMT", "2025-03-12T01:26:08+00:00"), host=None)

    assert basis(timed(asked)) == (None, None)


def test_a_report_prints_the_offset_of_its_host() -> None:
    found = timed(log("x.log", "2024-06-05 10:00:00", facts={"utc_offset_minutes": "120"}))

    assert instants(found) == ["2024-06-05 08:00"]
    assert basis(found) == (120, "UTC offset printed in the report")


def test_the_offset_changes_with_the_season() -> None:
    """Both times in March and in April; between the two changes nothing says when the clock was put forward."""
    stamps: list[Written] = [
        ("2024-03-20 10:00:00", "2024-03-20T09:00:00+00:00"),
        "2024-03-20 11:00:00",
        ("2024-04-20 10:00:00", "2024-04-20T08:00:00+00:00"),
        "2024-04-20 11:00:00",
    ]
    found = timed(log("x.log", *stamps))

    assert instants(found)[1::2] == ["2024-03-20 10:00", "2024-04-20 09:00"]
    assert basis(found)[0] == 120


BERLIN: Written = ("2024-06-05 11:00:00", "2024-06-05T09:00:00+00:00")
LONDON: Written = ("2024-06-05 10:00:00", "2024-06-05T09:00:00+00:00")
LATER: Written = ("2024-06-05 12:00:00", "2024-06-05T11:00:00+00:00")


@pytest.mark.parametrize(
    ("others", "wanted", "why"),
    [
        ([log("b/y.log", BERLIN)], "2024-06-05 08:00", "b/y.log, the same host"),
        ([log("b/y.log", BERLIN, host="APP1")], "2024-06-05 08:00", "b/y.log, the same host"),
        ([log("a/y.log", BERLIN, host="app2")], "-", None),
        ([log("b/y.log", BERLIN), log("b/z.log", LONDON, LATER)], "-", None),
        ([log("b/y.log", BERLIN), log("b/z.log", LONDON, host="app2")], "2024-06-05 08:00", "b/y.log, the same host"),
    ],
)
def test_the_host_lends_its_offset(others: list[Reading], wanted: str, why: str | None) -> None:
    found = timed(log("a/x.log", "2024-06-05 10:00:00"), *others)

    assert instants(found, "a/x.log") == [wanted]
    assert basis(found, "a/x.log")[1] == why


@pytest.mark.parametrize(
    ("others", "wanted", "why"),
    [
        ([log("a/y.log", BERLIN, host="app2")], "2024-06-05 08:00", "a/y.log, the same folder"),
        ([log("b/y.log", BERLIN, host="app2")], "-", None),
        ([log("a/y.log", BERLIN, host="app2"), log("a/z.log", LONDON, LATER, host="app3")], "-", None),
    ],
)
def test_where_no_host_is_printed_the_folder_lends_its_offset(
    others: list[Reading], wanted: str, why: str | None
) -> None:
    found = timed(log("a/x.log", "2024-06-05 10:00:00", host=None), *others)

    assert instants(found, "a/x.log") == [wanted]
    assert basis(found, "a/x.log")[1] == why


@pytest.mark.parametrize(("days", "is_one_clock"), [(30, True), (29, False)])
def test_logs_whose_offsets_change_more_often_than_a_clock_lend_nothing(days: int, is_one_clock: bool) -> None:
    there = datetime(2024, 3, 1, 12, tzinfo=UTC)
    stamps: list[Written] = []
    for number, offset in enumerate((1, 2, 1)):
        utc = there + timedelta(days=days * number) - timedelta(hours=offset)
        stamps.append((f"{utc + timedelta(hours=offset):%Y-%m-%d %H:%M:%S}", utc.isoformat()))
    found = timed(log("b/y.log", *stamps), log("x.log", "2024-03-01 12:00:00", thread=2))

    assert (instants(found) == ["2024-03-01 11:00"]) is is_one_clock


# ---- the user's zone -------------------------------------------------------------------------------------------


def test_the_zone_of_a_path_goes_before_that_of_all() -> None:
    logs = log("x.log", "2024-06-05 10:00:00"), log("y.log", "2024-06-05 10:00:00")
    found = timed(*logs, zones={"y.log": "Asia/Tokyo"}, tz="Europe/Berlin")

    assert (instants(found), basis(found)) == (["2024-06-05 08:00"], (120, "--tz Europe/Berlin"))
    assert (instants(found, "y.log"), basis(found, "y.log")) == (["2024-06-05 01:00"], (540, "--tz Asia/Tokyo"))


def test_what_the_user_says_of_the_zone_is_stated() -> None:
    (one,) = timed(log("x.log", "2024-06-05 10:00:00"), tz="Asia/Tokyo").occurrences

    assert one.lead.stamp == Stamp(
        "2024-06-05 10:00:00", datetime(2024, 6, 5, 10), datetime(2024, 6, 5, 1, tzinfo=UTC), "stated"
    )


def test_a_lent_offset_is_inferred() -> None:
    found = timed(log("x.log", "2024-06-05 10:00:00"), log("y.log", BERLIN))

    assert {e.span.path: e.stamp.certainty for o in found.occurrences for e in o.events if e.stamp} == {
        "x.log": "inferred",
        "y.log": "stated",
    }


def test_a_zone_that_was_said_is_lent_to_the_same_host() -> None:
    found = timed(
        log("x.log", "2024-12-05 10:00:00"), log("y.log", "2024-06-05 10:00:00"), zones={"y.log": "Europe/Berlin"}
    )

    assert instants(found) == ["2024-12-05 09:00"]
    assert basis(found) == (60, "y.log, the same host")


# ---- the hour that is there twice ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("02:00:00", "03:30:00", "2024-10-27 00:30"),
        (None, None, "2024-10-27 00:30"),
        ("2024-10-27T02:50:00+02:00", "03:30:00", "2024-10-27 01:30"),
        ("01:00:00", "2024-10-27T02:35:00+02:00", "2024-10-27 00:30"),
        ("2024-10-27T02:32:00+02:00", None, "2024-10-27 00:30"),
        ("2024-10-27T02:32:01+02:00", None, "2024-10-27 01:30"),
    ],
)
def test_the_records_around_it_tell_which_half_past_two_it_was(
    before: str | None, after: str | None, wanted: str
) -> None:
    night = [each if "T" in each else f"2024-10-27 {each}" for each in (before, "02:30:00", after) if each]
    found = timed(log("x.log", *night), tz="Europe/Berlin")

    assert instants(found)[1 if before else 0] == wanted


def test_an_hour_that_stays_open_says_which_option_settles_it() -> None:
    found = timed(log("x.log", "2024-10-27 01:00:00", "2024-10-27 02:30:00"), tz="Europe/Berlin")

    assert notes(found)["ambiguous-hour"] == (
        "'2024-10-27 02:30:00' is in an hour that the clock went through twice, or in which its offset was "
        "changed, and the records around it do not tell which it was; the earlier one was taken. "
        "--tz x.log=OFFSET, such as +01:00, settles it."
    )
    assert [(each.path, each.line) for each in found.notes if each.code == "ambiguous-hour"] == [("x.log", 2)]


# ---- from the other end ----------------------------------------------------------------------------------------


def echoes(*stamps: str, path: str = "x.log", **others: Any) -> Reading:
    """A client's log of local times: AMQ9665 at each of the stamps."""
    echo = record("9665")
    return log(path, *stamps, **{"message_id": echo.message_id, "role": echo.role, "layer": echo.layer} | others)


def causes(*utc: str, **others: Any) -> Reading:
    """The queue manager's log: AMQ9637 at each of the moments, 2024-06-05 in UTC."""
    stamps = [(f"2024-06-05T{each}Z", f"2024-06-05T{each}+00:00") for each in utc]
    return log("mq.log", *stamps, **{"host": "mq1", "side": "server"} | others)


@pytest.mark.parametrize(
    ("local", "minutes"),
    [
        ("2024-06-05 18:00:00", 540),
        ("2024-06-05 18:00:05", 540),
        ("2024-06-05 17:59:55", 540),
        ("2024-06-05 18:00:06", None),
        ("2024-06-05 14:45:00", 345),
        ("2024-06-06 00:00:00", 900),
        ("2024-06-04 18:00:00", -900),
        ("2024-06-06 00:15:00", None),
        ("2024-06-04 17:45:00", None),
    ],
)
def test_a_failure_that_both_ends_logged_gives_the_offset(local: str, minutes: int | None) -> None:
    """One pair is enough where the seconds fit."""
    found = timed(echoes(local), causes("09:00:00"))

    assert basis(found) == (minutes, "paired with mq.log:1" if minutes is not None else None)


@pytest.mark.parametrize(
    ("others", "is_pair"),
    [
        ({}, True),
        ({"channel": "A"}, True),
        ({"side": "client"}, False),
        ({"channel": "B"}, False),
        ({"message_id": record("9002").message_id}, False),
        ({"message_id": record("9658").message_id}, True),
        ({"role": "context"}, False),
    ],
)
def test_only_the_other_ends_record_gives_it(others: dict[str, Any], is_pair: bool) -> None:
    found = timed(echoes("2024-06-05 18:00:00", channel="A"), causes("09:00:00", **others))

    assert (basis(found)[0] == 540) is is_pair


@pytest.mark.parametrize(
    ("late", "count", "minutes"), [(40, 3, 540), (40, 2, None), (180, 3, 540), (181, 3, None), (-180, 3, 540)]
)
def test_where_the_clocks_differ_several_pairs_must_agree(late: int, count: int, minutes: int | None) -> None:
    """Half a minute and more is no window: three records that agree are no chance."""
    moments = [datetime(2024, 6, 5, 9) + timedelta(minutes=each) for each in (0, 7, 44)[:count]]
    local = [f"{each + timedelta(hours=9, seconds=late):%Y-%m-%d %H:%M:%S}" for each in moments]

    assert basis(timed(echoes(*local), causes(*(f"{each:%H:%M:%S}" for each in moments))))[0] == minutes


def test_two_offsets_that_fit_equally_well_give_none() -> None:
    assert basis(timed(echoes("2024-06-05 18:00:00"), causes("09:00:00", "10:00:00")))[0] is None
    assert basis(timed(echoes("2024-06-05 18:00:00", "2024-06-05 19:00:00"), causes("09:00:00", "10:00:00")))[0] == 540


def test_the_order_of_day_and_month_is_found_with_the_offset() -> None:
    found = timed(echoes("05/06/2024 18:00:00"), causes("09:00:00"))

    assert instants(found) == ["2024-06-05 09:00"]
    assert basis(found) == (540, "paired with mq.log:1")


def test_an_application_gives_the_offset_of_the_log_beside_it() -> None:
    """2393 of a program that prints UTC, and the record of its library on the same host."""
    told = log("app.log", ("2024-06-05T09:00:00Z", "2024-06-05T09:00:00+00:00"), host=None)
    told.events = [
        replace(each, kind="java-exception", message_id=None, reason_code=2393, layer=None, role="victim")
        for each in told.events
    ]

    assert basis(timed(echoes("2024-06-05 18:00:00"), told))[0] == 540


@pytest.mark.parametrize(("reason", "minutes"), [(2161, 540), (2059, None)])
def test_a_call_that_ends_with_the_queue_manager_gives_the_offset(reason: int, minutes: int | None) -> None:
    """AMQ9542 and 2161 are of one moment; the 2059 of later calls are not."""
    told = log("app.log", "2024-06-05 18:00:00", host=None)
    told.events = [
        replace(each, kind="java-exception", message_id=None, reason_code=reason, layer=None, role="victim")
        for each in told.events
    ]
    ending = record("9542")
    mq = causes("09:00:00", message_id=ending.message_id, role=ending.role, layer=ending.layer)

    assert basis(timed(told, mq), "app.log")[0] == minutes


@pytest.mark.parametrize(("stamps", "minutes"), [(("14:30:00", "14:37:00"), 330), (("14:30:00",), 0), ((), 0)])
def test_pairs_know_better_than_a_neighbour_of_the_folder(stamps: tuple[str, ...], minutes: int) -> None:
    """A pod's log is in UTC, and what its program prints in the local time of those who wrote it."""
    told = log("pod/app.log", *(f"2024-06-05 {each}" for each in (*stamps, "23:59:00")), host=None)
    told.events = [
        replace(each, kind="java-exception", message_id=None, reason_code=2393, layer=None, role="victim")
        for each in told.events
    ]
    library = log("pod/AMQERR01.LOG", ("2024-06-05 09:00:03", "2024-06-05T09:00:03+00:00"), host="pod")

    assert basis(timed(told, library, causes("09:00:00", "09:07:00")), "pod/app.log")[0] == minutes


def test_what_is_said_of_the_zone_is_not_inferred_anew() -> None:
    open_ = log("open.log", "2024-06-05 12:34:00", host="elsewhere")
    found = timed(echoes("2024-06-05 18:00:00"), causes("09:00:00"), open_, zones={"x.log": "Europe/Berlin"})

    assert basis(found) == (120, "--tz Europe/Berlin")


def test_each_kind_of_record_is_asked_for_the_offset() -> None:
    """The queue manager's log begins with a failure that is no counterpart."""
    mq = causes("08:00:00", "09:00:00")
    mq.events[0] = replace(mq.events[0], message_id=record("9509").message_id, layer="channel")

    assert basis(timed(echoes("2024-06-05 18:00:00"), mq)) == (540, "paired with mq.log:2")


# ---- logs of several kinds of stamps ---------------------------------------------------------------------------


def test_a_stamp_in_utc_before_those_that_print_both_times() -> None:
    assert basis(timed(log("x.log", "2024-06-05T07:00:00Z", BERLIN)))[0] == 120


def test_the_offsets_of_reports_hold_from_the_report_on() -> None:
    reports = log("y.log", "2024-03-20 10:00:00", "2024-04-20 10:00:00", thread=2)
    reports.events = [
        replace(
            e, stamp=Stamp(e.stamp.written, datetime.fromisoformat(e.stamp.written)), facts={"utc_offset_minutes": m}
        )
        for e, m in zip(reports.events, ("60", "120"), strict=True)
        if e.stamp
    ]
    found = timed(log("x.log", "2024-03-20 11:00:00", "2024-04-20 11:00:00"), reports)

    assert instants(found) == ["2024-03-20 10:00", "2024-04-20 09:00"]


def test_the_host_of_a_log_is_the_one_that_most_of_its_records_name() -> None:
    mixed = log("x.log", *(f"2024-06-05 10:00:0{n}" for n in range(3)))
    mixed.events = [replace(e, host=host) for e, host in zip(mixed.events, ("b", "a", "b"), strict=True)]
    found = timed(mixed, log("y.log", BERLIN, host="b"), log("z.log", LONDON, LATER, host="a"))

    assert basis(found) == (120, "y.log, the same host")


def test_a_log_of_two_orders_that_begins_with_an_open_date() -> None:
    stamps = ["03/04/2024 10:00:00", "13/04/2024 10:00:00", "05/20/2024 10:00:00"]

    assert instants(timed(log("x.log", *stamps), tz="UTC")) == ["-", "2024-04-13 10:00", "2024-05-20 10:00"]


@pytest.mark.parametrize(
    ("stamps", "tz"),
    [
        (["2024-10-27T02:35:00+02:00"], "Europe/Berlin"),
        (["2024-06-05 12:00:00", "2024-06-05 09:00:00", "2024-06-05 13:00:00"], "Europe/Berlin"),
    ],
)
def test_nothing_is_open_where_the_stamp_has_an_offset_or_the_hour_has_one(stamps: list[str], tz: str) -> None:
    assert "ambiguous-hour" not in notes(timed(log("x.log", *stamps), tz=tz))
