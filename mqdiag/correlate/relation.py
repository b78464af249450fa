"""How two events can be two views of one failure: complementary ids, layers, names, addresses."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from mqdiag.knowledge import knowledge
from mqdiag.model import Code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mqdiag.model import Event

# What a caller logs when the other end just closes the connection. In TLS 1.3 that is all a client may see of
# a refused certificate, for its own handshake has ended by then.
CLOSED = {"AMQ9206", "AMQ9208", "AMQ9209"}

# What an end logs whose handshake the other end closed, for whatever reason.
HANDSHAKE_CLOSED = {"AMQ9665", "AMQ9771", "CSQX665"}

APPLICATION = (
    "java-exception",
    "mqi-transcript",
)  # kinds in which an application tells what its call returned


# Records of a certificate that was refused for its dates. Then the clock of the host that checked may be the fault.
DATES_IDS = {"AMQ9652", "AMQ9658", "CSQX658"}
DATES_CODES = {Code("x509", "9"), Code("x509", "10"), Code("gskit", "401")}
DATES_WORDS = ("CertificateNotYetValidException", "CertificateExpiredException", "NotTimeValid")


def is_about_dates(event: Event) -> bool:
    """Whether a record says that a certificate was refused for the time at which it was checked."""
    said = event.facts.get("exceptions", "")
    named = event.message_id is not None and event.message_id.key in DATES_IDS
    return named or bool(event.codes & DATES_CODES) or any(each in said for each in DATES_WORDS)


def is_application(event: Event) -> bool:
    return event.kind in APPLICATION


def saw_it_closed(event: Event, other: Event) -> bool:
    """
    Whether a record only says that the connection was closed, on a channel it knows, and can be what the refusal of
    the other end looked like. The accepting end knows the channel during the handshake only where the caller told
    it (SNI), and above TLS it would have been told why.
    """
    is_closed = event.message_id is not None and event.message_id.key in CLOSED and event.channel
    return bool(is_closed) and (event.side == "client" or (event.side == "server" and refused(other)))


@cache
def complementary(one: str, other: str) -> bool:
    """
    Whether these two message ids are written by the two ends of one failure: `peers` of messages/*.toml, and every
    finding of TLS at one end with the closed handshake at the other.
    """
    messages = knowledge().messages
    both = [(a, b) for a, b in ((one, other), (other, one)) if a in messages]
    return any(b in messages[a].peers or (b in HANDSHAKE_CLOSED and is_finding_of_tls(a)) for a, b in both)


def is_finding_of_tls(key: str) -> bool:
    message = knowledge().messages.get(key)
    return message is not None and message.role == "judge" and message.layer == "tls"


def refused(event: Event) -> bool:
    """Whether a record is a finding of TLS, or a Java client's AMQ9771 with an exception of its own and no alert."""
    if event.message_id is None or was_refused(event):
        return False
    own = event.layer == "tls" and event.role == "victim" and bool(event.facts.get("exception"))
    return own or is_finding_of_tls(event.message_id.key)


def was_refused(event: Event) -> bool:
    """Whether a record tells with a code that the other end refused: `CSQX620E ... RC=420`, AMQ9633 with 1042."""
    return event.role == "victim" and any(map(knowledge().is_of_other_end, event.codes))


def layers_of(event: Event) -> tuple[str, ...]:
    """
    The layers at which this event's failure can be: one for MQ's records, several for a reason code. An application
    whose connection was reset (2009, AMQ9213) may have met any of them.
    """
    entry = knowledge().codes.get("mqrc", {}).get(str(event.reason_code))
    if entry and (is_application(event) or not event.layer):
        return entry.layers
    return (event.layer,) if event.layer else ()


def relation(one: Event, other: Event) -> float:
    """
    How well two events of different sides fit as cause and echo: 3 complementary ids, 2 roles and layer fit,
    1.5 the caller only saw the connection closed, 1 the roles fit and the layers do not, or both ends found the
    same layer broken (then a name has to be shared, too), 0 nothing in common.
    """
    if never_connected(one) != never_connected(other) and not (is_about_tcp(one) and is_about_tcp(other)):
        return 0
    one_key, other_key = (each.message_id.key if each.message_id else "" for each in (one, other))
    told = (was_refused(one) and refused(other)) or (was_refused(other) and refused(one))
    if complementary(one_key, other_key) or told:
        both_unsaid = names_no_cause(one) and names_no_cause(other)
        return 3 if told or one.role != other.role or one.layer in ("tcp", "channel") or both_unsaid else 0
    if CLOSED & {one_key, other_key} and "judge" in (one.role, other.role):
        return 1.5 if saw_it_closed(one, other) or saw_it_closed(other, one) else 0
    shared = set(layers_of(one)) & set(layers_of(other))
    roles = {one.role, other.role}
    if not shared:
        return 1 if roles == {"judge", "victim"} else 0
    if is_application(one) or is_application(other):
        return 2 if roles != {"wrapper"} else 0
    if roles == {"judge", "victim"} or (roles == {"judge", "wrapper"} and shared == {"tls"}):
        return 2
    return 1 if shared <= {"tcp", "channel"} and roles <= {"judge", "victim"} else 0


def is_about_tcp(event: Event) -> bool:
    return event.role != "wrapper" and "tcp" in layers_of(event)


def never_connected(event: Event) -> bool:
    """Whether the call that failed was the one that connects: java.net.ConnectException, of Socket.connect."""
    return event.facts.get("call", "").rpartition(".")[2] == "connect"


def names_no_cause(event: Event) -> bool:
    """Whether a record prints no code that says why: AMQ9659 at both ends is one failure, two findings are two."""
    return all(code.namespace == "gskit" for code in event.codes)


def contradict(one: Iterable[Event], other: Iterable[Event]) -> bool:
    """Whether two groups of events name different channels or different queue managers."""
    for attribute in ("channel", "queue_manager"):
        ours = {value for each in one if (value := getattr(each, attribute))}
        theirs = {value for each in other if (value := getattr(each, attribute))}
        if ours and theirs and not ours & theirs and (attribute == "channel" or applications_differ(one, other)):
            return True
    return False


def applications_differ(one: Iterable[Event], other: Iterable[Event]) -> bool:
    """
    Only an application says which queue manager it *calls*; a queue manager's own log says which one *writes*,
    and the two ends of a message channel are two queue managers.
    """
    return any(is_application(each) for each in (*one, *other))
