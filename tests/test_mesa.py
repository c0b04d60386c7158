"""The Mesa adapter: the engine bit for bit, a month at a time, behind everything that Mesa does with a model."""

from __future__ import annotations

import copy
import functools
import math
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mesa import Agent, DataCollector

import gridsim
from gridsim.config.errors import ScenarioError
from gridsim.config.scenario import Scenario
from gridsim.engine import columns as engine_columns
from gridsim.engine import simulate as simulate_module
from gridsim.engine.columns import grow, open_state
from gridsim.engine.measures import SERIES
from gridsim.engine.mesa_model import Applicant, Developer, GridModel, Hyperscaler, Lab, Utility
from gridsim.engine.prepare import prepare
from gridsim.engine.simulate import ConservationError, run_to_end
from gridsim.model.group import columns
from gridsim.model.state import Applicants, State, Utilities
from tests.written import written

MONTHS = 24
LABS = ["Zeta", "Alpha", "Mu", "Beta"]
SCENARIO = Scenario.model_validate(
    {
        "title": "a small world",
        "horizon_months": MONTHS,
        "actors": {
            "labs": {"names": LABS},
            "hyperscalers": {"count": 2},
            "developers": {"names": ["West", "East", "South"]},
            "utilities": {"names": ["River", "Lake", "Coast"]},
        },
    }
)
NAMES = [*LABS, "hyperscaler-01", "hyperscaler-02", "West", "East", "South", "River", "Lake", "Coast"]


class SameLab(Lab):
    """Takes the built-in decision."""

    def decide(self) -> None:
        self.ask_mw, self.copies = self.ask_mw, self.copies


class SilentLab(Lab):
    """Asks for nothing."""

    def decide(self) -> None:
        self.ask_mw = 0.0


