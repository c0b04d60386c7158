"""The plan of a batch: every cell of a sweep with every seed, numbered. What it says decides every byte of the store."""

from __future__ import annotations

import functools
import hashlib
import json
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gridsim import __version__
from gridsim.config.explain import did_you_mean
from gridsim.config.scenario import Scenario
from gridsim.config.sweep import Sample, Sweep
from gridsim.config.variants import varied
from gridsim.engine.grid_files import case_digest
from gridsim.engine.measures import SERIES
from gridsim.engine.prepare import Prepared, prepare
from gridsim.engine.runner import Runner
from gridsim.engine.seeds import checked_seeds
from gridsim.model import jit_cache
from gridsim.study.designs import Cell, cells

RUNS_MAX = 100_000_000
BLOCK = 200
BLOCKS_MAX = 2_000
MONTHLY = (
    *("power_claims", "power_need", "power_capacity", "power_phantom_ratio"),
    *("queued_mw", "signed_mw", "energised_mw", "unserved_need_mw", "compute_phantom_ratio", "price_usd_gpu_h"),
)
"""Measures whose monthly series a batch keeps unless told otherwise."""


class Run(NamedTuple):
    """One run of a plan: its number, its cell, its seed, and whether it is the honest twin of the run before it."""

    number: int
    cell: int
    seed: int
    twin: bool


