"""Markdown, read as a ticket system reads it: what a log says is text and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from sample_reports import full_report, hostile_report, incident, many_incidents, report

from mqdiag.render import Screen, render, report_page
from mqdiag.render._document import Document, Paragraph, Table, document
from mqdiag.render._visible import visible
from mqdiag.render.json import data, dumps, load
from mqdiag.render.md import lines_of, prose, written

OURS = {
    "heading_open", "heading_close", "paragraph_open", "paragraph_close", "bullet_list_open", "bullet_list_close",
    "ordered_list_open", "ordered_list_close", "list_item_open", "list_item_close", "inline", "text", "code_inline",
    "strong_open", "strong_close", "em_open", "em_close", "hardbreak", "softbreak", "text_special",
    "table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close", "tr_open", "tr_close",
    "th_open", "th_close", "td_open", "td_close",
}  # fmt: skip
ATTACK = (
    "[a](javascript:x) ![b](http://192.0.2.1/p.png) <script>x</script> <http://192.0.2.1> https://evil.example/x "
    "www.evil.example ops@evil.example @team #12 !34 GH-5 :smile: | `tick` ``two`` *em* __strong__ ~~gone~~ $x$ "
    "&lt; # head > quote - item 1. first C:\\x\\`y"
)


def reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def tokens(text: str) -> list[tuple[str, str]]:
    """The kinds and contents of everything in a page, that of lines too."""
    found = []
    for each in reader().parse(text):
        found.append((each.type, each.content if not each.children else ""))
        found += [(child.type, child.content) for child in each.children or ()]
    return found


def md(text: str) -> str:
    """The page of a report in which a log says this everywhere."""
    made = dumps(data(hostile_report())).replace("[red]x[/red]", dumps(text)[1:-1])
    return render(report_page(load(made, "")), "md", Screen())


def test_a_log_is_text_and_nothing_else() -> None:
    page = md(ATTACK)
    outside = " ".join(content for kind, content in tokens(page) if kind == "text")

    assert {kind for kind, _ in tokens(page)} <= OURS
    assert re.search(r"://|www\.|\w@\w|(?<!\w)[@#!]\w|:smile:|GH-\d", outside) is None
    assert "<script>x</script>" in outside


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_any_text_comes_out_as_it_went_in(text: str) -> None:
    found = tokens(f"- {prose(text)}")
    said = "".join(content for kind, content in found if kind in ("text", "code_inline", "text_special"))

    assert {kind for kind, _ in found} <= OURS
    assert squeezed(said) == squeezed(visible(text))


def squeezed(text: str) -> str:
    return re.sub(r"[\s`]+", "", text)


@given(st.text("`|\\*_[]<> ab1.-+#&@:/", max_size=40))
def test_a_cell_stays_one_cell(text: str) -> None:
    page = "\n".join(lines_of(Table(("one", "two"), ((text, "end"),))))
    kinds = [kind for kind, _ in tokens(page)]

    assert kinds.count("td_open") == 2
    assert set(kinds) <= OURS


def test_one_incident_is_one_screen() -> None:
    verdict, _, rest = render(report_page(report(incident())), "md", Screen()).partition("\n### Read by")

    assert verdict.count("\n") <= 40
    assert rest


def test_the_page_of_one_incident() -> None:
    lines = render(report_page(report(incident())), "md", Screen()).splitlines()

    assert lines[0] == "### The queue manager's certificate is revoked (certain)"
    assert lines[2:4] == [
        "Refused by the client, channel HARB.APP1, queue manager HARB1  ",
        "3 times, from 2024-03-19 13:20:11 to 13:23:11 UTC",
    ]
    assert (
        "1. `client/AMQERR01.LOG:12` 13:20:11.587 client **AMQ9633E** (origin): "
        "GSKit validation code 575032: the certificate is revoked"
    ) in lines
    assert "- subject: `CN=qm1.harbour.example.net,O=Harbour Desk, Inc.,C=AU`" in lines
    assert "- On desk-pc07: `openssl ocsp -url http://192.0.2.31:2560/` prints revoked." in lines


def test_many_incidents_begin_with_a_table() -> None:
    page = render(report_page(many_incidents(5)[0]), "md", Screen())

    assert page.startswith("### 5 incidents\n\n|  | verdict | confidence |")
    assert [kind for kind, _ in tokens(page)].count("tr_open") == 6


@pytest.mark.parametrize("text", ["- a list", "1. a list", "# a title", "+ a", "> a quote", "=== x", "    code"])
def test_a_sentence_does_not_begin_something_else(text: str) -> None:
    (line,) = written(Document((Paragraph(text),)))

    assert [kind for kind, _ in tokens(line)][:2] == ["paragraph_open", "inline"]


def test_pages_of_hostile_and_plain_reports_are_one_document() -> None:
    for each in (full_report(), hostile_report()):
        assert {kind for kind, _ in tokens("\n".join(written(document(each))))} <= OURS
