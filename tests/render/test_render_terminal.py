from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from sample_reports import HOSTILE, full_report, hostile_report, incident, report

from mqdiag.render import Page, Screen, report_page
from mqdiag.render._document import (
    Block,
    Bullets,
    Document,
    Excerpt,
    Excerpts,
    Facts,
    Heading,
    Paragraph,
    Step,
    Steps,
    Table,
    Verdict,
    document,
)
from mqdiag.render._visible import UNSEEN, visible
from mqdiag.render.terminal import paint, write

GOLDEN = Path(__file__).with_name("terminal.txt")
BLOB = "[Class=]GSKVALMethod::X509[Issuer=]"

WIDTHS = (60, 80, 100, 120, 200)


def painted(*blocks: Block, width: int = 80, colour: bool = False, wraps: bool = True) -> str:
    return paint(Document(blocks), Screen(width, colour, wraps))


@pytest.mark.usefixtures("small_knowledge")
def test_one_report_as_it_is_printed() -> None:
    """To renew it: write the left side of the comparison into the file, and read the difference."""
    assert paint(document(full_report()), Screen(80, wraps=True)) == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.usefixtures("small_knowledge")
def test_one_incident_fits_a_screen() -> None:
    verdict, *_ = paint(document(report(incident())), Screen(80, wraps=True)).partition("\nRead by")

    assert verdict.count("\n") <= 45


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.usefixtures("small_knowledge")
def test_lines_fit_the_width(width: int) -> None:
    for each in (full_report(), hostile_report(), report(*[incident()] * 5), report()):
        lines = paint(document(each), Screen(width, wraps=True)).splitlines()

        assert max(map(cell_len, lines)) <= width


@pytest.mark.usefixtures("small_knowledge")
def test_no_line_ends_in_blanks() -> None:
    lines = paint(document(full_report()), Screen(80, wraps=True)).split("\n")

    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.usefixtures("small_knowledge")
def test_brackets_of_a_certificate_are_no_markup() -> None:
    text = paint(document(full_report()), Screen(200, wraps=True))

    assert f"received TLS alert 42 for {BLOB}CN=ca.harbour.example.net,C=AU[#=]0A" in text


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.usefixtures("small_knowledge")
def test_a_log_cannot_drive_the_terminal(colour: bool) -> None:
    text = paint(document(hostile_report()), Screen(80, colour))
    for style in ("0", "1", "2", "1;31", "1;34"):
        text = text.replace(f"\x1b[{style}m", "")

    assert UNSEEN.findall(text.replace("\n", "")) == []


@pytest.mark.usefixtures("small_knowledge")
def test_what_a_log_tried_is_shown() -> None:
    text = paint(document(hostile_report()), Screen(120))

    assert visible(HOSTILE) in text
    assert "\\x1b[2J \\u009b31m \\u202e \\u200b \\x93 [red]x[/red] [Class=]" in text


@pytest.mark.usefixtures("small_knowledge")
def test_without_colour_there_is_no_escape() -> None:
    assert "\x1b" not in paint(document(full_report()), Screen(80, colour=False))


@pytest.mark.usefixtures("small_knowledge")
def test_colour_changes_nothing_but_the_colour() -> None:
    """Whatever colour says, a word says too."""
    plain = paint(document(full_report()), Screen(80))
    coloured = paint(document(full_report()), Screen(80, colour=True))

    assert "\x1b[1;31m" in coloured
    assert stripped(coloured) == plain


def stripped(text: str) -> str:
    import re

    bare = re.sub(r"\x1b\[[\d;]*m", "", text)
    return "".join(line.rstrip(" ") + "\n" for line in bare.splitlines())


@pytest.mark.usefixtures("small_knowledge")
def test_the_machine_s_settings_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line decides on width and colour; rich is not to look for itself."""
    before = paint(document(full_report()), Screen(80))
    for name, value in {"FORCE_COLOR": "1", "COLUMNS": "40", "TERM": "dumb", "TTY_COMPATIBLE": "1"}.items():
        monkeypatch.setenv(name, value)

    assert paint(document(full_report()), Screen(80)) == before


def test_a_name_without_blanks_is_cut_and_nothing_of_it_lost() -> None:
    name = ",".join(f"OU=department{number}" for number in range(30))
    lines = painted(Facts((("subject", name),)), width=60).splitlines()

    assert len(lines) > 5
    assert "".join(line.removeprefix("  subject").strip() for line in lines) == name


def test_wide_characters_count_twice() -> None:
    lines = painted(Paragraph("チャネル" * 40), width=60).splitlines()

    assert "".join(line.strip() for line in lines) == "チャネル" * 40
    assert max(map(cell_len, lines)) <= 60


def test_bullets_and_steps_hang() -> None:
    text = painted(Bullets(("word " * 20,)), Steps((Step("who", "do " * 30, "check"),)), width=60)

    assert text.splitlines() == [
        "  - word word word word word word word word word word word",
        "    word word word word word word word word word",
        "  - who: do do do do do do do do do do do do do do do do do",
        "    do do do do do do do do do do do do do",
        "    check: check",
    ]


TABLE = Table(("report", "pid", "component"), (("a.FDC:1", "7", "xcsOne"), ("bb.FDC:1", "4711", "x")), ("pid",))


def test_a_table_in_columns() -> None:
    assert painted(TABLE).splitlines() == [
        "  report     pid  component",
        "  a.FDC:1      7  xcsOne",
        "  bb.FDC:1  4711  x",
    ]


def test_a_table_too_wide_for_the_terminal_is_stacked() -> None:
    wide = Table(TABLE.columns, (("a" * 30 + ":1", "7", "component" * 3),), TABLE.figures)

    assert painted(wide, width=60).splitlines() == [
        f"  {'a' * 30}:1",
        "      pid 7  componentcomponentcomponent",
    ]


def test_in_a_file_a_row_stays_one_line() -> None:
    wide = Table(TABLE.columns, (("a" * 100 + ":1", "7", "component" * 3),), TABLE.figures)

    assert len(painted(wide, width=60, wraps=False).splitlines()) == 2


def test_a_page_asks_only_for_its_document() -> None:
    def never() -> object:
        raise AssertionError

    assert write(Page(lambda: Document((Heading("H"),)), never), Screen()) == "H\n"


def test_an_empty_document() -> None:
    assert painted() == "\n"


hostile = st.text(st.characters(exclude_categories=()), max_size=60)


@given(hostile, st.integers(1, 130))
def test_any_text_anywhere(text: str, width: int) -> None:
    said = painted(
        Heading(text),
        Verdict(text, "possible", (text,), 1),
        Paragraph(text),
        Facts(((text, text),)),
        Bullets((text,)),
        Excerpts((Excerpt(text, text, text, text, "echo", text),)),
        Steps((Step(text, text, text),)),
        Table((text, "n"), ((text, text),)),
        width=width,
    )

    assert UNSEEN.findall(said.replace("\n", "")) == []


def test_report_pages_are_lazy() -> None:
    page = report_page(report())

    assert callable(page.document)
