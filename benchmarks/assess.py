"""What an assessment of a real list costs: `python benchmarks/assess.py [--quick] [--out FILE]`.

`gridsim assess` as a whole process, imports and reading included, on lists that a simulated region gives, repeated under
other names of applicants until they are long enough. First with nothing in the cache but compiled kernels, so that simulated
lists and those under every shipped rule are made; then with all of it there: all columns, and only the needed ones with
the day of filing, where most columns are tried for what they would be worth.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME))  # when it is run by its path

import gridsim  # noqa: E402
from gridsim.assess.log import Log  # noqa: E402
from gridsim.assess.queue import STAGES  # noqa: E402
from gridsim.model import CACHE_DIR  # noqa: E402

BASELINE, MONTH = HOME / "configs" / "baseline.yaml", 44
FEW = ["id", "mw", "stage", "filed"]


def written(count: int, path: Path) -> None:
    """Write a list of so many requests."""
    rows, _ = Log(gridsim.simulate(gridsim.load(BASELINE), 12345)).rows(MONTH, None)
    as_of = pd.Timestamp("2027-09-15")
    days = {
        name: as_of - pd.to_timedelta(getattr(rows, name) * 30.4, "D")
        for name in ("filed", "signed", "energised", "left")
    }
    one = pd.DataFrame(
        {
            "mw": rows.mw.round(1),
            "stage": np.array(STAGES)[rows.stage],
            **{name: day.strftime("%Y-%m-%d") for name, day in days.items()},
            "location": [f"county {place}" for place in rows.location],
            "deposit_usd": rows.deposit.round(),
        }
    )
    parts = [
        one.assign(applicant=[f"Applicant {who} of {k}" for who in rows.applicant])
        for k in range(-(-count // len(one)))
    ]
    table = pd.concat(parts, ignore_index=True).iloc[:count]
    table.insert(0, "id", [f"R{i}" for i in range(count)])
    table.to_csv(path, index=False)
    table[FEW].to_csv(path.with_name(f"few_{path.name}"), index=False)


def seconds(path: Path, cache: Path) -> float:
    """Wall time of an assessment."""
    environment = {**os.environ, "PYTHONPATH": str(HOME), "GRIDSIM_CACHE": str(cache)}
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "gridsim", "assess", str(path), "--json"],
        cwd=HOME,
        env=environment,
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - begin


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description="what an assessment of a real list costs")
    parser.add_argument("--quick", action="store_true", help="one round, no list of 50,000 requests")
    parser.add_argument("--out", type=Path, help="a file for the numbers, as JSON")
    asked = parser.parse_args()
    rounds, sizes = (1, (100, 10_000)) if asked.quick else (3, (100, 10_000, 50_000))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        kernels = folder / "cache" / "gridsim" / "jit" / CACHE_DIR.name
        kernels.parent.mkdir(parents=True)
        kernels.symlink_to(CACHE_DIR)  # compiled once, for all that gridsim does
        for size in sizes:
            written(size, folder / f"{size}.csv")
        first = seconds(folder / "100.csv", folder / "cache")
        names = [f"{kind}{size}.csv" for size in sizes for kind in ("", "few_")]
        took = {name: min(seconds(folder / name, folder / "cache") for _ in range(rounds)) for name in names}
    found = {
        "first_s": first,
        "requests": list(sizes),
        "all_s": [took[f"{size}.csv"] for size in sizes],
        "few_s": [took[f"few_{size}.csv"] for size in sizes],
    }
    print(json.dumps(found))
    if asked.out is not None:
        asked.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
