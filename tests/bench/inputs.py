"""
The inputs of the benchmark, made up from a seed: the same bytes on every machine. All names and texts are invented.

`make(folder, name, megabytes)` writes an input once and returns its path; KINDS lists what can be made.
"""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

START = datetime(2024, 3, 4, 6, 0, 0)
RULE = "-" * 79

# What a queue manager writes all day: about 30 ids that no rule uses.
QUIET = {
    number: f"The work of a queue manager goes on, and this is step {number} of it."
    for number in (
        5022, 5023, 5024, 5025, 5026, 5027, 5028, 5029, 5037, 5041, 5049, 5051, 5052, 5806, 5807, 5975, 5976,
        6206, 6254, 6287, 7229, 7230, 7231, 7232, 7233, 7234, 7374, 7467, 7468, 8024, 9001, 9002, 9410, 9411, 9545,
    )
}  # fmt: skip
# What matters: a handshake that fails, and what the channel says of it afterwards.
LOUD = {9633: "Bad SSL certificate for channel", 9716: "Remote SSL certificate status check failed for channel"}
PROSE = (
    "The {0} of queue manager HARBOUR was looked at by a process that does so every few",
    "seconds, and what it found was written down with the name {0} beside it so that",
    "somebody who reads this log can tell one moment from the other. Nothing has to be",
    "done while the numbers stay as they are; the next message of this kind follows when",
    "the work of this step begins again or when the queue manager ends.",
)
PROSE_JA = (
    "キュー・マネージャー HARBOUR の {0} が、数秒ごとに動くプロセスによって調べられま",
    "した。結果は {0} の名前とともにここに書かれ、後から読む人が前後の時刻と見分けら",
    "れるようになっています。数字が変わらない限り、何もする必要はありません。次の同じ",
    "メッセージは、この処理がまた始まるか、キュー・マネージャーが終わるときに出ます。",
)
JSON_KEYS = (
    '"ibm_serverName":"HARBOUR","type":"mq_log","host":"harbour-mq","loglevel":"INFO","module":"amqxfdcx.c:1204"'
)


def stamps(random_: random.Random, step: float) -> Iterator[datetime]:
    at = START
    while True:
        at += timedelta(seconds=random_.expovariate(1 / step), milliseconds=7)
        yield at


def record(number: int, at: datetime, serial: int, japanese: bool = False, callers: int = 40) -> str:
    """One record of a text log, without its footer. A loud one is about one of so many callers."""
    loud = number in LOUD
    caller = serial % callers
    channel = f"FREIGHT{caller if callers > 1000 else caller % 7:05}.SVRCONN"
    written = at.strftime("%Y年%m月%d日 %H時%M分%S秒" if japanese else "%m/%d/%y %H:%M:%S")
    prose, headings = (PROSE_JA, ("説明:", "処置:")) if japanese else (PROSE, ("EXPLANATION:", "ACTION:"))
    inserts = (
        "ArithInsert1(414) ArithInsert2(575010)\n"
        f"                    CommentInsert1({channel})\n"
        "                    CommentInsert2([Class=]GSKVALMethod::X509[Issuer=]CN=pki.example.net,O=Harbour"
        f"[#={caller + 4096:X}][Subject=]CN=app{caller}.example.net,O=Freight)\n"
        f"                    CommentInsert3(app{caller} (192.0.2.{caller % 250})(1414))"
        if loud
        else f"ArithInsert1({serial}) ArithInsert2({number})\n"
        f"                    CommentInsert1(HARBOUR)\n                    CommentInsert2(step{serial % 31})"
    )
    said = f"{LOUD[number]} '{channel}'." if loud else QUIET[number]
    if japanese:
        said = f"キュー・マネージャーの処理 {number} '{channel if loud else serial}'。"
    text = "\n".join(prose).format(f"step{serial % 31}")
    return (
        f"{written} - Process({3000 + serial % 9}.{serial % 41}) User(mqm) Program(amqrmppa)\n"
        "                    Host(harbour-mq) Installation(Installation1)\n"
        "                    VRMF(9.3.0.21) QMgr(HARBOUR)\n"
        f"                    Time({at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z)\n"
        f"                    {inserts}\n                   \n"
        f"AMQ{number}{'E' if loud else 'I'}: {said}\n\n{headings[0]}\n{text}\n{headings[1]}\n{prose[0].format('log')}\n"
        f"{prose[1].format('log')}\n"
    )


