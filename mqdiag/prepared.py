"""
What is made of the grammars and the knowledge before anybody asks for it: read from a file in a tenth of the time.

Reading the grammars and 80 TOML files takes longer than a small case takes otherwise. The build of the package
(hatch_build.py) makes these things once and keeps them as JSON beside the code. Each names the digest of the very
sources it was made from, so one that is missing, or of other sources, is only slower: it is made again, in memory.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeVar

from mqdiag.resources import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

T = TypeVar("T")

FOLDER = PACKAGE / "prepared"

# Where what is made is kept: only while the package is built, for mqdiag writes nothing that nobody asked for.
keeping: ContextVar[Path | None] = ContextVar("keeping", default=None)


@contextmanager
def kept_in(folder: Path) -> Iterator[None]:
    """Keep what is made until the end of the block in a folder."""
    folder.mkdir(exist_ok=True)
    token = keeping.set(folder)
    try:
        yield
    finally:
        keeping.reset(token)


def prepared(name: str, of: str, make: Callable[[], T]) -> T:
    """What `make` makes, or the same from the file of that name where that was made of these sources (`of`)."""
    folder = keeping.get()
    if folder is None and (found := read(FOLDER / f"{name}.json")) and found["of"] == of:
        value: T = found["is"]
        return value
    value = make()
    if folder is not None:
        text = json.dumps({"of": of, "is": value}, ensure_ascii=False, separators=(",", ":"))
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return value


def read(path: Path) -> dict[str, Any] | None:
    """What is in a file; None where there is none, or nothing that this module has written."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.keys() == {"of", "is"} else None


@cache
def digest(folder: Path, files: str, more: str = "") -> str:
    """What a folder's files say, in short; `more` is what else the made thing depends on."""
    if more:
        return f"{digest(folder, files)} {more}"
    state = blake2b(digest_size=16)
    for path in sorted(folder.glob(files)):
        text = path.read_bytes()
        state.update(f"\n{path.relative_to(folder).as_posix()} {len(text)}\n".encode())
        state.update(text)
    return state.hexdigest()
