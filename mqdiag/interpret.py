"""
What a printed event means: its channel, peer, certificate and codes, by the knowledge of its message id.

Decided on ids, codes and inserts, so the language of a log does not matter. Where a log prints no inserts
(before 9.1, HP NonStop) the quoted strings of the message line and the last free number of the explanation
stand in for them; prose is never read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from mqdiag import names
from mqdiag.knowledge import Knowledge, Message, knowledge
from mqdiag.model import Code, MessageId, Peer
from mqdiag.text import number, remembered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mqdiag.model import Certificate, Event, Side

# What records of TCP hold in an insert where others, or those of another level, have the channel.
SOCKET_CALLS = ("connect", "send", "recv", "select", "accept", "bind", "listen", "read", "write")
UNKNOWN_CHANNEL = re.compile(r"\?{3,4}")
CHANNEL_NAME = re.compile(r"[A-Za-z0-9._/%]{1,48}")  # MQ allows 20; people rename when they redact
# '..' in most catalogues, “..” in Chinese, 「..」 in Japanese, „..” in Polish, « .. » in French and Russian. The
# apostrophe of l'hôte and dell'host is none of them.
QUOTED = re.compile(
    r"(?<![A-Za-z\u00c0-\u024f])'([^']{0,4000})'(?![A-Za-z\u00c0-\u024f])|‘([^’]{0,4000})’|\"([^\"]{0,4000})\"|「([^」]{0,4000})」|『([^』]{0,4000})』"
    r"|[“„]([^“”]{0,4000})[“”]|[«»]\s?([^«»]{0,4000}?)\s?[«»]"
)
FREE_NUMBER = re.compile(r"(?<![\w.:/'(-])(\d{1,8})(?![\w:/'-]|\.\d|[ \t]{1,9}[A-Z])")  # not of: Application 7 Inc.
NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")  # what no sentence holds
# nshrb (198.51.100.24)(1481)   branch14 (203.0.113.114) (1414)   10.91.132.120(1416)   198.51.100.3
PEER = re.compile(
    r"^\s*(?P<host>[^\s()/,]{1,255})?(?:\s*\((?P<address>(?=\w*[.:])[0-9A-Fa-f.:]{3,45})\))?(?:\s*\((?P<port>\d{1,5})\))?"
)
# puertoqm (198.51.100.3)(1414)   branch14 (203.0.113.114) (1414)   198.51.100.3
WITH_ADDRESS = re.compile(
    r"(?:[^\s()/,']{1,255} ?\([0-9A-Fa-f.:]{7,45}\)|[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?: ?\([0-9]{1,5}\))?"
)
ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}")

# Names in `quoted` that are fields of an event; the others are facts.
FIELDS = ("channel", "peer", "user", "certificate", "queue_manager", "-")

# What GSKit prints when it could not classify a certificate: a record that lost its id is known by it. So is one
# with the return code 414 (bad certificate) and a number of certificate validation beside it.
SIGNATURES: Mapping[str, MessageId] = {"GSK_UNKNOWNREVOCATIONSTATUS_SUBJECT": MessageId("AMQ", "9716")}

EPHEMERAL = 32_768  # ports from here on are given to callers; no listener is told to use them
CALLING_PROGRAMS = ("runmqchl", "amqmcach")  # the MCA that starts a channel
ACCEPTING_PROGRAMS = ("amqrmppa", "amqcrsta", "amqzlaa0", "amqzxma0", "runmqlsr", "amqrmppx")


def interpret(event: Event) -> Event:
    """The same event with layer, role, channel, peer, certificate, codes and side filled in where they can be."""
    known = knowledge()
    event = identified(event) if event.kind != "mq-event" else of_event_message(event, known)
    message = known.messages.get(event.message_id.key) if event.message_id else None
    if message is None:
        event = with_reason_layer(event, known)
        return event if event.side else replace(event, side=side_of(event, None, event.peer))
    quoted = named_quotes(event, message)
    codes = frozenset(codes_of(event, message)) | event.codes
    peer_text = event.inserts.get(message.peer or "") or event.facts.get("remote_host") or quoted.get("peer")
    peer_text = peer_text or quoted_address(event, message)
    other_end = event.peer or (peer(peer_text) if peer_text else None)
    return replace(
        event,
        side=event.side or side_of(event, message, other_end),
        layer=message.layer,
        role="victim" if message.role == "judge" and any(map(known.is_of_other_end, codes)) else message.role,
        channel=event.channel or channel_of(event, message, quoted),
        peer=other_end,
        certificate=event.certificate or certificate_of(event, message),
        codes=codes,
        user=event.inserts.get(message.user or "") or quoted.get("user") or event.user,
        facts={**event.facts, **facts_of(event, message, quoted)},
    )


def sided(event: Event, side: Side | None) -> Event:
    """The event interpreted as one of the side that the user said, or of its own where he said none."""
    return interpret(replace(event, side=side) if side else event)


def channel_of(event: Event, message: Message, quoted: Mapping[str, str]) -> str | None:
    """
    The channel a record names: in its insert, else in its message line, else as the first quoted name of the
    explanation that is written like one. '????' in the first of these that is there means that none is known.
    """
    said = event.inserts.get(message.channel or "") or quoted.get("channel")
    if said or event.inserts or not (message.channel or "channel" in message.quoted):
        return channel_name(said)
    return next((each for each in quotes(event.body) if each.isupper() and channel_name(each) and "." in each), None)


def quoted_address(event: Event, message: Message) -> str | None:
    """
    Where a log prints no inserts: the first quoted part of the explanation that has an address in parentheses, else
    what stands so in the message line without quotes: 'Error on receive from host onsenmq (198.51.100.150).'
    """
    if event.inserts or message.peer is None:
        return None
    quoted = next((each for each in quotes(event.body) if WITH_ADDRESS.fullmatch(each.strip())), None)
    bare = None if quoted else WITH_ADDRESS.search(event.text)
    return bare[0] if bare else quoted


def identified(event: Event) -> Event:
    """An event whose record lost its message id, with the id that its inserts or text give away."""
    if event.message_id or event.kind not in ("amqerr", "amqerr-json", "syslog", "container"):
        return event
    everything = " ".join((*event.inserts.values(), event.text, event.body))
    for signature, message_id in SIGNATURES.items():
        if signature in everything:
            return replace(event, message_id=message_id, facts={**event.facts, "identified_by": signature})
    if event.inserts.get("ArithInsert1") == "414" and event.inserts.get("ArithInsert2", "").startswith("575"):
        facts = {**event.facts, "identified_by": "414, 575nnn"}
        return replace(event, message_id=MessageId("AMQ", "9633"), facts=facts)
    return event


def quotes(text: str) -> list[str]:
    return [next(part for part in match.groups() if part is not None) for match in QUOTED.finditer(text)]


def named_quotes(event: Event, message: Message) -> dict[str, str]:
    """
    The quoted strings of a message line by what they are. The order is that of the English line; other languages
    turn it round: 'Channel 'A.B' to host 'h'', '与主机“h”连接的通道“A.B”'.
    """
    found = dict(zip(message.quoted, quotes(event.text), strict=False))
    channel, peer = found.get("channel"), found.get("peer")
    if channel is not None and peer is not None and is_like_channel(peer) > is_like_channel(channel):
        found |= {"channel": peer, "peer": channel}
    return found


def is_like_channel(text: str) -> int:
    """How much a name is like that of a channel: 0 it can be none, 2 it is in capitals or MQ's placeholder."""
    if UNKNOWN_CHANNEL.fullmatch(text.strip()):
        return 2
    return 0 if channel_name(text) is None else 1 + text.strip().isupper()


