"""What the benchmark found, as JSON and as a table in Markdown."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

from benchmarks.rationing_game.game import PERIODS
from benchmarks.rationing_game.timing import Timed

PACKAGES = ("numpy", "numba", "mesa", "agentpy", "mesa-frames", "polars")


MOST_OF_C, LEAST_OF_MESA = 1.15, 300.0
"""Targets: gridsim's time is at most so many times that of C, and Mesa's at least so many times that of gridsim."""


def ratio(timed: Sequence[Timed], peer: str, n: int) -> float | None:
    """How many times as fast as a peer gridsim is, least time against least time."""
    least = {t.name: t.least_seconds for t in timed if t.n == n}
    return least[peer] / least["gridsim"] if peer in least and "gridsim" in least else None


def versions() -> dict[str, str]:
    """Of all that was compared."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    try:
        from benchmarks.rationing_game.c_peer import COMPILER
    except ImportError:
        return found
    first_line = subprocess.run([str(COMPILER), "--version"], check=True, capture_output=True, text=True).stdout
    return found | {"compiler": first_line.splitlines()[0]}


HEADS = (
    "implementation",
    "agents",
    "million agent-steps/s",
    "the same at the median",
    "ns per agent-step",
    "time / gridsim's",
    "plays",
    "build, ms",
    "start, s",
)


def table(timed: Sequence[Timed], start: Mapping[str, float], missing: Mapping[str, str]) -> str:
    """One row per implementation and number of agents, in Markdown."""
    rows: list[Sequence[str]] = [HEADS, ("---", *["--:"] * (len(HEADS) - 1))]
    for t in timed:
        times = ratio(timed, t.name, t.n)
        rows.append(
            (
                t.name,
                f"{t.n:,}",
                f"{t.steps_per_second / 1e6:.3g}",
                f"{t.median_steps_per_second / 1e6:.3g}",
                f"{t.nanoseconds:,.1f}",
                "" if times is None else f"{times:.{2 if times < 10 else 0}f}",
                f"{t.plays}",
                f"{1e3 * t.least_build_seconds:.2f}",
                f"{start[t.name]:.2f}" if t.name in start else "",
            )
        )
    rows += [(name, "", reason, *[""] * (len(HEADS) - 3)) for name, reason in missing.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def verdicts(timed: Sequence[Timed]) -> list[str]:
    """Whether each target is met, for each number of agents."""
    sizes = sorted({t.n for t in timed})
    said = []
    for n in sizes:
        times = ratio(timed, "C", n)
        if times is not None:
            met = "met" if 1.0 / times <= MOST_OF_C else "MISSED"
            said.append(
                f"target {met}: at most {MOST_OF_C} times the time of C; with {n:,} agents {1 / times:.2f} times"
            )
    for n in sizes:
        times = ratio(timed, "Mesa", n)
        if times is not None:
            met = "met" if times >= LEAST_OF_MESA else "MISSED"
            said.append(f"target {met}: {LEAST_OF_MESA:.0f} times as fast as Mesa; with {n:,} agents {times:.0f} times")
    return said


def as_json(timed: Sequence[Timed], start: Mapping[str, float], missing: Mapping[str, str]) -> dict[str, Any]:
    """Everything, for a file."""
    return {
        "periods": PERIODS,
        "versions": versions(),
        "machine": platform.machine(),
        "timed": [
            t._asdict()
            | {
                "steps_per_second": t.steps_per_second,
                "median_steps_per_second": t.median_steps_per_second,
                "times_as_fast_is_gridsim": ratio(timed, t.name, t.n),
            }
            for t in timed
        ],
        "start_seconds": dict(start),
        "missing": dict(missing),
        "targets": verdicts(timed),
    }
