"""A list of requests in a browser: dropped, chosen or the example; its assessment, what is wrong with it, what is saved."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.command_line import ROOT, process
from tests.explorer.assess_market import made
from tests.explorer.conftest import Viewer, started
from tests.explorer.test_browser_views import AXE, violations

pytest.importorskip("sklearn", reason='scikit-learn: pip install "gridsim[assess]"')
pytestmark = pytest.mark.browser
Visit = Callable[..., Viewer]
QUEUE = (ROOT / "examples" / "queue.csv").read_text("utf-8")
NOTED = QUEUE.replace("2021-05-15,in service", "soon,in service", 1)
RENAMED = QUEUE.replace("capacity (MW)", "Size", 1)
MAPPING = (
    (ROOT / "gridsim" / "assess" / "mappings" / "generic.yaml").read_text("utf-8").replace("mw:", "mw: [Size] #", 1)
)
GROWTH = "demand.growth_gw"


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scenario to start with, in a folder like configs/."""
    return made(tmp_path_factory.mktemp("assess") / "configs")


@pytest.fixture(scope="module")
def address(market: Path) -> Iterator[str]:
    """An explorer beside calibrated worlds."""
    with started(market) as found:
        yield found


@pytest.fixture
def viewer(visit: Visit) -> Viewer:
    """A viewer who has opened the view."""
    return visit("?view=assess")


def drop(viewer: Viewer, **files: str) -> None:
    """Drop files onto the page; their names have a point for each _."""
    data = viewer.page.evaluate_handle(
        """(files) => {
        const data = new DataTransfer();
        for (const [name, text] of files) data.items.add(new File([text], name));
        return data; }""",
        [[name.replace("_", "."), text] for name, text in files.items()],
    )
    viewer.page.dispatch_event("main", "drop", {"dataTransfer": data})


def assessed(viewer: Viewer, name: str) -> Viewer:
    """Wait for the assessment of a file."""
    expect(viewer.page.locator("#assess-status")).to_have_text(f"{name} is assessed.")
    return viewer.quiet()


def saved(viewer: Viewer, name: str) -> bytes:
    """What the button of a file saves."""
    with viewer.page.expect_download() as found:
        viewer.page.locator(f'[data-file="{name}"]').click()
    assert found.value.suggested_filename == name
    return Path(found.value.path()).read_bytes()


def test_a_list_that_is_dropped_is_assessed_as_by_the_command(viewer: Viewer, market: Path, tmp_path: Path):
    drop(viewer, queue_csv=NOTED)
    page = assessed(viewer, "queue.csv").page
    (tmp_path / "queue.csv").write_text(NOTED, "utf-8")
    worlds = market.parent / "sweeps" / "posterior.yaml"
    more = ("--tariff", market, "--worlds", worlds, "--out", tmp_path / "out", "--json")
    ran = process("assess", tmp_path / "queue.csv", *more)
    assert ran.returncode == 0, ran.stderr
    data = json.loads(ran.stdout)
    assert page.locator("#copy-paragraph").inner_text() == data["quote"]
    rows = page.locator("#assess-posterior tbody tr")
    expect(rows).to_have_count(len(data["posterior"]))
    for row, told in zip(rows.all_inner_texts(), data["posterior"], strict=True):
        assert row.startswith(told["quantity"])
        assert ("these data cannot tell" in row) is not told["told"]
    notes = page.locator("#assess-notes tbody tr").all_inner_texts()
    assert len(notes) == len(data["notes"])
    assert "2 request date soon no date: taken as unknown" in [" ".join(note.split()) for note in notes]
    for chart in ("parts", "years", "groups", "levers", "cloud"):
        expect(page.locator(f"#graph-assess-{chart} .main-svg").first).to_be_visible()
    for name in ("posterior.csv", "posterior.parquet", "alike.parquet", "notes.csv"):
        assert saved(viewer, name) == (tmp_path / "out" / name).read_bytes(), name
    assert b"What a list of requests stands for" in saved(viewer, "report.html")


def test_the_example_and_another_tariff_are_a_press_away_and_copied_is_the_paragraph(viewer: Viewer):
    page = viewer.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="a list of requests").click()
    first = assessed(viewer, "queue.csv").text("#copy-paragraph")
    assert first.startswith("Of 95 open requests for 38 GW on 2028-01-15, ")
    page.locator("#assess-result").get_by_role("button", name="Copy").click()
    assert page.evaluate("() => navigator.clipboard.readText()") == first
    viewer.choose("Tariff that applicants face", "A deposit")
    page.get_by_role("button", name="Assess", exact=True).click()
    expect(page.locator("#copy-paragraph")).to_have_count(0)
    assert assessed(viewer, "queue.csv").text("#copy-paragraph") != first
    page.get_by_role("button", name="totals by quarter").click()
    assessed(viewer, "georgia_power.csv")
    assert viewer.text("#copy-paragraph").startswith("Of 44 GW in the pipeline at the end of December 2024")
    expect(page.locator("#graph-assess-contract .main-svg").first).to_be_visible()


