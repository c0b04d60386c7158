"""Make the charts of scripts, write them, and hold them against the recorded ones."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from gridsim.engine.files import write_whole
from gridsim.figures.charts import Chart
from gridsim.reproduce import cost, pictures
from gridsim.reproduce.recorded import FAILED, Verdict, compared, data_bytes, figure_text, record
from gridsim.reproduce.report import Made
from gridsim.reproduce.scripts import Script, reason


def run(
    scripts: list[Script],
    quick: bool,
    records: Path,
    out: Path,
    recording: bool,
    done: Callable[[list[Made]], None] | None = None,
) -> list[Made]:
    """Run scripts one after the other; each leaves its files in `out`/NAME before the next begins.

    One that raises is told as failed, and the others go on.

    Args:
        scripts: in their order.
        quick: with fewer seeds.
        records: folder of what was recorded of this kind of run.
        out: where files go.
        recording: keep what is made as the record, and what it cost.
        done: called after each script, with all that were run so far.
    """
    made: list[Made] = []
    probe = cost.probe() if recording else None
    drawable = not pictures.missing()
    with pictures.browser() if drawable else nullcontext():
        for script in scripts:
            begun = time.perf_counter()
            try:
                made.append(run_one(script, quick, records, out, probe, drawable))
            except Exception as error:  # what the others make is not to be lost by it
                why = Verdict("", FAILED, math.inf, reason(error), "")
                made.append(Made(script.name, script.about, {}, (why,), time.perf_counter() - begun))
            if done is not None:
                done(made)
    return made


def run_one(script: Script, quick: bool, records: Path, out: Path, probe: float | None, drawable: bool) -> Made:
    """Run a script, write its charts, and record them if there is the `probe` of a machine to record."""
    begun = time.perf_counter()
    charts = drawn(script, script.make(quick))
    size = write(charts, out / script.name, drawable)
    seconds = time.perf_counter() - begun
    if probe is not None:
        record(records / script.name, charts)
        cost.keep(records, script.name, seconds, memory_mb(), size, probe)
    titles = {chart.name: chart.title for chart in charts}
    return Made(script.name, script.about, titles, tuple(compared(records / script.name, charts)), seconds)


def drawn(script: Script, charts: list[Chart]) -> list[Chart]:
    """The charts of a script. Raises ValueError if one could not be drawn, or two have one name."""
    for chart in charts:
        if chart.figure is None or chart.table is None:
            raise ValueError(f"{script.name}: {chart.name} cannot be drawn: {chart.missing}")
    names = [chart.name for chart in charts]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"{script.name}: a script makes at least one chart, and each has a name of its own")
    return charts


def write(charts: list[Chart], folder: Path, drawable: bool) -> int:
    """Write each chart as Plotly JSON, its data as Parquet and CSV, and as PNG and SVG if that can be; bytes in all."""
    folder.mkdir(parents=True, exist_ok=True)
    for chart in charts:
        assert chart.figure is not None
        assert chart.table is not None
        write_whole(folder / f"{chart.name}.json", figure_text(chart).encode())
        write_whole(folder / f"{chart.name}.parquet", data_bytes(chart))
        write_whole(folder / f"{chart.name}.csv", chart.table.to_csv(index=False, lineterminator="\n").encode())
        write_whole(folder / f"{chart.name}.txt", f"{chart.title}.\n\n{chart.caption}\n".encode())
        if drawable:
            pictures.write(chart.figure, folder / chart.name)
    return sum(path.stat().st_size for path in folder.iterdir())


def memory_mb() -> float:
    """The most memory that this process has held, in MB."""
    import resource  # not on Windows, where figures can be made again and not recorded

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
