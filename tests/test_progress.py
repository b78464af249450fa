from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from sample_cases import CASES

from mqdiag import pipeline, progress

CASE = CASES / "harbour-d-server-cert-revoked"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_is_quick_shows_nothing() -> None:
    out, clock = io.StringIO(), Clock()
    bar = progress.Bar(out, clock)
    clock.now = progress.PATIENCE_S / 2
    bar("a.LOG", 10, 20)
    bar.stop()

    assert out.getvalue() == ""


def test_what_takes_long_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TTY_INTERACTIVE", "1")
    out, clock = io.StringIO(), Clock()
    out.isatty = lambda: True  # type: ignore[method-assign]
    bar = progress.Bar(out, clock)
    clock.now = progress.PATIENCE_S + 1
    bar("a\x1b[2J.LOG", 10_000_000, 20_000_000)
    bar("[red]b.LOG", 15_000_000, 20_000_000)
    bar.stop()

    assert "a\\x1b[2J.LOG" in out.getvalue() or "[red]b.LOG" in out.getvalue()
    assert "\x1b[2J" not in out.getvalue()
    assert "20.0 MB" in out.getvalue()


def test_after_reading_it_says_that_it_thinks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where reading was quick: nobody calls the bar any more then."""
    monkeypatch.setattr(progress, "PATIENCE_S", 0.05)
    out = io.StringIO()
    out.isatty = lambda: True  # type: ignore[method-assign]
    bar = progress.Bar(out)
    bar("", 0, 0)
    assert bar.timer
    bar.timer.join()
    bar.stop()

    assert progress.THINKING in out.getvalue()


def test_quick_thinking_shows_nothing() -> None:
    out = io.StringIO()
    bar = progress.Bar(out)
    bar("", 0, 0)
    bar.stop()

    assert out.getvalue() == ""


def test_where_nobody_sees_it_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())

    with progress.bar() as watch:
        assert watch is None


def test_the_pipeline_tells_how_far_it_is() -> None:
    told: list[tuple[str, int, int]] = []
    found = pipeline.analyze(pipeline.Options(paths=(str(CASE),)), lambda *each: told.append(each))
    sizes = sum(path.stat().st_size for path in CASE.rglob("*") if path.is_file())

    assert found.incidents
    assert [done for _, done, _ in told[:-1]] == sorted(done for _, done, _ in told[:-1])
    assert told[-2][1:] == (sizes, sizes)
    assert told[-1] == ("", 0, 0)
    assert {Path(path).name for path, _, _ in told} >= {"AMQERR01.LOG", "case.toml"}


def test_the_size_of_a_member_is_what_its_archive_says(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(CASE / "server" / "AMQERR01.LOG", "AMQERR01.LOG")
    told: list[int] = []
    pipeline.analyze(pipeline.Options(paths=(str(tmp_path),)), lambda path, done, total: told.append(total))

    assert max(told) == (CASE / "server" / "AMQERR01.LOG").stat().st_size
