"""Choice of a request multiplier: what to ask for, over what is needed, given the chance that asking succeeds.

A claimant who asks for m times its need and believes that a share f of every claim is met gets min(m f, 1) of its need, pays for
the request, and pays for what it gets beyond its need. Best reply takes the multiplier that is worth most; EWA (experience-
weighted attraction) learns from what every multiplier earned or would have earned, and chooses by logit.
"""

from __future__ import annotations

from gridsim.model.compiling import rule
from gridsim.model.elementary import exp
from gridsim.model.group import F

MULTIPLIERS = (0.0, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0)
"""The grid of multipliers."""
CHOICES = len(MULTIPLIERS)
HONEST_CHOICE = MULTIPLIERS.index(1.0)
DELTA = 0.5
"""Weight of payoffs forgone (Camerer & Ho 1999: about 0.5)."""
PHI = 0.9
"""Weight of the past (Camerer & Ho 1999: 0.8 to 1)."""
PRECISION = 50.0
"""Of the logit choice, on payoffs over the value of the need (assumed; 5 to 200)."""
LEVELS = 1.5
"""Mean steps of thinking of a first choice (Camerer, Ho & Chong 2004)."""
LEVELS_MAX = 8


@rule
def payoff(multiplier: float, fill: float, cost: float, excess: float) -> float:
    """Worth of asking for m times the need, over the value of the need: min(m f, 1) - c m - e max(0, m f - 1)."""
    got = multiplier * fill
    return min(got, 1.0) - cost * multiplier - excess * max(0.0, got - 1.0)


@rule
def best_choice(fill: float, cost: float, excess: float) -> int:
    """Index of the multiplier that is worth most; the least of equals."""
    best, most = 0, payoff(MULTIPLIERS[0], fill, cost, excess)
    for k in range(1, CHOICES):
        worth = payoff(MULTIPLIERS[k], fill, cost, excess)
        if worth > most:
            best, most = k, worth
    return best


@rule
def level_of(luck: float, mean: float) -> int:
    """Steps of thinking: Poisson (Camerer, Ho & Chong 2004), by inversion."""
    level, chance = 0, exp(-mean)
    below = chance
    while luck > below and level < LEVELS_MAX:
        level += 1
        chance *= mean / level
        below += chance
    return level


@rule
def first_choice(level: int, fill: float, cost: float, excess: float) -> int:
    """Cognitive hierarchy: level 0 asks for its need, each level replies best to others who ask as the level below does."""
    choice = HONEST_CHOICE
    for _ in range(level):
        choice = best_choice(fill / max(MULTIPLIERS[choice], 1.0), cost, excess)
    return choice


@rule
def reinforce(
    attraction: float, experience: float, worth: float, chosen: bool, delta: float, phi: float, kappa: float
) -> float:
    """EWA: A' = (phi N A + (delta + (1 - delta) 1{chosen}) payoff) / N' (Camerer & Ho 1999, Econometrica 67:827-874)."""
    weight = 1.0 if chosen else delta
    return (phi * experience * attraction + weight * worth) / more_experience(experience, phi, kappa)


@rule
def more_experience(experience: float, phi: float, kappa: float) -> float:
    """N' = phi (1 - kappa) N + 1."""
    return phi * (1.0 - kappa) * experience + 1.0


@rule
def logit_choice(attractions: F, precision: float, luck: float) -> int:
    """Index drawn with chances in proportion to exp(precision x attraction)."""
    top = attractions[0]
    for k in range(1, attractions.size):
        top = max(top, attractions[k])
    whole = 0.0
    for k in range(attractions.size):
        whole += exp(precision * (attractions[k] - top))
    mark = luck * whole
    for k in range(attractions.size):
        mark -= exp(precision * (attractions[k] - top))
        if mark < 0.0:
            return k
    return attractions.size - 1
