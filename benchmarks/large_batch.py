"""A hundred thousand baseline runs on the cores of this machine: `python benchmarks/large_batch.py [--runs N] [--out FILE]`.

Runs `gridsim batch` as a user would, into a folder for temporary files (about 1 GB), and keeps its time, memory and disk, and the
time that DuckDB takes for the 10th, 50th and 90th percentile of the phantom ratio in every month.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
PERCENTILES = (
    "select month, quantile_cont(power_phantom_ratio, [0.1, 0.5, 0.9]) as q, count(*) as n from months group by month"
)


def main() -> None:
    """Run, measure, print and write."""
    parser = argparse.ArgumentParser(description="a large batch")
    parser.add_argument("--runs", type=int, default=100_000, help="baseline runs")
    parser.add_argument("--out", type=Path, help="a file for the numbers, as JSON")
    asked = parser.parse_args()
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        command = [sys.executable, "-m", "gridsim"]
        scenario = str(HOME / "configs" / "baseline.yaml")
        begin = time.perf_counter()
        run = [*command, "batch", scenario, "--seeds", str(asked.runs), "--out", str(store), "--json"]
        done = json.loads(subprocess.run(run, check=True, capture_output=True, text=True, env=environment).stdout)
        seconds = time.perf_counter() - begin
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024.0
        begin = time.perf_counter()
        again = json.loads(subprocess.run(run, check=True, capture_output=True, text=True, env=environment).stdout)
        resumed = time.perf_counter() - begin
        begin = time.perf_counter()
        subprocess.run(
            [*command, "query", str(store), PERCENTILES, "--json"], check=True, capture_output=True, env=environment
        )
        asked_seconds = time.perf_counter() - begin
    assert done["done"] == again["done"] == asked.runs
    found = {
        "runs": asked.runs,
        "cores": os.cpu_count(),
        "seconds": seconds,
        "runs_per_second": asked.runs / seconds,
        "memory_mb": memory,
        "store_mb": done["bytes"] / 1e6,
        "seconds_to_find_nothing_missing": resumed,
        "seconds_of_percentiles": asked_seconds,
    }
    print(json.dumps(found, indent=1))
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
