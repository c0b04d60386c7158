"""Request strategies of users: registered from Python, or named in a scenario by file and function; compiled either way.

    @gridsim.strategy("cautious")
    def cautious(gap_mw, scarcity, wait, approval, copies, fear, luck):
        return 0.5, 1.0

A strategy gets what an agent sees in a month: MW that it lacks by its plain forecast, perceived claims over capacity, believed
months to power, believed chance that one request is approved in time, the number of copies that is worth most, its fear
(0 to 1), and a uniform random number of its own. It returns the multiple of the gap to ask for (0 to 20) and the number of
areas in which each project is filed (1 or more). It must compile with Numba and depend on nothing else, so that the same seed
gives the same bytes in any process. An agent whose answer is out of range makes the run fail.
"""

from __future__ import annotations

import functools
import math
import re
import types
from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba import carray, cfunc, njit  # type: ignore[attr-defined]

from gridsim.config.errors import StrategyError
from gridsim.config.scenario import Scenario
from gridsim.config.strategies import ENTRY_STRATEGIES, NEED_STRATEGIES, REGISTERED, source_of
from gridsim.model.outside import SIGHTS

Strategy = TypeVar("Strategy", bound=Callable[..., Any])
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class StrategyFault(RuntimeError):
    """A strategy of a user's own raised, or gave an answer out of range."""


def strategy(name: str) -> Callable[[Strategy], Strategy]:
    """Register a request strategy under a name that scenarios of this process may give to labs and hyperscalers.

    Raises `StrategyError` for a name that is taken by a built-in strategy or no identifier. Registered again, a name means
    the newer function.
    """
    if not NAME.fullmatch(name) or name in {*NEED_STRATEGIES, *ENTRY_STRATEGIES, "mine"}:
        raise StrategyError(f"a strategy cannot be called {name!r}: letters, digits and _, and no built-in name")

    def register(function: Strategy) -> Strategy:
        REGISTERED[name] = function
        return function

    return register


def address_of(name: str, scenario: Scenario) -> int:
    """Address of a strategy from outside, compiled; it stays valid as long as the process lives."""
    return int(bridge(function_of(name, scenario)).address)


def function_of(name: str, scenario: Scenario) -> Callable[..., Any]:
    """The function that a scenario's name of a strategy means."""
    if name != "mine":
        return REGISTERED[name]
    assert scenario.strategies.mine is not None  # else the scenario would have been refused
    file, _, called = scenario.strategies.mine.partition(":")
    made = functions_in(source_of(file, scenario.folder), file)
    if called not in made:
        raise StrategyError(f"strategies.mine: {file} has no function {called!r}; it has {', '.join(made) or 'none'}")
    return made[called]


@functools.lru_cache(maxsize=32)
def functions_in(text: str, file: str) -> dict[str, Callable[..., Any]]:
    """Run a file of strategies, once for each content, and return its functions."""
    module = types.ModuleType(file.removesuffix(".py"))
    try:
        exec(compile(text, file, "exec"), module.__dict__)
    except Exception as error:  # whatever the file does
        raise StrategyError(f"strategies.mine: {file} does not run: {type(error).__name__}: {error}") from None
    return {k: v for k, v in vars(module).items() if callable(v) and getattr(v, "__module__", "") == module.__name__}


@functools.lru_cache(maxsize=256)
def bridge(function: Callable[..., Any]) -> Any:
    """The function, compiled behind an interface of plain numbers that kernels can call; kept alive by the cache."""
    compiled: Any = njit(getattr(function, "py_func", function))
    numbers = numba.types.float64
    pointer: Any = numba.types.CPointer
    kind = numba.types.void(*[numbers] * SIGHTS, pointer(numbers))

    def answer(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, out: Any) -> None:
        places = carray(out, 2)
        try:
            multiplier, copies = compiled(a, b, c, d, e, f, g)
            places[0] = multiplier
            places[1] = copies
        except Exception:
            places[0] = math.nan

    try:
        return cfunc(kind)(answer)
    except numba.core.errors.NumbaError as error:
        reason = str(error).strip().splitlines()[-1].strip() if str(error).strip() else type(error).__name__
        raise StrategyError(f"strategy {function.__name__!r} does not compile: {reason}") from None
