"""Transcripts of `openssl ocsp`, as the client that asked and as the responder (grammars/ocsp.lark)."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from mqdiag import clock, names
from mqdiag.formats._base import Format
from mqdiag.formats._shell import anywhere, masked, prompt_host
from mqdiag.model import Certificate, Code, Event, Stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from lark import Token

    from mqdiag.grammar import ParseTree
    from mqdiag.model import Record

# RFC 6960, responseStatus; openssl prints the names in lower case
RESPONSE_STATUS = {
    "1": "malformedRequest", "2": "internalError", "3": "tryLater", "5": "sigRequired", "6": "unauthorized",
}  # fmt: skip
RESPONDER_STATES = {"WAITING": "waiting", "RECEIVED": "request-received"}
# Dec  5 10:11:12 2024 GMT
GMT = re.compile(r"([A-Z][a-z]{2}) +(\d{1,2}) ([\d:]{8}) (\d{4})")
# what says most of a run, for its text
TELLING = ("STALE", "STATUS", "CERT_STATUS", "RESPONDER_ERROR", "UNREACHABLE", "VERIFY")
FAILURES = ("Failure", "error")  # of 'Response Verify Failure' and 'Nonce Verify error'


class Ocsp(Format):
    """
    codes (of a client's run): `ocsp:good`, `revoked`, `unknown`, `unreachable`, `verify-failed`, `stale`, or
    the error that the responder answered with (`unauthorized`, `tryLater`, ..). An answer that could not be
    verified or is out of date gives no status beside that, for it proves nothing.

    facts: `command`, `url`, `certificate_file`, `this_update`, `next_update`, `revoked` (all 2025-02-11T09:44:52Z),
    `reason` (of a revocation), `error` (of openssl, 'Connection refused'), `responder` (`waiting`,
    `request-received`, `stopped`: how a responder's run ended), `port`.
    """

    kind: ClassVar = "ocsp-transcript"
    grammar_name = "ocsp"
    needles = (b"ocsp ", b"ocsp: ", b"OCSP ", b"Response verify", b"Response Verify", b"This Update:")
    opens = ("RUN", "OUTPUT_RUN")
    one_line = True  # one match is the whole run
    opening_lines = 900  # at least as many as RUN can span
    rank = 2

    @cached_property
    def openings(self) -> re.Pattern[bytes]:
        return anywhere(self.grammar_name, "RUN", at_line_start=("OUTPUT_RUN",))

    @cached_property
    def boundaries(self) -> re.Pattern[bytes]:
        return self.openings

    def parse(self, record: Record, encoding: str | None) -> Event:
        return event(self.tree(self.text(record, encoding).strip()), record)


def event(tree: ParseTree, record: Record) -> Event:
    printed = [each for each in tree.children if isinstance(each, str)]
    parts = {part.data: part for part in tree.children if not isinstance(part, str)}
    command = parts.get("command")
    options = options_of(command) if command else {}
    prompt, line = command_line(command) if command else ("", "")
    facts = {
        "command": line,
        "url": options.get("-url") or options.get("-host"),
        "certificate_file": options.get("-cert") or status_name(printed),
        "port": options.get("-port"),
        "this_update": rfc3339(gmt(first(printed, "THIS_UPDATE"))),
        "next_update": rfc3339(gmt(first(printed, "NEXT_UPDATE"))),
        "revoked": rfc3339(gmt(first(printed, "REVOCATION_TIME"))),
        "reason": first(printed, "REASON").rpartition(" ")[2],
        "error": error_reason(first(printed, "ERROR_DETAIL")) or connect_error(first(printed, "UNREACHABLE")),
        "responder": responder_state(printed),
    }
    serial = serial_of(printed, options)
    return Event(
        kind="ocsp-transcript",
        span=record.span,
        stamp=stamp(parts.get("clock"), printed),
        host=prompt_host(prompt),
        certificate=Certificate(serial=serial) if serial else None,
        codes=frozenset(Code("ocsp", each) for each in outcomes(printed)),
        facts={name: value for name, value in facts.items() if value},
        text=telling_line(printed) or line,
    )


# ---- the command ------------------------------------------------------------------------------------------------


def command_line(command: ParseTree) -> tuple[str, str]:
    """The prompt before the command, and the command itself without its passwords."""
    tokens: list[Token] = list(command.scan_values(lambda _: True))
    prompt = tokens.pop(0) if tokens[0].type == "COMMAND_PROMPT" else ""
    return prompt, masked(" ".join(" ".join(tokens).split()))


def options_of(command: ParseTree) -> dict[str, str]:
    """The options of the command with their values; of a repeated one (-cert) the first."""
    found: dict[str, str] = {}
    for option in command.children:
        if not isinstance(option, str):
            name, *words = (str(each) for each in option.children)
            found.setdefault(name, " ".join(words).strip("\"'"))
    return found


# ---- the output -------------------------------------------------------------------------------------------------


def first(printed: Sequence[Token], name: str) -> str:
    return next((each.strip() for each in printed if each.type == name), "")


def outcomes(printed: Sequence[Token]) -> set[str]:
    """What a client's run came to, as values of the namespace `ocsp`; empty for a responder's run."""
    if first(printed, "VERIFY").endswith(FAILURES):
        return {"verify-failed"}
    if first(printed, "STALE"):
        return {"stale"}
    if error := first(printed, "RESPONDER_ERROR"):
        name, number = error.removeprefix("Responder Error: ").rstrip(")").split(" (")
        return {RESPONSE_STATUS.get(number, name)}
    found = {each.rpartition(" ")[2] for each in printed if each.type in ("STATUS", "CERT_STATUS")}
    return found or ({"unreachable"} if first(printed, "UNREACHABLE") else set())


def status_name(printed: Sequence[Token]) -> str:
    """The file (or serial) before the status: `fjordqm.pem` of `fjordqm.pem: unknown`."""
    line = first(printed, "STATUS") or first(printed, "STALE").removesuffix("WARNING: Status times invalid.")
    return line.rpartition(": ")[0]


def serial_of(printed: Sequence[Token], options: dict[str, str]) -> str | None:
    """The serial number that was asked about, where it was printed (-text) or given (-serial), and only one was."""
    serials = {each.rpartition(" ")[2] for each in printed if each.type == "SERIAL_NUMBER"}
    if given := options.get("-serial"):
        is_decimal = given.isascii() and given.isdigit() and len(given) <= 60
        serials.add(format(int(given), "X") if is_decimal else given)
    found = {names.normal_serial(each) for each in serials}
    return found.pop() if len(found) == 1 else None


def responder_state(printed: Sequence[Token]) -> str:
    """How a responder's run ended, empty for a client's: after ^C or at the next prompt it is stopped."""
    state = ""
    for each in printed:
        state = RESPONDER_STATES.get(each.type, state)
        if state and each.type in ("INTERRUPT", "BARE_PROMPT"):
            return "stopped"
    return state


def telling_line(printed: Sequence[Token]) -> str:
    verified = first(printed, "VERIFY")
    for line in (verified if verified.endswith(FAILURES) else "", *(first(printed, name) for name in TELLING)):
        if line:
            return line
    states = [each.strip() for each in printed if each.type in RESPONDER_STATES]
    return states[-1] if states else ""


def error_reason(line: str) -> str:
    """
    What openssl's error line says: thread, 'error', code, library, function, *reason*, file, line, *data*.

    `Connection refused`   `received error, code=404, reason=Not Found`
    """
    fields = line.split(":")
    if len(fields) < 6:
        return ""
    data = ":".join(fields[8:])
    return f"{fields[5]}, {data}" if data.startswith(("code=", "Verify error")) else fields[5]


def connect_error(line: str) -> str:
    """`Connection refused` of older levels' `connect: Connection refused`."""
    return line.removeprefix("connect: ") if line.startswith("connect: ") else ""


# ---- times ------------------------------------------------------------------------------------------------------


def stamp(date: ParseTree | None, printed: Sequence[Token]) -> Stamp | None:
    """
    When it was asked: what `date -u` printed just above, else what the answer says of its own time, else what
    `date` printed in a zone that has only a name.
    """
    asked = stamp_of_date(str(date.children[-1]).strip()) if date else None
    if (asked and asked.instant) or first(printed, "STALE"):
        return asked  # an answer that is out of date does not say when it was asked
    written = first(printed, "PRODUCED_AT") or first(printed, "THIS_UPDATE")
    if instant := gmt(written):
        return Stamp(written.partition(": ")[2], instant=instant, certainty="stated")
    return asked


def stamp_of_date(written: str) -> Stamp:
    reading = clock.read(written)
    local = reading.local() if reading else None
    if reading is None or local is None or reading.offset is None:
        return Stamp(written, local)
    return Stamp(written, local, clock.to_utc(local, reading.offset), "stated")


def gmt(line: str) -> datetime | None:
    """The instant of `This Update: Feb 11 09:44:52 2025 GMT`; None if there is no such day."""
    match = GMT.search(line)
    reading = clock.read(f"{match[1]} {match[2]} {match[4]} {match[3]} GMT") if match else None
    local = reading.local() if reading else None
    return clock.to_utc(local, reading.offset) if reading and local and reading.offset is not None else None


def rfc3339(instant: datetime | None) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z") if instant else ""


FORMAT = Ocsp()
