"""Charts of two batches side by side: how far their runs lie apart, in pairs of the same seed and the same values.

They draw the small tables of `gridsim.study.pairs`, and know nothing of stores.
"""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gridsim.figures import style
from gridsim.figures.batch import (
    QUANTILES,
    add_fan,
    add_line,
    add_points,
    finish,
    is_numeric,
    meaning,
    month_words,
    months_axis,
    named,
    said,
    scaled,
    unit_for,
)


class Apart(NamedTuple):
    """How far a series of two stores lies apart, month by month, pair by pair of runs.

    `frame` is what `Pairs.months` gives; `other` is the store that is subtracted.
    """

    measure: str
    frame: pd.DataFrame
    other: str
    which: str = ""

    def figure(self) -> go.Figure:
        """Median and bands of the differences, about nothing."""
        unit = unit_for(self.measure, self.frame)
        dates = pd.DatetimeIndex(self.frame["date"])
        out = make_subplots(rows=1, cols=1)
        out.update_layout(template=style.TEMPLATE, height=400)
        shown = scaled(self.frame, unit)
        add_fan(out, 1, style.days(dates), shown, unit, ("of the pairs", "median difference"), style.QUEUE)
        out.add_hline(y=0.0, line={"color": style.CAPACITY, "width": 1.2})
        out.update_yaxes(title_text=escape(named(f"{self.measure}, difference", unit), quote=False))
        out.update_xaxes(**months_axis(self.frame))
        return out

    def table(self) -> pd.DataFrame:
        """Every month."""
        months = pd.DatetimeIndex(self.frame["date"]).strftime("%Y-%m")
        table = difference_table(self.frame, self.measure, self.other)
        table.insert(0, "month", months)
        return table

    def title(self) -> str:
        """The finding: the month in which the means are furthest apart."""
        row = self.frame.iloc[int(self.frame["mean"].abs().argmax())]
        if not row["mean"]:
            return f"{self.measure} is the same as in {self.other} in every month, on average"
        where = f"{self.measure} is furthest apart in {month_words(row['date'])}"
        return f"{where}, {apart(row, self.measure, self.other)}"

    def caption(self) -> str:
        """How to read the chart."""
        return " ".join([f"{meaning(self.measure)} {pairs_words(self.frame, self.other)}", self.which]).strip()

    def alt(self) -> str:
        """The chart in a sentence."""
        return f"Difference of {self.measure} to {self.other} over time. {self.title()}."


class ApartBy(NamedTuple):
    """How far a number of the runs of two stores lies apart, by the values of a parameter.

    `frame` is what `Pairs.scalar` gives; `other` is the store that is subtracted.
    """

    measure: str
    frame: pd.DataFrame
    other: str
    by: str = ""
    which: str = ""

    def figure(self) -> go.Figure:
        """Median and range of the differences, about nothing."""
        unit = unit_for(self.measure, self.frame)
        shown = scaled(self.frame, unit)
        out = style.new_figure(400)
        add = add_line if is_numeric(self.frame) else add_points
        add(out, shown, unit, "", 0, 1, style.QUEUE)
        out.add_hline(y=0.0, line={"color": style.CAPACITY, "width": 1.2})
        finish(out, self.frame, self.by)
        out.update_yaxes(title_text=escape(named(f"{self.measure}, difference", unit), quote=False))
        return out

    def table(self) -> pd.DataFrame:
        """Every value."""
        table = difference_table(self.frame, self.measure, self.other)
        table.insert(0, self.by or "pairs chosen", self.frame["level"] if self.by else "all pairs")
        return table

    def title(self) -> str:
        """The finding over all pairs."""
        lower, higher, n = (int(self.frame[name].sum()) for name in ("lower", "higher", "n"))
        if not lower + higher:
            return f"In all {n:,} pairs {self.measure} is the same as in {self.other}"
        means = {
            name: float(np.average(self.frame[name], weights=self.frame["n"])) for name in ("here", "there", "mean")
        }
        most = lower if means["mean"] < 0.0 else higher
        return f"In {most:,} of {n:,} pairs: {self.measure} {apart(means, self.measure, self.other)}"

    def caption(self) -> str:
        """How to read the chart."""
        return " ".join([f"{meaning(self.measure)} {pairs_words(self.frame, self.other)}", self.which]).strip()

    def alt(self) -> str:
        """The chart in a sentence."""
        return f"Difference of {self.measure} to {self.other} against {self.by or 'all pairs'}. {self.title()}."


def pairs_words(frame: pd.DataFrame, other: str) -> str:
    """What a difference between two stores is."""
    return (
        f"Runs of both stores with the same seed and the same values are taken in pairs, {other} is subtracted. Line or "
        f"points: the median of the differences; bands or bars: the range of 50 % and of 90 % of them. "
        f"{int(frame['n'].sum() if 'level' in frame else frame['n'].max()):,} pairs."
    )


def apart(row: Any, column: str, other: str) -> str:
    """Two means in words: "33 GW lower than in baseline: 299 GW against 332 GW on average"."""
    way = "lower" if row["mean"] < 0.0 else "higher"
    means = " against ".join(said(float(row[name]), column) for name in ("here", "there"))
    return f"{said(abs(float(row['mean'])), column)} {way} than in {other}: {means} on average"


def difference_table(frame: pd.DataFrame, column: str, other: str) -> pd.DataFrame:
    """Means and differences."""
    unit = unit_for(column, frame)
    names = {"n": "pairs", "here": "mean", "there": f"mean in {other}", "mean": "mean difference"}
    names |= {name: f"difference, {text}" for name, text in QUANTILES.items()}
    units = {name: text if name == "n" else named(text, unit) for name, text in names.items()}
    units |= {"lower": "lower in, pairs", "higher": "higher in, pairs"}
    return scaled(frame, unit)[list(units)].rename(columns=units)
