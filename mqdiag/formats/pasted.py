"""Records of a text error log on a page whose lines were joined (grammars/errorlog.lark, JOINED_MESSAGE)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mqdiag.formats._base import Format
from mqdiag.formats._shell import Anywhere
from mqdiag.formats.errorlog import ErrorLog, event, seams

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from mqdiag.model import Event, Record


class Pasted(Anywhere, ErrorLog):
    """
    A message in the middle of a line, up to its footer. The footer before it is that of another record, and the
    header is not there: people paste from the message on.

    facts: those of errorlog.
    """

    opens = ("JOINED_MESSAGE",)
    opens_if_closed: ClassVar[tuple[str, ...]] = ()
    closes = ("JOINED_FOOTER",)
    triaged = False
    rank = -1

    def find_boundaries(self, data: bytes, begin: int, end: int) -> Iterator[re.Match[bytes]]:
        return Format.find_boundaries(self, data, begin, end)

    def parse(self, record: Record, encoding: str | None) -> Event:
        return event(self.tree(seams().sub("\n", self.text(record, encoding))), record)


FORMAT = Pasted()
