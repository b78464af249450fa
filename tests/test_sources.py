"""Finding the logs: folders, archives inside archives, each source once, nothing unpacked, nothing followed out."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from mqdiag.sources import find

LOG = b"AMQ9665E: SSL connection closed by remote end of channel 'A.B'.\n"


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def contents(*paths: Path) -> dict[str, bytes]:
    """Every source under the paths with its bytes; the paths relative to the first one's folder."""
    sources, notes = find(map(str, paths))
    assert notes == []
    top = f"{paths[0].parent.as_posix()}/"
    return {each.path.removeprefix(top): b"".join(each.blocks()) for each in sources}


@pytest.mark.parametrize("order", [1, -1])
def test_each_source_once_whatever_the_order(tmp_path: Path, order: int) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "AMQERR01.LOG").write_bytes(LOG)
    paths = [folder, folder / "AMQERR01.LOG"][::order]
    sources, _ = find(map(str, paths))

    assert [each.path for each in sources] == [(folder / "AMQERR01.LOG").as_posix()]


@pytest.mark.parametrize(
    ("name", "data", "inner"),
    [
        ("a.zip", zipped({"errors/AMQERR01.LOG": LOG}), "a.zip!errors/AMQERR01.LOG"),
        ("a.tar", tarred({"errors/AMQERR01.LOG": LOG}), "a.tar!errors/AMQERR01.LOG"),
        ("a.tar.gz", gzip.compress(tarred({"AMQERR01.LOG": LOG})), "a.tar.gz!AMQERR01.LOG"),
        ("a.LOG.gz", gzip.compress(LOG), "a.LOG.gz"),
        ("a.zip", zipped({"b.tar": tarred({"c.LOG": LOG})}), "a.zip!b.tar!c.LOG"),
        ("no-ending", zipped({"c.LOG": LOG}), "no-ending!c.LOG"),
    ],
)
def test_archives(tmp_path: Path, name: str, data: bytes, inner: str) -> None:
    """What an archive is, is seen by its first bytes; a member's path is archive!member."""
    (tmp_path / name).write_bytes(data)

    assert contents(tmp_path / name) == {inner: LOG}


def test_nothing_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"../evil.LOG": LOG, "/etc/x.LOG": LOG}))
    read = contents(tmp_path / "a.zip")

    assert set(read.values()) == {LOG}
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["a.zip"]
    assert not (tmp_path.parent / "evil.LOG").exists()


def test_links_in_a_tar_are_not_followed(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        link = tarfile.TarInfo("AMQERR01.LOG")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    (tmp_path / "a.tar").write_bytes(out.getvalue())
    sources, notes = find([str(tmp_path / "a.tar")])

    assert sources == []
    assert [note.code for note in notes] == ["unreadable"]


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(zipped({"a.LOG": LOG * 100})[:120])
    (tmp_path / "good.LOG").write_bytes(LOG)
    sources, notes = find([str(tmp_path), str(tmp_path / "missing")])

    assert [each.path.rpartition("/")[2] for each in sources] == ["good.LOG"]
    assert sorted(note.code for note in notes) == ["unreadable", "unreadable"]
    assert all(note.path and note.path in note.text for note in notes)
