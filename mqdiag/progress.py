"""How far it is, on standard error, if that is a terminal and if it takes longer than a moment."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from threading import Timer
from typing import IO, TYPE_CHECKING

from mqdiag.language import marked, tr
from mqdiag.render._visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress

    from mqdiag.pipeline import Watch

PATIENCE_S = 1.0  # what is quicker shows nothing
THINKING = marked("joining both ends")


class Bar:
    """
    Called with what is being read, the bytes read so far and those of all (0 where they are not known); and with
    an empty path when all is read, and only thinking is left.
    """

    def __init__(self, out: IO[str], clock: Callable[[], float] = time.monotonic) -> None:
        self.out, self.clock, self.since = out, clock, clock()
        self.progress: Progress | None = None
        self.timer: Timer | None = None

    def __call__(self, path: str, done: int, total: int) -> None:
        left = PATIENCE_S - (self.clock() - self.since)
        if not path:  # nobody calls again before it is done
            self.timer = Timer(max(left, 0), self.think, [tr(THINKING)])  # a thread has no language of its own
            self.timer.daemon = True
            self.timer.start()
        elif self.progress or left <= 0:
            self.progress = self.progress or self.started()
            known = total if total >= done else None
            self.progress.update(self.progress.task_ids[0], description=shortened(path), completed=done, total=known)

    def started(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
        from rich.progress import TimeRemainingColumn as Left
        from rich.progress import TransferSpeedColumn as Rate

        console = Console(file=self.out, force_jupyter=False)
        name = TextColumn("{task.description}", markup=False)
        columns = (BarColumn(24), DownloadColumn(), Rate(), TimeElapsedColumn(), Left(compact=True), name)
        progress = Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
        progress.add_task("", total=None)
        progress.start()
        return progress

    def think(self, words: str) -> None:
        """A bar without an end: how long this takes is not known."""
        self.progress = self.progress or self.started()
        read = self.progress.tasks[0]
        self.progress.update(read.id, visible=False)
        self.progress.add_task(words, total=None, completed=int(read.completed))

    def stop(self) -> None:
        if self.timer:
            self.timer.cancel()
            self.timer.join()
        if self.progress:
            self.progress.stop()


def shortened(path: str, letters: int = 40) -> str:
    shown = visible(path)
    return shown if len(shown) <= letters else f"…{shown[1 - letters :]}"


@contextmanager
def bar() -> Iterator[Watch | None]:
    """A bar to be told how far it is; None where nobody would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    made = Bar(sys.stderr)
    try:
        yield made
    finally:
        made.stop()
