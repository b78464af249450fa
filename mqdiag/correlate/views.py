"""
An episode with what joining asks of it, worked out once: names, addresses, the span of its records, its clock.

How well two of them fit is asked for many pairs and depends on few traits, so it is kept by traits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mqdiag.correlate.calendars import QUARTER
from mqdiag.correlate.relation import (
    CLOSED,
    is_application,
    names_no_cause,
    never_connected,
    relation,
    was_refused,
)
from mqdiag.model import Peer, all_said
from mqdiag.names import same_certificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from mqdiag.correlate.episodes import Episode
    from mqdiag.model import Certificate, Event

GRAIN_S = 0.5  # two distances in time that differ by less are the same
FARTHEST_S = 26 * 3600.0  # between the local times of one moment anywhere
LATER_S = 30.0  # a call that began at a stamp of `date` above it has come to an end by then
WHOLE_SECOND_S = 1.0  # the same where a log prints no fractions

SAME_WORD = 0.5  # added where a user, a program or a file is named alike on both sides: no more than a hint
COMMON_WORDS = frozenset({"clntuser", "sslpeer", "qmname", "svrconn", "client", "server", "amqrmppa", "runmqchl"})
OTHER_HOST = 2.0  # taken off where a client calls a host by name and the record is of another


@dataclass(frozen=True, slots=True)
class Traits:
    """
    All that the likeness of two episodes depends on, time left aside. `peers` are the names and addresses of the
    other end as this one writes them, `bearers` the hosts that certificates in its records are named after. `words`
    are of users, programs and channels.
    """

    kinds: tuple[tuple[object, ...], ...]
    channels: frozenset[str]
    queue_managers: frozenset[str]
    hosts: frozenset[str]
    peers: frozenset[str]
    bearers: frozenset[str]
    words: frozenset[str]
    certificates: tuple[Certificate, ...]
    tells: bool  # an application is among the writers
    sided: bool

    @property
    def names(self) -> frozenset[str]:
        """What others may call the host: its name, or that of the queue manager that runs there."""
        return self.hosts | {each.lower() for each in self.queue_managers}


@dataclass(frozen=True, slots=True)
class View:
    """
    `begin` and `end` are seconds since 1970 on the writer's own clock, between which the records were written, None
    where no instant is known. Views with the same `sort` have the same traits.
    """

    episode: Episode
    traits: Traits
    sort: int
    clock: str
    begin: float | None
    end: float | None
    instant: float | None
    grain_s: float


def views(episodes: Iterable[Episode], hosts: Mapping[str, str]) -> list[View]:
    """`hosts` names the host of every source that prints one somewhere, by path."""
    sorts: dict[Traits, int] = {}
    known: dict[object, Traits] = {}
    return [view(each, hosts, sorts, known) for each in episodes]


def view(episode: Episode, hosts: Mapping[str, str], sorts: dict[Traits, int], known: dict[object, Traits]) -> View:
    """`sorts` numbers the traits seen so far, `known` has them by what episodes say."""
    events = episode.events
    said = all_said(events)
    found = known.get(said) if said else None
    if found is None:
        found = traits(events)
        if said:
            known[said] = found
    times = [each.instant.timestamp() for each in events if each.instant]
    waited = max((float(each.facts.get("elapsed_s", 0)) for each in events), default=0.0)
    later = LATER_S if any("stamped" in each.facts for each in events) else 0.0
    instant = episode.instant
    return View(
        episode,
        found,
        sorts.setdefault(found, len(sorts)),
        clock_of(episode, hosts),
        min(times) - waited if times else None,
        max(times) + later if times else None,
        instant.timestamp() if instant else None,
        WHOLE_SECOND_S if all(each % 1 == 0 for each in times) else GRAIN_S,
    )


def clock_of(episode: Episode, hosts: Mapping[str, str]) -> str:
    """Whose clock stamped an episode: its host; where none is printed, the file that holds its records."""
    path = episode.lead.span.path
    return next((each.host for each in episode.events if each.host), None) or hosts.get(path) or path


def untimed(view: View) -> bool:
    """Whether nothing in the records says when it was; a local time whose zone is unknown does say something."""
    return all(event.stamp is None for event in view.episode.events)


def can_be_one_moment(one: View, other: View, unset_s: float) -> bool:
    """
    Whether two local times differ by quarters of an hour, as zones do, give or take what clocks differ. What has no
    local time can be of any moment.
    """
    ours, theirs = local(one), local(other)
    if ours is None or theirs is None:
        return True
    apart = abs((ours - theirs).total_seconds())
    quarters = apart % QUARTER.total_seconds()
    return apart <= FARTHEST_S and min(quarters, QUARTER.total_seconds() - quarters) <= unset_s


def local(view: View) -> datetime | None:
    stamp = view.episode.lead.stamp
    return stamp.local if stamp else None


def signature(episode: Episode) -> object:
    """What two repetitions of one failure on one side have in common."""
    lead = episode.lead
    peer = lead.peer and (lead.peer.host, lead.peer.address)
    return (
        lead.message_id and lead.message_id.key,
        lead.reason_code,
        lead.codes,
        lead.channel,
        lead.user,
        lead.host or lead.span.path,
        lead.certificate,
        peer,
    )


def leads(views: Iterable[View]) -> tuple[Event, ...]:
    """The leading records of several episodes, in the order in which they stand in the files."""
    return tuple(sorted((each.episode.lead for each in views), key=lambda event: event.span))


def traits(events: Sequence[Event]) -> Traits:
    return Traits(
        kinds=tuple(sorted({kind(each): each for each in events}, key=repr)),
        channels=frozenset(each.channel for each in events if each.channel),
        queue_managers=frozenset(each.queue_manager for each in events if each.queue_manager),
        hosts=frozenset(each.host.lower() for each in events if each.host),
        peers=frozenset(name for each in events if each.peer for name in spellings(each.peer)),
        bearers=frozenset(name for each in events if each.certificate for name in bearer(each.certificate)),
        words=frozenset(word for each in events for word in words_of(each)),
        certificates=tuple(dict.fromkeys(each.certificate for each in events if each.certificate)),
        tells=any(is_application(each) for each in events),
        sided=any(each.side for each in events),
    )


def words_of(event: Event) -> Iterator[str]:
    """
    The words by which people name one thing on both sides: CLNTUSER(castor) at the queue manager, castor.exe or
    castor.log at the client, TWIN.CASTOR the channel between them.
    """
    program = re.split(r"[\\/]", event.program or "")[-1]
    file = event.span.path.rpartition("/")[2] if is_application(event) else ""
    named = (event.user, program, file, event.channel, event.facts.get("application"), event.facts.get("rule"))
    for text in named:
        for word in re.findall(r"[a-z0-9]{4,}", (text or "").lower()):
            if word not in COMMON_WORDS:
                yield word


def bearer(certificate: Certificate) -> Iterator[str]:
    """The names that a host would have if the certificate is its own: CN=stapler02.example.net is of stapler02."""
    for key, value in certificate.subject.attributes if certificate.subject else ():
        if key == "CN":
            yield from spellings(Peer(value))


def spellings(peer: Peer) -> tuple[str, ...]:
    """A peer's names in lower case: the host, the host without its domain, the address."""
    name = (peer.host or "").lower()
    return tuple(each for each in (name, name.partition(".")[0], (peer.address or "").lower()) if each)


