"""Occurrences of one cause on one channel between two ends are one incident, however often it occurred."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from mqdiag.classify.repeated import alike
from mqdiag.names import same_certificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mqdiag.classify.rules import Candidate
    from mqdiag.model import Certificate, Event, Occurrence, Side


T = TypeVar("T")

MAX_SKEW_S = 180.0  # clocks further apart than this are not thought of


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of one occurrence: the cause they found, and the others that the records allow."""

    occurrence: Occurrence
    found: Candidate
    others: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """
    What makes two occurrences the same incident. None is not known and agrees with anything: the server's
    '????' is the client's channel when all else agrees.
    """

    cause: str
    judge: Side | None
    channel: str | None
    queue_manager: str | None
    server: str | None  # the host that accepted
    caller: str | None  # the host that called, or its address as the server saw it
    address: str | None
    user: str | None
    told_in: str | None  # the file of the application that tells of it
    certificate: Certificate | None

    def agrees(self, other: Identity) -> bool:
        if self.cause != other.cause:
            return False
        pairs = (
            (self.judge, other.judge),
            (self.channel, other.channel),
            (self.queue_manager, other.queue_manager),
            (self.server, other.server),
            (self.caller, other.caller),
            (self.address, other.address),
            (self.user, other.user),
            (self.told_in, other.told_in),
        )
        if any(one is not None and two is not None and one != two for one, two in pairs):
            return False
        if self.certificate and other.certificate and not same_certificate(self.certificate, other.certificate):
            return False
        # something must be the same, not only nothing different
        named = any(one is not None and one == two for one, two in pairs[1:])
        return named or bool(self.certificate and other.certificate)

    @property
    def known(self) -> int:
        fields = (
            self.channel,
            self.queue_manager,
            self.server,
            self.caller,
            self.address,
            self.user,
            self.certificate,
        )
        return sum(each is not None for each in fields)


SECURITY_LAYERS = ("chlauth", "connauth", "oam")


def identity(verdict: Verdict) -> Identity:
    events, found = verdict.occurrence.events, verdict.found
    client = [each for each in events if each.side == "client"]
    server = [each for each in events if each.side == "server"]
    user = found.lead.user if found.cause.layer in SECURITY_LAYERS else None
    return Identity(
        cause=found.slug,
        judge=found.judge,
        channel=channel_of(events),
        queue_manager=first((*(e.queue_manager for e in server), *(e.queue_manager for e in client if calls(e)))),
        server=first(each.host for each in server),
        caller=first(each.host for each in client),
        address=first(each.peer.address or each.peer.host for each in server if each.peer),
        user=user,
        told_in=first(each.span.path for each in client if each.kind in ("java-exception", "mqi-transcript")),
        certificate=first(each.certificate for each in events if each.certificate),
    )


def known_identity(verdict: Verdict, known: dict[object, Identity]) -> Identity:
    """The identity of a verdict, that of another one whose records say the same."""
    key = alike(verdict.occurrence)
    if key is None:
        return identity(verdict)
    key = *key, verdict.found.slug, verdict.found.sign.judge, verdict.found.lead.said
    if key not in known:
        known[key] = identity(verdict)
    return known[key]


def calls(event: Event) -> bool:
    """Whether the queue manager that an event names is the one that was called, and not the one that wrote it."""
    return event.kind in ("java-exception", "mqi-transcript")


def count(group: Sequence[Verdict]) -> int:
    """
    How many failures the occurrences of one incident are.

    Where both ends have records that could not be joined, each of one end's is counted together with the one of
    the other end that is nearest in time and no further off than clocks are: it was hardly another failure.
    """
    times: dict[str, list[float]] = {"client": [], "server": []}
    for each in group:
        sides = {event.side for event in each.occurrence.events if event.side}
        instant = each.occurrence.lead.instant
        if len(sides) == 1 and instant:
            times[sides.pop()].append(instant.timestamp())
    clients, servers = sorted(times["client"]), sorted(times["server"])
    same = at = 0
    for when in clients:
        while at < len(servers) and servers[at] < when - MAX_SKEW_S:
            at += 1
        if at < len(servers) and servers[at] <= when + MAX_SKEW_S:
            same, at = same + 1, at + 1
    return len(group) - same


def channel_of(events: Iterable[Event]) -> str | None:
    return first(each.channel for each in events)


def queue_manager_of(events: Sequence[Event]) -> str | None:
    """The accepting queue manager; where its log is not there, the one that was called or that calls."""
    accepting = [each.queue_manager for each in events if each.side == "server"]
    return first((*accepting, *(each.queue_manager for each in events)))


def first(values: Iterable[T | None]) -> T | None:
    return next((each for each in values if each), None)


def fold(verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
    """
    The verdicts grouped into incidents, each group in the order given.

    Those that say most are placed first; one that leaves something open joins a group only if it agrees with
    exactly one, so nothing is joined on a guess.
    """
    known: dict[object, Identity] = {}
    keyed = [(known_identity(each, known), index) for index, each in enumerate(verdicts)]
    groups: list[tuple[Identity, list[int]]] = []
    by_key: dict[Identity, int] = {}
    by_channel: dict[str, dict[str | None, list[int]]] = defaultdict(lambda: defaultdict(list))
    for key, index in sorted(keyed, key=lambda each: (-each[0].known, each[1])):
        place = by_key.get(key) if key.agrees(key) else None  # of which nothing is known is like no other
        if place is None:
            agreeing = [each for each in comparable(by_channel[key.cause], key) if groups[each][0].agrees(key)]
            place = agreeing[0] if len(agreeing) == 1 else None
        if place is None:
            place = by_key[key] = len(groups)
            by_channel[key.cause][key.channel].append(place)
            groups.append((key, []))
        groups[place][1].append(index)
    return [[verdicts[index] for index in sorted(members)] for _, members in groups]


def comparable(by_channel: Mapping[str | None, Sequence[int]], key: Identity) -> Iterable[int]:
    """The groups whose channel does not contradict that of the key."""
    if key.channel is None:
        return chain.from_iterable(by_channel.values())
    return (*by_channel.get(key.channel, ()), *by_channel.get(None, ()))
