"""
Report -> Report with pseudonyms for every name that somebody chose, and the search for what is left of them.

A report is redacted before it is rendered, so no renderer can forget it; what a renderer has written is searched for
every original value, and where one is found nothing is written. Verdicts, message ids, codes, probe ids, times and
CipherSpecs stay.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from mqdiag.errors import MqdiagError
from mqdiag.language import tr, translated
from mqdiag.model import Certificate, CertificateFinding, Name, Peer
from mqdiag.passwords import masked
from mqdiag.redact.boilerplate import words_of_renderers
from mqdiag.redact.files import free, key_of, write_map
from mqdiag.redact.originals import (
    ARCHIVES,
    attribute_kind,
    of_certificate,
    of_event,
    of_path,
    of_text,
    own,
    own_domains,
    siblings,
    words_of_knowledge,
)
from mqdiag.redact.patterns import found, is_address
from mqdiag.redact.search import DISTINCTIVE, SHORTEST_CHECKED, Index, Value, squeezed
from mqdiag.redact.tokens import (
    ADDRESSES,
    ATTRIBUTES,
    PREFIXES,
    STRENGTH,
    Key,
    Tokens,
    is_full_name,
    is_pseudonym,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mqdiag.model import Clock, Event, Evidence, Incident, Note, Report, SourceReport, Span

__all__ = ["Key", "Redactor", "free", "key_of", "redactor", "write_map"]

BROKEN_IN_LOG = 4  # MQ breaks even short names where a paragraph is Japanese
BROKEN_IN_OUTPUT = 10  # mqdiag breaks lines at blanks, and only what is longer than a line elsewhere

WEAK = ("name", "folder", "file")
LONG_NUMBER = 7  # digits of a user id that stands in no text by chance

# What stands before a name says which of several kinds it is: 'queue manager CUS1' and 'host CUS1'.
HINTS = {
    "queue_manager": ("queue manager", "qmgr(", "qmname(", "qmgrs/", "-m", "qm="),
    "channel": ("channel", "channel(", "chstatus("),
    "user": ("user", "user(", "password of", "clntuser(", "su -"),
    "host": ("host", "host(", "on", "administrator of", "conname("),
}


def redactor(
    report: Report,
    events: Iterable[Event],
    *,
    key: Key | None = None,
    texts: Sequence[str] = (),
    paths: Sequence[str] = (),
) -> Redactor:
    """
    What redacts a report. `events` are all that was read of its sources, `texts` pieces of the sources that will be
    shown beside it, `paths` paths beside those of the report.
    """
    words = words_of_renderers() | words_of_knowledge() | set(PREFIXES.values()) | set(ATTRIBUTES)
    small = frozenset(word.lower() for word in words)
    named = set(of_report(report))
    events = [*events, *(each.event for each in cited(report) if each.event)]
    seen: set[str] = set()
    for event in events:
        named.update(of_event(event, small, seen))
    in_paths = {*of_report_paths(report), *(each for path in paths for each in of_path(path))}
    named |= in_paths
    for text in texts:
        named.update(of_text(text, small))
    levels = {("address", each.vrmf) for each in events if each.vrmf}  # four numbers with dots, too
    named |= shaped(named)
    named |= {("domain", domain) for domain in own_domains(named)}
    # an address of the range that pseudonyms are taken from is nobody's: it is kept, and not searched for
    named = settled({each for each in named - levels if each[0] != "address" or not is_pseudonym(each[1], key)})
    known = Redactor(tokens(named, key), frozenset(named), words, frozenset(value for _, value in in_paths))
    domains = sorted(own_domains(named))
    sentences = dict.fromkeys((*texts_of(report), *texts))
    more = {each for text in sentences for each in siblings(text, domains)}
    more |= {
        each for text in dict.fromkeys(texts_of(report)) for each in of_text(known.text(text), small, in_log=False)
    }
    more = {(kind, value) for kind, value in more - levels if not own(kind, value)}
    more = {each for each in more if not is_pseudonym(each[1].split(" ")[0], key)}  # E=EMAIL-2 was revoked: a sentence
    if more <= named:
        return known
    named = settled(named | more)
    return replace(known, tokens=tokens(named, key), named=frozenset(named))


def cited(report: Report) -> Iterator[Evidence]:
    return (evidence for incident in report.incidents for evidence in incident.evidence)


def of_report(report: Report) -> Iterator[tuple[str, str]]:
    """What the fields of a report name."""
    yield from of_report_paths(report)
    for source in report.sources:
        yield from fields_of(source.host, source.queue_manager, None)
    for incident in report.incidents:
        yield from fields_of(None, incident.queue_manager, incident.channel)
        if incident.certificate:
            yield from of_certificate(incident.certificate.certificate)
    for clock in report.clocks:
        for name in clock.between:
            yield from () if is_path(name, report) else fields_of(name, None, None)


def of_report_paths(report: Report) -> Iterator[tuple[str, str]]:
    paths = (
        *(source.path for source in report.sources),
        *(note.path for note in report.notes),
        *(each.span.path for each in cited(report)),
    )
    for path in dict.fromkeys(paths):
        yield from of_path(path or "")


def fields_of(host: str | None, queue_manager: str | None, channel: str | None) -> Iterator[tuple[str, str]]:
    for kind, value in (("host", host), ("queue_manager", queue_manager), ("channel", channel)):
        if value:
            kind = "address" if kind == "host" and is_address(value) else kind
            if not own(kind, value):
                yield kind, value


def texts_of(report: Report) -> Iterator[str]:
    """The sentences of a report."""
    for source in report.sources:
        yield source.utc_offset_basis or ""
    for note in report.notes:
        yield note.text
    for each in report.incidents:
        yield each.title
        yield from each.missing
        yield from (alternative.why for alternative in each.alternatives)
        yield from (evidence.says for evidence in each.evidence)
        for remedy in each.remedies:
            yield from (remedy.who, remedy.do, remedy.check)


def is_path(name: str, report: Report) -> bool:
    return any(name == source.path for source in report.sources)


def shaped(named: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """The values of distinguished names that have the form of a host name, an address or a mail address."""
    return {(kind, value) for each, value in named if each in ATTRIBUTES and (kind := shape(value))}


def settled(named: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The values without those that are a mere name, folder or file where it is known what they are."""
    strong = {squeezed(value) for kind, value in named if kind not in WEAK}
    return {(kind, value) for kind, value in named if kind not in WEAK or squeezed(value) not in strong}


