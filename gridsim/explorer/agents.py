"""The agents of a run as a table, with a drill-down to one agent's months and one project's life."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component

from gridsim.engine.result import Result
from gridsim.explorer import cards
from gridsim.explorer.choices import checked
from gridsim.explorer.service import Service, Wrong
from gridsim.figures import life
from gridsim.figures.charts import Chart

PROJECTS_MAX = 200


def view(result: Result) -> list[Component]:
    """All agents, and the places of the drill-down."""
    table = life.agents_table(result)
    names = [str(name) for name in table.iloc[:, 0]]
    first = names[0] if names else None
    return [
        html.Section(
            [
                html.P("Agents", className="kicker"),
                html.H2("Who asked, who needs, who waits"),
                html.Div(
                    cards.rows(table), className="scroll tall", tabIndex=0, role="region", **{"aria-label": "Agents, table"}
                ),
                cards.take_away("agents", "Agents", ("csv",)),
            ],
            className="card",
            id="card-agents",
        ),
        html.Div(
            [
                dmc.Select(id="agent", label="Look into one agent", data=names, value=first, searchable=True),
                dmc.Select(id="project", label="and into one of its projects", data=[], value=None, searchable=True),
            ],
            className="picks",
        ),
        html.Div(id="agent-body"),
        html.Div(id="project-body"),
    ]  # fmt: skip


def register(app: Dash, service: Service) -> None:
    """The drill-down."""

    @app.callback(
        Output("agent-body", "children"),
        Output("project", "data"),
        Output("project", "value"),
        Input("agent", "value"),
        State("choices", "data"),
        prevent_initial_call=False,
    )
    def one_agent(name: Any, data: Any) -> tuple[Any, ...]:
        """An agent's months, and the list of its projects."""
        try:
            result = service.run(checked(data))
            if name not in set(life.agents_table(result).iloc[:, 0]):
                return [], [], None
            projects = life.projects_of(result, name).head(PROJECTS_MAX).to_dict("records")
            options = [{"value": str(row["project"]), "label": project_words(row)} for row in projects]
            shown = cards.of_chart(agent_chart(result, name), urlencode({"agent": name}))
            return shown, options, telling(projects)
        except (KeyError, TypeError, *Wrong):
            return no_update, no_update, no_update

    @app.callback(Output("project-body", "children"), Input("project", "value"), State("choices", "data"))
    def one_project(number: Any, data: Any) -> Any:
        """A project's life, every copy."""
        try:
            if number is None:
                return []
            chart = project_chart(service.run(checked(data)), int(number))
            return cards.of_chart(chart, urlencode({"project": int(number)}))
        except (KeyError, TypeError, *Wrong):
            return no_update


def telling(projects: list[dict[Any, Any]]) -> str | None:
    """The project shown first: one that came into service, if there is one, for its life has all stages."""
    served = [row for row in projects if row["wait, months"] == row["wait, months"]]
    first = next(iter(served or projects), None)
    return None if first is None else str(first["project"])


def project_words(row: dict[Any, Any]) -> str:
    """A project in a list: "137 MW in 2 copies, February 2031: need gone (project 1820)"."""
    copies = "1 copy" if row["copies"] == 1 else f"{row['copies']} copies"
    return f"{row['MW']:,.0f} MW in {copies}, {row['filed']}: {row['outcome']} (project {row['project']})"


def agent_chart(result: Result, name: str) -> Chart:
    """An agent's months."""
    texts = (life.agent_title(result, name), life.agent_caption(result, name), life.agent_alt(result, name))
    return Chart("agent", name, *texts, life.agent_figure(result, name), life.agent_table(result, name))


def project_chart(result: Result, number: int) -> Chart:
    """A project's life."""
    texts = (life.request_title(result, number), life.request_caption(result, number), life.request_alt(result, number))
    return Chart(
        "project", f"Project {number}", *texts, life.request_figure(result, number), life.request_table(result, number)
    )
