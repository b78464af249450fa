"""Archives that somebody made to do harm, or that were torn: noted, the rest read, nothing written anywhere."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import stat
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from horrors import zipped

from mqdiag.archives import expand
from mqdiag.limits import Limits
from mqdiag.model import Note
from mqdiag.parse import read
from mqdiag.sources import Source, find

LOG = b"2023-05-16 07:46:35 AMQ9999E: Channel 'A.B' to host 'x' ended abnormally.\n" * 30
SMALL = Limits(members=50, unpacked_bytes=4 * 1024**2, ratio=50, free_bytes=100_000, held_bytes=1024**2)


def tarred(files: dict[str, bytes], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def found(folder: Path, name: str, data: bytes, limits: Limits = SMALL) -> tuple[dict[str, bytes], list[Note]]:
    """What is read of one archive: the bytes of every source, and all notes; and the folder is as it was."""
    (folder / name).write_bytes(data)
    sources, notes = find([str(folder / name)], limits)
    contents = {}
    for each in sources:
        reading = read(each)
        notes += [note for note in reading.notes if note.code == "unreadable"]
        if not any(note.path == each.path for note in notes):
            contents[each.path.removeprefix(f"{folder}/")] = b"".join(each.blocks())
    assert [each.name for each in folder.iterdir()] == [name]
    return contents, notes


def texts(notes: list[Note]) -> str:
    return "\n".join(f"{each.code} {each.text}" for each in notes)


# ---- bombs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress], ids=["gz", "bz2", "xz"])
def test_a_compressed_bomb_is_not_unpacked(tmp_path: Path, compress: object) -> None:
    """It is read up to the limit, and the note names the option."""
    contents, notes = found(tmp_path, "x.log.gz", compress(bytes(50_000_000)))  # type: ignore[operator]

    assert contents == {}
    assert "--max-ratio" in texts(notes)


def test_a_zip_bomb_is_not_unpacked_and_the_rest_is_read(tmp_path: Path) -> None:
    contents, notes = found(tmp_path, "x.zip", zipped({"bomb": bytes(3_000_000), "AMQERR01.LOG": LOG}))

    assert contents == {"x.zip!AMQERR01.LOG": LOG}
    assert texts(notes).count("--max-ratio") == 1


def test_a_nested_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """42.zip in small: sixteen zips that hold sixteen zips that hold zeros."""
    inner = zipped({str(i): bytes(90_000) for i in range(16)})
    middle = zipped({f"{i}.zip": inner for i in range(16)})
    outer = zipped({f"{i}.zip": middle for i in range(16)} | {"AMQERR01.LOG": LOG})
    begin = time.process_time()
    contents, notes = found(tmp_path, "42.zip", outer)

    assert len(contents) <= SMALL.members
    assert sum(map(len, contents.values())) <= SMALL.unpacked_bytes
    assert "--max-members" in texts(notes)
    assert time.process_time() - begin < 20


def test_a_zip_that_holds_itself_ends(tmp_path: Path) -> None:
    """Depth is bounded, whatever is inside."""
    data = LOG
    for _ in range(8):
        data = zipped({"r.zip": data}, zipfile.ZIP_STORED)
    contents, notes = found(tmp_path, "r.zip", data)

    assert contents == {}
    assert "inside 4 others (--max-depth)" in texts(notes)


def test_members_that_overlap_are_counted_by_what_they_unpack_to(tmp_path: Path) -> None:
    """Many directory entries that point to one and the same kernel of data."""
    data = bytearray(zipped({"a": os.urandom(60_000) + bytes(40_000)}))
    directory = data.index(b"PK\x01\x02")
    entry = bytes(data[directory : data.index(b"PK\x05\x06")])
    many = 45
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, many, many, len(entry) * many, directory, 0)
    contents, notes = found(tmp_path, "x.zip", bytes(data[:directory]) + entry * many + end)

    assert sum(map(len, contents.values())) <= SMALL.unpacked_bytes
    assert "--max-unpacked" in texts(notes)


def test_many_members_are_cut_off(tmp_path: Path) -> None:
    """And a large directory is read once, not once a member."""
    names = [f"{i:05}.LOG" for i in range(400)]
    contents, notes = found(tmp_path, "x.zip", zipped(dict.fromkeys(names, LOG)))

    assert sorted(contents) == [f"x.zip!{name}" for name in names[:50]]
    assert "350 of its 400 files were left out" in texts(notes)


def test_a_tar_with_many_members_is_cut_off(tmp_path: Path) -> None:
    contents, notes = found(tmp_path, "x.tar", tarred({f"{i:03}.LOG": LOG for i in range(100)}))

    assert len(contents) == 50
    assert "--max-members" in texts(notes)


def test_a_gzip_inside_a_zip_counts(tmp_path: Path) -> None:
    """The directory of the zip does not say what is in a compressed log."""
    logs = {f"{i}.log.gz": gzip.compress(os.urandom(90_000)) for i in range(49)}
    contents, notes = found(tmp_path, "x.zip", zipped(logs, zipfile.ZIP_STORED))

    assert sum(map(len, contents.values())) <= SMALL.unpacked_bytes
    assert "--max-unpacked" in texts(notes)


def test_what_would_be_held_in_memory_is_bounded(tmp_path: Path) -> None:
    """A zip inside a zip is held in memory; a compressed tar that is too large for that is read as a stream."""
    large = os.urandom(1_500_000)
    contents, notes = found(tmp_path, "x.zip", zipped({"in.zip": zipped({"a": large}), "b.LOG": LOG}))

    assert contents == {"x.zip!b.LOG": LOG}
    assert "--max-held" in texts(notes)


def test_a_compressed_tar_that_is_too_large_to_hold_is_read_as_a_stream(tmp_path: Path) -> None:
    contents, notes = found(tmp_path, "x.tgz", tarred({"a": os.urandom(1_500_000), "b/AMQERR01.LOG": LOG}, "w:gz"))

    assert contents["x.tgz!b/AMQERR01.LOG"] == LOG
    assert len(contents) == 2
    assert notes == []


# ---- names, links, devices -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "C:\\x\\..\\y.LOG", "a\nb\x1b[2J.LOG", "x" * 5000]
)
@pytest.mark.parametrize("pack", [zipped, tarred], ids=["zip", "tar"])
def test_a_name_leads_nowhere(tmp_path: Path, name: str, pack: object) -> None:
    """A member's name is printed and never opened."""
    contents, notes = found(tmp_path, "x", pack({name: LOG}))  # type: ignore[operator]

    assert list(contents.values()) == [LOG]
    assert all(path.startswith("x!") and not path.startswith("x!/") for path in contents)
    assert notes == []


