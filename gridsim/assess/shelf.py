"""Simulated lists, made once for a market and kept in the user's cache."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridsim import __version__
from gridsim.assess.levers import amounts_under, why_not
from gridsim.assess.log import TRUTHS
from gridsim.assess.snapshots import Lists, simulated_lists
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


def under_rules(
    market: Scenario,
    rules: Sequence[Scenario],
    worlds: Sequence[dict[str, object]],
    done: Callable[[], None] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """What `amounts_under` gives of each rule, by its title, from the cache if it is there. `done` is called after each.

    Raises:
        ValueError: for a rule that cannot be compared with the market.
    """
    out = {}
    for rule in rules:
        if why := why_not(rule, market):
            raise ValueError(f"{why}; lists cannot be compared")
        path = path_of("rule", rule, worlds)
        kept = read(path)
        if kept is None or set(kept) != {"amounts"}:
            kept = {"amounts": amounts_under(rule, worlds, snapshots=SNAPSHOTS, seed=SEED)}
            write(path, kept)
        out[rule.title] = kept["amounts"]
        if done is not None:
            done()
    return out


def shelved(
    kind: str,
    make: Callable[..., Lists],
    truths: Sequence[str],
    scenario: Scenario,
    worlds: Sequence[dict[str, object]],
    done: Callable[[], None] | None,
) -> Lists:
    """What is on the shelf, or is made and put there."""
    path = path_of(kind, scenario, worlds)
    kept = lists_in(read(path), len(truths))
    if kept is not None:
        return kept
    made = make(scenario, worlds, runs=RUNS, snapshots=SNAPSHOTS, seed=SEED, done=done)
    texts = {name: np.array(getattr(made, name), str) for name in ("names", "details")}
    write(path, texts | {name: getattr(made, name) for name in ("numbers", "truths", "world", "more")})
    return made


def path_of(kind: str, scenario: Scenario, worlds: Sequence[dict[str, object]]) -> Path:
    """A file for everything that is made of a scenario in these worlds, named after all that it depends on."""
    code = [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("*.py"))]
    name = digest_of(
        {
            "gridsim": __version__,
            "model": source_digest(),
            "scenario": scenario.digest(),
            "worlds": list(worlds),
            "made": [RUNS, SNAPSHOTS, SEED],
            "code": code,
        }
    )
    return CACHE_DIR.parent / f"{kind}-{name}.npz"


def write(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Put arrays on the shelf."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_whole(path, buffer.getvalue())


def read(path: Path) -> dict[str, NDArray[Any]] | None:
    """Arrays from a file, or None if it is not there or broken. Nothing in it is run: numbers and names only."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def lists_in(kept: Mapping[str, NDArray[Any]] | None, truths: int) -> Lists | None:
    """The lists that a file holds, or None if it does not hold all of them."""
    if kept is None or not set(Lists._fields) <= set(kept):
        return None
    names, details = (tuple(map(str, kept[name])) for name in ("names", "details"))
    found = Lists(names, kept["numbers"], kept["truths"], kept["world"], details, kept["more"])
    count = len(found.world)
    shapes = (found.numbers.shape, found.truths.shape, found.more.shape)
    return found if shapes == ((count, len(found.names)), (count, truths), (count, len(found.details))) else None
