"""An agent's lines are its own trace, a project's bars its own months, and the tables sum to the run."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import gridsim
from gridsim.config.reader import load_text
from gridsim.figures import life, life_project, words
from gridsim.figures.fate import REASONS
from gridsim.figures.survival import median_wait
from tests.figures import runs


@pytest.fixture(scope="module")
def followed(scenario):
    return gridsim.simulate(scenario, seed=3, record="agents")


def lines(made):
    return {trace.name: np.array(trace.y, np.float64) for trace in made.data}


def unit(made):
    return 1000.0 if "GW" in made.layout.yaxis.title.text else 1.0


@pytest.mark.parametrize(
    ("agent", "columns"),
    [
        ("lab-02", {"queued, every copy": "queued_mw", "signed": "signed_mw", "needed": "need_mw", "in service": "energised_mw"}),
        ("developer-01", {"queued, every copy": "queued_mw", "signed": "signed_mw"}),
        ("P&G", {"queued, every copy": "queued_mw", "signed": "signed_mw", "capacity for large load": "installed_mw",
                 "in service": "energised_mw"}),
    ],
)  # fmt: skip
def test_an_agent_s_lines_are_its_trace(followed, agent, columns):
    assert life.agent_missing(followed, agent) == ""
    made = life.agent_figure(followed, agent)
    trace = followed.agents[followed.agents.agent == agent].sort_values("month")
    drawn, table = lines(made), life.agent_table(followed, agent)
    assert list(drawn) == list(columns)
    for name, column in columns.items():
        np.testing.assert_allclose(drawn[name] * unit(made), trace[column], atol=1e-5)
        np.testing.assert_allclose(table[f"{name}, MW"], trace[column], atol=1e-5)
    assert list(table["month"])[:2] == ["2024-01", "2024-02"]
    assert min(map(len, (life.agent_title(followed, agent), life.agent_caption(followed, agent)))) > 20
    assert agent in life.agent_alt(followed, agent)


def test_the_finding_of_an_agent_is_its_largest_ask(followed):
    trace = followed.agents[followed.agents.agent == "hyperscaler-01"].set_index("month")
    asked = trace.queued_mw + trace.signed_mw
    month = (followed.dates[int(asked.idxmax())]).strftime("%B %Y")
    title = life.agent_title(followed, "hyperscaler-01")
    assert f"asks for {words.power(asked.max())} in {month}" in title
    last = trace.iloc[-1]
    assert f"needs {words.power(last.need_mw)} and has {words.power(last.energised_mw)} in service" in title


def test_who_is_not_there_or_not_recorded_is_said(result):
    assert life.agent_missing(result, "lab-02") == (
        "This run did not record agents, so that nothing is known of one month by month."
    )
    assert life.agent_missing(result, "P&G") == ""  # areas are always kept
    assert "no agent" in life.agent_missing(result, "lab-99")
    with pytest.raises(ValueError, match="did you mean 'lab-02'"):
        life.agent_figure(result, "lab-0 2")
    with pytest.raises(ValueError, match="no project of this number"):
        life.request_figure(result, 10**9)
    assert "no project number" in life.request_missing(result, 10**9)
    assert "log" in life.request_missing(runs.run("one month with requests", record=None), 1)


def test_the_table_of_agents_adds_up_to_the_run(followed):
    table, last = life.agents_table(followed), followed.series.iloc[-1]
    log = followed.requests[followed.requests.filed >= 0]
    assert list(table.agent) == [*dict.fromkeys(followed.agents.agent[followed.agents.month == 0])]
    utilities, applicants = table[table.kind == "utility"], table[table.kind != "utility"]
    for side in (utilities, applicants):
        assert side["queued, MW"].sum() == pytest.approx(last.queued_mw)
        assert side["signed, MW"].sum() == pytest.approx(last.signed_mw)
        assert side["requests filed"].sum() == len(log)
        assert side["filed, MW"].sum() == pytest.approx(log.mw.sum())
    assert applicants["in service, MW"].sum() == pytest.approx(last.energised_mw)
    now = followed.agents[followed.agents.month == 71].set_index("agent")
    np.testing.assert_allclose(
        table.set_index("agent")["need, MW"].dropna(), now.need_mw[now.kind.isin(["lab", "hyperscaler"])]
    )


def test_copies_phantoms_and_waits_of_an_agent_are_those_of_its_log(followed):
    table = life.agents_table(followed).set_index("agent")
    log = followed.requests[followed.requests.filed >= 0]
    own = log[log.applicant == "lab-03"]
    need = followed.agents[followed.agents.agent == "lab-03"].set_index("month").need_mw
    row = table.loc["lab-03"]
    assert row["copies per project"] == pytest.approx(len(own) / own.project.nunique())
    assert row["copies per project"] > 1
    assert row["MW filed per MW of need added"] == pytest.approx(own.mw.sum() / (need[71] - need[0]))
    for agent in table.index:
        mine = log[(log.applicant == agent) | (log.utility == agent)]
        np.testing.assert_equal(table.loc[agent, "median wait, months"], median_wait(mine, 72) if len(mine) else np.nan)
    assert table["median wait, months"].notna().any()
    assert table.loc["developer-01"][["need, MW", "copies per project", "MW filed per MW of need added"]].isna().all()


def test_projects_of_an_applicant_are_all_of_its_projects(followed):
    log = followed.requests
    for agent in ("lab-02", "developer-01"):
        own = log[log.applicant == agent]
        table = life.projects_of(followed, agent).set_index("project")
        assert set(table.index) == set(own.project)
        assert table.copies.sum() == len(own)
        assert table.MW.sum() == pytest.approx(own.groupby("project").mw.max().sum())
        for project, copies in own.groupby("project"):
            assert table.outcome[project] == by_hand(copies)
            sold = copies.holder[copies.holder != copies.applicant]
            assert table["sold to"][project] == (sold.iloc[0] if len(sold) else "")
            np.testing.assert_equal(table["wait, months"][project], copies.energised.min() - copies.filed.min())
    first = [log[log.project == p].filed.min() for p in life.projects_of(followed, "lab-02").project]
    assert first == sorted(first, reverse=True)
    asked = life.projects_of(followed, "P&G")
    assert set(asked.project) == set(log.project[log.utility == "P&G"])


def by_hand(copies):
    alive = copies[copies.left.isna()]
    if alive.energised.notna().any():
        return "in service"
    if alive.signed.notna().any():
        return "being built"
    if len(alive):
        return "still queued"
    own = copies[copies.reason != "sibling signed"]
    return REASONS[(own if len(own) else copies).sort_values("left", kind="stable").reason.iloc[-1]]


def test_a_sibling_that_leaves_last_is_not_why_a_project_is_gone():
    log = pd.DataFrame({"project": 1, "left": [4.0, 9.0], "signed": [3.0, np.nan], "energised": np.nan})
    log["reason"] = ["cancelled", "sibling signed"]
    assert life_project.outcomes(log).to_dict() == {1: "cancelled"}
    assert life_project.outcomes(log.assign(reason="sibling signed")).to_dict() == {1: "sibling signed"}


def test_the_bars_of_a_project_are_the_months_of_its_copies(followed):
    log = followed.requests
    copied = log.groupby("project").filter(lambda copies: len(copies) > 1 and copies.energised.notna().any())
    for project in copied.project.unique()[:4]:
        copies = life_project.copies_of(followed, project)
        made = life.request_figure(followed, project)
        bars = {trace.name: trace for trace in made.data if trace.type == "bar"}
        starts = {
            "waiting for its study": "filed",
            "studied, not signed": "studied",
            "signed, being built": "signed",
            "in service": "energised",
        }
        for name, column in starts.items():
            known = copies[copies[column].notna()]
            assert [-y for y in bars[name].y] == known.index.tolist()
            assert list(bars[name].base) == [f"{life_project.day(followed, m):%Y-%m-%d}" for m in known[column]]
        total = sum(np.sum(bar.x) for bar in bars.values()) / 86_400_000  # days
        ends = copies.left.fillna(72)
        days = [
            (life_project.day(followed, b) - life_project.day(followed, a)).days
            for a, b in zip(copies.filed, ends, strict=True)
        ]
        assert total == pytest.approx(sum(days))
        (crosses,) = [trace for trace in made.data if trace.type == "scatter"]
        assert [-y for y in crosses.y] == copies.index[copies.left.notna()].tolist()
        assert len(made.layout.annotations) == len(copies) == len(life.request_table(followed, project))


def test_phases_follow_each_other_without_a_gap(followed):
    for project in followed.requests.project.unique()[::7]:
        found = life_project.phases(life_project.copies_of(followed, project), 72)
        for one, other in pairwise(found):
            assert one.first <= one.end
            if one.row == other.row:
                assert one.end == other.first


def test_what_is_said_of_a_project_is_in_its_log(followed):
    log = followed.requests
    served = log[log.energised.notna() & (log.filed >= 0) & (log.applicant == log.holder)].iloc[0]
    title = life.request_title(followed, served.project)
    assert served.utility in title
    assert "has power" in title
    wait = int(served.energised - log.filed[log.project == served.project].min())
    assert (f"{wait} months" if wait % 12 else f"{wait // 12} year") in title
    queued = log[(log.stage == "filed") & (log.filed > 50)].iloc[0]
    assert "still queued" in life.request_title(followed, queued.project)
    old = log[(log.filed < 0)].iloc[0]
    assert "filed before the run" in life.request_caption(followed, old.project)
    assert (
        life.request_figure(followed, old.project).layout.xaxis.range[0]
        < f"{life_project.day(followed, old.filed):%Y-%m-%d}"
    )
    for project in log.project.unique()[::11]:
        assert life.request_missing(followed, project) == ""
        assert str(project) in life.request_alt(followed, project)
        assert len(life.request_title(followed, project)) > 30


SALES = """
title: Positions for sale
horizon_months: 48
actors: {labs: {count: 4}, hyperscalers: {count: 2}, developers: {count: 8}, utilities: {count: 3}}
demand: {initial_need_gw: 4, growth_gw: 40, midpoint_month: 24}
grid: {headroom_gw: 20, pipeline: {filed_mw: 3000, studied_mw: 1500, signed_mw: 500}, pipeline_speculative_share: 0.6}
"""


def test_a_position_that_is_sold_says_to_whom():
    run = gridsim.simulate(load_text(SALES), 1)
    sold = run.requests[run.requests.applicant != run.requests.holder]
    assert len(sold) > 3
    for row in sold.itertuples():
        assert str(row.holder) in life.request_title(run, row.project)
        table = life.projects_of(run, row.applicant).set_index("project")
        assert table.loc[row.project, "sold to"] == row.holder


def test_names_are_text_and_never_markup(followed):
    log = followed.requests
    project = log.project[log.utility == "P&G"].iloc[0]
    made = life.request_figure(followed, project)
    told = [text for trace in made.data for text in trace.customdata]
    shown = [note.text for note in made.layout.annotations]
    assert any("P&amp;G" in text for text in told)
    assert any("<b>P&amp;G</b>" in text for text in shown)
    assert not any("P&G" in text for text in [*told, *shown])
    assert "P&G" in set(life.request_table(followed, project).utility)


def test_little_is_drawn_as_it_is():
    none = gridsim.simulate(load_text(runs.TEXTS["no request in ten years"]), record="agents")
    table = life.agents_table(none)
    assert (table["requests filed"] == 0).all()
    assert table["median wait, months"].isna().all()
    assert life.projects_of(none, "lab-01").empty
    assert "asks for nothing" in life.agent_title(none, "lab-01")
    assert life.agent_figure(none, "lab-01").to_json()
    one = gridsim.simulate(load_text(runs.TEXTS["one month with requests"]), record="agents")
    assert life.agent_figure(one, "lab-01").data[0].mode == "markers"
    project = int(one.requests.project.iloc[0])
    assert life.request_figure(one, project).to_json()
    assert isinstance(life.request_table(one, project), pd.DataFrame)
