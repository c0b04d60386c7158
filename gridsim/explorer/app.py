"""The Dash app: callbacks between the page and the service. What a browser sends is checked before it is used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dash
from dash import Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from flask import Flask
from pydantic import ValidationError

from gridsim.config.scenario import Mechanisms
from gridsim.explorer import agents, assess_page, batches, cards, files, live, notices, page, share, views
from gridsim.explorer.choices import Choices, checked, parsed
from gridsim.explorer.levers import LEVERS, range_of, typed, value_of
from gridsim.explorer.service import Service, Wrong
from gridsim.figures import facts, spread

INDEX = (
    '<!doctype html>\n<html lang="en">\n<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}</head>\n'
    '<body>{%app_entry%}<footer class="scripts">{%config%}{%scripts%}{%renderer%}</footer></body>\n</html>\n'
)
SWITCHES = [f"mechanisms.{name}" for name in Mechanisms.model_fields]
NAMES = [*(lever.path for lever in LEVERS), *SWITCHES]
CLIENT = "gridsim"
COMPRESSION = {
    "COMPRESS_ALGORITHM": ["br", "gzip"],
    "COMPRESS_ALGORITHM_STREAMING": ["br", "gzip"],
    "COMPRESS_BR_LEVEL": 5,
}
"""A tenth smaller than what Flask-Compress would choose, for 50 ms of the first visit."""


def make_app(service: Service, stores: Sequence[Path] = ()) -> Dash:
    """The explorer over a service, with the stores of batches that it may open."""
    server = Flask("gridsim.explorer")
    server.config.update(COMPRESSION)
    app = Dash(
        "gridsim.explorer",
        server=server,
        title="gridsim explorer",
        update_title="",
        index_string=INDEX,
        compress=True,
        serve_locally=True,
        suppress_callback_exceptions=True,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "color-scheme", "content": "light dark"},
        ],
    )
    app.layout = page.layout(service, batches.view(stores), assess_page.view(service))
    opening(app, service)
    living(app, service)
    viewing(app, service)
    agents.register(app, service)
    share.register(app, service)
    files.register(app, service)
    batches.register(app, stores)
    assess_page.register(app, service)
    return app


def opening(app: Dash, service: Service) -> None:
    """A scenario is opened by the page's own address, from the list, or as text; then every control follows it."""

    @app.callback(
        Output("opened", "data"),
        Output("notice", "children"),
        Output("open-window", "data-shown"),
        Output("paste-problems", "children"),
        Input("url", "search"),
        Input("source", "value"),
        Input("open", "data"),
        State("opened", "data"),
        prevent_initial_call="initial_duplicate",
    )
    def open_scenario(search: Any, source: Any, text: Any, before: Any) -> tuple[Any, ...]:
        """Open what was asked for; what is wrong with it is said, and the page stays as it was."""
        count = (before or {}).get("n", 0) + 1 if isinstance(before, dict) else 1
        trigger = ctx.triggered_id
        try:
            if trigger == "source":
                if before is None or source is None or source == before.get("source"):
                    return no_update, no_update, no_update, no_update
                return opened(service, Choices(source=source), count), [], no_update, []
            if trigger == "open":
                return opened(service, from_text(text), count), [], "", []
            if before is not None:
                return no_update, no_update, no_update, no_update
            choices, said = parsed(search if isinstance(search, str) else "")
            data = opened(service, choices, count)
            return data | {"sent": said._asdict()}, notices.of_link(service, said), no_update, []
        except Wrong as error:
            return wrongly_opened(service, trigger, text, error, before, count)

    app.clientside_callback(
        dash.ClientsideFunction(CLIENT, "opened"), Input("opened", "data"), prevent_initial_call=True
    )
    app.clientside_callback(
        dash.ClientsideFunction(CLIENT, "gather"),
        Output("choices", "data"),
        Input("arranged", "data"),
        *[Input(f"lever-{lever.key}", "value") for lever in LEVERS],
        *[Input(f"switch-{name}", "checked") for name in Mechanisms.model_fields],
        *[Input(name, "value") for name in ("against", "measure", "view", "seed", "month")],
        State("opened", "data"),
        prevent_initial_call=True,
    )


def wrongly_opened(
    service: Service, trigger: Any, text: Any, error: Exception, before: Any, count: int
) -> tuple[Any, ...]:
    """The problems, where they are looked for; a page that has nothing open yet opens the scenario to start with."""
    name = str(text.get("name", "scenario"))[:200] if isinstance(text, dict) else "scenario"
    pasted = trigger == "open" and isinstance(text, dict) and text.get("from") == "paste"
    said = notices.problems(error, name if trigger == "open" else "link")
    data = opened(service, Choices(), count) if before is None else no_update
    if pasted:
        return data, no_update, no_update, said
    return data, said, no_update, []


