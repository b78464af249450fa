"""
samples/records/<format>/<slug>.<any>: text as it is found; <slug>.json beside it: the records mqdiag sees in it.

`pytest --accept` writes the JSON anew; read the difference before you commit it.
"""

from __future__ import annotations

import json
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from mqdiag.interpret import interpret
from mqdiag.model import Event
from mqdiag.parse import framed, parsed
from mqdiag.sources import Source

RECORDS = Path(__file__).resolve().parent.parent / "samples" / "records"
SAMPLES = sorted(p for p in RECORDS.rglob("*") if p.is_file() and p.suffix != ".json" and p.name != "README.md")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda each: str(each.relative_to(RECORDS)))
def test_record(path: Path, accept: bool) -> None:
    """The records and events of a sample are those that stand beside it."""
    found = digest(path)
    expected = expectation(path)
    if accept:
        expected.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    assert json.loads(expected.read_text(encoding="utf-8")) == found


def test_every_sample_has_its_expectation_and_no_other() -> None:
    assert {expectation(each) for each in SAMPLES} == set(RECORDS.rglob("*.json"))


def expectation(path: Path) -> Path:
    """x.log -> x.json; a sample that is JSON itself is called x.jsonl or x.txt."""
    return path.with_name(path.name.split(".")[0] + ".json")


def digest(path: Path) -> list[dict[str, Any]]:
    data = path.read_bytes()
    source = Source(path.name, path.name, lambda: BytesIO(data))
    result = []
    for record, format in framed(source):
        event, why = parsed(record, format, None) if format else (None, "")
        lines = f"{record.span.line}-{record.span.last_line}"
        if event is None:
            result.append({"lines": lines, "kind": "unparsed"} | ({"why": why} if why else {}))
        else:
            result.append({"lines": lines} | shown(interpret(event)))
    return result


def shown(event: Event) -> dict[str, Any]:
    """The fields of an event that say something, as JSON has them."""
    result: dict[str, Any] = {}
    for each in fields(event):
        value = getattr(event, each.name)
        if each.name == "span" or not value:
            continue
        if each.name == "codes":
            value = sorted(map(str, value))
        elif each.name in ("inserts", "facts"):
            value = dict(sorted(value.items()))
        elif each.name == "certificate":
            value = {n: str(v) for n in ("subject", "issuer", "serial") if (v := getattr(value, n))}
        elif each.name == "stamp":
            value = {"written": value.written, "local": str(value.local), "instant": str(value.instant)}
        elif each.name == "peer":
            value = [value.host, value.address, value.port]
        elif each.name == "message_id":
            value = str(value)
        result[each.name] = value
    return result
