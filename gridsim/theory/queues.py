"""Queues of requests: impatience, restudies, cascades of withdrawal, shared costs, and joining too long a queue."""

from __future__ import annotations

from functools import partial

import numpy as np

from gridsim.games.joining import Queue, best_longest, fees_for, simulated_welfare
from gridsim.games.restudies import cascades, restudied, share_costs, tipping_cost
from gridsim.games.study_queue import Waiting, simulate, stationary
from gridsim.model.group import F
from gridsim.theory.registry import Row, case
from gridsim.theory.sampling import mean_over_seeds

REQUESTS = 200_000


@case(
    "C1",
    "A study queue that requests leave (Erlang A) and one that they do not (Erlang C)",
    "Palm 1957; Garnett, Mandelbaum & Reiman 2002, Manufacturing & Service Operations Management 4(3):208-227",
    "published formula",
)
def impatience() -> list[Row]:
    """Ten engineers of rate 1: the simulated line, and the stationary birth-death process."""
    table: dict[tuple[float, float], dict[str, float]] = {
        (9.0, 0.0): {"waits": 0.6687315241, "mean_wait": 0.6687315241},
        (12.0, 0.1): {"waits": 0.9840747234, "leaves": 0.1697523339, "queue": 20.37028006},
        (12.0, 0.5): {"waits": 0.8503849479, "leaves": 0.195655944, "queue": 4.695742656},
    }
    rows = []
    for stream, ((rate, theta), expected) in enumerate(table.items()):

        def sample(rng: np.random.Generator, rate: float = rate, theta: float = theta) -> Waiting:
            return simulate(rate, 1.0, 10, theta, REQUESTS, rng).summary

        simulated = Waiting(*map(float, mean_over_seeds(sample, 300 + stream)))
        solved = stationary(rate, 1.0, 10, theta)
        for name, number in expected.items():
            at = f"{name}, {rate:g} requests, impatience {theta:g}"
            rows.append(Row(f"{at}: simulated", getattr(simulated, name), number, 0.03, relative=True))
            rows.append(Row(f"{at}: stationary", getattr(solved, name), number, 1e-8))
    return rows


@case(
    "C2",
    "A study queue with restudies",
    "Takacs 1963, Bell System Technical Journal 42(2):505-519; formula of Pollaczek and Khinchine",
    "published formula",
)
def restudies() -> list[Row]:
    """One team, requests at rate 0.5: mean time to the last study, and the chance of a restudy that the team can bear.

    Above it the line grows at rate lambda - (1 - p) mu, a straight line in p that is followed down to no growth.
    """

    def mean_time(chance: float, exponential: bool, rng: np.random.Generator) -> float:
        return restudied(0.5, chance, exponential, REQUESTS, rng).mean_time

    def growth(rng: np.random.Generator) -> list[float]:
        return [restudied(0.5, chance, False, 50_000, rng).growth for chance in overloads]

    overloads = (0.6, 0.7, 0.8)
    slope, intercept = np.polyfit(overloads, mean_over_seeds(growth, 313), 1)
    cases = (
        ("restudies with chance 0.3, studies of equal length", 0.3, False, 3.75),
        ("restudies with chance 0.3, exponential studies", 0.3, True, 5.0),
        ("no restudies, studies of equal length", 0.0, False, 1.5),
    )
    rows = [
        Row(what, float(mean_over_seeds(partial(mean_time, p, exponential), 310 + i)), expected, 0.03, relative=True)
        for i, (what, p, exponential, expected) in enumerate(cases)
    ]
    return [*rows, Row("chance of a restudy at which the line starts to grow", float(-intercept / slope), 0.5, 0.005)]


