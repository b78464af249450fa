"""
The words that the renderers write of themselves: what a report says that names nobody.

They are read off reports that hold nothing but placeholders, so a new format brings its own words.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, get_args

from mqdiag.knowledge import knowledge
from mqdiag.model import (
    CONFIDENCES,
    Alternative,
    Certificate,
    CertificateFinding,
    Clock,
    Event,
    Evidence,
    Incident,
    Kind,
    MessageId,
    Name,
    Note,
    Remedy,
    Report,
    Role,
    SourceReport,
    Span,
    Stamp,
)
from mqdiag.render import Screen, formats, render, report_page

if TYPE_CHECKING:
    from collections.abc import Iterator

WORD = re.compile(r"[^\W\d_][\w]*(?:-\w+)*")
NOBODY = "0"  # stands for every name
SPAN = Span(NOBODY, 1, 2, 0, 1)
RAW = {SPAN: NOBODY}
MANY = 12  # of everything: some words are written only where there are many


@cache
def words_of_renderers() -> frozenset[str]:
    """The words of every format, as they are written."""
    return frozenset(
        word
        for report in specimens()
        for format in formats()
        for text in (render(report_page(report, RAW), format, Screen()),)
        for found in WORD.findall(text)
        for word in (found, *found.split("-"))
    )


def specimens() -> Iterator[Report]:
    """Reports of no, of one and of many incidents."""
    yield Report(NOBODY, (), (), (), ())
    for count in (0, 1, MANY):
        yield Report(
            NOBODY,
            tuple(source(kind) for kind in get_args(Kind) for _ in range(2)) if count != 1 else (source("amqerr"),),
            tuple(incident(number, slug) for number, slug in zip(range(count), knowledge().causes, strict=False)),
            (Clock((NOBODY, NOBODY), 1.0, 0.0, 1), Clock((NOBODY, NOBODY), -1.0, 0.0, 2)),
            tuple(Note(NOBODY, NOBODY, None, NOBODY) for _ in range(count)),
        )


def source(kind: Kind) -> SourceReport:
    moment = datetime(2000, 1, 1, tzinfo=UTC)
    return SourceReport(NOBODY, kind, "client", NOBODY, NOBODY, "ascii", 2, 2, 2, moment, moment, 0, NOBODY)


def incident(number: int, slug: str) -> Incident:
    moment = datetime(2000, 1, 1, tzinfo=UTC)
    certificate = Certificate(Name((("CN", NOBODY),), True), Name((("CN", NOBODY),)), NOBODY)
    return Incident(
        id=NOBODY,
        cause=slug,
        title=NOBODY,
        confidence=CONFIDENCES[number % 3],
        judge=("client", "server", None)[number % 3],
        channel=NOBODY if number % 2 else None,
        queue_manager=NOBODY if number % 2 else None,
        start=moment if number % 4 else None,
        end=moment if number % 4 else None,
        occurrences=number + 1,
        certificate=CertificateFinding(certificate, ("client", "server", None)[number % 3]),
        alternatives=(Alternative(NOBODY, NOBODY),),
        evidence=tuple(evidence(role) for role in get_args(Role) for _ in range(4)),
        missing=(NOBODY,),
        remedies=(Remedy(NOBODY, NOBODY, NOBODY),) * MANY,
    )


def evidence(role: Role) -> Evidence:
    event = Event(
        "amqerr",
        SPAN,
        stamp=Stamp(NOBODY, instant=datetime(2000, 1, 1, tzinfo=UTC)),
        message_id=MessageId("AMQ", "9999"),
        reason_code=2393,
        side="client",
        text=NOBODY,
        body=NOBODY,
    )
    return Evidence(role, NOBODY, SPAN, "server", None if role == "absence" else event)
