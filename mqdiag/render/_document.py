"""
Report -> Document: what is said, in which order and in which words. Facts come from the report.

A document is data, and its strings are raw: text of a log stands in them as the log wrote it. Every format
makes them safe in its own way. Terminal, Markdown and HTML are written from the same document, so they cannot
disagree. It holds everything; how much of it a short form shows is part of it too (`few`, `short`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from mqdiag.knowledge import knowledge
from mqdiag.language import filled, marked, plural, tr, translated
from mqdiag.render._labels import clock_time, identity, moment, place
from mqdiag.render._picture import Picture, picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

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
    """`short`: only short forms say it, because it is about what they leave out."""

    text: str
    short: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and values, one pair a line."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; `short` is what a form shows that has no room for all of it, None if there is always room."""

    items: tuple[str, ...]
    short: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """
    One piece of evidence. `where` is `path:line`; what is not known of the rest is empty.

    `raw` is the record as the log holds it, from line `line` on, or None where it is not at hand; `lines` says
    which lines those are, and `cut` how much of a long one is left out.
    """

    where: str
    time: str
    side: str
    id: str
    role: Role
    says: str
    number: int = 1
    line: int = 0
    lines: str = ""
    raw: str | None = None
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Excerpts:
    """`few` is how many of them a short form shows, and `more` what it says of the rest."""

    rows: tuple[Excerpt, ...]
    few: int | None = None
    more: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    who: str
    do: str
    check: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    """`few` is how many of them a short form shows, and `more` what it says of the rest."""

    steps: tuple[Step, ...]
    few: int | None = None
    more: str = ""


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


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an account. `key` names it for those who lay it out; short forms leave out what is `long`."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    long: bool = False


@dataclass(frozen=True, slots=True)
class Tags:
    """What an account can be found by; times are UTC, `2023-05-16T05:38:25`, or empty."""

    cause: str
    channel: str
    hosts: tuple[str, ...]
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Account:
    """One incident: its verdict, its picture, and all that is said of it. Short forms leave it out if it is `long`."""

    id: str
    verdict: Verdict
    sections: tuple[Section, ...]
    picture: Picture
    tags: Tags
    row: tuple[str, ...]  # as in the table of many incidents
    long: bool = False


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One input. `covers` is its first and last moment as parts of the time of all, 0 to 1; None: not known."""

    path: str
    facts: str
    covers: tuple[float, float] | None
    unread: float  # the part of its bytes that was not understood, 0 to 1
    unread_says: str


@dataclass(frozen=True, slots=True)
class Sources:
    """
    What was read. `short` is how a form tells it that draws no bars. `first` and `last` say the time of all,
    `moments` where in it the incidents begin, 0 to 1.
    """

    rows: tuple[SourceRow, ...]
    short: tuple[str, ...]
    clocks: tuple[str, ...]
    first: str
    last: str
    moments: tuple[float, ...]


Block = Heading | Verdict | Paragraph | Facts | Bullets | Excerpts | Steps | Table | Section | Account | Sources


@dataclass(frozen=True, slots=True)
class Document:
    """`title` names it where a form needs a name for it, `remark` is about the document itself."""

    blocks: tuple[Block, ...]
    title: str = "mqdiag"
    remark: str = ""


def flat(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks as a form reads them that knows no accounts and sections, and has little room."""
    for block in blocks:
        match block:
            case Account():
                if block.long:
                    continue
                yield block.verdict
                yield from flat(each for each in block.sections if not each.long)
            case Section():
                yield Heading(block.title)
                yield from flat(block.blocks)
            case Sources():
                yield Bullets((*block.short, *block.clocks))
            case _:
                yield block


# ---- words -----------------------------------------------------------------------------------------------------

FEW_INCIDENTS = 3  # more than these are listed first, and told more briefly
FEW_ACCOUNTS = 10  # of more incidents the others are only listed
FEW_EXCERPTS = 12
FEW_EXCERPTS_OF_MANY = 3
FEW_REMEDIES = 2
FEW_SOURCES = 8
MANY_MOMENTS = 200  # more lines than this do not fit on a bar
FEW_NOTES = 3  # of one code

