"""The charts of an assessment show its numbers: ends, medians, and in grey what the data cannot tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gridsim.figures import style
from gridsim.figures.assessment import NAMES, charts, of_cloud, of_parts, of_totals, of_years
from gridsim.figures.assessment_parts import RULES_SHOWN, of_groups, of_levers

TOTAL = 20_000.0
ENDS = {"low": 0.2, "median": 0.3, "high": 0.5, "before_low": 0.1, "before_high": 0.6, "told": True}


def with_mw(row, total=TOTAL):
    return row | {f"{end}_mw": row[end] * total for end in ("low", "median", "high")}


def table(**changes):
    names = [*(name for name in NAMES if name != "served_5"), *(f"served_{year}" for year in range(1, 6))]
    return pd.DataFrame([with_mw({"quantity": name} | ENDS | changes.get(name, {})) for name in names])


def groups(**changes):
    rows = []
    for by, names in (("stage", ("filed", "signed")), ("applicant", ("1 request",))):
        for name in names:
            for quantity in ("duplicates", "speculation", "signs", "served_5"):
                head = {"by": by, "group": name, "requests": 3, "mw": 900.0, "quantity": quantity}
                rows.append(with_mw(head | ENDS | changes.get(f"{quantity} of {name}", {}), 900.0))
    return pd.DataFrame(rows)


def levers(count=3):
    rows = []
    for k in range(count):
        for amount in ("open", "unique", "speculation", "signs", "served_5"):
            ends = {"low": -0.4 + 0.01 * k, "median": -0.3 + 0.01 * k, "high": -0.1 + 0.01 * k, "lower": 1.0}
            rows.append(with_mw({"rule": f"Rule <{k}>", "amount": amount} | ends))
    return pd.DataFrame(rows)


def cloud(slope=-1.0):
    shares = np.linspace(0.1, 0.4, 10)
    return pd.DataFrame({"duplicates": shares, "speculation": 0.5 + slope * shares, "weight": 0.1})


def bars(chart):
    return [trace for trace in chart.figure.data if trace.type == "bar"]


def texts(chart):
    return [note.text for note in chart.figure.layout.annotations]


def test_all_charts_are_there_and_that_of_rules_where_some_were_tried():
    drawn = charts(table(), groups(), levers(), cloud(), TOTAL, -0.9)
    assert [chart.name for chart in drawn] == ["parts", "years", "groups", "levers", "cloud"]
    assert [chart.name for chart in charts(table(), groups(), levers(0), cloud(), TOTAL, -0.9)] == [
        *("parts", "years", "groups", "cloud"),
    ]
    assert all(chart.table is not None and chart.alt and chart.caption for chart in drawn)


def test_parts_are_drawn_from_low_to_high_and_grey_where_nothing_is_told():
    chart = of_parts(table(speculation={"told": False}, unique={"low": 0.5, "median": 0.7, "high": 0.8}), TOTAL)
    before, after = bars(chart)
    assert after.base[0] == pytest.approx(10.0)
    assert after.x[0] == pytest.approx(6.0)
    assert before.base[0] == pytest.approx(2.0)
    assert list(after.marker.color) == [style.NEEDED, style.SIGNED, style.SERVED, style.DUPLICATES, style.CAPACITY]
    assert chart.title == "Of 20 GW asked for, 10 GW to 16 GW are different projects"
    assert sum("these data cannot tell" in text for text in texts(chart)) == 1
    assert "<b>one for each project</b>  70% (50% to 80%)" in texts(chart)


def test_years_begin_at_nothing():
    chart = of_years(table(), TOTAL)
    high, low, median = chart.figure.data
    assert (high.y[0], low.y[0], median.y[0]) == (0.0, 0.0, 0.0)
    assert median.y[-1] == pytest.approx(6.0)
    assert list(median.x) == [0, 1, 2, 3, 4, 5]


def test_groups_have_a_row_each_and_the_title_names_the_one_with_most_copies():
    few = {"low": 0.6, "median": 0.7, "high": 0.8, "told": True}
    chart = of_groups(groups(**{"duplicates of filed": few, "signs of signed": {"told": False}}))
    assert chart.title == "Of what is filed, 60% to 80% are copies"
    copies, signs = bars(chart)
    assert (len(copies.y), len(signs.y)) == (3, 3)
    assert copies.base[0] + copies.x[0] == pytest.approx(0.8)
    assert list(signs.marker.color) == [style.SIGNED, style.faint(style.SIGNED, 0.35), style.SIGNED]
    assert "<b>filed</b>  3 requests, 900 MW" in texts(chart)
    assert {"by stage", "by the open requests of the applicant"} <= set(texts(chart))
    assert len({*copies.y, *signs.y}) == 6  # no bar lies on another


def test_a_group_of_hardly_any_mw_is_not_the_title():
    rows = groups(**{"duplicates of signed": {"median": 0.9}})
    rows.loc[rows["group"] == "signed", "mw"] = 1.0
    assert "signed" not in of_groups(rows).title
    rows["told"] = False
    assert of_groups(rows).title == "Which requests are copies, these data hardly tell"


def test_rules_are_drawn_by_what_they_take_and_only_those_that_change_most():
    chart = of_levers(levers(20), TOTAL)
    asked, served = bars(chart)
    assert len(asked.y) == len(served.y) == RULES_SHOWN
    assert asked.base[0] == pytest.approx(-0.4)
    assert list(asked.base) == sorted(asked.base)
    assert chart.title == "Rule <0>: 2.0 GW to 8.0 GW less would be asked for"
    assert any(text.startswith("<b>Rule &lt;0&gt;</b>  -30% (-40% to -10%)") for text in texts(chart))
    assert "12 rules of 20" in chart.caption
    assert len(chart.table) == 100
    longer = levers(1).assign(low=0.1, median=0.2, high=0.3)
    assert of_levers(longer, TOTAL).title == "No rule would shorten this list"


def test_a_ridge_is_called_one():
    assert of_cloud(cloud(), -0.95).title.startswith("More copies and less speculation")
    assert of_cloud(cloud(1.0), 0.9).title == "Copies against speculation"
    assert "-0.95" in of_cloud(cloud(), -0.95).caption


def test_contracts_go_on_from_the_last_quarter():
    history = pd.DataFrame({"date": pd.to_datetime(["2024-09-30", "2024-12-31"]), "signed_mw": [3000.0, 4000.0]})
    rows = [with_mw({"quantity": f"signed_{k}"} | ENDS) for k in (1, 2, 4, 6, 8)]
    chart = of_totals(history, pd.DataFrame(rows))
    high, low, median, published = chart.figure.data
    assert (high.y[0], low.y[0], median.y[0], published.y[-1]) == (4.0, 4.0, 4.0, 4.0)
    assert high.y[-1] == pytest.approx(10.0)
    assert str(median.x[-1]).startswith("2026-12-31")
    assert chart.title == "4.0 GW to 10 GW will be under contract in two years"
