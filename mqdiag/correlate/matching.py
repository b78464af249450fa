"""
The best assignment of one side's episodes to the other's: the sum of the pairs' worth is the greatest possible.

A pair that is worth as much as what its two members could have instead is taken at once; that leaves small sets,
and each of them is solved exactly. What could be assigned otherwise without loss is said, not settled.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST_STEPS = 20_000_000  # of the exact method, for one set; beyond it the best pairs are taken in turn


@dataclass(frozen=True, slots=True)
class Edge:
    """A possible pair: index of the caller's episode and of the acceptor's. `slack` is what is no difference."""

    one: int
    other: int
    worth: float
    slack: float = 0.0


def assign(edges: Iterable[Edge]) -> dict[int, Edge]:
    """The best assignment, by the index of the caller's episode. The order of the edges does not matter."""
    chosen: dict[int, Edge] = {}
    rest = dominant(sorted(edges, key=lambda e: (-e.worth, e.one, e.other)), chosen)
    for part in components(rest):
        for edge in best(part):
            chosen[edge.one] = edge
    return chosen


def dominant(edges: Sequence[Edge], chosen: dict[int, Edge]) -> list[Edge]:
    """
    Take every edge that is worth the best others of both its ends together, as long as there are any: putting it
    in place of them never loses. Returns what is left open.
    """
    rest = list(edges)
    while True:
        by_one, by_other = grouped(rest)
        taken_ones, taken_others = set(), set()
        for edge in rest:
            others = (
                next((e.worth for e in side if e is not edge), 0.0) for side in (by_one[edge.one], by_other[edge.other])
            )
            if edge.one not in taken_ones and edge.other not in taken_others and edge.worth >= sum(others):
                chosen[edge.one] = edge
                taken_ones.add(edge.one)
                taken_others.add(edge.other)
        if not taken_ones:
            return rest
        rest = [e for e in rest if e.one not in taken_ones and e.other not in taken_others]


def grouped(edges: Iterable[Edge]) -> tuple[dict[int, list[Edge]], dict[int, list[Edge]]]:
    by_one: dict[int, list[Edge]] = defaultdict(list)
    by_other: dict[int, list[Edge]] = defaultdict(list)
    for edge in edges:
        by_one[edge.one].append(edge)
        by_other[edge.other].append(edge)
    return by_one, by_other


def components(edges: Sequence[Edge]) -> list[list[Edge]]:
    """The edges in sets that have no episode in common."""
    by_one, by_other = grouped(edges)
    seen: set[int] = set()
    found = []
    for start in by_one:
        if start in seen:
            continue
        seen.add(start)
        part, waiting = [], [start]
        while waiting:
            for edge in by_one[waiting.pop()]:
                part.append(edge)
                for back in by_other[edge.other]:
                    if back.one not in seen:
                        seen.add(back.one)
                        waiting.append(back.one)
        found.append(part)
    return found


def best(edges: Sequence[Edge]) -> list[Edge]:
    """The best assignment of one set."""
    ones, others = sorted({e.one for e in edges}), sorted({e.other for e in edges})
    if len(ones) ** 2 * (len(ones) + len(others)) > MOST_STEPS:
        return in_turn(edges)
    by_pair = {(e.one, e.other): e for e in edges}
    # there are places for all to stay alone at no worth, so the assignment always exists
    costs = [
        [-by_pair[one, other].worth if (one, other) in by_pair else math.inf for other in others] + [0.0] * len(ones)
        for one in ones
    ]
    return [by_pair[ones[row], others[column]] for row, column in enumerate(cheapest(costs)) if column < len(others)]


def in_turn(edges: Sequence[Edge]) -> list[Edge]:
    taken_ones: set[int] = set()
    taken_others: set[int] = set()
    found = []
    for edge in sorted(edges, key=lambda e: (-e.worth, e.one, e.other)):
        if edge.one not in taken_ones and edge.other not in taken_others:
            taken_ones.add(edge.one)
            taken_others.add(edge.other)
            found.append(edge)
    return found


def cheapest(costs: Sequence[Sequence[float]]) -> list[int]:
    """
    The column of every row in the assignment of least cost (the Hungarian method, with potentials).

    There are at least as many columns as rows; infinite costs are pairs that cannot be, and some assignment
    without them exists.
    """
    rows, columns = len(costs), len(costs[0])
    up, down = [0.0] * (rows + 1), [0.0] * (columns + 1)
    owner, way = [0] * (columns + 1), [0] * (columns + 1)
    for row in range(1, rows + 1):
        owner[0], at = row, 0
        least, done = [math.inf] * (columns + 1), [False] * (columns + 1)
        while owner[at]:
            done[at] = True
            current, step, target = owner[at], math.inf, 0
            line, base = costs[current - 1], up[current]
            for column in range(1, columns + 1):
                if done[column]:
                    continue
                reduced = line[column - 1] - base - down[column]
                if reduced < least[column]:
                    least[column], way[column] = reduced, at
                if least[column] < step:
                    step, target = least[column], column
            for column in range(columns + 1):
                if done[column]:
                    up[owner[column]] += step
                    down[column] -= step
                else:
                    least[column] -= step
            at = target
        while at:
            owner[at], at = owner[way[at]], way[at]
    return [column for _, column in sorted((owner[c], c - 1) for c in range(1, columns + 1) if owner[c])]


def swaps(edges: Iterable[Edge], chosen: Mapping[int, Edge]) -> list[Edge]:
    """
    The edges that were not chosen and could be without loss: in place of one pair, with an episode that is free,
    or in place of two pairs that exchange their members.
    """
    by_pair = {(e.one, e.other): e for e in edges}
    holder = {edge.other: edge for edge in chosen.values()}
    found = []
    for edge in by_pair.values():
        mine, theirs = chosen.get(edge.one), holder.get(edge.other)
        if edge is mine or not (mine or theirs):
            continue
        given_up = [each for each in (mine, theirs) if each]
        loss = sum(each.worth for each in given_up) - edge.worth
        if mine and theirs:
            back = by_pair.get((theirs.one, mine.other))
            loss -= back.worth if back else 0.0
        if loss < max(edge.slack, *(each.slack for each in given_up)):
            found.append(edge)
    return found
