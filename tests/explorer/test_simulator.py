"""Ensembles on demand: the same numbers as anywhere else, previews first, nobody waits for another, work is bounded."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import gridsim
from gridsim.config.scenario import Scenario
from gridsim.config.variants import varied
from gridsim.engine.ensemble import ensemble
from gridsim.engine.prepare import prepare
from gridsim.explorer import simulator
from gridsim.explorer.simulator import PREVIEW, Busy, Job, Simulator, seeds_for

WAIT = 60.0


@pytest.fixture(scope="module")
def service() -> Simulator:
    return Simulator(workers=2)


@pytest.fixture(autouse=True)
def slices_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "SLICE", 10)


def changed(scenario: Scenario, number: int) -> Scenario:
    return varied(scenario, {"policy.deposit_usd_per_mw": 1000.0 * (number + 1)})


def test_an_ensemble_is_that_of_the_engine_bit_for_bit(service: Simulator, scenario: Scenario) -> None:
    (job,) = service.watch("one", [scenario])
    assert service.wait([job], 200, WAIT) == 200
    found, wanted = job.ensemble(40), ensemble(scenario, range(1, 41))
    for name, values in wanted.series.items():
        assert np.array_equal(found.series[name], values, equal_nan=True), name
    single = gridsim.simulate(scenario, seed=200, record=None)
    assert np.array_equal(job.ensemble(200).series["queued_mw"][199], single.series["queued_mw"].to_numpy())


def test_the_digest_names_the_numbers_whatever_the_number_of_workers(scenario: Scenario) -> None:
    digests = set()
    for workers in (1, 2, 3):
        own = Simulator(workers=workers)
        (job,) = own.watch("one", [scenario])
        own.wait([job], 200, WAIT)
        digests.add(job.digest())
    assert len(digests) == 1
    other = Simulator(workers=1)
    (job,) = other.watch("one", [changed(scenario, 0)])
    other.wait([job], 200, WAIT)
    assert job.digest() not in digests


def test_there_is_no_digest_of_half_an_ensemble(scenario: Scenario) -> None:
    with pytest.raises(ValueError, match="not complete"):
        Job(scenario, prepare(scenario), 5).digest()


def test_the_same_scenario_is_worked_out_once_for_all(service: Simulator, scenario: Scenario) -> None:
    (one,) = service.watch("one", [scenario])
    (two,) = service.watch("two", [scenario.model_copy(deep=True)])
    assert one is two


class Held(Simulator):
    """A simulator whose slices are taken by hand."""

    def __init__(self) -> None:
        super().__init__(workers=1)

    def _work(self) -> None:
        return

    def watch(self, viewer: str, scenarios: list[Scenario]) -> list[Job]:
        jobs = super().watch(viewer, scenarios)
        self.ask(jobs, 200)
        return jobs


def taken(held: Held, slices: int) -> list[tuple[str, int]]:
    found = []
    for _ in range(slices):
        task = held._next()
        if task is None:
            break
        job, first, count = task
        found.append((job.scenario.title, first))
        job.keep(first, [np.zeros(job.series.shape[1:])] * count)
    return found


def test_previews_come_before_anybodys_last_decimals(scenario: Scenario) -> None:
    held = Held()
    first, second = (changed(scenario, i).model_copy(update={"title": f"world {i}"}) for i in range(2))
    held.watch("one", [first])
    assert taken(held, 4) == [("world 0", 0), ("world 0", 10), ("world 0", 20), ("world 0", 30)]
    held.watch("two", [second])
    assert taken(held, 3) == [("world 1", 0), ("world 1", 10), ("world 1", 20)]
    assert taken(held, 3) == [("world 1", 30), ("world 0", 40), ("world 1", 40)]


def test_what_nobody_looks_at_rests_and_goes_on_where_it_was(scenario: Scenario) -> None:
    held = Held()
    first, second = (changed(scenario, i).model_copy(update={"title": f"world {i}"}) for i in range(2))
    (job,) = held.watch("one", [first])
    taken(held, 3)
    held.watch("one", [second])
    assert {title for title, _ in taken(held, 100)} == {"world 1"}
    assert held.watch("one", [first]) == [job]
    assert taken(held, 1) == [("world 0", 30)]
    assert job.done == 40


def test_seeds_count_as_done_only_without_a_gap(scenario: Scenario) -> None:
    job = Job(scenario, prepare(scenario), 40)
    job.keep(10, [np.ones(job.series.shape[1:])] * 10)
    assert job.done == 0
    job.keep(0, [np.ones(job.series.shape[1:])] * 10)
    assert job.done == 20


def test_beyond_the_preview_nothing_is_worked_out_before_it_is_asked_for(scenario: Scenario) -> None:
    held = Held()
    jobs = Simulator.watch(held, "one", [scenario])
    assert len(taken(held, 100)) == 2
    held.ask(jobs, 35)
    assert len(taken(held, 100)) == 2
    assert jobs[0].done == 35
    held.ask(jobs, 10)
    assert taken(held, 100) == []
    held.ask(jobs, 10**6)
    assert len(taken(held, 100)) == 17
    assert jobs[0].done == 200


def test_too_many_at_once_are_refused_and_told_so(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "WAITING_MAX", 3)
    held = Held()
    for i in range(3):
        held.watch(f"viewer {i}", [changed(scenario, i)])
    with pytest.raises(Busy, match="3 simulations"):
        held.watch("one more", [changed(scenario, 9)])
    held.watch("one more", [changed(scenario, 0)])  # what is there already costs nothing


def test_memory_is_bounded_and_what_is_looked_at_stays(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held()
    (job,) = held.watch("one", [changed(scenario, 0)])
    monkeypatch.setattr(simulator, "CACHE_BYTES", 3 * job.series.nbytes)
    for i in range(1, 8):
        held.watch("two", [changed(scenario, i)])
    assert sum(kept.series.nbytes for kept in held._jobs.values()) <= 4 * job.series.nbytes
    assert held.watch("one", [changed(scenario, 0)]) == [job]


def test_a_larger_scenario_gets_fewer_seeds(scenario: Scenario) -> None:
    assert seeds_for(scenario) == 200
    long = varied(scenario, {"horizon_months": 600, "actors.labs.count": 400})
    agents = 400 + 2 + 4 + 4
    assert seeds_for(long) == simulator.WORK_MAX // (agents * 600)
    assert seeds_for(long) < PREVIEW * 2


def test_what_a_run_raises_reaches_who_asked_and_nobody_else(service: Simulator, scenario: Scenario) -> None:
    bad = changed(scenario, 77)
    job = service.watch("bad", [bad])[0]
    service.wait([job], 200, WAIT)
    job.error = RuntimeError("the model has lost count")
    with pytest.raises(RuntimeError, match="lost count"):
        service.wait(service.watch("bad", [bad]), 200, WAIT)
    (good,) = service.watch("good", [scenario])
    assert service.wait([good], 200, WAIT) == 200


def test_waiting_ends_when_it_is_told_to(scenario: Scenario) -> None:
    held = Held()
    jobs = held.watch("one", [scenario])
    start = time.monotonic()
    assert held.wait(jobs, 20, 0.2) == 0
    assert time.monotonic() - start < 5.0


def test_eight_viewers_get_what_each_asked_for(service: Simulator, scenario: Scenario) -> None:
    found: dict[int, float] = {}

    def look(i: int) -> None:
        jobs = service.watch(f"viewer {i}", [changed(scenario, i), scenario])
        service.wait(jobs, 40, WAIT)
        found[i] = float(jobs[0].ensemble(40).series["queued_mw"].sum())

    threads = [threading.Thread(target=look, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    for i in range(8):
        assert found[i] == float(ensemble(changed(scenario, i), range(1, 41)).series["queued_mw"].sum()), i
