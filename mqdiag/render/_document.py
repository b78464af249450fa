"""
Report -> Document: what is said, in which order and in which words. Facts come from the report.

A document is data, and its strings are raw: text of a log stands in them as the log wrote it. Every format
makes them safe in its own way. Terminal, Markdown and HTML are written from the same document, so they cannot
disagree.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mqdiag.knowledge import knowledge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mqdiag.model import (
        CertificateFinding,
        Clock,
        Confidence,
        Evidence,
        Incident,
        Kind,
        Note,
        Report,
        Role,
        SourceReport,
        Span,
    )


# ---- what a document is made of --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; level 1 is an answer of its own, level 2 a part of it."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer: `title` is its sentence, `number` its place where there are several, `facts` one line each."""

    title: str
    confidence: Confidence
    facts: tuple[str, ...]
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and values, one pair a line."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One piece of evidence. `where` is `path:line`; what is not known of the rest is empty."""

    where: str
    time: str
    side: str
    id: str
    role: Role
    says: str


@dataclass(frozen=True, slots=True)
class Excerpts:
    rows: tuple[Excerpt, ...]


@dataclass(frozen=True, slots=True)
class Step:
    who: str
    do: str
    check: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """
    `columns` are the headings; of a column named in `figures` the values are numbers. Where there is no room for
    the columns the first `lead` values stand for the row.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: tuple[str, ...] = ()
    lead: int = 1


Block = Heading | Verdict | Paragraph | Facts | Bullets | Excerpts | Steps | Table


@dataclass(frozen=True, slots=True)
class Document:
    blocks: tuple[Block, ...]


# ---- words -----------------------------------------------------------------------------------------------------

FEW_INCIDENTS = 3  # more than these are listed first, and told more briefly
FEW_EXCERPTS = 12
FEW_EXCERPTS_OF_MANY = 3
FEW_REMEDIES = 3
FEW_REMEDIES_OF_MANY = 2
FEW_SOURCES = 8
FEW_NOTES = 3  # of one code

CONFIDENCE: dict[Confidence, str] = {
    "certain": "the records name the cause",
    "probable": "named by its pattern, and corroborated",
    "possible": "consistent with the records, not corroborated",
}

KINDS: dict[Kind, str] = {
    "amqerr": "error log",
    "amqerr-json": "JSON error log",
    "container": "container log",
    "syslog": "syslog",
    "ffst": "FFST reports",
    "java-ffst": "Java FFST",
    "java-exception": "Java exceptions",
    "mqi-transcript": "MQI calls",
    "ca-index": "CA index",
    "ocsp-transcript": "OCSP transcript",
    "ffst-summary": "FFST summary",
    "zos-joblog": "z/OS job log",
    "mq-ini": "ini file",
    "unknown": "not recognised",
}

# Nobody refused anything: it broke on the side that the report names as judge.
LOCAL = frozenset(
    {
        "key-repository-unusable",
        "cipherspec-invalid",
        "queue-manager-unavailable",
        "internal-error",
        "storage-problem",
        "connection-refused",
        "connection-timed-out",
        "connection-lost",
        "host-unknown",
    }
)

# The channel may have been running for long: nothing says that later steps were not reached.
WHILE_RUNNING = frozenset(
    {"connection-lost", "channel-stopped", "queue-manager-unavailable", "internal-error", "storage-problem"}
)


# ---- the report ------------------------------------------------------------------------------------------------


def document(report: Report) -> Document:
    return Document((*verdicts(report), *coverage(report), *notes(report.notes)))


def verdicts(report: Report) -> Iterator[Block]:
    many = len(report.incidents) > FEW_INCIDENTS
    if not report.incidents:
        read = any(each.records for each in report.sources)
        yield Heading(f"No {'failed connection' if read else 'record of MQ'} in what was read", 1)
        yield Paragraph(extent(report))
    if many:
        yield Heading(f"{len(report.incidents)} incidents", 1)
        yield overview(report.incidents)
    for number, incident in enumerate(report.incidents, 1):
        yield from told(incident, number if len(report.incidents) > 1 else None, brief=many)


def overview(incidents: Sequence[Incident]) -> Table:
    rows = (
        (
            f"{number}.",
            each.title,
            each.confidence,
            each.judge or "-",
            each.channel or "-",
            str(each.occurrences),
            period(each.start, each.end) or "-",
        )
        for number, each in enumerate(incidents, 1)
    )
    columns = ("", "verdict", "confidence", "judge", "channel", "times", "when (UTC)")
    return Table(columns, tuple(rows), figures=("", "times"), lead=2)


def told(incident: Incident, number: int | None, *, brief: bool) -> Iterator[Block]:
    """One incident, from the verdict down to what to do."""
    yield Verdict(incident.title, incident.confidence, tuple(standing(incident)), number)
    if incident.certificate:
        yield from certificate(incident.certificate, brief=brief)
    yield Heading("Evidence")
    yield from evidence(incident, FEW_EXCERPTS_OF_MANY if brief else FEW_EXCERPTS)
    if not brief and (excluded := ruled_out(incident)):
        yield Heading("Ruled out")
        yield Paragraph(excluded)
    if incident.alternatives:
        yield Heading("Could also be")
        yield Bullets(tuple(f"{each.cause}: {each.why}" for each in incident.alternatives))
    if incident.missing:
        yield Heading("What would settle it")
        yield Bullets(incident.missing)
    if incident.remedies:
        yield Heading("What to do")
        yield from remedies(incident, FEW_REMEDIES_OF_MANY if brief else FEW_REMEDIES)


def standing(incident: Incident) -> Iterator[str]:
    """The lines under a verdict: who, where, when."""
    place = [
        judged(incident),
        f"channel {incident.channel}" if incident.channel else "channel not known",
        f"queue manager {incident.queue_manager}" if incident.queue_manager else "",
    ]
    yield ", ".join(part for part in place if part)
    yield when(incident)


def judged(incident: Incident) -> str:
    if incident.judge is None:
        return "Which end it was cannot be told" if incident.cause in LOCAL else "Which end refused cannot be told"
    return f"On the {incident.judge}'s side" if incident.cause in LOCAL else f"Refused by the {incident.judge}"


def when(incident: Incident) -> str:
    if incident.start is None:
        return f"{times(incident.occurrences)}, {written(incident)}"
    if incident.occurrences == 1:
        return f"{moment(incident.start)} UTC, once"
    if incident.end is None or incident.end == incident.start:
        return f"{moment(incident.start)} UTC, {times(incident.occurrences)}"
    return f"{times(incident.occurrences)}, from {period(incident.start, incident.end)} UTC"


def times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def written(incident: Incident) -> str:
    """A time as the log writes it, where no instant is justified."""
    for each in incident.evidence:
        if each.event and each.event.stamp:
            return f"at {each.event.stamp.written} as the log writes it; in UTC it is not known"
    return "at a time that is not known"


def certificate(finding: CertificateFinding, *, brief: bool) -> Iterator[Block]:
    """What the records print of the certificate; nothing where they print nothing of it."""
    known = finding.certificate
    subject = f"{known.subject}{' (cut off in the log)' if known.subject.cut else ''}" if known.subject else ""
    rows = [("subject", subject), ("issuer", str(known.issuer or "")), ("serial", known.serial or "")]
    if brief:
        del rows[1]
    if any(value for _, value in rows):
        yield Heading(f"Certificate of the {finding.owner}" if finding.owner else "Certificate")
        yield Facts(tuple(row for row in rows if row[1]))


def evidence(incident: Incident, limit: int) -> Iterator[Block]:
    shown = incident.evidence[:limit]
    yield Excerpts(tuple(excerpt(each, incident.start) for each in shown))
    yield from more(len(incident.evidence) - len(shown))


def remedies(incident: Incident, limit: int) -> Iterator[Block]:
    shown = incident.remedies[:limit]
    yield Steps(tuple(Step(each.who, each.do, each.check) for each in shown))
    yield from more(len(incident.remedies) - len(shown))


def more(count: int) -> Iterator[Block]:
    if count:
        yield Paragraph(f"and {count} more; -f json has them all")


def excerpt(evidence: Evidence, day: datetime | None) -> Excerpt:
    """One line of evidence; its date is left out where it is that of the verdict."""
    event = evidence.event
    instant = event.instant if event else None
    return Excerpt(
        where=place(evidence.span),
        time=clock_time(instant, day) if instant else "-",
        side=evidence.side or "-",
        id=identity(evidence),
        role=evidence.role,
        says=evidence.says,
    )


def place(span: Span) -> str:
    return f"{span.path}:{span.line}" if span.line else span.path


def identity(evidence: Evidence) -> str:
    """What MQ calls the record: message id, or reason code, and the probe id of an FFST."""
    event = evidence.event
    if event is None:
        return "-"
    code = event.message_id or (f"MQRC {event.reason_code}" if event.reason_code is not None else None)
    return " ".join(str(each) for each in (code, event.probe_id) if each) or "-"


# ---- ruled out -------------------------------------------------------------------------------------------------


def ruled_out(incident: Incident) -> str | None:
    """
    The steps of a connection that the verdict's step excludes, and the record that shows it; None if none are.

    A step on which one of the alternatives fails is not excluded.
    """
    known, proof = knowledge(), proving(incident)
    steps = [name for name, layer in known.layers.items() if layer.passed]
    cause = known.causes.get(incident.cause)
    if cause is None or proof is None or cause.layer not in steps:
        return None
    at = steps.index(cause.layer)
    open_steps = {known.causes[each.cause].layer for each in incident.alternatives if each.cause in known.causes}
    said = [known.layers[name].passed for name in steps[:at] if name not in open_steps]
    if incident.cause not in WHILE_RUNNING:
        said += unreached([known.layers[name].unreached for name in steps[at + 1 :] if name not in open_steps])
    return f"{'; '.join(said)}. Shown by {place(proof.span)} ({identity(proof)})." if said else None


def unreached(sentences: Sequence[str]) -> Iterator[str]:
    """The first of the steps that were not reached in its own words, the others by name: `CHLAUTH: no rule ..`."""
    yield from sentences[:1]
    names = [each.partition(":")[0] for each in sentences[1:]]
    if names:
        yield f"nor was it the turn of {', '.join(names[:-1])}{' and ' if names[:-1] else ''}{names[-1]}"


def proving(incident: Incident) -> Evidence | None:
    """The judge's own record if there is one, else the first record there is."""
    records = [each for each in incident.evidence if each.event]
    return next((each for each in records if each.role == "origin"), records[0] if records else None)


