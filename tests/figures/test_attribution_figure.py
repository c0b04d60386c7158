"""The steps of an attribution add up to its total, each with its interval, in the order of what they add."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from gridsim.config.reader import load_text
from gridsim.config.scenario import Mechanisms
from gridsim.figures import attribution, style
from gridsim.study.attribution import attribute
from tests.figures import runs

MEASURE = "power_phantom_ratio.peak"


def table_of(**values: tuple[float, float, float]) -> pd.DataFrame:
    """A table as `attribute` returns it; of each switch value, low and high."""
    rows = [
        {"switch": name, "value": value, "low": low, "high": high, "alone": 0.5 * value, "last": 2.0 * value}
        for name, (value, low, high) in values.items()
    ]
    total = {"switch": "total", "value": sum(value for value, _, _ in values.values())}
    return pd.DataFrame([*rows, total | dict.fromkeys(("low", "high", "alone", "last"), math.nan)])


TABLE = table_of(
    m16_scarcity_narrative=(-0.25, -0.75, 0.5), m02_duplicates=(3.0, 2.0, 4.5), m01_speculation=(7.25, 6.0, 8.0)
)


def test_bars_follow_each_other_from_nothing_to_the_total():
    bars = attribution.figure(TABLE, MEASURE).data[0]
    starts, sizes = np.array(bars.base), np.array(bars.x)
    assert sizes.tolist() == [7.25, 3.0, -0.25, 10.0]
    assert starts.tolist() == [0.0, 7.25, 10.25, 0.0]
    np.testing.assert_allclose((starts + sizes)[:-2], starts[1:-1])
    assert (starts + sizes)[-2] == (starts + sizes)[-1] == TABLE["value"].iloc[-1]
    assert (np.diff(bars.y) < 0).all()


def test_whiskers_are_the_intervals_around_the_ends_of_bars():
    made = attribution.figure(TABLE, MEASURE)
    for whisker in made.data[1:]:
        assert list(whisker.x) == [7.25, 10.25, 10.0]
        low = np.array(whisker.x) - whisker.error_x.arrayminus
        high = np.array(whisker.x) + whisker.error_x.array
        np.testing.assert_allclose(low, [6.0, 7.25 + 2.0, 10.25 - 0.75])
        np.testing.assert_allclose(high, [8.0, 7.25 + 4.5, 10.25 + 0.5])
    assert made.layout.xaxis.range[0] <= 0.0
    assert made.layout.xaxis.range[1] >= 7.25 + 4.5


def test_a_mechanism_that_may_do_nothing_is_pale():
    colours = attribution.figure(TABLE, MEASURE).data[0].marker.color
    assert colours[:2] == (style.SPECULATION, style.DUPLICATES)
    assert colours[2].startswith("rgba")
    assert colours[3] == style.QUEUE


def test_labels_and_hovers_tell_name_value_interval_alone_and_last():
    made = attribution.figure(TABLE, MEASURE)
    labels = [note.text for note in made.layout.annotations]
    assert labels == [
        "<b>+ 7.2</b>  speculation and padding",
        "<b>+ 3.0</b>  duplicate requests",
        "<b>− 0.2</b>  exaggerated statements of scarcity",
        "<b>+ 10.0</b>  all together",
    ]
    told = made.data[0].customdata[0]
    assert "90 % interval: + 6.0 to + 8.0" in told
    assert "turned on alone: + 3.6" in told
    assert "turned on last: + 14.5" in told
    assert made.data[0].customdata[3] == "<b>all together</b>: + 10.0"


def test_megawatts_are_drawn_in_gigawatts_and_labelled_with_their_unit():
    table = TABLE.copy()
    table[["value", "low", "high", "alone", "last"]] *= 1000
    made = attribution.figure(table, "queued_mw.last")
    assert np.array(made.data[0].x).tolist() == [7.25, 3.0, -0.25, 10.0]
    assert made.layout.xaxis.title.text == "GW added to the queue,<br>in the last month"
    assert made.layout.annotations[1].text == "<b>+ 3.0 GW</b>  duplicate requests"
    assert attribution.table(table, "queued_mw.last")["adds, MW"].tolist() == [7250, 3000, -250, 10000]
    assert "7.2 GW of the 10 GW" in attribution.title(table, "queued_mw.last")


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        ("queued_mw.peak", -2500.0, "− 2.5 GW"),
        ("fees_usd.mean", 2.5e6, "+ $2.5 million a month"),
        ("filed_mw.mean", 120.0, "+ 120 MW a month"),
        ("short_gpu.peak", 2.5e6, "+ 2.5 million GPUs"),
        ("tokens_asked.mean", 2.5e9, "+ 2.5 billion tokens/s"),
        ("time_to_power_p50.last", 7.0, "+ 7.00 months"),
        ("price_usd_gpu_h.last", 0.5, "+ 0.50 USD/GPU-h"),
        (MEASURE, math.nan, "–"),
    ],
)
def test_amounts_have_the_unit_of_their_measure(measure, value, text):
    assert attribution.amount(value, measure) == text


def test_where_effects_multiply_they_are_factors():
    table = table_of(m02_duplicates=(math.log(2), 0.5, 1.0), m01_speculation=(math.log(3), 0.9, 1.3))
    made = attribution.figure(table, MEASURE, "log")
    assert [note.text[:11] for note in made.layout.annotations] == ["<b>× 3.00</", "<b>× 2.00</", "<b>× 6.00</"]
    np.testing.assert_allclose(np.exp(made.layout.xaxis.tickvals), [1, 1.5, 2, 3, 5])
    assert made.layout.xaxis.ticktext[2] == "× 2"
    assert attribution.title(table, MEASURE, "log").endswith("× 3.00; all 2 mechanisms together: × 6.00")
    assert "factors" in attribution.caption(table, MEASURE, "log")


def test_the_finding_names_what_adds_most_and_its_share():
    assert attribution.title(TABLE, MEASURE) == (
        "Most is added to the MW requested for each MW needed, in the highest month, by speculation and padding: 7.2 of "
        "the 10.0 that all 3 mechanisms add together (72 %)"
    )
    none = table_of(m02_duplicates=(-1.0, -2.0, 0.0))
    assert attribution.title(none, MEASURE).startswith("None of 1 mechanisms adds")
    less = table_of(m02_duplicates=(1.0, 0.0, 2.0), m01_speculation=(-0.5, -1.0, 0.0))
    assert attribution.title(less, MEASURE).endswith("1.00; all 2 mechanisms together: 0.50")


def test_every_mechanism_has_words():
    for switch in Mechanisms.model_fields:
        name = attribution.name_of(switch)
        assert "_" not in name
        assert 5 < len(name) < 45
    assert attribution.name_of("a <b> & c") == "a <b> & c"


def test_names_are_text_and_never_markup():
    odd = table_of(**{"a <b> & c": (1.0, 0.5, 1.5)})
    made = attribution.figure(odd, MEASURE)
    assert made.layout.annotations[0].text.endswith("a &lt;b&gt; &amp; c")
    assert made.data[0].customdata[0].startswith("<b>a &lt;b&gt; &amp; c</b>")
    assert attribution.table(odd, MEASURE)["mechanism"].iloc[0] == "a <b> & c"


def test_what_attribute_returns_can_be_drawn():
    scenario = load_text(runs.TEXTS["one utility, no developers"], overrides={"actors.utilities.count": 2})
    found = attribute(scenario, range(2), "queued_mw.peak", ["m01_speculation", "m02_duplicates"])
    assert attribution.missing(found) == ""
    made = attribution.figure(found, "queued_mw.peak")
    bars = made.data[0]
    size = 1000.0 if made.layout.xaxis.title.text.startswith("GW") else 1.0
    assert sorted(np.array(bars.x) * size)[-1] == pytest.approx(found["value"].max())
    assert np.array(bars.x[:-1]).sum() == pytest.approx(bars.x[-1])
    assert min(len(attribution.caption(found, "queued_mw.peak")), len(attribution.alt(found, "queued_mw.peak"))) > 60


def test_little_is_drawn_as_it_is_and_nothing_says_why():
    nothing = table_of(m02_duplicates=(0.0, 0.0, 0.0))
    assert attribution.figure(nothing, MEASURE).to_json()
    assert attribution.title(nothing, MEASURE).startswith("None of 1")
    assert attribution.missing(TABLE.iloc[-1:]) == "Nothing was switched: there is nothing to attribute."
    assert "not known" in attribution.missing(TABLE.assign(value=math.nan))
