"""
Occurrences whose records say what another's say (`Event.said`): the rules are asked of them once.

Of 25,000 retries each has the same records but for time and process. What the rules find for one holds for all, with
the events of each in place of those of the first. That halves the time that a storm takes to classify
(tests/bench/RESULTS.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from mqdiag.classify.rules import Candidate, Cited, candidates
from mqdiag.model import all_said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mqdiag.model import Event, Occurrence


def alike(occurrence: Occurrence) -> tuple[object, ...] | None:
    """What two occurrences have in common whose records say the same in the same order; None if that is not known."""
    events = occurrence.events
    said = all_said(events)
    return said and (*said, *(one.instant == other.instant for one, other in pairwise(events)))


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules, and what they found for the occurrences so far, by what these say."""

    known: dict[object, tuple[Sequence[Event], list[Candidate]]] = field(default_factory=dict)

    def candidates(self, occurrence: Occurrence, helpers: Sequence[Event]) -> list[Candidate]:
        """As rules.candidates. Where helpers are there their times count, and the rules are asked."""
        key = None if helpers else alike(occurrence)
        if key is None:
            return candidates(occurrence, helpers)
        if key not in self.known:
            self.known[key] = occurrence.events, candidates(occurrence, ())
        events, found = self.known[key]
        if events is occurrence.events:
            return found
        place = {id(event): now for event, now in zip(events, occurrence.events, strict=True)}
        return [of_others(each, place, occurrence.events) for each in found]


def of_others(found: Candidate, place: dict[int, Event], events: tuple[Event, ...]) -> Candidate:
    """A candidate with other events that say the same; `place` has them by the identity of those that it has."""
    cited = tuple(Cited(place[id(each.event)], each.says) for each in found.cited)
    return replace(found, lead=place[id(found.lead)], cited=cited, around=events)
