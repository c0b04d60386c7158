"""The measures of compute, quota and tokens a second time, from the objects at the end of a month."""

from __future__ import annotations

from tests.oracle.agents import added
from tests.oracle.fleets import HOURS_A_WEEK
from tests.oracle.gpu_market import GpuMarket


def over(above: float, below: float) -> float:
    """A ratio; NaN of nothing."""
    return above / below if below > 0.0 else float("nan")


class GpuMeasures(GpuMarket):
    """One group of columns after the other."""

    def measure_fleets(self) -> None:
        """All of them."""
        self.measure_gpus()
        self.measure_research()
        self.measure_service()
        for layer in ("compute", "quota", "tokens"):
            claims, capacity, need, held, useful = (
                self.measures[f"{layer}_{name}"] for name in ("claims", "capacity", "need", "held", "useful")
            )
            self.measures |= {
                f"{layer}_apparent": over(claims, capacity),
                f"{layer}_real": over(need, capacity),
                f"{layer}_phantom_ratio": over(claims, need),
                f"{layer}_dark_share": over(held - useful, held),
            }

    def measure_gpus(self) -> None:
        """Who holds GPUs, who lacks some, which idle."""
        rules, fleets, cloud = self.rules, self.fleets, self.cloud
        stock = added(neocloud.owned_gpus for neocloud in self.neoclouds)
        held = [f.live_gpus + f.reserved_gpus + f.spot_gpus - f.lent_gpus for f in fleets]
        unfilled = [f.ordered_gpus + max(f.order_gpus, f.uncovered_gpus - f.spot_gpus) for f in fleets]
        short = added(f.uncovered_gpus - f.spot_gpus for f in fleets)
        dark = added(f.surplus_gpus - f.offered_gpus for f in fleets)
        idle = added(f.idle_reserved_gpus for f in fleets)
        kept = dark + idle - (idle if rules.subletting else 0.0)
        self.measures |= {
            "compute_held": added(held),
            "compute_claims": added(held) + added(unfilled),
            "compute_need": added(f.need_gpus for f in fleets),
            "compute_useful": added(min(f.need_gpus, gpus) for f, gpus in zip(fleets, held, strict=True)),
            "compute_capacity": added(f.live_gpus for f in fleets) + stock,
            "installed_gpu": added(f.live_gpus for f in fleets) + stock,
            "unplugged_gpu": added(f.owned_gpus + f.extra_gpus - f.live_gpus for f in fleets),
            "reserved_gpu": added(f.reserved_gpus for f in fleets),
            "short_gpu": short,
            "dark_gpu": dark,
            "idle_held_gpu": kept,
            "foreclosed_gpu": min(short, kept),
            "hhi_compute": over(added(gpus * gpus for gpus in held), added(held) * added(held)),
            "price_usd_gpu_h": cloud.traded_at_usd,
            "spot_fill": cloud.filled,
            "stated_gpu_scarcity": self.stated_scarcity(),
        }

    def stated_scarcity(self) -> float:
        """What labs and hyperscalers say: one over the share that they believe to get, and more where it serves them."""
        rules = self.rules
        owners = [a for a in self.applicants if a.fleet is not None]
        bias = [rules.statement_bias * a.exposure if rules.narrative else 0.0 for a in owners]
        seen = [1.0 / max(a.fleet.fill_belief, 0.01) for a in owners]
        return over(added(x + y for x, y in zip(seen, bias, strict=True)), len(owners))

    def measure_research(self) -> None:
        """Quotas and what came of them."""
        fleets = self.fleets
        uses = [f.use for f in fleets]
        quotas, useful = added(x for use in uses for x in use.quotas), added(use.useful_gpus for use in uses)
        research = added(f.research_gpus for f in fleets)
        everything = added(f.serving_gpus + f.launch_gpus + f.research_gpus for f in fleets)
        self.measures |= {
            "quota_claims": added(x for use in uses for x in use.asks),
            "quota_capacity": added(f.research_gpus + f.borrowed_gpus for f in fleets),
            "quota_need": added(x for use in uses for x in use.needs),
            "quota_held": quotas,
            "quota_useful": useful,
            "quota_unmet_gpu": added(use.unmet_gpus for use in uses),
            "reported_utilisation": over(added(use.seen_gpus for use in uses), quotas),
            "useful_utilisation": over(useful, quotas),
            "research_share": over(research, everything),
            "research_progress": over(added(f.progress for f in fleets), len(fleets)),
        }

    def measure_service(self) -> None:
        """Users: what they asked for, and what they got."""
        rules = self.rules
        owners = [a for a in self.applicants if a.fleet is not None]
        fleets, uses = self.fleets, self.fleet_uses()
        work = {name: added(getattr(use, name) * mfu for use, mfu in uses) for name in ("asked", "served", "blocked")}
        free, paid = rules.free_share * work["asked"], (1.0 - rules.free_share) * work["asked"]
        a_second = rules.tokens_per_second / rules.mfu_benchmark / HOURS_A_WEEK
        serving = added(f.serving_gpus for f in fleets)
        peak = {
            name: added(getattr(f.use, name) for f in fleets) * rules.tokens_per_second
            for name in ("peak_load", "peak_useful", "peak_capacity", "peak_served")
        }
        useful = added(f.use.peak_served * f.in_cloud / f.serving_waste for f in fleets)
        need = added(f.need_gpus for f in fleets)
        self.measures |= {
            "tokens_claims": peak["peak_load"],
            "tokens_need": peak["peak_useful"],
            "tokens_capacity": peak["peak_capacity"],
            "tokens_held": peak["peak_served"],
            "tokens_useful": useful * rules.tokens_per_second,
            **{f"tokens_{name}": work[name] * a_second for name in work},
            "throttled_share_free": over(added(use.lost_free * mfu for use, mfu in uses), free),
            "throttled_share_paid": over(added(use.lost_paid * mfu for use, mfu in uses), paid),
            "scarcity_hours": over(added(f.use.short_hours * f.need_gpus for f in fleets), need),
            "serving_gpu": serving,
            "serving_utilisation": over(added(use.served / HOURS_A_WEEK for use, _ in uses), serving),
            "orphan_share": over(added(f.orphans / (1.0 + f.orphans) for f in fleets), len(owners)),
            "local_share": over(added(f.local for f in fleets), len(owners)),
            "top_user_ratio": over(added(f.top_user for f in fleets), len(owners)) if rules.leaderboards else 0.0,
            "free_compute_share": rules.free_share,
            "tokens_per_query": self.tokens_per_query,
            "useful_token_ratio": self.useful_tokens / self.tokens_per_query,
        }

    def fleet_uses(self):
        """Every fleet's use, and the MFU at which it worked."""
        return [(a.fleet.use, a.mfu) for a in self.applicants if a.fleet is not None]
