"""The console of MQ's container. The shapes of its lines: samples/records/console."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mqdiag.formats.console import FORMAT
from mqdiag.frame import frame

if TYPE_CHECKING:
    from mqdiag.model import Event

STAMP = "2024-09-18T06:15:04.377Z "


def parsed(line: str) -> Event:
    (record,) = frame([line.encode()], FORMAT, "x")
    return FORMAT.parse(record, None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("[CommentInsert1(a)]", {"CommentInsert1": "a"}),
        ("[CommentInsert3(only)]", {"CommentInsert3": "only"}),
        ("[ArithInsert1(4), CommentInsert1(QM1 [qmgr])]", {"ArithInsert1": "4", "CommentInsert1": "QM1 [qmgr]"}),
        ("[CommentInsert1(h (::7)(1)), CommentInsert2(b)]", {"CommentInsert1": "h (::7)(1)", "CommentInsert2": "b"}),
        ("[CommentInsert1(a, b), CommentInsert2(c), d)]", {"CommentInsert1": "a, b", "CommentInsert2": "c), d"}),
        ("[CommentInsert1(), CommentInsert2(b)]", {"CommentInsert2": "b"}),
        ("[CommentInsert1(a), CommentInsert2(/run/ke", {"CommentInsert1": "a", "CommentInsert2": "/run/ke"}),
    ],
)  # fmt: skip
def test_inserts(values: str, expected: dict[str, str]) -> None:
    """Values are not escaped: they end where only the next insert or the end of the line can follow."""
    assert parsed(f"{STAMP}AMQ9999E: Channel ended. {values}\n").inserts == expected


def test_brackets_of_the_text_are_text() -> None:
    """The last ' [' before an insert begins the inserts."""
    event = parsed(f"{STAMP}AMQ8077W: Object QM1 [qmgr] [CommentInsert1(x)] is new. [CommentInsert1(appuser)]\n")

    assert event.text == "Object QM1 [qmgr] [CommentInsert1(x)] is new."
    assert event.inserts == {"CommentInsert1": "appuser"}


def test_the_last_stamp_is_the_containers() -> None:
    """Compose, Docker and Kubernetes put their own before it, in another zone perhaps."""
    event = parsed("2024-08-27 10:22:20 test-mq-1  | 2024-08-27T08:22:20.019Z AMQ9722W: Enabled.\n")

    assert event.instant == datetime(2024, 8, 27, 8, 22, 20, 19000, UTC)
    assert event.stamp
    assert event.stamp.certainty == "stated"


def test_a_skim_reads_the_same_stamp_and_id() -> None:
    skim = FORMAT.skim(b"[pod/mq-0/qmgr] 2024-08-27T08:22:20.019Z AMQ9722W: Enabled. [CommentInsert1(AMQ1111E: x)]\n")

    assert skim.message_key == "AMQ9722"
    assert skim.utc == skim.written == b"2024-08-27T08:22:20.019Z"


@pytest.mark.parametrize(
    "line",
    [
        f"{STAMP}the application says AMQ9999E: is not good",
        "2024-09-18T06:15:04.377 AMQ9999E: no zone, so not the container's",
        "AMQ9999E: a fragment of a text log",
        f"{STAMP}ERROR com.example.Dairy: AMQ9204: from Java",
    ],
)
def test_lines_of_others(line: str) -> None:
    assert FORMAT.looks_like(line.encode(), "x") == 0
