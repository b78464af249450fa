"""
The rules applied to one occurrence: every sign of every cause is tried, and what matched is the evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from mqdiag.classify.symptoms import matches
from mqdiag.knowledge import knowledge
from mqdiag.model import CONFIDENCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mqdiag.knowledge import Cause, Condition, Sign
    from mqdiag.model import Confidence, Event, Occurrence, Side


@dataclass(frozen=True, slots=True)
class Cited:
    """An event and what it says for a cause."""

    event: Event
    says: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cause that the records allow. `lead` is the event its sign began with, `cited` all that speaks for it."""

    slug: str
    cause: Cause
    sign: Sign
    lead: Event
    confidence: Confidence
    cited: tuple[Cited, ...]

    @property
    def judge(self) -> Side | None:
        """The side that refused."""
        match self.sign.judge:
            case "here":
                return self.lead.side
            case "peer":
                return other_side(self.lead.side)
        return None

    @property
    def owner(self) -> Side | None:
        """The side whose certificate it is about."""
        if self.sign.owner is None:
            return None
        return self.lead.side if self.sign.owner == "self" else other_side(self.lead.side)

    @property
    def rank(self) -> tuple[int, int, int, int]:
        return (
            CONFIDENCES.index(self.confidence),
            self.sign.weight,
            self.sign.judge != "peer",
            len(self.cited),
        )


def other_side(side: Side | None) -> Side | None:
    return {"client": "server", "server": "client"}.get(side or "")  # type: ignore[return-value]


def candidates(occurrence: Occurrence, helpers: Sequence[Event]) -> list[Candidate]:
    """
    Every cause that the occurrence allows, the best first; of each cause its best sign.

    `helpers` are the corroborating records of the bundle that can be about this occurrence.
    """
    best: dict[str, Candidate] = {}
    for slug, cause, sign in promising(occurrence.events):
        for lead in occurrence.events:
            found = candidate(slug, cause, sign, lead, occurrence, helpers)
            if found and (slug not in best or found.rank > best[slug].rank):
                best[slug] = found
    return sorted(best.values(), key=lambda each: (*(-part for part in each.rank), each.slug))


def promising(events: Iterable[Event]) -> list[tuple[str, Cause, Sign]]:
    """The signs that one of the events can begin, in the order of the knowledge; nine of ten are left out."""
    signs, places = index()
    named = {handle for event in events for handle in handles_of(event)}
    return [signs[place] for place in sorted({place for handle in named for place in places.get(handle, ())})]


def handles_of(event: Event) -> tuple[object, ...]:
    """What the signs are filed under that this event can begin: its message id, reason code, kind, or nothing."""
    return (event.message_id.key if event.message_id else None, event.reason_code, event.kind, None)


@cache
def index() -> tuple[list[tuple[str, Cause, Sign]], dict[object, list[int]]]:
    """All signs, and their places by what their lead must be: message ids, else reason codes, else kinds."""
    signs = [(slug, cause, sign) for slug, cause in knowledge().causes.items() for sign in cause.signs]
    places: dict[object, list[int]] = {}
    for place, (_, _, sign) in enumerate(signs):
        lead = sign.lead
        for handle in lead.message_id or lead.reason_code or lead.kind or (None,):
            places.setdefault(handle, []).append(place)
    return signs, places


def candidate(
    slug: str, cause: Cause, sign: Sign, lead: Event, occurrence: Occurrence, helpers: Sequence[Event]
) -> Candidate | None:
    """The candidate that a sign gives with this lead, None if something it asks for is not there."""
    if not matches(sign.lead, lead, lead):
        return None
    around = (*occurrence.events, *helpers)
    if any(matches(each, event, lead) for each in sign.without for event in around if event is not lead):
        return None
    cited = [Cited(lead, sign.says)]
    for companion in sign.also:
        found = first(companion.when, around, lead)
        if found is None:
            return None
        cited.append(Cited(found, companion.says))
    confidence: Confidence = sign.confidence
    if not sign.verified and confidence == "certain":
        confidence = "probable"
    for support in cause.supports:
        found = first(support.when, around, lead)
        if found is not None and all(found is not each.event for each in cited):
            cited.append(Cited(found, support.says))
            if support.raises and CONFIDENCES.index(support.raises) > CONFIDENCES.index(confidence):
                confidence = support.raises
    return Candidate(slug, cause, sign, lead, confidence, tuple(cited))


def first(condition: Condition, events: Iterable[Event], lead: Event) -> Event | None:
    return next((each for each in events if each is not lead and matches(condition, each, lead)), None)


