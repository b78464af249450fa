"""
Distinguished names and certificates as logs print them (grammars/certificate.lark), and when two are the same.

GSKit prints the most specific attribute first, OpenSSL's oneline form the most general; a Name has X.500 order
whichever it was. Nothing here raises: a text without a name is None.

Source: shared knowledge of formats (E3), samples/records/certificate; MQ's limit of 255 bytes for an insert is
measured on a public record (mq-mqi-nodejs, issue 186).
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from lark.exceptions import UnexpectedInput

from mqdiag import grammar
from mqdiag.model import Certificate, Name
from mqdiag.text import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lark import Token

    from mqdiag.grammar import ParseTree

INSERT_BYTES = 255  # MQ cuts an insert here
SAME_TYPES = {
    "EMAIL": "E", "EMAILADDRESS": "E", "S": "ST", "SP": "ST", "USERID": "UID", "POSTALCODE": "PC", "TITLE": "T",
}  # fmt: skip
MOST_GENERAL, MOST_SPECIFIC = ("C", "DC"), ("CN", "E", "UID")
HEX_PAIRS = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){0,40}")
LISTED = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{1,80})")
DECIMAL_AND_HEX = re.compile(r"[0-9]{1,20} \(0x([0-9A-Fa-f]{1,20})\)")


# ---- reading ---------------------------------------------------------------------------------------------------


def name(text: str) -> Name | None:
    """A text that is a distinguished name and no more, in either spelling; None if it is none."""
    text = text.strip()
    if len(text) > 1 and text[0] in "'\"" and text[0] == text[-1]:
        text = text[1:-1].strip()
    tree = parsed(text)
    found = certificate_of(tree, text) if tree and not is_blob(tree) else None
    return found.subject if found else None


@remembered
def certificate(text: str) -> Certificate | None:
    """
    The certificate that an insert or a quoted string names; None if it names none ('sslv3 alert bad certificate').

    A blob gives the subject, issuer and serial of its first certificate, a name only the subject, also inside
    a sentence: 'Certificate /C=JP/../CN=app07 was revoked by AUTHINFO URL http://..'.
    """
    text = text.strip()
    match = beginning().search(text)
    if match is None:
        return None
    excerpt = enclosed(text, match.start())
    tree = parsed(excerpt)
    return certificate_of(tree, excerpt) if tree else None


def url(text: str) -> str | None:
    """The first http or ldap URL of a text, without the punctuation of the sentence around it."""
    match = re.search(grammar.terminal("certificate", "URL"), text) if "://" in text else None
    return match[0].rstrip(".,;:!?") if match else None


def normal_serial(text: str) -> str | None:
    """
    A serial number as upper-case hex of whole bytes, without leading zero bytes; None if the text is no number.

    '00c805'  '78:40:0A'  '0x2f'  '47 (0x2f)' (OpenSSL prints small ones in both bases)
    """
    text = text.strip()
    if match := DECIMAL_AND_HEX.fullmatch(text):
        return whole_bytes(match[1])
    match = LISTED.fullmatch(re.sub(r"[:\s]", "", text))
    return whole_bytes(match[1]) if match else None


def whole_bytes(digits: str) -> str:
    """'00c805' is C805, '1' is 01: as openssl and MQ print it."""
    short = digits.upper().lstrip("0") or "0"
    return short.zfill(len(short) + len(short) % 2)


@cache
def beginning() -> re.Pattern[str]:
    """Where a certificate begins in a text: a blob anywhere, a name at a word's start or behind its quote."""
    blob, other_blob, step, key = (grammar.terminal("certificate", each) for each in ("CLASS", "ISSUER", "STEP", "KEY"))
    return re.compile(rf"{blob}|{other_blob}|(?:^|(?<=[\s'\"(]))(?=/){step}|(?:^|(?<=['\"(])){key}")


def enclosed(text: str, start: int) -> str:
    """The text from `start` on, up to the quote or parenthesis that closes the one before it."""
    opening, rest = text[:start][-1:], text[start:]
    if opening in ("'", '"') and (match := re.search(rf"{opening}(?=[\s.,;:)]|$)", rest)):
        return rest[: match.start()]
    if opening == "(":
        depth = 1
        for position, char in enumerate(rest):
            depth += {"(": 1, ")": -1}.get(char, 0)
            if depth == 0:
                return rest[:position]
    return rest


def parsed(text: str) -> ParseTree | None:
    try:
        return grammar.parse("certificate", re.sub(r"\s+", " ", text))
    except UnexpectedInput:
        return None


def is_blob(tree: ParseTree) -> bool:
    return any(part.data == "mark" for part in subtrees(tree))


def certificate_of(tree: ParseTree, text: str) -> Certificate | None:
    """The certificate of a tree of grammars/certificate.lark; `text` is what was parsed."""
    parts = list(subtrees(tree))
    if is_blob(tree):
        return of_blob(parts, cut=len(text.encode("utf-8", "replace")) == INSERT_BYTES)
    found, is_cut = attributes(parts[0])
    serial = None
    if parts[0].data == "commas" and found[0][0] == "SERIALNUMBER" and HEX_PAIRS.fullmatch(found[0][1]):
        # SERIALNUMBER=78:40:0A,CN=..  SSLPEER puts the certificate's serial number before its name
        serial, found = normal_serial(found[0][1]), found[1:]
    ordered = x500_order(found) if parts[0].data == "commas" else found
    return Certificate(Name(tuple(ordered), is_cut) if found else None, None, serial)


