"""The HTML report, looked at in a headless Chromium."""

from __future__ import annotations

import time
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import browser
import pytest
from sample_reports import full_report, hostile_report, incident, many_incidents, report, report_of_ffst
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from mqdiag.render import Screen, render, report_page
from mqdiag.render._ffst import ffst_page
from mqdiag.render._visible import UNSEEN
from mqdiag.render.json import data, dumps, load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

    from mqdiag.model import Report, Span

MANY = 3000
ATTACK = "<img src=x onerror='window.hit=1'><script>window.hit=1</script>\"' {{ 7 * 7 }} javascript:window.hit=1"


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chrome]:
    with browser.window() as driver:
        yield driver


def html(report: Report, raw: Mapping[Span, str] | None = None) -> str:
    return render(report_page(report, raw), "html", Screen())


def opened(chrome: Chrome, folder: Path, text: str) -> None:
    """The page in the browser, seen as a desk's screen."""
    page = folder / "report.html"
    page.write_text(text, encoding="utf-8")
    browser.emulate(chrome)
    browser.requested(chrome)
    chrome.get_log("browser")
    chrome.get(page.as_uri())
    assert set(browser.requested(chrome)) == {page.as_uri()}
    assert [each["message"] for each in chrome.get_log("browser") if each["level"] == "SEVERE"] == []


def all_of(inside: Chrome | WebElement, selector: str) -> list[WebElement]:
    return inside.find_elements(By.CSS_SELECTOR, selector)


def texts(inside: Chrome | WebElement, selector: str) -> list[str]:
    return [each.text for each in all_of(inside, selector)]


def one(inside: Chrome | WebElement, selector: str) -> WebElement:
    (found,) = all_of(inside, selector)
    return found


# ---- one incident ----------------------------------------------------------------------------------------------


@pytest.fixture
def single(chrome: Chrome, tmp_path: Path) -> Chrome:
    found = report(incident())
    raw = {each.span: f"record {number}\n\tsecond line" for number, each in enumerate(found.incidents[0].evidence)}
    opened(chrome, tmp_path, html(found, raw))
    return chrome


def test_one_incident_is_on_the_page(single: Chrome) -> None:
    assert texts(single, ".incident h2") == ["The queue manager's certificate is revoked certain"]
    assert "Refused by the client" in one(single, ".standing").text
    assert "CN=qm1.harbour.example.net" in one(single, ".certificate").text
    assert len(texts(single, ".remedies .steps > li")) == 2
    assert len(all_of(single, ".evidence li")) == 5
    assert texts(single, ".bars > li b") == ["client/AMQERR01.LOG", "unknown.bin"]
    assert all_of(single, "#filter") == []


def test_the_picture_shows_the_refusal_from_the_judge_to_the_victim(single: Chrome) -> None:
    client, server = (each.rect for each in all_of(single, "figure .lane rect"))
    judge, victim = (one(single, f"figure a[href='#i1e{number}'] circle").rect for number in (1, 2))
    arrow = one(single, "figure .refusal line")
    line = {name: float(arrow.get_attribute(name)) for name in ("x1", "x2", "y1", "y2")}

    assert len(all_of(single, "figure a")) == 4
    assert client["x"] < judge["x"] < client["x"] + client["width"] <= server["x"] < victim["x"]
    assert judge["y"] < victim["y"]
    assert line["x1"] < line["x2"]
    assert arrow.is_displayed()
    assert texts(single, "figure .refusal text") == ["refused"]
    assert "judge" in one(single, "figure .lane.client").text
    assert "3×" in one(single, "figure .attempts").text


def test_verdict_and_remedy_stand_beside_the_picture(single: Chrome) -> None:
    figure, remedies = one(single, "figure").rect, one(single, ".remedies").rect

    assert remedies["x"] >= figure["x"] + figure["width"]
    assert remedies["y"] < figure["y"] + figure["height"]