def channel_name(text: str | None) -> str | None:
    """A channel's name, None for MQ's placeholder of question marks, for an address and for what cannot be a name."""
    name = (text or "").strip()
    is_other = name in SOCKET_CALLS or ADDRESS.fullmatch(name)
    return name if CHANNEL_NAME.fullmatch(name) and not is_other else None


@remembered
def peer(text: str) -> Peer | None:
    """The address in MQ's spellings of it: name, address and port, each only if it is there."""
    match = PEER.match(text)
    host, address = (match["host"], match["address"]) if match else (None, None)
    if host and UNKNOWN_CHANNEL.fullmatch(host):
        host = None
    if host and not address and ADDRESS.fullmatch(host):
        host, address = None, host
    if not host and not address:
        return None
    return Peer(host, address, int(match["port"]) if match and match["port"] else None)


def certificate_of(event: Event, message: Message) -> Certificate | None:
    """The certificate a record names: from its insert, else from the quoted strings of its explanation."""
    if message.certificate is None:
        return None
    candidates = [event.inserts.get(message.certificate, ""), *quotes(event.body), *quotes(event.text)]
    found = [each for text in candidates if text and (each := names.certificate(text))]
    # a cut insert may have its full value in the explanation
    return max(found, key=completeness, default=None)


def completeness(certificate: Certificate) -> tuple[bool, bool, bool]:
    subject = certificate.subject
    return certificate.serial is not None, subject is not None and not subject.cut, certificate.issuer is not None


