"""How long a run takes: `python benchmarks/run_time.py [SCENARIO]`.

Prints, in one process on one core: the first start (which compiles, in a fresh cache), a later start, and warm runs of the
scenario. Ratios within one run of this script can be compared between machines; seconds cannot.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gridsim

REPEATS = 400
START = "import gridsim, sys; gridsim.simulate(gridsim.load(sys.argv[1]), record=None)"


def seconds_of_a_process(scenario: str, cache: str) -> float:
    """Wall seconds of a process that loads a scenario and runs it once."""
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", START, scenario],
        check=True,
        env={**os.environ, "GRIDSIM_CACHE": cache},
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - begin


def milliseconds(work, repeats: int = REPEATS) -> list[float]:
    """Sorted wall milliseconds of `repeats` calls."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(1000.0 * (time.perf_counter() - begin))
    return sorted(times)


def main() -> None:
    """Measure and print."""
    path = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).parent.parent / "configs" / "baseline.yaml")
    with tempfile.TemporaryDirectory() as cache:
        print(f"first start, compiling   {seconds_of_a_process(path, cache):8.2f} s")
        print(f"later start              {seconds_of_a_process(path, cache):8.2f} s")
    from gridsim.engine.prepare import prepare
    from gridsim.engine.simulate import run_prepared, warm_up

    scenario = gridsim.load(path)
    warm_up()
    prepared = prepare(scenario)
    months = scenario.horizon_months
    for name, work in (
        (f"a run of {months} months", lambda: run_prepared(prepared, scenario.seed)),
        ("preparing a scenario", lambda: prepare(scenario)),
        ("simulate, with log", lambda: gridsim.simulate(scenario)),
    ):
        times = milliseconds(work)
        print(f"{name:24s} {times[0]:8.2f} ms least, {times[len(times) // 2]:.2f} ms median of {len(times)}")


if __name__ == "__main__":
    main()
