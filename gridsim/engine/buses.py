"""The buses at which requests sit: those of a network case, area by area, or one for each area."""

from __future__ import annotations

import numpy as np

from gridsim.config.errors import Problem, ScenarioError
from gridsim.config.scenario import Scenario
from gridsim.engine.grid_case import GridCase, load_case

AREAS = "areas"


def one_bus_an_area(names: list[str]) -> GridCase:
    """No network: an area is a bus, and there are no lines."""
    n, nothing = len(names), np.zeros(0)
    return GridCase(
        buses=list(names),
        area=np.arange(n),
        load_share=np.ones(n),
        lines=[],
        ptdf=np.zeros((n, 0)),
        limit_mw=nothing,
        flow_mw=nothing,
        x=np.arange(n) / max(1, n - 1),
        y=np.zeros(n),
    )


def grid_case(scenario: Scenario, names: list[str]) -> GridCase:
    """The scenario's network, its buses sorted by area; utilities take the areas in the order of their names.

    A file is looked for in the scenario's folder. Raises ScenarioError where the case does not exist, cannot be read, or has
    fewer buses than there are utilities.
    """
    network = scenario.grid.network
    if network.case == AREAS:
        return one_bus_an_area(names)
    try:
        case = load_case(
            network.case,
            len(names),
            scale=network.scale,
            margin=network.security_margin,
            n_minus_1=network.n_minus_1,
            folder=scenario.folder,
        )
    except (ValueError, ImportError) as error:
        raise ScenarioError([Problem(scenario.title, None, None, "grid.network.case", str(error))]) from error
    order = np.argsort(case.area, kind="stable")
    return case._replace(
        buses=[case.buses[b] for b in order],
        area=case.area[order],
        load_share=case.load_share[order],
        ptdf=np.ascontiguousarray(case.ptdf[order]),
        x=case.x[order],
        y=case.y[order],
    )
