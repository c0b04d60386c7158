"""Means over seeds, for the cases that draw random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEEDS = 20


def mean_over_seeds(
    sample: Callable[[np.random.Generator], Any], stream: int, seeds: int = SEEDS
) -> NDArray[np.float64]:
    """Mean of what `sample` gives, a number or several, over generators seeded with (stream, 0), (stream, 1), ..."""
    samples = [sample(np.random.default_rng([stream, seed])) for seed in range(seeds)]
    return np.mean(np.asarray(samples, dtype=np.float64), axis=0)
