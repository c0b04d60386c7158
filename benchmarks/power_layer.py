"""gridsim beside a plain Mesa port of its power layer: `python benchmarks/power_layer.py [--out FILE]`.

First a gate: port and gridsim must give the same monthly series of the power layer, bit for bit, for every seed that is
timed; else what differs goes to stderr, nothing is timed, and the exit code is 1. Then, in one process on one core and in
turn, so that what else the machine does falls on all alike:

* gridsim as a batch runs it, all four layers (`Runner`);
* the power layer of gridsim by itself (`peers.power_months`), which is what the port computes;
* the Mesa port (`peers.mesa_port`).

Reading the scenario is left out for all three. The least time of each seed counts, as a mean over seeds. Then the start of a
fresh process, `gridsim run`, with an empty cache and with a full one, beside a fresh process that runs the port once. Ratios can
be compared between machines, seconds cannot. Prints tables in Markdown; `--out` writes the numbers as JSON.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[1]
sys.path.insert(0, str(HOME))  # when it is run by its path

import gridsim  # noqa: E402
from benchmarks.peers.gate import check_port, check_power_months  # noqa: E402
from benchmarks.peers.mesa_port.market import PowerMarket  # noqa: E402
from benchmarks.peers.mesa_port.settings import not_covered, read_settings  # noqa: E402
from benchmarks.peers.power_months import run_power  # noqa: E402
from gridsim.config.scenario import Scenario  # noqa: E402
from gridsim.engine.prepare import prepare  # noqa: E402
from gridsim.engine.runner import Runner  # noqa: E402
from gridsim.engine.simulate import warm_up  # noqa: E402

BASELINE = HOME / "configs" / "baseline.yaml"
TARGET = 100.0
"""Runs of gridsim in the time of one of the port."""
REPEATS = 4
"""Runs of gridsim for one of the port: short runs are disturbed more easily."""
STARTS = 3
WHOLE, POWER, PORT = "gridsim, all layers", "gridsim, power layer only", "Mesa port of the power layer"
PORT_PROCESS = """
import sys, gridsim
from benchmarks.peers.mesa_port.market import PowerMarket
from benchmarks.peers.mesa_port.settings import read_settings
PowerMarket(read_settings(gridsim.load(sys.argv[1])), 1).run_model()
"""


def gate(scenario: Scenario, seeds: Iterable[int]) -> list[str]:
    """What is not the same in all that is to be timed."""
    missing = not_covered(scenario)
    if missing:
        return [f"the Mesa port does not cover {', '.join(missing)}"]
    seeds = tuple(seeds)
    return check_port(scenario, seeds) or check_power_months(scenario, seeds)


def run_port(settings: Any, seed: int) -> None:
    """One run of the port."""
    PowerMarket(settings, seed).run_model()


def time_runs(scenario: Scenario, seeds: Iterable[int], rounds: int) -> dict[str, float]:
    """Milliseconds of a run of each, in turn: the least of each seed, as a mean over seeds."""
    prepared, settings, seeds = prepare(scenario), read_settings(scenario), tuple(seeds)
    runner = Runner(prepared)
    runs: dict[str, tuple[int, Callable[[int], object]]] = {
        WHOLE: (REPEATS, lambda seed: list(runner.run([seed]))),
        POWER: (REPEATS, lambda seed: run_power(prepared, seed)),
        PORT: (1, lambda seed: run_port(settings, seed)),
    }
    least = {name: dict.fromkeys(seeds, math.inf) for name in runs}
    for _ in range(rounds):
        for seed in seeds:
            for name, (repeats, run) in runs.items():
                gc.collect()
                for _ in range(repeats):
                    begin = time.perf_counter()
                    run(seed)
                    least[name][seed] = min(least[name][seed], 1000.0 * (time.perf_counter() - begin))
    return {name: sum(of_seed.values()) / len(of_seed) for name, of_seed in least.items()}


def seconds_of(command: list[str], cache: str) -> float:
    """Wall seconds of a process."""
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, *command],
        check=True,
        cwd=HOME,
        env={**os.environ, "GRIDSIM_CACHE": cache},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - begin


def time_starts(path: Path) -> dict[str, float]:
    """Wall seconds of a fresh process: the first of all, which compiles; and the least of later ones, in turn."""
    run, port = ["-m", "gridsim", "run", str(path), "--json"], ["-c", PORT_PROCESS, str(path)]
    with tempfile.TemporaryDirectory() as cache:
        first = seconds_of(run, cache)
        seconds_of(port, cache)  # it compiles the functions that it shares with gridsim
        later = [(seconds_of(run, cache), seconds_of(port, cache)) for _ in range(STARTS)]
    return {
        "gridsim run, nothing compiled yet": first,
        "gridsim run, compiled by an earlier process": min(seconds for seconds, _ in later),
        "the Mesa port, once": min(seconds for _, seconds in later),
    }


def runs_until_first_start_pays(ms: dict[str, float], starts: dict[str, float]) -> int:
    """Runs from which a process of gridsim that must compile is done before a process of the port."""
    first, _, port = starts.values()
    return 1 + max(0, math.ceil(1000.0 * (first - port) / (ms[PORT] - ms[WHOLE])))


def summary(scenario: Scenario, seeds: tuple[int, ...], ms: dict[str, float], starts: dict[str, float]) -> dict:
    """All that was measured."""
    ratios = {name: ms[PORT] / ms[name] for name in (WHOLE, POWER)}
    found: dict[str, Any] = {
        "scenario": scenario.title,
        "months": scenario.horizon_months,
        "seeds": list(seeds),
        "gate": "the same bits",
        "ms_per_run": ms,
        "runs_per_second_and_core": {name: 1000.0 / value for name, value in ms.items()},
        "runs_in_the_time_of_one_of_the_port": ratios,
        "target": {"ratio": TARGET, "met": {name: ratio >= TARGET for name, ratio in ratios.items()}},
        "versions": {"python": platform.python_version()}
        | {n: version(n) for n in ("gridsim", "mesa", "numba", "numpy")},
    }
    if starts:
        found["seconds_of_a_fresh_process"] = starts
        found["runs_until_first_start_pays"] = runs_until_first_start_pays(ms, starts)
    return found


def tables(found: dict[str, Any]) -> str:
    """The same as Markdown."""
    lines = [
        "| warm, one core | ms a run | runs a second | runs in the time of one of the port |",
        "|---|---:|---:|---:|",
    ]
    for name, ms in found["ms_per_run"].items():
        ratio = found["ms_per_run"][PORT] / ms
        lines.append(f"| {name} | {ms:,.1f} | {1000.0 / ms:,.1f} | {ratio:,.1f} |")
    met = found["target"]["met"]
    said = ", ".join(f"{name}: {'met' if met[name] else 'not met'}" for name in met)
    lines += ["", f"Target of {found['target']['ratio']:g} times: {said}."]
    starts = found.get("seconds_of_a_fresh_process")
    if starts:
        lines += ["", "| a fresh process | seconds |", "|---|---:|"]
        lines += [f"| {name} | {seconds:,.2f} |" for name, seconds in starts.items()]
        n = found["runs_until_first_start_pays"]
        lines += ["", f"A process that compiles first is ahead of one of the port from {n:,} runs on."]
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(description="gridsim beside a Mesa port of its power layer")
    parser.add_argument("--scenario", type=Path, default=BASELINE, help="the baseline by default")
    parser.add_argument(
        "--seeds", type=int, default=6, help="seeds 1 to N are checked and timed (default 6, at least 3)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="times that every seed is run (default 5)")
    parser.add_argument("--warm-only", action="store_true", help="leave out fresh processes, which take minutes")
    parser.add_argument("--out", type=Path, help="a file for the numbers, as JSON")
    return parser.parse_args()


def main() -> int:
    """Check, measure, print and write; 1 if the port is not the same model."""
    asked = arguments()
    seeds = tuple(range(1, max(3, asked.seeds) + 1))
    scenario = gridsim.load(asked.scenario)
    warm_up()
    wrong = gate(scenario, seeds)
    if wrong:
        print("power_layer: not the same model, so nothing is timed", *wrong, sep="\n", file=sys.stderr)
        return 1
    ms = time_runs(scenario, seeds, asked.rounds)
    starts = {} if asked.warm_only else time_starts(asked.scenario.resolve())
    found = summary(scenario, seeds, ms, starts)
    print(tables(found))
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
