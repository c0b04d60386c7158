"""The map of a month shows the engine's own MW: stocks by bus, use, capacity, and how loaded lines are."""

from __future__ import annotations

import gc
import re
import weakref

import numpy as np
import pytest

import gridsim
from gridsim.config.reader import load_text
from gridsim.config.scenario import Scenario
from gridsim.engine.result import Result
from gridsim.figures import facts, grid_layout, grid_map, grid_months, line_loads
from gridsim.figures.once import once_a_run
from tests.figures import runs

TEXT = """
title: On a network
horizon_months: 48
actors: {labs: {count: 5}, hyperscalers: {count: 2}, developers: {count: 2}, utilities: {count: 4}}
demand: {initial_need_gw: 2, growth_gw: 12, growth_months: 36, midpoint_month: 24}
grid:
  headroom_gw: 10
  pipeline: {filed_mw: 900, studied_mw: 400, signed_mw: 500}
  network: {case: rts24, scale: 2}
"""


def network(**more: object) -> Scenario:
    return load_text(TEXT, overrides={f"grid.network.{name}": value for name, value in more.items()})


@pytest.fixture(scope="module")
def grid() -> Result:
    return gridsim.simulate(network(), 1)


@pytest.fixture(params=["areas", "network"])
def run(request: pytest.FixtureRequest, result: Result, grid: Result) -> Result:
    return result if request.param == "areas" else grid


