"""The numbers that draw an agent's traits and an area's endowment, as tables for the kernels."""

from __future__ import annotations

import numpy as np

from gridsim.config.scenario import Scenario
from gridsim.model.group import F, I
from gridsim.model.state import HEURISTIC, HONEST, NO_ENTRY, OPTION_VALUE

STRATEGY_CODES = {"heuristic": HEURISTIC, "honest": HONEST, "option_value": OPTION_VALUE, "none": NO_ENTRY}


def agent_settings(scenario: Scenario) -> tuple[F, I]:
    """By kind of applicant, what the draws of its traits need: rows of numbers, and the strategy's code."""
    a, s = scenario.actors, scenario.strategies
    rows = [
        [
            k.initial_need_share,
            k.growth_share,
            k.size_sigma,
            k.margin,
            k.fear.mean,
            k.fear.spread,
            k.supply_line_weight.mean,
            k.supply_line_weight.spread,
            k.overreacting_share,
            k.overreaction,
            k.exposure.mean,
            k.exposure.spread,
        ]
        for k in (a.labs, a.hyperscalers)
    ]
    rows.append([0.0] * 10 + [a.developers.exposure.mean, a.developers.exposure.spread])
    codes = [STRATEGY_CODES[x] for x in (s.labs, s.hyperscalers, s.developers)]
    return np.array(rows, np.float64), np.array(codes, np.int64)


def area_settings(scenario: Scenario, names: list[str]) -> F:
    """By utility: headroom, three pipeline stages (MW), committed and largest additions (MW/year), attraction, slots.

    NaN where the scenario says nothing about the area, which then gets its share of the total for all areas.
    """
    g, u = scenario.grid, scenario.actors.utilities
    table = np.full((len(names), 8), np.nan)
    for row, name in zip(table, names, strict=True):
        row[6], row[7] = 1.0, u.studies_in_parallel
        area = g.areas.get(name)
        if area is None:
            continue
        row[6] = area.attraction
        for column, value in ((0, area.headroom_mw), (7, area.studies_in_parallel)):
            if value is not None:
                row[column] = value
        for column, value in ((4, area.additions_gw_per_year), (5, area.build_limit_gw_per_year)):
            if value is not None:
                row[column] = 1000.0 * value
        if area.pipeline is not None:
            row[1:4] = area.pipeline.filed_mw, area.pipeline.studied_mw, area.pipeline.signed_mw
    return table


def total_settings(scenario: Scenario) -> F:
    """What all areas have together, in the order of the first six columns of `area_settings`; and other load."""
    g = scenario.grid
    return np.array(
        [
            1000.0 * g.headroom_gw,
            g.pipeline.filed_mw,
            g.pipeline.studied_mw,
            g.pipeline.signed_mw,
            1000.0 * g.expansion.committed_gw_per_year,
            1000.0 * g.expansion.build_limit_gw_per_year,
            1000.0 * g.other_load_gw,
        ],
        np.float64,
    )
