"""From occurrences to incidents: the cause, who decided, on what evidence, and what is missing."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from functools import partial
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from mqdiag.classify.corroboration import Checks, helpers_for
from mqdiag.classify.fold import Verdict, channel_of, count, fold, queue_manager_of
from mqdiag.classify.repeated import Rules, alike
from mqdiag.classify.rules import other_side
from mqdiag.classify.words import certificate_of, fill, host, moment, own_values, side_word, values
from mqdiag.knowledge import knowledge
from mqdiag.language import marked, tr, translated
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
    from mqdiag.knowledge import RemedyText
    from mqdiag.model import Event, Occurrence, Role, Side

ROLE_ORDER: Sequence[Role] = ("origin", "echo", "wrapper", "support", "absence")
SIDES: tuple[Side, ...] = ("client", "server")
NAMES_A_CAUSE = -8  # lighter signs only say that something failed: no alternative to a cause
MAX_CANDIDATES = 6  # records named where several fit equally well
UNITS = (
    (marked("{count} d"), 86_400),
    (marked("{count} h"), 3600),
    (marked("{count} min"), 60),
    (marked("{count} s"), 1),
)
MAX_EVIDENCE = 24  # records cited of one incident; more of the same say nothing more


def classify(
    occurrences: Sequence[Occurrence], corroboration: Sequence[Event], context: Sequence[Event]
) -> tuple[list[Incident], list[Note]]:
    """The incidents of all occurrences in time order, and notes on failures whose records name no cause."""
    verdicts: list[Verdict] = []
    open_ones: list[Occurrence] = []
    checks, rules = Checks(occurrences), Rules()
    for each in occurrences:
        found = rules.candidates(each, helpers_for(each, corroboration, context, checks))
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
        name = str(each.lead.message_id or each.lead.probe_id or each.lead.reason_code or tr("a record"))
        alike.setdefault((each.lead.span.path, name), []).append(each.lead)
    return [
        Note("undecided", path, events[0].span.line, " ".join(open_question(name, events)))
        for (path, name), events in alike.items()
    ]


def open_question(name: str, events: Sequence[Event]) -> Iterator[str]:
    """What is known of failures without a cause, and what would settle it."""
    if len(events) > 1:
        yield tr("{name} tells {count} times that something failed.", name=name, count=len(events))
    else:
        yield tr("{name} tells that something failed.", name=name)
    yield tr("No record beside it says what, so it is no incident of the report.")
    lead, when = events[0], moment(events[0]) or tr("the time of the failure")
    if lead.role == "wrapper":
        yield tr("To settle it: the records before it in the same log, also in AMQERR02.LOG and AMQERR03.LOG.")
    elif lead.role in ("victim", "noise"):
        yield tr("To settle it: AMQERR01.LOG of the other end around {time}.", time=when)
    else:
        yield tr("To settle it: AMQERR01.LOG and the FFST files of both ends around {time}.", time=when)


def incident(group: Sequence[Verdict], times: int | None = None) -> Incident:
    """
    One incident of the verdicts on its occurrences; the one that knows most speaks for all. `times`: how often it
    occurred, where the group holds only some of its occurrences.
    """
    best = max(group, key=lambda each: (each.found.rank, len(each.occurrence.events)))
    found, occurrence = best.found, best.occurrence
    said = partial(fill, values=values(found, occurrence))
    all_events = [event for each in group for event in each.occurrence.events]
    instants = sorted(event.instant for event in all_events if event.instant)
    return Incident(
        id=incident_id(group[0].occurrence),
        cause=found.slug,
        title=said(found.cause.title),
        confidence=found.confidence,
        judge=found.judge,
        channel=channel_of(occurrence.events) or channel_of(all_events) or only_channel(occurrence.candidates),
        queue_manager=queue_manager_of(occurrence.events) or queue_manager_of(all_events),
        start=instants[0] if instants else None,
        end=instants[-1] if instants else None,
        occurrences=times or count(group),
        certificate=certificate_finding(certificate_of(found, occurrence), found.owner),
        alternatives=tuple(alternatives(best, said)),
        evidence=evidence(group, best, times or count(group)),
        missing=tuple(missing(best, said)),
        remedies=(*site_notes(occurrence), *(remedy(each, said) for each in found.remedies)),
        times=tuple(sorted(instant for each in group if (instant := begin(each.occurrence)))),
    )


def begin(occurrence: Occurrence) -> datetime | None:
    """The first instant of an occurrence, None if it has none."""
    return min((event.instant for event in occurrence.events if event.instant), default=None)


def only_channel(candidates: Sequence[Event]) -> str | None:
    """The channel that all candidates for the other end name: whichever of them it is, it is that channel."""
    named = {each.channel for each in candidates}
    return next(iter(named)) if len(named) == 1 else None


def remedy(text: RemedyText, said: Filler) -> Remedy:
    return Remedy(said(text.who), " ".join(said(each) for each in (text.do, text.cost) if each), said(text.check))


def site_notes(occurrence: Occurrence) -> Iterator[Remedy]:
    """What the site's own notes (--rules) say of the messages of this failure, each once."""
    notes = knowledge().notes
    for key in dict.fromkeys(each.message_id.key for each in occurrence.events if each.message_id):
        if note := notes.get(key):
            yield Remedy(tr("Your site's note on {message_id}", message_id=key), note.says, note.link)


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
    for each in verdict.found.alternatives:
        named.add(each.cause)
        yield Alternative(each.cause, said(each.why))
    for other in verdict.others:
        if other.slug not in named and other.lead is verdict.found.lead and other.sign.weight >= NAMES_A_CAUSE:
            yield Alternative(other.slug, said(other.sign.says))