def host_names(peers: Iterable[str]) -> set[str]:
    """The names among the spellings of peers; the others are addresses."""
    return {each for each in peers if ":" not in each and not each.replace(".", "").isdigit()}


def kind(event: Event) -> tuple[object, ...]:
    """What `relation` looks at."""
    key = event.message_id.key if event.message_id else ""
    closed = key in CLOSED and bool(event.channel)
    end = closed and event.side
    told = is_application(event), event.reason_code
    return key, event.role, event.layer, *told, end, names_no_cause(event), never_connected(event), was_refused(event)


@dataclass(slots=True)
class Scale:
    """
    Weighs pairs of a caller's and an acceptor's view. `named` are the hosts that some caller calls by the name
    that their own log prints: only of them it can be said that a call to another name went elsewhere.
    """

    named: frozenset[str] = frozenset()
    relations: dict[tuple[tuple[object, ...], tuple[object, ...]], float] = field(default_factory=dict)
    weighed: dict[tuple[int, int], float] = field(default_factory=dict)

    def relation(self, client: View, server: View) -> float:
        """The best relation of any two of their records."""
        return max(
            self.related(one, a, other, b)
            for one, a in zip(client.traits.kinds, samples(client), strict=True)
            for other, b in zip(server.traits.kinds, samples(server), strict=True)
        )

    def related(self, one: tuple[object, ...], a: Event, other: tuple[object, ...], b: Event) -> float:
        if (one, other) not in self.relations:
            self.relations[one, other] = relation(a, b)
        return self.relations[one, other]

    def likeness(self, client: View, server: View) -> float:
        """How well two views fit as the two ends of one failure, time left aside; 0 not at all."""
        key = client.sort, server.sort
        if key not in self.weighed:
            self.weighed[key] = self.weigh(client, server)
        return self.weighed[key]

    def weigh(self, client: View, server: View) -> float:
        ours, theirs = client.traits, server.traits
        if not theirs.sided or contradictory(ours, theirs) or are_strangers(ours, theirs):
            return 0
        fit = self.relation(client, server)
        named = bool(ours.channels & theirs.channels)
        near = addressed(ours, theirs)
        if fit < 1 or (fit < 2 and not named and (fit < 1.5 or near < 2)):
            return 0
        if not named and self.calls_another(ours, theirs):
            fit -= OTHER_HOST
        if fit <= 0:
            return 0
        return fit + 3 * named + near + same_certificates(ours, theirs) + SAME_WORD * bool(ours.words & theirs.words)

    def calls_another(self, client: Traits, server: Traits) -> bool:
        """Whether the client calls a host by name, and this server, which is called by its name, is not it."""
        return bool(client.peers) and bool(server.hosts & self.named) and not server.hosts & client.peers


