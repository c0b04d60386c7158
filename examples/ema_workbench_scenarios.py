"""Policies under deep uncertainty with EMA Workbench: what each does in many worlds, and what else decides.

    python examples/ema_workbench_scenarios.py [--quick]

Needs Python 3.12 and `pip install "gridsim[examples]"`. 600 runs; `--quick` makes few and short ones, whose numbers mean
nothing.
"""

from __future__ import annotations

import sys
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

with warnings.catch_warnings():  # it tells on import which of its optional libraries are not there
    warnings.simplefilter("ignore")
    from ema_workbench import IntegerParameter, Model, RealParameter, Sample, ScalarOutcome, perform_experiments

import gridsim

BASELINE = Path(__file__).parents[1] / "configs" / "baseline.yaml"
DEPOSIT, FEE = "policy__deposit_usd_per_mw", "policy__study_fee_usd_per_mw"  # two underscores stand for a dot
POLICIES = {"none": (0.0, 0.0), "deposit": (100_000.0, 0.0), "fee": (0.0, 50_000.0)}


def main(quick: bool) -> None:
    """Print what each policy does to the queue and to need without power, and which uncertainties matter most."""
    settings = {"horizon_months": 24 if quick else 120, "policy.deposit_refundable_share": 0.5}
    scenario = gridsim.load(BASELINE, settings)
    model = Model("gridsim", partial(gridsim.run, scenario, seed=1, measures=["queued_mw", "unserved_need_mw"]))
    model.uncertainties = [
        RealParameter("actors__labs__overreaction", 0.0, 2.0),
        RealParameter("beliefs__narrative_weight", 0.0, 0.7),
        IntegerParameter("beliefs__wait_max_months", 42, 168),
        IntegerParameter("actors__utilities__studies_in_parallel", 2, 8),
    ]
    model.levers = [RealParameter(DEPOSIT, 0.0, 500_000.0), RealParameter(FEE, 0.0, 100_000.0)]
    model.outcomes = [ScalarOutcome(name, function=np.max) for name in ("queued_mw", "unserved_need_mw")]
    policies = [Sample(name, **{DEPOSIT: deposit, FEE: fee}) for name, (deposit, fee) in POLICIES.items()]
    sampling = {"rng": np.random.default_rng(1)}
    table, found = perform_experiments(model, 10 if quick else 200, policies, uncertainty_sampling_kwargs=sampling)

    print(f"{'policy':10}{'peak queue':>12}{'peak unserved':>16}   (GW, medians over the same worlds)")
    for name in POLICIES:
        queue, unserved = (np.median(peaks[table["policy"] == name]) / 1000 for peaks in found.values())
        print(f"{name:10}{queue:12.0f}{unserved:16.1f}")
    print("\nrank correlation with the queue's peak")
    peaks = pd.Series(found["queued_mw"], table.index)
    for name, value in table[model.uncertainties.keys()].corrwith(peaks, method="spearman").items():
        print(f"{name.replace('__', '.'):40}{value:6.2f}")


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
