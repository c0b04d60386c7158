"""The diagram of who asked whom holds every MW filed once, from applicant to utility to outcome."""

from __future__ import annotations

import numpy as np
import pytest

import gridsim
from gridsim.config.reader import load_text
from gridsim.figures import flows, style
from tests.figures import runs

CROWD = """
title: Many of each
horizon_months: 24
actors: {labs: {count: 14}, hyperscalers: {count: 9}, developers: {count: 5}, utilities: {count: 19}}
demand: {initial_need_gw: 4, growth_gw: 30, growth_months: 24, midpoint_month: 12}
"""


@pytest.fixture(scope="module")
def crowd():
    return gridsim.simulate(load_text(CROWD), 1)


def sankey(result, months=None):
    made = flows.figure(result, months)
    (diagram,) = [trace for trace in made.data if trace.type == "sankey"]
    size = 1000.0 if " GW" in diagram.link.hovertemplate else 1.0
    n = len(diagram.node.label)
    inflow, outflow = np.zeros(n), np.zeros(n)
    np.add.at(inflow, np.array(diagram.link.target), np.array(diagram.link.value) * size)
    np.add.at(outflow, np.array(diagram.link.source), np.array(diagram.link.value) * size)
    return diagram, inflow, outflow


def test_what_is_asked_of_a_utility_is_what_its_requests_are_and_goes_on_to_outcomes(result):
    diagram, inflow, outflow = sankey(result)
    log = result.requests[result.requests.filed >= 0]
    utilities = log.groupby("utility").mw.sum()
    names = list(diagram.node.customdata)
    for name, mw in utilities.items():
        at = names.index(name.replace("&", "&amp;"))
        assert inflow[at] == pytest.approx(mw)
        assert outflow[at] == pytest.approx(mw)
    first, last = inflow == 0, outflow == 0
    assert outflow[first].sum() == pytest.approx(log.mw.sum())
    assert inflow[last].sum() == pytest.approx(log.mw.sum())


def test_outcomes_are_those_of_the_log(result):
    diagram, inflow, _ = sankey(result)
    log = result.requests[result.requests.filed >= 0]
    at = {name: inflow[i] for i, name in enumerate(diagram.node.customdata)}
    left, service, signed = log.left.notna(), log.energised.notna(), log.signed.notna()
    assert at["left again"] == pytest.approx(log.mw[left].sum())
    assert at["in service"] == pytest.approx(log.mw[service].sum())
    assert at["signed"] == pytest.approx(log.mw[signed & ~service & ~left].sum())
    assert at["still queued"] == pytest.approx(log.mw[~signed & ~left].sum())


def test_duplicates_are_coloured_apart_and_are_the_second_and_further_copies(crowd):
    diagram, inflow, _ = sankey(crowd)
    log = crowd.requests[crowd.requests.filed >= 0]
    link, values = diagram.link, np.array(diagram.link.value) * 1000
    colours = {
        origin: {c for c, o in zip(link.color, link.customdata, strict=True) if o == origin}
        for origin in set(link.customdata)
    }
    assert len(colours) == 3
    assert all(len(those) == 1 for those in colours.values())
    assert colours["duplicates"] == {style.faint(style.DUPLICATES, 0.42)}
    into = np.array([inflow[i] > 0 for i in link.source])  # utility to outcome
    duplicates = np.array([origin == "duplicates" for origin in link.customdata])
    for side in (into, ~into):
        assert values[duplicates & side].sum() == pytest.approx(log.mw[log.choice > 0].sum())
    shown = [trace.name for trace in flows.figure(crowd).data if trace.type == "scatter"]
    assert shown == ["first copies", "duplicates", "developers' positions"]


def test_a_window_of_months_holds_what_was_filed_in_it(result):
    log = result.requests
    for months in ((10, 20), (0, 0), (60, 500)):
        mw = log.mw[(log.filed >= months[0]) & (log.filed <= months[1])].sum()
        assert flows.flows(result, months).mw.sum() == pytest.approx(mw)
        assert flows.table(result, months)["filed, MW"].sum() == pytest.approx(mw)
    assert flows.flows(result, (-30, 71)).mw.sum() == pytest.approx(log.mw[log.filed >= 0].sum())
    assert "from November 2024 to September 2025" in flows.title(result, (10, 20))
    assert "in January 2024" in flows.title(result, (0, 0))
    with pytest.raises(ValueError, match="the first comes after the last"):
        flows.figure(result, (20, 10))
    assert flows.missing(result, (700, 800)) == "No request was filed in these months."


