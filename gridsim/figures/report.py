"""The report: one HTML file that needs nothing else, neither network nor server, and that a regulator can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from importlib import resources
from pathlib import Path

from gridsim.engine.contrast import Worlds
from gridsim.engine.ensemble import Ensemble
from gridsim.engine.files import write_whole
from gridsim.engine.result import Result
from gridsim.figures import facts, page, sentences, words
from gridsim.figures.charts import Chart, charts
from gridsim.figures.style import CONFIG
from gridsim.figures.survival import median_wait

SWITCHES = {
    "m01_speculation": "speculation and padding",
    "m02_duplicates": "duplicate requests",
    "m04_defensive_hoarding": "GPUs reserved against shortage",
    "m05_dark_gpu_release": "GPUs left dark",
    "m07_fake_utilisation": "useless jobs that keep a quota",
    "m11_token_leaderboard": "tokens burned for rank",
    "m16_scarcity_narrative": "exaggerated statements of scarcity",
}

MODEL = (
    "labs, hyperscalers and developers ask utilities for power, clouds and vendors for GPUs, teams and users ask labs for "
    "shares of them, and only the model knows what they truly need. It shows how queues with these rules and motives "
    "behave; it forecasts no company and no utility."
)
TWIN = (
    "The honest twin is the same world with the same random numbers and every gaming mechanism off, so that the difference "
    "is what gaming does."
)


def write_report(
    result: Result,
    path: str | Path,
    ensemble: Ensemble | None = None,
    *,
    worlds: Worlds | None = None,
    command: str | None = None,
) -> Path:
    """Write a result's report to `path`, whole or not at all; the same result gives the same bytes.

    `ensemble` adds the spread over seeds, beside the observed series where the scenario has one; `worlds` the runs of a
    contrast; `command` is what the reader is told to run for the same numbers. The folder must exist.
    """
    return write_whole(Path(path), report_html(result, ensemble, worlds=worlds, command=command).encode())


def report_html(
    result: Result, ensemble: Ensemble | None = None, *, worlds: Worlds | None = None, command: str | None = None
) -> str:
    """The report as text."""
    from plotly.offline import get_plotlyjs

    made = charts(result, ensemble, worlds)
    parts = [opening(result, ensemble), *[section(chart) for chart in made], closing(result, command)]
    return document(result.scenario.title, parts, get_plotlyjs())


def document(title: str, parts: list[str], plotly_js: str) -> str:
    """A page that stands alone, with the script that draws its charts; `plotly_js` is Plotly's own."""
    own = resources.files("gridsim.figures")
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{page.POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(title)} – gridsim</title>",
            f"<style>\n{own.joinpath('report.css').read_text('utf-8')}</style>\n</head>\n<body>\n<main>",
            *parts,
            "</main>",
            f"<script>{page.script_in_html(plotly_js)}</script>",
            f"<script>\nconst CONFIG = {page.json_in_html(json.dumps(CONFIG, sort_keys=True))};",
            f"{own.joinpath('report.js').read_text('utf-8')}</script>\n</body>\n</html>\n",
        ]
    )


def opening(result: Result, ensemble: Ensemble | None) -> str:
    """Title, headline, verdict, key numbers, and what the honest twin says."""
    scenario = result.scenario
    out = [
        f'<header>\n<p class="kicker">gridsim report · simulation, {facts.month_name(result, 0)} to '
        f"{facts.month_name(result, len(result.series) - 1)}</p>",
        f"<h1>{escape(scenario.title)}</h1>",
        f'<p class="description">{escape(scenario.description.strip())}</p>' if scenario.description.strip() else "",
        f'<p class="headline">{page.prose(sentences.headline(result))}</p>',
        f'<p class="verdict {sentences.verdict(result)}"><strong>{escape(sentences.verdict_word(result))}.</strong> '
        f"{page.prose(sentences.verdict_sentence(result))}</p>",
        key_numbers(result),
    ]
    found = sentences.against_twin(result)
    if ensemble is not None and len(ensemble.seeds) > 1:
        found.append(sentences.spread(ensemble))
    if found:
        out.append('<ul class="findings">' + "".join(f"<li>{page.prose(text)}</li>" for text in found) + "</ul>")
    return "\n".join([*filter(None, out), "</header>"])


