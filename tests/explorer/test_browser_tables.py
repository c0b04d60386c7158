"""The explorer's page: key numbers that stay where they are, tables made when they are unfolded, runs that are replayed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

import gridsim
from tests.explorer.conftest import Viewer, started
from tests.study.small import tiny

pytestmark = pytest.mark.browser
Visit = Callable[..., Viewer]
GROWTH = "demand.growth_gw"


def test_a_click_on_a_key_number_counts_though_its_numbers_change_under_it(viewer: Viewer):
    page = viewer.page
    tile = page.locator(".tile[data-measure=duplicate_mw]")
    before = tile.inner_text()
    box = tile.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    viewer.after(
        lambda: page.evaluate(f"() => dash_clientside.set_props('lever-{GROWTH.replace('.', '-')}', {{value: 60}})")
    )
    assert tile.inner_text() != before
    page.mouse.up()
    expect(tile).to_have_attribute("aria-pressed", "true")
    assert viewer.rested().choices["measure"] == "duplicate_mw"
    expect(tile).to_have_attribute("aria-pressed", "true")


def test_a_table_that_is_unfolded_stays_so_and_follows_the_lever(viewer: Viewer):
    page = viewer.page
    place = page.locator("#numbers")
    expect(place.locator("table")).to_have_count(0)  # nothing is made that nobody sees
    place.locator("summary").click()
    rows = place.locator("tbody tr")
    expect(rows.first.locator("th[scope=row]")).to_have_count(1)
    before = rows.all_inner_texts()
    viewer.after(lambda: viewer.press(GROWTH, "ArrowRight"))
    expect(place.locator("details")).to_have_attribute("open", "")
    after = rows.all_inner_texts()
    assert len(after) == len(before) > 8
    assert after != before
    expect(page.locator("#market-twin table")).to_have_count(0)
    place.locator("summary").click()
    viewer.after(lambda: viewer.press(GROWTH, "ArrowRight"))
    assert place.locator("details").get_attribute("open") is None


def test_a_run_of_a_batch_is_replayed_by_its_button(visit: Visit, tmp_path: Path):
    batch = gridsim.run_batch(tiny(), range(3, 9), tmp_path / "six", measures=["queued_mw"])
    with started(tmp_path / "six") as address:
        viewer = visit(None)
        viewer.address = address
        viewer.page.goto(address + "?view=batches")
        viewer.page.get_by_role("button", name="Replay run 4").click()
        expect(viewer.page.locator("#batch-message")).to_have_text(
            f"Run 4 is open, with seed {batch.runs['seed'].iloc[4]}."
        )
        viewer.until("() => gridsim.choices && gridsim.choices.seed === 7")
