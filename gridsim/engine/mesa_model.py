"""The same engine as a Mesa model, a month at a time: `GridModel(scenario, rng=1).step()`.

Agents are views: an attribute reads its cell of the column and gives a plain Python number; nothing is copied. They
are made when `agents` is first touched, so that a run that looks at none pays for none. After n steps every column
holds what `simulate` has after n months, bit for bit.

    class Cautious(Lab):
        def decide(self):
            self.ask_mw = 0.5 * self.ask_mw

    model = GridModel("configs/baseline.yaml", rng=1, agent_types={"lab": Cautious})
    model.run_model()
    model.result.series

Written to what Mesa 3.3 (the last for Python 3.11), 3.5 and 4 have in common.
"""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from mesa import Agent, DataCollector, Model

from gridsim.config.reader import load
from gridsim.config.scenario import Scenario
from gridsim.engine.columns import open_state
from gridsim.engine.measures import SERIES
from gridsim.engine.prepare import Prepared, prepare
from gridsim.engine.result import Result
from gridsim.engine.seeds import checked_seed
from gridsim.engine.simulate import check_conservation, check_strategies, run_to_end, wanted_records, warm_up
from gridsim.model.group import columns
from gridsim.model.month import decide_month
from gridsim.model.state import Applicants, State, Utilities

SHARE, AMOUNT = (0.0, 1.0), (0.0, 1e12)
APPLICANTS_SET = {
    "ask_mw": AMOUNT,
    "copies": (1, 10**12),
    "fear": SHARE,
    "supply_line_weight": SHARE,
    "exposure": SHARE,
    "margin": AMOUNT,
    "overreaction": AMOUNT,
}
"""Decisions and traits that may be written to an applicant, with the least and greatest value of each."""
UTILITIES_SET = {"slots": (1, 10**12), "attraction": (0.01, 1e12), "build_limit_mw_per_year": AMOUNT}
"""The same of a utility."""

View = TypeVar("View", bound=type[Any])


class Column:
    """An agent's cell of a column, found through the model: its columns may move."""

    def __init__(self, group: str, name: str, allowed: tuple[float, float] | None) -> None:
        self.path = f"{group}.{name}"
        self.allowed = allowed

    def __get__(self, agent: Any, owner: type | None = None) -> Any:
        return self if agent is None else agent.model._cells[self.path][agent._row]

    def __set__(self, agent: Any, value: Any) -> None:
        if self.allowed is None:
            raise AttributeError(f"{self.path} is the engine's to write; write decisions (ask_mw, copies) or traits")
        low, high = self.allowed
        if not low <= value <= high:
            raise ValueError(f"{self.path}: found {value!r}, allowed are numbers from {low:g} to {high:g}")
        agent.model._cells[self.path][agent._row] = value


def views(name: str, group: Any, settable: Mapping[str, tuple[float, float]]) -> Callable[[View], View]:
    """Give a class an attribute for every column of a group."""

    def attach(owner: View) -> View:
        for column in columns(group).names or ():
            if column != "kind":  # its code; the attribute is the word
                setattr(owner, column, Column(name, column, settable.get(column)))
        return owner

    return attach


class GridAgent(Agent):  # type: ignore[misc, unused-ignore]
    """A view of one agent of the engine. The agents of a run are fixed: none comes, none goes."""

    kind = ""
    _roster = ""
    _account = 0

    def __init__(self, model: GridModel, row: int) -> None:
        """`row` is the agent's place in the columns."""
        super().__init__(model)
        self._row = row

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    @property
    def name(self) -> str:
        """The name that the scenario gives."""
        return str(getattr(self.model._prepared, self._roster).names[self._row])

    def remove(self) -> None:
        """Raise RuntimeError: the engine would go on without its view."""
        raise RuntimeError(f"{self.name} cannot leave the run; it can ask for nothing (ask_mw = 0)")


@views("applicants", Applicants, APPLICANTS_SET)
class Applicant(GridAgent):
    """A view of a lab, hyperscaler or developer: every column of `gridsim.model.state.Applicants` by name."""

    _roster = "applicants"

    def decide(self) -> None:
        """Override to take this agent's decision in Python: set `ask_mw` and `copies`.

        Called once a month, in the scenario's order, after every agent's built-in decision has been written; the agent
        then holds its own, so that doing nothing keeps it. Not called unless overridden.
        """

    @property
    def need_mw(self) -> float:
        """True need (MW) in the current month."""
        return float(self.model._cells["need_mw"][self._row, max(self.model.month, 0)])

    @property
    def cash_usd(self) -> float:
        """Money received less paid since the start."""
        return float(self.model._cells["cash_usd"][self._row])


