"""
How soon and in how much memory `mqdiag follow` judges, measured through a real pipe.

    python tests/bench/follow_live.py latency            # 95th percentile, from the last byte of the deciding record
    python tests/bench/follow_live.py storm              # the same while 200 channels retry without end
    python tests/bench/follow_live.py memory 10 300      # resident memory after so many MB of a retry storm

Latency: failures of fresh channels are written one by one into a log that is otherwise busy, cut in two in the
middle of a character; every fourth one has no footer, and the log goes quiet behind it. Memory: 200 channels that
retry without end, between records that do not matter, as fast as they are taken.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
FOOTER = "----- cmqxrmsa.c : 1431 -------------------------------------------------------\n"
HEADER = """{local} - Process(4711.{thread}) User(mqm) Program(amqrmppa)
                    Host(mq1) Installation(Installation1)
                    VRMF(9.3.0.10) QMgr(QM1)
                    Time({utc})
                    RemoteHost(192.0.2.{host})
"""
BLOCKED = """                    CommentInsert1({channel})
                    CommentInsert2(192.0.2.{host})
                    CommentInsert3(CLNTUSER(möwe))

AMQ9777E: Channel was blocked

EXPLANATION:
Channel '{channel}' from '192.0.2.{host}' was refused by a record with
USERSRC(NOACCESS). The values of the channel were 'CLNTUSER(möwe)'.
ACTION:
DISPLAY CHLAUTH with MATCH(RUNCHECK) tells which record it was.
"""
ENDED = """                    CommentInsert1({channel})
                    CommentInsert2(4711)
                    CommentInsert3(192.0.2.{host})

AMQ9999E: Channel '{channel}' to host '192.0.2.{host}' ended abnormally.

EXPLANATION:
The channel program with process ID 4711 for channel '{channel}' stopped.
ACTION:
Records written earlier by the same process tell the reason.
"""
ORDINARY = """                    CommentInsert1({channel})

AMQ9002I: Channel '{channel}' is starting.

EXPLANATION:
Channel '{channel}' is starting.
ACTION:
None.
"""


def record(body: str, number: int, channel: str, *, footer: bool = True) -> bytes:
    """The record with this number, each 37 ms after the one before; a channel is always called from one host."""
    when = BEGIN + timedelta(milliseconds=37 * number)
    text = (HEADER + body).format(
        local=when.strftime("%m/%d/%y %H:%M:%S"),
        utc=when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        thread=number % 5000,
        host=sum(channel.encode()) % 200 + 1,
        channel=channel,
    )
    return (text + FOOTER * footer).encode()


def started(*options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mqdiag", "follow", "-f", "json", *options]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def lines_of(stream: IO[bytes], found: queue.Queue[tuple[float, dict[str, object]]]) -> None:
    for line in stream:
        found.put((time.monotonic(), json.loads(line)))


def latency(count: int = 120, *, storms: bool = False) -> float:
    """The 95th percentile in seconds, printed with the median."""
    process, found = started(), queue.Queue[tuple[float, dict[str, object]]]()
    assert process.stdin and process.stdout
    threading.Thread(target=lines_of, args=(process.stdout, found), daemon=True).start()
    into = process.stdin.fileno()
    waits: list[tuple[float, bool]] = []
    bodies = (BLOCKED, ENDED) if storms else (ORDINARY,)
    if storms:  # fill the window
        for number in range(1_500):
            os.write(into, record(BLOCKED, number, f"STORM.{number % 200}"))
    for number in range(2_000, 2_000 + count + 1):
        for other in range(20):
            os.write(into, record(bodies[other % len(bodies)], 25 * number + other // 2, f"BUSY.{other // 2}"))
        quiet = number % 4 == 3
        data = record(BLOCKED, 25 * number + 22, f"FRESH.{number}", footer=not quiet)
        cut = data.index("ö".encode()) + 1
        os.write(into, data[:cut])
        time.sleep(0.02)
        os.write(into, data[cut:])
        begun = time.monotonic()
        told, incident = found.get(timeout=30)
        while incident["channel"] != f"FRESH.{number}":
            told, incident = found.get(timeout=30)
        if number > 2_000:  # the first one waits for the start of the program
            waits.append((told - begun, quiet))
        if quiet:
            os.write(into, FOOTER.encode())
    process.stdin.close()
    process.wait()
    for name, some in (("with footer", [w for w, q in waits if not q]), ("gone quiet", [w for w, q in waits if q])):
        print(f"{name:12} n {len(some):4}  median {at(some, 0.5) * 1e3:6.0f} ms  p95 {at(some, 0.95) * 1e3:6.0f} ms")
    every = [wait for wait, _ in waits]
    print(f"{'all':12} n {len(every):4}  median {at(every, 0.5) * 1e3:6.0f} ms  p95 {at(every, 0.95) * 1e3:6.0f} ms")
    return at(every, 0.95)


def at(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def storm(size: int, offset: int) -> bytes:
    """About so many bytes of it: 2 records in 50 are of failures."""
    parts, length, number = [], 0, offset
    while length < size:
        channel = f"STORM.{number // 50 % 200}"
        body = {0: BLOCKED, 1: ENDED}.get(number % 50, ORDINARY)
        # the thread of a failure and of its AMQ9999 is the same
        part = record(body, number - number % 50 if number % 50 < 2 else number, channel)
        parts.append(part)
        length += len(part)
        number += 1
    return b"".join(parts)


def memory(*megabytes: int) -> list[float]:
    """Resident MB after each amount; printed."""
    process = started()
    assert process.stdin and process.stdout
    last: dict[str, dict[str, object]] = {}

    def listen() -> None:
        assert process.stdout
        for line in process.stdout:
            incident = json.loads(line)
            last[incident["id"]] = incident

    reader = threading.Thread(target=listen, daemon=True)
    reader.start()
    written, number, sizes = 0, 0, []
    begun = time.monotonic()
    for each in sorted(megabytes):
        while written < each * 1_000_000:
            data = storm(1_000_000, number)
            number += data.count(b" - Process(")
            written += len(data)
            process.stdin.write(data)
        process.stdin.flush()
        wait_until_idle(process.pid)
        sizes.append(resident(process.pid))
        seconds = time.monotonic() - begun
        print(f"after {each:5} MB: {sizes[-1]:6.1f} MB resident, {each / seconds:5.1f} MB/s", flush=True)
    process.stdin.close()
    process.wait()
    reader.join(10)
    told = sum(int(str(each["occurrences"])) for each in last.values())
    print(f"{len(last)} incidents, {told} occurrences told of {(number + 49) // 50} written")
    return sizes


def resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1000
    raise RuntimeError("no VmRSS")


def wait_until_idle(pid: int) -> None:
    """Until it uses less than a tenth of a processor for a second."""
    tick = os.sysconf("SC_CLK_TCK")
    before = used(pid)
    while True:
        time.sleep(1)
        now = used(pid)
        if now - before < tick / 10:
            return
        before = now


def used(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["latency", *count]:
            sys.exit(latency(*map(int, count)) > 1.0)
        case ["storm", *count]:
            sys.exit(latency(*map(int, count), storms=True) > 1.0)
        case ["memory", *sizes]:
            memory(*map(int, sizes or ("10", "300")))
        case _:
            sys.exit(__doc__)
