"""A fan of two worlds: its bands are quantiles over runs, its difference is paired by seed, its sentence counts runs."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from gridsim.config.scenario import Scenario
from gridsim.config.variants import varied
from gridsim.engine.contrast import Worlds
from gridsim.engine.ensemble import ensemble
from gridsim.figures import spread

SEEDS = range(1, 13)


@pytest.fixture(scope="module")
def both(scenario: Scenario) -> Worlds:
    other = varied(scenario, {"mechanisms.m02_duplicates": False})
    return Worlds("today", ensemble(other, SEEDS), ensemble(scenario, SEEDS))


def test_every_measure_has_a_chart_a_table_and_words(both: Worlds) -> None:
    for panel in spread.PANELS:
        figure = spread.figure(both, panel)
        assert isinstance(figure, go.Figure)
        assert figure.to_json()
        table = spread.table(both, panel)
        assert len(table) == 72
        for text in (spread.title(both, panel), spread.caption(both, panel), spread.alt(both, panel)):
            assert "nan" not in text.lower().split(), (panel.column, text)
            assert text[0].isupper() or text[0].isdigit(), text
            assert "  " not in text


def test_bands_are_quantiles_over_the_runs(both: Worlds) -> None:
    panel = spread.BY_COLUMN["queued_mw"]
    shown = spread.fan(both, panel)
    series = both.here.series["queued_mw"]
    for row, share in enumerate(spread.QUANTILES):
        assert np.allclose(shown.here[row] * shown.unit.size, np.quantile(series, share, axis=0))


def test_the_difference_is_taken_run_by_run(both: Worlds) -> None:
    """The median of differences, not the difference of medians."""
    panel = spread.BY_COLUMN["queued_mw"]
    shown = spread.fan(both, panel)
    apart = both.here.series["queued_mw"] - both.there.series["queued_mw"]
    assert np.allclose(shown.apart[2] * shown.unit.size, np.quantile(apart, 0.5, axis=0))
    assert not np.allclose(shown.apart[2], shown.here[2] - shown.there[2])


def test_months_that_few_runs_know_are_left_out(both: Worlds) -> None:
    values = np.full((4, 3), np.nan)
    values[0, 0] = 1.0
    values[:2, 1] = (1.0, 3.0)
    values[:, 2] = (1.0, 2.0, 3.0, 4.0)
    found = spread.quantiles(values)
    assert np.isnan(found[:, 0]).all()
    assert found[2, 1] == 2.0
    assert found[2, 2] == 2.5


def test_the_sentence_says_in_how_many_runs(both: Worlds) -> None:
    panel = spread.BY_COLUMN["queued_mw"]
    here, there = (np.max(world.series["queued_mw"], axis=1) for world in (both.here, both.there))
    lower = int(np.sum(here < there))
    assert lower >= 11
    text = spread.title(both, panel, "with no copies, ")
    assert text.startswith(f"With no copies, the queue peaks lower than today in {lower} of 12 runs: ")


def test_a_difference_of_either_sign_is_called_unclear(both: Worlds, scenario: Scenario) -> None:
    noise = Worlds("today", ensemble(scenario.model_copy(), range(100, 112)), both.there)
    panel = spread.BY_COLUMN["unserved_need_mw"]
    assert "o clear difference" in spread.title(noise, panel)


def test_equal_worlds_are_told_to_be_equal(both: Worlds) -> None:
    same = Worlds("today", both.here._replace(scenario=both.there.scenario.model_copy()), both.here)
    text = spread.title(same, spread.BY_COLUMN["queued_mw"])
    assert text.startswith("The queue peaks as high as today in all 12 runs")
    assert "the same as today" in spread.title(same, spread.BY_COLUMN["power_phantom_ratio"])


def test_one_world_alone_has_no_difference_to_show(both: Worlds) -> None:
    alone = Worlds("today", both.there, both.there)
    panel = spread.BY_COLUMN["queued_mw"]
    assert len(spread.data(alone, panel)) == 5
    assert len(spread.data(both, panel)) == 13
    assert len(spread.table(alone, panel).columns) == 6
    assert "today" not in spread.title(alone, panel)


def test_a_chart_can_be_redrawn_in_place(both: Worlds) -> None:
    """Whatever is measured, the traces are the same ones in the same order."""
    names = {tuple((str(t["name"]), "fill" in t) for t in spread.data(both, panel)) for panel in spread.PANELS}
    assert len(names) == 1
