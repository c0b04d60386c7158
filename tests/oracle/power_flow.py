"""The network study a second time: every flow from a DC power flow that is solved afresh, B θ = P, and no factors kept.

Nothing here is added to or taken from a flow of before: who asks for flows says where all load is, and gets them from the
susceptances of the case by `numpy.linalg.solve`. Added load is supplied by all generators in proportion to capacity.
"""

from __future__ import annotations

import importlib
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

CASES = {"rts24": "case24_ieee_rts", "case39": "case39"}
BUS, LOAD, SHUNT = 0, 2, 4  # columns of MATPOWER's tables
AT, OUTPUT, CAPACITY = 0, 1, 8
FROM, TO, REACTANCE, RATING, TAP, SHIFT = 0, 1, 3, 5, 8, 9

F64 = NDArray[np.float64]


def branch_names(data: dict) -> list[str]:
    """Branches by their ends; circuits between the same buses in the same order of ends are numbered."""
    ends = [tuple(int(bus) for bus in row[[FROM, TO]]) for row in data["branch"]]
    seen: dict[tuple[int, ...], int] = defaultdict(int)
    names = []
    for f, t in ends:
        seen[f, t] += 1
        names.append(f"bus {f} - bus {t}" + (f" ({seen[f, t]})" if ends.count((f, t)) > 1 else ""))
    return names


class PowerFlow:
    """Flows of a case on named rows (a branch, or a branch `without` another) for load at named buses, solved afresh."""

    def __init__(self, case: str, buses: list[str], rows: list[str], scale: float = 1.0, margin: float = 1.0):
        data = getattr(importlib.import_module(f"pypower.{CASES[case]}"), CASES[case])()
        assert not data["branch"][:, SHIFT].any()
        self.mva = float(data["baseMVA"])
        place = {int(number): i for i, number in enumerate(data["bus"][:, BUS])}
        self.place = np.array([place[int(name.removeprefix("bus "))] for name in buses])
        at = [place[int(number)] for number in data["gen"][:, AT]]
        self.share = np.bincount(at, data["gen"][:, CAPACITY], len(place)) / data["gen"][:, CAPACITY].sum()
        demand = data["bus"][:, LOAD] + data["bus"][:, SHUNT]
        output = np.bincount(at, data["gen"][:, OUTPUT], len(place))
        self.own_mw = scale * (output * demand.sum() / output.sum() - demand)
        self.ends = np.array([[place[int(bus)] for bus in row[[FROM, TO]]] for row in data["branch"]])
        self.susceptance = (
            1 / data["branch"][:, REACTANCE] / np.where(data["branch"][:, TAP] == 0, 1, data["branch"][:, TAP])
        )
        names = branch_names(data)
        parts = [row.split(" without ") for row in rows]
        self.branch = np.array([names.index(part[0]) for part in parts])
        self.out = [names.index(part[1]) if len(part) > 1 else None for part in parts]
        self.matrices = {out: self._matrix(out) for out in dict.fromkeys(self.out)}
        self.rating_mw = data["branch"][:, RATING] * scale * margin

    def _matrix(self, out: int | None) -> F64:
        """B without the branch that is out, and without the first bus, whose angle is 0."""
        n = self.own_mw.size
        b = np.zeros((n, n))
        for k, ((f, t), y) in enumerate(zip(self.ends, self.susceptance, strict=True)):
            if k != out:
                b[[f, t], [f, t]] += y
                b[[f, t], [t, f]] -= y
        return b[1:, 1:]

    def flows(self, load_mw: F64) -> F64:
        """MW on every row with this load, by bus as named, on top of the case's own."""
        p = self.own_mw + self.share * load_mw.sum()
        np.subtract.at(p, self.place, load_mw)
        flow = np.empty(len(self.out))
        for out, matrix in self.matrices.items():
            angle = np.concatenate([[0.0], np.linalg.solve(matrix, p[1:] / self.mva)])
            every = self.susceptance * (angle[self.ends[:, 0]] - angle[self.ends[:, 1]]) * self.mva
            rows = np.array([k == out for k in self.out])
            flow[rows] = every[self.branch[rows]]
        return flow

    def limits(self) -> F64:
        """Usable rating of every row, or its flow in the case where that is more."""
        intact = PowerFlow.__new__(PowerFlow)
        intact.__dict__ |= self.__dict__ | {"branch": np.arange(len(self.ends)), "out": [None] * len(self.ends)}
        intact.matrices = {None: self.matrices[None]}
        none = np.zeros(self.place.size)
        limit = np.maximum(self.rating_mw, np.abs(intact.flows(none)))[self.branch]
        return np.maximum(limit, np.abs(self.flows(none)))


class Study:
    """What one request does to the lines: flows without and with it, and what is beyond the limits on account of it."""

    def __init__(self, grid: PowerFlow, limits: F64, cutoff: float, before_mw: F64, bus: int, mw: float):
        own = np.zeros(before_mw.size)
        own[bus] = 1.0
        factor = grid.flows(own) - grid.flows(np.zeros(before_mw.size))
        assert (np.abs(np.abs(factor) - cutoff) > 1e-9).all(), "too close to the cut-off to tell"
        before = grid.flows(before_mw)
        self.after = grid.flows(before_mw + mw * own)
        self.over = np.zeros(before.size)
        for line in np.flatnonzero(np.abs(factor) >= cutoff):
            self.over[line] = max(0.0, abs(self.after[line]) - max(limits[line], abs(before[line])))
        self.over[self.over < 1e-9] = 0.0  # MW; what rounding leaves is no overload
        self.short_mw = self.over.sum()
