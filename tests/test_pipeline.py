"""What the user says of the input: sides, zones, order of dates, time, channel, encoding."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample_cases import CASES

from mqdiag.errors import MqdiagError
from mqdiag.pipeline import Options, analyze, records

LOG = CASES / "weekend-restart" / "AMQERR01.LOG"


def report(*paths: str | Path, **options: object):  # type: ignore[no-untyped-def]
    return analyze(Options(paths=tuple(map(str, paths)), **options))  # type: ignore[arg-type]


def test_a_side_that_is_said_overrules() -> None:
    only = CASES / "only-the-victims-log" / "AMQERR01.LOG"

    assert report(only).sources[0].side == "client"
    assert report(only, server=(str(only),)).sources[0].side == "server"


def test_a_side_can_be_said_of_a_path_inside_another(tmp_path: Path) -> None:
    case = CASES / "harbour-d-server-cert-revoked"
    sides = {
        each.path.rpartition("harbour-d-server-cert-revoked/")[2]: each.side
        for each in report(case, client=("server",)).sources
    }

    assert sides["server/AMQERR01.LOG"] == "client"
    assert sides["client/AMQERR01.LOG"] == "client"


def test_zones_by_path_and_for_all() -> None:
    case = CASES / "harbour-c-server-check-hangs"
    by_path = {each.path: each for each in report(case, tz=("server=Asia/Seoul",)).sources}
    server = next(each for path, each in by_path.items() if path.endswith("server/AMQERR01.LOG"))

    assert server.utc_offset_basis == "--tz Asia/Seoul"
    assert server.utc_offset_minutes == 540


def test_a_zone_is_not_needed_where_both_ends_logged_the_failure() -> None:
    """The server prints 15:23:59 without zone, the client 06:23:59.403Z: 9 h, and it is said where from."""
    server = next(e for e in report(CASES / "harbour-c-server-check-hangs").sources if e.side == "server")

    assert server.utc_offset_minutes == 540
    assert server.utc_offset_basis is not None
    assert server.utc_offset_basis.startswith("paired with")


@pytest.mark.parametrize("zone", ["Mars/Base", "server=Mars/Base", "nowhere=Asia/Tokyo"])
def test_a_zone_that_makes_no_sense_is_refused(zone: str) -> None:
    with pytest.raises(MqdiagError, match="zone"):
        report(LOG, tz=(zone,))


def test_an_open_order_of_dates_is_noted_and_can_be_settled() -> None:
    assert "ambiguous-date" in {note.code for note in report(LOG).notes}
    settled = report(LOG, date_order="mdy", tz=("UTC",))

    assert "ambiguous-date" not in {note.code for note in settled.notes}
    assert settled.sources[0].first is not None
    assert settled.sources[0].first.isoformat() == "2021-07-11T01:00:01+00:00"


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"since": "2025-06-18T11:05:30Z"}, 1),
        ({"until": "2025-06-18T11:05:30Z"}, 1),
        ({"since": "2025-06-19"}, 0),
        ({"channel": "NO.SUCH"}, 2),  # neither incident names a channel: kept, for it could be this one
        ({}, 2),
    ],
)
def test_time_and_channel(options: dict[str, str], count: int) -> None:
    assert len(report(CASES / "two-faults-one-minute", **options).incidents) == count


def test_a_time_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(MqdiagError, match="time"):
        report(LOG, since="yesterday")


def test_nothing_readable_is_an_error_that_says_what_to_try(tmp_path: Path) -> None:
    with pytest.raises(MqdiagError, match="missing"):
        report(tmp_path / "missing")


def test_an_empty_folder_is_no_error(tmp_path: Path) -> None:
    assert report(tmp_path).incidents == ()


def test_records_have_times_and_sides_like_the_report() -> None:
    case = CASES / "ledger-peer-name-on-zos"
    events = [event for _, event in records(Options(paths=(str(case),), tz=("zos=Europe/Amsterdam",))) if event]
    refusal = next(event for event in events if str(event.message_id) == "CSQX636E")

    assert refusal.instant is not None
    assert refusal.instant.isoformat() == "2025-03-13T08:41:17+00:00"
    assert refusal.side == "server"


@pytest.mark.parametrize("reverse", [False, True])
def test_the_order_of_paths_changes_nothing(reverse: bool) -> None:
    case = CASES / "harbour-e-client-cert-revoked"
    paths = sorted((p for p in case.rglob("*") if p.is_file()), reverse=reverse)

    assert report(*paths) == report(*sorted(paths))
