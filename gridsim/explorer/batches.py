"""The view of batches: open a store, filter and group its runs, compare it with another one, replay a run.

Whatever a browser sends is checked: a store is one of those given, by its key; everything else is checked by the store.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import dash
import dash_mantine_components as dmc
import pandas as pd
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from pydantic import BaseModel, ConfigDict, Field

from gridsim.explorer import cards
from gridsim.explorer.service import Recent
from gridsim.figures import batch as figures
from gridsim.figures import words as numbers
from gridsim.study.overview import (
    CONDITIONS_MAX,
    TWIN,
    Condition,
    Overview,
    Page,
    Pairs,
    Parameter,
    Selection,
    SelectionError,
    words,
)
from gridsim.study.results import Batch
from gridsim.study.store import MANIFEST, Store, StoreError

FILTERS_MAX = 30
COLUMNS_MAX = 6  # parameters in the table of runs
SEED_MAX = 2**53 - 1  # whole numbers that a browser keeps
NONE = "none"
COMMAND = (
    "gridsim batch configs/baseline.yaml --sweep configs/sweeps/deposits_and_duplicates.yaml --seeds 100 "
    "--out out/deposits"
)
_stores: Recent[Overview] = Recent(6)
_pairs: Recent[Pairs] = Recent(3)
_count = itertools.count(time.time_ns() // 1_000_000)


class Asked(BaseModel):
    """Which runs of which store a viewer looks at."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    store: str = Field("", max_length=64)
    levels: dict[str, list[str]] = Field({}, max_length=CONDITIONS_MAX)
    low: dict[str, float] = Field({}, max_length=CONDITIONS_MAX)
    high: dict[str, float] = Field({}, max_length=CONDITIONS_MAX)
    first: int | None = None
    last: int | None = None
    twins: bool = False
    n: int = 0


def found(folder: Path) -> list[Path]:
    """The stores at a folder: itself, or those of its folders that are."""
    if (folder / MANIFEST).is_file():
        return [folder]
    try:
        return sorted(path for path in folder.iterdir() if (path / MANIFEST).is_file())
    except OSError:
        return []


def listed(folders: Sequence[Path | Store | Batch]) -> dict[str, Path]:
    """The stores at some folders by key: a digest, so that no path travels."""
    places = [
        folder if isinstance(folder, Path) else Path(getattr(folder, "root", "") or folder.folder) for folder in folders
    ]
    paths = dict.fromkeys(path.resolve() for place in places for path in found(place))
    return {hashlib.blake2b(str(path).encode(), digest_size=6).hexdigest(): path for path in paths}


def named(stores: dict[str, Path]) -> dict[str, str]:
    """What stores are called, by key: their folder's name, with the one above where two are the same."""
    names = [path.name for path in stores.values()]
    return {
        key: path.name if names.count(path.name) == 1 else f"{path.parent.name}/{path.name}"
        for key, path in stores.items()
    }


# What the page shows


def view(stores: Sequence[Path | Store | Batch]) -> Component:
    """The content of the view."""
    names = named(listed(stores))
    if not names:
        return html.Div(empty(), id="batch-view")
    first = next(iter(names))
    choices = [{"value": key, "label": name} for key, name in names.items()]
    others = [{"value": NONE, "label": "nothing"}, *choices]
    return html.Div(
        [
            html.Section(
                [
                    html.H2("Batches", id="batch-heading"),
                    row(
                        select("batch-store", "Results of", choices, first),
                        select("batch-other", "Compared with", others, NONE),
                        html.Button("Look again", id="batch-refresh", type="button", className="wide"),
                    ),
                    html.P(id="batch-about", role="status", className="which"),
                    html.Details(
                        [html.Summary("Only some of the runs"), html.Div(id="batch-filters"), seeds_and_twins()],
                        className="twin",
                    ),
                ],
                className="card",
                **{"aria-labelledby": "batch-heading"},
            ),
            row(select("batch-series", "Measure, month by month"), select("batch-facet", "A panel for each")),
            waiting("batch-fan"),
            row(
                select("batch-scalar", "Number of each run"),
                select("batch-by", "Against"),
                select("batch-second", "A line for each"),
            ),
            waiting("batch-response"),
            waiting("batch-apart"),
            runs_section(),
            dcc.Store(id="batch-asked"),
        ],
        id="batch-view",
    )


def empty() -> Component:
    """What there is without a store: how to make one."""
    return html.Section(
        [
            html.H2("No batch is open"),
            html.P(
                "A batch runs a scenario with many seeds, for every cell of a sweep, and keeps the results in a folder:"
            ),
            html.Pre(html.Code(COMMAND), tabIndex=0, role="region", **{"aria-label": "Command that runs a batch"}),
            html.P(["Then open that folder: ", html.Code("gridsim explore out/deposits")]),
        ],
        className="card",
    )


def row(*children: Component) -> Component:
    """Controls side by side, as far as there is room."""
    return html.Div(list(children), className="picks")


def select(name: str, label: str, data: Sequence[Any] = (), value: str | None = None) -> Component:
    """A list to choose one entry from."""
    return dmc.Select(
        id=name, label=label, data=list(data), value=value, allowDeselect=False, searchable=True, maxDropdownHeight=360,
        nothingFoundMessage="nothing of that name",
    )  # fmt: skip


