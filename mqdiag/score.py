"""
How right the verdicts are on labelled cases: those of samples/cases, and anyone's own.

A case is a folder with a label, `case.toml` or `truth.json` (the keys are the same; samples/README.md lists them),
and the input beside it. The label is compared with the JSON report, so what is measured is what users get.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mqdiag.errors import MqdiagError
from mqdiag.language import plural, tr
from mqdiag.render import Page
from mqdiag.render._document import Bullets, Document, Facts, Heading, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from mqdiag.render._document import Block

    Json = dict[str, Any]

LABELS = ("case.toml", "truth.json")
CONFIDENCES = ("possible", "probable", "certain")
OPEN_CAUSES = ("rejected-by-peer", "tls-handshake-failed")  # they say that it failed, and that why is not known
ANY = (None, "any")


# ---- labels ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Case:
    """A folder and its label. `eq` is identity: a case can be a key."""

    folder: Path
    label: Json

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def incidents(self) -> list[Json]:
        found: list[Json] = self.label.get("incidents", [])
        return found

    @property
    def args(self) -> tuple[str, ...]:
        """The command line after `mqdiag analyze`."""
        return tuple(self.label.get("args") or ["."])


def cases(root: Path) -> list[Case]:
    """The labelled folders at or below a folder, by name. MqdiagError if there is none or a label is not right."""
    labels = sorted({each.parent: each for name in reversed(LABELS) for each in root.rglob(name)}.values())
    found = [Case(each.parent, label) for each in labels if (label := read(each)) is not None]
    if not found:
        raise MqdiagError(
            tr("You asked to score labelled cases."),
            where=str(root),
            found=tr("No folder there holds a label."),
            hint=tr("A label is a file case.toml or truth.json beside the logs; samples/README.md shows one."),
        )
    return found


def read(path: Path) -> Json | None:
    """The label in a file; None where a truth.json is some other file of that name."""
    try:
        text = path.read_text(encoding="utf-8")
        label = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise MqdiagError(tr("I could not read a label."), where=str(path), found=str(error)) from error
    if not isinstance(label, dict) or "incidents" not in label:
        if path.name == "truth.json":
            return None
        raise wrong(path, "incidents", tr("this key is missing; a quiet case has `incidents = []`"))
    check(path, label)
    # a truth.json that lies among the logs as a trap is no label: it has no args
    return label if path.suffix == ".toml" or "args" in label else None


def check(path: Path, label: Json) -> None:
    if not isinstance(label["incidents"], list):
        raise wrong(path, "incidents", tr("a list was expected"))
    for number, each in enumerate(label["incidents"]):
        if not isinstance(each, dict) or not isinstance(each.get("cause"), str):
            raise wrong(path, f"incidents[{number}] cause", tr("the slug of a cause was expected"))
        for key in ("confidence_at_least", "confidence_at_most"):
            if each.get(key, "possible") not in CONFIDENCES:
                raise wrong(path, f"incidents[{number}] {key}", tr("one of {names} was expected", names=CONFIDENCES))


def wrong(path: Path, where: str, found: str) -> MqdiagError:
    return MqdiagError(tr("A label is not right."), where=f"{path}: {where}", found=found)


# ---- one case against its report -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    A case compared with its report. `pairs`: a labelled incident and the reported one with its cause; `missed`:
    labelled, and not reported; `extra`: reported, and not in the label.
    """

    pairs: tuple[tuple[Json, Json], ...]
    missed: tuple[Json, ...]
    extra: tuple[Json, ...]


def compare(label: Json, report: Json) -> Outcome:
    """Every labelled incident with the reported one that fits it best, each in one pair at most."""
    left = list(report["incidents"])
    pairs, missed = [], []
    for wanted in label.get("incidents", []):
        fitting = [each for each in left if each["cause"] in (wanted["cause"], *wanted.get("accept", []))]
        if fitting:
            best = min(fitting, key=lambda each: len(differences(wanted, each)))
            left.remove(best)
            pairs.append((wanted, best))
        else:
            missed.append(wanted)
    return Outcome(tuple(pairs), tuple(missed), tuple(left))


