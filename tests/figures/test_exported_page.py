"""An exported page stands alone, says what it was given, and lets no text of a scenario become anything else."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs_version

from gridsim.config.reader import load_text
from gridsim.config.written import yaml_text
from gridsim.engine.result import Result
from gridsim.figures import page as pieces
from gridsim.figures import style
from gridsim.figures.charts import Chart, charts
from gridsim.figures.export import export_html
from gridsim.figures.report import report_html
from gridsim.figures.sentences import against_twin, headline

HOSTILE = '<script>alert(1)</script> & "quotes" </title></pre><img src=x onerror=alert(2)> <!-- \'; alert(3)'
BUNDLE = Path(__file__).parents[2] / "gridsim" / "explorer" / "assets" / "plotly-gridsim.min.js"
GOOD: dict[str, Any] = {
    "title": "A title",
    "headline": "Of 10 GW, 2 GW are needed.",
    "scenario_text": "title: A title\n",
    "provenance": {"gridsim": "0.1.0", "result": "e5f6"},
    "plotly_js": "const Plotly = {react() {}};",
}


class Elements(HTMLParser):
    """Elements of a page with their attributes, and the text outside of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["script"], ["style"]):
            self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


def chart(name: str, **more: Any) -> Chart:
    figure = style.new_figure(200)
    figure.add_scatter(x=["2024-01-01", "2024-02-01"], y=[1.0, 2.0])
    table = pd.DataFrame({"month": ["2024-01", "2024-02"], "MW": [1.0, 2.0]})
    given = {"heading": "A heading", "title": "A finding", "caption": "How to read it.", "alt": "A line that rises."}
    return Chart(name, **(given | {"figure": figure, "table": table} | more))


@pytest.fixture(scope="module")
def html(result: Result) -> str:
    return export_html(
        charts(result),
        title=result.scenario.title,
        headline=headline(result),
        findings=against_twin(result),
        description=result.scenario.description,
        scenario_text=yaml_text(result.scenario),
        provenance={name: result.manifest[name] for name in ("gridsim", "model", "result_digest")},
        plotly_js=GOOD["plotly_js"],
        link="https://example.org/?scenario=a&b=1",
        command="gridsim run a.yaml\ngridsim batch a.yaml",
    )


def test_the_page_names_nothing_outside_itself_but_the_link_it_was_made_from(html: str) -> None:
    page = Elements(html)
    assert page.open == []
    for tag, attrs in page.found:
        assert not {"src", "srcset", "data", "action", "poster", "background", "ping"} & attrs.keys(), (tag, attrs)
        assert tag not in ("link", "base", "iframe", "object", "embed", "form", "img")
        assert ("href" in attrs) == (tag == "a")
    assert [a["href"] for a in page.named("a")] == ["https://example.org/?scenario=a&b=1"]
    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert not re.search(r"url\(|@import", "".join(styles))
    assert [meta["content"] for meta in page.named("meta") if "http-equiv" in meta] == [pieces.POLICY]
    assert page.named("html") == [{"lang": "en"}]


def test_the_page_says_all_that_it_was_given(html: str, result: Result) -> None:
    page = Elements(html)
    said = page.text.replace("\u00a0", " ")
    for text in (result.scenario.title, result.scenario.description, headline(result), *against_twin(result)):
        assert text in said
    for text in (
        result.manifest["model"],
        result.manifest["result_digest"],
        "gridsim run a.yaml\ngridsim batch a.yaml",
    ):
        assert text in said
    for one in charts(result):
        for text in (one.heading, one.title, one.caption):
            assert text in said
    assert len(page.named("h1")) == 1
    assert len(page.named("figure")) == len(page.named("figcaption")) == len(page.named("table")) == len(charts(result))
    assert "parquet" not in html


def test_the_scenario_in_the_page_is_the_scenario(html: str, result: Result) -> None:
    found = re.search(r'<pre class="scenario">(.*?)</pre>', html, re.DOTALL)
    assert found
    assert load_text(unescape(found[1])) == result.scenario


def test_what_is_not_given_leaves_no_trace() -> None:
    html = export_html([], **GOOD)
    for word in (
        "To get the same numbers",
        "Made from",
        'class="description"',
        'class="findings"',
        "min-width: 640px; } }",
    ):
        assert word not in html


def hostile(figure: go.Figure) -> dict[str, Any]:
    figure.update_layout(xaxis_title=HOSTILE)
    table = pd.DataFrame({"month": [HOSTILE], HOSTILE: [1.0]})
    texts = dict.fromkeys(("heading", "title", "caption", "alt"), HOSTILE)
    return {**texts, "figure": figure, "table": table}


