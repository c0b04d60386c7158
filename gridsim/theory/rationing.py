"""Group A, the rationing game itself: what claimants ask for under each rule when there may be, or is, too little."""

from __future__ import annotations

import numpy as np

from gridsim.games.capacity import States, UniformCapacity
from gridsim.games.cheap_talk import gain_from_lying, informative_partition, most_messages, residual_variance
from gridsim.games.game import PrivateKinds, RationingGame, newsvendor, target
from gridsim.games.hierarchy import cognitive_hierarchy, level_signals, poisson
from gridsim.games.replies import Search, best_reply, gain_from_deviation, path, settle
from gridsim.games.rules import Rule
from gridsim.model.group import F
from gridsim.theory.registry import Row, case

LEE = "Lee, Padmanabhan & Whang 1997, Management Science 43(4):546-558"
CACHON = "Cachon & Lariviere 1999, Management Science 45(8):1091-1108"


def random_capacity(claimants: int) -> RationingGame:
    """Newsvendors (shortage 4, holding 1) before a capacity uniform from 0 to twice their number."""
    return RationingGame("proportional", UniformCapacity(2.0 * claimants), newsvendor(4.0, 1.0), claimants)


def scarce_or_ample(scarce: float, claimants: int = 10) -> RationingGame:
    """The same before 0.4 each with the perceived chance of shortage, else plenty."""
    capacity = States([0.4 * claimants, 1e9], [scarce, 1.0 - scarce])
    return RationingGame("proportional", capacity, newsvendor(4.0, 1.0), claimants)


def certain_shortage(rule: str, claimants: int, capacity: float) -> RationingGame:
    """Claimants who want exactly 1 each, of which there is less."""
    return RationingGame(rule, capacity, target(1.0), claimants)


def wider_each_round(signals: F) -> Search:
    """Up to eight times what was asked last."""
    return Search(high=8.0 * float(np.max(signals)))


def rest_point(game: RationingGame, high: float = 4.0) -> float:
    """The common signal at which replies come to rest."""
    settled = settle(game, np.ones(len(game.kinds)), Search(high))
    return float(settled.signals[0]) if settled.at_rest else np.nan


@case("A1", "Orders above the need before a random capacity", LEE, "published model")
def lee_padmanabhan_whang() -> list[Row]:
    """N newsvendors, proportional rule, capacity U(0, 2N): z* above the newsvendor's 0.8, and rising with N."""
    alone = best_reply(RationingGame("proportional", 1e9, newsvendor(4.0, 1.0), 1), 0, [1.0], Search(4.0))
    two, ten, many, more = (rest_point(random_capacity(n)) for n in (2, 10, 300, 600))
    return [
        Row("order without rationing", alone, 0.8, 1e-6),
        Row("order, N = 2", two, 0.8433410853, 1e-6, True),
        Row("order, N = 10", ten, 0.8757719483, 1e-6, True),
        Row("order, N to infinity (extrapolated from 300 and 600)", 2.0 * more - many, 0.883484861, 1e-6, True),
        Row("inflation, N = 2", two / alone, 1.054176357, 1e-6, True),
        Row("inflation, N = 10", ten / alone, 1.094714935, 1e-6, True),
    ]


@case("A2", "Orders rise with the perceived chance of shortage", f"derived; a two-state case of {LEE}", "derived")
def perceived_shortage() -> list[Row]:
    """Ten newsvendors, 0.4 each with chance pi, else ample: no bound on inflation in pi once z* is above 1."""
    known = {0.0: 0.8, 0.2: 0.8427188724, 0.5: 0.9513619501, 0.8: 2.88, 0.9: 6.48}
    orders = {scarce: rest_point(scarce_or_ample(scarce), high=20.0) for scarce in known}
    rows = [Row(f"order at {scarce:.0%}", orders[scarce], order, 1e-6, True) for scarce, order in known.items()]
    inflation = {0.2: 1.053398591, 0.5: 1.189202438, 0.8: 3.6, 0.9: 8.1}
    return rows + [Row(f"inflation at {s:.0%}", orders[s] / orders[0.0], f, 1e-6, True) for s, f in inflation.items()]


