from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import pytest
from jsonschema import Draft202012Validator, ValidationError
from sample_reports import bare_incident, full_report, hostile_report, report

from mqdiag.model import Kind
from mqdiag.render._schema import schema
from mqdiag.render.json import data, dumps

if TYPE_CHECKING:
    from mqdiag.model import Report

KINDS = [
    "amqerr", "amqerr-json", "ca-index", "container", "ffst", "ffst-summary", "java-exception", "java-ffst",
    "mq-ini", "mqi-transcript", "ocsp-transcript", "syslog", "unknown", "zos-joblog",
]  # fmt: skip


def validate(value: Any) -> None:
    Draft202012Validator(schema()).validate(json.loads(dumps(value)))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("each", [report(), full_report(), report(bare_incident()), hostile_report()])
def test_reports_keep_the_schema(each: Report) -> None:
    validate(data(each))


def test_the_lists_of_the_contract() -> None:
    """What the contract fixes changes only with a new schema number."""
    properties = schema()["properties"]
    incident = properties["incidents"]["items"]["properties"]

    assert sorted(properties["sources"]["items"]["properties"]["kind"]["enum"]) == KINDS
    assert incident["confidence"]["enum"] == ["certain", "probable", "possible"]
    assert incident["judge"]["enum"] == ["client", "server", None]
    assert incident["evidence"]["items"]["properties"]["role"]["enum"] == [
        "origin", "echo", "wrapper", "support", "absence",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("schema",), "mqdiag/report/2"),
        (("more",), 1),
        (("sources", 0, "kind"), "unparsed"),
        (("sources", 0, "first"), "2024-03-19T13:20:11Z"),
        (("sources", 0, "bytes"), -1),
        (("incidents", 0, "confidence"), "likely"),
        (("incidents", 0, "cause"), "Certificate revoked"),
        (("incidents", 0, "occurrences"), 0),
        (("incidents", 0, "evidence", 0, "line"), 0),
        (("incidents", 0, "evidence", 0, "message_id"), "amq9633"),
        (("incidents", 0, "certificate", "more"), None),
        (("clocks", 0, "between"), ["one"]),
    ],
)
def test_what_the_contract_forbids(place: tuple[Any, ...], value: object) -> None:
    got = json.loads(dumps(data(full_report())))
    inner = got
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value

    with pytest.raises(ValidationError):
        validate(got)


def test_every_key_is_required() -> None:
    """Keys are always there; null says that a value is not known."""

    def objects(part: Any) -> list[dict[str, Any]]:
        if isinstance(part, list):
            return [each for item in part for each in objects(item)]
        if not isinstance(part, dict):
            return []
        inner = [each for item in part.values() for each in objects(item)]
        return [part, *inner] if part.get("type") == "object" else inner

    found = objects(schema())

    assert len(found) == 9
    for each in found:
        assert each["required"] == list(each["properties"])
        assert each["additionalProperties"] is False


def test_the_model_and_the_schema_name_the_same_keys() -> None:
    inside_only = {"unparsed", "mq-event"}  # of `records` alone, and `unknown` in schema 1 (kind_printed)

    assert set(KINDS) | inside_only == set(get_args(Kind))
