"""The records of the bundle that are of no failure themselves, and can speak for the cause of one."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from mqdiag.model import Code
from mqdiag.names import same_certificate, same_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mqdiag.model import Certificate, Event, Occurrence

NO_STATUS = "AMQ9716"  # the check of a revocation status came to nothing
UNKNOWN_REVOCATION = Code("mqrq", "19")  # MQRQ_SSL_UNKNOWN_REVOCATION: OCSPAuthentication=WARN let the channel start
BESIDE_S = 600.0  # failures of several certificates within this have one reason
DAY_S = 86_400.0


def helpers_for(
    occurrence: Occurrence, corroboration: Sequence[Event], context: Sequence[Event], checks: Checks
) -> list[Event]:
    """
    The records of the bundle that can be about this occurrence: index lines and openssl transcripts of its
    certificate, the settings of the side that checked it, what else that side could not check at the time, and
    what the same queue manager said around it.
    """
    index = list(index_lines(occurrence, [each for each in corroboration if each.kind == "ca-index"]))
    asked = [
        placed(each, occurrence) for each in corroboration if each.kind == "ocsp-transcript" and about(each, occurrence)
    ]
    return [
        *index,
        *(disagreeing(each, index) for each in asked),
        *(each for each in corroboration if each.kind == "mq-ini" and is_setting_of(each, occurrence)),
        *checks.tolerated(occurrence),
        *checks.beside(occurrence),
        *(each for each in context if around(each, occurrence)),
        *last_state(context, occurrence),
    ]


# ---- the CA's index --------------------------------------------------------------------------------------------


def index_lines(occurrence: Occurrence, lines: Sequence[Event]) -> Iterator[Event]:
    """
    The CA index lines of the occurrence's certificate, with the fact `revoked_when`: `before` or `after` the
    failure. Where an index of the same organisation does not list the certificate, the last line of that index
    stands for it, with the status `unlisted`.
    """
    certificate = next((each.certificate for each in occurrence.events if each.certificate), None)
    if certificate is None:
        return
    by_path: dict[str, list[Event]] = {}
    for line in lines:
        by_path.setdefault(line.span.path, []).append(line)
    for path in sorted(by_path):
        listed = [each for each in by_path[path] if lists(each, certificate)]
        yield from (dated(each, occurrence) for each in listed)
        if not listed and any(same_organisation(each, certificate) for each in by_path[path]):
            last = by_path[path][-1]
            yield replace(last, certificate=certificate, facts={**last.facts, "status": "unlisted"})


def lists(line: Event, certificate: Certificate) -> bool:
    return line.certificate is not None and same_certificate(line.certificate, certificate)


def dated(line: Event, occurrence: Occurrence) -> Event:
    revoked, failed = line.facts.get("revoked"), occurrence.lead.instant
    if not revoked or failed is None:
        return line
    when = "before" if datetime.fromisoformat(revoked) <= failed else "after"
    return replace(line, facts={**line.facts, "revoked_when": when})


def same_organisation(line: Event, certificate: Certificate) -> bool:
    subject, other = line.certificate.subject if line.certificate else None, certificate.subject
    if subject is None or other is None:
        return False
    ours = {value for key, value in subject.attributes if key == "O"}
    return bool(ours & {value for key, value in other.attributes if key == "O"})


# ---- openssl transcripts ---------------------------------------------------------------------------------------


def about(transcript: Event, occurrence: Occurrence) -> bool:
    """
    Whether an openssl transcript can be about this occurrence's check: asked from the checking side about this
    certificate, or of the responder itself, whose transcript lies where the responder ran; and within a day,
    where it has a time.
    """
    if transcript.instant and occurrence.lead.instant:
        apart = abs((transcript.instant - occurrence.lead.instant).total_seconds())
        if apart > DAY_S:
            return False
    if "responder" in transcript.facts:
        return True
    return transcript.side in (None, occurrence.lead.side) and not of_another_certificate(transcript, occurrence)


def placed(transcript: Event, occurrence: Occurrence) -> Event:
    """
    A transcript; where its prompt names another host than the one whose check failed, without its outcome and
    with the fact `elsewhere`, for what that host gets shows nothing.
    """
    asked_on, checked_on = short(transcript.host), short(occurrence.lead.host)
    if "responder" in transcript.facts or not asked_on or not checked_on or asked_on == checked_on:
        return transcript
    return replace(transcript, codes=frozenset(), facts={**transcript.facts, "elsewhere": transcript.host or ""})


def short(host: str | None) -> str:
    return (host or "").partition(".")[0].casefold()


def of_another_certificate(transcript: Event, occurrence: Occurrence) -> bool:
    asked = transcript.certificate.serial if transcript.certificate else None
    checked = next((each.certificate for each in occurrence.events if each.certificate), None)
    return bool(asked and checked and checked.serial and asked != checked.serial)


def disagreeing(transcript: Event, index: Sequence[Event]) -> Event:
    """A transcript that says good of a certificate that its CA had revoked already, with the fact `disagrees`."""
    revoked = any(each.facts.get("revoked_when") == "before" for each in index)
    if not revoked or Code("ocsp", "good") not in transcript.codes:
        return transcript
    return replace(transcript, facts={**transcript.facts, "disagrees": "index"})


# ---- settings --------------------------------------------------------------------------------------------------


def is_setting_of(stanza: Event, occurrence: Occurrence) -> bool:
    """
    Whether an ini file is read by the end whose record leads: a client has no qm.ini. A channel definition is a
    setting of that channel.
    """
    if stanza.channel:
        named = next((each.channel for each in occurrence.events if each.channel), None)
        return stanza.channel == named and stanza.side in (None, occurrence.lead.side)
    name = stanza.span.path.replace("\\", "/").replace("!", "/").rpartition("/")[2].lower()
    if name == "qm.ini" and occurrence.lead.side == "client" and not occurrence.lead.queue_manager:
        return False
    return stanza.side in (None, occurrence.lead.side)


# ---- several certificates at once ------------------------------------------------------------------------------


class Checks:
    """
    All checks of a revocation status that came to nothing, by the end that asked and the certificate; and the event
    messages that say that one was let through with a warning.
    """

    def __init__(self, occurrences: Sequence[Occurrence]) -> None:
        self._tolerated: dict[tuple[str | None, ...], list[Event]] = {}
        for event in (event for each in occurrences for event in each.events if UNKNOWN_REVOCATION in event.codes):
            self._tolerated.setdefault((event.queue_manager, event.channel, event.side), []).append(event)
        self._by_judge: dict[tuple[str, str], dict[Certificate, list[tuple[float, Event]]]] = {}
        for each in occurrences:
            if certificate := checked(each.lead):
                failed = self._by_judge.setdefault(judge(each.lead), {}).setdefault(certificate, [])
                failed.append((each.lead.instant.timestamp() if each.lead.instant else 0.0, each.lead))
        for by_certificate in self._by_judge.values():
            for failed in by_certificate.values():
                failed.sort(key=lambda each: (each[0], each[1].span))

    def beside(self, occurrence: Occurrence) -> Iterator[Event]:
        """
        The nearest failed check of every other certificate of the same CA, by the same end within minutes, with
        the fact `beside`: they speak of the responder, not of one certificate.
        """
        lead, certificate = occurrence.lead, checked(occurrence.lead)
        if certificate is None or lead.instant is None:
            return
        for other, failed in self._by_judge[judge(lead)].items():
            near = nearest(failed, lead.instant.timestamp())
            if near and of_one_ca(certificate, other):
                yield replace(near, facts={**near.facts, "beside": str(other.subject or other.serial)})

    def tolerated(self, occurrence: Occurrence) -> Iterator[Event]:
        """
        The event messages that say that the end whose check came to nothing let the same certificate through with a
        warning, within a day: then the responder did answer, and said that it does not know the certificate.
        """
        lead = occurrence.lead
        if lead.message_id is None or lead.queue_manager is None:
            return
        for event in self._tolerated.get((lead.queue_manager, lead.channel, lead.side), ()):
            ours, theirs = (each.certificate.subject if each.certificate else None for each in (event, lead))
            apart = seconds_between(event, lead)
            same = ours is None or theirs is None or same_name(ours, theirs)
            if same and apart is not None and abs(apart) <= DAY_S and event not in occurrence.events:
                yield event


def checked(lead: Event) -> Certificate | None:
    return lead.certificate if lead.message_id and lead.message_id.key == NO_STATUS else None


def judge(lead: Event) -> tuple[str, str]:
    return lead.host or lead.span.path, lead.side or ""


def of_one_ca(one: Certificate, other: Certificate) -> bool:
    same_issuer = one.issuer and other.issuer and same_name(one.issuer, other.issuer)
    return bool(same_issuer) and not same_certificate(one, other)


def nearest(failed: Sequence[tuple[float, Event]], when: float) -> Event | None:
    """The event nearest to a time, if it is within BESIDE_S."""
    place = bisect_left(failed, when, key=lambda each: each[0])
    near = [each for each in failed[max(0, place - 1) : place + 1] if abs(each[0] - when) <= BESIDE_S]
    return min(near, key=lambda each: abs(each[0] - when))[1] if near else None


# ---- what the same queue manager said --------------------------------------------------------------------------

CONTEXT_S = 600.0  # a queue manager that ends takes its channels with it within minutes


def around(event: Event, occurrence: Occurrence) -> bool:
    """Whether a context record (an end, a setting) was written near the occurrence, on one of its hosts."""
    if not of_an_end(event, occurrence):
        return False
    apart = seconds_between(event, occurrence.lead)
    return apart is not None and abs(apart) <= CONTEXT_S


def of_an_end(event: Event, occurrence: Occurrence) -> bool:
    """Whether a record is of a host of the occurrence, or of the side from which the occurrence has no record."""
    if event.kind == "mq-event":
        return event.queue_manager in {each.queue_manager for each in occurrence.events if each.queue_manager}
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
