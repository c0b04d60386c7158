"""Random scenarios for property tests: any parameter at any value that the schema allows, its limits above all.

Which parameters there are, and their limits, is read from the schema, so that a new one is tested as soon as it exists.
"""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel

from gridsim.config.errors import ScenarioError
from gridsim.config.reader import load_text
from gridsim.config.scenario import Mechanisms, Scenario
from gridsim.config.tariff import Policy, Tariff

ELSEWHERE = ("actors.labs.count", "actors.hyperscalers.count", "actors.developers.count", "actors.utilities.count")
ELSEWHERE += ("horizon_months", "seed", "observed")
"""Drawn on their own, or without influence on a run."""
SMALLER = {"grid.pipeline.filed_mw": 5000.0, "grid.pipeline.studied_mw": 3000.0, "grid.pipeline.signed_mw": 3000.0}
"""Upper limits that keep a test quick."""
ORDERED = (
    ("grid.study.months_min", "grid.study.months_max"),
    ("grid.study.agreement_months_min", "grid.study.agreement_months_max"),
    ("grid.study.upgrade_months_min", "grid.study.upgrade_months_max"),
    ("grid.construction.months_min", "grid.construction.months_max"),
)
"""Pairs of which the schema wants the first to be no more than the second."""
QUICK = {
    "grid.study.months_min": 1, "grid.study.months_max": 2, "grid.study.agreement_months_min": 0,
    "grid.study.agreement_months_max": 2, "grid.construction.months_min": 1, "grid.construction.months_max": 4,
    "grid.construction.slip_mean_months": 1.0, "demand.projects.size_median_mw": 100.0,
}  # fmt: skip
"""A market in which things happen soon ..."""
SCARCE = {
    "grid.headroom_gw": 0.3, "grid.expansion.committed_gw_per_year": 0.5,
    "grid.pipeline.filed_mw": 900.0, "grid.pipeline.studied_mw": 900.0, "grid.pipeline.signed_mw": 900.0,
}  # fmt: skip
"""... and one in which they wait for capacity."""
WEIGHTS = (
    "actors.labs.initial_need_share", "actors.labs.growth_share",
    "actors.hyperscalers.initial_need_share", "actors.hyperscalers.growth_share",
    "actors.utilities.counting_rules.full",
)  # fmt: skip
"""Weights that must not all be 0: these stay above it."""


def limits(model: type[BaseModel], prefix: str = "") -> dict[str, tuple[type, float, float]]:
    """Type, least and largest value of every number of a block, by dotted path."""
    found: dict[str, tuple[type, float, float]] = {}
    for name, field in model.model_fields.items():
        path, kind = f"{prefix}{field.alias or name}", field.annotation
        if path in ELSEWHERE:
            continue
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= limits(kind, f"{path}.")
            continue
        low = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
        high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
        if low is not None and high is not None:
            found[path] = (int if kind in (int, int | None) else float, low, high)
    return found


NUMBERS = {path: limit for path, limit in limits(Scenario).items() if not path.startswith("policy.")}
TERMS = limits(Tariff)
POLICY = limits(Policy)


def values(kind: type, low: float, high: float) -> st.SearchStrategy[float]:
    """A number within its limits: often a limit itself, else even or by orders of magnitude."""
    edges = st.sampled_from([kind(low), kind(high)])
    if kind is int:
        return st.one_of(edges, st.integers(int(low), int(high)))
    even = st.floats(low, high, allow_subnormal=False)
    if low < 0.0:
        return st.one_of(edges, even)
    bottom = math.log10(max(low, 1e-6 * high))
    spread = st.floats(bottom, math.log10(high)).map(lambda x: min(high, max(low, 10.0**x)))
    return st.one_of(edges, even, spread)


@st.composite
def some(draw: Any, table: dict[str, tuple[type, float, float]], most: int) -> dict[str, Any]:
    """Values for a few of the numbers of a table."""
    paths = draw(st.lists(st.sampled_from(sorted(table)), max_size=most, unique=True))
    chosen = {}
    for path in paths:
        kind, low, high = table[path]
        low = max(low, 1e-3) if path in WEIGHTS else low
        chosen[path] = draw(values(kind, low, min(high, SMALLER.get(path, high))))
    return chosen


@st.composite
def tariffs(draw: Any, areas: list[str]) -> list[dict[str, Any]]:
    """One tariff for all from the start, and perhaps a later one for some areas."""
    first = draw(some(TERMS, 6))
    if not draw(st.booleans()):
        return [first]
    where = draw(st.sampled_from(["all", areas[:1]]))
    return [first, {**draw(some(TERMS, 6)), "from": draw(st.sampled_from(["2024-02", "2025-01"])), "areas": where}]


@st.composite
def overrides(draw: Any, horizon: int = 36) -> dict[str, Any]:
    """Values by dotted path that turn the default scenario into a small and odd one."""
    chosen: dict[str, Any] = draw(some(NUMBERS, 10))
    for low, high in ORDERED:
        defaults = {path: _default(path) for path in (low, high)}
        a, b = sorted(chosen.get(path, defaults[path]) for path in (low, high))
        if low in chosen or high in chosen:
            chosen |= {low: a, high: b}  # both, so that neither meets another default
    for group, least, most in (("labs", 1, 4), ("hyperscalers", 0, 2), ("developers", 0, 3), ("utilities", 1, 4)):
        chosen[f"actors.{group}.count"] = draw(st.integers(least, most))
    areas = [f"utility-{i + 1:02d}" for i in range(chosen["actors.utilities.count"])]
    chosen["horizon_months"] = draw(st.one_of(st.just(horizon), st.integers(1, horizon)))
    chosen["tariffs"] = draw(tariffs(areas))
    policy = draw(some(POLICY, 3))
    chosen["policy"] = policy | {"from": draw(st.sampled_from(["1900-01", "2024-07"])), "areas": areas[-1:]}
    for name in Mechanisms.model_fields:
        chosen[f"mechanisms.{name}"] = draw(st.integers(0, 3)) > 0
    if draw(st.integers(0, 2)) == 0:
        chosen |= {"grid.network.case": "rts24", "grid.network.scale": draw(st.sampled_from([0.2, 2.0, 20.0]))}
    return draw(st.sampled_from([{}, QUICK, SCARCE, QUICK | SCARCE])) | chosen


def _default(path: str) -> Any:
    """The default of a dotted path."""
    here: Any = Scenario(title="default")
    for part in path.split("."):
        here = getattr(here, part)
    return here


def read(chosen: dict[str, Any]) -> Scenario | None:
    """The scenario, or None where its path of growth is refused; every other value drawn here must be accepted."""
    try:
        return load_text("title: random", overrides=chosen)
    except ScenarioError as error:
        if "growth path" not in str(error):
            raise
        return None


def scenarios(horizon: int = 36) -> st.SearchStrategy[Scenario]:
    """Small random scenarios."""
    return overrides(horizon).map(read).filter(lambda scenario: scenario is not None)
