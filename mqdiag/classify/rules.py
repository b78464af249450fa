"""
The rules applied to one occurrence: every sign of every cause is tried, and what matched is the evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mqdiag.classify.symptoms import matches, named
from mqdiag.knowledge import knowledge
from mqdiag.model import CONFIDENCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mqdiag.knowledge import AlternativeText, Cause, Condition, Knowledge, RemedyText, Sign
    from mqdiag.model import Confidence, Event, Occurrence, Side


@dataclass(frozen=True, slots=True)
class Cited:
    """An event and what it says for a cause, in one or more sentences."""

    event: Event
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    A cause that the records allow. `lead` is the event its sign began with, `cited` all that speaks for it, `around`
    everything that was looked at.
    """

    slug: str
    cause: Cause
    sign: Sign
    lead: Event
    confidence: Confidence
    cited: tuple[Cited, ...]
    around: tuple[Event, ...] = ()

    @property
    def alternatives(self) -> Iterator[AlternativeText]:
        """The other causes to name: the sign's own, else the cause's, as far as their conditions hold."""
        own = self.sign.alternatives
        for each in self.cause.alternatives if own is None else own:
            if self.holds(each.when, each.unless):
                yield each

    @property
    def settles(self) -> tuple[str, ...]:
        return self.cause.settles if self.sign.settles is None else self.sign.settles

    @property
    def remedies(self) -> Iterator[RemedyText]:
        """What to do, first what the records at hand suggest."""
        given = [each for each in self.cause.remedies if self.holds(each.when, each.unless)]
        return iter(sorted(given, key=lambda each: each.when is None))

    def holds(self, when: Condition | None, unless: Condition | None) -> bool:
        """Whether there is a record as `when` asks for, and none as in `unless`."""
        there = [any(matches(each, event, self.lead) for event in self.around) for each in (when, unless) if each]
        return there == [each is when for each in (when, unless) if each]

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
    signs, places = index(knowledge())
    named = {handle for event in events for handle in handles_of(event)}
    return [signs[place] for place in sorted({place for handle in named for place in places.get(handle, ())})]


def handles_of(event: Event) -> Iterator[object]:
    """What the signs are filed under that this event can begin: its message id, reason code, kind, or nothing."""
    for handle in (event.message_id.key if event.message_id else None, event.reason_code, event.kind, None):
        yield handle
        for code in event.codes:
            yield handle, code.namespace
            yield handle, code.namespace, code.value


@lru_cache(maxsize=4)
def index(known: Knowledge) -> tuple[list[tuple[str, Cause, Sign]], dict[object, list[int]]]:
    """
    All signs, and their places by what their lead must be: message ids, else reason codes, else kinds; together with
    the code where the lead must have one.
    """
    signs = [(slug, cause, sign) for slug, cause in known.causes.items() for sign in cause.signs]
    places: dict[object, list[int]] = {}
    for place, (_, _, sign) in enumerate(signs):
        lead = sign.lead
        for handle in lead.message_id or lead.reason_code or lead.kind or (None,):
            for whole in with_codes(handle, lead.code):
                places.setdefault(whole, []).append(place)
    return signs, places


def with_codes(handle: object, codes: tuple[str, ...]) -> Iterator[object]:
    """What a sign is filed under that asks for one of these codes: its handle with each of them, or their namespace."""
    if not codes:
        yield handle
    for namespace, (values, ranges) in named(codes).items():
        if ranges:
            yield handle, namespace
        else:
            yield from ((handle, namespace, each) for each in values)


def candidate(
    slug: str, cause: Cause, sign: Sign, lead: Event, occurrence: Occurrence, helpers: Sequence[Event]
) -> Candidate | None:
    """The candidate that a sign gives with this lead, None if something it asks for is not there."""
    if not matches(sign.lead, lead, lead):
        return None
    around = (*occurrence.events, *helpers)
    if any(matches(each, event, lead) for each in sign.without for event in around if event is not lead):
        return None
    cited = [Cited(lead, (sign.says,))]
    for companion in sign.also:
        found = first(companion.when, around, lead)
        if found is None:
            return None
        cited.append(Cited(found, (companion.says,)))
    confidence: Confidence = sign.confidence
    if not sign.verified and confidence == "certain":
        confidence = "probable"
    for support in cause.supports:
        found = first(support.when, around, lead)
        if found is not None and cite(cited, Cited(found, (support.says,))) and support.raises:
            confidence = max(confidence, support.raises, key=CONFIDENCES.index)
    return Candidate(slug, cause, sign, lead, confidence, tuple(cited), around)


def cite(cited: list[Cited], new: Cited) -> bool:
    """
    Add a citation; False where its event is cited already. A stanza is the exception: it says one thing an attribute.
    """
    place = next((at for at, each in enumerate(cited) if each.event is new.event), None)
    if place is None:
        cited.append(new)
        return True
    if new.event.kind == "mq-ini":
        cited[place] = Cited(new.event, (*cited[place].says, *new.says))
        return True
    return False


def first(condition: Condition, events: Iterable[Event], lead: Event) -> Event | None:
    return next((each for each in events if each is not lead and matches(condition, each, lead)), None)
