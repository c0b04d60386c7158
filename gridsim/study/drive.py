"""The model as a function, for tools that drive one: SALib, EMA Workbench, Optuna, SciPy."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridsim.config.reader import load
from gridsim.config.scenario import Scenario
from gridsim.config.variants import varied
from gridsim.engine.measures import SERIES
from gridsim.engine.prepare import prepare
from gridsim.engine.seeds import checked_seed
from gridsim.engine.simulate import run_prepared, warm_up
from gridsim.study.plan import known


def run(
    scenario: Scenario | str | os.PathLike[str] | None = None,
    /,
    *,
    seed: int | None = None,
    measures: Iterable[str] | None = None,
    **overrides: Any,
) -> dict[str, NDArray[np.float64]]:
    """Run a scenario with other values, and give its monthly series as arrays.

        gridsim.run("configs/baseline.yaml", seed=7, policy__deposit_usd_per_mw=50000)["queued_mw"]

    Args:
        scenario: a scenario or its file; all defaults without one.
        seed: instead of the scenario's; the same seed gives the same random numbers whatever the other values.
        measures: columns of the series to give; all by default.
        **overrides: values by dotted path, as in `gridsim.load`; two underscores stand for a dot.

    Returns:
        One array a measure, a number a month.

    Raises:
        ScenarioError: the values make no scenario.
        ValueError: an unknown measure, or a seed out of range.
    """
    names = tuple(SERIES) if measures is None else known(measures, "measures")
    base = Scenario(title="defaults") if scenario is None else scenario
    base = base if isinstance(base, Scenario) else load(base)
    chosen = checked_seed(base.seed if seed is None else seed)
    changed = {path.replace("__", "."): value for path, value in overrides.items()}
    prepared = prepare(varied(base, changed) if changed else base)
    warm_up()
    series = run_prepared(prepared, chosen)._state.series
    return {name: np.ascontiguousarray(series[name]) for name in names}