def problems(label: Json, report: Json) -> list[str]:
    """What in a report is not as the label says; empty if all is."""
    outcome = compare(label, report)
    reported = ", ".join(summary(each) for each in report["incidents"]) or "-"
    result = [
        tr("no incident {cause}; reported: {reported}", cause=e["cause"], reported=reported) for e in outcome.missed
    ]
    for wanted, found in outcome.pairs:
        result += differences(wanted, found)
    result += [tr("reported but not in the label: {incident}", incident=summary(each)) for each in outcome.extra]
    return result + source_problems(label, report)


def source_problems(label: Json, report: Json) -> list[str]:
    sources = {each["path"]: each for each in report["sources"]}
    return [
        tr("{what} of {path}: {wanted} expected, {found} found", what=key, path=path, wanted=value, found=actual)
        for key, field in (("records", "records"), ("sides", "side"))
        for path, value in label.get(key, {}).items()
        if (actual := sources.get(path, {}).get(field)) != value
    ]


def summary(incident: Json) -> str:
    return f"{incident['cause']} ({incident['confidence']}, judge {incident['judge']}, x{incident['occurrences']})"


def differences(wanted: Json, found: Json) -> list[str]:
    """In what a reported incident is not as its label says, its cause aside."""
    name = found["cause"]
    seen = [
        ("confidence", bounds(wanted), found["confidence"], sure_enough(wanted, found)),
        *((key, wanted.get(key), found[key], wanted.get(key) in (*ANY, found[key])) for key in ("judge", "channel")),
        ("occurrences", wanted.get("occurrences"), found["occurrences"], counted(wanted, found)),
    ]
    if "owner" in wanted:
        owner = (found["certificate"] or {}).get("owner")
        seen.append(("owner", wanted["owner"], owner, owner == wanted["owner"]))
    result = [
        tr("{cause}: {what} {wanted} expected, {found} found", cause=name, what=what, wanted=one, found=other)
        for what, one, other, right in seen
        if not right
    ]
    return result + contents(wanted, found)


def bounds(wanted: Json) -> str:
    return f"{wanted.get('confidence_at_least', 'possible')}..{wanted.get('confidence_at_most', 'certain')}"


def sure_enough(wanted: Json, found: Json) -> bool:
    low, high = bounds(wanted).split("..")
    return CONFIDENCES.index(low) <= CONFIDENCES.index(found["confidence"]) <= CONFIDENCES.index(high)


def counted(wanted: Json, found: Json) -> bool:
    return wanted.get("occurrences") in (None, 0, found["occurrences"])


def contents(wanted: Json, found: Json) -> list[str]:
    """What has to be cited, named as an alternative or asked for, and is not."""
    cited = {f"{each['path']}:{each['line']}" for each in found["evidence"]} | {e["path"] for e in found["evidence"]}
    others = {each["cause"] for each in found["alternatives"]}
    absent = [("evidence", each) for each in wanted.get("evidence", []) if not cited & set(each.split("|"))]
    absent += [("alternatives", each) for each in wanted.get("alternatives_include", []) if each not in others]
    absent += [
        ("missing", each)
        for each in wanted.get("missing_includes", [])
        if not any(each in text for text in found["missing"])
    ]
    return [tr("{cause}: {name} is not in {what}", cause=found["cause"], name=name, what=what) for what, name in absent]


