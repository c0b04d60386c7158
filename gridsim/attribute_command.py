"""The command that says which mechanism causes how much."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gridsim import __version__, tables
from gridsim.console import BadInput, command_line, emit, emit_json, emit_table, progress, say, writable_folder
from gridsim.options import AsJson, Settings

if TYPE_CHECKING:
    import pandas as pd

MOST_PAIRS = 5


def attribute(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file, the world with everything on.")],
    seeds: Annotated[
        int, typer.Option(metavar="N", min=1, max=10_000, help="Runs of each subset, of seeds 1 to N.")
    ] = 20,
    measure: Annotated[
        str, typer.Option(metavar="COLUMN.KIND", help="A column of the series, and last, peak or mean.")
    ] = "power_phantom_ratio.peak",
    switch: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A mechanism. May be repeated; by default all gaming and waste that is on."),
    ] = None,
    log: Annotated[
        bool, typer.Option("--log", metavar="", help="Attribute the logarithm, for effects that multiply.")
    ] = False,
    by_layer: Annotated[
        bool,
        typer.Option("--by-layer", metavar="", help="Turn the mechanisms of a layer on together: Owen values."),
    ] = False,
    orders: Annotated[
        int, typer.Option(metavar="N", min=2, max=10_000, help="Pairs of orders to draw, for more than ten switches.")
    ] = 40,
    set_: Settings = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a page, its tables and figures, and all outcomes.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Attribute a measure to mechanisms: Shapley shares over on/off subsets, the same seeds in all."""
    from gridsim.config.reader import load, parse_overrides
    from gridsim.engine.criteria import parsed
    from gridsim.study import attribution

    loaded = load(scenario, parse_overrides(set_ or []))
    try:
        names = attribution.chosen(loaded, switch)
        parsed(measure)
    except ValueError as error:
        raise BadInput(str(error)) from None
    folder = None if out is None else writable_folder(out)
    design = attribution.designed(names, by_layer, orders)
    scale: Literal["log", "level"] = "log" if log else "level"
    with progress(f"{len(design.on)} subsets of {len(names)} switches", len(design.on)) as advance:
        found = attribution.study(loaded, range(1, seeds + 1), measure, names, design, scale, advance)
    try:
        shares = found.shares()
    except ValueError as error:
        raise BadInput(f"--log: {measure}: {error}") from None
    if folder is not None:
        from gridsim.engine.files import parquet_bytes, write_whole
        from gridsim.engine.measures import SERIES
        from gridsim.figures import attribution_page, study_files

        flags = [name for name, on in (("--log", log), ("--by-layer", by_layer)) if on]
        named = [word for name in switch or [] for word in ("--switch", name)]
        drawn = [] if design.exact else ["--orders", str(orders)]
        options = ["--seeds", str(seeds), "--measure", measure, *named, *flags, *drawn]
        command = command_line("attribute", scenario, options, set_ or [])
        study_files.write(folder, attribution_page.charts(found), loaded, f"1 to {seeds}", command)
        units = {"value": SERIES[measure.partition(".")[0]]}
        write_whole(
            folder / "runs.parquet", parquet_bytes(found.runs(), units, {"gridsim": __version__, "measure": measure})
        )
        say(f"wrote {folder / 'index.html'}")
    if as_json:
        emit_json(shares.to_dict("records"))
        return
    emit(f"{loaded.title}: {'logarithm of ' if log else ''}{measure} (seeds 1 to {seeds})")
    emit_rows(shares.drop(columns="layer"), 1)
    if by_layer:
        emit("\nBy layer")
        emit_rows(found.layers(), 1)
    if design.exact and len(names) > 1:
        emit("\nTogether, beyond what each does beside the others")
        emit_rows(found.interactions().head(MOST_PAIRS), 2)


def emit_rows(table: pd.DataFrame, numbers_from: int) -> None:
    """Print a table; whole numbers as such."""

    def text(value: Any) -> str:
        """A cell."""
        return tables.number(value) if isinstance(value, float) else str(value)

    rows = [[text(value) for value in row] for row in table.itertuples(index=False)]
    emit_table(list(table.columns), rows, numbers_from=numbers_from)
