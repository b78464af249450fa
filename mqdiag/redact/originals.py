"""
All names in what was read: those that events hold by their kind, and those found in their texts.

What MQ itself or the language brings is no name: programs, functions, message ids, CipherSpecs, SYSTEM objects, and
the words of mqdiag's own sentences.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from mqdiag.knowledge import knowledge
from mqdiag.redact.patterns import found, is_address
from mqdiag.redact.tokens import ATTRIBUTES, PREFIXES, split_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mqdiag.model import Certificate, Event, Peer

    Named = tuple[str, str]

# Facts that are names; all others are texts, in which names are looked for.
FACT_KINDS = {
    "authinfo": "object",
    "object": "queue",
    "label": "label",
    "certificatelabel": "label",
    "application": "program",
    "queue_manager": "queue_manager",
    "channel": "channel",
    "user": "user",
    "remote_host": "host",
    "peer_name": "host",
    "sslhttpproxyname": "host",
    "certificate_file": "file",
}
# Facts that are words of MQ, of a platform or of a language.
OWN_FACTS = (
    *("call", "gskit_call", "function", "cipher", "cipher_required", "cipher_negotiated", "csect", "component"),
    *("major", "minor", "module", "probe_type", "stack", "thread_name", "verb", "exceptions", "chain", "platform"),
    *("authority", "stanza", "language", "allowedcipherspecs", "attribute"),
)
OBJECT = re.compile(r"(?P<name>\S{1,255}) \[(?P<type>\w+)\]$")  # PRESS.OUT [queue]   SHOPQM [qmgr]
OBJECT_KINDS = {"qmgr": "queue_manager", "queue": "queue", "channel": "channel"}

MQ_WORD = re.compile(
    r"""
      AMQ(?:[A-Z]{2})?\d{4}[A-Z]? | CSQ[A-Z]\d{3}[A-Z]?        # message ids
    | MQ[A-Z]{1,12}_\w+ | MQI | MQSC | IBM ?MQ
    | MQ(?:CONNX?|OPEN|PUT1?|GET|CLOSE|DISC|INQ|SET|CMIT|BACK|BEGIN|SUB|SUBRQ|CB|CTL|STAT)
    | MQ(?:JE|JMS)\d{3,4} | JMS[A-Z]{2,4}\d{4}
    | (?:GSK|gsk)\w{0,60}_\w+ | GSKVALMethod | X509(?:_\w+)?
    | (?:TLS|SSL|ECDHE|DHE|ANY|NULL|DES|RC[24]|AES|TRIPLE|FIPS|SHA|MD5)_\w+
    | (?:xec|rrc|zrc|lrc|lpi|arc|hrc)[A-Z]\w*              # return codes of the common services
    | (?:ccx|cci|rri|rrx|rre|xcs|xst|xeh|xll|xtr|zst|zii|zsq|zxc|zmu|zcp|zlg|mqlp?)[A-Z]\w*
    | amq\w{4,6}(?:\.exe)?
    | SYSTEM\.\w[\w./%]*
    | (?:runmq|strmq|endmq|crtmq|dltmq|dspmq|setmq|mqrc|mqpgf|mqpcf|csq|runp11cred|rcrmq)\w*
    | CHCK\w+ | QMQ_\w+ | WMQ\w*
    | get(?:addr|name)info | getsockopt | setsockopt | connect | recv | send | select | accept | bind | socket
    | (?:com\.ibm|javax?|sun|jdk|org\.springframework|org\.apache|System|Microsoft)\.[\w.$]+
    | [\w.]{1,200}\.(?:java|[ch])
    | mqm | MUSR_MQADMIN | localhost | localdomain | default
    | TCP(?:/IP)? | LU62 | QMErrorLog | ExcludeMessage | SuppressMessage | SuppressInterval
    | Installation\d+ | MQNI\w+ | MQ(?:SERVER|CHLLIB|CHLTAB|S_\w+|SAMP\w*|KEYRPWD)
    """,
    re.VERBOSE,
)
# Of the names that people choose only these are MQ's own: TLS_PAYROLL and MQPROD_01 are channels of somebody.
MQ_OBJECT = re.compile(r"SYSTEM\.\w[\w./%]*|(?:AMQ(?:[A-Z]{2})?\d{4}|CSQ[A-Z]\d{3})[A-Z]?|MQ(?:RC|CC)_\w+|default")
PROGRAM = re.compile(
    r"(?:amq|runmq|strmq|endmq|crtmq|dltmq|dspmq|setmq|mqrc|mqpgf|mqpcf|csq|fte|rfhutil|openssl|runmqakm)\w*(?:\.exe)?|"
    r"(?:java|javaw|node|dotnet|perl|pwsh|python[\d.]*)(?:\.exe)?|(?:WebSphere|IBM) MQ .*|MQM",
    re.IGNORECASE,
)
FILE = re.compile(
    r"(?i)AMQERR\d\d\.(?:LOG|json)|AMQ\d{1,12}\.\d{1,6}\.FDC|JMSC\w{0,40}\.FDC|FFST\w{0,40}\.FDC|mq(?:jms|java)\w{0,40}\.(?:log|trc)|S\d{7}\.LOG|"
    r"(?:qm|mqclient|mqs|mqat|mqft)\.ini|amq\w{1,40}\.[ch]|amqhlctl\.lfh|index\.txt|key\.(?:kdb|sth|rdb|crl)|"
    r"resolv\.conf|hosts|AMQCLCHL\.TAB|"
    r"\.(?:LOG|json|FDC|ini|kdb|sth|rdb|crl|tab|trc|txt)"  # nothing but how such a file ends
)
FOLDER = re.compile(
    r"(?i)var|opt|usr|etc|tmp|run|mnt|home|lib|lib64|bin|sbin|dev|proc|mqm|qmgrs|errors|trace|log|logs|ssl|tls|active|exits|"
    r"data|conf|config|client|server|clients|servers|inst\w?|samp|java|jre|docs?|IBM|MQ|MQSeries|WebSphere MQ|"
    r"ProgramData|Program Files(?: \(x86\))?|Users|Windows|@SYSTEM|@ipcc|\.{1,2}|~|-"
)
LONGEST_TEXT = 200_000  # characters of one text in which names are looked for


def own(kind: str, value: str) -> bool:
    """Whether a value of this kind is no name at all, or none that anybody here has chosen."""
    text = value.strip()
    if not any(map(str.isalnum, text)) or text.lower() in ("null", "none", "unknown", "n/a", "false", "true"):
        return True
    match kind:
        case "address":
            return text in ("0.0.0.0", "255.255.255.255", "::", "::1") or text.startswith("127.")
        case "program":
            return PROGRAM.fullmatch(re.split(r"[/\\]", text)[-1]) is not None
        case "file":
            return FILE.fullmatch(text) is not None
        case "folder":
            return FOLDER.fullmatch(text) is not None or FILE.fullmatch(text) is not None
        case "host" if text.lower().endswith((".ibm.com", ".openssl.org")):
            return True
        case "queue_manager" | "channel":
            return MQ_OBJECT.fullmatch(text) is not None
        case "class" | "name" | "host" | "queue" | "object" | "user" | "installation":
            return MQ_WORD.fullmatch(text) is not None or (kind == "name" and FILE.fullmatch(text) is not None)
    return False


# ---- events ----------------------------------------------------------------------------------------------------


def of_event(event: Event, words: frozenset[str], seen: set[str]) -> Iterator[Named]:
    """
    What an event names, by kind. `words` are the ordinary words, in lower case, that are not taken from texts;
    `seen` are the texts of the events before: records are much alike, and each text is searched once.
    """
    typed = (
        ("host", event.host),
        ("queue_manager", event.queue_manager),
        ("channel", event.channel),
        ("user", event.user),
        ("program", event.program),
        ("installation", event.installation),
    )
    for kind, value in typed:
        if value:
            yield from of_value(kind, value)
    if event.peer:
        yield from of_peer(event.peer)
    if event.certificate:
        yield from of_certificate(event.certificate)
    keep = {word for name in OWN_FACTS for word in event.facts.get(name, "").split()}
    for name, value in event.facts.items():
        if name in FACT_KINDS:
            yield from of_fact(FACT_KINDS[name], value)
    for name, value in event.inserts.items():
        if name.startswith("Comment") and value not in keep:
            yield from of_insert(value, words)
    texts = [value for name, value in event.facts.items() if name not in OWN_FACTS]
    new = {*event.inserts.values(), *texts, event.text, event.body} - seen
    seen |= new
    for text in sorted(new):
        yield from (each for each in of_text(text, words) if each[1] not in keep)


def of_value(kind: str, value: str) -> Iterator[Named]:
    """A value of a field, and what it consists of."""
    if kind == "host" and is_address(value):
        kind = "address"
    if kind == "user" and "\\" in value:
        yield "domain", value.partition("\\")[0]
        value = value.partition("\\")[2]
    if value and not own(kind, value):
        yield kind, value


def of_peer(peer: Peer) -> Iterator[Named]:
    for value in (peer.host, peer.address):
        if value and not value.isdigit():
            yield from of_value("host", value)


def of_certificate(certificate: Certificate) -> Iterator[Named]:
    for name in (certificate.subject, certificate.issuer):
        for key, value in name.attributes if name else ():
            if value.strip():
                yield attribute_kind(key), value
    if certificate.serial:
        yield "serial", certificate.serial


def attribute_kind(key: str) -> str:
    """An attribute's type is the kind of its value; those that nobody uses share one."""
    if key in ("E", "EMAIL", "MAIL"):
        return "email"
    return key if key in ATTRIBUTES else "name"


