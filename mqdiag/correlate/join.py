"""
Both sides of one failure: which episode of the accepting end belongs to which of the calling end.

All pairs that are possible are weighed first and then the best are taken, so the order of the input does not
matter. Names that contradict rule a pair out; the server's '????' contradicts nothing.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from mqdiag.correlate.episodes import Episode
from mqdiag.correlate.relation import contradict, is_application, relation
from mqdiag.model import Clock
from mqdiag.names import same_certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mqdiag.model import Event

WINDOW_S = 5.0  # between the two ends' records of one failure, clocks corrected
MAX_SKEW_S = 180.0  # clocks further apart than this are not corrected
CALL_S = 2.5  # between a client's record and what its application prints
TIMELESS = 0.2  # the worth of a pair whose distance in time is not known


@dataclass(frozen=True, slots=True)
class Edge:
    worth: float
    distance: float
    one: int
    other: int


def join(episodes: Sequence[Episode]) -> tuple[list[Episode], list[Clock]]:
    """
    Episodes joined across sides, each result the events of one failure, both sides' where both are there; and
    the clocks of the pairs of hosts, as far as unmistakable pairs show them.
    """
    told = [each for each in episodes if all(is_application(event) for event in each.events)]
    logged = [each for each in episodes if each not in told]
    clients = [each for each in logged if each.side == "client"]
    others = [each for each in logged if each.side != "client"]
    clients = merge(clients, told, same_client, WINDOW_S)
    clocks = skews(clients, others)
    known = {each.between: each.skew_s for each in clocks if each.spread_s <= WINDOW_S}
    reach = WINDOW_S + max(map(abs, known.values()), default=0.0)
    return merge(clients, others, partial(two_ends, skews=known), reach), clocks


def merge(
    ones: Sequence[Episode], others: Sequence[Episode], worth: Callable[[Episode, Episode], float], reach_s: float
) -> list[Episode]:
    """The episodes of both lists, the pairs that fit best joined, every episode in one pair at most."""
    taken_ones: dict[int, int] = {}
    taken_others: set[int] = set()
    possible = without_guesses(list(edges(ones, others, worth, reach_s)), ones, others)
    for edge in sorted(possible, key=lambda e: (-e.worth, e.distance, e.one, e.other)):
        if edge.one not in taken_ones and edge.other not in taken_others:
            taken_ones[edge.one] = edge.other
            taken_others.add(edge.other)
    result = []
    for index, one in enumerate(ones):
        events = list(one.events)
        if index in taken_ones:
            events += others[taken_ones[index]].events
        result.append(Episode(events))
    return result + [each for index, each in enumerate(others) if index not in taken_others]


def without_guesses(edges: Sequence[Edge], ones: Sequence[Episode], others: Sequence[Episode]) -> list[Edge]:
    """
    The edges without those that only the lack of a time makes possible: an episode without time is joined only
    where all its possible partners are repetitions of one failure.
    """
    partners: dict[tuple[str, int], set[object]] = {}
    for edge in edges:
        partners.setdefault(("one", edge.one), set()).add(signature(others[edge.other]))
        partners.setdefault(("other", edge.other), set()).add(signature(ones[edge.one]))
    return [
        edge
        for edge in edges
        if (ones[edge.one].instant or len(partners["one", edge.one]) == 1)
        and (others[edge.other].instant or len(partners["other", edge.other]) == 1)
    ]


def signature(episode: Episode) -> object:
    """What two repetitions of one failure on one side have in common."""
    lead = episode.lead
    return lead.message_id and lead.message_id.key, lead.reason_code, lead.codes, lead.channel, lead.user, lead.host


def edges(
    ones: Sequence[Episode], others: Sequence[Episode], worth: Callable[[Episode, Episode], float], reach_s: float
) -> Iterable[Edge]:
    """All pairs that are at most `reach_s` apart, and those whose distance in time cannot be known."""
    timed = sorted((each.instant.timestamp(), index) for index, each in enumerate(others) if each.instant)
    times = [when for when, _ in timed]
    timeless = [index for index, each in enumerate(others) if each.instant is None]
    for index, one in enumerate(ones):
        near: list[int] = list(range(len(others))) if one.instant is None else timeless
        if one.instant:
            begin, end = span_of(one)
            low, high = bisect_left(times, begin - reach_s), bisect_left(times, end + reach_s)
            near = near + [place for _, place in timed[low:high]]
        for place in near:
            value = worth(one, others[place])
            if value > 0:
                yield Edge(value, distance(one, others[place]) or 0.0, index, place)


def span_of(episode: Episode) -> tuple[float, float]:
    """From when to when a failure can have its counterpart: a call of 20.9 s waits that long for the other end."""
    assert episode.instant is not None
    times = [each.instant.timestamp() for each in episode.events if each.instant]
    waited = max((float(each.facts.get("elapsed_s", 0)) for each in episode.events), default=0.0)
    return min(times) - waited, max(times)


def distance(one: Episode, other: Episode, skew_s: float = 0.0) -> float | None:
    """
    Seconds between two episodes, 0 while the call of one of them was under way; None if it is not known.

    `skew_s` is by how much the clock of the other is ahead of that of the one.
    """
    if one.instant is None or other.instant is None:
        return None
    (begin, end), (start, stop) = span_of(one), span_of(other)
    return max(0.0, start - skew_s - end, begin - stop + skew_s)


def same_client(client: Episode, told: Episode) -> float:
    """How well what an application tells fits a record of the client library on the same host; 0 not at all."""
    apart = distance(client, told)
    if (apart is None and not untimed(told)) or (apart or 0) > CALL_S or contradict(client.events, told.events):
        return 0
    fit = max(relation(one, other) for one in client.events for other in told.events)
    near = posixpath.dirname(client.lead.span.path) == posixpath.dirname(told.lead.span.path)
    if fit < 2:
        return 0
    return fit + near + (TIMELESS if apart is None else 1 - apart / CALL_S)


def untimed(episode: Episode) -> bool:
    """Whether nothing in the records says when it was; a local time whose zone is unknown does say something."""
    return all(each.stamp is None for each in episode.events)


def two_ends(client: Episode, server: Episode, skews: Mapping[tuple[str, str], float]) -> float:
    """How well two episodes fit as the two ends of one failure, on clocks corrected by `skews`; 0 not at all."""
    fit = likeness(client, server)
    if not fit:
        return 0
    apart = distance(client, server, skews.get(hosts(client, server), 0.0))
    if apart is None:
        complementary = any(relation(one, other) == 3 for one in client.events for other in server.events)
        told = untimed(client) and all(is_application(each) for each in client.events)
        fits = (complementary or told) and no_host_conflict(client.events, server.events)
        return fit + TIMELESS if fits else 0
    return fit + 1 - apart / WINDOW_S if apart <= WINDOW_S else 0


def likeness(client: Episode, server: Episode) -> float:
    """How well two episodes fit as the two ends of one failure, time left aside; 0 not at all."""
    if server.side is None or contradict(client.events, server.events):
        return 0
    fit = max(relation(one, other) for one in client.events for other in server.events)
    named = bool(shared(client.events, server.events, lambda each: each.channel))
    near = addressed(client.events, server.events)
    if fit < 1 or (fit < 2 and not named and (fit < 1.5 or near < 2)):
        return 0
    return fit + 3 * named + near + known_certificate(client, server)


# ---- clocks ----------------------------------------------------------------------------------------------------


def hosts(client: Episode, server: Episode) -> tuple[str, str]:
    """The two hosts of a pair, by name; where none is printed, by the file that holds their records."""
    one, other = (next((e.host for e in each.events if e.host), each.lead.span.path) for each in (client, server))
    return one, other


def skews(clients: Sequence[Episode], servers: Sequence[Episode]) -> list[Clock]:
    """
    By how much the clocks of each two hosts differ, from pairs that cannot be anything else.

    Such a pair has complementary records and one channel or certificate, and within MAX_SKEW_S neither side has
    another partner.
    """
    partners: dict[int, list[int]] = {}
    chosen_by: dict[int, list[int]] = {}
    for edge in edges(clients, servers, unmistakable, MAX_SKEW_S):
        if clients[edge.one].instant and servers[edge.other].instant:
            partners.setdefault(edge.one, []).append(edge.other)
            chosen_by.setdefault(edge.other, []).append(edge.one)
    differences: dict[tuple[str, str], list[float]] = {}
    for one, others in partners.items():
        if len(others) == 1 and len(chosen_by[others[0]]) == 1:
            client, server = clients[one], servers[others[0]]
            assert client.instant and server.instant
            apart = (server.instant - client.instant).total_seconds()
            differences.setdefault(hosts(client, server), []).append(apart)
    return [
        Clock(pair, round(median(each), 3), round(max(each) - min(each), 3), len(each))
        for pair, each in sorted(differences.items())
    ]


def unmistakable(client: Episode, server: Episode) -> float:
    """Whether two episodes are two views of one failure by their names alone, whatever their clocks say."""
    named = shared(client.events, server.events, lambda each: each.channel) or known_certificate(client, server)
    complementary = any(relation(one, other) >= 2 for one in client.events for other in server.events)
    return likeness(client, server) if named and complementary else 0


def shared(ones: Sequence[Event], others: Sequence[Event], what: Callable[[Event], object]) -> set[object]:
    return {what(each) for each in ones if what(each)} & {what(each) for each in others if what(each)}


def addressed(client: Sequence[Event], server: Sequence[Event]) -> float:
    """Whether the client calls the host that the server's records were written on, or its queue manager."""
    called = {name.lower() for each in client if each.peer for name in (each.peer.host, each.peer.address) if name}
    hosts = {each.host.lower() for each in server if each.host}
    short = {name.partition(".")[0] for name in called}
    return 2.0 * bool(hosts & (called | short)) + bool(shared(client, server, lambda each: each.queue_manager))


def no_host_conflict(client: Sequence[Event], server: Sequence[Event]) -> bool:
    """Without times a pair needs that nothing speaks against it: the client does not call another host."""
    called = {each.peer.host.lower() for each in client if each.peer and each.peer.host}
    hosts = {each.host.lower() for each in server if each.host}
    return not called or not hosts or bool(hosts & called)


def known_certificate(client: Episode, server: Episode) -> float:
    ours = [each.certificate for each in client.events if each.certificate]
    theirs = [each.certificate for each in server.events if each.certificate]
    return float(any(same_certificate(a, b) for a in ours for b in theirs))
