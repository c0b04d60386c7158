"""From a scenario to what a run starts from: parameters, agents, terms, network. Everything that no seed changes.

Agents are kept in the order of their names, whatever order the scenario lists them in, so that reordering agents changes
nothing; results are put back into the scenario's order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridsim.config.scenario import Scenario
from gridsim.engine.buses import grid_case
from gridsim.engine.compute_settings import fleet_params, load_hours, need_scale
from gridsim.engine.grid_case import GridCase
from gridsim.engine.network import hears
from gridsim.engine.settings import agent_settings, area_settings, query_path, strategy_settings, total_settings
from gridsim.engine.start import Start, start
from gridsim.engine.terms import TermsTables, terms_tables
from gridsim.model import draws, jit_cache
from gridsim.model.demand import logistic
from gridsim.model.filing import mean_project_size
from gridsim.model.group import F, cleared
from gridsim.model.state import DEVELOPER, HYPERSCALER, LAB, Network, Params, Queries
from gridsim.model.traits import Distributions

KINDS = ("lab", "hyperscaler", "developer")


class Roster(NamedTuple):
    """Names of agents in the engine's order, and where the scenario lists each."""

    names: list[str]
    listed: list[int]
    kinds: list[int]


class Prepared(NamedTuple):
    """All that `gridsim.engine.columns` needs to make the columns of a run."""

    scenario: Scenario
    params: Params
    applicants: Roster
    utilities: Roster
    start: Start
    tables: TermsTables
    case: GridCase
    network: Network
    drawn_from: Distributions
    queries: Queries
    load_hours: F
    months: int
    model_digest: str


def roster(groups: list[tuple[int, list[str]]]) -> Roster:
    """Agents sorted by kind and name."""
    listed = [(kind, name, place) for place, (kind, name) in enumerate((k, n) for k, names in groups for n in names)]
    listed.sort()
    return Roster([n for _, n, _ in listed], [p for _, _, p in listed], [k for k, _, _ in listed])


def applicant_roster(scenario: Scenario) -> Roster:
    """Labs, hyperscalers and developers."""
    a = scenario.actors
    return roster(
        [
            (LAB, a.labs.roster("lab")),
            (HYPERSCALER, a.hyperscalers.roster("hyperscaler")),
            (DEVELOPER, a.developers.roster("developer")),
        ]
    )


def utility_roster(scenario: Scenario) -> Roster:
    """Utilities."""
    return roster([(0, scenario.actors.utilities.roster("utility"))])


def growth_path(scenario: Scenario) -> F:
    """MW by which all need grows in months 0 .. T + H: a logistic path that adds `growth_gw` over `growth_months`."""
    d = scenario.demand
    months = scenario.horizon_months + scenario.grid.planning_horizon_months + 1
    if d.growth_gw == 0.0:  # whatever the path
        return np.zeros(months)
    growth_mw = 1000.0 * d.growth_gw * need_scale(scenario)
    reached = np.array([logistic(t, d.midpoint_month, d.takeoff_months) for t in range(months + 1)])
    whole = logistic(d.growth_months, d.midpoint_month, d.takeoff_months) - reached[0]
    return growth_mw * np.diff(reached) / whole


def switches(scenario: Scenario, keep_log: bool) -> dict[str, float]:
    """Mechanisms that are on or off, and whether requests are logged."""
    m = scenario.mechanisms
    return dict(
        speculation=m.m01_speculation,
        duplicates=m.m02_duplicates,
        narrative=m.m16_scarcity_narrative,
        restudies=m.m03_restudies,
        low_mfu=m.m13_low_mfu,
        dear_queries=m.m14_tokens_per_query,
        keep_log=keep_log,
    )


