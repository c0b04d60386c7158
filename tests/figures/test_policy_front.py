"""Policies in two criteria and the chances of their ranks: what is drawn is what the tables say."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from gridsim.figures import policy_front, policy_ranks, style

CRITERIA = ("phantom_mw.mean", "unserved_need_mw.mean")
APART = {"baseline": (0.0, 0.0), "cluster": (-9e3, -1e3), "window_auction": (-3e3, -5e3), "gs5": (3e3, 2e3)}


def differences(**apart: tuple[float, ...]) -> pd.DataFrame:
    """A table of differences, the first policy being the reference; intervals are 1,000 below and 500 above."""
    rows = []
    for name, values in apart.items():
        for criterion, value in zip(CRITERIA, values, strict=False):
            low, high = (value, value) if name == next(iter(apart)) else (value - 1e3, value + 500.0)
            rows.append({"policy": name, "criterion": criterion, "difference": value, "low": low, "high": high})
    return pd.DataFrame(rows)


def ranks(**chances: list[list[float]]) -> pd.DataFrame:
    """A table of ranks: by criterion, a row a policy, a column a rank."""
    return pd.DataFrame(
        {"criterion": name.replace("__", "."), "policy": f"p_{i}", "rank": k + 1, "probability": chance}
        for name, rows in chances.items()
        for i, row in enumerate(rows)
        for k, chance in enumerate(row)
    )


TABLE = differences(**APART)
RANKS = ranks(
    phantom_mw__mean=[[0.0, 0.2, 0.8], [0.95, 0.05, 0.0], [0.05, 0.75, 0.2]],
    cost_usd__mean=[[0.6, 0.4, 0.0], [0.0, 0.0, 1.0], [0.4, 0.6, 0.0]],
)


def test_points_are_differences_and_whiskers_their_intervals():
    _, others, best = policy_front.figure(TABLE).data
    assert list(others.text) == ["baseline", "gs5"]
    assert list(best.text) == ["cluster", "window auction"]
    assert (list(best.x), list(best.y)) == ([-9.0, -3.0], [-1.0, -5.0])
    assert (list(others.error_x.array), list(others.error_y.arrayminus)) == ([0.0, 0.5], [0.0, 1.0])
    assert (best.marker.color, list(others.marker.symbol)) == (style.SERVED, ["diamond", "circle"])


def test_the_line_is_the_edge_of_what_the_front_beats():
    line = policy_front.figure(TABLE).data[0]
    assert (list(line.x), list(line.y), line.line.shape) == ([-9.0, -3.0], [-1.0, -5.0], "hv")


def test_equal_policies_are_on_the_front_together():
    found = policy_front.spots(differences(baseline=(0.0, 0.0), a=(-5.0, -5.0), b=(-5.0, -5.0), c=(-5.0, 1.0)))
    assert [spot.name for spot in policy_front.front(found)] == ["a", "b"]


def test_all_points_and_whiskers_are_inside():
    made = policy_front.figure(TABLE)
    for axis, ends in ((made.layout.xaxis, (-10.0, 3.5)), (made.layout.yaxis, (-6.0, 2.5))):
        assert axis.range[0] < ends[0]
        assert axis.range[1] > ends[1]


def test_labels_of_neighbours_stand_on_different_sides():
    sides = policy_front.label_sides(
        policy_front.spots(differences(a=(0.0, 0.0), b=(50.0, 20.0), window_auction=(9e3, 9e3)))
    )
    assert sides["a"] != sides["b"]
    assert sides["window_auction"].endswith("left")


def test_in_a_crowd_the_front_keeps_its_labels_and_the_caption_says_that_some_are_left_out():
    crowd = {f"policy_{i}": (1e3 + 10.0 * i, 1e3 + 10.0 * i) for i in range(12)}
    table = differences(baseline=(1e3, 1e3), **crowd, best=(995.0, 995.0), far=(9e4, 9e4))
    texts = [text for trace in policy_front.figure(table).data[1:] for text in trace.text]
    assert {"best", "baseline", "far"} <= set(texts)
    assert "" in texts
    assert "some names are left out" in policy_front.caption(table)
    assert "left out" not in policy_front.caption(TABLE)


@pytest.mark.parametrize(
    ("apart", "expected"),
    [
        (APART, "2 of 4 policies are beaten by no other in both, power requested"),
        (
            APART | {"gs5": (-9e3, -6e3)},
            "Gs5 is best in both, power requested that nobody needs and need that is not served: ",
        ),
        ({"baseline": (0.0, 0.0), "gs5": (3e3, 2e3)}, "No policy has less of either than baseline"),
    ],
)
def test_the_title_says_who_is_best(apart, expected):
    assert policy_front.title(differences(**apart)).startswith(expected)
    assert "− 9.0 GW and − 6.0 GW against baseline" in policy_front.title(differences(**APART | {"gs5": (-9e3, -6e3)}))


def test_the_table_has_the_numbers_of_the_chart():
    made = policy_front.table(TABLE)
    assert made["policy"].tolist() == ["baseline", "cluster", "window auction", "gs5"]
    assert made["power requested that nobody needs, GW"].tolist() == [0.0, -9.0, -3.0, 3.0]
    assert made["on the front"].tolist() == ["no", "yes", "yes", "no"]
    assert "window auction − 3.0 GW, − 5.0 GW" in policy_front.alt(TABLE)
    assert "against baseline" in policy_front.caption(TABLE)


def test_one_criterion_has_no_front():
    assert "name a second" in policy_front.missing(differences(baseline=(0.0,), gs5=(1.0,)))
    assert policy_front.missing(TABLE) == ""


@pytest.mark.parametrize(
    ("criterion", "largest", "text"),
    [
        ("cost_usd.mean", 3e8, "− 298.25 million US$ a month"),
        ("time_to_power_p50.mean", 4.0, "− 298250000.00 months"),
        ("power_phantom_ratio.peak", 0.03, "− 298250000.0000"),
    ],
)
def test_amounts_have_the_unit_of_their_criterion(criterion, largest, text):
    unit = policy_front.unit_of(criterion, largest)
    assert policy_front.amount(-298.25e6, unit).replace(",", "") == text


def test_names_are_escaped():
    made = policy_front.figure(differences(baseline=(0.0, 0.0), **{"<b>x": (1.0, 1.0)}))
    assert "&lt;b>x" not in made.to_json()
    assert "&lt;b&gt;x" in made.data[1].text


def test_bars_are_stacked_to_one_and_the_best_mean_rank_comes_first():
    made = policy_ranks.figure(RANKS)
    assert (len(made.data), made.layout.barmode) == (6, "stack")
    np.testing.assert_allclose(np.sum([bar.x for bar in made.data[:3]], axis=0), 100.0)
    assert list(made.data[0].y) == ["p 1", "p 2", "p 0"]
    assert list(made.data[3].y) == ["p 0", "p 2", "p 1"]
    assert list(made.data[1].text) == ["", "2", "2"]
    assert [made.data[0].marker.color, made.data[2].marker.color] == ["rgb(0, 114, 178)", "rgb(213, 94, 0)"]


def test_the_title_names_the_policy_that_is_first_for_sure():
    assert policy_ranks.title(RANKS) == "P 1 is first in 1 of 2 criteria, in at least 90 % of resamples"
    cost = RANKS[RANKS["criterion"] == "cost_usd.mean"]
    assert policy_ranks.title(cost) == "No policy is first in at least 90 % of resamples"
    assert policy_ranks.title(RANKS[RANKS["criterion"] != "cost_usd.mean"]).endswith(
        "power requested that nobody needs"
    )
    assert "power requested that nobody needs: p 1 is first in 95 %" in policy_ranks.alt(RANKS)


def test_the_table_of_ranks_has_a_row_a_bar():
    made = policy_ranks.table(RANKS)
    assert made.columns.tolist() == ["criterion", "policy", "rank 1", "rank 2", "rank 3"]
    assert made.iloc[0].tolist() == ["power requested that nobody needs", "p 1", 0.95, 0.05, 0.0]
    assert math.isclose(made.iloc[:, 2:].to_numpy().sum(), 6.0)
    assert policy_ranks.missing(RANKS) == ""
    assert policy_ranks.missing(RANKS[RANKS["policy"] == "p_0"]) != ""
