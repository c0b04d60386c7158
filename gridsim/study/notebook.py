"""What a notebook shows of a batch: where it stands, what it varies and keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gridsim.engine.notebook import card
from gridsim.study.plan import expanded
from gridsim.study.store import CELLS, seeds_words

if TYPE_CHECKING:
    from gridsim.study.results import Batch

NAMES_MAX = 8
"""Names that are shown of a list."""


def of_batch(batch: Batch) -> str:
    """A batch, by what its files say without being read in full: `Batch.status` checks every byte, and takes longer."""
    manifest = batch.manifest
    runs, failed = int(manifest["runs"]), len(batch.failures)
    done = rows_in(batch)
    seeds = expanded(manifest["seeds"])
    rows = [
        ["done", str_of(done)],
        ["failed", f"{failed:,}"],
        ["missing", str_of(None if done is None else max(0, runs - done - failed))],
        ["cells", f"{manifest['cells']:,}"],
        ["seeds", f"{len(seeds):,} ({seeds_words(manifest['seeds'])})"],
        ["honest twins", "with each run" if manifest["twin"] else "none"],
        ["parameters varied", named(parameters(batch))],
        ["measures kept", named(manifest["measures"])],
        ["kept month by month", named(manifest["series"])],
    ]
    return card(
        f"Batch {batch.folder.resolve().name}",
        f"{runs:,} run{'s' if runs != 1 else ''} of gridsim {manifest['gridsim']}, model {manifest['model']}",
        "What it holds",
        [("what", False), ("how many, which", False)],
        rows,
        "a row a run in .runs, a run and month in .months, SQL with .query(), every byte checked by .status()",
    )


def rows_in(batch: Batch) -> int | None:
    """Runs that are done, by the footers of the parts; None if one cannot be read."""
    import pyarrow.parquet as pq

    from gridsim.study.parts import steady

    def count() -> int:
        return sum(pq.read_metadata(path).num_rows for paths in batch.files("runs").values() for path in paths)

    try:
        return min(steady(count), int(batch.manifest["runs"]))
    except (OSError, ValueError):  # Arrow's own errors are of these kinds
        return None


def parameters(batch: Batch) -> list[str] | None:
    """What the cells vary; None if that cannot be read."""
    import pyarrow.parquet as pq

    path = batch.folder / CELLS
    try:
        return [name for name in pq.read_schema(path).names if name != "cell"] if path.exists() else []
    except (OSError, ValueError):
        return None


def str_of(count: int | None) -> str:
    """A number of runs, or why there is none."""
    return "a part cannot be read; .status() says which" if count is None else f"{count:,}"


def named(names: Sequence[str] | None) -> str:
    """The first few of some names, and how many there are."""
    if names is None:
        return f"{CELLS} cannot be read"
    if not names:
        return "none"
    shown = ", ".join(names[:NAMES_MAX])
    return shown if len(names) <= NAMES_MAX else f"{shown} and {len(names) - NAMES_MAX} more"
