"""Event messages of a queue manager as amqsevt prints them, as text and as JSON (grammars/mqevent.lark)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from mqdiag import clock, names
from mqdiag.formats._base import Format
from mqdiag.language import tr
from mqdiag.model import Certificate, Event, MessageId, Stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mqdiag.grammar import ParseTree
    from mqdiag.model import Record

MAX_LINES = 400  # of one event: those of commands and settings print every attribute of an object
PREFIX = re.compile(r"MQ(?:BACF|CA(?:CF|CH|MO)?|IA(?:CF|CH|MO|MO64)?)_")  # amqsevt -d: MQCACH_CHANNEL_NAME
# Our name for a field, by what its spellings have in common: sslPeerName, SSL Peer Name, MQCACH_SSL_PEER_NAME
FACTS: Mapping[str, str] = {
    "reasonqualifier": "qualifier",
    "connectionname": "connection",
    "sslpeername": "peer_name",
    "sslhandshakestage": "handshake_stage",
    "sslreturncode": "ssl_return_code",
    "applname": "application",
    "xmitqueuename": "xmit_queue",
    "objectname": "object",
    "queuename": "object",
    "topicstring": "object",
    "erroridentifier": "error_id",
}
ISSUERS = ("sslcertissuername", "sslissuername")
USERS = ("useridentifier", "clientuserid", "clientuseridentifier", "mcauserid")
# The inserts of the message that a stopped channel names by its error identifier.
INSERTS: Mapping[str, str] = {
    "auxerrordataint1": "ArithInsert1",
    "auxerrordataint2": "ArithInsert2",
    "auxerrordatastr1": "CommentInsert1",
    "auxerrordatastr2": "CommentInsert2",
    "auxerrordatastr3": "CommentInsert3",
}


class MqEvent(Format):
    """
    reason_code is the event's reason (2371). facts: `event` (Channel SSL Error), `event_queue`, `qualifier` as it is
    printed, and what FACTS names. A stopped channel whose error identifier is the number of a message (0x20009208)
    has that message id, and its inserts.
    """

    kind: ClassVar = "mq-event"
    grammar_name = "mqevent"
    needles = (b'"eventReason"', b"Event created ")
    opens = ("EVENT_TEXT", "JSON")
    one_line = True
    opening_lines = MAX_LINES
    rank = 5

    def parse(self, record: Record, encoding: str | None) -> Event:
        tree = self.tree(self.text(record, encoding).strip("\n \t\ufeff") + "\n")
        part = tree.children[0]
        found = of_object(str(part)) if isinstance(part, str) else of_text(part)
        return event(found, record)


def of_object(text: str) -> dict[str, str]:
    """The fields of a JSON object in the spelling they have in common. ValueError where it is none."""
    try:
        found = json.loads(text[text.index("{") : text.rindex("}") + 1])
        source, reason, created = (found.get(each, {}) for each in ("eventSource", "eventReason", "eventCreation"))
        return {
            **dict(flat(found.get("eventData", {}))),
            "event": str(reason["name"]),
            "reason": str(reason["value"]),
            "created": str(created["timeStamp"]),
            "eventqueue": str(source.get("objectName", "")),
            "sourcequeuemgr": str(source.get("queueMgr", "")),
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(tr("a JSON object with eventReason and eventCreation was expected")) from None


def flat(data: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Every single value below an object; of a list the first one."""
    for key, value in data.items():
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, dict):
            yield from flat(first)
        elif isinstance(first, str | int | float):
            yield plain(key), str(first).strip()


def of_text(tree: ParseTree) -> dict[str, str]:
    """The same of the text form. Of a list only the first value stands beside a name."""
    lines = [each for each in tree.children if isinstance(each, str)]
    fields = [str(each).partition(" :") for each in lines if each.type in ("TYPE", "REASON", "CREATED", "FIELD")]
    found = {plain(name): value.strip() for name, _, value in reversed(fields)}
    header = next((str(each) for each in lines if each.type == "HEADER"), "")
    name, _, number = found["reason"].rpartition("[")  # Channel SSL Error [2371]
    return found | {
        "event": name.strip(),
        "reason": number.strip(" ]"),
        "created": found["eventcreated"],
        "eventqueue": header.partition(" on ")[2].strip("* \r\n").rpartition(" ")[2],
    }


def plain(key: str) -> str:
    """What all spellings of a field's name have in common; Q stands for queue in MQ's own names."""
    whole = re.sub(r"_Q(?=_)", "_QUEUE", PREFIX.sub("_", key))
    return re.sub(r"^qmgr", "queuemgr", re.sub(r"[^a-z0-9]", "", whole.lower()))


def event(found: Mapping[str, str], record: Record) -> Event:
    reason = found["reason"]
    stamp = stamped(found["created"])
    if stamp is None or not reason.isdigit() or len(reason) > 6:
        raise ValueError(tr("an event message with a reason and a time was expected"))
    facts = {name: found[key] for key, name in FACTS.items() if found.get(key)}
    facts |= {"event": found["event"].removeprefix("MQRC_"), "event_queue": found.get("eventqueue", "")}
    message_id = message_of(facts.get("error_id", ""))
    return Event(
        kind="mq-event",
        span=record.span,
        stamp=stamp,
        host=found.get("hostname") or None,
        queue_manager=found.get("queuemgrname") or found.get("sourcequeuemgr") or None,
        user=next((found[each] for each in USERS if found.get(each)), None),
        message_id=message_id,
        reason_code=int(reason),
        channel=channel(found.get("channelname", "")),
        certificate=certificate(found),
        inserts=inserts(found) if message_id else {},
        facts={name: value for name, value in facts.items() if value},
        text=", ".join(each for each in (facts["event"], facts.get("qualifier")) if each),
    )


def stamped(written: str) -> Stamp | None:
    """
    2025-02-11T09:44:51Z   2025/02/11 09:44:51.38 GMT

    It is the time at which the message was put, and that is UTC on every platform.
    """
    reading = clock.read(written)
    local = reading.local() if reading else None
    if reading is None or local is None or reading.offset is None:
        return None
    return Stamp(written, instant=clock.to_utc(local, reading.offset), certainty="stated")


def channel(name: str) -> str | None:
    return name if name.strip("?") else None


def certificate(found: Mapping[str, str]) -> Certificate | None:
    shown = names.certificate(found.get("sslpeername", "")) or Certificate()
    issuer = next((each for key in ISSUERS if (each := names.name(found.get(key, "")))), None)
    whole = replace(shown, issuer=issuer or shown.issuer)
    return whole if whole != Certificate() else None


def message_of(written: str) -> MessageId | None:
    """The id of the message that an error identifier is the number of: 536908296 is 0x20009208, so AMQ9208."""
    digits = written.isascii() and written.isdigit() and len(written) <= 10
    number = f"{int(written):08X}" if digits else ""
    known = number.startswith("2000") and number[4:].isdigit()
    return MessageId("AMQ", number[4:]) if known else None


def inserts(found: Mapping[str, str]) -> dict[str, str]:
    printed = {name: found.get(key, "") for key, name in INSERTS.items()}
    return {name: value for name, value in printed.items() if value and value.strip("0")}


FORMAT = MqEvent()
