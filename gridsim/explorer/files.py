"""Files of what is on the page: the table of a chart as CSV, and the whole page as one HTML file that needs no server."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from urllib.parse import urlencode

from dash import Dash
from flask import Response, request

from gridsim.config.written import yaml_text
from gridsim.engine.contrast import Worlds
from gridsim.explorer import agents, live, share, views
from gridsim.explorer.choices import Choices, parsed
from gridsim.explorer.service import Service, Wrong
from gridsim.figures import export, life, spread
from gridsim.figures.charts import Chart
from gridsim.figures.contrast_measures import Panel

LOOKED_INTO = ("agent", "project")
"""What an address names beside the choices: whom a drill-down shows."""
PLOTLY = "plotly-gridsim.min.js"


def register(app: Dash, service: Service) -> None:
    """The addresses of files; what is wanted stands in the address, as in a link."""

    @app.server.get("/csv/<name>.csv")
    def csv(name: str) -> Response:
        """The table of a chart, every row."""
        return answered(lambda: file_of_chart(service, name))

    @app.server.get("/export.html")
    def whole() -> Response:
        """The page as one file."""
        return answered(lambda: exported(service))


def answered(make: Callable[[], Response]) -> Response:
    """A file, or in one line why there is none."""
    try:
        return make()
    except (KeyError, TypeError, *Wrong) as error:
        return Response(f"{error}\n", 400, mimetype="text/plain")


def chosen() -> Choices:
    """The choices in the address of a request."""
    pairs = request.args.items(multi=True)
    return parsed(urlencode([(name, value) for name, value in pairs if name not in LOOKED_INTO]))[0]


def file_of_chart(service: Service, name: str) -> Response:
    """The table of a chart as CSV."""
    choices = chosen()
    found = next((chart for chart in charts(service, choices, name) if chart.name == name), None)
    if found is None or found.table is None:
        raise ValueError(found.missing if found else f"there is no chart {name[:40]!r} here")
    head = {"Content-Disposition": f'attachment; filename="gridsim-{name}.csv"'}
    return Response(found.table.to_csv(index=False), mimetype="text/csv", headers=head)


def charts(service: Service, choices: Choices, name: str) -> list[Chart]:
    """The charts of the choices' view, and those of an agent or a project that the address names."""
    if choices.view == "market":
        return [market_chart(service.exact(choices).worlds(), live.panel_of(choices), "market")]
    if choices.view == "causes":
        return [views.causes_chart(service, choices)]
    result = service.run(choices)
    if name == "agents":
        return [Chart("agents", "Agents", table=life.agents_table(result))]
    if name == "agent":
        return [agents.agent_chart(result, request.args.get("agent", ""))]
    if name == "project":
        return [agents.project_chart(result, int(request.args.get("project", "")))]
    return views.charts(result, choices.view, choices.month)


def market_chart(both: Worlds, panel: Panel, name: str) -> Chart:
    """The market chart of a measure under all seeds."""
    texts = (spread.title(both, panel), spread.caption(both, panel), spread.alt(both, panel))
    return Chart(name, f"Many runs: {panel.name}", *texts, spread.figure(both, panel), spread.table(both, panel))


def exported(service: Service) -> Response:
    """The page as one file."""
    head = {"Content-Disposition": 'attachment; filename="gridsim.html"'}
    return Response(page_file(service, chosen(), request.url), mimetype="text/html", headers=head)


def page_file(service: Service, choices: Choices, address: str) -> str:
    """That file's text: the market chart of every key measure, then the charts of every view."""
    pair = service.exact(choices)
    both = pair.worlds()
    chosen_panel, scenario = live.panel_of(choices), service.scenario(choices)
    panels = [chosen_panel, *(spread.BY_COLUMN[name] for name in live.TILES if name != chosen_panel.column)]
    found = [market_chart(both, panel, f"market-{panel.column}") for panel in panels]
    result = service.run(choices)
    for view in (*views.OF_REPORT, "map", "flows"):
        known = {chart.name for chart in found}
        found += [chart for chart in views.charts(result, view, choices.month) if chart.name not in known]
    if choices.view == "causes":
        found.append(views.causes_chart(service, choices))
    return export.export_html(
        found,
        title=scenario.title,
        description=scenario.description,
        headline=live.headline(both, chosen_panel, choices, changed=not spread.alone(both)),
        findings=[f"{spread.title(both, panel)}." for panel in panels[1:5]],
        scenario_text=yaml_text(scenario),
        provenance={
            "gridsim": service.version,
            "model": service.model,
            "scenario": scenario.digest(),
            "compared with": f"{both.label} ({both.there.scenario.digest()})",
            "seeds": f"1 to {len(both.here.seeds)}; single run: {choices.seed}",
            "result": pair.here.digest(),
        },
        plotly_js=resources.files("gridsim.explorer").joinpath("assets", PLOTLY).read_text("utf-8"),
        link=address.replace("/export.html", "/"),
        command=share.texts_of(service, choices)["Command"][0],
    )
