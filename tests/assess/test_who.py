"""Names that stand for one applicant: legal forms and slips of the pen, and nothing that may be somebody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsim.assess import who
from gridsim.assess.copies import likely_copies, repeats
from gridsim.assess.read import read_queue
from gridsim.assess.real import rows_of
from gridsim.assess.who import entities

pytest.importorskip("rapidfuzz", reason='RapidFuzz: pip install "gridsim[assess]"')


def groups(*names):
    """The entity of each name."""
    return entities(names, "applicant")[0]


@pytest.mark.parametrize(
    "names",
    [
        ("Acme Data Centers, LLC", "ACME DATA CENTERS L.L.C.", "Acme Data Centers Inc."),
        ("Amazon Data Services, Inc.", "Amazon Data Service"),
        ("Vantage Data Centers", "Vantage Data Centres"),
        ("Sunrise Compute II LLC", "Sunrise Compute II"),
    ],
)
def test_legal_forms_and_spelling_make_no_other_applicant(names):
    assert len(set(groups(*names))) == 1


@pytest.mark.parametrize(
    "names",
    [
        ("Applicant 13", "Applicant 18"),
        ("Sunrise Compute Holdings 2021", "Sunrise Compute Holdings 2022"),
        ("Sunrise Compute II LLC", "Sunrise Compute III LLC"),
        ("Sunrise Solar A", "Sunrise Solar B"),
        ("Cloud North Holdings", "Cloud South Holdings"),
        ("QTS Atlanta", "QTS Richmond"),
        ("Acme", "Acne"),
        ("Project 7 of Acme", "Project 17 of Acme"),
    ],
)
def test_names_that_may_be_somebody_elses_stay_apart(names):
    assert len(set(groups(*names))) == len(names)


def test_the_most_frequent_name_stands_for_all_and_it_is_noted():
    names = ["Acme LLC", "Acme, Inc.", "Acme, Inc.", None, "Confidential", "Other"]
    found, notes = entities(names, "developer")
    assert found == ["Acme, Inc.", "Acme, Inc.", "Acme, Inc.", None, None, "Other"]
    said = {(note.row, note.column, note.found, note.assumed) for note in notes}
    assert said == {
        (0, "developer", "'Acme LLC' (1 rows)", "the same applicant as 'Acme, Inc.'"),
        (0, "developer", "'Confidential' (1 rows)", "an applicant that is not told"),
    }
    assert entities([None, None], "x") == ([None, None], [])
    assert entities(["LLC", "?!"], "x")[0] == ["LLC", None]


NAMES = st.lists(st.one_of(st.none(), st.text("abc1 I.,", max_size=8)), max_size=12)


@given(NAMES)
def test_entities_are_names_of_the_list_and_their_own(names):
    found, _ = entities(names, "x")
    assert len(found) == len(names)
    assert set(found) <= {*names, None}
    again, _ = entities(found, "x")
    assert [a for a, b in zip(again, found, strict=True) if b is not None] == [b for b in found if b is not None]
    assert all((a is None) >= (b is None) for a, b in zip(found, names, strict=True))


@given(NAMES, st.randoms())
def test_the_order_of_the_rows_does_not_matter(names, random):
    order = list(range(len(names)))
    random.shuffle(order)
    found = entities(names, "x")[0]
    assert entities([names[i] for i in order], "x")[0] == [found[i] for i in order]


def test_too_many_names_that_begin_alike_are_compared_exactly(monkeypatch):
    monkeypatch.setattr(who, "LARGEST_BLOCK", 2)
    assert groups("Acme Data, LLC", "Acme Data", "Acme Dates") == ["Acme Data", "Acme Data", "Acme Dates"]


def test_requests_that_repeat_another_are_listed_with_what_they_repeat(tmp_path):
    path = tmp_path / "queue.csv"
    path.write_text(
        "id,applicant,mw,filed,stage\n"
        "A,Acme LLC,100,2024-01-10,filed\n"
        "B,Acme Inc,100,2024-03-10,filed\n"  # the same size, two months later
        "C,Acme Inc,100,2024-12-10,filed\n"  # the same size, nine months later
        "D,Other,100,2024-03-10,filed\n"
        "E,Acme Inc,250,2024-03-10,filed\n"
        "F,Acme Inc,100,2024-03-11,withdrawn\n"
        "G,,100,2024-03-11,filed\n"
    )
    queue = read_queue(path)
    table = likely_copies(queue, repeats(rows_of(queue)))
    assert table[["id", "of", "who"]].to_numpy().tolist() == [["B", "A", "Acme Inc"]]
    assert any("the same applicant as 'Acme Inc'" in note.assumed for note in queue.notes)
