"""--redact, its key and its map on the command line, and `mqdiag bundle`."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import sys
import zipfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from mqdiag.cli import run
from mqdiag.redact import Redactor
from mqdiag.render import formats

CASES = Path(__file__).resolve().parent.parent.parent / "samples" / "cases"
HARBOUR = CASES / "harbour-d-server-cert-revoked"
ASH = CASES / "ash-client-cert-revoked-both"


def called(*arguments: str, folder: Path = HARBOUR) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    with chdir(folder), redirect_stdout(out), redirect_stderr(err):
        status = run(arguments)
    return status, out.getvalue(), err.getvalue()


def report(*arguments: str, folder: Path = HARBOUR) -> dict[str, object]:
    status, out, err = called("analyze", ".", "-f", "json", *arguments, folder=folder)
    assert (status, err) == (0, "")
    loaded: dict[str, object] = json.loads(out)
    return loaded


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_redact_on_the_terminal_and_as_json() -> None:
    for format in ("terminal", "json"):
        status, out, _ = called("analyze", ".", "--redact", "-f", format)

        assert status == 0
        assert "HARB" not in out.upper()
        assert "CHL-1" in out


def test_a_saved_redacted_report_is_a_report(tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    called("analyze", ".", "--redact", "-f", "json", "-o", str(saved))

    status, out, _ = called("render", str(saved), "-f", "json")

    assert status == 0
    assert out == saved.read_text(encoding="utf-8")


def test_key_file_is_made_once_and_gives_the_same_names(tmp_path: Path) -> None:
    key = tmp_path / "key"

    first = report("--redact-key", str(key))
    again = report("--redact", "--redact-key", str(key))

    assert first == again
    assert mode(key) == 0o600
    assert first != report("--redact-key", str(tmp_path / "other"))


def test_a_key_joins_two_bundles(tmp_path: Path) -> None:
    """The client's bundle and the server's, redacted apart, name host, queue manager and channel alike."""
    key = str(tmp_path / "key")
    client = report("--redact-key", key, folder=CASES / "ash-client-cert-revoked-client-only")
    server = report("--redact-key", key, folder=CASES / "ash-client-cert-revoked-server-only")
    one, two = (each["incidents"][0] for each in (client, server))  # type: ignore[index]

    assert one["channel"].startswith("CHL-")
    assert one["channel"] == report("--redact-key", key, folder=ASH)["incidents"][0]["channel"]  # type: ignore[index]
    assert two["queue_manager"] in (None, report("--redact-key", key, folder=ASH)["incidents"][0]["queue_manager"])  # type: ignore[index]


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("short\n")

    status, out, err = called("analyze", ".", "--redact-key", str(tmp_path / "key"))

    assert (status, out) == (2, "")
    assert "5 bytes" in err


def test_the_reverse_map_is_written_where_asked_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "map.json"

    called("analyze", ".", "--redact-map", str(file))

    found = json.loads(file.read_text(encoding="utf-8"))
    assert mode(file) == 0o600
    assert found["QM-1"] == ["HARB81"]
    assert [each for each in tmp_path.iterdir() if each != file] == []


def test_a_map_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "map.json"
    file.write_text("mine")

    status, out, err = called("analyze", ".", "--redact-map", str(file))

    assert (status, out, file.read_text()) == (2, "", "mine")
    assert "map.json" in err


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """A redactor that forgets the titles."""
    monkeypatch.setattr(Redactor, "incident", lambda self, incident: incident)


def test_nothing_is_written_where_a_value_is_left(tmp_path: Path, forgetful: None) -> None:
    output, table = tmp_path / "report.json", tmp_path / "map.json"
    for command in (
        ["analyze", ".", "--redact-map", str(table), "-f", "json", "-o", str(output)],
        ["bundle", ".", "--redact-map", str(table), "-o", str(output)],
    ):
        status, out, err = called(*command)

        assert (status, out, list(tmp_path.iterdir())) == (2, "", [])
        assert "still held an original value" in err
        assert "HARB" not in err.upper()


# ---- bundle ----------------------------------------------------------------------------------------------------


def members(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(archive.namelist())
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def test_a_bundle_holds_the_report_the_records_and_the_inventory(tmp_path: Path) -> None:
    status, _, err = called("bundle", ".", "--tz", "server=Asia/Tokyo", "-o", str(tmp_path / "case.zip"))
    found = members(tmp_path / "case.zip")
    inventory = json.loads(found["inventory.json"])
    inputs = {each["path"]: each for each in inventory["inputs"]}
    data = (HARBOUR / "client" / "AMQERR01.LOG").read_bytes()

    assert (status, err) == (0, "")
    assert {"README.txt", "inventory.json", "report.txt", *(f"report.{each}" for each in formats())} - {
        "report.terminal"
    } == {each for each in found if "/" not in each}
    assert json.loads(found["report.json"]) == report("--tz", "server=Asia/Tokyo")
    assert inputs["client/AMQERR01.LOG"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert inputs["client/AMQERR01.LOG"]["bytes"] == len(data)
    assert inventory["options"]["tz"] == ["server=Asia/Tokyo"]
    assert inventory["redacted"] is False
    for each in inventory["members"]:
        assert hashlib.sha256(found[each["name"]].encode()).hexdigest() == each["sha256"]
    assert any("AMQ9633E" in text for name, text in found.items() if name.startswith("excerpts/"))


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for redact in ((), ("--redact",)):
        for name, paths in (("a.zip", ["client", "server"]), ("b.zip", ["server", "client"])):
            called("bundle", *paths, *redact, "--force", "-o", str(tmp_path / name))

        assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_redacted_bundle_holds_no_name(tmp_path: Path) -> None:
    called("bundle", ".", "--channel", "HARB81.APP1", "--redact", "-o", str(tmp_path / "case.zip"))

    for name, text in members(tmp_path / "case.zip").items():
        assert "harb" not in f"{name}{text}".lower(), name
        assert "nshrb" not in text
        assert "192.0.2." not in text


def test_a_bundle_does_not_overwrite(tmp_path: Path) -> None:
    (tmp_path / "case.zip").write_text("mine")

    status, _, err = called("bundle", ".", "-o", str(tmp_path / "case.zip"))

    assert (status, (tmp_path / "case.zip").read_text()) == (2, "mine")
    assert "--force" in err
    assert called("bundle", ".", "--force", "-o", str(tmp_path / "case.zip"))[0] == 0
    assert members(tmp_path / "case.zip")


def test_a_bundle_is_not_written_over_an_input(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.write(HARBOUR / "client" / "AMQERR01.LOG", "AMQERR01.LOG")

    status, _, err = called("bundle", str(tmp_path / "in.zip"), "--force", "-o", str(tmp_path / "in.zip"))

    assert status == 2
    assert "over one of the inputs" in err
    assert members_of_input(tmp_path / "in.zip") == ["AMQERR01.LOG"]


def members_of_input(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_a_bundle_of_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be read only once is held: it is analyzed, hashed and quoted."""
    data = (HARBOUR / "client" / "AMQERR01.LOG").read_bytes()
    piped = tmp_path / "piped"
    piped.write_bytes(data)
    with piped.open("rb") as stream:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        status, _, err = called("bundle", "-", "-o", str(tmp_path / "case.zip"))
    found = members(tmp_path / "case.zip")

    assert (status, err) == (0, "")
    assert json.loads(found["inventory.json"])["inputs"][0]["sha256"] == hashlib.sha256(data).hexdigest()
    assert "AMQ9633E" in found["excerpts/001--.txt"]


def test_a_redacted_excerpt_holds_no_dump(tmp_path: Path) -> None:
    """The control blocks and the environment of an FFST report hold names in hexadecimal."""
    called("bundle", ".", "--redact", "-o", str(tmp_path / "case.zip"), folder=CASES / "segv-in-channel-process")
    text = next(each for name, each in members(tmp_path / "case.zip").items() if ".FDC" in name and "/" in name)

    assert "MQM Function Stack" in text
    assert "xehExceptionHandler" in text
    assert "0x0000" not in text
