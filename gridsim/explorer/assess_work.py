"""An assessment for the page: from what a browser sends to what `gridsim assess` would say, all of it in memory."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gridsim import __version__, tables
from gridsim.assess import report, totals_report
from gridsim.assess.levers import why_not
from gridsim.assess.mapping import mapping_of
from gridsim.assess.queue import Note, Queue, Totals
from gridsim.assess.read import of_raw
from gridsim.assess.table_file import Limits, raw_of
from gridsim.config.files import tree_root
from gridsim.config.scenario import Scenario
from gridsim.config.strict_yaml import read
from gridsim.config.sweep import load_sweep
from gridsim.explorer.assessor import Step
from gridsim.explorer.catalogue import Entry, shown_path
from gridsim.figures import assessment
from gridsim.figures.charts import Chart

LIMITS = Limits(file_bytes=8_000_000, rows=50_000, unpacked=100_000_000)
"""Of a list that a page sends; the command line takes larger ones."""
HEAD_MAX = 300_000
"""Bytes of what is said about a file, its mapping included."""
BODY_MAX = LIMITS.file_bytes + HEAD_MAX
EXAMPLES = {"queue": "a list of requests", "georgia_power": "totals by quarter"}
"""Files that come with the package."""
WORLDS = Path(tables.SWEEPS) / "posterior.yaml"
RULES = "policies/"
"""Where the catalogue has the rules that are tried on a list."""
LIBRARIES = ("cleanco", "rapidfuzz", "sklearn")
MISSING_LIBRARY = 'assess needs optional libraries: pip install "gridsim[assess]"'
MISSING_WORLDS = (
    f"there are no calibrated worlds here ({(tables.SCENARIOS / WORLDS).as_posix()}); start the explorer where they are"
)
PLOTLY = "plotly-gridsim.min.js"


class Head(BaseModel):
    """What a page says about the file that it sends."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    viewer: str = Field(min_length=1, max_length=40)
    name: str = Field("", max_length=200, description="of the file")
    example: Literal["", "queue", "georgia_power"] = Field("", description="one that comes with the package instead")
    mapping: str = Field("", max_length=256_000, description="YAML; empty: a ready one")
    mapping_name: str = Field("mapping.yaml", max_length=200)
    as_of: str = Field("", max_length=20, description="day of the list; empty: its latest date")
    tariff: str = Field("", max_length=300, description="key of a scenario; empty: the one to start with")


class Asked(NamedTuple):
    """A file and what is said about it."""

    head: Head
    content: bytes


class Found(NamedTuple):
    """What is shown: the paragraph, findings, charts, the posterior and the notes as text, files; and what made it."""

    name: str
    quote: str
    findings: list[str]
    charts: list[Chart]
    heads: tuple[str, ...]
    rows: list[list[str]]
    notes: tuple[Note, ...]
    files: dict[str, bytes]
    made: str


def asked_of(body: bytes) -> Asked:
    """What a browser sent: a line of JSON about the file, then the file. Raises ValueError with one line."""
    head, _, content = body.partition(b"\n")
    if len(head) > HEAD_MAX or len(content) > LIMITS.file_bytes:
        raise ValueError(f"the file has more than {LIMITS.file_bytes // 1_000_000} MB")
    try:
        return Asked(Head.model_validate_json(head), content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'page'}: {first['msg']}") from None


def missing() -> str:
    """That an assessment lacks a library here, and how to get it; empty if none."""
    return MISSING_LIBRARY if any(importlib.util.find_spec(name) is None for name in LIBRARIES) else ""


def assessed(asked: Asked, entries: dict[str, Entry], start: str, step: Step) -> Found:
    """Assess a file. Raises ScenarioError, ValueError with what is wrong, as `gridsim assess` says it."""
    head = asked.head
    if why := missing():
        raise ValueError(why)
    step("reading the file", 0, 0)
    name, content = example(head.example) if head.example else (Path(head.name).name or "list", asked.content)
    mapping = mapping_of(read(head.mapping, head.mapping_name)) if head.mapping else None
    found = of_raw(raw_of(name, content, LIMITS), mapping, head.as_of or None)
    entry = entry_of(entries, head.tariff or start)
    market, (worlds, cells) = entry.scenario, worlds_of(entries[start], entry.scenario)
    files = {
        "mapping": Path(head.mapping_name) if head.mapping else None,
        "tariff": unless(Path(entry.path), tables.SCENARIOS / "baseline.yaml"),
        "worlds": unless(worlds, tables.SCENARIOS / WORLDS),
    }
    command = report.command_of(Path(name), files, head.as_of or None)
    digest = hashlib.sha256(content).hexdigest()[:12]
    made = f"gridsim {__version__} · market {market.digest()[:12]} · list {digest}"
    if isinstance(found, Totals):
        return of_totals(name, found, market, cells, command, made, step)
    found_rules = [entry.scenario for key, entry in sorted(entries.items()) if key.startswith(RULES)]
    rules = [rule for rule in found_rules if not why_not(rule, market)]
    return of_list(name, found, market, rules, cells, digest, command, made, step)


