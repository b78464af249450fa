"""
What the readers of live inputs tell the one that judges: here a stream begins, here are its bytes, here it ends.

A *stream* is one run of bytes: a pipe, or one generation of a log file between two rotations. Its readers run
in threads of their own, so that a pipe that is silent or a file system that hangs keeps nobody else waiting.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mqdiag.language import reason, tr

if TYPE_CHECKING:
    from collections.abc import Callable

PIPE_BYTES = 64 * 1024  # what a pipe holds at most; larger reads never come


@dataclass(frozen=True, slots=True)
class Opened:
    """
    A stream begins. `offset` and `line` say where its first byte stands, `head` holds the first bytes of the
    whole, where the stream begins below them. What ends at or before `old_until` was there before we came: it
    explains what follows, and is no news.
    """

    stream: int
    path: str
    offset: int = 0
    line: int = 1
    head: bytes = b""
    old_until: int = 0


@dataclass(frozen=True, slots=True)
class Data:
    stream: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    stream: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something about an input that the user should know. `lost`: a part of it could not be read."""

    path: str
    text: str
    lost: bool = False


Item = Opened | Data | Ended | Trouble


class Numbers:
    """Numbers for streams, whoever opens them."""

    def __init__(self) -> None:
        self.last = 0
        self.lock = threading.Lock()

    def new(self) -> int:
        with self.lock:
            self.last += 1
            return self.last


def read_pipe(path: str, place: str | int, stream: int, put: Callable[[Item], None]) -> None:
    """
    Give out everything of a pipe, a device or standard input until its writers are gone.

    Opening a FIFO waits for its first writer, and so does this.
    """
    put(Opened(stream, path))
    try:
        source = os.open(place, os.O_RDONLY) if isinstance(place, str) else place
        while data := os.read(source, PIPE_BYTES):
            put(Data(stream, data))
    except OSError as error:
        put(
            Trouble(
                path, tr("I could not read {path} any further: {error}.", path=path, error=reason(error)), lost=True
            )
        )
    put(Ended(stream))
