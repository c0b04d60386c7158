"""The same bits wherever and however a run is computed: processes, processors, threads, compiled or not."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from gridsim.config.reader import load_text
from gridsim.config.scenario import Scenario
from gridsim.engine.ensemble import ensemble
from gridsim.engine.prepare import prepare
from gridsim.engine.result import Result
from gridsim.engine.simulate import run_prepared, simulate, warm_up
from tests.written import written

MARKET = """
title: A market in which everything happens soon
actors: {labs: {count: 3}, hyperscalers: {count: 2}, developers: {count: 2}, utilities: {count: 4}}
demand: {initial_need_gw: 2, growth_gw: 8, growth_months: 48, midpoint_month: 30, projects: {size_median_mw: 120}}
grid:
  headroom_gw: 3
  pipeline: {filed_mw: 1500, studied_mw: 800, signed_mw: 900}
  pipeline_speculative_share: 0.3
  pipeline_copied_share: 0.5
  study: {months_min: 1, months_max: 2, agreement_months_min: 0, agreement_months_max: 2}
  construction: {months_min: 2, months_max: 9, slip_mean_months: 2, cancel_hazard_per_year: 0.2}
  expansion: {lead_months: 10}
"""


def scenario(months: int) -> Scenario:
    """That market over some months."""
    return load_text(MARKET, overrides={"horizon_months": months})


def fingerprint(months: int) -> str:
    """The digest of a run and of its twin."""
    manifest = simulate(scenario(months), 2**63 - 1, twin=True).manifest
    return f"{manifest['result_digest']} {manifest['twin_digest']}"


def elsewhere(months: int, **environment: str) -> str:
    """The same in a process of its own, which must not warn."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "PYTHONHASH"))}
    ignored = "ignore:First-class function type feature is experimental"
    code = f"from tests.model.test_determinism import fingerprint; print(fingerprint({months}))"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-W", ignored, "-c", code],
        cwd=Path(__file__).parents[2], env=inherited | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_the_market_is_worth_comparing():
    table = simulate(scenario(48), 2**63 - 1).requests
    assert len(table) > 150
    assert {"energised", "withdrawn", "agreement signed", "under construction"} <= set(table.stage)


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_a_fresh_process_gives_the_same_bits(hash_seed):
    """Also in another order of sets and dictionaries."""
    assert elsewhere(48, PYTHONHASHSEED=hash_seed) == fingerprint(48)


def test_uncompiled_code_gives_the_same_bits():
    assert elsewhere(12, NUMBA_DISABLE_JIT="1") == fingerprint(12)


@pytest.mark.slow
def test_another_processor_gives_the_same_bits():
    """Compiled for any processor of this kind, without the vector and fused instructions of this one.

    The first time, this compiles all kernels.
    """
    assert elsewhere(48, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="") == fingerprint(48)


@pytest.mark.slow
def test_checked_bounds_give_the_same_bits():
    """Every access of the kernels is within its array: Numba raises an IndexError otherwise. Compiles all kernels."""
    assert elsewhere(48, NUMBA_BOUNDSCHECK="1") == fingerprint(48)


def columns(result: Result) -> bytes:
    """All numbers of a run."""
    state = written(result._state)
    return state.series.tobytes() + state.requests.tobytes() + state.ledger.cash_usd.tobytes()


def test_threads_give_the_same_bits_as_one_after_the_other():
    warm_up()
    prepared = prepare(scenario(48), keep_log=True)
    seeds = range(8)
    one_by_one = [columns(run_prepared(prepared, seed)) for seed in seeds]
    with ThreadPoolExecutor(2) as pool:
        at_once = list(pool.map(lambda seed: columns(run_prepared(prepared, seed)), seeds))
    assert at_once == one_by_one
    assert len(set(one_by_one)) == len(seeds)


def test_a_run_leaves_what_was_prepared_as_it_was():
    prepared = prepare(scenario(12), keep_log=True)
    before = (prepared.params.tobytes(), *(table.tobytes() for table in prepared.tables))
    first = columns(run_prepared(prepared, 1))
    run_prepared(prepared, 2)
    assert (prepared.params.tobytes(), *(table.tobytes() for table in prepared.tables)) == before
    assert columns(run_prepared(prepared, 1)) == first


def test_an_ensemble_is_its_runs():
    together = ensemble(scenario(24), [5, 3])
    for row, seed in enumerate((5, 3)):
        alone = simulate(scenario(24), seed).series
        for name, values in together.series.items():
            np.testing.assert_array_equal(values[row], alone[name].to_numpy(), name)