def test_evidence_unfolds_to_the_record(single: Chrome) -> None:
    record = one(single, "#i1e1 details.raw")
    assert not all_of(record, ".log")[0].is_displayed()
    one(record, "summary").click()

    assert one(record, "summary").text == "the record, lines 12 to 40"
    assert one(record, "pre.numbers").text == "12\n13"
    assert one(record, "pre:last-child").get_property("textContent") == "record 0\n\tsecond line"


def test_a_number_in_the_picture_unfolds_its_record(single: Chrome) -> None:
    single.execute_script("arguments[0].dispatchEvent(new Event('click', {bubbles: true}))",
                          one(single, "figure a[href='#i1e2'] circle"))  # fmt: skip

    assert one(single, "#i1e2 details.raw").get_attribute("open")
    assert not one(single, "#i1e1 details.raw").get_attribute("open")


def test_a_saved_report_says_that_it_has_no_records(chrome: Chrome, tmp_path: Path) -> None:
    opened(chrome, tmp_path, html(load(dumps(data(full_report())), "")))

    assert all_of(chrome, "details.raw") == []
    assert "the text of the records is not in it" in one(chrome, "footer").text
    assert "does not hold when the single attempts were" in chrome.page_source


@pytest.mark.parametrize(("width", "scheme"), [(1120, "light"), (1120, "dark"), (390, "light"), (320, "dark")])
def test_it_fits_screens_large_and_small(single: Chrome, width: int, scheme: str) -> None:
    browser.emulate(single, width=width, scheme=scheme)
    wide, paper, ink = single.execute_script(
        "const style = getComputedStyle(document.body);"
        "return [document.documentElement.scrollWidth, style.backgroundColor, style.color]"
    )

    assert wide <= width
    assert (lightness(paper) < lightness(ink)) == (scheme == "dark")
    assert single.execute_script("return document.querySelector('figure').getBoundingClientRect().width") > 250


def lightness(colour: str) -> int:
    return sum(int(each) for each in colour.removeprefix("rgb(").removesuffix(")").split(","))


def test_it_prints(single: Chrome) -> None:
    assert single.print_page().startswith("JVBER")  # %PDF in base64
    browser.emulate(single, scheme="dark", media="print")
    paper = single.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"


# ---- many ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """In a browser of its own: it is loaded once."""
    found, raw = many_incidents(MANY)
    begin = time.monotonic()
    text = html(found, raw)
    made = time.monotonic() - begin
    assert len(text) < 25_000_000
    assert made < 30  # about 2 s on a quiet machine
    with browser.window() as driver:
        opened(driver, tmp_path_factory.mktemp("many"), text)
        yield driver


def shown(chrome: Chrome) -> int:
    return chrome.execute_script(
        "return [...document.querySelectorAll('.incident')].filter(each => each.checkVisibility()).length"
    )


def wanted(chrome: Chrome, **values: str) -> int:
    """How many incidents are shown when the filter is set, and what it says of itself must agree."""
    chrome.execute_script(
        "const form = document.querySelector('#filter'); form.reset();"
        "for (const [name, value] of Object.entries(arguments[0])) form.elements[name].value = value;"
        "form.dispatchEvent(new Event('input'))",
        values,
    )
    count = shown(chrome)
    assert one(chrome, "#filter output").text == f"{count} of {MANY} shown"
    return count


def test_three_thousand_incidents_are_a_list_to_open(many: Chrome) -> None:
    assert wanted(many) == MANY
    assert one(many, "h1").text == "3000 incidents"
    first = all_of(many, ".incident")[0]
    assert not all_of(first, "figure")[0].is_displayed()
    all_of(first, "summary")[0].click()
    assert all_of(first, "figure")[0].is_displayed()
    assert all_of(first, "#i1e1 .log")[0].is_displayed() is False


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ({"cause": "connection-lost"}, MANY // 4),
        ({"channel": "CHANNEL.007"}, MANY // 250),
        ({"host": "host3.example.net"}, 429),
        ({"cause": "certificate-revoked", "channel": "CHANNEL.000"}, 6),
        ({"cause": "certificate-revoked", "channel": "CHANNEL.001"}, 0),
        ({"from": "2024-03-19T14:00:00", "until": "2024-03-19T17:20"}, 4),
        ({"until": "2024-03-19T13:20"}, 1),
    ],
)
def test_the_filter(many: Chrome, values: dict[str, str], count: int) -> None:
    assert wanted(many, **values) == count
    assert one(many, "#none").is_displayed() == (count == 0)


