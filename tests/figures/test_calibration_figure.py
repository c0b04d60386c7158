"""The charts of a calibration: where things lie, and what the titles claim."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from gridsim.figures.calibration import (
    WIDEST,
    Tables,
    charts,
    of_facts,
    of_pairs,
    of_parameters,
    of_shares,
    of_waves,
    placed,
    rank,
)

NO = math.nan


def parameter(name, low, high, told, default=2.0, scale="linear"):
    verdict = "told" if told >= 0.5 else "partly" if told >= 0.1 else "hardly"
    ends = {"prior_low": 1.0, "prior_high": 4.0, "scale": scale, "low": low, "median": (low + high) / 2, "high": high}
    return {
        "parameter": name,
        "unit": "MW",
        "default": default,
        **ends,
        "told": told,
        "verdict": verdict,
        "evidence": "",
    }


def fact(name, low, high, median, fitted=True, inside=1.0):
    ends = {"target_low": low, "target_high": high, "observed": NO}
    spread = {
        "low": 0.9 * median,
        "median": median,
        "high": 1.1 * median,
        "run_low": 0.5 * median,
        "run_high": 2 * median,
    }
    return {"fact": name, "value": "", "name": f"name of {name}", "fitted": fitted, **ends, **spread, "inside": inside}


PARAMETERS = pd.DataFrame([parameter("a.b", 1.5, 2.5, 0.9), parameter("c.<d>", 1.0, 4.0, 0.01, scale="log")])
FACTS = pd.DataFrame(
    [
        fact("F1", 1.0, 4.0, 2.0),
        fact("F2", 1.0, 4.0, 40.0, inside=0.1),
        fact("F3", 0.0, 4.0, 2.0, fitted=False),
        fact("F4", NO, NO, 2.0, fitted=False, inside=NO),
    ]
)
SHARES = pd.DataFrame({"duplicates": [0.3, 0.2], "speculation": [0.1, 0.2], "weight": [0.75, 0.25]})
RIDGE = {"both": (0.38, 0.4, 0.42), "correlation": -1.0, "narrower": 0.05}
PAIRS = pd.DataFrame({"one": ["a.b.c", "x"], "other": ["d.e.f", "y"], "correlation": [-0.8, 0.01]})
WAVES = pd.DataFrame({"wave": [1, 2], "points": [50, 100], "tolerance": [3.0, 1.0], "effective": [30.0, 25.0]})


@pytest.mark.parametrize(
    ("scale", "value", "place"), [("linear", 2.5, 0.5), ("log", 2.0, 0.5), ("log", 1.0, 0.0), ("linear", True, NO)]
)
def test_a_value_lies_where_its_prior_puts_it(scale, value, place):
    found = rank(parameter("a", 1, 4, 1.0, scale=scale), value)
    assert found == pytest.approx(place, nan_ok=True)


@pytest.mark.parametrize(
    ("low", "high", "value", "place"),
    [
        (1, 4, 2, 0),
        (1, 4, 4, 1),
        (1, 4, 0.5, -2),
        (0, 4, 3, 0.5),
        (2, math.inf, 4, -0.5),
        (1, 4, NO, NO),
        (1, 4, -1, -math.inf),
    ],
)
def test_a_fact_is_placed_in_half_widths_of_its_range(low, high, value, place):
    assert placed({"target_low": low, "target_high": high}, value) == pytest.approx(place, nan_ok=True)


def test_bars_of_parameters_run_between_their_quantiles():
    chart = of_parameters(PARAMETERS)
    told, _, hardly, medians, defaults = chart.figure.data
    assert (told.base[0], told.base[0] + told.x[0]) == pytest.approx((1 / 6, 0.5))
    assert (hardly.base[0], hardly.x[0]) == pytest.approx((0.0, 1.0))
    assert list(defaults.x) == pytest.approx([1 / 3, 0.5])
    assert list(medians.y) == [0, -1]
    assert chart.title == "The facts tell 1 of 2 parameters"
    assert "&lt;d&gt;" in chart.figure.layout.annotations[1].text


def test_facts_count_what_was_fitted_and_what_was_not_and_cut_what_is_far_off():
    chart = of_facts(FACTS)
    assert chart.title.startswith(
        "1 of 2 values that were fitted lie in their range in most worlds, and 1 of 1 that were not"
    )
    runs, means, medians = chart.figure.data
    assert list(medians.x) == pytest.approx([0.0, WIDEST, 0.0])
    assert means.base[0] == pytest.approx(math.log(1.8 / 2) / math.log(2))
    assert runs.base[0] == pytest.approx(-1.0)
    assert runs.x[0] == pytest.approx(2.0)
    assert len(chart.table) == 4  # the table has what is not judged, too


def test_a_ridge_is_said_and_no_ridge_is_not():
    assert (
        of_shares(SHARES, RIDGE).title
        == "Together 38% to 42% of the pipeline; the facts do not tell one from the other"
    )
    flat = of_shares(SHARES, RIDGE | {"correlation": 0.1})
    assert flat.title == "Duplicates and speculation together are 38% to 42% of the pipeline"


def test_pairs_beyond_chance_are_counted():
    chart = of_pairs(PAIRS, 100.0)  # twice a tenth is chance
    assert chart.title == "1 of 2 pairs of parameters are tied by the facts beyond chance"
    assert "b.c × e.f" in chart.figure.layout.annotations[0].text


def test_the_last_wave_says_whether_all_is_met():
    assert of_waves(WAVES).title == "After 100 points, those that are left meet all facts"
    assert "lie up to 1.50 half-widths" in of_waves(WAVES.assign(tolerance=[3.0, 1.5])).title


def test_every_chart_has_a_name_of_its_own_and_a_single_parameter_has_no_pairs():
    names = [chart.name for chart in charts(Tables(PARAMETERS, FACTS, SHARES, RIDGE, PAIRS, WAVES))]
    assert names == ["parameters", "facts", "shares", "pairs", "waves"]
    alone = charts(Tables(PARAMETERS.head(1), FACTS, SHARES, RIDGE, PAIRS.head(0), WAVES))
    assert [chart.name for chart in alone] == ["parameters", "facts", "shares", "waves"]
