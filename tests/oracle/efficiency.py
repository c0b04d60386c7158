"""Efficiency a second time: what arithmetic and dear queries add to the power that the same useful work takes."""

from __future__ import annotations

from gridsim.model import draws
from gridsim.model.elementary import log
from tests.oracle.world import World


class Efficiency(World):
    """At the beginning of every month."""

    def work(self, t: int, tokens: float, useful_tokens: float) -> None:
        """MFU and waste of labs and hyperscalers; a query takes `tokens`, and would do with `useful_tokens`."""
        rules = self.rules
        dear = tokens / useful_tokens if rules.dear_queries else 1.0
        for a in self.applicants:
            if a.kind == "developer":
                continue
            a.mfu = self.mfu(a, t) if rules.low_mfu else rules.mfu_benchmark
            a.waste = rules.mfu_benchmark / a.mfu * (1.0 + rules.serving_share * (dear - 1.0))

    def mfu(self, a, t: int) -> float:
        """Drawn at first; then a share of the gap is closed to what a job of that size can reach."""
        rules = self.rules
        if t == 0:
            luck = 2.0 * self.draw("uniform", draws.TRAIT_MFU, 0, a.key) - 1.0
            return max(0.01, rules.mfu_initial + rules.mfu_spread * luck)
        job = max(rules.job_gpus_per_mw * a.held_mw, 1.0)
        doublings = max(0.0, log(job / 8192.0) / 0.6931471805599453)
        reachable = max(0.01, rules.mfu_small_job - rules.mfu_loss_per_doubling * doublings)
        return a.mfu + rules.mfu_learning * (reachable - a.mfu)
