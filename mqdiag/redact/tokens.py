"""
From a value to its pseudonym: numbered in sorted order, or made with a key so that every run gives the same one.

`HOST-3` keeps the kind, and the same value keeps the same pseudonym. Addresses become addresses that nobody uses,
240.x.y.z and e000::/16, those of one subnet (/24, /64) again in one. A text that has the form of a pseudonym is one:
redacting twice changes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from mqdiag.names import normal_serial

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PREFIXES = {
    "host": "HOST",
    "queue_manager": "QM",
    "channel": "CHL",
    "queue": "Q",
    "object": "OBJ",
    "user": "USER",
    "program": "PROG",
    "email": "EMAIL",
    "serial": "SERIAL",
    "label": "LABEL",
    "installation": "INST",
    "domain": "DOMAIN",
    "class": "CLASS",
    "file": "FILE",
    "folder": "DIR",
    "name": "NAME",
}
ADDRESSES = ("address", "subnet")
ATTRIBUTES = (
    *("CN", "OU", "O", "L", "ST", "SP", "S", "C", "STREET", "DC", "UID", "USERID", "SERIALNUMBER", "T", "TITLE"),
    *("PC", "POSTALCODE", "GN", "SN", "DNQ", "UNSTRUCTUREDNAME", "UNSTRUCTUREDADDRESS"),
)
# A value that is known under several kinds is in free text what stands first here.
STRENGTH = (
    *("email", "host", "queue_manager", "channel", "queue", "user", "program", "object", "label", "installation"),
    *("domain", "serial", *ATTRIBUTES, "class", "file", "folder", "name"),
)

NUMBERED = re.compile(rf"(?:{'|'.join(sorted({*PREFIXES.values(), *ATTRIBUTES}))})-[1-9]\d{{0,5}}(?:\.\w{{1,8}})?")
KEYED = re.compile(r"(?P<prefix>[A-Z]{1,19})-(?P<body>[A-Z2-7]{6})(?P<proof>[A-Z2-7]{2})(?:\.\w{1,8})?")
BOTH = re.compile(r"(?P<host>HOST-\w+)\.(?P<domain>DOMAIN-\w+)")
EXTENSION = re.compile(r"\.(?:\w{1,8})$")
FULL_NAME = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}\.?")


@dataclass(frozen=True, slots=True)
class Key:
    """What the user's key file holds; None where the pseudonyms are only numbered."""

    secret: bytes

    def digest(self, text: str) -> bytes:
        return hmac.new(self.secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()

    def suffix(self, text: str, attempt: int = 0) -> str:
        """Six letters from the value, two that prove that this key made them."""
        body = letters(self.digest(f"{attempt or ''}value:{text}"))[:6]
        return body + self.proof(body)

    def proof(self, body: str) -> str:
        return letters(self.digest(f"proof:{body}"))[:2]


def letters(digest: bytes) -> str:
    return base64.b32encode(digest).decode("ascii")


def is_pseudonym(text: str, key: Key | None) -> bool:
    """Whether a text is a pseudonym already: one of ours is left alone, and needs no secrecy."""
    if both := BOTH.fullmatch(text):
        return all(is_pseudonym(each, key) for each in both.groups())
    if is_pseudonym_address(text):
        return True
    if key is None:
        return NUMBERED.fullmatch(text) is not None
    match = KEYED.fullmatch(text)
    return match is not None and hmac.compare_digest(match["proof"], key.proof(match["body"]))


def is_pseudonym_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text.replace("*", "0"))
    except ValueError:
        return False
    return (address.version == 4 and 240 <= address.packed[0] < 255) or text.lower().startswith("e000:")


# ---- what is the same ------------------------------------------------------------------------------------------


def split_host(name: str) -> tuple[str, str]:
    """The host's own name and its domain, in lower case; the domain is empty for a short name."""
    small = name.lower().rstrip(".")
    own, _, domain = small.partition(".")
    return (own, domain) if own and FULL_NAME.fullmatch(small) else (small, "")


def is_full_name(text: str) -> bool:
    """Whether a text has the form of a host name with its domain: harb81.example.net."""
    return FULL_NAME.fullmatch(text) is not None and text.rstrip(".").rpartition(".")[2].isalpha() and "." in text


def canonical(kind: str, value: str) -> str:
    """The spelling that all spellings of one thing share."""
    if kind == "host":
        return split_host(value)[0]
    if kind == "serial":
        return normal_serial(value) or value.lower()
    if kind == "user":
        return value.lower().rpartition("\\")[2]
    if kind == "program":
        return re.split(r"[/\\]", value.lower())[-1].removesuffix(".exe")
    return " ".join(value.lower().replace("\\,", ",").split()).rstrip(".")


# ---- giving pseudonyms -----------------------------------------------------------------------------------------


def suffixes(values: Iterable[str], taken: Iterable[str], key: Key | None) -> dict[str, str]:
    """A suffix for each of the canonical values of one prefix, none of those that are taken."""
    used = set(taken)
    result: dict[str, str] = {}
    number = 0
    for value in sorted(set(values), key=natural):
        if key:
            attempt = 0
            while (suffix := key.suffix(value, attempt)) in used:
                attempt += 1
        else:
            number += 1
            while (suffix := str(number)) in used:
                number += 1
        used.add(suffix)
        result[value] = suffix
    return result


