"""The sentences of the knowledge files with an incident's names in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mqdiag import names
from mqdiag.classify.fold import channel_of, queue_manager_of
from mqdiag.classify.rules import other_side
from mqdiag.classify.symptoms import matched_code
from mqdiag.knowledge import knowledge
from mqdiag.language import blank, marked, tr, translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mqdiag.classify.rules import Candidate
    from mqdiag.model import Certificate, Event, Name, Occurrence, Side

PLACEHOLDER = re.compile(r"\{(\w+)\}")

# What stands where the records do not say it.
UNKNOWN: Mapping[str, str] = {
    "channel": marked("the channel"),
    "queue_manager": marked("the queue manager"),
    "judge": marked("refusing end"),
    "other": marked("other end"),
    "owner": marked("other end"),
    "judge_host": marked("the host that refused"),
    "other_host": marked("the other host"),
    "owner_host": marked("the host whose certificate it is"),
    "client_host": marked("the client's host"),
    "server_host": marked("the queue manager's host"),
    "subject": marked("the certificate"),
    "issuer": marked("its issuer"),
    "serial": marked("its serial number"),
    "url": marked("<responder URL>"),
    "user": marked("the user"),
    "peer": marked("the other end"),
    "time": marked("the time of the failure"),
    "code": marked("the code"),
    "message_id": marked("the message"),
    "waited": marked("a while"),
    "compared": marked("the name in its record"),
}


def fill(text: str, values: Mapping[str, str]) -> str:
    """
    A text of the knowledge in the language of the answer, its placeholders filled. What is not known becomes a
    readable phrase, never a hole.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if known := values.get(name):
            return known
        fallback = UNKNOWN.get(name)
        return translated(fallback) if fallback else f"<{blank(name)}>"

    return PLACEHOLDER.sub(value, translated(text))


def side_word(side: Side | None, events: Sequence[Event]) -> str | None:
    """`client` or `queue manager`; between two queue managers `sender` and `receiver`."""
    if side is None:
        return None
    between_queue_managers = any(
        each.side == "client" and each.queue_manager and "amqerr" in each.kind for each in events
    )
    if between_queue_managers:
        return tr("calling queue manager") if side == "client" else tr("accepting queue manager")
    return tr("client") if side == "client" else tr("queue manager")


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
        for name, value in own_values(event).items():
            known.setdefault(name, value)
        known["url"] = known.get("url") or event.facts.get("url") or event.facts.get("responder_url")
    known["compared"] = compared(events, found.around)
    return {name: value for name, value in known.items() if value}


def own_values(event: Event) -> dict[str, str]:
    """What one record gives of its own: its facts, and how long its call took beside one that succeeded."""
    found = {f"fact_{name}": value for name, value in event.facts.items() if value}
    if took := event.facts.get("elapsed_s"):
        usual = event.facts.get("baseline_s")
        found["waited"] = (
            tr("{seconds} s ({usual} s when it succeeded)", seconds=took, usual=usual)
            if usual
            else tr("{seconds} s", seconds=took)
        )
    return found


# ---- the two names of an SSLPEER mismatch ----------------------------------------------------------------------

# SSLPEER('CN=till-*,O=Gallery')   SSLPEER(CN=till-*,O=Gallery)
PATTERN = re.compile(r"SSLPEER\((?:'([^']{1,1024})'|([^'()]{1,1024}))\)")


def compared(events: Sequence[Event], around: Sequence[Event] = ()) -> str | None:
    """
    The name that was shown beside the one that SSLPEER asks for, attribute by attribute, where both are known; else
    the attributes of the one that was shown. None where no record names it. The pattern stands in one of the events,
    or in a definition of the channel among the records `around`; one that fits is another queue manager's, or was
    changed since.
    """
    shown = next((each.facts["peer_name"] for each in events if each.facts.get("peer_name")), None)
    name = names.name(shown) if shown else None
    if name is None:
        return shown
    printed = (names.name(found) for each in events if (found := pattern_in(each)))
    defined = (names.name(found) for each in around if each not in events and (found := pattern_in(each)))
    wanted = next((each for each in printed if each), None) or next(
        (e for e in defined if e and not met(e, name)), None
    )
    if wanted is None:
        return "; ".join(f"{key}={value}" for key, value in reversed(name.attributes))
    return "; ".join(differing(wanted, name))


def pattern_in(event: Event) -> str | None:
    if event.kind == "mq-ini":
        return event.facts.get("sslpeer")
    for text in (*event.inserts.values(), event.text, event.body, *event.facts.values()):
        if match := PATTERN.search(text):
            return match[1] or match[2]
    return None


def differing(wanted: Name, shown: Name) -> Iterator[str]:
    """One phrase an attribute, the most specific first; an OU counts by its place among the OUs."""
    asked, given = numbered(wanted), numbered(shown)
    for (key, place), value in reversed(asked.items()):
        there = given.get((key, place))
        if there is None:
            yield tr("{attribute}: {wanted} is asked for, and none was shown", attribute=key, wanted=value)
        elif fits(value, there):
            yield tr("{attribute}: {shown} fits", attribute=key, shown=there)
        else:
            yield tr("{attribute}: {wanted} is asked for, {shown} was shown", attribute=key, wanted=value, shown=there)


def met(wanted: Name, shown: Name) -> bool:
    given = numbered(shown)
    return all(key in given and fits(value, given[key]) for key, value in numbered(wanted).items())


def numbered(name: Name) -> dict[tuple[str, int], str]:
    found: dict[tuple[str, int], str] = {}
    for key, value in name.attributes:
        found[key, sum(other == key for other, _ in found)] = value
    return found


def fits(wanted: str, shown: str) -> bool:
    """SSLPEER knows one wildcard, the star at the beginning or the end of a value."""
    return fnmatchcase(shown.casefold(), re.sub(r"([\[\]?])", r"[\1]", wanted.casefold()))


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
    if event.kind == "mq-event":
        return True
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
