"""Where the points of a calibration are kept: blocks of Parquet, whole or not there at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridsim.engine.files import parquet_bytes, write_whole
from gridsim.engine.measures import Measure
from gridsim.study.plan import digest_of

Floats = NDArray[np.float64]
MANIFEST = "calibration.json"


class PointStore:
    """Points of one calibration in a folder; the same arguments find them again."""

    def __init__(
        self, folder: Path, fixed: dict[str, Any], parameters: list[str], outcomes: dict[str, Measure]
    ) -> None:
        """Open or begin a store. `fixed` is what decides every number in it, as plain data.

        Raises:
            ValueError: when the folder holds another calibration.
        """
        self._folder, self._parameters, self._outcomes = folder / "points", parameters, outcomes
        manifest = folder / MANIFEST
        if manifest.is_file():
            kept = json.loads(manifest.read_text(encoding="utf-8"))
            other = [key for key in fixed if kept.get(key) != fixed[key]]
            if other:
                raise ValueError(
                    f"{folder} holds another calibration: its {', '.join(other)} differ; take another folder"
                )
        else:
            write_whole(manifest, (json.dumps(fixed, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode())
        self._folder.mkdir(exist_ok=True)
        self._digest = digest_of(fixed)

    def _path(self, wave: int, first: int) -> Path:
        return self._folder / f"{wave:03d}-{first:06d}.parquet"

    def read(self, wave: int, first: int, ranks: Floats) -> Floats | None:
        """The outcomes of a block, or None if it is not there or cannot be read."""
        import pandas as pd
        import pyarrow as pa

        try:
            table = pd.read_parquet(self._path(wave, first))
            if not np.array_equal(table[self._parameters].to_numpy(), ranks):
                return None  # another machine's arithmetic drew this wave: it is simulated again
            return np.asarray(table[list(self._outcomes)].to_numpy(), np.float64)
        except (OSError, KeyError, pa.ArrowInvalid):
            return None

    def write(self, wave: int, first: int, ranks: Floats, outcomes: Floats) -> None:
        """Keep a block."""
        import pandas as pd

        table = pd.DataFrame(np.hstack([ranks, outcomes]), columns=[*self._parameters, *self._outcomes])
        about = {path: Measure("1", "rank in the prior") for path in self._parameters}
        manifest = {"calibration": self._digest}
        write_whole(self._path(wave, first), parquet_bytes(table, about | self._outcomes, manifest))
