"""The explorer in a browser: levers, switches and presets move the market, the latest choice wins, the numbers are right."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

import gridsim
from gridsim.config.reader import load, load_text
from gridsim.config.scenario import Mechanisms
from gridsim.engine.ensemble import ensemble
from gridsim.engine.measures import SERIES
from gridsim.explorer.levers import LEVERS, Lever, shown
from gridsim.explorer.page import PRESETS
from gridsim.figures.spread import QUANTILES
from tests.command_line import process
from tests.explorer.conftest import MARKET, Viewer

pytestmark = pytest.mark.browser
EXACT = "Exact: 200 runs of each world, with the same random numbers."
PREVIEW = "Preview of 20 runs while you move."
GROWTH, DEPOSIT = "demand.growth_gw", "policy.deposit_usd_per_mw"
Visit = Callable[..., Viewer]


def hash_of(changes: dict[str, Any]) -> str:
    """The name that the page gives to the numbers of the market with some changes, from the model itself."""
    series = ensemble(load_text(MARKET, overrides=changes), range(1, 201)).series
    whole = np.ascontiguousarray(np.stack([series[name] for name in SERIES], axis=-1))
    return hashlib.blake2b(whole.tobytes(), digest_size=8).hexdigest()


@pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.path)
def test_a_lever_moves_the_market_by_mouse_and_by_keyboard(viewer: Viewer, lever: Lever):
    page, thumb, first = viewer.page, viewer.slider(lever.path), viewer.seen
    expect(thumb).to_have_accessible_name(f"{lever.name}, {lever.unit}")
    assert viewer.shown(lever.path) == shown(lever, viewer.value(lever.path))
    start, up = viewer.value(lever.path), viewer.value(lever.path) < (lever.low + lever.high) / 2
    thumb.scroll_into_view_if_needed()
    box = thumb.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + (30 if up else -30), y, steps=6)
    expect(page.locator("#status")).to_have_text(PREVIEW)
    assert page.locator("body").get_attribute("data-exact") == "no"
    page.mouse.up()
    dragged = viewer.rested().seen
    assert (viewer.value(lever.path) > start) is up
    assert viewer.text("#status") == EXACT
    assert viewer.shown(lever.path).removeprefix("● ") == shown(lever, viewer.value(lever.path))
    assert dragged["median"] != first["median"]
    assert dragged["tiles"] != first["tiles"]
    at = viewer.value(lever.path)
    pressed = viewer.after(lambda: viewer.press(lever.path, "ArrowRight" if up else "ArrowLeft")).seen
    assert viewer.value(lever.path) == pytest.approx(at + (lever.step if up else -lever.step))
    assert pressed["median"] != dragged["median"]
    assert len({first["result"], dragged["result"], pressed["result"]}) == 3
    assert f"{lever.path}=" in viewer.query


@pytest.mark.slow
def test_every_mechanism_is_switched_by_keyboard_with_the_numbers_of_the_model(viewer: Viewer):
    page, first = viewer.page, viewer.seen
    page.get_by_text("What goes wrong (mechanisms)").focus()
    page.keyboard.press("Enter")
    switched: dict[str, bool] = {}
    for name in Mechanisms.model_fields:
        box = page.locator(f"#switch-{name}")
        box.focus()
        switched[f"mechanisms.{name}"] = not box.is_checked()
        viewer.after(lambda: page.keyboard.press("Space"))
        assert viewer.choices["changes"] == switched
        assert viewer.text("#result").split()[-1] == hash_of(switched)
    viewer.after(page.get_by_role("button", name="Put everything back").click)
    assert viewer.seen == first


def test_a_preset_opens_its_scenario_and_every_control_follows(viewer: Viewer, scenarios: Path):
    first = viewer.seen
    for name, key in PRESETS[::-1]:
        scenario = load(scenarios / f"{key}.yaml")
        viewer.after(viewer.page.get_by_role("group", name="Presets").get_by_role("button", name=name).click)
        assert viewer.text("#scenario-title").casefold() == scenario.title.casefold()
        assert viewer.page.locator("#source").input_value() == scenario.title
        assert viewer.value(DEPOSIT) == scenario.policy.deposit_usd_per_mw
        assert viewer.value("policy.minimum_take") == scenario.policy.minimum_take
        for mechanism, is_on in scenario.mechanisms:
            assert viewer.page.locator(f"#switch-{mechanism}").is_checked() is is_on
        assert f"scenario={key.replace('/', '%2F')}" in viewer.query
    assert viewer.seen == first


def test_what_the_market_is_compared_with_is_chosen_from_a_list(viewer: Viewer):
    said = {}
    for option in ("the same without gaming", "today"):
        viewer.after(lambda option=option: viewer.choose("Compared with", option))
        said[option] = viewer.text("#headline")
    assert "without gaming" in said["the same without gaming"]
    assert "than" not in said["today"]  # the market is today's: there is nothing to compare
    viewer.after(lambda: viewer.press(GROWTH, "ArrowRight"))
    assert re.search(r"growth of true need 25 GW, .* than today in \d+ of 200 runs", viewer.text("#headline"))


def test_put_everything_back_restores_the_first_numbers(viewer: Viewer):
    first = viewer.seen
    viewer.after(lambda: viewer.press(GROWTH, "End"))
    viewer.after(lambda: viewer.press(DEPOSIT, "Home"))
    viewer.page.get_by_text("What goes wrong (mechanisms)").click()
    viewer.after(lambda: viewer.page.locator("label[for=switch-m01_speculation]").first.click())
    assert len(viewer.choices["changes"]) == 3
    viewer.after(viewer.page.get_by_role("button", name="Put everything back").click)
    assert viewer.seen == first
    assert viewer.page.locator("#switch-m01_speculation").is_checked()


def test_of_many_quick_moves_the_last_one_wins(viewer: Viewer, visit: Visit):
    for key in [*["ArrowRight"] * 12, "End", *["ArrowLeft"] * 9, "Home", *["ArrowRight"] * 4]:
        viewer.press(GROWTH, key)
    viewer.until("() => gridsim.choices.changes['demand.growth_gw'] === 30")
    viewer.rested()
    assert (viewer.value(GROWTH), viewer.shown(GROWTH).removeprefix("● ")) == (30, "30 GW")
    assert viewer.text("#status") == EXACT
    assert viewer.text("#result").split()[-1] == hash_of({GROWTH: 30})
    assert viewer.seen == visit("?" + viewer.query).seen


def test_while_a_lever_is_held_there_are_previews_and_after_its_release_all_runs(viewer: Viewer):
    page, status = viewer.page, viewer.page.locator("#status")
    box = viewer.slider(GROWTH).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    seen = set()
    for i in range(40):
        page.mouse.move(box["x"] + 20 + 4 * (i if i < 20 else 40 - i), box["y"] + box["height"] / 2)
        seen.add(viewer.text("#status"))
    expect(status).to_have_text(PREVIEW)
    page.wait_for_timeout(500)  # nothing more comes while it is held
    assert viewer.text("#status") == PREVIEW
    assert seen <= {EXACT, PREVIEW}
    page.mouse.up()
    expect(status).to_have_text(EXACT)
    viewer.rested()
    value = int(viewer.value(GROWTH))
    assert viewer.text("#result").split()[-1] == hash_of({GROWTH: value})


def test_a_link_gives_somebody_else_the_same_numbers_and_the_same_view(viewer: Viewer, visit: Visit):
    page = viewer.page
    viewer.after(lambda: viewer.press(GROWTH, "ArrowRight"))
    viewer.after(lambda: viewer.press("policy.minimum_take", "End"))
    viewer.after(page.locator(".tile[data-measure=unserved_need_mw]").click)
    viewer.after(lambda: viewer.choose("Compared with", "the same without gaming"))
    viewer.after(lambda: viewer.tab("Map"))
    viewer.after(lambda: page.get_by_label("Run shown: seed").fill("7"))
    month = page.get_by_role("slider", name="Month shown")
    month.focus()
    viewer.after(lambda: page.keyboard.press("ArrowLeft"))
    viewer.after(lambda: page.keyboard.press("ArrowLeft"))
    chosen = viewer.choices
    assert (chosen["view"], chosen["seed"], chosen["measure"]) == ("map", 7, "unserved_need_mw")
    assert chosen["month"] == int(month.get_attribute("aria-valuenow") or "-1")
    other = visit("?" + viewer.query)
    assert other.seen == viewer.seen
    assert other.query == viewer.query
    expect(other.page.get_by_role("tab", name="Map")).to_have_attribute("aria-selected", "true")
    expect(other.page.get_by_label("Run shown: seed")).to_have_value("7")
    expect(other.page.get_by_role("slider", name="Month shown")).to_have_attribute(
        "aria-valuenow", str(chosen["month"])
    )
    assert other.text("#shown-month") == viewer.text("#shown-month")
    assert other.page.locator("#card-map").inner_text() == viewer.page.locator("#card-map").inner_text()
    assert other.text("#link-check").startswith("The numbers are those of the link")
    assert other.page.locator("#notice").inner_text() == ""


def test_a_link_of_another_version_says_what_differs(viewer: Viewer, visit: Visit):
    viewer.after(lambda: viewer.press(GROWTH, "ArrowRight"))
    found = viewer.text("#result").split()[-1]
    query = re.sub(r"model=\w+", "model=00c0ffee", viewer.query).replace(
        f"version={gridsim.__version__}", "version=0.0.1"
    )
    other = visit("?" + query.replace(found, "deadbeef"))
    said = other.text("#link-notice")
    for what in ("gridsim", "0.0.1", gridsim.__version__, "model", "00c0ffee", "Its sender saw"):
        assert what in said
    assert "differ from those of the link" in other.text("#link-check")
    assert "deadbeef" in other.text("#link-check")
    assert found in other.text("#link-check")
    assert other.seen == viewer.seen


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?demand.growth_gw=lots", "demand.growth_gw: 'lots' is not a number"),
        ("?demand.growth_gw=-5", "demand.growth_gw"),
        ("?demand.growht_gw=20", "demand.growht_gw"),
        ("?scenario=policies%2Fnone", "there is no scenario 'policies/none' here"),
        ("?seed=-1", "seed"),
        ("?text=eJx", "the scenario in the link is cut off"),
        ("?%00=%FF&&&=", ""),
    ],
)
def test_a_broken_link_says_so_and_shows_a_market_all_the_same(visit: Visit, query: str, said: str):
    other = visit(query)
    assert "The link cannot be opened as it is." in other.text("#notice")
    assert said in other.text("#notice")
    assert other.text("#status") == EXACT
    assert other.choices["changes"] == {}
    before = other.text("#result")
    assert other.after(lambda: other.press(GROWTH, "ArrowRight")).text("#result") != before


@pytest.mark.slow
def test_the_numbers_are_those_of_gridsim_batch_bit_for_bit(viewer: Viewer, scenarios: Path, tmp_path: Path):
    viewer.after(lambda: viewer.press(GROWTH, "ArrowRight"))
    queued = {}
    for world, more in (("today", []), ("here", ["--set", "demand.growth_gw=25"])):
        out = tmp_path / world
        file = scenarios / "baseline.yaml"
        ran = process("batch", file, "--out", out, "--measures", "none", "--series", "queued_mw", "--workers", 1, *more)
        assert ran.returncode == 0, ran.stderr
        queued[world] = gridsim.Batch(out).months["queued_mw"].to_numpy(np.float64).reshape(200, -1)
    queued["difference"] = queued["here"] - queued["today"]
    edges = ("90 %, lower", "50 %, lower", "median", "50 %, upper", "90 %, upper")
    traces = viewer.traces()
    answer = viewer.page.request.get(f"{viewer.address}csv/market.csv?{viewer.query}")
    table = list(csv.DictReader(StringIO(answer.text())))
    assert len(table) == queued["here"].shape[1]
    assert len(traces) == len(edges) + 3 + len(edges)
    for world, series in queued.items():
        for share, edge, row in zip(QUANTILES, edges, np.quantile(series, QUANTILES, axis=0) / 1e3, strict=True):
            if world != "today" or "50" not in edge:  # of today only the wide band is drawn
                assert traces[f"{world}: {edge}"] == row.tolist()
            column = f"{'this scenario' if world == 'here' else world}: {100 * share:.0f} % of runs below, GW"
            assert [float(line[column]) for line in table] == row.tolist()
    peak, other = (queued[world].max(axis=1) / 1e3 for world in ("here", "today"))
    higher = int((peak > other).sum())
    apart = f"▲ {(peak - other).mean():.1f} higher in {higher} of 200"
    assert viewer.tiles[0].casefold() == f"queue at its peak {peak.mean():.0f}gw {apart}"


@pytest.mark.slow
def test_eight_viewers_at_once_each_get_the_numbers_of_their_own_market(visit: Visit):
    viewers = [visit(None) for _ in range(8)]
    for one in viewers:
        one.page.goto(one.address, wait_until="commit")
    for one in viewers:
        one.until("() => Boolean(window.gridsim && gridsim.choices)")
    for i, one in enumerate(viewers):
        for _ in range(i + 1):
            one.press(GROWTH, "ArrowRight")
    found = []
    for i, one in enumerate(viewers):
        one.until("(value) => gridsim.choices.changes['demand.growth_gw'] === value", 25 + 5 * i)
        found.append(one.rested().text("#result").split()[-1])
    assert found == [hash_of({GROWTH: 25 + 5 * i}) for i in range(8)]
    assert len({tuple(one.tiles) for one in viewers}) == 8
