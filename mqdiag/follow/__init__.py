"""
`mqdiag follow`: the verdicts of `analyze` on logs that grow, each as soon as it stands.

inputs and watch read (in threads), stream turns bytes into events, window judges what is recent, ledger keeps what
was said. This module ties them together and knows the clock and the signals.
"""

from __future__ import annotations

import queue
import signal
import stat
import sys
import threading
import time
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mqdiag import sources
from mqdiag.errors import MqdiagError
from mqdiag.follow.inputs import Data, Ended, Numbers, Opened, Trouble, read_pipe
from mqdiag.follow.ledger import WAIT_S, Revision
from mqdiag.follow.session import Session, Summary, session
from mqdiag.follow.watch import POLL_S, Watch
from mqdiag.language import reason, tr
from mqdiag.model import Note
from mqdiag.sources import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mqdiag.follow.inputs import Item
    from mqdiag.pipeline import Options

QUEUED = 64  # items that wait to be taken in: 8 MiB at most, then the readers wait
TURN_S = 0.05  # after so much time of taking in, what it means is looked at
REST_S = 0.15  # between two judgements that take their time, as long again goes to reading, up to this
SCREEN_S = 0.25  # how often the summary is drawn
IDLE_S = 0.2


class Sink(Protocol):
    """Where the words go. BrokenPipeError where nobody reads them any more."""

    live: bool  # whether it shows the summary

    def tell(self, revision: Revision) -> None: ...

    def note(self, text: str) -> None: ...

    def show(self, summary: Summary) -> None: ...

    def check(self) -> None:
        """BrokenPipeError if it can be seen that nobody reads any more."""

    def close(self, summary: Summary) -> None: ...


@dataclass(slots=True)
class Stop:
    """The signal that asked for the end, None as long as none did."""

    signal: int | None = None


@dataclass(slots=True, eq=False)
class Readers:
    """The threads that read the inputs, and the queue they fill. `live` as long as one of them goes on."""

    options: Options
    from_start: bool
    items: queue.Queue[Item] = field(default_factory=lambda: queue.Queue(QUEUED))
    numbers: Numbers = field(default_factory=Numbers)
    threads: list[threading.Thread] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None

    def start(self) -> None:
        watched: list[str] = []
        for path in dict.fromkeys((*self.options.paths, *self.options.client, *self.options.server)):
            if path == "-":
                self.run(read_pipe, "-", sys.stdin.fileno(), self.numbers.new(), self.items.put)
            elif is_stream(path):
                self.run(read_pipe, shown(path), path, self.numbers.new(), self.items.put)
            elif is_archive(path):
                self.run(self.read_archive, path)
            elif not self.inside_another(path):
                watched.append(path)
        if watched:
            self.run(self.watch, watched)

    def run(self, target: Callable[..., None], *arguments: object) -> None:
        def guarded() -> None:
            try:
                target(*arguments)
            except Exception as error:  # a defect of ours: it is told by the main thread
                self.failure = error

        spoken = copy_context()  # a thread begins without the language of the answer
        self.threads.append(threading.Thread(target=spoken.run, args=(guarded,), daemon=True))
        self.threads[-1].start()

    def inside_another(self, path: str) -> bool:
        """Whether a path only says the side of a part of another one: --client client, and '.' is watched."""
        if path in self.options.paths:
            return False
        roots = [Path(each) for each in self.options.paths if each != "-"]
        inner = [root / path for root in roots if not Path(path).exists()]
        above = any(Path(path).resolve().is_relative_to(root.resolve()) for root in roots if root.is_dir())
        return above or any(each.exists() for each in inner)

    def read_archive(self, path: str) -> None:
        """An archive does not grow: it is read once, and completely."""
        found, notes = sources.find([path])
        for note in notes:
            self.items.put(Trouble(note.path or path, note.text, lost=True))
        for each in found:
            number = self.numbers.new()
            self.items.put(Opened(number, each.path))
            try:
                for block in each.blocks():
                    self.items.put(Data(number, block))
            except (OSError, *sources.DAMAGED) as error:
                self.items.put(
                    Trouble(
                        each.path,
                        tr("I could not read {path} to its end: {error}.", path=each.path, error=reason(error)),
                        lost=True,
                    )
                )
            self.items.put(Ended(number))

    def watch(self, roots: list[str]) -> None:
        watch = Watch(roots, self.items.put, self.numbers, self.from_start)
        while not self.stopped.is_set():
            watch.poll(time.monotonic())
            self.stopped.wait(POLL_S)
        watch.stop()

    def stop(self) -> None:
        """Ask the readers to end, and make room for what they hold."""
        self.stopped.set()

    @property
    def live(self) -> bool:
        return any(each.is_alive() for each in self.threads)