def test_links_and_devices_of_a_tar_are_noted(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
        for number, kind in enumerate(kinds):
            member = tarfile.TarInfo(f"evil{number}.LOG")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        good = tarfile.TarInfo("AMQERR01.LOG")
        good.size = len(LOG)
        archive.addfile(good, io.BytesIO(LOG))
    contents, notes = found(tmp_path, "x.tar", out.getvalue())

    assert contents == {"x.tar!AMQERR01.LOG": LOG}
    assert texts(notes).count("it is a link or a device") == 5


def test_a_link_of_a_zip_is_noted(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("evil.LOG")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("AMQERR01.LOG", LOG)
    contents, notes = found(tmp_path, "x.zip", out.getvalue())

    assert contents == {"x.zip!AMQERR01.LOG": LOG}
    assert texts(notes).count("it is a link or a device") == 1


def test_a_tar_with_a_negative_size_ends(tmp_path: Path) -> None:
    """tarfile would go back by it and read the same header for ever (CVE-2025-8194)."""
    header = bytearray(tarred({"a": b"", "b": LOG})[:512])
    header[124:136] = b"\xff" * 4 + struct.pack(">q", -512)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    _, notes = found(tmp_path, "x.tar", bytes(header) + tarred({"b": LOG}))

    assert "damaged" in texts(notes)


# ---- damage ----------------------------------------------------------------------------------------------------


def test_an_encrypted_member_is_noted_and_the_rest_is_read(tmp_path: Path) -> None:
    data = bytearray(zipped({"secret.LOG": LOG, "z.LOG": LOG}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    contents, notes = found(tmp_path, "x.zip", bytes(data))

    assert contents == {"x.zip!z.LOG": LOG}
    assert "secret.LOG: it is encrypted" in texts(notes)


def test_a_member_with_a_wrong_checksum_is_noted(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.LOG": LOG, "b.LOG": LOG}, zipfile.ZIP_STORED))
    data[60] ^= 0xFF
    contents, notes = found(tmp_path, "x.zip", bytes(data))

    assert contents == {"x.zip!b.LOG": LOG}
    assert "CRC" in texts(notes)


def test_a_member_whose_header_is_gone_is_noted(tmp_path: Path) -> None:
    data = zipped({"a.LOG": LOG, "b.LOG": LOG}).replace(b"PK\x03\x04", b"XX\x03\x04").replace(b"XX", b"PK", 1)
    contents, notes = found(tmp_path, "x.zip", data)

    assert list(contents) == ["x.zip!a.LOG"]
    assert "x.zip!b.LOG" in texts(notes)


ARCHIVES = {
    "zip": zipped({"a.LOG": LOG, "in.zip": zipped({"b.LOG": LOG})}),
    "tar": tarred({"a.LOG": LOG, "in.tgz": tarred({"b.LOG": LOG}, "w:gz")}),
    "tgz": tarred({"a.LOG": LOG, "b.LOG": LOG}, "w:gz"),
    "tbz": tarred({"a.LOG": LOG, "b.LOG": LOG}, "w:bz2"),
    "txz": tarred({"a.LOG": LOG, "b.LOG": LOG}, "w:xz"),
    "gz": gzip.compress(LOG * 20),
    "zstd": zstandard.compress(LOG * 20),
    "zstd of none": b"\x28\xb5\x2f\xfd" + LOG,
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_torn_archive_never_raises_and_is_noted(tmp_path: Path, kind: str) -> None:
    """Cut at any place and with any byte turned over: read as far as it goes, and what is lost is noted."""
    whole = ARCHIVES[kind]
    step = max(len(whole) // 40, 1)
    for cut in range(step, len(whole) - 1100 if kind == "tar" else len(whole), step):
        for each in (whole[:cut], whole[:cut] + bytes([whole[cut] ^ 0x55]) + whole[cut + 1 :]):
            contents, notes = found(tmp_path, "x", each)

            nothing_says_so = kind == "tar" and cut >= 3072  # its first member is whole, and the second has no header
            assert notes or (contents and (len(each) == len(whole) or nothing_says_so or contents == {"x": each}))
            assert all(note.text.startswith("I could not read ") for note in notes)


def test_sources_of_archives_can_be_sent_to_another_process(tmp_path: Path) -> None:
    """Whoever reads them elsewhere reads the same, also what was held in memory."""
    for kind, data in ARCHIVES.items():
        (tmp_path / kind).write_bytes(data)
    for each in find([str(tmp_path)])[0]:
        again = pickle.loads(pickle.dumps(each))

        assert isinstance(again, Source)
        assert b"".join(again.blocks()) == b"".join(each.blocks())


def test_an_archive_inside_is_unpacked_once_for_all_its_members() -> None:
    """And not once for each of them: with many members that would never end."""
    opened = []
    data = tarred({f"{i}.LOG": LOG for i in range(40)}, "w:gz")

    def opener() -> io.BytesIO:
        opened.append(1)
        return io.BytesIO(data)

    members = list(expand("x.tgz", "x.tgz", opener, None, Limits()))
    for each in members:
        assert not isinstance(each, Note)
        assert each.open().read(9999) == LOG

    assert len(members) == 40
    assert len(opened) <= 4


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_what_is_left_of_a_torn_file_is_read(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    """
    All that can be unpacked, and a note that there was more. (The library of zstd takes the middle of a frame for
    the end: then a part was missing, and nothing said so.)
    """
    first, second = os.urandom(300_000), os.urandom(300_000)
    whole, place = compress(first) + compress(second), tmp_path / "x.LOG.z"
    for kept, least in ((450_000, 300_000), (len(whole) - 1, 300_000), (len(whole), 600_000)):
        place.write_bytes(whole[:kept])
        (only,), notes = find([str(place)])
        reading = read(only)

        assert reading.bytes >= least
        assert notes == []
        assert [note.code for note in reading.notes].count("unreadable") == (kept < len(whole))


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress])
def test_a_short_log_that_is_torn_is_not_lost(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    lines = b"".join(
        b"2023-05-16 07:46:%02d %s\n" % (number % 60, os.urandom(20).hex().encode()) for number in range(900)
    )
    (tmp_path / "x.gz").write_bytes(compress(lines)[:15_000])
    (only,), _ = find([str(tmp_path / "x.gz")])
    reading = read(only)

    assert reading.bytes > 15_000
    assert any("it ends after" in note.text for note in reading.notes)


def test_nothing_but_the_first_bytes_of_a_zstd_file(tmp_path: Path) -> None:
    contents, notes = found(tmp_path, "x.zst", b"\x28\xb5\x2f\xfd")

    assert contents == {}
    assert "the archive is damaged" in texts(notes)
