"""
What was said of every incident, so that the next word on it is a revision and never a contradiction.

An incident is known by its first record, the *anchor*: whatever later evidence makes of the verdict, its id stays.
Where two incidents turn out to be one failure, the younger id gets a last revision that says what the older one
says, with 0 occurrences of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from mqdiag.classify import incident
from mqdiag.classify.fold import Identity, count, fold, identity
from mqdiag.follow.window import key_of
from mqdiag.language import tr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from mqdiag.classify.fold import Verdict
    from mqdiag.follow.window import Key
    from mqdiag.model import Event, Incident, Occurrence, Side

WAIT_S = 6.0  # for the other side, where only the victim has spoken
REPEAT_S = 5.0  # after this long repetitions are told; then twice as long each time, up to the longest
LONGEST_REPEAT_S = 320.0
INCIDENTS = 400  # remembered; beyond it those that nothing was heard of for longest are closed
SPOKEN = 4_096  # ids whose last revision is remembered
EXAMPLES = 24  # occurrences that speak for an incident; more of the same say nothing more

Change = Literal["new", "changed", "repeated", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Revision:
    """One word on an incident: the first, a changed one, a count, or the last of an id that was one too many."""

    incident: Incident
    revision: int
    change: Change


@dataclass(slots=True, eq=False)
class Case:
    """
    One incident over time. `kept` are verdicts whose records have left the window, the one with the anchor always
    among them; `dropped` counts those that are not kept. `told` is what was printed last.
    """

    id: str
    anchor: Key
    twin: object
    since: float
    kept: list[Verdict] = field(default_factory=list)
    dropped: int = 0
    ends: tuple[datetime, ...] = ()  # the first and last instant of what was dropped
    incident: Incident | None = None
    news: bool = False
    waits: bool = False
    told: Incident | None = None
    pending: bool = False  # there is more to tell than was told
    told_at: float = 0.0
    patience_s: float = REPEAT_S
    revision: int = 0
    heard: float = 0.0
    members: dict[Key, None] = field(default_factory=dict)  # its leads in the window
    state: object = None  # what `incident` was made of


def twin_of(event: Event) -> object:
    """What a record and its copy in another file have in common."""
    if event.message_id is None or event.process is None or event.stamp is None:
        return None
    return event.message_id.key, event.process, event.thread, event.stamp.instant or event.stamp.written


def essence(incident: Incident) -> tuple[object, ...]:
    """What a verdict says, without what repetitions of it change."""
    return (
        incident.cause,
        incident.title,
        incident.confidence,
        incident.judge,
        incident.channel,
        incident.queue_manager,
        incident.certificate,
        tuple(each.cause for each in incident.alternatives),
    )


def heard_sides(incident: Incident) -> set[Side | None]:
    return {each.side for each in incident.evidence if each.role != "absence"}


@dataclass(slots=True, eq=False)
class Ledger:
    """All incidents that are remembered, by id in the order in which they were last heard of."""

    wait_s: float = WAIT_S
    wanted: Callable[[Incident], bool] = lambda each: True
    limit: int = INCIDENTS
    cases: OrderedDict[str, Case] = field(default_factory=OrderedDict)
    spoken: OrderedDict[str, int] = field(default_factory=OrderedDict)
    last_words: list[Revision] = field(default_factory=list)
    closed: int = 0
    groups: dict[Identity, int] = field(default_factory=dict)  # identities and the incident each belongs to

    # ---- taking in -----------------------------------------------------------------------------------------------

    def take(
        self,
        verdicts: Sequence[Verdict],
        now: float,
        is_news: Callable[[Verdict], bool],
        hears: Callable[[Iterable[Side | None], Iterable[str]], bool],
    ) -> None:
        """
        Bring every incident up to date with the verdicts of the window.

        `is_news` tells whether a verdict rests on a record that came while we listened, `hears` whether a side
        that is none of these, in a log that is none of these, may still have something to say.
        """
        owner = {id(verdict): case for case in self.cases.values() for verdict in case.kept}
        everything = [*(verdict for case in self.cases.values() for verdict in case.kept), *verdicts]
        anchors = {case.anchor: case for case in self.cases.values()}
        groups = self.grouped(everything)
        found = [self.cases_in(group, anchors) for group in groups]
        missing = set(map(id, self.cases.values())) - {id(case) for cases in found for case in cases}
        orphans = [case for case in self.cases.values() if id(case) in missing]
        for group, cases in zip(groups, found, strict=True):
            case = cases[0] if cases else self.adopted(group, orphans) or self.opened(group, now)
            missing.discard(id(case))
            for other in cases[1:]:
                case.dropped += other.dropped
                case.ends += other.ends
                case.news = case.news or other.news
            self.update(case, group, now, owner, is_news, hears)
            for other in cases[1:]:
                self.withdraw(other, case.incident)
        for case in [each for each in self.cases.values() if id(each) in missing]:
            self.withdraw(case, None)

    def grouped(self, verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
        """
        The verdicts folded into incidents. Those with the same identity are folded once; if no identity is new,
        nothing is folded at all.
        """
        by_identity: dict[Identity, list[Verdict]] = {}
        for each in verdicts:
            by_identity.setdefault(identity(each), []).append(each)
        if by_identity.keys() != self.groups.keys():
            place = {id(members[0]): name for name, members in by_identity.items()}
            folded = fold([members[0] for members in by_identity.values()])
            self.groups = {place[id(one)]: number for number, group in enumerate(folded) for one in group}
        groups: dict[int, list[Verdict]] = {}
        order = {id(each): number for number, each in enumerate(verdicts)}
        for name, members in by_identity.items():
            groups.setdefault(self.groups[name], []).extend(members)
        return [sorted(group, key=lambda each: order[id(each)]) for group in groups.values()]

    @staticmethod
    def cases_in(group: Sequence[Verdict], anchors: dict[Key, Case]) -> list[Case]:
        """The incidents whose anchor is among the records of a group, the oldest first."""
        found = {
            id(case): case
            for verdict in group
            for event in verdict.occurrence.events
            if (case := anchors.get(key_of(event)))
        }
        return sorted(found.values(), key=lambda each: (each.told is None, each.since))

    @staticmethod
    def adopted(group: Sequence[Verdict], orphans: list[Case]) -> Case | None:
        """
        An incident whose anchor is in no group any more: a copy of it in another file came to stand for it, or
        the rest of its records say the same without it.
        """
        for case in orphans:
            for event in (event for verdict in group for event in verdict.occurrence.events):
                if key_of(event) in case.members or (case.twin is not None and twin_of(event) == case.twin):
                    orphans.remove(case)
                    case.anchor, case.twin = key_of(event), twin_of(event)
                    return case
        return None

    def opened(self, group: Sequence[Verdict], now: float) -> Case:
        lead = group[0].occurrence.lead
        name = incident(group[:1]).id
        while name in self.cases:  # two generations of one path can have the same record at the same place
            name += "+"
        case = Case(name, key_of(lead), twin_of(lead), now, revision=self.spoken.pop(name, 0))
        self.cases[name] = case
        return case

    def update(
        self,
        case: Case,
        group: Sequence[Verdict],
        now: float,
        owner: dict[int, Case],
        is_news: Callable[[Verdict], bool],
        hears: Callable[[Iterable[Side | None], Iterable[str]], bool],
    ) -> None:
        fresh = [each for each in group if id(each) not in owner]
        members = dict.fromkeys(key_of(each.occurrence.lead) for each in fresh)
        if case.members.keys() != members.keys():
            case.members, case.heard = members, now
            self.cases.move_to_end(case.id)
        case.kept = [each for each in group if id(each) in owner]
        if not case.news and any(is_news(each) for each in fresh):
            case.news, case.since = True, now
        spokesmen = few(group)
        state = (len(group), case.dropped, [(v.found, v.occurrence.events, beside(v.occurrence)) for v in spokesmen])
        if case.incident is None or state != case.state:
            case.state = state
            case.incident = self.made(case, group, incident(spokesmen, count(group) + case.dropped))
            case.pending = case.told is None or news_in(case.told, case.incident)
        sides = {each.side for each in case.incident.evidence}
        case.waits = not decided(case.incident) and hears(sides, {each.span.path for each in case.incident.evidence})

    @staticmethod
    def made(case: Case, group: Sequence[Verdict], found: Incident) -> Incident:
        """The incident with the id it has, and with what is remembered only as a count."""
        instants = [event.instant for each in group for event in each.occurrence.events if event.instant]
        instants += case.ends
        return replace(
            found,
            id=case.id,
            start=min(instants, default=None),
            end=max(instants, default=None),
        )

    def withdraw(self, case: Case, heir: Incident | None) -> None:
        """An id that was one too many. If it was never told, nobody needs to know."""
        self.cases.pop(case.id, None)
        if case.told is None:
            return
        says = (
            replace(heir, id=case.id, title=tr("{title} (the same as {id})", title=heir.title, id=heir.id))
            if heir
            else case.told
        )
        if heir is None:
            says = replace(says, title=tr("Withdrawn, later records speak against it: {title}", title=says.title))
        case.revision += 1
        self.last_words.append(Revision(replace(says, occurrences=0), case.revision, "withdrawn"))
        self.remember(case)

    def remember(self, case: Case) -> None:
        if case.revision:
            self.spoken[case.id] = case.revision
            while len(self.spoken) > SPOKEN:
                self.spoken.popitem(last=False)

    def keep(self, finished: Iterable[Verdict]) -> None:
        """Verdicts whose records leave the window: of each incident the first, the last, the best and the anchor."""
        anchors = {case.anchor: case for case in self.cases.values()}
        places = {key: case for case in self.cases.values() for key in case.members}
        for verdict in finished:
            lead = key_of(verdict.occurrence.lead)
            if home := places.get(lead) or anchors.get(lead):
                home.kept.append(verdict)
        for case in self.cases.values():
            self.thin(case)

    @staticmethod
    def thin(case: Case) -> None:
        kept = case.kept
        if len(kept) <= 4:
            return
        anchor = next((v for v in kept if any(key_of(e) == case.anchor for e in v.occurrence.events)), kept[0])
        best = max(kept, key=lambda each: (each.found.rank, len(each.occurrence.events)))
        chosen = {id(each) for each in (kept[0], anchor, best, kept[-1])}
        case.dropped += len(kept) - len(chosen)
        gone = (event for each in kept if id(each) not in chosen for event in each.occurrence.events)
        instants = [*case.ends, *(event.instant for event in gone if event.instant)]
        case.ends = (min(instants), max(instants)) if instants else ()
        case.kept = [each for each in kept if id(each) in chosen]

    # ---- giving out ----------------------------------------------------------------------------------------------

    def due(self, now: float, *, everything: bool = False) -> list[Revision]:
        """The words that are due now; `everything` at the end, when nothing will change any more."""
        result, self.last_words = self.last_words, []
        for case in list(self.cases.values()):
            if case.incident is None or not (case.pending and case.news) or not self.wanted(case.incident):
                continue
            change = self.change(case, now, everything)
            if change:
                case.revision += 1
                result.append(Revision(case.incident, case.revision, change))
                case.patience_s = min(case.patience_s * 2, LONGEST_REPEAT_S) if change == "repeated" else REPEAT_S
                case.told, case.told_at, case.pending = case.incident, now, False
        return result

    def change(self, case: Case, now: float, everything: bool) -> Change | None:
        assert case.incident is not None
        if case.told is None:
            waits = case.waits and now < case.since + self.wait_s and not everything
            return None if waits else "changed" if case.revision else "new"
        if essence(case.incident) != essence(case.told) or heard_sides(case.incident) - heard_sides(case.told):
            return "changed"
        return "repeated" if everything or now >= case.told_at + case.patience_s else None

    def next_due(self, now: float) -> float | None:
        """When something is due without a new record."""
        times = []
        for case in self.cases.values():
            if case.incident and case.pending and case.news and self.wanted(case.incident):
                first = case.since + self.wait_s if case.waits else now
                times.append(first if case.told is None else case.told_at + case.patience_s)
        return min(times, default=None)

    def close_old(self, alive: Callable[[Case], bool]) -> list[Revision]:
        """Close what nothing was heard of for longest, beyond the limit; their last words."""
        result: list[Revision] = []
        excess = len(self.cases) - self.limit
        for case in list(self.cases.values()):
            if excess <= 0:
                break
            if alive(case):
                continue
            excess -= 1
            del self.cases[case.id]
            self.closed += 1
            if case.incident and case.pending and case.news and self.wanted(case.incident):
                case.revision += 1
                result.append(Revision(case.incident, case.revision, "repeated" if case.told else "new"))
            self.remember(case)
        return result


def few(group: Sequence[Verdict]) -> Sequence[Verdict]:
    """Of a long group the ends and what says most."""
    if len(group) <= EXAMPLES:
        return group
    best = max(group, key=lambda each: (each.found.rank, len(each.occurrence.events)))
    some = [*group[: EXAMPLES // 2], *group[-EXAMPLES // 2 :]]
    return some if any(each is best for each in some) else [some[0], best, *some[1:]]


def decided(incident: Incident) -> bool:
    """Whether the end that refused has spoken, or both have."""
    if incident.confidence == "certain" or any(each.role == "origin" for each in incident.evidence):
        return True
    return {"client", "server"} <= heard_sides(incident)


def beside(occurrence: Occurrence) -> tuple[object, ...]:
    """What may be of an occurrence, the logs that are silent on it, and those that do not cover it."""
    silent, uncovered = (tuple(each.path for each in some) for some in (occurrence.silent, occurrence.uncovered))
    return tuple(each.span for each in occurrence.candidates), silent, uncovered


def news_in(told: Incident, incident: Incident) -> bool:
    """Whether there is more to tell, not only a clock that ran on in what a silent log covers."""
    return heard(told) != heard(incident)


def heard(incident: Incident) -> Incident:
    evidence = tuple(replace(each, says="") if each.role == "absence" else each for each in incident.evidence)
    return replace(incident, evidence=evidence)
