"""`gridsim assess` where totals by quarter are all there is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridsim import __version__, tables
from gridsim.batch_commands import as_bad_input
from gridsim.console import emit, emit_json, emit_table, progress, say, writable_folder

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.assess.queue import Totals
    from gridsim.config.scenario import Scenario


def assess_totals(
    found: Totals, market: Scenario, cells: list[dict[str, Any]], out: Path | None, command: str, *, as_json: bool
) -> None:
    """Say what totals stand for, and what will be under contract."""
    from gridsim.assess.shelf import totals_of
    from gridsim.assess.totals import forecast

    folder = writable_folder(out) if out is not None else None
    with as_bad_input():
        with progress(f"totals of {len(cells)} worlds", len(cells)) as advance:
            lists = totals_of(market, cells, done=advance)
        table = forecast(found, lists)
    if folder is not None:
        write_files(found, table, market, folder, command)
    if as_json:
        emit_json(
            {
                "totals": rows_of(found),
                "posterior": table.to_dict("records"),
                "notes": [n._asdict() for n in found.notes],
            }
        )
        return
    emit(quotable(found, table) + "\n")
    rows = [
        [meaning(str(row["quantity"])), *(f"{row[end]:.0%}" for end in ("low", "median", "high"))]
        + [tables.number(row[f"{end}_mw"]) for end in ("low", "median", "high")]
        + ["" if row["told"] else "these data cannot tell"]
        for row in table.to_dict("records")
    ]
    emit_table(
        ["of the last quarter's MW", "5 %", "median", "95 %", "MW 5 %", "median", "95 %", ""], rows, numbers_from=1
    )


def rows_of(found: Totals) -> list[dict[str, Any]]:
    """The totals as plain data."""
    return [row | {"date": f"{row['date']:%Y-%m-%d}"} for row in found.table.to_dict("records")]  # type: ignore[misc]


def meaning(quantity: str) -> str:
    """What a quantity is, in words."""
    if quantity.startswith("signed_"):
        quarters = int(quantity.removeprefix("signed_"))
        return f"under contract in {quarters} quarter{'s' if quarters > 1 else ''}"
    return {"duplicates": "copies of a project asked for elsewhere", "speculation": "speculation, copies apart"}[
        quantity
    ]


def quotable(found: Totals, table: pd.DataFrame) -> str:
    """The answer in a sentence, which can be quoted."""
    from gridsim.figures.words import power

    last = found.table.iloc[-1]
    row = table.set_index("quantity").to_dict("index")["signed_6"]
    total = power(float(last["queued_mw"] + last["signed_mw"]))
    return (
        f"Of {total} in the pipeline at the end of {last['date']:%B %Y}, {power(float(last['signed_mw']))} under contract, "
        f"{power(row['low_mw'])} to {power(row['high_mw'])} will be under contract six quarters later (90 %, median "
        f"{power(row['median_mw'])}; gridsim {__version__})."
    )


def write_files(found: Totals, table: pd.DataFrame, market: Scenario, folder: Path, command: str) -> None:
    """Write the page, the posterior and the notes."""
    from gridsim.assess.notes import notes_table
    from gridsim.config.written import yaml_text
    from gridsim.engine.files import parquet_bytes, write_whole
    from gridsim.engine.measures import Measure
    from gridsim.figures.assessment import of_totals
    from gridsim.figures.export import export_html
    from gridsim.model.jit_cache import source_digest

    chart = of_totals(found.table, table)
    page = export_html(
        [chart],
        title="What a pipeline stands for",
        headline=f"{chart.title}.",
        description=quotable(found, table),
        scenario_text=yaml_text(market),
        provenance={"gridsim": __version__, "model": source_digest(), "scenario": market.digest()},
        command=command,
        kicker="gridsim assess · simulation",
    )
    write_whole(folder / "index.html", page.encode())
    units = {f"{end}_mw": Measure("MW", "") for end in ("low", "median", "high")}
    units |= {end: Measure("share", "of the last quarter's MW") for end in ("low", "median", "high")}
    about = {"gridsim": __version__, "scenario": market.digest()}
    write_whole(folder / "posterior.parquet", parquet_bytes(table, units, about))
    write_whole(folder / "posterior.csv", table.to_csv(index=False, lineterminator="\n").encode())
    write_whole(folder / "notes.csv", notes_table(found.notes).to_csv(index=False, lineterminator="\n").encode())
    say(f"wrote {folder / 'index.html'}")
