"""Lists as people have them: read alike however they are written, and nothing dropped without a note."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsim.assess import cells
from gridsim.assess.mapping import Mapping, fitting, load_mapping, ready
from gridsim.assess.notes import notes_table
from gridsim.assess.queue import COLUMNS, STAGES, Note
from gridsim.assess.read import read_queue
from gridsim.assess.real import rows_of
from gridsim.assess.rows import UNKNOWN
from gridsim.config.errors import ScenarioError
from tests.command_line import ROOT

HEAD = "id,applicant,MW,filed,status,wanted,signed,energised,left,county,deposit"
CLEAN = f"""{HEAD}
A1,Acme,100,2024-01-15,Active,2027-01-01,,,,North,
A2,Acme,250.5,2023-06-01,Under contract,2026-06-01,2024-02-01,,,South,50000
A3,Bolt,1200,2022-03-01,Withdrawn,2025-01-01,,,2023-01-01,North,0
A4,Bolt,80,2020-03-01,In service,2022-01-01,2021-01-01,2023-06-01,,South,
"""


def read(tmp_path, text, name="queue.csv", mapping=None, **options):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_queue(path, mapping, **options)


def refused(tmp_path, text, **options):
    with pytest.raises(ScenarioError) as caught:
        read(tmp_path, text, **options)
    return str(caught.value).replace(str(tmp_path) + "/", "")


@pytest.fixture
def clean(tmp_path):
    return read(tmp_path, CLEAN)


def same(one, other):
    pd.testing.assert_frame_equal(one.requests, other.requests)
    assert one.given == other.given
    return True


def test_a_clean_list_says_what_it_says(clean):
    table = clean.requests
    assert list(table.columns) == [*COLUMNS, "who"]
    assert table.mw.tolist() == [100.0, 250.5, 1200.0, 80.0]
    assert table.stage.tolist() == ["filed", "signed", "withdrawn", "energised"]
    assert table.filed[0] == pd.Timestamp("2024-01-15")
    assert table.applicant.tolist() == ["Acme", "Acme", "Bolt", "Bolt"]
    assert table.deposit_usd[1] == 50000.0
    assert np.isnan(table.deposit_usd[0])
    assert clean.given == set(COLUMNS) - {"parent"}
    assert clean.as_of == pd.Timestamp("2024-02-01")
    assert [note.row for note in clean.notes] == [0, 0]  # the mapping, and the day


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace(",", ";"),
        lambda t: t.replace(",", "\t"),
        lambda t: t.replace("\n", "\r\n"),
        lambda t: "\ufeff" + t,
        lambda t: "Large load queue\nas published,,\n\n" + t,
        lambda t: t.replace("Acme", '"Acme"').replace("1200", '"1,200"'),
        lambda t: t.replace("250.5", " 250.5 MW ").replace("Active", "  ACTIVE "),
        lambda t: t.replace("MW", "Capacity (MW)").replace("filed", "Request Date", 1),
        lambda t: t + ",,,,,,,,,,\n",
        lambda t: t.replace(",,South,50000", ",N/A,South,50000"),
        lambda t: t.replace(",", ";").replace("250.5", "250,5").replace("1200", "1 200"),
    ],
)
def test_it_reads_the_same_however_it_is_written(tmp_path, clean, change):
    assert same(read(tmp_path, change(CLEAN)), clean)


@pytest.mark.parametrize(("order", "form"), [("month first", "%m/%d/%Y"), ("day first", "%d.%m.%Y"), ("excel", None)])
def test_days_are_read_in_the_order_that_fits_them(tmp_path, clean, order, form):
    text = CLEAN
    for day in sorted({cell for line in CLEAN.splitlines() for cell in line.split(",") if cell.count("-") == 2}):
        stamp = pd.Timestamp(day)
        number = (stamp - pd.Timestamp("1899-12-30")).days
        text = text.replace(day, stamp.strftime(form) if form else str(number))
    mapping = ready()["generic"].model_copy(update={"dates": order})
    assert same(read(tmp_path, text, mapping=mapping), clean)


def test_a_parquet_file_reads_like_its_csv(tmp_path, clean):
    table = pd.read_csv(io.StringIO(CLEAN), dtype=str, keep_default_na=False)
    table.to_parquet(tmp_path / "queue.parquet")
    assert same(read_queue(tmp_path / "queue.parquet"), clean)


@pytest.mark.parametrize(
    ("old", "new", "row", "column", "assumed"),
    [
        (",100,", ",TBD,", 2, "MW", "no size: the row is left out"),
        (",100,", ",-5,", 2, "MW", "no size: the row is left out"),
        (",100,", ",0,", 2, "MW", "no size: the row is left out"),
        (",100,", ",2e6,", 2, "MW", "no size: the row is left out"),
        ("A2,", "A1,", 3, "id", "another request, A1#2"),
        ("A2,", ",", 3, "id", "called 'line 3'"),
        ("2023-06-01,Under", "soon,Under", 3, "filed", "no date: taken as unknown"),
        (",,South,50000", ",,South,lots", 3, "deposit", "no amount: taken as unknown"),
        ("2024-02-01", "2022-02-01", 3, "signed", "before it was filed: taken as unknown"),
        ("Withdrawn", "Active", 4, "left", "taken as withdrawn"),
        ("Active", "TBD", 2, "status", "filed, after its dates"),
        ("In service", "", 5, "status", "energised, after its dates"),
    ],
)
def test_what_is_wrong_is_noted_with_its_line(tmp_path, old, new, row, column, assumed):
    found = read(tmp_path, CLEAN.replace(old, new, 1), mapping=ready()["generic"])
    assert (row, column, assumed) in [(note.row, note.column, note.assumed) for note in found.notes]


def test_what_comes_after_the_day_of_the_list_has_not_happened(tmp_path):
    found = read(tmp_path, CLEAN, as_of="2023-12-31")
    assert found.requests.id.tolist() == ["A2", "A3", "A4"]
    assert "filed later: left out" in [note.assumed for note in found.notes if note.row == 2]
    assert pd.isna(found.requests.signed[0])


def test_rows_are_kept_by_the_words_of_a_mapping_and_counted(tmp_path):
    mapping = ready()["generic"].model_copy(update={"only": {"county": ["north"]}})
    found = read(tmp_path, CLEAN, mapping=mapping)
    assert found.requests.id.tolist() == ["A1", "A3"]
    assert (0, "county", "2 rows with other words", "left out") in found.notes
    assert "kept" in refused(tmp_path, CLEAN, mapping=mapping.model_copy(update={"only": {"county": ["west"]}}))
    message = refused(tmp_path, CLEAN, mapping=mapping.model_copy(update={"only": {"countie": ["west"]}}))
    assert "'countie', which the file does not have; did you mean 'county'" in message


def test_units_are_those_of_the_mapping(tmp_path):
    mapping = ready()["generic"].model_copy(update={"unit": "kW"})
    assert read(tmp_path, CLEAN, mapping=mapping).requests.mw[0] == pytest.approx(0.1)


def test_a_list_without_stages_has_those_of_its_dates(tmp_path):
    table = pd.read_csv(io.StringIO(CLEAN), dtype=str, keep_default_na=False).drop(columns="status")
    found = read(tmp_path, table.to_csv(index=False))
    assert found.requests.stage.tolist() == ["filed", "signed", "withdrawn", "energised"]
    assert "stage" in found.given


REQUESTS = st.lists(
    st.fixed_dictionaries(
        {
            "applicant": st.sampled_from(["Acme", "Bolt & Sons", 'Quote "Q"', "Commas, Inc.", "Ünïcode GmbH"]),
            "MW": st.one_of(st.floats(0.1, 5000).map(lambda x: f"{x:.1f}"), st.sampled_from(["", "TBD", "-1", "abc"])),
            "filed": st.dates(pd.Timestamp("2015-01-01").date(), pd.Timestamp("2024-12-31").date()).map(str),
            "status": st.sampled_from(["Active", "withdrawn", "Under Contract", "In Service", "study complete"]),
        }
    ),
    min_size=1,
    max_size=12,
)


@given(REQUESTS, st.sampled_from([",", ";", "\t"]))
def test_every_row_is_on_the_list_or_in_the_notes(tmp_path_factory, requests, separator):
    table = pd.DataFrame([{"id": f"R{k}"} | request for k, request in enumerate(requests)])
    path = tmp_path_factory.mktemp("list") / "queue.csv"
    path.write_text(table.to_csv(index=False, sep=separator), encoding="utf-8")
    bad = [k for k, mw in enumerate(table.MW) if mw in ("", "TBD", "-1", "abc")]
    try:
        found = read_queue(path)
    except ScenarioError:
        assert 2 * len(bad) > len(table)
        return
    left_out = [note.row for note in found.notes if note.assumed.endswith("left out")]
    assert left_out == [k + 2 for k in bad]
    kept = table.drop(index=bad).reset_index(drop=True)
    assert found.requests.id.tolist() == kept.id.tolist()
    assert found.requests.applicant.tolist() == kept.applicant.tolist()
    assert found.requests.mw.tolist() == [float(mw) for mw in kept.MW]
    assert found.requests.filed.dt.strftime("%Y-%m-%d").tolist() == kept.filed.tolist()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(
            ("1,234", 1234.0),
            ("1,234.5", 1234.5),
            ("1.234,5", 1234.5),
            ("12,5", 12.5),
            ("1 200", 1200.0),
            ("1'200", 1200.0),
        ),
        *(
            (" 300 MW", 300.0),
            ("$1,000", 1000.0),
            (".5", 0.5),
            ("1e3", 1000.0),
            ("+7", 7.0),
            ("-3", -3.0),
            ("1\xa0200", 1200.0),
        ),
        *(
            ("1,23,4", None),
            ("12.34.56", None),
            ("twelve", None),
            ("", None),
            ("1.2.3,4", None),
            ("0x10", None),
            ("1,234,5", None),
        ),
    ],
)
def test_numbers_are_read_as_people_write_them(text, value):
    assert cells.number(text) == value


def test_days_that_may_be_read_in_two_ways_are_not_guessed():
    assert cells.orders_that_fit(["2024-01-02"]) == ["iso"]
    assert cells.orders_that_fit(["01/13/2024", "02/03/2024"]) == ["month first"]
    assert cells.orders_that_fit(["13/01/2024"]) == ["day first"]
    assert set(cells.orders_that_fit(["01/02/2024"])) == {"month first", "day first"}
    assert cells.orders_that_fit(["45657"]) == ["excel"]
    assert cells.orders_that_fit(["soon"]) == []


def test_ready_mappings_are_sound_and_the_one_that_knows_most_comes_first():
    assert next(reversed(ready())) == "generic"
    header = ["q_id", "q_status", "q_date", "prop_date", "on_date", "wd_date", "ia_date", "county", "developer", "mw1"]
    assert fitting(header) == ["lbnl_queued_up"]
    assert fitting(["Request ID", "Status", "MW"]) == ["generic"]
    assert fitting(["x", "y"]) == []
    for mapping in (ready()["lbnl_queued_up"], ready()["generic"]):
        words = [word for words in mapping.stages.values() for word in words]
        assert len(words) == len(set(words))
        assert set(mapping.stages) <= set(STAGES)


def test_a_mapping_is_strict(tmp_path):
    path = tmp_path / "map.yaml"
    for text, expected in (
        ("columns: {id: a, mw: b}\nunits: MW\n", "unit"),
        ("columns: {id: a, mv: b}\n", "mw"),
        ("columns: {id: a}\n", "mw must be named"),
        ("columns: {id: a, mw: b}\nstages: {field: [x]}\n", "filed"),
        ("columns: {id: a, mw: b}\nunit: TW\n", "unit"),
        ("columns: {id: a, mw: b}\nas_of: soon\n", "as_of"),
    ):
        path.write_text(text)
        with pytest.raises(ScenarioError) as caught:
            load_mapping(path)
        assert f"{path}:" in str(caught.value)
        assert expected in str(caught.value)
    assert isinstance(ready()["generic"], Mapping)


def test_arrays_count_from_the_day_of_the_list(clean):
    rows = rows_of(clean)
    month = 365.25 / 12
    assert rows.filed[0] == pytest.approx(17 / month)
    assert rows.signed[1] == 0.0
    assert np.isnan(rows.signed[0])
    assert rows.left[2] == pytest.approx((pd.Timestamp("2024-02-01") - pd.Timestamp("2023-01-01")).days / month)
    assert rows.wanted[3] < 0.0 < rows.wanted[0]
    assert rows.stage.tolist() == [0, 2, 4, 3]
    assert rows.applicant.tolist() == [0, 0, 1, 1]
    assert rows.one_utility
    assert rows_of(clean._replace(requests=clean.requests.assign(location=None))).location.tolist() == [UNKNOWN] * 4


def test_the_parent_company_is_who_asks(tmp_path):
    text = (
        CLEAN.replace("id,applicant", "id,parent,applicant")
        .replace(",Acme", ",Holding,Acme")
        .replace(",Bolt", ",HOLDING ,Bolt", 1)
    )
    text = text.replace("A4,Bolt", "A4,,Bolt")
    assert rows_of(read(tmp_path, text)).applicant.tolist() == [0, 0, 0, 1]


def test_notes_hold_no_formula():
    table = notes_table([Note(2, "=cmd()", "+1", "@x"), Note(3, "MW", "fine", "-")])
    assert table.values.tolist() == [[2, "'=cmd()", "'+1", "'@x"], [3, "MW", "fine", "'-"]]


def test_the_example_is_read_without_a_note_on_a_row():
    found = read_queue(ROOT / "examples" / "queue.csv")
    assert len(found.requests) == 205
    assert [note.row for note in found.notes] == [0, 0]
    assert found.requests.stage.value_counts().to_dict() == {
        "withdrawn": 103,
        "filed": 81,
        "signed": 10,
        "energised": 7,
        "studied": 4,
    }
