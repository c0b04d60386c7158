"""A page that somebody has put together, as one HTML file that needs neither network nor server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from plotly.offline import get_plotlyjs

from gridsim.figures import page, report
from gridsim.figures.charts import Chart

REST = "the chart has them all"


def export_html(
    charts: Sequence[Chart],
    *,
    title: str,
    headline: str,
    scenario_text: str,
    provenance: Mapping[str, object],
    plotly_js: str | None = None,
    description: str = "",
    findings: Sequence[str] = (),
    link: str = "",
    command: str = "",
    kicker: str = "gridsim explorer · simulation",
) -> str:
    """The page as text; the same arguments give the same text.

    Args:
        charts: in their order; one without a figure says why.
        title: of the scenario.
        headline: the finding, in a sentence.
        scenario_text: the scenario as YAML.
        provenance: what fixes the numbers, each by its name.
        plotly_js: a part of Plotly's script, which must know every kind of trace in the charts; by default the whole.
        description: of the scenario.
        findings: what else is to be known, a sentence each.
        link: address of the page that this was made from.
        command: what gives the same numbers from a shell; may have several lines.
        kicker: what stands above the title.

    Raises ValueError if two charts have the same name.
    """
    names = [chart.name for chart in charts]
    if len(set(names)) < len(names):
        raise ValueError(f"two charts are called {next(name for name in names if names.count(name) > 1)!r}")
    parts = [
        opening(title, headline, description, findings, kicker),
        *wide(charts),
        *[report.section(chart, REST) for chart in charts],
        closing(provenance, scenario_text, link, command),
    ]
    return report.document(title, parts, plotly_js or get_plotlyjs())


def opening(title: str, headline: str, description: str, findings: Sequence[str], kicker: str) -> str:
    """Title, headline and findings."""
    out = [f'<header>\n<p class="kicker">{escape(kicker)}</p>', f"<h1>{escape(title)}</h1>"]
    if description.strip():
        out.append(f'<p class="description">{page.prose(description.strip())}</p>')
    out.append(f'<p class="headline">{page.prose(headline)}</p>')
    if findings:
        out.append('<ul class="findings">' + "".join(f"<li>{page.prose(text)}</li>" for text in findings) + "</ul>")
    return "\n".join([*out, "</header>"])


def closing(provenance: Mapping[str, object], scenario_text: str, link: str, command: str) -> str:
    """What this is, what fixes its numbers, and how to get them again."""
    out = [
        "<footer>\n<h2>What this is</h2>",
        f"<p>Runs of an agent-based model: {report.MODEL} {report.TWIN}</p>",
        f"<h2>Provenance</h2>\n{report.provenance(provenance)}",
    ]
    if command:
        out.append(f"<p>To get the same numbers:</p>\n<pre>{escape(command)}</pre>")
    if link:
        out.append(f"<p>Made from:</p>\n<pre>{linked(link)}</pre>")
    out.append(
        "<details><summary>The scenario; saved as scenario.yaml it can be run as it stands</summary>"
        f'<pre class="scenario">{escape(scenario_text)}</pre></details>\n</footer>'
    )
    return "\n".join(out)


def linked(link: str) -> str:
    """A link to be followed if it leads to a page, else as text."""
    text = escape(link)
    is_page = link.startswith(("http://", "https://"))
    return f'<a href="{text}" rel="noreferrer" style="color: var(--accent)">{text}</a>' if is_page else text


def wide(charts: Sequence[Chart]) -> list[str]:
    """The style of charts that a narrow screen pushes sideways: labels of a Sankey diagram need room."""
    names = [c.name for c in charts if c.figure is not None and any(trace.type == "sankey" for trace in c.figure.data)]
    if not names:
        return []
    plots, hints = (", ".join(part.format(name) for name in names) for part in ("#plot-{}", "#{} .sideways"))
    return [
        f"<style>\n@media screen {{ {plots} {{ min-width: 640px; }} }}\n"
        f"@media screen and (max-width: 679px) {{ {hints} {{ display: block; }} }}\n</style>"
    ]