CONFIDENCE: dict[Confidence, str] = {
    "certain": marked("the records name the cause"),
    "probable": marked("named by its pattern, and corroborated"),
    "possible": marked("consistent with the records, not corroborated"),
}

KINDS: dict[Kind, str] = {
    "amqerr": marked("error log"),
    "amqerr-json": marked("JSON error log"),
    "container": marked("container log"),
    "syslog": marked("syslog"),
    "ffst": marked("FFST reports"),
    "java-ffst": marked("Java FFST"),
    "java-exception": marked("Java exceptions"),
    "mqi-transcript": marked("MQI calls"),
    "ca-index": marked("CA index"),
    "ocsp-transcript": marked("OCSP transcript"),
    "ffst-summary": marked("FFST summary"),
    "zos-joblog": marked("z/OS job log"),
    "mq-ini": marked("settings"),
    "mq-event": marked("event messages"),
    "unknown": marked("not recognised"),
}

# Values of the report that a form prints as they are.
VALUES = (
    marked("client"),
    marked("server"),
    marked("certain"),
    marked("probable"),
    marked("possible"),
    marked("origin"),
    marked("echo"),
    marked("wrapper"),
    marked("support"),
    marked("absence"),
)

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


# What a form says that lays a report out itself. The keys are used in the templates.
WORDS = {
    "picture": marked("What happened, in time"),
    "legend": marked("Time runs down, gaps are shortened. The numbers are those of the evidence."),
    "client": marked("client"),
    "server": marked("server"),
    "judge": marked("judge"),
    "refused": marked("refused"),
    "broke": marked("broke here"),
    "seen": marked("seen here"),
    "silent": marked("log holds nothing"),
    "no-log": marked("no record of it"),
    "untimed": marked("time not known"),
    "attempts": marked("When it happened"),
    "attempts-unknown": marked("A saved report does not hold when the single attempts were."),
    "evidence": marked("Evidence"),
    "record": marked("the record"),
    "incidents": marked("Incidents"),
    "filter": marked("Filter"),
    "cause": marked("Cause"),
    "channel": marked("Channel"),
    "host": marked("Host"),
    "from": marked("From (UTC)"),
    "until": marked("Until (UTC)"),
    "all": marked("all"),
    "unknown": marked("not known"),
    "shown": marked("shown"),
    "of": marked("of"),
    "none_shown": marked("No incident fits the filter."),
    "reset": marked("Show all"),
    "open": marked("Unfold all shown"),
    "close": marked("Fold all"),
    "check": marked("Check"),
    "inputs": marked("inputs"),
    "covered": marked("time covered"),
    "unread": marked("not understood"),
    "moments": marked("lines: where an incident begins"),
    "made": marked("Made by mqdiag {version}. Everything is in this file; it asks nothing of the network."),
}


# ---- the report ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setting:
    """What the telling of one incident takes from the report around it."""

    root: str  # the folder that all sources are in, with its last "/"; empty if there is none
    hosts: Mapping[str, str]  # by path
    raw: Mapping[Span, str]

    def short(self, text: str) -> str:
        return text.replace(self.root, "") if self.root else text


def document(report: Report, raw: Mapping[Span, str] | None = None) -> Document:
    """`raw` are the cited records as the logs hold them; None: there are none to be had."""
    hosts = {each.path: each.host for each in report.sources if each.host}
    setting = Setting(root_of([each.path for each in report.sources]), hosts, raw or {})
    return Document(
        (*verdicts(report, setting), *coverage(report, setting), *notes(report, setting)),
        title=title(report),
        remark=""
        if raw is not None
        else tr("Made from a report without the logs: the text of the records is not in it."),
    )


def title(report: Report) -> str:
    if len(report.incidents) == 1:
        return report.incidents[0].title
    return tr("{count} incidents", count=len(report.incidents)) if report.incidents else nothing(report)


def nothing(report: Report) -> str:
    read = any(each.records for each in report.sources)
    return tr("No failed connection in what was read") if read else tr("No record of MQ in what was read")


