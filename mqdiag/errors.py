"""The user's own mistakes. Anything wrong with a log is a Note in the report, never an exception."""

from __future__ import annotations


class MqdiagError(Exception):
    """
    Something that was asked for cannot be done: no such path, a zone nobody knows, a damaged rule file.

    The four beats: `asked` (what you asked for), `where`, `found` (what I found there) and `hint` (what to
    try). An empty beat is left out. cli.py is the one place that prints it; the exit status is 2.
    """

    def __init__(self, asked: str, *, where: str = "", found: str = "", hint: str = "") -> None:
        super().__init__(asked)
        self.asked, self.where, self.found, self.hint = asked, where, found, hint

    def __str__(self) -> str:
        return " ".join(part for part in (self.asked, self.where, self.found, self.hint) if part)