def numbers(random_: random.Random, share: float) -> Iterator[int]:
    quiet, loud = sorted(QUIET), sorted(LOUD)
    while True:
        yield random_.choice(loud) if random_.random() < share else random_.choice(quiet)


def amqerr(share: float, size: int, *, japanese: bool = False, damage: float = 0, callers: int = 40) -> Iterator[str]:
    """A text log: `share` of it matters; `damage` of it has no footer, and as much is cut off anywhere."""
    random_ = random.Random(8)
    written, ids, times = 0, numbers(random_, share), stamps(random_, 6)
    serial = 0
    while written < size:
        serial += 1
        text = record(next(ids), next(times), serial, japanese, callers)
        luck = random_.random() if damage else 1.0
        footer = f"----- amqxfdcx.c : {serial % 9000} {RULE}"[:79] + "\n" if serial % 3 else RULE + "\n"
        if luck < damage:
            footer = ""
        elif luck < 2 * damage:
            text, footer = text[: random_.randrange(20, len(text) - 20)] + "\n", ""
        yield text + footer
        written += len((text + footer).encode("utf-8")) if japanese else len(text) + len(footer)


def storm(size: int) -> Iterator[str]:
    """A retry storm: for the middle third of the log one channel fails every few milliseconds."""
    third = list(amqerr(0.001, size // 3))
    yield from third
    random_ = random.Random(9)
    written = 0
    for serial, at in enumerate(stamps(random_, 0.05)):
        text = record(9633, at, serial, callers=1) + RULE + "\n"
        yield text
        written += len(text)
        if written > size // 3:
            break
    yield from third


def json_lines(size: int) -> Iterator[str]:
    random_ = random.Random(8)
    written, ids, times, serial = 0, numbers(random_, 0.02), stamps(random_, 6), 0
    while written < size:
        serial += 1
        number, at = next(ids), next(times)
        loud = number in LOUD
        channel = f"FREIGHT{serial % 7:05}.SVRCONN"
        text = f"{LOUD[number]} '{channel}'." if loud else QUIET[number]
        printed = f"AMQ{number}{'E' if loud else 'I'}"
        line = (
            f'{{"ibm_messageId":"{printed}","ibm_arithInsert1":{414 if loud else 0},'
            f'"ibm_arithInsert2":{575010 if loud else 0},"ibm_commentInsert1":"{channel if loud else "HARBOUR"}",'
            f'"ibm_datetime":"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",{JSON_KEYS},'
            f'"ibm_sequence":"{serial}","ibm_processId":{3000 + serial % 9},"ibm_threadId":{serial % 41},'
            f'"ibm_version":"9.3.0.21","ibm_processName":"amqrmppa","ibm_userName":"mqm",'
            f'"message":{json.dumps(printed + ": " + text)}}}\n'
        )
        yield line
        written += len(line)


def report(serial: int, size: int) -> str:
    """One FFST report of so many bytes: header, stack, trace history, dumps."""
    at = START + timedelta(seconds=serial * 67)
    rows = {
        "Date/Time": f"{at:%a %B %d %Y %H:%M:%S} GMT", "UTC Time": f"{int(at.timestamp())}.{serial:06}",
        "UTC Time Offset": "0 (GMT)", "Host Name": "harbour-mq", "LVLS": "9.3.0.21", "Vendor": "IBM",
        "Probe Id": f"XC{130000 + serial % 40:06}", "Application Name": "MQM", "Component": "xehExceptionHandler",
        "UserID": "00000987 (mqm)", "Program Name": "amqrmppa", "Process": f"{4000 + serial}", "Thread": "4",
        "QueueManager": "HARBOUR", "Major Errorcode": "xecF_E_UNEXPECTED_RC", "Minor Errorcode": "OK",
        "Probe Type": "MSGAMQ6109", "Probe Severity": "1", "Probe Description": "AMQ6109S: An internal error.",
        "FDCSequenceNumber": str(serial), "Comment1": "SIGSEGV: address not mapped(0x18)",
    }  # fmt: skip
    box = "".join(f"| {f'{label:<18}:- {value}':<76}|\n" for label, value in rows.items())
    border, empty = "+" + "-" * 77 + "+\n", "|" + " " * 77 + "|\n"
    title = f"| {'IBM MQ First Failure Symptom Report':<76}|\n| {'=' * 41:<76}|\n"
    head = border + empty + title + empty + box + empty + border
    stack = "\nMQM Function Stack\nccxResponder\nrrxResponder\nxehExceptionHandler\nxcsFFST\n\nMQM Trace History\n"
    step = "".join(f"{'-' * depth}{{  xcsStep{depth}\n" for depth in range(20))
    step += "".join(f"{'-' * depth}}}  xcsStep{depth} rc=OK\n" for depth in reversed(range(20)))
    dump = "\nProcess Control Block\n" + "".join(
        f"{row * 16:08X}  {serial:08X} 5370ED47 00000000 F0D81E9D : .$p.Sp.G........\n" for row in range(1200)
    )
    body = stack + step * 90 + dump
    return head + (body * (1 + size // len(body)))[: size - len(head)] + "\n"


def fdcs(folder: Path, size: int, count: int = 400) -> None:
    folder.mkdir(parents=True)
    for serial in range(count):
        half = size // count // 2  # two reports a file
        text = report(2 * serial, half) + report(2 * serial + 1, half)
        (folder / f"AMQ{4000 + serial}.0.FDC").write_text(text, encoding="utf-8", newline="\n")


Texts = Callable[[int], Iterator[str]]
TEXTS: dict[str, tuple[str, Texts]] = {
    "amqerr": ("utf-8", lambda size: amqerr(0.02, size)),
    "amqerr-rare": ("utf-8", lambda size: amqerr(0.001, size)),
    "amqerr-loud": ("utf-8", lambda size: amqerr(0.2, size)),
    "amqerr-damaged": ("utf-8", lambda size: amqerr(0.02, size, damage=0.01)),
    "amqerr-ja": ("utf-8", lambda size: amqerr(0.02, size, japanese=True)),
    "amqerr-cp932": ("cp932", lambda size: amqerr(0.02, size, japanese=True)),
    "amqerr-eucjp": ("euc_jp", lambda size: amqerr(0.02, size, japanese=True)),
    "amqerr-storm": ("utf-8", storm),
    "amqerr-callers": ("utf-8", lambda size: amqerr(1.0, size, callers=10**9)),  # every record an incident
    "json": ("utf-8", json_lines),
}
KINDS = (*TEXTS, "fdc", "zip", "zst", "gz")


def make(folder: Path, kind: str, megabytes: float) -> Path:
    """The path of an input of this kind and size, written if it is not there yet."""
    place = folder / f"{kind}-{megabytes:g}"
    if place.exists():
        return place
    folder.mkdir(parents=True, exist_ok=True)
    size, new = int(megabytes * 1e6), place.with_name(place.name + ".new")
    if kind == "fdc":
        fdcs(new, size)
    elif kind == "zip":
        with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for each in ("amqerr", "json", "fdc"):
                inner = make(folder, each, megabytes / 3)
                for path in sorted(inner.rglob("*")) if inner.is_dir() else [inner]:
                    name = f"{path.parent.name}/{path.name}" if inner.is_dir() else f"{each}/AMQERR01.LOG"
                    archive.write(path, name)
    elif kind in ("zst", "gz"):
        import subprocess

        tool = ["zstd", "-q", "-c"] if kind == "zst" else ["gzip", "-c"]
        with new.open("wb") as out:
            subprocess.run([*tool, str(make(folder, "amqerr", megabytes))], stdout=out, check=True)
    else:
        encoding, texts = TEXTS[kind]
        with new.open("w", encoding=encoding, newline="\n") as out:
            out.writelines(texts(size))
    new.rename(place)
    return place
