"""Requests that cost nothing, as talk: how much of the need they can still say to a planner who knows the bias.

A requester knows its need s ~ U(0, 1) and prefers to get s + b; the planner wants to give s, and gives the mean need of all who
send the same request (Crawford & Sobel 1982, Econometrica 50(6):1431-1451). Requests then say only in which of a few intervals
the need lies.
"""

from __future__ import annotations

import numpy as np

from gridsim.model.group import F


def informative_partition(messages: int, bias: float, rounds: int = 100_000) -> F | None:
    """Ends of the intervals that requesters of each message come from; None if so many messages are never all used.

    Both sides reply in turn until nobody moves: requesters send the message whose allocation is nearest to s + b, the planner
    gives the mean of each interval.
    """
    edges = np.linspace(0.0, 1.0, messages + 1)
    for _ in range(rounds):
        given = 0.5 * (edges[1:] + edges[:-1])
        inner = 0.5 * (given[1:] + given[:-1]) - bias
        if inner.size and inner[0] <= 0.0:
            return None
        moved = float(np.max(np.abs(inner - edges[1:-1]), initial=0.0))
        edges[1:-1] = inner
        if moved < 1e-14:
            return edges if np.min(np.diff(edges)) > 1e-9 else None
    return None


def most_messages(bias: float, limit: int = 50) -> int:
    """How many different requests can mean different things: 1 says nothing at all."""
    messages = 1
    while messages < limit and informative_partition(messages + 1, bias) is not None:
        messages += 1
    return messages


def residual_variance(edges: F) -> float:
    """Mean squared error of a planner who gives the mean of each interval."""
    widths = np.diff(edges)
    return float((widths**3).sum() / 12.0)


def gain_from_lying(edges: F, bias: float, needs: F) -> float:
    """The most that any of these needs would gain by another message than its interval's."""
    given = 0.5 * (edges[1:] + edges[:-1])
    own = given[np.clip(np.searchsorted(edges, needs, side="right") - 1, 0, given.size - 1)]
    wanted = needs + bias
    best = np.min((given[None, :] - wanted[:, None]) ** 2, axis=1)
    return float(np.max((own - wanted) ** 2 - best))
