"""Demand: what every lab and hyperscaler truly needs, month by month.

Need follows one logistic path shared by all, split by the agents' sizes, with persistent noise on each agent's growth and
rare setbacks that lose part of it for good. The path reaches H months past the last one, because need at t + H is what
planners should file for and what the measures compare with. Nobody but the agent itself sees its need.
"""

from __future__ import annotations

import math

from gridsim.model import draws
from gridsim.model.compiling import process, rule
from gridsim.model.elementary import exp, log, normal_quantile
from gridsim.model.group import F
from gridsim.model.state import Params, State


@rule
def logistic(month: float, midpoint: float, scale: float) -> float:
    """Share of the whole growth reached by a month: 1 / (1 + e^-((month - midpoint) / scale))."""
    return 1.0 / (1.0 + exp(-(month - midpoint) / scale))


@rule
def hazard_per_month(per_year: float) -> float:
    """Chance a month of an event with a constant hazard a year: 1 - e^(-h / 12)."""
    return 1.0 - exp(-per_year / 12.0)


@rule
def months_to_event(per_year: float, shape: float, uniform: float) -> int:
    """Whole months until an event, by inversion: Weibull of a scale of 1 / `per_year` years; a hazard of 0 never comes.

    With `shape` = 1 the hazard is constant, below 1 it falls with time.
    """
    if per_year <= 0.0:
        return 10**6
    spell = -log(uniform)
    if shape != 1.0:
        spell = exp(log(spell) / shape)
    months = spell * 12.0 / per_year
    return 10**6 if months > 1e6 else int(months)


@process
def fill_need(state: State, params: Params, path_mw: F, shares: F) -> None:
    """Write `need_mw` of every applicant for months 0 .. T + H.

    `path_mw` is the growth of all in each month, before noise and setbacks. `shares` [applicant, 2] split the initial need
    and the growth (each column sums to 1; 0 for developers). What is in service at the start serves the need of month 0, with
    what the agent loses.
    """
    applicants, need_mw = state.applicants, state.need_mw
    months = need_mw.shape[1]
    sigma, rho = params.growth_noise, params.noise_persistence
    step = math.sqrt(1.0 - rho * rho)
    setback = hazard_per_month(params.setback_hazard)
    for i in range(applicants.size):
        key = applicants.key[i]
        start = params.initial_need_mw * shares[i, 0]
        share = shares[i, 1]
        applicants.initial_mw[i] = start * applicants.waste[i]
        if start == 0.0 and share == 0.0:  # a developer: it never needs anything
            continue
        need = start
        noise = draws.normal(params.seed, draws.NEED_NOISE, -1, key)
        for t in range(months):
            need_mw[i, t] = need
            shock, mishap = draws.uniforms(params.seed, draws.NEED_NOISE, t, key)
            noise = rho * noise + step * normal_quantile(shock)
            need += share * path_mw[t] * exp(sigma * noise - 0.5 * sigma * sigma)
            if mishap < setback:
                need -= params.setback_loss * (need - start)