def key_numbers(result: Result) -> str:
    """The numbers that the headline rests on, each with its unit and meaning."""
    at = facts.peak(result)
    now, by = result.series.iloc[at], facts.month_name(result, at + facts.horizon(result))
    cards = [
        (words.power(float(now["power_claims"])), f"requested in {facts.month_name(result, at)}, every copy"),
        (words.power(float(now["power_need"])), f"truly needed by {by}, beyond the load in service"),
        (words.power(float(now["power_capacity"])), f"the grid can deliver by {by}"),
    ]
    if now["power_phantom_ratio"] == now["power_phantom_ratio"]:
        cards.append((f"{float(now['power_phantom_ratio']):.1f}", "MW requested for each MW needed"))
    log = facts.request_log(result)
    wait = median_wait(log, len(result.series)) if log is not None else float("nan")
    if wait == wait:
        cards.append((words.months(wait), "median time to power of a project that stays"))
    items = "".join(f"<div><dt>{escape(what)}</dt><dd>{escape(number)}</dd></div>" for number, what in cards)
    return f'<dl class="numbers">{items}</dl>'


def section(chart: Chart, rest: str = page.IN_PARQUET) -> str:
    """A chart under the heading that states its finding, with caption and table; or why there is none.

    `rest` says where the rows are that a long table leaves out.
    """
    top = f'<section id="{chart.name}" aria-labelledby="{chart.name}-title">'
    if chart.figure is None or chart.table is None:
        title = f'<h2 id="{chart.name}-title">{escape(chart.heading)}</h2>'
        why = f'<p class="missing">{page.prose(chart.missing)}</p>'
        return "\n".join([top, title, *points(chart), why, "</section>"])
    data = page.json_in_html(chart.figure.to_json())
    return "\n".join(
        [
            top,
            f'<p class="kicker">{escape(chart.heading)}</p>',
            f'<h2 id="{chart.name}-title">{page.prose(chart.title)}</h2>',
            *points(chart),
            f'<figure>\n<div class="frame"><div class="plot" id="plot-{chart.name}" role="img" '
            f'aria-label="{escape(chart.alt)}" style="height:{chart.figure.layout.height}px"></div></div>',
            '<p class="sideways">The chart is wider than the screen: push it sideways.</p>',
            f"<figcaption>{page.prose(chart.caption)}</figcaption>\n</figure>",
            f'<script type="application/json" class="data" data-plot="plot-{chart.name}">{data}</script>',
            page.table_details(chart.table, chart.heading, rest),
            "</section>",
        ]
    )


def points(chart: Chart) -> list[str]:
    """What is said above a chart, a paragraph each."""
    return [
        f'<p class="verdict {point.verdict}"><strong>{page.prose(point.head)}.</strong> {page.prose(point.text)}</p>'
        for point in chart.points
    ]


def closing(result: Result, command: str | None) -> str:
    """What this is, and what fixes every number in it."""
    manifest = result.manifest
    twin = " --twin" if result.twin is not None else ""
    command = command or f"gridsim run scenario.yaml --seed {result.seed}{twin} --out DIR"
    on = [what for name, what in SWITCHES.items() if getattr(result.scenario.mechanisms, name, False)]
    rows = {
        "gridsim": manifest["gridsim"],
        "model": manifest["model"],
        "scenario": manifest["scenario_digest"],
        "seed": manifest["seed"],
        "result": manifest["result_digest"],
        "honest twin": manifest["twin_digest"] or "not run",
    }
    scenario = escape(json.dumps(manifest["scenario"], indent=1, ensure_ascii=False))
    return "\n".join(
        [
            "<footer>\n<h2>What this is</h2>",
            f"<p>One run of an agent-based model: {MODEL} Gaming switched on: "
            f"{escape(words.listed(on) or 'none')}. {TWIN}</p>",
            f"<h2>Provenance</h2>\n{provenance(rows)}",
            f"<p>To get the same numbers:</p>\n<pre>{escape(command)}</pre>",
            "<details><summary>The scenario in full; saved as scenario.yaml it can be run as it stands</summary>"
            f'<pre class="scenario">{scenario}</pre></details>\n</footer>',
        ]
    )


def provenance(rows: Mapping[str, object]) -> str:
    """What fixes the numbers of a page, as a list."""
    items = "".join(f"<div><dt>{escape(k)}</dt><dd><code>{escape(str(v))}</code></dd></div>" for k, v in rows.items())
    return f'<dl class="provenance">{items}</dl>'