# ---- evidence --------------------------------------------------------------------------------------------------


def evidence(group: Sequence[Verdict], best: Verdict, times: int) -> tuple[Evidence, ...]:
    """What is cited: everything of the occurrence that knows most, then of the others what is of a new kind."""
    cited = list(evidence_of(best))
    kinds = {kind_of(each) for each in cited}
    ends = group[0], group[-1]
    seen: set[object] = set()
    for verdict in (*ends, *group):
        key, is_end = kinds_of(verdict), any(verdict is each for each in ends)
        if verdict is best or (key in seen and not is_end):
            continue
        if key:
            seen.add(key)
        for each in evidence_of(verdict):
            if is_end or kind_of(each) not in kinds:
                kinds.add(kind_of(each))
                cited.append(each)
        if len(cited) >= MAX_EVIDENCE:
            break
    unique = {(each.span, each.role): each for each in cited}
    last = group[-1].occurrence.lead
    if rhythm := rhythm_of(group, times):
        unique = {key: replace(e, says=f"{e.says} ({rhythm})") if e.event is last else e for key, e in unique.items()}
    return tuple(sorted(unique.values(), key=in_order))


def rhythm_of(group: Sequence[Verdict], times: int) -> str | None:
    """How often and how far apart: `the last of 200, usually 1 min apart`; None of less than three."""
    moments = sorted(e.occurrence.lead.instant for e in group if e.occurrence.lead.instant)
    if len(moments) < 3:
        return None
    apart = median((after - before).total_seconds() for before, after in pairwise(moments))
    return tr("the last of {count}, usually {time} apart", count=times, time=duration(apart))


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `1 min 5 s`, `2 h`: the two greatest units that are not 0."""
    if seconds < 10:
        return tr("{count} s", count=f"{seconds:.1f}".removesuffix(".0"))
    rest, parts = round(seconds), []
    for unit, size in UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(tr(unit, count=count))
    return " ".join(parts[:2])


def in_order(evidence: Evidence) -> tuple[int, float, Span]:
    """Evidence by the part it plays, then by time; what has no time stands last."""
    instant = evidence.event.instant if evidence.event else None
    return ROLE_ORDER.index(evidence.role), instant.timestamp() if instant else math.inf, evidence.span


def kinds_of(verdict: Verdict) -> object:
    """The same for verdicts whose evidence is of the same kinds; None where that is not known."""
    occurrence = verdict.occurrence
    told = alike(occurrence)
    return told and (told, tuple(each.path for each in occurrence.silent), bool(occurrence.candidates))


def kind_of(evidence: Evidence) -> tuple[str, str, str]:
    event = evidence.event
    name = str(event.message_id or event.probe_id or event.reason_code) if event else ""
    return evidence.role, evidence.span.path, name


def evidence_of(verdict: Verdict) -> Iterator[Evidence]:
    known = values(verdict.found, verdict.occurrence)
    cited = {id(each.event): each.says for each in verdict.found.cited}

    def said(texts: Sequence[str], event: Event) -> str:
        return "; ".join(fill(text, {**known, **own_values(event)}) for text in texts)

    for event in verdict.occurrence.events:
        says = said(cited.pop(id(event)), event) if id(event) in cited else own_words(event)
        yield Evidence(role_of(event, verdict), says, event.span, event.side, event)
    for each in verdict.found.cited:
        if id(each.event) in cited:
            yield Evidence("support", said(each.says, each.event), each.event.span, each.event.side, each.event)
    for event in unpicked(verdict.occurrence):
        yield Evidence("support", one_of(verdict.occurrence), event.span, event.side, event)
    cited_paths = {each.event.span.path for each in verdict.found.cited}
    for source in verdict.occurrence.silent:
        if source.path in cited_paths:
            continue
        span = Span(source.path, 1, 1, 0, 0)
        yield Evidence("absence", silence(source.first, source.last), span, source.side)


def unpicked(occurrence: Occurrence) -> Sequence[Event]:
    """The candidates of an occurrence that none of them was joined to."""
    present = {each.side for each in occurrence.events}
    return [] if any(each.side in present for each in occurrence.candidates) else occurrence.candidates[:MAX_CANDIDATES]


def one_of(occurrence: Occurrence) -> str:
    count = len(occurrence.candidates)
    if count == 1:
        return tr("may be the other end's record of this failure, or of another one")
    return tr("one of {count} records that fit equally well as the other end's view of this failure", count=count)


def silence(first: object, last: object) -> str:
    return tr(
        "covers the moment ({first} to {last} UTC) and holds no record of this failure",
        first=f"{first:%H:%M:%S}",
        last=f"{last:%H:%M:%S}",
    )


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
        name = f"{alert.value} {entry.name}" if entry else alert.value
        return tr("received TLS alert {alert}: the other end refused", alert=name)
    if event.kind == "mq-event":
        return event_said(event)
    if event.message_id and (message := known.messages.get(event.message_id.key)):
        return translated(message.says)
    if event.reason_code:
        return reason_said(event)
    if event.probe_id:
        return tr("an FFST report, probe id {probe}", probe=event.probe_id)
    return event.text[:120]


def event_said(event: Event) -> str:
    """`an event message: the channel ended with an error (Channel Stopped, MQRQ_CHANNEL_STOPPED_ERROR)`"""
    known = knowledge().codes
    code = next((each for each in sorted(event.codes) if each.namespace == "mqrq"), None)
    entry = known["mqrq"].get(code.value) if code else known["mqrc"].get(str(event.reason_code))
    if entry is None:
        return tr("an event message of the queue manager: {says}", says=event.text)
    name = ", ".join(part for part in (event.facts.get("event", ""), entry.name) if part)
    return tr("an event message of the queue manager: {says} ({name})", says=translated(entry.says), name=name)


def reason_said(event: Event) -> str:
    entry = knowledge().codes.get("mqrc", {}).get(str(event.reason_code))
    code = f"{event.reason_code} ({entry.name})" if entry else str(event.reason_code)
    if took := event.facts.get("elapsed_s"):
        return tr("the application's call failed with reason code {code} after {seconds} s", code=code, seconds=took)
    return tr("the application's call failed with reason code {code}", code=code)


# ---- what is missing -------------------------------------------------------------------------------------------


def missing(verdict: Verdict, said: Filler) -> Iterator[str]:
    """What would settle it, and which log does not cover the moment. Nothing where the verdict is certain."""
    if verdict.found.confidence != "certain":
        yield from (said(each) for each in verdict.found.settles)
    occurrence, found = verdict.occurrence, verdict.found
    yield from undecidable(occurrence)
    for source in occurrence.uncovered:
        if found.confidence != "certain":
            yield tr(
                "{path}, the log of the {side}, does not cover {time}.",
                path=source.path,
                side=side_word(source.side, occurrence.events),
                time=moment(occurrence.lead) or tr("the failure"),
            )
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
        named.append(tr("{count} more", count=len(occurrence.candidates) - len(named)))
    first = tr(", ").join(named[:-1])
    where = tr("{first} or {last}", first=first, last=named[-1]) if first else named[0]
    if unpicked(occurrence) and not first:
        yield tr(
            "Whether {where} is the record of the {side} of the failure in {record} cannot be told. "
            "A process id, a port or a log with clocks set right would tell.",
            where=where,
            side=side,
            record=place(occurrence.lead),
        )
    elif unpicked(occurrence):
        yield tr(
            "Which record of the {side} belongs to {record} cannot be told: {where}. "
            "A process id, a port or a log with clocks set right would tell.",
            side=side,
            record=place(occurrence.lead),
            where=where,
        )
    else:
        yield tr(
            "The record of the {side} that is cited could also be {where}; it says the same.", side=side, where=where
        )


def place(event: Event) -> str:
    where = f"{event.span.path}:{event.span.line}"
    return tr("{place} (channel {name})", place=where, name=event.channel) if event.channel else where


def no_log(occurrence: Occurrence, side: Side) -> str:
    when, word = moment(occurrence.lead), side_word(side, occurrence.events)
    where = host(occurrence.events, side) or tr("the {side}", side=word)
    if when is None:
        return tr(
            "No error log of the {side} is in the input: AMQERR01.LOG of {host}.",
            side=word,
            host=where,
        )
    return tr(
        "No error log of the {side} is in the input: AMQERR01.LOG of {host} around {time}.",
        side=word,
        host=where,
        time=when,
    )
