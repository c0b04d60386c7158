"""A deposit and a study fee, searched with Optuna: how short can the queue get, and what does that cost those who ask?

    python examples/optuna_policy.py [--quick]

Two aims, both to be small: the queue's peak, and in money what asking costs plus what power is worth that is needed and not
there. About 500 runs; `--quick` makes few and short ones, whose numbers mean nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import optuna

import gridsim

BASELINE = Path(__file__).parents[1] / "configs" / "baseline.yaml"
POLICY = {"policy.from": "2025-01", "policy.deposit_refundable_share": 0.5}
MEASURES = ["queued_mw", "cost_usd", "unserved_need_mw"]


def main(quick: bool) -> None:
    """Print the policies that no other one tried beats in both aims."""
    scenario = gridsim.load(BASELINE, POLICY | {"horizon_months": 24 if quick else 120})
    worth = scenario.demand.projects.value_usd_per_mw / 12  # of a MW in time, USD a month
    seeds = range(1, 2 if quick else 6)

    def objective(trial: optuna.Trial) -> tuple[float, float]:
        """The queue's peak in GW and billions of USD over all months, means over the same seeds."""
        policy = {
            "policy__deposit_usd_per_mw": trial.suggest_float("deposit", 0.0, 500_000.0),
            "policy__study_fee_usd_per_mw": trial.suggest_float("fee", 0.0, 100_000.0),
        }
        runs = [gridsim.run(scenario, seed=seed, measures=MEASURES, **policy) for seed in seeds]
        peak = np.mean([run["queued_mw"].max() for run in runs])
        money = np.mean([(run["cost_usd"] + worth * run["unserved_need_mw"]).sum() for run in runs])
        return float(peak) / 1000, float(money) / 1e9

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(directions=["minimize"] * 2, sampler=optuna.samplers.TPESampler(seed=1))
    study.enqueue_trial({"deposit": 0.0, "fee": 0.0})  # as it is now
    study.optimize(objective, n_trials=5 if quick else 100)
    print(f"{'deposit':>10}{'fee':>10}{'queue':>10}{'money':>10}   (USD/MW, USD/MW, GW, billions of USD)")
    for trial in sorted(study.best_trials, key=lambda trial: trial.values):
        print("".join(f"{number:10,.0f}" for number in (trial.params["deposit"], trial.params["fee"], *trial.values)))


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