def facts_of(event: Event, message: Message, quoted: Mapping[str, str]) -> dict[str, str]:
    facts = {name: event.inserts[insert] for name, insert in message.facts.items() if event.inserts.get(insert)}
    facts = {name: value for name, value in quoted.items() if name not in FIELDS and value} | facts
    if url := next((u for text in (*event.inserts.values(), event.body) if (u := names.url(text))), None):
        facts.setdefault("url", url)
    return facts


# ---- codes: a number means nothing without its namespace -------------------------------------------------------


def codes_of(event: Event, message: Message) -> Iterator[Code]:
    """The codes of a record: from its inserts, else the last free number of its explanation, or the `RC=` of z/OS."""
    printed = [(message.codes[insert], event.inserts[insert]) for insert in message.codes if insert in event.inserts]
    value = None if printed or not message.body_code else last_number(event.body) or event.facts.get("rc")
    if value and message.body_code and not counts_words(value, event, message):
        printed = [(message.body_code, value)]
    openssl = speaks_openssl(event)
    for namespace, value in printed:
        if code := code_of(namespace, value.strip(), openssl):
            yield code


def counts_words(number: str, event: Event, message: Message) -> bool:
    """
    Whether a number of a validation is one of something else, in a record that is torn into another text: `... 7 more`.
    Other codes can have a word behind them: 'The return code is 10054 for host'.
    """
    return message.body_code == "validation" and re.search(rf"\b{number}[ \t]{{1,9}}[a-z]", event.body) is not None


def last_number(body: str) -> str | None:
    """
    The last number of an explanation that stands free: not in quotes, not part of a name, an address or (a).

    'The return code from TCP/IP is 111 (X'6F').'  '証明書の検証エラーは 575032 です。'
    """
    plain = re.sub(r"\(?X\(?'[0-9A-Fa-f]+'\)?", " ", body)
    numbers = FREE_NUMBER.findall(QUOTED.sub(" ", plain))
    in_quotes = [each for each in quotes(plain) if each.isascii() and each.isdigit()]  # AMQ9620: 'the code is '5''
    if plain[-1:].isdigit() or NO_TEXT.search(body):  # torn, maybe amid the number, of 1042 is left 10; or damaged
        return None
    return (numbers or in_quotes or [None])[-1]


def speaks_openssl(event: Event) -> bool:
    """Whether the record comes from an MQ on OpenSSL (HP NonStop): it prints no GSKit blob and no GSKit code."""
    printed = " ".join(event.inserts.values()) + event.body
    return "GSKVALMethod" not in printed and "ArithInsert1" not in event.inserts


def code_of(namespace: str, value: str, openssl: bool) -> Code | None:
    found = number(value)
    if not found:
        return None
    if namespace == "validation":  # the second number of AMQ9633: whose it is, is seen by its range
        if found >= 575000:
            return Code("gskval", value)
        if openssl and 1000 <= found < 1256:
            return Code("alert", str(found - 1000))
        return Code("x509", value) if openssl and found < 200 else None
    if namespace == "errno":
        name = errno_names().get(found)
        return Code("errno", name) if name else None
    return Code(namespace, value)


@cache
def errno_names() -> Mapping[int, str]:
    """The meaning of a socket error by its number; no number means two things on two platforms (test_interpret)."""
    entries = knowledge().codes.get("errno", {})
    return {number: name for name, entry in entries.items() for number in entry.numbers.values()}