def root_of(paths: Sequence[str]) -> str:
    """The folder that all paths have in common, `logs/case7/`; empty if they have none or are one."""
    if len(paths) < 2:
        return ""
    least, most = min(paths).split("/")[:-1], max(paths).split("/")[:-1]
    common = [one for one, two in takewhile(lambda each: each[0] == each[1], zip(least, most, strict=False))]
    return "/".join([*common, ""])


def verdicts(report: Report, setting: Setting) -> Iterator[Block]:
    many = len(report.incidents) > FEW_INCIDENTS
    if not report.incidents:
        yield Heading(nothing(report), 1)
        yield Paragraph(extent(report))
    if many:
        yield Heading(tr("{count} incidents", count=len(report.incidents)), 1)
        yield overview(report.incidents)
    for number, incident in enumerate(report.incidents, 1):
        yield account(incident, number if len(report.incidents) > 1 else None, setting, brief=many)
    if (listed := len(report.incidents) - FEW_ACCOUNTS) > 0:
        yield Paragraph(
            tr(
                "{count} more are only listed above; -f html tells them all, and --channel and --since choose.",
                count=listed,
            ),
            short=True,
        )


def overview(incidents: Sequence[Incident]) -> Table:
    rows = ((f"{number}.", *row(each)) for number, each in enumerate(incidents, 1))
    columns = (
        "",
        tr("verdict"),
        tr("confidence"),
        tr("judge"),
        tr("channel"),
        tr("times"),
        tr("when (UTC)"),
    )
    return Table(columns, tuple(rows), figures=("", tr("times")), lead=2)


def row(incident: Incident) -> tuple[str, ...]:
    return (
        incident.title,
        translated(incident.confidence),
        translated(incident.judge or "-"),
        incident.channel or "-",
        str(incident.occurrences),
        period(incident.start, incident.end) or "-",
    )


def account(incident: Incident, number: int | None, setting: Setting, *, brief: bool) -> Account:
    return Account(
        id=f"i{number or 1}",
        verdict=Verdict(incident.title, incident.confidence, tuple(standing(incident)), number),
        sections=tuple(told(incident, setting, brief=brief)),
        picture=picture(incident, setting.hosts, local=incident.cause in LOCAL),
        tags=tags(incident, setting),
        row=row(incident),
        long=(number or 1) > FEW_ACCOUNTS,
    )


def tags(incident: Incident, setting: Setting) -> Tags:
    hosts = {(each.event and each.event.host) or setting.hosts.get(each.span.path) for each in incident.evidence}
    start, end = incident.start or incident.end, incident.end or incident.start
    return Tags(
        cause=incident.cause,
        channel=incident.channel or "",
        hosts=tuple(sorted(each for each in hosts if each)),
        start=moment(start)[:19].replace(" ", "T") if start else "",
        end=moment(end)[:19].replace(" ", "T") if end else "",
    )


def told(incident: Incident, setting: Setting, *, brief: bool) -> Iterator[Section]:
    """One incident, from its certificate down to what to do."""
    if incident.certificate and (known := certificate_facts(incident.certificate)):
        owner = incident.certificate.owner
        head = tr("Certificate of the {side}", side=translated(owner)) if owner else tr("Certificate")
        yield Section("certificate", head, (Facts(known),))
    where = tr("Evidence, below {folder}", folder=setting.root) if setting.root else tr("Evidence")
    yield Section("evidence", where, (evidence(incident, setting, FEW_EXCERPTS_OF_MANY if brief else FEW_EXCERPTS),))
    if excluded := ruled_out(incident):
        yield Section("ruled-out", tr("Ruled out"), (Paragraph(setting.short(excluded)),), long=brief)
    if incident.alternatives:
        others = Bullets(tuple(f"{each.cause}: {each.why}" for each in incident.alternatives))
        yield Section("alternatives", tr("Could also be"), (others,))
    if incident.missing:
        yield Section("missing", tr("What would settle it"), (Bullets(incident.missing),))
    if incident.remedies:
        steps = tuple(Step(each.who, each.do, each.check) for each in incident.remedies)
        yield Section("remedies", tr("What to do"), (Steps(steps, FEW_REMEDIES, more(len(steps) - FEW_REMEDIES)),))


