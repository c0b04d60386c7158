"""A store under any order of writing, faults, damage, merging and opening again: it loses nothing and invents nothing."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gridsim.study.results import Batch
from tests.study.failing import FAULTS, attempt, drafts, fresh, table_of
from tests.study.stores import held, is_sound, rows_of

BLOCK, BLOCKS = 4, 3
SIZE = BLOCK * BLOCKS - 1
TABLES = ("months", "runs")
blocks = st.integers(0, BLOCKS - 1)
some = st.sets(st.integers(0, BLOCK - 1), min_size=1)
calls = st.integers(1, 20)
faults = st.sampled_from(FAULTS)


def numbers_of(block, places):
    """The runs at some places of a block."""
    return sorted(number for place in places if (number := block * BLOCK + place) < SIZE) or [block * BLOCK]


class StoreMachine(RuleBasedStateMachine):
    """What a store must hold, whatever happens to it."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = fresh(self.folder)
        self.done = set()

    def teardown(self):
        shutil.rmtree(self.folder)

    def paths(self):
        """The files of both tables, in an order of their own."""
        return [path for table in TABLES for path in sorted((self.folder / table).iterdir())]

    def mask(self):
        """The runs that must be there, as a driver knows them."""
        mask = np.zeros(SIZE, bool)
        mask[sorted(self.done)] = True
        return mask

    @rule(block=blocks, places=some)
    def write(self, block, places):
        numbers = numbers_of(block, places)
        for table in TABLES:
            self.store.write(table, block, table_of(numbers))
        self.done |= set(numbers)

    @rule(block=blocks, places=some)
    def die_between_the_tables(self, block, places):
        numbers = numbers_of(block, places)
        self.store.write("months", block, table_of(numbers))
        self.done |= set(numbers) & set(rows_of(self.folder, "runs"))

    @rule(block=blocks, places=some, n=calls, fault=faults)
    def write_while_a_call_fails(self, block, places, n, fault):
        numbers = numbers_of(block, places)
        before = self.done
        for table in TABLES:
            _, well = attempt(lambda table=table: self.store.write(table, block, table_of(numbers)), n, fault)
            if not well:
                break
        now = held(self.folder)
        assert before <= now <= before | set(numbers)
        assert not well or set(numbers) <= now
        self.done = now

    @rule(block=blocks, n=calls, fault=faults)
    def merge_while_a_call_fails(self, block, n, fault):
        attempt(lambda: self.store.merge(block, self.mask()), n, fault)

    @rule(block=blocks)
    def merge(self, block):
        damaged = [path for path in self.paths() if not is_sound(path)]
        if not damaged:
            self.store.merge(block, self.mask())
            assert all(len(self.store.block_parts(table, block)) <= 1 for table in TABLES)

    @rule(at=st.integers(0), place=st.integers(0), how=st.sampled_from(["flip", "cut", "empty", "more"]))
    def damage(self, at, place, how):
        if not (paths := [path for path in self.paths() if is_sound(path) and path.stat().st_size]):
            return
        path = paths[at % len(paths)]
        data = bytearray(path.read_bytes())
        if how == "flip":
            data[place % len(data)] ^= 1 << (place % 8)
        elif how == "more":
            data += b"\0"
        else:
            data = data[: place % len(data)] if how == "cut" else b""
        path.write_bytes(bytes(data))
        self.done = held(self.folder)

    @rule(mine=st.lists(st.booleans(), min_size=BLOCKS, max_size=BLOCKS))
    def open_again(self, mine):
        self.store = fresh(self.folder)
        mask = np.array(mine)
        with self.store.writing((1, 1)):
            assert drafts(self.store) == []
            self.store.quarantine(self.store.check(mask))
            done = self.store.tidy(SIZE, mask)
            mine_now = {number for number in self.done if mine[number // BLOCK]}
            assert set(np.flatnonzero(done).tolist()) == mine_now
        for table in TABLES:
            count = {run: times for run, times in rows_of(self.folder, table).items() if mine[run // BLOCK]}
            assert count == dict.fromkeys(mine_now, 1)

    @invariant()
    def holds_what_it_must(self):
        assert held(self.folder) == self.done

    @invariant()
    def says_what_it_holds(self):
        mask = np.ones(BLOCKS, bool)
        damaged = self.store.check(mask)
        assert damaged == [path for path in reversed_tables(self.paths()) if not is_sound(path)]
        if not damaged:
            assert {n for block in range(BLOCKS) for n in self.store.done_in(block).tolist()} == self.done
            if self.done:
                assert set(Batch(self.store).read("runs")["run"]) >= self.done

    @invariant()
    def invents_nothing(self):
        for path in self.paths():
            if is_sound(path):
                table = pq.read_table(path).to_pydict()
                assert table["half"] == [number / 2 for number in table["run"]]
                assert {number // BLOCK for number in table["run"]} <= {int(path.name.split(".")[0])}


def reversed_tables(paths):
    """Paths with those of `runs` first, as the store names them."""
    return sorted(paths, key=lambda path: path.parent.name != "runs")


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