def shape(value: str) -> str | None:
    if is_address(value):
        return "address"
    if "@" in value and " " not in value:
        return "email"
    return "host" if is_full_name(value) else None


@dataclass(frozen=True)
class Redactor:
    """
    `named` is every original value with its kind; `words` are the ordinary words, as they are written; `in_paths`
    are the folders and files of the sources.
    """

    tokens: Tokens
    named: frozenset[tuple[str, str]]
    words: frozenset[str]
    in_paths: frozenset[str] = frozenset()

    # ---- what is looked for ------------------------------------------------------------------------------------

    @cached_property
    def kinds(self) -> dict[str, list[tuple[str, str]]]:
        """The kinds of a value and its spellings there, by the value in lower case, the strongest first."""
        pairs = [(kind, value) for kind, value in self.named if kind not in ADDRESSES]
        pairs += [("serial", text) for kind, value in self.named if kind == "serial" for text in spellings(value)]
        order = {kind: number for number, kind in enumerate(STRENGTH)}
        pairs.sort(key=lambda each: (squeezed(each[1]), order[each[0]], each[1]))
        return {small: list(group) for small, group in groupby(pairs, key=lambda each: squeezed(each[1]))}

    @cached_property
    def small_words(self) -> frozenset[str]:
        return frozenset(word.lower() for word in self.words)

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """The values that are looked for in texts."""
        result = [value for kind, text in self.named for value in self.sought(kind, text)]
        return tuple(dict.fromkeys(sorted(result)))

    def sought(self, kind: str, text: str) -> Iterator[Value]:
        """
        How a value is looked for. A number stands in a text by chance, an ordinary word is one: neither is looked
        for. Where only its lower case is an ordinary word, it is as it is written. A folder that a text names
        (/build/lib) is one only as a part of a path.
        """
        if kind == "folder" and text.isalpha() and text.islower() and text not in self.in_paths:
            return
        if kind == "serial":
            yield from (Value(each) for each in spellings(text))
        elif kind in ADDRESSES:
            yield Value(text)
        elif text.isdigit():
            if len(text) >= LONG_NUMBER:
                yield Value(text)
        elif len(text) > 1 and any(map(str.isalpha, text)) and text not in self.words:
            yield Value(text, exact=text.lower() in self.small_words or len(text) < SHORTEST_CHECKED)

    @cached_property
    def index(self) -> Index:
        return Index(self.values)

    @cached_property
    def checked(self) -> Index:
        return Index(each for each in self.values if len(each.text) >= SHORTEST_CHECKED)

    # ---- single values -----------------------------------------------------------------------------------------

    def of(self, kind: str, value: str | None) -> str | None:
        """The pseudonym of a field's value; the value itself where it is no name."""
        if not value:
            return value
        if kind in ("host", *ATTRIBUTES) and (known := shape(value)) and (token := self.tokens.of(known, value)):
            return token
        if kind in ("folder", "file", "name") and (token := self.strongest(value, "")):
            return token
        return self.tokens.of(kind, value) or value

    def strongest(self, value: str, before: str, exact: str | None = None) -> str | None:
        """The pseudonym of a value in a text, `before` being what stands before it; None if it has none."""
        if is_address(value) or value.endswith(".*"):
            return self.tokens.of("address", value)
        pairs = self.kinds.get(squeezed(value), [])
        kinds = [kind for kind, spelt in pairs if spelt == (exact or value)] or [kind for kind, _ in pairs]
        if not kinds:
            return None
        small = before.lower().rstrip(" '\"")
        hinted = [kind for kind in kinds if any(small.endswith(hint) for hint in HINTS.get(kind, ()))]
        kind = (hinted or kinds)[0]
        return self.of(kind, value) if kind in ATTRIBUTES else self.tokens.of(kind, value)

    # ---- texts -------------------------------------------------------------------------------------------------

    def text(self, text: str) -> str:
        """A sentence or a piece of a log with its names replaced; what was broken over lines stays broken."""
        if text not in self.known_texts:
            self.known_texts[text] = self.replaced(masked(text))
        return self.known_texts[text]

    @cached_property
    def known_texts(self) -> dict[str, str]:
        """Texts that were redacted before: the same sentences come again with every incident."""
        return {}

    def replaced(self, text: str) -> str:
        result, at = "", 0
        for begin, end, token in self.replacements(text):
            ends = "".join(re.findall(r"\r?\n", text[begin:end]))
            result += text[at:begin] + token + ends
            at = end
        return result + text[at:]

    def replacements(self, text: str) -> list[tuple[int, int, str]]:
        """
        What is replaced, by position: known values first, the longest first, then what looks like a name.
        """
        hits = sorted(self.index.hits(text, broken=BROKEN_IN_LOG), key=lambda each: (each.begin - each.end, each.begin))
        taken = bytearray(len(text))
        result: list[tuple[int, int, str]] = []
        for begin, end, value in hits:
            if any(taken[begin:end]):
                continue
            token = self.strongest(value, text[max(0, begin - 20) : begin], exact=text[begin:end])
            if token:
                taken[begin:end] = b"\1" * (end - begin)
                result.append((begin, end, token))
        for each in found(text, in_log=True):
            token = self.tokens.of(each.kind, each.value) if (each.kind, each.value) in self.named else None
            if token and not any(taken[each.begin : each.end]):
                taken[each.begin : each.end] = b"\1" * (each.end - each.begin)
                result.append((each.begin, each.end, self.of(each.kind, each.value) or token))
        return sorted(result)

    def path(self, path: str) -> str:
        """A path of a source, part by part; the file names of MQ and the folders of every system stay."""
        if path in ("", "-"):
            return path
        pieces: list[str] = []
        piece = ""
        for char in (*path, ""):
            if char and char not in "/\\!":
                piece += char
            else:
                pieces += [piece, char]
                piece = ""
        last = max((number for number, each in enumerate(pieces) if each and each not in "/\\!"), default=0)
        return "".join(
            each if each in "/\\!" else self.component(each, is_last=number == last)
            for number, each in enumerate(pieces)
        )

    def component(self, piece: str, *, is_last: bool) -> str:
        kind = "file" if (is_last or piece.lower().endswith(ARCHIVES)) and "." in piece else "folder"
        return piece if own(kind, piece) else self.of(kind, piece) or piece

    # ---- the report --------------------------------------------------------------------------------------------

    def report(self, report: Report) -> Report:
        return replace(
            report,
            sources=tuple(self.source(each) for each in report.sources),
            incidents=tuple(self.incident(each) for each in report.incidents),
            clocks=tuple(self.clock(each, report) for each in report.clocks),
            notes=tuple(self.note(each) for each in report.notes),
        )

    def source(self, source: SourceReport) -> SourceReport:
        return replace(
            source,
            path=self.path(source.path),
            host=self.of("host", source.host),
            queue_manager=self.of("queue_manager", source.queue_manager),
            utc_offset_basis=source.utc_offset_basis and self.text(source.utc_offset_basis),
        )

    def incident(self, incident: Incident) -> Incident:
        finding = incident.certificate
        return replace(
            incident,
            title=self.text(incident.title),
            channel=self.of("channel", incident.channel),
            queue_manager=self.of("queue_manager", incident.queue_manager),
            certificate=finding and CertificateFinding(self.certificate(finding.certificate), finding.owner),
            alternatives=tuple(replace(each, why=self.text(each.why)) for each in incident.alternatives),
            evidence=tuple(self.evidence(each) for each in incident.evidence),
            missing=tuple(self.text(each) for each in incident.missing),
            remedies=tuple(
                replace(each, who=self.text(each.who), do=self.text(each.do), check=self.text(each.check))
                for each in incident.remedies
            ),
        )

    def evidence(self, evidence: Evidence) -> Evidence:
        return replace(
            evidence,
            says=self.text(evidence.says),
            span=self.span(evidence.span),
            event=evidence.event and self.event(evidence.event),
        )

    def records(self, raw: Mapping[Span, str] | None) -> dict[Span, str] | None:
        """The cited records, under the spans that they have in the redacted report."""
        return None if raw is None else {self.span(span): self.text(text) for span, text in raw.items()}

    def span(self, span: Span) -> Span:
        return replace(span, path=self.path(span.path))

    def event(self, event: Event) -> Event:
        """An event of which a renderer may show whatever it likes."""
        return replace(
            event,
            span=self.span(event.span),
            host=self.of("host", event.host),
            queue_manager=self.of("queue_manager", event.queue_manager),
            user=self.of("user", event.user),
            program=self.of("program", event.program),
            installation=self.of("installation", event.installation),
            channel=self.of("channel", event.channel),
            peer=event.peer and self.peer(event.peer),
            certificate=event.certificate and self.certificate(event.certificate),
            inserts={name: self.whole(value) for name, value in event.inserts.items()},
            facts={name: self.whole(value) for name, value in event.facts.items()},
            text=self.text(event.text),
            body=self.text(event.body),
        )

    def whole(self, value: str) -> str:
        """A text that may be one name and nothing else, then also where the name is an ordinary word."""
        return self.strongest(value, "") or self.text(value)

    def peer(self, peer: Peer) -> Peer:
        return Peer(self.of("host", peer.host), self.of("host", peer.address), peer.port)

    def certificate(self, certificate: Certificate) -> Certificate:
        return Certificate(
            certificate.subject and self.name(certificate.subject),
            certificate.issuer and self.name(certificate.issuer),
            self.of("serial", certificate.serial),
        )

    def name(self, name: Name) -> Name:
        return Name(tuple((key, self.of(attribute_kind(key), value) or "") for key, value in name.attributes), name.cut)

    def clock(self, clock: Clock, report: Report) -> Clock:
        first, second = (
            self.path(each) if is_path(each, report) else self.of("host", each) or each for each in clock.between
        )
        return replace(clock, between=(first, second))

    def note(self, note: Note) -> Note:
        return replace(note, path=note.path and self.path(note.path), text=self.text(note.text))

    # ---- what is left ------------------------------------------------------------------------------------------

    def check(self, output: str, where: str) -> None:
        """MqdiagError where a finished text still holds an original value; it names the kind, never the value."""
        for text in dict.fromkeys((output, html.unescape(output), output.replace("\\n", "\n"))):
            for hit in self.checked.hits(text, broken=BROKEN_IN_OUTPUT):
                kind = next((kind for kind, _ in self.kinds.get(squeezed(hit.value), [])), "address")
                raise MqdiagError(
                    tr("I was asked to redact the answer."),
                    where=tr("{path}, line {line}", path=where, line=text.count(chr(10), 0, hit.begin) + 1),
                    found=tr(
                        "It still held an original value there, of the kind {kind}; so nothing was written.",
                        kind=translated(kind.replace("_", " ")),
                    ),
                    hint=tr("This is a defect of mqdiag: please report it, without the logs."),
                )

    def reverse(self) -> dict[str, list[str]]:
        """The original values by pseudonym, for the reverse map."""
        result: dict[str, set[str]] = {}
        for kind, value in self.named:
            if token := self.of(kind, value):
                result.setdefault(token, set()).add(value)
        return {token: sorted(result[token]) for token in sorted(result)}


def spellings(serial: str) -> list[str]:
    """The ways in which logs print a serial number that is long enough to be looked for: C805, 00c805, c8:05."""
    from mqdiag.names import normal_serial

    normal = normal_serial(serial)
    if normal is None or len(normal) < DISTINCTIVE:
        return []
    even = normal if len(normal) % 2 == 0 else "0" + normal
    pairs = ":".join(even[at : at + 2] for at in range(0, len(even), 2))
    return list(dict.fromkeys((normal, even, "00" + even, pairs, "00:" + pairs)))
