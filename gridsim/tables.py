"""What `gridsim run` and `gridsim list` print: rows of a table for people, plain data for machines."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gridsim.config.errors import ScenarioError

if TYPE_CHECKING:
    from gridsim.config.scenario import Scenario
    from gridsim.config.sweep import Sweep
    from gridsim.engine.result import Result

Item = dict[str, str | None]
"""One entry of a list: its columns by name."""

KEY_MEASURES = (
    *("power_claims", "power_need", "power_capacity", "power_phantom_ratio", "power_apparent", "power_real"),
    *("queued_mw", "signed_mw", "energised_mw", "duplicate_mw", "speculative_mw", "stranded_mw"),
    *("power_dark_share", "unserved_need_mw", "time_to_power_p50", "cost_usd"),
    *("compute_apparent", "compute_real", "quota_apparent", "quota_real", "tokens_apparent", "tokens_real"),
    *("price_usd_gpu_h", "unplugged_gpu", "idle_held_gpu", "research_share"),
    *("reported_utilisation", "useful_utilisation", "scarcity_hours"),
)
SCENARIOS = Path("configs")
SWEEPS = "sweeps"
"""Name of folders that hold sweeps, not scenarios."""


def summary_rows(result: Result) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the key measures; where there is a twin, its number stands right of each."""
    from gridsim.engine.measures import SERIES

    summaries = [run.summary() for run in (result, result.twin) if run is not None]
    rows = []
    for name in KEY_MEASURES:
        unit, scale = SERIES[name].unit, 1.0
        if unit in ("USD", "USD/month"):
            unit, scale = f"M{unit}", 1e-6
        values = [
            float(summary[f"{name}.{kind}"]) * scale for kind in ("last", "peak", "mean") for summary in summaries
        ]
        rows.append([name, "" if unit == "1" else unit, *map(number, values)])
    heads = [head for kind in ("last", "peak", "mean") for head in (kind, "twin")[: len(summaries)]]
    return ["measure", "unit", *heads], rows


def summary_data(result: Result) -> dict[str, object]:
    """Every scalar of the summary, the twin's under `twin`, and what fixes the run under `manifest`."""
    keys = ("gridsim", "model", "scenario_digest", "seed", "result_digest", "twin_digest")
    manifest = {"title": result.scenario.title, **{key: result.manifest[key] for key in keys}}
    twin = {} if result.twin is None else {"twin": result.twin.summary()}
    return {**result.summary(), **twin, "manifest": manifest}


def number(value: float) -> str:
    """A number for people: whole from 100 on, else three digits; a dash where there is none."""
    if math.isnan(value):
        return "-"
    if abs(value) < 0.0005:
        return f"{value:.1g}"
    for limit, decimals in ((0.9995, 3), (9.995, 2), (99.95, 1)):
        if abs(value) < limit:
            return f"{value:.{decimals}f}"
    return f"{value:,.0f}"


def scenarios(folder: Path) -> list[Item]:
    """The scenario files in a folder and below, with their titles; a bad one with what is wrong."""
    from gridsim.config.reader import load

    return [titled(path, load) for path in files(folder) if not is_sweep(path, folder)]


def sweeps(folder: Path) -> list[Item]:
    """The sweep files in the folders called `sweeps` among a folder and those below it, in the same way."""
    from gridsim.config.sweep import read_sweep

    return [titled(path, read_sweep) for path in files(folder) if is_sweep(path, folder)]


def files(folder: Path) -> list[Path]:
    """The YAML files in a folder and below."""
    from gridsim.config.files import SUFFIXES

    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def is_sweep(path: Path, folder: Path) -> bool:
    """Whether a file found in a folder lies where sweeps do."""
    return SWEEPS in (folder.name, *path.relative_to(folder).parent.parts)


def titled(path: Path, read: Callable[[Path], Scenario | Sweep]) -> Item:
    """A file with its title, or with what is wrong with it."""
    try:
        return {"file": str(path), "title": read(path).title, "problem": None}
    except ScenarioError as error:
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        return {"file": str(path), "title": None, "problem": f"{error.problems[0].message}{more}"}


def strategies() -> list[Item]:
    """The built-in strategies, and the agents that may use each."""
    from gridsim.config.strategies import ENTRY_STRATEGIES, NEED_STRATEGIES

    agents = (("labs, hyperscalers", NEED_STRATEGIES), ("developers", ENTRY_STRATEGIES))
    return [{"strategy": name, "of": of, "meaning": meaning} for of, table in agents for name, meaning in table.items()]


def rules() -> list[Item]:
    """The allocation rules, as `gridsim.allocate` knows them."""
    from gridsim.engine.allocate import RULES

    return [{"rule": name, "meaning": meaning} for name, meaning in RULES.items()]


def measures() -> list[Item]:
    """The columns of the monthly series."""
    from gridsim.engine.measures import SERIES

    return [{"measure": name, "unit": measure.unit, "meaning": measure.meaning} for name, measure in SERIES.items()]


IN_FOLDERS: dict[str, Callable[[Path], list[Item]]] = {"scenarios": scenarios, "sweeps": sweeps}
CATALOGUES: dict[str, Callable[[], list[Item]]] = {"strategies": strategies, "rules": rules, "measures": measures}