class CountingLab(Lab):
    """Asks every other month, and remembers when it was asked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked: list[int] = []

    def decide(self) -> None:
        self.asked.append(self.model.month)
        if self.model.month % 2:
            self.ask_mw = 0.0


class FailingLab(Lab):
    """Fails in month 3."""

    def decide(self) -> None:
        if self.model.month == 3:
            raise OSError("no answer")


class SameDeveloper(Developer):
    """Takes the built-in decision."""

    def decide(self) -> None:
        super().decide()


def new_model(rng: int = 1, **options: Any) -> GridModel:
    return GridModel(SCENARIO, rng=rng, **options)


def run_for_months(model: GridModel, months: int) -> GridModel:
    for _ in range(months):
        model.step()
    return model


def arrays(value: Any) -> Iterator[bytes]:
    """The bits of every array in a state, of rows that are in use."""
    value = written(value) if isinstance(value, State) else value
    for part in value if isinstance(value, tuple) else [value]:
        yield from [part.tobytes()] if isinstance(part, np.ndarray) else arrays(part)


def same_bits(one: State, other: State) -> bool:
    ours, theirs = list(arrays(one)), list(arrays(other))
    return len(ours) > 20 and ours == theirs


def fresh_run(months: int, rng: int = 1) -> State:
    state, params = open_state(prepare(SCENARIO, keep_log=True), rng)
    return run_to_end(state, params, 0, months)


@functools.cache
def usual_run(months: int) -> State:
    """A fresh run with seed 1, for tests that only look at it."""
    return fresh_run(months)


# The engine, bit for bit.


@pytest.mark.parametrize("agent_types", [{}, {"lab": SameLab, "East": SameDeveloper}], ids=["compiled", "decided"])
def test_every_month_equals_a_fresh_run_of_so_many_months(agent_types: dict[str, Any]) -> None:
    model = new_model(agent_types=agent_types)
    for month in range(MONTHS):
        assert same_bits(model._state, usual_run(month)), month
        model.step()
    assert same_bits(model._state, usual_run(MONTHS))


@pytest.mark.parametrize("months", [1, 7, MONTHS])
def test_result_is_that_of_a_horizon_of_the_months_run(months: int) -> None:
    ours = run_for_months(new_model(7, record="agents"), months).result
    theirs = gridsim.simulate(SCENARIO.model_copy(update={"horizon_months": months}), 7, record="agents")
    assert ours.manifest == theirs.manifest
    pd.testing.assert_frame_equal(ours.series, theirs.series, check_exact=True)
    pd.testing.assert_frame_equal(ours.requests, theirs.requests, check_exact=True)
    pd.testing.assert_frame_equal(ours.agents, theirs.agents, check_exact=True)
    pd.testing.assert_frame_equal(ours.areas, theirs.areas, check_exact=True)
    assert str(ours.summary()) == str(theirs.summary())  # as text, for NaN


def test_result_is_left_alone_by_later_steps() -> None:
    model = run_for_months(new_model(), 5)
    result, before = model.result, model.result.manifest["result_digest"]
    run_for_months(model, 5)
    model.agents_by_type[Lab].set("fear", 0.0)
    assert result.manifest["result_digest"] == before
    assert result._state.applicants.fear.any()


@pytest.mark.parametrize("agent_types", [{}, {"Mu": SameLab}], ids=["compiled", "decided"])
def test_request_columns_grow_as_in_simulate(monkeypatch: pytest.MonkeyPatch, agent_types: dict[str, Any]) -> None:
    whole = gridsim.simulate(SCENARIO, 3)
    monkeypatch.setattr(engine_columns, "FIRST_ROWS", 64)
    model = new_model(3, agent_types=agent_types)
    rows = model._state.requests.size
    lab = next(iter(model.agents))
    seen = []
    while model.running:
        model.step()
        seen.append((lab.queued_mw, lab.ask_mw))
    assert model._state.requests.size >= 2 * rows
    assert same_bits(model._state, fresh_run(MONTHS, 3))
    assert model.result.manifest == whole.manifest
    table = gridsim.simulate(SCENARIO, 3, record="agents").agents.query("agent == 'Zeta'")
    assert seen == list(zip(table.queued_mw, table.ask_mw, strict=True))


@pytest.mark.parametrize("agent_types", [{}, {"Mu": SameLab}], ids=["compiled", "decided"])
def test_views_follow_columns_that_move(monkeypatch: pytest.MonkeyPatch, agent_types: dict[str, Any]) -> None:
    monkeypatch.setattr(simulate_module, "grow", lambda state: copy.deepcopy(grow(state)))
    monkeypatch.setattr(engine_columns, "FIRST_ROWS", 64)
    model = new_model(agent_types=agent_types)
    labs, first = model.agents_by_type[Lab].select(), model._state.applicants
    model.agents.get("queued_mw")
    model.run_model()
    assert model._state.applicants is not first
    assert model.result.manifest == gridsim.simulate(SCENARIO, 1).manifest
    table = model._state.applicants.queued_mw[[model._prepared.applicants.names.index(a.name) for a in labs]]
    assert labs.get("queued_mw") == table.tolist()
    assert model.power_claims == model.result.series.power_claims.iloc[-1]


def test_horizon_ends_the_run() -> None:
    model = new_model()
    for month in range(MONTHS):
        assert model.running
        assert model.months_run == month
        model.step()
    assert not model.running
    before = model.result.manifest
    model.step()
    model.running = True
    model.step()
    assert not model.running
    assert model.result.manifest == before
    assert len(model.datacollector.get_model_vars_dataframe()) == MONTHS


def test_run_model_stops_at_the_horizon() -> None:
    model = new_model()
    model.run_model()
    assert model.months_run == MONTHS


def test_running_can_be_switched_off_and_on() -> None:
    model = run_for_months(new_model(), 3)
    model.running = False
    assert run_for_months(model, 2).months_run == 3
    model.running = True
    assert same_bits(run_for_months(model, 2)._state, usual_run(5))


def test_nothing_is_lost_month_by_month() -> None:
    model = new_model(agent_types={"lab": CountingLab})
    while model.running:
        model.step()
        assert model.imbalance_mw <= 1e-9
        assert model.imbalance_usd <= 1e-9
    assert model.queued_mw > 0


def test_result_says_when_the_model_has_lost_count() -> None:
    model = run_for_months(new_model(), 2)
    model._state.series.imbalance_mw[1] = 0.5
    with pytest.raises(ConservationError, match="month 1"):
        _ = model.result


# Agents.


def test_agents_are_in_the_scenario_s_order() -> None:
    model = new_model()
    assert model.agents.get("name") == NAMES
    assert [a.kind for a in model.agents] == ["lab"] * 4 + ["hyperscaler"] * 2 + ["developer"] * 3 + ["utility"] * 3
    assert model.agents_by_type[Lab].get("name") == LABS
    assert set(model.agent_types) == {Lab, Hyperscaler, Developer, Utility}
    assert repr(next(iter(model.agents))) == "<Lab 'Zeta'>"


def test_agents_are_made_only_when_touched() -> None:
    model = new_model()
    model.run_model()
    assert not model._agents_by_type
    assert len(model.agents) == len(NAMES) == len(set(model.agents.get("unique_id")))


def test_every_column_is_readable_as_a_plain_number() -> None:
    model = run_for_months(new_model(), 6)
    for group, kinds, roster in (
        (Applicants, (Lab, Hyperscaler, Developer), model._prepared.applicants),
        (Utilities, (Utility,), model._prepared.utilities),
    ):
        table = getattr(model._state, "utilities" if group is Utilities else "applicants")
        agents = [a for kind in kinds for a in model.agents_by_type[kind]]
        assert len(agents) == table.size
        for name in columns(group).names or ():
            if name != "kind":
                wanted = float if table[name].dtype == np.float64 else int
                values = [getattr(a, name) for a in agents]
                assert {type(v) for v in values} == {wanted}, name
                assert values == [table[name][roster.names.index(a.name)] for a in agents], name


def test_need_and_cash_are_those_of_the_agents_table() -> None:
    model = run_for_months(new_model(record="agents"), 9)
    last = model.result.agents.query("month == 8").set_index("agent")
    people = model.agents.select(agent_type=Applicant)
    for name in ("need_mw", "cash_usd", "energised_mw", "copies", "statement"):
        assert people.get(name) == last.loc[people.get("name"), name].tolist(), name
    money = sum(model.agents.get("cash_usd"))
    n, u = len(people), len(model.agents_by_type[Utility])
    assert money + model._state.ledger.cash_usd[n + u :].sum() == pytest.approx(0.0, abs=1.0)


@pytest.mark.parametrize(
    ("who", "column", "value", "error"),
    [
        (Lab, "queued_mw", 1.0, AttributeError),
        (Lab, "key", 1, AttributeError),
        (Lab, "need_mw", 1.0, AttributeError),
        (Lab, "name", "x", AttributeError),
        (Utility, "installed_mw", 1.0, AttributeError),
        (Lab, "ask_mw", -1.0, ValueError),
        (Lab, "ask_mw", float("nan"), ValueError),
        (Lab, "ask_mw", float("inf"), ValueError),
        (Lab, "ask_mw", "much", TypeError),
        (Lab, "copies", 0, ValueError),
        (Lab, "copies", 1.5, TypeError),
        (Developer, "copies", 2, ValueError),
        (Lab, "fear", 1.1, ValueError),
        (Utility, "slots", 0, ValueError),
    ],
)
def test_what_an_agent_may_not_set_is_refused(who: type, column: str, value: Any, error: type[Exception]) -> None:
    model = new_model()
    before = list(arrays(model._state))
    agent = next(iter(model.agents_by_type[who]))
    with pytest.raises(error):
        setattr(agent, column, value)
    assert list(arrays(model._state)) == before


def test_a_trait_that_is_set_reaches_the_engine() -> None:
    model = new_model()
    model.agents_by_type[Lab].set("fear", np.float64(0.0))
    model.agents_by_type[Utility].do(lambda a: setattr(a, "slots", a.slots + 1))
    while model.running:
        model.step()
        assert set(model.agents_by_type[Lab].get("copies")) == {1}
    assert model.result.manifest["result_digest"] != gridsim.simulate(SCENARIO, 1).manifest["result_digest"]


def test_an_agent_cannot_leave() -> None:
    model = new_model()
    with pytest.raises(RuntimeError, match="Zeta cannot leave"):
        next(iter(model.agents)).remove()
    assert len(model.agents) == len(NAMES)


def test_other_agents_may_join_the_model() -> None:
    class Regulator(Agent):  # type: ignore[misc, unused-ignore]
        """No part of the engine."""

    model = new_model()
    Regulator(model)
    assert len(model.agents) == len(NAMES) + 1
    assert same_bits(run_for_months(model, 3)._state, usual_run(3))


# The verbs of Mesa's AgentSet.


def test_select_agg_and_get() -> None:
    model = run_for_months(new_model(), 12)
    people = model.agents.select(agent_type=Applicant)
    asked = np.array(people.get("ask_mw"))
    assert people.agg("ask_mw", [min, max, sum]) == [min(asked), max(asked), sum(asked.tolist())]
    assert people.select(lambda a: a.ask_mw > 0).get("ask_mw") == asked[asked > 0].tolist()
    assert model.agents.get(["kind", "queued_mw"])[0] == ["lab", next(iter(people)).queued_mw]
    assert len(model.agents.select(at_most=2)) == 2
    with pytest.raises(AttributeError):
        model.agents.get("ask_mw")  # a utility has none
    assert model.agents.get("ask_mw", handle_missing="default", default_value=0.0)[-3:] == [0.0] * 3


def test_set_do_and_shuffle_do() -> None:
    model = new_model()
    labs = model.agents_by_type[Lab]
    assert labs.set("margin", 0.25) is labs
    assert labs.get("margin") == [0.25] * 4
    assert model._state.applicants.margin[model._state.applicants.kind == 0].tolist() == [0.25] * 4
    assert model._state.applicants.margin[4:6].tolist() != [0.25] * 2

    def raise_margin(agent: Lab) -> None:
        agent.margin += 0.25

    labs.do(raise_margin)
    order: list[str] = []
    labs.shuffle_do(lambda a: (raise_margin(a), order.append(a.name)))
    assert labs.get("margin") == [0.75] * 4
    assert sorted(order) == sorted(LABS)


def test_shuffles_follow_the_seed_and_leave_the_engine_s_draws_alone() -> None:
    orders: list[list[str]] = []
    for rng in (5, 5, 6):
        model = new_model(rng)
        orders.append([])
        model.agents.shuffle_do(lambda a: orders[-1].append(a.name))
        model.random.random(), model.rng.random()
        assert same_bits(run_for_months(model, 2)._state, fresh_run(2, rng))
    assert orders[0] == orders[1] != orders[2]


def test_groupby_and_sort() -> None:
    model = run_for_months(new_model(), 12)
    assert model.agents.groupby("kind").count() == {"lab": 4, "hyperscaler": 2, "developer": 3, "utility": 3}
    totals = model.agents.groupby("kind").agg("queued_mw", sum)
    assert totals["utility"] == pytest.approx(totals["lab"] + totals["hyperscaler"] + totals["developer"])
    assert model.agents.sort("name", ascending=True).get("name") == sorted(NAMES)
    assert model.agents.sort("queued_mw").get("queued_mw") == sorted(model.agents.get("queued_mw"), reverse=True)


# Mesa's DataCollector.


def test_built_in_collector_holds_the_series() -> None:
    model = new_model()
    assert np.isnan(model.power_claims)
    model.run_model()
    collected = model.datacollector.get_model_vars_dataframe()
    series = gridsim.simulate(SCENARIO, 1).series
    assert list(collected) == list(SERIES)
    assert np.array_equal(collected.to_numpy(), series.to_numpy(), equal_nan=True)
    assert model.power_claims == series.power_claims.iloc[-1]
    with pytest.raises(AttributeError):
        model.power_claims = 0.0


def count_labs(model: GridModel) -> int:
    return len(model.agents_by_type[Lab])


def test_model_and_agent_reporters() -> None:
    collector = DataCollector(
        model_reporters={"claims": "power_claims", "labs": count_labs, "month": lambda m: m.month},
        agent_reporters={"who": "name", "queued": "queued_mw", "double": lambda a: 2.0 * a.queued_mw},
        agenttype_reporters={Lab: {"asked": "ask_mw"}},
    )
    model = new_model(record="agents", datacollector=collector)
    model.run_model()
    result = model.result
    by_model = collector.get_model_vars_dataframe()
    assert by_model.claims.tolist() == result.series.power_claims.tolist()
    assert by_model.labs.tolist() == [4] * MONTHS
    assert by_model.month.tolist() == list(range(MONTHS))
    by_agent = collector.get_agent_vars_dataframe()
    assert by_agent.who.tolist() == result.agents.agent.tolist()
    assert by_agent.queued.tolist() == result.agents.queued_mw.tolist()
    assert by_agent.double.tolist() == (2.0 * result.agents.queued_mw).tolist()
    asked = collector.get_agenttype_vars_dataframe(Lab).asked.tolist()
    assert asked == result.agents.query("kind == 'lab'").ask_mw.tolist()


# Copies.


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("touched", [False, True])
def test_a_copy_goes_on_with_the_same_bits_and_shares_nothing(copied: Any, touched: bool) -> None:
    model = run_for_months(new_model(agent_types={"Alpha": CountingLab}), 11)
    if touched:
        model.agents.shuffle_do(lambda a: a.queued_mw)
    other = copied(model)
    before = list(arrays(model._state))
    assert list(arrays(other._state)) == before
    other.run_model()
    assert list(arrays(model._state)) == before
    assert len(model.datacollector.get_model_vars_dataframe()) == 11
    assert other.agents_by_type[CountingLab].get("asked") == [list(range(MONTHS))]
    assert model.agents_by_type[CountingLab].get("asked") == [list(range(11))]
    assert all(a.model is other for a in other.agents)
    straight = new_model(agent_types={"Alpha": CountingLab})
    straight.run_model()
    assert same_bits(other._state, straight._state)
    assert other.result.manifest == straight.result.manifest
    other.agents.select(agent_type=Applicant).set("fear", 0.0)
    assert list(arrays(model._state)) == before


def test_two_models_share_no_data() -> None:
    one, two = new_model(), new_model()
    one.agents.select(agent_type=Applicant).set("fear", 1.0)
    one.run_model()
    assert same_bits(two._state, usual_run(0))
    assert two.datacollector.get_model_vars_dataframe().empty
    assert same_bits(run_for_months(two, 4)._state, usual_run(4))


# Decisions in Python.


def test_an_agent_that_asks_for_nothing_files_nothing_and_leaves_others_their_draws() -> None:
    usual = gridsim.simulate(SCENARIO, 1).requests.query("filed >= 0")
    model = new_model(agent_types={"Alpha": SilentLab})
    model.run_model()
    silent = model.result.requests.query("filed >= 0")
    assert "Alpha" in set(usual.applicant)
    assert "Alpha" not in set(silent.applicant)
    first = usual.query("filed == 0 and applicant != 'Alpha'")
    columns_of_filing = ["applicant", "utility", "choice", "mw", "need_mw"]
    again = silent.query("filed == 0")
    assert len(first) > 0
    assert first[columns_of_filing].to_numpy().tolist() == again[columns_of_filing].to_numpy().tolist()
    for name in set(NAMES[:9]) - {"Alpha"}:  # the n-th project of an agent is the same, whenever it is filed
        ours, theirs = (t.query(f"applicant == {name!r} and choice == 0").need_mw.tolist() for t in (silent, usual))
        n = min(len(ours), len(theirs))
        assert ours[:n] == theirs[:n]


def test_a_kind_decides_in_the_scenario_s_order() -> None:
    order: list[str] = []

    class Noted(Lab):
        def decide(self) -> None:
            order.append(self.name)

    run_for_months(new_model(agent_types={"lab": Noted}), 2)
    assert order == LABS * 2


def test_a_name_goes_before_its_kind() -> None:
    model = new_model(agent_types={"Mu": SilentLab, "lab": SameLab})
    assert [type(a) for a in model.agents][:4] == [SameLab, SameLab, SilentLab, SameLab]


def test_an_agent_type_without_a_decision_runs_compiled() -> None:
    class Place(Utility):
        def headroom_mw(self) -> float:
            return float(self.installed_mw - self.energised_mw)

    model = run_for_months(new_model(agent_types={"utility": Place}), 3)
    assert not model._agents_by_type
    assert same_bits(model._state, usual_run(3))
    assert all(isinstance(mw, float) for mw in model.agents_by_type[Place].map("headroom_mw"))


@pytest.mark.parametrize(
    ("agent_types", "message"),
    [
        ({"labs": SameLab}, "found 'labs', allowed are lab, hyperscaler, developer, utility and the agents' names"),
        ({"lab": SameDeveloper}, "'lab' needs a subclass of Lab"),
        ({"East": SameLab}, "'East' needs a subclass of Developer"),
        ({"lab": SameLab.decide}, "'lab' needs a subclass of Lab"),
    ],
)
def test_agent_types_that_fit_nobody_are_refused(agent_types: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        new_model(agent_types=agent_types)


def test_a_decision_that_fails_ends_the_run() -> None:
    model = run_for_months(new_model(agent_types={"Beta": FailingLab}), 2)
    spare = copy.deepcopy(model)
    with pytest.raises(OSError, match="no answer"):
        model.run_model()
    assert not model.running
    assert model.months_run == 3
    assert len(model.datacollector.get_model_vars_dataframe()) == 3
    assert model.result.series.equals(run_for_months(spare, 1).result.series)
    model.running = True
    with pytest.raises(RuntimeError, match="month 3 failed half way"):
        GridModel.step(model)


# What a model is made from.


@pytest.mark.parametrize("rng", [-1, 2**63, 1.0, True, "1", np.random.default_rng(1)], ids=lambda rng: repr(rng)[:9])
def test_a_bad_rng_is_refused(rng: Any) -> None:
    with pytest.raises(ValueError, match=r"rng: found .*, allowed are whole numbers from 0 to 2\^63 - 1"):
        new_model(rng)


def test_the_seed_is_the_scenario_s_unless_given() -> None:
    scenario = SCENARIO.model_copy(update={"seed": 9})
    assert same_bits(run_for_months(GridModel(scenario), 2)._state, fresh_run(2, 9))
    assert same_bits(run_for_months(GridModel(scenario, rng=np.int64(4)), 2)._state, fresh_run(2, 4))


def test_a_scenario_may_be_a_path(tmp_path: Path) -> None:
    path = tmp_path / "world.yaml"
    path.write_text("title: from a file\nhorizon_months: 2\n")
    model = gridsim.GridModel(path, rng=1)
    model.run_model()
    assert model.result.manifest == gridsim.simulate(gridsim.load(path), 1).manifest
    with pytest.raises(ScenarioError):
        GridModel(str(tmp_path / "none.yaml"))


def test_there_is_no_result_before_the_first_month() -> None:
    with pytest.raises(ValueError, match="step the model"):
        _ = new_model().result


def test_a_model_has_no_mesa_scenario() -> None:
    model = new_model()
    assert model.grid_scenario is SCENARIO
    with pytest.raises(AttributeError, match="grid_scenario"):
        _ = model.scenario


# On a page.


@pytest.mark.slow
def test_solaraviz_shows_steps_and_resets_the_model() -> None:
    solara = pytest.importorskip("solara")
    visualization = pytest.importorskip("mesa.visualization")
    from ipyvuetify import Btn, Html

    model = solara.reactive(new_model())

    def show_ratio(model: GridModel) -> Any:
        return solara.Text(f"ratio {model.power_phantom_ratio:.6f} of {len(model.agents)} agents")

    @solara.component
    def Page() -> None:
        with solara.AppLayout():
            visualization.SolaraViz(
                model,
                components=[visualization.make_plot_component("power_phantom_ratio"), show_ratio],
                model_params={"scenario": SCENARIO, "rng": {"type": "SliderInt", "value": 8, "min": 1, "max": 9}},
            )

    _, page = solara.render(Page(), handle_error=False)

    def click(label: str) -> None:
        page.find(Btn, children=[label]).widget.click()

    def is_shown(ratio: float) -> bool:
        return f"ratio {ratio:.6f} of 12 agents" in [
            w.children[0] for w in page.find(Html, tag="span").widgets if w.children
        ]

    assert is_shown(math.nan)
    for ratio in gridsim.simulate(SCENARIO, 1).series.power_phantom_ratio[:3]:
        click("Step")
        assert is_shown(ratio)
    assert same_bits(model.value._state, usual_run(3))
    click("Reset")
    assert model.value.months_run == 0
    click("Step")
    assert same_bits(model.value._state, fresh_run(1, 8))
    assert is_shown(gridsim.simulate(SCENARIO, 8).series.power_phantom_ratio[0])
    page.close()
