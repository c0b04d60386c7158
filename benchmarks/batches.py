"""What batches cost: `python benchmarks/batches.py [--quick] [--out FILE]`.

* Share: of the processor time of a batch of baseline runs in one thread, how much is outside compiled kernels.
* Workers: runs a second of one and two threads, and of one and two Dask processes, in turn.
* Memory: the largest resident memory of the driver of batches of 1,000 to 100,000 runs (of a small market, so that it takes
  minutes), with threads and with Dask; and the memory that the columns of one run take.

Every batch is a process of its own. `large_batch.py` runs the baseline 100,000 times.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parents[1]
BASELINE = HOME / "configs" / "baseline.yaml"
SMALL = {
    "horizon_months": 12,
    "actors.labs.count": 2,
    "actors.hyperscalers.count": 1,
    "actors.developers.count": 2,
    "actors.utilities.count": 2,
}
"""Overrides for a market that runs in about a millisecond."""

# What runs in the process of a batch: its arguments as JSON, its findings likewise.
PROCESS = """
import json, resource, sys, threading, time
import gridsim, gridsim.engine.runner as runner
from gridsim.engine.prepare import prepare
from gridsim.engine.simulate import warm_up
if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    scenario = gridsim.load(asked["scenario"], asked["overrides"])
    warm_up()
    kernel = [0.0]
    compiled = runner.run_block
    def timed(*arguments):
        begin = time.thread_time()
        done = compiled(*arguments)
        kernel[0] += time.thread_time() - begin
        return done
    if asked["share"]:
        runner.run_block = timed
        list(runner.Runner(prepare(scenario)).run([1]))  # loads the kernels
        kernel[0] = 0.0
    begin, busy = time.perf_counter(), time.process_time()
    batch = gridsim.run_batch(scenario, range(1, asked["runs"] + 1), asked["folder"], workers=asked["workers"],
                              engine=asked["engine"], series=asked["series"], measures=asked["measures"])
    seconds, busy = time.perf_counter() - begin, time.process_time() - busy
    session = json.loads((batch.folder / "sessions.jsonl").read_text())
    print(json.dumps({
        "seconds": seconds, "session_seconds": session["seconds"], "cpu_seconds": busy, "kernel_seconds": kernel[0],
        "driver_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
        "failed": len(batch.failures),
        "store_mb": sum(p.stat().st_size for p in batch.folder.rglob("*") if p.is_file()) / 1e6,
    }))
"""


def batch(
    runs: int,
    workers: int,
    engine: str = "local",
    *,
    overrides: dict[str, Any] | None = None,
    share: bool = False,
    series: list[str] | None = None,
    measures: list[str] | None = None,
) -> dict[str, float]:
    """Run a batch in a process of its own, and give what it found."""
    with tempfile.TemporaryDirectory() as folder:
        asked = {
            "scenario": str(BASELINE),
            "overrides": overrides or {},
            "runs": runs,
            "workers": workers,
            "engine": engine,
            "share": share,
            "series": series,
            "measures": measures,
            "folder": f"{folder}/store",
        }
        script = Path(folder) / "batch.py"
        script.write_text(PROCESS, encoding="utf-8")
        ran = subprocess.run(
            [sys.executable, str(script), json.dumps(asked)],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(HOME)},
        )
        return json.loads(ran.stdout)


def share_outside(runs: int) -> dict[str, float]:
    """Share of the processor time of a batch in one thread that is spent outside compiled kernels."""
    found = batch(runs, 1, share=True)
    return {
        "runs": runs,
        "outside": 1.0 - found["kernel_seconds"] / found["cpu_seconds"],
        "ms_per_run": 1000.0 * found["session_seconds"] / runs,
        "kernel_ms_per_run": 1000.0 * found["kernel_seconds"] / runs,
    }


def workers(runs: int, rounds: int) -> dict[str, dict[str, float]]:
    """Runs a second of one and of two workers of each engine, in turn; the best of each counts."""
    best: dict[tuple[str, int], float] = {}
    for _ in range(rounds):
        for engine in ("local", "dask"):
            for count in (1, 2):
                rate = runs / batch(runs, count, engine)["session_seconds"]
                best[engine, count] = max(best.get((engine, count), 0.0), rate)
    return {
        engine: {"one": best[engine, 1], "two": best[engine, 2], "times": best[engine, 2] / best[engine, 1]}
        for engine in ("local", "dask")
    }


def memory(sizes: list[int]) -> dict[str, Any]:
    """Largest resident memory of the driver, in MB, by engine and number of runs."""
    few = {"overrides": SMALL, "measures": ["queued_mw"], "series": []}
    drivers = {
        engine: [(runs, batch(runs, 2, engine, **few)["driver_mb"]) for runs in sizes] for engine in ("local", "dask")
    }
    sys.path.insert(0, str(HOME))
    import gridsim
    from gridsim.engine.columns import FIRST_ROWS, allocate_columns
    from gridsim.engine.prepare import prepare
    from gridsim.engine.runner import arrays

    state = allocate_columns(prepare(gridsim.load(BASELINE)), FIRST_ROWS, record_agents=False)
    return {"driver_mb": drivers, "run_mb": sum(array.nbytes for array in arrays(state)) / 1e6}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description="what batches cost")
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs")
    parser.add_argument("--out", type=Path, help="a file for the numbers, as JSON")
    asked = parser.parse_args()
    part = 10 if asked.quick else 1
    found: dict[str, Any] = {"share": share_outside(10_000 // part)}
    print(f"outside kernels: {100 * found['share']['outside']:.1f} % of {found['share']['ms_per_run']:.2f} ms a run")
    found["workers"] = workers(3_000 // part, 1 if asked.quick else 3)
    for engine, rates in found["workers"].items():
        print(
            f"{engine}: {rates['one']:.0f} and {rates['two']:.0f} runs/s with 1 and 2 workers: {rates['times']:.2f} times"
        )
    found["memory"] = memory([1_000 // part, 10_000 // part, 100_000 // part])
    for engine, sizes in found["memory"]["driver_mb"].items():
        print(f"{engine} driver: " + ", ".join(f"{mb:.0f} MB at {runs:,} runs" for runs, mb in sizes))
    print(f"columns of a run: {found['memory']['run_mb']:.1f} MB")
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
