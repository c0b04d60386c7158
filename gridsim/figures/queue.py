"""What is asked for, and what comes of it, month by month, against the honest twin."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gridsim.engine.result import Result
from gridsim.figures import facts, style, words

PANELS = (
    ("Asked for", (("queued and signed", "requested", style.QUEUE), ("needed", "power_need", style.NEEDED))),
    ("Obtained", (("signed", "signed_mw", style.SIGNED), ("in service", "energised_mw", style.SERVED))),
)
"""Title of each panel, and its lines: name, column, colour."""


def values(result: Result, column: str) -> pd.Series:
    """MW by month: a column of the series, or every request that is not in service."""
    s = result.series
    return s["queued_mw"] + s["signed_mw"] if column == "requested" else s[column]


def missing(result: Result) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    if len(result.series) < 2:
        return "The run lasts a single month: there is nothing to follow over time."
    return ""


def figure(result: Result) -> go.Figure:
    """Two panels over time: queued and needed above, signed and in service below; the twin dashed."""
    unit = words.power_unit(float(max(values(result, column).max() for _, lines in PANELS for _, column, _ in lines)))
    out = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.2)
    out.update_layout(template=style.TEMPLATE, height=680)
    style.panel_legends(out, [1.0, 0.4])
    for row, (panel, lines) in enumerate(PANELS, start=1):
        for label, column, colour in lines:
            for run, draw, name in worlds(result, column, label):
                mw = values(run, column) / unit.size
                trace = draw(result.dates, mw, name, colour, unit, legend=style.legend(row - 1))
                out.add_trace(trace, row=row, col=1)
        out.update_yaxes(title_text=f"{panel}, {unit.name}", rangemode="tozero", row=row, col=1)
    out.update_xaxes(**style.date_axis(result.dates))
    return out


def worlds(result: Result, column: str, label: str) -> list[tuple[Result, Callable[..., go.Scatter], str]]:
    """The runs whose column is drawn, how, and under which name; the twin's need is left out."""
    out: list[tuple[Result, Callable[..., go.Scatter], str]] = [(result, style.line, label)]
    if result.twin is not None and column != "power_need":
        out.append((result.twin, style.twin_line, f"{label}, twin"))
    return out


def table(result: Result) -> pd.DataFrame:
    """The chart as a table: MW by month."""
    out = pd.DataFrame({"month": result.dates.strftime("%Y-%m")})
    for _, lines in PANELS:
        for label, column, _ in lines:
            for run, _, name in worlds(result, column, label):
                out[f"{name}, MW"] = values(run, column).to_numpy()
    return out


def title(result: Result) -> str:
    """The finding."""
    asked = values(result, "requested")
    if asked.max() <= 0.0:
        return "Nobody ever requests power"
    text = f"Requests reach {words.power(asked.max())} in {facts.month_name(result, int(asked.argmax()))}"
    if result.twin is None:
        return f"{text}; {words.power(result.series['energised_mw'].iloc[-1])} are in service at the end"
    honest = values(result.twin, "requested").max()
    return f"{text}; in the honest twin they never exceed {words.power(honest)}"


def caption(result: Result) -> str:
    """How to read the chart."""
    text = (
        "Queued and signed: every request, copies included, that is not in service. Needed: true need within "
        f"{words.span(facts.horizon(result))} beyond the load in service; nobody but its owner sees it."
    )
    if result.twin is None:
        return text
    return (
        text + " Dashed: the honest twin, the same world and the same random numbers with every gaming mechanism off."
    )


def alt(result: Result) -> str:
    """The chart in a sentence."""
    s = result.series
    return (
        f"Lines over time from {facts.month_name(result, 0)} to {facts.month_name(result, len(s) - 1)}: requests "
        f"peak at {words.power(values(result, 'requested').max())}, need at {words.power(s['power_need'].max())}; "
        f"load in service grows from {words.power(s['energised_mw'].iloc[0])} to "
        f"{words.power(s['energised_mw'].iloc[-1])}."
    )
