"""With and without: the figure, the table and the sentences show what the runs of both worlds hold, paired by seed."""

from __future__ import annotations

import re

import numpy as np
import pytest

import gridsim
from gridsim.config.contrast import contrasted
from gridsim.config.scenario import Contrast, Scenario
from gridsim.engine.contrast import Worlds, worlds
from gridsim.engine.ensemble import ensemble
from gridsim.figures import contrast
from gridsim.figures import contrast_measures as panels
from gridsim.figures.charts import charts
from gridsim.figures.report import report_html

HOSTILE = 'without <script>alert(1)</script> & "it"'


def with_contrast(scenario: Scenario, label: str = "without copies", **changes: object) -> Scenario:
    block = Contrast(label=label, changes=changes or {"mechanisms.m02_duplicates": False}, seeds=5)
    return scenario.model_copy(update={"contrast": block})


@pytest.fixture(scope="module")
def both(scenario: Scenario) -> Worlds:
    return worlds(with_contrast(scenario))


def test_both_worlds_have_the_same_seeds_and_differ_by_the_changes_alone(both: Worlds, scenario: Scenario) -> None:
    assert both.here.seeds == both.there.seeds == (1, 2, 3, 4, 5)
    alone = gridsim.simulate(contrasted(with_contrast(scenario)), seed=4)
    np.testing.assert_array_equal(both.there.series["queued_mw"][3], alone.series["queued_mw"])
    np.testing.assert_array_equal(both.here.series["queued_mw"], ensemble(scenario, range(1, 6)).series["queued_mw"])
    assert both.here.series["duplicate_mw"].max() > 0 == both.there.series["duplicate_mw"][:, 36:].max()


def test_every_run_of_both_worlds_is_announced(scenario: Scenario) -> None:
    calls: list[int] = []
    worlds(with_contrast(scenario), done=lambda: calls.append(1))
    assert len(calls) == 10


def test_every_panel_holds_median_and_band_of_both_worlds(both: Worlds) -> None:
    figure = contrast.figure(both)
    lines = [trace for trace in figure.data if trace.hovertemplate]
    drawn = panels.shown(both)
    assert tuple(drawn[:6]) == panels.POWER
    assert [line.name for line in lines] == ["without copies", "this scenario"] * len(drawn)
    assert [line.showlegend for line in lines] == [True, True] + [False] * (2 * len(drawn) - 2)
    assert {line.line.color for line in lines} == {"#0072B2", "#D55E00"}
    assert [trace.fill for trace in figure.data].count("tonexty") == 2 * len(drawn)
    sizes = {"GW": 1000.0, "million GPUs": 1e6, "thousand GPUs": 1e3, "billion tokens/s": 1e9, "%": 0.01}
    heads = [note.text for note in figure.layout.annotations]
    for i, panel in enumerate(drawn):
        size = sizes.get(heads[i].rsplit(", ", 1)[1], 1.0)
        series = both.here.series[panel.column]
        known = np.isfinite(series).all(axis=0)
        shown = np.array(lines[2 * i + 1].y, dtype=float)
        assert shown[known] * size == pytest.approx(np.median(series[:, known], axis=0)), panel.name
        low, high = (np.quantile(series[:, known], share, axis=0) for share in (0.05, 0.95))
        top, bottom = figure.data[6 * i + 2], figure.data[6 * i + 3]
        inside = known[np.isfinite(shown)]
        assert np.array(top.y)[inside] * size == pytest.approx(high, abs=1e-9)
        assert np.array(bottom.y)[inside] * size == pytest.approx(low, abs=1e-9)
    assert heads[0].startswith("Queued, ")
    assert heads[4] == "Capacity price, US$/MW-day"


def test_no_line_stands_where_less_than_half_of_the_runs_have_a_value() -> None:
    nan = np.nan
    runs = [[nan, 1, 1], [nan, nan, 2], [1, 3, 3], [1, 3, 4], [nan, nan, 5]]
    values = contrast.quantiles(np.array(runs))
    assert np.isnan(values[:, 0]).all()
    assert values[1].tolist()[1:] == [3.0, 3.0]


