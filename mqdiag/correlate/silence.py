"""
What the other side's logs say of a failure by saying nothing.

Of forty client hosts only the one that called can be silent about it. Which host a name or an address means is
told by the names that logs print of themselves, and learned from the failures of which both sides are here. A log
that was rotated is one log: AMQERR01 begins where AMQERR02 ends.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mqdiag.correlate.views import spellings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mqdiag.model import Event, Side, SourceReport

LOGS = ("amqerr", "amqerr-json", "container", "syslog", "zos-joblog")  # kinds that log what happens, so can be silent
FEW = 2  # logs of the other side that are all named where nothing says which of them it is

Seconds = float


@dataclass(frozen=True, slots=True)
class Log:
    """The sources of one log: the files of one host and queue manager, or of one folder. Never empty."""

    sources: tuple[SourceReport, ...]
    ahead_s: Seconds

    @property
    def names(self) -> set[str]:
        first = self.sources[0]
        return {each.lower() for each in (first.host, first.queue_manager) if each}

    def covering(self, moment: Seconds) -> SourceReport | None:
        """
        The source that has records before and after a moment of the common time; of a rotated log with the moment
        between two of its files, the one that ends before it.
        """
        here = moment + self.ahead_s
        timed = [(s.first.timestamp(), s.last.timestamp(), s) for s in self.sources if s.first and s.last]
        timed.sort(key=lambda each: each[:2])  # a copy of a log has the times of the log
        for first, last, source in timed:
            if first <= here <= last:
                return source
        before = [source for _, last, source in timed if last <= here]
        after = any(first >= here for first, _, _ in timed)
        return before[-1] if before and after else None


@dataclass(slots=True)
class Logs:
    """
    All logs of the bundle by side, and what is known of who is who: `known_as` gives the names of hosts for a
    name, address, channel or queue manager, by the side that the hosts are on.
    """

    by_side: Mapping[Side, Sequence[Log]]
    known_as: Mapping[tuple[Side, str], set[str]] = field(default_factory=dict)

    def of_other_end(self, side: Side, events: Sequence[Event]) -> Sequence[Log]:
        """The logs of a side that could hold the other end's records of a failure; empty if none is known to."""
        candidates = self.by_side.get(side, ())
        called = [name for each in events for name in other_end(each)]
        channels = [f"channel {each.channel}" for each in events if each.channel]
        for names in (called, channels):
            wanted = set(names) | {host for name in names for host in self.known_as.get((side, name), ())}
            if found := [each for each in candidates if each.names & wanted]:
                return found
        return candidates if len(candidates) <= FEW else ()


def other_end(event: Event) -> Iterator[str]:
    """What an event calls the other end: names, addresses, and the queue manager that an application asks for."""
    if event.peer:
        yield from spellings(event.peer)
    if event.queue_manager and event.side == "client":
        yield event.queue_manager.lower()


def logs(sources: Sequence[SourceReport], ahead: Mapping[str, float], failures: Iterable[Sequence[Event]]) -> Logs:
    """`ahead` as in Join; `failures` are the events of each failure, those of both sides teach who is who."""
    grouped: dict[tuple[Side, str, str], list[SourceReport]] = defaultdict(list)
    for source in sources:
        if source.kind in LOGS and source.side:
            folder = "" if source.host else posixpath.dirname(source.path)
            grouped[source.side, source.host or folder, source.queue_manager or ""].append(source)
    by_side: dict[Side, list[Log]] = defaultdict(list)
    for (side, host, _), each in grouped.items():
        clock = host if host in ahead else each[0].path
        by_side[side].append(Log(tuple(each), ahead.get(clock, 0.0)))
    return Logs(by_side, learned(failures))


def learned(failures: Iterable[Sequence[Event]]) -> dict[tuple[Side, str], set[str]]:
    """Which hosts a name of the other end has meant, where both ends' records of a failure are here."""
    found: dict[tuple[Side, str], set[str]] = defaultdict(set)
    for events in failures:
        hosts: dict[Side, set[str]] = {"client": set(), "server": set()}
        for each in events:
            if each.side and each.host:
                hosts[each.side].add(each.host.lower())
        if not hosts["client"] or not hosts["server"]:
            continue
        for each in events:
            if each.side:
                there: Side = "server" if each.side == "client" else "client"
                for name in other_end(each):
                    found[there, name] |= hosts[there]
            if each.channel:
                found["client", f"channel {each.channel}"] |= hosts["client"]
                found["server", f"channel {each.channel}"] |= hosts["server"]
    return found


def unheard(
    known: Logs, events: Sequence[Event], moment: Seconds | None
) -> tuple[list[SourceReport], list[SourceReport]]:
    """
    The sources of the side that has no record here: those that cover the moment, and, of logs that do not, the
    newest of their sources. `moment` is on the common time, None if it is not known.
    """
    present = {event.side for event in events}
    silent, uncovered = [], []
    sides: tuple[Side, ...] = ("client", "server")
    for side in sides:
        if side in present:
            continue
        for log in known.of_other_end(side, events):
            source = log.covering(moment) if moment is not None else None
            if source:
                silent.append(source)
            else:
                uncovered.append(min(log.sources, key=lambda each: each.path))
    return silent, uncovered
