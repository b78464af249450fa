"""
A site's own rules, `--rules DIR`: causes/<slug>.toml, messages/*.toml and notes.toml in the format of this folder.

They add, and replace nothing: a slug or a message id that mqdiag has already is a mistake. Everything is checked
when it is read, so a rule that can never fire does not sleep.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mqdiag.errors import MqdiagError
from mqdiag.knowledge import Message, SiteNote, builtin, cause, current, tables, wrong
from mqdiag.language import tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mqdiag.knowledge import Cause, Condition, Knowledge

T = TypeVar("T")

SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
ID = re.compile(r"[A-Z]{3,5}[0-9]{3,5}")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
# What a sentence can leave open, besides fact_<name>; classify/words.py fills them.
PLACEHOLDERS = (
    "channel", "queue_manager", "judge", "other", "owner", "judge_host", "other_host", "owner_host", "client_host",
    "server_host", "subject", "issuer", "serial", "url", "user", "peer", "time", "code", "message_id", "waited",
    "compared",
)  # fmt: skip


@contextmanager
def using(folder: str | None) -> Iterator[None]:
    """With the rules of a folder until the end of the block; as ever for None."""
    token = current.set(with_rules(Path(folder)) if folder else None)
    try:
        yield
    finally:
        current.reset(token)


def with_rules(folder: Path) -> Knowledge:
    """Everything that mqdiag knows and a folder of rules. MqdiagError with the file, the key and what was expected."""
    known = builtin()
    files = sorted((folder / "causes").glob("*.toml")) if (folder / "causes").is_dir() else []
    more = sorted((folder / "messages").glob("*.toml")) if (folder / "messages").is_dir() else []
    notes = folder / "notes.toml"
    if not (files or more or notes.is_file()):
        raise MqdiagError(
            tr("You asked to use your own rules."),
            where=str(folder),
            found=tr("There is no causes/*.toml, messages/*.toml or notes.toml."),
            hint=tr("mqdiag/knowledge/causes shows the form of a cause; CONTRIBUTING.md walks through one."),
        )
    messages = added(known.messages, ((path, tables(path, Message)) for path in more))
    causes = added(known.causes, ((path, {path.stem: cause(path)}) for path in files))
    result = replace(known, messages=messages, causes=causes, notes=tables(notes, SiteNote) if notes.is_file() else {})
    for path in more:
        for key in tables(path, Message):
            check_id(key, path)
            check_layer(messages[key].layer, f"[{key}] layer", path, known)
    for key in result.notes:
        check_id(key, notes)
    for path in files:
        check_cause(causes[path.stem], path, result)
    return result


def added(known: Mapping[str, T], files: Iterable[tuple[Path, Mapping[str, T]]]) -> Mapping[str, T]:
    result = dict(known)
    for path, entries in files:
        for key, entry in entries.items():
            if key in result:
                raise wrong(path, key, tr("mqdiag or another file of yours has this already; choose another name"))
            result[key] = entry
    return result


def check_id(key: str, path: Path) -> None:
    if not ID.fullmatch(key):
        raise wrong(path, f"[{key}]", tr("a message id without severity was expected, such as AMQ9716"))


def check_layer(layer: str, where: str, path: Path, known: Knowledge) -> None:
    if layer not in known.layers:
        raise wrong(path, where, tr("{layer} is none of {names}", layer=layer, names=", ".join(known.layers)))


def check_cause(entry: Cause, path: Path, known: Knowledge) -> None:
    if not SLUG.fullmatch(path.stem):
        raise wrong(path, path.stem, tr("lower-case words with hyphens were expected, such as exit-not-signed"))
    check_layer(entry.layer, "layer", path, known)
    if not entry.signs:
        raise wrong(path, "signs", tr("a cause needs at least one sign"))
    for where, condition in conditions(entry):
        check_condition(condition, where, path, known)
    for other in (*entry.alternatives, *(each for sign in entry.signs for each in sign.alternatives or ())):
        if other.cause not in known.causes:
            raise wrong(path, "alternatives cause", tr("{cause} is no cause", cause=other.cause))
    for where, text in texts(entry):
        for name in PLACEHOLDER.findall(text):
            if name not in PLACEHOLDERS and not name.startswith("fact_"):
                known_names = ", ".join(sorted(PLACEHOLDERS))
                raise wrong(
                    path, where, tr("{name} is no placeholder; known are {names}", name=name, names=known_names)
                )


def conditions(entry: Cause) -> Iterator[tuple[str, Condition]]:
    for number, sign in enumerate(entry.signs):
        yield f"signs[{number}] lead", sign.lead
        yield from ((f"signs[{number}] also", each.when) for each in sign.also)
        yield from ((f"signs[{number}] without", each) for each in sign.without)
    yield from ((f"supports[{number}] when", each.when) for number, each in enumerate(entry.supports))
    for number, remedy in enumerate(entry.remedies):
        yield from ((f"remedies[{number}]", each) for each in (remedy.when, remedy.unless) if each)


def check_condition(condition: Condition, where: str, path: Path, known: Knowledge) -> None:
    """Whether the ids and codes that a condition names exist; one that asks for nothing would match everything."""
    for key in condition.message_id:
        if key not in known.messages:
            raise wrong(path, f"{where} message_id", tr("{name} is not known; add it to messages/*.toml", name=key))
    for code in condition.code:
        namespace, colon, _ = code.partition(":")
        if not colon or namespace not in known.codes:
            names = ", ".join(sorted(known.codes))
            raise wrong(path, f"{where} code", tr("{code} is not namespace:value of {names}", code=code, names=names))
    if condition == type(condition)():
        raise wrong(path, where, tr("a condition that asks for nothing"))


def texts(entry: Cause) -> Iterator[tuple[str, str]]:
    yield "title", entry.title
    yield from ((f"settles[{number}]", each) for number, each in enumerate(entry.settles))
    for number, sign in enumerate(entry.signs):
        yield f"signs[{number}] says", sign.says
        yield from ((f"signs[{number}] also says", each.says) for each in sign.also)
    yield from ((f"supports[{number}] says", each.says) for number, each in enumerate(entry.supports))
    for number, remedy in enumerate(entry.remedies):
        for key in ("who", "do", "check", "cost"):
            yield f"remedies[{number}] {key}", getattr(remedy, key)