def from_text(data: Any) -> Choices:
    """The choices that open a scenario given as text. Raises ValueError for what is none."""
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        raise ValueError("this is no scenario")
    if isinstance(problem := data.get("problem"), str) and problem:
        raise ValueError(problem[:200])
    if not data["text"].strip():
        raise ValueError("the text is empty")
    return checked({"text": data["text"], "seed": data.get("seed", 1), "against": "opened"})


def opened(service: Service, choices: Choices, count: int) -> dict[str, Any]:
    """What the page needs to know of a scenario that is opened. Raises ScenarioError, ValueError."""
    base, now = service.opened(choices), service.scenario(choices)
    values, moved = ({path: plain(value_of(world, path)) for path in NAMES} for world in (base, now))
    is_start = not choices.text and (choices.source or service.start) == service.start
    against = choices.against if not (is_start and choices.against == "opened") else "today"
    result = service.run(choices)
    return {
        "n": count,
        "source": "" if choices.text else choices.source or service.start,
        "text": choices.text,
        "title": base.title,
        "description": base.description.strip(),
        "names": NAMES,
        "values": values,
        "now": moved,
        "ranges": {lever.path: range_of(lever, values[lever.path]) for lever in LEVERS},
        "more": {path: value for path, value in choices.changes.items() if path not in NAMES},
        "whole": [lever.path for lever in LEVERS if isinstance(typed(lever.path, 1.0), int)],
        "start": base.start_month,
        "months": now.horizon_months,
        "peak": facts.peak(result),
        "is_start": is_start,
        "against": against,
        "measure": live.panel_of(choices).column,
        "view": choices.view if choices.view in page.VIEWS else "market",
        "seed": choices.seed,
        "month": choices.month,
    }


def plain(value: Any) -> float | bool:
    """A value as a control takes it."""
    return value if isinstance(value, bool) else float(value)


def living(app: Dash, service: Service) -> None:
    """The market under many seeds, step by step."""

    @app.callback(
        Output("graph-market", "figure"),
        Output("market-title", "children"),
        Output("market-caption", "children"),
        Output("headline", "children"),
        Output("status", "children"),
        Output("tiles", "data-tiles"),
        Output("progress", "data"),
        Output("notice", "children", allow_duplicate=True),
        Input("wanted", "data"),
        prevent_initial_call=True,
    )
    def live_market(data: Any) -> tuple[Any, ...]:
        """The next step of what the page asks for."""
        keep = (no_update,) * 6
        try:
            wanted = live.Wanted.model_validate(data)
        except ValidationError:
            return *keep, no_update, notices.problems(ValueError("the page sent what it should not"), "page")
        try:
            return *live.answer(service, wanted, checked(wanted.choices)), no_update
        except Wrong as error:
            failed = {"seq": wanted.seq, "done": 1, "of": 1, "failed": True}
            return *keep, failed, notices.problems(error, "scenario")

    app.clientside_callback(
        dash.ClientsideFunction(CLIENT, "answered"), Input("progress", "data"), prevent_initial_call=True
    )


def viewing(app: Dash, service: Service) -> None:
    """What follows when the levers are at rest: tables, and the views of one run."""

    @app.callback(
        Output("view-body", "children"),
        Output("market-twin", "children"),
        Output("numbers", "children"),
        Input("settled", "data"),
        prevent_initial_call=True,
    )
    def settle(data: Any) -> tuple[Any, ...]:
        """The tables of the market, or the charts of the view."""
        try:
            choices = checked(data["choices"])
            if choices.view == "market":
                return no_update, *market_tables(service, choices)
            if choices.view in ("batches", "assess"):
                return no_update, no_update, no_update
            return views.body(service, choices), no_update, no_update
        except (KeyError, TypeError, *Wrong) as error:
            return notices.problems(error, "scenario"), no_update, no_update

    @app.callback(Input("monthly", "data"), prevent_initial_call=True)
    def move_month(data: Any) -> None:
        """The chart of a month while its slider moves; words and table follow when it rests."""
        try:
            choices = checked(data["choices"])
            if choices.view not in views.WITH_MONTH:
                return
            found = views.charts_of_month(service.run(choices), choices.view, choices.month)
        except (KeyError, TypeError, *Wrong):
            return
        for chart in found:
            if chart.figure is not None:
                dash.set_props(f"graph-{chart.name}", {"figure": chart.figure})


def market_tables(service: Service, choices: Choices) -> tuple[Component, Component]:
    """The numbers of the chart, and of every measure."""
    both = service.exact(choices).worlds()
    panel = live.panel_of(choices)
    return cards.twin(spread.table(both, panel), panel.name), live.numbers(both)
