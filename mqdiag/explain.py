"""
`mqdiag explain`: what a code means, offline, from the knowledge files alone.

A number means nothing without its place: 23 is an OpenSSL result, an alert and more. So an answer is all the
meanings there are, each with the place where it holds.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mqdiag.knowledge import knowledge
from mqdiag.language import blank, marked, tr, translated
from mqdiag.render import Page
from mqdiag.render._document import Bullets, Document, Facts, Heading, Paragraph, Step, Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mqdiag.knowledge import Cause, CodeEntry, Condition, Message, Sign
    from mqdiag.render._document import Block


@dataclass(frozen=True, slots=True)
class Use:
    """Something that stands beside a code: another message id, or a cause; and what it says."""

    code: str
    says: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """
    One thing that a code can stand for. What is not known is empty.

    `namespace`: `message`, `cause`, `probe`, or one of knowledge/codes. `place`: where the code means this.
    `written_by`: the end in whose log it appears; `role`: what that end has to do with the failure. `peers`:
    what the other end writes of the same failure. `causes`: the root causes whose rules look at it. `verified`
    is false where the meaning rests on an unverified table, None where there is nothing to verify.
    """

    namespace: str
    code: str
    name: str
    says: str
    place: str
    written_by: str = ""
    role: str = ""
    layers: tuple[str, ...] = ()
    inserts: str = ""
    peers: tuple[Use, ...] = ()
    causes: tuple[Use, ...] = ()
    next: str = ""
    verified: bool | None = None
    signs: tuple[str, ...] = ()  # of a cause: how it is recognised
    settles: tuple[str, ...] = ()
    remedies: tuple[Step, ...] = ()
    note: str = ""  # of the site, --rules


@dataclass(frozen=True, slots=True)
class Explanation:
    """All meanings of one code; where there is none, `near` names the known codes that look most like it."""

    asked: str
    meanings: tuple[Meaning, ...]
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the codes of a namespace stand, who writes them, and where to look next."""

    where: str
    written_by: str = ""
    other_end: str = ""
    next: str = ""


CHECKER = marked("the end that checked the certificate it was shown; that certificate is the other end's")
RECORD = marked("The certificate in the same record, and which of the two ends it belongs to.")

PLACES = {
    "mqrc": Place(
        marked("an MQ reason code (MQRC): what MQCONNX or another MQI call returned, RC= in Java, an FFST"),
        marked("the program that connected"),
        next=marked("AMQERR01.LOG of both ends at that moment."),
    ),
    "gskit": Place(
        marked("a GSKit return code: ArithInsert1 of AMQ9633, AMQ9654, AMQ9620 on Linux, AIX and Windows"),
        marked("the end that called GSKit"),
    ),
    "gskval": Place(
        marked("a GSKit validation code: ArithInsert2 of AMQ9633 on Linux, AIX and Windows"),
        CHECKER,
        marked("AMQ9665, or AMQ9633 with the number of an alert"),
        RECORD,
    ),
    "x509": Place(
        marked("an OpenSSL verification result (X509_V): a validation error below 1000 in AMQ9633 of HP NonStop"),
        CHECKER,
        marked("AMQ9665, or the alert that it was sent"),
        RECORD,
    ),
    "alert": Place(
        marked("a TLS alert: 'Received fatal alert' in Java; with 1000 added in AMQ9633 of HP NonStop"),
        marked("the end that received it: the other end took the decision"),
        marked("the reason, in its own words"),
        marked("The error log of the other end at that moment."),
    ),
    "dotnet": Place(
        marked("what .NET found in the chain of a certificate: after the last colon of an AuthenticationException"),
        CHECKER,
        marked("AMQ9665, or the alert that it was sent"),
        marked("The certificate that the other end presents, and the CAs above it."),
    ),
    "errno": Place(
        marked("the TCP/IP return code of a socket call, numbered by the platform that writes the record"),
        marked("the end whose call failed"),
    ),
    "ocsp": Place(marked("the answer of an OCSP responder"), marked("the responder")),
    "mqrq": Place(
        marked("the reason qualifier of a channel or authority event message"),
        marked("the queue manager"),
        next=marked(
            "The event message beside it: channel, address, name of the certificate; AMQERR01.LOG at that second."
        ),
    ),
    "pcf": Place(marked("a reason code of a PCF reply or of DISPLAY CHSTATUS (MQRCCF)"), marked("the queue manager")),
    "rrc": Place(marked("the Major Errorcode of an FFST"), marked("the process that wrote the .FDC file")),
    "probe": Place(marked("the probe id of an FFST"), marked("the process that wrote the .FDC file")),
}

