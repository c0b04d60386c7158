"""The filing game: copies of one project, and speculative positions, when every filing makes the others' less likely.

Both parts play the model's own rules (`best_copies`, `chance_of_any`, `entry_return`) against the fill rate that they bring
about: simultaneous search as in Stigler 1961 (Journal of Political Economy 69(3):213-225) and Chade & Smith 2006
(Econometrica 74(5):1293-1307) with congestion, and entry into a lottery until it pays no more. The algebra is our own.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm

from gridsim.model.compiling import entry
from gridsim.model.group import F
from gridsim.model.strategies import best_copies, chance_of_any, entry_return


class Copies(NamedTuple):
    """What an applicant gains and pays: the value of the first approval, the cost of each copy, the sites to file at."""

    value: float
    fee: float
    deposit: float = 0.0
    refundable: float = 1.0
    interest: float = 0.0
    years: float = 0.0
    sites: int = 1000

    def best(self, approval: float) -> int:
        """The best number of copies if each is approved with this chance."""
        value, fee, deposit, refundable, interest, years, sites = self
        return best_copies(value, approval, fee, deposit, refundable, interest, years, 0.0, sites)

    def at(self, fee: float) -> Copies:
        """The same at another fee."""
        return self._replace(fee=fee)


def crowded_copies(copies: Copies, capacity: float) -> float:
    """Mean copies k per applicant in equilibrium, where k is a best reply to the approval rate p = min(1, kappa / k).

    If the best reply steps over k there, applicants mix between two neighbouring numbers. `capacity` is kappa, approvals
    per applicant. Found by bisection on best(kappa / k) - k, positive below and negative above. With capacity for all,
    kappa >= 1, one copy each is an equilibrium as well; this is the one in which a copy is more likely refused than not.
    """
    low, high = 2.0 * capacity, float(copies.sites)
    if copies.best(0.5) <= low:
        low = 0.0
    for _ in range(80):
        k = 0.5 * (low + high)
        if copies.best(min(1.0, capacity / k)) > k:
            low = k
        else:
            high = k
    return high


def gain_of_a_copy(value: float, approval: float, k: float) -> float:
    """What the k-th copy adds, V ((1 - p)^(k - 1) - (1 - p)^k); between whole k by geometric interpolation, exact here."""
    whole = max(math.floor(k), 1)
    first, second = (value * (chance_of_any(approval, n) - chance_of_any(approval, n - 1)) for n in (whole, whole + 1))
    return float(first ** (whole + 1 - k) * second ** (k - whole)) if second > 0.0 else 0.0


def crowded_copies_in_parts(value: float, cost: float, capacity: float) -> float:
    """Copies if they could be split: the k at which the last one earns its cost, (kappa / k)(1 - kappa / k)^(k - 1) V = c.

    Stable where one more copy of everyone lowers what a copy adds: the larger root.
    """
    most = max(1.0, capacity) * value / cost

    def surplus(k: float) -> float:
        return gain_of_a_copy(value, min(1.0, capacity / k), k) - cost

    return float(brentq(surplus, max(1.0, 2.0 * capacity), most, xtol=1e-12))


def revising_copies(
    copies: Copies,
    capacity: float,
    applicants: int,
    rounds: int,
    revising: int,
    rng: np.random.Generator,
    start: int = 1,
) -> float:
    """Mean copies when each round some applicants, drawn at random, turn to the best reply to the last approval rate.

    All begin with `start` copies; the mean over the second half of the rounds.
    """
    filed = np.full(applicants, start, np.int64)
    path = np.empty(rounds)
    for t in range(rounds):
        total = int(filed.sum())
        path[t] = total / applicants
        best = copies.best(min(1.0, capacity * applicants / max(total, 1)))
        filed[rng.integers(0, applicants, revising)] = best
    return float(path[rounds // 2 :].mean())


def lottery(mean_copies: float, capacity: float, applicants: int, rng: np.random.Generator) -> tuple[float, float]:
    """Share of applicants served, and share of approvals wasted on second copies, drawing every copy's approval.

    Applicants file the whole numbers around the mean; each copy is approved with chance kappa / k.
    """
    lower = math.floor(mean_copies)
    filed = lower + (np.arange(applicants) < (mean_copies - lower) * applicants)
    approved = rng.binomial(filed, min(1.0, capacity / mean_copies))
    served = float(np.count_nonzero(approved))
    return served / applicants, 1.0 - served / float(approved.sum())


class Position(NamedTuple):
    """A speculative queue position: chance of a sale once approved, its price, and what holding the position costs."""

    sale: float
    resale: float
    fee: float
    deposit: float = 0.0
    refundable: float = 1.0
    interest: float = 0.0
    years: float = 0.0

    def gain(self, approval: float) -> float:
        """Expected profit over cost, as the model's speculators reckon it."""
        return float(entry_return(approval, *self))


def site_option(worth: float, outlay: float, volatility: float, years: float, interest: float) -> tuple[float, float]:
    """Present value of the right to build at T on a site of lognormal worth, and the chance that it is used.

    C = e^-rT E max(X - I, 0) with ln X ~ N(ln X0 + (r - s^2 / 2) T, s^2 T): Black & Scholes 1973 (Journal of Political
    Economy 81(3):637-654), here by quadrature.
    """
    spread = volatility * math.sqrt(years)
    centre = math.log(worth) + (interest - 0.5 * volatility**2) * years
    exercise = (math.log(outlay) - centre) / spread

    def payoff(z: float) -> float:
        return float((math.exp(centre + spread * z) - outlay) * norm.pdf(z))

    value, _ = quad(payoff, exercise, 12.0, epsabs=1e-13)
    chance, _ = quad(norm.pdf, exercise, 12.0, epsabs=1e-13)
    return math.exp(-interest * years) * value, chance


def deterring_deposit(position: Position, approval: float, most: float = 1e6) -> float:
    """The deposit at which a position is worth nothing; infinite if none does it, 0 if no deposit is needed."""

    def gain(deposit: float) -> float:
        return position._replace(deposit=deposit).gain(approval)

    if gain(0.0) <= 0.0:
        return 0.0
    return float(brentq(gain, 0.0, most, xtol=1e-13)) if gain(most) < 0.0 else math.inf


def entered(position: Position, genuine: float, capacity: float, rounds: int = 4000) -> float:
    """Requests over genuine requests after free entry: speculators come and go by what the last position returned.

    Approval is a lottery, min(1, K / (G + S)); the number S grows by a share of its return, less as it nears none.
    """
    speculators = 1e-6 * genuine
    for _ in range(rounds):
        gain = position.gain(min(1.0, capacity / (genuine + speculators)))
        speculators *= math.exp(0.3 * max(-1.0, min(1.0, gain)))
    return 1.0 + speculators / genuine


@entry
def _gains(sales: F, resale: float, fee: float, deposit: float, refundable: float, gains: F) -> None:
    for i in range(sales.size):
        gains[i] = entry_return(1.0, sales[i], resale, fee, deposit, refundable, 0.0, 0.0)


def filing_ideas(follow_through: F, value: float, fee: float, deposit: float = 0.0, refundable: float = 1.0) -> F:
    """What each of many project ideas returns if filed: built with its own chance, worth `value` if built."""
    gains = np.empty(follow_through.size)
    _gains(follow_through, value, fee, deposit, refundable, gains)
    return gains
