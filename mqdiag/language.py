"""
The language of the answer. The English sentence is the key; knowledge/locales/<language>.toml has the others.

`tr` is for the sentences of the program, which the code calls with a literal, so that a test can collect them.
The texts of the knowledge are translated where they are loaded (mqdiag/knowledge).
"""

from __future__ import annotations

import re
import tomllib
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Literal, get_args

from mqdiag.prepared import digest, prepared
from mqdiag.resources import knowledge_dir

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

PLACEHOLDER = re.compile(r"\{(\w+)\}")

_language: ContextVar[Language] = ContextVar("language", default="en")


def language() -> Language:
    """The language that this thread of the program answers in."""
    return _language.get()


@contextmanager
def speaking(wanted: Language) -> Iterator[None]:
    """Answer in a language until the end of the block."""
    token = _language.set(wanted)
    try:
        yield
    finally:
        _language.reset(token)


def of_locale(environment: Mapping[str, str]) -> Language:
    """The language that the locale asks for: the first of LC_ALL, LC_MESSAGES and LANG that is set decides."""
    said = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    short = said.lower()[:2]
    return short if short in LANGUAGES else "en"


def of_arguments(arguments: Sequence[str]) -> Language | None:
    """The language that a command line asks for, --lang ja or --lang=ja, before anything of it was understood."""
    for at, each in enumerate(arguments):
        name, sign, value = each.partition("=")
        asked = value if sign else next(iter(arguments[at + 1 : at + 2]), "")
        if name == "--lang" and asked in LANGUAGES:
            return asked
    return None


@cache
def catalogue(wanted: Language) -> Mapping[str, str]:
    """All sentences of a language by their English ones; empty for English."""
    if wanted == "en":
        return {}
    folder = knowledge_dir() / "locales" / wanted
    return prepared(wanted, digest(folder, "*.toml"), lambda: sentences(folder))


def sentences(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        found |= tomllib.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def chapter(wanted: Language, name: str) -> Mapping[str, str]:
    """The sentences of one file of the catalogue, for what must not wait for all of them."""
    path = knowledge_dir() / "locales" / wanted / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if wanted != "en" else {}


def translated(text: str) -> str:
    """A text in the language of the answer; itself where the language has no entry (a site's own rules)."""
    return catalogue(language()).get(text, text) if text and language() != "en" else text


def blank(name: str) -> str:
    """What the blank of a sentence is called for people: `fact_cipher_required` is `cipher required`."""
    return translated(name.removeprefix("fact_").replace("_", " "))


def marked(text: str) -> str:
    """The text itself: marks a sentence of a table, which is translated where it is used."""
    return text


def tr(text: str, **values: object) -> str:
    """A sentence of the program, translated, with its {blanks} filled."""
    return filled(translated(text), values)


def filled(text: str, values: Mapping[str, object]) -> str:
    return PLACEHOLDER.sub(lambda match: str(values.get(match[1], match[0])), text) if values else text


def plural(count: int, noun: str) -> str:
    """`3 records`, `1 record`. The entry of another language is that of `{count} records`."""
    if language() == "en" and count == 1:
        return f"{count} {noun}"
    return filled(translated(f"{{count}} {noun}s"), {"count": count})


# What the operating system says of a file that cannot be read or written, in the words of Linux.
SYSTEM_WORDS = frozenset(
    {
        marked("Cannot allocate memory"),
        marked("Connection timed out"),
        marked("Device or resource busy"),
        marked("Disk quota exceeded"),
        marked("File exists"),
        marked("File name too long"),
        marked("File too large"),
        marked("Input/output error"),
        marked("Invalid argument"),
        marked("Is a directory"),
        marked("No such device or address"),
        marked("No such file or directory"),
        marked("No space left on device"),
        marked("Not a directory"),
        marked("Operation not permitted"),
        marked("Permission denied"),
        marked("Read-only file system"),
        marked("Stale file handle"),
        marked("Too many levels of symbolic links"),
        marked("Too many open files"),
    }
)


def reason(error: object) -> str:
    """Why something failed: the words of the operating system for its errors, those of the library for its own."""
    words = getattr(error, "strerror", None) or str(error)
    return translated(words) if words in SYSTEM_WORDS else words
