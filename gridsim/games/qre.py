"""Equilibria of a symmetric game in mixed signals: with noise in choices (logit quantal response) and without."""

from __future__ import annotations

import numpy as np

from gridsim.games.table import Table
from gridsim.model.group import F


def logit(values: F, precision: float) -> F:
    """Chances of choice: exp(lambda u) / sum exp(lambda u)."""
    weights = np.exp(precision * (values - np.max(values)))
    return np.asarray(weights / weights.sum())


def logit_equilibrium(table: Table, precision: float, *, steps: int = 20) -> F:
    """The mix that is the logit response to itself, on the branch that starts from even chances at precision 0.

    x_i = exp(lambda u_i(x)) / sum_j exp(lambda u_j(x)) (McKelvey & Palfrey 1995, Games and Economic Behavior 10:6-38), followed
    from precision to precision by Newton's method. Payoffs as they stand in the table; scale them first for a precision that
    does not depend on their unit.
    """
    mix = np.full(table.signals.size, 1.0 / table.signals.size)
    for step in range(1, steps + 1):
        mix = _refined(table, precision * step / steps, mix)
    return mix


def _refined(table: Table, precision: float, mix: F) -> F:
    """The logit equilibrium near a mix."""

    def gap(x: F) -> F:
        return logit(table.against(x), precision) - x

    nudge = 1e-7
    for _ in range(50):
        off = gap(mix)
        if np.max(np.abs(off)) <= 1e-11:
            return mix
        slopes = np.array([gap(mix + nudge * each) - off for each in np.eye(mix.size)]).T / nudge
        move = np.linalg.solve(slopes, -off)
        mix = np.maximum(mix + move * min(1.0, 0.5 / np.max(np.abs(move))), 0.0)
        mix = mix / mix.sum()
    raise RuntimeError(f"no logit equilibrium found for precision {precision}")


def indifferent_mix(table: Table) -> F:
    """The mix of an equilibrium in which every signal of the table earns the same, from the game's payoffs alone.

    The aggregate of the others is distributed such that all signals pay equally: linear equations, of which the least solution
    is taken. Where it is the strongest of n - 1 independent rivals, each of them has the (n - 1)th root of its distribution.
    """
    size = table.signals.size
    if table.aggregate != "strongest":
        raise ValueError("the others' mix follows from their strongest only")
    square = table.payoffs[:, :size]
    equations = np.block([[square, -np.ones((size, 1))], [np.ones((1, size)), np.zeros((1, 1))]])
    strongest = np.linalg.lstsq(equations, np.append(np.zeros(size), 1.0), rcond=None)[0][:size]
    if np.min(strongest) < -1e-9:
        raise ValueError("no equilibrium uses all signals of the table")
    least = np.maximum(strongest, 0.0)  # the solver may leave a signal a hair below none
    return np.diff(np.clip(np.cumsum(least), 0.0, 1.0) ** (1.0 / (table.players - 1)), prepend=0.0)
