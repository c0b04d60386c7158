"""Sharing what is on the page: link, YAML, command, Python, and the citation of a chart."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component

from gridsim.config.written import yaml_text
from gridsim.explorer.choices import LINK_MAX, Choices, checked, parsed, query
from gridsim.explorer.service import Service, Wrong
from gridsim.explorer.simulator import seeds_for
from gridsim.figures import cite

LINK_IN_CITATION = 300  # characters


def register(app: Dash, service: Service) -> None:
    """The windows that share and cite."""

    @app.callback(
        Output("share-body", "children"),
        Output("share-window", "data-shown"),
        Input("share-button", "n_clicks"),
        State("choices", "data"),
        State("progress", "data"),
        State("url", "href"),
        prevent_initial_call=True,
    )
    def share(clicks: Any, data: Any, progress: Any, href: Any) -> tuple[Any, Any]:
        """Everything that gives others the same numbers."""
        try:
            choices = checked(data)
            return shared(service, choices, progress, str(href)), str(clicks)
        except (KeyError, TypeError, *Wrong):
            return no_update, no_update

    @app.callback(
        Output("cite-body", "children"),
        Output("cite-window", "data-shown"),
        Input("cited", "data"),
        State("choices", "data"),
        State("progress", "data"),
        prevent_initial_call=True,
    )
    def cited(asked: Any, data: Any, progress: Any) -> tuple[Any, Any]:
        """The citation of a chart."""
        try:
            return citation(service, checked(data), asked, progress), str(asked["n"])
        except (KeyError, TypeError, *Wrong):
            return no_update, no_update


def shared(service: Service, choices: Choices, progress: Any, href: str) -> Component:
    """Link, YAML, command and Python in tabs."""
    asked = progress.get("query", "") if isinstance(progress, dict) else ""
    tabs = {"Link": link_of(href.partition("?")[0], asked, choices), **texts_of(service, choices)}
    names = list(tabs)
    return dmc.Tabs(
        [
            dmc.TabsList([dmc.TabsTab(name, value=name) for name in names], **{"aria-label": "What to copy"}),
            *[dmc.TabsPanel(copyable(name, *tabs[name]), value=name) for name in names],
        ],
        value=names[0],
    )


def link_of(base: str, asked: str, choices: Choices) -> tuple[str, str]:
    """The link of what is shown, and what it holds."""
    link = f"{base}?{with_view(asked, choices)}" if asked else base
    if len(link) > LINK_MAX:
        return "", "This scenario is too long for a link; share its YAML."
    return link, (
        "Opens the explorer with the same scenario, chart and numbers. It holds the version of the model and a hash of the "
        "result, so that a difference is seen."
    )


def texts_of(service: Service, choices: Choices) -> dict[str, tuple[str, str]]:
    """YAML, command and Python of what is shown, each with what it is for."""
    scenario, entry = service.scenario(choices), service.entry(choices)
    is_file = entry is not None and bool(entry.path)
    path, changes = (entry.path, dict(choices.changes)) if entry is not None and is_file else ("scenario.yaml", {})
    first = "" if is_file else "Save the YAML as scenario.yaml first. "
    seeds = seeds_for(scenario)
    lines = [cite.command_text(path, changes, **{kind: n}) for kind, n in (("seed", choices.seed), ("seeds", seeds))]
    return {
        "YAML": (yaml_text(scenario), "The scenario with everything that was changed; gridsim run reads it."),
        "Command": ("\n".join(lines), f"{first}One run, and the {seeds} runs of the chart, with the same numbers."),
        "Python": (
            cite.python_text(path, changes, seed=choices.seed, seeds=seeds),
            f"{first}The same numbers in Python.",
        ),
    }


def copyable(name: str, text: str, note: str) -> Component:
    """A text to copy."""
    return html.Div(
        [
            html.P(note),
            html.Pre(text, id=f"copy-{name.lower()}", tabIndex=0, role="region", **{"aria-label": name}),
            html.Button("Copy", type="button", className="wide primary", **{"data-copy": f"copy-{name.lower()}"}),
        ]
    )


def with_view(asked: str, choices: Choices) -> str:
    """The link's query with what is looked at now."""
    found, said = parsed(asked)
    looked = found.model_copy(update={"view": choices.view, "seed": choices.seed, "month": choices.month})
    return query(looked, said)


def citation(service: Service, choices: Choices, asked: Any, progress: Any) -> Component:
    """Plain text and BibTeX."""
    title = str(asked["title"])[:300]
    link = str(asked["link"])
    result = progress.get("result", "") if isinstance(progress, dict) else ""
    given: dict[str, Any] = {
        "version": service.version,
        "model": service.model,
        "scenario_digest": service.scenario(choices).digest(),
        "result_digest": result,
        "link": link if len(link) <= LINK_IN_CITATION else "",
    }
    return html.Div(
        [
            copyable("Text", cite.citation(title, **given), "For a text or a slide."),
            copyable("BibTeX", cite.bibtex(title, **given), "For a bibliography."),
        ]
    )
