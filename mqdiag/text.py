"""
Text as people hand it in: any encoding, wrapped by display width, quoted, damaged.

One file can hold several encodings (a queue manager in UTF-8, a command run under another locale), so every
record is decoded for itself. Sources: shared knowledge of formats, samples/records/errorlog.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


class Decoded(NamedTuple):
    text: str
    encoding: str


# Tried in this order where the bytes are not UTF-8; of those that decode, the one whose text looks most like
# language wins, the earlier one where two look alike.
CANDIDATES = ("cp932", "euc_jp", "gb18030", "big5", "cp949", "cp1252", "cp850")


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """
    The text of one record and the encoding it was read in. Never fails: bytes that are not of the encoding
    become lone surrogates or U+FFFD. The record keeps its bytes, so nothing is lost where an encoding has two codes for
    one character.

    `encoding` is what the user said; None finds it out: ASCII and UTF-8 if they fit, else by what it looks like.
    """
    if encoding:
        return Decoded(lenient(data, encoding), encoding)
    if b"\x1b$" in data and data.isascii():  # ISO-2022-JP switches with ESC $ B
        return Decoded(lenient(data, "iso2022_jp"), "iso2022_jp")
    if data.isascii():
        return Decoded(data.decode("ascii"), "ascii")
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        guess = guess_encoding(data)
        return Decoded(lenient(data, guess), guess)


def lenient(data: bytes, encoding: str) -> str:
    """The text; bytes that are not of the encoding become lone surrogates, or U+FFFD where they are ASCII."""
    try:
        return data.decode(encoding, "surrogateescape")
    except UnicodeDecodeError:  # a switch of ISO-2022-JP that was cut off: surrogates stand for high bytes only
        return data.decode(encoding, "replace")


SAMPLE_BYTES = 360  # that are not ASCII: enough to know an encoding by, and looking at each of them costs a microsecond
LINE_BYTES = 512  # of a line that are looked at


def sample(data: bytes) -> list[bytes]:
    """The first lines that are not ASCII, up to a few hundred bytes of them."""
    lines: list[bytes] = []
    size = 0
    for line in data.split(b"\n"):
        if not line.isascii():
            lines.append(line[:LINE_BYTES])
            size += len(lines[-1])
            if size >= SAMPLE_BYTES:
                break
    return lines


def guess_encoding(data: bytes) -> str:
    """The encoding that makes the most language-like text of bytes that are not ASCII; `utf-8` if none does."""
    lines = sample(data)
    best, best_score = "utf-8", likeness(lines, "utf-8")
    for candidate in CANDIDATES:
        score = likeness(lines, candidate)
        if score > best_score:
            best, best_score = candidate, score
    return best


def likeness(lines: list[bytes], encoding: str) -> float:
    """How much the non-ASCII part of lines looks like language: 1 all kana and letters, below 0 mostly debris."""
    counts = [likeness_of(line, encoding) for line in lines]
    total = sum(count for count, _ in counts)
    return sum(good for _, good in counts) / total if total else 0.0


@lru_cache(maxsize=4096)  # the lines of an explanation are the same in every record
def likeness_of(line: bytes, encoding: str) -> tuple[int, float]:
    """How many characters of a line are not ASCII in an encoding, and how much of them looks like language."""
    total, good = 0, 0.0
    padded = f" {lenient(line, encoding)} "
    for before, char, after in zip(padded, padded[1:], padded[2:], strict=False):
        if char >= "\x80":
            total += 1
            good += character_likeness(char, is_ascii_letter(before) and is_ascii_letter(after))
            if is_hangul(char) and (is_ideograph(before) or is_ideograph(after)):
                good -= 2.0  # '繫돛' is Chinese read as Korean
    return total, good


def is_hangul(char: str) -> bool:
    return "\uac00" <= char <= "\ud7a3"


def is_ideograph(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"


def is_ascii_letter(char: str) -> bool:
    return char.isascii() and char.isalpha()


# Ideographs that texts about failed connections are full of. What one encoding makes of another's bytes are
# rare ones, so these tell Chinese in GB18030 from Big5, and either from Japanese.
COMMON = frozenset(
    "的是不一有在了为因由未已被请與与中上下或和以及无法没有失败错误原因连接通道远程证书检查状态队列管理器"
    "操作说明无效程序网络关闭完成用户请求消息日志文件主机地址端口協定為請無沒敗錯誤連線通訊遠端憑證檢查狀態佇列器"
    "動作說明效程式網路關閉用戶求訊息日誌檔案主機位址埠接続失敗証明書検査状況処置要求確認参照"
)


@lru_cache(maxsize=8192)
def character_likeness(char: str, inside_word: bool) -> float:
    """How likely a character is in a log; `inside_word` says that it stands between two ASCII letters."""
    code = ord(char)
    category = unicodedata.category(char)
    if 0xDC80 <= code <= 0xDCFF or category in ("Cc", "Cn", "Co"):
        return -8.0
    if category[0] == "L" and code < 0x250:
        return 1.0 if inside_word else 0.5  # 'w\u00e4hrend'
    if inside_word:
        return -2.0  # one ideograph or dash in the middle of a Latin word is the debris of another encoding
    if 0x3040 <= code <= 0x30FF or 0x3001 <= code <= 0x3002 or 0xFF01 <= code <= 0xFF5E:
        return 1.0  # kana, Japanese punctuation, full-width forms
    if 0xAC00 <= code <= 0xD7A3:
        return 0.9  # hangul syllables
    if char in COMMON:
        return 0.9
    if 0x4E00 <= code <= 0x9FFF:
        return 0.7  # ideographs: each of the East Asian encodings turns the others' bytes into some
    if 0xFF61 <= code <= 0xFF9F:
        return 0.1  # half-width katakana: what cp932 makes of most Western bytes
    return -0.5 if category[0] == "L" else 0.1


def number(text: str | None) -> int | None:
    """The number that a text is, None if it is none or has more digits than any number of MQ's."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def remembered(function: Callable[[str], T]) -> Callable[[str], T]:
    """
    The same function, that knows again what it made of a text: a log says the same again and again, a retry storm
    ten thousand times, and then it is made, and kept in memory, once.
    """
    known = lru_cache(maxsize=2048)(function)

    @wraps(function)
    def ask(text: str) -> T:
        return known(text) if len(text) <= MAX_KNOWN else function(text)

    return ask


