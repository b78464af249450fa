"""`--rules DIR`: a made-up site's cause, message and notes, and what is said of mistakes in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mqdiag.classify.words import UNKNOWN
from mqdiag.cli import run
from mqdiag.errors import MqdiagError
from mqdiag.knowledge import knowledge
from mqdiag.knowledge.own import PLACEHOLDERS, using, with_rules

LOG = """
03/10/25 12:00:00 - Process(511.7) User(mqm) Program(amqrmppa)
                    Host(mill-mq) Installation(Installation1)
                    VRMF(9.4.0.6) QMgr(MILLQM)
                    Time(2025-03-10T11:00:00.100Z)
                    CommentInsert1(MILL.APP)
                    CommentInsert2(grinder)

AMQ9184E: Exit SIGNCHK refused channel 'MILL.APP', user 'grinder'.

EXPLANATION:
The exit of the mill did not like it.
ACTION:
None.
----- exit.c : 12 -------------------------------------------------------------
""".lstrip()

MESSAGE = """
[AMQ9184]
says = "the exit SIGNCHK refused the user"
role = "judge"
layer = "chlauth"
side = "acceptor"
channel = "CommentInsert1"
user = "CommentInsert2"
verified = true
"""

CAUSE = """
title = "The exit SIGNCHK of the mill refused {user}"
because = "Users must be on the list of the day."
layer = "chlauth"

[[signs]]
lead = { message_id = "AMQ9184" }
judge = "here"
confidence = "certain"
says = "the exit refused {user}"

[[remedies]]
who = "Desk of the mill"
do = "Put {user} on the list of the day."
check = "The channel starts."
"""

NOTES = """
[AMQ9184]
says = "The list is made at six."
link = "https://wiki.example.com/list"
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name, text in (
        ("causes/exit-refused-user.toml", CAUSE),
        ("messages/exit.toml", MESSAGE),
        ("notes.toml", NOTES),
    ):
        path = tmp_path / "rules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "rules"


def test_a_cause_of_the_site_is_found(site: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "AMQERR01.LOG"
    log.write_text(LOG, encoding="utf-8")
    status = run(["analyze", str(log), "--rules", str(site), "-f", "json"])
    (found,) = json.loads(capfd.readouterr().out)["incidents"]

    assert status == 0
    assert (found["cause"], found["judge"], found["confidence"]) == ("exit-refused-user", "server", "certain")
    assert found["title"] == "The exit SIGNCHK of the mill refused grinder"
    assert [(each["who"], each["do"], each["check"]) for each in found["remedies"]] == [
        ("Your site's note on AMQ9184", "The list is made at six.", "https://wiki.example.com/list"),
        ("Desk of the mill", "Put grinder on the list of the day.", "The channel starts."),
    ]


def test_without_the_rules_it_is_not(site: Path) -> None:
    with using(str(site)):
        assert "exit-refused-user" in knowledge().causes

    assert "exit-refused-user" not in knowledge().causes


def test_explain_knows_it(site: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "AMQ9184", "exit-refused-user", "--rules", str(site)]) == 0

    said = capfd.readouterr().out
    assert "The list is made at six. https://wiki.example.com/list" in said
    assert "Users must be on the list of the day." in said


def test_a_note_needs_no_message(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The site may have a note on an id of which mqdiag knows nothing."""
    (tmp_path / "notes.toml").write_text(NOTES, encoding="utf-8")

    assert run(["explain", "AMQ9184E", "--rules", str(tmp_path)]) == 0
    assert "The list is made at six." in capfd.readouterr().out


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("causes/exit-refused-user.toml", 'judge = "here"', 'judge = "us"', "none of here, peer, none"),
        ("causes/exit-refused-user.toml", 'judge = "here"', "", "judge"),
        ("causes/exit-refused-user.toml", 'says = "the exit', 'sayz = "the exit', "unknown key"),
        ("causes/exit-refused-user.toml", "AMQ9184", "AMQ9185", "AMQ9185 is not known"),
        ("causes/exit-refused-user.toml", '{ message_id = "AMQ9184" }', '{ code = "gskat:1" }', "namespace:value"),
        ("causes/exit-refused-user.toml", '{ message_id = "AMQ9184" }', "{}", "asks for nothing"),
        ("causes/exit-refused-user.toml", 'layer = "chlauth"', 'layer = "exit"', "exit is none of tcp"),
        ("causes/exit-refused-user.toml", "Put {user}", "Put {usr}", "usr is no placeholder"),
        ("causes/exit-refused-user.toml", 'title = "', "title = ", "Invalid"),
        ("messages/exit.toml", "[AMQ9184]", "[AMQ9716]", "already"),
        ("messages/exit.toml", 'role = "judge"', 'role = "king"', "king"),
        ("notes.toml", "[AMQ9184]", "[AMQ9184E]", "without severity"),
        ("notes.toml", "says", "note", "unknown key"),
    ],
)
def test_a_mistake_is_named_with_file_and_key(site: Path, name: str, old: str, new: str, complaint: str) -> None:
    path = site / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")

    with pytest.raises(MqdiagError) as error:
        with_rules(site)
    assert complaint in str(error.value)
    assert str(path) in str(error.value)


def test_a_slug_that_is_there_already_is_a_mistake(site: Path) -> None:
    (site / "causes" / "certificate-revoked.toml").write_text(CAUSE, encoding="utf-8")

    with pytest.raises(MqdiagError, match="already"):
        with_rules(site)


def test_a_folder_without_rules_is_a_mistake(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "2393", "--rules", str(tmp_path)]) == 2
    assert "notes.toml" in capfd.readouterr().err


def test_the_placeholders_are_those_that_are_filled() -> None:
    assert sorted(PLACEHOLDERS) == sorted(UNKNOWN)
