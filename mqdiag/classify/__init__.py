"""From occurrences to incidents: the cause, who decided, on what evidence, and what is missing."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from functools import partial
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from mqdiag.classify.fold import Verdict, channel_of, count, fold, queue_manager_of
from mqdiag.classify.rules import candidates, helpers_for, other_side
from mqdiag.classify.words import certificate_of, fill, host, moment, side_word, values
from mqdiag.knowledge import knowledge
from mqdiag.model import (
    Alternative,
    Certificate,
    CertificateFinding,
    Evidence,
    Incident,
    Note,
    Remedy,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from mqdiag.classify.words import Filler
    from mqdiag.model import Event, Occurrence, Role, Side

ROLE_ORDER: Sequence[Role] = ("origin", "echo", "wrapper", "support", "absence")
SIDES: tuple[Side, ...] = ("client", "server")
NAMES_A_CAUSE = -8  # lighter signs only say that something failed: no alternative to a cause
MAX_CANDIDATES = 6  # records named where several fit equally well
MAX_EVIDENCE = 24  # records cited of one incident; more of the same say nothing more


def classify(
    occurrences: Sequence[Occurrence], corroboration: Sequence[Event], context: Sequence[Event]
) -> tuple[list[Incident], list[Note]]:
    """The incidents of all occurrences in time order, and notes on failures whose records name no cause."""
    verdicts: list[Verdict] = []
    open_ones: list[Occurrence] = []
    for each in occurrences:
        found = candidates(each, helpers_for(each, corroboration, context))
        if found:
            verdicts.append(Verdict(each, found[0], tuple(found[1:])))
        else:
            open_ones.append(each)
    incidents = [incident(group) for group in fold(verdicts)]
    return sorted(incidents, key=lambda i: (i.start is None, i.start.timestamp() if i.start else 0, i.id)), undecided(
        open_ones
    )


def undecided(occurrences: Sequence[Occurrence]) -> list[Note]:
    """One note a source and message on failures whose records name no cause, with how often they stand there."""
    alike: dict[tuple[str, str], list[Event]] = {}
    for each in occurrences:
        name = str(each.lead.message_id or each.lead.probe_id or each.lead.reason_code or "a record")
        alike.setdefault((each.lead.span.path, name), []).append(each.lead)
    return [
        Note(
            "undecided",
            path,
            events[0].span.line,
            f"{name} tells that something failed{f', {len(events)} times' if len(events) > 1 else ''}, and no record "
            "beside it says what. It is no incident of the report.",
        )
        for (path, name), events in alike.items()
    ]


def incident(group: Sequence[Verdict]) -> Incident:
    """One incident of the verdicts on its occurrences; the one that knows most speaks for all."""
    best = max(group, key=lambda each: (each.found.rank, len(each.occurrence.events)))
    found, occurrence = best.found, best.occurrence
    said = partial(fill, values=values(found, occurrence))
    all_events = [event for each in group for event in each.occurrence.events]
    instants = sorted(event.instant for event in all_events if event.instant)
    certificate = certificate_of(found, occurrence)
    return Incident(
        id=incident_id(group[0].occurrence),
        cause=found.slug,
        title=said(found.cause.title),
        confidence=found.confidence,
        judge=found.judge,
        channel=channel_of(occurrence.events) or channel_of(all_events) or only_channel(occurrence.candidates),
        queue_manager=queue_manager_of(occurrence.events),
        start=instants[0] if instants else None,
        end=instants[-1] if instants else None,
        occurrences=count(group),
        certificate=CertificateFinding(certificate or Certificate(), found.owner)
        if certificate or found.owner
        else None,
        alternatives=tuple(alternatives(best, said)),
        evidence=evidence(group, best),
        missing=tuple(missing(best, said)),
        remedies=tuple(
            Remedy(said(each.who), said(each.do) + (f" {said(each.cost)}" if each.cost else ""), said(each.check))
            for each in found.cause.remedies
        ),
        times=tuple(sorted(instant for each in group if (instant := begin(each.occurrence)))),
    )


def begin(occurrence: Occurrence) -> datetime | None:
    """The first instant of an occurrence, None if it has none."""
    return min((event.instant for event in occurrence.events if event.instant), default=None)


def only_channel(candidates: Sequence[Event]) -> str | None:
    """The channel that all candidates for the other end name: whichever of them it is, it is that channel."""
    named = {each.channel for each in candidates}
    return next(iter(named)) if len(named) == 1 else None


def certificate_finding(certificate: Certificate | None, owner: Side | None) -> CertificateFinding | None:
    """Whose certificate it is can be known where no record prints it."""
    return CertificateFinding(certificate or Certificate(), owner) if certificate or owner else None


def incident_id(occurrence: Occurrence) -> str:
    """An id that stays the same when later evidence changes the verdict: of the first record, not of the cause."""
    span, instant = occurrence.lead.span, occurrence.lead.instant
    named = f"{span.path}\n{span.line}\n{span.offset}\n{instant.isoformat() if instant else ''}"
    return "MQI-" + hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def alternatives(verdict: Verdict, said: Filler) -> Iterator[Alternative]:
    """The other causes that the same records allow, those whose signs matched first; none if it is certain."""
    if verdict.found.confidence == "certain":
        return
    named = {verdict.found.slug}
    for each in verdict.found.cause.alternatives:
        named.add(each.cause)
        yield Alternative(each.cause, said(each.why))
    for other in verdict.others:
        if other.slug not in named and other.lead is verdict.found.lead and other.sign.weight >= NAMES_A_CAUSE:
            yield Alternative(other.slug, said(other.sign.says))


# ---- evidence --------------------------------------------------------------------------------------------------


def evidence(group: Sequence[Verdict], best: Verdict) -> tuple[Evidence, ...]:
    """What is cited: everything of the occurrence that knows most, then of the others what is of a new kind."""
    cited = list(evidence_of(best))
    kinds = {kind_of(each) for each in cited}
    for verdict in (group[0], group[-1], *group):
        for each in evidence_of(verdict) if verdict is not best else ():
            if kind_of(each) not in kinds or verdict in (group[0], group[-1]):
                kinds.add(kind_of(each))
                cited.append(each)
        if len(cited) >= MAX_EVIDENCE:
            break
    unique = {(each.span, each.role): each for each in cited}
    last = group[-1].occurrence.lead
    if rhythm := rhythm_of(group):
        unique = {key: replace(e, says=f"{e.says} ({rhythm})") if e.event is last else e for key, e in unique.items()}
    return tuple(sorted(unique.values(), key=in_order))


def rhythm_of(group: Sequence[Verdict]) -> str | None:
    """How often and how far apart: `the last of 200, usually 1 min apart`; None of less than three."""
    moments = sorted(e.occurrence.lead.instant for e in group if e.occurrence.lead.instant)
    if len(moments) < 3:
        return None
    apart = median((after - before).total_seconds() for before, after in pairwise(moments))
    return f"the last of {count(group)}, usually {duration(apart)} apart"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `1 min 5 s`, `2 h`: the two greatest units that are not 0."""
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    rest, parts = round(seconds), []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def in_order(evidence: Evidence) -> tuple[int, float, Span]:
    """Evidence by the part it plays, then by time; what has no time stands last."""
    instant = evidence.event.instant if evidence.event else None
    return ROLE_ORDER.index(evidence.role), instant.timestamp() if instant else math.inf, evidence.span


