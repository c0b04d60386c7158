"""A scenario: everything that fixes a run, by its top-level keys."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr, model_validator

from gridsim.config.actors import Actors
from gridsim.config.compute import Compute
from gridsim.config.demand import Beliefs, Demand
from gridsim.config.fields import Block, Month, Name, block, month_number, param
from gridsim.config.grid import Grid
from gridsim.config.strategies import Strategies, registered_digest, source_of
from gridsim.config.tariff import Policy, Tariff

WORK_MAX = 20_000_000  # agents x months of one run; a scenario above this is a slip, not a study


WASTE = ("m12_orphaned_agents", "m13_low_mfu", "m14_tokens_per_query")
"""Mechanisms by which the same useful work takes more than it need."""
STRUCTURAL = (
    "m03_restudies",
    "m06_unplugged_gpus",
    "m08_zero_sum_pool",
    "m09_inference_bottleneck",
    "m10_peak_throttling",
    "m15_free_users",
    *WASTE,
)
"""Mechanisms that are facts of the world, of its rules, or waste, no gaming: the honest twin has them as well."""
LAYERS = {
    "power": ("m01_speculation", "m02_duplicates", "m03_restudies", "m16_scarcity_narrative"),
    "GPUs": ("m04_defensive_hoarding", "m05_dark_gpu_release", "m06_unplugged_gpus", "m13_low_mfu"),
    "quota": ("m07_fake_utilisation", "m08_zero_sum_pool"),
    "tokens": (
        *("m09_inference_bottleneck", "m10_peak_throttling", "m11_token_leaderboard"),
        *("m12_orphaned_agents", "m14_tokens_per_query", "m15_free_users"),
    ),
}
"""The layer of the market in which each mechanism acts first."""


class Mechanisms(Block):
    """Mechanisms, each with its own switch. With all gaming off the run is its own honest twin."""

    m01_speculation: bool = Field(
        True,
        description="M1: requests beyond need: developers' positions, padding, over-reaction, own queue not fully counted",
    )
    m02_duplicates: bool = Field(True, description="M2: one project is filed in several areas")
    m03_restudies: bool = Field(
        True, description="M3: a withdrawal makes the utility restudy the later requests whose result it changes"
    )
    m04_defensive_hoarding: bool = Field(
        False,
        description="M4: GPUs are reserved against shortage, and orders inflated by the believed chance to be served",
    )
    m05_dark_gpu_release: bool = Field(
        False, description="M5: owners leave GPUs that they do not need dark, until a new generation or a high price"
    )
    m06_unplugged_gpus: bool = Field(
        True, description="M6: GPUs are ordered for planned power, and wait unplugged where it is late"
    )
    m07_fake_utilisation: bool = Field(False, description="M7: teams run useless jobs, and ask for more than they need")
    m08_zero_sum_pool: bool = Field(True, description="M8: one pool: users and launches take from research")
    m09_inference_bottleneck: bool = Field(
        False, description="M9: users on scarce, less efficient chips; research has no floor"
    )
    m10_peak_throttling: bool = Field(
        True, description="M10: users come at certain hours; a fleet is kept for the peak"
    )
    m11_token_leaderboard: bool = Field(False, description="M11: employees burn tokens for rank")
    m12_orphaned_agents: bool = Field(
        False, description="M12: agents are left running; some users move them to hardware of their own"
    )
    m13_low_mfu: bool = Field(
        False, description="M13: GPUs achieve less than the benchmark, so that the same work takes more of them"
    )
    m14_tokens_per_query: bool = Field(
        False, description="M14: reasoning and long contexts where chat and retrieval would have given the same answer"
    )
    m15_free_users: bool = Field(True, description="M15: users who pay nothing are served, and need compute")
    m16_scarcity_narrative: bool = Field(True, description="M16: statements exaggerate scarcity")


class Observed(Block):
    """A real series to draw beside the simulated ones."""

    area: Name = Field(description="utility whose area was observed")
    source: str = Field(min_length=1, max_length=500, description="where the numbers come from")
    months: list[Month] = Field(min_length=1, max_length=600, description="end of each observed period")
    total_mw: list[float] = Field(description="pipeline: every request not energised, signed ones included")
    signed_mw: list[float] = Field([], description="of which under a signed agreement")
    seeds: int = param(50, "runs", 2, 1000, "seeds of the simulated fan", "design")

    @model_validator(mode="after")
    def _one_value_a_month(self) -> Observed:
        for name, values in (("total_mw", self.total_mw), ("signed_mw", self.signed_mw or self.total_mw)):
            if len(values) != len(self.months):
                raise ValueError(f"{name} has {len(values)} values for {len(self.months)} months")
        if sorted(set(self.months)) != self.months:
            raise ValueError("months must rise")
        return self


class Contrast(Block):
    """Another world to show beside this one: the same scenario and seeds, but for a few values."""

    label: str = Field(
        min_length=1,
        max_length=60,
        description="what the other world is called, in words that may follow 'than': without duplicates",
    )
    changes: dict[str, Any] = Field(
        min_length=1,
        max_length=100,
        description="values of the other world by dotted path, as after --set: mechanisms.m02_duplicates: false; a file that "
        "extends another keeps its contrast, unless it sets contrast to null or gives changes of its own, which replace all",
    )
    seeds: int = param(20, "runs", 2, 1000, "seeds of both worlds, from 1", "design")


class Scenario(Block):
    """One run of gridsim but for its seed; load one with `gridsim.load`."""

    title: str = Field(min_length=1, max_length=200, description="one line: what the scenario is")
    description: str = Field("", max_length=5000, description="what it shows")
    start_month: Month = Field("2024-01", description="calendar month of month 0")
    horizon_months: int = param(120, "months", 1, 600, "months simulated", "design")
    seed: int = param(1, "1", 0, 2**63 - 1, "fixes every random draw", "design")
    grid: Grid = block(Grid, "areas, study desk, construction, expansion")
    actors: Actors = block(Actors, "who takes part")
    demand: Demand = block(Demand, "what is really needed")
    compute: Compute = block(Compute, "what a MW achieves")
    beliefs: Beliefs = block(Beliefs, "what agents see, and how they plan")
    tariffs: list[Tariff] = Field(
        default_factory=lambda: [Tariff()], min_length=1, max_length=100, description="terms of connection, with dates"
    )
    policy: Policy = block(Policy, "the regulator's rules over all tariffs")
    mechanisms: Mechanisms = block(Mechanisms, "what goes wrong, each with its own switch")
    strategies: Strategies = block(Strategies, "how agents choose their signals")
    observed: Observed | None = Field(None, description="real series to draw beside the simulated ones")
    contrast: Contrast | None = Field(None, description="another world to show beside this one")
    _folder: Path | None = PrivateAttr(None)

    @property
    def folder(self) -> Path | None:
        """Folder of the scenario's file, in which the files that it names are looked for; None for one made otherwise."""
        return self._folder

    def placed(self, folder: Path | None) -> Scenario:
        """The same scenario as if read from a folder."""
        out = self.model_copy()
        out._folder = folder
        return out

    @model_validator(mode="after")
    def _names_exist(self) -> Scenario:
        known = self.actors.utilities.roster("utility")
        for where, names in self._area_names():
            for name in names:
                if name not in known:
                    raise ValueError(
                        f"{where} names {name!r}, which is no utility of this scenario ({', '.join(known[:12])})"
                    )
        if not any(
            t.areas == "all" and month_number(t.from_month) <= month_number(self.start_month) for t in self.tariffs
        ):
            covered = {
                n for t in self.tariffs if month_number(t.from_month) <= month_number(self.start_month) for n in t.areas
            }
            missing = [n for n in known if n not in covered]
            if missing:
                raise ValueError(f"tariffs: no tariff is in force in {missing[0]!r} at {self.start_month}")
        agents = sum(
            len(group.roster("x"))
            for group in (self.actors.labs, self.actors.hyperscalers, self.actors.developers, self.actors.utilities)
        )
        if agents * self.horizon_months > WORK_MAX:
            raise ValueError(f"{agents} agents over {self.horizon_months} months is more than one run may cost")
        return self

    def _area_names(self) -> list[tuple[str, list[str]]]:
        named: list[tuple[str, list[str]]] = [("grid.areas", list(self.grid.areas))]
        named += [(f"tariffs.{i}.areas", t.areas) for i, t in enumerate(self.tariffs) if t.areas != "all"]
        if self.policy.areas != "all":
            named.append(("policy.areas", self.policy.areas))
        if self.observed is not None:
            named.append(("observed.area", [self.observed.area]))
        return named

    def twin(self) -> Scenario:
        """The honest twin: the same scenario with every gaming mechanism off."""
        off = {name: False for name in Mechanisms.model_fields if name not in STRUCTURAL}
        return self.model_copy(update={"mechanisms": self.mechanisms.model_copy(update=off)})

    def digest(self) -> str:
        """A short name for what the scenario says: equal for equal content, whatever file it came from.

        A strategy of one's own is part of the content, not only its name or the name of its file.
        """
        content = self.model_dump(by_alias=True)
        if self.strategies.mine is not None:
            content["strategies"]["source"] = source_of(self.strategies.mine.partition(":")[0], self.folder)
        if names := self.strategies.registered():
            content["strategies"]["registered"] = {name: registered_digest(name) for name in names}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
