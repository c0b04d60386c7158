"""What asking for power cost those who asked, by kind of payment, over the whole run."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.result import Result
from gridsim.figures import style, words

KINDS = {
    "upgrades_usd": "network upgrades",
    "land_usd": "holding sites before service",
    "fees_usd": "study fees",
    "forfeited_usd": "deposits and collateral forfeited",
    "minimum_take_usd": "minimum take beyond what is drawn",
    "exit_fees_usd": "exit fees",
}


def missing(result: Result) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    return "" if totals(result).sum() > 0.0 else "Nobody paid anything for asking in this run."


def totals(result: Result) -> pd.Series:
    """US$ over the whole run by kind of payment."""
    return result.series[list(KINDS)].sum()


def figure(result: Result) -> go.Figure:
    """Two bars a kind of payment: this run, and the honest twin."""
    run = totals(result)
    shown = [name for name in KINDS if paid(result, name)]
    largest = max(float(totals(r).max()) for r in (result, result.twin) if r is not None)
    unit = words.money_unit(largest)
    places = [-i for i in range(len(shown))]
    out = style.new_figure(96 + 78 * len(shown), hovermode="closest")
    worlds = [("this run", run, style.QUEUE, 0.0)]
    if result.twin is not None:
        worlds.append(("honest twin", totals(result.twin), style.TWIN, -0.27))
    for name, amounts, colour, shift in worlds:
        out.add_bar(
            orientation="h",
            name=name,
            x=[amounts[kind] / unit.size for kind in shown],
            y=[place + shift for place in places],
            width=0.25,
            marker={"color": colour, "cornerradius": 2},
            text=[words.money(amounts[kind]) for kind in shown],
            textposition="auto",
            insidetextfont={"color": "#ffffff"},
            cliponaxis=False,
            hovertemplate="%{x:,.2f} " + unit.name,
        )
    for place, kind in zip(places, shown, strict=True):
        style.label_bar(out, KINDS[kind], 0, place + 0.14)
    out.update_yaxes(visible=False, range=[places[-1] - 0.5, 0.6], fixedrange=True)
    out.update_xaxes(title_text=f"{unit.name} of 2025, whole run", rangemode="tozero", fixedrange=True)
    out.update_layout(barmode="overlay")
    return out


def paid(result: Result, kind: str) -> bool:
    """Whether anybody paid this kind in either world."""
    return any(totals(run)[kind] > 0.0 for run in (result, result.twin) if run is not None)


def table(result: Result) -> pd.DataFrame:
    """The chart as a table."""
    out: dict[str, list[Any]] = {"payment": [*KINDS.values(), "all together"]}
    for name, run in (("this run", result), ("honest twin", result.twin)):
        if run is not None:
            out[f"{name}, million US$"] = [*(totals(run) / 1e6), totals(run).sum() / 1e6]
    return pd.DataFrame(out)


def title(result: Result) -> str:
    """The finding."""
    run = totals(result).sum()
    text = f"Asking for power cost {words.money(run)}"
    if result.twin is None:
        return text + " over the run"
    return f"{text}; in the honest twin {words.money(totals(result.twin).sum())}"


def caption(result: Result) -> str:
    """How to read the chart."""
    return (
        "What labs, hyperscalers and developers paid in US$ of 2025 over the whole run, not discounted. Power itself, "
        "refunded deposits and the resale of positions, which passes money from one applicant to another, are left out."
    )


def alt(result: Result) -> str:
    """The chart in a sentence."""
    run = totals(result)
    parts = "; ".join(f"{KINDS[name]} {words.money(run[name])}" for name in KINDS if paid(result, name))
    return f"Bars by kind of payment: {parts}."
