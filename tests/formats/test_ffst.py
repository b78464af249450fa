"""FFST reports of queue managers and clients, of the Java classes, and the output of ffstsummary."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import UnexpectedInput

from mqdiag import grammar
from mqdiag.formats import ffst, ffstsummary, javaffst
from mqdiag.formats.errorlog import FORMAT as ERROR_LOG
from mqdiag.frame import frame

if TYPE_CHECKING:
    from mqdiag.formats._base import Format
    from mqdiag.model import Event, Record

RECORDS = Path(__file__).resolve().parents[2] / "samples" / "records"
FORMATS: dict[str, Format] = {
    "ffst": ffst.FORMAT,
    "javaffst": javaffst.FORMAT,
    "ffstsummary": ffstsummary.FORMAT,
}
SAMPLES = sorted(path.with_suffix("") for each in FORMATS for path in (RECORDS / each).glob("*.json"))


def data_of(sample: Path) -> bytes:
    (path,) = (each for each in sample.parent.glob(f"{sample.name}.*") if each.suffix != ".json")
    return path.read_bytes()


def records_of(data: bytes, format: Format = ffst.FORMAT, size: int = 1 << 17) -> list[Record]:
    return list(frame([data[at : at + size] for at in range(0, len(data), size)], format, "x"))


def plain(event: Event, name: str) -> Any:
    """A field of an event as the .json files spell it."""
    value = getattr(event, name)
    if name == "stamp" and value:
        moments = {each: getattr(value, each) for each in ("local", "instant")}
        iso = {each: moment.isoformat() if moment else None for each, moment in moments.items()}
        return {"written": value.written, **iso, "certainty": value.certainty}
    if name == "message_id":
        return str(value) if value else None
    return dict(value) if name in ("inserts", "facts") else value


# ---- samples ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: f"{each.parent.name}/{each.name}")
def test_samples(sample: Path) -> None:
    """Each sample is one record, and its event has what the .json beside it says."""
    expected = json.loads(sample.with_name(f"{sample.name}.json").read_text(encoding="utf-8"))
    format = FORMATS[sample.parent.name]
    (record,) = records_of(data_of(sample), format)
    event = format.parse(record, None)

    assert expected == {name: plain(event, name) for name in expected}


@pytest.mark.parametrize("name", FORMATS)
def test_every_rule_and_terminal_has_a_sample(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no sample needs has no place in a grammar."""
    lark = grammar.compiled(name)
    callbacks = lark.parser.parser.parser.callbacks  # type: ignore[union-attr]
    used: set[str] = set()
    for rule, callback in list(callbacks.items()):

        def noting(children: Any, rule: Any = rule, callback: Any = callback) -> Any:
            used.update([rule.origin.name, *(symbol.name for symbol in rule.expansion)])
            return callback(children)

        monkeypatch.setitem(callbacks, rule, noting)
    for sample in SAMPLES:
        if sample.parent.name == name:
            data = data_of(sample)
            parsed = [FORMATS[name].parse(each, None) for each in records_of(data, FORMATS[name])]
            assert parsed
            if name == "ffst":
                read_body(data)
    scanned = {"scan", *(symbol.name for rule in lark.rules if rule.origin.name == "scan" for symbol in rule.expansion)}

    rules = {str(rule.origin.name) for rule in lark.rules}
    assert set() == (rules | {each.name for each in lark.terminals if not each.name.startswith("__IGNORE")}) - used - (
        scanned
    )


def read_body(data: bytes) -> list[Any]:
    """Every section of a report, parsed by what it is."""
    readers = {"MQM Function Stack": ffst.function_stack, "MQM Trace History": ffst.trace_history}
    return [
        readers.get(each.title, ffst.dump)(data[each.offset : each.offset + each.length].decode("utf-8", "replace"))
        for each in ffst.sections(data)
    ]