def test_the_table_pairs_the_worlds_by_seed(both: Worlds) -> None:
    table = contrast.table(both).set_index("measure")
    here, there = (world.series["queued_mw"].max(axis=1) / 1000 for world in (both.here, both.there))
    row = table.loc["queue at its peak, GW"]
    assert row["this scenario"] == pytest.approx(here.mean())
    assert row["without copies"] == pytest.approx(there.mean())
    assert row["difference"] == pytest.approx((here - there).mean())
    assert row["difference, 5 % of runs below"] == pytest.approx(np.quantile(here - there, 0.05))
    assert row["difference, 95 % of runs below"] == pytest.approx(np.quantile(here - there, 0.95))
    assert (row["lower in, runs"], row["higher in, runs"]) == (np.sum(here < there), np.sum(here > there))
    assert table.loc["duplicates at their peak, GW", "this scenario"] > 0


def swapped(both: Worlds, **series: np.ndarray) -> Worlds:
    """The same worlds with other series in this one."""
    return both._replace(here=both.here._replace(series={**both.here.series, **series}))


def test_the_title_says_what_the_runs_show_with_its_sign(both: Worlds) -> None:
    there = both.there.series["queued_mw"]
    higher, lower = (swapped(both, queued_mw=factor * there) for factor in (1.5, 0.5))
    mean = there.max(axis=1).mean()
    for case, word, factor in ((higher, "higher", 1.5), (lower, "lower", 0.5)):
        title = contrast.title(case)
        assert title.startswith(f"In 5 of 5 runs the queue peaks {word} than without copies: ")
        shown = [float(x) for x in re.findall(r"[0-9]+\.[0-9]+", title)]
        assert shown == pytest.approx([factor * mean / 1000, mean / 1000], abs=0.051)


def test_without_a_clear_difference_the_title_says_so(both: Worlds) -> None:
    same = both._replace(here=both.there)
    assert contrast.title(same) == "In all 5 runs everything is as without copies"
    for up, text in ((1.5, "in 2 of 5 runs the queue peaks higher"), (1.2, "in 3 of 5 runs the queue peaks lower")):
        noise = np.where(np.arange(5) % 2, up, 0.8)[:, None]  # the word follows the means, which stand beside it
        peaks = both.there.series["queued_mw"].max(axis=1, keepdims=True)
        queued = noise * both.there.series["queued_mw"] / peaks * peaks.mean()
        level = both.there.series["queued_mw"] / peaks * peaks.mean()
        here = both.there._replace(series=both.there.series | {"queued_mw": queued})
        there = both.there._replace(series=both.there.series | {"queued_mw": level})
        mixed = both._replace(here=here, there=there)
        assert contrast.title(mixed).startswith(f"No clear difference: {text}")


def test_if_the_queue_is_the_same_the_title_tells_the_clearest_other_difference(both: Worlds) -> None:
    changed = {"capacity_price_usd_mw_day": 1.3, "study_backlog": 1.1, "unserved_need_mw": 0.8}
    series = both.there.series | {name: factor * both.there.series[name] for name, factor in changed.items()}
    other = both._replace(here=both.there._replace(series=series))
    assert contrast.title(other).startswith("In 5 of 5 runs the price of capacity is higher than without copies: ")


def test_the_entry_of_a_rule_is_dated_in_figure_caption_and_table(scenario: Scenario) -> None:
    dated = scenario.policy.model_copy(update={"from_month": "2026-03", "study_fee_usd_per_mw": 50000.0})
    changes = {"policy.study_fee_usd_per_mw": None}
    both = worlds(with_contrast(scenario.model_copy(update={"policy": dated}), "without the fee", **changes))
    lines = [shape for shape in contrast.figure(both).layout.shapes if shape.type == "line"]
    assert [line.x0 for line in lines] == ["2026-03-01"] * len(panels.shown(both))
    assert "rules enter into force in March 2026" in contrast.caption(both)
    assert "without the fee (policy.study_fee_usd_per_mw: null)" in contrast.caption(both)
    measures = list(contrast.table(both)["measure"])
    assert "queue in September 2026, GW" in measures
    assert "queue in February 2026, GW" not in measures  # nobody knows of it yet: both worlds are the same


def test_the_contrast_is_the_third_section_of_the_report(both: Worlds, scenario: Scenario) -> None:
    contrasting = with_contrast(scenario)
    result = gridsim.simulate(contrasting, seed=3)
    made = charts(result, None, both)
    assert [chart.name for chart in made][:4] == ["layers", "funnel", "contrast", "observed"]
    assert min(len(text) for text in (made[2].title, made[2].caption, made[2].alt)) > 20
    html = report_html(result, worlds=both)
    assert '<section id="contrast"' in html
    assert "With and without" in html
    assert report_html(result, worlds=both) == html
    assert "The other world was not run" in report_html(result)


