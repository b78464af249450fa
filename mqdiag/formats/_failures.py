"""From the tree of an application's entry (grammars/application.lark) to what failed, as far as it is printed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mqdiag import grammar
from mqdiag.formats._peers import peer
from mqdiag.knowledge import knowledge
from mqdiag.model import Code, MessageId

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mqdiag.grammar import ParseTree
    from mqdiag.model import Event, Peer

INSERTS = {1: "ArithInsert1", 2: "ArithInsert2", 3: "CommentInsert1", 4: "CommentInsert2", 5: "CommentInsert3"}
NAMES_CHANNEL = ("AMQ9503", "AMQ9520", "AMQ9640", "AMQ9641")  # insert 3 is the channel, elsewhere mostly the host
NAMES_QUEUE_MANAGER = ("JMSWMQ0018", "JMSWMQ2013", "JMSWMQ2020")  # in the first quotes, in all languages
MQ_PACKAGES = ("com.ibm.mq.", "com.ibm.msg.", "IBM.WMQ.", "IBM.XMS.", "pymqi.")
LANGUAGES = {
    "jmqi": "java",
    "message": "java",
    "call": "",
    "python": "python",
    "ended": "c",
    "explorer": "java",
    "dotnet": "dotnet",
}
ALERT = "Received fatal alert: "  # what Java says when the other end refused
ARGUMENTS = ("queue_manager", "channel", "conname", "user")  # of pymqi.connect; the fifth is the password


def failure(event: Event, tree: ParseTree, text: str) -> Event:
    """The event with everything that MQ's client library printed of one failure; `text` is what the tree is of."""
    chain = deepest_chain(tree)
    inner = innermost(chain)
    values = inserts(inner) if inner else {}
    reason_code = reason(chain, tree)
    exceptions = unique(exceptions_of(tree, text))
    arguments = connect_arguments(tree)
    ids = unique([*(name for name, _ in messages(tree)), *(amq_id(each) for each in chain)])
    facts = {
        "language": language(tree),
        "chain": " > ".join(ids),
        "exception": culprit(exceptions),
        "exceptions": " > ".join(exceptions),
    }
    alert = alert_code(exceptions)
    printed = [Code("mqrc", str(reason_code))] if reason_code else []
    return replace(
        event,
        queue_manager=queue_manager(tree) or arguments.get("queue_manager") or event.queue_manager,
        channel=channel(chain) or arguments.get("channel") or event.channel,
        peer=peer_of(chain, tree) or peer(arguments.get("conname", "")) or event.peer,
        user=arguments.get("user"),
        message_id=MessageId("AMQ", amq_id(inner)[3:7]) if inner else None,
        reason_code=reason_code,
        codes=frozenset((*printed, *([alert] if alert else []), *chain_codes(exceptions))),
        inserts=values,
        facts={name: value for name, value in facts.items() if value},
        text=(first(inner, "AMQ_TEXT") or event.text) if inner else event.text,
    )


# ---- the chain of JMQI exceptions ------------------------------------------------------------------------------


def deepest_chain(tree: ParseTree) -> list[ParseTree]:
    """
    The JMQI exceptions that are inside each other, outermost first.

    A stack trace prints a failure several times, whole at first and then its inner exceptions as causes; the
    deepest nesting holds all of it.
    """
    chains = [nested_chain(each) for each in subtrees(tree, "jmqi")]
    return max(chains, key=len, default=[])


def nested_chain(jmqi: ParseTree) -> list[ParseTree]:
    chain = [jmqi]
    while inner := next((each for nested in nested_of(chain[-1]) for each in subtrees(nested, "jmqi")), None):
        chain.append(inner)
    return chain


def nested_of(jmqi: ParseTree) -> Iterator[ParseTree]:
    """The exceptions that stand in the inserts of a JMQI exception."""
    for insert in inserts_of(jmqi):
        yield from subtrees(insert, "nested")


