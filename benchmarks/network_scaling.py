"""What a run on a network costs: `python benchmarks/network_scaling.py [ROUNDS]`.

Against the number of requests: the baseline on New England (case39) as a market k times as large, that is k times as many
applicants and study slots, and k times the MW of need, headroom, pipeline, additions and of the case itself; 120 months and
twelve areas throughout. Against the number of lines: the baseline on several cases with the limits of lines lifted, so that
all have the same requests and studies and differ only in the lines that a study looks at.

All in one process on one core. Rounds go through all points in turn and the least time of each counts, so that what else the
machine does falls on all alike; ratios can be compared between machines, milliseconds cannot. Writes the numbers and a figure
to docs/figures/network_scaling.csv and .svg.
"""

from __future__ import annotations

import csv
import math
import sys
import time
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME))  # when it is run by its path

import gridsim  # noqa: E402
from benchmarks.chart import Axis, dots, line, text  # noqa: E402
from gridsim.config.scenario import Scenario  # noqa: E402
from gridsim.engine.columns import open_state  # noqa: E402
from gridsim.engine.prepare import prepare  # noqa: E402
from gridsim.engine.simulate import run_to_end, warm_up  # noqa: E402
from gridsim.figures.style import CAPACITY, FONT, NEEDED, SPECULATION  # noqa: E402
from gridsim.model.state import N_ROWS, Params, State  # noqa: E402

BASELINE, OUT = HOME / "configs" / "baseline.yaml", HOME / "docs" / "figures"
ROUNDS = 40
SECONDS_PER_ROUND = 0.5
SIZES = (0.17, 0.3, 0.5, 0.8, 1, 2, 4, 8, 16)
"""Markets, in baselines; that of 0.8 files about 5,000 requests."""
GRIDS = (("areas", False), ("rts24", False), ("case39", False), ("case39", True), ("rts24", True))
SCALE = 16.0
"""Case loads, generation and ratings per baseline market: about 100 GW of other load on New England."""


class Point(NamedTuple):
    """One thing to measure, and what a run of it holds."""

    series: str
    name: str
    size: float
    lines: int
    requests: int
    request_months: int
    restudies: int
    run: Callable[[], State]


class Measured(NamedTuple):
    """A point and its least milliseconds."""

    point: Point
    ms: float


def market(size: float) -> dict[str, Any]:
    """Overrides that make the baseline a market `size` times as large on New England."""
    plain = gridsim.load(BASELINE)
    actors, grid, demand = plain.actors, plain.grid, plain.demand
    counts = {f"actors.{name}.count": getattr(actors, name).count for name in ("labs", "hyperscalers", "developers")}
    counts["actors.utilities.studies_in_parallel"] = actors.utilities.studies_in_parallel
    totals = {f"demand.{name}": getattr(demand, name) for name in ("initial_need_gw", "growth_gw")}
    totals |= {f"grid.{name}": getattr(grid, name) for name in ("headroom_gw", "other_load_gw")}
    totals |= {f"grid.pipeline.{name}": value for name, value in grid.pipeline.model_dump().items()}
    totals |= {
        f"grid.expansion.{name}": getattr(grid.expansion, name)
        for name in ("committed_gw_per_year", "build_limit_gw_per_year")
    }
    totals["grid.network.scale"] = SCALE
    whole = {path: max(1, round(size * number)) for path, number in counts.items()}
    return whole | {path: size * value for path, value in totals.items()} | {"grid.network.case": "case39"}


def point(series: str, name: str, size: float, scenario: Scenario, lifted: bool = False) -> Point:
    """A point; `lifted` takes the limits off the lines."""

    def opened(keep_log: bool) -> tuple[State, Params]:
        state, params = open_state(with_log if keep_log else prepared, scenario.seed)
        if lifted:
            state.lines.limit_mw[:] = np.inf
        return state, params

    prepared, with_log = prepare(scenario), prepare(scenario, keep_log=True)
    state = run_to_end(*opened(keep_log=True))
    alive, restudies = (int(state.series[column].sum()) for column in ("queued_count", "restudies"))
    return Point(
        series, name, size, state.lines.size, int(state.counts[N_ROWS]), alive, restudies,
        lambda: run_to_end(*opened(keep_log=False)),
    )  # fmt: skip


