"""All forms tell the same: each labelled case and each hand-made report, in every form."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from sample_cases import Case, all_cases
from sample_cases import report as reported
from sample_reports import full_report, hostile_report, incident, many_incidents, report

from mqdiag.render import Screen, formats, render, report_page
from mqdiag.render._document import Account, document, root_of
from mqdiag.render._schema import schema
from mqdiag.render._visible import visible
from mqdiag.render.json import data, dumps, load

if TYPE_CHECKING:
    from mqdiag.model import Report


class Text(HTMLParser):
    """What a page says, without style and script."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.silent = False

    def handle_starttag(self, tag: str, attributes: object) -> None:
        self.silent = tag in ("style", "script", "svg", "title")

    def handle_endtag(self, tag: str) -> None:
        self.silent = False

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.said.append(data)


def said(text: str, form: str) -> str:
    """What a form says, without what differs between forms: blanks, the marks of code, brackets of a confidence."""
    if form == "md":
        text = MarkdownIt("commonmark").enable("table").render(text)
    if form in ("md", "html"):
        reader = Text()
        reader.feed(text)
        text = "".join(reader.said)
    return squeezed(text)


def squeezed(text: str) -> str:
    return re.sub(r"\((certain|probable|possible)\)", r"\1", re.sub(r"[\s`]+", "", text))


def disagreements(made: Report) -> list[str]:
    """What the JSON says of the incidents and another form does not, in this order."""
    found = []
    value = json.loads(render(report_page(made), "json", Screen()))
    accounts = [each for each in document(made).blocks if isinstance(each, Account)]
    root = root_of([each["path"] for each in value["sources"]])
    assert len(accounts) == len(value["incidents"])
    for form in ("terminal", "md", "html"):
        page, at = said(render(report_page(made), form, Screen(100)), form), 0
        for account, each in zip(accounts, value["incidents"], strict=True):
            wanted = [f"{each['title']} ({each['confidence']})", *account.verdict.facts]
            wanted += [each["channel"] or "channel not known", each["queue_manager"] or ""]
            wanted += [
                f"{each['judge']}'s side" if "'s side" in account.verdict.facts[0] else each["judge"] or "cannot"
            ]
            wanted += [each["certificate"]["subject"] or ""] if each["certificate"] else []
            wanted += [part for one in each["evidence"][:3] for part in (one["says"], one["path"].removeprefix(root))]
            wanted += [f"{one['cause']}: {one['why']}" for one in each["alternatives"]]
            wanted += [*each["missing"], *(one["do"] for one in each["remedies"][:2])]
            begin = page.find(squeezed(visible(wanted[0])), at)
            if begin < 0:
                found.append(f"{form}: {wanted[0]}")
                continue
            if account.long and form != "html":
                continue  # only in the table
            found += [f"{form}: {one}" for one in wanted if squeezed(visible(one)) not in page[begin:]]
            at = begin + 1
    return found


@pytest.mark.parametrize("case", all_cases(), ids=lambda each: each.name)
def test_every_form_of_a_case_says_the_same(case: Case) -> None:
    """And the JSON of every case keeps the schema, and is the same when it was saved and read again."""
    value = reported(case)
    made = load(json.dumps(value), "")

    Draft202012Validator(schema()).validate(value)
    assert json.loads(dumps(data(made))) == value
    assert disagreements(made) == []


@pytest.mark.parametrize(
    "made", [report(), report(incident()), full_report(), hostile_report(), many_incidents(40)[0]]
)  # fmt: skip
def test_every_form_of_a_hand_made_report_says_the_same(made: Report) -> None:
    assert disagreements(made) == []


def test_a_form_that_tells_something_else_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from mqdiag.render import html

    monkeypatch.setattr(html, "visible", lambda text: text.replace("revoked", "fine"))

    assert any(
        each.startswith("html: The queue manager's certificate is revoked") for each in disagreements(full_report())
    )


def test_the_forms() -> None:
    assert formats() == ("terminal", "html", "json", "md")
