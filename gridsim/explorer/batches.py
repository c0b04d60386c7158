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

from gridsim.engine.result import HEADLINE
from gridsim.explorer import cards
from gridsim.explorer.service import Recent
from gridsim.figures import batch as figures
from gridsim.figures import words as numbers
from gridsim.study.overview import (
    CONDITIONS_MAX,
    PAGE,
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
Wrong = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What a question may end in that does not fit a store, or a store whose files somebody has changed."""
KIND = {True: "number", False: ""}
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
    places = [place if isinstance(place, Path) else root_of(place) for place in folders]
    paths = dict.fromkeys(path.resolve() for place in places for path in found(place))
    return {hashlib.blake2b(str(path).encode(), digest_size=6).hexdigest(): path for path in paths}


def root_of(store: Store | Batch) -> Path:
    """The folder of a store."""
    return store.root if isinstance(store, Store) else store.folder


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
                        html.Button(
                            "Look again",
                            id="batch-refresh",
                            type="button",
                            className="wide",
                            title="Read the store again: a batch that is under way has more runs",
                        ),
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
    heads = [html.Th(head_of(name), scope="col", className=KIND[numeric[name]]) for name in columns]
    body = []
    for record in page.rows.to_dict("records"):
        run = int(record["run"])
        cells = [html.Td(shown(record[name]), className=KIND[numeric[name]]) for name in columns[1:]]
        button = html.Button(
            "Replay",
            id={"type": "batch-replay", "run": run},
            type="button",
            className="take",
            **{"aria-label": f"Replay run {run}"},
        )
        body.append(html.Tr([html.Th(str(run), scope="row", className="number"), html.Td(button), *cells]))
    heads.insert(1, html.Th("replay", scope="col"))
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)])
    return html.Div(table, className="scroll tall", tabIndex=0, role="region", **{"aria-label": "Runs, table"})


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


# What the page asks for


class Desk:
    """Answers to the page, about the stores at some folders and no others."""

    def __init__(self, folders: Sequence[Path | Store | Batch]) -> None:
        """Of these folders."""
        self.folders = tuple(folders)

    def store(self, key: object) -> Overview:
        """The store of a key. Raises `StoreError` if there is none, and whatever a store may that is damaged."""
        stores = listed(self.folders)
        if not isinstance(key, str) or key not in stores:
            raise StoreError("there is no such store here")
        path = stores[key]
        stamp = (path / MANIFEST).stat()
        return _stores.get((path, stamp.st_mtime_ns, stamp.st_size), lambda: Overview(Batch(path)))

    def pairs(self, key: object, other: object) -> Pairs:
        """Two stores, paired. Raises `StoreError` as `store`, or if they have nothing to pair by."""
        here, there = self.store(key), self.store(other)
        return _pairs.get((here, there), lambda: Pairs(here, there))

    def asked(self, data: object) -> tuple[Asked, Overview, Selection]:
        """What a viewer looks at, checked. Raises `StoreError`."""
        try:
            asked = Asked.model_validate(data)
        except ValueError:
            raise StoreError("the page asks for something that is not understood") from None
        store = self.store(asked.store)
        return asked, store, selection(store, asked)

    def controls(self, key: object) -> tuple[Any, ...]:
        """Choices that a store offers, and the first of them: series, panels, numbers, parameters, columns; filters."""
        try:
            store = self.store(key)
            paths = [*store.parameters, *([TWIN] if store.has_twins else [])]
            controls = filters(store)
        except Wrong:
            return ([], None) * 6 + ([],)
        series = [measure(name) for name in store.series]
        numbers = [measure(name) for name in store.scalars]
        groups = [{"value": NONE, "label": "nothing"}]
        groups += [{"value": path, "label": "run or honest twin" if path == TWIN else path} for path in paths]
        columns = dict.fromkeys(["run", "seed", *store.parameters, "peak_month", *HEADLINE])
        by = next(iter(store.parameters), NONE)
        return (
            *(series, preferred("queued_mw", store.series)),
            *(groups, NONE),
            *(numbers, preferred("queued_mw.peak", store.scalars)),
            *(groups, by),
            *(groups, NONE),
            *(
                [{"value": name, "label": name} for name in columns] + [{"value": "measure", "label": "number chosen"}],
                "run",
            ),
            controls,
        )

    def about(self, data: object) -> str:
        """What a store holds and how far it is, or what is wrong."""
        try:
            _, store, chosen = self.asked(data)
            done = store.done
            runs = (
                f"{done:,} runs" if done == store.planned else f"{done:,} of {store.planned:,} runs, the rest to come"
            )
            varied = [f"{path} ({found.distinct:,} values)" for path, found in store.parameters.items()]
            fixed = [f"{path} = {words(value)}" for path, value in store.fixed.items()]
            said = [f"{runs}."]
            said += [f"Varied: {numbers.listed(varied[:8])}{' and more' if len(varied) > 8 else ''}."] if varied else []
            said += [f"The same in all: {numbers.listed(fixed[:8])}."] if fixed else []
            return " ".join([*said, which(store, chosen)]).strip()
        except Wrong as error:
            return problem(error)

    def fan(self, data: object, series: object, facet: object) -> Any:
        """A series month by month."""

        def make() -> Component:
            _, store, chosen = self.asked(data)
            frame = store.months(text(series), chosen, optional(facet))
            path = optional(facet)
            drawn = figures.Fan(text(series), frame, path or "", which(store, chosen, path))
            return chart("batch-fan", "Month by month", drawn)

        return shown_or_said("batch-fan", "Month by month", make) if series else []

    def response(self, data: object, scalar: object, by: object, second: object) -> Any:
        """A number of the runs against a parameter."""
        kicker = "Against what was varied"

        def make() -> Component:
            _, store, chosen = self.asked(data)
            one, two = optional(by), optional(second) if second != by else None
            frame = store.scalar(text(scalar), chosen, one, two)
            drawn = figures.Response(text(scalar), frame, one or "", two or "", which(store, chosen, one, two))
            return chart("batch-response", kicker, drawn)

        return shown_or_said("batch-response", kicker, make) if scalar else []

    def apart(self, data: object, other: object, series: object, scalar: object, by: object) -> Any:
        """The difference to another store."""
        if other in (None, "", NONE):
            return []

        def months() -> Component:
            asked, store, chosen = self.asked(data)
            frame = self.pairs(asked.store, other).months(text(series), chosen)
            drawn = figures.Apart(text(series), frame, self.name(other), which(store, chosen))
            return chart("batch-apart", "Compared, month by month", drawn)

        def runs() -> Component:
            asked, store, chosen = self.asked(data)
            path = optional(by)
            frame = self.pairs(asked.store, other).scalar(text(scalar), chosen, path)
            drawn = figures.ApartBy(text(scalar), frame, self.name(other), path or "", which(store, chosen, path))
            return chart("batch-apart-by", "Compared, run by run", drawn)

        return [
            shown_or_said("batch-apart", "Compared, month by month", months),
            shown_or_said("batch-apart-by", "Compared, run by run", runs),
        ]

    def name(self, key: object) -> str:
        """What a store is called."""
        return named(listed(self.folders)).get(str(key), "the other store")

    def runs(self, data: object, sort: object, order: object, page: object, scalar: object) -> tuple[Any, Any, Any]:
        """A page of runs, how many pages there are, and which this is."""
        if not sort or not scalar:
            return [], 1, no_update
        try:
            _, store, chosen = self.asked(data)
            number = page - 1 if isinstance(page, int) and not isinstance(page, bool) and page > 0 else 0
            column = text(scalar) if sort == "measure" else text(sort)
            found = store.page(chosen, column, order == "down", number, text(scalar))
        except Wrong as error:
            return html.P(problem(error), className="missing"), 1, no_update
        if not found.runs:
            return html.P("There is no such run.", className="missing"), 1, no_update
        at, first = found.number, PAGE * found.number
        said = (
            f"Runs {first + 1:,} to {first + len(found.rows):,} of {found.runs:,}; page {at + 1:,} of {found.pages:,}."
        )
        table = runs_table(store, found, text(scalar))
        return [html.P(said, className="note"), table], found.pages, no_update if at == number else at + 1

    def replay(self, data: object, run: object) -> tuple[Any, str]:
        """What opens a run, and a word on it."""
        try:
            _, store, _ = self.asked(data)
            if not isinstance(run, int) or isinstance(run, bool):
                raise StoreError("there is no such run")
            found = store.replay(run)
            if found.seed > SEED_MAX:
                raise StoreError(f"run {run}: its seed is too large for a page; use gridsim run")
        except Wrong as error:
            return no_update, problem(error)
        opened = {
            "name": found.title,
            "text": found.scenario.model_dump_json(by_alias=True),
            "seed": found.seed,
            "n": next(_count),
        }
        apart = "" if found.exact else " The store is another version's: numbers may differ."
        return opened, f"Run {run} is open, with seed {found.seed}.{apart}"


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


def chart(name: str, kicker: str, drawn: figures.Fan | figures.Response | figures.Apart | figures.ApartBy) -> Component:
    """The card of a chart, or a word where no run is left."""
    if drawn.frame.empty:
        return cards.missing(name, kicker, "None of the runs that are done is among those chosen, or none has a value.")
    table = drawn.table()
    texts = (drawn.title(), drawn.caption(), drawn.alt())
    return cards.card(name, kicker, *texts, drawn.figure(), table, csv=table.to_csv(index=False))


def shown_or_said(name: str, kicker: str, make: Callable[[], Component]) -> Component:
    """A chart, or what is wrong with what it was to show."""
    try:
        return make()
    except Wrong as error:
        return cards.missing(name, kicker, problem(error))


def problem(error: Exception) -> str:
    """What is wrong, in words."""
    return str(error) if isinstance(error, StoreError) else f"The store cannot be read: {error}"


def measure(name: str) -> dict[str, str]:
    """A measure of a list."""
    meaning = figures.measured(name).meaning
    return {"value": name, "label": f"{name} – {meaning}" if meaning else name}


def preferred(name: str, names: Sequence[str]) -> str | None:
    """A name if it is there, else the first."""
    return name if name in names else next(iter(names), None)


def optional(value: object) -> str | None:
    """A name that may be none."""
    return None if value in (None, "", NONE) else text(value)


def text(value: object) -> str:
    """A name that a browser sent. Raises `StoreError` for anything else."""
    if not isinstance(value, str) or len(value) > 1_000:
        raise StoreError("the page asks for something that is not understood")
    return value


def whole(value: object) -> int | None:
    """A whole number that a browser sent, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def is_number(value: object) -> bool:
    """Whether a browser sent a number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e308


def register(app: dash.Dash, folders: Sequence[Path | Store | Batch]) -> None:
    """The callbacks of the view."""
    if not listed(folders):
        return
    desk = Desk(folders)
    lists = ("series", "facet", "scalar", "by", "second", "sort")

    @app.callback(
        *[Output(f"batch-{name}", part) for name in lists for part in ("data", "value")],
        Output("batch-filters", "children"),
        Input("batch-store", "value"),
        Input("batch-refresh", "n_clicks"),
        State("batch-scalar", "value"),
    )
    def choices(key: Any, n: Any, scalar: Any) -> Any:
        """What a store offers; a look at the same one leaves the choices, unless there was nothing to choose."""
        if ctx.triggered_id == "batch-refresh" and scalar:
            return [no_update] * (2 * len(lists) + 1)
        return desk.controls(key)

    @app.callback(
        Output("batch-asked", "data"),
        Input("batch-store", "value"),
        Input("batch-refresh", "n_clicks"),
        Input("batch-first", "value"),
        Input("batch-last", "value"),
        Input("batch-twin", "value"),
        *[Input({"type": f"batch-{kind}", "index": ALL}, "value") for kind in ("levels", "low", "high")],
        *[State({"type": f"batch-{kind}", "index": ALL}, "id") for kind in ("levels", "low", "high")],
    )
    def ask(key: Any, n: Any, first: Any, last: Any, twin: Any, *sent: Any) -> Any:
        """What the filters say."""
        kinds = ("levels", "low", "high")
        try:
            values = {
                kind: [(place.get("index"), value) for place, value in zip(ids, chosen, strict=True)]
                for kind, chosen, ids in zip(kinds, sent[:3], sent[3:], strict=True)
            }
            return gathered(desk.store(key), key, values, first, last, twin, n)
        except Wrong:  # the next step says what is wrong
            return {"store": key[:64] if isinstance(key, str) else "", "n": whole(n) or 0}

    asked = Input("batch-asked", "data")
    app.callback(Output("batch-about", "children"), asked)(desk.about)
    app.callback(
        Output("batch-fan-place", "children"), asked, Input("batch-series", "value"), Input("batch-facet", "value")
    )(desk.fan)
    app.callback(
        Output("batch-response-place", "children"),
        asked,
        *[Input(f"batch-{name}", "value") for name in ("scalar", "by", "second")],
    )(desk.response)
    app.callback(
        Output("batch-apart-place", "children"),
        asked,
        *[Input(f"batch-{name}", "value") for name in ("other", "series", "scalar", "by")],
    )(desk.apart)
    app.callback(
        Output("batch-runs", "children"),
        Output("batch-page", "max"),
        Output("batch-page", "value"),
        asked,
        *[Input(f"batch-{name}", "value") for name in ("sort", "order", "page", "scalar")],
    )(desk.runs)

    @app.callback(
        Output("open", "data", allow_duplicate=True),
        Output("batch-message", "children"),
        Input({"type": "batch-replay", "run": ALL}, "n_clicks"),
        State("batch-asked", "data"),
        prevent_initial_call=True,
    )
    def replay(clicks: Any, data: Any) -> Any:
        """Open the run whose button was pressed; rows that come and go press none."""
        pressed = ctx.triggered_id
        if not isinstance(pressed, dict) or not any(item.get("value") for item in ctx.triggered):
            return no_update, no_update
        return desk.replay(data, pressed.get("run"))
