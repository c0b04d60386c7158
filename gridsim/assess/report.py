"""What is said of a list: a paragraph to quote, findings, the posterior in words, files. For a terminal and for a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gridsim import __version__, tables
from gridsim.assess.notes import notes_table
from gridsim.config.written import yaml_text
from gridsim.engine.files import parquet_bytes
from gridsim.engine.measures import Measure
from gridsim.figures import assessment
from gridsim.figures.export import export_html
from gridsim.figures.words import power
from gridsim.model.jit_cache import source_digest

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.assess.answer import Answer
    from gridsim.assess.queue import Note, Queue
    from gridsim.config.scenario import Scenario

POSTERIOR_HEADS = ("quantity", "5 %", "median", "95 %", "MW 5 %", "median", "95 %", "", "of the open MW")
NOTES_HEADS = ("line", "column", "found", "taken as")
CANNOT_TELL = "these data cannot tell"


def quotable(answer: Answer, found: Queue, digest: str, market: Scenario) -> str:
    """A paragraph that can be quoted: what was asked, what the answer is, and what made it; `digest` is of the file."""
    rows = answer.table.set_index("quantity").to_dict("index")

    def ends(name: str) -> str:
        return f"{power(rows[name]['low_mw'])} to {power(rows[name]['high_mw'])}"

    told = "" if rows["duplicates"]["told"] else " These data cannot tell how many are copies."
    asked = f"{answer.requests:,} open requests for {power(answer.total_mw)} on {found.as_of:%Y-%m-%d}"
    made = f"gridsim {__version__}, market {market.digest()[:12]}, list {digest[:12]}"
    return (
        f"Of {asked}, {ends('unique')} are different projects, {ends('signs')} have signed or will sign within five years, and "
        f"{ends('served_5')} will be in service by then (90 % intervals, given the model and its calibration).{told} {made}."
    )


def findings(answer: Answer, more: pd.DataFrame, found: Queue) -> list[str]:
    """What else is to be known."""
    out = []
    if len(answer.odd):
        names = ", ".join(answer.odd["feature"])
        out.append(f"No simulated list looks like this one in {names}: the intervals cannot be trusted there.")
    if answer.haircut == answer.haircut:
        out.append(f"A planner's haircut, the list's own conversion times the open MW, gives {power(answer.haircut)}.")
    best = more[more["narrower"] > 0.02]
    if len(best):
        column, share = best.iloc[0]["column"], float(best.iloc[0]["narrower"])
        out.append(f"The column {column} would narrow the interval of copies most, by {share:.0%}.")
    if found.notes:
        out.append(
            f"{len(found.notes):,} cells or rows of the file were taken for something else or left out: see notes.csv."
        )
    return out


def posterior_rows(answer: Answer) -> list[list[str]]:
    """The posterior as text, under POSTERIOR_HEADS."""
    return [
        [str(row["quantity"]), *(f"{row[end]:.0%}" for end in ("low", "median", "high"))]
        + [tables.number(row[f"{end}_mw"]) for end in ("low", "median", "high")]
        + ["" if row["told"] else CANNOT_TELL, str(row["meaning"])]
        for row in answer.table.to_dict("records")
    ]


def notes_rows(notes: Sequence[Note]) -> list[list[str]]:
    """Notes as text, under NOTES_HEADS."""
    return [[str(note.row or ""), note.column, note.found, note.assumed] for note in notes]


def data(answer: Answer, more: pd.DataFrame, found: Queue, quoted: str) -> dict[str, Any]:
    """An assessment as plain data."""
    return {
        "quote": quoted,
        "open_mw": answer.total_mw,
        "requests": answer.requests,
        "as_of": f"{found.as_of:%Y-%m-%d}",
        "scope": found.scope,
        "columns": sorted(found.given),
        "posterior": answer.table.to_dict("records"),
        "correlation": answer.correlation,
        "haircut_mw": answer.haircut,
        "odd": answer.odd.to_dict("records"),
        "columns_worth": more.to_dict("records"),
        "notes": [note._asdict() for note in found.notes],
    }


def files_of(
    answer: Answer,
    more: pd.DataFrame,
    found: Queue,
    market: Scenario,
    quoted: str,
    command: str,
    plotly_js: str | None = None,
) -> dict[str, bytes]:
    """The files of an assessment by name: page, posterior, simulated lists that look alike, notes.

    `plotly_js` is a part of Plotly's script for the page; by default the whole.
    """
    charts = assessment.charts(answer.table, answer.cloud, answer.total_mw, answer.correlation)
    page = export_html(
        charts,
        title="What a list of requests stands for",
        headline=f"{charts[0].title}.",
        description=quoted,
        findings=findings(answer, more, found),
        scenario_text=yaml_text(market),
        provenance={"gridsim": __version__, "model": source_digest(), "scenario": market.digest()},
        plotly_js=plotly_js,
        command=command,
        kicker="gridsim assess · simulation",
    )
    about = {"gridsim": __version__, "scenario": market.digest()}
    shares = {
        name: Measure("share", "of the open MW") for name in ("low", "median", "high", "before_low", "before_high")
    }
    units = shares | {f"{name}_mw": Measure("MW", "") for name in ("low", "median", "high")}
    return {
        "index.html": page.encode(),
        "posterior.parquet": parquet_bytes(answer.table, units, about),
        "alike.parquet": parquet_bytes(answer.cloud, {}, about),
        "posterior.csv": csv_bytes(answer.table),
        "notes.csv": csv_bytes(notes_table(found.notes)),
    }


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as a file."""
    return table.to_csv(index=False, lineterminator="\n").encode()
