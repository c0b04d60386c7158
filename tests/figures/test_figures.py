"""The figures show the result's own numbers, with dates and units, and the tables say the same."""

from __future__ import annotations

import numpy as np
import pytest

from gridsim.engine.result import Result
from gridsim.figures import facts, fate, funnel, money, queue, scarcity, style, time_to_power
from gridsim.figures.charts import MAKERS, charts
from tests.figures import runs


def test_every_chart_has_a_finding_a_caption_a_sentence_a_figure_and_a_table(result: Result) -> None:
    made = charts(result)
    assert [chart.name for chart in made] == [
        "layers", "funnel", "observed", "queue", "scarcity", "time-to-power", "fate", "gpus", "week", "research",
        "waterfall", "money",
    ]  # fmt: skip
    for chart in made:
        assert not chart.missing
        assert min(len(chart.title), len(chart.caption), len(chart.alt)) > 20
        assert chart.figure is not None
        assert chart.table is not None
        assert len(chart.figure.data) > 0
        assert len(chart.table) > 0


def test_figures_are_pure(result: Result) -> None:
    for _, _, maker in MAKERS:
        assert maker.figure(result).to_json() == maker.figure(result).to_json()
        assert maker.table(result).equals(maker.table(result))


def test_the_funnel_adds_up_from_requested_to_needed(result: Result) -> None:
    at = facts.peak(result)
    now = result.series.iloc[at]
    rows = funnel.rows(result)
    requested, *parts, needed = [row.mw for row in rows if row.group == 0]
    assert requested == pytest.approx(now["queued_mw"] + now["signed_mw"])
    assert requested + sum(parts) == pytest.approx(needed)
    assert needed == now["power_need"] == pytest.approx(float(result.headline()["needed_gw"]) * 1000)
    assert [-mw for mw in parts[:3]] == pytest.approx([now["duplicate_mw"], now["speculative_mw"], now["padding_mw"]])


@pytest.mark.parametrize("month", [0, 1, 30, 71])
def test_the_funnel_of_any_month_adds_up_though_need_may_exceed_what_is_filed(result: Result, month: int) -> None:
    requested, *parts, needed = [row.mw for row in funnel.rows(result, month) if row.group == 0]
    assert requested + sum(parts) == pytest.approx(needed)
    assert funnel.title(result, month)


def test_the_bars_of_the_funnel_are_its_table(result: Result) -> None:
    (bars,) = funnel.figure(result).data
    table = funnel.table(result)
    assert np.array(bars.x) * 1000 == pytest.approx(table["MW"].abs().to_numpy())
    ends = np.array(bars.base) + np.array(bars.x)
    assert ends[:6].max() * 1000 == pytest.approx(table["MW"].iloc[0])
    assert funnel.figure(result).layout.xaxis.title.text == "GW"


def test_lines_over_time_are_the_series_on_calendar_dates(result: Result) -> None:
    figure, table = queue.figure(result), queue.table(result)
    assert result.twin is not None
    lines = {trace.name: trace for trace in figure.data}
    assert list(lines) == [name.removesuffix(", MW") for name in table.columns[1:]]
    for name, trace in lines.items():
        assert list(trace.x) == [f"{day:%Y-%m-%d}" for day in result.dates]
        assert trace.y * 1000 == pytest.approx(table[f"{name}, MW"].to_numpy())
        assert trace.line.dash == ("dash" if name.endswith("twin") else None)
    assert lines["in service"].y * 1000 == pytest.approx(result.series["energised_mw"].to_numpy())
    assert lines["in service, twin"].y * 1000 == pytest.approx(result.twin.series["energised_mw"].to_numpy())
    assert lines["queued and signed"].y * 1000 == pytest.approx(result.series["power_claims"].to_numpy())
    assert [figure.layout[axis].title.text for axis in ("yaxis", "yaxis2")] == ["Asked for, GW", "Obtained, GW"]
    assert figure.layout.xaxis.type == "date"


def test_scarcity_is_the_result_s_and_the_shades_are_its_verdicts(result: Result) -> None:
    figure, table = scarcity.figure(result), scarcity.table(result)
    lines = {trace.name: trace for trace in figure.data}
    for name in ("apparent", "real"):
        np.testing.assert_array_equal(lines[name].y, result.series[f"power_{name}"])
        np.testing.assert_array_equal(table[name], result.series[f"power_{name}"])
    np.testing.assert_array_equal(lines["phantom ratio"].y, result.series["power_phantom_ratio"])
    verdict = facts.verdicts(result.series)
    shaded = sum(
        verdict[i] in scarcity.SHADES and (i == 0 or verdict[i - 1] != verdict[i]) for i in range(len(verdict))
    )
    assert sum(shape.type == "rect" for shape in figure.layout.shapes) == shaded
    assert (table["scarcity"] == "only apparent").sum() == np.sum(verdict == "apparent")


