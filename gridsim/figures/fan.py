"""The observed quarters of an area beside the simulated ones: a fan of many seeds, or a single run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from gridsim.config.fields import month_number
from gridsim.config.scenario import Observed
from gridsim.engine.ensemble import Ensemble
from gridsim.engine.result import Result
from gridsim.figures import style, words

QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
TOTAL, SIGNED = "pipeline", "of which signed"
DIAMOND = {"color": style.OBSERVED, "symbol": "diamond", "size": 10, "line": {"color": "#ffffff", "width": 1.5}}
WIDE, NARROW = "rgba(0, 114, 178, 0.18)", "rgba(0, 114, 178, 0.34)"


class Panel(NamedTuple):
    """One series of the area: simulated MW [seed, month], and observed MW by observed month."""

    name: str
    simulated_mw: NDArray[np.float64]
    observed_mw: list[float]

    def quantiles(self) -> NDArray[np.float64]:
        """MW [quantile, month], linear between neighbouring runs."""
        return np.quantile(self.simulated_mw, QUANTILES, axis=0)


def missing(result: Result, ensemble: Ensemble | None = None) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    return "This scenario has no observed series." if result.scenario.observed is None else ""


def observed_of(result: Result) -> Observed:
    """The scenario's observed series. Raises ValueError where it has none."""
    if result.scenario.observed is None:
        raise ValueError("the scenario has no observed series")
    return result.scenario.observed


def panels(result: Result, ensemble: Ensemble | None = None) -> list[Panel]:
    """The pipeline of the observed area, and its signed part where it was observed."""
    seen = observed_of(result)
    if ensemble is not None:
        queued, signed = ensemble.area("queued_mw", seen.area), ensemble.area("signed_mw", seen.area)
    else:
        own = result.areas[result.areas["utility"] == seen.area]
        queued, signed = own["queued_mw"].to_numpy()[np.newaxis], own["signed_mw"].to_numpy()[np.newaxis]
    out = [Panel(TOTAL, queued + signed, list(seen.total_mw))]
    return [*out, Panel(SIGNED, signed, list(seen.signed_mw))] if seen.signed_mw else out


def months(result: Result) -> NDArray[np.int64]:
    """The month of the run to which each observation belongs; it may lie outside the run."""
    start = month_number(result.scenario.start_month)
    return np.array([month_number(m) - start for m in observed_of(result).months])


def figure(result: Result, ensemble: Ensemble | None = None) -> go.Figure:
    """A panel a series: bands that hold 50 % and 90 % of the runs, their median, and the observed points."""
    drawn = panels(result, ensemble)
    unit = words.power_unit(max(max(float(np.max(p.simulated_mw)), *p.observed_mw) for p in drawn))
    out = make_subplots(rows=len(drawn), cols=1, shared_xaxes=True, vertical_spacing=0.09)
    out.update_layout(template=style.TEMPLATE, height=180 + 240 * len(drawn))
    seen_days = [f"{month}-01" for month in observed_of(result).months]
    for row, panel in enumerate(drawn, start=1):
        add_fan(out, row, panel, result.dates, unit)
        out.add_scatter(
            x=seen_days,
            y=np.array(panel.observed_mw) / unit.size,
            name="observed",
            mode="markers",
            marker=DIAMOND,
            hovertemplate=f"%{{y:,.{unit.digits}f}} {unit.name}",
            showlegend=row == 1,
            legendgroup="observed",
            row=row,
            col=1,
        )
        out.update_yaxes(title_text=f"{panel.name}, {unit.name}", rangemode="tozero", row=row, col=1)
    every = pd.DatetimeIndex([*result.dates, *pd.to_datetime(seen_days)]).sort_values()
    out.update_xaxes(**style.date_axis(pd.date_range(every[0], every[-1], freq="MS")))
    return out