def kind_of(evidence: Evidence) -> tuple[str, str, str]:
    event = evidence.event
    name = str(event.message_id or event.probe_id or event.reason_code) if event else ""
    return evidence.role, evidence.span.path, name


def evidence_of(verdict: Verdict) -> Iterator[Evidence]:
    said = partial(fill, values=values(verdict.found, verdict.occurrence))
    cited = {id(each.event): each.says for each in verdict.found.cited}
    for event in verdict.occurrence.events:
        says = said(cited.pop(id(event))) if id(event) in cited else own_words(event)
        yield Evidence(role_of(event, verdict), says, event.span, event.side, event)
    for each in verdict.found.cited:
        if id(each.event) in cited:
            yield Evidence("support", said(each.says), each.event.span, each.event.side, each.event)
    for event in unpicked(verdict.occurrence):
        yield Evidence("support", one_of(verdict.occurrence), event.span, event.side, event)
    for source in verdict.occurrence.silent:
        span = Span(source.path, 1, 1, 0, 0)
        yield Evidence("absence", silence(source.first, source.last), span, source.side)


def unpicked(occurrence: Occurrence) -> Sequence[Event]:
    """The candidates of an occurrence that none of them was joined to."""
    present = {each.side for each in occurrence.events}
    return [] if any(each.side in present for each in occurrence.candidates) else occurrence.candidates[:MAX_CANDIDATES]