def inserts_of(jmqi: ParseTree) -> Iterator[ParseTree]:
    for each in subtrees(jmqi, "inserts"):
        yield from subtrees(each, "insert")


def innermost(chain: Sequence[ParseTree]) -> ParseTree | None:
    """The innermost exception with a message id."""
    return next((each for each in reversed(chain) if amq_id(each)), None)


def amq_id(jmqi: ParseTree) -> str:
    return first(jmqi, "AMQ_ID").rstrip(": ")


def inserts(jmqi: ParseTree) -> dict[str, str]:
    """
    The inserts under MQ's names: 1 and 2 are the numbers, 3 to 5 the texts.

    Left out are empty ones, exceptions, and the beginning of one that was cut off: [1=com.ibm.mq.jmqi.Jm
    """
    found = {}
    for insert in inserts_of(jmqi):
        key, *value = grammar.tokens(insert)
        name, text = INSERTS[int(key.strip(", =")[0])], "".join(value).strip()
        if text and (name.startswith("Comment") or text[0].isdigit() or text[0] == "-"):
            found[name] = text
    return found


def channel(chain: Sequence[ParseTree]) -> str | None:
    values = (inserts(each).get("CommentInsert1") for each in reversed(chain) if amq_id(each) in NAMES_CHANNEL)
    return next((value for value in values if value and value.strip("?")), None)


def peer_of(chain: Sequence[ParseTree], tree: ParseTree) -> Peer | None:
    """The other end's address, from the innermost exception that prints one, else from JMSWMQ0018."""
    printed = [inserts(each).get("CommentInsert1", "") for each in reversed(chain) if amq_id(each) not in NAMES_CHANNEL]
    printed += [quoted[-1] for name, quoted in messages(tree) if name in NAMES_QUEUE_MANAGER and quoted]
    addresses = (peer(text) for text in printed if re.search(r"\(\d+\)|:\d+", text))
    return next((address for address in addresses if address), None)


# ---- reason codes ----------------------------------------------------------------------------------------------


def reason(chain: Sequence[ParseTree], tree: ParseTree) -> int | None:
    """The reason code of the innermost exception, else what the message or the call says. Never 0."""
    for jmqi in reversed(chain):
        if code := int(first(jmqi, "CODES").rstrip("; ").rpartition("=")[2]):
            return code
    for _, values in messages(tree):
        if code := next((int(each) for each in values if re.fullmatch(r"[1-9]\d{3}", each)), 0):
            return code
    for part in subtrees(tree, "call", "python", "ended", "explorer", "dotnet"):
        number = first(part, "NUMBER")
        return (int(number) if number else reason_by_name(first(part, "MQRC_NAME"))) or None
    return None


def reason_by_name(name: str) -> int:
    """The number of a reason code that was printed by name (MQRC_HOST_NOT_AVAILABLE); 0 for an unknown one."""
    names = (name, name.removeprefix("MQRC_"))
    entries = knowledge().codes.get("mqrc", {})
    return next((int(number) for number, entry in entries.items() if entry.name in names and number.isdigit()), 0)


# ---- exceptions ------------------------------------------------------------------------------------------------


def exceptions_of(tree: ParseTree, text: str) -> Iterator[str]:
    """Class and message of all exceptions in their order, those inside JMQI exceptions too; of MQ's the class only."""
    for part in subtrees(tree, "exception", "dotnet", "jmqi"):
        if part.data == "exception":
            yield spelled(first(part, "EXCEPTION").rstrip(": "), first(part, "REASON"))
        elif part.data == "dotnet":
            yield first(part, "WMQ").rstrip(": ")
        else:
            for nested in (each for jmqi in nested_chain(part) for each in nested_of(jmqi)):
                yield spelled(first(nested, "CLASS").rstrip("["), inside(nested, text))