def test_texts_stay_texts() -> None:
    made = [chart("a", **hostile(chart("b").figure)), Chart("c", HOSTILE, missing=HOSTILE)]
    texts = dict.fromkeys(("title", "headline", "description", "scenario_text", "link", "command", "kicker"), HOSTILE)
    html = export_html(made, **GOOD | texts | {"findings": [HOSTILE], "provenance": {HOSTILE: HOSTILE}})
    page = Elements(html)
    assert page.open == []
    assert not page.named("img")
    assert not page.named("a")
    assert len(page.named("script")) == 3
    assert "<script>alert" not in html
    assert page.text.count("<script>alert(1)</script>") >= 13


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "//example.org", " https://x", "file:///etc"]
)
def test_only_a_page_is_linked(link: str) -> None:
    page = Elements(export_html([], **GOOD, link=link))
    assert not page.named("a")
    assert link in page.text


@pytest.mark.parametrize("end", ["</script>", "</SCRIPT >", "<!-- <script>"])
def test_a_script_cannot_end_its_element(end: str) -> None:
    page = Elements(export_html([], **GOOD | {"plotly_js": f"const a = '{end}<img>';"}))
    assert not page.named("img")
    assert len(page.named("script")) == 2


def test_a_chart_without_a_figure_says_why() -> None:
    html = export_html([Chart("a", "Heading", missing="Nobody asked."), chart("b")], **GOOD)
    assert '<p class="missing">Nobody asked.</p>' in html
    assert len(Elements(html).named("figure")) == 1


def test_every_chart_has_a_place_of_its_own() -> None:
    with pytest.raises(ValueError, match="two charts are called 'a'"):
        export_html([chart("a"), chart("b"), chart("a")], **GOOD)


def test_flows_are_pushed_sideways_on_a_narrow_screen() -> None:
    flows = style.new_figure(300)
    flows.add_sankey(node={"label": ["a", "b"]}, link={"source": [0], "target": [1], "value": [1]})
    html = export_html([chart("plain"), chart("flows", figure=flows)], **GOOD)
    assert "#plot-flows { min-width: 640px; }" in html
    assert "#plot-plain" not in html


def test_it_is_the_same_every_time_and_looks_like_the_report(html: str, result: Result) -> None:
    assert export_html([chart("a")], **GOOD) == export_html([chart("a")], **GOOD)
    report = report_html(result)
    sections = re.compile(r'<section id="([^"]+)".*?</section>', re.DOTALL)
    same = [
        one for one, other in zip(sections.finditer(html), sections.finditer(report), strict=True) if one[0] == other[0]
    ]
    assert len(same) >= 4  # but for the notes of long tables


@pytest.fixture(scope="module")
def bundle() -> str:
    return BUNDLE.read_text("utf-8")


def test_the_small_bundle_is_of_plotlys_version_and_says_its_licence(bundle: str) -> None:
    head = bundle.partition("\n")[0]
    assert f"plotly.js v{get_plotlyjs_version()} " in head
    assert "MIT" in head


def test_a_page_of_thirteen_charts_is_small(result: Result, bundle: str) -> None:
    made = [*charts(result), chart("m13")]
    assert len(made) == 13
    html = export_html(made, **GOOD | {"plotly_js": bundle})
    assert len(html.encode()) < 3_000_000


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (390, "light"), (1200, "dark"), (1200, "light")])
def test_in_a_browser_all_charts_are_drawn_and_nothing_is_fetched(
    page, result: Result, bundle: str, tmp_path: Path, width: int, scheme: str
) -> None:
    bad = chart("bad", **hostile(chart("b").figure))
    made = [*charts(result), bad._replace(points=())]
    texts = dict.fromkeys(("title", "headline", "description", "scenario_text", "link", "command"), HOSTILE * 3)
    path = tmp_path / "page.html"
    path.write_text(export_html(made, **GOOD | texts | {"plotly_js": bundle, "findings": [HOSTILE]}), "utf-8")
    asked, faults = watched(page)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(path.as_uri())
    page.wait_for_function(f"document.querySelectorAll('.plot .main-svg').length >= {len(made)}")
    drawn = page.evaluate("[...document.querySelectorAll('.plot')].filter(p => p.querySelector('svg')).length")
    assert drawn == len(made)
    assert asked == [path.as_uri()]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#fate .sideways").is_visible() == (width == 390)
    ink = page.evaluate("getComputedStyle(document.querySelector('#queue .legendtext')).fill")
    assert (min(map(int, re.findall(r"[0-9]+", ink)[:3])) > 150) == (scheme == "dark")


def watched(page: Any) -> tuple[list[str], list[str]]:
    """What a page asks for, and what goes wrong in it."""
    asked: list[str] = []
    faults: list[str] = []
    note: Callable[[str], None] = faults.append
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: note(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: note(str(error)))
    page.on("dialog", lambda dialog: note(f"dialog: {dialog.message}") or dialog.dismiss())
    return asked, faults