def need_params(scenario: Scenario) -> dict[str, float]:
    """True need for power, and the projects that it comes in."""
    d, p = scenario.demand, scenario.demand.projects
    return dict(
        initial_need_mw=1000.0 * d.initial_need_gw * need_scale(scenario),
        growth_noise=d.noise,
        noise_persistence=d.noise_persistence,
        setback_hazard=d.setback.hazard_per_year,
        setback_loss=d.setback.loss,
        size_median_mw=p.size_median_mw,
        size_mean_mw=1.0,  # follows from the others, in `make_params`
        size_sigma=p.size_sigma,
        size_max_mw=p.size_max_mw,
        value_usd_per_mw=p.value_usd_per_mw,
        quality_shape=p.quality_shape,
        land_usd_per_mw_year=1000.0 * p.capex_usd_per_kw * p.land_option_share_per_year,
        land_purchase_multiple=p.land_purchase_multiple,
        interest_per_year=p.interest_per_year,
        sites_max=p.sites_max,
        patience_hazard_per_year=p.patience_hazard_per_year,
        patience_shape=p.patience_shape,
        silent_share=p.silent_share,
    )


def mfu_params(scenario: Scenario) -> dict[str, float]:
    """How well GPUs are used, on which the need for power rests."""
    mfu = scenario.compute.mfu
    return dict(
        mfu_benchmark=mfu.benchmark,
        mfu_initial=mfu.initial,
        mfu_spread=mfu.spread,
        mfu_small_job=mfu.small_job,
        mfu_loss_per_doubling=mfu.loss_per_doubling,
        mfu_learning=mfu.learning_per_month,
        job_gpus_per_mw=mfu.job_share * 1000.0 / scenario.compute.waterfall.facility_kw_per_gpu,
    )


def filing_params(scenario: Scenario) -> dict[str, float]:
    """How applicants forecast and file, and developers with them."""
    plan, developers = scenario.beliefs.planning, scenario.actors.developers
    return dict(
        wait_sensitivity=plan.wait_sensitivity,
        level_gain=plan.level_gain,
        trend_gain=plan.trend_gain,
        trend_damping=plan.trend_damping,
        adjustment_months=plan.adjustment_months,
        deadline_filers=plan.deadline_filers,
        release_months=plan.release_months,
        projects_max=plan.projects_max_per_month,
        padding=plan.padding,
        padding_max=plan.padding_max,
        entry_rate=developers.entry_rate,
        filings_max=developers.filings_max_per_month,
        positions_max=developers.positions_max,
        resale_share=developers.resale_share,
    )


def belief_params(scenario: Scenario) -> dict[str, float]:
    """What applicants believe, and what they say."""
    b = scenario.beliefs
    return dict(
        initial_approval=b.initial_approval,
        belief_gain=b.gain,
        weight_own=b.weight_own,
        publication_lag=b.publication_lag_months,
        sight_noise=b.noise,
        reference_wait_months=b.reference_wait_months,
        wait_max_months=b.wait_max_months,
        narrative_weight=b.narrative_weight,
        statement_bias=b.statement_bias,
    )


def study_params(scenario: Scenario) -> dict[str, float]:
    """Studies, agreements and upgrades."""
    g, study = scenario.grid, scenario.grid.study
    return dict(
        study_months_min=study.months_min,
        study_months_max=study.months_max,
        window_study_months=study.window_study_months,
        review_months=study.review_months,
        cutoff=g.network.cutoff,
        own_generation_usd_per_mw=1000.0 * study.own_generation_usd_per_kw,
        agreement_months_min=study.agreement_months_min,
        agreement_months_max=study.agreement_months_max,
        upgrade_median_usd_per_mw=1000.0 * study.upgrade_median_usd_per_kw,
        upgrade_sigma=study.upgrade_sigma,
        scarce_cost_factor=study.scarce_cost_factor,
        upgrade_months_min=study.upgrade_months_min,
        upgrade_months_max=study.upgrade_months_max,
    )