def standing(incident: Incident) -> Iterator[str]:
    """The lines under a verdict: who, where, when."""
    place = [
        judged(incident),
        tr("channel {name}", name=incident.channel) if incident.channel else tr("channel not known"),
        tr("queue manager {name}", name=incident.queue_manager) if incident.queue_manager else "",
    ]
    yield tr(", ").join(part for part in place if part)
    yield when(incident)


def judged(incident: Incident) -> str:
    local = incident.cause in LOCAL
    if incident.judge is None:
        return tr("Which end it was cannot be told") if local else tr("Which end refused cannot be told")
    side = translated(incident.judge)
    return tr("On the {side}'s side", side=side) if local else tr("Refused by the {side}", side=side)


def when(incident: Incident) -> str:
    count = times(incident.occurrences)
    if incident.start is None:
        return f"{count}{tr(', ')}{written(incident)}"
    if incident.occurrences == 1 or incident.end is None or incident.end == incident.start:
        return f"{moment(incident.start)} UTC{tr(', ')}{count}"
    return tr("{count}, from {period} UTC", count=count, period=period(incident.start, incident.end))


def times(count: int) -> str:
    return tr("once") if count == 1 else tr("{count} times", count=count)


def written(incident: Incident) -> str:
    """A time as the log writes it, where no instant is justified."""
    for each in incident.evidence:
        if each.event and each.event.stamp:
            return tr("at {time} as the log writes it; in UTC it is not known", time=each.event.stamp.written)
    return tr("at a time that is not known")


def certificate_facts(finding: CertificateFinding) -> tuple[tuple[str, str], ...]:
    """What the records print of the certificate; nothing where they print nothing of it."""
    known = finding.certificate
    subject = f"{known.subject}{tr(' (cut off in the log)') if known.subject.cut else ''}" if known.subject else ""
    rows = ((tr("subject"), subject), (tr("issuer"), str(known.issuer or "")), (tr("serial"), known.serial or ""))
    return tuple(row for row in rows if row[1])


def evidence(incident: Incident, setting: Setting, few: int) -> Excerpts:
    rows = tuple(excerpt(each, number, incident.start, setting) for number, each in enumerate(incident.evidence, 1))
    return Excerpts(rows, few, more(len(rows) - few))


def more(count: int) -> str:
    return tr("and {count} more; -f html and -f json have them all", count=count) if count > 0 else ""


def excerpt(evidence: Evidence, number: int, day: datetime | None, setting: Setting) -> Excerpt:
    """One line of evidence; its date is left out where it is that of the verdict."""
    event, span = evidence.event, evidence.span
    instant = event.instant if event else None
    raw = setting.raw.get(span) if event else None
    return Excerpt(
        where=setting.short(place(span)),
        time=clock_time(instant, day) if instant else "-",
        side=evidence.side or "-",
        id=identity(evidence),
        role=evidence.role,
        says=evidence.says,
        number=number,
        line=span.line,
        lines=lines_of(span) if event else "",
        raw=raw,
        cut=left_out(span, raw) if raw is not None else "",
    )


def lines_of(span: Span) -> str:
    if not span.line:
        return ""
    if span.last_line <= span.line:
        return tr("line {line}", line=span.line)
    return tr("lines {first} to {last}", first=span.line, last=span.last_line)


def left_out(span: Span, raw: str) -> str:
    missed = span.last_line - span.line + 1 - len(raw.split("\n"))
    return tr("and {lines} more", lines=plural(missed, "line")) if missed > 0 else ""


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
    said = [translated(known.layers[name].passed) for name in steps[:at] if name not in open_steps]
    if incident.cause not in WHILE_RUNNING:
        said += unreached(
            [translated(known.layers[name].unreached) for name in steps[at + 1 :] if name not in open_steps]
        )
    if not said:
        return None
    return tr(
        "{steps}. Shown by {place} ({id}).", steps=tr("; ").join(said), place=place(proof.span), id=identity(proof)
    )


