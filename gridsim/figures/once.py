"""What is worked out of a run once, and kept for as long as the run is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from gridsim.engine.result import Result

Found = TypeVar("Found")


def once_a_run(make: Callable[[Result], Found]) -> Callable[[Result], Found]:
    """A function of a run that works only the first time it is asked about that run."""
    kept: WeakKeyDictionary[Result, Found] = WeakKeyDictionary()

    @wraps(make)
    def known(result: Result) -> Found:
        if result not in kept:
            kept[result] = make(result)
        return kept[result]

    return known
