"""Group E, contests: signals that cost something whether they win or not, and measures that are worked for."""

from __future__ import annotations

import numpy as np

from gridsim.engine.allocate import allocate
from gridsim.games.agency import certainty_equivalent, effort, peak
from gridsim.games.contract import Contract
from gridsim.games.game import RationingGame, served
from gridsim.games.learners import Ewa
from gridsim.games.noise import MeasuredWithNoise, even_normal
from gridsim.games.qre import indifferent_mix
from gridsim.games.replies import Search, maximise, settle
from gridsim.games.rules import Rule
from gridsim.games.table import tabulate
from gridsim.model.elementary import normal_quantile
from gridsim.model.group import F
from gridsim.model.quota import padding_pays_below
from gridsim.theory.registry import Row, case


def share_contest(contract: Contract) -> RationingGame:
    """Four claimants need 1 each, worth 10; 3 are shared in proportion."""
    return RationingGame("proportional", 3.0, served(10.0, 1.0), 4, contract)


@case(
    "E1",
    "A request with a cost is a share contest",
    "Tullock 1980, Toward a Theory of the Rent-Seeking Society; share contests: Corchon 2007, Review of Economic Design "
    "11:69-100; Chowdhury, Sheremeta & Turocy 2014, Games and Economic Behavior 87:224-238",
    "published formula",
)
def deposit_contest() -> list[Row]:
    """V = 10, K = 3, N = 4, cost 0.5 a unit asked, whatever the contract calls it."""
    rows = []
    for label, contract in (
        ("deposit kept", Contract(deposit=0.5, refundable=0.0)),
        ("half of a deposit kept", Contract(deposit=1.0, refundable=0.5)),
        ("fee", Contract(fee=0.5)),
        ("burned", Contract(burn=0.5)),
    ):
        asked = settle(share_contest(contract), np.ones(4), Search(60.0)).signals
        rows.append(Row(f"request, {label}", asked[0], 11.25, 1e-6, True))
    game = share_contest(Contract(deposit=0.5, refundable=0.0))
    asked = settle(game, [1.0, 2.0, 3.0, 4.0], Search(60.0)).signals
    spent, prize = float(game.transfers(asked).sum()), 10.0 * float(game.allocation(asked).sum())
    return [
        *rows,
        Row("difference between claimants", np.ptp(asked), 0.0, 1e-5),
        Row("request over need", asked[0] / 1.0, 11.25, 1e-6, True),
        Row("spent by all", spent, 22.5, 1e-6, True),
        Row("share of the rent spent", spent / prize, 0.75, 1e-6, True),
        Row("payoff", game.payoff(asked)[0], 1.875, 1e-6, True),
    ]


@case(
    "E2",
    "Effort in a rank tournament",
    "Lazear & Rosen 1981, Journal of Political Economy 89(5):841-864; Gumbel noise as a share contest: Jia 2008, Public "
    "Choice 135:331-343",
    "published formula",
)
def tournament() -> list[Row]:
    """The highest of effort plus noise wins; effort costs mu**2 / 2."""

    def two(kind: int, signal: F, own: F, others: F) -> F:
        return 2.0 * own - 0.5 * signal**2

    def ten(kind: int, signal: F, own: F, others: F) -> F:
        return 10.0 * own - 0.5 * np.log(signal) ** 2

    step = 2.0**-9
    race = RationingGame(Rule("rank", prize=1.0), 1.0, two, 2)
    noisy = MeasuredWithNoise(race, *even_normal(np.sqrt(2.0), step))
    efforts = settle(noisy, [1.0, 1.0], Search(1.5, lattice=step), pace=1.0, rounds=10).signals
    crowd = RationingGame("kelly", 1.0, ten, 10)
    exponentials = settle(crowd, np.full(10, 2.0), Search(30.0, low=1.0), pace=0.2).signals
    leads = np.concatenate([[0.5], np.zeros(9)])
    seen = leads + np.random.default_rng(1).gumbel(size=(200_000, 10)) + 100.0
    wins = Rule("rank", prize=1.0).allocations(seen, np.ones(200_000))[:, 0].mean()
    return [
        Row("effort of two, normal noise", efforts[0], 0.5641895835, 0.01, True),
        Row("effort of ten, Gumbel noise", np.log(exponentials[0]), 0.9, 1e-5),
        Row("chance to win with a lead of 0.5, by rank", wins, 0.154828099, 0.0025),
        Row("chance to win with a lead of 0.5, by share", allocate("kelly", np.exp(leads), 1.0)[0], 0.154828099, 1e-8),
    ]


