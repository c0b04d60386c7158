"""Charts of a batch: a measure month by month, a number of the runs against what was varied.

They draw the small tables of `gridsim.study.overview`, and know nothing of stores. Names and values of a sweep are anybody's
text; in a figure, which would take them for HTML, they are escaped.
"""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gridsim.engine.measures import SERIES
from gridsim.engine.result import HEADLINE
from gridsim.figures import style, words
from gridsim.figures.contrast import wide_steps

QUANTILES = {"p05": "5 % below", "p25": "25 % below", "p50": "median", "p75": "75 % below", "p95": "95 % below"}
COLOURS = (style.NEEDED, style.SPECULATION, style.SERVED, style.PADDING, style.DUPLICATES, style.CAPACITY)
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
BANDS_MAX = 2  # panels of one chart that have room for bands
LABEL_MAX = 28  # characters of a value on an axis
KINDS = {"last": "in the last month", "peak": "in its highest month", "mean": "mean over months"}
ALL = "all runs"


class Measured(NamedTuple):
    """What a column measures: its unit, and its meaning."""

    unit: str
    meaning: str


class Fan(NamedTuple):
    """A series month by month: medians and bands, a panel for each value of a parameter.

    `frame` is what `Overview.months` gives, `facet` the parameter, `which` says which runs these are.
    """

    measure: str
    frame: pd.DataFrame
    facet: str = ""
    which: str = ""

    def figure(self) -> go.Figure:
        """Panels below one another, of the same scale."""
        panels = [part for _, part in self.frame.groupby("panel")]
        unit = unit_for(self.measure, self.frame)
        height = 420 if len(panels) == 1 else 110 + 175 * len(panels)
        out = make_subplots(rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=0.16 / len(panels))
        legend = {"y": 1.0 + (30.0 / height if self.facet else 0.0)}
        out.update_layout(template=style.TEMPLATE, height=height, legend=legend, margin={"t": 60})
        for row, part in enumerate(panels, start=1):
            dates = pd.DatetimeIndex(part["date"])
            add_fan(out, row, style.days(dates), scaled(part, unit), unit, ("of the runs", "median"))
            if self.facet:
                panel_name(out, row, f"{self.facet}: {part['label'].iloc[0]}")
        out.update_yaxes(nticks=6, range=ends(scaled(self.frame, unit)))
        out.update_yaxes(title_text=escape(named(self.measure, unit), quote=False), row=(len(panels) + 1) // 2, col=1)
        out.update_xaxes(**months_axis(self.frame))
        return out

    def table(self) -> pd.DataFrame:
        """Every month and panel."""
        unit = unit_for(self.measure, self.frame)
        frame = scaled(self.frame, unit).sort_values(["month", "panel"], kind="stable")
        names = {name: named(text, unit) for name, text in QUANTILES.items()}
        months = pd.DatetimeIndex(frame["date"]).strftime("%Y-%m")
        table = frame[["label", "n", *QUANTILES]].rename(columns={"label": self.facet, "n": "runs", **names})
        table.insert(0, "month", months)
        table.index = pd.Index(frame["month"])
        return table if self.facet else table.drop(columns=self.facet)

    def title(self) -> str:
        """The finding: where the runs end, or the medians of all panels."""
        last = self.frame[self.frame["month"] == self.frame["month"].max()]
        when = month_words(last["date"].iloc[0])
        low, high = last.sort_values("p50").iloc[0], last.sort_values("p50").iloc[-1]
        if low["panel"] == high["panel"]:
            ends = [said(float(high[name]), self.measure) for name in ("p50", "p05", "p95")]
            return f"{self.measure}: median {ends[0]} in {when}, nine runs in ten from {ends[1]} to {ends[2]}"
        ends = [f"{said(float(row['p50']), self.measure)} with {row['label']}" for row in (low, high)]
        return f"{self.measure} in {when}, by {self.facet}: the median goes from {ends[0]} to {ends[1]}"

    def caption(self) -> str:
        """How to read the chart."""
        text = f"{meaning(self.measure)} Lines: the median of the runs; bands: the range of 50 % and of 90 % of them."
        return " ".join([text, count(self.frame.groupby("panel")["n"].max()), self.which]).strip()

    def alt(self) -> str:
        """The chart in a sentence."""
        panels = self.frame["panel"].nunique()
        return f"{self.measure} over time, {panels} {'panel' if panels == 1 else 'panels'}. {self.title()}."


class Response(NamedTuple):
    """A number of the runs against a parameter, in lines by a second one.

    `frame` is what `Overview.scalar` gives.
    """

    measure: str
    frame: pd.DataFrame
    by: str = ""
    second: str = ""
    which: str = ""

    def figure(self) -> go.Figure:
        """A line with bands over numbers, points with bars over anything else."""
        unit = unit_for(self.measure, self.frame)
        panels = [part for _, part in self.frame.groupby("panel")]
        out = style.new_figure(440)
        for i, part in enumerate(panels):
            name = str(part["label"].iloc[0]) if self.second else ""
            shown = scaled(part, unit)
            if is_numeric(self.frame):
                add_line(out, shown, unit, name, i, len(panels))
            else:
                add_points(out, shown, unit, name, i, len(panels))
        if self.second:
            title = {"text": escape(self.second, quote=False), "font": {"size": 13}, "side": "top"}
            out.update_layout(legend_title=title)
        finish(out, self.frame, self.by)
        low = float(np.nanmin(self.frame["p05"])) / unit.size
        out.update_yaxes(
            title_text=escape(named(self.measure, unit), quote=False), rangemode="tozero" if low >= 0.0 else "normal"
        )
        return out

    def table(self) -> pd.DataFrame:
        """Every value."""
        unit = unit_for(self.measure, self.frame)
        names = {"level": self.by or "runs chosen", "label": self.second, "n": "runs", "mean": named("mean", unit)}
        names |= {name: named(text, unit) for name, text in QUANTILES.items()}
        columns = ["level", *(["label"] if self.second else []), "n", "mean", *QUANTILES]
        table = scaled(self.frame, unit)[columns].rename(columns=names)
        return table if self.by else table.assign(**{"runs chosen": ALL})

    def title(self) -> str:
        """The finding: from the least to the largest mean."""
        low, high = (self.frame.sort_values("mean").iloc[i] for i in (0, -1))
        if len(self.frame) == 1:
            ends = [said(float(low[name]), self.measure) for name in ("mean", "p05", "p95")]
            return f"{self.measure}: {ends[0]} on average, nine runs in ten from {ends[1]} to {ends[2]}"
        ends = [f"{said(float(row['mean']), self.measure)} with {self.at(row)}" for row in (low, high)]
        by = words.listed([path for path in (self.by, self.second) if path])
        return f"{self.measure} by {by}: on average from {ends[0]} to {ends[1]}"

    def at(self, row: Any) -> str:
        """The values of a row in words."""
        return words.listed(
            [str(row[name]) for name, path in (("level", self.by), ("label", self.second)) if path],
        )

    def caption(self) -> str:
        """How to read the chart."""
        banded = not is_numeric(self.frame) or self.frame["panel"].nunique() <= BANDS_MAX
        spread = "the range of 50 % and of 90 % of them" if banded else "the table has how they spread"
        text = (
            f"{meaning(self.measure)} Points: the median of the runs; {'bands and bars: ' if banded else ''}{spread}."
        )
        grouped = is_numeric(self.frame) and self.frame["level"].str.contains(" to ").any()
        more = "Values are in groups of about as many cells." if grouped else ""
        return " ".join(filter(None, [text, count(self.frame["n"]), more, self.which]))

    def alt(self) -> str:
        """The chart in a sentence."""
        return f"{self.measure} against {self.by or ALL}. {self.title()}."


def measured(column: str) -> Measured:
    """Unit and meaning of a column of a store: a series, a scalar of one, or a number of the headline."""
    if column in HEADLINE:
        return Measured("GW", f"{SERIES[HEADLINE[column]].meaning}; in the month in which claims peak")
    name, _, kind = column.partition(".")
    found = SERIES.get(name)
    if found is None:
        return Measured("", "")
    return Measured(found.unit, f"{found.meaning}; {KINDS[kind]}" if kind in KINDS else found.meaning)


def meaning(column: str) -> str:
    """What a column measures, as a sentence."""
    found = measured(column).meaning
    return f"{column}: {found}." if found else f"{column}."


def axis_unit(unit: str, most: float) -> words.Unit:
    """The unit of an axis, after the largest value on it."""
    amount, slash, _ = unit.partition("/month")
    chosen = {"MW": words.power_unit, "GPU": words.gpu_unit, "tokens/s": words.token_unit, "USD": words.money_unit}
    if amount in chosen:
        found = chosen[amount](most)
        return found._replace(name=f"{found.name} a month") if slash else found
    return words.RATIO if unit in ("", "1") else words.Unit(unit, 1.0, 1 if unit == "GW" else 2)


def said(value: float, column: str) -> str:
    """A value of a column in words."""
    amount, slash, _ = measured(column).unit.partition("/month")
    if amount == "GW":
        return words.power(1000.0 * value)
    told = {"MW": words.power, "GPU": words.gpus, "tokens/s": words.tokens, "USD": words.money}
    if amount in told:
        return told[amount](value) + (" a month" if slash else "")
    text = f"{value:,.0f}" if abs(value) >= 99.5 else words.number(value)
    return f"{text} {amount}" if amount not in ("", "1") else text


def named(text: str, unit: words.Unit) -> str:
    """A heading with its unit: "median, GW"."""
    return f"{text}, {unit.name}" if unit.name else text


def months_axis(frame: pd.DataFrame) -> dict[str, Any]:
    """A calendar axis that a narrow chart has room for."""
    dates = pd.DatetimeIndex(frame["date"].drop_duplicates().sort_values())
    return {**style.date_axis(dates), **wide_steps(dates)}


def month_words(date: Any) -> str:
    """A date as its month: "April 2033"."""
    day = pd.Timestamp(date)
    return words.calendar(day.year * 12 + day.month - 1)


def count(runs: pd.Series) -> str:
    """How many runs a chart rests on."""
    low, high = int(runs.min()), int(runs.max())
    if len(runs) == 1:
        return f"{high:,} {'run' if high == 1 else 'runs'}."
    return f"{low:,} runs each." if low == high else f"{low:,} to {high:,} runs each."


def unit_for(column: str, frame: pd.DataFrame) -> words.Unit:
    """The unit in which a column is shown, after the largest value shown."""
    return axis_unit(measured(column).unit, float(np.nanmax(np.abs(frame[["p05", "p95"]].to_numpy(np.float64)))))


def ends(frame: pd.DataFrame) -> list[float]:
    """The ends of an axis that all panels share, with 0 among what it shows."""
    low, high = min(0.0, float(np.nanmin(frame["p05"]))), max(0.0, float(np.nanmax(frame["p95"])))
    room = 0.06 * (high - low or 1.0)
    return [low - room if low < 0.0 else 0.0, high + room if high > 0.0 else 0.0]


def scaled(frame: pd.DataFrame, unit: words.Unit) -> pd.DataFrame:
    """The same with quantiles and means in a unit."""
    columns = [name for name in (*QUANTILES, "mean", "here", "there") if name in frame]
    return frame.assign(**{name: frame[name] / unit.size for name in columns})


def is_numeric(frame: pd.DataFrame) -> bool:
    """Whether every value of the parameter is a number."""
    return bool(np.isfinite(frame["x"].to_numpy(np.float64)).all())


def short(text: str) -> str:
    """A value of a sweep for a figure: cut where it is long, and never HTML."""
    cut = text if len(text) <= LABEL_MAX else f"{text[: LABEL_MAX - 1]}…"
    return escape(cut, quote=False)


def panel_name(out: go.Figure, row: int, text: str) -> None:
    """What a panel shows, above its left end."""
    axis = "" if row == 1 else str(row)
    out.add_annotation(
        x=0,
        y=1,
        xref=f"x{axis} domain",
        yref=f"y{axis} domain",
        text=escape(text if len(text) <= 3 * LABEL_MAX else f"{text[: 3 * LABEL_MAX - 1]}…", quote=False),
        showarrow=False,
        xanchor="left",
        yanchor="bottom",
        font={"size": 13},
    )


def add_fan(
    out: go.Figure,
    row: int,
    x: list[str],
    frame: pd.DataFrame,
    unit: words.Unit,
    names: tuple[str, str],
    colour: str = style.HERE,
) -> None:
    """Bands of 90 % and of 50 %, and the median over them; one alone in a panel has no bands."""
    bands = {f"90 % {names[0]}": ("p05", "p95", 0.18), f"50 % {names[0]}": ("p25", "p75", 0.34)}
    for name, (low, high, opacity) in bands.items():
        add_band(out, x, frame[low], frame[high], style.faint(colour, opacity), name, row == 1, {"row": row, "col": 1})
    out.add_scatter(
        x=x,
        y=frame["p50"],
        name=names[1],
        legendgroup=names[1],
        showlegend=row == 1,
        mode="lines" if len(x) > 1 else "markers",
        line={"color": colour, "width": 2.5},
        marker={"color": colour, "size": 9},
        hovertemplate=f"%{{y:,.{unit.digits}f}} {unit.name}",
        row=row,
        col=1,
    )


def add_band(
    out: go.Figure, x: Any, low: Any, high: Any, fill: str, name: str, legend: bool, place: dict[str, int]
) -> None:
    """A band between two lines that are not drawn."""
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "legendgroup": name, "name": name}
    out.add_scatter(x=x, y=high, showlegend=False, **edge, **place)
    out.add_scatter(x=x, y=low, fill="tonexty", fillcolor=fill, showlegend=legend, **edge, **place)


