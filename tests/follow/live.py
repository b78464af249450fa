"""A run of follow by hand: bytes in, words out, and a clock that the test turns."""

from __future__ import annotations

import random
from contextlib import chdir
from dataclasses import dataclass, field

from sample_cases import Case

from mqdiag import pipeline
from mqdiag.follow.inputs import Data, Ended, Opened
from mqdiag.follow.ledger import Revision
from mqdiag.follow.session import Session, session
from mqdiag.model import Incident
from mqdiag.pipeline import Options


@dataclass
class Live:
    session: Session
    now: float = 0.0
    told: list[Revision] = field(default_factory=list)

    def open(self, stream: int, path: str, *, old_until: int = 0) -> None:
        self.session.take(Opened(stream, path, old_until=old_until), self.now)

    def write(self, stream: int, data: bytes) -> list[Revision]:
        """What is told at once."""
        self.session.take(Data(stream, data), self.now)
        return self.step()

    def step(self, seconds: float = 0.0) -> list[Revision]:
        self.now += seconds
        words = self.session.step(self.now)
        self.told += words
        return words

    def finish(self) -> list[Revision]:
        words = self.session.finish(self.now)
        self.told += words
        return words

    @property
    def last(self) -> dict[str, Incident]:
        """What was said last of every id that still stands."""
        words = {each.incident.id: each for each in self.told}
        return {name: each.incident for name, each in words.items() if each.change != "withdrawn"}


def live(*paths: str, **options: object) -> Live:
    return Live(session(Options(paths=paths or ("-",), **options), wait_s=6.0))  # type: ignore[arg-type]


def options_of(case: Case) -> Options:
    """The options of a case's command line."""
    names: dict[str, list[str]] = {"client": [], "server": [], "tz": [], "paths": []}
    others: dict[str, str] = {}
    words = iter(case.label.get("args", ["."]))
    for word in words:
        name = word.removeprefix("--").replace("-", "_")
        if not word.startswith("--"):
            names["paths"].append(word)
        elif name in names:
            names[name].append(next(words))
        else:
            others[name] = next(words)
    return Options(**{name: tuple(values) for name, values in names.items()}, **others)  # type: ignore[arg-type]


def followed(case: Case, seed: int) -> Live:
    """A case whose files arrive as several live inputs, in pieces of any size, in any order, with any pauses."""
    chance = random.Random(f"{case.name} {seed}")
    with chdir(case.folder):
        options = options_of(case)
        found, _ = pipeline.find(options)
        running = Live(session(options, wait_s=6.0))
        rest: dict[int, bytes] = {}
        for number, source in enumerate(found, 1):
            running.open(number, source.path)
            rest[number] = b"".join(source.blocks())
        while rest:
            number = chance.choice(list(rest))
            size = chance.choice([1, 7, 100, 1000, 5000, 70_000])
            running.session.take(Data(number, rest[number][:size]), running.now)
            rest[number] = rest[number][size:]
            if not rest[number]:
                running.session.take(Ended(number), running.now)
                del rest[number]
            running.now += chance.choice([0, 0.01, 0.6])
            if chance.random() < 0.3:
                running.step()
        running.finish()
    return running