def natural(text: str) -> list[tuple[int, str]]:
    """An order in which host2 stands before host10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"[0-9]{1,18}|[^0-9]+", text)]


def subnet_of(address: str) -> str:
    """'192.0.2.7' is of '192.0.2', '2001:db8::7' of '2001:db8::', the network of its /64."""
    if ":" in address:
        return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
    return address.rpartition(".")[0]


def addresses(values: Iterable[str], key: Key | None) -> dict[str, str]:
    """A pseudonym for each address and each `192.0.2.*`, by its canonical text; one subnet is one subnet again."""
    by_subnet: dict[str, set[str]] = {}
    for each in values:
        by_subnet.setdefault(subnet_of(each), set()).add(each)
    result: dict[str, str] = {}
    used: set[str] = set()
    for number, subnet in enumerate(sorted(by_subnet, key=by_number), 1):
        network = network_of(subnet, number, used, key)
        used.add(network)
        ordered = sorted((each for each in by_subnet[subnet] if not each.endswith("*")), key=by_number)
        for position, each in enumerate(ordered, 1):
            result[each] = network + host_part(each, position, len(ordered), key)
        if ":" not in subnet:
            result[f"{subnet}.*"] = f"{network}*"
    return result


def by_number(text: str) -> tuple[int, bytes]:
    address = ipaddress.ip_address(text if ":" in text or text.count(".") == 3 else f"{text}.0")
    return address.version, address.packed


def network_of(subnet: str, number: int, used: set[str], key: Key | None) -> str:
    attempt = 0
    while True:
        place = int.from_bytes(key.digest(f"{attempt or ''}net:{subnet}")[:4]) if key else number
        if ":" in subnet:
            network = f"e000:{(place >> 16) & 0xFFFF:x}:{place & 0xFFFF:x}:1::"
        else:
            network = f"{240 + (place >> 16) % 15}.{(place >> 8) & 255}.{place & 255}."
        if network not in used:
            return network
        attempt, number = attempt + 1, number + 1


def host_part(address: str, position: int, count: int, key: Key | None) -> str:
    """The last part: its place among those of the subnet; with a key its place among all that the subnet can have."""
    if ":" in address:
        return f"{int.from_bytes(key.digest(f'host:{address}')[:4]):x}" if key else f"{position:x}"
    if key is None:
        return str(position if count < 256 else position - 1)
    return str(shuffled(subnet_of(address), key).index(int(address.rpartition(".")[2])))


@cache
def shuffled(subnet: str, key: Key) -> tuple[int, ...]:
    """The last parts of a subnet, 0 to 255, in an order that only the key knows."""
    return tuple(sorted(range(256), key=lambda each: key.digest(f"{subnet}.{each}")))


@dataclass(frozen=True, slots=True)
class Tokens:
    """The pseudonyms of one run, by kind and canonical value; `clashing` are the host names of several domains."""

    by_value: Mapping[tuple[str, str], str]
    clashing: frozenset[str]
    key: Key | None

    def of(self, kind: str, value: str) -> str | None:
        """The pseudonym of a value as a thing of this kind; None if it has none and stays."""
        if is_pseudonym(value, self.key):
            return None
        if kind in ADDRESSES:
            return self.by_value.get(("address", address_text(value)))
        token = self.by_value.get((kind, canonical(kind, value)))
        if kind == "host" and token and (parts := split_host(value))[0] in self.clashing and parts[1]:
            return f"{token}.{self.by_value[('domain', parts[1])]}"
        if kind == "file" and token:
            extension = EXTENSION.search(value)
            return token + (extension[0].lower() if extension else "")
        return token


def address_text(value: str) -> str:
    """One spelling of an address."""
    if value.endswith("*"):
        return value
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:  # 010.001.002.003
        return ".".join(str(int(part)) if part.isdigit() else part for part in value.split("."))


def tokens(named: Iterable[tuple[str, str]], key: Key | None) -> Tokens:
    """The pseudonyms for all (kind, value)."""
    pairs = {(kind, value) for kind, value in named if not is_pseudonym(value, key)}
    domains: dict[str, set[str]] = {}
    for _, value in (each for each in pairs if each[0] == "host"):
        own, domain = split_host(value)
        domains.setdefault(own, set()).update({domain} if domain else ())
    clashing = frozenset(own for own, of in domains.items() if len(of) > 1)
    pairs |= {("domain", domain) for own in domains for domain in domains[own]}
    taken = {value for _, value in named if is_pseudonym(value, key)}
    result: dict[tuple[str, str], str] = {}
    for kind in {kind for kind, _ in pairs} - set(ADDRESSES):
        prefix = PREFIXES.get(kind, kind)
        values = {canonical(kind, value) for each, value in pairs if each == kind}
        gone = {each.removeprefix(f"{prefix}-").partition(".")[0] for each in taken if each.startswith(f"{prefix}-")}
        result |= {(kind, value): f"{prefix}-{suffix}" for value, suffix in suffixes(values, gone, key).items()}
    given = addresses({address_text(value) for kind, value in pairs if kind in ADDRESSES}, key)
    return Tokens(result | {("address", value): token for value, token in given.items()}, clashing, key)
