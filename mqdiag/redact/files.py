"""The key file, and the reverse map: both are for their owner's eyes only."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from mqdiag.errors import MqdiagError
from mqdiag.language import reason, tr
from mqdiag.redact.tokens import Key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FEWEST_BYTES = 16


def key_of(path: str) -> Key:
    """The key in a file; where there is no such file it is made, readable by its owner alone."""
    try:
        if not Path(path).exists():
            create(path, secrets.token_hex(32) + "\n")
        secret = Path(path).read_bytes().strip()
    except OSError as error:
        raise MqdiagError(
            tr("I could not use the key file."), where=path, found=tr("{error}.", error=reason(error))
        ) from error
    if len(secret) < FEWEST_BYTES:
        raise MqdiagError(
            tr("I was asked to redact with a key."),
            where=path,
            found=tr("The key has {count} bytes; {least} are the least.", count=len(secret), least=FEWEST_BYTES),
            hint=tr("Name a file that does not exist, and I make a key there."),
        )
    return Key(secret)


def free(path: str) -> None:
    """MqdiagError where the reverse map would overwrite something."""
    if Path(path).exists():
        raise MqdiagError(
            tr("I was asked to write the reverse map."),
            where=path,
            found=tr("There is a file of that name."),
            hint=tr("Choose another name, or remove the file."),
        )


def write_map(path: str, reverse: Mapping[str, Sequence[str]]) -> None:
    """The original values by pseudonym, as JSON, readable by its owner alone."""
    try:
        create(path, json.dumps(reverse, ensure_ascii=False, indent=2) + "\n")
    except OSError as error:
        raise MqdiagError(
            tr("I could not write the reverse map."), where=path, found=tr("{error}.", error=reason(error))
        ) from error


def create(path: str, text: str) -> None:
    """A new file of mode 0600; it is never open to others, not even for a moment."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))