MAX_KNOWN = 4096  # characters of a text that is remembered


@remembered
def shared(text: str) -> str:
    """The text, as the very string that was given for an equal one before."""
    return text


def is_wide(char: str) -> bool:
    """Whether a character takes two columns, as MQ counts when it wraps at 79. False for the empty string."""
    return bool(char) and unicodedata.east_asian_width(char) in "WF"


def columns(text: str) -> int:
    return len(text) if text.isascii() else sum(2 if is_wide(char) else 1 for char in text)


WIDTH = 79  # MQ wraps text at 79 columns, a wide character counting as two


def unwrap(lines: Sequence[str]) -> str:
    """
    The lines of one paragraph that MQ wrapped at 79 columns, as one again.

    Latin text breaks at blanks. Japanese and Chinese break anywhere, and then no blank goes between; the
    same holds for the Latin tokens inside such a paragraph, and for a token too long for any line.
    """
    return known_paragraph(tuple(lines)) if sum(map(len, lines)) <= MAX_KNOWN else unwrapped(lines)


@lru_cache(maxsize=2048)
def known_paragraph(lines: tuple[str, ...]) -> str:
    return unwrapped(lines)


def unwrapped(lines: Sequence[str]) -> str:
    hard = any(is_wide(char) for line in lines if not line.isascii() for char in line)
    pieces: list[str] = []
    above = ""
    for line in lines:
        piece = line.rstrip("\r\n")
        if pieces:
            pieces.append(glue(above, piece, hard))
        pieces.append(piece.strip(" ") if pieces else piece.lstrip().rstrip(" "))
        above = piece
    return "".join(pieces).strip()


def glue(before: str, after: str, hard: bool) -> str:
    """What stood between two lines before they were wrapped: a blank or nothing."""
    if before.endswith(" ") or after.startswith(" "):
        return " "
    full = columns(before) >= WIDTH - 1
    if hard:
        # '...X509[Issuer=]EMAIL=pki@harbour.exam' / 'ple.net,CN=...' : 79 columns and no blank
        return "" if full or (is_wide(before[-1:]) and is_wide(after[:1])) else " "
    last_word, first_word = before.rpartition(" ")[2], after.partition(" ")[0]
    return "" if full and len(last_word) + len(first_word) > WIDTH else " "
