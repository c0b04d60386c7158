"""`gridsim reproduce theory`: the table, the page, and what happens where a number is off."""

from __future__ import annotations

import json
import math

import pytest

from gridsim.theory import cases, figure, page
from gridsim.theory.registry import Case, Row


def case_of(*rows: Row) -> Case:
    return Case("X1", "a case", "Nobody 2000", "derived", lambda: list(rows))


def test_a_row_holds_within_its_tolerance():
    assert Row("x", 1.1, 1.0, 0.2).holds
    assert not Row("x", 1.3, 1.0, 0.2).holds
    assert Row("x", 110.0, 100.0, 0.1, relative=True).holds
    assert not Row("x", 111.0, 100.0, 0.1, relative=True).holds
    assert not Row("x", float("nan"), 1.0, 10.0).holds


def test_the_page_says_which_number_does_not_hold():
    found = page.outcomes([case_of(Row("good", 1.0, 1.0, 0.0), Row("a | b", 2.0, 1.0, 0.5))])
    text = page.page(found, "gridsim reproduce theory", "theory.svg")
    assert page.summary(found) == "0 of 1 cases hold, 1 of 2 numbers."
    assert "| a \\| b | 2 (does not hold) | 1 | 0.5 |" in text
    assert "Nobody 2000 (derived)." in text
    assert page.rows(found)[1][-1] == "NO"


def test_the_overview_has_a_line_for_each_case_and_marks_what_fails():
    good, bad = case_of(Row("good", 1.1, 1.0, 0.2)), case_of(Row("a", 1.0, 1.0, 0.5), Row("b", 0.0, 1.0, 0.5))
    text = page.overview(page.outcomes([good, bad]))
    assert text.splitlines()[2].startswith("1 of 2 cases hold, 2 of 3 numbers.")
    assert text.splitlines()[-2:] == [
        "| X1 | a case | Nobody 2000 (derived) | 1 | 0.5 | yes |",
        "| X1 | a case | Nobody 2000 (derived) | 2 | 2 | **NO** |",
    ]


def test_the_picture_puts_what_does_not_hold_outside_the_band():
    found = page.outcomes([case_of(Row("good", 1.0, 1.0, 0.0), Row("bad", 9.0, 1.0, 0.5))])
    drawn = figure.figure(found)
    assert drawn.count(figure.OFF) == drawn.count(figure.DOT) == 1
    assert Row("x", 1.25, 1.0, 0.5).off == 0.5
    assert Row("x", -9.0, 1.0, 0.5).off == -20.0
    assert f'cx="{figure.x_of(figure.OUTSIDE):.1f}"' in drawn
    assert (Row("x", 1.0, 1.0, 0.0).off, Row("x", 0.9, 1.0, 0.0).off) == (0.0, -math.inf)


def test_a_picture_of_a_case_has_a_ring_and_a_dot_for_every_number():
    drawn = figure.case_figure(page.outcomes([case_of(Row("a", 1.0, 1.0, 0.1), Row("b & c", 200.0, 100.0, 1.0))])[0])
    assert drawn.count("<circle") == 4
    assert "logarithmic" in drawn
    assert "b &amp; c" in drawn
    assert figure.place_of([0.0, 5.0, 10.0]) == ([0.0, 0.5, 1.0], False)
    assert figure.place_of([-10.0, 0.0, 10.0]) == ([0.0, 0.5, 1.0], False)
    assert figure.place_of([2.0]) == ([1.0], False)
    assert figure.place_of([0.0]) == ([0.0], False)


def test_a_case_can_be_reproduced_from_the_command_line(call, tmp_path):
    out = tmp_path / "theory.md"
    code, printed, _ = call("reproduce", "theory", "--case", "H1", "--out", out)
    assert code == 0
    assert "1 of 1 cases hold" in printed
    assert "## H1" in out.read_text()
    assert (tmp_path / "theory" / "H1.svg").is_file()
    assert out.with_suffix(".svg").read_text().count("<circle") == printed.count("\nH1")
    code, printed, _ = call("reproduce", "theory", "--case", "H1", "--json")
    assert code == 0
    assert all(row["holds"] for row in json.loads(printed)[0]["rows"])


def test_a_number_that_is_off_fails_the_command(monkeypatch, call):
    monkeypatch.setitem(cases(), "H1", case_of(Row("off", 2.0, 1.0, 0.5)))
    code, printed, _ = call("reproduce", "theory", "--case", "H1")
    assert code == 1
    assert "NO" in printed


def test_an_unknown_case_is_bad_input(call):
    code, _, said = call("reproduce", "theory", "--case", "H11")
    assert code == 2
    assert "did you mean 'H1'?" in said
    assert call("reproduce", "nothing")[0] == 2


@pytest.mark.parametrize("name", ["A1", "D5", "L3"])
def test_every_group_is_registered(name):
    assert name in cases()
