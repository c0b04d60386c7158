"""The Mesa port of the power layer is the same model as gridsim, or its speed says nothing."""

from __future__ import annotations

import sys

import mesa
import pytest

import gridsim
from benchmarks import power_layer
from benchmarks.peers.gate import REQUIRED, check_port, differences
from benchmarks.peers.mesa_port.accounting import SERIES
from benchmarks.peers.mesa_port.applicants import Applicant
from benchmarks.peers.mesa_port.consumers import Consumer
from benchmarks.peers.mesa_port.developers import Developer
from benchmarks.peers.mesa_port.market import PowerMarket
from benchmarks.peers.mesa_port.settings import not_covered, read_settings
from benchmarks.peers.mesa_port.utility import Utility
from gridsim.config.reader import load_text
from gridsim.engine.measures import SERIES as DECLARED

BASELINE = power_layer.BASELINE
SMALL = """
title: A small market
horizon_months: 36
actors:
  labs: {count: 3}
  hyperscalers: {count: 2}
  developers: {count: 2}
  utilities: {count: 3, studies_in_parallel: 4}
demand: {initial_need_gw: 2, growth_gw: 14, growth_months: 36, midpoint_month: 18}
grid:
  headroom_gw: 3
  pipeline: {filed_mw: 900, studied_mw: 800, signed_mw: 900}
  pipeline_speculative_share: 0.3
  pipeline_copied_share: 0.4
  construction: {months_min: 3, months_max: 9, ramp_months: 12, cancel_hazard_per_year: 0.4}
  expansion: {lead_months: 9, cycle_months: 6}
"""
TERMS = {
    "study_fee_usd_per_mw": 100,
    "deposit_usd_per_mw": 30000,
    "deposit_refundable_share": 0.4,
    "collateral_usd_per_mw": 90000,
    "minimum_take": 0.85,
    "contract_years": 1,
    "exit_fee_years": 3,
    "site_control": 0.5,
    "sign_within_months": 2,
}
ALL_OFF = {f"mechanisms.{name}": False for name in ("m01_speculation", "m02_duplicates", "m16_scarcity_narrative")}
MARKETS = {
    "as it is": {},
    "money": {"tariffs": [TERMS]},
    "honest": ALL_OFF,
    "no restudies": {"mechanisms.m03_restudies": False},
    "one area, nobody speculates": {"actors.utilities.count": 1, "actors.developers.count": 0},
    "need falls": {"demand.setback": {"hazard_per_year": 2.0, "loss": 0.9}},
}
BROKEN_RULES = {
    "nobody pads": (Consumer, "padding", lambda self, liability: 0.0),
    "nobody buys": (Developer, "find_buyer", lambda self, room_mw: None),
    "everybody is patient": (Applicant, "patience_end", lambda self, utility, key, patience, t: 10**6),
    "no result changes": (Utility, "must_restudy", lambda self, request, t: False),
    "additions are never late": (Utility, "delayed", lambda self, months, purpose_month, key: months),
    "nobody speaks": (Applicant, "speak", lambda self, truth, bias: None),
    "a surplus stays": (PowerMarket, "release_surplus", lambda self, t: None),
    "fees are free": (Applicant, "pay_for_filing", lambda self, request: None),
}


def small(overrides: dict[str, object]):
    return load_text(SMALL, overrides=overrides)


@pytest.mark.parametrize("name", MARKETS)
def test_the_port_gives_the_bits_of_gridsim_in_small_markets(name):
    assert check_port(small(MARKETS[name]), [1, 2]) == []


def test_the_port_gives_the_bits_of_gridsim_in_the_baseline():
    assert check_port(gridsim.load(BASELINE), [1]) == []


@pytest.mark.parametrize("name", BROKEN_RULES)
def test_a_rule_that_is_broken_in_the_port_is_found(name, monkeypatch):
    monkeypatch.setattr(*BROKEN_RULES[name])
    assert check_port(small(MARKETS["need falls" if name == "a surplus stays" else "as it is"]), [1, 2]) != []


def test_the_gate_compares_every_bit_and_nan_with_nan():
    nan = float("nan")
    assert differences({"x": [1.0, nan]}, {"x": [1.0, nan]}, ["x"], "peer") == []
    for found in ([1.0, 0.1 + 0.2, nan], [1.0, nan, nan]):
        (line,) = differences({"x": found}, {"x": [1.0, 0.3, nan]}, ["x"], "peer")
        assert line.startswith("peer: x is ")
        assert line.endswith(" in month 1, gridsim's 0.3")
    assert differences({"x": [1.0]}, {"x": [1.0, 2.0]}, ["x"], "peer") == ["peer: x has 1 months, gridsim's 2"]


def test_the_port_measures_all_of_the_power_layer():
    assert set(REQUIRED) <= set(SERIES) <= set(DECLARED)
    power = {name for name in DECLARED if name.startswith("power_")}
    assert power <= set(SERIES)


def test_the_port_is_a_mesa_model_with_an_agent_for_everybody_and_ends_at_the_horizon():
    scenario = small({})
    market = PowerMarket(read_settings(scenario), 1)
    assert isinstance(market, mesa.Model)
    assert {kind.__name__: len(group) for kind, group in market.agents_by_type.items()} == {
        "Lab": 3,
        "Hyperscaler": 2,
        "Developer": 2,
        "Utility": 3,
    }
    market.run_model()
    market.step()
    table = market.datacollector.get_model_vars_dataframe()
    assert table.shape == (36, len(SERIES))
    assert not market.running


@pytest.mark.parametrize(
    ("overrides", "what"),
    [
        ({"mechanisms.m13_low_mfu": True}, "m13_low_mfu"),
        ({"grid.network.case": "rts24"}, "grid.network.case"),
        ({"tariffs": [{}, {"from": "2025-01"}]}, "tariffs or policies that change"),
        ({"policy.deposit_usd_per_mw": 1}, "tariffs or policies that change"),
        ({"tariffs": [{"window_months": 6}]}, "tariffs.window_months"),
        ({"strategies.labs": "ewa"}, "strategies.labs"),
    ],
)
def test_what_the_port_does_not_cover_is_refused(overrides, what):
    scenario = small(overrides)
    assert not_covered(scenario) == [what]
    with pytest.raises(ValueError, match="the port does not cover"):
        read_settings(scenario)


@pytest.mark.parametrize("broken", [True, False])
def test_a_failed_gate_ends_the_benchmark_with_1_and_without_any_timing(broken, monkeypatch, tmp_path, capsys):
    """With the gate passed it goes on to time."""
    path, out = tmp_path / "small.yaml", tmp_path / "out.json"
    path.write_text(SMALL, encoding="utf-8")
    timed = []
    monkeypatch.setattr(sys, "argv", ["power_layer.py", "--scenario", str(path), "--out", str(out), "--warm-only"])
    monkeypatch.setattr(power_layer, "check_power_months", lambda scenario, seeds: [])  # it takes long to compile
    monkeypatch.setattr(power_layer, "time_runs", lambda *asked: timed.append(asked) or dict.fromkeys(NAMES, 1.0))
    if broken:
        monkeypatch.setattr(*BROKEN_RULES["nobody pads"])
    assert power_layer.main() == (1 if broken else 0)
    said = capsys.readouterr()
    assert (timed == []) is broken
    assert (said.out == "") is broken
    assert ("not the same model" in said.err) is broken
    assert out.exists() is not broken


NAMES = (power_layer.WHOLE, power_layer.POWER, power_layer.PORT)
