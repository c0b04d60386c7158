"""Fleets a second time: what labs and hyperscalers need, and what they use it for, hour by hour and team by team.

The first half of a month but for plans. Fleets, teams, contracts and neoclouds are objects; developers have no fleet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gridsim.engine.terms import RULE_OF
from gridsim.model import draws
from gridsim.model.elementary import exp, log
from tests.oracle import rationing
from tests.oracle.agents import Applicant, added
from tests.oracle.efficiency import Efficiency

HOURS_A_WEEK = 168.0
SAFETY = 0.05  # by how much a gamer stays above the threshold
RULE_NAMES = {number: name for name, number in RULE_OF.items()}


@dataclass
class Contract:
    """GPUs rented for a term."""

    gpus: float
    usd_per_hour: float  # for all of them
    end: int  # the first month without them


@dataclass
class Team:
    """A team of a lab or hyperscaler."""

    weight: float
    gamer: bool
    at_peak: bool
    ask_gpus: float
    counted_gpus: float
    record: float
    quota_gpus: float = 0.0
    unmet: float = 0.0


@dataclass
class Neocloud:
    """One of those who rent out GPUs."""

    owned_gpus: float
    bought_gpus: float
    ordered_gpus: float = 0.0


@dataclass
class Cloud:
    """What everybody knows of the market for GPUs to rent, and what the vendor has delivered."""

    usd_per_hour: float
    demand: float
    filled: float
    free_gpus: float
    delivered_gpus: float
    traded_at_usd: float = 0.0  # the price of the month that ends


@dataclass
class Use:
    """What a fleet was used for in one month. Loads are GPUs at work, of a week GPU-hours."""

    asked: float = 0.0
    served: float = 0.0
    blocked: float = 0.0
    lost: float = 0.0
    lost_free: float = 0.0
    lost_paid: float = 0.0
    idle: float = 0.0
    short_hours: float = 0.0
    peak_load: float = 0.0  # with retries
    peak_useful: float = 0.0
    peak_capacity: float = 0.0
    peak_served: float = 0.0
    asks: list[float] = field(default_factory=list)  # of teams, one by one
    needs: list[float] = field(default_factory=list)
    quotas: list[float] = field(default_factory=list)
    useful_gpus: float = 0.0  # of research
    seen_gpus: float = 0.0
    unmet_gpus: float = 0.0


@dataclass
class Fleet:
    """The GPUs of a lab or hyperscaler, its own and rented, and what became of them."""

    teams: list[Team]
    contracts: list[Contract]
    owned_gpus: float
    extra_gpus: float
    bought_gpus: float
    reserved_gpus: float
    rent_usd_per_hour: float
    fill_belief: float
    gpus: float
    top_user: float
    first_research: float
    planned_mw: float
    shock: float = 1.0
    users: float = 1.0
    research_waste: float = 1.0
    serving_waste: float = 1.0
    in_cloud: float = 1.0
    orphans: float = 0.0
    local: float = 0.0
    progress: float = 0.0
    live_gpus: float = 0.0
    ordered_gpus: float = 0.0
    order_gpus: float = 0.0
    mean_rent_gpus: float = 0.0
    rent_gpus: float = 0.0
    uncovered_gpus: float = 0.0
    spot_gpus: float = 0.0
    surplus_gpus: float = 0.0
    offered_gpus: float = 0.0
    lent_gpus: float = 0.0
    need_gpus: float = 0.0
    serving_gpus: float = 0.0
    launch_gpus: float = 0.0
    research_gpus: float = 0.0
    throttled: float = 0.0
    borrowed_gpus: float = 0.0
    use: Use = field(default_factory=Use)

    @property
    def idle_reserved_gpus(self) -> float:
        """Under contract, and not needed this month."""
        return max(0.0, self.reserved_gpus - self.rent_gpus)


class Fleets(Efficiency):
    """Fleets at work."""

    neoclouds: list[Neocloud]
    day_hours: list[list[float]]  # load by hour over its mean, of a weekday and of a weekend day

    @property
    def fleets(self) -> list[Fleet]:
        """All fleets."""
        return [a.fleet for a in self.applicants if a.fleet is not None]

    def share(self, rule: int, asked: list[float], capacity: float, record: list[float]) -> list[float]:
        """Who gets what, by one of the rules."""
        name = RULE_NAMES[rule]
        column = {"past_use": record} if name == "turn_and_earn" else {}
        return getattr(rationing, name)(asked, capacity, **column)

    def use_fleets(self, t: int) -> None:
        """Everybody's month, one after the other: nobody looks at others."""
        for a in self.applicants:
            if a.fleet is None:
                continue
            a.fleet.use = Use()
            self.launch(a, a.fleet, t)
            users = self.split(a, a.fleet)
            self.serve_users(a, a.fleet, users)
            self.serve_peak(a, a.fleet, users)
            self.run_teams(a, a.fleet, t)
            self.research(a, a.fleet, a.fleet.use.useful_gpus)

    def need_all(self, t: int) -> None:
        """What everybody needs this month."""
        for a in self.applicants:
            if a.fleet is not None:
                self.need_gpus(a, a.fleet, t)

    def need_gpus(self, a: Applicant, fleet: Fleet, t: int) -> None:
        """What is needed, how much of it is rented when one's own suffice or do not, and what one could spare."""
        rules, demand = self.rules, self.cloud.demand
        ratio = rules.rent_lab if a.kind == "lab" else rules.rent_hyperscaler
        exponential = -log(self.draw("uniform", draws.RENT, t, a.key))
        burst = 1.0 - rules.burstiness + rules.burstiness * exponential
        own = a.need_mw * rules.gpus_per_mw
        fleet.need_gpus = own * (1.0 + ratio * burst)
        rent, lacking = own * a.waste * ratio * demand, own * a.waste - fleet.live_gpus
        if lacking > 0.0:
            spilled = rules.spill * lacking * demand
            fleet.mean_rent_gpus, fleet.rent_gpus, fleet.surplus_gpus = rent + spilled, rent * burst + spilled, 0.0
        else:
            fleet.mean_rent_gpus = max(0.0, rent + lacking)
            fleet.rent_gpus = max(0.0, rent * burst + lacking)
            fleet.surplus_gpus = max(0.0, -lacking - rent * burst)

    def launch(self, a: Applicant, fleet: Fleet, t: int) -> None:
        """The load of launches fades, and sometimes there is another one."""
        rules = self.rules
        if rules.launch_hazard == 0.0:
            return
        fleet.shock *= rules.launch_decay
        if self.draw("uniform", draws.LAUNCH, t, a.key) < rules.launch_hazard:
            fleet.shock += (1.0 - rules.launch_decay) / rules.launch_hazard

    def split(self, a: Applicant, fleet: Fleet) -> float:
        """Users and launches, then research; returns what users would need for their busiest hour."""
        rules, lost = self.rules, self.rules.mfu_benchmark / a.mfu
        users = fleet.need_gpus * rules.serving_share * lost * fleet.serving_waste * fleet.users
        launch = fleet.need_gpus * rules.launch_share * lost * fleet.shock
        research = fleet.need_gpus * rules.research_share * lost * fleet.research_waste
        if rules.zero_sum:  # as they need, but for the floor of research
            taken = min(users + launch, fleet.gpus * (1.0 - rules.research_floor))
        elif users + launch + research > fleet.gpus:  # everybody in proportion
            taken = (users + launch) * (fleet.gpus / (users + launch + research))
        else:
            taken = users + launch
        fleet.launch_gpus = taken * launch / (users + launch) if launch > 0.0 else 0.0
        fleet.serving_gpus = max(0.0, taken - fleet.launch_gpus)
        fleet.research_gpus = max(0.0, fleet.gpus - taken)
        return users

    def serve_users(self, a: Applicant, fleet: Fleet, users: float) -> None:
        """Five weekdays and two days of the weekend; who finds no place is put off by a multiplier or blocked.

        Of what an hour loses, users who do not pay lose theirs first. Some of those who find no place leave.
        """
        rules, use = self.rules, fleet.use
        capacity = fleet.serving_gpus * rules.target_utilisation
        mean = users * rules.target_utilisation / rules.peak
        days_of_hours = zip((5.0, 2.0), self.day_hours, strict=True)
        if mean * rules.busiest_hour <= capacity:  # all find a place at any hour
            use.asked = use.served = mean * HOURS_A_WEEK
            use.idle = (capacity - mean) * HOURS_A_WEEK
            days_of_hours = ()
        for days, hours in days_of_hours:
            for over_mean in hours:
                load = mean * over_mean
                stays, served = self.serve_hour(load, capacity)
                use.asked += days * load
                use.served += days * served
                use.blocked += days * (stays - served)
                use.idle += days * (capacity - served)
                free = rules.free_share * load
                use.lost_free += days * min(free, load - served)
                use.lost_paid += days * max(0.0, load - served - free)
                use.short_hours += days if load > capacity else 0.0
        use.lost = use.asked - use.served
        fleet.throttled = use.lost / use.asked if use.asked > 0.0 else 0.0
        fleet.borrowed_gpus = use.idle / rules.target_utilisation / HOURS_A_WEEK if rules.night_borrowing else 0.0
        back, leaving = rules.return_rate * (1.0 - fleet.users), rules.churn * fleet.throttled * fleet.users
        fleet.users += back - leaving

    def serve_hour(self, load: float, capacity: float) -> tuple[float, float]:
        """What still asks at the multiplier, which rises no further than it must, and what is served."""
        if load <= capacity:
            return load, load
        return max(capacity, load * (1.0 - self.rules.deterred_share)), capacity

    def serve_peak(self, a: Applicant, fleet: Fleet, users: float) -> None:
        """The busiest hour of a weekday, in GPUs that work at the benchmark."""
        rules, use, speed = self.rules, fleet.use, a.mfu / self.rules.mfu_benchmark
        capacity = fleet.serving_gpus * rules.target_utilisation
        load = users * rules.target_utilisation / rules.peak * rules.busiest_hour
        stays, served = self.serve_hour(load, capacity)
        use.peak_load = (load + rules.retries * (stays - served)) * speed
        use.peak_capacity, use.peak_served = capacity * speed, served * speed
        need = fleet.need_gpus * rules.serving_share  # without any waste, and before anybody left
        use.peak_useful = need * rules.target_utilisation / rules.peak * rules.busiest_hour * fleet.in_cloud

    def run_teams(self, a: Applicant, fleet: Fleet, t: int) -> None:
        """Quotas, use and reports of the month, and what teams ask for next time."""
        rules, use, teams = self.rules, fleet.use, fleet.teams
        luck = np.uint64(self.draw("word", draws.TEAM_BURST, t, a.key))
        mean = fleet.need_gpus * rules.research_share * rules.mfu_benchmark / a.mfu * rules.team_busy
        peaks = mean / (rules.on_share + (1.0 - rules.on_share) * rules.off_level)  # were all at their peak
        asked, record = [team.counted_gpus for team in teams], [team.record for team in teams]
        use.asks = [team.ask_gpus for team in teams]
        use.quotas = self.share(rules.quota_rule, asked, fleet.research_gpus + fleet.borrowed_gpus, record)
        useful, seen = [], []
        for k, (team, quota) in enumerate(zip(teams, use.quotas, strict=True)):
            chance = rules.on_share * (1.0 - rules.burst_memory) + (rules.burst_memory if team.at_peak else 0.0)
            team.at_peak = draws.pair_uniform(luck, np.uint64(k + 1)) < chance
            peak = peaks * team.weight
            need = peak if team.at_peak else peak * rules.off_level
            used, reported = self.use_quota(team, need, quota)
            self.ask_again(team, peak, need, reported)
            use.needs.append(need)
            useful.append(used)
            seen.append(reported)
        idle = added(quota - used for quota, used in zip(use.quotas, useful, strict=True))
        lacking = added(need - used for need, used in zip(use.needs, useful, strict=True))
        lent, used, reported = min(idle, lacking) if rules.lending else 0.0, added(useful), added(seen)
        use.useful_gpus, use.unmet_gpus = used + lent, lacking - lent
        use.seen_gpus = max(reported, use.useful_gpus)  # useless jobs make room
        believed = rules.trust * min(1.0, (reported - used) / used) if rules.fake_use and used > 0.0 else 0.0
        fleet.research_waste = 1.0 + believed

    def use_quota(self, team: Team, need: float, quota: float) -> tuple[float, float]:
        """GPUs that do useful work, and that seem to: a gamer whom it pays fills up its quota to just above the threshold."""
        rules = self.rules
        team.quota_gpus, used = quota, min(need, quota)
        team.unmet = (need - used) / need if need > 0.0 else 0.0
        if rules.fake_use and rules.pays_to_pad and team.gamer:
            return used, max(used, quota * min(1.0, rules.threshold + SAFETY))
        return used, used

    def ask_again(self, team: Team, peak: float, need: float, counted: float) -> None:
        """For a peak, or more after a shortage; a price takes part of the reserve. Unused quota counts against it."""
        rules = self.rules
        reserve = peak * (1.0 + rules.ask_hoarding * team.unmet) - need
        team.ask_gpus = need + max(0.0, reserve) * rules.reserve_asked
        team.counted_gpus = team.ask_gpus
        if rules.threshold > 0.0 and counted < rules.threshold * team.quota_gpus:
            team.counted_gpus = min(team.ask_gpus, counted / rules.threshold)
        team.record += rules.use_memory * (counted - team.record)

    def research(self, a: Applicant, fleet: Fleet, used_gpus: float) -> None:
        """Research moves on by a power of its useful compute over that of the start."""
        useful = used_gpus * a.mfu / self.rules.mfu_benchmark
        if useful > 0.0 and fleet.first_research > 0.0:
            fleet.progress += exp(self.rules.progress_exponent * log(useful / fleet.first_research))
