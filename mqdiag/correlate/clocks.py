"""
By how much the clocks of the hosts differ, from the failures that both ends logged.

Every record has one vote, and divides it among all records of the other side that it could belong to. With the
right correction the votes of all failures of two hosts fall on one point; with any other they scatter. So the
server's '????' is no hindrance: one of its records fits many, a dozen of them fit in one way only. A lone pair
counts only if its names make it unmistakable. Many minutes apart it may be only where neither log holds another
failure, and hours only where the record itself doubts the clock, for it is about the dates of a certificate.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice, zip_longest
from statistics import median
from typing import TYPE_CHECKING

from mqdiag.clock import WINDOW_S
from mqdiag.correlate.relation import is_about_dates
from mqdiag.correlate.views import addressed, host_names, same_certificates, signature
from mqdiag.model import Clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mqdiag.correlate.views import Scale, View

MAX_SKEW_S = 180.0  # clocks further apart than this are not corrected
ALONE_S = 600.0  # but for the only two failures there are, if they have a name in common
FAR_S = 86_400.0  # and where a record doubts the clock: its zone or day may be set wrong
WIDTHS_S = (0.25, 0.5, 1.0, 2.5)  # how far the pairs of two hosts scatter around their skew: tried in turn
CLEARLY = 1.5  # the best correction must have this many times the votes of the next best
BY_FAR = 3.0  # the same where that alone is enough to say that it is no chance
ENOUGH = 2.5  # different failures that make a clock
ENOUGH_IRREGULAR = 5  # pairs of one failure that happened at no regular intervals, so fits in one way only
UNLIKELY = 0.02  # the probability at which what is seen can be chance
ENOUGH_KNOWN = 2  # pairs with a name or an address in common that make one
SAMPLE = 60  # episodes of one clock that are asked

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Vote:
    """A possible pair: the acceptor's time minus the caller's, its share of a vote, and what makes it sure."""

    apart_s: float
    share: float
    one: int
    other: int
    sort: int  # of the caller's episode
    named: bool
    addressed: bool
    lone: bool  # neither has another partner
    seen: bool = False  # the acceptor names the caller's host
    fits: bool = (
        False  # complementary records, the caller names the acceptor's host, and the acceptor no other caller's
    )

    @property
    def is_unmistakable(self) -> bool:
        return self.lone and (self.named or self.seen)


def clocks(clients: Sequence[View], servers: Sequence[View], scale: Scale) -> list[Clock]:
    """The clocks of every two hosts that failures show; those with too wide a spread among them, to be shown."""
    by_clocks: dict[Pair, list[Vote]] = defaultdict(list)
    for vote in votes(clients, servers, scale):
        pair = clients[vote.one].clock, servers[vote.other].clock
        if pair[0] != pair[1]:
            by_clocks[pair].append(vote)
    found = [clock for pair, each in sorted(by_clocks.items()) if (clock := settle(pair, each))]
    return found or only_two(clients, servers, scale)


def only_two(clients: Sequence[View], servers: Sequence[View], scale: Scale) -> list[Clock]:
    """
    The clock of the only two failures there are, or of as many repetitions of each at the same distances: the more
    they have in common, the further apart they may be.
    """
    if len(clients) != len(servers) or any(len({alike(each) for each in views}) != 1 for views in (clients, servers)):
        return []
    client, server = clients[0], servers[0]
    ours, theirs = (sorted(each.instant for each in views if each.instant is not None) for views in (clients, servers))
    if len(ours) != len(clients) or len(theirs) != len(servers) or client.clock == server.clock:
        return []
    apart = [there - here for here, there in zip(ours, theirs, strict=True)]
    skew, spread = median(apart), max(apart) - min(apart)
    if spread > WINDOW_S or abs(skew) > farthest_s(client, server, scale) or not is_pair(client, server, scale):
        return []
    return [Clock((client.clock, server.clock), round(skew, 3), round(spread, 3), len(apart))]


def alike(view: View) -> tuple[object, ...]:
    """What repetitions of one failure, stamped by one clock, have in common."""
    return view.sort, view.clock, signature(view.episode)


def farthest_s(client: View, server: View, scale: Scale) -> float:
    """How far apart the only two failures may be and still be one; 0 where nothing but the time speaks for it."""
    known = know_each_other(client, server)
    if known and any(is_about_dates(each) for each in (*client.episode.events, *server.episode.events)):
        return FAR_S
    if is_named(client, server) or is_seen(client, server) or (known and scale.relation(client, server) == 3):
        return ALONE_S
    return 0.0


def is_pair(client: View, server: View, scale: Scale) -> bool:
    """Whether two episodes can be the two ends of one failure."""
    return scale.likeness(client, server) >= 2 and scale.relation(client, server) >= 2


def know_each_other(client: View, server: View) -> bool:
    """Whether they have a name in common, and the acceptor names no other host as the caller."""
    if is_named(client, server) or is_seen(client, server):
        return True
    others = client.traits.hosts and host_names(server.traits.peers)
    return addressed(client.traits, server.traits) >= 2 and not others


def is_seen(client: View, server: View) -> bool:
    """Whether the acceptor's records name the caller's host, or show a certificate that is named after it."""
    return bool(client.traits.names & (server.traits.peers | server.traits.bearers))


def votes(clients: Sequence[View], servers: Sequence[View], scale: Scale) -> Iterator[Vote]:
    """All possible pairs of complementary records within the greatest skew, of a sample of each host's failures."""
    timed = sorted((each.instant, index) for index, each in enumerate(servers) if each.instant is not None)
    times = [when for when, _ in timed]
    partners: dict[int, list[tuple[int, bool]]] = {}
    wanted: dict[int, int] = defaultdict(int)
    for index in sample(clients):
        client = clients[index]
        assert client.begin is not None and client.end is not None
        low, high = bisect_left(times, client.begin - MAX_SKEW_S), bisect_right(times, client.end + MAX_SKEW_S)
        found = []
        for _, place in timed[low:high]:
            if is_pair(client, servers[place], scale):
                found.append((place, is_named(client, servers[place])))
        if any(named for _, named in found):  # who has a partner by name has no other
            found = [each for each in found if each[1]]
        partners[index] = found
        for place, _ in found:
            wanted[place] += 1
    for index, found in partners.items():
        client = clients[index]
        assert client.instant is not None
        for place, named in found:
            server = servers[place]
            assert server.instant is not None
            near = addressed(client.traits, server.traits) >= 2
            lone = len(found) == 1 and wanted[place] == 1
            share = 1 / max(len(found), wanted[place])
            apart, seen = server.instant - client.instant, is_seen(client, server)
            fits = scale.relation(client, server) == 3 and know_each_other(client, server)
            yield Vote(apart, share, index, place, client.sort, named, near, lone, seen, fits)


