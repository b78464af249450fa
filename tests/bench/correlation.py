"""
How well the two sides are joined, measured on bundles whose truth is known.

    python tests/bench/correlation.py                     the figures of RESULTS.md (a few minutes)
    python tests/bench/correlation.py --incidents 300     one bundle

Precision and recall are of pairs: the client's and the server's records of one failure in one occurrence. Sets that
the tool calls ambiguous are no pairs: they count against recall and not against precision. How long reading takes is
measured by speed.py.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from generate import Failure, Scene, Truth, write

from mqdiag.classify import classify
from mqdiag.correlate import correlate
from mqdiag.model import Clock, Incident, Occurrence
from mqdiag.pipeline import Options, gather
from mqdiag.processes import collecting_seldom


@dataclass(frozen=True, slots=True)
class Score:
    """Shares between 0 and 1; times in seconds of the processor; `ambiguous` counts the pairs that were left open."""

    records: int
    incidents: int
    failures: int
    pairs: int
    precision: float
    recall: float
    ambiguous: int
    occurrence_error: float
    cause_recall: float
    skews: int
    skew_error_s: float
    worst_skew_error_s: float
    correlate_s: float
    classify_s: float


def measure(scene: Scene) -> Score:
    """Write the bundle of a scene, join it, and compare with its truth."""
    with tempfile.TemporaryDirectory() as folder:
        truth = write(scene, Path(folder))
        zones = tuple(f"{folder}/{path}={zone}" for path, zone in truth.zones.items())
        bundle = gather(Options(paths=(folder,), tz=zones))
        with collecting_seldom():
            read = time.process_time()
            joined = correlate(bundle.readings, bundle.sides, bundle.zones, bundle.tz, bundle.date_order)
            correlated = time.process_time()
            incidents, _ = classify(joined.occurrences, joined.corroboration, joined.context)
            classified = time.process_time()
    good, wrong, ambiguous = pairs(joined.occurrences, truth, folder)
    possible = sum(bool(each.client and each.server) for each in truth.failures)
    errors = skew_errors(joined.clocks, truth)
    misses, expected = occurrence_errors(incidents, truth)
    return Score(
        records=truth.records,
        incidents=len(truth.incidents),
        failures=len(truth.failures),
        pairs=possible,
        precision=good / max(1, good + wrong),
        recall=good / max(1, possible),
        ambiguous=ambiguous,
        occurrence_error=misses / max(1, expected),
        cause_recall=cause_recall(incidents, truth),
        skews=len(errors),
        skew_error_s=sum(errors) / max(1, len(errors)),
        worst_skew_error_s=max(errors, default=0.0),
        correlate_s=correlated - read,
        classify_s=classified - correlated,
    )


def pairs(occurrences: tuple[Occurrence, ...], truth: Truth, folder: str) -> tuple[int, int, int]:
    """How many pairs are right, wrong, and left open as one of several."""
    owner: dict[tuple[str, int], Failure] = {}
    for failure in truth.failures:
        owner.update(dict.fromkeys((*failure.client, *failure.server), failure))
    good = wrong = ambiguous = 0
    for occurrence in occurrences:
        found: dict[str, Counter[int]] = {"client": Counter(), "server": Counter()}
        for event in occurrence.events:
            known = owner.get((event.span.path.removeprefix(f"{folder}/"), event.span.line))
            if known and event.side:
                found[event.side][id(known)] += 1
        if occurrence.candidates:
            ambiguous += 1
        elif found["client"] and found["server"]:
            right = found["client"].most_common(1)[0][0] == found["server"].most_common(1)[0][0]
            good, wrong = good + right, wrong + (not right)
    return good, wrong, ambiguous


def skew_errors(clocks: tuple[Clock, ...], truth: Truth) -> list[float]:
    ahead = truth.ahead_s
    return [abs(each.skew_s - (ahead[each.between[1]] - ahead[each.between[0]])) for each in clocks]


def both_sided(truth: Truth) -> dict[tuple[str, str], int]:
    """Occurrences of the incidents of which both ends' records are here, by cause and channel."""
    expected: Counter[tuple[str, str]] = Counter()
    for failure in truth.failures:
        cause, channel, _ = truth.incidents[failure.incident]
        if failure.client and failure.server:
            expected[cause, channel] += 1
    return expected


