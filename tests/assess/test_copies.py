"""Requests that repeat another: which one, and what is said of them."""

from __future__ import annotations

from gridsim.assess.copies import likely_copies, repeats
from gridsim.assess.read import read_queue
from gridsim.assess.real import rows_of
from gridsim.assess.report import likely_copies_csv

QUEUE = """id,applicant,mw,filed,stage
A1,Acme LLC,300,2024-01-15,filed
B1,Borealis,300,2024-01-20,filed
A2,"Acme, Inc.",300,2024-03-01,studied
A3,Acme LLC,300,2025-06-01,filed
A4,Acme LLC,120,2024-02-01,filed
A5,Acme LLC,300,2024-02-20,withdrawn
"""


def test_the_later_request_repeats_the_earlier_of_the_same_applicant(tmp_path):
    (tmp_path / "queue.csv").write_text(QUEUE, "utf-8")
    queue = read_queue(tmp_path / "queue.csv", as_of="2025-12-31")
    table = likely_copies(queue, repeats(rows_of(queue)))
    assert table[["id", "of", "who", "applicant", "mw", "stage"]].to_numpy().tolist() == [
        ["A2", "A1", "Acme LLC", "Acme, Inc.", 300.0, "studied"]
    ]


def test_a_name_is_no_formula_in_a_spreadsheet(tmp_path):
    (tmp_path / "queue.csv").write_text(QUEUE.replace("Acme LLC", "=1+2").replace('"Acme, Inc."', "=1+2"), "utf-8")
    queue = read_queue(tmp_path / "queue.csv", as_of="2025-12-31")
    head, row = likely_copies_csv(queue, repeats(rows_of(queue))).decode().splitlines()
    assert head.startswith("id,of,who,applicant")
    assert row.startswith("A2,A1,'=1+2,'=1+2,300.0,")
