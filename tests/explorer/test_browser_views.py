"""The explorer's page: what is opened in it and taken from it, the tour, themes, small screens, keyboards, screen readers."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Download, expect

from gridsim.explorer.page import TOUR, VIEWS
from tests.command_line import BAD
from tests.explorer.conftest import MARKET, Viewer

pytestmark = pytest.mark.browser
Visit = Callable[..., Viewer]
GROWTH = "demand.growth_gw"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
OWN = MARKET.replace("Six utilities & a rush", "A market <b>of my own</b>").replace("growth_gw: 20", "growth_gw: 40")


def saved(viewer: Viewer, name: str) -> tuple[Path, str]:
    """What a button saves, and under which name."""
    with viewer.page.expect_download() as found:
        viewer.page.get_by_role("button", name=name).first.click()
    download: Download = found.value
    assert download.failure() is None
    return Path(download.path()), download.suggested_filename


def still_works(viewer: Viewer) -> bool:
    """Whether a lever still moves the market."""
    before = viewer.text("#result")
    return viewer.after(lambda: viewer.press(GROWTH, "ArrowRight")).text("#result") != before


def test_the_page_is_told_to_load_nothing_from_elsewhere_and_to_evaluate_no_text(viewer: Viewer):
    answer = viewer.page.request.get(viewer.address)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_scenario_dropped_onto_the_page_is_opened_and_fits_into_a_link(viewer: Viewer, visit: Visit):
    first = viewer.text("#result")
    viewer.after(lambda: viewer.drop("mine.yaml", OWN))
    assert viewer.text("#scenario-title").casefold() == "a market <b>of my own</b>"
    assert viewer.value(GROWTH) == 40
    assert viewer.choices["against"] == "opened"
    assert viewer.text("#result") != first
    assert still_works(viewer)
    assert "as opened" in viewer.text("#headline")
    other = visit("?" + viewer.query)
    assert other.seen == viewer.seen
    assert other.text("#scenario-title") == viewer.text("#scenario-title")


def test_a_broken_file_is_refused_line_by_line_and_the_page_stays_as_it_was(viewer: Viewer):
    first = viewer.seen
    viewer.drop("bad.yaml", BAD)
    notice = viewer.page.locator("#notice")
    expect(notice).to_contain_text("bad.yaml was not opened")
    lines = notice.locator("li").all_inner_texts()
    assert any(re.search(r"bad\.yaml:2:\d+\b.*horizon_months", line) for line in lines), lines
    assert any(re.search(r"bad\.yaml:3:\d+\b.*horizons", line) for line in lines), lines
    assert viewer.seen == first
    assert still_works(viewer)
    expect(viewer.page.get_by_role("alert").first).to_be_attached()


def test_a_broken_text_is_refused_where_it_was_pasted_and_a_mended_one_is_opened(viewer: Viewer):
    page = viewer.page
    page.get_by_role("button", name="Open", exact=True).click()
    box = page.get_by_label("Scenario, YAML")
    for text, said in ((BAD, r":2:\d+\b.*horizon_months"), ("a: [", r":1:\d+"), ("", "empty"), ("42", "")):
        box.fill(text)
        page.get_by_role("button", name="Open it").click()
        problems = page.locator("#paste-problems li")
        expect(problems.filter(has_text=re.compile(said)).first).to_be_visible()
    assert page.locator("#notice").inner_text() == ""
    box.fill(OWN)
    viewer.after(page.get_by_role("button", name="Open it").click)
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert viewer.value(GROWTH) == 40
    assert still_works(viewer)


def test_a_file_of_more_than_256_kb_is_refused(viewer: Viewer):
    viewer.drop("large.yaml", OWN + "# long\n" * 40_000)
    expect(viewer.page.locator("#notice")).to_contain_text("larger than 256 kB")
    assert still_works(viewer)


def test_a_chart_is_saved_as_a_table_with_every_row_and_as_pictures(viewer: Viewer):
    path, name = saved(viewer, "CSV: Many runs")
    assert name == "gridsim-market.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 36
    assert all(float(value) >= 0 for row in rows for key, value in row.items() if key != "month")
    path, name = saved(viewer, "PNG: Many runs")
    assert name == "gridsim-market.png"
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size > 20_000
    path, name = saved(viewer, "SVG: Many runs")
    assert name == "gridsim-market.svg"
    svg = path.read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert "result " + viewer.text("#result").split()[-1] in svg


@pytest.mark.parametrize(("view", "rows"), [("Scarcity", 36), ("Agents", 15)])
def test_a_chart_of_one_run_is_saved_with_every_row(viewer: Viewer, view: str, rows: int):
    viewer.after(lambda: viewer.tab(view))
    button = viewer.page.locator("#view-body [data-take=csv]").first
    with viewer.page.expect_download() as found:
        button.click()
    with Path(found.value.path()).open(encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == 1 + rows


def test_the_exported_page_works_without_a_server(viewer: Viewer, browser: Browser, tmp_path: Path):
    viewer.after(lambda: viewer.press(GROWTH, "ArrowRight"))
    path, name = saved(viewer, "Export")
    assert name.endswith(".html")
    copy = tmp_path / "exported.html"
    copy.write_bytes(path.read_bytes())
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked: list[str] = []
    faults: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if not request.url.startswith(("data:", "blob:")) else None
    )
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(copy.as_uri())
    page.locator(".main-svg").first.wait_for()
    assert asked == [copy.as_uri()]
    assert faults == []
    assert viewer.text("#result").split()[-1] in page.content()
    context.close()


def test_share_and_cite_name_the_result(viewer: Viewer):
    page, result = viewer.page, viewer.text("#result").split()[-1]
    viewer.after(lambda: viewer.press(GROWTH, "ArrowRight"))
    result = viewer.text("#result").split()[-1]
    page.get_by_role("button", name="Share").click()
    expect(page.locator("#copy-link")).to_have_text(page.url)
    for name, what in (("YAML", "growth_gw: 25"), ("Command", "--set demand.growth_gw=25"), ("Python", "25")):
        page.get_by_role("dialog").get_by_role("tab", name=name).click()
        expect(page.locator(f"#copy-{name.lower()}")).to_contain_text(what)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Cite: Many runs").click()
    expect(page.get_by_role("dialog")).to_contain_text(result)


def test_all_views_are_in_sight_on_a_laptop(viewer: Viewer):
    widths = viewer.page.evaluate(
        "() => { const l = document.querySelector('[role=tablist]'); return [l.scrollWidth, l.clientWidth]; }"
    )
    assert widths[0] <= widths[1]


def test_the_tour_ticks_its_five_steps_off_as_they_are_done(viewer: Viewer):
    page = viewer.page
    page.get_by_role("button", name="Tour").click()
    steps = page.locator("#tour li")
    expect(steps).to_have_count(len(TOUR))
    page.get_by_text("What goes wrong (mechanisms)").click()
    acts = {
        "lever": lambda: viewer.press(GROWTH, "ArrowRight"),
        "difference": page.locator(".tile[data-measure=duplicate_mw]").click,
        "mechanism": lambda: (page.locator("#switch-m01_speculation").focus(), page.keyboard.press("Space")),
        "view": lambda: viewer.tab("Map"),
        "share": page.get_by_role("button", name="Share").click,
    }
    for done, (step, _) in enumerate(TOUR):
        expect(page.locator("#tour li.done")).to_have_count(done)
        acts[step]()
        expect(page.locator(f'#tour li[data-step="{step}"]')).to_have_class(re.compile("done"))
    expect(page.locator("#tour-state")).to_have_text("All five done.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Close the tour").click()
    expect(page.locator("#tour")).to_be_hidden()


def test_the_theme_that_was_chosen_stays_after_a_reload(viewer: Viewer):
    page, root = viewer.page, viewer.page.locator("html")
    colour = "() => getComputedStyle(document.body).backgroundColor"
    expect(root).to_have_attribute("data-mantine-color-scheme", "light")
    light = page.evaluate(colour)
    page.get_by_role("button", name="Dark").click()
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
    dark = page.evaluate(colour)
    assert dark != light
    page.reload()
    viewer.until("() => Boolean(window.gridsim && gridsim.choices)")
    viewer.rested()
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
    expect(page.locator("#theme-button")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(colour) == dark


def test_a_system_that_asks_for_a_dark_page_gets_one(visit: Visit):
    viewer = visit(color_scheme="dark")
    expect(viewer.page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    expect(viewer.page.locator("#theme-button")).to_have_attribute("aria-pressed", "true")


def test_on_a_narrow_screen_the_levers_open_as_a_sheet_and_nothing_is_wider_than_the_screen(visit: Visit):
    viewer = visit(viewport={"width": 390, "height": 800}, has_touch=True)
    page, levers = viewer.page, viewer.page.locator("#levers")
    expect(levers).to_be_hidden()
    button = page.get_by_role("button", name="Levers", exact=True)
    button.click()
    expect(levers).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    before = viewer.tiles
    thumb = viewer.slider(GROWTH)
    thumb.scroll_into_view_if_needed()
    box = thumb.bounding_box()
    assert box is not None
    viewer.after(lambda: page.touchscreen.tap(box["x"] + 120, box["y"] + box["height"] / 2))
    assert viewer.value(GROWTH) > 20
    assert viewer.tiles != before
    button.click()
    expect(levers).to_be_hidden()
    for name in VIEWS.values():
        if page.get_by_role("tab", name=name, exact=True).get_attribute("aria-selected") != "true":
            viewer.after(lambda name=name: viewer.tab(name))
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390, name


def test_the_keyboard_reaches_every_control_and_the_way_past_the_levers_comes_first(viewer: Viewer):
    page = viewer.page
    page.evaluate(
        """() => { window.reached = []; document.querySelector("details.mechanisms").open = true;
        document.getElementById("tour").hidden = false; }"""
    )
    wanted = page.evaluate(
        """() => {
        window.wanted = [...document.querySelectorAll("a[href], button, input, textarea, summary, [role=slider], [role=tab]")]
          .filter((e) => e.checkVisibility() && !e.disabled && e.type !== "hidden" && !e.closest("[aria-hidden=true]"))
          .filter((e) => e.tabIndex >= 0);
        return window.wanted.length; }"""
    )
    note = """() => {
        const at = document.activeElement, r = at.getBoundingClientRect();
        window.reached.push(at);
        return {first: at.className, end: at === document.body || window.reached.indexOf(at) < window.reached.length - 1,
          seen: r.bottom > 0 && r.top < innerHeight && r.width > 0, what: at.outerHTML.slice(0, 160)}; }"""
    page.keyboard.press("Tab")
    at = page.evaluate(note)
    assert at["first"] == "skip"
    for _ in range(wanted + 40):
        assert at["seen"], at["what"]
        page.keyboard.press("Tab")
        at = page.evaluate(note)
        if at["end"]:
            break
    missed = page.evaluate("() => wanted.filter((e) => !reached.includes(e)).map((e) => e.outerHTML.slice(0, 160))")
    assert missed == []
    hidden = """() => [...document.querySelectorAll("button")].filter((e) => e.checkVisibility() && e.tabIndex < 0
        && e.getAttribute("role") !== "tab" && !e.closest("[aria-hidden=true]")).map((e) => e.outerHTML.slice(0, 160))"""
    assert page.evaluate(hidden) == []


def test_the_arrow_keys_walk_through_all_views(viewer: Viewer):
    tab = viewer.page.get_by_role("tab", name="Market", exact=True)
    tab.focus()
    walked = []
    for _ in VIEWS:
        walked.append(viewer.choices["view"])
        viewer.after(lambda: viewer.page.keyboard.press("ArrowRight"))
    assert walked == list(VIEWS)


def violations(viewer: Viewer) -> list[str]:
    """What axe finds: rule and places."""
    found: list[dict[str, Any]] = viewer.page.evaluate(
        "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
    )
    return [f"{one['id']}: {', '.join(str(node['target']) for node in one['nodes'][:4])}" for one in found]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_any_view_or_window(visit: Visit, width: int, scheme: str):
    viewer = visit(
        "?" + GROWTH + "=30", viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = viewer.page
    page.evaluate(AXE)
    found: dict[str, list[str]] = {}
    if width < 900:
        page.locator("#levers-button").click()
    page.get_by_text("What goes wrong (mechanisms)").click()
    page.get_by_role("button", name="Tour").click()
    found["Tour and mechanisms"] = violations(viewer)
    page.get_by_role("button", name="Close the tour").click()
    if width < 900:
        page.locator("#levers-button").click()
    for name in VIEWS.values():
        if name != "Market":
            viewer.after(lambda name=name: viewer.tab(name))
        if name in ("Market", "Scarcity"):  # the tables are made alike in every view
            page.evaluate("() => document.querySelectorAll('main details').forEach((twin) => { twin.open = true; })")
        found[name] = violations(viewer)
    viewer.after(lambda: viewer.tab("Market"))
    for button in ("#share-button", "#open-button", "[data-take=cite]"):
        page.locator(button).first.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        page.wait_for_timeout(300)
        found[button] = violations(viewer)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
    assert {name: faults for name, faults in found.items() if faults} == {}
