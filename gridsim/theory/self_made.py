"""Case D5, scarcity made by fear of it: the simulation's own market for GPUs, with nothing else going on."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gridsim.config.reader import load_text
from gridsim.config.scenario import Scenario
from gridsim.engine.columns import open_state
from gridsim.engine.prepare import prepare
from gridsim.engine.simulate import check_conservation, run_to_end, warm_up
from gridsim.model.compute_market import reserve
from gridsim.theory.registry import Row, case

CONTRACT, MONTHLY, LACKING = 1.0, 1.5, 10.0
"""Cost of a GPU under contract and by the month, and of going without one."""


class Market(NamedTuple):
    """A market at its end: means over the last half of the months, over the mean need unless it says otherwise."""

    reserved: float
    unmet: float
    unused: float
    """Neither used under contract nor by the month; share of capacity."""
    free: float
    """For rent by the month, and not rented."""
    wanted: float
    """Under contract, whether there is as much or not."""
    fill: float
    """Share that is had of what is asked for by the month."""


def crowd(slack: float, belief: float, *, labs: int = 500, subletting: bool = False, months: int = 60) -> Scenario:
    """Equal labs of exponential need, capacity `slack` times its mean, and a first belief in getting a GPU by the month.

    No growth, no noise, contracts of a month, constant prices: the need is the only thing that moves.
    """
    settings: dict[str, object] = {
        "horizon_months": months,
        "actors.labs.count": labs,
        "actors.labs.size_sigma": 0.0,
        "actors.hyperscalers.count": 0,
        "actors.developers.count": 0,
        "actors.neoclouds.count": 1,
        "demand.growth_gw": 0.0,
        "demand.noise": 0.0,
        "demand.setback.hazard_per_year": 0.0,
        "beliefs.gain": 0.3,
        "compute.cloud.rented_share": 1.0,
        "compute.cloud.slack": slack,
        "compute.cloud.burstiness": 1.0,
        "compute.cloud.spill": 0.0,
        "compute.cloud.price_speed": 0.0,
        "compute.cloud.term_months": 1,
        "compute.cloud.inflation_max": 1.0,
        "compute.cloud.reserve_max": 100.0,
        "compute.cloud.initial_fill": belief,
        "compute.cloud.subletting": subletting,
        "compute.chips.gpus_per_month": 0.0,
        "compute.quota.teams": 1,
        "mechanisms.m04_defensive_hoarding": True,
    }
    return load_text("title: Reservations against a fear of shortage", overrides=settings)


@functools.cache
def settled(
    slack: float, belief: float, *, labs: int = 500, subletting: bool = False, months: int = 60, seed: int = 1
) -> Market:
    """Where the market ends, from the simulation."""
    warm_up()
    prepared = prepare(crowd(slack, belief, labs=labs, subletting=subletting, months=months), keep_log=False)
    state = run_to_end(*open_state(prepared, seed))
    check_conservation(state)
    mean = float(state.fleets.mean_rent_gpus.sum())
    last = state.series[months // 2 :]
    stock = float(state.neoclouds.owned_gpus.sum())
    own = float(np.mean(last.installed_gpu)) - stock
    rented = np.mean(last.compute_need - last.short_gpu) - own
    reserved = np.mean(last.reserved_gpu)
    by_the_month = rented - (reserved - np.mean(last.idle_held_gpu))
    return Market(
        reserved=float(reserved / mean),
        unmet=float(np.mean(last.short_gpu) / mean),
        unused=float(1.0 - rented / stock),
        free=float((stock - reserved - by_the_month) / mean),
        wanted=float((state.fleets.reserved_gpus.sum() + state.fleets.order_gpus.sum()) / mean),
        fill=float(np.mean(last.spot_fill)),
    )


def boundary(low: float, high: float, plentiful: Callable[[float], bool], within: float = 1e-3) -> float:
    """Where a market turns plentiful between two values."""
    while high - low > within:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if plentiful(middle) else (middle, high)
    return 0.5 * (low + high)


def wanted_at(fill: float) -> float:
    """Contracts over the mean need of a lab that believes in a chance to rent by the month."""
    return float(reserve(1.0, fill * MONTHLY + (1.0 - fill) * LACKING, CONTRACT))


def fill_after(fill: float, slack: float = 1.5) -> float:
    """The chance to rent by the month that a belief brings about: what is not reserved over the need beyond reservations."""
    reserved = min(slack, wanted_at(fill))
    return min(1.0, max(0.0, (slack - reserved) / math.exp(-reserved)))


SEEDS = range(1, 9)


@case(
    "D5",
    "Fear of scarcity makes it, on the same fundamentals",
    "derived; kin: Diamond & Dybvig 1983, Journal of Political Economy 91:401-419; Sterman & Dogan 2015, Journal of Operations "
    "Management 39-40:6-22; the reservation is a newsvendor's",
    "derived",
)
def self_made_scarcity() -> list[Row]:
    """Need of mean 1, capacity 1.5; prices 1 under contract, 1.5 by the month, 10 for going without."""
    calm, afraid = settled(1.5, 0.95, months=240), settled(1.5, 0.05, months=240)
    sublet = settled(1.5, 0.05, subletting=True, months=240)
    limit = boundary(0.6, 0.9, lambda fill: fill_after(fill) > fill, within=1e-10)
    tips = np.mean(
        [boundary(0.6, 0.9, lambda first, seed=seed: settled(1.5, first, seed=seed).fill > 0.5) for seed in SEEDS]  # type: ignore[misc]
    )
    breaks = boundary(1.5, 3.0, lambda slack: settled(slack, 0.0, months=120).fill > 0.5)
    needed = boundary(0.7, 1.4, lambda slack: settled(slack, 0.05, subletting=True, months=240).fill > 0.95)
    return [
        Row("belief that tips the market, in the limit of many labs", limit, 0.7466790635, 1e-8),
        Row("belief that tips the market", float(tips), 0.7466790635, 0.02),
        Row("calm: reserved, by the rule", wanted_at(1.0), 0.4054651081, 1e-9),
        Row("calm: reserved", calm.reserved, 0.4054651081, 1e-6),
        Row("calm: free for rent by the month", calm.free, 0.4278682252, 0.02),
        Row("calm: need unmet", calm.unmet, 0.0, 1e-12),
        Row("calm: capacity used", 1.0 - calm.unused, 0.6666666667, 0.01),
        Row("afraid: reservations wanted, by the rule", wanted_at(0.0), 2.302585093, 1e-9),
        Row("afraid: reservations wanted over capacity", afraid.wanted / 1.5, 1.535056729, 1e-6),
        Row("afraid: reserved", afraid.reserved, 1.5, 1e-6),
        Row("afraid: need unmet", afraid.unmet, 0.2231301601, 0.01),
        Row("afraid: capacity used", 1.0 - afraid.unused, 0.5179132266, 0.01),
        Row("capacity that ends the fear", breaks, 2.302585093, 0.02),
        Row("capacity that ends the fear if idle reservations are sublet", needed, 1.0, 0.03),
        Row("sublet: reserved", sublet.reserved, 0.4054651081, 1e-3),
        Row("sublet: need unmet", sublet.unmet, 0.0, 1e-6),
    ]
