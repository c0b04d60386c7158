"""The cells of a sweep: which values each gives to which path. Designs are SciPy's and SALib's."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridsim.config.sweep import Sample, Sweep

Cell = dict[str, Any]
CELLS_MAX = 1_000_000


def cells(sweep: Sweep | None) -> list[Cell]:
    """The cells of a sweep in their order: those of the list, times the grid, times the sample; one empty cell without a sweep.

    Raises:
        ValueError: when there are more than a million.
    """
    if sweep is None:
        return [{}]
    parts = [part for part in (sweep.cells, list(grid_cells(sweep)), sample_cells(sweep.sample)) if part]
    count = int(np.prod([float(len(part)) for part in parts]))
    if count > CELLS_MAX:
        raise ValueError(f"the sweep has {count:,} cells; at most {CELLS_MAX:,} are allowed")
    return [{k: v for part in chosen for k, v in part.items()} for chosen in itertools.product(*parts)]


def grid_cells(sweep: Sweep) -> Iterator[Cell]:
    """Every combination of the grid's values, the last path changing fastest."""
    count = int(np.prod([float(len(values)) for values in sweep.grid.values()])) if sweep.grid else 0
    if count > CELLS_MAX:
        raise ValueError(f"the grid has {count:,} cells; at most {CELLS_MAX:,} are allowed")
    if sweep.grid:
        yield from (dict(zip(sweep.grid, chosen, strict=True)) for chosen in itertools.product(*sweep.grid.values()))


def sample_cells(sample: Sample | None) -> list[Cell]:
    """The points of a sample."""
    if sample is None:
        return []
    return [cell_at(sample, row) for row in ranks(sample)]


def cell_at(sample: Sample, row: NDArray[np.float64]) -> Cell:
    """The values at a point, from its ranks in the ranges."""
    return {path: drawn.at(float(rank)) for (path, drawn), rank in zip(sample.ranges.items(), row, strict=True)}


def ranks(sample: Sample) -> NDArray[np.float64]:
    """Points of the design in the unit cube, a row a cell."""
    if sample.design in ("latin_hypercube", "sobol"):
        from scipy.stats import qmc

        size = len(sample.ranges)
        if sample.design == "sobol":
            return np.asarray(qmc.Sobol(size, rng=np.random.default_rng(sample.seed)).random(sample.points))
        return np.asarray(qmc.LatinHypercube(size, rng=np.random.default_rng(sample.seed)).random(sample.points))
    problem = salib_problem(sample)
    if sample.design == "saltelli":
        from SALib.sample import sobol

        return np.asarray(sobol.sample(problem, sample.points, calc_second_order=False, seed=sample.seed))
    from SALib.sample import morris

    return np.asarray(morris.sample(problem, sample.points, num_levels=sample.levels, seed=sample.seed))


def salib_problem(sample: Sample) -> dict[str, Any]:
    """The ranges as SALib names them, in the unit cube; what SALib's `analyze` takes beside a design."""
    names = list(sample.ranges)
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
