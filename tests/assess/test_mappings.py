"""Exports of public queues, invented rows under their headers: each is known by its header, and read as it is meant."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from gridsim.assess import mapping as mapping_module
from gridsim.assess.mapping import FURTHER, Mapping, fitting, load_mapping, plain, ready
from gridsim.assess.read import read_queue
from gridsim.assess.table_file import read_raw
from gridsim.config.errors import ScenarioError

FOLDER = Path(__file__).parent / "exports"
EXPORTS: dict[str, tuple[str, list[str], list[float]]] = {
    "ercot": ("ercot", ["filed", "studied", "signed", "energised"], [502.48, 100, 1200, 80]),
    "pjm": (
        "pjm",
        ["filed", "studied", "signed", "signed", "energised", "energised", "withdrawn", "withdrawn"],
        [206.6, 100, 80, 20, 450, 40, 10, 10],
    ),
    "pjm_xml": ("pjm", ["filed", "withdrawn"], [206.6, 10]),
    "miso": (
        "miso",
        ["filed", "filed", "signed", "signed", "energised", "withdrawn"],
        [735, 215, 100.5, 60, 70, 80],
    ),
    "miso_sheet": ("miso", ["filed", "signed", "energised"], [735, 60, 70]),
    "caiso": ("caiso", ["filed", "studied", "signed", "energised", "withdrawn"], [38, 200, 100, 600, 50]),
    "nyiso": ("nyiso", ["filed", "studied", "signed", "energised", "withdrawn"], [79.8, 100, 150, 20, 30]),
    "spp": (
        "spp",
        ["signed", "filed", "studied", "energised", "withdrawn", "filed"],
        [145, 398, 50, 51, 7.2, 10],
    ),
    "iso_ne": ("iso_ne", ["filed", "studied", "signed", "energised", "withdrawn"], [175, 100, 80, 30, 40]),
    "iso_ne_sheet": ("iso_ne", ["filed"], [30]),
    "lbnl_2025": (
        "lbnl_queued_up",
        ["filed", "studied", "signed", "signed", "energised", "withdrawn"],
        [200, 100, 90, 80, 70, 60],
    ),
    "lbnl_2024": ("lbnl_queued_up", ["studied", "signed"], [100, 90]),
    "lbnl_2020": ("lbnl_queued_up", ["filed"], [50]),
}
DATES: dict[str, dict[str, list[str | None]]] = {
    "ercot": {
        "filed": ["2023-05-01", "2022-05-01", "2021-05-01", "2019-05-01"],
        "wanted": ["2027-06-01", "2027-06-01", "2026-06-01", "2023-06-01"],
        "signed": [None, None, "2022-05-01", "2020-08-01"],
        "energised": [None, None, None, "2023-02-01"],
    },
    "pjm": {
        "filed": [
            "2018-08-31",
            "2018-09-13",
            "2017-03-01",
            "2016-03-01",
            "2014-05-20",
            "2014-05-21",
            "2013-06-01",
            "2013-06-02",
        ],
        "wanted": ["2026-12-31"] * 2 + ["2025-12-31", "2024-12-31", "2019-06-01", "2019-06-01"] + ["2017-06-01"] * 2,
        "energised": [None] * 4 + ["2019-05-25"] + [None] * 3,
        "left": [None] * 6 + ["2015-07-31", "2013-08-30"],
    },
    "miso": {
        "filed": ["2025-10-07", "2022-10-08", "2019-03-01", "2017-03-01", "2016-03-01", "2015-03-01"],
        "wanted": [f"{year}-01-02" for year in (2030, 2027, 2024, 2023, 2021, 2020)],
        "signed": [None] * 3 + ["2021-06-01", "2019-06-01", None],
        "left": [None] * 5 + ["2016-12-22"],
    },
    "caiso": {
        "filed": ["2003-02-13", "2014-04-30", "2014-04-30", "2004-04-30", "2019-04-30"],
        "wanted": ["2027-12-31", "2018-12-31", "2018-12-31", "2008-12-31", "2023-12-31"],
        "energised": [None] * 3 + ["2009-06-15", None],
        "left": [None] * 4 + ["2021-01-15"],
    },
    "nyiso": {"filed": ["2015-06-01", "2017-06-01", "2018-06-01", "2018-07-01", "2020-07-01"], "wanted": [None] * 5},
    "spp": {
        "filed": ["2018-08-27", "2024-05-29", "2023-05-29", "2008-05-20", "2012-02-17", "2025-02-17"],
        "wanted": ["2024-12-31", "2029-12-31", "2028-12-31", "2011-12-31", None, None],
        "left": [None] * 4 + ["2019-03-04", None],
    },
    "iso_ne": {
        "filed": ["2021-06-30", "2020-06-30", "2019-06-30", "2009-06-30", "2010-06-30"],
        "wanted": ["2027-09-30", "2027-09-30", "2026-09-30", "2012-09-30", "2014-09-30"],
        "energised": [None] * 5,
        "left": [None] * 4 + ["2013-03-31"],
    },
    "lbnl_2025": {
        "filed": ["2017-09-22", "2017-09-23", "2017-09-24", "2017-09-25", "2014-12-27", "2014-12-28"],
        "signed": [None] * 3 + ["2020-06-18", "2016-05-10", None],
        "energised": [None] * 4 + ["2017-12-31", None],
        "left": [None] * 5 + ["2017-03-06"],
    },
}


def export(name: str) -> Path:
    """The file of an export, invented rows under its header."""
    return FOLDER / f"{name}.csv"


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_known_by_its_header_and_by_no_other(name):
    header = read_raw(export(name)).header
    assert [other for other in fitting(header) if other != "generic"] == [EXPORTS[name][0]]
    assert fitting(header)[0] == EXPORTS[name][0]


@pytest.mark.parametrize("name", EXPORTS)
def test_stages_and_sizes_are_those_of_the_export(name):
    found = read_queue(export(name))
    mapping, stages, sizes = EXPORTS[name]
    assert f"the ready mapping {mapping}: {ready()[mapping].title}" in [note.assumed for note in found.notes]
    assert found.requests.stage.tolist() == stages
    assert found.requests.mw.tolist() == sizes
    assert found.scope == "region"
    assert found.requests.location.notna().all()


@pytest.mark.parametrize("name", DATES)
def test_days_are_those_of_the_export(name):
    table = read_queue(export(name)).requests
    for column, days in DATES[name].items():
        said = [None if pd.isna(day) else f"{day:%Y-%m-%d}" for day in table[column]]
        assert said == days, column


def test_who_asks_is_the_developer_and_not_the_operator_of_the_grid():
    assert read_queue(export("ercot")).requests.applicant.tolist() == ["Acme LLC", "Acme LLC", "Bolt LP", "Bolt LP"]
    assert read_queue(export("nyiso")).requests.applicant.tolist() == ["Acme", "Acme", "Bolt", "Bolt", "Bolt"]
    table = read_queue(export("lbnl_2025")).requests
    assert table.applicant.fillna("").tolist() == ["Acme", "Acme", "Bolt", "Bolt", "Bolt", ""]
    assert table.parent.isna().all()
    assert read_queue(export("lbnl_2020")).requests.applicant.tolist() == ["Acme"]


def test_what_is_no_request_is_left_out_with_its_line():
    notes = read_queue(export("ercot")).notes
    assert [note.row for note in notes if note.assumed == "no size: the row is left out"] == [32, 33 + 5]
    notes = read_queue(export("caiso")).notes
    assert [note.row for note in notes if note.assumed == "no size: the row is left out"] == [19, 20]
    assert (0, "Type", "1 rows with other words", "left out") in read_queue(export("iso_ne")).notes


def test_each_column_of_a_ready_mapping_stands_in_an_invented_export():
    rows = [row for path in FOLDER.iterdir() for row in csv.reader(path.read_text("utf-8").splitlines(keepends=True))]
    cells = {plain(cell) for row in rows for cell in row}
    # Names of older editions that only the sources have.
    unseen = {
        *("queue number", "owner/developer", "poi name", "interconnection point", "capacity_mw_1"),
        "interim/interconnection service agreement status",
    }
    for name, mapping in ready().items():
        if isinstance(mapping, Mapping) and name != "generic":
            names = [plain(one) for ours in mapping.columns for one in mapping.candidates(ours)]
            names += [plain(column) for columns in mapping.further.values() for column in columns]
            assert {one for one in names if one not in cells} <= unseen, name


def test_each_word_has_one_stage_and_a_file_says_where_its_names_come_from():
    folder = Path(mapping_module.__file__).parent / "mappings"
    for name, mapping in ready().items():
        if not isinstance(mapping, Mapping):
            continue
        words = [plain(word) for words in mapping.stages.values() for word in words]
        assert len(words) == len(set(words)), name
        if name != "generic":
            lines = (folder / f"{name}.yaml").read_text("utf-8").splitlines()
            head = " ".join(line.removeprefix("#").strip() for line in lines if line.startswith("#"))
            assert "ames" in head, name
            assert "ot checked against a file of today" in head, name


def test_other_columns_move_a_request_on_and_never_back(tmp_path):
    path = tmp_path / "map.yaml"
    path.write_text(
        "columns: {id: id, mw: MW, filed: filed, stage: status}\n"
        "further:\n  studied: {study: [done]}\n  signed: {contract: any, not there: any}\n  energised: {study: [live]}\n"
    )
    rows = [
        "1,filed,done,",
        "2,filed,DONE ,yes",
        "3,signed,done,",
        "4,withdrawn,live,yes",
        "5,filed,open,n/a",
        "6,filed,live,",
    ]
    table = tmp_path / "queue.csv"
    table.write_text("id,status,study,contract,MW,filed\n" + "".join(f"{row},10,2024-01-0{row[0]}\n" for row in rows))
    found = read_queue(table, load_mapping(path))
    assert found.requests.stage.tolist() == ["studied", "signed", "signed", "withdrawn", "filed", "energised"]
    said = [(note.column, note.found, note.assumed) for note in found.notes if note.column]
    assert said == [
        ("study", "2 requests that are further on", "studied, as it says"),
        ("contract", "1 requests that are further on", "signed, as it says"),
        ("study", "1 requests that are further on", "energised, as it says"),
    ]


def test_days_of_several_orders_are_read_in_the_one_that_fits(tmp_path):
    path, table = tmp_path / "map.yaml", tmp_path / "queue.csv"
    table.write_text("id,MW,filed,status\n1,10,1/2/2024,filed\n2,10,3/4/2024,filed\n")
    text = "columns: {id: id, mw: MW, filed: filed, stage: status}\n"
    path.write_text(text + "dates: [iso, month first, excel]\n")
    assert read_queue(table, load_mapping(path)).requests.filed[0] == pd.Timestamp("2024-01-02")
    for dates, expected in (
        ("[month first, day first]", "may be month first or day first; say which"),
        ("[iso, excel]", "most of these are no dates, the first '1/2/2024'; allowed are iso, excel"),
        ("[iso, soon]", "dates"),
    ):
        path.write_text(f"{text}dates: {dates}\n")
        with pytest.raises(ScenarioError) as caught:
            read_queue(table, load_mapping(path))
        assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("further", "expected"),
    [
        ("{filed: {x: any}}", "there is no 'filed'; allowed are studied, signed, energised"),
        ("{withdrawn: {x: any}}", "there is no 'withdrawn'"),
        ("{signd: {x: any}}", "did you mean 'signed'"),
        ("{signed: {x: some}}", "further.signed.x"),
        ("{signed: x}", "further.signed"),
    ],
)
def test_further_columns_are_strict(tmp_path, further, expected):
    path = tmp_path / "map.yaml"
    path.write_text(f"columns: {{id: a, mw: b}}\nfurther: {further}\n")
    with pytest.raises(ScenarioError) as caught:
        load_mapping(path)
    assert f"{path}:" in str(caught.value)
    assert expected in str(caught.value)
    assert set(FURTHER) == {"studied", "signed", "energised"}
