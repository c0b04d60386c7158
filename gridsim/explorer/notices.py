"""What the page says on its own: problems of a scenario line by line, and how a link's numbers may differ from these."""

from __future__ import annotations

from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from gridsim.config.errors import Problem, ScenarioError
from gridsim.explorer.choices import Provenance
from gridsim.explorer.service import TEXT, Service

MOST = 20


def problems(error: Exception, name: str) -> list[Component]:
    """What is wrong, a line for each problem, with its line and column where it has them."""
    if isinstance(error, ScenarioError):
        lines = [str(named(problem, name)) for problem in error.problems[:MOST]]
        if len(error.problems) > MOST:
            lines.append(f"and {len(error.problems) - MOST} more")
    else:
        lines = [" ".join(str(error).split()) or type(error).__name__]
    head = html.P(html.Strong("This does not work:"))
    if name == "link":
        head = html.P(html.Strong("The link cannot be opened as it is."))
    elif name not in ("scenario", "page"):
        head = html.P(html.Strong(f"{name} was not opened:"))
    return [html.Div([head, html.Ul([html.Li(html.Code(line)) for line in lines])], className="problem")]


def named(problem: Problem, name: str) -> Problem:
    """The problem of a text under the name of the file that it came from."""
    return replace(problem, file=name) if problem.file == TEXT else problem


def of_link(service: Service, said: Provenance) -> list[Component]:
    """What differs between the version that made a link and this one; nothing where they are the same."""
    if not said.is_known():
        return []
    differing = [
        html.Li([f"{what}: the link was made with ", html.Code(there), ", here runs ", html.Code(here)])
        for what, there, here in (("gridsim", said.version, service.version), ("model", said.model, service.model))
        if there and there != here
    ]
    if not differing:
        return []
    found = [html.P(f"Its sender saw: {said.finding}.")] if said.finding else []
    head = html.P(html.Strong("This link was made with another version; its numbers may differ from those here."))
    return [html.Div([head, html.Ul(differing), *found], className="note-box", id="link-notice")]
