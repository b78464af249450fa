"""
Report <-> JSON, schema `mqdiag/report/1`: the promise to scripts. What a key may hold is in _schema.py.

Nothing here depends on the machine: the same report gives the same bytes.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mqdiag.errors import MqdiagError
from mqdiag.language import tr
from mqdiag.model import (
    Alternative,
    Certificate,
    CertificateFinding,
    Clock,
    Event,
    Evidence,
    Incident,
    MessageId,
    Name,
    Note,
    Record,
    Remedy,
    Report,
    SourceReport,
    Span,
    Stamp,
)
from mqdiag.passwords import masked
from mqdiag.render._visible import LONE, UNSEEN, valid
from mqdiag.text import decode

if TYPE_CHECKING:
    import re

    from mqdiag.model import Kind
    from mqdiag.render import Page, Screen

SCHEMA = "mqdiag/report/1"

Object = dict[str, Any]


def write(page: Page, screen: Screen) -> str:
    return dumps(page.data(), indent=2) + "\n"


RENDERER = write


def dumps(value: object, *, indent: int | None = None) -> str:
    """
    JSON that is also safe to look at and to cut into lines: letters of all scripts as they are, control,
    direction and line-separating characters as `\\u` escapes. They stand only inside strings.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    if LONE.search(text):
        text = json.dumps(clean(value), ensure_ascii=False, indent=indent, allow_nan=False)
    return text if text.isascii() and text.isprintable() else UNSEEN.sub(_as_escape, text)


def clean(value: object) -> object:
    """The same value with every string fit for UTF-8."""
    match value:
        case str():
            return valid(value)
        case dict():
            return {valid(key): clean(each) for key, each in value.items()}
        case list() | tuple():
            return [clean(each) for each in value]
    return value


def _as_escape(match: re.Match[str]) -> str:
    if match[0] == "\n":  # between the lines of an indented object; inside strings it is escaped already
        return "\n"
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


# ---- report ----------------------------------------------------------------------------------------------------


def data(report: Report) -> Object:
    return {
        "schema": SCHEMA,
        "mqdiag": report.version,
        "sources": [source(each) for each in report.sources],
        "incidents": [incident(each) for each in report.incidents],
        "clocks": [clock(each) for each in report.clocks],
        "notes": [note(each) for each in report.notes],
    }


def kind_printed(kind: Kind) -> str:
    """
    The kind as schema 1 has it. Its list has none for event messages, and a new one would need a new schema number:
    they are `unknown` there, and the only sources of that kind that have records.
    """
    return "unknown" if kind == "mq-event" else kind


def source(source: SourceReport) -> Object:
    return {
        "path": source.path,
        "kind": kind_printed(source.kind),
        "side": source.side,
        "host": source.host,
        "queue_manager": source.queue_manager,
        "encoding": source.encoding,
        "bytes": source.bytes,
        "records": source.records,
        "unparsed_bytes": source.unparsed_bytes,
        "first": utc(source.first),
        "last": utc(source.last),
        "utc_offset_minutes": source.utc_offset_minutes,
        "utc_offset_basis": source.utc_offset_basis,
    }


def incident(incident: Incident) -> Object:
    """One incident; `mqdiag follow` prints the same object with `revision` added."""
    return {
        "id": incident.id,
        "cause": incident.cause,
        "title": incident.title,
        "confidence": incident.confidence,
        "judge": incident.judge,
        "channel": incident.channel,
        "queue_manager": incident.queue_manager,
        "start": utc(incident.start),
        "end": utc(incident.end),
        "occurrences": incident.occurrences,
        "certificate": certificate(incident.certificate),
        "alternatives": [{"cause": each.cause, "why": each.why} for each in incident.alternatives],
        "evidence": [evidence(each) for each in incident.evidence],
        "missing": list(incident.missing),
        "remedies": [{"who": each.who, "do": each.do, "check": each.check} for each in incident.remedies],
    }


def certificate(finding: CertificateFinding | None) -> Object | None:
    if finding is None:
        return None
    return {
        "subject": text(finding.certificate.subject),
        "issuer": text(finding.certificate.issuer),
        "serial": finding.certificate.serial,
        "owner": finding.owner,
    }


def evidence(evidence: Evidence) -> Object:
    event = evidence.event
    return {
        "path": evidence.span.path,
        "line": evidence.span.line or None,
        "last_line": evidence.span.last_line or None,
        "side": evidence.side,
        "time": utc(event.instant) if event else None,
        "message_id": text(event.message_id) if event else None,
        "probe_id": event.probe_id if event else None,
        "reason_code": event.reason_code if event else None,
        "role": evidence.role,
        "says": evidence.says,
    }


def clock(clock: Clock) -> Object:
    return {
        "between": list(clock.between),
        "skew_s": clock.skew_s,
        "spread_s": clock.spread_s,
        "pairs": clock.pairs,
    }


def note(note: Note) -> Object:
    return {"code": note.code, "path": note.path, "line": note.line, "text": note.text}


def text(value: object) -> str | None:
    return None if value is None else str(value)


