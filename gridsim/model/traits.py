"""Traits: what distinguishes agents of one kind, drawn once from the distributions of the scenario."""

from __future__ import annotations

import numpy as np
from numba import njit

from gridsim.model import draws
from gridsim.model.elementary import exp
from gridsim.model.state import (
    COUNT_DERATED,
    COUNT_FULL,
    COUNT_NONE,
    DEVELOPER,
    Additions,
    Applicants,
    F,
    I,
    Params,
    Utilities,
)


@njit(cache=True)
def trait(seed: int, purpose: int, key: int, mean: float, spread: float) -> float:
    """Uniform on mean +/- spread, cut to [0, 1]."""
    value = mean + spread * (2.0 * draws.uniform(seed, purpose, 0, key) - 1.0)
    return min(1.0, max(0.0, value))


@njit(cache=True)
def split(weights: F, total: float) -> F:
    """`total` split by weights, in the order given."""
    whole = 0.0
    for i in range(weights.size):
        whole += weights[i]
    return weights * (total / whole) if whole > 0.0 else weights * 0.0


@njit(cache=True, nogil=True)
def draw_applicants(applicants: Applicants, params: Params, settings: F, codes: I) -> tuple[F, F]:
    """Write traits and strategies of every applicant; return each one's share of the initial need and of its growth.

    `settings` [kind, 12]: weight of the kind in the initial need and in the growth, sigma of sizes, margin, fear (mean,
    spread), supply-line weight (mean, spread), over-reacting share, h, exposure (mean, spread). A kind's weight is split
    over its agents by lognormal sizes.
    """
    a = applicants
    n = a.size
    size = np.zeros(n)
    by_kind = np.zeros(settings.shape[0])
    for i in range(n):
        s, key = settings[a.kind[i]], a.key[i]
        a.strategy[i] = codes[a.kind[i]]
        late = draws.uniform(params.seed, draws.DEADLINE, 0, key) < params.deadline_filers
        a.deadline_filer[i] = 1 if late else 0
        a.exposure[i] = trait(params.seed, draws.TRAIT_EXPOSURE, key, s[10], s[11])
        if a.kind[i] == DEVELOPER:
            size[i] = 1.0
        else:
            size[i] = exp(s[2] * draws.normal(params.seed, draws.SIZE, 0, key))
            a.margin[i] = s[3]
            a.fear[i] = trait(params.seed, draws.TRAIT_FEAR, key, s[4], s[5])
            a.supply_line_weight[i] = trait(params.seed, draws.TRAIT_SUPPLY_LINE, key, s[6], s[7])
            reacts = draws.uniform(params.seed, draws.TRAIT_OVERREACT, 0, key) < s[8]
            a.overreaction[i] = s[9] if reacts else 0.0
        by_kind[a.kind[i]] += size[i]
    initial, growth = np.zeros(n), np.zeros(n)
    for i in range(n):
        share = size[i] / by_kind[a.kind[i]]
        initial[i] = settings[a.kind[i], 0] * share
        growth[i] = settings[a.kind[i], 1] * share
    return split(initial, 1.0), split(growth, 1.0)


@njit(cache=True)
def fill_column(area: F, size: F, total: float) -> F:
    """One quantity by area: as given where the scenario says so; the total is split over the other areas by size."""
    left = np.zeros(size.size)
    for u in range(size.size):
        left[u] = size[u] if np.isnan(area[u]) else 0.0
    shares = split(left, total)
    values = np.zeros(size.size)
    for u in range(size.size):
        values[u] = shares[u] if np.isnan(area[u]) else area[u]
    return values


@njit(cache=True, nogil=True)
def draw_utilities(
    utilities: Utilities, additions: Additions, params: Params, areas: F, totals: F, counting: F, size_sigma: float
) -> F:
    """Write headroom, committed additions, limits, staff and counting rule of every utility; return the pipeline.

    The pipeline is [utility, filed / studied / signed MW].

    `areas` [utility, 8] and `totals` [7] in the order headroom, filed, studied, signed MW, committed and largest additions
    (MW/year), other load; then attraction and study slots; NaN where the area has nothing of its own. `counting` [3]: weights
    of the counting rules.
    """
    u = utilities
    n = u.size
    size = np.zeros(n)
    for k in range(n):
        size[k] = exp(size_sigma * draws.normal(params.seed, draws.AREA_SIZE, 0, u.key[k]))
        mark = draws.uniform(params.seed, draws.COUNTING, 0, u.key[k]) * (counting[0] + counting[1] + counting[2])
        u.counting[k] = COUNT_NONE
        if mark < counting[0]:
            u.counting[k] = COUNT_FULL
        elif mark < counting[0] + counting[1]:
            u.counting[k] = COUNT_DERATED
        u.attraction[k] = areas[k, 6]
        u.slots[k] = int(areas[k, 7])
    pipeline_mw = np.zeros((n, 3))
    for column in range(3):
        pipeline_mw[:, column] = fill_column(areas[:, 1 + column], size, totals[1 + column])
    headroom = fill_column(areas[:, 0], size, totals[0])
    committed = fill_column(areas[:, 4], size, totals[4])
    limit = fill_column(areas[:, 5], size, totals[5])
    other_load = fill_column(np.full(n, np.nan), size, totals[6])
    for k in range(n):
        u.installed_mw[k] = u.initial_mw[k] = headroom[k]
        u.build_limit_mw_per_year[k] = limit[k]
        u.other_load_mw[k] = other_load[k]
        u.review_offset[k] = int(draws.uniform(params.seed, draws.REVIEW, 0, u.key[k]) * params.review_months)
        due = 0.0
        for t in range(additions.due_mw.shape[1]):
            if t < params.lead_months:
                additions.arriving_mw[k, t] = committed[k] / 12.0
                due += additions.arriving_mw[k, t]
            additions.due_mw[k, t] = due
    return pipeline_mw