# ---- what was read ---------------------------------------------------------------------------------------------


def extent(report: Report) -> str:
    """How much was read, for a report without incidents."""
    if not report.sources:
        return "Nothing was read."
    records = sum(each.records for each in report.sources)
    span = period(*bounds(report.sources))
    parts = [f"{plural(len(report.sources), 'source')} with {plural(records, 'record')}"]
    if span:
        parts.append(f"from {span} UTC")
    return f"{', '.join(parts)}. {unread(report.sources)}".strip()


def unread(sources: Iterable[SourceReport]) -> str:
    missed = sum(each.unparsed_bytes for each in sources)
    return f"{plural(missed, 'byte')} of it were not understood: there a failure could hide." if missed else ""


def bounds(sources: Iterable[SourceReport]) -> tuple[datetime | None, datetime | None]:
    firsts = [each.first for each in sources if each.first]
    lasts = [each.last for each in sources if each.last]
    return min(firsts, default=None), max(lasts, default=None)


def coverage(report: Report) -> Iterator[Block]:
    """What was read of each source, and how far apart the clocks are."""
    if not report.sources:
        return
    yield Heading(f"Read by mqdiag {report.version}", 1)
    lines = [source_line(each) for each in report.sources]
    if len(lines) > FEW_SOURCES:
        lines = [*summary_lines(report.sources), f"{plural(len(lines), 'source')}; -f json has them all"]
    yield Bullets((*lines, *(clock_line(each) for each in report.clocks)))


