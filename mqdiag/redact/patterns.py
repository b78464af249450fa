"""
What in a text looks like a name that somebody chose: addresses, URLs, mail addresses, distinguished names, serial
numbers, paths, and what stands behind an attribute that names something.

A URL, a name and a path are found by their parts, so that scheme, port, attribute types and the file names of MQ stay.
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Found(NamedTuple):
    """A part of a text, and of what kind of name it is (see tokens.PREFIXES)."""

    begin: int
    end: int
    kind: str
    value: str


# ---- kinds of their own ----------------------------------------------------------------------------------------

# But not the type of an attribute that has no name here: CN=harb81,2.5.4.97=NTRAU-1
IPV4 = r"(?<![\d.])(?!2\.5\.4\.\d{1,3}[ \t]?=)(?:\d{1,3}\.){3}\d{1,3}(?!\.?\d)"
# ADDRESS('192.0.2.*')
SUBNET = r"(?<![\d.])(?:\d{1,3}\.){3}\*"
IPV6 = r"(?<![\w:.])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{2,39}(?![\w:])"
# VRMF(9.2.0.10)   LVLS :- 9.2.0.10   Version 8.0.55.21   V9.2.0.7
LEVEL = re.compile(r"(?i)(?:vrmf|lvls|level|version|release|gskit|\bv)[\"']?[ \t|]{0,40}[(:=\-]{0,3}[ \t\"'(v]{0,4}$")
URL = r"(?P<scheme>\b[a-z]{2,8})://(?:[^\s/@'\"<>]{1,100}@)?(?P<url_host>\[[0-9A-Fa-f:.]{2,45}\]|[\w.-]{1,255})"
URL_REST = r"(?::\d{1,5})?(?P<url_path>/[\w.@+%~/=&-]{0,400})?(?:\?(?P<query>[^\s'\"<>()]{1,400}))?"
EMAIL = r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
ATTRIBUTE = (
    r"(?<![\w.])(?P<attribute>CN|OU|O|L|ST|SP|S|C|STREET|DC|UID|USERID|E|EMAIL|EMAILADDRESS|emailAddress|Email|MAIL|"
    r"SERIALNUMBER|serialNumber|T|TITLE|PC|POSTALCODE|GN|SN|DNQ|UNSTRUCTUREDNAME|UNSTRUCTUREDADDRESS)[ \t]?=[ \t]?"
)
ATTRIBUTE_VALUE = (
    r"(?:\"(?P<quoted>[^\"\r\n]{1,255})\"|"
    r"(?P<plain>(?:\\.|(?!/[A-Za-z.]{1,20}=)[^,\[\]'\"<>()\r\n;+\\|＞」]){1,255}))"
)
# [Serial=]00c805   [#=]0A   Serial Number: 78:40:0A   serial A of
SERIAL = (
    r"(?:\b[Ss]erial(?:[ _-]?[Nn]umber)?|SERIAL|\[#=)\]?[ \t]{0,3}[=:]?\]?[ \t]{0,3}"
    r"(?P<serial>(?:0x)?(?=[0-9A-F]{0,80}\b|[0-9A-Fa-f:]{0,99}\d)[0-9A-Fa-f](?::?[0-9A-Fa-f]){0,80})\b"
)
# R<tab>320607014352Z<tab>230516074002Z<tab>0A<tab>unknown<tab>/C=AU/..
INDEX_LINE = r"(?m:^[VRE]\t\d{10,15}Z\t[^\t\n]{0,60}\t(?P<index_serial>[0-9A-Fa-f]{1,80})\t)"
UNIX_PATH = r"(?<![\w)\]/.:*>=-])(?:~|\.{1,2})?(?P<unix>(?:/(?![A-Za-z.]{1,20}=)[\w.@+%~-]{1,255}){1,40})"
ASSIGNED_PATH = r"(?<==)(?P<assigned>(?:/(?![A-Za-z.]{1,20}=)[\w.@+%~-]{1,255}){1,40})"
BACKSLASHED = r"(?:\\{1,2}[\w.@+%~ $-]{1,80}(?=\\)){0,30}\\{1,2}[\w.@+%~$-]{1,80}"
WINDOWS_PATH = rf"(?<![\w.])(?:[A-Za-z]:|\.{{1,2}}(?=\\))(?P<windows>{BACKSLASHED})"
SHARE = rf"(?<![\w\\])\\\\(?P<share_host>[\w.-]{{1,255}})(?P<share>{BACKSLASHED})"
FILE = r"(?<![\w./\\-])(?P<file>[\w-]{1,80}\.(?:pem|kdb|sth|jks|p12|pfx|crt|cer|der|rdb|crl|arm|csr|ccdt|tab))\b"
# nshrb (198.51.100.24)(1481)   bakery-mq.example.com/192.0.2.220:1414
HOST_AND_ADDRESS = r"(?<![\w./@-])(?!VRMF)(?P<near>[A-Za-z0-9][\w.-]{0,254})(?:[ ]?\(|/)(?=(?:\d{1,3}\.){3}\d{1,3}[):])"
NO_HOST = r"(?!Process|Thread|Arith|Comment|ConnId|errno|line|code|rc)"
CONNAME = rf"(?<![\w./@-]){NO_HOST}(?P<conname>[A-Za-z][\w.-]{{1,254}})[ ]?\(\d{{4,5}}\)"
# TILLS\till09
DOMAIN_USER = r"(?<![\w\\:.])(?P<domain>[A-Z][A-Z0-9-]{1,15})\\(?P<domain_user>[a-z][\w.$-]{1,30})\b(?!\\)"
JAVA_CLASS = r"(?<![\w.$/])(?P<class>[a-z]\w{1,30}(?:\.[a-z][a-z0-9_]{0,40}){1,8}(?:\.[A-Z][\w$]{0,80})+)"
JAVA_FILE = r"\((?P<java_file>[A-Z]\w{1,80}\.java):\d"

# ---- attributes that name something ----------------------------------------------------------------------------

KEYWORDS = {
    "host": "Host RemoteHost HOST CONNAME IPADDR LOCLADDR",
    "queue_manager": "QMgr QMNAME QMGR XQMNAME RQMNAME",
    "channel": "CHANNEL CHL CHLNAME",
    "user": "User UserID USERID USER CLNTUSER MCAUSER MCAUSERID",
    "program": "Program APPLTAG",
    "queue": "QUEUE QLOCAL QREMOTE QALIAS QMODEL XMITQ QNAME RNAME DEADQ TARGQ INITQ",
    "object": "PROFILE LISTENER SERVICE NAMELIST TOPIC AUTHINFO CONNAUTH",
    "label": "CERTLABL",
    "installation": "Installation",
}
KIND_OF_KEYWORD = {word: kind for kind, words in KEYWORDS.items() for word in words.split()}
KEYWORD = rf"\b(?P<keyword>{'|'.join(KIND_OF_KEYWORD)})\([ ]?['\"]?(?P<named>[^()'\"\s,*]{{1,264}})(?=['\")\s,(])"

ASSIGNMENTS = {
    "queue_manager": r"queue[ _]?manager|qmgr(?:[ _]?name)?|QueueManager|ibm_qmgrName",
    "channel": r"channel(?:[ _]?name)?|ibm_channel",
    "user": r"user(?:[ _]?name|[ _]?id)?|UserID|logname|ibm_userName",
    "host": r"host(?:[ _]?name)?|Host Name|server[ _]?name|conname|ibm_remoteHost|ibm_serverName|PeerName",
    "queue": r"queue(?:[ _]?name)?|ObjectName",
    "program": r"appl?(?:ication)?[ _]?(?:name|tag)|Program Name|Process Name",
}
ASSIGNMENT = "|".join(
    rf"(?i:(?<![\w.])(?:{words})[\"']?[ ]{{0,3}}(?::-|[=:])[ ]{{0,3}}[\"']?"
    rf"(?P<assigned_{kind}>[A-Za-z0-9][\w.%$-]{{1,63}}))"
    for kind, words in ASSIGNMENTS.items()
)
QUOTED = r"(?:['\"‘「](?P<word>[A-Za-z][\w.%-]{1,63})(?=['\"’」])(?!['\"][ ]?:))"

WHOLE = {"address", "subnet", "address6", "email"}
SIMPLE = {
    "serial": "serial",
    "index_serial": "serial",
    "file": "file",
    "near": "host",
    "conname": "host",
    "share_host": "host",
    "domain": "domain",
    "domain_user": "user",
    "class": "class",
    "java_file": "class",
    "word": "name",
} | {f"assigned_{kind}": kind for kind in ASSIGNMENTS}
PATHS = ("unix", "assigned", "windows", "share", "url_path")


@cache
def sure() -> re.Pattern[str]:
    """What is a name wherever it stands, in a sentence of mqdiag's own too."""
    parts = (
        f"{URL}{URL_REST}",
        f"(?P<email>{EMAIL})",
        f"{ATTRIBUTE}{ATTRIBUTE_VALUE}",
        INDEX_LINE,
        SERIAL,
        SHARE,
        WINDOWS_PATH,
        UNIX_PATH,
        ASSIGNED_PATH,
        f"(?P<subnet>{SUBNET})",
        f"(?P<address>{IPV4})",
        f"(?P<address6>{IPV6})",
    )
    return re.compile("|".join(parts))


