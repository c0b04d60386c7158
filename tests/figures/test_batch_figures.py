"""The charts of a batch show their tables, say what is in them, and take a sweep's names for nothing but text."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from gridsim.engine.measures import SERIES
from gridsim.engine.result import HEADLINE, SCALARS
from gridsim.figures import batch, page
from gridsim.figures.batch import Fan, Response
from gridsim.figures.batch_apart import Apart, ApartBy

EVIL = '<a href="https://example.org">x</a> & <b>y</b> ' + "z" * 400
QUANTILES = ["p05", "p25", "p50", "p75", "p95"]


def quantiles(middle):
    """Columns of quantiles about some medians."""
    middle = np.asarray(middle, float)
    return {name: middle * factor for name, factor in zip(QUANTILES, (0.5, 0.8, 1.0, 1.25, 2.0), strict=True)}


def months(labels=("",), count=24, size=4000.0, start="2024-01-01"):
    """A table as `Overview.months` gives it: medians rise by month, each panel higher than the last."""
    parts = []
    for panel, label in enumerate(labels):
        medians = size * (panel + 1) * np.linspace(1.0, 2.0, count)
        dates = pd.date_range(start, periods=count, freq="MS")
        parts.append(
            {"panel": panel, "label": label, "month": range(count), "date": dates, "n": 40, **quantiles(medians)}
        )
    return pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)


def scalars(xs=(0.0, 10.0, 20.0), labels=("",), levels=None, size=4000.0):
    """A table as `Overview.scalar` gives it."""
    parts = []
    for panel, label in enumerate(labels):
        medians = size * (panel + 1) * np.linspace(1.0, 2.0, len(xs))
        texts = levels or [f"{x:g}" for x in xs]
        head = {"panel": panel, "label": label, "group": range(len(xs)), "level": texts, "x": xs, "n": 20}
        parts.append({**head, "mean": medians * 1.1, **quantiles(medians)})
    return pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)


def differences(signs, **first):
    """A table as `Pairs` gives it."""
    middle = 3000.0 * np.asarray(signs, float)
    around = {name: middle + 500.0 * step for name, step in zip(QUANTILES, (-2, -1, 0, 1, 2), strict=True)}
    table = {**first, "n": 10, "here": 9000.0 + middle, "there": 9000.0, "mean": middle, **around}
    return pd.DataFrame({**table, "lower": np.where(middle < 0, 9, 1), "higher": np.where(middle < 0, 1, 9)})


def apart(signs=(-1.0, -2.0, -0.5)):
    return Apart(
        "queued_mw", differences(signs, date=pd.date_range("2030-01-01", periods=len(signs), freq="MS")), "before"
    )


def apart_by(signs=(-1.0, -2.0), **more):
    count = len(signs)
    first = {"group": range(count), "level": [str(i) for i in range(count)], "x": np.arange(count, dtype=float)}
    return ApartBy("queued_mw.peak", differences(signs, **{**first, **more}), "before", "policy.deposit_usd_per_mw")


CHARTS = {
    "fan": Fan("queued_mw", months()),
    "fan of one month": Fan("queued_mw", months(count=1)),
    "small multiples": Fan("price_usd_gpu_h", months("abcdef", size=2.0), "beliefs.statement_bias", "Only some."),
    "line": Response("queued_mw.peak", scalars(), "policy.deposit_usd_per_mw"),
    "two lines": Response("cost_usd.mean", scalars(labels="ab", size=3e9), "a.b", "c.d"),
    "six lines": Response("requested_gw", scalars(labels="abcdef"), "a.b", "c.d"),
    "points": Response("mfu.last", scalars([np.nan] * 3, levels=["false", "true", "others"], size=0.2), "m.n"),
    "points side by side": Response("mfu.last", scalars([np.nan] * 2, "ab", ["false", "true"], 0.2), "m.n", "c.d"),
    "one point": Response("tokens_asked.mean", scalars([np.nan], levels=[""], size=3e10)),
    "difference": apart(),
    "difference by value": apart_by(),
    "difference by name": apart_by(x=[np.nan, np.nan]),
    "evil panels": Fan("queued_mw", months([EVIL, "b"]), EVIL, EVIL),
    "evil lines": Response("queued_mw.peak", scalars(labels=[EVIL, "b"]), EVIL, EVIL),
    "evil points": Response(EVIL, scalars([np.nan] * 2, levels=[EVIL, EVIL]), EVIL),
    "evil store": ApartBy(EVIL, apart_by().frame, EVIL, EVIL, EVIL),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_has_figure_table_and_words(name):
    chart = CHARTS[name]
    figure = json.loads(chart.figure().to_json())
    assert {trace["type"] for trace in figure["data"]} == {"scatter"}  # the page has scatter and bar
    assert figure["layout"]["height"] >= 400
    for text in (chart.title(), chart.caption(), chart.alt()):
        assert text == text.strip()
        assert text
        assert "nan" not in text.lower().replace("nand", "")
    assert chart.title().rstrip(".") in chart.alt()
    assert len(chart.table()) == len(chart.frame)
    assert "<table>" in page.table_html(chart.table())


@pytest.mark.parametrize("name", [name for name in CHARTS if name.startswith("evil")])
def test_names_and_values_are_no_html_in_a_figure(name):
    text = CHARTS[name].figure().to_json()
    assert "<a" not in text.replace("\\u003c", "<")
    assert "<b>" not in text.replace("\\u003c", "<")


def test_names_that_are_long_are_cut_in_a_figure_and_whole_in_the_table():
    figure = json.loads(CHARTS["evil points"].figure().to_json())
    assert all(len(text) < 60 for text in figure["layout"]["xaxis"]["ticktext"])
    assert EVIL in CHARTS["evil points"].table().to_numpy().ravel().tolist()


def test_a_fan_draws_its_quantiles_in_one_scale_for_all_panels():
    chart = Fan("queued_mw", months("ab"), "a.b")
    figure = chart.figure()
    own = [trace for trace in figure.data if trace.name == "median"]
    assert len(own) == 2
    for panel, trace in enumerate(own):
        part = chart.frame[chart.frame.panel == panel]
        np.testing.assert_allclose(np.asarray(trace.y) * 1000, part["p50"])  # GW
        assert list(trace.x) == [f"{date:%Y-%m-%d}" for date in part["date"]]
    assert sum(bool(trace.showlegend) for trace in figure.data) == 3
    ranges = {tuple(figure.layout[axis].range) for axis in ("yaxis", "yaxis2")}
    assert len(ranges) == 1
    low, high = ranges.pop()
    assert low == 0.0
    assert 1.0 < high * 1000 / chart.frame["p95"].max() < 1.2
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["a.b: a", "a.b: b"]
    assert figure.layout.yaxis.title.text is not None or figure.layout.yaxis2.title.text is not None


def test_a_fan_below_nothing_is_not_cut_off():
    frame = months()
    frame[QUANTILES] = frame[QUANTILES].to_numpy()[:, ::-1] * -1.0
    low, high = Fan("narrative_gap", frame).figure().layout.yaxis.range
    assert low < frame["p05"].min()
    assert high == 0.0


def test_a_table_of_months_is_thinned_by_month_with_all_its_panels():
    table = Fan("queued_mw", months("ab", count=120), "a.b").table()
    assert list(table.columns[:3]) == ["month", "a.b", "runs"]
    assert table.columns[5] == "median, GW"
    thin, step = page.thinned(table)
    assert step == 6
    assert thin["a.b"].tolist()[:4] == ["a", "b", "a", "b"]
    assert thin["month"].iloc[0] == "2024-01"
    np.testing.assert_allclose(thin["median, GW"].iloc[:2], [4.0, 8.0])


def test_lines_have_bands_only_where_there_is_room():
    def bands(name):
        return [trace for trace in CHARTS[name].figure().data if trace.fill == "tonexty"]

    assert (len(bands("line")), len(bands("two lines")), len(bands("six lines"))) == (2, 4, 0)
    assert "bands" in CHARTS["two lines"].caption()
    assert "bands" not in CHARTS["six lines"].caption()
    lines = [trace for trace in CHARTS["six lines"].figure().data if trace.mode == "lines+markers"]
    assert len({(trace.line.color, trace.marker.symbol) for trace in lines}) == 6
    assert [trace.name for trace in lines] == list("abcdef")
    assert CHARTS["six lines"].figure().layout.legend.title.text == "c.d"
    assert list(lines[0].x) == [0.0, 10.0, 20.0]


def test_points_have_a_bar_from_quantile_to_quantile():
    chart = CHARTS["points"]
    figure = chart.figure()
    wide, narrow, point = figure.data
    frame = chart.frame
    for trace, low, high in ((wide, "p05", "p95"), (narrow, "p25", "p75")):
        np.testing.assert_allclose(np.asarray(trace.y) + trace.error_y.array, frame[high])
        np.testing.assert_allclose(np.asarray(trace.y) - trace.error_y.arrayminus, frame[low])
    np.testing.assert_allclose(point.y, frame["p50"])
    assert list(figure.layout.xaxis.ticktext) == ["false", "true", "others"]
    side = CHARTS["points side by side"].figure()
    places = [trace.x for trace in side.data if trace.error_y.array is None]
    assert (np.abs(np.subtract(*map(np.asarray, places))) > 0.2).all()


def test_titles_say_what_the_numbers_are():
    assert CHARTS["fan"].title() == ("queued_mw: median 8.0 GW in December 2025, nine runs in ten from 4.0 GW to 16 GW")
    assert CHARTS["small multiples"].title() == (
        "price_usd_gpu_h in December 2025, by beliefs.statement_bias: the median goes from 4 USD/GPU-h with a "
        "to 24 USD/GPU-h with f"
    )
    assert CHARTS["line"].title() == (
        "queued_mw.peak by policy.deposit_usd_per_mw: on average from 4.4 GW with 0 to 8.8 GW with 20"
    )
    assert CHARTS["two lines"].title() == (
        "cost_usd.mean by a.b and c.d: on average from $3.3 billion a month with 0 and a to $13.2 billion a month "
        "with 20 and b"
    )
    assert CHARTS["one point"].title() == (
        "tokens_asked.mean: 33 billion tokens/s on average, nine runs in ten from 15 billion tokens/s to 60 billion tokens/s"
    )
    assert apart().title() == (
        "queued_mw is furthest apart in February 2030, 6.0 GW lower than in before: 3.0 GW against 9.0 GW on average"
    )
    assert apart_by().title() == (
        "In 18 of 20 pairs: queued_mw.peak 4.5 GW lower than in before: 4.5 GW against 9.0 GW on average"
    )
    assert "higher than in before" in apart_by((1.0, 2.0)).title()


def test_two_stores_that_are_the_same_are_said_to_be():
    frame = apart_by((0.0, 0.0)).frame.assign(lower=0, higher=0)
    assert apart_by((0.0,))._replace(frame=frame).title() == "In all 20 pairs queued_mw.peak is the same as in before"
    assert "the same as in before in every month" in apart((0.0, 0.0)).title()


def test_means_over_values_count_pairs_not_values():
    frame = apart_by().frame.assign(n=[30, 10], here=[7000.0, 3000.0], there=9000.0, mean=[-2000.0, -6000.0])
    assert (
        apart_by()
        ._replace(frame=frame)
        .title()
        .endswith("3.0 GW lower than in before: 6.0 GW against 9.0 GW on average")
    )


def test_captions_count_runs_and_say_which():
    assert CHARTS["fan"].caption().endswith("of them. 40 runs.")
    assert CHARTS["small multiples"].caption().endswith("40 runs each. Only some.")
    uneven = CHARTS["line"].frame.assign(n=[3, 4, 5])
    assert "3 to 5 runs each." in CHARTS["line"]._replace(frame=uneven).caption()
    grouped = CHARTS["line"].frame.assign(level=["0 to 1", "1 to 2", "2 to 3"])
    assert "groups of about as many cells" in CHARTS["line"]._replace(frame=grouped).caption()
    assert "10 pairs" in apart().caption()
    assert "20 pairs" in apart_by().caption()


@pytest.mark.parametrize("column", [*SERIES, *HEADLINE, *(f"queued_mw.{kind}" for kind in SCALARS)])
def test_every_column_has_a_meaning_and_a_unit_that_fits(column):
    found = batch.measured(column)
    assert found.meaning
    for value in (1e-3, 3.0, 5e4, 7e12):
        unit = batch.axis_unit(found.unit, value)
        assert unit.size > 0
        assert batch.said(value, column)
    assert batch.meaning(column).startswith(f"{column}: ")


def test_units_follow_the_largest_value():
    assert batch.axis_unit("MW", 3e4).name == "GW"
    assert batch.axis_unit("MW/month", 3e4).name == "GW a month"
    assert batch.axis_unit("USD/month", 3e7).name == "million US$ a month"
    assert batch.axis_unit("GPU", 3e3).name == "thousand GPUs"
    assert batch.axis_unit("1", 3e3).name == ""
    assert batch.axis_unit("months", 30).name == "months"
    assert batch.said(2.5e6, "rent_usd.last") == "$2.5 million a month"
    assert batch.said(12.0, "requested_gw") == "12 GW"
    assert batch.said(0.25, "mfu") == "0.25"
