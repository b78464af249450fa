"""Failures that an application printed without any stamp: a stack trace in a mail, the output of a sample program."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mqdiag import grammar
from mqdiag.formats.application import Application

if TYPE_CHECKING:
    import re


class Undated(Application):
    """
    One failure: the line that tells it and the stack trace below, or the traceback above. A command that somebody
    typed is a record too, for it names the channel.

    facts: as of Application.
    """

    opens = ("TRACEBACK", "CHAIN", "SETTING")
    closes = ()
    signs = ("SIGN",)
    one_line = True
    opening_lines = 200

    def looks_like(self, head: bytes, name: str) -> float:
        """As many signs of MQ's libraries as there are, if one begins a failure and no line begins with a stamp."""
        if not any(needle in head for needle in self.needles) or not self.sign.search(head):
            return 0
        if self.openings.search(head):
            return 0
        failures = grammar.pattern(self.grammar_name, "TRACEBACK", "CHAIN")
        return sum(1 for _ in self.sign.finditer(head)) if failures.search(head) else 0

    @cached_property
    def boundaries(self) -> re.Pattern[bytes]:
        return grammar.pattern(self.grammar_name, *self.opens)


FORMAT = Undated()
