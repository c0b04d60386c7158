"""Theory cases as a table and as a page: what the package gives beside what is published or derived."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from gridsim.theory.registry import Case, Row

HEADS = ["case", "what", "got", "expected", "tolerance", "holds"]


class Outcome(NamedTuple):
    """A case and its rows."""

    case: Case
    rows: list[Row]

    @property
    def holds(self) -> bool:
        """Whether every row is within its tolerance."""
        return all(row.holds for row in self.rows)


def outcomes(cases: Iterable[Case], *, done: Callable[[], None] | None = None) -> list[Outcome]:
    """Run cases one after the other; `done` is called after each."""
    found = []
    for one in cases:
        found.append(Outcome(one, one.rows()))
        if done is not None:
            done()
    return found


def number(value: float) -> str:
    """A number to ten digits, without zeros that say nothing."""
    return f"{value:.10g}"


def tolerance(row: Row) -> str:
    """The tolerance in words: relative as a share."""
    return f"{number(row.tolerance)} of it" if row.relative else number(row.tolerance)


def rows(found: list[Outcome]) -> list[list[str]]:
    """A row for every number."""
    return [
        [one.case.id, row.what, number(row.got), number(row.expected), tolerance(row), "yes" if row.holds else "NO"]
        for one in found
        for row in one.rows
    ]


def summary(found: list[Outcome]) -> str:
    """How many cases and numbers hold."""
    numbers = [row.holds for one in found for row in one.rows]
    cases = sum(one.holds for one in found)
    return f"{cases} of {len(found)} cases hold, {sum(numbers)} of {len(numbers)} numbers."


def data(found: list[Outcome]) -> list[dict[str, Any]]:
    """The same for machines."""
    return [
        {
            "case": one.case.id,
            "title": one.case.title,
            "source": one.case.source,
            "provenance": one.case.provenance,
            "holds": one.holds,
            "rows": [row._asdict() | {"holds": row.holds} for row in one.rows],
        }
        for one in found
    ]


def page(found: list[Outcome], command: str, picture: str) -> str:
    """Markdown: every case with its source, where its numbers come from, its picture and its table.

    `picture` is shown on top; those of cases lie in a folder of its name.
    """
    lines = [
        "# Theory",
        "",
        "The rationing game is an old one. Below, results of its literature are played with the same rules, contracts,",
        "queues and decision rules that the simulation uses: what the package gives beside what is expected. Cases marked",
        "*derived* are our own, checked by a second route; cite them as gridsim's, never as literature.",
        "",
        f"{summary(found)} Written by `{command} --out FILE.md`.",
        "",
        f"![Differences over tolerances]({picture})",
    ]
    for one in found:
        lines += ["", f"## {one.case.id} {one.case.title}", "", f"{one.case.source} ({one.case.provenance})."]
        lines += ["", f"`gridsim reproduce theory --case {one.case.id}`"]
        lines += ["", f"![{one.case.id}]({picture.removesuffix('.svg')}/{one.case.id}.svg)", ""]
        lines += ["| what | got | expected | tolerance |", "|---|---|---|---|"]
        for row in one.rows:
            mark = "" if row.holds else " (does not hold)"
            cells = (row.what.replace("|", "\\|"), number(row.got) + mark, number(row.expected), tolerance(row))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def overview(found: list[Outcome]) -> str:
    """Markdown: a section with a line for each case, for a page that has more than theory on it."""
    lines = [
        "## Results of the literature",
        "",
        f"{summary(found)} The largest difference is in tolerances of its number.",
    ]
    lines += ["", "| case | what | source | numbers | largest difference | holds |", "|---|---|---|---|---|---|"]
    for one in found:
        cells = (one.case.id, one.case.title, f"{one.case.source} ({one.case.provenance})", str(len(one.rows)))
        worst = max((abs(row.off) for row in one.rows), default=0.0)
        verdict = "yes" if one.holds else "**NO**"
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} | {worst:.2g} | {verdict} |")
    return "\n".join(lines) + "\n"