@case(
    "C3",
    "Cascades of withdrawal as a branching process",
    "Borel 1942, Comptes Rendus 214:452-456; Otter 1949, Annals of Mathematical Statistics 20(2):206-224",
    "published formula",
)
def withdrawals() -> list[Row]:
    """Each withdrawal causes Poisson(0.6) others: the law of the size; at 1.5, how often the cascade ends."""

    def sample(rng: np.random.Generator) -> list[float]:
        """Mean and variance of sizes, shares of sizes 1, 2 and 10 or more, and how often the larger cascade ends."""
        sizes = cascades(0.6, 100_000, rng)
        ends = cascades(1.5, 10_000, rng) < 10_000
        shares = [float((sizes == 1).mean()), float((sizes == 2).mean()), float((sizes >= 10).mean())]
        return [float(sizes.mean()), float(sizes.var()), *shares, float(ends.mean())]

    table = (
        ("mean size", 2.5, 0.03),
        ("variance of the size", 9.375, 0.03),
        ("share of one", 0.5488116361, 0.01),
        ("share of two", 0.1807165271, 0.01),
        ("share of ten or more", 0.03509060542, 0.02),
        ("share that ends at 1.5", 0.4171883561, 0.01),
    )
    got = mean_over_seeds(sample, 320)
    return [
        Row(what, float(number), expected, tolerance, relative=True)
        for (what, expected, tolerance), number in zip(table, got, strict=True)
    ]


def worths(phantoms: float, n: int = REQUESTS) -> F:
    """Equally spaced worths that stand for U(0, 1), a share of them phantoms that are worth nothing."""
    return np.maximum(0.0, ((np.arange(n) + 0.5) / n - phantoms) / (1.0 - phantoms))


@case(
    "C4",
    "A cluster that shares the cost of its upgrade: when it falls apart",
    "equal cost sharing of Moulin & Shenker 2001, Economic Theory 18(3):511-533; the algebra of the tip is our own",
    "derived",
)
def shared_costs() -> list[Row]:
    """Clusters of 200 000 projects with worths drawn from U(0, 1), and the tip with worths equally spaced."""

    def sample(rng: np.random.Generator) -> list[float]:
        """Shares of projects left at each cost, one with 30 % of no worth, and rounds until nobody leaves."""
        worth = rng.random(REQUESTS)
        real = np.where(rng.random(REQUESTS) < 0.3, 0.0, worth)
        left = [share_costs(worth, cost) for cost in costs]
        return [*(each.share for each in left), share_costs(real, 0.15).share, *(each.rounds for each in left[:3])]

    costs = (0.1, 0.2, 0.24, 0.15, 0.26)
    got = [float(number) for number in mean_over_seeds(sample, 330)]
    shares = (0.8872983346, 0.7236067977, 0.6, 0.816227766, 0.0)
    rows = [
        Row(f"share left at cost {cost:g}", number, share, 3.0 / REQUESTS**0.5)
        for cost, number, share in zip(costs, got[:5], shares, strict=True)
    ]
    rows.append(Row("share left at cost 0.15, 30% phantoms", got[5], 0.4822875656, 3.0 / REQUESTS**0.5))
    rows += [
        Row(f"rounds of study at cost {cost:g}", number, *expected)  # of one cluster: within twice its scatter
        for cost, number, expected in zip(costs[:3], got[6:], ((6, 1.3), (13, 2.6), (26, 6.4)), strict=True)
    ]
    rows.append(Row("cost at the tip", tipping_cost(worths(0.0)), 0.25, 1e-4))
    rows.append(Row("cost at the tip, 30% phantoms", tipping_cost(worths(0.3)), 0.175, 1e-4))
    return rows


@case(
    "C5",
    "Those who look after themselves join too long a queue",
    "Naor 1969, Econometrica 37(1):15-24; Hassin & Haviv 2003, To Queue or Not to Queue, chapter 2",
    "published formula",
)
def joining() -> list[Row]:
    """Arrivals 0.9, service 1, reward 10, cost 1 per unit of time: lengths, welfare by simulation, and the fee."""
    queue = Queue(0.9, 1.0, 10.0, 1.0)
    selfish, social = queue.longest, best_longest(queue)
    welfares = [
        float(mean_over_seeds(partial(simulated_welfare, queue, longest, 1_000_000), 340 + i))
        for i, longest in enumerate((selfish, social))
    ]
    low, high = fees_for(queue, social)
    return [
        Row("longest queue that is joined", selfish, 10, 0.0),
        Row("longest queue that should be joined", social, 4, 0.0),
        Row("welfare when all look after themselves", welfares[0], 4.573235819, 0.01, relative=True),
        Row("highest welfare", welfares[1], 5.767771239, 0.01, relative=True),
        Row("share of it", welfares[0] / welfares[1], 0.7928947994, 0.01),
        Row("lowest fee that gives the right queue", low, 5.0, 0.02),
        Row("highest fee that gives the right queue", high, 6.0, 0.02),
    ]