def supply_params(scenario: Scenario) -> dict[str, float]:
    """What is built, for loads and for the grid, and what is in the pipeline when the run begins."""
    g, building, expansion = scenario.grid, scenario.grid.construction, scenario.grid.expansion
    return dict(
        horizon=g.planning_horizon_months,
        construction_months_min=building.months_min,
        construction_months_max=building.months_max,
        slip_mean_months=building.slip_mean_months,
        slip_sigma=building.slip_sigma,
        ramp_months=building.ramp_months,
        cancel_hazard_per_year=building.cancel_hazard_per_year,
        lead_months=expansion.lead_months,
        delay_sigma=expansion.delay_sigma,
        cycle_months=expansion.cycle_months,
        reserve_margin=expansion.reserve_margin,
        derate=scenario.actors.utilities.derate,
        pipeline_speculative_share=g.pipeline_speculative_share,
        pipeline_copied_share=g.pipeline_copied_share,
    )


def price_params(scenario: Scenario) -> dict[str, float]:
    """The price of capacity, and the load factors of those who pay it."""
    price = scenario.grid.price
    return dict(
        entry_usd_per_mw_day=price.entry_usd_per_mw_day,
        price_steepness=price.steepness,
        price_cap=price.cap,
        load_factor_residential=price.load_factor_residential,
        load_factor_commercial=price.load_factor_commercial,
        load_factor_industrial=price.load_factor_industrial,
    )


def make_params(scenario: Scenario, keep_log: bool) -> Params:
    """The scalars of a run; the seed is put in later."""
    parts = (need_params, mfu_params, filing_params, belief_params, study_params, supply_params, price_params)
    values = {"seed": scenario.seed} | switches(scenario, keep_log)
    for part in parts:
        values |= part(scenario)
    missing = set(Params.__annotations__) ^ set(values)
    assert not missing, missing
    params = cleared(Params, 1)[0]
    for name, value in (values | fleet_params(scenario)).items():
        params[name] = value
    params.size_mean_mw = mean_project_size(params)
    return params


def prepare(scenario: Scenario, *, keep_log: bool = False) -> Prepared:
    """Everything about a scenario's runs that does not depend on the seed."""
    applicants, utilities = applicant_roster(scenario), utility_roster(scenario)
    names = [f"{KINDS[k]}/{n}" for k, n in zip(applicants.kinds, applicants.names, strict=True)]
    keys = np.array([draws.name_key(n) for n in names], np.uint64)
    areas = np.array([draws.name_key(f"utility/{n}") for n in utilities.names], np.uint64)
    clouds = np.array(
        [draws.name_key(f"neocloud/{n}") for n in sorted(scenario.actors.neoclouds.roster("neocloud"))], np.uint64
    )
    case = grid_case(scenario, utilities.names)
    study = scenario.grid.study
    ahead = study.months_min + study.months_max + study.agreement_months_min + study.agreement_months_max
    tables = terms_tables(scenario, utilities.names, max(1, ahead // 2))
    strategies = strategy_settings(scenario)
    rules, ties = scenario.actors.utilities.counting_rules, scenario.beliefs.network
    return Prepared(
        scenario=scenario,
        params=make_params(scenario, keep_log),
        applicants=applicants,
        utilities=utilities,
        start=start(keys, applicants.kinds, areas, clouds, case),
        tables=tables,
        case=case,
        network=hears(keys, ties.neighbours, ties.rewiring),
        drawn_from=Distributions(
            kinds=agent_settings(scenario),
            mixes=strategies.mixes,
            strategies=strategies.codes,
            addresses=strategies.addresses,
            areas=area_settings(scenario, utilities.names),
            totals=total_settings(scenario),
            counting=np.array([rules.full, rules.derated, rules.none], np.float64),
            area_sigma=float(scenario.actors.utilities.size_sigma),
            growth_path_mw=growth_path(scenario),
        ),
        queries=query_path(scenario.compute.queries, scenario.horizon_months),
        load_hours=load_hours(scenario),
        months=scenario.horizon_months,
        model_digest=jit_cache.source_digest(),
    )