def of_fact(kind: str, value: str) -> Iterator[Named]:
    """A fact that is a name; what has the form of an address or of a distinguished name is found in its text."""
    if match := OBJECT.fullmatch(value):
        yield from of_value(OBJECT_KINDS.get(match["type"].lower(), "object"), match["name"])
    elif re.fullmatch(r"[\w.%/$-]+", value):
        yield from of_value(kind, value)


def of_insert(value: str, words: frozenset[str]) -> Iterator[Named]:
    """An insert of which nobody says what it is: a name, if it is one word that is no ordinary one."""
    if match := OBJECT.fullmatch(value):
        yield from of_value(OBJECT_KINDS.get(match["type"].lower(), "object"), match["name"])
    elif re.fullmatch(r"[A-Za-z][\w.%/-]*", value) and usable("name", value, words):
        yield "name", value


def of_text(text: str, words: frozenset[str], *, in_log: bool = True) -> Iterator[Named]:
    for each in found(text[:LONGEST_TEXT], in_log=in_log):
        if usable(each.kind, each.value, words, in_log=in_log):
            yield each.kind, each.value


def usable(kind: str, value: str, words: frozenset[str], *, in_log: bool = True) -> bool:
    """
    Whether what was found in a text is taken for a name: ordinary words never are. In mqdiag's own sentences
    stands SSLPEER('CN=name,O=organisation'), and nobody is called so.
    """
    if own(kind, value):
        return False
    if kind in ATTRIBUTES and not in_log:
        return any(word.lower() not in words for word in re.findall(r"\w{2,}", value))
    return kind not in PREFIXES or kind == "serial" or value.lower() not in words


