"""What holds of every format, whatever is left of a text and however it arrives."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lark.exceptions import UnexpectedInput

from mqdiag.frame import frame

if TYPE_CHECKING:
    from mqdiag.formats._base import Format
    from mqdiag.model import Event


def framed_alike(format: Format, data: bytes, size: int) -> list[Event]:
    """
    In blocks of any size the records are the same and their bytes are the data; parsing one does not raise. The
    events of those that can be parsed.
    """
    records = list(frame([data[at : at + size] for at in range(0, len(data), size)], format, "x"))

    assert b"".join(each.data for each in records) == data
    assert records == list(frame([data], format, "x"))
    events = []
    for each in records:
        if each.kind == format.kind:
            try:
                events.append(format.parse(each, None))
            except (UnexpectedInput, ValueError):
                continue
    return events


def takes_its_share_of_time(format: Format, piece: bytes) -> bool:
    """Whether four times as much of a piece that never ends takes ten times the time at most, or next to nothing."""
    took = []
    for count in (1_000, 4_000):
        begin = time.process_time()
        list(frame([piece * count], format, "x"))
        took.append(time.process_time() - begin)
    return took[1] < max(0.5, 10 * took[0])
