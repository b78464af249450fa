"""
Which end a text is said to be of: by the name of a file or folder, or by the line above it on a page.

People who collect logs call folders client/ and server/, and people who write of a failure put a line above each log:
'On the server (NonStop) AMQ9716 is written:'  '※クライアント側には AMQ9665E が出力され'
Both count only where the records do not say it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from mqdiag.model import Side

NAME_WORD = re.compile(r"(?:client|server)(?![a-z])")  # client/ server-logs/ client.txt
# English, German, French, Spanish, Italian, Portuguese, Japanese, Chinese (simplified and traditional), Korean
CLIENT = re.compile(r"(?i)client|クライアント|客户端|客戶端|用戶端|클라이언트")
SERVER = re.compile(r"(?i)server|serveur|servidor|サーバ|服务器|服務器|伺服器|서버")
LINE = 400  # characters of a line that are looked at


def named_side(path: str) -> Side | None:
    """What the name of a folder or file says."""
    for part in reversed(path.lower().replace("!", "/").split("/")):
        if (word := NAME_WORD.match(part)) is not None:
            return cast("Side", word[0])
    return None


def heading_side(text: str) -> Side | None:
    """The end that the last line of a text names, rules and footers left out; None if it names none of them or both."""
    lines = (line for line in reversed(text.splitlines()) if line.strip() and not line.lstrip().startswith("---"))
    line = next(lines, "")[-LINE:]
    client, server = CLIENT.search(line), SERVER.search(line)
    return None if bool(client) == bool(server) else "client" if client else "server"
