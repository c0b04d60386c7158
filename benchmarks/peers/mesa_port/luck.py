"""Random numbers and elementary functions that the port shares with gridsim, so that both see the same luck, bit for bit.

Every draw is a function of (seed, purpose, month, key). What is bound here is what gridsim compiles for calls from Python. It
costs somewhat more than a method of Python's own `random`, and a small part of what the same costs when written in Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gridsim.model import draws, elementary


def plain(rule: Any) -> Any:
    """The function behind a rule of gridsim, without its wrapper; the rule itself where Numba is off."""
    return getattr(rule, "entry", rule)


exp, log, normal_quantile = plain(elementary.exp), plain(elementary.log), plain(elementary.normal_quantile)
uniform, uniforms, normal, word = plain(draws.uniform), plain(draws.uniforms), plain(draws.normal), plain(draws.word)
_pair_uniform, _pair_key, _subkey = plain(draws.pair_uniform), plain(draws.pair_key), plain(draws.subkey)

name_key = draws.name_key


def month_word(seed: int, purpose: int, month: int) -> np.uint64:
    """The luck of a month, of which `pair_uniform` makes one number for every key."""
    return np.uint64(word(seed, purpose, month, np.uint64(0)))


def pair_uniform(luck: np.uint64, key: np.uint64) -> float:
    """A number between 0 and 1 for a word and a key."""
    return float(_pair_uniform(luck, key))


def pair_key(key: np.uint64, n: int) -> np.uint64:
    """The key of the n-th copy of a project."""
    return np.uint64(_pair_key(key, n))


def subkey(key: np.uint64, n: int) -> np.uint64:
    """The key of an agent's n-th project."""
    return np.uint64(_subkey(key, n))


def whole(low: int, high: int, u: float) -> int:
    """A whole number from low to high, each as likely."""
    return low + int(u * (high - low + 1))


def months_to_event(per_year: float, u: float, shape: float = 1.0) -> int:
    """Whole months until an event: Weibull, with a constant hazard a year if the shape is 1."""
    if per_year <= 0.0:
        return 10**6
    spell = -log(u)
    if shape != 1.0:
        spell = exp(log(spell) / shape)
    return int(min(spell * 12.0 / per_year, 1e6))