def with_reason_layer(event: Event, known: Knowledge) -> Event:
    """An application's event has no message of MQ's; its reason code says at which layers it can have failed."""
    if not event.reason_code or event.role:
        return event
    entry = known.codes.get("mqrc", {}).get(str(event.reason_code))
    code = Code("mqrc", str(event.reason_code))
    if entry is None or entry.role == "unrelated":
        return event
    layer = entry.layers[0] if len(entry.layers) == 1 else None
    return replace(event, codes=event.codes | {code}, layer=layer, role="victim")


# ---- event messages --------------------------------------------------------------------------------------------


def of_event_message(event: Event, known: Knowledge) -> Event:
    """
    An event message by its reason and qualifier, which stand in codes/mqrc.toml and codes/mqrq.toml.

    A queue manager writes it; that it is the calling end shows in the transmission queue, which only channels that
    call have. The return code of a failed TLS call is GSKit's, but on z/OS.
    """
    number = qualifier(event.facts.get("qualifier", ""), known)
    printed = ("mqrq", number), ("gskit", event.facts.get("ssl_return_code", ""))
    codes = {code for namespace, value in printed if value and (code := code_of(namespace, value, openssl=False))}
    entries = known.codes["mqrc"].get(str(event.reason_code)), known.codes["mqrq"].get(number)
    said = next((each for each in entries if each and each.event), None)
    layers = next((each.layers for each in reversed(entries) if each and each.layers), ())
    connection = event.facts.get("connection")
    return replace(
        event,
        side="client" if event.facts.get("xmit_queue") else "server",
        peer=peer(connection) if connection else None,
        codes=event.codes | codes,
        layer=layers[0] if len(layers) == 1 else None,
        role=said.event if said else "notice",
    )


def qualifier(printed: str, known: Knowledge) -> str:
    """The number of a reason qualifier: 16, SSL Peer Name Error or MQRQ_SSL_PEER_NAME_ERROR; "" of an unknown one."""
    if printed.isascii() and printed.isdigit():
        return printed
    return qualifiers(known).get(squeezed(printed.upper().removeprefix("MQRQ_")), "")


@lru_cache(maxsize=4)
def qualifiers(known: Knowledge) -> Mapping[str, str]:
    return {squeezed(e.name.removeprefix("MQRQ_")): number for number, e in known.codes["mqrq"].items()}


def squeezed(name: str) -> str:
    """A name as MQ spells it and as amqsevt does, who writes Queue for Q."""
    return re.sub(r"[\s_]", "", name.upper().replace("QUEUE", "Q"))


# ---- side ------------------------------------------------------------------------------------------------------


def unnamed(event: Event, message: Message) -> bool:
    """Whether a record prints '????' for its channel: in the insert, or first in its message line."""
    said = event.inserts.get(message.channel or "")
    if said is None and "channel" in message.quoted:
        said = named_quotes(event, message).get("channel")
    return said is not None and UNKNOWN_CHANNEL.fullmatch(said.strip()) is not None


def side_of(event: Event, message: Message | None, other_end: Peer | None) -> Side | None:
    """The end that wrote a record: which one started the channel is seen by the message, then by the program."""
    if message and message.side in ("caller", "acceptor") and message.role != "wrapper":
        return "client" if message.side == "caller" else "server"
    if message and message.layer == "tls" and unnamed(event, message):
        return "server"  # the caller knows the channel it starts; the other end does not, until the handshake is over
    if message and other_end and other_end.port and other_end.port < EPHEMERAL:
        return "client"  # only who called knows the port of the other end; of a caller MQ prints the address alone
    program = (event.program or "").lower().rpartition("\\")[2].removesuffix(".exe")
    if program in CALLING_PROGRAMS:
        return "client"
    if program in ACCEPTING_PROGRAMS or event.queue_manager:
        return "server"
    if event.kind == "container":
        return "server"
    if program and not program.startswith(("amq", "runmq", "strmq", "endmq", "crtmq", "dltmq")):
        return "client"
    if (event.installation or "").startswith("MQNI"):
        return "client"  # the redistributable client names its installation so
    return None