def one_of(occurrence: Occurrence) -> str:
    count = len(occurrence.candidates)
    if count == 1:
        return "may be the other end's record of this failure, and may as well be that of another"
    return f"one of {count} records that fit equally well as the other end's view of this failure"


def silence(first: object, last: object) -> str:
    return f"covers the moment ({first:%H:%M:%S} to {last:%H:%M:%S} UTC) and holds no record of this failure"


def role_of(event: Event, verdict: Verdict) -> Role:
    """The part a record plays: the judge's own finding, the other end's view of it, or a wrapper."""
    found = verdict.found
    if event is found.lead:
        return "echo" if found.sign.judge == "peer" else "origin"
    if event.role == "wrapper" or event.kind in ("java-exception", "mqi-transcript"):
        return "wrapper"
    if event.kind == "ffst" and event.side == found.lead.side:
        return "origin"
    judge = found.judge
    if judge and event.side == judge and event.role == "judge":
        return "origin"
    return "echo" if event.side and judge and event.side != judge else "support"


def own_words(event: Event) -> str:
    """What a record says that no sign asked for: by its message id, reason code or probe."""
    known = knowledge()
    if alert := next((code for code in sorted(event.codes) if code.namespace == "alert"), None):
        entry = known.codes["alert"].get(alert.value)
        name = f" {entry.name}" if entry else ""
        return f"received TLS alert {alert.value}{name}: the other end refused"
    if event.message_id and (message := known.messages.get(event.message_id.key)):
        return message.says
    if event.reason_code:
        entry = known.codes.get("mqrc", {}).get(str(event.reason_code))
        name = f" ({entry.name})" if entry else ""
        waited = f" after {event.facts['elapsed_s']} s" if event.facts.get("elapsed_s") else ""
        return f"the application's call failed with reason code {event.reason_code}{name}{waited}"
    if event.probe_id:
        return f"an FFST report, probe id {event.probe_id}"
    return event.text[:120]


# ---- what is missing -------------------------------------------------------------------------------------------


def missing(verdict: Verdict, said: Filler) -> Iterator[str]:
    """What would settle it, and which log does not cover the moment. Nothing where the verdict is certain."""
    if verdict.found.confidence != "certain":
        yield from (said(each) for each in verdict.found.cause.settles)
    occurrence, found = verdict.occurrence, verdict.found
    yield from undecidable(occurrence)
    for source in occurrence.uncovered:
        if found.confidence != "certain":
            when = moment(occurrence.lead) or "the failure"
            yield f"{source.path}, the log of the {side_word(source.side, occurrence.events)}, does not cover {when}."
    sides = {event.side for event in (*occurrence.events, *occurrence.candidates)} | {
        each.side for each in occurrence.silent + occurrence.uncovered
    }
    if found.confidence != "certain":
        for side in SIDES:
            if side not in sides and other_side(side) in sides:
                yield no_log(occurrence, side)


def undecidable(occurrence: Occurrence) -> Iterator[str]:
    """Which records of the other side fit equally well, so that none of them was picked as the one."""
    if not occurrence.candidates:
        return
    side = side_word(occurrence.candidates[0].side, (*occurrence.events, *occurrence.candidates))
    named = [place(each) for each in occurrence.candidates[:MAX_CANDIDATES]]
    if len(occurrence.candidates) > len(named):
        named.append(f"{len(occurrence.candidates) - len(named)} more")
    where = f"{', '.join(named[:-1])} or {named[-1]}" if len(named) > 1 else named[0]
    if unpicked(occurrence):
        yield (
            f"Which record of the {side} belongs to {place(occurrence.lead)} cannot be told: {where}. "
            "A process id, a port or a log with clocks set right would tell."
        )
    else:
        yield f"The record of the {side} that is cited could also be {where}; it says the same."


def place(event: Event) -> str:
    channel = f" (channel {event.channel})" if event.channel else ""
    return f"{event.span.path}:{event.span.line}{channel}"


def no_log(occurrence: Occurrence, side: Side) -> str:
    where = host(occurrence.events, side)
    when = moment(occurrence.lead)
    word = side_word(side, occurrence.events)
    return (
        f"No error log of the {word} is in the input: AMQERR01.LOG of {where or f'the {word}'}"
        f"{f' around {when}' if when else ''}."
    )