# ---- corroboration -------------------------------------------------------------------------------------------


def helpers_for(occurrence: Occurrence, corroboration: Sequence[Event], context: Sequence[Event]) -> list[Event]:
    """
    The records of the bundle that can be about this occurrence: index lines and openssl transcripts of its
    certificate, the settings of the side that checked it, and what the same queue manager said around it.
    """
    return [
        *index_lines(occurrence, [each for each in corroboration if each.kind == "ca-index"]),
        *(each for each in corroboration if each.kind == "ocsp-transcript" and about(each, occurrence)),
        *(each for each in corroboration if each.kind == "mq-ini" and each.side in (None, occurrence.lead.side)),
        *(each for each in context if around(each, occurrence)),
        *last_state(context, occurrence),
    ]


def index_lines(occurrence: Occurrence, lines: Sequence[Event]) -> Iterator[Event]:
    """
    The CA index lines of the occurrence's certificate. Where an index of the same organisation does not list
    it, the last line of that index stands for it, with the status `unlisted`.
    """
    from mqdiag.names import same_certificate

    certificate = next((each.certificate for each in occurrence.events if each.certificate), None)
    if certificate is None:
        return
    by_path: dict[str, list[Event]] = {}
    for line in lines:
        by_path.setdefault(line.span.path, []).append(line)
    for path in sorted(by_path):
        listed = [
            each for each in by_path[path] if each.certificate and same_certificate(each.certificate, certificate)
        ]
        yield from listed
        related = [each for each in by_path[path] if same_organisation(each, certificate)]
        if not listed and related:
            last = by_path[path][-1]
            yield replace(last, certificate=certificate, facts={**last.facts, "status": "unlisted"})


def same_organisation(line: Event, certificate: object) -> bool:
    subject, other = getattr(line.certificate, "subject", None), getattr(certificate, "subject", None)
    if subject is None or other is None:
        return False
    ours = {value for key, value in subject.attributes if key == "O"}
    return bool(ours & {value for key, value in other.attributes if key == "O"})


def about(transcript: Event, occurrence: Occurrence) -> bool:
    """
    Whether an openssl transcript can be about this occurrence's check: asked from the checking side, or of the
    responder itself, whose transcript lies where the responder ran; and within a day, where it has a time.
    """
    if transcript.instant and occurrence.lead.instant:
        apart = abs((transcript.instant - occurrence.lead.instant).total_seconds())
        if apart > 86_400:
            return False
    if "responder" in transcript.facts:
        return True
    return transcript.side in (None, occurrence.lead.side)


CONTEXT_S = 600.0  # a queue manager that ends takes its channels with it within minutes


def around(event: Event, occurrence: Occurrence) -> bool:
    """Whether a context record (an end, a setting) was written near the occurrence, on one of its hosts."""
    if not of_an_end(event, occurrence):
        return False
    apart = seconds_between(event, occurrence.lead)
    return apart is not None and abs(apart) <= CONTEXT_S


def of_an_end(event: Event, occurrence: Occurrence) -> bool:
    """Whether a record is of a host of the occurrence, or of the side from which the occurrence has no record."""
    hosts = {each.host for each in occurrence.events if each.host}
    if event.host in hosts or event.host is None:
        return True
    names = {each.queue_manager for each in occurrence.events if each.queue_manager}
    return event.side not in {each.side for each in occurrence.events} and (
        not names or event.queue_manager in (None, *names)
    )


def last_state(context: Sequence[Event], occurrence: Occurrence) -> Iterator[Event]:
    """The end of a queue manager that had not started again when the occurrence was: AMQ8004 without AMQ8003."""
    last: dict[str | None, tuple[float, Event]] = {}
    for event in context:
        apart = seconds_between(event, occurrence.lead)
        if apart is None or apart > 0 or not of_an_end(event, occurrence):
            continue
        if event.message_id and event.message_id.key in ("AMQ8003", "AMQ8004"):
            known = last.get(event.queue_manager)
            if known is None or apart >= known[0]:
                last[event.queue_manager] = apart, event
    for _, event in last.values():
        if event.message_id and event.message_id.key == "AMQ8004":
            yield event


def seconds_between(event: Event, lead: Event) -> float | None:
    """Seconds from the lead to an event, on UTC, or on local time where both were written by one host."""
    if event.instant and lead.instant:
        return (event.instant - lead.instant).total_seconds()
    local, other = (each.stamp.local if each.stamp else None for each in (event, lead))
    return (local - other).total_seconds() if local and other and event.host == lead.host else None
