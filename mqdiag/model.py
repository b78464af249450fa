"""
Every value that crosses a seam between two stages.

A *record* is text, an *event* is typed, an *occurrence* is the events of one failure, an *incident* is one
cause on one channel between two ends, however often it occurred. All of them are frozen; none of them knows
the stage that made it.
"""

from __future__ import annotations

import copyreg
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

Side = Literal["client", "server"]  # client: the end that started the channel; server: the end that accepted it
Confidence = Literal["certain", "probable", "possible"]
Role = Literal["origin", "echo", "wrapper", "support", "absence"]
Certainty = Literal["stated", "inferred", "ambiguous"]
Kind = Literal[
    "amqerr", "amqerr-json", "container", "syslog", "ffst", "java-ffst", "java-exception", "mqi-transcript",
    "ca-index", "ocsp-transcript", "ffst-summary", "zos-joblog", "mq-ini", "mq-event", "unknown", "unparsed",
]  # fmt: skip

CONFIDENCES: tuple[Confidence, ...] = ("possible", "probable", "certain")

NOTHING: Mapping[str, str] = MappingProxyType({})


def proxy_of(values: dict[str, str]) -> MappingProxyType[str, str]:
    """The type itself cannot be sent to another process: it has no name in a module."""
    return MappingProxyType(values)


copyreg.pickle(MappingProxyType, lambda proxy: (proxy_of, (dict(proxy),)))  # events come from other processes


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """
    A stretch of one source: `line` and `last_line` count from 1, `offset` and `length` are bytes.

    `path` is as the caller gave it, "/" between its parts; inside an archive `archive.zip!inner/path`.
    """

    path: str
    line: int
    last_line: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Record:
    """A framed stretch of a source: exactly its bytes. Joining all records of a source gives back the source."""

    kind: Kind
    span: Span
    data: bytes


@dataclass(frozen=True, slots=True)
class Stamp:
    """
    A time as it was written, and how it was read.

    `written` is the text of the log; `local` its reading without zone (None if nothing could be read);
    `instant` the aware UTC time, only where it is justified. `certainty`: `stated` (the log itself prints the
    UTC time or the zone), `inferred` (zone or order of day and month from elsewhere), `ambiguous`.
    """

    written: str
    local: datetime | None = None
    instant: datetime | None = None
    certainty: Certainty = "ambiguous"


@dataclass(frozen=True, slots=True)
class MessageId:
    """`AMQ9716E` is prefix `AMQ`, number `9716`, severity `E`; levels before 9.1 print no severity (None)."""

    prefix: str
    number: str
    severity: str | None = None

    @property
    def key(self) -> str:
        """The id without its severity: what the knowledge is filed under, the same on all levels."""
        return self.prefix + self.number

    def __str__(self) -> str:
        return self.prefix + self.number + (self.severity or "")


@dataclass(frozen=True, slots=True, order=True)
class Code:
    """
    A number or name inside its namespace, for a number means nothing without it.

    Namespaces are the files of knowledge/codes/: `mqrc`, `gskit`, `gskval`, `x509`, `alert` (a TLS alert that
    was *received*), `errno` (value is a name such as `refused`, never the platform's number), `ocsp`, `mqrq`.
    """

    namespace: str
    value: str

    def __str__(self) -> str:
        return f"{self.namespace}:{self.value}"


