"""The page as a browser shows it."""

import os
import re
from itertools import pairwise
from shutil import which

import pytest

from _processes import PATIENCE
from _report_data import COUNTS, MEANS, made_up_data, made_up_explanation, made_up_runs
from keras_mtl.report.page import write_report

pytestmark = pytest.mark.slow
SIZES = {"desk": (1280, 900), "phone": (360, 740)}
QUIET = ("gpu", "background-networking", "component-update", "sync")
CONTRAST = """() => {
  const context = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgb = color => {
    context.clearRect(0, 0, 1, 1); context.fillStyle = color; context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const light = color => rgb(color).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, place) => sum + v * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = element => {
    for (let one = element; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if (rgb(color)[3] > 250) return color;
    }
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].some(node => node.nodeType == 3 && node.data.trim());
    if (!text || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const ink = element.closest("svg") ? style.fill : style.color;
    const [dark, bright] = [light(ink), light(behind(element))].sort((a, b) => a - b);
    found.push([element.textContent.trim().slice(0, 40), (bright + 0.05) / (dark + 0.05)]);
  }
  return found;
}"""


def browser_path():
    """Where Chromium is; a test is skipped where there is none, unless CHROMIUM says where."""
    if "CHROMIUM" in os.environ:
        return os.environ["CHROMIUM"]
    found = which("chromium") or which("chromium-browser") or which("google-chrome")
    return found or pytest.skip("Chromium is not on the path.")


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", *(f"--disable-{name}" for name in QUIET)]
    path = browser_path()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=flags)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    return write_report(made_up_data(explanation=made_up_explanation()), path).as_uri()


@pytest.fixture
def opened(browser, address, request):
    """Open the page; fail at the end if it has logged or asked for anything."""
    said, contexts = [], []

    def open_page(size="desk", dark=False, **more):
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url))
        page.goto(address, timeout=PATIENCE)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [one for one in said if one != address and not one.startswith("data:")] == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_fits_and_can_be_read(opened, size, dark):
    page = opened(size, dark)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    wide, shown = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    assert wide <= shown
    contrasts = page.evaluate(CONTRAST)
    assert len(contrasts) > 100
    assert [one for one in contrasts if one[1] < 4.5] == []
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", background)[:3]))
    assert brightness < 128 if dark else brightness > 700
    # Text of pictures is as large as on paper, on a phone too.
    sizes = page.evaluate(
        "[...document.querySelectorAll('figure text')].filter(one => one.checkVisibility())"
        ".map(one => [one, one.ownerSVGElement]).map(([one, svg]) => "
        "parseFloat(getComputedStyle(one).fontSize) * svg.clientWidth / svg.viewBox.baseVal.width)"
    )
    assert len(sizes) > 20 and min(sizes) >= 10.5


def test_its_numbers_are_those_of_the_results(opened):
    page, runs = opened(), made_up_runs()
    cells = page.evaluate(
        "[...document.querySelector('#scores tbody').rows].map(row => "
        "[row.cells[0].innerText.trim(), ...[...row.querySelectorAll('data')]"
        ".map(one => [one.value, one.innerText])])"
    )
    assert [row[0] for row in cells] == list(MEANS)
    for strategy, *shown in cells:
        for labels, (value, text) in zip(COUNTS, shown, strict=True):
            scores = [r.score for r in runs if (r.strategy, r.labels) == (strategy, labels)]
            assert float(value) == pytest.approx(sum(scores) / len(scores))
            assert text == f"{100 * float(value):.1f}%"


def test_it_can_be_read_by_keyboard_and_by_ear(opened):
    page = opened()
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map(one => Number(one.tagName[1]))"
    )
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    counts = page.evaluate(
        "Object.fromEntries(['header', 'nav', 'main', 'footer', 'html[lang]', 'figure', "
        "'figure figcaption', 'figure img[alt]', 'figure [role=img][aria-label]', 'table', "
        "'table caption', "
        "'tbody tr', 'tbody th[scope=row]', 'thead th', 'thead th[scope=col]']"
        ".map(name => [name, document.querySelectorAll(name).length]))"
    )
    assert [counts[name] for name in ("header", "nav", "main", "footer", "html[lang]")] == [1] * 5
    assert counts["figure"] == counts["figure figcaption"]
    shown = counts["figure [role=img][aria-label]"] + counts["figure img[alt]"]
    assert counts["figure"] == shown and counts["figure [role=img][aria-label]"] >= 6
    assert counts["table"] == counts["table caption"] >= counts["figure [role=img][aria-label]"]
    assert counts["tbody tr"] == counts["tbody th[scope=row]"]
    assert counts["thead th"] == counts["thead th[scope=col]"]

    wanted = "a[href], summary, [tabindex='0']"
    stops = page.evaluate(
        f'[...document.querySelectorAll("{wanted}")].filter(one => one.checkVisibility({{'
        "contentVisibilityAuto: true})).length"
    )
    reached, outlined = [], []
    for _ in range(stops):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
        outlined.append(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
        if reached[-1].startswith("<summary"):
            page.keyboard.press("Enter")
    assert "skip" in reached[0] and set(outlined) == {"solid"}
    assert len(set(reached)) >= stops


def test_it_prints_with_all_tables_open_and_black_on_white(opened):
    page = opened(dark=True)
    page.emulate_media(media="print", color_scheme="dark")
    heights = page.evaluate(
        "[...document.querySelectorAll('table')].map(one => one.getBoundingClientRect().height)"
    )
    assert len(heights) >= 5 and min(heights) > 40
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(31, 35, 40)"
    assert page.pdf().startswith(b"%PDF")
