"""How a batch's driver takes what becomes of its tasks: who is guilty of a death, what was lost, what is only unheard of."""

import random
import time
from collections import Counter, deque
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gridsim.config.reader import load_text
from gridsim.study.batch import BatchStopped, Driver
from gridsim.study.dask_executor import Dask
from gridsim.study.executors import Outcome
from gridsim.study.plan import make_plan
from gridsim.study.work import Done
from tests.study.stores import TINY


class Shelf:
    """A store without a disk."""

    root = "shelf"

    def __init__(self, block):
        self.block, self.rows, self.failures = block, set(), set()

    def done_in(self, block):
        return np.array(sorted(number for number in self.rows if number // self.block == block), np.int64)

    def merge(self, block, done):
        pass

    def write_failure(self, run, record):
        self.failures.add(run.number)


class Mortal:
    """Workers that die of some runs, and with them every task that is under way beside; some die of nothing at all."""

    def __init__(self, shelf, workers, poison, luck, mishap):
        self.workers, self.room = workers, 2 * workers
        self.shelf, self.poison, self.luck, self.mishap = shelf, poison, luck, mishap
        self.live = deque()
        self.mishaps = Counter()

    def submit(self, task):
        self.live.append(task)

    def wait(self, seconds):
        under_way = [self.live.popleft() for _ in range(min(len(self.live), self.workers))]
        accident = self.luck.random() < self.mishap
        if accident and len(under_way) == 1:  # what dies alone three times is guilty
            self.mishaps[tuple(under_way[0])] += 1
            accident = self.mishaps[tuple(under_way[0])] < 3
        if accident or any(number in self.poison for task in under_way for number in task):
            return [Outcome(task, None, RuntimeError("killed"), killed=True) for task in under_way]
        for task in under_way:
            self.shelf.rows.update(task)
        return [Outcome(task, Done(task, [], 0.01 * len(task))) for task in under_way]

    def stop(self):
        return []

    def close(self):
        pass


def driven(runs, chunk, workers, poison, mishap=0.0, seed=1):
    """A driver that has ended, with its store and its executor."""
    plan = make_plan(load_text(TINY), range(1, runs + 1), measures=[], series=[])
    shelf = Shelf(plan.block)
    blocks = np.ones(-(-runs // plan.block), bool)
    driver = Driver(shelf, plan, np.zeros(runs, bool), blocks, chunk, lambda at: None)
    executor = Mortal(shelf, workers, poison, random.Random(seed), mishap)
    driver.drive(executor)
    return driver, shelf, executor


@given(st.integers(1, 250), st.one_of(st.none(), st.integers(1, 60)), st.integers(1, 5), st.sets(st.integers(0, 249)))
@example(250, 1, 2, {7})
@example(250, 1, 4, {7, 8, 9})
@example(40, 4, 2, {0, 39})
def test_the_runs_that_kill_are_found_and_no_other_is_blamed(runs, chunk, workers, poison):
    poison = {number for number in poison if number < runs}
    driver, shelf, _ = driven(runs, chunk, workers, poison)
    assert shelf.failures == driver.failed == poison
    assert shelf.rows == set(range(runs)) - poison
    assert (driver.left, driver.open) == (0, {})


@given(st.integers(1, 250), st.one_of(st.none(), st.integers(1, 60)), st.integers(1, 5), st.floats(0.0, 1.0))
@example(2, 1, 2, 1.0)
def test_deaths_by_chance_blame_no_run(runs, chunk, workers, mishap):
    driver, shelf, _ = driven(runs, chunk, workers, set(), mishap)
    assert shelf.rows == set(range(runs))
    assert shelf.failures == driver.failed == set()


def test_a_task_whose_end_is_unheard_of_is_looked_for_in_the_store():
    plan = make_plan(load_text(TINY), range(1, 11), measures=[], series=[])
    shelf = Shelf(plan.block)
    driver = Driver(shelf, plan, np.zeros(10, bool), np.ones(1, bool), 10, lambda at: None)
    task = driver.next_task(0)
    shelf.rows.update(task[:4])
    driver.take(Outcome(task, None, TimeoutError()))
    assert (driver.left, driver.next_task(0)) == (6, task[4:])
    shelf.rows.update(task)
    driver.take(Outcome(task[4:], None, None))
    assert (driver.left, driver.next_task(0)) == (0, None)


class Told:
    """A future that has ended and of which nobody was told."""

    status = "finished"

    def result(self, timeout):
        return Done([1], [], 0.1)

    def release(self):
        pass


def test_an_end_that_an_interrupt_kept_from_the_driver_is_seen_when_it_stops(tmp_path):
    dask = Dask.__new__(Dask)
    dask._live, dask._client, dask._stop_file = {Told(): [1]}, SimpleNamespace(status="running"), tmp_path / "stop"
    begun = time.monotonic()
    assert [outcome.done.finished for outcome in dask.stop()] == [[1]]
    assert time.monotonic() - begun < 5.0


@pytest.mark.parametrize("fault", [OSError(5, "Input/output error", "part"), OSError(28, "No space left on device")])
def test_a_disk_that_fails_the_driver_ends_the_batch_in_words(fault, monkeypatch):
    def failing(*arguments):
        raise fault

    monkeypatch.setattr(Shelf, "merge", failing)
    with pytest.raises(
        BatchStopped, match=r"(Input/output error|No space left).*; 100 runs .* the same command goes on"
    ):
        driven(100, 100, 1, set())
