"""Columns as they are before any draw, the same in every run of a scenario: who the agents are, and the network."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridsim.engine.grid_case import GridCase
from gridsim.model.fleets import Neoclouds
from gridsim.model.group import K, cleared
from gridsim.model.state import NEVER, Applicants, Buses, Lines, Utilities


class Start(NamedTuple):
    """What a run begins with a copy of."""

    applicants: Applicants
    utilities: Utilities
    neoclouds: Neoclouds
    buses: Buses
    lines: Lines


def start(applicant_keys: K, kinds: list[int], utility_keys: K, neocloud_keys: K, case: GridCase) -> Start:
    """Agents by key and kind, and the buses and lines of a network whose buses come area by area."""
    applicants, utilities = cleared(Applicants, applicant_keys.size), cleared(Utilities, utility_keys.size)
    applicants.key, applicants.kind = applicant_keys, kinds
    areas = np.arange(utility_keys.size)
    utilities.key, utilities.blocked = utility_keys, NEVER
    utilities.first_bus, utilities.last_bus = (np.searchsorted(case.area, areas, side) for side in ("left", "right"))
    neoclouds = cleared(Neoclouds, neocloud_keys.size)
    neoclouds.key = neocloud_keys
    return Start(applicants, utilities, neoclouds, bus_columns(case), line_columns(case))


def bus_columns(case: GridCase) -> Buses:
    """Buses, with the share of their area's requests up to each."""
    buses: Buses = cleared(Buses, len(case.buses))
    for u in np.unique(case.area):
        own = case.area == u
        buses.reach[own] = np.cumsum(case.load_share[own])
    return buses


def line_columns(case: GridCase) -> Lines:
    """Lines with the flows of the case's own load."""
    lines: Lines = cleared(Lines, len(case.lines))
    lines.limit_mw, lines.committed_mw = case.limit_mw, case.flow_mw
    return lines