@cache
def likely() -> tuple[re.Pattern[str], ...]:
    """What is a name in a log, where it is inserted, assigned or quoted; each pattern is searched for itself."""
    parts = (KEYWORD, ASSIGNMENT, HOST_AND_ADDRESS, CONNAME, DOMAIN_USER, FILE, JAVA_CLASS, JAVA_FILE, QUOTED)
    return tuple(re.compile(each) for each in parts)


def found(text: str, *, in_log: bool) -> Iterator[Found]:
    """The names in a text; `in_log` says that it is the text of a log, and not a sentence of mqdiag's own."""
    for match in sure().finditer(text):
        yield from parts_of(match)
    if in_log:
        for pattern in likely():
            for match in pattern.finditer(text):
                yield from parts_of(match)


def parts_of(match: re.Match[str]) -> Iterator[Found]:
    groups = {name: value for name, value in match.groupdict().items() if value}
    if keyword := groups.get("keyword"):
        yield part(match, "named", KIND_OF_KEYWORD[keyword])
    if attribute := groups.get("attribute"):
        yield from attribute_of(match, attribute.upper())
    if "url_host" in groups:
        yield part(match, "url_host", "host")
    if "query" in groups:
        yield part(match, "query", "name")
    for name in PATHS:
        if name in groups:
            yield from components(groups[name], match.start(name))
    for name, kind in SIMPLE.items():
        if name in groups:
            yield part(match, name, kind)
    for name in WHOLE & set(groups):
        if name == "email" or (is_address(groups[name].replace("*", "0")) and not is_level(match)):
            yield part(match, name, "address" if name == "address6" else name)