MESSAGE_PLACE = marked("a message id, with or without its severity letter")

SIDES = {
    "caller": marked("the end that started the channel"),
    "acceptor": marked("the end that accepted the channel"),
    "both": marked("either end"),
}

ROLES = {
    "judge": marked("its writer took the decision, or found the fault"),
    "victim": marked("its writer tells what the other end did: the reason is in the other end's log"),
    "wrapper": marked("it says only that something ended, never why: the record before it does"),
    "context": marked("it explains others"),
    "noise": marked("port scans and health checks write it too; without a channel it is no failure"),
    "notice": marked("nothing is wrong"),
}

CODE_ROLES = {
    "wrapper": marked("it never says why: the error logs do"),
    "victim": ROLES["victim"],
    "cause": marked("it can name the reason"),
    "unrelated": marked("it has nothing to do with a failed connection"),
}

PLATFORMS = {
    "linux": "Linux",
    "aix": "AIX",
    "solaris": "Solaris",
    "hpux": "HP-UX",
    "windows": "Windows",
    "ibmi": "IBM i",
}

MESSAGE = re.compile(r"(?P<key>AMQ\d{4,5}|CSQ[A-Z]\d{3}|JMS[A-Z]{2}\d{4})[A-Z]?", re.I)
PROBE = re.compile(r"(?P<component>[A-Z]{2})(?P<function>\d{3})(?P<probe>\d{3})", re.I)
NUMBER = re.compile(r"(?P<decimal>-?\d{1,9})|(?:0x|X')(?P<hex>[0-9a-f]{1,8})'?", re.I)
ALERTS_FROM, ALERTS_TO = 1000, 1999  # OpenSSL numbers a received alert 1000 + n

NEAR = 3


def explain(code: str) -> Explanation:
    """What a code means: a message id, a reason code, any number or name of knowledge/codes, a probe id, a cause."""
    asked = code.strip()
    found = tuple(dict.fromkeys(meanings(asked)))
    return Explanation(asked, found, () if found else tuple(nearest(asked)))


def meanings(asked: str) -> Iterator[Meaning]:
    known = knowledge()
    namespace, _, value = asked.partition(":")
    if namespace in known.codes and value:
        yield from codes(value, [namespace])
        return
    if match := MESSAGE.fullmatch(asked):
        yield from message(match["key"].upper())
    if NUMBER.fullmatch(asked):
        yield from message(f"AMQ{asked}")
        yield from message(f"AMQ{identified(as_number(asked) or 0)}")
    yield from codes(asked, known.codes)
    if (match := PROBE.fullmatch(asked)) and match[0].upper() not in known.codes.get("probe", {}):
        yield probe(match)
    if cause := known.causes.get(asked.lower()):
        yield root_cause(asked.lower(), cause)


def identified(number: int) -> str:
    """The number of the message in the error identifier of an event message or FFST: 0x20009208 is that of AMQ9208."""
    digits = f"{number:08X}"
    return digits[4:] if digits.startswith("2000") and digits[4:].isdigit() else ""


# ---- messages --------------------------------------------------------------------------------------------------


