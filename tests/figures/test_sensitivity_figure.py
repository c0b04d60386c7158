"""The bars of a sensitivity are the numbers of its table, in their order, and pale where they may as well be nothing."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from gridsim.figures import sensitivity, style

PARAMETERS = ["beliefs.wait_max_months", "grid.<b>", "demand.noise"]
SHARED = {"parameter": PARAMETERS, "source": ["assumed", "LBNL 2024", ""], "assumed": [True, False, False]}
NOISE = {"noise_share": 0.25, "seeds": 5}
MORRIS = pd.DataFrame(
    SHARED
    | {
        "mu_star": [9000.0, 4000.0, 1000.0],
        "mu_star_low": [6000.0, 2000.0, 0.0],
        "mu_star_high": [12000.0, 6000.0, 2500.0],
    }
    | {"mu": [9000.0, -4000.0, 100.0], "sigma": [3000.0, 2000.0, 800.0], "luck": [500.0, 2200.0, 900.0]}
    | NOISE
)
SOBOL = pd.DataFrame(
    SHARED
    | {"first": [0.5, 0.2, -0.02], "first_low": [0.4, 0.1, -0.06], "first_high": [0.6, 0.3, 0.04]}
    | {"total": [0.7, 0.4, 0.05], "total_low": [0.6, 0.3, 0.01], "total_high": [0.8, 0.5, 0.1]}
    | {"first_of_means": [0.4, 0.2, 0.0], "total_of_means": [0.7, 0.5, 0.2]}
    | NOISE
)
MEASURE = "queued_mw.peak"


def bars(made):
    return {trace.name: trace for trace in made.data if trace.type == "bar"}


def whiskers(made):
    """By trace of whiskers, low and high ends."""
    found = [trace for trace in made.data if trace.type == "scatter" and trace.error_x.array is not None]
    return [
        (np.array(one.x) - np.array(one.error_x.arrayminus), np.array(one.x) + np.array(one.error_x.array))
        for one in found
    ]


def test_a_screening_has_a_bar_a_parameter_in_gigawatts_with_its_interval():
    made = sensitivity.figure(MORRIS, MEASURE)
    (bar,) = bars(made).values()
    assert list(bar.x) == [9.0, 4.0, 1.0]
    assert (np.diff(bar.y) < 0).all()
    for low, high in whiskers(made):
        np.testing.assert_allclose(low, [6.0, 2.0, 0.0])
        np.testing.assert_allclose(high, [12.0, 6.0, 2.5])
    assert made.layout.xaxis.range[1] >= 12.0
    assert made.layout.xaxis.title.text.startswith("GW by which a whole range changes the queue")
    assert not made.layout.showlegend


def test_what_may_be_luck_is_pale():
    (bar,) = bars(sensitivity.figure(MORRIS, MEASURE)).values()
    assert bar.marker.color[0] == style.NEEDED
    assert all(colour.startswith("rgba") for colour in bar.marker.color[1:])
    (bar,) = bars(sensitivity.figure(MORRIS.assign(luck=math.nan), MEASURE)).values()
    assert [colour.startswith("rgba") for colour in bar.marker.color] == [False, False, True]


def test_indices_have_two_bars_a_parameter_and_a_legend():
    made = sensitivity.figure(SOBOL, MEASURE)
    found = [list(bar.x) for bar in bars(made).values()]
    assert found == [[0.7, 0.4, 0.05], [0.5, 0.2, -0.02]]
    ends = whiskers(made)
    assert len(ends) == 4
    np.testing.assert_allclose(ends[0][0], SOBOL["total_low"])
    np.testing.assert_allclose(ends[2][1], SOBOL["first_high"])
    assert made.layout.xaxis.range[0] <= -0.06
    shown = {trace.name: trace.marker.color for trace in made.data if trace.showlegend}
    assert shown == {kind.name: kind.colour for kind in sensitivity.SOBOL}


@pytest.mark.parametrize("table", [MORRIS, SOBOL], ids=["morris", "sobol"])
def test_names_are_text_assumed_ones_have_a_star_and_texts_tell_the_noise(table):
    made = sensitivity.figure(table, MEASURE)
    labels = [note.text for note in made.layout.annotations]
    assert labels[0].endswith("  beliefs.wait_max_months *")
    assert labels[1].endswith("  grid.&lt;b&gt;")
    told = made.data[0].customdata
    assert "source: LBNL 2024" in told[1]
    assert told[2].endswith("source: none")
    assert "<b>grid.<b>" not in told[1]
    assert "25 % is luck" in sensitivity.caption(table, MEASURE)
    assert "beliefs.wait_max_months" in sensitivity.alt(table, MEASURE)
    assert sensitivity.table(table, MEASURE)["parameter"].tolist() == PARAMETERS
    assert sensitivity.table(table, MEASURE).columns.is_unique


def test_the_finding_names_what_matters_most():
    assert sensitivity.title(MORRIS, MEASURE) == (
        "Of 3 parameters beliefs.wait_max_months moves the queue, in the highest month, most: by 9.0 GW over its range"
    )
    doubtful = MORRIS.assign(luck=8000.0)
    assert sensitivity.title(doubtful, MEASURE).endswith("over its range, where luck alone would give 8.0 GW")
    assert sensitivity.title(SOBOL, MEASURE).endswith("in the highest month: it has a part in 70 % of the variance")
    over = SOBOL.assign(total=SOBOL["total"] * 2)  # an estimate, which may lie above 1
    assert sensitivity.title(over, MEASURE).endswith("it has a part in all of the variance")


def test_one_seed_is_said_and_of_many_parameters_the_first_are_drawn():
    one = MORRIS.assign(noise_share=math.nan, luck=math.nan, seeds=1)
    assert sensitivity.noise_sentence(one).startswith("With one seed")
    many = pd.concat([MORRIS] * 10, ignore_index=True)
    (bar,) = bars(sensitivity.figure(many, MEASURE)).values()
    assert len(bar.x) == sensitivity.BARS_MAX
    assert "The first 20 of 30 are drawn" in sensitivity.caption(many, MEASURE)
    assert len(sensitivity.table(many, MEASURE)) == 30
    assert sensitivity.missing(MORRIS) == ""
    assert "varies nothing" in sensitivity.missing(MORRIS.iloc[:0])
