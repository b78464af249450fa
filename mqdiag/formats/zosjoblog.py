"""The job logs of MQ on z/OS: channel initiator (CHIN) and queue manager (MSTR) (grammars/zosjoblog.lark)."""

from __future__ import annotations

import re
from calendar import isleap
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from mqdiag import clock, grammar, names
from mqdiag.formats._base import Format
from mqdiag.formats._peers import peer
from mqdiag.model import Certificate, Event, MessageId, Stamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lark import Token

    from mqdiag.grammar import ParseTree
    from mqdiag.model import Record, Side

MESSAGE_ID = re.compile(r"\+?(CSQ[A-Z0-9])(\d{3})([A-Z])")
SYSTEM = re.compile(r"S Y S T E M\s+((?:\S ){1,8})")
RESPONDER = "CSQXRESP"
SIDES: Mapping[str, Side] = {RESPONDER: "server", "CSQXRCTL": "client"}  # the responder, and who starts a channel
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


class ZosJobLog(Format):
    """
    facts: `csect` (the part of MQ that wrote the message), `rc` and `function` (a failed call of System SSL; its
    numbers are not GSKit's of other platforms), `peer_name` (the distinguished name that was printed), `date`
    (of the date line, if one stands above the message: `13 MAR 2025`).

    Host is the z/OS system. The queue manager is the command prefix, which is its name unless somebody chose
    another.
    """

    kind: ClassVar = "zos-joblog"
    grammar_name = "zosjoblog"
    needles = (b"CSQ", b"J E S ")
    opens = ("PREAMBLE",)
    opens_if_closed = ("TIMED", "PLAIN")
    opening_lines = 5

    def parse(self, record: Record, encoding: str | None) -> Event:
        tree = self.tree(self.text(record, encoding))
        parts = {str(part.data): part for part in tree.children if grammar.is_tree(part)}
        found = Event(kind=self.kind, span=record.span)
        if "head" in parts:
            found = with_head(found, tokens_of(parts["head"]))
        if body := parts.get("message") or parts.get("text"):
            found = with_message(found, body)
        return with_preamble(found, tokens_of(parts["preamble"])) if "preamble" in parts else found

    def link(self, events: Sequence[Event]) -> list[Event]:
        """
        The date and the system stand above the first message that they are for. A channel that the responder serves
        is that of an end which accepted, whatever other part of MQ writes of it.
        """
        linked: list[Event] = []
        date, host = "", None
        served = {event.channel for event in events if event.facts.get("csect") == RESPONDER and event.channel}
        for event in events:
            date, host = event.facts.get("date", date), event.host or host
            side = SIDES[RESPONDER] if event.channel in served else event.side
            linked.append(replace(event, host=host, side=side, stamp=dated(event.stamp, date)))
        return linked


def system(title: str) -> str | None:
    """`ZPR1` of '...  S Y S T E M  Z P R 1  --  N O D E ...'."""
    match = SYSTEM.search(title + " ")
    return match[1].replace(" ", "") if match else None


def tokens_of(tree: ParseTree) -> dict[str, Token]:
    return {token.type: token for token in tree.scan_values(lambda token: True)}


def with_head(event: Event, head: Mapping[str, str]) -> Event:
    if "HARDCOPY" in head:
        return with_hardcopy(event, head["HARDCOPY"].split())
    if "DATED" in head:
        return replace(event, stamp=Stamp(head["DATED"].strip(" \t[]")))
    return replace(event, stamp=Stamp(head["TIME"].split()[-1]))


def with_preamble(event: Event, preamble: Mapping[str, str]) -> Event:
    """The event of the first message below a title or a date, with what they say."""
    date = preamble.get("DATE", "").strip("- \r").partition(",")[2].strip()
    return replace(
        event,
        host=event.host or system(preamble.get("TITLE", "")),
        stamp=dated(event.stamp, date),
        facts={**event.facts, "date": date} if date else event.facts,
    )


def with_hardcopy(event: Event, columns: Sequence[str]) -> Event:
    """N 4000000 ZPR1 2025072 09:41:17.29 STC03144 00000090 : system, year and day of the year, time of day."""
    time = next(index for index, column in enumerate(columns) if re.match(r"\d\d:\d\d:", column))
    written = f"{julian(columns[time - 1])} {columns[time]}".strip()
    return replace(event, host=columns[time - 2], stamp=Stamp(written))


def julian(text: str) -> str:
    """The date of a year and a day of the year, as job logs write dates: `2025072` is `13 MAR 2025`."""
    year, day = int(text[:-3]), int(text[-3:])
    year += 2000 if year < 100 else 0
    if not 1 <= day <= 365 + isleap(year):
        return ""
    date = datetime(year, 1, 1) + timedelta(days=day - 1)
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def dated(stamp: Stamp | None, date: str) -> Stamp | None:
    """A stamp with its local time; a bare time of day gets the date of the last date line."""
    if stamp is None:
        return None
    bare = re.fullmatch(r"[\d.:]{8,11}", stamp.written)
    written = f"{date} {stamp.written}" if bare and date else stamp.written
    reading = clock.read(written)
    return Stamp(written, local=reading.local() if reading else None)


def with_message(event: Event, body: ParseTree) -> Event:
    words, values = words_of(body), values_of(body)
    found = MESSAGE_ID.match(values.get("MESSAGE_ID", ""))
    csect = values.get("CSECT", "")
    facts = {
        "csect": csect,
        "rc": values.get("RC", "").removeprefix("RC="),
        "function": values.get("QUOTED", "").strip("'"),
        "peer_name": values.get("DN", ""),
    }
    return replace(
        event,
        message_id=MessageId(*found.groups()) if found else None,
        queue_manager=values.get("PREFIX", "").lstrip("+!&%=?.:|^~-") or None,
        side=SIDES.get(csect),
        channel=values.get("CHANNEL_NAME"),
        peer=peer(values["ADDRESS"]) if "ADDRESS" in values else None,
        certificate=Certificate(subject) if (subject := names.name(values.get("DN", ""))) else None,
        facts={name: value for name, value in facts.items() if value},
        text=" ".join(words),
    )


def words_of(body: ParseTree) -> list[str]:
    """The words of a message without its id, the prefix and the part of MQ."""
    words: list[str] = []
    for part in body.children:
        if not grammar.is_tree(part):
            words += [part.strip()] if part.type not in ("MESSAGE_ID", "PREFIX", "CSECT") else []
        elif part.data == "name":
            words.append(f"name='{distinguished_name(part)}'")
        else:
            words += [str(token).strip() for token in part.children]
    return words


def values_of(body: ParseTree) -> dict[str, str]:
    """The first token of each type; a distinguished name as a whole."""
    values: dict[str, str] = {}
    for token in body.scan_values(lambda token: True):
        values.setdefault(token.type, token.strip())
    for part in body.children:
        if grammar.is_tree(part) and part.data == "name":
            return values | {"DN": distinguished_name(part)}
    return values


def distinguished_name(name: ParseTree) -> str:
    """A name that can be on several lines, which end at blanks or between two attributes."""
    joined = ""
    for token in name.children:
        if not grammar.is_tree(token) and token.type == "DN":
            glue = "" if not joined or joined.endswith((",", "=")) else " "
            joined += glue + token.strip()
    return joined


FORMAT = ZosJobLog()