def inside(nested: ParseTree, text: str) -> str:
    """The text between the brackets of a nested exception, empty where that is another JMQI exception."""
    if any(subtrees(nested, "jmqi")):
        return ""
    opening, *_, closing = grammar.tokens(nested)
    return text[opening.end_pos : closing.start_pos]


def spelled(name: str, message: str) -> str:
    name = name.partition(" (")[0]
    message = message.strip(" ;")
    return name if name.startswith(MQ_PACKAGES) or not message else f"{name}: {message}"


def culprit(exceptions: Sequence[str]) -> str:
    """
    The innermost exception that is not MQ's.

    Empty if none is inside one of MQ's: a framework that wraps from outside is no reason.
    """
    ours = next((place for place, each in enumerate(exceptions) if each.startswith(MQ_PACKAGES)), len(exceptions))
    return next((each for each in reversed(exceptions[ours:]) if not each.startswith(MQ_PACKAGES)), "")


def alert_code(exceptions: Sequence[str]) -> Code | None:
    """The TLS alert that Java says it received: `bad_certificate` is alert 42."""
    for each in exceptions:
        name = each.partition(ALERT)[2].strip().lower()
        for number, entry in knowledge().codes.get("alert", {}).items():
            if name and entry.name.lower() == name:
                return Code("alert", number)
    return None


def chain_codes(exceptions: Sequence[str]) -> Iterator[Code]:
    """
    What .NET found wrong in the chain of a certificate: names after the last colon, the same in every language.

    'System.Security.Authentication.AuthenticationException: ... in the certificate chain: NotTimeValid, UntrustedRoot'
    """
    known = knowledge().codes.get("dotnet", {})
    for each in exceptions:
        name, _, reason = each.partition(": ")
        named = reason.rpartition(": ")[2].rstrip(".").split(", ") if name.startswith("System.") else []
        if named and all(status in known for status in named):
            yield from (Code("dotnet", status) for status in named)


# ---- what else is printed --------------------------------------------------------------------------------------


def messages(tree: ParseTree) -> list[tuple[str, list[str]]]:
    """The ids of JMS and MQJE messages, each with the quoted and free numbers and names of its line."""
    return [
        (first(each, "JMS_ID").rstrip(": "), [token.strip("'") for token in grammar.tokens(each)[1:]])
        for each in subtrees(tree, "message")
    ]


def queue_manager(tree: ParseTree) -> str | None:
    names = (values[0] for name, values in messages(tree) if name in NAMES_QUEUE_MANAGER and values)
    return next((name for name in names if name and not name.startswith("*")), None)


def connect_arguments(tree: ParseTree) -> dict[str, str]:
    """What pymqi.connect was called with, where it stands in the trace as strings; never the password."""
    call = next(subtrees(tree, "connect"), None)
    arguments = [first(each, "STRING") for each in subtrees(call, "argument")] if call else []
    values = (each.lstrip("bruf").strip("'\"").strip() for each in arguments)
    return {name: value for name, value in zip(ARGUMENTS, values, strict=False) if value}


def language(tree: ParseTree) -> str:
    """By the first part that only one language's library writes."""
    for part in subtrees(tree, *LANGUAGES):
        if part.data == "call":  # Node.js leaves out the MQ of the verb
            is_node = any(each.type == "NODE" for each in grammar.tokens(tree))
            return "go" if first(part, "VERB").startswith("MQ") and not is_node else "node"
        return LANGUAGES[str(part.data)]
    return ""


# ---- trees -----------------------------------------------------------------------------------------------------


def subtrees(tree: ParseTree, *rules: str) -> Iterator[ParseTree]:
    """The parts of a tree that are of these rules."""
    for each in tree.children:
        if grammar.is_tree(each) and each.data in rules:
            yield each


def first(tree: ParseTree, token_type: str) -> str:
    """The first token of a type directly under a tree, empty if there is none."""
    return next((each.strip() for each in grammar.tokens(tree) if each.type == token_type), "")


def unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(each for each in values if each))