def test_the_table_is_the_diagram(result):
    table = flows.table(result)
    log = result.requests[result.requests.filed >= 0]
    assert table.requests.sum() == len(log)
    outcomes = [f"{name}, MW" for name in flows.OUTCOMES]
    np.testing.assert_allclose(table[outcomes].sum(axis=1), table["filed, MW"])
    assert table["of which duplicates, MW"].sum() == pytest.approx(log.mw[log.choice > 0].sum())
    own = table[table.applicant == "lab-01"].set_index("utility")["filed, MW"]
    expected = log[log.applicant == "lab-01"].groupby("utility").mw.sum()
    np.testing.assert_allclose(own.sort_index(), expected.sort_index())


def test_a_crowd_is_pooled_without_losing_a_megawatt(crowd):
    diagram, inflow, outflow = sankey(crowd)
    log = crowd.requests[crowd.requests.filed >= 0]
    assert len(diagram.node.label) <= 40
    names = list(diagram.node.customdata)
    assert {"10 other labs", "5 other hyperscalers", "5 developers", "5 other utilities"} <= set(names)
    by = log.groupby("utility").mw.sum().sort_values()
    assert inflow[names.index("5 other utilities")] == pytest.approx(by.iloc[:5].sum())
    labs = log[log.kind == "lab"].groupby("applicant").mw.sum().sort_values()
    assert outflow[names.index("10 other labs")] == pytest.approx(labs.iloc[:-4].sum())
    assert set(labs.index[-4:]) <= set(names)
    assert outflow[names.index("5 developers")] == pytest.approx(log.mw[log.kind == "developer"].sum())
    assert diagram.node.color[names.index("5 developers")] == style.SPECULATION
    assert flows.flows(crowd).requests.sum() == len(log)
    assert diagram.node.color[names.index("10 other labs")] == style.NEEDED
    assert diagram.node.color[names.index("5 other utilities")] == style.CAPACITY


def test_nodes_stand_side_by_side_and_in_order(crowd):
    (diagram,) = [trace for trace in flows.figure(crowd).data if trace.type == "sankey"]
    x, y = np.array(diagram.node.x), np.array(diagram.node.y)
    assert np.unique(x).size == 3
    for side in np.unique(x):
        assert (np.diff(y[x == side]) > 0).all()
    assert (y > 0).all()
    assert (y < 1).all()


def test_the_finding_says_who_was_asked_most(result):
    log = result.requests[result.requests.filed >= 0]
    by = log.groupby("utility").mw.sum()
    share = log.mw[log.choice > 0].sum() / log.mw.sum()
    title = flows.title(result)
    assert f"{by.idxmax()} was asked for most" in title
    assert f"{100 * share:.0f} % are duplicates" in title
    assert min(len(flows.caption(result)), len(flows.alt(result)), len(flows.caption(result, (0, 5)))) > 40


def test_names_are_text_and_never_markup(result):
    (diagram,) = [trace for trace in flows.figure(result).data if trace.type == "sankey"]
    assert "P&amp;G" in diagram.node.label
    assert not any("P&G" in label for label in [*diagram.node.label, *diagram.node.customdata])
    assert "P&G" in set(flows.table(result).utility)


def test_little_is_drawn_as_it_is_and_nothing_says_why():
    one = runs.run("one utility, no developers")
    assert flows.missing(one) == ""
    assert flows.figure(one).to_json()
    assert "0 % are duplicates" in flows.title(one)
    start = runs.run("no request in ten years")
    assert flows.missing(start) == "No request was filed during this run."
    assert "log" in flows.missing(runs.run("one month with requests", record=None))
    assert (
        flows.missing(runs.run("one month with requests")) == "No request was filed during this run."
    )  # all are older
    month = int(one.requests.filed.max())
    assert flows.figure(one, (month, month)).to_json()