def points() -> list[Point]:
    """Everything to measure."""
    found = [
        point("requests", f"{size:g} x baseline", size, gridsim.load(BASELINE, overrides=market(size)))
        for size in SIZES
    ]
    for case, outages in GRIDS:
        network = {"grid.network.case": case, "grid.network.scale": SCALE, "grid.network.n_minus_1": outages}
        name = case + (" with outages" if outages else "")
        found.append(point("lines", name, 1.0, gridsim.load(BASELINE, overrides=network), lifted=True))
    return found


def measure(found: list[Point], rounds: int) -> list[Measured]:
    """Least milliseconds of each point; short runs are repeated within a round, so that each has a chance of its own."""
    least = [math.inf] * len(found)
    for _ in range(rounds):
        for n, at in enumerate(found):
            spent = 0.0
            while spent < SECONDS_PER_ROUND / len(found):
                begin = time.perf_counter()
                at.run()
                took = time.perf_counter() - begin
                least[n], spent = min(least[n], 1000.0 * took), spent + took
    return [Measured(at, ms) for at, ms in zip(found, least, strict=True)]


def exponent(measured: list[Measured], low: float, high: float) -> tuple[float, float]:
    """Slope of log ms over log requests between two numbers of requests, and the ms that it gives to one request."""
    within = [m for m in measured if m.point.series == "requests" and low <= m.point.requests <= high]
    x, y = np.log([m.point.requests for m in within]), np.log([m.ms for m in within])
    slope, level = np.polyfit(x, y, 1)
    return float(slope), float(np.exp(level))


def per_line(measured: list[Measured]) -> tuple[float, float]:
    """Milliseconds per row of lines, and without any, by least squares."""
    points = [(m.point.lines, m.ms) for m in measured if m.point.series == "lines"]
    slope, level = np.polyfit(*zip(*points, strict=True), 1)
    return float(slope), float(level)


WIDTH, HEIGHT, TOP, BOTTOM = 1000, 430, 64, 372
PANELS = ((66, 474), (566, 970))


def frame(x: Axis, y: Axis, x_ticks: list[float], y_ticks: list[float], title: str, below: str) -> list[str]:
    """Grid, ticks and titles of a panel."""
    drawn = [text(x.first, 28, title, "start", 15, **{"font-weight": "600"}), text(x.first, 48, "ms per run", "start")]
    for value in y_ticks:
        drawn.append(line(x.first, y.at(value), x.last, y.at(value), "#d8dbe0"))
        drawn.append(text(x.first - 8, y.at(value) + 4.5, f"{value:,g}", "end"))
    for value in x_ticks:
        drawn.append(line(x.at(value), BOTTOM, x.at(value), BOTTOM + 5, "#9aa0a8"))
        drawn.append(text(x.at(value), BOTTOM + 21, f"{value:,.0f}"))
    return [*drawn, text((x.first + x.last) / 2, BOTTOM + 44, below)]


def against_requests(measured: list[Measured]) -> list[str]:
    """The left panel: time over requests, both logarithmic, and the line of a cost in proportion to requests."""
    values = [(m.point.requests, m.ms) for m in measured if m.point.series == "requests"]
    top = 2.0 * max(ms for _, ms in values)
    x, y = Axis(800, 125_000, *PANELS[0], log=True), Axis(1, top, BOTTOM, TOP, log=True)
    slope, level = exponent(measured, 0, math.inf)
    drawn = frame(
        x, y, [1e3, 1e4, 1e5], [10.0**n for n in range(int(math.log10(top)) + 1)],
        f"Requests: time grows as their number to the {slope:.2f}", "requests filed in 120 months",
    )  # fmt: skip
    at = next(m for m in measured if m.point.series == "requests" and m.point.size == 1)
    ends = [(n, at.ms * n / at.point.requests) for n in (x.low, x.high)]
    (a, b), (c, d) = ((n, max(y.low, min(y.high, ms))) for n, ms in ends)
    a, c = (ms * at.point.requests / at.ms for ms in (b, d))
    drawn.append(line(x.at(a), y.at(b), x.at(c), y.at(d), CAPACITY, 1.5, "6 5"))
    drawn.append(text(x.last, y.at(d) + 205, "dashed: in proportion to requests", "end", colour=CAPACITY))
    drawn.append(
        line(*(p for n in (values[0][0], values[-1][0]) for p in (x.at(n), y.at(level * n**slope))), NEEDED, 2)
    )
    return drawn + dots(x, y, values, NEEDED)