def part(match: re.Match[str], name: str, kind: str) -> Found:
    value, begin = match[name], match.start(name)
    if value.startswith("[") and value.endswith("]"):
        value, begin = value[1:-1], begin + 1
    value = value.rstrip(".") if kind != "name" else value
    return Found(begin, begin + len(value), "address" if kind == "host" and is_address(value) else kind, value)


def attribute_of(match: re.Match[str], attribute: str) -> Iterator[Found]:
    """
    The value of an attribute of a distinguished name. A country has two letters, which ends it amid a sentence;
    a single letter before an equals sign is an attribute only beside others.
    """
    name = "quoted" if match["quoted"] else "plain"
    value, begin = match[name].rstrip(" ."), match.start(name)
    if attribute == "C":
        value = value[:2] if re.match(r"[A-Za-z]{2}\b", value) else ""
    if not value.strip() or (len(attribute) == 1 and attribute not in "CE" and value.isdigit()):
        return
    kind = {"EMAIL": "email", "E": "email", "EMAILADDRESS": "email", "MAIL": "email"}.get(attribute, attribute)
    if attribute == "SERIALNUMBER" and re.fullmatch(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*", value):
        kind = "serial"
    yield Found(begin, begin + len(value), kind, value)


def components(path: str, begin: int) -> Iterator[Found]:
    """The folders and the file of a path that stands at `begin`."""
    pieces = list(re.finditer(r"[^/\\!:]+", path))
    for number, piece in enumerate(pieces, 1):
        value = piece[0].rstrip(".") if number == len(pieces) else piece[0]
        is_file = number == len(pieces) and re.search(r"\.\w{1,8}$", value)
        if value:
            yield Found(
                begin + piece.start(), begin + piece.start() + len(value), "file" if is_file else "folder", value
            )


def is_level(match: re.Match[str]) -> bool:
    """Whether four numbers with dots are a level of MQ: VRMF(9.2.0.10)."""
    return LEVEL.search(match.string[max(0, match.start() - 50) : match.start()]) is not None


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "." in text or text.count(":") == 7 or "::" in text
