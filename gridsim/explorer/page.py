"""The page: header, levers, headline and key numbers, views. What is in it is filled in by callbacks."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from gridsim.config.scenario import Mechanisms, Scenario
from gridsim.explorer import cards, live
from gridsim.explorer.catalogue import PRESETS, listed
from gridsim.explorer.levers import GROUPS, LEVERS, Lever, mechanism, notes, value_of
from gridsim.explorer.service import Service
from gridsim.figures import spread

VIEWS = {
    "market": "Market",
    "funnel": "Funnel",
    "scarcity": "Scarcity",
    "queue": "Queue and waits",
    "map": "Map",
    "flows": "Who asks whom",
    "waterfall": "GPUs",
    "day": "Peak day",
    "causes": "Causes",
    "agents": "Agents",
    "batches": "Batches",
    "assess": "Assess a queue",
}
STORES = ("choices", "opened", "wanted", "progress", "settled", "open", "arranged", "monthly")
TOUR = (
    ("lever", "Move a lever: the market answers at once, first with 20 runs, then with 200."),
    ("difference", "Choose a number above the chart, and read in how many runs it differs."),
    ("mechanism", "Switch a mechanism off under “What goes wrong”, and see what it had caused."),
    ("view", "Open another view, such as the map."),
    ("share", "Share: copy a link that shows others the same numbers."),
)


def layout(service: Service, batches: Component, assess: Component) -> Component:
    """The whole page."""
    start = service.entries[service.start].scenario
    return dmc.MantineProvider(
        html.Div(
            [
                html.A("Skip to the charts", href="#views", className="skip"),
                header(),
                html.Div([aside(service, start), main(start, batches, assess)], className="body"),
                footer(service),
                share_window(),
                open_window(),
                cite_window(),
                dcc.Location(id="url", refresh=False),
                *[dcc.Store(id=name) for name in STORES],
            ],
            id="page",
        ),
        id="theme",
        defaultColorScheme="auto",
        theme={"primaryColor": "blue", "fontFamily": "var(--font)", "primaryShade": {"light": 8, "dark": 5}},
    )


def header() -> Component:
    """Name, and what can be done with the whole page."""
    buttons = [
        html.Button("Levers", id="levers-button", type="button", className="narrow", **{"aria-expanded": "false"}),
        html.Button("Open", id="open-button", type="button"),
        html.Button("Share", id="share-button", type="button"),
        html.Button("Export", id="export-button", type="button", title="One HTML file that works without a server"),
        html.Button("Tour", id="tour-button", type="button", **{"aria-expanded": "false"}),
        html.Button("Dark", id="theme-button", type="button", **{"aria-pressed": "false"}),
    ]
    return html.Header(
        [
            html.Div([html.Span("gridsim", className="brand"), html.Span("explorer", className="part")]),
            html.Nav(buttons, **{"aria-label": "Page"}),
        ],
        className="top",
    )


def aside(service: Service, start: Scenario) -> Component:
    """What may be changed: the scenario, levers by who decides, mechanisms, what it is compared with."""
    switches = [switch(name, start) for name in Mechanisms.model_fields]
    quick = [
        html.Button(name, type="button", className="preset", **{"data-open": key})
        for name, key in PRESETS
        if key in service.entries
    ]
    return html.Aside(
        [
            dmc.Select(
                id="source", label="Scenario", data=listed(service.entries), value=service.start, searchable=True,
                allowDeselect=False, maxDropdownHeight=420, comboboxProps={"withinPortal": True},
            ),
            html.Div(quick, className="presets", role="group", **{"aria-label": "Presets"}),
            html.Details(
                [html.Summary("About this scenario"), html.P(start.description.strip(), id="description")],
                className="about",
            ),
            *[group(who, start) for who in GROUPS],
            html.Details(
                [html.Summary("What goes wrong (mechanisms)"), html.Div(switches, className="switches")],
                className="mechanisms",
            ),
            dmc.Select(
                id="against", label="Compared with", allowDeselect=False, value="today",
                data=[{"value": "today", "label": "today"}, {"value": "honest", "label": "the same without gaming"}],
            ),
            html.Button("Put everything back", id="reset-button", type="button", className="wide"),
        ],
        id="levers",
        **{"aria-label": "Levers"},
    )  # fmt: skip


def group(who: str, start: Scenario) -> Component:
    """The levers of those who decide."""
    levers = [one(lever, start) for lever in LEVERS if lever.who == who]
    return html.Fieldset([html.Legend(f"{who} decide"), *levers])


def one(lever: Lever, start: Scenario) -> Component:
    """A lever: name and value, what it does folded away under them, and the slider."""
    return html.Div(
        [
            html.Details(
                [
                    html.Summary([html.Span(lever.name, className="name"), html.Output("", id=f"shown-{lever.key}")]),
                    *[html.P(text) for text in notes(lever)],
                ],
                className="about",
            ),
            dmc.Slider(
                id=f"lever-{lever.key}", min=lever.low, max=lever.high, step=lever.step, value=value_of(start, lever.path),
                updatemode="drag", thumbLabel=f"{lever.name}, {lever.unit}", label=None, size="sm", thumbSize=18,
            ),
        ],
        className="lever",
        **{"data-unit": lever.unit, "data-lever": lever.key},
    )  # fmt: skip


def switch(name: str, start: Scenario) -> Component:
    """The switch of a mechanism."""
    number, _, what = (Mechanisms.model_fields[name].description or name).partition(": ")
    short = mechanism(name)
    return dmc.Switch(
        id=f"switch-{name}",
        checked=getattr(start.mechanisms, name),
        label=f"{number}  {short[:1].upper()}{short[1:]}",
        description=what,
        size="sm",
    )


def tile(measure: str, said: tuple[str, str]) -> Component:
    """The place of a key number. It stays while its numbers change, so that no click on it and no focus is lost."""
    name, unit = said
    return html.Button(
        [
            html.Span(name, className="what"),
            html.Span([html.Span("–", className="amount"), html.Small(unit)], className="value"),
            html.Span(className="apart"),
            html.Span(className="runs"),
        ],
        type="button",
        className="tile",
        **{"data-measure": measure, "aria-pressed": "false"},
    )


def main(start: Scenario, batches: Component, assess: Component) -> Component:
    """Headline, key numbers, and the views."""
    tabs = [dmc.TabsTab(name, value=key) for key, name in VIEWS.items()]
    return html.Main(
        [
            html.Div(id="notice", role="alert"),
            html.P(id="link-check", role="status", className="link-check"),
            html.Div(id="tour", hidden=True, children=tour()),
            html.Div(
                [
                    html.P(start.title, id="scenario-title", className="kicker"),
                    html.H1("One moment: the first runs are under way.", id="headline", **{"aria-live": "polite"}),
                    html.P(id="status", role="status", className="status"),
                ],
                className="hero",
            ),
            html.Div(
                [tile(*one) for one in live.TILES.items()],
                id="tiles",
                role="group",
                **{"aria-label": "Key numbers; choose one for the chart"},
            ),
            html.Div(
                dmc.Tabs(dmc.TabsList(tabs, **{"aria-label": "Views"}), id="view", value="market", keepMounted=True),
                className="tabs",
            ),
            html.Div(
                [
                    market(start),
                    one_run(start),
                    html.Div(batches, id="batches-view", hidden=True),
                    html.Div(assess, id="assess-view", hidden=True),
                ],
                id="views",
                tabIndex=-1,
            ),
        ]
    )


def market(start: Scenario) -> Component:
    """The live chart: one measure under many seeds."""
    measures = [{"value": panel.column, "label": panel.name} for panel in spread.PANELS]
    chart = cards.card("market", "Many runs", "", "", "", {"layout": {"height": spread.HEIGHT, "template": {}}}, None)
    return html.Div(
        [
            html.Div(
                dmc.Select(
                    id="measure", label="Measure of the chart", data=measures, value="queued_mw", searchable=True,
                    allowDeselect=False, size="xs",
                ),
                className="pick",
            ),
            chart,
            html.Div(id="market-twin"),
            html.Div(id="numbers"),
        ],
        id="market-view",
    )  # fmt: skip


def one_run(start: Scenario) -> Component:
    """The place of the views that look into one run, and which run that is."""
    months = start.horizon_months
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        dmc.NumberInput(
                            id="seed", label="Run shown: seed", value=1, min=0, max=2**53, step=1, allowDecimal=False,
                            debounce=400,
                        ),
                        id="seed-box",
                        className="seed",
                    ),
                    html.Div(
                        [
                            html.Div([html.Span("Month", className="name"), html.Output("", id="shown-month")], className="head"),
                            dmc.Slider(
                                id="month", min=0, max=months - 1, step=1, value=months // 2, updatemode="drag",
                                thumbLabel="Month shown", label=None, size="sm", thumbSize=18,
                            ),
                        ],
                        id="month-box",
                        className="lever",
                    ),
                ],
                className="picks",
            ),
            dcc.Loading(
                html.Div(id="view-body"), delay_show=400, type="dot", overlay_style={"visibility": "visible", "opacity": 0.5},
                target_components={"view-body": "children"},
            ),
        ],
        id="run-view",
        hidden=True,
    )  # fmt: skip


def tour() -> list[Component]:
    """Five steps, ticked off by doing them."""
    steps = [html.Li(text, **{"data-step": key}) for key, text in TOUR]
    close = html.Button("Close the tour", id="tour-close", type="button", className="plain")
    return [html.H2("Five steps"), html.Ol(steps), html.P("", id="tour-state", role="status"), close]


def footer(service: Service) -> Component:
    """What this is, and which version of it."""
    return html.Footer(
        [
            html.P(
                "A simulation of how queues with these rules and motives behave; it forecasts no company and no utility. "
                "Every run is the whole model; nothing is interpolated, and nothing leaves this machine."
            ),
            html.P(
                ["gridsim ", html.Code(service.version), " · model ", html.Code(service.model), html.Span(id="result")]
            ),
        ]
    )


def window(name: str, title: str, children: list[Any]) -> Component:
    """A window over the page; the page's script opens it where `data-shown` says something, and closes it where not."""
    head = html.Div(
        [
            html.H2(title, id=f"{name}-head"),
            html.Button("×", type="button", className="plain", **{"data-close": name, "aria-label": "Close"}),
        ],
        className="window-head",
    )
    labels = {"aria-labelledby": f"{name}-head", "data-shown": ""}
    return html.Dialog([head, *children], id=f"{name}-window", **labels)


def share_window() -> Component:
    """Link, YAML, command and Python of what is shown."""
    return window("share", "Share what you see", [html.Div(id="share-body")])


def cite_window() -> Component:
    """The citation of a chart."""
    return window("cite", "Cite this chart", [dcc.Store(id="cited"), html.Div(id="cite-body")])


def open_window() -> Component:
    """A scenario from elsewhere: pasted, or dropped anywhere on the page."""
    return window(
        "open",
        "Open a scenario of your own",
        [
            html.P("Drop a YAML file anywhere on the page, or paste its text here. It stays on this machine."),
            dmc.Textarea(id="paste", label="Scenario, YAML", autosize=True, minRows=10, maxRows=22, className="code"),
            html.Div(id="paste-problems", role="alert"),
            html.Button("Open it", id="paste-button", type="button", className="wide primary"),
        ],
    )