def against_lines(measured: list[Measured]) -> list[str]:
    """The right panel: time over rows of lines, both linear."""
    values = [(m.point.lines, m.ms, m.point.name) for m in measured if m.point.series == "lines"]
    high = max(ms for _, ms, _ in values)
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500) if high / s <= 6)
    most = step * math.ceil(high / step)
    x, y = Axis(0, 1500, *PANELS[1], log=False), Axis(0, most, BOTTOM, TOP, log=False)
    slope, level = per_line(measured)
    drawn = frame(
        x, y, [0, 500, 1000, 1500], [step * n for n in range(most // step + 1)],
        f"Lines: {1000 * slope:.0f} µs a line, the same requests", "lines, and lines while another one is out",
    )  # fmt: skip
    longest = max(lines for lines, _, _ in values)
    drawn.append(line(x.at(0), y.at(level), x.at(longest), y.at(level + slope * longest), SPECULATION, 2))
    named = [(lines, ms, name) for lines, ms, name in values if lines > 100]
    drawn += [text(x.at(lines) - 12, y.at(ms) - 8, name, "end") for lines, ms, name in named]
    low = ", ".join(f"{name} ({lines})" for lines, _, name in values if lines <= 100)
    drawn.append(text(x.at(0) + 14, y.at(0.45 * level), low, "start"))
    return drawn + dots(x, y, [(lines, ms) for lines, ms, _ in values], SPECULATION)


def figure(measured: list[Measured]) -> str:
    """Both panels as SVG."""
    body = "\n".join([*against_requests(measured), *against_lines(measured)])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="{escape(FONT)}" role="img">\n'
        f"<title>Time of a run against requests and lines</title>\n"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n{body}\n</svg>\n'
    )


def table(measured: list[Measured]) -> list[list[object]]:
    """Rows of the table, heads first."""
    heads = ["series", "point", "lines", "requests", "request_months", "restudies", "ms"]
    heads += ["us_per_request", "ns_per_request_month"]
    rows: list[list[object]] = [list(heads)]
    for at, ms in measured:
        each, month = 1e3 * ms / at.requests, 1e6 * ms / at.request_months
        numbers = [at.lines, at.requests, at.request_months, at.restudies, f"{ms:.2f}", f"{each:.3f}", f"{month:.1f}"]
        rows.append([at.series, at.name, *numbers])
    return rows


def main() -> None:
    """Measure, print and write."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    warm_up()
    measured = measure(points(), rounds)
    rows = table(measured)
    for row in rows:
        print(f"{row[0]!s:9s} {row[1]!s:22s} " + " ".join(f"{cell!s:>14s}" for cell in row[2:]))
    for low, high in ((0, math.inf), (0, 4e4)):
        words = "all" if math.isinf(high) else f"up to {high:,.0f} requests"
        print(f"time ~ requests ^ {exponent(measured, low, high)[0]:.3f} ({words})")
    slope, level = per_line(measured)
    print(f"ms = {level:.2f} + {1e3 * slope:.1f} / 1000 per line, and {level / slope:.0f} lines double the time")
    OUT.mkdir(parents=True, exist_ok=True)
    with (OUT / "network_scaling.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    (OUT / "network_scaling.svg").write_text(figure(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
