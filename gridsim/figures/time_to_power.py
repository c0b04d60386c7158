"""Time to power by half-year of filing: how long a project that stays in the queue waits, against the honest twin."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.result import Result
from gridsim.figures import facts, style, words
from gridsim.figures.survival import GIVEN_UP, SERVED, WAITING, median_wait, projects, quantile, share_by

COHORT_MONTHS = 6
FEWEST = 5
"""Projects that a cohort needs for a median worth drawing."""


def missing(result: Result) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    if facts.request_log(result) is None:
        return "This run kept no log of requests, so that the time to power of a filing cohort is not known."
    if cohorts(result)["projects"].max() < FEWEST:
        return f"No half-year saw {FEWEST} projects or more of labs and hyperscalers: too few for a median."
    if not any(cohorts(run)["p50"].notna().any() for run in (result, result.twin) if run is not None):
        return "In no half-year of filing had half of the projects power when the run ended: no median is reached."
    return ""


def cohorts(result: Result) -> pd.DataFrame:
    """One row per half-year of filing: counts, Kaplan-Meier quartiles and the longest time seen, in months."""
    total = len(result.series)
    every = projects(result.requests, total)
    rows = []
    for first in range(0, total, COHORT_MONTHS):
        some = every[(every["filed"] >= first) & (every["filed"] < first + COHORT_MONTHS)]
        waited, end = some["waited"].to_numpy(), some["end"].to_numpy()
        enough = len(some) >= FEWEST
        low, median, high = (quantile(waited, end, q) if enough else np.nan for q in (0.25, 0.5, 0.75))
        seen = float(total - 1 - (first + COHORT_MONTHS - 1))
        within = share_by(waited, end, facts.horizon(result), seen) if enough else np.nan
        rows.append(
            {
                "filed_from": result.dates[first],
                "projects": len(some),
                "in service": int(np.sum(end == SERVED)),
                "given up": int(np.sum(end == GIVEN_UP)),
                "waiting": int(np.sum(end == WAITING)),
                "p25": low,
                "p50": median,
                "p75": high,
                "within": within,
                "seen": float(waited.max()) if len(some) else np.nan,
            }
        )
    return pd.DataFrame(rows)


def figure(result: Result) -> go.Figure:
    """Median months to power by half-year of filing, bars from quartile to quartile, grey where the run ends before."""
    out = style.new_figure(400)
    run = cohorts(result)
    add_medians(out, run, "median and middle half, this run", style.QUEUE, "circle", {"width": 2.5})
    middle_half(out, run)
    tops = [run["p50"], run["p75"]]
    if result.twin is not None:
        twin = cohorts(result.twin)
        tops.append(twin["p50"])
        add_medians(out, twin, "median, twin", style.TWIN, "square", {"width": 1.8, "dash": "dash"})
    top = 1.2 * max(12.0, float(pd.concat(tops).fillna(0.0).max()))
    add_unseen(out, result, top)
    out.update_xaxes(**style.date_axis(result.dates), title_text="half-year of filing")
    out.update_yaxes(title_text="months from filing to service", range=[0, top])
    return out


def middle_half(out: go.Figure, run: pd.DataFrame) -> None:
    """Bars from the lower to the upper quartile; an upper quartile that is not reached lies beyond what was seen."""
    upper = run["p75"].fillna(run["seen"])
    out.data[0].error_y = {
        "type": "data",
        "symmetric": False,
        "array": (upper - run["p50"]).fillna(0.0),
        "arrayminus": (run["p50"] - run["p25"]).fillna(0.0),
        "color": "rgba(143, 45, 86, 0.22)",
        "thickness": 7,
        "width": 0,
    }


def add_unseen(out: go.Figure, result: Result, top: float) -> None:
    """Shade the waits that would end after the run does."""
    first, last = style.days(pd.DatetimeIndex([result.dates[0], result.dates[-1]]))
    seen = float(len(result.series) - 1)
    out.add_scatter(
        x=[first, last, last, first],
        y=[seen, 0.0, max(top, seen), max(top, seen)],
        name="beyond the end of the run",
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor="rgba(128, 128, 128, 0.16)",
        hoverinfo="skip",
    )


def add_medians(
    out: go.Figure, run: pd.DataFrame, name: str, colour: str, symbol: str, line: dict[str, object]
) -> None:
    """Medians as a line with a gap where half of a cohort has no power yet."""
    out.add_scatter(
        x=style.days(pd.DatetimeIndex(run["filed_from"])),
        y=run["p50"],
        name=name,
        mode="lines+markers",
        line=line | {"color": colour},
        marker={"color": colour, "symbol": symbol, "size": 8},
        hovertemplate="%{y:.0f} months",
    )


def table(result: Result) -> pd.DataFrame:
    """The chart as a table; a median that is not reached says so."""
    run = cohorts(result)
    within = f"in service within {words.span(facts.horizon(result))}"
    out = pd.DataFrame(
        {
            "filed from": pd.DatetimeIndex(run["filed_from"]).strftime("%Y-%m"),
            "projects": run["projects"],
            "in service": run["in service"],
            "given up": run["given up"],
            "still waiting": run["waiting"],
            within: [words.percent(x) if np.isfinite(x) else "not known yet" for x in run["within"]],
            "median months to power": [median_text(row) for _, row in run.iterrows()],
        }
    )
    if result.twin is not None:
        out["honest twin: median months"] = [median_text(row) for _, row in cohorts(result.twin).iterrows()]
    return out


def median_text(row: pd.Series) -> str:
    """A cohort's median as text."""
    if row["projects"] < FEWEST:
        return "too few projects"
    return f"{row['p50']:.0f}" if np.isfinite(row["p50"]) else f"not reached (more than {row['seen']:.0f})"


def title(result: Result) -> str:
    """The finding."""
    run = median_wait(result.requests, len(result.series))
    if not np.isfinite(run):
        return "Half of the projects that stay in the queue have no power by the end of the run"
    text = f"A project that stays in the queue waits {words.months(run)} for power"
    if result.twin is None:
        return text
    twin = median_wait(result.twin.requests, len(result.twin.series))
    if not np.isfinite(twin):
        return text + "; in the honest twin half have none by the end of the run"
    if round(run) == round(twin):
        return text + ", as long as in the honest twin"
    more = "longer" if run > twin else "less"
    return f"{text}, {words.months(abs(round(run) - round(twin)))} {more} than in the honest twin"


def caption(result: Result) -> str:
    """How to read the chart."""
    return (
        "Projects of labs and hyperscalers by the half-year in which they were first filed, all copies as one. The "
        "point is the median wait of a project that stays, the bar the middle half of them (Kaplan-Meier: projects "
        "given up, and those still waiting when the run ends, count for as long as they were seen). Where the line "
        "stops, fewer than half had power when the run ended: the median lies in the grey. Requests that were in the "
        "queue before the first month are left out. Twin: the same world without gaming."
    )


def alt(result: Result) -> str:
    """The chart in a sentence."""
    known = cohorts(result)["p50"].dropna()
    if known.empty:
        return "Median months to power by half-year of filing: reached in no half-year."
    return (
        f"Median months to power by half-year of filing, between {known.min():.0f} and {known.max():.0f} months "
        f"where it is reached. {title(result)}."
    )
