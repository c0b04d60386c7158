"""Every column of a result: its unit and its meaning. Written once, used by Parquet metadata, reports and `gridsim list`."""

from __future__ import annotations

from typing import NamedTuple


class Measure(NamedTuple):
    """Unit and meaning of a column."""

    unit: str
    meaning: str


SERIES: dict[str, Measure] = {
    "filed_mw": Measure("MW/month", "requests filed in the month, every copy"),
    "exited_mw": Measure("MW/month", "requests withdrawn or expired in the month"),
    "queued_mw": Measure("MW", "requests filed and not yet signed, every copy"),
    "queued_count": Measure("1", "number of those requests"),
    "signed_mw": Measure("MW", "agreements signed, not yet energised"),
    "energised_mw": Measure("MW", "contracted load in service, the load at the start included"),
    "stranded_mw": Measure("MW", "capacity added since the start that no contract uses"),
    "unused_mw": Measure("MW", "capacity in service that no contract uses"),
    "duplicate_mw": Measure("MW", "copies beyond the first of each project, before service"),
    "speculative_mw": Measure("MW", "requests that developers hold, before service"),
    "padding_mw": Measure("MW", "size asked for beyond the project's need, duplicates and speculation apart"),
    "study_backlog": Measure("1", "requests waiting for a study or in one"),
    "restudies": Measure("1/month", "studied requests sent back, because a withdrawal changed their result"),
    "time_to_power_p50": Measure("months", "median from filing to service, energised in the last 12 months"),
    "time_to_power_p95": Measure("months", "95th percentile from filing to service, energised in the last 12 months"),
    "power_claims": Measure("MW", "requests not in service, every copy, wanted by t + H"),
    "power_capacity": Measure("MW", "capacity not in use, and additions due by t + H"),
    "power_need": Measure("MW", "true need at t + H beyond what is in service"),
    "power_held": Measure("MW", "load in service, as due under the ramp"),
    "power_useful": Measure("MW", "of which needed now"),
    "power_apparent": Measure("1", "claims / capacity: the scarcity that everyone sees"),
    "power_real": Measure("1", "need / capacity: the scarcity that is"),
    "power_phantom_ratio": Measure("1", "claims / need"),
    "power_dark_share": Measure("1", "share of held MW that is not needed"),
    "unserved_need_mw": Measure("MW", "need now beyond what the load in service achieves"),
    "reported_need_mw": Measure("MW", "need now as labs and hyperscalers work: true need, with what they lose"),
    "mfu": Measure("1", "model FLOP utilisation of busy GPUs, mean by load in service"),
    "tokens_per_query": Measure("tokens", "computed for a query, mean over kinds of query"),
    "useful_token_ratio": Measure("1", "tokens that the cheapest kind of query would have taken / tokens computed"),
    "free_compute_share": Measure("1", "share of the compute that serves users which those take who pay nothing"),
    "copies_mean": Measure("1", "areas in which a project is filed, mean over labs and hyperscalers"),
    "approval_belief": Measure("1", "believed chance that one request is approved in time, mean"),
    "believed_wait": Measure("months", "believed time from filing to power, mean"),
    "stated_scarcity": Measure("1", "scarcity stated in public, mean over speakers"),
    "narrative_gap": Measure("1", "stated less real scarcity"),
    "forecast_mw": Measure("MW", "large load that utilities forecast: in service, signed, and queued as counted"),
    "cost_usd": Measure("USD/month", "cost of asking: fees, land, forfeits, unused minimum take, exit fees, upgrades"),
    "fees_usd": Measure("USD/month", "study fees"),
    "land_usd": Measure("USD/month", "cost of holding sites before service"),
    "forfeited_usd": Measure("USD/month", "deposits and collateral not returned"),
    "minimum_take_usd": Measure("USD/month", "billed demand beyond what is drawn"),
    "exit_fees_usd": Measure("USD/month", "exit fees"),
    "upgrades_usd": Measure("USD/month", "network upgrades paid at signature"),
    "deposits_held_usd": Measure("USD", "deposits and collateral that utilities hold"),
    "capacity_price": Measure("USD/MW-day", "price of capacity, mean over areas by other load"),
    "capacity_price_phantom": Measure("USD/MW-day", "of which because utilities forecast load that is not needed"),
    "capacity_cost_usd": Measure("USD/month", "what other customers pay for capacity"),
    "capacity_cost_phantom_usd": Measure("USD/month", "of which because utilities forecast load that is not needed"),
    "bill_residential": Measure("USD/MWh", "capacity in the bill of homes"),
    "bill_commercial": Measure("USD/MWh", "capacity in the bill of commerce"),
    "bill_industrial": Measure("USD/MWh", "capacity in the bill of industry"),
    "peak_load_mw": Measure("MW", "peak of the system: other load and large load in service"),
    "imbalance_mw": Measure("1", "MW filed and not accounted for, relative"),
    "imbalance_usd": Measure("1", "money not accounted for, relative"),
}

REQUESTS: dict[str, Measure] = {
    "applicant": Measure("", "who filed"),
    "kind": Measure("", "kind of that applicant: lab, hyperscaler, developer"),
    "holder": Measure("", "who holds it at the end: the buyer, where a position was sold"),
    "utility": Measure("", "utility asked"),
    "bus": Measure("", "bus of the network; the utility's area where there is none"),
    "project": Measure("", "project it serves: all copies share the number"),
    "choice": Measure("1", "0 for the area liked best, 1 for the next, ..."),
    "mw": Measure("MW", "size asked for"),
    "need_mw": Measure("MW", "size without padding"),
    "filed": Measure("month", "month filed; negative before the start"),
    "wanted": Measure("month", "month for which service was asked"),
    "studied": Measure("month", "month in which the study ended"),
    "signed": Measure("month", "month in which the agreement was signed"),
    "energised": Measure("month", "first month in service"),
    "left": Measure("month", "month of withdrawal or expiry"),
    "stage": Measure("", "stage at the end of the run"),
    "reason": Measure("", "why it left"),
    "restudies": Measure("1", "how often its study was repeated"),
    "upgrade_cost_usd": Measure("USD", "network upgrades assigned by the study"),
    "deposit_usd": Measure("USD", "deposits paid"),
}

AGENTS: dict[str, Measure] = {
    "need_mw": Measure("MW", "true need now"),
    "energised_mw": Measure("MW", "contracted load in service"),
    "held_mw": Measure("MW", "load in service, as due under the ramp"),
    "signed_mw": Measure("MW", "agreements signed, not yet energised"),
    "queued_mw": Measure("MW", "requests not yet signed, every copy"),
    "gap_mw": Measure("MW", "wanted less covered, as the agent sees it; negative is a surplus"),
    "ask_mw": Measure("MW/month", "MW of new projects decided this month"),
    "copies": Measure("1", "areas in which each new project is filed"),
    "approval_belief": Measure("1", "believed chance that one request is approved in time"),
    "believed_wait": Measure("months", "believed time from filing to power"),
    "scarcity": Measure("1", "perceived claims / capacity"),
    "statement": Measure("1", "scarcity that the agent states"),
    "cash_usd": Measure("USD", "money received less paid since the start"),
    "price_usd_per_mw_day": Measure("USD/MW-day", "utilities: price of capacity"),
    "installed_mw": Measure("MW", "utilities: capacity for large load in service"),
}