def unreached(sentences: Sequence[str]) -> Iterator[str]:
    """The first of the steps that were not reached in its own words, the others by name: `CHLAUTH: no rule ..`."""
    yield from sentences[:1]
    names = [each.partition(":")[0] for each in sentences[1:]]
    if names:
        listed = f"{tr(', ').join(names[:-1])}{tr(' and ') if names[:-1] else ''}{names[-1]}"
        yield tr("nor was it the turn of {steps}", steps=listed)


def proving(incident: Incident) -> Evidence | None:
    """The judge's own record if there is one, else the first record there is."""
    records = [each for each in incident.evidence if each.event]
    return next((each for each in records if each.role == "origin"), records[0] if records else None)


# ---- what was read ---------------------------------------------------------------------------------------------


def extent(report: Report) -> str:
    """How much was read, for a report without incidents."""
    if not report.sources:
        return tr("Nothing was read.")
    records = sum(each.records for each in report.sources)
    span = period(*bounds(report.sources))
    read = tr(
        "{sources} with {records}", sources=plural(len(report.sources), "source"), records=plural(records, "record")
    )
    if span:
        read = tr("{read}, from {period} UTC", read=read, period=span)
    return f"{read}{tr('. ')}{unread(report.sources)}".strip()


def unread(sources: Iterable[SourceReport]) -> str:
    missed = sum(each.unparsed_bytes for each in sources)
    if not missed:
        return ""
    return tr("{bytes} of it were not understood: there a failure could hide.", bytes=plural(missed, "byte"))


def bounds(sources: Iterable[SourceReport]) -> tuple[datetime | None, datetime | None]:
    firsts = [each.first for each in sources if each.first]
    lasts = [each.last for each in sources if each.last]
    return min(firsts, default=None), max(lasts, default=None)


def coverage(report: Report, setting: Setting) -> Iterator[Block]:
    """What was read of each source, and how far apart the clocks are."""
    if not report.sources:
        return
    version = report.version
    yield Heading(
        tr("Read by mqdiag {version} below {folder}", version=version, folder=setting.root)
        if setting.root
        else tr("Read by mqdiag {version}", version=version),
        1,
    )
    rows = tuple(source_row(each, bounds(report.sources), setting) for each in report.sources)
    short = tuple(f"{each.path}: {tr(', ').join(filter(None, (each.facts, each.unread_says)))}" for each in rows)
    if len(short) > FEW_SOURCES:
        rest = tr("{sources}; -f html and -f json have them all", sources=plural(len(short), "source"))
        short = (*summary_lines(report.sources), rest)
    first, last = bounds(report.sources)
    yield Sources(
        rows,
        short,
        clocks=tuple(clock_line(each) for each in report.clocks),
        first=moment(first)[:19] if first else "",
        last=moment(last)[:19] if last else "",
        moments=moments(report.incidents, first, last),
    )


def source_row(source: SourceReport, all_time: tuple[datetime | None, datetime | None], setting: Setting) -> SourceRow:
    parts = [
        translated(KINDS.get(source.kind, source.kind)),
        tr("of the {side}", side=translated(source.side)) if source.side else "",
        tr("queue manager {name}", name=source.queue_manager) if source.queue_manager else "",
        tr("host {name}", name=source.host) if source.host else "",
        plural(source.records, "record") if source.records or source.kind != "unknown" else "",
        setting.short(span_of(source)),
    ]
    begin, end = part(source.first, *all_time), part(source.last, *all_time)
    return SourceRow(
        path=setting.short(source.path),
        facts=tr(", ").join(part for part in parts if part),
        covers=(begin, end) if begin is not None and end is not None else None,
        unread=source.unparsed_bytes / source.bytes if source.bytes else 0.0,
        unread_says=not_understood(source.unparsed_bytes),
    )


def not_understood(count: int) -> str:
    return tr("{bytes} not understood", bytes=plural(count, "byte")) if count else ""


def part(instant: datetime | None, first: datetime | None, last: datetime | None) -> float | None:
    """Where an instant stands in a time, 0 to 1; None where it is outside of it or not known."""
    if instant is None or first is None or last is None or not first <= instant <= last:
        return None
    return (instant - first) / (last - first) if last > first else 0.0