def occurrence_errors(incidents: list[Incident], truth: Truth) -> tuple[int, int]:
    """By how many occurrences the incidents are off, and of how many."""
    expected = both_sided(truth)
    counted: Counter[tuple[str, str | None]] = Counter()
    for each in incidents:
        counted[each.cause, each.channel] += each.occurrences
    return sum(abs(counted[key] - count) for key, count in expected.items()), sum(expected.values())


def cause_recall(incidents: list[Incident], truth: Truth) -> float:
    """The share of incidents, both ends' records being here, that are one incident of their cause and channel."""
    expected = both_sided(truth)
    reported = Counter((each.cause, each.channel) for each in incidents)
    return sum(reported[key] == 1 for key in expected) / max(1, len(expected))


HEAD = (
    "| bundle | records | failures | pairs | precision | recall | left open | occurrence error | incidents right "
    "| skews | skew error s (worst) | correlate s | classify s |"
)


def row(name: str, score: Score) -> str:
    cells = (
        name,
        f"{score.records:,}",
        f"{score.failures:,}",
        f"{score.pairs:,}",
        f"{score.precision:.4f}",
        f"{score.recall:.4f}",
        f"{score.ambiguous}",
        f"{score.occurrence_error:.4f}",
        f"{score.cause_recall:.4f}",
        f"{score.skews}",
        f"{score.skew_error_s:.3f} ({score.worst_skew_error_s:.3f})",
        f"{score.correlate_s:.2f}",
        f"{score.classify_s:.2f}",
    )
    return f"| {' | '.join(cells)} |"


AIM = Scene(incidents=300, channels=50, noise=20.0, skew_s=120.0)


def scenes() -> list[tuple[str, Scene]]:
    """The aim of the project with three seeds, what makes it harder, and the growth with the number of incidents."""
    quiet = replace(AIM, noise=1.0)
    return [
        *((f"aim, seed {seed}", replace(AIM, seed=seed)) for seed in (1, 2, 3)),
        ("skew 0", replace(quiet, skew_s=0.0)),
        ("skew 30 s", replace(quiet, skew_s=30.0)),
        ("all addresses hidden", replace(quiet, hidden=1.0)),
        ("an incident each 2 s", replace(quiet, apart_s=2.0)),
        ("no storm, few hosts", replace(quiet, storms=0, clients=5, queue_managers=2)),
        ("300 incidents", replace(quiet, noise=0.2)),
        ("3,000 incidents", replace(quiet, incidents=3000, channels=200, noise=0.2)),
        ("30,000 incidents", replace(quiet, incidents=30000, channels=2000, clients=200, noise=0.2)),
        ("100,000 incidents", replace(quiet, incidents=100_000, channels=6000, clients=600, noise=0.2)),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int)
    parser.add_argument("--noise", type=float, default=AIM.noise)
    parser.add_argument("--skew", type=float, default=AIM.skew_s)
    parser.add_argument("--hidden", type=float, default=AIM.hidden)
    parser.add_argument("--apart", type=float, default=AIM.apart_s)
    parser.add_argument("--channels", type=int, default=AIM.channels)
    parser.add_argument("--seed", type=int, default=AIM.seed)
    asked = parser.parse_args()
    chosen = scenes()
    if asked.incidents:
        scene = replace(
            AIM,
            seed=asked.seed,
            incidents=asked.incidents,
            noise=asked.noise,
            skew_s=asked.skew,
            hidden=asked.hidden,
            apart_s=asked.apart,
            channels=asked.channels,
        )
        chosen = [(f"{asked.incidents} incidents", scene)]
    print(HEAD)
    print("|" + "---|" * (HEAD.count("|") - 1))
    for name, scene in chosen:
        print(row(name, measure(scene)), flush=True)


if __name__ == "__main__":
    main()