def message(key: str) -> Iterator[Meaning]:
    messages, reasons = knowledge().messages, knowledge().codes["mqrc"]
    entry = messages.get(key)
    if entry is None:
        if note := site_note(key):
            yield Meaning(namespace="message", code=key, name="", says="", place=translated(MESSAGE_PLACE), note=note)
        return
    yield Meaning(
        namespace="message",
        code=key,
        name="",
        says=translated(entry.says),
        place=translated(MESSAGE_PLACE),
        written_by=translated(SIDES[entry.side]),
        role=translated(ROLES[entry.role]),
        layers=() if entry.role == "wrapper" else (entry.layer,),
        inserts=inserts(entry),
        peers=(
            *(Use(peer, translated(messages[peer].says) if peer in messages else "") for peer in entry.peers),
            *(Use(code, translated(reasons[code].says)) for code in entry.returns),
        ),
        causes=causes_using(lambda condition: key in condition.message_id),
        next=translated(entry.next),
        verified=entry.verified,
        note=site_note(key),
    )


def site_note(key: str) -> str:
    note = knowledge().notes.get(key)
    return " ".join(part for part in (note.says, note.link) if part) if note else ""


def inserts(entry: Message) -> str:
    """Where the message holds what: `channel: CommentInsert3, certificate: CommentInsert1`."""
    held = {
        "channel": entry.channel,
        "certificate": entry.certificate,
        "peer": entry.peer,
        "user": entry.user,
        **entry.facts,
    }
    codes = {tr("{namespace} code", namespace=namespace): insert for insert, namespace in entry.codes.items()}
    named = {blank(name): insert for name, insert in held.items()} | codes
    return ", ".join(f"{name}: {insert}" for name, insert in named.items() if insert)


# ---- codes -----------------------------------------------------------------------------------------------------


def codes(asked: str, namespaces: Iterable[str]) -> Iterator[Meaning]:
    """The meanings of a number or a name in the namespaces."""
    number = as_number(asked)
    for namespace in sorted(namespaces, key=order):
        for value, entry in knowledge().codes[namespace].items():
            if number is None and named(asked, value, entry):
                yield coded(namespace, value, entry)
            elif number is not None and numbered(number, namespace, value, entry):
                yield coded(namespace, value, entry, number)


def order(namespace: str) -> tuple[int, str]:
    ranks = list(PLACES)
    return (ranks.index(namespace) if namespace in ranks else len(ranks), namespace)


def as_number(asked: str) -> int | None:
    """23, 0x959 and X'6F' as numbers; None for a word."""
    match = NUMBER.fullmatch(asked)
    if not match:
        return None
    return int(match["hex"], 16) if match["hex"] else int(match["decimal"])


def numbered(number: int, namespace: str, value: str, entry: CodeEntry) -> bool:
    """Whether a number is an entry's own, its number on some platform, or the alert that OpenSSL prints as 1000 + n."""
    if number in entry.numbers.values():
        return True
    if value.removeprefix("-").isdecimal() and int(value) == number:
        return True
    as_alert = ALERTS_FROM <= number <= ALERTS_TO and namespace == "alert"
    return as_alert and value == str(number - ALERTS_FROM)


def named(asked: str, value: str, entry: CodeEntry) -> bool:
    """Whether a word is the name of an entry, in any case, without its prefix too: cert_revoked, NOT_AUTHORIZED."""
    wanted = plain(asked)
    parts = entry.name.split("_")
    suffixes = ("_".join(parts[at:]) for at in range(1, len(parts) - 1))
    return bool(wanted) and wanted in {plain(value), plain(entry.name), *map(plain, suffixes)}


def plain(word: str) -> str:
    """A name as all spellings of it have in common; amqsevt writes Queue for the Q of MQ's names."""
    return re.sub(r"[\W_]", "", word).upper().replace("QUEUE", "Q")


def coded(namespace: str, value: str, entry: CodeEntry, number: int | None = None) -> Meaning:
    place = PLACES.get(namespace) or Place(tr("a code of the namespace {namespace}", namespace=namespace))
    here = [PLATFORMS.get(on, on) for on, each in entry.numbers.items() if each == number]
    platforms = ", ".join(f"{PLATFORMS.get(on, on)} {each}" for on, each in entry.numbers.items())
    return Meaning(
        namespace=namespace,
        code=value,
        name=translated(entry.name),
        says=f"{translated(entry.says)} ({platforms})" if platforms else translated(entry.says),
        place=tr("the TCP/IP return code on {platforms}", platforms=", ".join(here))
        if here
        else translated(place.where),
        written_by=translated(place.written_by),
        role=translated(CODE_ROLES[entry.role] if entry.role else ROLES[entry.event] if entry.event else ""),
        layers=entry.layers,
        peers=(Use("", translated(place.other_end)),) if place.other_end else (),
        causes=causes_using(lambda condition: names(condition, namespace, value))
        or causes_using(lambda condition: any(covers(each, namespace, value) for each in condition.code)),
        next=translated(place.next),
        verified=entry.verified,
    )