EHRHART = (
    "derived; no equilibrium: Cachon & Lariviere 1999, IIE Transactions 31:835-849; dynamics: Nautz & Oechssler 2003, "
    "Scandinavian Journal of Economics 105:207-220"
)


@case("A3", "Costless requests grow geometrically under proportional rationing", EHRHART, "derived")
def geometric_growth() -> list[Row]:
    """Each wants exactly 1: z grows by (N - 1) / (K - 1) a round, while the allocation stays K / N."""
    rows = []
    for n, capacity, growth, last, fill in (
        (4, 3.0, 1.5, 57.66503906, 0.01300614744),
        (10, 8.0, 1.285714286, 12.34368113, 0.06481048818),
        (3, 2.0, 2.0, 1024.0, 0.0006510416667),
    ):
        game = certain_shortage("proportional", n, capacity)
        asked = path(game, np.ones(n), 10, wider_each_round)
        given = game.allocation(asked[-1])
        label = f"N = {n}, K = {capacity:g}"
        rows += [
            Row(f"growth a round, {label}", asked[10, 0] / asked[9, 0], growth, 1e-7, True),
            Row(f"request after ten rounds, {label}", asked[10, 0], last, 1e-7, True),
            Row(f"fill after ten rounds, {label}", given.sum() / asked[10].sum(), fill, 1e-7, True),
            Row(f"allocation after ten rounds, {label}", given[0], {4: 0.75, 10: 0.8, 3: 2.0 / 3.0}[n], 1e-12),
        ]
    return rows


@case("A4", "Costless requests grow by steps under the linear rule", f"derived; rule of {CACHON}", "derived")
def arithmetic_growth() -> list[Row]:
    """N = 4, K = 3: every round adds (N d - K) / (N - 1)."""
    asked = path(certain_shortage("linear", 4, 3.0), np.ones(4), 10, wider_each_round)[:, 0]
    return [
        Row("first step", asked[1] - asked[0], 1.0 / 3.0, 1e-7),
        Row("tenth step", asked[10] - asked[9], 1.0 / 3.0, 1e-7),
        Row("request after ten rounds", asked[10], 4.333333333, 1e-7),
    ]


PEAKS = (3.0, 6.0)


def two_retailers(rule: str) -> PrivateKinds:
    """Profit 2 q a - a**2 with q = 3 (chance 0.7) or 6, K = 9."""

    def profit(kind: int, signal: F, own: F, others: F) -> F:
        return 2.0 * PEAKS[kind] * own - own**2

    chosen = Rule(rule, priority=[0.0, 1.0]) if rule == "lexicographic" else Rule(rule)
    return PrivateKinds(RationingGame(chosen, 9.0, profit, 2), (0.7, 0.3))


def repelling_order(game: PrivateKinds, low: float, high: float) -> float:
    """The order of the high kind between two others from which replies run down and up: bisected."""
    while high - low > 1e-6 * high:
        orders = np.array([3.0, 0.5 * (low + high)])
        for _ in range(12):  # the low kind's own rest point, at once: its orders hardly matter to itself
            orders[0] = best_reply(game, 0, orders, Search(20.0, points=60))
        reply = best_reply(game, 1, orders, Search(200.0))
        low, high = (orders[1], high) if reply < orders[1] else (low, orders[1])
    return float(0.5 * (low + high))


@case("A5", "Two retailers of unknown kind under four rules", CACHON, "published model")
def unknown_kinds() -> list[Row]:
    """Truth under the uniform and lexicographic rules, claims above it under linear and proportional ones."""
    rows = []
    for rule, low, high, sales, profit in (
        ("linear", 3.137755102, 7.423469388, 7.665, 33.4292602),
        ("proportional", 3.194077318, 10.48002679, 7.720195772, 33.08111931),
        ("uniform", 3.0, 6.0, 7.53, 33.795),
        ("lexicographic", 3.0, 6.0, 7.53, 33.39),
    ):
        game = two_retailers(rule)
        orders = settle(game, PEAKS, Search(100.0)).signals
        rows += [
            Row(f"{rule}: order of the low kind", orders[0], low, 1e-6, True),
            Row(f"{rule}: order of the high kind", orders[1], high, 1e-6, True),
            Row(f"{rule}: expected sales", game.total_allocation(orders), sales, 1e-6, True),
            Row(f"{rule}: expected profit of retailers", game.total_payoff(orders), profit, 1e-6, True),
            Row(f"{rule}: gain from any other order", gain_from_deviation(game, orders, Search(1e5)), 0.0, 1e-7),
        ]
    game = two_retailers("proportional")
    stable = settle(game, [3.0, 30.0], Search(1e5), pace=1.0).signals[1]
    runaway = path(game, [3.0, 45.0], 40, Search(1e5, points=100))[-1, 1]
    return [
        *rows,
        Row("proportional: from 30 back to the stable order", stable, 10.48002679, 1e-6, True),
        Row("proportional: from 45 to the end of the range", runaway, 1e5, 1e-6, True),
        Row("proportional: the order that repels", repelling_order(game, 30.0, 45.0), 39.63896039, 1e-5, True),
    ]


