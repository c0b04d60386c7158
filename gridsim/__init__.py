"""gridsim: how much of the scarcity of power and compute is apparent, which mechanism causes it, which rule removes it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridsim.config.reader import load
    from gridsim.config.scenario import Scenario
    from gridsim.engine.allocate import allocate
    from gridsim.engine.mesa_model import GridModel
    from gridsim.engine.result import Result
    from gridsim.engine.simulate import simulate
    from gridsim.engine.user_strategies import strategy
    from gridsim.study.attribution import attribute
    from gridsim.study.batch import run_batch
    from gridsim.study.drive import run
    from gridsim.study.results import Batch
    from gridsim.study.variance import sensitivity

__version__ = "0.1.0"
__all__ = [
    "Batch",
    "GridModel",
    "Result",
    "Scenario",
    "allocate",
    "attribute",
    "load",
    "run",
    "run_batch",
    "sensitivity",
    "simulate",
    "strategy",
]

_HOMES = {
    "load": "gridsim.config.reader",
    "Scenario": "gridsim.config.scenario",
    "simulate": "gridsim.engine.simulate",
    "Result": "gridsim.engine.result",
    "allocate": "gridsim.engine.allocate",
    "GridModel": "gridsim.engine.mesa_model",
    "attribute": "gridsim.study.attribution",
    "run": "gridsim.study.drive",
    "run_batch": "gridsim.study.batch",
    "Batch": "gridsim.study.results",
    "sensitivity": "gridsim.study.variance",
    "strategy": "gridsim.engine.user_strategies",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `gridsim --help` loads none of the engine."""
    if name not in _HOMES:
        raise AttributeError(f"module 'gridsim' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
