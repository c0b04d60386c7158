"""Scenarios small enough for the plain market, which between them use every rule: see `tests/model/test_oracle.py`."""

from __future__ import annotations

from pathlib import Path

from gridsim.config.reader import load, load_text

BASELINE = Path(__file__).parents[2] / "configs" / "baseline.yaml"

SMALL = """
title: A few agents in three areas
horizon_months: 60
actors:
  labs: {count: 3}
  hyperscalers: {count: 2}
  developers: {count: 2, entry_rate: 2.0}
  utilities: {count: 3, studies_in_parallel: 3}
demand:
  initial_need_gw: 2
  growth_gw: 12
  growth_months: 60
  midpoint_month: 40
  takeoff_months: 20
  projects: {size_median_mw: 120, size_max_mw: 900, patience_hazard_per_year: 0.3}
compute:
  quota: {teams: 6}
grid:
  headroom_gw: 4
  pipeline: {filed_mw: 1500, studied_mw: 800, signed_mw: 900}
  pipeline_copied_share: 0.5
  pipeline_speculative_share: 0.4
  planning_horizon_months: 36
  study:
    {months_min: 1, months_max: 3, agreement_months_min: 0, agreement_months_max: 4,
     upgrade_months_min: 6, upgrade_months_max: 24, upgrade_median_usd_per_kw: 300}
  construction: {months_min: 2, months_max: 14, slip_mean_months: 3, ramp_months: 12, cancel_hazard_per_year: 0.3}
  expansion: {committed_gw_per_year: 1, lead_months: 14, cycle_months: 6, build_limit_gw_per_year: 3}
"""
STRICT = {
    "tariffs": [
        {
            "study_fee_usd_per_mw": 500, "deposit_usd_per_mw": 60000, "deposit_refundable_share": 0.35,
            "collateral_usd_per_mw": 150000, "minimum_take": 0.8, "contract_years": 0.5, "exit_fee_years": 2,
            "sign_within_months": 3, "site_control": 0.7,
        }
    ]
}  # fmt: skip
CHANGING = {
    "tariffs": [
        {"sign_within_months": 2},
        {"from": "2025-01", "areas": ["utility-02"], "deposit_usd_per_mw": 90000, "deposit_refundable_share": 0.1},
        {"from": "2026-06", "minimum_take": 0.6, "exit_fee_years": 1, "collateral_usd_per_mw": 80000},
        {"from": "2027-03", "areas": ["utility-01"], "demand_charge_usd_per_mw_month": 20000, "contract_years": 1},
    ],
    "policy": {"from": "2025-09", "areas": ["utility-01", "utility-03"], "site_control": 0.9, "study_fee_usd": 100000},
}
HONEST = {"mechanisms": dict.fromkeys(("m01_speculation", "m02_duplicates", "m16_scarcity_narrative"), False)}
SCARCE = {
    "grid.headroom_gw": 0.2,
    "grid.expansion.committed_gw_per_year": 0.1,
    "grid.expansion.build_limit_gw_per_year": 0.5,
    "actors.utilities.studies_in_parallel": 1,
    "actors.labs.count": 4,
    "demand.projects.patience_hazard_per_year": 1.0,
}
BURST = {  # many copies, several of which sign in one month; setbacks make surpluses
    "actors.utilities.studies_in_parallel": 40,
    "actors.utilities.count": 8,
    "actors.labs.fear": {"mean": 1.0, "spread": 0.0},
    "beliefs.initial_approval": 0.1,
    "demand.setback": {"hazard_per_year": 1.0, "loss": 0.8},
    "grid.study.months_max": 1,
    "grid.study.agreement_months_max": 0,
    "beliefs.planning.release_months": 2,
    "demand.projects.quality_shape": 4.0,
    "grid.expansion.delay_sigma": 1.0,
}
UNWANTED = {  # positions that nobody buys, and need that does not come
    "demand.growth_gw": 1,
    "demand.setback": {"hazard_per_year": 0.5, "loss": 1.0},
    "grid.headroom_gw": 0,
    "grid.pipeline": {"filed_mw": 4000, "studied_mw": 2000},
    "demand.projects.patience_hazard_per_year": 0,
    "beliefs.planning.release_months": 120,
    "actors.utilities.studies_in_parallel": 20,
}
HOPELESS = {"beliefs.planning.wait_sensitivity": 5.0, "beliefs.wait_max_months": 600.0, "horizon_months": 36}
SHORT_SIGHT = {"grid.planning_horizon_months": 5, "grid.headroom_gw": 1, "grid.expansion.build_limit_gw_per_year": 9}
CRUMBS = {"demand": {"growth_gw": 0, "noise": 0}, "grid.pipeline": {"filed_mw": 9, "studied_mw": 8, "signed_mw": 7}}
ODD = {  # nothing to divide by, nothing to pay, one area, no reserve of patience
    "actors.utilities.count": 1,
    "demand.projects": {"value_usd_per_mw": 0, "interest_per_year": 0, "patience_hazard_per_year": 10, "size_sigma": 0},
    "grid.headroom_gw": 0,
    "grid.planning_horizon_months": 1,
    "grid.expansion": {"committed_gw_per_year": 0, "cycle_months": 1, "lead_months": 1, "delay_sigma": 0},
    "beliefs.publication_lag_months": 0,
}