def names(condition: Condition, namespace: str, value: str) -> bool:
    """Whether a rule asks for this very code."""
    if namespace == "mqrc" and value.isdecimal() and int(value) in condition.reason_code:
        return True
    return f"{namespace}:{value}" in condition.code


def covers(wanted: str, namespace: str, value: str) -> bool:
    """Whether a rule's `namespace:low-high` includes a code: the rule of last resort for a whole table is so."""
    space, _, rest = wanted.partition(":")
    low, _, high = rest.partition("-")
    bounds = low.isdecimal() and high.isdecimal() and value.isdecimal()
    return space == namespace and bounds and int(low) <= int(value) <= int(high)


def probe(match: re.Match[str]) -> Meaning:
    """A probe id that no table knows still says where the report was raised."""
    return Meaning(
        namespace="probe",
        code=match[0].upper(),
        name="",
        says=tr(
            "raised in component {component}, function {function}, probe {probe}; where, not why",
            component=match["component"].upper(),
            function=match["function"],
            probe=match["probe"],
        ),
        place=translated(PLACES["probe"].where),
        written_by=translated(PLACES["probe"].written_by),
        next=tr("Probe Type, Major Errorcode and the comments of the report; the first report in time matters most."),
    )


# ---- causes ----------------------------------------------------------------------------------------------------


def root_cause(slug: str, cause: Cause) -> Meaning:
    return Meaning(
        namespace="cause",
        code=slug,
        name=blanks(cause.title),
        says=blanks(one_line(cause.because)),
        place=tr("a root cause: `cause` in the JSON report"),
        layers=(cause.layer,),
        signs=tuple(recognised(sign) for sign in cause.signs),
        settles=tuple(blanks(each) for each in cause.settles),
        remedies=tuple(
            Step(blanks(each.who), f"{blanks(each.do)} {blanks(each.cost)}".strip(), blanks(each.check))
            for each in cause.remedies
        ),
    )


def recognised(sign: Sign) -> str:
    """A way to recognise a cause: what its record says and what has to stand beside it."""
    parts = [sign.says, *(companion.says for companion in sign.also)]
    return f"{tr(', and ').join(blanks(part) for part in parts)} ({translated(sign.confidence)})"


def causes_using(wanted: Callable[[Condition], bool]) -> tuple[Use, ...]:
    return tuple(
        Use(slug, blanks(cause.title))
        for slug, cause in knowledge().causes.items()
        if any(wanted(condition) for condition in conditions(cause))
    )


def conditions(cause: Cause) -> Iterator[Condition]:
    for sign in cause.signs:
        yield sign.lead
        for companion in sign.also:
            yield companion.when
    for support in cause.supports:
        yield support.when


def blanks(text: str) -> str:
    """A text of the knowledge with its blanks shown as such: {owner_host} is <owner host>."""
    return re.sub(r"\{(\w+)\}", lambda match: f"<{blank(match[1])}>", translated(text))


def one_line(text: str) -> str:
    return " ".join(text.split())


# ---- unknown codes ---------------------------------------------------------------------------------------------


def nearest(asked: str) -> list[str]:
    """The known codes that an unknown one may have been meant for: the next numbers, or the most similar words."""
    known = knowledge()
    namespace, _, value = asked.partition(":")
    if namespace in known.codes and value:
        return nearest_in(namespace, value)
    if match := MESSAGE.fullmatch(asked):
        prefix = match["key"].rstrip("0123456789").upper()
        ids = {int(key[len(prefix) :]): key for key in known.messages if key.startswith(prefix)}
        return closest(int(match["key"][len(prefix) :]), ids)
    if (number := as_number(asked)) is not None:
        return closest(number, known_numbers())
    words = {plain(word): word for word in known_words()}
    return [words[each] for each in difflib.get_close_matches(plain(asked), words, NEAR)]


