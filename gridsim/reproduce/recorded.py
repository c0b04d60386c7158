"""A chart held against the recorded one: the bytes of its data, then the numbers, then the figure."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gridsim.engine.files import parquet_bytes, write_whole
from gridsim.figures.charts import Chart

IDENTICAL, WITHIN, DIFFERENT, FAILED = "identical", "within tolerance", "different", "failed"
VERDICTS = (IDENTICAL, WITHIN, DIFFERENT, FAILED)
"""Of a chart, the better first; failed is a script that made none."""
EXIT_CODES = {IDENTICAL: 0, WITHIN: 4, DIFFERENT: 5, FAILED: 1}
"""Of the command, after the worst verdict of all."""
RELATIVE, ABSOLUTE = 1e-6, 1e-9
"""What a number may be off: this share of its recorded value, or this much in its own unit where it is nearly 0."""


class Verdict(NamedTuple):
    """A chart beside the recorded one: verdict, the largest relative deviation of a number, a word on what differs."""

    chart: str
    verdict: str
    deviation: float
    why: str
    digest: str


def data_bytes(chart: Chart) -> bytes:
    """The data of a chart as Parquet."""
    assert chart.table is not None  # a chart with a figure has a table
    return parquet_bytes(chart.table.rename(columns=str), {}, {})


def figure_text(chart: Chart) -> str:
    """The figure of a chart as Plotly's JSON."""
    assert chart.figure is not None
    return str(chart.figure.to_json())


def record(folder: Path, charts: list[Chart]) -> None:
    """Keep charts to hold later ones against; what was kept in the folder before goes."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.parquet"), *folder.glob("*.json")):
        old.unlink()
    for chart in charts:
        write_whole(folder / f"{chart.name}.parquet", data_bytes(chart))
        write_whole(folder / f"{chart.name}.json", figure_text(chart).encode())


def compared(folder: Path, charts: list[Chart]) -> list[Verdict]:
    """Every chart, made or recorded, with its verdict."""
    made = {chart.name: chart for chart in charts}
    missing = sorted({path.stem for path in folder.glob("*.parquet")} - set(made))
    out = [verdict(folder, chart) for chart in charts]
    return [*out, *(Verdict(name, DIFFERENT, math.inf, "it is recorded and was not made", "") for name in missing)]


def verdict(folder: Path, chart: Chart) -> Verdict:
    """One chart beside its record."""
    data, figure = data_bytes(chart), figure_text(chart)
    digest = hashlib.sha256(data).hexdigest()
    paths = folder / f"{chart.name}.parquet", folder / f"{chart.name}.json"
    if not all(path.is_file() for path in paths):
        return Verdict(chart.name, DIFFERENT, math.inf, "it is not recorded", digest)
    same_figure = paths[1].read_text("utf-8") == figure
    if hashlib.sha256(paths[0].read_bytes()).hexdigest() == digest and same_figure:
        return Verdict(chart.name, IDENTICAL, 0.0, "", digest)
    assert chart.table is not None
    deviation, why = tables_apart(pd.read_parquet(paths[0]), chart.table.rename(columns=str))
    if not why and not same_figure:
        apart, why = figures_apart(json.loads(paths[1].read_text("utf-8")), json.loads(figure))
        deviation = max(deviation, apart)
    return Verdict(chart.name, DIFFERENT if why else WITHIN, deviation, why, digest)


def tables_apart(old: pd.DataFrame, new: pd.DataFrame) -> tuple[float, str]:
    """The largest relative deviation of a number, and what is beyond tolerance, if anything is."""
    if list(old.columns) != list(new.columns) or len(old) != len(new):
        return math.inf, "the data have other columns or rows"
    largest, why = 0.0, ""
    for name in old.columns:
        one, other = old[name], new[name]
        if pd.api.types.is_numeric_dtype(one) and pd.api.types.is_numeric_dtype(other):
            apart = deviation_of(
                one.to_numpy(dtype=float, na_value=math.nan), other.to_numpy(dtype=float, na_value=math.nan)
            )
            if apart > RELATIVE and apart > largest:
                why = f"{name} is off by {apart:.1e} of its value"
            largest = max(largest, apart)
        elif list(one.astype(str)) != list(other.astype(str)):
            return math.inf, f"{name} has other words"
    return largest, why


def deviation_of(old: np.ndarray, new: np.ndarray) -> float:
    """The largest deviation relative to the recorded number; what is nearly 0 counts as the tolerance's smallest number."""
    if old.shape != new.shape or (np.isfinite(old) != np.isfinite(new)).any():
        return math.inf
    known = np.isfinite(old)
    if not known.any():
        return 0.0
    apart = np.abs(new[known] - old[known])
    return float((apart / np.maximum(np.abs(old[known]), ABSOLUTE / RELATIVE)).max())


def figures_apart(old: Any, new: Any) -> tuple[float, str]:
    """The largest relative deviation between two figures, and where they differ in what is no number."""
    one, other = list(leaves(old)), list(leaves(new))
    if [path for path, _ in one] != [path for path, _ in other]:
        return math.inf, "the figure is built in another way"
    largest = 0.0
    for (path, before), (_, after) in zip(one, other, strict=True):
        if isinstance(before, np.ndarray) and isinstance(after, np.ndarray):
            largest = max(largest, deviation_of(before, after))
        elif before != after:
            return math.inf, f"the figure differs at {path}"
    return largest, "" if largest <= RELATIVE else f"the figure is off by {largest:.1e}"


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """All that a figure holds, by its place; numbers and Plotly's packed arrays as arrays."""
    if isinstance(value, dict) and {"dtype", "bdata"} <= set(value):
        yield path, np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"]).astype(float)
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from leaves(value[key], f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from leaves(item, f"{path}[{i}]")
    elif isinstance(value, float | int) and not isinstance(value, bool):
        yield path, np.array([float(value)])
    else:
        yield path, value