def test_stocks_at_all_buses_are_the_series_in_every_month(run):
    stages, series = grid_months.stages(run), run.series
    opening = grid_months.opening_load(run)
    assert opening > 0
    np.testing.assert_allclose(stages.queued.sum(axis=1), series.queued_mw, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(stages.by_kind.sum(axis=(0, 2)), series.queued_mw, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(stages.signed.sum(axis=1), series.signed_mw, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(stages.service.sum(axis=1) + opening, series.energised_mw, rtol=1e-9)
    np.testing.assert_allclose(stages.used.sum(axis=1) + stages.opening_used, series.power_useful, rtol=1e-9)
    assert (stages.used <= stages.service + 1e-6).all()


def test_stocks_of_an_area_are_its_own_in_every_month(run):
    stages, case, traces = grid_months.stages(run), run._prepared.case, run._state.utility_traces
    for column, table in (("queued_mw", stages.queued), ("signed_mw", stages.signed), ("energised_mw", stages.service)):
        for area in range(4):
            at_buses = table[:, case.area == area].sum(axis=1)
            np.testing.assert_allclose(at_buses, traces[column][:, area], rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(grid_months.free_mw(run).sum(axis=1), run.series.unused_mw, rtol=1e-9)


TARIFFS = [
    {"use_or_lose_share": 0.9},
    {"areas": ["utility-04"], "own_generation_share": 0.4, "use_or_lose_share": 0.9},
    {"areas": ["utility-01", "utility-02"], "nonfirm_hours_share": 0.05, "use_or_lose_share": 0.9},
]


def test_under_rules_that_take_back_and_connect_early_stocks_and_lines_are_still_the_engine_s():
    levers = {"tariffs": TARIFFS, "demand.setback": {"hazard_per_year": 0.5, "loss": 0.8}, "horizon_months": 96}
    run = gridsim.simulate(load_text(TEXT, overrides={**levers, "grid.network.scale": 20}), 1)
    q = run._state.requests[: len(run.requests)]
    assert q.released_mw.sum() > 1.0
    assert q.nonfirm.sum() > 0
    assert q.own_mw.sum() > 0.0
    stages = grid_months.stages(run)
    total = stages.service.sum(axis=1) + grid_months.opening_load(run)
    np.testing.assert_allclose(total, run.series.energised_mw, rtol=1e-9)
    np.testing.assert_allclose(stages.queued.sum(axis=1), run.series.queued_mw, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(stages.signed.sum(axis=1), run.series.signed_mw, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(grid_months.free_mw(run).sum(axis=1), run.series.unused_mw, rtol=1e-9)
    lines = grid_months.lines(run)
    assert lines.replayed
    np.testing.assert_array_equal(lines.flow[-1], run._state.lines.committed_mw)


def test_own_generation_and_connections_that_are_not_firm_load_no_line():
    tariffs = [{"nonfirm_hours_share": 0.05}, {"areas": ["utility-04"], "own_generation_share": 0.4}]
    run = gridsim.simulate(load_text(TEXT, overrides={"tariffs": tariffs, "grid.headroom_gw": 1}), 1)
    q, case = run._state.requests[: len(run.requests)], run._prepared.case
    assert (q.nonfirm[q.signed > 0] == 1).any()
    assert (q.own_mw[q.signed > 0] > 0).any()
    flow = case.flow_mw + grid_months.committed_mw(run) @ case.ptdf
    np.testing.assert_allclose(grid_months.lines(run).flow, flow, atol=1e-6)


def test_lines_carry_what_studies_count_and_end_as_the_run_did(grid):
    lines, case = grid_months.lines(grid), grid._prepared.case
    assert lines.replayed
    assert lines.names == case.lines
    flow = case.flow_mw + grid_months.committed_mw(grid) @ case.ptdf
    np.testing.assert_allclose(lines.flow, flow, atol=1e-6)
    np.testing.assert_array_equal(lines.flow[-1], grid._state.lines.committed_mw)
    np.testing.assert_array_equal(lines.limit[-1], grid._state.lines.limit_mw)
    np.testing.assert_allclose(lines.share, np.abs(lines.flow) / lines.limit)
    assert (np.diff(lines.limit, axis=0) >= 0).all()
    assert (lines.limit[-1] > lines.limit[0]).any()
    for name, (a, b) in zip(lines.names, lines.ends, strict=True):
        assert name.startswith(f"{case.buses[a]} - {case.buses[b]}")


def test_a_run_that_cannot_be_made_again_shows_the_limits_of_its_last_month():
    run = gridsim.simulate(network(), 1)
    run.seed = 2
    lines = grid_months.lines(run)
    assert not lines.replayed
    np.testing.assert_allclose(lines.flow[-1], run._state.lines.committed_mw, atol=1e-6)
    np.testing.assert_array_equal(lines.limit, np.broadcast_to(run._state.lines.limit_mw, lines.limit.shape))
    assert "limits are those of the run's last month" in grid_map.caption(run).lower()


def test_with_outages_a_line_shows_its_worst_one():
    run = gridsim.simulate(network(n_minus_1=True), 1)
    lines, case, state = grid_months.lines(run), run._prepared.case, run._state.lines
    assert len(lines.names) == 38 < len(case.lines)
    every = np.abs(np.asarray(state.committed_mw)) / state.limit_mw
    for i, name in enumerate(lines.names):
        own = [r for r, row in enumerate(case.lines) if row == name or row.startswith(f"{name} without")]
        assert lines.share[-1, i] == every[own].max()
        assert lines.row[-1, i] in own
    outages = line_loads.table(run, 47)["while"]
    assert outages.str.startswith("without bus").any()


def test_the_area_of_every_disc_is_its_megawatts_on_one_scale_in_all_months(run):
    fixed, stages = grid_layout.frame(run), grid_months.stages(run)
    for month in (5, 47):
        discs = {trace.name: trace for trace in grid_map.figure(run, month).data if trace.name}
        total = np.zeros(len(fixed.x))
        for name, mw in (
            ("in service, used", stages.used[month]),
            ("in service, idle", stages.service[month] - stages.used[month]),
            ("signed", stages.signed[month]),
            ("queued", stages.queued[month]),
        ):
            total = total + mw
            radius = disc_radii(discs[name])
            np.testing.assert_allclose((radius / fixed.radius) ** 2, total[total > 1e-6], rtol=1e-3)
        ring = fixed.ring[month]
        np.testing.assert_allclose((disc_radii(discs["capacity"]) / fixed.radius) ** 2, ring[ring > 1e-6], rtol=1e-3)


def disc_radii(trace):
    corners = grid_layout.CORNERS + 2
    if np.isnan(trace.x).all():
        return np.zeros(0)
    x, y = (np.array(values, np.float64).reshape(-1, corners)[:, :-1] for values in (trace.x, trace.y))
    return (np.ptp(x, axis=1) + np.ptp(y, axis=1)) / 4


def test_rings_of_an_area_are_its_installed_capacity(run):
    ring, area = grid_layout.frame(run).ring, run._prepared.case.area
    for a in range(4):
        np.testing.assert_allclose(ring[:, area == a].sum(axis=1), run._state.utility_traces["installed_mw"][:, a])


def test_places_and_axes_stay_from_month_to_month(run):
    one, other = grid_map.figure(run, 1), grid_map.figure(run, 45)
    assert one.layout.xaxis.range == other.layout.xaxis.range
    assert one.layout.yaxis.range == other.layout.yaxis.range
    for a, b in zip(one.data, other.data, strict=True):
        assert a.name == b.name
    texts = [[trace for trace in made.data if trace.mode == "text"] for made in (one, other)]
    assert list(texts[0][-2].x) == list(texts[1][-2].x)


def test_no_disc_of_an_area_overlaps_another_in_any_month(result):
    fixed = grid_layout.frame(result)
    apart = np.hypot(fixed.x[:, None] - fixed.x, fixed.y[:, None] - fixed.y)
    sums = fixed.largest[:, None] + fixed.largest
    assert (apart + np.eye(4) * 9 > sums).all()


def test_discs_of_many_areas_stay_apart_too():
    run = gridsim.simulate(
        load_text(runs.TEXTS["one utility, no developers"], overrides={"actors.utilities.count": 15})
    )
    fixed = grid_layout.frame(run)
    apart = np.hypot(fixed.x[:, None] - fixed.x, fixed.y[:, None] - fixed.y)
    assert (apart + np.eye(15) * 9 > fixed.largest[:, None] + fixed.largest).all()
    assert fixed.largest.max() > 0.05


def test_lines_are_coloured_by_load_and_the_congested_ones_are_named():
    grid = gridsim.simulate(network(scale=0.7), 1)
    month = int(np.argmax((grid_months.lines(grid).share >= 0.9).sum(axis=1)))
    share = grid_months.lines(grid).share[month]
    made = {trace.name: trace for trace in grid_map.figure(grid, month).data if trace.name}
    pieces = [np.isnan(np.array(made[name].x)).sum() for name, _, _ in grid_map.LOADS]
    expected = np.histogram(share + 1e-9, [0, 0.5, 0.9, 1.0, np.inf])[0]
    assert [n if n > 0 else 1 for n in expected] == pieces
    full = {grid_map.short(grid_months.lines(grid).names[i]) for i in np.flatnonzero(share >= 0.9)}
    assert grid_map.NAMED >= len(full) == len(grid_map.congested(grid, month)) > 1
    (named,) = [
        text
        for trace in grid_map.figure(grid, month).data
        if trace.mode == "text"
        for text in trace.text
        if "at 90 %" in text
    ]
    assert set(re.findall("<b>(.*?)</b>", named)) == full
    worst = line_loads.table(grid, month).iloc[0]
    assert f"{len(full)} of 38 lines" in grid_map.title(grid, month)
    assert f"{worst['line']} ({worst['loaded']})" in grid_map.title(grid, month)


def test_of_many_congested_lines_the_most_loaded_are_named():
    grid = gridsim.simulate(network(scale=0.7, n_minus_1=True), 1)
    full = grid_map.congested(grid, 47)
    assert len(full) > grid_map.NAMED + 1
    text = grid_map.congested_text(grid, 47)
    names = [grid_map.short(grid_months.lines(grid).names[i]) for i in full]
    assert re.findall("<b>(.*?)</b>", text) == names[: grid_map.NAMED]
    assert text.endswith(f"and {len(full) - grid_map.NAMED} more")


def test_ties_are_the_projects_queued_in_two_areas(result):
    month, names = 30, result._prepared.utilities.names
    log = result.requests
    end = log[["signed", "left"]].min(axis=1).fillna(np.inf)
    now = log[(log.filed <= month) & (end > month)]
    expected = np.zeros((4, 4))
    for _, copies in now.groupby("project"):
        places = sorted(names.index(name) for name in copies.utility)
        for i, a in enumerate(places):
            for b in places[i + 1 :]:
                expected[a, b] += copies.mw.min()
    found = grid_months.shared_mw(result, month)
    assert expected.sum() > 100
    np.testing.assert_allclose(found, expected)
    told = next(trace for trace in grid_map.figure(result, month).data if trace.customdata is not None)
    assert len(told.customdata) == (expected > 0).sum()


def test_the_table_is_the_map(run):
    month = 30
    table, now = grid_map.table(run, month), run.series.iloc[month]
    assert table["queued, MW"].sum() == pytest.approx(now.queued_mw)
    kinds = [f"queued by {who}, MW" for who in ("labs", "hyperscalers", "developers")]
    np.testing.assert_allclose(table[kinds].sum(axis=1), table["queued, MW"], atol=1e-6)
    log = run.requests
    end = log[["signed", "left"]].min(axis=1).fillna(np.inf)
    developers = log.mw[(log.kind == "developer") & (log.filed <= month) & (end > month)].sum()
    assert table["queued by developers, MW"].sum() == pytest.approx(developers)
    areas = table.drop_duplicates("area")
    assert areas["free in the area, MW"].sum() == pytest.approx(now.unused_mw)
    told = [trace for trace in grid_map.figure(run, month).data if trace.customdata is not None][-1]
    assert len(told.customdata) == len(table)


def test_the_month_is_the_peak_unless_said(result):
    assert grid_map.figure(result) == grid_map.figure(result, facts.peak(result))
    assert facts.month_name(result, facts.peak(result)) in grid_map.title(result)
    for month in (-1, 72):
        with pytest.raises(ValueError, match="months 0 to 71"):
            grid_map.figure(result, month)


def test_names_are_text_and_never_markup(result):
    made = grid_map.figure(result)
    shown = [text for trace in made.data if trace.mode == "text" for text in trace.text]
    assert "P&amp;G" in shown
    told = [text for trace in made.data if trace.customdata is not None for text in trace.customdata]
    assert any(text.startswith("<b>P&amp;G</b><br>") for text in told)
    assert any("P&amp;G" in text and "queued in both" in text for text in told)
    assert not any("P&G" in text for text in [*shown, *told])
    assert "P&G" in grid_map.table(result)["area"].tolist()


@pytest.mark.parametrize("name", ["one month with requests", "one utility, no developers", "no capacity at all"])
def test_little_is_drawn_as_it_is(name):
    run = runs.run(name)
    assert grid_map.missing(run) == ""
    for month in (None, 0, len(run.series) - 1):
        made = grid_map.figure(run, month)
        assert made.to_json()
        assert all(value in (0, 1) or value for value in made.layout.xaxis.range)
        assert min(map(len, (grid_map.title(run, month), grid_map.caption(run, month), grid_map.alt(run, month)))) > 20


def test_without_requests_the_map_says_why():
    assert "No request" in grid_map.missing(runs.run("no request in ten years"))
    assert "log" in grid_map.missing(runs.run("one month with requests", record=None))


@pytest.mark.parametrize(("mw", "round_mw"), [(19_999, 10_000), (20_000, 20_000), (7, 5), (1, 1), (0.3, 0.2), (99, 50)])
def test_the_scale_is_a_round_number(mw, round_mw):
    assert grid_layout.round_size(mw) == pytest.approx(round_mw)


def test_what_is_worked_out_of_a_run_is_worked_out_once_and_goes_with_the_run():
    made = []
    known = once_a_run(lambda result: made.append(result.seed) or np.zeros(1))
    one, other = (gridsim.simulate(network(), seed) for seed in (1, 2))
    assert known(one) is known(one)
    assert known(other) is not known(one)
    assert made == [1, 2]
    gone, kept = weakref.ref(one), weakref.ref(known(one))
    del one
    made.clear()
    gc.collect()
    assert (gone(), kept()) == (None, None)


def test_bars_of_lines_are_their_load_the_fullest_first_in_the_colours_of_the_map(grid):
    month, share = 30, grid_months.lines(grid).share[30]
    (bars,) = line_loads.figure(grid, month).data
    fullest = np.argsort(-share, kind="stable")[: line_loads.SHOWN]
    assert list(bars.x) == list(share[fullest]) == sorted(bars.x, reverse=True)
    assert list(bars.y) == [grid_map.short(grid_months.lines(grid).names[i]) for i in fullest]
    colours = [line["color"] for _, _, line in grid_map.LOADS]
    expected = np.digitize(share[fullest] + 1e-9, [0.5, 0.9, 1.0])
    assert list(bars.marker.color) == [colours[i] for i in expected]
    assert grid_months.lines(grid).names[fullest[0]].capitalize() in line_loads.title(grid, month)
    assert len(line_loads.table(grid, month)) == 38
    assert not line_loads.missing(grid, month)


def test_without_a_network_it_is_said_how_to_get_one(result):
    assert "grid.network.case" in line_loads.missing(result)