class Lab(Applicant):
    """An AI lab."""

    kind = "lab"


class Hyperscaler(Applicant):
    """A hyperscaler."""

    kind = "hyperscaler"


@views("applicants", Applicants, APPLICANTS_SET | {"copies": (1, 1)})
class Developer(Applicant):
    """A land developer: each of its positions is one request."""

    kind = "developer"


@views("utilities", Utilities, UTILITIES_SET)
class Utility(GridAgent):
    """A view of a utility: every column of `gridsim.model.state.Utilities` by name."""

    kind = "utility"
    _roster = "utilities"

    @property
    def cash_usd(self) -> float:
        """Money received less paid since the start, the deposits that it holds apart."""
        return float(self.model._cells["cash_usd"][self.model._state.applicants.size + self._row])


AGENTS: tuple[type[GridAgent], ...] = (Lab, Hyperscaler, Developer, Utility)


class Measured:
    """A column of the monthly series as an attribute of the model: its value in the last month run, NaN before."""

    def __init__(self, name: str) -> None:
        self.path = f"series.{name}"

    def __get__(self, model: Any, owner: type | None = None) -> Any:
        if model is None:
            return self
        return model._cells[self.path][model.months_run - 1] if model.months_run else math.nan

    def __set__(self, model: Any, value: Any) -> None:
        raise AttributeError(f"{self.path} is the engine's to write")