def add_fan(out: go.Figure, row: int, panel: Panel, dates: pd.DatetimeIndex, unit: words.Unit) -> None:
    """Bands and median of a panel; a single run is a line."""
    p05, p25, p50, p75, p95 = panel.quantiles() / unit.size
    x, alone = style.days(dates), panel.simulated_mw.shape[0] == 1
    bands = [] if alone else [("90 % of the runs", p05, p95, WIDE), ("50 % of the runs", p25, p75, NARROW)]
    for name, low, high, colour in bands:
        edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "legendgroup": name}
        out.add_scatter(x=x, y=high, name=name, showlegend=False, row=row, col=1, **edge)
        out.add_scatter(
            x=x, y=low, name=name, fill="tonexty", fillcolor=colour, showlegend=row == 1, row=row, col=1, **edge
        )
    name = "simulated, this run" if alone else "median of the runs"
    trace = style.line(dates, p50, name, style.NEEDED, unit, showlegend=row == 1, legendgroup=name)
    out.add_trace(trace, row=row, col=1)


def table(result: Result, ensemble: Ensemble | None = None) -> pd.DataFrame:
    """The observed months as a table: observed MW beside the simulated quantiles; NaN outside the run."""
    at = months(result)
    inside = (at >= 0) & (at < len(result.series))
    out: dict[str, list[str] | NDArray[np.float64]] = {"month": list(observed_of(result).months)}
    for panel in panels(result, ensemble):
        out[f"{panel.name}: observed, MW"] = np.array(panel.observed_mw)
        quantiles = panel.quantiles()
        alone = panel.simulated_mw.shape[0] == 1
        for share, values in [(0.5, quantiles[2])] if alone else list(zip(QUANTILES, quantiles, strict=True)):
            name = "this run" if alone else f"{100 * share:.0f} % of runs below"
            out[f"{panel.name}: {name}, MW"] = np.where(inside, values[np.clip(at, 0, len(values) - 1)], np.nan)
    return pd.DataFrame(out)


def covered(result: Result, ensemble: Ensemble) -> tuple[int, int]:
    """How many observed totals lie inside the band that holds 90 % of the runs, and of how many inside the run."""
    quantiles, observed = panels(result, ensemble)[0].quantiles(), panels(result, ensemble)[0].observed_mw
    at = months(result)
    inside = [(t, mw) for t, mw in zip(at, observed, strict=True) if 0 <= t < quantiles.shape[1]]
    return sum(bool(quantiles[0, t] <= mw <= quantiles[4, t]) for t, mw in inside), len(inside)


def title(result: Result, ensemble: Ensemble | None = None) -> str:
    """The finding."""
    area = observed_of(result).area
    if ensemble is None or len(ensemble.seeds) < 2:
        return f"{area}: the observed pipeline beside this run"
    hits, total = covered(result, ensemble)
    if total == 0:
        return f"{area}: no observed month lies inside the run"
    runs = f"the range of 90 % of {len(ensemble.seeds)} simulated runs"
    return f"{area}: {hits} of {total} observed months {'lies' if hits == 1 else 'lie'} within {runs}"


def caption(result: Result, ensemble: Ensemble | None = None) -> str:
    """How to read the chart."""
    seen = observed_of(result)
    text = (
        f"Pipeline: every request in {seen.area} that is not in service. Diamonds: observed MW at the end of each "
        f"period. Source: {seen.source}"
    )
    if ensemble is None or len(ensemble.seeds) < 2:
        return text
    return f"Bands: {len(ensemble.seeds)} runs of the same scenario that differ by the random seed alone. {text}"


def alt(result: Result, ensemble: Ensemble | None = None) -> str:
    """The chart in a sentence."""
    seen = observed_of(result)
    return (
        f"Simulated pipeline of {seen.area} over time with observed points from {words.power(seen.total_mw[0])} in "
        f"{seen.months[0]} to {words.power(seen.total_mw[-1])} in {seen.months[-1]}. {title(result, ensemble)}."
    )
