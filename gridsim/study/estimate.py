"""What a batch would take, from a few of its runs."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from gridsim.engine.many import cores
from gridsim.engine.simulate import warm_up
from gridsim.study import parts
from gridsim.study.plan import Plan
from gridsim.study.rows import Rows

PROBES = 10
PROBE_SECONDS = 10.0


def estimate(plan: Plan, workers: int | None) -> dict[str, Any]:
    """Runs, seconds and bytes of a plan, from up to ten of its runs, spread over it.

    What a part costs whatever the number of its rows is counted once a block, from parts of one run and of all probes.
    """
    warm_up()
    rows, first = Rows(plan), Rows(plan)
    numbers = np.unique(np.linspace(0, len(plan) - 1, PROBES).astype(int)).tolist()
    list(plan.runner(plan.run(0)).run([0]))  # the first run of a process loads the kernels
    begun = time.perf_counter()
    for number in numbers:
        run = plan.run(number)
        runner = plan.runner(run)
        for outcome in runner.run([run.seed]):
            rows.add(run, runner.prepared.scenario, outcome)
            if not len(first):
                first.add(run, runner.prepared.scenario, outcome)
        if time.perf_counter() - begun > PROBE_SECONDS:
            break
    seconds = (time.perf_counter() - begun) / len(rows)
    one, many = (sum(len(parts.parquet(table)) for table in r.tables().values()) for r in (first, rows))
    per_run = (many - one) / (len(rows) - 1) if len(rows) > 1 else one
    blocks = -(-len(plan) // plan.block)
    count = cores() if workers is None else workers
    return {
        "runs": len(plan),
        "cells": len(plan.cells),
        "seeds": len(plan.seeds),
        "workers": count,
        "run_ms": 1000.0 * seconds,
        "seconds": seconds * len(plan) / count,
        "bytes": int(blocks * max(0.0, one - per_run) + len(plan) * per_run),
    }
