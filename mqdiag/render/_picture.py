"""
Incident -> Picture: the lanes of client and server, and what happened on them in the order of time.

It is data; where a mark stands on paper is the business of the form that draws it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mqdiag.language import tr
from mqdiag.render._labels import identity, moment, place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mqdiag.model import Evidence, Incident, Role, Side

BINS = 48
MOST_MARKS = 24  # of an incident with more evidence the first ones are drawn


@dataclass(frozen=True, slots=True)
class Lane:
    """
    One end. `state`: `speaks` if a record of it is in the evidence, `silent` if its log holds nothing, `no-log`.

    `judge`: it refused.
    """

    side: Side
    host: str
    judge: bool
    state: str


@dataclass(frozen=True, slots=True)
class Mark:
    """
    One record. `number` is that of its evidence, `time` empty where it is not known, `gap` the seconds since the
    mark before (None: not known), `gap_says` the same to be read, where it is long enough to be said.
    """

    number: int
    side: Side | None
    role: Role
    id: str
    time: str
    gap: float | None
    gap_says: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """
    The refusal, from the judge's lane to the victim's. `leaves` and `arrives` are numbers of marks; None where
    that end has no record of it.
    """

    judge: Side
    leaves: int | None
    arrives: int | None


@dataclass(frozen=True, slots=True)
class Attempts:
    """How the occurrences lie between the first and the last: their number in `BINS` equal parts; empty: unknown."""

    counts: tuple[int, ...]
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Picture:
    """
    `broke` is the number of the mark where something failed that nobody refused; `blamed` says that it is known to
    have been on that side.
    """

    lanes: tuple[Lane, Lane]
    marks: tuple[Mark, ...]
    arrow: Arrow | None
    broke: int | None
    blamed: bool
    attempts: Attempts | None


def picture(incident: Incident, hosts: Mapping[str, str], *, local: bool) -> Picture:
    """`hosts` by path of a source; `local`: nobody refused, it broke on the judge's side."""
    numbered = list(enumerate(incident.evidence, 1))
    records = in_time([(number, each) for number, each in numbered if each.event])[:MOST_MARKS]
    marks = tuple(
        mark(number, each, before[1] if before else None, incident.start)
        for before, (number, each) in zip([None, *records], records, strict=False)
    )
    return Picture(
        lanes=(lane("client", incident, hosts, local=local), lane("server", incident, hosts, local=local)),
        marks=marks,
        arrow=None if local or incident.judge is None else arrow(incident.judge, marks),
        broke=struck(incident.judge, marks) if local else None,
        blamed=incident.judge is not None,
        attempts=attempts(incident) if incident.occurrences > 1 else None,
    )


def in_time(numbered: Sequence[tuple[int, Evidence]]) -> list[tuple[int, Evidence]]:
    """
    By time, what has none last. Where a log prints whole seconds, what is of one second stands as the evidence
    does: the judge's record before its echo.
    """
    instants = [instant for _, each in numbered if (instant := instant_of(each))]
    unit = 1.0 if any(not each.microsecond for each in instants) else 1e-6

    def key(each: tuple[int, Evidence]) -> tuple[bool, float, int]:
        instant = instant_of(each[1])
        return instant is None, instant.timestamp() // unit if instant else 0.0, each[0]

    return sorted(numbered, key=key)


def instant_of(evidence: Evidence) -> datetime | None:
    return evidence.event.instant if evidence.event else None


def lane(side: Side, incident: Incident, hosts: Mapping[str, str], *, local: bool) -> Lane:
    own = [each for each in incident.evidence if each.side == side]
    named = [(each.event and each.event.host) or hosts.get(each.span.path) for each in own]
    state = "speaks" if any(each.event for each in own) else "silent" if own else "no-log"
    return Lane(side, next((each for each in named if each), ""), incident.judge == side and not local, state)


def mark(number: int, evidence: Evidence, before: Evidence | None, day: datetime | None) -> Mark:
    instant = instant_of(evidence)
    earlier = instant_of(before) if before else None
    gap = (instant - earlier).total_seconds() if instant and earlier else None
    said = moment(instant) if instant else ""
    if day and said[:10] != moment(day)[:10]:
        said = said[5:19]  # 05-17 06:23:59
    return Mark(
        number=number,
        side=evidence.side,
        role=evidence.role,
        id=named if (named := identity(evidence)) != "-" else place(evidence.span).rpartition("/")[2],
        time=said[11:] if len(said) > 14 else said,
        gap=gap,
        gap_says=later(gap) if gap and gap >= 1 else "",
    )


def later(seconds: float) -> str:
    """`+20.9 s`, `+3 min`, `+2 h`, `+5 days`: what passed since the mark before."""
    for unit, length, limit in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < limit:
            return f"+{seconds / length:.1f} {unit}" if length == 1 else f"+{seconds / length:.0f} {unit}"
    return tr("+{count} days", count=f"{seconds / 86_400:.0f}")


def arrow(judge: Side, marks: Sequence[Mark]) -> Arrow | None:
    """From the judge's first own finding to what the other end made of it then."""
    leaves = first(judge, ("origin",), marks) or first(judge, ("echo", "support", "wrapper"), marks)
    victim: Side = "server" if judge == "client" else "client"
    numbers = [each.number for each in marks]
    at = numbers.index(leaves) if leaves else 0
    near = sorted(marks, key=lambda each: (abs(numbers.index(each.number) - at), each.number))
    arrives = first(victim, ("echo",), near) or first(victim, ("wrapper", "support", "origin"), near)
    return Arrow(judge, leaves, arrives) if leaves or arrives else None


def struck(judge: Side | None, marks: Sequence[Mark]) -> int | None:
    """The mark where it broke: the judge's own finding, else the first of its side, else the first of all."""
    for roles in (("origin",), ("echo", "support", "wrapper")):
        for each in marks:
            if each.role in roles and (judge is None or each.side in (judge, None)):
                return each.number
    return None


def first(side: Side, roles: Sequence[Role], marks: Sequence[Mark]) -> int | None:
    return next((each.number for each in marks if each.side == side and each.role in roles), None)


def attempts(incident: Incident) -> Attempts | None:
    if incident.start is None or incident.end is None or incident.start == incident.end:
        return None
    return Attempts(
        counts=density([each.timestamp() for each in incident.times]),
        first=moment(incident.start)[:19],
        last=moment(incident.end)[:19],
    )


def density(instants: Sequence[float]) -> tuple[int, ...]:
    """The instants counted in BINS equal parts of the time from the first to the last; empty for fewer than two."""
    if len(instants) < 2:
        return ()
    begin, end = min(instants), max(instants)
    counts = [0] * BINS
    for each in instants:
        counts[min(int((each - begin) / (end - begin) * BINS), BINS - 1) if end > begin else 0] += 1
    return tuple(counts)