# New terms enter into force in month 18, and are known half a year before.
MONEY = {"readiness_share": 0.2, "security_share": 0.3, "deposit_usd_per_mw": 40000, "deposit_refundable_share": 0.3}
RIGHTS = {"nonfirm_hours_share": 0.01, "own_generation_share": 0.25, "use_or_lose_share": 0.9}
COUNTING_RULES = {"duplicate_disclosure": True, "base_case_weight": 0.5}
CONFIRM = {"confirm_within_months": 2, "deposit_usd_per_mw": 70000}
ENTRY = 18
MIDDLE = {"from": "2025-07", "announced": "2025-01"}
QUICK = {  # sites come into service, and past their ramp, within the run
    "grid.construction.months_min": 1, "grid.construction.months_max": 6, "grid.construction.ramp_months": 6,
    "demand.setback": {"hazard_per_year": 0.6, "loss": 0.9}, "grid.other_load_gw": 12,
}  # fmt: skip
LINES = {"grid.network": {"case": "rts24", "scale": 0.5}}


def policy(terms: dict[str, object], **options: object) -> dict[str, object]:
    """The terms given, for all areas, from the middle of the run on."""
    return {"policy": MIDDLE | terms | options}


def windows(allocation: str, **terms: object) -> dict[str, object]:
    """Joint studies from the middle of the run on."""
    study = {"grid.study.window_study_months": 4, "beliefs.planning.deadline_filers": 0.5}
    return study | policy({"window_months": 6, "allocation": allocation} | terms)


def small(overrides: dict[str, object]):
    return load_text(SMALL, overrides=overrides)


SCENARIOS = {
    "baseline": lambda: load(BASELINE, {"horizon_months": 72}),
    "small": lambda: small({}),
    "honest": lambda: small(HONEST),
    "strict tariff": lambda: small(STRICT),
    "changing tariff": lambda: small(CHANGING),
    "scarce": lambda: small(SCARCE),
    "scarce and strict": lambda: small(SCARCE | STRICT),
    "burst": lambda: small(BURST),
    "burst, changing tariff": lambda: small(BURST | CHANGING),
    "unwanted": lambda: small(UNWANTED),
    "short sight": lambda: small(SHORT_SIGHT),
    "hopeless waits": lambda: small(SCARCE | HOPELESS),
    "crumbs": lambda: small(CRUMBS | {"beliefs.planning.release_months": 120, "actors.labs.margin": 0}),
    "odd": lambda: small(ODD),
    "wasteful": lambda: small(
        {"mechanisms.m13_low_mfu": True, "mechanisms.m14_tokens_per_query": True, "compute.mfu.spread": 0.2}
    ),
    "no restudies": lambda: small({"mechanisms.m03_restudies": False}),
    "reviews": lambda: small({"grid.study.review_months": 7, "demand.projects.patience_shape": 0.6}),
    "money": lambda: small(policy(MONEY)),
    "rights": lambda: small(QUICK | policy(RIGHTS)),
    "copies count as one": lambda: small(BURST | policy(COUNTING_RULES)),
    "confirmed": lambda: small(SCARCE | policy(MONEY | CONFIRM)),
    "own generation for all": lambda: small(policy({"own_generation_share": 1.0, "base_case_weight": 0.0})),
    "own generation, scarce": lambda: small(
        SCARCE
        | {"grid.headroom_gw": 1.5, "grid.construction.cancel_hazard_per_year": 1.5}
        | {"actors.utilities.studies_in_parallel": 9, "tariffs": [{"own_generation_share": 0.5}]}
    ),
    "lines": lambda: small(LINES),
    "lines, burst": lambda: small(BURST | LINES),
    "lines, all levers": lambda: small(QUICK | LINES | policy(MONEY | RIGHTS | COUNTING_RULES | CONFIRM)),
    "lines, area by area": lambda: small(
        LINES | {"tariffs": [{}, {"areas": ["utility-02"], "base_case_weight": 0.3, "own_generation_share": 0.5}]}
    ),
    "lines, one bus an area": lambda: small(LINES | {"actors.utilities.count": 24, "grid.network.cutoff": 0.2}),
    "windows": lambda: small(windows("proportional")),
    "windows, uniform": lambda: small(SCARCE | windows("uniform")),
    "windows, first come": lambda: small(windows("first_come", **MONEY)),
    "windows, auction": lambda: small(windows("auction", **RIGHTS) | QUICK),
    "windows that overlap": lambda: small({"grid.study.window_study_months": 9, "tariffs": [{"window_months": 2}]}),
    "windows in some areas": lambda: small(LINES | windows("uniform", areas=["utility-01", "utility-03"])),
    "windows of two lengths, lines": lambda: small(
        LINES
        | {"tariffs": [{"window_months": 6}, {"areas": ["utility-02"], "window_months": 4, "allocation": "uniform"}]}
    ),
    "windows, lines, confirmed, copies count as one": lambda: small(
        BURST
        | LINES
        | windows("proportional", **(COUNTING_RULES | CONFIRM | {"window_months": 3}))
        | {"tariffs": [COUNTING_RULES | {"window_months": 3}], "grid.study.window_study_months": 3}
        | {"grid.study.agreement_months_min": 3, "grid.study.agreement_months_max": 6, "grid.headroom_gw": 9}
    ),
    "windows, lines, cancelled": lambda: small(
        LINES
        | HONEST
        | {"tariffs": [{"window_months": 1}], "grid.study.window_study_months": 3}
        | {"grid.construction.cancel_hazard_per_year": 2.0, "demand.projects.patience_hazard_per_year": 0.05}
    ),
    "windows that end": lambda: small(
        {"tariffs": [{"window_months": 5, "allocation": "auction"}]} | policy({"window_months": 0})
    ),
    "windows, lines": lambda: small(LINES | windows("proportional", **MONEY)),
    "windows, lines, all levers": lambda: small(
        BURST | LINES | windows("auction", **(MONEY | RIGHTS | COUNTING_RULES | CONFIRM))
    ),
}
