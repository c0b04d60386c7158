"""A queue for study: requests wait for one of c engineers, first come first served, and leave when their patience ends.

By simulation for any distribution, and as the stationary birth-death process that it is when all times are exponential:
Erlang C (Erlang 1917) if nobody leaves, Erlang A (Palm 1957; Garnett, Mandelbaum & Reiman 2002, Manufacturing & Service
Operations Management 4(3):208-227) if patience ends at a rate theta.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridsim.model.compiling import entry
from gridsim.model.group import F


@entry
def serve(arrivals: F, studies: F, patience: F, free: F, waits: F, left: F) -> None:
    """Write how long each request waited in the queue, and 1 for those that left it unserved.

    `free` holds when each engineer is free. A request that will lose patience takes nobody's time: whoever comes after it
    waits as if it had not come.
    """
    for i in range(arrivals.size):
        next_free = 0
        for j in range(1, free.size):
            if free[j] < free[next_free]:
                next_free = j
        wait = max(0.0, free[next_free] - arrivals[i])
        if wait > patience[i]:
            waits[i], left[i] = patience[i], 1.0
        else:
            waits[i], left[i] = wait, 0.0
            free[next_free] = arrivals[i] + wait + studies[i]


class Waiting(NamedTuple):
    """What happens in the long run: shares of requests that wait and that leave, mean wait, mean number waiting."""

    waits: float
    leaves: float
    mean_wait: float
    queue: float


class Seen(NamedTuple):
    """Every request of a simulated queue after the warm-up: its wait, whether it left unserved, and over what time."""

    waits: F
    left: F
    span: float

    @property
    def summary(self) -> Waiting:
        """Long-run shares and means; requests that leave wait too, and the number waiting follows by Little's law."""
        mean_wait = float(self.waits.mean())
        queue = float(self.waits.sum()) / self.span
        return Waiting(float((self.waits > 0.0).mean()), float(self.left.mean()), mean_wait, queue)


def simulate(
    rate: float, study_rate: float, engineers: int, impatience: float, n: int, rng: np.random.Generator
) -> Seen:
    """Simulate n requests with exponential times, from an empty queue; the first tenth is not counted.

    `rate` of requests, `study_rate` of each engineer, `impatience` of each waiting request (0: nobody leaves).
    """
    arrivals = np.cumsum(rng.exponential(1.0 / rate, n))
    studies = rng.exponential(1.0 / study_rate, n)
    patience = rng.exponential(1.0 / impatience, n) if impatience > 0.0 else np.full(n, np.inf)
    waits, left = np.empty(n), np.empty(n)
    serve(arrivals, studies, patience, np.zeros(engineers), waits, left)
    first = n // 10
    return Seen(waits[first:], left[first:], float(arrivals[-1] - arrivals[first - 1]))


def number_present(rate: float, study_rate: float, engineers: int, impatience: float) -> F:
    """Stationary distribution of the number of requests present.

    Birth-death: p(k) / p(k - 1) = lambda / (mu min(k, c) + theta (k - c)^+); cut where the rest no longer counts.
    """
    if impatience <= 0.0 and rate >= engineers * study_rate:
        raise ValueError("without impatience the engineers must keep up with the requests")
    if impatience > 0.0:
        most = engineers + int(rate / impatience + 40.0 * np.sqrt(rate / impatience)) + 100
    else:
        most = engineers + int(np.ceil(-45.0 / np.log(rate / (engineers * study_rate))))
    k = np.arange(1, most + 1)
    deaths = study_rate * np.minimum(k, engineers) + impatience * np.maximum(k - engineers, 0)
    logs = np.concatenate([[0.0], np.cumsum(np.log(rate / deaths))])
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


def stationary(rate: float, study_rate: float, engineers: int, impatience: float) -> Waiting:
    """The long run of the queue with exponential times."""
    present = number_present(rate, study_rate, engineers, impatience)
    waiting = np.maximum(np.arange(present.size) - engineers, 0)
    queue = float(present @ waiting)
    return Waiting(float(present[engineers:].sum()), impatience * queue / rate, queue / rate, queue)
