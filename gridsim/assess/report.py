"""What is said of a list: a paragraph to quote, findings, the posterior in words, files. For a terminal and for a page."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridsim import __version__, tables
from gridsim.assess.copies import likely_copies
from gridsim.assess.notes import harmless, notes_table
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
    from gridsim.figures.charts import Chart

POSTERIOR_HEADS = ("quantity", "5 %", "median", "95 %", "MW 5 %", "median", "95 %", "", "of the open MW")
RULES_HEADS = ("rule, in force for two years", "asked for", "different projects", "signs", "in service in 5 years")
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
        what = f"A {column}" if column.startswith("list") else f"The column {column}"
        out.append(f"{what} would narrow the interval of copies most, by {share:.0%}.")
    if len(answer.copies):
        mw = float(found.requests["mw"].to_numpy()[answer.copies["row"]].sum())
        repeat = "requests repeat" if len(answer.copies) > 1 else "request repeats"
        out.append(
            f"{len(answer.copies):,} open {repeat} another of the same applicant ({power(mw)}), about as large and filed within "
            "half a year (likely_copies.csv): a feature of the list, no verdict."
        )
    out += rule_findings(answer)
    if found.notes:
        out.append(
            f"{len(found.notes):,} cells or rows of the file were taken for something else or left out: see notes.csv."
        )
    return out


def rule_findings(answer: Answer) -> list[str]:
    """What the rule that takes most from the list would change, in a sentence."""
    if answer.levers.empty:
        return []
    rule = answer.levers["rule"].iloc[0]
    rows = answer.levers[answer.levers["rule"] == rule].set_index("amount").to_dict("index")
    asked, served = rows["open"], rows["served_5"]
    if asked["median"] >= 0.0:
        return ["No rule that was tried would shorten this list."]
    less = f"{-asked['median']:.0%} fewer MW would be asked for ({asked['low']:+.0%} to {asked['high']:+.0%})"
    more = "more" if served["median"] >= 0.0 else "fewer"
    return [
        f"Under the rule that shortens the list most ({rule}), in force for two years, {less}, and {abs(served['median']):.0%} "
        f"{more} would be in service within five years ({served['low']:+.0%} to {served['high']:+.0%})."
    ]


def posterior_rows(answer: Answer) -> list[list[str]]:
    """The posterior as text, under POSTERIOR_HEADS."""
    return [
        [str(row["quantity"]), *(f"{row[end]:.0%}" for end in ("low", "median", "high"))]
        + [tables.number(row[f"{end}_mw"]) for end in ("low", "median", "high")]
        + ["" if row["told"] else CANNOT_TELL, str(row["meaning"])]
        for row in answer.table.to_dict("records")
    ]


def rules_rows(answer: Answer) -> list[list[str]]:
    """What each rule would change, median and interval as shares of the open MW, under RULES_HEADS."""
    out = []
    for rule, rows in answer.levers.groupby("rule", sort=False):
        of = rows.set_index("amount").to_dict("index")
        cells = [of[name] for name in ("open", "unique", "signs", "served_5")]
        out.append([str(rule), *(f"{one['median']:+.0%} ({one['low']:+.0%} to {one['high']:+.0%})" for one in cells)])
    return out


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
        "groups": answer.groups.to_dict("records"),
        "rules": answer.levers.to_dict("records"),
        "likely_copies": likely_copies(found, answer.copies)[["id", "of"]].to_dict("records"),
        "correlation": answer.correlation,
        "haircut_mw": answer.haircut,
        "odd": answer.odd.to_dict("records"),
        "columns_worth": more.to_dict("records"),
        "notes": [note._asdict() for note in found.notes],
    }


def charts_of(answer: Answer) -> list[Chart]:
    """The charts of an assessment."""
    return assessment.charts(
        answer.table, answer.groups, answer.levers, answer.cloud, answer.total_mw, answer.correlation
    )


def files_of(
    answer: Answer,
    more: pd.DataFrame,
    found: Queue,
    market: Scenario,
    quoted: str,
    command: str,
    plotly_js: str | None = None,
) -> dict[str, bytes]:
    """The files of an assessment by name: page, posterior, groups, rules, likely copies, simulated lists that look alike, notes.

    `plotly_js` is a part of Plotly's script for the page; by default the whole.
    """
    charts = charts_of(answer)
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
        "report.html": page.encode(),
        "posterior.parquet": parquet_bytes(answer.table, units, about),
        "groups.parquet": parquet_bytes(answer.groups, units | {"mw": Measure("MW", "open")}, about),
        "rules.parquet": parquet_bytes(answer.levers, units, about),
        "alike.parquet": parquet_bytes(answer.cloud, {}, about),
        "posterior.csv": csv_bytes(answer.table),
        "likely_copies.csv": likely_copies_csv(found, answer.copies),
        "notes.csv": csv_bytes(notes_table(found.notes)),
    }


def likely_copies_csv(found: Queue, again: pd.DataFrame) -> bytes:
    """The table of likely copies as a file; its texts come from the list and are no formulas in a spreadsheet."""
    table = likely_copies(found, again).map(lambda cell: harmless(cell) if isinstance(cell, str) else cell)
    return csv_bytes(table)


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as a file."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def command_of(
    queue: Path,
    files: Mapping[str, Path | None],
    as_of: str | None = None,
    earlier: Sequence[str] = (),
    rules: Sequence[Path] = (),
) -> str:
    """The command that gives the same numbers, without folders of this machine; `files` by the names of their options."""
    options = [part for name, path in files.items() if path is not None for part in (f"--{name}", shown(path))]
    options += ["--as-of", as_of] if as_of is not None else []
    options += [part for text in earlier for part in ("--earlier", shown(Path(text)))]
    options += [part for path in rules for part in ("--rule", shown(path))]
    return shlex.join(["gridsim", "assess", shown(queue), *options]) + " --out DIR"


def shown(path: Path) -> str:
    """A path as a page may show it."""
    return path.name if path.is_absolute() else str(path)
