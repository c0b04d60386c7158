"""Screens: what deposits, fees, minimum takes, auctions and waiting do to the number of requests."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.optimize import brentq

from gridsim.games.filing import (
    Copies,
    Position,
    crowded_copies,
    crowded_copies_in_parts,
    deterring_deposit,
    entered,
    filing_ideas,
    lottery,
    revising_copies,
    site_option,
)
from gridsim.games.minimum_take import best_reservation, signs
from gridsim.games.schedules import ScheduleAuction
from gridsim.games.waiting_line import Queueing, burned, gain_of_imitation, learn
from gridsim.model.group import F
from gridsim.model.strategies import chance_of_any
from gridsim.theory.registry import Row, case
from gridsim.theory.sampling import mean_over_seeds

SITE = {"worth": 1.0, "outlay": 1.0, "volatility": 0.5, "years": 3.0, "interest": 0.05}
"""The site of the option cases: bought for its present value, built on after three years or not."""


def threshold(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where a condition that is true at `low` and false at `high` turns false, by bisection."""
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return high


def needs_of_uniform(n: int = 10_000) -> F:
    """Equally likely needs that stand for U(0, 1)."""
    return np.asarray((np.arange(n) + 0.5) / n)


def speculative_position(fee: float, deposit: float = 0.0, refundable: float = 1.0) -> Position:
    """A position of the option cases: sold with the chance that the site is built on, at the option's worth if so."""
    call, chance = site_option(**SITE)
    return Position(chance, call / chance, fee, deposit, refundable, SITE["interest"], SITE["years"])


@case(
    "H1",
    "Optimal number of copies of one need",
    "simultaneous search in the manner of Stigler 1961, Journal of Political Economy 69(3):213-225, and Chade & Smith 2006, "
    "Econometrica 74(5):1293-1307",
    "derived",
)
def copies() -> list[Row]:
    """V = 100, p = 0.25: the model's best number of copies, and the costs between which one copy is best."""
    plain = Copies(100.0, 0.0, sites=200)
    costs = ((0.5, 14), (2.0, 9), (10.0, 4), (20.0, 1), (26.0, 0))
    rows = [Row(f"copies at cost {c:g}", plain.at(c).best(0.25), k, 0.0) for c, k in costs]
    rows += [
        Row(f"cost above which there are fewer than {k} copies", threshold(filed_at_least(k), 0.0, 100.0), cost, 1e-9)
        for k, cost in ((2, 18.75), (1, 25.0))
    ]
    table = {
        0.0: (17, 17, 17),
        5.0: (12, 8, 6),
        20.0: (8, 3, 2),
        60.0: (4, 1, 1),
    }
    for deposit, numbers in table.items():
        for refundable, k in zip((1.0, 0.5, 0.0), numbers, strict=True):
            best = Copies(100.0, 0.2, deposit, refundable, 0.05, 3.0).best(0.25)
            rows.append(Row(f"copies at deposit {deposit:g}, {refundable:.0%} refundable", best, k, 0.0))
    return rows


def filed_at_least(k: int) -> Callable[[float], bool]:
    """Whether at least k copies are filed at a cost."""
    return lambda cost: Copies(100.0, cost).best(0.25) >= k


@case("H2", "Copies in equilibrium, when the approval rate responds", "congestion version of H1", "derived")
def crowding() -> list[Row]:
    """V = 100, capacity for half of the needs: copies by fixed point and by revision, service by lottery."""
    kappa, rows = 0.5, []
    table = {
        0.5: (61.0, 61.0282803, 0.008192922979, 0.394717197, 0.2105656059),
        2.0: (15.07151946, 15.53911958, 0.03217685516, 0.3984352168, 0.2031295665),
        8.0: (4.0, 4.169163476, 0.119928135, 0.4129338439, 0.1741323123),
    }
    for stream, (cost, (whole, split, fill, served, wasted)) in enumerate(table.items()):
        copies = Copies(100.0, cost)
        k = crowded_copies_in_parts(100.0, cost, kappa)
        revised = mean_over_seeds(partial(revising_copies, copies, kappa, 20_000, 1500, 200), 120 + stream)
        drawn = mean_over_seeds(partial(lottery, k, kappa, 200_000), 123 + stream)
        at = f"at cost {cost:g}"
        rows += [
            Row(f"copies {at}", crowded_copies(copies, kappa), whole, 1e-6),
            Row(f"copies {at}, agents revising", float(revised), whole, 0.15),
            Row(f"copies {at} if they could be split", k, split, 1e-6),
            Row(f"approval rate {at}", kappa / k, fill, 1e-8),
            Row(f"share of needs served {at}", float(drawn[0]), served, 0.002),
            Row(f"share of approvals wasted {at}", float(drawn[1]), wasted, 0.005),
        ]
    many = crowded_copies_in_parts(100.0, 1e-3, kappa)
    none_wasted = chance_of_any(kappa / 100_000, 100_000)
    rows.append(Row("copies times cost, cost towards 0", many * 1e-3, 0.5 * 60.65306597, 1e-3, relative=True))
    rows.append(Row("share of approvals wasted, cost towards 0", 1.0 - none_wasted / kappa, 0.2130613194, 1e-5))
    return rows


