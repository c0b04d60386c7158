"""Learners do what their equations say, and end where theory says learners of their kind do."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from gridsim.games import (
    BestReply,
    Contract,
    Ewa,
    RationingGame,
    RothErev,
    Rule,
    Search,
    cognitive_hierarchy,
    indifferent_mix,
    level_signals,
    logit,
    logit_equilibrium,
    long_run_means,
    poisson,
    served,
    settle,
    tabulate,
    target,
)
from gridsim.theory.learning import capped_shortage, scarce_or_ample, share_contest


@functools.cache
def small(players: int = 3, steps: int = 7):
    game = RationingGame("kelly", 2.0, served(10.0, 1.0), players, Contract(burn=0.5))
    return tabulate(game, np.linspace(0.0, 12.0, steps)).scaled()


def leaderboard(players: int, top: float = 1.0, steps: int = 201):
    game = RationingGame(Rule("rank", prize=1.0), 1.0, served(1.0), players, Contract(burn=1.0))
    return tabulate(game, np.linspace(0.0, top, steps), "strongest")


# Tables


def test_a_table_holds_the_payoffs_of_the_game_whoever_makes_up_the_sum():
    game = RationingGame("kelly", 2.0, served(10.0, 1.0), 3, Contract(burn=0.5))
    table = tabulate(game, np.linspace(0.0, 12.0, 7))
    for own, a, b in ((1, 2, 3), (0, 0, 0), (6, 1, 5), (3, 0, 0)):
        signals = table.signals[[own, a, b]]
        assert table.payoffs[own, a + b] == pytest.approx(game.payoff(signals)[0])
    assert table.scaled().payoffs[:, ::2].min() == 0.0
    assert table.scaled().payoffs[:, ::2].max() == 1.0


def test_the_others_make_each_sum_and_each_strongest_with_its_chance():
    mix = np.array([0.5, 0.2, 0.3])
    draws = np.random.default_rng(1).choice(3, p=mix, size=(200_000, 2))
    game = RationingGame("rank", 1.0, served(1.0), 3)
    for aggregate, seen in (("sum", draws.sum(axis=1)), ("strongest", draws.max(axis=1))):
        table = tabulate(game, np.array([0.0, 1.0, 2.0]), aggregate)
        chances = table.chances_of_others(mix)
        assert chances == pytest.approx(np.bincount(seen) / seen.size, abs=0.005)


@pytest.mark.parametrize("signals", [[0.0, 1.0, 3.0], [0.0, 2.0, 1.0]])
def test_a_table_needs_even_steps(signals):
    with pytest.raises(ValueError, match="evenly spaced"):
        tabulate(RationingGame("kelly", 2.0, served(1.0), 3), np.array(signals))


# Equations, against the plainest possible program


def drawn(weights, uniform: float) -> int:
    return int(np.searchsorted(np.cumsum(weights) / np.sum(weights), uniform, side="right"))


def plain_ewa(table, learner: Ewa, rounds: int, seed: int):
    luck = np.random.default_rng(seed).random((rounds, table.players))
    attractions, n = np.zeros((table.players, table.signals.size)), learner.experience
    chosen = []
    for t in range(rounds):
        chosen.append([drawn(logit(a, learner.precision), u) for a, u in zip(attractions, luck[t], strict=True)])
        after = learner.phi * (1.0 - learner.kappa) * n + 1.0
        for i, own in enumerate(chosen[-1]):
            others = chosen[-1][:i] + chosen[-1][i + 1 :]
            foregone = table.payoffs[:, sum(others) if table.aggregate == "sum" else max(others)]
            weights = np.where(np.arange(table.signals.size) == own, 1.0, learner.delta)
            attractions[i] = (learner.phi * n * attractions[i] + weights * foregone) / after
        n = after
    return np.array(chosen)


@pytest.mark.parametrize(
    "learner",
    [
        Ewa(),
        Ewa(delta=1.0, phi=1.0, experience=1.0),
        Ewa(delta=0.0, phi=0.8, kappa=1.0, precision=3.0, experience=0.0),
        Ewa(delta=0.3, phi=0.95, kappa=0.4, precision=8.0, experience=2.0),
    ],
)
def test_attraction_follows_its_equation(learner):
    for table in (small(), leaderboard(3, steps=9)):
        for seed in range(5):
            assert (learner.play(table, 60, seed) == plain_ewa(table, learner, 60, seed)).all()


def test_reinforcement_follows_its_equation():
    table, learner = small(), RothErev(forgetting=0.05, experiment=0.1, strength=0.5)
    for seed in range(5):
        luck = np.random.default_rng(seed).random((60, 3))
        propensities = np.full((3, 7), 0.5)
        played = learner.play(table, 60, seed)
        for t in range(60):
            chosen = [drawn(q, u) for q, u in zip(propensities, luck[t], strict=True)]
            assert played[t].tolist() == chosen
            for i, own in enumerate(chosen):
                earned = max(0.0, table.payoffs[own, sum(chosen) - own])
                share = np.where(np.arange(7) == own, 0.9, 0.1 / 6.0)
                propensities[i] = 0.95 * propensities[i] + share * earned


def test_best_replies_are_to_the_round_before_and_inertia_keeps_the_rest():
    table = small()
    played = BestReply(inertia=0.5).play(table, 40, 3)
    luck = np.random.default_rng(3).random((40, 3))
    for t in range(1, 40):
        for i in range(3):
            replies = table.payoffs[:, played[t - 1].sum() - played[t - 1, i]]
            if luck[t, i] < 0.5:
                assert played[t, i] == played[t - 1, i]
            else:
                assert replies[played[t, i]] == replies.max()


def test_the_same_seed_plays_the_same_and_another_does_not():
    for learner in (Ewa(precision=10.0), RothErev(), BestReply()):
        first = learner.play(small(), 50, 1)
        assert (first == learner.play(small(), 50, 1)).all()
        assert (first != learner.play(small(), 50, 2)).any()


# Limits


def test_with_full_weight_on_what_was_foregone_attraction_is_fictitious_play_and_ends_in_the_logit_equilibrium():
    for table in (share_contest().scaled(), capped_shortage().scaled()):
        equilibrium = table.signals @ logit_equilibrium(table, 50.0)
        means = long_run_means(Ewa(delta=1.0, phi=1.0), table, 4000, range(20), last=0.5)
        assert means.mean() == pytest.approx(equilibrium, rel=0.005)
        assert means.std() < 0.01 * means.mean()


def test_fictitious_play_is_to_be_held_against_the_logit_equilibrium_and_not_against_best_reply():
    table = share_contest().scaled()
    mean = long_run_means(Ewa(delta=1.0, phi=1.0), table, 4000, range(20), last=0.5).mean()
    assert abs(mean / 11.25 - 1.0) > 0.05


def test_without_it_attraction_locks_in_so_that_one_run_says_little():
    table = share_contest().scaled()
    means = long_run_means(Ewa(delta=0.5), table, 3000, range(24))
    assert means.std() > 1.0
    assert abs(means.mean() - 9.0) < 2.1


def test_noise_lowers_requests_where_the_equilibrium_is_a_cap():
    table = capped_shortage().scaled()
    means = [table.signals @ logit_equilibrium(table, precision) for precision in (5.0, 20.0, 50.0, 200.0)]
    assert (np.diff(means) > 0.0).all()
    assert means[-1] < 10.0


def test_noise_raises_requests_in_a_contest_where_it_is_strong_and_lowers_them_where_it_is_weak():
    """The mean is not monotone in precision: no sign may be asserted of it."""
    table = share_contest().scaled()
    strong, moderate, weak = (table.signals @ logit_equilibrium(table, p) for p in (5.0, 20.0, 200.0))
    assert strong > 11.25 > weak > moderate


def test_people_who_think_start_below_where_learners_end_and_these_below_the_cap():
    play = RationingGame("proportional", 3.0, target(1.0), 4)
    first = [cognitive_hierarchy(play, steps, 1.0, Search(1e3)) for steps in (1.5, 2.7)]
    table = capped_shortage().scaled()
    learned = long_run_means(Ewa(), table, 3000, range(24)).mean()
    noisy = table.signals @ logit_equilibrium(table, 50.0)
    assert 1.0 < first[0] < first[1] < learned < noisy < 10.0


@pytest.mark.parametrize("precision", [0.5, 5.0, 50.0, 500.0])
def test_a_logit_equilibrium_is_its_own_response(precision):
    for table in (share_contest().scaled(), scarce_or_ample().scaled(), capped_shortage().scaled()):
        mix = logit_equilibrium(table, precision)
        assert mix.sum() == pytest.approx(1.0)
        assert logit(table.against(mix), precision) == pytest.approx(mix, abs=1e-9)


def test_a_logit_equilibrium_goes_from_even_chances_to_the_best_reply():
    table = scarce_or_ample().scaled()
    assert logit_equilibrium(table, 1e-9) == pytest.approx(1.0 / 51.0, rel=1e-6)
    assert table.signals @ logit_equilibrium(table, 2000.0) == pytest.approx(2.88, abs=0.01)


@pytest.mark.parametrize("players", [2, 3, 6])
def test_an_indifferent_mix_leaves_nothing_to_choose_between(players):
    table = leaderboard(players)
    mix = indifferent_mix(table)
    assert np.ptp(table.against(mix)) < 1e-9
    assert mix.min() >= 0.0
    assert mix.sum() == pytest.approx(1.0)


def test_an_equilibrium_that_does_not_use_every_signal_is_refused():
    with pytest.raises(ValueError, match="strongest only"):
        indifferent_mix(small())
    with pytest.raises(ValueError, match="no equilibrium uses all signals"):
        indifferent_mix(leaderboard(2, top=3.0))


# Steps of thinking


def test_nobody_who_does_not_think_asks_for_more():
    play = RationingGame("proportional", 3.0, target(1.0), 4)
    assert cognitive_hierarchy(play, 0.0, 1.0, Search(1e3)) == pytest.approx(1.0)
    assert level_signals(play, poisson(1.5, 1), 1.0, Search(1e3)).tolist() == [1.0]
    assert poisson(1.5, 40).sum() == pytest.approx(1.0)
    assert poisson(1.5, 40) @ np.arange(40) == pytest.approx(1.5)


def test_best_replying_learners_reach_the_equilibrium_of_the_same_table():
    game = RationingGame("kelly", 3.0, served(10.0, 1.0), 4, Contract(deposit=0.5, refundable=0.0))
    rest = settle(game, np.ones(4), Search(60.0)).signals[0]
    assert long_run_means(BestReply(), share_contest(), 500, range(20)) == pytest.approx([rest] * 20, abs=0.375)
