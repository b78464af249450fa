"""
What mqdiag knows, as data: messages, codes, causes, layers. This module is the schema of the TOML files.

Loading checks everything it reads: an unknown key, a missing one, a value outside its list stops with the
file, the key and what was expected. So a typing error in a rule cannot sleep.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from mqdiag.errors import MqdiagError
from mqdiag.language import tr
from mqdiag.model import Confidence, Kind
from mqdiag.prepared import digest, prepared
from mqdiag.resources import knowledge_dir

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mqdiag.model import Code


T = TypeVar("T")

MessageRole = Literal["judge", "victim", "wrapper", "context", "noise", "notice"]
Insert = Literal["ArithInsert1", "ArithInsert2", "CommentInsert1", "CommentInsert2", "CommentInsert3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """
    One message id: messages/*.toml, a table named by the id without severity.

    says: what it tells, one sentence in our words. role: `judge` (the writer took the decision or found the
    fault), `victim` (the writer reports what the other end did), `wrapper` (says only that something ended;
    never a cause), `context` (explains others: starts, stops), `noise` (port scans and health checks when no
    channel is known), `notice` (nothing is wrong). layer: a layer of layers.toml. side: which end can write
    it, `caller` (started the channel), `acceptor`, `both`.

    channel, certificate, peer, user: the insert that holds it. codes: the namespace of the code in an insert.
    facts: the insert that holds a fact, by our name for it. quoted: what the quoted strings of the *message line*
    are, in order, where a log prints no inserts (`channel`, `peer`, `user`, `certificate`, a fact's name, or
    `-`). body_code: namespace of the last free number of the explanation, where a log prints no inserts.

    peers: the ids that the other end writes of the same failure. returns: the reason codes that calls of applications
    get at that moment. next: what to look at next.
    """

    says: str
    role: MessageRole
    layer: str
    side: Literal["caller", "acceptor", "both"]
    channel: Insert | None = None
    certificate: Insert | None = None
    peer: Insert | None = None
    user: Insert | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    quoted: tuple[str, ...] = ()
    body_code: str | None = None
    peers: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    next: str = ""
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeEntry:
    """
    One code: codes/<namespace>.toml, a table named by its value.

    layers (mqrc, mqrq): at which layers a connection can fail with it. role: `wrapper` if it never says why (mqrc),
    `victim` if it says that the other end closed, whatever message it stands in (gskit). event (mqrc, mqrq): what an
    event message with it is, as the role of a message; that of the reason goes before that of the qualifier. numbers
    (errno only): the number on each platform.
    """

    name: str
    says: str
    verified: bool
    layers: tuple[str, ...] = ()
    role: Literal["wrapper", "cause", "unrelated", "victim"] | None = None
    event: MessageRole | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """
    What an event must be; all keys given must hold. The closed vocabulary of the rules (classify/symptoms.py).

    message_id: one of these, without severity. code: one of `namespace:value` or `namespace:low-high`.
    reason_code: one of these MQRCs, which a call returned; the reason of an event message counts only where `kind`
    asks for one. kind: one of these. side: `here` (the lead's side), `there`, `client`,
    `server`. probe_type: the FFST's Probe Type, `MSGAMQ*` with a star at the end allowed. mentions: one of
    these literal strings stands in the text (only for names that programs write, never for prose). fact: all
    of these facts, `*` for any value, `one|other` for either, `!one|other` for any but these. elapsed_at_least_s:
    an MQI call of the transcript took that long, beyond what one took there that succeeded.
    same_certificate: its certificate is the lead's. same_user: its user is the lead's. has_channel: whether
    the channel is known. same_channel: its channel is the lead's, as far as both are known. last_before: it is
    earlier than the lead.
    """

    message_id: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    reason_code: tuple[int, ...] = ()
    kind: tuple[Kind, ...] = ()
    side: Literal["here", "there", "client", "server"] | None = None
    probe_type: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    fact: Mapping[str, str] = field(default_factory=dict)
    elapsed_at_least_s: float | None = None
    same_certificate: bool = False
    same_user: bool = False
    has_channel: bool | None = None
    same_channel: bool = False
    last_before: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """Another event of the occurrence, or a corroborating record, that a sign or a support asks for."""

    when: Condition
    says: str
    role: Literal["support", "echo"] = "support"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """
    A way to recognise a cause. `lead` is an event of the occurrence; each of `also` must be there too, none of
    `without` may. alternatives, settles: its own, where those of the cause do not fit.
    judge: `here` (the lead's side decided), `peer` (the other), `none` (nobody refused, or it
    cannot be told). confidence: of the sign alone. weight: of two signs with the same confidence the heavier
    wins. owner: whose certificate the lead prints, seen from the lead. verified: false where the meaning rests
    on an unverified table; then it is never `certain`.
    """

    lead: Condition
    judge: Literal["here", "peer", "none"]
    confidence: Confidence
    says: str
    also: tuple[Companion, ...] = ()
    without: tuple[Condition, ...] = ()
    weight: int = 0
    owner: Literal["self", "peer"] | None = None
    verified: bool = True
    alternatives: tuple[AlternativeText, ...] | None = None
    settles: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """Corroboration: cited where it is found; `raises` lifts the confidence to at least this."""

    when: Condition
    says: str
    raises: Confidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativeText:
    """
    Another cause that the same records allow. It stands in the report unless the verdict is `certain`, and only if
    there is a record as `when` asks for and none as in `unless`.
    """

    cause: str
    why: str
    when: Condition | None = None
    unless: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyText:
    """
    who acts, what to do, how to check that it worked. cost: what it costs in security, if it weakens checking.
    when, unless: given only if there is such a record, and if there is none.
    """

    who: str
    do: str
    check: str
    cost: str = ""
    when: Condition | None = None
    unless: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """
    One root cause: causes/<slug>.toml. This file is all that says what the cause is.

    title: the verdict in one sentence. because: what happened and how one knows, for `explain`. layer: where it
    fails; earlier layers are proved to have passed, later ones were not reached. settles: what would make a
    verdict below `certain` certain.
    """

    title: str
    because: str
    layer: str
    signs: tuple[Sign, ...]
    supports: tuple[Support, ...] = ()
    alternatives: tuple[AlternativeText, ...] = ()
    settles: tuple[str, ...] = ()
    remedies: tuple[RemedyText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One step of a connection, in the order of layers.toml. passed / unreached: what to say when it was ruled out."""

    passed: str
    unreached: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNote:
    """What a site says of one message id (notes.toml of --rules): a sentence or more, and where to read on."""

    says: str
    link: str = ""


@dataclass(frozen=True, slots=True, eq=False)  # one is itself: what is made of it is kept by it (classify/rules.py)
class Knowledge:
    """
    `layers` in order; `codes` by namespace and value; `messages` by id without severity; `causes` by slug; `notes`
    of the site by message id, empty without --rules.
    """

    layers: Mapping[str, Layer]
    codes: Mapping[str, Mapping[str, CodeEntry]]
    messages: Mapping[str, Message]
    causes: Mapping[str, Cause]
    notes: Mapping[str, SiteNote] = field(default_factory=dict)

    def matters(self, key: str) -> bool:
        """
        Whether a record with this message id has to be parsed: it says something about a failure.

        Unknown ids matter, for nobody has said that they do not.
        """
        message = self.messages.get(key)
        return message is None or message.role != "notice"

    def is_of_other_end(self, code: Code) -> bool:
        """Whether a code says that the other end refused or closed: an alert, or GSKit's 420."""
        entry = self.codes.get(code.namespace, {}).get(code.value)
        return code.namespace == "alert" or (entry is not None and entry.role == "victim")


# What --rules adds; None without it.
current: ContextVar[Knowledge | None] = ContextVar("knowledge", default=None)


def knowledge() -> Knowledge:
    """All that mqdiag knows, with the site's own rules where --rules names some."""
    return current.get() or builtin()


FOLDERS = (".", "codes", "messages", "causes")  # below knowledge/; the sentences of other languages are language.py's


@cache
def builtin() -> Knowledge:
    """All that mqdiag brings along, read once. MqdiagError where a file is not what this module says."""
    root = knowledge_dir()
    held = prepared("knowledge", " ".join(digest(root, f"{each}/*.toml") for each in FOLDERS), lambda: contents(root))

    def each_of(folder: str) -> Iterator[tuple[Path, Any]]:
        return ((root / folder / f"{name}.toml", table) for name, table in held[folder].items())

    return Knowledge(
        layers=tables(root / "layers.toml", Layer, held["."]["layers"]),
        codes={path.stem: tables(path, CodeEntry, table) for path, table in each_of("codes")},
        messages={
            key: entry for path, table in each_of("messages") for key, entry in tables(path, Message, table).items()
        },
        causes={path.stem: cause(path, table) for path, table in each_of("causes")},
    )


def contents(root: Path) -> dict[str, dict[str, Any]]:
    """The tables of the TOML files by folder and name, in the order of their names."""
    return {folder: {path.stem: load(path) for path in sorted((root / folder).glob("*.toml"))} for folder in FOLDERS}


def cause(path: Path, table: Any = None) -> Cause:
    """The cause of a file, or of what was read of it before."""
    return build(Cause, load(path) if table is None else table, path, "")


def tables(path: Path, kind: type[T], table: Any = None) -> Mapping[str, T]:
    """The entries of a file by their names, or of what was read of it before."""
    found = load(path) if table is None else table
    return {key: build(kind, value, path, f"[{key}]") for key, value in found.items()}


def load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # ValueError: no TOML, or no UTF-8
        raise MqdiagError(
            tr("I could not read a knowledge file."), where=str(path), found=str(error), hint=tr("Correct the file.")
        ) from error


def build(kind: type[T], table: Any, path: Path, where: str) -> T:
    """A dataclass of this module from a TOML table, every key and value checked."""
    if not isinstance(table, dict):
        raise wrong(path, where, tr("a table was expected, found {value}", value=repr(table)))
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(set(table) - set(known)):
        raise wrong(path, f"{where} {unknown[0]}", tr("unknown key; known are {names}", names=", ".join(known)))
    hints = hints_of(kind.__name__)
    values = {}
    for name, each in known.items():
        if name in table:
            values[name] = checked(hints[name], table[name], path, f"{where} {name}")
        elif each.default is MISSING and each.default_factory is MISSING:
            raise wrong(path, f"{where} {name}", tr("this key is missing"))
    return kind(**values)


@cache
def hints_of(name: str) -> dict[str, Any]:
    """The types of the fields of a dataclass of this module."""
    return get_type_hints(globals()[name])


def checked(hint: Any, value: Any, path: Path, where: str) -> Any:
    """A TOML value as the type that a field asks for. One value stands for a list of one."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (UnionType, Union):
        return checked(next(each for each in args if each is not type(None)), value, path, where)
    if origin is tuple:
        items = value if isinstance(value, list) else [value]
        return tuple(checked(args[0], item, path, f"{where}[{i}]") for i, item in enumerate(items))
    if origin is Literal:
        if value not in args:
            raise wrong(
                path, where, tr("{value} is none of {names}", value=repr(value), names=", ".join(map(str, args)))
            )
        return value
    if origin is Mapping:
        if not isinstance(value, dict):
            raise wrong(path, where, tr("a table was expected, found {value}", value=repr(value)))
        return {key: checked(args[1], item, path, f"{where}.{key}") for key, item in value.items()}
    if isinstance(hint, type) and hasattr(hint, "__dataclass_fields__"):
        return build(hint, value, path, where)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise wrong(path, where, tr("{kind} was expected, found {value}", kind=hint.__name__, value=repr(value)))
    return value


def wrong(path: Path, where: str, found: str) -> MqdiagError:
    return MqdiagError(tr("A knowledge file is not right."), where=f"{path}: {where.strip()}", found=found)