@case(
    "E3",
    "A leaderboard without noise burns the whole prize",
    "Hillman & Riley 1989, Economics & Politics 1:17-39; Baye, Kovenock & de Vries 1996, Economic Theory 8:291-305",
    "published formula",
)
def all_pay_auction() -> list[Row]:
    """The highest burn wins a prize of 1: mixed equilibrium, mean burn 1 / n each."""
    rows = []
    tables = {}
    for n, mean, highest in ((2, 0.5, 0.6666666667), (5, 0.2, 0.5555555556), (10, 0.1, 0.5263157895)):
        game = RationingGame(Rule("rank", prize=1.0), 1.0, served(1.0), n, Contract(burn=1.0))
        tables[n] = tabulate(game, np.linspace(0.0, 1.0, 401), "strongest")
        mix = indifferent_mix(tables[n])
        burns, of_highest = tables[n].signals, np.diff(np.cumsum(mix) ** n, prepend=0.0)
        rows += [
            Row(f"mean burn, {n} claimants", float(mix @ burns), mean, 0.02, True),
            Row(f"mean of the highest burn, {n} claimants", float(of_highest @ burns), highest, 1e-4),
            Row(f"largest payoff from any burn, {n} claimants", np.max(tables[n].against(mix)), 0.0, 0.005),
        ]
    game = RationingGame(Rule("rank", prize=1.0), 1.0, served(1.0), 2, Contract(burn=1.0))
    coarse = tabulate(game, np.linspace(0.0, 1.2, 61), "strongest")
    learner = Ewa(delta=1.0, phi=0.998, precision=60.0)
    played = np.array([coarse.signals[learner.play(coarse, 20_000, seed)[5_000:]] for seed in range(20)])
    levels = np.linspace(0.0, 1.0, 21)
    apart = np.max(np.abs((played[..., None] <= levels).mean(axis=(0, 1, 2)) - levels))
    return [
        *rows,
        Row("burned by two learners, mean over 20 seeds", 2.0 * played.mean(), 1.0, 0.2),
        Row("largest distance of their burns' distribution from the even one", apart, 0.0, 0.1),
    ]


@case(
    "E4",
    "Reward for what is measured draws effort from what is not",
    "Holmstrom & Milgrom 1991, Journal of Law, Economics & Organization 7:24-52; Baker 1992, Journal of Political Economy "
    "100:598-614, and 2002, Journal of Human Resources 37:728-751",
    "published formula",
)
def multitask() -> list[Row]:
    """Two tasks of equal use, substitutes in effort, the second measured four times as noisily; and a metric askew to value."""
    benefits, costs, noise, aversion = (1.0, 1.0), ((1.0, 0.5), (0.5, 1.0)), ((1.0, 0.0), (0.0, 4.0)), 2.0

    def joint(weights: F) -> F:
        return np.array([certainty_equivalent(each, benefits, costs, noise, aversion) for each in weights])

    def first_only(weights: F) -> F:
        return joint(np.column_stack([weights, np.zeros(len(weights))]))

    def single(weights: F) -> F:
        return np.array([certainty_equivalent(each, [1.0], [[1.0]], [[1.0]], aversion) for each in weights])

    both = peak(joint, [-1.0, -1.0], [1.0, 1.0])
    value, metric, plain = np.array([1.0, 0.0]), np.array([1.0, 2.0]), np.eye(2)

    def surplus(weights: F) -> F:
        done = np.array([effort(weight * metric, plain) for weight in np.ravel(weights)])
        return np.asarray(done @ value - 0.5 * np.sum(done**2, axis=1))

    best = peak(surplus, [0.0], [1.0])
    first_best = effort(value, plain)
    most = float(first_best @ value - 0.5 * first_best @ first_best)
    zero = maximise(lambda weights: -np.abs(surplus(weights)), Search(1.0, low=float(best[0]), points=40))[0]
    return [
        Row("weight of the first task", both[0], 0.2173913043, 1e-5, True),
        Row("weight of the second task", both[1], 0.08695652174, 1e-5, True),
        Row("weight of the first if the second is not measured", peak(first_only, [-1.0], [1.0])[0], 0.2, 1e-5, True),
        Row("weight of a single task", peak(single, [-1.0], [1.0])[0], 0.3333333333, 1e-5, True),
        Row("best weight of the metric", best[0], 0.2, 1e-5, True),
        Row("share of the surplus that it attains", surplus(best)[0] / most, 0.2, 1e-6, True),
        Row("weight above which it destroys value", zero, 0.4, 1e-5, True),
        Row("surplus at weight 1", surplus(np.ones(1))[0], -1.5, 1e-6, True),
    ]