def only_compute(both: Worlds, **factors: float) -> Worlds:
    """This world with the other one's numbers, but for these measures, which are so many times the other's."""
    luck = 1.0 + 0.05 * np.arange(5)[:, None]
    level = {name: 0.4 * luck * np.ones_like(both.there.series[name]) for name in factors}
    there = both.there._replace(series=both.there.series | level)
    here = there._replace(series=there.series | {name: factor * level[name] for name, factor in factors.items()})
    return both._replace(here=here, there=there)


def test_the_compute_side_alone_is_drawn_where_power_is_the_same(both: Worlds) -> None:
    case = only_compute(both, dark_gpu=1.2, price_usd_gpu_h=1.1, research_share=0.5)
    assert [panel.column for panel in panels.shown(case)] == ["research_share", "dark_gpu", "price_usd_gpu_h"]
    assert "Power is the same in both worlds" in contrast.caption(case)
    assert contrast.title(case).startswith("In 5 of 5 runs research's share of GPUs is lower than without copies: ")
    assert contrast.title(case).endswith("22 against 44 %")
    assert len([trace for trace in contrast.figure(case).data if trace.hovertemplate]) == 6
    row = contrast.table(case).set_index("measure").loc["rent of a GPU, mean, US$/h"]
    assert row["difference"] == pytest.approx(0.1 * row["without copies"])


def test_measures_that_tell_the_same_are_drawn_once_and_no_more_than_six(both: Worlds) -> None:
    family = only_compute(both, dark_gpu=1.2, idle_held_gpu=1.5, serving_gpu=1.3, tokens_asked=1.4)
    assert [panel.column for panel in panels.shown(family)] == ["idle_held_gpu", "tokens_asked"]
    same = only_compute(both, reported_utilisation=1.2, useful_utilisation=1.2)
    assert [panel.column for panel in panels.shown(same)] == ["useful_utilisation"]
    many = only_compute(both, **{panel.column: 1.2 + 0.1 * i for i, panel in enumerate(panels.COMPUTE)})
    assert len(panels.shown(many)) == panels.MOST


def test_what_is_small_beside_the_spread_of_runs_is_not_drawn(both: Worlds) -> None:
    case = only_compute(both, price_usd_gpu_h=1.011, short_gpu=1.1)
    assert [panel.column for panel in panels.shown(case)] == ["short_gpu"]
    assert contrast.figure(case).layout.xaxis.domain == (0.0, 1.0)
    nothing = both._replace(here=both.there)
    assert panels.shown(nothing) == list(panels.POWER)
    assert "No measure of GPUs, serving or research differs clearly" in contrast.caption(nothing)


def test_a_measure_of_the_compute_side_that_stands_out_more_than_the_queue_is_told_after_it(both: Worlds) -> None:
    there = both.there.series
    noise = np.where(np.arange(5) % 2, 1.4, 1.2)[:, None]
    level = {"price_usd_gpu_h": 2.0 * np.ones_like(there["queued_mw"])}
    here = both.there._replace(series=there | level | {"queued_mw": noise * there["queued_mw"]})
    case = both._replace(here=here, there=both.there._replace(series=there | level))
    assert "rent" not in contrast.title(case)
    dearer = case._replace(here=here._replace(series=here.series | {"price_usd_gpu_h": 2.5 * np.ones_like(noise)}))
    assert contrast.title(dearer).endswith("; the rent of a GPU is higher: 2.5 against 2 US$/h")


def test_the_label_of_the_other_world_stays_text(scenario: Scenario) -> None:
    contrasting = with_contrast(scenario, HOSTILE)
    html = report_html(gridsim.simulate(contrasting, seed=3), worlds=worlds(contrasting))
    assert "<script>alert" not in html


@pytest.mark.parametrize("text", ["horizon_months: 1", "horizon_months: 20\nactors: {developers: {count: 0}}"])
def test_a_run_with_little_to_show_has_a_contrast(text: str) -> None:
    from gridsim.config.reader import load_text

    block = "\ncontrast: {label: without, changes: {mechanisms.m02_duplicates: false}, seeds: 2}"
    both = worlds(load_text(f"title: t\n{text}{block}"))
    assert "nan" not in contrast.title(both) + contrast.caption(both) + contrast.alt(both)
    assert contrast.figure(both).data
