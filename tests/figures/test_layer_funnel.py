"""The funnel of every layer counts what the series count."""

from __future__ import annotations

import numpy as np
import pytest

from gridsim.engine.result import Result
from gridsim.figures import facts, layer_funnel
from tests.figures import runs


def test_bars_are_the_columns_of_the_month(result: Result) -> None:
    for month in (0, 30, 71):
        now = result.series.iloc[month]
        found = {layer.name: {s.name: s.amount for s in layer.steps} for layer in layer_funnel.layers(result, month)}
        assert found["Power"]["requested, every copy"] == now["queued_mw"] + now["signed_mw"]
        assert found["Power"]["unique"] == now["queued_mw"] + now["signed_mw"] - now["duplicate_mw"]
        assert found["Power"]["needed"] == now["power_need"]
        assert found["GPUs"]["held or on order"] == now["compute_claims"]
        assert found["Research quota"]["seemingly used"] == now["quota_held"] * now["reported_utilisation"]
        assert found["Tokens"]["served and useful"] == now["tokens_useful"]


def test_the_title_tells_what_is_needed_of_a_hundred(result: Result) -> None:
    at = facts.peak(result)
    now = result.series.iloc[at]
    share = 100 * now["power_need"] / (now["queued_mw"] + now["signed_mw"])
    assert layer_funnel.title(result).startswith(f"Of each 100 asked for, {share:.0f} MW, ")


def test_shares_and_bars_agree(result: Result) -> None:
    table, figure = layer_funnel.table(result, 40), layer_funnel.figure(result, 40)
    drawn = np.concatenate([np.asarray(trace.x, float) for trace in figure.data])
    assert np.allclose(drawn, table["of each 100 asked for"])
    assert (table.groupby("layer")["of each 100 asked for"].first() == 100.0).all()


@pytest.mark.parametrize("name", runs.TEXTS)
def test_any_run_has_a_funnel_or_says_why_not(name: str) -> None:
    result = runs.run(name)
    if layer_funnel.missing(result):
        return
    texts = (layer_funnel.title(result), layer_funnel.caption(result), layer_funnel.alt(result))
    assert all("nan" not in text.lower() for text in texts)
    assert layer_funnel.figure(result).to_json()
