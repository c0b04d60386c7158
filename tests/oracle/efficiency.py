"""Efficiency a second time: what is lost of the power that useful work takes, to arithmetic, dear queries, burned tokens,
forgotten agents and useless jobs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.model import draws
from gridsim.model.elementary import log
from tests.oracle.world import World

if TYPE_CHECKING:
    from tests.oracle.fleets import Fleet

HOURS_A_MONTH = 730.0


class Efficiency(World):
    """At the beginning of every month."""

    def work(self, t: int, tokens: float, useful_tokens: float) -> None:
        """MFU and waste of labs and hyperscalers; a query takes `tokens`, and would do with `useful_tokens`."""
        rules = self.rules
        self.tokens_per_query = tokens if rules.dear_queries else useful_tokens
        self.useful_tokens = useful_tokens
        for a in self.applicants:
            if a.fleet is None:
                continue
            a.mfu = self.mfu(a, t) if rules.low_mfu else rules.mfu_benchmark
            if rules.orphaned and t > 0:
                self.leave_running(a.fleet)
            self.waste_serving(a.fleet)
            serving = rules.serving_share * (a.fleet.serving_waste - 1.0)
            research = rules.research_share * (a.fleet.research_waste - 1.0)
            a.waste = rules.mfu_benchmark / a.mfu * (1.0 + serving + research)

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

    def leave_running(self, fleet: Fleet) -> None:
        """Some forgotten agents are stopped, others forgotten; where hardware pays back in time some agents move to it."""
        rules = self.rules
        fleet.orphans = fleet.orphans * rules.orphans_kept + rules.orphans_made
        saved_usd = self.cloud.usd_per_hour * HOURS_A_MONTH * rules.gpus_per_agent  # a month
        if saved_usd * rules.local_horizon > rules.local_usd:
            moving = rules.local_rate * (1.0 - rules.local_usd / saved_usd / rules.local_horizon)
            fleet.local += moving * (1.0 - fleet.local)

    def waste_serving(self, fleet: Fleet) -> None:
        """Load over the useful load of employees, agents and everybody else, and how much of the latter is in the cloud."""
        rules = self.rules
        dear = self.tokens_per_query / self.useful_tokens  # 1 where nobody asks dear queries
        burned = rules.employee_share * rules.burn if rules.leaderboards else 0.0
        for_an_agent = (1.0 - fleet.local) * (1.0 + fleet.orphans * rules.idle_draw)  # one at work, and its orphans
        fleet.serving_waste = dear * (1.0 + burned + rules.agent_share * (for_an_agent - 1.0))
        fleet.in_cloud = 1.0 - rules.agent_share * fleet.local
