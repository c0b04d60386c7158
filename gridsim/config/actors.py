"""Who takes part: labs and hyperscalers with a need, developers without one, utilities with areas."""

from __future__ import annotations

from pydantic import Field, model_validator

from gridsim.config.fields import Block, Name, block, param


class Trait(Block):
    """A trait drawn once per agent, uniform on mean +/- spread and cut to [0, 1]."""

    mean: float = param(0.5, "1", 0, 1, "centre of the distribution", "assumed")
    spread: float = param(0.2, "1", 0, 1, "half width of the distribution", "assumed")


class Named(Block):
    """A group of agents: numbered, or named one by one. A name keys the agent's random draws."""

    count: int = param(0, "agents", 0, 500, "number of agents", "assumed")
    names: list[Name] = Field([], max_length=500, description="names of the agents; when given, `count` is not used")

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Named:
        if len(set(self.names)) != len(self.names):
            raise ValueError("names must be distinct")
        return self

    def roster(self, stem: str) -> list[str]:
        """The agents' names: those given, or `stem-01`, `stem-02`, ... up to `count`."""
        return list(self.names) or [f"{stem}-{i + 1:02d}" for i in range(self.count)]


class LoadActors(Named):
    """Labs or hyperscalers: they have a true need for power and file requests to meet it."""

    count: int = param(18, "agents", 0, 500, "number of agents", "assumed")
    initial_need_share: float = param(0.5, "weight", 0, 1e6, "this kind's weight in the need at the start", "assumed")
    growth_share: float = param(0.5, "weight", 0, 1e6, "this kind's weight in the growth of need", "assumed")
    size_sigma: float = param(0.6, "1", 0, 3, "sigma of the lognormal spread of need between agents", "assumed")
    margin: float = param(
        0.1, "1", 0, 2, "reserve over the forecast that every planner keeps, honest or not", "assumed"
    )
    fear: Trait = Field(
        Trait(mean=0.7, spread=0.3),
        description="where between one copy and the profitable number of copies the agent files",
    )
    supply_line_weight: Trait = Field(
        Trait(mean=0.85, spread=0.15),
        description="share of its own pending requests that the agent counts (Sterman 1989: people count 0.34)",
    )
    overreacting_share: float = param(
        0.22, "share", 0, 1, "agents whose desired stock rises with the believed wait", "Sterman & Dogan 2015"
    )
    overreaction: float = param(
        1.0, "1", 0, 3, "h of S* = S0 (1 + h max(0, wait/reference - 1)) for those agents", "assumed"
    )
    exposure: Trait = Field(
        Trait(mean=0.5, spread=0.5), description="how much the agent gains when others believe in scarcity"
    )


class Labs(LoadActors):
    """AI labs."""


class Hyperscalers(LoadActors):
    """Hyperscalers: fewer and larger than labs."""

    count: int = param(6, "agents", 0, 500, "number of agents", "assumed")


class Developers(Named):
    """Land developers: no need of their own; they file to sell an approved position."""

    count: int = param(12, "agents", 0, 500, "number of agents", "assumed")
    entry_rate: float = param(
        1.6, "filings/month", 0, 20, "filings a month and developer per unit of expected return on cost", "assumed"
    )
    filings_max_per_month: int = param(
        3, "filings", 0, 20, "most positions a developer can prepare in a month", "assumed"
    )
    positions_max: int = param(40, "requests", 0, 10000, "most open positions a developer's cash allows", "assumed")
    resale_share: float = param(
        0.8, "share", 0, 1, "share of the buyer's value of on-time power that a position sells for", "assumed"
    )
    exposure: Trait = Field(
        Trait(mean=0.8, spread=0.2), description="how much the agent gains when others believe in scarcity"
    )


class Neoclouds(Named):
    """Neoclouds: they buy GPUs, on sites with power of their own, and rent them out."""

    count: int = param(10, "agents", 0, 200, "number of neoclouds; without any, no GPU is rented", "assumed")


class CountingRules(Block):
    """Shares of utilities by how their load forecast counts queued requests."""

    full: float = param(0.46, "weight", 0, 1e6, "count every queued MW in full", "EPRI survey; Grid Strategies 2025")
    derated: float = param(
        0.31, "weight", 0, 1e6, "count queued MW times `derate`", "EPRI survey; Grid Strategies 2025"
    )
    none: float = param(0.23, "weight", 0, 1e6, "count signed MW only", "EPRI survey; Grid Strategies 2025")

    @model_validator(mode="after")
    def _somebody_counts_somehow(self) -> CountingRules:
        if self.full + self.derated + self.none <= 0:
            raise ValueError("at least one weight must be above 0")
        return self


class Utilities(Named):
    """Utilities, one area each: they study requests, sign agreements and expand the grid."""

    count: int = param(12, "agents", 1, 200, "number of utilities", "assumed")
    studies_in_parallel: int = param(
        4, "studies", 1, 10000, "studies that a utility's staff can hold at once", "assumed"
    )
    counting_rules: CountingRules = block(CountingRules, "how load forecasts count the queue")
    derate: float = param(
        0.15,
        "share",
        0,
        1,
        "share of queued MW that a derating utility counts",
        "Georgia Power conversion of resolved MW; PSEG 0.1 to 0.2",
    )
    size_sigma: float = param(0.4, "1", 0, 3, "sigma of the lognormal spread of headroom between areas", "assumed")


class Actors(Block):
    """All agents of the scenario."""

    labs: Labs = block(Labs, "AI labs")
    hyperscalers: Hyperscalers = block(Hyperscalers, "hyperscalers")
    neoclouds: Neoclouds = block(Neoclouds, "neoclouds")
    developers: Developers = block(Developers, "land developers")
    utilities: Utilities = block(Utilities, "utilities")

    @model_validator(mode="after")
    def _somebody_has_a_need(self) -> Actors:
        if not self.labs.roster("lab") and not self.hyperscalers.roster("hyperscaler"):
            raise ValueError("at least one lab or hyperscaler is needed")
        names = [
            *self.labs.roster("lab"),
            *self.hyperscalers.roster("hyperscaler"),
            *self.neoclouds.roster("neocloud"),
            *self.developers.roster("developer"),
            *self.utilities.roster("utility"),
        ]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"two agents share the name {twice[0]!r}")
        if sum(k.initial_need_share for k, on in self._with_need() if on) <= 0:
            raise ValueError("the initial_need_share of the agents present must add up to more than 0")
        if sum(k.growth_share for k, on in self._with_need() if on) <= 0:
            raise ValueError("the growth_share of the agents present must add up to more than 0")
        return self

    def _with_need(self) -> list[tuple[LoadActors, bool]]:
        return [
            (self.labs, bool(self.labs.roster("lab"))),
            (self.hyperscalers, bool(self.hyperscalers.roster("hyperscaler"))),
        ]
