"""The closed vocabulary of the rules: when an event is what a Condition of knowledge/causes asks for."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mqdiag.names import same_certificate
from mqdiag.text import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mqdiag.knowledge import Condition
    from mqdiag.model import Code, Event


def matches(condition: Condition, event: Event, lead: Event) -> bool:
    """Whether all keys that the condition gives hold of the event; `lead` is the event that a sign began with."""
    return (
        (not condition.message_id or (event.message_id is not None and event.message_id.key in condition.message_id))
        and (not condition.code or any(is_one_of(each, condition.code) for each in event.codes))
        and (not condition.reason_code or has_reason(event, condition))
        and (not condition.kind or event.kind in condition.kind)
        and (condition.side is None or on_side(condition.side, event, lead))
        and (
            not condition.probe_type
            or any(starred(each, event.facts.get("probe_type", "")) for each in condition.probe_type)
        )
        and (not condition.mentions or mentions(event, condition.mentions))
        and all(has_fact(event, name, value) for name, value in condition.fact.items())
        and (condition.elapsed_at_least_s is None or elapsed_s(event) >= condition.elapsed_at_least_s)
        and (not condition.same_certificate or about_same_certificate(event, lead))
        and (not condition.same_user or (event.user is not None and event.user == lead.user))
        and (condition.has_channel is None or (event.channel is not None) == condition.has_channel)
        and (not condition.same_channel or event.channel is None or lead.channel in (None, event.channel))
        and (not condition.last_before or is_before(event, lead))
    )


def has_reason(event: Event, condition: Condition) -> bool:
    """Whether a call returned one of the reasons; an event's reason is asked for by its kind, for nobody got it."""
    return event.reason_code in condition.reason_code and (event.kind != "mq-event" or "mq-event" in condition.kind)


def matched_code(condition: Condition, event: Event) -> Code | None:
    """The code of the event that made the condition hold, for the text of the evidence."""
    return next((code for code in sorted(event.codes) if is_one_of(code, condition.code)), None)


def is_one_of(code: Code, wanted: tuple[str, ...]) -> bool:
    values, ranges = named(wanted).get(code.namespace, ((), ()))
    return code.value in values or any(number(code.value) in each for each in ranges)


@lru_cache(maxsize=4096)
def named(wanted: tuple[str, ...]) -> Mapping[str, tuple[list[str], list[range]]]:
    """By namespace the values, `gskval:575032`, and the ranges of values, `x509:18-21`, that a condition names."""
    found: dict[str, tuple[list[str], list[range]]] = {}
    for each in wanted:
        namespace, _, value = each.partition(":")
        values, ranges = found.setdefault(namespace, ([], []))
        low, dash, high = value.partition("-")
        if dash and low.isdigit() and high.isdigit():
            ranges.append(range(int(low), int(high) + 1))
        else:
            values.append(value)
    return found


def on_side(side: str, event: Event, lead: Event) -> bool:
    match side:
        case "here":
            return event.side == lead.side
        case "there":
            return event.side is not None and lead.side is not None and event.side != lead.side
    return event.side == side


def starred(wanted: str, value: str) -> bool:
    return value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted


def mentions(event: Event, words: tuple[str, ...]) -> bool:
    facts = event.facts
    texts = (event.text, facts.get("exception", ""), facts.get("exceptions", ""), *event.inserts.values())
    everything = "\0".join(texts)
    return any(word in everything for word in words)


def has_fact(event: Event, name: str, value: str) -> bool:
    found = event.facts.get(name)
    if not found or value == "*":
        return bool(found)
    among = found.upper() in value.removeprefix("!").upper().split("|")
    return among is not value.startswith("!")


def elapsed_s(event: Event) -> float:
    """How much longer an MQI call took than one that succeeded; 0 where the transcript does not say."""
    return seconds(event, "elapsed_s") - seconds(event, "baseline_s")


def seconds(event: Event, fact: str) -> float:
    try:
        return float(event.facts.get(fact, "0"))
    except ValueError:
        return 0.0


def about_same_certificate(event: Event, lead: Event) -> bool:
    return bool(event.certificate and lead.certificate and same_certificate(event.certificate, lead.certificate))


def is_before(event: Event, lead: Event) -> bool:
    return bool(event.instant and lead.instant and event.instant <= lead.instant)
