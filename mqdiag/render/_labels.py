"""How a record and a moment are called: the same in every language and every form."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mqdiag.model import Evidence, Span


def place(span: Span) -> str:
    return f"{span.path}:{span.line}" if span.line else span.path


def identity(evidence: Evidence) -> str:
    """What MQ calls the record: message id, or reason code, and the probe id of an FFST."""
    event = evidence.event
    if event is None:
        return "-"
    code = event.message_id or (f"MQRC {event.reason_code}" if event.reason_code is not None else None)
    return " ".join(str(each) for each in (code, event.probe_id) if each) or "-"


def moment(instant: datetime) -> str:
    """2023-05-16 05:38:25.587, in UTC."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "milliseconds")


def clock_time(instant: datetime, day: datetime | None) -> str:
    text = moment(instant)
    return text[11:] if day and text[:10] == moment(day)[:10] else text
