"""What a log says is data in every form of the report: no terminal command, no markup, valid UTF-8."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from mutations import answer
from sample_cases import CASES, ROOT

from mqdiag.render import formats

HARM = {
    "clear": "\x1b[2J", "title": "\x1b]0;owned\x07", "link": "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "c1": "\x9b2J",
    "bidi": "\u202eevil\u202c", "isolate": "\u2066x\u2069", "zero": "a\u200bb\u200d\ufeff", "bell": "\x07\x08\x7f",
    "rich": "[bold red]x[/bold red][link=http://evil.example]y[/link]", "unbalanced": "[/]", "rich escape": "\\[bold]",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>", "attribute": "\"' onmouseover='alert(1)",
    "markdown": "[x](javascript:alert(1)) ![y](http://evil.example/z.png) `|`",
    "heading": "# owned", "entity": "&lt;b&gt;",
    "template": "{0} {channel} %s ${x}",
}  # fmt: skip
CASE = CASES / "harbour-d-server-cert-revoked"
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]".encode("utf-8").decode("utf-8")
)


def poisoned(folder: Path, harm: str) -> None:
    """The case with the harm in user, host, channel, file names, certificate, message text and in unknown text."""
    name = re.sub(r"[/\0]", "", harm)
    for each in sorted(CASE.rglob("*")):
        if each.is_file() and each.name != "case.toml":
            data = each.read_bytes()
            for known in (b"nshrb", b"harb81.harbour.example.net", b"Harbour Root"):
                data = data.replace(known, known + harm.encode("utf-8", "surrogateescape"))
            place = folder / each.parent.name / f"{each.stem}{name}{each.suffix}"
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(data + b"\n" + harm.encode("utf-8", "surrogateescape") + b"\n")


def active(text: str) -> list[str]:
    """What a reader of Markdown would run, load or offer of a text: HTML but folding and line breaks, images, links."""
    found = []
    for block in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        for each in (block, *(block.children or ())):
            if each.type.startswith("html_") and re.sub(
                r"</?(?:details|summary|br|b|code|pre|sub)(?: open)?/?>", "", each.content
            ).count("<"):
                found.append(each.content)
            if each.type == "image" or (each.type == "link_open" and not str(each.attrGet("href")).startswith("#")):
                found.append(str(each.attrs))
            if each.type == "heading_open" and each.tag == "h1":
                found.append("a heading of the first level")
    return found


def test_active_markdown_is_seen() -> None:
    assert len(active("# x\n\n![y](http://z)\n\n<script>1</script>\n\n[a](javascript:b) [c](http://d)")) == 4


@pytest.mark.parametrize("format", formats())
@pytest.mark.parametrize("harm", HARM)
def test_harm_in_a_log(tmp_path: Path, format: str, harm: str) -> None:
    poisoned(tmp_path, HARM[harm])
    status, out, err = answer(["analyze", ".", "-f", format], tmp_path)
    text = out.decode("utf-8")

    assert status == 0
    assert "defect" not in err
    if format == "json":
        assert json.loads(text)["incidents"] != []
    else:
        assert FORBIDDEN.findall(text) == []
        assert "could not" not in err
    if format == "html":
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert not re.search(r"<[^>]*onmouseover='alert", text)
        assert "http://evil.example/z.png" not in re.findall(r'(?:src|href)="([^"]*)"', text)
    if format == "md":
        assert active(text) == []


@pytest.mark.parametrize("format", formats())
def test_bytes_that_are_no_text(tmp_path: Path, format: str) -> None:
    """Lone surrogates, from bytes of no encoding and from escapes in JSON, come out as valid UTF-8."""
    (tmp_path / "AMQERR01.LOG").write_bytes(
        (CASE / "client" / "AMQERR01.LOG").read_bytes().replace(b"harb81", b"\xff\xc3(")
    )
    line = b'{"ibm_messageId":"AMQ9633E","ibm_datetime":"2023-05-16T07:46:35.000Z","host":"h\\ud800",'
    line += b'"message":"AMQ9633E: \\udfff"}\n'
    (tmp_path / "AMQERR01.json").write_bytes(line)
    status, out, err = answer(["analyze", ".", "-f", format], tmp_path)

    assert status == 0
    assert "defect" not in err
    out.decode("utf-8")


@pytest.mark.parametrize("command", ["records", "ffst"])
@pytest.mark.parametrize("harm", HARM)
def test_harm_in_records(tmp_path: Path, command: str, harm: str) -> None:
    poisoned(tmp_path, HARM[harm])
    status, out, err = answer([command, "."], tmp_path)

    assert status == 0
    assert "defect" not in err
    assert all(isinstance(json.loads(line), dict) for line in out.decode().splitlines() if command == "records")


@pytest.mark.parametrize("harm", HARM)
def test_harm_in_a_bundle(tmp_path: Path, harm: str) -> None:
    """What is shown of it, and the names of its members, which somebody unpacks."""
    poisoned(tmp_path, HARM[harm])
    status, _, err = answer(["bundle", ".", "-o", "x.zip"], tmp_path)

    assert status == 0
    assert "defect" not in err
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        for each in archive.namelist():
            assert re.fullmatch(r"[^/\\:]+(?:/[^/\\:]+)?", each)
            assert FORBIDDEN.findall(each) == []
            if each.endswith((".txt", ".md", ".html")):
                assert FORBIDDEN.findall(archive.read(each).decode("utf-8")) == []


@pytest.mark.parametrize("harm", HARM)
def test_harm_in_what_is_asked(tmp_path: Path, harm: str) -> None:
    for args in (["explain", f"x{HARM[harm]}"], ["analyze", HARM[harm].replace("\0", "")], ["render", HARM[harm]],
                 ["analyze", ".", "--tz", HARM[harm]], ["analyze", ".", "--since", HARM[harm]],
                 ["analyze", ".", "-f", HARM[harm]], ["score", HARM[harm]], ["analyze", ".", "--lang", HARM[harm]],
                 ["analyze", ".", "--encoding", HARM[harm]], ["analyze", ".", "--rules", HARM[harm]]):  # fmt: skip
        status, out, err = answer(args, tmp_path)

        assert status == 2
        assert "defect" not in err
        assert FORBIDDEN.findall(out.decode("utf-8") + err) == []


@pytest.mark.parametrize("form", ["terminal", "json"])
def test_harm_in_a_log_that_is_followed(tmp_path: Path, form: str) -> None:
    """All of it, one log after the other, from a pipe, as it comes."""
    for number, harm in enumerate(HARM.values()):
        (tmp_path / str(number)).mkdir()
        poisoned(tmp_path / str(number), harm)
    logs = b"".join(each.read_bytes() for each in sorted(tmp_path.rglob("AMQERR*")))
    done = subprocess.run(
        [sys.executable, "-m", "mqdiag", "follow", "-f", form, "--wait", "0.1"],
        input=logs, capture_output=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    text = (done.stdout + done.stderr).decode("utf-8")

    assert "certificate-revoked" in text
    if form == "terminal":
        assert FORBIDDEN.findall(text) == []
    else:
        assert all(isinstance(json.loads(line), dict) for line in done.stdout.decode("utf-8").splitlines())
        assert re.findall("[\x00-\x08\x0b-\x1f\x7f]", text) == []


@pytest.mark.parametrize("form", formats())
def test_harm_in_a_saved_report(tmp_path: Path, form: str) -> None:
    """Somebody sends a report for `render`, and it is none of ours."""
    poisoned(tmp_path, "x")
    _, out, _ = answer(["analyze", ".", "-f", "json"], tmp_path)
    harm = json.dumps("".join(HARM.values()))[1:-1]
    for field in ("title", "path", "says", "channel", "host", "text", "mqdiag", "do", "why", "subject"):
        report = re.sub(rf'("{field}": ")', lambda match: match[1] + harm, out.decode("utf-8"))
        (tmp_path / "r.json").write_text(report, encoding="utf-8")
        status, shown, err = answer(["render", "r.json", "-f", form], tmp_path)

        assert (status, err) == (0, "")
        assert form == "json" or FORBIDDEN.findall(shown.decode("utf-8")) == []
        assert form != "md" or active(shown.decode("utf-8")) == []
