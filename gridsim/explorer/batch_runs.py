"""The runs of a batch: the controls that choose some of them, what these say to the store and in words, and the table."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import html
from dash.development.base_component import Component
from pydantic import BaseModel, ConfigDict, Field

from gridsim.engine.result import HEADLINE
from gridsim.explorer import cards
from gridsim.figures import batch as figures
from gridsim.study.overview import Overview, Page
from gridsim.study.selection import CONDITIONS_MAX, TWIN, Condition, Parameter, Selection, SelectionError, words

FILTERS_MAX = 30
COLUMNS_MAX = 6  # parameters in the table of runs
KIND = {True: "number", False: ""}


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


def runs_section() -> Component:
    """The table of runs, fifty at a time."""
    orders = [{"value": "up", "label": "rising"}, {"value": "down", "label": "falling"}]
    return html.Section(
        [
            html.P("Runs", className="kicker"),
            html.H2("Every run can be replayed, with all it does", id="batch-runs-title"),
            row(
                select("batch-sort", "Sorted by"),
                select("batch-order", "Order", orders, "up"),
                dmc.NumberInput(id="batch-page", label="Page", value=1, min=1, allowDecimal=False, debounce=400),
            ),
            html.P(id="batch-message", role="status", className="which"),
            html.Div(id="batch-runs"),
        ],
        className="card",
        **{"aria-labelledby": "batch-runs-title"},
    )


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
                clearable=True,
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
    columns = list(dict.fromkeys(["run", "seed", *varied, "peak_month", *HEADLINE, measure]))
    numeric = {name: pd.api.types.is_numeric_dtype(page.rows[name]) for name in columns}
    heads = ["run", "replay", *(head_of(name) for name in columns[1:])]
    kinds = ["number", "replay", *(KIND[numeric[name]] for name in columns[1:])]
    table = []
    for record in page.rows.to_dict("records"):
        run = str(int(record["run"]))
        table.append([run, run, *(shown(record[name]) for name in columns[1:])])
    label = {"aria-label": "Runs, table"}
    return html.Div(cards.cells(heads, kinds, table), className="scroll tall", tabIndex=0, role="region", **label)


def head_of(name: str) -> str:
    """A column's heading."""
    unit = figures.measured(name).unit if name not in HEADLINE else ""
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


def selection(store: Overview, asked: Asked) -> Selection:
    """The runs that a viewer chose. Raises `StoreError`."""
    conditions = []
    for path, texts in asked.levels.items():
        known = {json.dumps(level): level for level in store.parameter(path).levels}
        if any(one not in known for one in texts):
            raise SelectionError(f"{path} has no such value in this store")
        conditions += [Condition(path, tuple(known[one] for one in texts))] if texts else []
    for path in dict.fromkeys([*asked.low, *asked.high]):
        conditions.append(Condition(store.parameter(path).path, (), asked.low.get(path), asked.high.get(path)))
    return Selection(tuple(conditions), asked.first, asked.last, asked.twins)


def gathered(
    store: Overview, key: str, values: dict[str, list[tuple[object, object]]], first: object, last: object, twin: object,
    n: object,
) -> dict[str, Any]:  # fmt: skip
    """What the filters of the page say; `values` are pairs of a parameter's number and what was chosen."""
    paths = list(store.parameters)[:FILTERS_MAX]

    def of(kind: str, fits: Callable[[object], bool]) -> dict[str, Any]:
        pairs = [(i, value) for i, value in values.get(kind, []) if isinstance(i, int) and 0 <= i < len(paths)]
        return {paths[i]: value for i, value in pairs if fits(value)}

    return Asked(
        store=key,
        levels=of("levels", lambda v: isinstance(v, list) and bool(v) and all(isinstance(one, str) for one in v)),
        low={path: float(v) for path, v in of("low", is_number).items()},
        high={path: float(v) for path, v in of("high", is_number).items()},
        first=whole(first),
        last=whole(last),
        twins=twin == "twins" and store.has_twins,
        n=whole(n) or 0,
    ).model_dump()


def which(store: Overview, chosen: Selection, *grouped: str | None) -> str:
    """The runs that are chosen, in words; where twins are told apart, nothing about them."""
    said = []
    for one in chosen.conditions:
        values = [
            words(float(level) if store.parameter(one.path).kind == "number" and level is not None else level)
            for level in one.levels
        ]
        ends = [f"{word} {words(end)}" for word, end in (("from", one.low), ("to", one.high)) if end is not None]
        said.append(f"{one.path} {' or '.join(values) or ' '.join(ends)}")
    if chosen.first_seed is not None or chosen.last_seed is not None:
        ends = [
            f"{word} {end:,}"
            for word, end in (("from", chosen.first_seed), ("to", chosen.last_seed))
            if end is not None
        ]
        said.append(f"seeds {' '.join(ends)}")
    text = f"Only {'; '.join(said)}." if said else ""
    twins = "Honest twins." if chosen.twin and TWIN not in grouped else ""
    rough = "" if store.exact else "Quantiles are estimates."
    return " ".join(filter(None, [text, twins, rough]))


def whole(value: object) -> int | None:
    """A whole number that a browser sent, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def is_number(value: object) -> bool:
    """Whether a browser sent a number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e308