@case(
    "H3",
    "A queue position as a call option: the deposit that makes it worthless",
    "Black & Scholes 1973, Journal of Political Economy 81(3):637-654; real options in Dixit & Pindyck 1994, Investment "
    "under Uncertainty",
    "derived",
)
def deterrence() -> list[Row]:
    """Approval with chance 0.3; the deposit that stops the model's speculators, by the share that is returned."""
    call, chance = site_option(**SITE)
    rows = [Row("value of the option", call, 0.3856782682, 1e-9), Row("chance of its use", chance, 0.397506086, 1e-9)]
    for refundable, deposit in ((0.0, 0.1177939712), (0.5, 0.2039326211), (0.9, 0.4914184508), (1.0, 0.7588624082)):
        found = deterring_deposit(speculative_position(0.01, refundable=refundable), 0.3)
        rows.append(Row(f"deterring deposit, {refundable:.0%} refundable", found, deposit, 1e-8))
    return rows


@case(
    "H4", "Free entry of speculators: requests over genuine requests", "zero profit with the payoffs of H3", "derived"
)
def free_entry() -> list[Row]:
    """Genuine requests 60, capacity 30; speculators enter while the model's return is positive."""
    table = {
        0.0: (96.41956705, 96.41956705, 96.41956705),
        0.01: (56.83574051, 25.16669648, 16.21248478),
        0.05: (21.51117827, 6.466567107, 3.872933665),
        0.2: (6.458454024, 1.810984314, 1.124023762),
    }
    return [
        Row(
            f"inflation at deposit {deposit:g}, {refundable:.0%} refundable",
            entered(speculative_position(0.002, deposit, refundable), 60.0, 30.0),
            inflation,
            1e-6,
            relative=True,
        )
        for deposit, row in table.items()
        for refundable, inflation in zip((1.0, 0.5, 0.0), row, strict=True)
    ]


@case(
    "H5",
    "Deposits that separate those who follow through",
    "screening as in Spence 1973, Quarterly Journal of Economics 87(3):355-374, Rothschild & Stiglitz 1976, Quarterly "
    "Journal of Economics 90(4):629-649, and Courty & Li 2000, Review of Economic Studies 67(4):697-717",
    "derived",
)
def separation() -> list[Row]:
    """The largest deposit, lost unless one follows through, at which each of two types still files."""

    def largest(follow_through: float) -> float:
        files = Position(follow_through, 1.0, 0.0, refundable=0.0)
        return float(brentq(lambda deposit: files._replace(deposit=deposit).gain(1.0), 1e-6, 100.0, xtol=1e-12))

    types = ((0.2, 0.25), (0.9, 9.0))
    return [Row(f"largest deposit at follow-through {t:g}", largest(t), deposit, 1e-9) for t, deposit in types]