def of_blob(marks: list[ParseTree], cut: bool) -> Certificate | None:
    """The first certificate of a blob. What stood last is cut where the insert was full (`cut`)."""
    subject: Name | None = None
    issuer: Name | None = None
    serial: str | None = None
    for index, mark in enumerate(marks):
        is_last = index == len(marks) - 1
        match first_token(mark).type:
            case "CLASS" if index > 0:
                break
            case "ISSUER":
                # an issuer is always followed by its serial, so one that ends the text was cut
                issuer = name_of(mark, is_last and not has_broken_mark(mark))
            case "SUBJECT":
                subject = name_of(mark, is_last and cut and not has_broken_mark(mark))
            case "NUMBER" if not is_last and len(mark.children) > 1:
                serial = normal_serial(str(mark.children[1]))
    found = Certificate(subject, issuer, serial)
    return found if found != Certificate() else None


def has_broken_mark(mark: ParseTree) -> bool:
    """Whether the next marker begins behind this one, so that only it was cut: 'C=AU[Subj'."""
    return any(token.type == "BROKEN_MARK" for token in mark.scan_values(is_token))


def name_of(mark: ParseTree, cut: bool) -> Name | None:
    """The name behind a marker, without the broken one that may follow it."""
    for part in subtrees(mark):
        found, is_cut = attributes(part)
        if has_broken_mark(mark):
            key, value = found[-1]
            found[-1] = key, value[: value.rindex("[")]
        return Name(tuple(x500_order(found)), is_cut or cut)
    return None


def attributes(part: ParseTree) -> tuple[list[tuple[str, str]], bool]:
    """The attributes of a `commas` or `slashes` tree in the order of the text, and whether it was cut."""
    found = [(attribute_type(first_token(each)), value_of(each)) for each in subtrees(part) if each.data != "tail"]
    is_cut = any(not hasattr(each, "data") for each in part.children)
    return found, is_cut


def attribute_type(key: Token) -> str:
    written = key.strip(",;+/= \t").upper().removeprefix("OID.")
    return SAME_TYPES.get(written, written)


def value_of(attribute: ParseTree) -> str:
    """The value with escapes and quotes resolved: 'Harbour Root\\, Office' and '"Harbour Root, Office"' are one."""
    tokens = list(attribute.scan_values(is_token))[1:]
    return "".join(map(plain, tokens)).strip()


def plain(token: Token) -> str:
    match token.type:
        case "QUOTED":
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        case "ESCAPE":
            return token[1:]
        case "HEX":
            try:
                return bytes.fromhex(re.sub(r"\\x?", "", token)).decode("utf-8")
            except UnicodeDecodeError:
                return str(token)
    return str(token)


def x500_order(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """
    Attributes written with commas, most general first. GSKit begins with the most specific; OpenSSL from level
    1.1 on writes 'C = AU, O = .., CN = ..', which is in order already.
    """
    is_ordered = bool(found) and found[0][0] in MOST_GENERAL and found[-1][0] in MOST_SPECIFIC
    return found if is_ordered else found[::-1]


def first_token(tree: ParseTree) -> Token:
    return next(iter(tree.scan_values(is_token)))


def is_token(_: object) -> bool:
    """For Tree.scan_values, which wants to be told that every token will do."""
    return True


def subtrees(tree: ParseTree) -> Iterator[ParseTree]:
    return (each for each in tree.children if not isinstance(each, str))


# ---- comparing -------------------------------------------------------------------------------------------------


def same_name(a: Name, b: Name) -> bool:
    """
    Whether two names are of one holder: the same attributes, in whatever order, blanks folded.

    A name that was cut is the same as one that it can be the beginning of.
    """
    if folded(a.attributes) == folded(b.attributes):
        return True
    return (a.cut and is_beginning(a, b)) or (b.cut and is_beginning(b, a))


def folded(attributes: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
    return Counter((key.upper(), " ".join(value.split())) for key, value in attributes)


def is_beginning(cut: Name, whole: Name) -> bool:
    """Whether all attributes of `cut` are in `whole`, but for the one that was cut, which only begins like one."""
    missing = folded(cut.attributes) - folded(whole.attributes)
    left = folded(whole.attributes) - folded(cut.attributes)
    if missing.total() > 1:
        return False
    ends = folded([*cut.attributes[:1], *cut.attributes[-1:]])  # the cut one was read last: first or last here
    return all(
        broken in ends and any(broken[0] == key and value.startswith(broken[1]) for key, value in left)
        for broken in missing
    )


def same_certificate(a: Certificate, b: Certificate) -> bool:
    """
    Whether two records speak of one certificate: by serial and issuer, else by subject.

    False where they contradict each other, and where they have nothing in common to compare. Serials alone are
    no proof: every small CA begins at 01, so with one issuer unknown the subjects must agree if both are there.
    """
    issuers = a.issuer and b.issuer and same_name(a.issuer, b.issuer)
    subjects = a.subject and b.subject and same_name(a.subject, b.subject)
    if issuers is False or (a.serial and b.serial and a.serial != b.serial):
        return False
    if a.serial and b.serial:
        return bool(issuers) or subjects is not False
    return subjects is True
