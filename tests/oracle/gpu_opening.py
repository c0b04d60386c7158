"""The opening of the compute side a second time: everybody has what is needed, and contracts and teams are in place."""

from __future__ import annotations

import numpy as np

from gridsim.model import draws
from gridsim.model.elementary import exp, log, normal_quantile
from tests.oracle.agents import Applicant, added
from tests.oracle.fleets import Cloud, Contract, Fleet, Neocloud, Team
from tests.oracle.market import Market

MONTHLY_SHARE = 0.02  # bought a month before the start, over what is owned
CLOUD_SIGMA = 0.5


class Opening:
    """What the compute side of a market should begin with; MFU and waste are those of month 0."""

    def __init__(self, market: Market, neocloud_keys: list[int]) -> None:
        self.market, self.rules = market, market.rules
        owners = [a for a in market.applicants if a.kind != "developer"]
        rented = added(self.rent_of(a) for a in owners)
        stock = self.rules.cloud_slack * rented if neocloud_keys else 0.0
        self.fleets = [self.fleet(a, stock > 0.0) for a in owners]
        first = next((f for a, f in zip(owners, self.fleets, strict=True) if a.kind == "hyperscaler"), None)
        if first is not None:
            first.extra_gpus = self.rules.dark_gpus
            first.live_gpus += self.rules.dark_gpus
        delivered = added(f.owned_gpus for f in self.fleets) + (first.extra_gpus if first else 0.0) + stock
        usd = self.rules.rent_usd_per_hour
        self.cloud = Cloud(usd, demand=1.0, filled=1.0, free_gpus=0.0, delivered_gpus=delivered)
        luck = [exp(CLOUD_SIGMA * market.draw("normal", draws.NEOCLOUD, 0, key)) for key in neocloud_keys]
        owned = [size * (stock / added(luck)) for size in luck]
        self.neoclouds = [Neocloud(gpus, bought_gpus=MONTHLY_SHARE * gpus) for gpus in owned]

    def rent_of(self, a: Applicant) -> float:
        """GPUs that an agent rents on average."""
        ratio = self.rules.rent_lab if a.kind == "lab" else self.rules.rent_hyperscaler
        return a.initial_mw * self.rules.gpus_per_mw * ratio

    def fleet(self, a: Applicant, there_is_a_market: bool) -> Fleet:
        """One of them; before the first month nobody fears to get nothing by the month."""
        rules = self.rules
        own, rent = a.initial_mw * rules.gpus_per_mw, self.rent_of(a)
        need = (own + rent) / a.waste
        times = 0.0
        if there_is_a_market and rules.spot_premium > 0.0:
            times = max(0.0, 1.0 - rules.burstiness + rules.burstiness * log(1.0 + rules.spot_premium))
        reserved = rent * min(times, rules.cloud_slack)
        usd, term = reserved * rules.rent_usd_per_hour, rules.term_months
        fleet = Fleet(
            teams=self.teams(a, need * rules.research_share * rules.mfu_benchmark / a.mfu * rules.team_busy),
            contracts=[Contract(reserved / term, usd / term, end) for end in range(term)],
            owned_gpus=own,
            extra_gpus=0.0,
            bought_gpus=MONTHLY_SHARE * own,
            reserved_gpus=reserved,
            rent_usd_per_hour=usd,
            mean_rent_gpus=rent,
            need_gpus=need,
            fill_belief=rules.initial_fill,
            gpus=0.0,
            live_gpus=own,
            top_user=self.top_user(a),
            first_research=need * rules.research_share * rules.team_busy,
            planned_mw=self.market.planned_mw(a, -1),
        )
        self.market.waste_serving(fleet)
        return fleet

    def top_user(self, a: Applicant) -> float:
        """Tokens that the first of so many employees burns, over the mean: the highest of so many lognormal draws."""
        rules = self.rules
        highest = exp(log(self.market.draw("uniform", draws.TOP_USER, 0, a.key)) / rules.employees)
        z = normal_quantile(min(highest, 1.0 - 1e-15))
        return exp(rules.burn_sigma * z - 0.5 * rules.burn_sigma * rules.burn_sigma)

    def teams(self, a: Applicant, mean_gpus: float) -> list[Team]:
        """Sizes and characters; every team asks for its peak, and is known for its mean."""
        rules = self.rules
        luck = [draws.uniforms(rules.seed, draws.TEAM_TRAIT, k, np.uint64(a.key)) for k in range(rules.teams)]
        sizes = [exp(rules.team_sigma * normal_quantile(u)) for u, _ in luck]
        peaks = mean_gpus / (rules.on_share + (1.0 - rules.on_share) * rules.off_level)
        whole, made = added(sizes), []
        for k, (size, (_, character)) in enumerate(zip(sizes, luck, strict=True)):
            weight, at_peak = (
                size / whole,
                self.market.draw("uniform", draws.TEAM_BURST, -1 - k, a.key) < rules.on_share,
            )
            ask = weight * peaks
            made.append(Team(weight, character < rules.gaming_share, at_peak, ask, ask, weight * mean_gpus))
        return made
