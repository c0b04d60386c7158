"""What is said of totals by quarter, as `gridsim.assess.report` says it of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridsim import __version__, tables
from gridsim.assess.notes import notes_table
from gridsim.assess.report import CANNOT_TELL, csv_bytes
from gridsim.config.written import yaml_text
from gridsim.engine.files import parquet_bytes
from gridsim.engine.measures import Measure
from gridsim.figures.assessment import of_totals
from gridsim.figures.export import export_html
from gridsim.figures.words import power
from gridsim.model.jit_cache import source_digest

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.assess.queue import Totals
    from gridsim.config.scenario import Scenario

POSTERIOR_HEADS = ("of the last quarter's MW", "5 %", "median", "95 %", "MW 5 %", "median", "95 %", "")


def quotable(found: Totals, table: pd.DataFrame) -> str:
    """The answer in a sentence, which can be quoted."""
    last = found.table.iloc[-1]
    row = table.set_index("quantity").to_dict("index")["signed_6"]
    total = power(float(last["queued_mw"] + last["signed_mw"]))
    return (
        f"Of {total} in the pipeline at the end of {last['date']:%B %Y}, {power(float(last['signed_mw']))} under contract, "
        f"{power(row['low_mw'])} to {power(row['high_mw'])} will be under contract six quarters later (90 %, median "
        f"{power(row['median_mw'])}; gridsim {__version__})."
    )


def meaning(quantity: str) -> str:
    """What a quantity is, in words."""
    if quantity.startswith("signed_"):
        quarters = int(quantity.removeprefix("signed_"))
        return f"under contract in {quarters} quarter{'s' if quarters > 1 else ''}"
    return {"duplicates": "copies of a project asked for elsewhere", "speculation": "speculation, copies apart"}[
        quantity
    ]


def posterior_rows(table: pd.DataFrame) -> list[list[str]]:
    """The posterior as text, under POSTERIOR_HEADS."""
    return [
        [meaning(str(row["quantity"])), *(f"{row[end]:.0%}" for end in ("low", "median", "high"))]
        + [tables.number(row[f"{end}_mw"]) for end in ("low", "median", "high")]
        + ["" if row["told"] else CANNOT_TELL]
        for row in table.to_dict("records")
    ]


def rows_of(found: Totals) -> list[dict[str, Any]]:
    """The totals as plain data."""
    return [row | {"date": f"{row['date']:%Y-%m-%d}"} for row in found.table.to_dict("records")]  # type: ignore[misc]


def data(found: Totals, table: pd.DataFrame) -> dict[str, Any]:
    """An assessment as plain data."""
    return {
        "totals": rows_of(found),
        "posterior": table.to_dict("records"),
        "notes": [note._asdict() for note in found.notes],
    }


def files_of(
    found: Totals, table: pd.DataFrame, market: Scenario, command: str, plotly_js: str | None = None
) -> dict[str, bytes]:
    """The files of an assessment by name: page, posterior, notes; `plotly_js` as in `gridsim.assess.report.files_of`."""
    chart = of_totals(found.table, table)
    page = export_html(
        [chart],
        title="What a pipeline stands for",
        headline=f"{chart.title}.",
        description=quotable(found, table),
        scenario_text=yaml_text(market),
        provenance={"gridsim": __version__, "model": source_digest(), "scenario": market.digest()},
        plotly_js=plotly_js,
        command=command,
        kicker="gridsim assess · simulation",
    )
    units = {f"{end}_mw": Measure("MW", "") for end in ("low", "median", "high")}
    units |= {end: Measure("share", "of the last quarter's MW") for end in ("low", "median", "high")}
    about = {"gridsim": __version__, "scenario": market.digest()}
    return {
        "report.html": page.encode(),
        "posterior.parquet": parquet_bytes(table, units, about),
        "posterior.csv": csv_bytes(table),
        "notes.csv": csv_bytes(notes_table(found.notes)),
    }
