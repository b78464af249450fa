"""What the README shows is what mqdiag prints, and what CI runs is what the README says."""

from __future__ import annotations

import re
import subprocess
import sys

from sample_cases import ROOT

README = ROOT / "README.md"


def test_session_is_real(accept: bool) -> None:
    """The session in the README is the output of its command, to the letter (80 columns, no colour)."""
    text = README.read_text(encoding="utf-8")
    session = re.search(r"```console\n\$ cd (\S+) && mqdiag (.*)\n((?:.*\n)*?)```", text)
    assert session is not None
    folder, arguments, shown = session.groups()
    env = {"PATH": "/usr/bin:/bin", "COLUMNS": "100", "NO_COLOR": "1", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "mqdiag", *arguments.split()]
    output = subprocess.run(command, cwd=ROOT / folder, env=env, capture_output=True, text=True, check=True).stdout
    output = "\n".join(line.rstrip() for line in output.strip("\n").splitlines()) + "\n"
    if accept:
        README.write_text(text.replace(shown, output), encoding="utf-8")
        return

    assert shown == output


def test_commands_work_on_a_clean_machine() -> None:
    """Both command lines set up their own environment, and CI runs the second as it stands."""
    blocks = re.findall(r"```sh\n(.*)\n```", README.read_text(encoding="utf-8"))

    assert len(blocks) == 2
    assert all(each.startswith("python3 -m venv .venv && .venv/bin/pip install") for each in blocks)
    assert "## Test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
