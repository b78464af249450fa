"""Records that say again what one before them said: the same events as if each of them were parsed."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from mqdiag.classify import classify
from mqdiag.correlate import correlate
from mqdiag.formats.errorlog import FORMAT
from mqdiag.interpret import sided
from mqdiag.model import Event, Record, Span
from mqdiag.parse import Reading, encoding_of, framed, parsed, read
from mqdiag.pipeline import Options, gather
from mqdiag.repeats import MOST, Repeats
from mqdiag.sources import Source

sys.path.insert(0, str(Path(__file__).resolve().parent / "bench"))

from generate import Scene, write

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
LOGS = sorted(each for each in SAMPLES.rglob("*") if each.is_file() and each.name.upper().startswith("AMQERR"))


def log(data: bytes, path: str = "AMQERR01.LOG") -> Source:
    return Source(path, path, lambda: BytesIO(data))


def written(second: int, process: int = 7, module: str = "amqccisa.c : 8789", channel: str = "A.B") -> bytes:
    return (
        f"10/30/24 00:06:{second:02} - Process({process}.{second}) User(mqm) Program(amqrmppa)\n"
        f"                    Host(mq1) QMgr(QM1)\n                    Time(2024-10-29T16:06:{second:02}.517Z)\n"
        f"                    CommentInsert1({channel})\n\nAMQ9637E: Channel '{channel}' is lacking a certificate.\n\n"
        f"EXPLANATION:\nNone.\nACTION:\nNone.\n----- {module} {'-' * 20}\n"
    ).encode()


def one_by_one(source: Source) -> list[Event]:
    found = (parsed(record, format, None)[0] for record, format in framed(source) if format)
    return [each for each in found if each]


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lines of the records that were parsed."""
    lines: list[int] = []
    parse = type(FORMAT).parse

    def noted(self: object, record: Record, encoding: str | None) -> Event:
        lines.append(record.span.line)
        return parse(FORMAT, record, encoding)

    monkeypatch.setattr(type(FORMAT), "parse", noted)
    return lines


def test_what_is_said_again_is_not_parsed_again(parses: list[int]) -> None:
    data = b"".join(written(second, process=second % 3) for second in range(10))
    events = read(log(data)).events

    assert parses == [1]
    assert events == one_by_one(log(data))
    assert [each.thread for each in events] == list(range(10))


@pytest.mark.parametrize(
    ("again", "is_known"),
    [
        (written(2, process=99), True),
        (written(2, module="amqrmrsa.c : 945"), True),
        (written(2, channel="A.C"), False),
        (written(2).replace(b"\n", b"\r\n"), False),
        (written(2).replace(b" - Process", b" PM - Process"), False),
        (written(2).replace(b"Process(7.2)", b"Process(7)"), False),
        (b"".join(b"> " + line for line in written(2).splitlines(True)), False),
        (written(2).replace(b"EXPLANATION", b"10/30/24 00:06:19 - Process(8.1) User(mqm)\nEXPLANATION"), False),
    ],
)
def test_what_is_the_same_but_its_time_process_and_footer(again: bytes, is_known: bool, parses: list[int]) -> None:
    source = log(written(1) + again)
    events = read(source).events

    assert (len(parses) == 1) is is_known
    assert events == one_by_one(source)


def test_what_is_kept_is_settled() -> None:
    source = log(written(1) + written(2))
    events = read(source, settle=partial(sided, side="client")).events

    assert [(each.side, each.role) for each in events] == [("client", "judge")] * 2


def test_the_oldest_text_is_forgotten_first() -> None:
    repeats = Repeats()
    for number in range(MOST + 1):
        record = Record("amqerr", Span("x.log", 1, 9, 0, 9), written(1, channel=f"A{number}"))
        repeats.keep(FORMAT.parse(record, None), FORMAT.skim(record.data), FORMAT, "ascii")

    assert len(repeats.known) == MOST
    assert repeats.find(FORMAT.skim(written(2, channel="A0"))) is None
    assert repeats.find(FORMAT.skim(written(2, channel=f"A{MOST}"))) is not None