@case(
    "H6", "Reservations under a minimum take", "algebra of the newsvendor; contracts of large-load tariffs", "derived"
)
def minimum_take() -> list[Row]:
    """Unit value 3, price 1: the reservation of the highest mean profit, over the mean need; who signs at 85 %."""
    needs, rows = needs_of_uniform(), []
    table = ((0.0, 1.0), (0.3, 0.956937799), (0.6, 0.8474576271), (0.85, 0.7346189164), (1.0, 0.6666666667))
    for take, reserved in table:
        best = best_reservation(needs, 3.0, 1.0, take)
        rows.append(Row(f"reserved at minimum take {take:.0%}", best, reserved, 0.002))
        rows.append(Row(f"reserved over mean need at {take:.0%}", best / float(needs.mean()), 2.0 * reserved, 0.004))
    exponential = best_reservation(-np.log(1.0 - needs), 3.0, 1.0, 0.6)
    rows.append(Row("reserved at 60%, exponential need", exponential, 1.663689134, 0.003))
    least = threshold(lambda success: not signs(success, 3.0, 1.0, 0.85), 0.0, 1.0)
    return [*rows, Row("least chance of success that signs at 85%", least, 0.298245614, 1e-9)]


@case(
    "H7",
    "Demand reduction in the uniform-price auction",
    "Kyle 1989, Review of Economic Studies 56(3):317-355; Klemperer & Meyer 1989, Econometrica 57(6):1243-1277; Ausubel et "
    "al. 2014, Review of Economic Studies 81(4):1366-1400",
    "published formula",
)
def demand_reduction() -> list[Row]:
    """Quantity asked over quantity wanted, where linear schedules are best replies to themselves in the auction."""
    supplies = np.random.default_rng(7).uniform(0.05, 0.3, 64)
    return [
        Row(f"asked over wanted, {n} bidders", ScheduleAuction(n).equilibrium(n * supplies), ratio, 0.03, relative=True)
        for n, ratio in ((3, 0.5), (5, 0.75), (10, 0.8888888889))
    ]


@case(
    "H8",
    "First come, first served as an auction in waiting",
    "Barzel 1974, Journal of Law and Economics 17(1):73-95; Holt & Sherman 1982, Journal of Political Economy 90(2):280-294",
    "published formula",
)
def waiting_line() -> list[Row]:
    """Four claimants, two slots, values U(0, 1): the wait learnt from plays, and what it burns of the value."""
    learnt = Queueing(*mean_over_seeds(partial(learn, 4, 2, 1500), 180))
    again = Queueing(*mean_over_seeds(partial(learn, 4, 2, 1500), 181))
    waiting, value = mean_over_seeds(partial(burned, learnt, 4, 2, 1500), 182)
    gain = gain_of_imitation(learnt.values, again.chance, learnt.wait)
    return [
        Row("wait of the highest value", float(learnt.wait[-1]), 0.5, 0.02),
        Row("gain of an imitation", gain, 0.0, 0.02),
        Row("total wait", waiting, 0.8, 0.01),
        Row("value of those served", value, 1.4, 0.01),
        Row("share of the value burned", waiting / value, 0.5714285714, 0.01),
    ]


@case(
    "H9",
    "Filing ideas that may come to nothing: conversion by the cost of filing",
    "threshold participation",
    "derived",
)
def conversion() -> list[Row]:
    """Ideas with chance theta of being built, density 0.2 theta^-0.8; the model's return decides who files."""
    table = {
        0.0: (1.0, 0.1666666667, 1.0, 6.0),
        0.01: (0.6018928294, 0.2758018481, 0.9960189283, 3.625791513),
        0.05: (0.4507197283, 0.3596233332, 0.9725359864, 2.780687201),
        0.1: (0.3690426555, 0.4231237462, 0.9369042656, 2.363374802),
        0.2: (0.2752203363, 0.5177936574, 0.8550440673, 1.931271242),
    }

    def sample(rng: np.random.Generator) -> list[tuple[float, float, float]]:
        """At each cost, shares of ideas filed, of those filed that are built, and of those to be built that are filed."""
        theta = rng.random(100_000) ** 5.0
        built = rng.random(theta.size) < theta
        shares = []
        for cost in table:
            filed = filing_ideas(theta, 1.0, cost) >= 0.0
            completed = float((filed & built).sum())
            shares.append((float(filed.mean()), completed / float(filed.sum()), completed / float(built.sum())))
        return shares

    rows = []
    for (cost, expected), got in zip(table.items(), mean_over_seeds(sample, 190), strict=True):
        numbers = (*map(float, got), 1.0 / float(got[1]))
        whats = ("ideas filed", "filed that are built", "ideas to be built that are filed", "filed per one built")
        for what, number, target in zip(whats, numbers, expected, strict=True):
            rows.append(Row(f"{what}, cost {cost:g}", number, target, 0.02, relative=True))
    return rows
