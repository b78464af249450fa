"""
Text that stands in a file in another form than MQ wrote it: in UTF-16, or line by line inside JSON, as Docker keeps
what containers print. Such a file is read as the text that it holds, and its records are placed in its own bytes.
"""

from __future__ import annotations

import codecs
import json
import re
from bisect import bisect_left
from itertools import accumulate

SEEN_BYTES = 4096  # enough to see in what form a text is
BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
DOCKER_LINE = re.compile(
    rb'\{"log":[ ]?"(?:[^"\\\n]|\\.){0,200000}",[ ]?"stream":[ ]?"[a-z]{1,8}"[^\n]{0,400}\}\r?(?:\n|\Z)'
)


def view(head: bytes) -> type[Utf16] | type[DockerLines] | None:
    """
    The form that a file which begins so is in, None for plain text.

    Made of the file's bytes it has the `text` that they hold, in UTF-8, and tells the `place` in the file of what
    begins at an offset of the text: the byte, and how many lines are above it. Ask for rising offsets.
    """
    if wide_encoding(head):
        return Utf16
    return DockerLines if DOCKER_LINE.match(head) else None


# ---- UTF-16 ------------------------------------------------------------------------------------------------------


def wide_encoding(head: bytes) -> str | None:
    """
    `utf-16-le` or `utf-16-be` where a text begins with such a mark, or is written so without one (the mark stays
    behind when a file is cut): then nearly every other byte of a log is zero. None for anything else.
    """
    if name := BOMS.get(head[:2]):
        return name
    seen = head[:SEEN_BYTES]
    for name, high, low in (("utf-16-le", seen[1::2], seen[0::2]), ("utf-16-be", seen[0::2], seen[1::2])):
        if len(seen) >= 64 and high.count(0) * 10 >= len(high) * 6 and low.count(0) * 20 <= len(low):
            return name
    return None


class Utf16:
    """
    A file in UTF-16. Surrogates without their other half stay as they are; half a character at the end is left
    out of the text. The mark belongs to the first record.
    """

    def __init__(self, data: bytes) -> None:
        self.name = wide_encoding(data) or "utf-16-le"
        mark = 2 if data[:2] in BOMS else 0
        end = len(data) - (len(data) - mark) % 2
        self.text = data[mark:end].decode(self.name, "surrogatepass").encode("utf-8", "surrogatepass")
        self.last = 0, mark, 0  # an offset in the text, the one in the file that belongs to it, the lines above

    def place(self, offset: int) -> tuple[int, int]:
        begin, found, lines = self.last
        between = self.text[begin:offset]
        width = len(between.decode("utf-8", "surrogatepass").encode(self.name, "surrogatepass"))
        self.last = offset, found + width, lines + between.count(b"\n")
        return self.last[1], self.last[2]


# ---- Docker ------------------------------------------------------------------------------------------------------


class DockerLines:
    """
    {"log":"2024-09-18T06:15:04.377Z AMQ9660E: ...\\n","stream":"stdout","time":"2024-09-18T06:15:04.4Z"}

    Every line holds one that a container printed, or a part of a long one. What is no such line stays as it is. A
    record that begins inside a line is placed behind it.
    """

    def __init__(self, data: bytes) -> None:
        lines = re.findall(rb"[^\n]*\n|[^\n]+", data)
        texts = [printed(each) for each in lines]
        self.text = b"".join(texts)
        self.begins = [0, *accumulate(len(each) for each in texts)]
        self.places = [0, *accumulate(len(each) for each in lines)]

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_left(self.begins, offset)
        return self.places[line], line


def printed(line: bytes) -> bytes:
    if not DOCKER_LINE.fullmatch(line):
        return line
    try:
        return str(json.loads(line)["log"]).encode("utf-8", "surrogatepass")
    except ValueError:
        return line