SPRUMONT = "Sprumont 1991, Econometrica 59(2):509-519"


@case("A6", "The uniform rule, and that nobody gains by lying to it", SPRUMONT, "published formula")
def uniform_rule() -> list[Row]:
    """One cap in shortage and one floor in plenty; the truth is a dominant strategy."""
    peaks = np.array([1.0, 2.0, 3.0, 6.0])
    scarce, ample = Rule("uniform").allocation(peaks, 8.0), Rule("uniform", full_use=True).allocation(peaks, 16.0)
    rows = [Row(f"need {n:g} of 8", a, e, 1e-9) for n, a, e in zip(peaks, scarce, (1.0, 2.0, 2.5, 2.5), strict=True)]
    floor = 3.333333333
    rows += [
        Row(f"need {n:g} of 16", a, e, 1e-9) for n, a, e in zip(peaks, ample, (floor, floor, floor, 6.0), strict=True)
    ]
    rng = np.random.default_rng(1)
    gains = []
    for full_use in (False, True):
        for _ in range(100):
            needs = rng.uniform(0.1, 5.0, rng.integers(2, 7))
            rule, capacity = Rule("uniform", full_use=full_use), float(rng.uniform(0.3, 1.5) * needs.sum())
            game = RationingGame(rule, capacity, target(needs), range(needs.size))
            gains.append(gain_from_deviation(game, needs, Search(20.0, points=60, zooms=2)))
    return [*rows, Row("largest gain from lying, 200 random economies", max(gains), 0.0, 1e-9)]


@case(
    "A7",
    "Useless use today for capacity tomorrow",
    "derived; in the spirit of Cachon & Lariviere 1999, Management Science 45(5):685-703",
    "derived",
)
def turn_and_earn() -> list[Row]:
    """Profit (4 - q) q today; tomorrow's K is shared by today's use, and worth (10 - A) A."""
    rows = []
    for n, capacity, patience, use, ratio, profit, waste in (
        (2, 4.0, 1.0, 3.0, 1.5, 3.0, 0.25),
        (10, 20.0, 0.9, 3.420743687, 1.710371844, 1.981487375, 0.5046281563),
    ):

        def today(used: F) -> F:
            return (4.0 - used) * used

        def profits(kind: int, signal: F, own: F, others: F, patience: float = patience) -> F:
            return today(signal) + patience * (10.0 - own) * own

        def only_today(kind: int, signal: F, own: F, others: F) -> F:
            return today(signal)

        rule = Rule("turn_and_earn", claims=[capacity] * n)
        myopic = best_reply(RationingGame(rule, capacity, only_today, n), 0, np.ones(n), Search(8.0))
        used = settle(RationingGame(rule, capacity, profits, n), np.full(n, myopic), Search(8.0)).signals
        now, best = float(today(used[:1])[0]), float(today(np.array([myopic]))[0])
        rows += [
            Row(f"use, N = {n}", used[0], use, 1e-6, True),
            Row(f"use over the myopic, N = {n}", used[0] / myopic, ratio, 1e-6, True),
            Row(f"profit today, N = {n}", now, profit, 1e-6, True),
            Row(f"share of it wasted, N = {n}", 1.0 - now / best, waste, 1e-6, True),
            Row(f"allocation tomorrow, N = {n}", rule.allocation(used, capacity)[0], 2.0, 1e-9),
        ]
    return rows


