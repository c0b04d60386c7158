"""Four layers: the same sentence and the same rule for each, with the numbers of one month."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gridsim.engine.result import Result
from gridsim.figures import facts, layers, sentences, words
from gridsim.figures.report import report_html
from tests.figures import runs


def flat(layer: str, **values: Any) -> Result:
    """A run whose measures of a layer are these, in every month."""
    result = runs.run("one utility, no developers")
    result.__dict__["series"] = result.series.assign(**{f"{layer}_{name}": value for name, value in values.items()})
    return result


def point(result: Result, layer: str) -> layers.Point:
    """What is said of a layer."""
    return dict(zip([found.key for found in layers.LAYERS], layers.points(result), strict=True))[layer]


CASES = [
    ("real", dict(claims=900.0, need=500.0, capacity=400.0, dark_share=0.1)),
    ("idle", dict(claims=900.0, need=500.0, capacity=400.0, dark_share=0.2)),
    ("apparent", dict(claims=900.0, need=300.0, capacity=400.0, dark_share=0.5)),
    ("none", dict(claims=300.0, need=200.0, capacity=400.0, dark_share=0.0)),
    ("none", dict(claims=1e-10, need=0.0, capacity=-1e-10, dark_share=np.nan)),
    ("unknown", dict(claims=300.0, need=np.nan, capacity=400.0, dark_share=0.0)),
]


@pytest.mark.parametrize("layer", [layer.key for layer in layers.LAYERS])
@pytest.mark.parametrize(("verdict", "values"), CASES)
def test_every_layer_follows_the_same_rule(layer: str, verdict: str, values: dict[str, float]) -> None:
    result = flat(layer, **values)
    assert set(facts.verdicts(result.series, layer)) == {verdict}
    assert point(result, layer).verdict == verdict
    assert point(result, layer).head.endswith(layers.STATE[point(result, layer).verdict][0])
    assert "nan" not in " ".join([*(text for found in layers.points(result) for text in found), layers.title(result)])


def test_power_is_told_as_in_the_headline(result: Result) -> None:
    assert point(result, "power").verdict == sentences.verdict(result)
    assert point(result, "power").text.startswith(sentences.headline(result).rstrip(".").split(";")[0])


def test_the_numbers_are_those_of_the_month_of_the_headline(result: Result) -> None:
    now = result.series.iloc[facts.peak(result)]
    month = facts.month_name(result, facts.peak(result))
    for layer, found in zip(layers.LAYERS, layers.points(result), strict=True):
        assert month in found.text
        assert layer.say(now[f"{layer.key}_claims"]) in found.text
        assert layer.short(now[f"{layer.key}_capacity"]) in found.text
        same = found.text.startswith("All ")
        assert same or layer.short(now[f"{layer.key}_need"]) in found.text
    assert month in layers.title(result)
    assert month in layers.caption(result)


def test_sentences_of_one_layer() -> None:
    million = 1e6
    texts = {
        (
            9.0,
            5.0,
            4.0,
            0.0,
        ): "Of 9.0 million GPUs held or on order in {m}, 5.0 million are needed; 4.0 million have power.",
        (
            4.0,
            5.0,
            4.0,
            0.0,
        ): "Only 4.0 million GPUs are held or on order in {m}, though 5.0 million are needed; 4.0 million have power.",
        (5.0, 5.0, 6.0, 0.0): "All 5.0 million GPUs held or on order in {m} are needed; 6.0 million have power.",
        (
            9.0,
            0.0,
            6.0,
            0.5,
        ): "Of 9.0 million GPUs held or on order in {m}, none are needed; 6.0 million have power, and 50 % "
        "of those held are not needed.",
        (0.0, 0.0, 6.0, np.nan): "Nobody holds or orders GPUs in {m}, and none are needed; 6.0 million have power.",
    }
    for (claims, need, capacity, dark), text in texts.items():
        result = flat(
            "compute", claims=claims * million, need=need * million, capacity=capacity * million, dark_share=dark
        )
        month = facts.month_name(result, facts.peak(result))
        assert point(result, "compute").text == text.format(m=month)


def test_the_dots_are_claims_and_need_over_capacity_and_the_table_says_the_same(result: Result) -> None:
    now = result.series.iloc[facts.peak(result)]
    traces = {trace.name: trace for trace in layers.figure(result).data if trace.name}
    assert list(traces) == ["capacity", "asked for", "needed"]
    table = layers.table(result).set_index("layer")
    for i, layer in enumerate(layers.LAYERS):
        for name, column in (("asked for", "claims"), ("needed", "need")):
            ratio = now[f"{layer.key}_{column}"] / now[f"{layer.key}_capacity"]
            assert max(layers.LEAST, ratio) == pytest.approx(traces[name].x[i])
            assert table[f"{name} / capacity"].iloc[i] == pytest.approx(ratio)
        unit = layer.unit(max(now[f"{layer.key}_{name}"] for name in layers.AMOUNTS))
        assert table["unit"].iloc[i] == unit.name
        assert table["needed"].iloc[i] * unit.size == pytest.approx(now[f"{layer.key}_need"])
    assert layers.figure(result).layout.xaxis.type == "log"


def test_a_layer_without_capacity_is_left_out_and_said_to_be() -> None:
    result = flat("tokens", claims=0.0, need=0.0, capacity=0.0, dark_share=np.nan)
    assert layers.missing(result) == ""
    assert len(next(trace for trace in layers.figure(result).data if trace.name == "needed").x) == 3
    assert "Left out, as there is no capacity to measure it by: tokens" in layers.caption(result)
    assert np.isnan(layers.table(result)["needed / capacity"].iloc[3])
    assert words.tokens(0.0) in point(result, "tokens").text


def test_what_is_nothing_beside_capacity_stands_at_the_left_edge() -> None:
    result = flat("quota", claims=0.0, need=0.0, capacity=500.0, dark_share=0.0)
    assert next(trace for trace in layers.figure(result).data if trace.name == "needed").x[2] == layers.LEAST
    assert "Dots at the left edge" in layers.caption(result)


def test_without_any_capacity_the_layers_are_told_and_not_drawn() -> None:
    result = runs.without(tuple(f"{layer.key}_capacity" for layer in layers.LAYERS))
    assert layers.missing(result).startswith("No layer has a capacity in ")
    html = report_html(result)
    assert 'id="plot-layers"' not in html
    assert html.count("A measure is missing in ") == 5  # of every layer, and of power in the verdict at the top


def test_the_title_puts_layers_of_one_verdict_together() -> None:
    result = flat("tokens", claims=9.0, need=2.0, capacity=4.0, dark_share=0.0)
    values = {"quota_claims": 9.0, "quota_need": 5.0, "quota_capacity": 4.0, "quota_dark_share": 0.5}
    values |= {f"compute_{name}": value for name, value in zip(layers.AMOUNTS, (9.0, 2.0, 4.0), strict=True)}
    values |= {f"power_{name}": value for name, value in zip(layers.AMOUNTS, (3.0, 2.0, 4.0), strict=True)}
    result.__dict__["series"] = result.series.assign(**values)
    assert layers.title(result).endswith(
        "GPUs and tokens are short in appearance only; quota is short while much stands idle; power is not short"
    )