def is_stream(path: str) -> bool:
    """Whether a path is a pipe, a device or a socket: something that is read once, from its beginning."""
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def is_archive(path: str) -> bool:
    try:
        return Path(path).is_file() and sources.archive_kind(lambda: Path(path).open("rb")) is not None
    except OSError:
        return False


def follow(options: Options, sink: Sink, *, wait_s: float = WAIT_S, from_start: bool = False) -> int:
    """
    Follow the inputs until all have ended or a signal comes; the exit status.

    BrokenPipeError where the reader of the output went away. MqdiagError where an option makes no sense.
    """
    if wait_s < 0:
        raise MqdiagError(tr("You asked to wait less than no time for the other side."), where="--wait")
    running = session(options, wait_s=wait_s)
    readers = Readers(options, from_start)
    with signals() as stop:
        try:
            warm_up()
            readers.start()
            run(running, readers, sink, stop)
        finally:
            readers.stop()
        now = time.monotonic()
        take_rest(running, readers, now)
        for each in running.finish(now):
            sink.tell(each)
        notes(running, sink)
        sink.close(running.summary(now))
    if stop.signal is not None:
        return 128 + stop.signal
    return 2 if running.partial else 0


def warm_up() -> None:
    """Load what judging needs before the first byte comes: it takes a second, and a verdict may not wait for it."""
    from mqdiag.formats import all_formats
    from mqdiag.knowledge import knowledge

    knowledge()
    for each in all_formats():
        _ = each.boundaries


def run(running: Session, readers: Readers, sink: Sink, stop: Stop) -> None:
    next_judgement = next_screen = next_check = 0.0
    while stop.signal is None:
        now = time.monotonic()
        due = running.next_due(now)
        wait = IDLE_S if due is None else min(IDLE_S, max(0.0, due - now))
        took = take(running, readers, wait)
        now = time.monotonic()
        if now >= next_judgement:
            words = running.step(now)
            for each in words:
                sink.tell(each)
            notes(running, sink)
            spent = time.monotonic() - now
            next_judgement = time.monotonic() + (min(spent, REST_S) if spent > TURN_S / 5 else 0)
        elif not took:
            time.sleep(min(IDLE_S, next_judgement - now))
        if sink.live and now >= next_screen:
            sink.show(running.summary(now))
            next_screen = now + SCREEN_S
        if now >= next_check:
            sink.check()
            next_check = now + 1.0
        if readers.failure:
            raise readers.failure
        if not took and not readers.live and readers.items.empty():
            return


def take(running: Session, readers: Readers, wait_s: float) -> bool:
    """Take in what is there, for a turn; whether there was anything."""
    try:
        item = readers.items.get(timeout=wait_s) if wait_s > 0 else readers.items.get_nowait()
    except queue.Empty:
        return False
    begun = time.monotonic()
    while True:
        running.take(item, time.monotonic())
        if time.monotonic() > begun + TURN_S:
            break
        try:
            item = readers.items.get_nowait()
        except queue.Empty:
            break
    return True


def take_rest(running: Session, readers: Readers, now: float) -> None:
    """What was read before the end was asked for."""
    for _ in range(QUEUED):
        try:
            item = readers.items.get_nowait()
        except queue.Empty:
            return
        running.take(item, now)


def notes(running: Session, sink: Sink) -> None:
    pending, running.notes = running.notes, []
    for each in pending:
        sink.note(each.text if isinstance(each, Note | Trouble) else str(each))


@contextmanager
def signals() -> Iterator[Stop]:
    """While this lasts, the first SIGINT or SIGTERM is an orderly end; the second one is what it always is."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(number: int, frame: object) -> None:
        stop.signal = number
        signal.signal(number, before[number])

    before = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in before:
            signal.signal(number, ask)
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
