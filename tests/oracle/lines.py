"""Lines a second time: flows, limits, and what a load more at a bus lacks.

What a study finds is compared bit for bit, so that running sums run in the order of the compiled model: MW gather at buses,
and go to the lines, bus by bus, when a study asks. `check` holds them against flows that are added up afresh from lists of
requests.
"""

from __future__ import annotations

import numpy as np

from tests.oracle.agents import added


class Lines:
    """All lines whose limits a study respects; none where every area is one bus."""

    def __init__(self, factor, limit_mw, case_mw, committed_mw, cutoff: float) -> None:
        self.factor = factor  # [bus, line]
        self.limit_mw = limit_mw
        self.case_mw = case_mw  # flow before any request
        self.committed_mw = committed_mw  # and with those that have signed
        self.cutoff = cutoff
        self.left_at, self.dropped_at = np.zeros(len(factor)), np.zeros(len(factor))  # signed; unsigned, not weighed
        self.start_pass()

    def start_pass(self) -> None:
        """No request of the queue has been met; what was cancelled in construction last month is still to be missed."""
        self.ahead_at = np.zeros(len(self.factor))
        self.ahead_mw, self.left_mw, self.dropped_mw = (np.zeros_like(self.limit_mw) for _ in range(3))

    def end_pass(self) -> None:
        """Everybody has missed who left."""
        self.left_at[:] = self.dropped_at[:] = 0.0

    def gather(self) -> None:
        """MW at buses become flows."""
        pairs = (self.ahead_at, self.ahead_mw), (self.left_at, self.left_mw), (self.dropped_at, self.dropped_mw)
        for at, flow in pairs:
            for b in np.flatnonzero(at):
                flow += self.factor[b] * at[b]
        self.ahead_at[:] = self.left_at[:] = self.dropped_at[:] = 0.0

    def load(self, bus: int, mw: float) -> None:
        """A signed load comes, or goes."""
        self.committed_mw += self.factor[bus] * mw

    def overload(self, before_mw, added_mw):
        """MW beyond the limit because of what is added; what was beyond it before does not count."""
        return np.maximum(0.0, np.abs(before_mw + added_mw) - np.maximum(self.limit_mw, np.abs(before_mw)))

    def shortage(self, bus: int, mw: float, weight: float, with_left: bool) -> float:
        """MW that a load more at a bus lacks, of all lines that it concerns."""
        self.gather()
        missed = 1.0 if with_left else 0.0
        before = self.committed_mw + weight * (self.ahead_mw + missed * self.dropped_mw) + missed * self.left_mw
        concerned = np.abs(self.factor[bus]) >= self.cutoff
        return added(self.overload(before, self.factor[bus] * mw)[concerned].tolist())

    def reinforce(self, bus: int, mw: float, weight: float) -> None:
        """Who pays for lines raises the limits of those that it concerns, by the overload that it adds to what a study counts."""
        self.gather()
        before = self.committed_mw + weight * self.ahead_mw
        concerned = np.abs(self.factor[bus]) >= self.cutoff
        self.limit_mw[concerned] += self.overload(before, self.factor[bus] * mw)[concerned]

    def check(self, queue, left, dropped, contracted) -> None:
        """The running sums against the same flows from lists of (bus, MW)."""
        self.gather()
        for running, case, those in (
            (self.ahead_mw, 0.0, queue),
            (self.left_mw, 0.0, left),
            (self.dropped_mw, 0.0, dropped),
            (self.committed_mw, self.case_mw, contracted),
        ):
            flow = np.zeros_like(self.limit_mw) + case
            if those:
                buses, mw = zip(*those, strict=True)
                flow = flow + np.array(mw) @ self.factor[list(buses)]
            np.testing.assert_allclose(running, flow, rtol=1e-9, atol=1e-6)