def test_months_of_one_verdict_are_one_shade_from_the_first_to_the_last() -> None:
    result = runs.run("one utility, no developers")
    series = result.series.assign(power_claims=900.0, power_need=300.0, power_capacity=400.0, power_dark_share=0.0)
    series.loc[20:, "power_need"] = 500.0
    result.__dict__["series"] = series
    shades = [shape for shape in scarcity.figure(result).layout.shapes if shape.type == "rect"]
    assert [shape.fillcolor for shape in shades] == [scarcity.SHADES[name][1] for name in ("apparent", "real")]
    assert [(shape.x0, shape.x1) for shape in shades] == [("2023-12-17", "2025-08-16"), ("2025-08-17", "2026-06-16")]
    assert scarcity.title(result) == "Scarcity is only apparent in 20 and real in 10 of 30 months"


def test_the_fate_of_every_megawatt_is_told_once(result: Result) -> None:
    flows, requests = fate.fates(result.requests), result.requests
    assert flows["mw"].sum() == pytest.approx(requests["mw"].sum())
    assert flows["requests"].sum() == len(requests)
    by = flows.groupby("outcome", observed=True)["mw"].sum()
    last = result.series.iloc[-1]
    assert by["still queued"] == pytest.approx(last["queued_mw"])
    assert by["being built"] == pytest.approx(last["signed_mw"])
    assert by["gave up waiting"] == pytest.approx(requests["mw"][requests["reason"] == "patience"].sum())
    assert fate.table(result)["MW"].sum() == pytest.approx(requests["mw"].sum())


def test_what_enters_a_node_of_the_sankey_leaves_it(result: Result) -> None:
    (sankey,) = fate.figure(result).data
    flows = np.zeros((2, len(sankey.node.label)))
    np.add.at(flows[0], list(sankey.link.target), sankey.link.value)
    np.add.at(flows[1], list(sankey.link.source), sankey.link.value)
    middle = (flows[0] > 0) & (flows[1] > 0)
    assert middle.sum() == 3
    assert flows[0][middle] == pytest.approx(flows[1][middle])
    assert flows[0][~middle].sum() * 1000 == pytest.approx(result.requests["mw"].sum())


def test_an_unknown_reason_is_refused(result: Result) -> None:
    with pytest.raises(ValueError, match="whim"):
        fate.fates(result.requests.assign(reason="whim"))


def test_time_to_power_counts_every_project_and_says_what_is_not_reached(result: Result) -> None:
    numbers, table = time_to_power.cohorts(result), time_to_power.table(result)
    own = result.requests[(result.requests["kind"] != "developer") & (result.requests["filed"] >= 0)]
    assert numbers["projects"].sum() == own["project"].nunique()
    assert (numbers[["in service", "given up", "waiting"]].sum(axis=1) == numbers["projects"]).all()
    lines = {trace.name: trace for trace in time_to_power.figure(result).data}
    np.testing.assert_array_equal(lines["median and middle half, this run"].y, numbers["p50"])
    assert numbers["p50"].isna().any()
    late = table["median months to power"][numbers["p50"].isna()]
    assert late.str.startswith(("not reached", "too few")).all()
    assert table["filed from"].iloc[0] == "2024-01"


def test_money_is_the_cost_of_asking(result: Result) -> None:
    table = money.table(result)
    assert table["this run, million US$"].iloc[-1] * 1e6 == pytest.approx(result.series["cost_usd"].sum())
    assert table["this run, million US$"].iloc[:-1].sum() == pytest.approx(table["this run, million US$"].iloc[-1])
    run, twin = money.figure(result).data
    size = {"billion US$": 1e3, "million US$": 1.0}[money.figure(result).layout.xaxis.title.text.split(" of ")[0]]
    shown = table["this run, million US$"].iloc[:-1]
    assert np.array(run.x) * size == pytest.approx(shown[(shown > 0) | (table["honest twin, million US$"][:-1] > 0)])
    assert (run.name, twin.name) == ("this run", "honest twin")


def test_no_figure_offers_to_upload(result: Result) -> None:
    assert style.CONFIG["showSendToCloud"] is False
    assert style.CONFIG["displaylogo"] is False
