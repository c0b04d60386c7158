"""What a reviewer attaches: which figures came out as recorded, by which versions, at which cost."""

from __future__ import annotations

import importlib.metadata
import math
import platform
from collections.abc import Sequence
from typing import NamedTuple

from gridsim import __version__
from gridsim.model.jit_cache import source_digest
from gridsim.reproduce.recorded import FAILED, IDENTICAL, RELATIVE, VERDICTS, WITHIN, Verdict

LIBRARIES = ("numpy", "numba", "networkx", "pandas", "pyarrow", "scipy", "plotly", "SALib")
HEADS = ["script", "chart", "verdict", "off by", "why"]


class Made(NamedTuple):
    """A script that was run: its charts' titles and verdicts, and the seconds that it took.

    One that failed has a single verdict, of no chart, which says why.
    """

    script: str
    about: str
    titles: dict[str, str]
    verdicts: tuple[Verdict, ...]
    seconds: float


def worst(made: Sequence[Made]) -> str:
    """The worst verdict of all."""
    found = {one.verdict for script in made for one in script.verdicts}
    return next((verdict for verdict in reversed(VERDICTS) if verdict in found), IDENTICAL)


def rows(made: Sequence[Made]) -> list[list[str]]:
    """A row a chart."""
    return [
        [script.script, one.chart, one.verdict, deviation(one), one.why] for script in made for one in script.verdicts
    ]


def deviation(one: Verdict) -> str:
    """By how much a chart is off, as text."""
    return "" if one.verdict == IDENTICAL or math.isinf(one.deviation) else f"{one.deviation:.1e}"


def summary(made: Sequence[Made]) -> str:
    """All in a sentence."""
    found = [one.verdict for script in made for one in script.verdicts]
    parts = [f"{found.count(verdict)} {verdict}" for verdict in VERDICTS if verdict in found and verdict != FAILED]
    failed = found.count(FAILED)
    charts = len(found) - failed
    text = f"{charts} chart{'s' if charts != 1 else ''} of {len(made)} scripts: {', '.join(parts) or 'none'}"
    return text + (f"; {failed} script{'s' if failed != 1 else ''} failed" if failed else "")


def page(made: Sequence[Made], command: str, wanted: int) -> str:
    """The report as Markdown, also of the first few of the scripts that are `wanted`."""
    out = [
        "# Reproduction",
        f"`{command}`",
        f"**{summary(made)}.** *Identical*: the same bytes of data and the same figure. *{WITHIN.capitalize()}*: every number "
        f"within {RELATIVE:.0e} of its recorded value. *Different*: anything else. *Failed*: the script made no chart.",
        f"gridsim {__version__}, model {source_digest()}; Python {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}; " + ", ".join(versions()) + ".",
        f"{sum(script.seconds for script in made):.0f} s in all.",
    ]
    if len(made) < wanted:
        out.insert(2, f"**Unfinished:** {len(made)} of {wanted} scripts were run so far.")
    for script in made:
        out += [f"## {script.script}", f"{script.about} ({script.seconds:.1f} s)"]
        table = ["| chart | finding | verdict | off by | why | SHA-256 of the data |", "|---|---|---|---|---|---|"]
        table += [
            f"| {one.chart} | {cell(script.titles.get(one.chart, ''))} | {one.verdict} | {deviation(one)} | {cell(one.why)} "
            f"| {f'`{one.digest[:16]}`' if one.digest else ''} |"
            for one in script.verdicts
        ]
        out.append("\n".join(table))
    return "\n\n".join(out) + "\n"


def cell(text: str) -> str:
    """A text in a table of Markdown."""
    return text.replace("|", "\\|")


def versions() -> list[str]:
    """The libraries that numbers depend on."""
    out = []
    for name in LIBRARIES:
        try:
            out.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return out
