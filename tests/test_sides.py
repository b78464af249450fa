"""Which end a text is said to be of."""

from __future__ import annotations

import pytest

from mqdiag.sides import heading_side, named_side


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("Log of the client (Windows):\n", "client"),
        ("server side:\n----- amqccisa.c : 9406 -------\n\n", "server"),
        ("※クライアント・アプリケーション(Windows)側には AMQ9665E が出力され", "client"),
        ("※NonStop(サーバー)側には AMQ9716 が出力され、\n\n", "server"),
        ("the client\nand below:\n", None),
        ("what the client sees of the server:\n", None),
        ("", None),
        ("-----\n", None),
        ("서버 로그", "server"),
    ],
)
def test_the_line_above_a_record(text: str, side: str | None) -> None:
    assert heading_side(text) == side


@pytest.mark.parametrize(
    ("path", "side"),
    [
        ("case/client/AMQERR01.LOG", "client"),
        ("a.zip!server-logs/AMQERR01.LOG", "server"),
        ("Clients/AMQERR01.LOG", None),
        ("x/server.txt", "server"),
        ("x/AMQERR01.LOG", None),
    ],
)
def test_the_name_of_a_file_or_folder(path: str, side: str | None) -> None:
    assert named_side(path) == side
