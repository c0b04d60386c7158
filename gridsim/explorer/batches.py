"""The view of batches: open a store, filter and group its runs, compare it with another one, replay a run.

Here is the page and what it asks for; `gridsim.explorer.batch_desk` has the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dash
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from gridsim.explorer.batch_desk import NONE, Desk, Wrong, found, listed, named
from gridsim.explorer.batch_runs import gathered, row, runs_section, seeds_and_twins, select, whole
from gridsim.study.results import Batch
from gridsim.study.store import Store

__all__ = ["found", "register", "view"]

COMMAND = (
    "gridsim batch configs/baseline.yaml --sweep configs/sweeps/deposits_and_duplicates.yaml --seeds 100 "
    "--out out/deposits"
)


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
            dcc.Store(id="batch-replay"),
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


def waiting(name: str) -> Component:
    """The place of a chart."""
    return dcc.Loading(
        html.Div(id=f"{name}-place"), delay_show=400, type="dot",
        overlay_style={"visibility": "visible", "opacity": 0.5},
    )  # fmt: skip


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
        Input("batch-replay", "data"),
        State("batch-asked", "data"),
        prevent_initial_call=True,
    )
    def replay(chosen: Any, data: Any) -> Any:
        """Open the run whose button was pressed."""
        return desk.replay(data, chosen.get("run") if isinstance(chosen, dict) else None)
