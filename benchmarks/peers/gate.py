"""Whether a peer gives what gridsim gives: every monthly series of the power layer, bit for bit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gridsim.config.scenario import Scenario
from gridsim.engine.prepare import prepare
from gridsim.engine.simulate import run_prepared, warm_up

from .mesa_port.accounting import SERIES
from .mesa_port.market import PowerMarket
from .mesa_port.settings import read_settings
from .power_months import run_power

REQUIRED = ("power_claims", "power_need", "power_capacity", "queued_mw", "signed_mw", "energised_mw")
REQUIRED += ("filed_mw", "exited_mw")
"""Series that any peer of the power layer must have; the Mesa port has all of `SERIES`."""


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any], names: Iterable[str], who: str) -> list[str]:
    """One line for every series that is not the same in every bit (NaN equals NaN), with the first month that differs."""
    lines = []
    for name in names:
        a, b = (np.asarray(table[name], np.float64) for table in (found, wanted))
        if a.shape != b.shape:
            lines.append(f"{who}: {name} has {a.size} months, gridsim's {b.size}")
            continue
        wrong = ~((a == b) | (np.isnan(a) & np.isnan(b)))
        if wrong.any():
            t = int(np.argmax(wrong))
            lines.append(f"{who}: {name} is {float(a[t])!r} in month {t}, gridsim's {float(b[t])!r}")
    return lines


def check_port(scenario: Scenario, seeds: Iterable[int]) -> list[str]:
    """What the Mesa port gives that gridsim does not; nothing if they agree."""
    warm_up()
    prepared, settings = prepare(scenario), read_settings(scenario)
    lines = []
    for seed in seeds:
        market = PowerMarket(settings, seed)
        market.run_model()
        found = market.datacollector.get_model_vars_dataframe()
        wanted = run_prepared(prepared, seed).series
        lines += differences(found, wanted, SERIES, f"the Mesa port, seed {seed}")
    return lines


def check_power_months(scenario: Scenario, seeds: Iterable[int]) -> list[str]:
    """What the power layer of gridsim by itself gives that the whole model does not."""
    warm_up()
    prepared = prepare(scenario)
    lines = []
    for seed in seeds:
        found, wanted = run_power(prepared, seed).series, run_prepared(prepared, seed).series
        lines += differences(found, wanted, SERIES, f"gridsim's power layer, seed {seed}")
    return lines
