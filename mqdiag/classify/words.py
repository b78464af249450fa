"""The sentences of the knowledge files with an incident's names in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mqdiag.classify.fold import channel_of, queue_manager_of
from mqdiag.classify.rules import other_side
from mqdiag.classify.symptoms import matched_code
from mqdiag.knowledge import knowledge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mqdiag.classify.rules import Candidate
    from mqdiag.model import Certificate, Event, Occurrence, Side

PLACEHOLDER = re.compile(r"\{(\w+)\}")

# What stands where the records do not say it.
UNKNOWN: Mapping[str, str] = {
    "channel": "the channel",
    "queue_manager": "the queue manager",
    "judge": "refusing end",
    "other": "other end",
    "owner": "other end",
    "judge_host": "the host that refused",
    "other_host": "the other host",
    "owner_host": "the host whose certificate it is",
    "client_host": "the client's host",
    "server_host": "the queue manager's host",
    "subject": "the certificate",
    "issuer": "its issuer",
    "serial": "its serial number",
    "url": "<responder URL>",
    "user": "the user",
    "peer": "the other end",
    "time": "the time of the failure",
    "code": "the code",
    "message_id": "the message",
}


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled; what is not known becomes a readable phrase, never a hole."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        fallback = UNKNOWN.get(name) or f"<{name.removeprefix('fact_').replace('_', ' ')}>"
        return values.get(name) or fallback

    return PLACEHOLDER.sub(value, text)


def side_word(side: Side | None, events: Sequence[Event]) -> str | None:
    """`client` or `queue manager`; between two queue managers `sender` and `receiver`."""
    if side is None:
        return None
    between_queue_managers = any(
        each.side == "client" and each.queue_manager and "amqerr" in each.kind for each in events
    )
    if between_queue_managers:
        return {"client": "calling queue manager", "server": "accepting queue manager"}[side]
    return {"client": "client", "server": "queue manager"}[side]


def values(found: Candidate, occurrence: Occurrence) -> dict[str, str]:
    """All placeholders that this incident can fill."""
    events = occurrence.events
    judge, other = found.judge, other_side(found.judge)
    certificate = certificate_of(found, occurrence)
    known: dict[str, str | None] = {
        "channel": channel_of(events),
        "queue_manager": queue_manager_of(events),
        "judge": side_word(judge, events),
        "other": side_word(other, events),
        "owner": side_word(found.owner, events),
        "judge_host": host(events, judge),
        "other_host": host(events, other),
        "owner_host": host(events, found.owner),
        "client_host": host(events, "client"),
        "server_host": host(events, "server"),
        "user": found.lead.user if names_user(found.lead) else None,
        "peer": peer_name(found.lead),
        "message_id": str(found.lead.message_id) if found.lead.message_id else None,
        "time": moment(found.lead),
        "code": code.value if (code := matched_code(found.sign.lead, found.lead)) else None,
    }
    if certificate:
        known["subject"] = str(certificate.subject) if certificate.subject else None
        known["issuer"] = str(certificate.issuer) if certificate.issuer else None
        known["serial"] = certificate.serial
    for event in (found.lead, *(each.event for each in found.cited), *events):
        for name, value in event.facts.items():
            known.setdefault(f"fact_{name}", value)
        known["url"] = known.get("url") or event.facts.get("url") or event.facts.get("responder_url")
    return {name: value for name, value in known.items() if value}


def certificate_of(found: Candidate, occurrence: Occurrence) -> Certificate | None:
    """The certificate the verdict is about: the lead's, else one that another record of the occurrence names."""
    if found.lead.certificate:
        return found.lead.certificate
    if found.sign.owner is None:
        return None
    return next((each.certificate for each in occurrence.events if each.certificate), None)


def host(events: Sequence[Event], side: Side | None) -> str | None:
    """The host of a side: as its own records name it, else as the other side called it."""
    own = next((each.host for each in events if side and each.side == side and each.host), None)
    return own or next(
        (peer_name(each) for each in events if side and each.side == other_side(side) and each.peer), None
    )


def names_user(event: Event) -> bool:
    """Whether a record names the user that it is about; the header's User() is only who ran the process."""
    message = knowledge().messages.get(event.message_id.key) if event.message_id else None
    return message is not None and (message.user is not None or "user" in message.quoted)


def peer_name(event: Event) -> str | None:
    return (event.peer.host or event.peer.address) if event.peer else None


def moment(event: Event) -> str | None:
    """`2023-05-16 14:38 UTC`, or the time as the log wrote it where no instant is known."""
    if event.instant:
        return event.instant.strftime("%Y-%m-%d %H:%M UTC")
    return event.stamp.written if event.stamp else None


Filler = Callable[[str], str]
