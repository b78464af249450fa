"""The page of `mqdiag score`, as people read it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "hostile"))
from mutations import answer
from sample_cases import CASES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A case whose label is right, one whose label is wrong, and a quiet one."""
    for name in ("harbour-d-server-cert-revoked", "quiet-syslog-of-a-day"):
        shutil.copytree(CASES / name, tmp_path / name)
    shutil.copytree(CASES / "harbour-d-server-cert-revoked", tmp_path / "wrong")
    label = tmp_path / "wrong" / "case.toml"
    label.write_text(label.read_text().replace("certificate-revoked", "host-unknown"))
    return tmp_path


@pytest.mark.parametrize("form", ["terminal", "md", "html"])
def test_the_page_tells_what_is_wrong(folder: Path, form: str) -> None:
    status, out, err = answer(["score", ".", "-f", form], folder)
    text = out.decode("utf-8").replace("\\", "")

    assert (status, err) == (0, "")
    assert "3 cases, 1 of them quiet, 2 incidents" in text
    assert "wrong and certain" in text
    assert "wrong: no incident host-unknown; reported: certificate-revoked" in " ".join(text.split())
    assert "host-unknown" in text


@pytest.mark.parametrize(
    ("label", "said"), [("a = ", "I could not read a label."), ("title = 'x'", "this key is missing")]
)
def test_a_label_that_is_none(tmp_path: Path, label: str, said: str) -> None:
    (tmp_path / "case.toml").write_text(label)
    status, _, err = answer(["score", "."], tmp_path)

    assert status == 2
    assert said in err


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    status, _, err = answer(["score", "nothing"], tmp_path)

    assert (status, "There is no such folder." in err) == (2, True)
