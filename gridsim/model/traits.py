"""Traits: what distinguishes agents of one kind, drawn once from the distributions of the scenario."""

from __future__ import annotations

import math
from typing import NamedTuple

from gridsim.model import draws
from gridsim.model.compiling import process
from gridsim.model.elementary import exp
from gridsim.model.group import F, I
from gridsim.model.state import COUNT_DERATED, COUNT_FULL, COUNT_NONE, DEVELOPER, Params, State

HEADROOM, FILED_MW, STUDIED_MW, SIGNED_MW, COMMITTED, LARGEST, OTHER_LOAD = range(7)
"""Columns of an area's endowment: MW, additions in MW a year."""


class Distributions(NamedTuple):
    """What agents are drawn from.

    `kinds` [kind, 12]: weight of the kind in the initial need and in the growth, sigma of sizes, margin, fear (mean,
    spread), supply-line weight (mean, spread), over-reacting share, h, exposure (mean, spread). A kind's weight is split
    over its agents by lognormal sizes. `mixes` [kind, strategy]: weights by which its agents draw theirs; `strategies` and
    `addresses` [strategy]: code and, of one from outside, address.

    `areas` [utility, 8]: the first six columns of an endowment, NaN where the area has nothing of its own and gets a share
    of the total by its lognormal size; then attraction and study slots. `totals` [7]: an endowment of all areas together.
    `counting` [3]: weights of the counting rules. `growth_path_mw` [month]: growth of all need, before noise and setbacks.
    """

    kinds: F
    mixes: F
    strategies: I
    addresses: I
    areas: F
    totals: F
    counting: F
    area_sigma: float
    growth_path_mw: F


@process
def trait(seed: int, purpose: int, key: int, mean: float, spread: float) -> float:
    """Uniform on mean +/- spread, cut to [0, 1]."""
    value = mean + spread * (2.0 * draws.uniform(seed, purpose, 0, key) - 1.0)
    return min(1.0, max(0.0, value))


@process
def normalise(shares: F, column: int) -> None:
    """Scale a column so that it sums to one, unless it is all zero."""
    whole = 0.0
    for i in range(shares.shape[0]):
        whole += shares[i, column]
    scale = 1.0 / whole if whole > 0.0 else 0.0
    for i in range(shares.shape[0]):
        shares[i, column] *= scale


@process
def draw_strategy(weights: F, luck: float) -> int:
    """Index drawn by weight; the last that has any if rounding leaves none."""
    whole = 0.0
    for k in range(weights.size):
        whole += weights[k]
    mark, last = luck * whole, 0
    for k in range(weights.size):
        if weights[k] > 0.0:
            last = k
            mark -= weights[k]
            if mark < 0.0:
                break
    return last


@process
def draw_applicants(state: State, params: Params, drawn_from: Distributions, shares: F) -> None:
    """Write traits and strategies of every applicant, and its shares of the initial need and of growth [applicant, 2]."""
    a = state.applicants
    for i in range(a.size):
        kind, key = a.kind[i], a.key[i]
        s = drawn_from.kinds[kind]
        drawn = draw_strategy(drawn_from.mixes[kind], draws.uniform(params.seed, draws.TRAIT_STRATEGY, 0, key))
        a.strategy[i], a.address[i] = drawn_from.strategies[drawn], drawn_from.addresses[drawn]
        a.multiplier[i], a.choice[i] = 1.0, -1
        late = draws.uniform(params.seed, draws.DEADLINE, 0, key) < params.deadline_filers
        a.deadline_filer[i] = 1 if late else 0
        a.exposure[i] = trait(params.seed, draws.TRAIT_EXPOSURE, key, s[10], s[11])
        size = 1.0
        if kind != DEVELOPER:
            size = exp(s[2] * draws.normal(params.seed, draws.SIZE, 0, key))
            a.margin[i] = s[3]
            a.fear[i] = trait(params.seed, draws.TRAIT_FEAR, key, s[4], s[5])
            a.supply_line_weight[i] = trait(params.seed, draws.TRAIT_SUPPLY_LINE, key, s[6], s[7])
            reacts = draws.uniform(params.seed, draws.TRAIT_OVERREACT, 0, key) < s[8]
            a.overreaction[i] = s[9] if reacts else 0.0
        shares[i, 0] = shares[i, 1] = size
    for kind in range(drawn_from.kinds.shape[0]):
        sizes = 0.0
        for i in range(a.size):
            sizes += shares[i, 0] if a.kind[i] == kind else 0.0
        for i in range(a.size):
            if a.kind[i] == kind:
                shares[i, 0] = drawn_from.kinds[kind, 0] * (shares[i, 1] / sizes)
                shares[i, 1] = drawn_from.kinds[kind, 1] * (shares[i, 1] / sizes)
    normalise(shares, 0)
    normalise(shares, 1)


@process
def endow(endowments: F, column: int, drawn_from: Distributions, sizes: F) -> None:
    """Write one column of every area's endowment: its own, or its share by size of the total over areas without."""
    whole = 0.0
    for u in range(sizes.size):
        own = drawn_from.areas[u, column] if column < OTHER_LOAD else math.nan
        endowments[u, column] = own
        whole += sizes[u] if math.isnan(own) else 0.0
    scale = drawn_from.totals[column] / whole if whole > 0.0 else 0.0
    for u in range(sizes.size):
        if math.isnan(endowments[u, column]):
            endowments[u, column] = sizes[u] * scale


@process
def draw_utilities(state: State, params: Params, drawn_from: Distributions, endowments: F) -> None:
    """Write headroom, committed additions, limits, staff and counting rule of every utility, and its endowment [utility, 7]."""
    utilities, additions, weights = state.utilities, state.additions, drawn_from.counting
    for u in range(utilities.size):
        utility = utilities[u]
        utility.score = exp(drawn_from.area_sigma * draws.normal(params.seed, draws.AREA_SIZE, 0, utility.key))
        mark = draws.uniform(params.seed, draws.COUNTING, 0, utility.key) * (weights[0] + weights[1] + weights[2])
        utility.counting = COUNT_NONE
        if mark < weights[0]:
            utility.counting = COUNT_FULL
        elif mark < weights[0] + weights[1]:
            utility.counting = COUNT_DERATED
        utility.attraction = drawn_from.areas[u, 6]
        utility.slots = int(drawn_from.areas[u, 7])
    for column in range(endowments.shape[1]):
        endow(endowments, column, drawn_from, utilities.score)
    for u in range(utilities.size):
        utility = utilities[u]
        utility.installed_mw = utility.initial_mw = endowments[u, HEADROOM]
        utility.build_limit_mw_per_year = endowments[u, LARGEST]
        utility.other_load_mw = endowments[u, OTHER_LOAD]
        utility.review_offset = int(draws.uniform(params.seed, draws.REVIEW, 0, utility.key) * params.review_months)
        due = 0.0
        for t in range(additions.due_mw.shape[1]):
            if t < params.lead_months:
                additions.arriving_mw[u, t] = endowments[u, COMMITTED] / 12.0
                due += additions.arriving_mw[u, t]
            additions.due_mw[u, t] = due
