"""What formats of terminal transcripts share: pieces of joined lines, prompts, passwords on command lines."""

from __future__ import annotations

import re
from functools import cached_property

from mqdiag import grammar
from mqdiag.formats._base import Format

# -pw secret   -passin pass:secret   -password "two words"
PASSWORD = re.compile(
    r"(?i)(?<!\S)(--?(?:p|pw|pass|passin|passout|passwd|password|new_pw|target_pw)[ \t=]{1,40})"
    r"(\"[^\"]{0,400}\"|'[^']{0,400}'|\S+)"
)
# fjord-app2$   ops@fjord-app2:~$   [root@fjord-app2 ~]#   but not bash-4.2$
HOST = re.compile(
    r"\[?(?:[\w.-]{1,64}@)?(?!bash|sh|ksh|zsh|PS)(?P<host>[A-Za-z0-9][\w.-]{0,254})"
    r"(?::\S{0,255}|[ ][^\]]{0,255}\])?[$#]\s{0,9}"
)


def anywhere(name: str, *terminals: str, at_line_start: tuple[str, ...] = ()) -> re.Pattern[bytes]:
    """
    Like grammar.pattern, but behind a blank too: pages on the web join the lines of a transcript.

    `at_line_start` are the terminals for which that would be too weak a sign.
    """
    joined = "|".join(f"(?P<{each}>{grammar.terminal(name, each)})" for each in terminals)
    lines = "".join(f"|^(?P<{each}>{grammar.terminal(name, each)})" for each in at_line_start)
    return re.compile(f"(?:^|(?<=[ \\t]))(?:{joined}){lines}".encode("ascii"), re.MULTILINE)


class Anywhere(Format):
    """A format whose records begin and end also in the middle of a line."""

    @cached_property
    def openings(self) -> re.Pattern[bytes]:
        return anywhere(self.grammar_name, *self.opens)

    @cached_property
    def boundaries(self) -> re.Pattern[bytes]:
        return anywhere(self.grammar_name, *self.opens, *self.closes)


def masked(command: str) -> str:
    """A command line without its passwords: they are masked always, also where nobody asked for redaction."""
    return PASSWORD.sub(r"\1***", command)


def prompt_host(prompt: str) -> str | None:
    """The host that a prompt names, None for those that name none ('$ ', 'C:\\Users\\ops>')."""
    match = HOST.fullmatch(prompt.strip())
    return match["host"] if match else None
