"""What is asked for, and what comes of it, month by month, against the honest twin."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gridsim.engine.result import Result
from gridsim.figures import facts, style, words

PANELS = (
    ("Asked for", (("queued", "queued_mw", style.QUEUE), ("needed within the horizon", "power_need", style.NEEDED))),
    ("Got", (("signed, not in service", "signed_mw", style.SIGNED), ("in service", "energised_mw", style.SERVED))),
)
"""Title of each panel, and its lines: name, column, colour."""


def missing(result: Result) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    columns = [column for _, lines in PANELS for _, column, _ in lines]
    return "" if result.series[columns].notna().to_numpy().any() else "The run has no figures for its queue."


def figure(result: Result) -> go.Figure:
    """Two panels over time: queued and needed above, signed and in service below; the twin dashed."""
    columns = [column for _, lines in PANELS for _, column, _ in lines]
    unit = words.power_unit(float(np.nanmax(result.series[columns].to_numpy())))
    out = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.09)
    out.update_layout(template=style.TEMPLATE, height=620)
    for row, (name, lines) in enumerate(PANELS, start=1):
        for label, column, colour in lines:
            values = result.series[column] / unit.size
            out.add_trace(style.line(result.dates, values, label, colour, unit.name, unit.digits), row=row, col=1)
            if result.twin is not None and column != "power_need":
                values = result.twin.series[column] / unit.size
                trace = style.twin_line(result.dates, values, f"{label}: honest twin", colour, unit.name, unit.digits)
                out.add_trace(trace, row=row, col=1)
        out.update_yaxes(title_text=f"{name}, {unit.name}", rangemode="tozero", row=row, col=1)
    out.update_xaxes(**style.date_axis(result.dates))
    return out


def table(result: Result) -> pd.DataFrame:
    """The chart as a table: MW by month."""
    out = {"month": result.dates.strftime("%Y-%m")}
    for _, lines in PANELS:
        for label, column, _ in lines:
            out[f"{label}, MW"] = result.series[column].to_numpy()
            if result.twin is not None and column != "power_need":
                out[f"{label}: honest twin, MW"] = result.twin.series[column].to_numpy()
    return pd.DataFrame(out)


def title(result: Result) -> str:
    """The finding."""
    queued = result.series["queued_mw"].fillna(0.0)
    text = f"Queued requests reach {words.power(queued.max())} in {facts.month_name(result, int(queued.argmax()))}"
    if result.twin is None:
        return f"{text}; {words.power(result.series['energised_mw'].iloc[-1])} are in service at the end"
    honest = result.twin.series["queued_mw"].max()
    return f"{text}; in the honest twin they never exceed {words.power(honest)}"


def caption(result: Result) -> str:
    """How to read the chart."""
    text = (
        "Queued: filed and not yet signed, every copy. Needed: true need within "
        f"{words.span(facts.horizon(result))} beyond the load in service; nobody but its owner sees it."
    )
    if result.twin is None:
        return text
    return text + " Dashed: the honest twin, the same world and the same random numbers with every gaming mechanism off."


def alt(result: Result) -> str:
    """The chart in a sentence."""
    s = result.series
    return (
        f"Lines over time from {facts.month_name(result, 0)} to {facts.month_name(result, len(s) - 1)}: queued requests "
        f"peak at {words.power(s['queued_mw'].max())}, need at {words.power(s['power_need'].max())}; load in service grows "
        f"from {words.power(s['energised_mw'].iloc[0])} to {words.power(s['energised_mw'].iloc[-1])}."
    )