def sample(clients: Sequence[View]) -> Iterator[int]:
    """
    The episodes that are asked, at most SAMPLE of each clock: first one of each sort, for of two hundred retries
    each says much the same, then the second of each.
    """
    by_clock: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, each in enumerate(clients):
        if each.instant is not None:
            by_clock[each.clock][each.sort].append(index)
    for by_sort in by_clock.values():
        turns = zip_longest(*(sorted(each, key=lambda index: clients[index].instant or 0) for each in by_sort.values()))
        yield from islice((index for turn in turns for index in turn if index is not None), SAMPLE)


def is_named(client: View, server: View) -> bool:
    """Whether the two name the same channel or the same certificate."""
    return bool(client.traits.channels & server.traits.channels) or bool(
        same_certificates(client.traits, server.traits)
    )


def settle(pair: Pair, found: Sequence[Vote]) -> Clock | None:
    """
    The clock of two hosts: the correction that clearly has the most votes. Where none has, but unmistakable
    pairs differ among themselves, their median and spread: to be shown and not to be used.
    """
    ordered = sorted(found, key=lambda each: (each.apart_s, each.one, each.other))
    if len(found) == 1 and found[0].lone and found[0].fits and abs(found[0].apart_s) > WINDOW_S:
        return clock(pair, found)  # of these hosts there is nothing else it could be
    for width in WIDTHS_S:
        members, times = best_point(ordered, width)
        if is_sure(members, times) and (times >= BY_FAR or is_no_chance(members, len(ordered), width)):
            return clock(pair, members)
    sure = [each for each in ordered if each.is_unmistakable]
    return clock(pair, sure) if len(sure) > 1 else None