def samples(view: View) -> list[Event]:
    """One event of each kind, in the order of `Traits.kinds`."""
    by_kind = {kind(each): each for each in view.episode.events}
    return [by_kind[each] for each in view.traits.kinds]


def contradictory(client: Traits, server: Traits) -> bool:
    """Whether they name different channels, or the application calls another queue manager (see relation.py)."""
    if client.channels and server.channels and not client.channels & server.channels:
        return True
    differ = client.queue_managers and server.queue_managers and not client.queue_managers & server.queue_managers
    return bool(differ) and (client.tells or server.tells)


def are_strangers(client: Traits, server: Traits) -> bool:
    """Whether each names another host than the other; one alone may do so, for a host can be called by an alias."""
    return calls_elsewhere(client, server) and sees_another(client, server)


def calls_elsewhere(client: Traits, server: Traits) -> bool:
    """
    Whether the client calls a host by name and this one has another. It can be the same all the same where a queue
    manager, a user or a program has the same name on both sides, or the host is called after the alias.
    """
    called = host_names(client.peers)
    if not called or not server.hosts or client.queue_managers & server.queue_managers or client.words & server.words:
        return False
    return not any(are_akin(a, b) for a in called for b in server.names)


def sees_another(client: Traits, server: Traits) -> bool:
    """Whether the server names the host that called, or was shown a certificate of one, and it is not this one."""
    seen = host_names(server.peers) | {each for each in server.bearers if "." in each}
    return bool(seen and client.hosts) and not any(are_akin(a, b) for a in seen for b in client.names)


def are_akin(called: str, host: str) -> bool:
    """Whether one host name begins with the other: `orders` is the service of which `orders-0` is a pod."""
    return host.startswith(called) or called.startswith(host)


def addressed(client: Traits, server: Traits) -> float:
    """Whether either end names the other's host or its certificate does, or both name the same queue manager."""
    called = bool(server.names & (client.peers | client.bearers))
    seen = bool(client.names & (server.peers | server.bearers))
    return 2.0 * (called or seen) + 0.5 * (called and seen) + bool(client.queue_managers & server.queue_managers)


def same_certificates(client: Traits, server: Traits) -> float:
    return float(any(same_certificate(one, other) for one in client.certificates for other in server.certificates))


def called_by_name(clients: Iterable[View], servers: Iterable[View]) -> frozenset[str]:
    """The accepting hosts that some caller knows by the name that they print of themselves."""
    called = {name for each in clients for name in each.traits.peers}
    return frozenset(name for each in servers for name in each.traits.hosts if name in called)