def utc(instant: datetime | None) -> str | None:
    """RFC 3339 in UTC with milliseconds, what is finer cut off: 2023-05-16T05:38:25.587Z."""
    if instant is None:
        return None
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


# ---- records ---------------------------------------------------------------------------------------------------


def record_line(record: Record, event: Event | None, encoding: str | None = None) -> str:
    """One line of `mqdiag records`, with its line end."""
    return dumps(record_data(record, event, encoding)) + "\n"


def record_data(record: Record, event: Event | None, encoding: str | None = None) -> Object:
    """One record. What was not understood is `unparsed`, and its `text` is all of it."""
    span = record.span
    if event is None:
        event = Event("unparsed", span, text=masked(decode(record.data, encoding).text))
    return {
        "path": span.path,
        "kind": kind_printed(event.kind),
        "line": span.line,
        "last_line": span.last_line,
        "offset": span.offset,
        "length": span.length,
        "time": utc(event.instant),
        "side": event.side,
        "host": event.host,
        "queue_manager": event.queue_manager,
        "process": event.process,
        "thread": event.thread,
        "user": event.user,
        "program": event.program,
        "message_id": text(event.message_id),
        "probe_id": event.probe_id,
        "reason_code": event.reason_code,
        "channel": event.channel,
        "inserts": dict(event.inserts),
        "text": event.text,
    }


# ---- and back --------------------------------------------------------------------------------------------------


def load(text: str, where: str) -> Report:
    """
    The report that a JSON text of this schema holds; writing it again gives the same text.

    Spans know only lines, and events only what the report prints of them. MqdiagError for any other text,
    `where` naming it.
    """
    from mqdiag.render import _schema
    from mqdiag.render._valid import check

    try:
        value = json.loads(text)
        if not isinstance(value, dict) or value.get("schema") != SCHEMA:
            raise ValueError(tr("it is no report of the schema {name}", name=SCHEMA))
        check(value, _schema.schema())
        return read_report(value)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        found = tr("the key {name} is missing", name=error) if isinstance(error, KeyError) else str(error)
        raise MqdiagError(
            tr("I could not read the report."),
            where=where,
            found=tr("It is not what mqdiag writes: {found}.", found=found),
            hint=tr("Save one with: mqdiag analyze PATH -f json -o report.json"),
        ) from error


def read_report(value: Object) -> Report:
    return Report(
        version=value["mqdiag"],
        sources=tuple(read_source(each) for each in value["sources"]),
        incidents=tuple(read_incident(each) for each in value["incidents"]),
        clocks=tuple(Clock(**{**each, "between": tuple(each["between"])}) for each in value["clocks"]),
        notes=tuple(Note(**each) for each in value["notes"]),
    )


def read_source(value: Object) -> SourceReport:
    kind = "mq-event" if value["kind"] == "unknown" and value["records"] else value["kind"]  # see kind_printed
    return SourceReport(**{**value, "kind": kind, "first": instant(value["first"]), "last": instant(value["last"])})


def read_incident(value: Object) -> Incident:
    read = {
        "start": instant(value["start"]),
        "end": instant(value["end"]),
        "certificate": read_certificate(value["certificate"]),
        "alternatives": tuple(Alternative(**each) for each in value["alternatives"]),
        "evidence": tuple(read_evidence(each) for each in value["evidence"]),
        "missing": tuple(value["missing"]),
        "remedies": tuple(Remedy(**each) for each in value["remedies"]),
    }
    return Incident(**{**value, **read})


def read_certificate(value: Object | None) -> CertificateFinding | None:
    if value is None:
        return None
    known = Certificate(name(value["subject"]), name(value["issuer"]), value["serial"])
    return CertificateFinding(known, value["owner"])


def name(value: str | None) -> Name | None:
    """A name from its printed form; where a value holds a comma the parts may differ, the printed form not."""
    if value is None:
        return None
    parts: list[str] = []
    for part in value.split(","):
        if "=" in part or not parts:
            parts.append(part)
        else:
            parts[-1] += "," + part
    pairs = (part.partition("=") for part in reversed(parts))
    return Name(tuple((key, rest) for key, _, rest in pairs))


def read_evidence(value: Object) -> Evidence:
    span = Span(value["path"], value["line"] or 0, value["last_line"] or 0, 0, 0)
    event = None if value["role"] == "absence" else read_event(value, span)
    return Evidence(value["role"], value["says"], span, value["side"], event)


def read_event(value: Object, span: Span) -> Event:
    time = instant(value["time"])
    return Event(
        "unknown",
        span,
        stamp=Stamp(value["time"], instant=time, certainty="inferred") if time else None,
        side=value["side"],
        message_id=message_id(value["message_id"]),
        probe_id=value["probe_id"],
        reason_code=value["reason_code"],
    )


def message_id(value: str | None) -> MessageId | None:
    """AMQ9716E, AMQ9716, CSQX631E: the digits, what stands before them, and the severity if there is one."""
    if not value:
        return None
    severity = value[-1] if value[-1].isalpha() else None
    key = value[:-1] if severity else value
    number = key[len(key.rstrip("0123456789")) :]
    return MessageId(key[: len(key) - len(number)], number, severity)


def instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC)
