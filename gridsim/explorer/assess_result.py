"""What an assessment says, as parts of a page: paragraph, posterior, findings, charts, notes, files."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from gridsim.assess.queue import Note
from gridsim.assess.report import CANNOT_TELL, NOTES_HEADS, notes_rows
from gridsim.explorer import cards
from gridsim.explorer.assess_work import Found
from gridsim.explorer.share import copyable
from gridsim.figures.charts import Chart

NOTES_MAX = 200
"""Notes in the table; the file has them all."""
NUMBERS = range(1, 7)
"""Columns of the posterior that hold numbers."""
FILES = {
    "report.html": "Page, which needs no network",
    "posterior.csv": "Posterior, CSV",
    "posterior.parquet": "Posterior, Parquet",
    "groups.parquet": "By stage, age and applicant, Parquet",
    "rules.parquet": "Under other rules, Parquet",
    "likely_copies.csv": "Likely copies, CSV",
    "alike.parquet": "Simulated lists that look alike, Parquet",
    "notes.csv": "Notes on the file, CSV",
}


def result(found: Found) -> Component:
    """Everything that is said of a file."""
    charts = [of_chart(chart) for chart in found.charts]
    return html.Div(
        [paragraph(found), posterior(found), *charts, notes(found.notes), files(found)],
        **{"data-foot": found.made},
    )


def paragraph(found: Found) -> Component:
    """The paragraph to quote, and what else is to be known."""
    also = [html.Ul([html.Li(cards.words(text)) for text in found.findings])] if found.findings else []
    return section("quote", found.name, "In a paragraph", [copyable("Paragraph", found.quote, "To be quoted:"), *also])


def posterior(found: Found) -> Component:
    """The posterior as a table."""
    place = found.heads.index("")
    heads = [cards.words(text) or "can the data tell?" for text in found.heads]
    rows = [[*row[:place], row[place] or "yes", *row[place + 1 :]] for row in found.rows]
    told = f"“{CANNOT_TELL.capitalize()}”: the interval is nearly as wide as before the file was seen."
    return section(
        "posterior",
        "With 90 % intervals",
        "What it stands for",
        [
            scrolled(table(heads, rows, NUMBERS), "Posterior, table"),
            html.P(told if any(CANNOT_TELL in row for row in rows) else "", className="note"),
        ],
    )


def of_chart(chart: Chart) -> Component:
    """A chart; its table is in the page only, so that the server need not keep it."""
    csv = "" if chart.table is None else chart.table.to_csv(index=False)
    texts = (chart.title, chart.caption, chart.alt)
    name = f"assess-{chart.name}"
    return cards.card(
        name, chart.heading, *texts, chart.figure, chart.table, csv=csv, kinds=tuple(k for k in cards.TAKE if k != "cite")
    )  # fmt: skip


def notes(found: Sequence[Note]) -> Component:
    """What was taken for something else."""
    if not found:
        said: list[Component] = [html.P("Nothing had to be taken for something else.", className="missing")]
    else:
        shown = [[line or "file", *rest] for line, *rest in notes_rows(found[:NOTES_MAX])]
        most = f"The first {NOTES_MAX} of {len(found):,}; notes.csv has them all."
        said = [
            *([html.P(most, className="note")] if len(found) > NOTES_MAX else []),
            scrolled(table(NOTES_HEADS, shown, (0,)), "Notes, table"),
        ]
    return section("notes", "Notes on the file", "What was taken for something else", said)


def files(found: Found) -> Component:
    """The files of `gridsim assess`, each with a button that saves it."""
    buttons = [
        html.Button(label, type="button", className="take", title=name, **{"data-file": name})
        for name, label in FILES.items()
        if name in found.files
    ]
    return section("files", "Take it away", "Files", [html.Div(buttons, className="takes")])


def section(name: str, kicker: str, title: str, children: list[Component]) -> Component:
    """A part under its heading."""
    head = [html.P(kicker, className="kicker"), html.H2(title, id=f"assess-{name}-title")]
    return html.Section(
        [*head, *children], className="card", id=f"assess-{name}", **{"aria-labelledby": f"assess-{name}-title"}
    )


def scrolled(content: Component, label: str) -> Component:
    """A table that may be wider than the page."""
    return html.Div(content, className="scroll tall", tabIndex=0, role="region", **{"aria-label": label})


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> Component:
    """Text in rows; the first column heads its row."""
    return cards.cells(heads, ["number" if i in numbers else "" for i in range(len(heads))], rows, CANNOT_TELL)