def source_line(source: SourceReport) -> str:
    parts = [
        KINDS.get(source.kind, source.kind),
        f"of the {source.side}" if source.side else "",
        f"queue manager {source.queue_manager}" if source.queue_manager else "",
        f"host {source.host}" if source.host else "",
        plural(source.records, "record"),
        span_of(source),
        f"{plural(source.unparsed_bytes, 'byte')} not understood" if source.unparsed_bytes else "",
    ]
    return f"{source.path}: {', '.join(part for part in parts if part)}"


def span_of(source: SourceReport) -> str:
    """From when to when, and where the offset is from if the log writes local time."""
    span = period(source.first, source.last)
    if not span:
        return ""
    if source.utc_offset_minutes is None or not source.utc_offset_basis:
        return f"{span} UTC"
    return f"{span} UTC (local times {offset(source.utc_offset_minutes)}, {source.utc_offset_basis})"


def offset(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"


def summary_lines(sources: Sequence[SourceReport]) -> Iterator[str]:
    """Many sources, one line for each kind and side."""
    for kind, side in dict.fromkeys((each.kind, each.side) for each in sources):
        group = [each for each in sources if (each.kind, each.side) == (kind, side)]
        span = period(*bounds(group))
        parts = [
            KINDS.get(kind, kind) + (f" of the {side}" if side else ""),
            plural(len(group), "source"),
            plural(sum(each.records for each in group), "record"),
            f"{span} UTC" if span else "",
            *([f"{plural(missed, 'byte')} not understood"] if (missed := unparsed(group)) else []),
        ]
        yield ", ".join(part for part in parts if part)


def unparsed(sources: Iterable[SourceReport]) -> int:
    return sum(each.unparsed_bytes for each in sources)


def clock_line(clock: Clock) -> str:
    first, second = clock.between
    way = "ahead of" if clock.skew_s >= 0 else "behind"
    return (
        f"clocks: {second} is {abs(clock.skew_s):.3f} s {way} {first} "
        f"(from {plural(clock.pairs, 'pair')} of records, spread {clock.spread_s:.3f} s)"
    )


def notes(notes: Sequence[Note]) -> Iterator[Block]:
    """What was imperfect about the input; of many alike the first ones."""
    if not notes:
        return
    total = Counter(each.code for each in notes)
    shown: Counter[str] = Counter()
    lines: list[str] = []
    for each in notes:
        shown[each.code] += 1
        if shown[each.code] <= FEW_NOTES:
            lines.append(note_line(each))
    lines += [f"{count - FEW_NOTES} more: {code}" for code, count in total.items() if count > FEW_NOTES]
    yield Heading("Notes", 1)
    yield Bullets(tuple(lines))


def note_line(note: Note) -> str:
    where = f"{note.path}:{note.line}" if note.path and note.line else note.path
    return f"{where}: {note.text}" if where else note.text


# ---- times and numbers -----------------------------------------------------------------------------------------


def moment(instant: datetime) -> str:
    """2023-05-16 05:38:25.587, in UTC."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "milliseconds")


def clock_time(instant: datetime, day: datetime | None) -> str:
    text = moment(instant)
    return text[11:] if day and text[:10] == moment(day)[:10] else text


def period(first: datetime | None, last: datetime | None) -> str:
    """`2023-05-16 05:38:25 to 05:50:01`, to the second; the second date only if it is another day."""
    if first is None or last is None:
        return moment(first)[:19] if first else moment(last)[:19] if last else ""
    begin, end = moment(first)[:19], moment(last)[:19]
    if begin == end:
        return begin
    return f"{begin} to {end[11:] if end[:10] == begin[:10] else end}"


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