def test_the_filter_is_worked_by_hand_too(many: Chrome) -> None:
    wanted(many)
    one(many, "select[name=cause]").send_keys("blocked-by-chlauth", Keys.ENTER)
    WebDriverWait(many, 20).until(lambda chrome: shown(chrome) == MANY // 4)
    one(many, "button[type=reset]").click()
    WebDriverWait(many, 20).until(lambda chrome: shown(chrome) == MANY)


def test_what_is_shown_unfolds_at_once(many: Chrome) -> None:
    count = "return document.querySelectorAll('.incident[open]').length"
    one(many, "#fold").click()
    assert many.execute_script(count) == 0
    wanted(many, channel="CHANNEL.007")
    one(many, "#unfold").click()
    assert many.execute_script(count) == MANY // 250


# ---- what a log says -------------------------------------------------------------------------------------------


def attacked() -> Report:
    text = dumps(data(hostile_report())).replace("[red]x[/red]", dumps(ATTACK)[1:-1])
    return load(text, "")


def test_a_log_cannot_drive_the_browser(chrome: Chrome, tmp_path: Path) -> None:
    found = attacked()
    opened(chrome, tmp_path, html(found, {each.span: ATTACK for each in found.incidents[0].evidence}))

    assert chrome.execute_script("return window.hit") is None
    assert ATTACK in one(chrome, ".evidence li p:not(.head)").text
    assert one(chrome, ".raw pre:last-child").get_property("textContent") == ATTACK
    assert UNSEEN.findall(chrome.find_element(By.TAG_NAME, "body").get_property("textContent").replace("\n", "")) == []


def test_even_a_script_that_got_in_would_not_run(chrome: Chrome, tmp_path: Path) -> None:
    """The page allows its own script by its hash, and nothing else."""
    page = tmp_path / "report.html"
    page.write_text(html(report(incident())).replace("<main>", f"<main>{ATTACK}"), encoding="utf-8")
    chrome.get(page.as_uri())

    assert chrome.execute_script("return window.hit") is None
    assert any("Content Security Policy" in each["message"] for each in chrome.get_log("browser"))


class References(HTMLParser):
    """Every attribute that can make a browser fetch or go somewhere."""

    NAMES = frozenset("src href srcset action formaction poster data background cite ping xlink:href style".split())

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.found += [value or "" for name, value in attributes if name in self.NAMES]


@pytest.mark.parametrize("made", [report(), full_report(), attacked(), many_incidents(50)[0]])
def test_no_outside_reference(made: Report) -> None:
    text = html(made, {})
    reader = References()
    reader.feed(text)

    assert [each for each in reader.found if not each.startswith("#")] == []
    assert "url(" not in text.split("</style>")[0]
    assert "@import" not in text.split("</style>")[0]


# ---- other pages -----------------------------------------------------------------------------------------------


def test_the_other_commands_have_pages_too(chrome: Chrome, tmp_path: Path) -> None:
    event = report_of_ffst().event
    assert event
    opened(chrome, tmp_path, render(ffst_page([event]), "html", Screen()))

    assert texts(chrome, "h2") == ["FFST reports: 1", "By probe id"]
    assert "xcsDisplayMessage" in texts(chrome, "table")[0]


def test_no_incident_at_all(chrome: Chrome, tmp_path: Path) -> None:
    opened(chrome, tmp_path, html(report()))

    assert texts(chrome, "h2")[0] == "No failed connection in what was read"
    assert chrome.title == "No failed connection in what was read"