@case(
    "E5",
    "The top of a gamed leaderboard is less good than it looks",
    "derived; kinds of Goodhart's law: Manheim & Garrabrant 2018, arXiv:1803.04585",
    "derived",
)
def goodhart() -> list[Row]:
    """Score = worth + gaming, both normal; the rank rule gives one prize each to the top tenth."""
    middles = np.array([normal_quantile((k + 0.5) / 800) for k in range(800)])
    worth, luck = np.repeat(middles, middles.size), np.tile(middles, middles.size)
    places = 0.1 * worth.size

    def worth_of_winners(spread: float) -> float:
        scores = worth + spread * luck
        won = allocate("rank", scores - np.min(scores) + 1.0, places, prize=1.0)
        return float(won @ worth / won.sum())

    honest = worth_of_winners(0.0)
    rows = [Row("worth of the winners without gaming", honest, 1.754983319, 0.002, True)]
    for spread, mean, kept in (
        (0.5, 1.569704801, 0.894427191),
        (np.sqrt(3.0), 0.8774916597, 0.5),
        (3.0, 0.5549744545, 0.316227766),
    ):
        got = worth_of_winners(spread)
        rows += [
            Row(f"worth of the winners, gaming of {spread:.3f}", got, mean, 0.002, True),
            Row(f"the same over that without gaming, {spread:.3f}", got / honest, kept, 0.002, True),
        ]
    return rows


def kept_unit(memory: float, teams: int, patience: float) -> float:
    """Discounted quota that one unit of use keeps: what a team loses that skips it once, while all others run full."""
    skipped = 1e-3
    scores = np.ones(teams)
    lost, weight = 0.0, 1.0
    for month in range(600):
        quotas = allocate("kelly", scores, float(teams))
        lost += weight * (1.0 - quotas[0])
        used = quotas.copy()
        used[0] -= skipped if month == 0 else 0.0
        scores += memory * (used - scores)
        weight *= patience
    return lost / skipped


@case(
    "E6",
    "When useless jobs pay to keep a quota",
    "derived; kin: Cachon & Lariviere 1999, Management Science 45(5):685-703",
    "derived",
)
def fake_utilisation() -> list[Row]:
    """Cost of a useless GPU-hour below which it pays; a unit of quota lost is lost for good."""
    rows = []
    for label, teams, memory, threshold in (
        ("ten teams", 10, 0.1, 2.335002276),
        ("a long memory", 10, 0.02, 0.8278199129),
        ("two teams", 2, 0.1, 1.711711712),
    ):
        kept = kept_unit(memory, teams, 0.95)

        def gain(cost: F, kept: float = kept) -> F:
            """A unit of quota is worth 10 where quota is short (chance 0.3), else it is another useless job."""
            return kept * (0.3 * 10.0 - 0.7 * cost) - cost

        played = maximise(lambda cost, gain=gain: -np.abs(gain(cost)), Search(10.0))[0]  # type: ignore[misc]
        rows += [
            Row(
                f"threshold, {label}", padding_pays_below(0.3, 10.0, float(teams), memory, 0.95), threshold, 1e-8, True
            ),
            Row(f"threshold, {label}, played out", played, threshold, 1e-4, True),
        ]
    return rows
