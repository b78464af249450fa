"""
What a format is: how its records are found, skimmed and parsed. One module a format beside this one.

A module of this folder registers itself by having a `FORMAT`; nothing else lists it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from mqdiag import grammar
from mqdiag.text import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mqdiag.grammar import ParseTree
    from mqdiag.model import Event, Kind, Record


@dataclass(frozen=True, slots=True)
class Skim:
    """
    What triage needs of a record, read without parsing it; bytes as they stand in the log, None if not there.

    `message_key` is the message id without severity (`AMQ9716`); `written` the local stamp; `utc` the text of
    `Time(...)` or whatever else states the instant. `rest` is the record without these, the numbers of its process and
    thread and its footer, "" where it cannot be told apart so: what two records have in common that say the same.
    """

    message_key: str | None = None
    written: bytes | None = None
    utc: bytes | None = None
    process: bytes = b""
    thread: bytes = b""
    footer: bytes = b""
    rest: bytes = b""


@dataclass(slots=True)
class Tally:
    """
    The records of a source that were counted and not given out, because they do not matter.

    `noted` is told a written stamp, the text of its instant ("" if there is none) and the offset of the record
    in the buffer, at least once for every written hour and for the last record. `is_on`: records may be left
    out now. `keys` and `hours` are memos: the key by the printed id ("" if it matters), the hours that were noted.
    """

    matters: Callable[[str], bool]
    noted: Callable[[str, str, int], object]
    is_on: bool = False
    records: int = 0
    size: int = 0  # in bytes
    lines: int = 0  # of the whole source, when it was framed to its end
    counted: Counter[str] = field(default_factory=Counter)
    keys: dict[bytes, str] = field(default_factory=dict)
    hours: set[bytes] = field(default_factory=set)
    offset: int = 0  # of the buffer in the source

    def key(self, printed: bytes, key: str) -> str:
        """The key of what was printed, "" if records with it matter."""
        self.keys[printed] = "" if self.matters(key) else key
        return self.keys[printed]

    def stamp(self, printed: bytes, utc: bytes | None, at: int) -> None:
        written = printed.strip(MARKS).rstrip(b"- \t").decode("utf-8", "replace")
        self.noted(written, (utc or b"").decode("ascii"), self.offset + at)


MARKS = b" \t>#*|"  # what mails and lists put before lines
SEVERITIES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def message_key(printed: bytes) -> str:
    """`AMQ9716` of a printed 'AMQ9716E: '."""
    return printed.strip(MARKS).partition(b":")[0].decode("ascii").rstrip(SEVERITIES)


class Format:
    """
    One kind of text that MQ or its users write. Subclasses set the class attributes and override `parse`.

    `needles`: a source that holds none of these byte strings in its first 64 KiB is not of this format; they
    only save compiling grammars that are not needed. `opens`, `opens_if_closed` and `closes` name terminals of
    `grammars/<grammar_name>.lark`: the first begins a record wherever it stands, the second begins one only
    where none is open that still waits for it, the third ends one and belongs to it. A format whose records
    are single lines names the same terminal in `opens` and sets `one_line`.
    """

    kind: ClassVar[Kind]
    grammar_name: ClassVar[str]
    needles: ClassVar[tuple[bytes, ...]]
    opens: ClassVar[tuple[str, ...]]
    opens_if_closed: ClassVar[tuple[str, ...]] = ()
    closes: ClassVar[tuple[str, ...]] = ()
    one_line: ClassVar[bool] = False
    opening_lines: ClassVar[int] = 1  # how many lines an `opens` terminal may span
    rank: ClassVar[int] = 0  # of two formats that both know a text the higher rank is asked first
    triaged: ClassVar[bool] = False  # records whose message id no rule uses are counted, not parsed

    def looks_like(self, head: bytes, name: str) -> float:
        """
        How much of the first bytes of a source (or of a gap) is of this format: records found, 0 if none, infinity
        if it can be nothing else.

        `name` is the path, for the formats whose file name says what they are.
        """
        if not any(needle in head for needle in self.needles):
            return 0
        return sum(1 for _ in self.openings.finditer(head))

    @cached_property
    def openings(self) -> re.Pattern[bytes]:
        return grammar.pattern(self.grammar_name, *self.opens, *self.opens_if_closed)

    @cached_property
    def boundaries(self) -> re.Pattern[bytes]:
        """All terminals that begin or end a record, at line starts."""
        return grammar.pattern(self.grammar_name, *self.opens, *self.opens_if_closed, *self.closes)

    def find_boundaries(self, data: bytes, begin: int, end: int) -> Iterator[re.Match[bytes]]:
        """The boundaries between two offsets, for framing; a format that knows a quicker way overrides it."""
        after_nul = data.find(b"\0", begin, end) >= 0
        return (self.boundaries_after_nul if after_nul else self.boundaries).finditer(data, begin, end)

    @cached_property
    def boundaries_after_nul(self) -> re.Pattern[bytes]:
        """The same where a block of NULs, as a crash leaves it, stands before a record on its first line."""
        return re.compile(self.boundaries.pattern.replace(b"^", b"(?:^|(?<=\\x00)(?!\\x00))", 1), re.MULTILINE)

    def skim(self, data: bytes) -> Skim:
        """Read id and times of a record without parsing it. The default knows nothing and is never triaged out."""
        return Skim()

    def pass_over(self, data: bytes, begin: int, end: int, tally: Tally) -> int:
        """
        Count records from `begin` on that do not matter, without giving them out; the offset of the first other.

        `begin` is where no record is open, `end` the end of the last complete line. The default counts none.
        """
        return begin

    def parse(self, record: Record, encoding: str | None) -> Event:
        """
        The event of one record. `encoding` is what the user said of the source, None to find it out.

        lark.UnexpectedInput or ValueError where the record is not what the grammar says; parse.py makes an
        unparsed record and a note of it.
        """
        raise NotImplementedError

    def varying(self, event: Event, skim: Skim, encoding: str) -> dict[str, Any]:
        """
        The attributes that are another record's own if it has the `rest` of the one whose event this is. For formats
        that skim one.
        """
        raise NotImplementedError

    @property
    def links(self) -> bool:
        """Whether events are related to each other; only others can be interpreted before all are there."""
        return type(self).link is not Format.link

    def link(self, events: Sequence[Event]) -> list[Event]:
        """Relate the events of one source to each other, in file order: a start to its stop, a line to its zone."""
        return list(events)

    def tree(self, text: str) -> ParseTree:
        return grammar.parse(self.grammar_name, text)

    def text(self, record: Record, encoding: str | None) -> str:
        """The record's text with \\n line ends; never fails (text.decode)."""
        return decode(record.data, encoding).text.replace("\r\n", "\n")
