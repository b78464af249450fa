"""
Echoes that neither a clock nor a name joins to their refusal.

Who refuses closes the other end's handshake or call. Where clocks are a minute apart and no name is in both records,
the time joins nothing. But where a refusal has no echo on the other side, and an echo there no refusal, and there is
little else that either could belong to, they are hardly two failures. Then the echo is cited as what may be the other
end's record, and does not stand alone. Nothing is learned from it, no clock either.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mqdiag.correlate.clocks import MAX_SKEW_S
from mqdiag.correlate.relation import names_no_cause
from mqdiag.correlate.views import calls_elsewhere, can_be_one_moment, host_names, leads, signature, untimed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from mqdiag.correlate.join import Correction, Joined
    from mqdiag.correlate.views import Scale, Traits, View
    from mqdiag.model import Event

FEW = 3  # different refusals of which an echo can be; among more it would be a guess
TOO_MANY = 10_000  # pairs to ask for: where so much is left over, it says nothing
LONG_AGO = float("-inf")  # where what has no time at all stands

Sort = tuple[int, object]
Sorts = dict[Sort, list["View"]]  # in time order, by what repetitions of one failure have in common


def with_echoes(
    joined: Sequence[Joined], clients: Sequence[View], servers: Sequence[View], scale: Scale, clocks: Correction
) -> list[Joined]:
    """What was joined, with the echoes that are left over as candidates of the refusals that are."""
    alone = {id(each.episode) for each in joined if not each.candidates}
    left = [[view for view in views if is_left_over(view, alone)] for views in (servers, clients)]
    if not all(left):
        return list(joined)
    search = Search(scale, clocks, frozenset(joined_clocks(joined, (*clients, *servers))))
    heard: dict[int, list[View]] = defaultdict(list)  # by the episode of the refusal
    gone: set[int] = set()
    for ours, theirs in (left, left[::-1]):
        refusals = by_sort(each for each in ours if refuses(each.episode.lead) and id(each.episode) not in gone)
        echoes = by_sort(each for each in theirs if may_be_echo(each.episode.lead) and id(each.episode) not in heard)
        for refused, echo in search.found(refusals, echoes):
            heard[id(refused.episode)].append(echo)
            gone.add(id(echo.episode))
    return [
        replace(each, candidates=leads(heard[key])) if (key := id(each.episode)) in heard else each
        for each in joined
        if id(each.episode) not in gone
    ]


def is_left_over(view: View, alone: Collection[int]) -> bool:
    """Whether a view was not joined and is of one side."""
    return id(view.episode) in alone and len({event.side for event in view.episode.events if event.side}) == 1


def refuses(event: Event) -> bool:
    """Whether a record tells a cause, or is AMQ9771 of a Java client, whose exception may be its own finding."""
    return event.role == "judge" or (event.role == "victim" and bool(event.facts.get("exception")))


def may_be_echo(event: Event) -> bool:
    """Whether a record can be the other end's view of a refusal; AMQ9659 is written by who refused and by the other."""
    return event.role != "judge" or (event.layer == "tls" and names_no_cause(event))


def joined_clocks(joined: Iterable[Joined], views: Iterable[View]) -> Iterator[tuple[str, ...]]:
    """The clocks of two ends whose records were joined, in the order of their names: how far they differ is known."""
    clock = {id(each.episode.lead): each.clock for each in views}
    for each in joined:
        found = {clock[id(event)] for event in each.episode.events if id(event) in clock}
        if len(found) > 1:
            yield tuple(sorted(found))


def by_sort(views: Iterable[View]) -> Sorts:
    found: Sorts = defaultdict(list)
    for each in sorted(views, key=moment):
        found[each.sort, signature(each.episode)].append(each)
    return found


def moment(view: View) -> float:
    return LONG_AGO if view.instant is None else view.instant


@dataclass(frozen=True, slots=True)
class Search:
    """Which echoes can be of which refusals. `compared` are the clocks of which it is known how far they differ."""

    scale: Scale
    clocks: Correction
    compared: frozenset[tuple[str, ...]]

    def found(self, refusals: Sorts, echoes: Sorts) -> Iterator[tuple[View, View]]:
        """The pairs, where there are as many refusals as echoes and few of them."""
        if len(refusals) * len(echoes) > TOO_MANY:
            return
        partners = {
            sort: {each for each, refused in refusals.items() if self.belong(refused, echoed)}
            for sort, echoed in echoes.items()
        }
        for some in together(partners):
            possible = set().union(*(partners[sort] for sort in some))
            enough = len(some) <= len(possible) or count(some, echoes) <= count(possible, refusals)
            if enough and len(possible) <= FEW:
                for sort in some:
                    for refused in (each for mine in partners[sort] for each in refusals[mine]):
                        yield from ((refused, echo) for echo in self.around(refused, echoes[sort]))

    def belong(self, refusals: Sequence[View], echoes: Sequence[View]) -> bool:
        """Whether echoes of one sort can be of refusals of one sort: in kind, in names, and each near one in time."""
        one, other = refusals[0], echoes[0]
        client, server = (one, other) if one.episode.side == "client" else (other, one)
        is_known = self.clocks.known(client, server) or tuple(sorted((client.clock, server.clock))) in self.compared
        if (is_known and not untimed(other)) or name_others(client.traits, server.traits):
            return False
        if not self.scale.likeness(client, server) or (
            LONG_AGO in (moment(one), moment(other)) and len(refusals) * len(echoes) > TOO_MANY
        ):
            return False
        # in an application's words no message id says what the other end logs of it
        enough = 2 if one.episode.is_told or other.episode.is_told else 3
        return self.scale.relation(client, server) >= enough and all(self.around(each, refusals) for each in echoes)

    def around(self, view: View, others: Sequence[View]) -> Sequence[View]:
        """
        Those of the others, in their order, that are no further away than clocks may differ, or have no time; where
        zones are not known, no further from a quarter of an hour.
        """
        if view.instant is None:
            return [each for each in others if can_be_one_moment(view, each, MAX_SKEW_S)]
        instant = view.instant - self.clocks.shift(view) + self.clocks.shift(others[-1])
        low = bisect_left(others, instant - MAX_SKEW_S, key=moment)
        high = bisect_right(others, instant + MAX_SKEW_S, key=moment)
        without = others[: bisect_right(others, LONG_AGO, key=moment)]
        return [*(each for each in without if can_be_one_moment(view, each, MAX_SKEW_S)), *others[low:high]]


def count(sorts: Iterable[Sort], of: Sorts) -> int:
    return sum(len(of[sort]) for sort in sorts)


def name_others(client: Traits, server: Traits) -> bool:
    """Whether they name other hosts than each other: one that called, or a neighbour of this one, mq2 and not mq1."""
    seen = host_names(server.peers)
    return bool(seen and client.hosts and not seen & client.hosts) or (
        calls_elsewhere(client, server) and bool(stems(host_names(client.peers)) & stems(server.hosts))
    )


def stems(hosts: Iterable[str]) -> set[str]:
    return {stem for each in hosts if (stem := each.partition(".")[0].rstrip("0123456789"))}


def together(partners: Mapping[Sort, set[Sort]]) -> Iterator[list[Sort]]:
    """The echoes that have any partner, in groups of which none has a partner in common with another."""
    groups: list[tuple[set[Sort], list[Sort]]] = []
    for sort, mine in partners.items():
        near = [each for each in groups if each[0] & mine]
        groups = [each for each in groups if not each[0] & mine]
        if mine:
            groups.append((mine.union(*(each[0] for each in near)), [*(s for each in near for s in each[1]), sort]))
    for _, sorts in groups:
        yield sorts
