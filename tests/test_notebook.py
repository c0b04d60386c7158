"""What notebooks show of a result and of a batch: true numbers, nothing from outside, no markup of anybody else's."""

from __future__ import annotations

import shutil
from xml.etree import ElementTree

import pytest

import gridsim
from gridsim.engine.measures import SERIES
from gridsim.engine.notebook import ROWS, number
from tests.figures.runs import TEXTS
from tests.study.small import tiny

HOSTILE = """</div><script>alert("1")</script><img src=x onerror='alert(2)'> & co"""


def parsed(html: str) -> ElementTree.Element:
    """The HTML as a tree, which is also well-formed XML: every element is closed."""
    return ElementTree.fromstring(html)


def rows(html: str) -> dict[str, list[str]]:
    """The body of the table by the heads of its rows."""
    found = parsed(html).findall(".//tbody/tr")
    return {row.find("th").text or "": [cell.text or "" for cell in row.findall("td")] for row in found}


def held_to_rules(html: str) -> None:
    """One table with a caption and heads in both directions; no style sheet, script, picture or address; no ground."""
    tree = parsed(html)
    assert len(tree.findall(".//table")) == 1
    assert tree.find(".//caption").text
    assert {head.get("scope") for head in tree.findall(".//thead//th")} == {"col"}
    assert {head.get("scope") for head in tree.findall(".//tbody//th")} == {"row"}
    assert {one.tag for one in tree.iter()} == {"div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert {name for one in tree.iter() for name in one.attrib} <= {"style", "scope"}
    for word in ("http", "url(", "background"):
        assert word not in html


def test_a_run_shows_the_month_in_which_requests_peak_beside_the_twin(result):
    html = result._repr_html_()
    held_to_rules(html)
    assert html == result._repr_html_()
    at = int(result.series["power_claims"].to_numpy().argmax())
    shown = rows(html)
    assert len(shown) == len(ROWS)
    for words, column, size, unit in ROWS:
        here, twin = (number(run.series[column].iloc[at] / size) for run in (result, result.twin))
        assert shown[words] == [here, twin, unit, column]
        assert SERIES[column].unit == {"GW": "MW", "": "1"}.get(unit, unit)
    assert shown["requested, every copy"][0] == number(result.headline()["requested_gw"])
    assert f"In {result.headline()['peak_month']}, " in html
    assert f"seed {result.seed}, 72 months from 2024-01" in html
    assert "honest twin" in html
    assert "Four utilities &amp; a rush" in html


@pytest.mark.parametrize("name", TEXTS)
def test_runs_in_which_little_happens_are_shown_all_the_same(name):
    found = gridsim.simulate(gridsim.config.reader.load_text(TEXTS[name]), 1)
    held_to_rules(found._repr_html_())
    assert "honest twin" not in found._repr_html_()


def test_a_title_is_text_and_never_markup(result):
    hostile = result.scenario.model_copy(update={"title": HOSTILE})
    html = gridsim.simulate(hostile, 1)._repr_html_()
    held_to_rules(html)
    assert parsed(html)[0].text == HOSTILE
    long = result.scenario.model_copy(update={"title": "<" * 5000})
    assert len(parsed(gridsim.simulate(long, 1)._repr_html_())[0].text) == 200


def test_a_batch_shows_where_it_stands_what_it_varies_and_keeps(tmp_path):
    folder = tmp_path / "<b>deposits & co"
    sweep = {"grid": {"policy.deposit_usd_per_mw": [0, 1], "mechanisms.m02_duplicates": [True, False]}}
    batch = gridsim.run_batch(tiny(), range(1, 4), folder, sweep=sweep, twin=True, measures=["queued_mw"])
    html = batch._repr_html_()
    held_to_rules(html)
    assert html == gridsim.Batch(folder)._repr_html_()
    assert parsed(html)[0].text == "Batch <b>deposits & co"
    shown = {name: cells[0] for name, cells in rows(html).items()}
    assert shown["done"] == "24"
    assert (shown["failed"], shown["missing"], shown["cells"]) == ("0", "0", "4")
    assert shown["seeds"] == "3 (1 to 3)"
    assert shown["parameters varied"] == "policy.deposit_usd_per_mw, mechanisms.m02_duplicates"
    assert shown["measures kept"] == "queued_mw"
    assert shown["kept month by month"].endswith(" and 2 more")
    assert str(tmp_path) not in html


def test_a_batch_without_runs_damaged_or_gone_is_shown_and_never_raises(tmp_path):
    batch = gridsim.run_batch(tiny(), [7], tmp_path / "b", series=[])
    (part,) = (tmp_path / "b" / "runs").iterdir()
    part.write_bytes(b"not Parquet")
    assert rows(gridsim.Batch(batch.folder)._repr_html_())["done"] == ["a part cannot be read; .status() says which"]
    part.unlink()
    html = gridsim.Batch(batch.folder)._repr_html_()
    held_to_rules(html)
    assert (rows(html)["done"], rows(html)["missing"], rows(html)["kept month by month"]) == (["0"], ["1"], ["none"])
    opened = gridsim.Batch(batch.folder)
    (tmp_path / "b" / "batch.json").write_text("{}")
    assert opened._repr_html_() == f"<pre>{repr(opened).replace(chr(39), '&#x27;')}</pre>"
    shutil.rmtree(tmp_path / "b")
    assert "Batch(" in opened._repr_html_()
