"""The rationing game: claimants send signals, a rule turns them and the capacity into allocations, a contract has its price.

One object serves every layer of the market. Power: MW asked; compute: GPUs reserved; quota: GPU-hours used; tokens: tokens
burned. What differs is the rule, what an allocation is worth, and what a signal costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from gridsim.games.capacity import Capacity, States
from gridsim.games.contract import Contract
from gridsim.games.rules import Rule
from gridsim.model.group import F

Value = Callable[[int, F, F, F], F]
"""Worth to a kind of claimant of its own signals, its allocations, and the totals that the others get; arrays of one size."""


class Game(Protocol):
    """What solution concepts need: payoffs of one player's candidate signals against what the others send."""

    kinds: tuple[int, ...]
    """The kind of every player; players of one kind who send one signal have the same best reply."""

    def payoffs(self, player: int, candidates: F, signals: F) -> F:
        """Expected payoff of each candidate in place of the player's own signal."""


def served(worth: float, needs: ArrayLike = np.inf) -> Value:
    """Worth of each unit given, up to a need; the mean over needs that are equally likely."""
    each = np.atleast_1d(np.asarray(needs, dtype=np.float64))

    def value(kind: int, signal: F, own: F, others: F) -> F:
        used = np.minimum(own[..., None], each)
        return np.asarray(worth * np.mean(used, axis=-1), dtype=np.float64)

    return value


def target(need: ArrayLike, shortage: float = 1.0, holding: float = 1.0) -> Value:
    """Minus what it costs to get other than one needs: p (n - a)+ + h (a - n)+, with the need of each kind, or of all."""
    needs = np.atleast_1d(np.asarray(need, dtype=np.float64))

    def value(kind: int, signal: F, own: F, others: F) -> F:
        over = own - needs[kind % needs.size]
        lacking, idle = np.maximum(-over, 0.0), np.maximum(over, 0.0)
        return np.asarray(-shortage * lacking - holding * idle)

    return value


def newsvendor(shortage: float, holding: float) -> Value:
    """Minus the expected cost of an allocation a facing demand D ~ U(0, 1): p E(D - a)+ + h E(a - D)+."""

    def value(kind: int, signal: F, own: F, others: F) -> F:
        sold = np.minimum(own, 1.0)
        return -(shortage * (1.0 - sold) ** 2 / 2.0 + holding * (sold**2 / 2.0 + own - sold))

    return value


class RationingGame:
    """N claimants under one rule and contract.

    Args:
        rule: an allocation rule.
        capacity: an amount, or a distribution.
        value: what an allocation is worth.
        claimants: how many, or the kind of each.
        contract: costs of a request.
        needs: of each claimant, equally likely, for the contract's use; unlimited by default.
    """

    def __init__(
        self,
        rule: Rule | str,
        capacity: Capacity | float,
        value: Value,
        claimants: int | Sequence[int],
        contract: Contract | None = None,
        needs: ArrayLike = np.inf,
    ) -> None:
        self.rule = Rule(rule) if isinstance(rule, str) else rule
        self.capacity = States(capacity) if isinstance(capacity, int | float) else capacity
        self.value = value
        self.kinds = (0,) * claimants if isinstance(claimants, int) else tuple(claimants)
        self.contract = Contract() if contract is None else contract
        self.needs = np.atleast_1d(np.asarray(needs, dtype=np.float64))
        self.rule.allocation(np.zeros(len(self.kinds)), 0.0)  # says what is wrong with the rule's options

    def payoffs(self, player: int, candidates: F, signals: F) -> F:
        """Expected payoff of each candidate signal in place of the player's own: the rule is called with it replaced."""
        profiles = np.tile(np.asarray(signals, dtype=np.float64), (candidates.size, 1))
        profiles[:, player] = candidates
        return self.expected(player, profiles)

    def expected(self, player: int, profiles: F) -> F:
        """Expected payoff of a player under each profile of signals."""
        own = np.ascontiguousarray(profiles[:, player])
        chances, amounts = self.capacity.at(profiles.sum(axis=1))
        total = -self.contract.burned(own)
        for chance, amount in zip(chances, amounts, strict=True):
            granted = self.rule.allocations(profiles, amount)
            mine = np.ascontiguousarray(granted[:, player])
            worth = self.value(self.kinds[player], own, mine, granted.sum(axis=1) - mine)
            total += chance * (worth - self.contract.transfers(own, mine, self.needs))
        return total

    def payoff(self, signals: ArrayLike) -> F:
        """Expected payoff of every claimant."""
        profile = np.asarray(signals, dtype=np.float64)[None, :]
        return np.array([self.expected(player, profile)[0] for player in range(profile.size)])

    def allocation(self, signals: ArrayLike) -> F:
        """Expected allocation of every claimant."""
        profile = np.asarray(signals, dtype=np.float64)
        chances, amounts = self.capacity.at(profile.sum(keepdims=True))
        return np.array(chances[:, 0]) @ [self.rule.allocation(profile, float(amount[0])) for amount in amounts]

    def welfare(self, signals: ArrayLike) -> float:
        """Worth to all claimants less what is burned; transfers are somebody's income and do not count."""
        profile = np.asarray(signals, dtype=np.float64)
        return float(self.payoff(profile).sum() + self.transfers(profile).sum())

    def transfers(self, signals: ArrayLike) -> F:
        """Expected payment of every claimant."""
        profile = np.asarray(signals, dtype=np.float64)
        chances, amounts = self.capacity.at(profile.sum(keepdims=True))
        paid = np.zeros(profile.size)
        for chance, amount in zip(chances[:, 0], amounts[:, 0], strict=True):
            paid += chance * self.contract.transfers(profile, self.rule.allocation(profile, float(amount)), self.needs)
        return paid


class PrivateKinds:
    """The game between strangers: every claimant is of a kind that only it knows, drawn with known chances.

    A player here is a kind; signals are one for each. Its payoff is the mean over the kinds that the others may be of, and over
    the places that the claimant may have where a rule serves in order.
    """

    def __init__(self, game: RationingGame, chances: Sequence[float]) -> None:
        self.game, self.chances = game, tuple(chances)
        self.kinds = tuple(range(len(self.chances)))
        self.meetings = [
            (
                float(np.prod([self.chances[kind] for kind in kinds])),
                RationingGame(game.rule, game.capacity, game.value, kinds, game.contract, game.needs),
            )
            for kinds in product(self.kinds, repeat=len(game.kinds))
        ]
        """The game of each list of kinds that may meet, with its chance."""

    def payoffs(self, player: int, candidates: F, signals: F) -> F:
        """Expected payoff of each candidate signal of a kind against the signals of all kinds."""
        total = np.zeros(candidates.size)
        places = len(self.game.kinds)
        for chance, met in self.meetings:
            for place in [place for place in range(places) if met.kinds[place] == player]:
                total += chance * met.payoffs(place, candidates, np.asarray(signals)[list(met.kinds)])
        return total / (places * self.chances[player])

    def total_allocation(self, signals: F) -> float:
        """Expected allocation of all claimants together."""
        return sum(chance * float(met.allocation(signals[list(met.kinds)]).sum()) for chance, met in self.meetings)

    def total_payoff(self, signals: F) -> float:
        """Expected payoff of all claimants together."""
        return sum(chance * float(met.payoff(signals[list(met.kinds)]).sum()) for chance, met in self.meetings)
