"""
The quick way past the records of a text error log that do not matter.

Nine of ten records of a log say that all is well. Searching every line for what begins or ends a record costs three
times as much as everything else, so this module jumps: each boundary of the grammar holds one of three fixed texts,
and finding a fixed text runs at a gigabyte a second. What stands there is then asked of the grammar's own terminals.
Whatever is not plain (marks before the lines, a message id in the text, no footer, NULs) is left to the framer, and
tests/test_passing.py holds that the answer is the same with and without this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mqdiag import grammar
from mqdiag.formats._base import MARKS, message_key

if TYPE_CHECKING:
    import re
    from collections.abc import Callable
    from typing import TypeAlias

    from mqdiag.formats._base import Tally

    Match: TypeAlias = Callable[[bytes, int, int], re.Match[bytes] | None]

NAME, ID, FOOTER, UTC = b"Process(", b"AMQ", b"-----", b"Time("
HOUR = 14  # bytes of a stamp that hold its hour


@dataclass(frozen=True, slots=True)
class Terminals:
    stamp: Match
    message_id: Match
    footer: Match
    utc: Match

    @classmethod
    def of(cls, name: str) -> Terminals:
        matches = (grammar.pattern(name, each).match for each in ("STAMP", "MESSAGE_ID", "FOOTER", "UTC_LINE"))
        return cls(*matches)


def pass_over(terminals: Terminals, data: bytes, begin: int, end: int, tally: Tally) -> int:
    """
    Count the records from `begin` on that are whole, plain and do not matter; the offset of the first other.

    `begin` is a line start where no record is open, `end` the end of the last line that is complete.
    """
    stamp_at, id_at, footer_at = terminals.stamp, terminals.message_id, terminals.footer
    find, keys, counted, hours = data.find, tally.keys, tally.counted, tally.hours
    last: tuple[bytes, int, int, int] | None = None
    if find(b"\0", begin, end) >= 0:
        return begin
    while head := stamp_at(data, begin, end):
        below = head.end()
        rule = find(FOOTER, below, end)
        at = find(ID, below, end)
        if not 0 < at < rule or data[rule - 1] != 10:
            break
        if data[at - 1] != 10 and ((at := first_id(data, below, rule)) < 0):
            break
        middle, foot = id_at(data, at, end), footer_at(data, rule, end)
        if middle is None or foot is None or foot.end() >= end or begins_another(data, below, middle.end(), rule):
            break
        key = keys.get(middle[0]) or tally.key(middle[0], message_key(middle[0]))
        if not key:
            break
        counted[key] += 1
        tally.records += 1
        colon = find(b":", begin, begin + HOUR)
        hour = data[begin : colon if colon > begin else begin + HOUR]
        last = head[0], below, at, begin
        if hour not in hours:
            tally.stamp(head[0], utc_of(terminals, data, below, at), begin)
            if hour.isascii() and hour[0] not in MARKS:
                hours.add(hour)
        begin = foot.end() + 1
    if last:
        written, below, at, above = last
        tally.stamp(written, utc_of(terminals, data, below, at), above)
    return begin


def first_id(data: bytes, begin: int, end: int) -> int:
    """Where the first message id at a line start may be, -1 if it has marks before it or there is none."""
    at = data.find(ID, begin, end)
    while at >= 0 and not is_first(data, at, begin):
        at = data.find(ID, at + 1, end)
    return at if at < 0 or data[at - 1] == 10 else -1


def begins_another(data: bytes, header: int, text: int, end: int) -> bool:
    """Whether something below a record's stamp, or its message id, may begin a record of its own."""
    if data.find(NAME, header + 1, end) >= 0:
        return True
    at = data.find(ID, text, end)
    while at >= 0 and not is_first(data, at, text):
        at = data.find(ID, at + 1, end)
    return at >= 0


def is_first(data: bytes, at: int, begin: int) -> bool:
    """Whether nothing but marks stands before it in its line."""
    return not data[data.rfind(b"\n", begin, at) + 1 : at].strip(MARKS)


def utc_of(terminals: Terminals, data: bytes, begin: int, end: int) -> bytes | None:
    """`2024-10-29T16:06:19.517Z`, the last Time() at a line start of a header; None if there is none."""
    at = data.rfind(UTC, begin, end)
    while at >= 0:
        if match := terminals.utc(data, data.rfind(b"\n", begin, at) + 1, end):
            return match[0].strip(MARKS)[len(UTC) :]
        at = data.rfind(UTC, begin, at)
    return None
