"""The numbers that draw an agent's traits and an area's endowment, as tables for the kernels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridsim.config.compute import Mode
from gridsim.config.compute import Queries as QuerySettings
from gridsim.config.scenario import Scenario
from gridsim.engine.user_strategies import address_of
from gridsim.model.efficiency import computed_tokens
from gridsim.model.group import F, I, cleared
from gridsim.model.state import BEST_REPLY, EWA, HEURISTIC, HONEST, NO_ENTRY, OPTION_VALUE, OUTSIDE, Queries

STRATEGY_CODES = {
    "heuristic": HEURISTIC,
    "honest": HONEST,
    "option_value": OPTION_VALUE,
    "none": NO_ENTRY,
    "best_reply": BEST_REPLY,
    "ewa": EWA,
}


class StrategySettings(NamedTuple):
    """Weights by kind and strategy, and code and address of every strategy that anybody uses."""

    mixes: F
    codes: I
    addresses: I


def strategy_settings(scenario: Scenario) -> StrategySettings:
    """The strategies of a scenario; those from outside are compiled here."""
    s = scenario.strategies
    mixes = [{mix: 1.0} if isinstance(mix, str) else mix for mix in (s.labs, s.hyperscalers, s.developers)]
    names = sorted({name for mix in mixes for name in mix})
    weights = np.array([[mix.get(name, 0.0) for name in names] for mix in mixes], np.float64)
    codes = np.array([STRATEGY_CODES.get(name, OUTSIDE) for name in names], np.int64)
    addresses = [0 if name in STRATEGY_CODES else address_of(name, scenario) for name in names]
    return StrategySettings(weights, codes, np.array(addresses, np.int64))


def agent_settings(scenario: Scenario) -> F:
    """By kind of applicant, what the draws of its traits need."""
    a = scenario.actors
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
    return np.array(rows, np.float64)


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


def query_path(settings: QuerySettings, months: int) -> Queries:
    """Tokens that a query takes on average in each month: as asked, and had the cheapest kind been asked.

    Reasoning and long contexts are adopted on a straight line; who has not adopted them asks chat and retrieval.
    """
    path: Queries = cleared(Queries, months)
    start, span = settings.adopted_at_start, settings.adoption_months
    adopted = np.minimum(1.0, start + (1.0 - start) * np.arange(months) / span)
    needed = adopted * (1.0 - settings.avoidable_share)
    kinds = (settings.chat, settings.code, settings.retrieval, settings.reasoning, settings.long_context)
    whole = sum(kind.weight for kind in kinds)
    for dear_share, tokens in ((adopted, path.computed_tokens), (needed, path.useful_tokens)):
        for kind in (settings.chat, settings.code, settings.retrieval):
            tokens += kind.weight / whole * tokens_of(kind, settings.cache_hit)
        for dear, cheap in ((settings.reasoning, settings.chat), (settings.long_context, settings.retrieval)):
            tokens += dear.weight / whole * dear_share * tokens_of(dear, settings.cache_hit)
            tokens += dear.weight / whole * (1.0 - dear_share) * tokens_of(cheap, settings.cache_hit)
    path.useful_tokens = np.minimum(
        path.useful_tokens, path.computed_tokens
    )  # where the dear kind takes fewer after all
    return path


def tokens_of(kind: Mode, cache_hit: float) -> float:
    """Tokens that one query of a kind makes a GPU compute."""
    return computed_tokens(kind.tokens_in, kind.tokens_out, cache_hit)