def clock(pair: Pair, members: Sequence[Vote]) -> Clock:
    apart = [each.apart_s for each in members]
    return Clock(pair, round(median(apart), 3), round(max(apart) - min(apart), 3), len(apart))


def best_point(ordered: Sequence[Vote], width_s: float) -> tuple[list[Vote], float]:
    """The votes within `width_s` of the point that has the most, and how many times those of any other point."""
    sums = list(windows(ordered, width_s))
    weight, begin, end = max(sums, key=lambda each: (each[0], -abs(ordered[each[1]].apart_s)))
    middle = (ordered[begin].apart_s + ordered[end - 1].apart_s) / 2
    others = (
        other
        for other, low, high in sums
        if abs((ordered[low].apart_s + ordered[high - 1].apart_s) / 2 - middle) > 2 * width_s
    )
    return one_to_one(ordered[begin:end], middle), weight / max(others, default=weight / BY_FAR)


def windows(ordered: Sequence[Vote], width_s: float) -> Iterator[tuple[float, int, int]]:
    """The votes of every window of twice the width that begins with a vote: their sum, begin and end."""
    end, weight = 0, 0.0
    for begin, vote in enumerate(ordered):
        while end < len(ordered) and ordered[end].apart_s <= vote.apart_s + 2 * width_s:
            weight += ordered[end].share
            end += 1
        yield weight, begin, end
        weight -= vote.share


def one_to_one(found: Iterable[Vote], middle: float) -> list[Vote]:
    """Each record in one pair: the one nearest to the middle."""
    ones: set[int] = set()
    others: set[int] = set()
    kept = []
    for each in sorted(found, key=lambda v: (abs(v.apart_s - middle), v.one, v.other)):
        if each.one not in ones and each.other not in others:
            ones.add(each.one)
            others.add(each.other)
            kept.append(each)
    return kept


def is_sure(members: Sequence[Vote], times: float) -> bool:
    """
    Whether so many pairs of this quality, `times` as many as on any other point, make a clock. Repetitions of one
    failure count once, for two series of retries fit by chance all along; a name or an address in common makes
    half a failure more.
    """
    if times < CLEARLY:
        return False
    if any(each.is_unmistakable for each in members):
        return True
    known = [each for each in members if each.addressed or each.named]
    sorts = len({each.sort for each in members}) + 0.5 * len({each.sort for each in known})
    irregular = times >= BY_FAR and len(members) >= ENOUGH_IRREGULAR
    return len(known) >= ENOUGH_KNOWN or sorts >= ENOUGH or irregular


def is_no_chance(members: Sequence[Vote], votes: int, width_s: float) -> bool:
    """
    Whether votes that are scattered at random over all skews would hardly ever meet like this on one point.

    They are as many as a Poisson distribution has them, at each of the points that were looked at.
    """
    if any(each.is_unmistakable for each in members):
        return True
    known = any(each.addressed or each.named for each in members)
    count = len(members) if known else len({each.sort for each in members})
    expected = votes * width_s / MAX_SKEW_S
    fewer = sum(math.exp(-expected) * expected**n / math.factorial(n) for n in range(count))
    return (1 - fewer) * MAX_SKEW_S / width_s < UNLIKELY


def consistent(found: Sequence[Clock], ahead: Mapping[str, float]) -> list[Clock]:
    """The clocks without those that better supported ones of the same hosts contradict."""
    return [
        each
        for each in found
        if each.spread_s > WINDOW_S or abs(each.skew_s - ahead[each.between[1]] + ahead[each.between[0]]) <= WINDOW_S
    ]
