"""Verdicts that rest on a source of which little was understood: one step less sure, and they say why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mqdiag.language import tr
from mqdiag.model import CONFIDENCES, Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mqdiag.model import Evidence, Incident, SourceReport

FEW_BYTES = 4096  # below this a pasted record between some sentences is no damaged log


def poorly_understood(sources: Iterable[SourceReport], least: float) -> dict[str, float]:
    """The sources of which less than the share `least` was understood, with the share. A file of no format is none."""
    return {
        each.path: 1 - each.unparsed_bytes / each.bytes
        for each in sources
        if each.kind != "unknown" and each.bytes >= FEW_BYTES and each.bytes - each.unparsed_bytes < least * each.bytes
    }


def notes(shares: Mapping[str, float]) -> list[Note]:
    return [
        Note(
            "poorly-understood",
            path,
            None,
            tr(
                "Only {share} of this source was understood: verdicts that rest on it alone are one step less sure.",
                share=f"{share:.0%}",
            ),
        )
        for path, share in shares.items()
    ]


def doubted(incident: Incident, shares: Mapping[str, float]) -> Incident:
    """The incident, less sure where all records that carry it lie in sources of which little was understood."""
    paths = {each.span.path for each in carrying(incident.evidence)}
    if not paths or not paths <= shares.keys():
        return incident
    lower = CONFIDENCES[max(CONFIDENCES.index(incident.confidence) - 1, 0)]
    why = tuple(
        tr(
            "Only {share} of {path} was understood, so records that say otherwise may have been missed: get the file "
            "again, in binary, or name its encoding with --encoding.",
            share=f"{shares[path]:.0%}",
            path=path,
        )
        for path in sorted(paths)
    )
    return replace(incident, confidence=lower, missing=(*incident.missing, *why))


def carrying(evidence: Sequence[Evidence]) -> list[Evidence]:
    """What a verdict stands on: the judge's own records, or where there are none, all that were cited."""
    cited = [each for each in evidence if each.event]
    return [each for each in cited if each.role == "origin"] or cited
