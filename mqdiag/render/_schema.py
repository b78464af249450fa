"""
The JSON Schema of the report, `mqdiag schema`: draft 2020-12, strict.

`tests/render/test_schema.py` holds every report of the tests against it. Causes, titles and note codes are
open strings: new ones appear without a new schema number.
"""

from __future__ import annotations

from typing import Any, get_args

from mqdiag.model import CONFIDENCES, Kind, Role, Side
from mqdiag.render.json import SCHEMA

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
LINE: Schema = {"type": ["integer", "null"], "minimum": 1}
OPTIONAL_TEXT: Schema = {"type": ["string", "null"]}
TIME: Schema = {
    "description": "RFC 3339, UTC, milliseconds; null where no instant can be justified",
    "type": ["string", "null"],
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
}
SLUG: Schema = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}
SIDE: Schema = {
    "description": "client: the end that started the channel; server: the end that accepted it",
    "enum": [*get_args(Side), None],
}


def schema() -> Schema:
    top = closed(
        schema={"const": SCHEMA},
        mqdiag=TEXT | {"description": "the version that wrote the report"},
        sources=many(source()),
        incidents=many(incident()),
        clocks=many(clock()),
        notes=many(closed(code=SLUG, path=OPTIONAL_TEXT, line=LINE, text=TEXT)),
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": "A report of mqdiag",
        **top,
    }


def source() -> Schema:
    return closed(
        path=TEXT | {"description": "as the caller gave it; inside an archive: archive.zip!inner/path"},
        kind={"enum": [each for each in get_args(Kind) if each not in ("unparsed", "mq-event")]},  # kind_printed
        side=SIDE,
        host=OPTIONAL_TEXT,
        queue_manager=OPTIONAL_TEXT,
        encoding=OPTIONAL_TEXT,
        bytes=COUNT,
        records=COUNT,
        unparsed_bytes=COUNT,
        first=TIME,
        last=TIME,
        utc_offset_minutes={"type": ["integer", "null"]},
        utc_offset_basis=OPTIONAL_TEXT,
    )


def incident() -> Schema:
    return closed(
        id=TEXT,
        cause=SLUG,
        title=TEXT,
        confidence={"enum": list(reversed(CONFIDENCES))},
        judge=SIDE | {"description": "the side that refused, or on which a local failure happened"},
        channel=OPTIONAL_TEXT,
        queue_manager=OPTIONAL_TEXT,
        start=TIME,
        end=TIME,
        occurrences={"type": "integer", "minimum": 1},
        certificate={"anyOf": [certificate(), {"type": "null"}]},
        alternatives=many(closed(cause=SLUG, why=TEXT)),
        evidence=many(evidence()),
        missing=many(TEXT | {"description": "what would settle it, and where to get it"}),
        remedies=many(closed(who=TEXT, do=TEXT, check=TEXT)),
    )


def certificate() -> Schema:
    return closed(
        subject=OPTIONAL_TEXT,
        issuer=OPTIONAL_TEXT,
        serial=OPTIONAL_TEXT,
        owner=SIDE | {"description": "the side whose certificate it is"},
    )


def evidence() -> Schema:
    return closed(
        path=TEXT,
        line=LINE,
        last_line=LINE,
        side=SIDE,
        time=TIME,
        message_id={"type": ["string", "null"], "pattern": "^[A-Z]+[0-9]+[A-Z]?$"},
        probe_id=OPTIONAL_TEXT,
        reason_code={"type": ["integer", "null"]},
        role={"enum": list(get_args(Role))},
        says=TEXT,
    )


def clock() -> Schema:
    return closed(
        between={"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2},
        skew_s={"type": "number", "description": "by how much the second clock is ahead of the first"},
        spread_s={"type": "number", "minimum": 0},
        pairs={"type": "integer", "minimum": 1},
    )


def many(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def closed(**properties: Schema) -> Schema:
    """An object with exactly these keys, all of them always there."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
