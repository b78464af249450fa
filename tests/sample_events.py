"""Events as tests make them: those of logs, of programs, and of what stands beside a failure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mqdiag.classify import classify
from mqdiag.interpret import interpret
from mqdiag.model import Certificate, Event, Incident, MessageId, Name, Occurrence, Span, Stamp

NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)
CA = Name((("O", "Mill"), ("CN", "Mill CA")))


def at(seconds: float) -> Stamp:
    """A stamp that many seconds after noon, as a log in UTC prints it."""
    moment = NOON + timedelta(seconds=seconds)
    return Stamp(f"{moment:%Y-%m-%dT%H:%M:%SZ}", moment.replace(tzinfo=None), moment, "stated")


def span(path: str = "AMQERR01.LOG", line: int = 1) -> Span:
    return Span(path, line, line + 8, (line - 1) * 40, 360)


def record(number: str, line: int = 1, **others: Any) -> Event:
    """A record of an error log, at noon, with what the knowledge says of its message."""
    event = Event("amqerr", span(line=line), at(0), message_id=MessageId("AMQ", number, "E"))
    return interpret(replace(event, **others))


def program(reason: int, **others: Any) -> Event:
    """A Java program's exception with a reason code."""
    return interpret(replace(Event("java-exception", span("app.log"), side="client", reason_code=reason), **others))


def certificate(serial: str = "0A", **others: Any) -> Certificate:
    return Certificate(
        **{"subject": Name((("O", "Mill"), ("CN", f"wheel{serial}"))), "issuer": CA, "serial": serial} | others
    )


def not_checked(line: int = 1, **others: Any) -> Event:
    """AMQ9716 of the queue manager on host mq1 about the client's certificate."""
    given = {"side": "server", "host": "mq1", "channel": "WHEEL.SVRCONN", "certificate": certificate()}
    return replace(record("9716", line), **given | others)


def incident(
    *events: Event, corroboration: tuple[Event, ...] = (), context: tuple[Event, ...] = (), **others: Any
) -> Incident:
    """The one incident of the one occurrence that the events are."""
    (found,), _ = classify([Occurrence(events[0], events, **others)], corroboration, context)
    return found


def said(found: Incident, path: str) -> list[str]:
    """What the evidence that is cited of one source says."""
    return [each.says for each in found.evidence if each.span.path == path]