@case(
    "A8",
    "The uniform rule is not truthful between rivals",
    "Liu 2012, Naval Research Logistics (doi 10.1002/nav.21486); Cho & Tang 2014, Operations Research",
    "published model",
)
def rivals_downstream() -> list[Row]:
    """Two Cournot rivals, price 10 - q1 - q2, costs 1 and 4, share 4.5: the small one asks for what it would not use."""
    costs = (1.0, 4.0)

    def profit(kind: int, signal: F, own: F, others: F) -> F:
        return (10.0 - own - others - costs[kind]) * own

    search = Search(10.0)
    ample, scarce = (RationingGame("uniform", capacity, profit, (0, 1)) for capacity in (1e9, 4.5))
    ideals = settle(ample, [3.0, 3.0], search).signals
    truthful = scarce.payoff(ideals)
    asked = np.array([ideals[0], best_reply(scarce, 1, ideals, search)])
    given = scarce.allocation(asked)
    return [
        Row("large firm's ideal", ideals[0], 4.0, 1e-6),
        Row("small firm's ideal", ideals[1], 1.0, 1e-6),
        Row("small firm's profit from the truth", truthful[1], 1.5, 1e-6),
        Row("gain from leaving the truth", gain_from_deviation(scarce, ideals, search), 1.875, 1e-6),
        Row("small firm's profit in equilibrium", scarce.payoff(asked)[1], 3.375, 1e-6),
        Row("gain from leaving the equilibrium", gain_from_deviation(scarce, asked, search), 0.0, 1e-7),
        Row("small firm's least best request over its ideal", asked[1] / ideals[1], 2.25, 1e-6),
        Row("large firm's allocation", given[0], 2.25, 1e-6),
        Row("small firm's allocation", given[1], 2.25, 1e-6),
    ]


@case(
    "A9",
    "First requests of people who think a few steps ahead",
    "Camerer, Ho & Chong 2004, Quarterly Journal of Economics 119:861-898; Cui & Zhang 2018, Management Science "
    "64(3):1250-1270",
    "published model",
)
def thinking_steps() -> list[Row]:
    """The game of A3 with K = 0.75 N: finite inflation, that rises with steps and falls with N."""
    search = Search(1e3)
    rows = []
    for steps, n, mean in (
        (1.5, 4, 1.656337808),
        (2.7, 4, 2.291672965),
        (1.5, 2, 2.538856963),
        (1.5, 10, 1.486174532),
    ):
        game = certain_shortage("proportional", n, 0.75 * n)
        got = cognitive_hierarchy(game, steps, 1.0, search)
        rows.append(Row(f"mean request, {steps} steps, N = {n}", got, mean, 1e-6, True))
    levels = level_signals(certain_shortage("proportional", 4, 3.0), poisson(1.5, 4), 1.0, search)
    known = (1.5, 1.95, 2.252586207)
    return rows + [Row(f"level {k}, N = 4", levels[k], known[k - 1], 1e-6, True) for k in (1, 2, 3)]


@case(
    "A10",
    "What costless requests can still say",
    "Crawford & Sobel 1982, Econometrica 50(6):1431-1451",
    "published formula",
)
def cheap_talk() -> list[Row]:
    """The larger the wish for more than one needs, the fewer requests mean anything; at 1/4 none does."""
    rows = [Row("messages at bias 0.25", most_messages(0.25), 1, 0.0)]
    for bias, count, variance, explained in (
        (0.01, 7, 0.003300680272, 0.9603918367),
        (0.05, 3, 0.01592592593, 0.8088888889),
        (0.1, 2, 0.03083333333, 0.63),
        (0.2, 2, 0.06083333333, 0.27),
    ):
        messages = most_messages(bias)
        edges = informative_partition(messages, bias)
        if edges is None:
            raise RuntimeError("a partition was found and is lost")
        left = residual_variance(edges)
        nothing_said = residual_variance(np.array([0.0, 1.0]))
        rows += [
            Row(f"messages at bias {bias}", messages, count, 0.0),
            Row(f"variance left at bias {bias}", left, variance, 1e-9),
            Row(f"share of variance explained at bias {bias}", 1.0 - left / nothing_said, explained, 1e-8),
            Row(f"gain from lying at bias {bias}", gain_from_lying(edges, bias, np.linspace(0, 1, 2001)), 0.0, 1e-9),
        ]
    return rows
