"""docs/performance.md, from the numbers that the benchmarks have left in docs/performance/."""

from __future__ import annotations

import json
import os
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.chart import Panel, Series, figure
from gridsim.figures.style import CAPACITY, NEEDED

HOME = Path(__file__).resolve().parents[1]
NUMBERS = HOME / "docs" / "performance"
PAGE = HOME / "docs" / "performance.md"
MACHINES = NUMBERS / "machines.json"
HEAD = """# Performance

Written by `./run bench` from the numbers in [performance/](performance/). `./run bench NAME` runs one benchmark again. Ratios
within one benchmark can be compared between machines; seconds cannot. A column "aim" says what the project wants, whether it is
reached or not.
"""
GPU_WORDS = "all four layers"


def numbers(name: str) -> Any:
    """What a benchmark has left, None if it has not run."""
    path = NUMBERS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def remember_machine(name: str) -> None:
    """Note on what a benchmark has just run."""
    found = json.loads(MACHINES.read_text(encoding="utf-8")) if MACHINES.exists() else {}
    found[name] = machine()
    MACHINES.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def machine() -> str:
    """Processor, cores, and versions of what the time depends on."""
    words = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists() and (model := re.search(r"model name\s*: (.+)", info.read_text(encoding="utf-8"))):
        words = model[1]
    versions = ", ".join(f"{name} {version(name)}" for name in ("numba", "numpy", "pyarrow", "mesa"))
    return f"{words}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown, the first column left, the others right."""
    lines = [heads, ["---", *["--:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def game(found: Any) -> list[str]:
    """The rationing game beside other frameworks."""
    sizes = sorted({one["n"] for one in found["timed"]})
    by_name: dict[str, dict[int, float]] = {}
    for one in found["timed"]:
        by_name.setdefault(one["name"], {})[one["n"]] = 1e9 / one["steps_per_second"]
    rows = [
        [
            name,
            *(f"{ns[n]:,.1f}" if n in ns else "" for n in sizes),
            *(f"{ns[n] / by_name['gridsim'][n]:,.2f}" for n in sizes),
        ]
        for name, ns in by_name.items()
    ]
    heads = ["ns per agent and period", *(f"{n:,} agents" for n in sizes), *(f"÷ gridsim, {n:,}" for n in sizes)]
    return [
        "## The rationing game beside other frameworks",
        "A small game, stated in [DECLARATION.md](../benchmarks/rationing_game/DECLARATION.md) and written in the idiom of each: "
        "120 periods, keyed demand noise, learning, proportional rationing. Nothing is timed unless all agree.",
        table(heads, rows),
        "\n".join(
            [f"* {words}" for words in found["targets"]]
            + [f"* {name}: {reason}" for name, reason in found["missing"].items()]
        ),
        "Two thirds of gridsim's time is the normal draw: a Philox4x32-10 block and the normal quantile, by a formula that "
        "has the same bits on every machine. Mesa and NumPy draw from their own sequential generators. “C” has the same "
        "loops and the same bits; “C, fused” may contract a multiplication and an addition; “C, arranged” has its "
        "quantile vectorised by hand.",
    ]


def power(found: Any) -> list[str]:
    """The power layer beside a Mesa port."""
    ms, ratios, target = found["ms_per_run"], found["runs_in_the_time_of_one_of_the_port"], found["target"]["ratio"]
    rows = [
        [name, f"{value:,.2f}", f"{1000.0 / value:,.1f}", f"{ratios[name]:,.0f}" if name in ratios else "1"]
        for name, value in ms.items()
    ]
    out = [
        "## The baseline beside a Mesa port of its power layer",
        "The [port](../benchmarks/peers/mesa_port) has agents, projects and requests as objects, and gives the same bits as "
        "gridsim in 45 monthly series, which is checked first. It computes the power layer alone; the second line is what "
        "gridsim takes for that.",
        table(["warm, one core", "ms a run", "runs a second", "runs in the time of one of the port"], rows),
        f"Aim: {target:g} times. "
        + ("Reached" if all(ratio >= target for ratio in ratios.values()) else "Not reached")
        + ": a run holds about 95,000 request-months, and careful Python needs about 3 µs for one.",
    ]
    starts = found.get("seconds_of_a_fresh_process")
    if starts:
        out.append(table(["a fresh process", "seconds"], [[name, f"{value:.1f}"] for name, value in starts.items()]))
        out.append(f"A process that must compile first is ahead from {found['runs_until_first_start_pays']:,} runs on.")
    return out


def scaling(found: Any) -> list[str]:
    """How the time grows, with a figure."""
    words = {
        "agents": "labs, hyperscalers and developers, of the same need",
        "requests": "requests in a market so much larger",
        "months": "months",
        "seeds": "seeds in one call",
    }
    panels = [
        Panel(
            f"{series.capitalize()}: exponent {values['slope']:.2f}",
            "ms",
            words[series],
            [Series(series, NEEDED, values["points"])],
        )
        for series, values in found.items()
    ]
    (NUMBERS / "scaling.svg").write_text(figure("Time of a run against its size", panels[:2]), encoding="utf-8")
    (NUMBERS / "scaling_more.svg").write_text(
        figure("Time of runs against months and seeds", panels[2:]), encoding="utf-8"
    )
    slopes = ", ".join(f"{series} {values['slope']:.2f}" for series, values in found.items())
    return [
        "## How the time grows",
        f"The exponent of the time in the size: {slopes}; 1 is in proportion. What requests and lines cost on a network: "
        "[figure](figures/network_scaling.svg).",
        "![Time of a run against agents and requests](performance/scaling.svg)",
        "![Time of runs against months and seeds](performance/scaling_more.svg)",
    ]


def batches(found: Any) -> list[str]:
    """What batches cost beyond their runs."""
    share, rates, memory = found["share"], found["workers"], found["memory"]
    rows = [
        [
            f"processor time outside kernels, batch of {share['runs']:,} baseline runs in one thread",
            f"{100 * share['outside']:.1f} %",
            "under 5 %",
        ],
        *(
            [
                f"runs a second, {name}, 1 and 2 workers",
                f"{r['one']:.0f}, {r['two']:.0f}: {r['times']:.2f} times",
                "1.8 times",
            ]
            for name, r in (("threads", rates["local"]), ("Dask processes", rates["dask"]))
        ),
        ["memory of the columns of a run", f"{memory['run_mb']:.1f} MB", ""],
    ]
    series = [
        Series(words, colour, memory["driver_mb"][engine])
        for engine, words, colour in (("local", "threads", NEEDED), ("dask", "Dask", CAPACITY))
    ]
    (NUMBERS / "memory.svg").write_text(
        figure(
            "Memory of the driver against runs",
            [Panel("Memory of the driver", "MB, at most", "runs in the batch", series)],
        ),
        encoding="utf-8",
    )
    sizes = "; ".join(
        f"{one.name} " + ", ".join(f"{mb:.0f} MB at {runs:,} runs" for runs, mb in one.points) for one in series
    )
    return [
        "## Batches",
        f"Runs of the baseline, {GPU_WORDS}, with the scalars of every measure and ten monthly series kept.",
        table(["", "measured", "aim"], rows),
        f"Largest resident memory of the driver: {sizes}. Aim: flat.",
        "![Memory of the driver against runs](performance/memory.svg)",
    ]


def large(found: Any) -> list[str]:
    """A large batch."""
    minutes = found["seconds"] / 60.0
    rows = [
        ["time", f"{minutes:.1f} minutes ({found['runs_per_second']:.0f} runs a second on {found['cores']} cores)"],
        ["largest resident memory", f"{found['memory_mb']:.0f} MB"],
        ["store", f"{found['store_mb']:,.0f} MB"],
        [
            "the same command again, with every part checked and nothing missing",
            f"{found['seconds_to_find_nothing_missing']:.1f} s",
        ],
        ["percentiles of a series in every month by `gridsim query`", f"{found['seconds_of_percentiles']:.1f} s"],
    ]
    return [
        f"## {found['runs']:,} baseline runs",
        f"`gridsim batch configs/baseline.yaml --seeds {found['runs']}`, {GPU_WORDS}, default measures and series.",
        table(["", "measured"], rows),
    ]


def explorer(found: Any) -> list[str]:
    """How fast the explorer answers in a browser."""
    repaint, exact, first = (found[name] for name in ("first_repaint_ms", "exact_ms", "first_chart_ms"))
    rows = [
        [what, f"{times['p50'] / 1e3:.2f} s", f"{times['p95'] / 1e3:.2f} s", aim]
        for what, times, aim in (
            (f"release of a slider to the first new chart, {repaint['n']} moves", repaint, "0.3 s"),
            (f"release of a slider to all {found['seeds']} runs of each world", exact, "2 s"),
            (f"first chart in a browser without cache, {first['n']} loads", first, "2 s"),
        )
    ]
    return [
        "## The explorer in a browser",
        "`gridsim explore configs/baseline.yaml` and, on the same cores and without a graphics card, headless Chromium "
        f"{found['chromium'].split('.')[0]}. Each move is to a market that nobody has asked for before; times end with the frame "
        "in which the chart is seen.",
        table(["", "half within", "95 % within", "aim"], rows),
        f"The first load transfers {found['bytes'] / 1e6:.2f} MB in {found['requests']} requests, compressed. Aim: 1 MB.",
    ]


def assess(found: Any) -> list[str]:
    """What an assessment of a real list costs."""
    columns = zip(found["requests"], found["all_s"], found["few_s"], strict=True)
    rows = [
        [
            f"{count:,} requests",
            f"{whole:.1f} s",
            f"{few:.1f} s",
            f"{whole / found['first_s']:.2f}",
            "20 s" if count == 10_000 else "",
        ]
        for count, whole, few in columns
    ]
    return [
        "## Assessing a real list",
        "`gridsim assess` as a whole process, once simulated lists are in the cache. With four columns, what each other would "
        "be worth is tried.",
        table(["", "all columns", "four columns", "÷ the first of all assessments", "aim"], rows),
        f"The first assessment makes the simulated lists, of 100 worlds without and with each of the shipped rules: "
        f"{found['first_s']:.0f} s. Aim: 300 s.",
    ]


SECTIONS = {
    "rationing_game": game,
    "power_layer": power,
    "scaling": scaling,
    "batches": batches,
    "large_batch": large,
    "explorer": explorer,
    "assess": assess,
}


def write() -> None:
    """Write the page and its figures."""
    machines = json.loads(MACHINES.read_text(encoding="utf-8")) if MACHINES.exists() else {}
    parts = [HEAD.strip()]
    for name, section in SECTIONS.items():
        found = numbers(name)
        if found is not None:
            parts += section(found)
            parts.append(f"Measured on: {machines.get(name, 'not noted')}.")
    PAGE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
