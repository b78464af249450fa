"""The JSON error log, AMQERRnn.json, and the JSON console of MQ's container (grammars/jsonlog.lark)."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from mqdiag import clock, grammar
from mqdiag.formats._base import Format, Skim
from mqdiag.language import tr
from mqdiag.model import Event, MessageId, Stamp
from mqdiag.text import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mqdiag.formats._base import Tally
    from mqdiag.model import Kind, Record

MESSAGE_ID = re.compile(r"(AMQ(?:[A-Z]{2})?)(\d{4})([A-Z])?")
INSERTS = ("ArithInsert1", "ArithInsert2", "CommentInsert1", "CommentInsert2", "CommentInsert3")
HOUR = len("2024-11-04T14")
MAX_LINES = 84  # of one object that was printed over several lines


class JsonLog(Format):
    """
    facts: `remote_host` (the address the listener saw), `module` (`amqccisa.c:8789`).
    """

    kind: ClassVar = "amqerr-json"
    grammar_name = "jsonlog"
    needles = (b'"ibm_', b'"ibm.', b'"type"')
    opens = ("OBJECT", "PRETTY")
    one_line = True
    opening_lines = MAX_LINES
    triaged = True
    rank = 4

    @cached_property
    def skim_patterns(self) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
        """A message id and an instant, anywhere in an object."""
        message_id, datetime = (
            re.compile(grammar.terminal(self.grammar_name, each).encode("ascii")) for each in ("MESSAGE_ID", "DATETIME")
        )
        return message_id, datetime

    def skim(self, data: bytes) -> Skim:
        key, instant = (
            match[0].rpartition(b'"')[2] if (match := pattern.search(data)) else None for pattern in self.skim_patterns
        )
        return Skim(key.decode("ascii") if key else None, instant, instant)

    def pass_over(self, data: bytes, begin: int, end: int, tally: Tally) -> int:
        """
        Count the lines that begin with a message id that does not matter, as MQ writes them: with an unescaped key
        of MQ at their beginning they are objects of OBJECT, whose look ahead at the whole line is what costs.
        """
        message_id, datetime = self.skim_patterns
        keys, counted, hours = tally.keys, tally.counted, tally.hours
        last: tuple[bytes, int] | None = None
        while data.startswith(b"{", begin) and (found := message_id.match(data, begin + 1, end)):
            stop = data.find(b"\n", begin, end) + 1
            printed = found[0]
            key = keys.get(printed) or tally.key(printed, printed.rpartition(b'"')[2].decode("ascii"))
            stamp = datetime.search(data, found.end(), stop)
            if not key or not stop or stamp is None:
                break
            counted[key] += 1
            tally.records += 1
            written = stamp[0].rpartition(b'"')[2]
            hour = written[:HOUR]
            if hour not in hours:
                hours.add(hour)
                tally.stamp(written, written, begin)
            last, begin = (written, begin), stop
        if last:
            tally.stamp(last[0], last[0], last[1])
        return begin

    def parse(self, record: Record, encoding: str | None) -> Event:
        text = str(self.tree(self.text(record, encoding)).children[0])
        return event(fields(text[text.index("{") :]), record, self.kind)


def fields(text: str) -> Mapping[str, object]:
    """The keys of a JSON object. ValueError where it is cut off or none at all."""
    try:
        found = json.loads(text.strip().rstrip(","))
    except json.JSONDecodeError as error:
        raise ValueError(tr("a JSON object is cut off or damaged at character {number}", number=error.pos)) from None
    except RecursionError:
        raise ValueError(tr("a JSON object is nested deeper than any log's")) from None
    if not isinstance(found, dict):
        raise ValueError(tr("a JSON object was expected"))
    return found


def plain(key: str) -> str:
    """
    A key as all spellings of it have in common: MQ writes ibm_messageId; what stores and forwards logs makes
    ibm_messageid or ibm_message_id of it, or ibm.messageId.
    """
    return re.sub(r"[_.-]", "", key).lower()


def event(found: Mapping[str, object], record: Record, kind: Kind) -> Event:
    """
    The event of an object with MQ's keys. Lines that a container writes of itself (`mq_containerlog`, `mqsc_log`,
    `liberty_message`) have no ibm_messageId; their text can begin with an id all the same.
    """
    fields = {plain(key): value for key, value in found.items()}
    message = printed(fields, "message")
    beginning = MESSAGE_ID.match(message)
    identity = MESSAGE_ID.fullmatch(printed(fields, "ibm_messageId")) or beginning
    facts = {"remote_host": printed(fields, "ibm_remoteHost"), "module": printed(fields, "module")}
    return Event(
        kind=kind,
        span=record.span,
        stamp=stamp(printed(fields, "ibm_datetime")),
        host=printed(fields, "host") or None,
        queue_manager=printed(fields, "ibm_serverName") or None,
        process=number(printed(fields, "ibm_processId")),
        thread=number(printed(fields, "ibm_threadId")),
        user=printed(fields, "ibm_userName") or None,
        program=printed(fields, "ibm_processName") or None,
        installation=printed(fields, "ibm_installationName") or None,
        vrmf=printed(fields, "ibm_version") or None,
        message_id=MessageId(*identity.groups()) if identity else None,
        inserts=inserts(fields),
        facts={name: value for name, value in facts.items() if value},
        text=message[beginning.end() :].lstrip(": ") if beginning else message,
    )


def printed(fields: Mapping[str, object], key: str) -> str:
    """A value as text; numbers are written as numbers or as strings (4927, "1736"). Empty where there is none."""
    value = fields.get(key.lower().replace("_", ""))
    return str(value).strip() if isinstance(value, str | int | float) else ""


def inserts(fields: Mapping[str, object]) -> dict[str, str]:
    """The inserts under MQ's names, without the unused ones, which are 0, "" or missing."""
    found = {name: printed(fields, f"ibm_{name[0].lower()}{name[1:]}") for name in INSERTS}
    return {name: value for name, value in found.items() if value and (value != "0" or "Comment" in name)}


def stamp(written: str) -> Stamp | None:
    """`ibm_datetime` is UTC and says so."""
    instant = clock.utc(written)
    return Stamp(written, instant=instant, certainty="stated") if instant else None


FORMAT = JsonLog()