def test_a_list_dropped_anywhere_opens_the_view_and_a_mapping_goes_with_it(visit: Visit):
    viewer = visit()
    page = viewer.page
    drop(viewer, renamed_csv=RENAMED)
    expect(page.get_by_role("tab", name="Assess a queue")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#assess-said")).to_contain_text("renamed.csv:1:1: no ready mapping knows these columns")
    expect(page.locator("#assess-said")).to_be_in_viewport()
    drop(viewer, own_yaml=MAPPING)
    expect(page.locator("#assess-mapping-name")).to_have_text("own.yaml")
    expect(page.locator("#assess-said")).to_have_text("")
    assessed(viewer, "renamed.csv")
    assert b"--mapping own.yaml" in saved(viewer, "report.html")
    expect(page.locator("#levers")).to_be_hidden()  # levers and their headline make room
    expect(page.locator("#headline")).to_be_hidden()


def test_files_are_chosen_by_keyboard_too(viewer: Viewer, tmp_path: Path):
    page = viewer.page
    (tmp_path / "own.csv").write_text(QUEUE, "utf-8")
    button = page.get_by_role("button", name="List of requests Choose a file")
    expect(button).to_have_accessible_description("none chosen")
    with page.expect_file_chooser() as chooser:
        button.press("Enter")
    chooser.value.set_files(tmp_path / "own.csv")
    expect(button).to_have_accessible_description("own.csv")
    assessed(viewer, "own.csv")
    day = page.get_by_label("Day of the list")
    day.fill("2028-03-31")
    page.wait_for_timeout(400)
    page.get_by_role("button", name="Assess", exact=True).press("Enter")
    expect(page.locator("#copy-paragraph")).to_contain_text("on 2028-03-31")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("empty_csv", "", "empty.csv: the file is empty; a header and a row for each request are needed"),
        ("bad_csv", "id,mw,stage\nA,<b>x</b>,filed\n", "bad.csv:2:1 mw: 1 of 1 rows have no size above 0 here"),
        ("bad_parquet", "PAR1", "bad.parquet: this is no Parquet file"),
        ("large_csv", "id,mw,stage\n" + "A,1,filed\n" * 800_001, "large.csv: the file has more than 8 MB"),
        ("own_yaml", "columns: {}\n", "this is a mapping; drop the list of requests as well"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_a_line(viewer: Viewer, name: str, text: str, said: str):
    drop(viewer, **{name: text})
    problem = viewer.page.locator("#assess-said li")
    expect(problem).to_contain_text(said)
    expect(problem).to_have_count(1)
    expect(viewer.page.locator("#assess-result > *")).to_have_count(0)
    expect(viewer.page.locator("#assess-bar")).to_be_hidden()


def test_it_says_where_the_list_goes_and_keeps_it_out_of_the_browsers_storage(viewer: Viewer):
    said = viewer.text("#assess-place")
    assert re.search(r"comes from this computer \(127\.0\.0\.1:\d+\), so the list does not leave it – unless", said)
    assert "not written to disk" in said
    drop(viewer, queue_csv=QUEUE)
    assessed(viewer, "queue.csv")
    stored = viewer.page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "SYN-" not in stored
    assert "queue" not in stored
    assert "queue.csv" not in viewer.page.url


def test_two_viewers_get_the_answers_to_their_own_lists_and_the_levers_work_meanwhile(viewer: Viewer, visit: Visit):
    other, third = visit("?view=assess"), visit()
    few = "".join(QUEUE.splitlines(keepends=True)[:150])
    drop(viewer, all_csv=QUEUE)
    drop(other, few_csv=few)
    before = third.text("#result")
    assert third.after(lambda: third.press(GROWTH, "ArrowRight")).text("#result") != before
    assert assessed(other, "few.csv").text("#copy-paragraph").startswith("Of ")
    assert assessed(viewer, "all.csv").text("#copy-paragraph").startswith("Of 95 open requests for 38 GW")
    assert viewer.text("#copy-paragraph") != other.text("#copy-paragraph")
    assert "few.csv" not in viewer.page.locator("#assess-view").inner_text()


def test_a_server_that_ends_meanwhile_is_told_from_one_that_works(market: Path, browser: Browser):
    with started(market) as address:
        page = browser.new_context().new_page()
        viewer = Viewer(page, address).open("?view=assess")
        page.clock.install()
        page.route("**/_dash-update-component", lambda route: route.abort())
        page.get_by_role("button", name="a list of requests").click()
        expect(page.locator("#assess-status")).to_have_text("Sending …")
        page.wait_for_timeout(1_500)
        page.clock.fast_forward(60_000)
        expect(page.locator("#assess-status")).to_have_text("The server does not answer any more; start again.")
        assert viewer.page.locator("#assess-bar").is_hidden()
        page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_an_assessment_and_nothing_is_wider_than_the_screen(visit: Visit, width: int, scheme: str):
    viewer = visit(
        "?view=assess", viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = viewer.page
    page.evaluate(AXE)
    found = violations(viewer)
    for name, button in (("queue.csv", "a list of requests"), ("georgia_power.csv", "totals by quarter")):
        page.get_by_role("button", name=button).click()
        assessed(viewer, name)
        page.evaluate("() => document.querySelectorAll('main details').forEach((twin) => { twin.open = true; })")
        found += violations(viewer)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    drop(viewer, bad_csv="id,mw,stage\n")
    expect(page.locator("#assess-said li")).to_have_count(1)
    assert found + violations(viewer) == []