def of_path(path: str) -> Iterator[Named]:
    """The folders and the file of a path of a source; `!` stands before what is inside an archive."""
    pieces = [each for each in re.split(r"[/\\!]", path) if each]
    for number, each in enumerate(pieces, 1):
        kind = "file" if (number == len(pieces) or each.lower().endswith(ARCHIVES)) and "." in each else "folder"
        if not own(kind, each):
            yield kind, each


ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".jar")


# ---- words that are no names -----------------------------------------------------------------------------------


@cache
def words_of_knowledge() -> frozenset[str]:
    """The words of all sentences that mqdiag can say, as they are written."""
    return frozenset(word for text in strings(knowledge()) for word in re.findall(r"[A-Za-z]{2,}", text))


def strings(value: Any) -> Iterator[str]:
    """Every text inside the values of the knowledge, without its placeholders."""
    if isinstance(value, str):
        yield re.sub(r"\{\w+\}", " ", value)
    elif is_dataclass(value):
        for each in fields(value):
            yield from strings(getattr(value, each.name))
    elif hasattr(value, "items"):
        for key, each in value.items():
            yield from strings(key)
            yield from strings(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from strings(each)


def own_domains(named: Iterable[Named]) -> set[str]:
    """The domains of the hosts that are known by their full names."""
    return {domain for kind, value in named if kind == "host" and (domain := split_host(value)[1]) and "." in domain}


def siblings(text: str, domains: Iterable[str]) -> Iterator[Named]:
    """Host names of a known domain that no record names as a host."""
    small = text.lower()
    for domain in domains:
        if domain in small:
            for match in re.finditer(rf"(?i)(?<![\w.@-])(?:[\w-]{{1,63}}\.){{1,4}}{re.escape(domain)}(?![\w-])", text):
                yield "host", match[0]
