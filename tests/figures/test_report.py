"""The report stands alone, is the same every time, and has something to say about any run."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

import gridsim
from gridsim.config.reader import load_text
from gridsim.config.scenario import STRUCTURAL, Mechanisms, Scenario
from gridsim.engine.ensemble import ensemble
from gridsim.engine.result import Result
from gridsim.figures.report import SWITCHES, report_html, write_report
from tests.figures import runs

HOSTILE = '<script>alert(1)</script> & "quotes" </title><img src=x onerror=alert(2)>'


class Elements(HTMLParser):
    """Elements of a page, with their attributes; scripts and styles are not looked into."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


@pytest.fixture(scope="module")
def html(result: Result) -> str:
    return report_html(result, ensemble(result.scenario, range(4)))


def test_the_page_names_nothing_outside_itself(html: str) -> None:
    page = Elements(html)
    for tag, attrs in page.found:
        assert not {"src", "srcset", "data", "action", "poster"} & attrs.keys(), (tag, attrs)
        assert tag != "link"
    assert page.named("html") == [{"lang": "en"}]
    assert any(str(meta.get("content")).startswith("default-src 'none'") for meta in page.named("meta"))


def test_every_chart_has_a_heading_a_caption_a_sentence_and_a_table(html: str) -> None:
    page = Elements(html)
    assert len(page.named("figure")) == len(page.named("figcaption")) == len(page.named("table")) == 12
    plots = [div for div in page.named("div") if div.get("role") == "img"]
    assert len(plots) == 12
    assert all(len(str(div["aria-label"])) > 20 for div in plots)
    assert len({div["id"] for div in plots}) == 12
    assert len(page.named("h1")) == 1


def test_the_page_says_where_its_numbers_come_from(html: str, result: Result) -> None:
    for name in ("gridsim", "scenario_digest", "result_digest", "twin_digest"):
        assert str(result.manifest[name]) in html
    assert "gridsim run scenario.yaml --seed 3 --twin --out DIR" in html


def test_the_scenario_in_the_page_is_the_scenario(html: str, scenario: Scenario) -> None:
    found = re.search(r'<pre class="scenario">(.*?)</pre>', html, re.DOTALL)
    assert found
    assert load_text(unescape(found[1])).digest() == scenario.digest()


def test_a_report_is_the_same_in_every_process(result: Result, tmp_path: Path) -> None:
    path = write_report(result, tmp_path / "report.html")
    first = path.read_bytes()
    assert write_report(result, path).read_bytes() == first
    code = (
        "import hashlib, json, sys, gridsim\n"
        "from gridsim.config.reader import load_text\n"
        "from gridsim.figures.report import report_html\n"
        "result = gridsim.simulate(load_text(sys.stdin.read()), seed=3, twin=True)\n"
        "print(hashlib.sha256(report_html(result).encode()).hexdigest())\n"
    )
    text = result.scenario.model_dump_json(by_alias=True)
    other = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True, check=True)
    assert other.stdout.split() == [hashlib.sha256(first).hexdigest()]
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def hostile(scenario: Scenario) -> Scenario:
    assert scenario.observed is not None
    seen = scenario.observed.model_copy(update={"source": HOSTILE})
    return scenario.model_copy(update={"title": HOSTILE, "description": HOSTILE, "observed": seen})


def test_texts_of_a_scenario_stay_texts(scenario: Scenario) -> None:
    result = gridsim.simulate(hostile(scenario), seed=3)
    html = report_html(result, command=HOSTILE)
    assert not Elements(html).named("img")
    assert "<script>alert" not in html
    assert html.count("</title>") == 1 + html.split("<script>", 1)[1].count("</title>")


@pytest.mark.parametrize("twin", [False, True])
@pytest.mark.parametrize("name", runs.TEXTS)
def test_any_run_has_a_report(name: str, twin: bool) -> None:
    result = runs.run(name, twin=twin)
    html = report_html(result)
    assert '<p class="headline">' in html
    assert not re.search(r"\bnan\b|None", re.sub(r"<(script|pre).*?</\1>", "", html, flags=re.DOTALL))


def test_a_run_without_requests_says_so_instead_of_drawing_empty_charts() -> None:
    html = report_html(runs.run("one month, no request", twin=True))
    plots = [div["id"] for div in Elements(html).named("div") if div.get("role") == "img"]
    assert plots == ["plot-layers", "plot-week"]  # the load in service has GPUs that serve, whoever requests what
    assert html.count('class="missing"') == 9
    assert "Nobody requests power in this run, and nothing more is needed" in html


def test_gaming_that_is_on_is_named() -> None:
    for name, what in SWITCHES.items():
        off = dict.fromkeys(Mechanisms.model_fields, False)
        scenario = load_text(runs.TEXTS["one month, no request"])
        mechanisms = scenario.mechanisms.model_copy(update=off | {name: True})
        result = gridsim.simulate(scenario.model_copy(update={"mechanisms": mechanisms}))
        assert f"Gaming switched on: {what}." in report_html(result)
    assert set(SWITCHES) == set(Mechanisms.model_fields) - set(STRUCTURAL)


def test_a_run_without_a_log_says_so() -> None:
    html = report_html(runs.run("one utility, no developers", record=None))
    assert html.count("kept no log") == 2


def test_a_run_with_unknown_ratios_has_a_report() -> None:
    html = report_html(runs.without_numbers())
    assert "The grid has no capacity to give in this run" in html


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1200, "light")])
def test_in_a_browser_all_charts_are_drawn_and_nothing_is_fetched(
    page, scenario: Scenario, tmp_path: Path, width: int, scheme: str
) -> None:
    result = gridsim.simulate(hostile(scenario), seed=3, twin=True)
    path = write_report(result, tmp_path / "report.html", ensemble(scenario, range(4)))
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}") or dialog.dismiss())
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(path.as_uri())
    page.wait_for_function("document.querySelectorAll('.plot .main-svg').length >= 12")
    drawn = page.evaluate("[...document.querySelectorAll('.plot')].filter(p => p.querySelector('svg')).length")
    assert drawn == 12
    assert asked == [path.as_uri()]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    buttons = page.evaluate("[...document.querySelectorAll('[data-title]')].map(b => b.dataset.title).join()")
    assert "loud" not in buttons
    assert "Studio" not in buttons
