"""Seeds that a run can have: whole numbers from 0 to 2^63 - 1."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

SEEDS_END = 2**63


def checked_seed(seed: object, name: str = "seed") -> int:
    """A seed as Python's int. Raises ValueError, under the name of the argument, for what is none."""
    if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool) or not 0 <= seed < SEEDS_END:
        raise ValueError(f"{name}: found {seed!r}, allowed are whole numbers from 0 to 2^63 - 1")
    return int(seed)


def checked_seeds(seeds: Iterable[int]) -> list[int]:
    """Seeds in the order given. Raises ValueError if there is none or one out of range."""
    wanted = [int(seed) for seed in seeds]
    if not wanted or not all(0 <= seed < SEEDS_END for seed in wanted):
        raise ValueError("seeds: at least one, each from 0 to 2^63 - 1")
    return wanted
