"""The other end's address in the spellings of job logs and application logs."""

from __future__ import annotations

import re

from mqdiag.model import Peer

# orders-mq.example.com/198.51.100.9:1414 (orders-mq.example.com)   /198.51.100.9:1414   : Java prints both
JAVA = re.compile(r"(?P<host>[\w.-]{0,255})/(?P<address>[0-9A-Fa-f.:]{3,45}?)(?::(?P<port>\d{1,5}))?(?:\s|$)")
# bkq01 (198.51.100.47)(1416)   orders-mq.example.com(1414)   198.51.100.61   orders-mq:1414
PLAIN = re.compile(
    r"(?P<host>[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}|[\w.-]{1,255})(?:\s?\((?P<address>[0-9A-Fa-f]{0,4}[.:][0-9A-Fa-f.:]{1,44})\))?"
    r"(?:\s?\((?P<port>\d{1,5})\)|:(?P<port2>\d{1,5}))?"
)
ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}")


def peer(text: str) -> Peer | None:
    """The first address of a text such as a conname, a list of them included; None if there is none."""
    text = text.strip().strip("'\"")
    match = JAVA.match(text) or PLAIN.match(text)
    if match is None:
        return None
    found = match.groupdict()
    host, address, port = found["host"] or None, found["address"], found["port"] or found.get("port2")
    if host and not address and ADDRESS.fullmatch(host):
        host, address = None, host
    return Peer(host, address, int(port) if port else None)
