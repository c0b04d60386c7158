"""Simulated lists, made once for a market and kept in the user's cache."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from gridsim import __version__
from gridsim.assess import features, snapshots, totals
from gridsim.assess.snapshots import TRUTHS, Lists, simulated_lists
from gridsim.assess.totals import QUANTITIES, simulated_totals
from gridsim.config.scenario import Scenario
from gridsim.engine.files import write_whole
from gridsim.model import CACHE_DIR
from gridsim.model.jit_cache import source_digest
from gridsim.study.plan import digest_of

RUNS, SNAPSHOTS, SEED = 4, 8, 1


def lists_of(scenario: Scenario, worlds: Sequence[dict[str, object]], done: Callable[[], None] | None = None) -> Lists:
    """Simulated lists of a market in these worlds, from the cache if they are there. `done` is called after each world.

    Raises:
        ValueError: for a scenario whose horizon is too short.
    """
    return shelved("lists", simulated_lists, TRUTHS, scenario, worlds, done)


def totals_of(scenario: Scenario, worlds: Sequence[dict[str, object]], done: Callable[[], None] | None = None) -> Lists:
    """Simulated totals by quarter, as `lists_of` gives lists."""
    return shelved("totals", simulated_totals, QUANTITIES, scenario, worlds, done)


def shelved(
    kind: str,
    make: Callable[..., Lists],
    truths: Sequence[str],
    scenario: Scenario,
    worlds: Sequence[dict[str, object]],
    done: Callable[[], None] | None,
) -> Lists:
    """What is on the shelf, or is made and put there."""
    path = CACHE_DIR.parent / f"{kind}-{key_of(scenario, worlds)}.npz"
    kept = read(path, len(truths))
    if kept is not None:
        return kept
    made = make(scenario, worlds, runs=RUNS, snapshots=SNAPSHOTS, seed=SEED, done=done)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, names=np.array(made.names), numbers=made.numbers, truths=made.truths, world=made.world)
    write_whole(path, buffer.getvalue())
    return made


def key_of(scenario: Scenario, worlds: Sequence[dict[str, object]]) -> str:
    """A name for everything that the lists depend on."""
    code = [Path(str(module.__file__)).read_text(encoding="utf-8") for module in (features, snapshots, totals)]
    return digest_of(
        {
            "gridsim": __version__,
            "model": source_digest(),
            "scenario": scenario.digest(),
            "worlds": list(worlds),
            "made": [RUNS, SNAPSHOTS, SEED],
            "code": code,
        }
    )


def read(path: Path, truths: int) -> Lists | None:
    """Lists from a file, or None if it is not there or broken. Nothing in it is run: arrays of numbers and names only."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
            found = Lists(tuple(map(str, kept["names"])), kept["numbers"], kept["truths"], kept["world"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    is_whole = found.numbers.shape == (len(found.world), len(found.names))
    return found if is_whole and found.truths.shape == (len(found.world), truths) else None