def moments(incidents: Sequence[Incident], first: datetime | None, last: datetime | None) -> tuple[float, ...]:
    """Where the incidents begin, those that fall together once."""
    places = [part(each.start, first, last) for each in incidents]
    return tuple(sorted({round(each * MANY_MOMENTS) / MANY_MOMENTS for each in places if each is not None}))


def span_of(source: SourceReport) -> str:
    """From when to when, and where the offset is from if the log writes local time."""
    span = period(source.first, source.last)
    if not span:
        return ""
    if source.utc_offset_minutes is None or not source.utc_offset_basis:
        return f"{span} UTC"
    return tr(
        "{period} UTC (local times {offset}, {basis})",
        period=span,
        offset=offset(source.utc_offset_minutes),
        basis=source.utc_offset_basis,
    )


def offset(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"


def summary_lines(sources: Sequence[SourceReport]) -> Iterator[str]:
    """Many sources, one line for each kind and side."""
    for kind, side in dict.fromkeys((each.kind, each.side) for each in sources):
        group = [each for each in sources if (each.kind, each.side) == (kind, side)]
        span = period(*bounds(group))
        parts = [
            of_side(translated(KINDS.get(kind, kind)), side),
            plural(len(group), "source"),
            plural(sum(each.records for each in group), "record"),
            f"{span} UTC" if span else "",
            not_understood(unparsed(group)),
        ]
        yield tr(", ").join(part for part in parts if part)


def of_side(kind: str, side: str | None) -> str:
    return tr("{kind} of the {side}", kind=kind, side=translated(side)) if side else kind


def unparsed(sources: Iterable[SourceReport]) -> int:
    return sum(each.unparsed_bytes for each in sources)


def clock_line(clock: Clock) -> str:
    first, second = clock.between
    sentence = (
        tr("clocks: {second} is {seconds} s ahead of {first} (from {pairs} of records, spread {spread} s)")
        if clock.skew_s >= 0
        else tr("clocks: {second} is {seconds} s behind {first} (from {pairs} of records, spread {spread} s)")
    )
    return filled(
        sentence,
        {
            "first": first,
            "second": second,
            "seconds": f"{abs(clock.skew_s):.3f}",
            "pairs": plural(clock.pairs, "pair"),
            "spread": f"{clock.spread_s:.3f}",
        },
    )


def notes(report: Report, setting: Setting) -> Iterator[Block]:
    """What was imperfect about the input; in short forms, of many alike the first ones."""
    told = [each for each in report.notes if not listed(each, report)]
    items = tuple(note_line(each, setting) for each in told)
    if not items:
        return
    total = Counter(each.code for each in told)
    shown: Counter[str] = Counter()
    short: list[str] = []
    for each, line in zip(told, items, strict=True):
        shown[each.code] += 1
        if shown[each.code] <= FEW_NOTES:
            short.append(line)
    short += [
        tr("{count} more: {code}", count=count - FEW_NOTES, code=code)
        for code, count in total.items()
        if count > FEW_NOTES
    ]
    yield Heading(tr("Notes"), 1)
    yield Bullets(items, tuple(short))


def listed(note: Note, report: Report) -> bool:
    """Whether the list of sources, where it is not summed up, says the same."""
    return note.code == "unknown-format" and len(report.sources) <= FEW_SOURCES


def note_line(note: Note, setting: Setting) -> str:
    where = setting.short(f"{note.path}:{note.line}" if note.line else note.path) if note.path else None
    return f"{where}: {note.text}" if where else note.text


# ---- times and numbers -----------------------------------------------------------------------------------------


def period(first: datetime | None, last: datetime | None) -> str:
    """`2023-05-16 05:38:25 to 05:50:01`, to the second; the second date only if it is another day."""
    if first is None or last is None:
        return moment(first)[:19] if first else moment(last)[:19] if last else ""
    begin, end = moment(first)[:19], moment(last)[:19]
    if begin == end:
        return begin
    return tr("{begin} to {end}", begin=begin, end=end[11:] if end[:10] == begin[:10] else end)