def number_input(name: str | dict[str, Any], label: str, **more: Any) -> Component:
    """A number that may be left open."""
    return dmc.NumberInput(id=name, label=label, value="", debounce=500, hideControls=True, **more)


def seeds_and_twins() -> Component:
    """Which seeds, and whether the honest twins."""
    twins = [{"value": "runs", "label": "runs"}, {"value": "twins", "label": "their honest twins"}]
    return row(
        number_input("batch-first", "First seed", min=0, allowDecimal=False),
        number_input("batch-last", "Last seed", min=0, allowDecimal=False),
        select("batch-twin", "Runs or twins", twins, "runs"),
    )


def waiting(name: str) -> Component:
    """The place of a chart."""
    return dcc.Loading(
        html.Div(id=f"{name}-place"), delay_show=400, type="dot",
        overlay_style={"visibility": "visible", "opacity": 0.5},
    )  # fmt: skip


def runs_section() -> Component:
    """The table of runs, fifty at a time."""
    orders = [{"value": "up", "label": "rising"}, {"value": "down", "label": "falling"}]
    return html.Section(
        [
            html.P("Runs", className="kicker"),
            html.H3("Every run can be replayed, with all it does", id="batch-runs-title"),
            row(select("batch-sort", "Sorted by"), select("batch-order", "Order", orders, "up")),
            html.P(id="batch-message", role="status", className="which"),
            html.Div(id="batch-runs"),
            dmc.Pagination(
                id="batch-page", total=1, value=1, siblings=1, withControls=True, mt="sm",
                getControlProps=None,
            ),
        ],
        className="card",
        **{"aria-labelledby": "batch-runs-title"},
    )  # fmt: skip


def filters(store: Overview) -> list[Component]:
    """A control for each parameter."""
    shown = list(store.parameters.values())
    controls = [one for i, found in enumerate(shown[:FILTERS_MAX]) for one in control(i, found)]
    more = len(shown) - FILTERS_MAX
    return [row(*controls), *([html.P(f"{more} more parameters vary.", className="note")] if more > 0 else [])]


def control(i: int, parameter: Parameter) -> list[Component]:
    """What a parameter is filtered by: its values, or two bounds."""
    name = f"{parameter.path}, {parameter.unit}" if parameter.unit else parameter.path
    if parameter.levels:
        data = [{"value": json.dumps(level), "label": words(level)} for level in parameter.levels]
        return [
            dmc.MultiSelect(
                id={"type": "batch-levels", "index": i}, label=name, data=data, value=[], placeholder="all",
                clearable=True, clearButtonProps={"aria-label": f"All values of {parameter.path}", "tabIndex": 0},
            )
        ]  # fmt: skip
    if parameter.kind != "number":
        return [html.P(f"{name} has {parameter.distinct:,} values.", className="note")]
    ends = {"low": ("from", parameter.low), "high": ("to", parameter.high)}
    return [
        number_input({"type": f"batch-{kind}", "index": i}, f"{name}, {word}", placeholder=words(end))
        for kind, (word, end) in ends.items()
    ]


def runs_table(store: Overview, page: Page, measure: str) -> Component:
    """A page of runs, each with a button."""
    varied = list(store.parameters)[:COLUMNS_MAX]
    columns = list(dict.fromkeys(["run", "seed", *varied, "peak_month", *figures.HEADLINE, measure]))
    numeric = {name: pd.api.types.is_numeric_dtype(page.rows[name]) for name in columns}
    heads = [html.Th(head_of(name), scope="col", className="number" if numeric[name] else "") for name in columns]
    body = []
    for record in page.rows.to_dict("records"):
        first, *rest = columns
        cells = [html.Td(shown(record[name]), className="number" if numeric[name] else "") for name in rest]
        button = html.Button(
            "Replay",
            id={"type": "batch-replay", "run": int(record["run"])},
            type="button",
            className="take",
            **{"aria-label": f"Replay run {record['run']}"},
        )
        body.append(html.Tr([html.Th(f"{record[first]:,}", scope="row", className="number"), *cells, html.Td(button)]))
    heads.append(html.Th("replay", scope="col"))
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)])
    return html.Div(table, className="scroll tall", tabIndex=0, role="region", **{"aria-label": "Runs, table"})


def head_of(name: str) -> str:
    """A column's heading."""
    unit = figures.measured(name).unit if name not in figures.HEADLINE else ""
    return f"{name}, {unit}" if unit not in ("", "1") else name


def shown(value: Any) -> str:
    """A value of a run."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "–" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, int):
        return str(value)
    if value != value:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.4g}"


# What the page asks for


class Desk:
    """Answers to the page, about the stores at some folders and no others."""

    def __init__(self, folders: Sequence[Path | Store | Batch]) -> None:
        """Of these folders."""
        self.folders = tuple(folders)

    def store(self, key: object) -> Overview:
        """The store of a key. Raises `StoreError` if there is none that can be read."""
        stores = listed(self.folders)
        if not isinstance(key, str) or key not in stores:
            raise StoreError("there is no such store here")
        path = stores[key]
        try:
            stamp = (path / MANIFEST).stat()
            return _stores.get((path, stamp.st_mtime_ns, stamp.st_size), lambda: Overview(Batch(path)))
        except StoreError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(f"{path.name}: the store cannot be read: {error}") from None
