"""What making the figures will cost, from what it cost when they were recorded and how fast this machine is beside that one."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

from gridsim.config.scenario import Scenario
from gridsim.engine.files import write_whole
from gridsim.engine.prepare import prepare
from gridsim.engine.simulate import run_prepared, warm_up

INDEX = "index.json"
PROBES = 7


class Cost(NamedTuple):
    """Seconds, peak memory in MB, and bytes on disk; `unknown` are scripts of which nothing is recorded."""

    seconds: float
    memory_mb: float
    size: int
    unknown: tuple[str, ...]


def probe() -> float:
    """Seconds that a run of the scenario of all defaults takes here: the quickest of some, as others are delayed by chance."""
    warm_up()
    prepared, times = prepare(Scenario(title="probe")), []
    for seed in range(1, PROBES + 1):
        begun = time.perf_counter()
        run_prepared(prepared, seed)
        times.append(time.perf_counter() - begun)
    return min(times)


def known(folder: Path) -> dict[str, Any]:
    """What was recorded of scripts: seconds, memory, bytes; empty if nothing was."""
    path = folder / INDEX
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found


def estimated(folder: Path, names: list[str]) -> Cost:
    """The cost of scripts on this machine."""
    scripts = known(folder)
    rows = [scripts[name] for name in names if name in scripts]
    here = probe() if rows else 0.0
    return Cost(
        sum(row["seconds"] * here / row["probe_seconds"] for row in rows),
        max((row["memory_mb"] for row in rows), default=0.0),
        sum(row["bytes"] for row in rows),
        tuple(name for name in names if name not in scripts),
    )


def keep(folder: Path, name: str, seconds: float, memory_mb: float, size: int, probe_seconds: float) -> None:
    """Record what a script cost."""
    numbers = {"seconds": round(seconds, 2), "memory_mb": round(memory_mb), "bytes": size}
    row = {**numbers, "probe_seconds": round(probe_seconds, 5)}
    text = json.dumps(dict(sorted({**known(folder), name: row}.items())), indent=1)
    write_whole(folder / INDEX, f"{text}\n".encode())
