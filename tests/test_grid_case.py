"""Grid cases: flows against a DC power flow solved from the susceptance matrix, areas, outages and files."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from pypower.ext2int import ext2int
from pypower.makePTDF import makePTDF

from gridsim.engine.grid_areas import partition
from gridsim.engine.grid_case import GridCase, load_case

CASES = {"rts24": "case24_ieee_rts", "case39": "case39"}

# Five buses with numbers that skip; bus 9 isolated, one line off, one without a rating, one with a phase shift, a pair
# of circuits, a dead end, a load bus with shunt conductance, no dispatch.
SMALL = """function mpc = small
%% a comment
mpc.version = '2';
mpc.baseMVA = 100;
mpc.bus = [
\t10\t3\t0\t0\t0\t0\t1\t1\t0\t230\t1\t1.1\t0.9;
\t20\t1\t60\t10\t0\t0\t1\t1\t0\t230\t1\t1.1\t0.9;
\t35\t1\t40\t10\t5\t0\t7\t1\t0\t230\t1\t1.1\t0.9;
\t40\t2\t0\t0\t0\t0\t7\t1\t0\t230\t1\t1.1\t0.9;
\t50\t1\t30\t0\t0\t0\t7\t1\t0\t230\t1\t1.1\t0.9;
\t9\t4\t11\t0\t0\t0\t8\t1\t0\t230\t1\t1.1\t0.9;
];
mpc.gen = [
\t40\t0\t0\t10\t-10\t1\t100\t1\t100\t0;
\t10\t0\t0\t10\t-10\t1\t100\t1\t300\t0;
\t10\t0\t0\t10\t-10\t1\t100\t0\t900\t0;
];
mpc.branch = [
\t10\t20\t0\t0.1\t0\t100\t0\t0\t0\t0\t1\t-360\t360;
\t20\t10\t0\t0.1\t0\t100\t0\t0\t0\t0\t1\t-360\t360;
\t20\t35\t0\t0.2\t0\t20\t0\t0\t0\t0\t1\t-360\t360;
\t35\t40\t0\t0.1\t0\t0\t0\t0\t0\t0\t1\t-360\t360;
\t40\t10\t0\t0.25\t0\t80\t0\t0\t0.95\t3\t1\t-360\t360;
\t40\t20\t0\t0.1\t0\t80\t0\t0\t0\t0\t0\t-360\t360;
\t40\t50\t0\t0.1\t0\t80\t0\t0\t0\t0\t1\t-360\t360;
];
"""


def raw(case: str) -> dict:
    return getattr(importlib.import_module(f"pypower.{CASES[case]}"), CASES[case])()


def by_bus(data: dict, column: int) -> np.ndarray:
    place = {number: i for i, number in enumerate(data["bus"][:, 0])}
    total = np.zeros(len(place))
    for row in data["gen"]:
        total[place[row[0]]] += row[column]
    return total


def dc_flow(data: dict, injected_mw: np.ndarray, out: int | None = None) -> np.ndarray:
    """Flow on every branch in MW, solved from B θ = P; `out` is a branch that is not there."""
    place = {number: i for i, number in enumerate(data["bus"][:, 0])}
    n = len(place)
    b = np.zeros((n, n))
    p = injected_mw / data["baseMVA"]
    lines = []
    for k, row in enumerate(data["branch"]):
        f, t = place[row[0]], place[row[1]]
        y = 0.0 if k == out else 1 / row[3] / (row[8] or 1.0)
        shift = np.deg2rad(row[9])
        b[[f, t], [f, t]] += y
        b[[f, t], [t, f]] -= y
        p[f] += y * shift
        p[t] -= y * shift
        lines.append((f, t, y, shift))
    angle = np.zeros(n)
    angle[1:] = np.linalg.solve(b[1:, 1:], p[1:])
    return np.array([y * (angle[f] - angle[t] - shift) for f, t, y, shift in lines]) * data["baseMVA"]


def own_injection(data: dict) -> np.ndarray:
    load, dispatch = data["bus"][:, 2] + data["bus"][:, 4], by_bus(data, 1)
    return dispatch * load.sum() / dispatch.sum() - load


def graph_of(grid: GridCase) -> nx.Graph:
    place = {name: i for i, name in enumerate(grid.buses)}
    graph = nx.Graph()
    graph.add_nodes_from(range(len(grid.buses)))
    for line in grid.lines:
        graph.add_edge(*(place[end.split(" (")[0]] for end in line.split(" - ")))
    return graph


def saved(data: dict) -> str:
    """A case as MATPOWER writes it."""
    text = "function mpc = copied\nmpc.version = '2';\nmpc.baseMVA = 100;\n"
    for name in ("bus", "gen", "branch"):
        rows = "".join("\t" + "\t".join(map(repr, row)) + ";\n" for row in data[name].tolist())
        text += f"%% {name} data\nmpc.{name} = [\n{rows}];\n"
    return text


def same(a: GridCase, b: GridCase) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("case", CASES)
def test_load_moves_flows_as_in_a_solved_dc_power_flow(case):
    data, grid = raw(case), load_case(case, 1)
    share = by_bus(data, 8) / by_bus(data, 8).sum()
    base = own_injection(data)
    random = np.random.default_rng(1)
    for _ in range(200):
        added = random.uniform(-100, 100, len(grid.buses)) * (random.random(len(grid.buses)) < random.random())
        solved = dc_flow(data, base - added + share * added.sum())
        assert np.abs(grid.flow_mw + added @ grid.ptdf - solved).max() < 1e-8


@pytest.mark.parametrize("case", CASES)
def test_factors_are_minus_those_of_pypower(case):
    data, grid = raw(case), load_case(case, 1)
    inner = ext2int(data)
    factors = makePTDF(inner["baseMVA"], inner["bus"], inner["branch"], slack=by_bus(data, 8))
    assert np.abs(grid.ptdf.T + factors).max() < 1e-12
    assert grid.ptdf.flags.c_contiguous


@pytest.mark.parametrize("case", CASES)
def test_flows_balance_at_every_bus(case):
    data, grid = raw(case), load_case(case, 1)
    leaving = np.zeros(len(grid.buses))
    place = {number: i for i, number in enumerate(data["bus"][:, 0])}
    for row, flow in zip(data["branch"], grid.flow_mw, strict=True):
        leaving[place[row[0]]] += flow
        leaving[place[row[1]]] -= flow
    assert np.abs(leaving - own_injection(data)).max() < 1e-8


@pytest.mark.parametrize("case", CASES)
def test_rows_with_an_outage_are_the_flows_without_the_line(case):
    data, grid = raw(case), load_case(case, 1, n_minus_1=True)
    names = load_case(case, 1).lines
    share = by_bus(data, 8) / by_bus(data, 8).sum()
    base = own_injection(data)
    random = np.random.default_rng(2)
    cases = [np.zeros(len(grid.buses)), *random.uniform(-100, 100, (3, len(grid.buses)))]
    solved = [[dc_flow(data, base - mw + share * mw.sum(), k) for mw in cases] if cut_free(data, k) else None
              for k in range(len(names))]  # fmt: skip
    assert grid.lines[: len(names)] == names
    assert len(grid.lines) > 10 * len(names)
    assert len(set(grid.lines)) == len(grid.lines)
    for row, name in enumerate(grid.lines[len(names) :], len(names)):
        line, out = (names.index(part) for part in name.split(" without "))
        for mw, flows in zip(cases, solved[out], strict=True):
            assert abs(grid.flow_mw[row] + mw @ grid.ptdf[:, row] - flows[line]) < 1e-8, name
        assert grid.limit_mw[row] == max(grid.limit_mw[line], abs(grid.flow_mw[row]))


@pytest.mark.parametrize("case", CASES)
def test_no_outage_that_matters_is_left_out(case):
    """What each line may carry over all outages is what a search over solved flows finds."""
    data, grid = raw(case), load_case(case, 1, n_minus_1=True)
    names = load_case(case, 1).lines
    base = own_injection(data)
    worst = np.abs(dc_flow(data, base))
    for k in filter(lambda k: cut_free(data, k), range(len(names))):
        worst = np.maximum(worst, np.abs(dc_flow(data, base, k)))
    of = np.array([names.index(name.split(" without ")[0]) for name in grid.lines])
    found = np.zeros(len(names))
    np.maximum.at(found, of, np.abs(grid.flow_mw))
    # Of two equal circuits, each stands for the other.
    single = np.array(["(" not in name for name in names])
    assert np.abs(found - worst)[single].max() < 1e-6


def cut_free(data: dict, out: int) -> bool:
    graph = nx.MultiGraph()
    graph.add_nodes_from(data["bus"][:, 0])
    graph.add_edges_from((row[0], row[1]) for k, row in enumerate(data["branch"]) if k != out)
    return nx.is_connected(graph)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("areas", range(1, 13))
def test_areas_are_connected_and_share_their_load(case, areas):
    grid = load_case(case, areas)
    assert sorted(set(grid.area)) == list(range(areas))
    assert np.allclose(np.bincount(grid.area, grid.load_share), 1, atol=1e-12)
    assert (grid.load_share >= 0).all()
    assert same(grid, load_case(case, areas))
    if (case, areas) != ("case39", 3):  # New England's own third area is in two pieces
        graph = graph_of(grid)
        assert all(nx.is_connected(graph.subgraph(np.flatnonzero(grid.area == a))) for a in range(areas))


def test_own_areas_are_used_where_they_are_as_many():
    assert np.array_equal(load_case("rts24", 4).area, raw("rts24")["bus"][:, 6] - 1)
    assert np.array_equal(load_case("case39", 3).area, raw("case39")["bus"][:, 6] - 1)


def test_two_areas_have_nearly_half_the_load_each():
    for case in CASES:
        load = raw(case)["bus"][:, 2]
        assert load[load_case(case, 2).area == 0].sum() / load.sum() == pytest.approx(0.5, abs=0.05)


def test_every_bus_may_be_an_area_of_its_own():
    for case in CASES:
        buses = len(load_case(case, 1).buses)
        grid = load_case(case, buses)
        assert sorted(grid.area) == list(range(buses))
        assert (grid.load_share == 1).all()


def test_areas_of_random_grids_are_connected():
    random = np.random.default_rng(3)
    for n in range(1, 31):
        graph = nx.random_labeled_tree(n, seed=n)
        graph.add_edges_from(random.integers(0, n, (n // 3, 2)).tolist())
        load = random.exponential(100, n) * (random.random(n) < 0.6)
        for areas in range(1, n + 1):
            area = partition(graph, load, areas)
            assert sorted(set(area)) == list(range(areas))
            assert all(nx.is_connected(graph.subgraph(np.flatnonzero(area == a))) for a in range(areas))


def test_scale_multiplies_flows_and_limits_alone():
    one, two = (load_case("case39", 4, scale=scale, n_minus_1=True) for scale in (1.0, 8.0))
    assert np.array_equal(two.flow_mw, 8 * one.flow_mw)
    assert np.array_equal(two.limit_mw, 8 * one.limit_mw)
    assert same(one, two._replace(flow_mw=one.flow_mw, limit_mw=one.limit_mw))


def test_limits_are_margined_ratings_but_never_below_the_flow():
    rating = raw("case39")["branch"][:, 5]
    for margin in (1.0, 0.5):
        grid = load_case("case39", 4, margin=margin)
        assert np.array_equal(grid.limit_mw, np.maximum(rating * margin, np.abs(grid.flow_mw)))
    assert (grid.limit_mw > rating * 0.5).any()


def test_positions_fill_a_unit_square():
    grid = load_case("rts24", 4)
    both = np.concatenate([grid.x, grid.y])
    assert (both.min(), both.max()) == pytest.approx((0, 1), abs=1e-12)
    assert grid.x.min() + grid.x.max() == pytest.approx(1, abs=1e-3)
    assert grid.y.min() + grid.y.max() == pytest.approx(1, abs=1e-3)


def test_circuits_are_numbered():
    lines = load_case("rts24", 4).lines
    assert [line for line in lines if line.startswith("bus 15 - bus 21")] == [
        "bus 15 - bus 21 (1)",
        "bus 15 - bus 21 (2)",
    ]
    assert lines[0] == "bus 1 - bus 2"


@pytest.mark.parametrize("case", CASES)
def test_a_matpower_file_reads_as_the_built_in_case(case, tmp_path):
    pytest.importorskip("matpowercaseframes")
    (tmp_path / "grids").mkdir()
    (tmp_path / "grids" / "copied.m").write_text(saved(raw(case)))
    for n_minus_1 in (False, True):
        copied = load_case("grids/copied.m", 5, n_minus_1=n_minus_1, folder=tmp_path)
        assert same(copied, load_case(case, 5, n_minus_1=n_minus_1))


def test_a_small_file_with_everything_in_it(tmp_path, monkeypatch):
    pytest.importorskip("matpowercaseframes")
    (tmp_path / "small.m").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    grid = load_case("small.m", 2, n_minus_1=True)
    assert grid.buses == ["bus 10", "bus 20", "bus 35", "bus 40", "bus 50"]
    assert grid.area.tolist() == [0, 0, 1, 1, 1]
    assert grid.load_share == pytest.approx([0, 1, 4 / 7, 0, 3 / 7])
    intact = ["bus 10 - bus 20 (1)", "bus 20 - bus 10 (2)", "bus 20 - bus 35", "bus 40 - bus 10", "bus 40 - bus 50"]
    assert grid.lines[:5] == intact
    assert not [line for line in grid.lines if line.startswith("bus 35 - bus 40") or "without bus 40 - bus 50" in line]
    assert "bus 20 - bus 35 without bus 10 - bus 20 (1)" in grid.lines
    assert "bus 20 - bus 35 without bus 20 - bus 10 (2)" not in grid.lines  # the same as without the other circuit
    assert "bus 20 - bus 35 without bus 35 - bus 40" in grid.lines  # which has no rating, but carries power

    branches = np.array([line.strip("\t;").split("\t") for line in SMALL.splitlines() if line.count("\t") == 13], float)
    on = branches[(branches[:, 10] == 1) & (branches[:, 0] != branches[:, 6])][-6:]
    bus = np.array([[10, 3, 0, 0, 0], [20, 1, 60, 0, 0], [35, 1, 40, 0, 5], [40, 2, 0, 0, 0], [50, 1, 30, 0, 0]], float)
    injected = np.array([0.75, 0, 0, 0.25, 0]) * 135 - bus[:, 2] - bus[:, 4]
    data = {"baseMVA": 100, "bus": bus, "branch": on}
    assert grid.flow_mw[:5] == pytest.approx(dc_flow(data, injected)[[0, 1, 2, 4, 5]], abs=1e-9)
    row = grid.lines.index("bus 20 - bus 35 without bus 40 - bus 10")
    assert grid.flow_mw[row] == pytest.approx(dc_flow(data, injected, 4)[2], abs=1e-9)
    assert grid.limit_mw[row] == pytest.approx(abs(grid.flow_mw[row]))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("'2'", "'1'", "format version 1"),
        ("];\nmpc.gen", "];\nmpc.bus(:, 3) = mpc.bus(:, 3) / 1e3;\nmpc.gen", "calculates"),
        ("function mpc = small\n", "", "cannot be read"),
        ("mpc.branch", "mpc.lines", "cannot be read"),
        ("\t40\t50\t0\t0.1", "\t40\t51\t0\t0.1", "mpc.branch refers to a bus"),
        ("\t40\t50\t0\t0.1", "\t40\t50\t0\t0", "no reactance"),
        ("\t40\t50\t0\t0.1", "\t40\t50\t0\tx", "cannot be read"),
        ("\t40\t50\t0\t0.1", "\t40\t40\t0\t0.1", "2 unconnected parts"),
        ("\t60\t10", "\tNaN\t10", "not finite"),
        ("\t20\t1\t60", "\t10\t1\t60", "different"),
        ("mpc.baseMVA = 100", "mpc.baseMVA = 0", "baseMVA"),
        ("\t100\t1\t100\t0", "\t100\t0\t100\t0", None),
    ],
)
def test_what_is_wrong_with_a_file_is_said(old, new, message, tmp_path):
    pytest.importorskip("matpowercaseframes")
    assert old in SMALL
    (tmp_path / "small.m").write_text(SMALL.replace(old, new))
    if message is None:
        load_case("small.m", 2, folder=tmp_path)
        return
    with pytest.raises(ValueError, match=message):
        load_case("small.m", 2, folder=tmp_path)


def test_a_case_without_capacity_or_ratings_is_refused(tmp_path):
    pytest.importorskip("matpowercaseframes")
    data = raw("case39")
    data["branch"][:, 5] = 0
    (tmp_path / "a.m").write_text(saved(data))
    with pytest.raises(ValueError, match="rating"):
        load_case("a.m", 2, folder=tmp_path)
    data["gen"][:, 8] = 0
    (tmp_path / "a.m").write_text(saved(data))
    with pytest.raises(ValueError, match="capacity"):
        load_case("a.m", 2, folder=tmp_path)


def test_an_unknown_case_is_answered_with_the_names_there_are():
    with pytest.raises(ValueError, match=r"'rts42'; did you mean 'rts24'\? \(known are rts24 and case39"):
        load_case("rts42", 4)


def test_a_path_stays_in_its_folder(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.m").write_text(SMALL)
    (inside / "link.m").symlink_to(tmp_path / "outside.m")
    for path in ("../outside.m", "link.m", "../inside/../outside.m"):
        with pytest.raises(ValueError, match="outside the folder"):
            load_case(path, 2, folder=inside)
    for path in (str(tmp_path / "outside.m"), "C:\\grids\\outside.m", "\\outside.m"):
        with pytest.raises(ValueError, match="absolute path"):
            load_case(path, 2, folder=tmp_path)


def test_a_missing_file_is_named(tmp_path):
    (tmp_path / "folder.m").mkdir()
    for path in ("none.m", "folder.m", "a\0b.m"):
        with pytest.raises(ValueError, match=r"\.m': there is no such file"):
            load_case(path, 2, folder=tmp_path)


def test_without_the_reader_of_files_the_extra_is_named(tmp_path, monkeypatch):
    (tmp_path / "small.m").write_text(SMALL)
    monkeypatch.setitem(sys.modules, "matpowercaseframes", None)
    with pytest.raises(ImportError, match=r'pip install "gridsim\[network\]"'):
        load_case("small.m", 2, folder=tmp_path)


def test_more_areas_than_buses_are_refused():
    for areas in (25, 0):
        with pytest.raises(ValueError, match=f"24 buses and cannot be cut into {areas} areas"):
            load_case("rts24", areas)


@pytest.mark.parametrize("wrong", [{"scale": 0.0}, {"margin": -1.0}, {"scale": float("nan")}])
def test_scale_and_margin_are_positive(wrong):
    with pytest.raises(ValueError, match="positive"):
        load_case("rts24", 4, **wrong)


def test_nothing_is_loaded_until_a_case_is_read():
    code = (
        "import sys, gridsim.engine.grid_case;"
        "print(*{'networkx', 'scipy', 'pypower', 'matpowercaseframes'} & set(sys.modules))"
    )
    root = Path(__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == ("", "")
