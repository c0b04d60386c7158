"""Scenario discovery with EMA Workbench: the box of worlds in which a deposit does most harm to those who need power.

    python examples/ema_workbench_prim.py [--quick]

Needs Python 3.12 and `pip install "gridsim[examples]"`. 1,000 runs; `--quick` makes few and short ones, whose numbers mean
nothing.
"""

from __future__ import annotations

import sys
import warnings
from functools import partial
from pathlib import Path

import numpy as np

with warnings.catch_warnings():  # it tells on import which of its optional libraries are not there
    warnings.simplefilter("ignore")
    from ema_workbench import IntegerParameter, Model, RealParameter, Sample, ScalarOutcome, perform_experiments
    from ema_workbench.analysis.prim import Prim

import gridsim

BASELINE = Path(__file__).parents[1] / "configs" / "baseline.yaml"
DEPOSIT, NEED = "policy__deposit_usd_per_mw", "unserved_need_mw"  # two underscores stand for a dot


def main(quick: bool) -> None:
    """Print what a deposit does to need without power, and which worlds make up the fifth in which it does most harm."""
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
    model.outcomes = [ScalarOutcome(NEED, function=np.mean)]
    policies = [Sample("none", **{DEPOSIT: 0.0}), Sample("deposit", **{DEPOSIT: 100_000.0})]
    sampling = {"rng": np.random.default_rng(1)}
    table, found = perform_experiments(model, 20 if quick else 500, policies, uncertainty_sampling_kwargs=sampling)

    paid = (table["policy"] == "deposit").to_numpy()  # the worlds come in the same order with each policy
    harm = (found[NEED][paid] - found[NEED][~paid]) / 1000
    worlds = table.loc[paid, model.uncertainties.keys()].astype(float)
    with warnings.catch_warnings():  # pandas 3.1 warns of how it leaves out a column
        warnings.simplefilter("ignore", DeprecationWarning)
        box = Prim(worlds, harm >= np.quantile(harm, 0.8)).find_box()
    steps = box.peeling_trajectory
    densest = int(steps.loc[steps["coverage"] >= 0.5, "density"].idxmax())
    covered, dense = steps.loc[densest, ["coverage", "density"]]

    print(f"change of unserved need: {np.median(harm):.2f} GW, median of {harm.size} worlds")
    print(f"{covered:.0%} of the fifth with most harm lie in this box, and {dense:.0%} of the box are such:")
    for name, (low, high) in box.box_lims[densest].items():
        print(f"{name.replace('__', '.'):40}{low:8.2f} to {high:.2f}")


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