class Plan:
    """The runs of a batch, cell by cell, seed by seed, a twin after its run.

    Attributes:
        scenario: what the cells vary.
        cells: values by dotted path.
        seeds: the same for all cells, so that cells differ by what they change and not by luck.
        twin: whether each run is followed by its honest twin.
        measures: columns of the series whose last, peak and mean are kept.
        series: columns of the series that are kept month by month.
        sample: what the cells were drawn by, if the sweep has a sample.
    """

    def __init__(
        self,
        scenario: Scenario,
        cells: list[Cell],
        seeds: Sequence[int],
        twin: bool,
        measures: Sequence[str],
        series: Sequence[str],
        sample: Sample | None = None,
    ) -> None:
        self.scenario = scenario
        self.cells = cells
        self.seeds = tuple(seeds)
        self.twin = twin
        self.measures = tuple(measures)
        self.series = tuple(series)
        self.sample = sample
        self._prepared = functools.lru_cache(maxsize=64)(self._prepare)
        self._runners = threading.local()
        self._digests: dict[tuple[int, bool], str] = {}

    def __len__(self) -> int:
        return len(self.cells) * len(self.seeds) * (2 if self.twin else 1)

    @property
    def block(self) -> int:
        """Runs in a block: a whole part of the store."""
        return max(BLOCK, -(-len(self) // BLOCKS_MAX))

    @functools.cached_property
    def paths(self) -> list[str]:
        """The dotted paths that the cells set, in the order in which they first come."""
        return list(dict.fromkeys(path for cell in self.cells for path in cell))

    def run(self, number: int) -> Run:
        """The run of a number from 0."""
        pair, twin = divmod(number, 2) if self.twin else (number, 0)
        cell, seed = divmod(pair, len(self.seeds))
        return Run(number, cell, self.seeds[seed], bool(twin))

    def variant(self, cell: int, twin: bool) -> Scenario:
        """The scenario of a cell. Raises `ScenarioError` if its values do not fit together."""
        scenario = varied(self.scenario, self.cells[cell]) if self.cells[cell] else self.scenario
        return scenario.twin() if twin else scenario

    def prepared(self, run: Run) -> Prepared:
        """What all runs of a cell start from."""
        return self._prepared(run.cell, run.twin)

    def runner(self, run: Run) -> Runner:
        """Columns to run the runs of a cell in, this thread's own; kept until another cell's are asked for."""
        prepared = self.prepared(run)
        kept: Runner | None = getattr(self._runners, "last", None)
        if kept is None or kept.prepared is not prepared:
            kept = self._runners.last = Runner(prepared)
        return kept

    def _prepare(self, cell: int, twin: bool) -> Prepared:
        return prepare(self.variant(cell, twin))

    def id_of(self, run: Run) -> str:
        """A name for what decides the run: the model's sources, the scenario with the cell's values, the seed."""
        key = run.cell, run.twin
        if key not in self._digests:
            if len(self._digests) > 4096:
                self._digests.clear()
            self._digests[key] = content_digest(self.prepared(run).scenario)
        parts = (jit_cache.source_digest(), self._digests[key], str(run.seed))
        return hashlib.blake2b("/".join(parts).encode(), digest_size=16).hexdigest()

    def manifest(self) -> dict[str, Any]:
        """The plan as plain data; equal for equal plans, whatever the file, the machine or the workers."""
        return {
            "gridsim": __version__,
            "model": jit_cache.source_digest(),
            "scenario": self.scenario.model_dump(by_alias=True),
            "content": content_digest(self.scenario),
            "cells": len(self.cells),
            "cells_digest": digest_of(self.cells),
            "sample": sample_data(self.sample),
            "seeds": compact(self.seeds),
            "twin": self.twin,
            "runs": len(self),
            "block": self.block,
            "measures": list(self.measures),
            "series": list(self.series),
        }


def make_plan(
    scenario: Scenario,
    seeds: Iterable[int],
    *,
    sweep: Sweep | None = None,
    twin: bool = False,
    measures: Iterable[str] | None = None,
    series: Iterable[str] | None = None,
) -> Plan:
    """A plan of every cell of the sweep with every seed.

    `measures` are all by default, `series` those in MONTHLY.

    Raises:
        ValueError: no seed, one out of range or given twice, an unknown measure, too many runs.
    """
    wanted = checked_seeds(seeds)
    if len(set(wanted)) != len(wanted):
        raise ValueError("seeds: one is given twice")
    kept = tuple(SERIES) if measures is None else known(measures, "measures")
    monthly = MONTHLY if series is None else known(series, "series")
    plan = Plan(essence(scenario), cells(sweep), wanted, twin, kept, monthly, sweep.sample if sweep else None)
    if len(plan) > RUNS_MAX:
        raise ValueError(f"the batch has {len(plan):,} runs; at most {RUNS_MAX:,} are allowed")
    return plan


def essence(scenario: Scenario) -> Scenario:
    """The scenario without what changes no run: words, and what is only drawn beside it. Its seed is the plan's to say."""
    words = {"title": "batch", "description": "", "seed": 1, "observed": None, "contrast": None}
    return scenario.model_copy(update=words)


def content_digest(scenario: Scenario) -> str:
    """A name for a scenario and the files that it names."""
    return scenario.digest() + case_digest(scenario.grid.network.case, scenario.folder)[:16]


def known(names: Iterable[str], what: str) -> tuple[str, ...]:
    """Names of series columns, each once. Raises ValueError for one that there is not."""
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in SERIES:
            hint = did_you_mean(name, list(SERIES)) or "; gridsim list measures lists them"
            raise ValueError(f"{what}: there is no measure {name!r}{hint}")
    return wanted


def digest_of(data: Any) -> str:
    """A short name for plain data."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def compact(seeds: Sequence[int]) -> list[Any]:
    """Seeds as runs of consecutive ones, [first, last] each."""
    out: list[list[int]] = []
    for seed in seeds:
        if out and seed == out[-1][1] + 1:
            out[-1][1] = seed
        else:
            out.append([seed, seed])
    return out


def expanded(ranges: Sequence[Sequence[int]]) -> list[int]:
    """The inverse of `compact`."""
    return [seed for first, last in ranges for seed in range(first, last + 1)]


def plan_from(manifest: dict[str, Any], listed: list[Cell], folder: Path | None) -> Plan:
    """The plan that a manifest and its cells describe; files that the scenario names are looked for in `folder`."""
    scenario = Scenario.model_validate(manifest["scenario"], by_alias=True, by_name=False).placed(folder)
    seeds = expanded(manifest["seeds"])
    return Plan(
        scenario, listed, seeds, manifest["twin"], manifest["measures"], manifest["series"], sample_of(manifest)
    )


def sample_data(sample: Sample | None) -> dict[str, Any] | None:
    """A sample as plain data; its ranges as a list, for their order, which a manifest does not keep, is part of the design."""
    if sample is None:
        return None
    found = sample.model_dump()
    return found | {"ranges": [[path, drawn] for path, drawn in found["ranges"].items()]}


def sample_of(manifest: dict[str, Any]) -> Sample | None:
    """What the cells of a plan were drawn by; None without a sample, and in stores that were made before it was kept."""
    kept = manifest.get("sample")
    return None if kept is None else Sample.model_validate(kept | {"ranges": dict(kept["ranges"])})