def add_line(
    out: go.Figure, frame: pd.DataFrame, unit: words.Unit, name: str, i: int, count: int, colour: str = ""
) -> None:
    """Medians over a numeric parameter; bands where there is room for them."""
    colour = colour or COLOURS[i % len(COLOURS)]
    label = short(name)
    if count <= BANDS_MAX:
        for share, (low, high, opacity) in {"90 %": ("p05", "p95", 0.14), "50 %": ("p25", "p75", 0.26)}.items():
            text = f"{label}: {share}" if label else f"{share} of them"
            add_band(out, frame["x"], frame[low], frame[high], style.faint(colour, opacity), text, count == 1, {})
    out.add_scatter(
        x=frame["x"],
        y=frame["p50"],
        name=label or "median",
        showlegend=True,
        mode="lines+markers",
        line={"color": colour, "width": 2.5},
        marker={"color": colour, "size": 9, "symbol": SYMBOLS[i % len(SYMBOLS)]},
        hovertemplate=f"%{{y:,.{unit.digits}f}} {unit.name}",
    )


def add_points(
    out: go.Figure, frame: pd.DataFrame, unit: words.Unit, name: str, i: int, count: int, colour: str = ""
) -> None:
    """Medians with a thick bar for half of the runs and a thin one for nine in ten, side by side where there are several."""
    colour = colour or COLOURS[i % len(COLOURS)]
    x = frame["group"] + (i - (count - 1) / 2) * 0.7 / count
    for low, high, width in (("p05", "p95", 1.5), ("p25", "p75", 6)):
        bars = {"type": "data", "symmetric": False, "width": 0, "thickness": width, "color": style.faint(colour, 0.75)}
        bars |= {"array": frame[high] - frame["p50"], "arrayminus": frame["p50"] - frame[low]}
        out.add_scatter(
            x=x, y=frame["p50"], mode="markers", marker={"size": 1, "color": colour}, error_y=bars, showlegend=False,
            hoverinfo="skip",
        )  # fmt: skip
    out.add_scatter(
        x=x,
        y=frame["p50"],
        name=short(name) or "median",
        showlegend=count > 1,
        mode="markers",
        marker={
            "color": colour,
            "size": 11,
            "symbol": SYMBOLS[i % len(SYMBOLS)],
            "line": {"color": "#ffffff", "width": 1.5},
        },
        hovertemplate=f"%{{y:,.{unit.digits}f}} {unit.name}",
    )


def finish(out: go.Figure, frame: pd.DataFrame, by: str) -> None:
    """The axis of the parameter."""
    if is_numeric(frame):
        out.update_xaxes(title_text=escape(by, quote=False))
        return
    groups = frame.drop_duplicates("group")
    texts = [short(str(level)) if by else ALL for level in groups["level"]]
    room = [float(groups["group"].min()) - 0.6, float(groups["group"].max()) + 0.6]
    out.update_xaxes(
        title_text=escape(by, quote=False), tickvals=groups["group"], ticktext=texts, range=room, showgrid=False
    )
    out.update_layout(hovermode="closest")
