"""
Records that say again what one before them said, made into events without parsing them again.

A log says the same again and again: in 100 MB of a retry storm 25,639 records have 68 texts once their stamp, process,
Time() and footer are left out. What a text means does not depend on these, so it is parsed and interpreted once, and of
its repetitions only they are read: a storm is read in a third of the time (tests/bench/RESULTS.md). It is in no one's
way: a record that is not known is parsed as ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqdiag.formats._base import Format, Skim
    from mqdiag.model import Event, Span

MOST = 4096  # texts that are known at a time; the oldest is forgotten first
SAFE = ("ascii", "utf-8")  # in which a stamp's digits say nothing of the encoding of the rest


@dataclass(frozen=True, slots=True)
class Known:
    """An event, and the encoding of the text that it was made of."""

    event: Event
    encoding: str

    def again(self, span: Span, skim: Skim, format: Format) -> Event:
        """The event of a repetition."""
        return replace(self.event, span=span, **format.varying(self.event, skim, self.encoding))


def as_it_is(event: Event) -> Event:
    return event


@dataclass(slots=True)
class Repeats:
    """The texts of one source that are known. `settle` makes of a parsed event what is kept: interprets it."""

    settle: Callable[[Event], Event] = as_it_is
    known: dict[bytes, Known] = field(default_factory=dict)

    def find(self, skim: Skim) -> Known | None:
        return self.known.get(digest(skim.rest)) if skim.rest else None

    def keep(self, event: Event, skim: Skim, format: Format, encoding: str) -> Event:
        """The event settled, and known from now on if it is made of its own text again."""
        settled = event if format.links else self.settle(event)
        is_plain = skim.rest and (encoding in SAFE or (skim.written or b"").isascii())
        if not is_plain:
            return settled
        varying = format.varying(settled, skim, encoding)
        if any(getattr(settled, name) != value for name, value in varying.items()):
            return settled
        known = Known(replace(settled, alike=digest(skim.rest)), encoding)
        if len(self.known) >= MOST:
            del self.known[next(iter(self.known))]
        self.known[known.event.alike] = known
        return known.event


def digest(text: bytes) -> bytes:
    return blake2b(text, digest_size=16).digest()
