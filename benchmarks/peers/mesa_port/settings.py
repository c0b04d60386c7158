"""What the port reads of a scenario, through gridsim's own reader, and what of a scenario it does not cover.

Covered is the power layer as `configs/baseline.yaml` uses it. Left out are network cases, tariffs that change or that use the
rarer terms, strategies that the baseline does not use, and the compute side. The compute side bears on power by one number
for each agent, need as the agent works over need at benchmark efficiency; without the waste of M7 and M11 to M14, which the
baseline has off, that is exactly 1. So need is drawn here as gridsim draws it, and GPUs are left out.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

from gridsim.config.scenario import Scenario
from gridsim.config.tariff import TERMS
from gridsim.config.tariff import Terms as DeclaredTerms
from gridsim.engine.columns import PLAN_MONTHS
from gridsim.engine.prepare import prepare

from .terms import Terms

WASTE = (
    "m07_fake_utilisation",
    "m11_token_leaderboard",
    "m12_orphaned_agents",
    "m13_low_mfu",
    "m14_tokens_per_query",
)
STRATEGIES = {"labs": "heuristic", "hyperscalers": "heuristic", "developers": "option_value"}
IRRELEVANT = ("confirm_within_months", "allocation")
"""Terms that matter only where tariffs change, or requests are collected in windows."""


class Settings(NamedTuple):
    """All that no seed changes."""

    scenario: Scenario
    rules: SimpleNamespace
    """Every number of the model, by gridsim's name for it."""
    terms: Terms
    applicants: list[tuple[str, str]]
    """Kind and name, in the order in which gridsim takes agents."""
    hears: list[list[int]]
    utilities: list[str]
    endowments: list[list[float]]
    """By utility: headroom, filed, studied, signed MW, committed and largest additions, attraction, slots; or NaN."""
    endowment_of_all: list[float]
    """The first six, and other load, of all utilities together."""
    growth_mw: list[float]
    """Growth of all need by month."""
    table_months: int
    """Months that plans of additions reach."""


def not_covered(scenario: Scenario) -> list[str]:
    """What a scenario uses that the port leaves out."""
    found = [name for name in WASTE if getattr(scenario.mechanisms, name)]
    if scenario.grid.network.case != "areas":
        found.append("grid.network.case")
    if len(scenario.tariffs) != 1 or any(getattr(scenario.policy, name) is not None for name in TERMS):
        found.append("tariffs or policies that change")
    declared = DeclaredTerms.model_fields
    rare = sorted(set(TERMS) - set(Terms._fields) - set(IRRELEVANT))
    found += [f"tariffs.{n}" for n in rare if any(getattr(x, n) != declared[n].default for x in scenario.tariffs)]
    used = {kind: getattr(scenario.strategies, kind) for kind in STRATEGIES}
    found += [f"strategies.{kind}" for kind, name in used.items() if name != STRATEGIES[kind]]
    return found


def read_settings(scenario: Scenario) -> Settings:
    """Read a scenario. Raises ValueError if it uses what the port does not cover."""
    missing = not_covered(scenario)
    if missing:
        raise ValueError(f"the port does not cover {', '.join(missing)}")
    prepared = prepare(scenario)
    params, people, ears = prepared.params, prepared.applicants, prepared.network
    kinds = ("lab", "hyperscaler", "developer")
    rules = SimpleNamespace(**{name: params[name].item() for name in params.dtype.names})
    record = prepared.tables.records[0]
    return Settings(
        scenario=scenario,
        rules=rules,
        terms=Terms(**{name: float(record[name]) for name in Terms._fields}),
        applicants=[(kinds[kind], name) for kind, name in zip(people.kinds, people.names, strict=True)],
        hears=[ears.heard[ears.first[i] : ears.first[i + 1]].tolist() for i in range(len(people.names))],
        utilities=prepared.utilities.names,
        endowments=prepared.drawn_from.areas.tolist(),
        endowment_of_all=prepared.drawn_from.totals.tolist(),
        growth_mw=prepared.drawn_from.growth_path_mw.tolist(),
        table_months=prepared.months + rules.horizon + PLAN_MONTHS,
    )