def example(key: str) -> tuple[str, bytes]:
    """An example's name and content."""
    return f"{key}.csv", resources.files("gridsim.assess").joinpath("examples", f"{key}.csv").read_bytes()


def entry_of(entries: dict[str, Entry], key: str) -> Entry:
    """The scenario with the tariff. Raises ValueError if the catalogue has none of this key."""
    if key not in entries:
        raise ValueError(f"there is no scenario {key[:80]!r} here")
    return entries[key]


def worlds_of(start: Entry, market: Scenario) -> tuple[Path, list[dict[str, object]]]:
    """The calibrated worlds: those of the folder tree that the explorer shows, else those of this folder.

    Raises ValueError if there are none, ScenarioError if they do not fit the market.
    """
    given = Path(start.path)
    root = tree_root(given.resolve())
    beside = root / WORLDS
    found = Path(shown_path(beside, given, root)) if start.path and beside.is_file() else tables.SCENARIOS / WORLDS
    if not found.is_file():
        raise ValueError(MISSING_WORLDS)
    cells = load_sweep(found, market).cells
    if not cells:
        raise ValueError(f"{found}: the sweep has no list; gridsim calibrate writes one")
    return found, list(cells)


def unless(path: Path, default: Path) -> Path | None:
    """A path, or None where it is what the command takes by default."""
    return None if path == default else path


def counted(what: str, of: int, step: Step) -> Callable[[], None]:
    """A function that says at each call that one more is done."""
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        step(what, done, of)

    return one_more


def plotly_js() -> str:
    """The part of Plotly's script that the page has."""
    return resources.files("gridsim.explorer").joinpath("assets", PLOTLY).read_text("utf-8")


def of_list(
    name: str, found: Queue, market: Scenario, rules: list[Scenario], cells: list[dict[str, object]], digest: str,
    command: str, made: str, step: Step,
) -> Found:  # fmt: skip
    """The assessment of a list of requests."""
    from gridsim.assess.answer import assess, worth
    from gridsim.assess.real import rows_of
    from gridsim.assess.shelf import lists_of, under_rules

    rows = rows_of(found)
    step("taking lists out of simulated markets", 0, len(cells))
    lists = lists_of(market, cells, done=counted("taking lists out of simulated markets", len(cells), step))
    step("trying rules", 0, len(rules))
    under = under_rules(market, rules, cells, done=counted("trying rules", len(rules), step))
    step("weighing simulated lists by how alike they look", 0, 0)
    answer = assess(rows, lists, under=under)
    step("trying which column would help", 0, 0)
    more = worth(rows, lists, answer)
    quote = report.quotable(answer, found, digest, market)
    step("drawing the charts", 0, 0)
    return Found(
        name=name,
        quote=quote,
        findings=report.findings(answer, more, found),
        charts=report.charts_of(answer),
        heads=report.POSTERIOR_HEADS,
        rows=report.posterior_rows(answer),
        notes=found.notes,
        files=report.files_of(answer, more, found, market, quote, command, plotly_js()),
        made=made,
    )


def of_totals(
    name: str, found: Totals, market: Scenario, cells: list[dict[str, object]], command: str, made: str, step: Step
) -> Found:
    """The assessment of totals by quarter."""
    from gridsim.assess.shelf import totals_of
    from gridsim.assess.totals import forecast

    step("taking totals out of simulated markets", 0, len(cells))
    lists = totals_of(market, cells, done=counted("taking totals out of simulated markets", len(cells), step))
    step("weighing simulated totals by how alike they look", 0, 0)
    table = forecast(found, lists)
    step("drawing the charts", 0, 0)
    return Found(
        name=name,
        quote=totals_report.quotable(found, table),
        findings=[],
        charts=[assessment.of_totals(found.table, table)],
        heads=totals_report.POSTERIOR_HEADS,
        rows=totals_report.posterior_rows(table),
        notes=found.notes,
        files=totals_report.files_of(found, table, market, command, plotly_js()),
        made=made,
    )