def test_a_stamp_whose_digits_may_tell_the_encoding_is_parsed(parses: list[int]) -> None:
    """'2018年10月02日' in cp932: bytes of an ideograph and digits are read together in other encodings."""
    record = written(1).replace(b"10/30/24 00:06", "2018年10月02日 07時03".encode("cp932"))
    again = record.replace(b"517Z", b"518Z")

    assert len(read(log(record + again)).events) == 2
    assert len(parses) == 2
    parses.clear()
    in_utf8 = record.decode("cp932").encode("utf-8")
    assert len(read(log(in_utf8 + in_utf8)).events) == 2
    assert len(parses) == 1


def later(data: bytes) -> bytes:
    """A record as it would be written again: other digits in its stamp, process, time and footer."""
    header, line_end, rest = data.partition(b"\n")
    stamp, process, more = header.partition(b"Process(")
    moved = re.sub(rb"(\d)(?=\D*$)", lambda digit: b"%d" % ((int(digit[1]) + 1) % 6), stamp, count=1)
    number, parenthesis, others = more.partition(b")")
    rest = re.sub(rb"(\n *Time\([0-9T:-]{14,17})\d\d\.", rb"\g<1>07.", rest, count=1)
    rest = re.sub(rb"(\n----- amq\w+\.c : )\d+", rb"\g<1>4711", rest)
    return b"".join((moved, process, number.replace(b"1", b"2"), parenthesis, others, line_end, rest))


def test_there_are_logs_to_compare() -> None:
    assert len(LOGS) > 300


@pytest.mark.parametrize("path", LOGS, ids=lambda each: str(each.relative_to(SAMPLES)))
def test_a_repetition_of_any_record_is_what_parsing_makes_of_it(path: Path) -> None:
    """Every record of the samples, and the same once more with another time, process and footer."""
    repeats = Repeats(partial(sided, side=None))
    for record, format in framed(Source(path.name, path.name, partial(path.open, "rb"))):
        if format is not FORMAT:
            continue
        event = parsed(record, format, None)[0]
        if event is None:
            continue
        repeats.keep(event, FORMAT.skim(record.data), FORMAT, encoding_of(record, None))
        again = replace(record, data=later(record.data))
        known = repeats.find(skim := FORMAT.skim(again.data))
        direct = parsed(again, format, None)[0]
        if known and direct:
            assert known.again(again.span, skim, FORMAT) == sided(direct, None)


def test_most_records_of_the_samples_are_known_again() -> None:
    known = total = 0
    for path in LOGS:
        repeats = Repeats()
        for record, format in framed(Source(path.name, path.name, partial(path.open, "rb"))):
            if format is not FORMAT or (event := parsed(record, format, None)[0]) is None or event.stamp is None:
                continue
            total += 1
            repeats.keep(event, FORMAT.skim(record.data), FORMAT, encoding_of(record, None))
            known += repeats.find(FORMAT.skim(later(record.data))) is not None
    assert known > 0.9 * total


def test_a_reading_counts_repetitions() -> None:
    reading: Reading = read(log(b"".join(written(second) for second in range(5))))

    assert (reading.records, reading.counted["AMQ9637"], reading.encodings) == (5, 5, {"ascii": 1})


# ---- what is made of them ----------------------------------------------------------------------------------------


def test_two_events_that_say_the_same_have_a_name_for_it() -> None:
    one, other, third = read(log(written(1) + written(2) + written(3, channel="A.C"))).events

    assert one.said == other.said != third.said
    assert one.said != replace(one, side="client").said
    assert replace(one, alike=b"").said is None


def verdicts(readings: list[Reading]) -> object:
    joined = correlate(readings, {}, {})
    return joined, classify(joined.occurrences, joined.corroboration, joined.context)


def test_the_verdicts_are_those_of_records_of_which_nobody_knows_that_they_are_alike(tmp_path: Path) -> None:
    """A generated bundle of both sides with retries, a storm, clocks that differ and noise."""
    write(Scene(incidents=120, clients=12, noise=0.5, seed=11), tmp_path)
    readings = gather(Options(paths=(str(tmp_path),), jobs=1)).readings
    events = [event for each in readings for event in each.events]
    known = verdicts(readings)
    for each in readings:
        each.events = [replace(event, alike=b"") for event in each.events]

    assert len(events) > 1000
    assert len({event.said for event in events}) < 0.6 * len(events)
    assert verdicts(readings) == known
