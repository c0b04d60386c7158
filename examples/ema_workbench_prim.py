"""Scenario discovery with EMA Workbench: the worlds in which a deposit does least good, as a box of a few parameters.

    python examples/ema_workbench_prim.py [--quick]

Needs Python 3.12 and `pip install "gridsim[examples]"`. 500 worlds, each with and without the deposit; `--quick` makes few
and short ones, whose numbers mean nothing.
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
    from ema_workbench.analysis.prim import Prim

import gridsim

BASELINE = Path(__file__).parents[1] / "configs" / "baseline.yaml"
DEPOSIT, NEED = "policy__deposit_usd_per_mw", "unserved_need_mw"  # two underscores stand for a dot
POLICIES = {"none": 0.0, "deposit": 100_000.0}


def main(quick: bool) -> None:
    """Print what the deposit does to need without power, and the box that holds most of the fifth that it serves worst."""
    settings = {"horizon_months": 24 if quick else 120, "policy.deposit_refundable_share": 0.5}
    scenario = gridsim.load(BASELINE, settings)
    model = Model("gridsim", partial(gridsim.run, scenario, seed=1, measures=[NEED]))
    model.uncertainties = [
        RealParameter("actors__labs__overreaction", 0.0, 2.0),
        RealParameter("beliefs__narrative_weight", 0.0, 0.7),
        IntegerParameter("beliefs__wait_max_months", 42, 168),
        IntegerParameter("actors__utilities__studies_in_parallel", 2, 8),
    ]
    model.levers = [RealParameter(DEPOSIT, 0.0, 500_000.0)]
    model.outcomes = [ScalarOutcome(NEED, function=np.max)]
    policies = [Sample(name, **{DEPOSIT: deposit}) for name, deposit in POLICIES.items()]
    sampling = {"rng": np.random.default_rng(1)}
    table, found = perform_experiments(model, 20 if quick else 500, policies, uncertainty_sampling_kwargs=sampling)

    needs = pd.Series(found[NEED] / 1000, table.index)
    without, having = (needs[table["policy"] == name].to_numpy() for name in POLICIES)  # worlds in the same order
    harm = having - without
    worlds = table.loc[table["policy"] == "deposit", model.uncertainties.keys()].reset_index(drop=True).astype(float)
    with warnings.catch_warnings():  # pandas 3.1 no longer likes how PRIM leaves out a column
        warnings.simplefilter("ignore", DeprecationWarning)
        box = Prim(worlds, harm >= np.quantile(harm, 0.8)).find_box()
    steps = box.peeling_trajectory
    best = int((steps["coverage"] * steps["density"]).idxmax())
    limits, widest = box.box_lims[best], box.box_lims[0]
    print(
        f"median change of the peak of unserved need: {np.median(harm):.2f} GW; worst fifth from {np.quantile(harm, 0.8):.2f} GW"
    )
    print(f"box with {steps['coverage'][best]:.0%} of that fifth, which is {steps['density'][best]:.0%} of the box")
    for name in limits.columns[(limits != widest).any()]:
        print(f"{name.replace('__', '.'):44}{limits[name][0]:8.2f} to {limits[name][1]:.2f}")


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
