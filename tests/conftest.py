"""Every test runs in a zone that is nobody's default, so that a report that depends on the machine's zone fails."""

from __future__ import annotations

import signal
import time

import pytest


@pytest.fixture(autouse=True)
def unusual_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Chatham")
    time.tzset()


def pytest_configure() -> None:
    """A job in the background ignores SIGINT, and so would every program that the tests interrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="write the expectations of samples/records anew")


@pytest.fixture
def accept(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--accept"))
