"""Scenarios on a network case: where requests sit, what the report of a wrong case says, and a file of the user's own."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import gridsim
from gridsim import cli
from gridsim.config.errors import ScenarioError
from gridsim.config.reader import load_text
from gridsim.engine.prepare import prepare
from tests.test_grid_case import raw, saved

TEXT = """
title: On a network
horizon_months: 36
actors: {labs: {count: 4}, hyperscalers: {count: 2}, developers: {count: 2}, utilities: {count: 4}}
demand: {initial_need_gw: 2, growth_gw: 12, growth_months: 36, midpoint_month: 24}
grid: {headroom_gw: 10, network: {case: rts24, scale: 2}}
"""


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line in this process: exit code, stdout, stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["gridsim", *map(str, arguments)])
        return cli.main(), *capsys.readouterr()

    return run


def text(case: str, **more: object) -> gridsim.Scenario:
    return load_text(TEXT, overrides={"grid.network.case": case, **more})


def test_requests_sit_at_buses_of_their_utility_s_area():
    scenario = text("rts24")
    run = gridsim.simulate(scenario, 1)
    case, names = prepare(scenario).case, [f"utility-{i:02d}" for i in range(1, 5)]
    home = {bus: names[area] for bus, area in zip(case.buses, case.area, strict=True)}
    assert len(home) == 24
    assert (run.requests.bus.map(home) == run.requests.utility).all()
    assert run.requests.bus.nunique() > 15
    share = run.requests.groupby(["utility", "bus"]).size() / run.requests.groupby("utility").size()
    expected = {(home[b], b): s for b, s in zip(case.buses, case.load_share, strict=True)}
    for place, s in expected.items():
        assert abs(share.get(place, 0.0) - s) < 0.35


def test_lines_bind_and_upgrades_raise_their_limits():
    tight, wide = (gridsim.simulate(text("rts24", **{"grid.network.scale": scale}), 1) for scale in (0.5, 2000.0))
    assert (tight._state.lines.limit_mw > prepare(tight.scenario).case.limit_mw + 1e-6).any()
    np.testing.assert_array_equal(wide._state.lines.limit_mw, prepare(wide.scenario).case.limit_mw)
    cost = [r.requests.upgrade_cost_usd.sum() / r.requests.mw[r.requests.studied.notna()].sum() for r in (tight, wide)]
    assert cost[0] > 1.5 * cost[1]
    assert tight.series.signed_mw.iloc[-1] + tight.series.energised_mw.iloc[-1] < (
        wide.series.signed_mw.iloc[-1] + wide.series.energised_mw.iloc[-1]
    )


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("caes39", "did you mean 'case39'"),
        ("../case.m", "outside the folder"),
        ("nowhere.m", "nowhere.m"),
    ],
)
def test_a_wrong_case_is_bad_input_in_one_line(case, words, call, tmp_path):
    (tmp_path / "s.yaml").write_text(f"{TEXT}".replace("case: rts24", f"case: {case}"), encoding="utf-8")
    for command in ("run", "validate"):
        code, out, err = call(command, tmp_path / "s.yaml")
        assert (code, out) == (2, "")
        assert words in err
        assert "grid.network.case" in err
        assert len(err.strip().splitlines()) == 1


def test_more_utilities_than_buses_are_refused():
    with pytest.raises(ScenarioError, match="cannot be cut into 50 areas"):
        prepare(text("case39", **{"actors.utilities.count": 50}))


def test_a_matpower_file_is_found_beside_the_scenario_wherever_it_is_run(tmp_path, monkeypatch):
    pytest.importorskip("matpowercaseframes")
    (tmp_path / "grid.m").write_text(saved(raw("rts24")), encoding="utf-8")
    (tmp_path / "s.yaml").write_text(TEXT.replace("case: rts24", "case: grid.m"), encoding="utf-8")
    monkeypatch.chdir("/")
    own = gridsim.simulate(gridsim.load(tmp_path / "s.yaml"), 1)
    built_in = gridsim.simulate(text("rts24"), 1)
    assert own._state.series.tobytes() == built_in._state.series.tobytes()
