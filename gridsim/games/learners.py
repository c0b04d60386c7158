"""Learners: claimants who play one game again and again, and choose more often what paid, or would have paid.

All take a `Table`, so that the payoffs of signals not chosen are looked up; the game itself has filled it. They choose by the
same uniform draws, one for each round and player, and so the same seed gives the same play.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gridsim.games.table import Table
from gridsim.model.choice import logit_choice, more_experience, reinforce
from gridsim.model.compiling import entry, process
from gridsim.model.group import F, I


@process
def _draw(weights: F, uniform: float) -> int:
    """The signal that a uniform draw stands for, each signal with the chance of its weight."""
    total = 0.0
    for weight in weights:
        total += weight
    left = uniform * total
    for k in range(weights.size):
        left -= weights[k]
        if left < 0.0:
            return k
    return weights.size - 1


@process
def _others(chosen: I, player: int, strongest: bool) -> int:
    """The column of the table that the others' choices make."""
    step = 0
    for j in range(chosen.size):
        if j != player:
            step = max(step, chosen[j]) if strongest else step + chosen[j]
    return step


@entry
def ewa_rounds(
    payoffs: F,
    strongest: bool,
    delta: float,
    phi: float,
    kappa: float,
    precision: float,
    start: float,
    luck: F,
    attractions: F,
    chosen: I,
) -> None:
    """Play all rounds by experience-weighted attraction; writes what each player chose."""
    experience = start
    for t in range(luck.shape[0]):
        for i in range(luck.shape[1]):
            chosen[t, i] = logit_choice(attractions[i], precision, luck[t, i])
        before = experience
        experience = more_experience(before, phi, kappa)
        for i in range(luck.shape[1]):
            step = _others(chosen[t], i, strongest)
            for k in range(payoffs.shape[0]):
                played = k == chosen[t, i]
                attractions[i, k] = reinforce(attractions[i, k], before, payoffs[k, step], played, delta, phi, kappa)


@entry
def roth_erev_rounds(
    payoffs: F, strongest: bool, forgetting: float, experiment: float, luck: F, propensities: F, chosen: I
) -> None:
    """Play all rounds by reinforcement of propensities; writes what each player chose."""
    for t in range(luck.shape[0]):
        for i in range(luck.shape[1]):
            chosen[t, i] = _draw(propensities[i], luck[t, i])
        for i in range(luck.shape[1]):
            earned = max(0.0, payoffs[chosen[t, i], _others(chosen[t], i, strongest)])
            for k in range(payoffs.shape[0]):
                share = 1.0 - experiment if k == chosen[t, i] else experiment / (payoffs.shape[0] - 1)
                propensities[i, k] = (1.0 - forgetting) * propensities[i, k] + share * earned


@entry
def reply_rounds(payoffs: F, strongest: bool, inertia: float, luck: F, chosen: I) -> None:
    """Play all rounds by best replies to the round before; each player who does not reply stays with its signal."""
    for t in range(1, luck.shape[0]):
        for i in range(luck.shape[1]):
            chosen[t, i] = chosen[t - 1, i]
            if luck[t, i] < inertia:
                continue
            step = _others(chosen[t - 1], i, strongest)
            for k in range(payoffs.shape[0]):
                if payoffs[k, step] > payoffs[chosen[t, i], step]:
                    chosen[t, i] = k


class Learner(Protocol):
    """A rule of learning."""

    def play(self, table: Table, rounds: int, seed: int) -> I:
        """The step of the grid that each player chose in each round."""


def _luck(table: Table, rounds: int, seed: int) -> F:
    return np.random.default_rng(seed).random((rounds, table.players))


@dataclass(frozen=True)
class Ewa:
    """Experience-weighted attraction with logit choice (Camerer & Ho 1999, Econometrica 67:827-874).

    A_j <- [phi N A_j + (delta + (1 - delta) 1{j chosen}) u_j] / N', N' = phi (1 - kappa) N + 1; P(j) ~ exp(lambda A_j).
    `delta` weighs what would have been earned: 1 is weighted fictitious play (with `phi` 1 every round counts the same), 0
    reinforcement of what was. With `kappa` 0 attractions are average payoffs, with 1 sums.
    """

    delta: float = 0.5
    phi: float = 0.9
    kappa: float = 0.0
    precision: float = 50.0
    experience: float = 10.0
    """N before the first round, with attractions of 0; the value that N stays at with `phi` 0.9."""

    def play(self, table: Table, rounds: int, seed: int) -> I:
        """Start from no attraction to anything."""
        chosen = np.zeros((rounds, table.players), np.int64)
        attractions = np.zeros((table.players, table.signals.size))
        how = (self.delta, self.phi, self.kappa, self.precision, self.experience)
        luck = _luck(table, rounds, seed)
        ewa_rounds(table.payoffs, table.aggregate == "strongest", *how, luck, attractions, chosen)
        return chosen


@dataclass(frozen=True)
class RothErev:
    """Reinforcement of propensities by what was earned (Roth & Erev 1995, Games and Economic Behavior 8:164-212).

    q_j <- (1 - forgetting) q_j + (1 - e) u if chosen, + e u / (J - 1) if not; P(j) = q_j / sum q. Losses do not reinforce.
    """

    forgetting: float = 0.1
    experiment: float = 0.01
    strength: float = 0.02
    """Of every signal at first, in payoffs of one round."""

    def play(self, table: Table, rounds: int, seed: int) -> I:
        """Start from equal propensities."""
        chosen = np.zeros((rounds, table.players), np.int64)
        propensities = np.full((table.players, table.signals.size), self.strength)
        luck = _luck(table, rounds, seed)
        strongest = table.aggregate == "strongest"
        roth_erev_rounds(table.payoffs, strongest, self.forgetting, self.experiment, luck, propensities, chosen)
        return chosen


@dataclass(frozen=True)
class BestReply:
    """Replies to the last round, each player with chance 1 - inertia a round."""

    inertia: float = 0.5

    def play(self, table: Table, rounds: int, seed: int) -> I:
        """Start from signals drawn evenly."""
        chosen = np.zeros((rounds, table.players), np.int64)
        chosen[0] = np.random.default_rng([seed, 1]).integers(table.signals.size, size=table.players)
        reply_rounds(table.payoffs, table.aggregate == "strongest", self.inertia, _luck(table, rounds, seed), chosen)
        return chosen


def long_run_means(learner: Learner, table: Table, rounds: int, seeds: range, last: float = 0.2) -> F:
    """Mean signal of all players over the last share of the rounds, for each seed."""
    since = rounds - int(last * rounds)
    return np.array([table.signals[learner.play(table, rounds, seed)[since:]].mean() for seed in seeds])