@dataclass(frozen=True, slots=True)
class Name:
    """
    A distinguished name: its attributes in X.500 order, most general first, types in upper case.

    `EMAIL`, `E` and `emailAddress` are all `E`. `cut` says that the log broke it off.
    """

    attributes: tuple[tuple[str, str], ...]
    cut: bool = False

    def __str__(self) -> str:
        """GSKit's spelling, most specific first, as MQ prints it: CN=..,O=..,C=.."""
        return ",".join(f"{key}={value}" for key, value in reversed(self.attributes))


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a record says of a certificate. `serial` is upper-case hex of whole bytes (0A). None: not said."""

    subject: Name | None = None
    issuer: Name | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end's address as the logging side sees it. None: not said."""

    host: str | None = None
    address: str | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """
    One record, typed. What the record does not say is None or empty.

    A format fills in what is printed; `interpret` adds what the knowledge makes of it: `layer`, `role`,
    `channel`, `peer`, `certificate` and `codes` from inserts or text.

    `channel` is never '????': that is None. `inserts` keeps MQ's names (`ArithInsert1`, `CommentInsert3`), in
    an FFST too. `facts` holds what only one format knows, by names listed in that format's module. `text` is
    the first message line, unwrapped; `body` the unwrapped explanation, one line a paragraph. `alike` is a digest of
    what was printed, its times, process and footer left aside; empty where nobody made one (repeats.py).
    """

    kind: Kind
    span: Span
    stamp: Stamp | None = None
    side: Side | None = None
    host: str | None = None
    queue_manager: str | None = None
    process: int | None = None
    thread: int | None = None
    user: str | None = None
    program: str | None = None
    installation: str | None = None
    vrmf: str | None = None
    message_id: MessageId | None = None
    probe_id: str | None = None
    reason_code: int | None = None
    channel: str | None = None
    peer: Peer | None = None
    certificate: Certificate | None = None
    codes: frozenset[Code] = frozenset()
    inserts: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    facts: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    text: str = ""
    body: str = ""
    layer: str | None = None
    role: str | None = None  # of its message: judge, victim, wrapper, context, noise, notice
    alike: bytes = field(default=b"", compare=False, repr=False)

    @property
    def said(self) -> tuple[str, Side | None, bytes] | None:
        """The same for two events that say the same at another time; None where that is not known."""
        return (self.span.path, self.side, self.alike) if self.alike else None

    @property
    def instant(self) -> datetime | None:
        return self.stamp.instant if self.stamp else None


def all_said(events: Iterable[Event]) -> tuple[object, ...] | None:
    """`Event.said` of each; the same for events that say the same in the same order, None where one is not known."""
    found = tuple(each.said for each in events)
    return None if None in found else found


@dataclass(frozen=True, slots=True)
class Note:
    """Something imperfect about the input, in a sentence. `line` is None where it is about a whole source."""

    code: str
    path: str | None
    line: int | None
    text: str


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What was read of one source. `first` and `last` are the instants of its records in UTC, or None."""

    path: str
    kind: Kind
    side: Side | None
    host: str | None
    queue_manager: str | None
    encoding: str | None
    bytes: int
    records: int
    unparsed_bytes: int
    first: datetime | None = None
    last: datetime | None = None
    utc_offset_minutes: int | None = None
    utc_offset_basis: str | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """By how many seconds the second host's clock is ahead of the first's, from `pairs` unmistakable pairs."""

    between: tuple[str, str]
    skew_s: float
    spread_s: float
    pairs: int


@dataclass(frozen=True, slots=True)
class Occurrence:
    """
    The events of one failure, both sides, and no judgement.

    `lead` is the event that the others were joined to; it is one of `events`. `silent` names the sources of
    the other side that cover the moment and hold nothing, `uncovered` those that do not cover it. `candidates`
    are records of the other side of which one belongs to it, and which one cannot be told.
    """

    lead: Event
    events: tuple[Event, ...]
    silent: tuple[SourceReport, ...] = ()
    uncovered: tuple[SourceReport, ...] = ()
    candidates: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """An event, the part it plays, and what it says in one sentence. `event` is None only for an absence."""

    role: Role
    says: str
    span: Span
    side: Side | None
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    cause: str
    why: str


@dataclass(frozen=True, slots=True)
class Remedy:
    who: str
    do: str
    check: str


@dataclass(frozen=True, slots=True)
class CertificateFinding:
    certificate: Certificate
    owner: Side | None


@dataclass(frozen=True, slots=True)
class Incident:
    """One cause on one channel between two ends, as the report prints it; times are UTC instants or None."""

    id: str
    cause: str
    title: str
    confidence: Confidence
    judge: Side | None
    channel: str | None
    queue_manager: str | None
    start: datetime | None
    end: datetime | None
    occurrences: int
    certificate: CertificateFinding | None
    alternatives: tuple[Alternative, ...]
    evidence: tuple[Evidence, ...]
    missing: tuple[str, ...]
    remedies: tuple[Remedy, ...]
    times: tuple[datetime, ...] = ()  # of the single occurrences, in order, where known; a saved report has none


@dataclass(frozen=True, slots=True)
class Report:
    version: str
    sources: tuple[SourceReport, ...]
    incidents: tuple[Incident, ...]
    clocks: tuple[Clock, ...]
    notes: tuple[Note, ...]