def nearest_in(namespace: str, value: str) -> list[str]:
    """Of one namespace: what stands next to a number, or is spelt most like a word."""
    entries = knowledge().codes[namespace]
    if (number := as_number(value)) is not None:
        numbers = [int(each) for each in entries if each.removeprefix("-").isdecimal()]
        chosen = sorted(numbers, key=lambda each: (abs(each - number), each))[:NEAR]
        return [f"{namespace}:{each}" for each in sorted(chosen)]
    names = (*(entry.name for entry in entries.values()), *(each for each in entries if not each.isdecimal()))
    words = {plain(each): each for each in names}
    return [words[each] for each in difflib.get_close_matches(plain(value), words, NEAR)]


def closest(number: int, known: dict[int, str]) -> list[str]:
    """The nearest numbers that a slip of the finger would give, in order."""
    reach = max(10, abs(number) // 20)
    near = [each for each in known if abs(each - number) <= reach]
    chosen = sorted(near, key=lambda each: (abs(each - number), each))[:NEAR]
    return [known[each] for each in sorted(chosen)]


def known_numbers() -> dict[int, str]:
    found: dict[int, list[str]] = {}
    for namespace, entries in knowledge().codes.items():
        for value in entries:
            if value.isdecimal():
                found.setdefault(int(value), []).append(namespace)
    return {number: f"{number} ({', '.join(spaces)})" for number, spaces in found.items()}


def known_words() -> Iterator[str]:
    known = knowledge()
    yield from known.messages
    yield from known.causes
    for entries in known.codes.values():
        yield from (entry.name for entry in entries.values())
        yield from (value for value in entries if not value.isdecimal())


# ---- as a page -------------------------------------------------------------------------------------------------


def explanation_page(explanations: Sequence[Explanation]) -> Page:
    return Page(
        lambda: Document(tuple(block for each in explanations for block in blocks(each))),
        lambda: [asdict(each) for each in explanations],
    )


def blocks(explanation: Explanation) -> Iterator[Block]:
    if not explanation.meanings:
        yield Heading(tr("{code}: not known", code=explanation.asked), 1)
        yield Paragraph(
            tr("The nearest known: {codes}.", codes=", ".join(explanation.near))
            if explanation.near
            else tr("Nothing known is near it.")
        )
    if len(explanation.meanings) > 1:
        count = len(explanation.meanings)
        yield Heading(tr("{code}: {count} meanings, by the place it stands in", code=explanation.asked, count=count), 1)
    for meaning in explanation.meanings:
        yield from told(meaning)


def told(meaning: Meaning) -> Iterator[Block]:
    title = f"{meaning.code}: {meaning.name}" if meaning.name else meaning.code
    yield Heading(title, 1)
    yield Facts(tuple((label, value) for label, value in rows(meaning) if value))
    for heading, items in ((tr("Recognised by"), meaning.signs), (tr("What settles it"), meaning.settles)):
        if items:
            yield Heading(heading)
            yield Bullets(items)
    if meaning.remedies:
        yield Heading(tr("What to do"))
        yield Steps(meaning.remedies)


def rows(meaning: Meaning) -> Iterator[tuple[str, str]]:
    yield tr("as"), meaning.place
    yield tr("means"), meaning.says
    yield tr("written by"), meaning.written_by
    yield tr("it tells"), meaning.role
    yield tr("step"), ", ".join(meaning.layers)
    yield tr("inserts"), meaning.inserts
    for label, uses in ((tr("other end"), meaning.peers), (tr("causes"), meaning.causes)):
        for number, use in enumerate(uses):
            yield "" if number else label, ": ".join(part for part in (use.code, use.says) if part)
    yield tr("look at"), meaning.next
    yield tr("your note"), meaning.note
    if meaning.verified is not None:
        yield (
            tr("verified"),
            tr("yes") if meaning.verified else tr("no: no source that we could check says so"),
        )
