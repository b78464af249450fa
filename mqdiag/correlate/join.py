"""
Both sides of one failure: which episode of the accepting end belongs to which of the calling end.

All pairs that are possible are weighed and the best assignment of all is taken, so the order of the input does not
matter. Names that contradict rule a pair out; the server's '????' contradicts nothing. Where another assignment is
as good, nothing is picked: the episodes stay apart, and each has the others as its candidates.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mqdiag.clock import WINDOW_S, common_time, compared
from mqdiag.correlate.clocks import clocks, consistent
from mqdiag.correlate.echoes import with_echoes
from mqdiag.correlate.episodes import Episode
from mqdiag.correlate.matching import Edge, assign, swaps
from mqdiag.correlate.relation import contradict, relation
from mqdiag.correlate.views import (
    Scale,
    called_by_name,
    can_be_one_moment,
    host_names,
    leads,
    signature,
    untimed,
    views,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mqdiag.correlate.views import View
    from mqdiag.model import Clock, Event

CALL_S = 2.5  # between a client's record and what its application prints
SURE = 6.0  # the likeness of two records that name one channel: any clock will do for them
NARROWEST_S = 2.0  # the window where many pairs of two hosts were closer than that
ENOUGH_FOR_SCATTER = 4  # pairs that show how far apart the records of one failure are
UNSET_S = 60.0  # by so much clocks differ that nobody sets
TIMELESS = 0.2  # the worth of a pair whose distance in time is not known


@dataclass(frozen=True, slots=True)
class Joined:
    """
    The events of one failure, both sides' where both are there. `candidates` are records of the other side that
    fit as well as what was taken, or, where nothing was taken, as well as each other.
    """

    episode: Episode
    candidates: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Join:
    """`ahead` says by how many seconds a clock, by its host or file, is ahead of the common one."""

    joined: tuple[Joined, ...]
    clocks: tuple[Clock, ...]
    ahead: Mapping[str, float]


def join(episodes: Sequence[Episode], hosts: Mapping[str, str]) -> Join:
    """
    Episodes joined across sides, and how far the clocks differ. `hosts` names the host of every source that
    prints one somewhere, by path.
    """
    told = [each for each in episodes if each.is_told]
    logged = [each for each in episodes if not each.is_told]
    calling = with_applications([each for each in logged if each.side == "client"], told)
    accepting = [each for each in logged if each.side != "client"]
    if not calling or not accepting:
        return Join(tuple(Joined(each) for each in (*calling, *accepting)), (), {})
    clients, servers = views(calling, hosts), views(accepting, hosts)
    scale = Scale(called_by_name(clients, servers))
    found = clocks(clients, servers, scale)
    ahead = common_time(found)
    corrected = correction(found, ahead)
    edges = list(without_guesses(two_ends(clients, servers, scale, corrected), clients, servers))
    paired = with_echoes(list(pair_up(clients, servers, edges)), clients, servers, scale, corrected)
    return Join(tuple(paired), tuple(consistent(found, ahead)), ahead)


# ---- the client and its application ------------------------------------------------------------------------------


def with_applications(clients: Sequence[Episode], told: Sequence[Episode]) -> list[Episode]:
    """The episodes of client logs with what the application on the same host tells of them; then what is left."""
    if not clients or not told:
        return [*clients, *told]
    ones, others = views(clients, {}), views(told, {})
    edges = without_guesses(
        (
            Edge(one, other, worth)
            for one, other in near(ones, others, lambda _: 0.0)
            if (worth := same_client(ones[one], others[other])) > 0
        ),
        ones,
        others,
    )
    chosen = assign(edges)
    taken = {edge.other for edge in chosen.values()}
    joined = [
        Episode([*each.events, *(told[chosen[index].other].events if index in chosen else ())])
        for index, each in enumerate(clients)
    ]
    return joined + [each for index, each in enumerate(told) if index not in taken]


def same_client(client: View, told: View) -> float:
    """How well what an application tells fits a record of the client library on the same host; 0 not at all."""
    apart = distance(client, told)
    ones, others = client.episode.events, told.episode.events
    if (apart is None and not untimed(told)) or (apart or 0) > CALL_S or contradict(ones, others):
        return 0
    fit = max(relation(one, other) for one in ones for other in others)
    same_folder = posixpath.dirname(client.episode.lead.span.path) == posixpath.dirname(told.episode.lead.span.path)
    if fit < 2:
        return 0
    return fit + same_folder + (TIMELESS if apart is None else 1 - apart / CALL_S)


# ---- the two ends ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Correction:
    """
    What is known of the clocks: by how much each is ahead, which can be compared, and how far apart the records of
    one failure were where the clocks of two hosts were found. `trusted`: none is known to be wrong.
    """

    ahead: Mapping[str, float]
    groups: Mapping[str, str]
    scatter: Mapping[tuple[str, str], float]
    trusted: bool

    def shift(self, view: View) -> float:
        return self.ahead.get(view.clock, 0.0)

    def comparable(self, client: View, server: View) -> bool:
        """
        Whether closeness in time says something. Where clocks of the bundle are known to be wrong it does not for
        a clock of which nothing is known.
        """
        return self.trusted or self.known(client, server)

    def known(self, client: View, server: View) -> bool:
        """Whether it is known how far apart the clocks of the two are."""
        group = self.groups.get(client.clock, client.clock)
        return group == self.groups.get(server.clock, server.clock)

    def window_s(self, client: View, server: View) -> float:
        scatter = self.scatter.get((client.clock, server.clock), WINDOW_S)
        return min(WINDOW_S, max(NARROWEST_S, 3 * scatter))


def correction(found: Sequence[Clock], ahead: Mapping[str, float]) -> Correction:
    scatter = {each.between: each.spread_s for each in found if each.pairs >= ENOUGH_FOR_SCATTER}
    return Correction(ahead, compared(found), scatter, all(abs(each) <= WINDOW_S for each in ahead.values()))


def two_ends(clients: Sequence[View], servers: Sequence[View], scale: Scale, clocks: Correction) -> Iterator[Edge]:
    """All pairs that can be the two ends of one failure, on corrected clocks."""
    for one, other in near(clients, servers, clocks.shift):
        client, server = clients[one], servers[other]
        fit = scale.likeness(client, server)
        if not fit or (fit < SURE and not clocks.comparable(client, server)):
            continue
        apart = distance(client, server, clocks.shift(server) - clocks.shift(client))
        if apart is None:
            if fits_without_time(client, server, scale):
                yield Edge(one, other, fit + TIMELESS)
        elif apart <= (WINDOW_S if fit >= SURE else clocks.window_s(client, server)):
            slack = max(client.grain_s, server.grain_s) / WINDOW_S
            yield Edge(one, other, fit + 1 - apart / WINDOW_S, slack)


def fits_without_time(client: View, server: View, scale: Scale) -> bool:
    """
    Without times a pair needs complementary records, that the client does not call another host, and that the local
    times, if that is all there is, can be one moment in two zones.
    """
    told = untimed(client) and client.episode.is_told
    called = host_names(client.traits.peers)
    conflict = bool(called and server.traits.hosts and not server.traits.hosts & called)
    complementary = scale.relation(client, server) == 3 or told
    return complementary and not conflict and can_be_one_moment(client, server, UNSET_S)


def near(ones: Sequence[View], others: Sequence[View], shift: Callable[[View], float]) -> Iterator[tuple[int, int]]:
    """All pairs at most the window apart on clocks corrected by `shift`, and those that have no common time."""
    timed = sorted((each.end - shift(each), index) for index, each in enumerate(others) if each.end is not None)
    times = [when for when, _ in timed]
    longest = max(
        (each.end - each.begin for each in others if each.end is not None and each.begin is not None), default=0.0
    )
    timeless = [index for index, each in enumerate(others) if each.end is None]
    for index, one in enumerate(ones):
        if one.begin is None or one.end is None:
            yield from ((index, place) for place in range(len(others)))
            continue
        low = bisect_left(times, one.begin - shift(one) - WINDOW_S)
        high = bisect_right(times, one.end - shift(one) + WINDOW_S + longest)
        yield from ((index, place) for place in (*timeless, *(place for _, place in timed[low:high])))


def distance(one: View, other: View, skew_s: float = 0.0) -> float | None:
    """
    Seconds between two episodes, 0 while the call of one of them was under way; None if it is not known.

    `skew_s` is by how much the clock of the other is ahead of that of the one.
    """
    if one.begin is None or one.end is None or other.begin is None or other.end is None:
        return None
    return max(0.0, other.begin - skew_s - one.end, one.begin - other.end + skew_s)


def without_guesses(edges: Iterator[Edge], ones: Sequence[View], others: Sequence[View]) -> Iterator[Edge]:
    """
    The edges without those that only the lack of a time makes possible: an episode without time is joined only
    where all its possible partners are repetitions of one failure.
    """
    every = list(edges)
    partners: dict[tuple[str, int], set[object]] = defaultdict(set)
    for edge in every:
        if ones[edge.one].instant is None:
            partners["one", edge.one].add(signature(others[edge.other].episode))
        if others[edge.other].instant is None:
            partners["other", edge.other].add(signature(ones[edge.one].episode))
    for edge in every:
        if len(partners.get(("one", edge.one), ())) < 2 and len(partners.get(("other", edge.other), ())) < 2:
            yield edge


# ---- what is picked, and what is left open -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rivals:
    """
    Of one episode, by index: those of the other side that fit it as well as its partner does. `free` are the ones
    among them that have no partner themselves; an episode without partner has only such as have one.
    """

    all: set[int] = field(default_factory=set)
    free: set[int] = field(default_factory=set)


def pair_up(clients: Sequence[View], servers: Sequence[View], edges: Sequence[Edge]) -> Iterator[Joined]:
    """
    The best assignment, and no pick where another is as good and would say something else.

    Such pairs are left apart. Where one side's records tell the causes and the other's are only their echo, each
    of the latter is the echo of one of the former, and is cited as a candidate instead of standing alone.
    """
    chosen = assign(edges)
    of_clients, of_servers = rivals(edges, chosen)
    taken = {edge.other for edge in chosen.values()}
    for index, client in enumerate(clients):
        edge = chosen.get(index)
        mine = of_clients[index]
        if edge is None:
            yield Joined(client.episode, leads(servers[each] for each in mine.all))
            continue
        server, theirs = servers[edge.other], of_servers[edge.other]
        fits = differing(server, servers, mine), differing(client, clients, theirs)
        if not any(fits):
            yield Joined(both(client, server))
        elif all(fits) or fits[0] & mine.free or fits[1] & theirs.free:
            yield from apart(
                client,
                server,
                leads(clients[each] for each in {index} | theirs.all),
                leads(servers[each] for each in {edge.other} | mine.all),
                spare_callers=bool(theirs.free),
                spare_acceptors=bool(mine.free),
            )
        else:
            yield Joined(both(client, server), leads(servers[each] for each in mine.all))
    for index, server in enumerate(servers):
        if index not in taken:
            yield Joined(server.episode, leads(clients[each] for each in of_servers[index].all))


def both(client: View, server: View) -> Episode:
    return Episode([*client.episode.events, *server.episode.events])


def apart(
    client: View,
    server: View,
    callers: tuple[Event, ...],
    acceptors: tuple[Event, ...],
    *,
    spare_callers: bool,
    spare_acceptors: bool,
) -> Iterator[Joined]:
    """
    A pair that is not picked. `callers` and `acceptors` are the records that each can belong to; spare ones are there
    if some of them have no partner.
    """
    if spare_callers or not is_echo(client, acceptors):
        yield Joined(client.episode, acceptors)
    if spare_acceptors or not is_echo(server, callers):
        yield Joined(server.episode, callers)


def is_echo(view: View, others: Sequence[Event]) -> bool:
    """Whether an episode names no cause itself and all its candidates do."""
    return view.episode.lead.role != "judge" and all(each.role == "judge" for each in others)


def differing(partner: View, views: Sequence[View], rivals: Rivals) -> set[int]:
    """The rivals that are not just another repetition of the partner."""
    own = signature(partner.episode) if rivals.all else None
    return {each for each in rivals.all if signature(views[each].episode) != own}


def rivals(edges: Iterable[Edge], chosen: Mapping[int, Edge]) -> tuple[dict[int, Rivals], dict[int, Rivals]]:
    """The rivals for a place at every caller's and every acceptor's episode."""
    of_clients: dict[int, Rivals] = defaultdict(Rivals)
    of_servers: dict[int, Rivals] = defaultdict(Rivals)
    holders = {edge.other for edge in chosen.values()}
    for instead in swaps(edges, chosen):
        of_clients[instead.one].all.add(instead.other)
        of_servers[instead.other].all.add(instead.one)
        if instead.other not in holders:
            of_clients[instead.one].free.add(instead.other)
        if instead.one not in chosen:
            of_servers[instead.other].free.add(instead.one)
    return of_clients, of_servers