# ---- all cases -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CauseScore:
    """`right`: labelled and reported so; `missed`: labelled only; `wrong`: reported only."""

    cause: str
    right: int
    missed: int
    wrong: int

    @property
    def precision(self) -> float | None:
        return ratio(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float | None:
        return ratio(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.right / (2 * self.right + self.missed + self.wrong)


@dataclass(frozen=True, slots=True)
class Score:
    """
    `causes`: those labelled or reported anywhere, by slug. `judged`: pairs whose label names a judge,
    `judge_right` of them as labelled. `abstained`: labelled incidents for which nothing was said but that it
    failed, or nothing at all. `wrong_and_certain` and `false_alarms` (incidents on quiet cases) are what must not
    happen; `too_sure`: the cause is right, the confidence above what its label allows.
    `problems`: case and difference, everything that is not as labelled.
    """

    cases: int
    quiet: int
    incidents: int
    causes: tuple[CauseScore, ...]
    judged: int
    judge_right: int
    abstained: int
    too_sure: int
    false_alarms: int
    wrong_and_certain: int
    problems: tuple[tuple[str, str], ...]

    @property
    def macro_f1(self) -> float | None:
        return sum(each.f1 for each in self.causes) / len(self.causes) if self.causes else None


def ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def score(found: Sequence[Case], analyzed: Callable[[Case], Json]) -> Score:
    """The score of all cases; `analyzed` gives the JSON report of one."""
    reports = [(each, analyzed(each)) for each in found]
    outcomes = [(each, compare(each.label, report)) for each, report in reports]
    pairs = [pair for _, each in outcomes for pair in each.pairs]
    judged = [(wanted, got) for wanted, got in pairs if wanted.get("judge") not in ANY]
    return Score(
        cases=len(found),
        quiet=sum(not each.incidents for each in found),
        incidents=sum(len(each.incidents) for each in found),
        causes=tuple(by_cause(each for _, each in outcomes)),
        judged=len(judged),
        judge_right=sum(wanted["judge"] == got["judge"] for wanted, got in judged),
        abstained=sum(len(each.missed) for _, each in outcomes if all(e["cause"] in OPEN_CAUSES for e in each.extra)),
        too_sure=sum(too_sure(wanted, got) for wanted, got in pairs),
        false_alarms=sum(len(each.extra) for case, each in outcomes if not case.incidents),
        wrong_and_certain=sum(e["confidence"] == "certain" for _, each in outcomes for e in each.extra),
        problems=tuple((case.name, each) for case, report in reports for each in problems(case.label, report)),
    )


def too_sure(wanted: Json, found: Json) -> bool:
    at_most = wanted.get("confidence_at_most", "certain")
    return CONFIDENCES.index(found["confidence"]) > CONFIDENCES.index(at_most)


def by_cause(outcomes: Iterable[Outcome]) -> Iterator[CauseScore]:
    """An accepted other cause counts as right for the cause of the label."""
    right: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for each in outcomes:
        right.update(wanted["cause"] for wanted, _ in each.pairs)
        missed.update(wanted["cause"] for wanted in each.missed)
        wrong.update(found["cause"] for found in each.extra)
    for slug in sorted(right | missed | wrong):
        yield CauseScore(slug, right[slug], missed[slug], wrong[slug])


# ---- as a page -------------------------------------------------------------------------------------------------


def score_page(scored: Score) -> Page:
    return Page(lambda: Document(tuple(blocks(scored))), lambda: data(scored))


def data(scored: Score) -> Json:
    causes = [
        asdict(each) | {"precision": each.precision, "recall": each.recall, "f1": each.f1} for each in scored.causes
    ]
    shown = asdict(scored) | {"macro_f1": scored.macro_f1, "causes": causes}
    return shown | {"problems": [{"case": case, "text": text} for case, text in scored.problems]}


def blocks(scored: Score) -> Iterator[Block]:
    yield Heading(
        tr("{cases}, {quiet} of them quiet, {incidents}", cases=plural(scored.cases, "case"), quiet=scored.quiet,
           incidents=plural(scored.incidents, "incident")),
        1,
    )  # fmt: skip
    yield Facts(tuple(figures(scored)))
    yield Heading(tr("By cause"))
    columns = (tr("cause"), tr("right"), tr("missed"), tr("wrong"), tr("precision"), tr("recall"), "F1")
    yield Table(columns, tuple(row(each) for each in scored.causes), figures=columns[1:])
    if scored.problems:
        yield Heading(tr("Not as labelled"))
        yield Bullets(tuple(f"{case}: {text}" for case, text in scored.problems))


def figures(scored: Score) -> Iterator[tuple[str, str]]:
    yield tr("macro-F1"), share(scored.macro_f1)
    judged = tr("{part} of {whole}", part=scored.judge_right, whole=scored.judged)
    yield tr("right judge"), f"{share(ratio(scored.judge_right, scored.judged))} ({judged})"
    yield tr("false alarms on quiet cases"), str(scored.false_alarms)
    yield tr("wrong and certain"), str(scored.wrong_and_certain)
    yield tr("abstained"), str(scored.abstained)
    yield tr("more certain than the label allows"), str(scored.too_sure)


def row(each: CauseScore) -> tuple[str, ...]:
    counts = (str(each.right), str(each.missed), str(each.wrong))
    return (each.cause, *counts, share(each.precision), share(each.recall), share(each.f1))


def share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
