"""Every view has something to show or to say of any scenario, and every chart a file."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from plotly.utils import PlotlyJSONEncoder

from gridsim.config.scenario import Scenario
from gridsim.explorer import agents, files, page, server, views
from gridsim.explorer.choices import Choices, query
from gridsim.explorer.service import Service
from gridsim.figures import life
from tests.figures import runs

LOCAL = {"base_url": "http://127.0.0.1:8050"}
OF_A_RUN = [view for view in page.VIEWS if view not in ("market", "batches", "assess")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, scenario: Scenario) -> Path:
    path = tmp_path_factory.mktemp("views") / "market.yaml"
    path.write_text(scenario.model_dump_json(by_alias=True))
    return path


@pytest.fixture(scope="module")
def service(folder: Path) -> Service:
    return Service(folder)


def text_of(component: Any) -> str:
    return json.dumps(component, cls=PlotlyJSONEncoder)


@pytest.mark.parametrize("view", [view for view in OF_A_RUN if view != "agents"])
def test_a_view_has_charts_with_heading_words_figure_and_table(service: Service, view: str) -> None:
    body = text_of(views.body(service, Choices(view=view)))
    assert '"className": "card chart"' in body
    assert body.count("figure") >= body.count('"className": "card chart"')
    assert "The numbers as a table" in body
    assert '"type": "Td"' not in body  # a component for each cell holds the page up for seconds


@pytest.mark.parametrize("name", runs.TEXTS)
def test_a_view_of_any_scenario_shows_or_says_something(service: Service, name: str) -> None:
    for view in OF_A_RUN:
        choices = Choices(text=runs.TEXTS[name], view=view, month=0)
        body = text_of(views.body(service, choices))
        assert '"card' in body, view


@pytest.mark.parametrize("view", ["map", "funnel"])
def test_the_month_is_that_of_the_slider_and_none_beyond_the_run(service: Service, view: str) -> None:
    result = service.run(Choices())
    for month in (0, 35, 71):
        titles = [chart.title for chart in views.charts_of_month(result, view, month)]
        assert titles == [chart.title for chart in views.charts(result, view, month)][: len(titles)]
    last = [chart.title for chart in views.charts_of_month(result, view, 71)]
    assert [chart.title for chart in views.charts_of_month(result, view, 600)] == last
    assert [chart.title for chart in views.charts_of_month(result, view, 0)] != last


def test_every_agent_and_its_projects_can_be_looked_into(service: Service) -> None:
    result = service.run(Choices())
    for name in life.agents_table(result).iloc[:, 0]:
        chart = agents.agent_chart(result, name)
        assert chart.figure is not None
        for row in life.projects_of(result, name).head(3).to_dict("records"):
            assert agents.project_chart(result, int(row["project"])).figure is not None
            assert str(row["project"]) in agents.project_words(row)


def test_the_causes_are_the_shares_of_attribute(service: Service) -> None:
    from gridsim.study.attribution import attribute

    choices = Choices(view="causes")
    table, seeds = service.attribution(choices, views.CAUSES_OF)
    again = attribute(service.scenario(choices), range(1, seeds + 1), views.CAUSES_OF)
    assert table.equals(again)
    assert table["value"].iloc[:-1].sum() == pytest.approx(table["value"].iloc[-1], abs=1e-9)


def test_every_chart_has_a_file_with_all_its_rows(folder: Path, service: Service) -> None:
    client = server.explorer(folder).server.test_client()
    result = service.run(Choices())
    for view in OF_A_RUN:
        charts = [views.causes_chart(service, Choices(view=view))] if view == "causes" else views.charts(result, view)
        for chart in charts:
            answer = client.get(f"/csv/{chart.name}.csv?{query(Choices(view=view))}", **LOCAL)
            if chart.missing:
                assert (answer.status_code, answer.text) == (400, f"{chart.missing}\n")
                continue
            assert answer.status_code == 200, (view, chart.name, answer.text)
            rows = list(csv.reader(io.StringIO(answer.text)))
            assert chart.table is not None
            assert rows[0] == list(chart.table.columns)
            assert len(rows) == 1 + len(chart.table)
    agent = life.agents_table(result).iloc[0, 0]
    project = life.projects_of(result, agent).iloc[0, 0]
    looked = query(Choices(view="agents"))
    for name, more in (("agents", ""), ("agent", f"&agent={agent}"), ("project", f"&project={project}")):
        assert client.get(f"/csv/{name}.csv?{looked}{more}", **LOCAL).status_code == 200, name
    for name, more in (("agent", "&agent=nobody"), ("project", "&project=x"), ("project", "&project=99999999")):
        assert client.get(f"/csv/{name}.csv?{looked}{more}", **LOCAL).status_code == 400, (name, more)


def test_the_exported_page_holds_every_view_and_what_fixes_its_numbers(service: Service) -> None:
    choices = Choices(changes={"policy.deposit_usd_per_mw": 90000.0})
    text = files.page_file(service, choices, "http://127.0.0.1:8050/export.html?x=1")
    for chart in ("market-queued_mw", "funnel", "layers-funnel", "scarcity", "map", "flows", "week"):
        assert f'id="plot-{chart}"' in text, chart
    assert service.scenario(choices).digest() in text
    assert "deposit_usd_per_mw: 90000" in text
    assert "src=" not in text.partition("<script>")[0]
