"""Whether to join a queue that one can see: own gain against the delay that one causes others.

Naor 1969 (Econometrica 37(1):15-24): an M/M/1 queue, reward R for being served, cost C per unit of time in the system.
Hassin & Haviv 2003, To Queue or Not to Queue, chapter 2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridsim.model.compiling import entry
from gridsim.model.group import F


class Queue(NamedTuple):
    """Arrivals and service per unit of time, reward of being served, cost per unit of time, and a fee for joining."""

    rate: float
    service: float
    reward: float
    waiting: float
    fee: float = 0.0

    def joins(self, present: int) -> bool:
        """Whether one who finds so many present gains by joining: it will leave after as many services and its own."""
        return self.reward - self.fee >= self.waiting * (present + 1) / self.service

    @property
    def longest(self) -> int:
        """Number present that nobody joins any more."""
        present = 0
        while self.joins(present):
            present += 1
        return present


@entry
def _run(longest: int, rate: float, service: float, steps: F, choices: F, counts: F) -> None:
    """Jumps of the number present; adds up time, time weighted by the number, and those who joined."""
    present = 0
    for i in range(steps.size):
        leaving = service if present > 0 else 0.0
        counts[0] += steps[i] / (rate + leaving)
        counts[1] += present * steps[i] / (rate + leaving)
        if choices[i] * (rate + leaving) < rate:
            if present < longest:
                counts[2] += 1.0
                present += 1
        else:
            present -= 1


def simulated_welfare(queue: Queue, longest: int, events: int, rng: np.random.Generator) -> float:
    """Reward less waiting per unit of time, of all, if arrivals join while fewer than `longest` are present."""
    counts = np.zeros(3)
    _run(longest, queue.rate, queue.service, rng.exponential(1.0, events), rng.random(events), counts)
    time, presence, joined = counts
    return float((queue.reward * joined - queue.waiting * presence) / time)


def welfare(queue: Queue, longest: int) -> float:
    """The same in the long run, from the stationary distribution of the queue cut at `longest`."""
    ratio = queue.rate / queue.service
    weights = ratio ** np.arange(longest + 1)
    present = weights / weights.sum()
    served = queue.rate * (1.0 - present[-1])
    return float(queue.reward * served - queue.waiting * present @ np.arange(longest + 1))


def best_longest(queue: Queue) -> int:
    """The length of queue of the highest welfare."""
    return int(np.argmax([welfare(queue, n) for n in range(queue.longest + 1)]))


def fees_for(queue: Queue, longest: int, step: float = 0.01) -> tuple[float, float]:
    """Lowest and highest fee, of a grid, at which those who look after themselves let the queue grow just that long."""
    fees = np.arange(0.0, queue.reward + step, step)
    right = [float(fee) for fee in fees if queue._replace(fee=float(fee)).longest == longest]
    return min(right), max(right)