class GridModel(Model):  # type: ignore[misc, unused-ignore]
    """A run of a scenario that advances a month with each `step`.

    `scenario` is a Scenario or the path of one; `rng` is the seed (0 to 2^63 - 1, the scenario's by default), `record`
    as in `simulate`. `agent_types` puts subclasses in the place of `Lab`, `Hyperscaler`, `Developer` and `Utility`: by
    kind (`{"lab": MyLab}`), or for one agent by its name. `datacollector` replaces the built-in one, which collects
    every series column after each month. A series column is also an attribute of the model, its value in the last
    month run: `model.power_phantom_ratio`.

    On a page: `SolaraViz(model, model_params={"scenario": scenario, "rng": 1})`, so that Reset has what it needs.

    Attributes:
        grid_scenario: the scenario.
        seed: the seed.
        month: the month that the columns tell of, -1 before the first; in `decide`, the month to decide.
        months_run: number of months completed.
        running: False once the horizon is reached or a step has failed; `step` then does nothing.
        datacollector: what has been collected.
    """

    def __init__(
        self,
        scenario: Scenario | str | os.PathLike[str],
        rng: int | None = None,
        *,
        record: str | Iterable[str] | None = "requests",
        agent_types: Mapping[str, type[GridAgent]] | None = None,
        datacollector: DataCollector | None = None,
    ) -> None:
        self.grid_scenario = scenario if isinstance(scenario, Scenario) else load(scenario)
        self.seed = checked_seed(self.grid_scenario.seed if rng is None else rng, "rng")
        super().__init__(rng=self.seed)
        wanted = wanted_records(record)
        warm_up()
        self._prepared = prepare(self.grid_scenario, keep_log=bool(wanted))
        self._state, self._params = open_state(self._prepared, self.seed, record_agents="agents" in wanted)
        self._bind()
        self._types = dict(agent_types or {})
        self._decides = any(overrides_decide(chosen) for chosen, _ in cast(self._prepared, self._types))
        self._deciders: list[Any] = []
        self._made = False
        self.month, self.months_run = -1, 0
        if datacollector is None:
            datacollector = DataCollector(model_reporters={name: name for name in SERIES})
        self.datacollector = datacollector

    if TYPE_CHECKING:
        running: bool

        def __getattr__(self, name: str) -> Any: ...

    def step(self) -> None:
        """Run a month and collect. Does nothing when the run has ended.

        Raises RuntimeError if it is set running again after a month that failed half way.
        """
        self.running = self.running and self.months_run < self._prepared.months
        if not self.running:
            return
        if self.month == self.months_run:
            raise RuntimeError(f"month {self.month} failed half way; begin anew, or from a copy made before")
        try:
            self._run_month(self.months_run)
            self.months_run += 1
            self.running = self.months_run < self._prepared.months
            self.datacollector.collect(self)
        except BaseException:
            self.running = False
            raise

    def _run_month(self, t: int) -> None:
        """Month t, in one compiled call, or in two with the decisions taken in Python between them."""
        self.month = t
        if not self._decides:
            self._keep(run_to_end(self._state, self._params, t, t + 1))
            return
        self._make_agents()
        decide_month(self._state, self._params, t)
        for agent in self._deciders:
            agent.decide()
        self._keep(run_to_end(self._state, self._params, t, t + 1, decided=True))

    @property
    def result(self) -> Result:
        """What `simulate` gives for a horizon of the months run so far; later steps leave it alone.

        Raises ValueError before the first month, `ConservationError` if the model has lost count.
        """
        if not self.months_run:
            raise ValueError("there is no result before the first month: step the model")
        n = self.months_run
        state: Any = copy.deepcopy(self._state)
        by_month = {name: getattr(state, name)[:n] for name in ("series", "utility_traces", "applicant_traces")}
        state = state._replace(**by_month)
        check_strategies(state)
        check_conservation(state)
        scenario = self.grid_scenario.model_copy(update={"horizon_months": n})
        return Result(self._prepared._replace(scenario=scenario, months=n), self.seed, state)

    @property
    def agents(self) -> Any:
        """Every agent, in the scenario's order: labs, hyperscalers, developers, utilities."""
        self._make_agents()
        return super().agents

    @property
    def agents_by_type(self) -> Any:
        """Agents by their class."""
        self._make_agents()
        return super().agents_by_type

    @property
    def agent_types(self) -> Any:
        """The classes of agents."""
        self._make_agents()
        return super().agent_types

    @property
    def scenario(self) -> Any:
        """Raise AttributeError: newer Mesa has scenarios of its own, which a GridModel is not made from."""
        raise AttributeError("a GridModel has no Mesa scenario; what it runs is its grid_scenario")

    @scenario.setter
    def scenario(self, scenario: Any) -> None:
        """Take no notice of the scenario that newer Mesa makes for every model."""

    def _make_agents(self) -> None:
        """Make the views, once."""
        if not self._made:
            self._made = True
            for chosen, row in cast(self._prepared, self._types):
                agent = chosen(self, row)
                if overrides_decide(chosen):
                    self._deciders.append(agent)

    def _keep(self, state: State) -> None:
        """Take over the columns after a month; they are others when the requests had to grow."""
        if state is not self._state:
            self._state = state
            self._bind()

    def _bind(self) -> None:
        """Look up the cells: memory views of the columns, which read as plain Python numbers."""
        s: Any = self._state
        self._cells = {"need_mw": memoryview(s.need_mw), "cash_usd": memoryview(s.ledger.cash_usd)}
        for group in ("applicants", "utilities", "series"):
            table = getattr(s, group)
            self._cells |= {f"{group}.{name}": memoryview(table[name]) for name in table.dtype.names}

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_cells"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._bind()


for _name in SERIES:
    setattr(GridModel, _name, Measured(_name))


def overrides_decide(kind: type[GridAgent]) -> bool:
    """Whether agents of this class decide in Python."""
    return issubclass(kind, Applicant) and kind.decide is not Applicant.decide


def cast(prepared: Prepared, agent_types: Mapping[str, type[GridAgent]]) -> list[tuple[type[GridAgent], int]]:
    """Class and row of every agent, in the scenario's order. Raises ValueError for an agent type that fits no agent."""
    builtin = {base.kind: base for base in AGENTS}
    utilities = prepared.utilities._replace(kinds=[AGENTS.index(Utility)] * len(prepared.utilities.names))
    by_name = set(agent_types) - set(builtin)
    agents: list[tuple[type[GridAgent], int]] = []
    for names, listed, kinds in (prepared.applicants, utilities):
        for row in sorted(range(len(names)), key=listed.__getitem__):
            base, name = AGENTS[kinds[row]], names[row]
            key = name if name in by_name else base.kind
            chosen = agent_types.get(key, base)
            if not (isinstance(chosen, type) and issubclass(chosen, base)):
                raise ValueError(f"agent_types: {key!r} needs a subclass of {base.__name__}, found {chosen!r}")
            agents.append((chosen, row))
    unknown = by_name - {*prepared.applicants.names, *prepared.utilities.names}
    if unknown:
        raise ValueError(f"agent_types: found {min(unknown)!r}, allowed are {', '.join(builtin)} and the agents' names")
    return agents
