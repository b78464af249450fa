"""The wheel holds grammars and knowledge, and works from another folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CASE = ROOT / "samples" / "cases" / "harbour-d-server-cert-revoked"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the sdist that is built from this checkout."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", out, ROOT], check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_wheel_gives_a_verdict(wheel: Path, tmp_path: Path) -> None:
    """Installed apart from the checkout, mqdiag finds its grammars and knowledge and reads a case."""
    target = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); import mqdiag; from mqdiag.cli import main; main()"
    command = [
        sys.executable,
        "-c",
        code,
        str(target),
        "analyze",
        "--tz",
        f"{CASE / 'server'}=Asia/Tokyo",
        "-f",
        "json",
    ]
    done = subprocess.run([*command, str(CASE)], cwd=tmp_path, capture_output=True, check=True)
    causes = [each["cause"] for each in json.loads(done.stdout)["incidents"]]

    page = subprocess.run([*command[:-1], "html", str(CASE)], cwd=tmp_path, capture_output=True, check=True).stdout

    assert causes == ["certificate-revoked"]
    assert page.startswith(b"<!doctype html>")
    assert (target / "mqdiag" / "grammars" / "errorlog.lark").is_file()
    for name in ("knowledge", "ja", "errorlog.tables", "errorlog.terminals"):
        prepared = target / "mqdiag" / "prepared" / f"{name}.json"
        assert json.loads(prepared.read_text(encoding="utf-8"))["of"], "what the build makes beforehand is in the wheel"


def test_editable_install_reads_the_checkout() -> None:
    """In a checkout the grammars are those of the checkout, not a copy."""
    from mqdiag.resources import grammar_dir

    assert grammar_dir() == ROOT / "grammars"
