"""An explorer as a user starts it, over a small market with a few presets; and viewers, each in a browser window of its own."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.command_line import COMMAND, ROOT

WAIT_SECONDS = 120.0  # a bound for what hangs; on two cores other tests run beside these
expect.set_options(timeout=1000 * WAIT_SECONDS)
MARKET = """\
title: Six utilities & a rush
description: A small market in which every lever of the explorer moves something.
horizon_months: 36
actors:
  labs: {count: 4}
  hyperscalers: {count: 2}
  developers: {count: 3}
  utilities: {names: [North, South, East, West, Coast, "P&G"]}
demand:
  initial_need_gw: 4
  growth_gw: 20
  growth_months: 36
  midpoint_month: 16
  projects: {sites_max: 2}
grid:
  headroom_gw: 6
  pipeline: {filed_mw: 900, studied_mw: 400, signed_mw: 500}
  pipeline_speculative_share: 0.4
  expansion: {lead_months: 24}
policy: {deposit_usd_per_mw: 50000, deposit_refundable_share: 0.5, minimum_take: 0.5}
"""
BESIDE = {
    "policies/deposit": "title: A deposit\npolicy: {deposit_usd_per_mw: 200000, deposit_refundable_share: 0}\n",
    "policies/minimum_take": "title: A minimum take\npolicy: {minimum_take: 0.9}\n",
    "honest": "title: Nobody games\nmechanisms: {m01_speculation: false, m02_duplicates: false, "
    "m16_scarcity_narrative: false}\n",
    "everything": "title: Everything gamed\nmechanisms: {m04_defensive_hoarding: true, m07_fake_utilisation: true}\n",
}
"""The presets of the first screen, and what each changes of the market."""


@pytest.fixture(scope="session")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of scenarios as in configs/."""
    folder = tmp_path_factory.mktemp("explorer") / "configs"
    for name, text in {"baseline": MARKET, **BESIDE}.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        up = "../" * name.count("/")
        path.write_text(text if name == "baseline" else f"extends: {up}baseline.yaml\n{text}", encoding="utf-8")
    (folder / "gridsim.schema.json").write_text("{}\n", encoding="utf-8")
    return folder


@contextlib.contextmanager
def started(scenario: Path) -> Iterator[str]:
    """The address of an explorer in a process of its own, which the command line starts and an interrupt ends."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [*COMMAND, "explore", str(scenario), "--port", str(port), "--no-browser"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said: list[str] = []
    assert process.stdout is not None
    assert process.stderr is not None
    reader = threading.Thread(target=said.extend, args=(process.stderr,), daemon=True)
    reader.start()
    try:
        first = process.stdout.readline()
        if not first.startswith("gridsim explorer at http://"):
            process.kill()
            reader.join(5)
            pytest.fail("the explorer did not start:\n" + "".join(said[-20:]))
        yield first.split()[3]
    finally:
        died = process.poll()
        process.terminate()
        process.wait(20)
        reader.join(5)
        process.stdout.close()
        process.stderr.close()
    assert died is None, f"the explorer ended by itself with {died}:\n" + "".join(said[-40:])
    assert "Traceback" not in "".join(said), "".join(said)


@pytest.fixture(scope="session")
def address(scenarios: Path) -> Iterator[str]:
    """The address of the explorer that all browser tests share."""
    with started(scenarios / "baseline.yaml") as found:
        yield found


class Viewer:
    """A browser window on the explorer, and everything that went wrong in it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.faults: list[str] = []
        self.under_way: set[Any] = set()
        page.set_default_timeout(1000 * WAIT_SECONDS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"error in the page: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text} {message.location.get('url', '')}")

    def _dialog(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _ended(self, request: Any) -> None:
        self.under_way.discard(request)

    def _request(self, request: Any) -> None:
        self.under_way.add(request)
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != urlsplit(self.address).netloc:
            self.faults.append(f"request beyond this server: {request.url}")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url[:200]}")

    def open(self, query: str = "") -> Viewer:
        """Open the page, and wait for its first exact answer."""
        self.page.goto(self.address + query)
        self.until("() => Boolean(window.gridsim && gridsim.choices)")
        return self.rested()

    def until(self, condition: str, *arguments: Any) -> None:
        """Wait for a condition; the page's policy forbids what Playwright's own waiting needs."""
        end = time.monotonic() + WAIT_SECONDS
        while not self.page.evaluate(condition, *arguments):
            if time.monotonic() > end:
                said = self.page.evaluate("() => window.gridsim && JSON.stringify({...gridsim, opened: undefined})")
                raise AssertionError(f"in vain: {condition}\nthe page: {said}\nfaults: {self.faults}")
            self.page.wait_for_timeout(25)

    def rested(self) -> Viewer:
        """Wait until the numbers are exact, everything has followed, and the chart is drawn."""
        self.until(
            """() => {
            const s = gridsim, {view, month, seed, ...model} = s.choices || {};
            return Boolean(s.choices && !s.moving && !s.inFlight && s.of && s.done >= s.of
              && JSON.stringify(s.asked) === JSON.stringify(model) && s.settled === JSON.stringify(s.choices));
            }"""
        )
        self.until(
            """() => {
            const plot = document.querySelector("#graph-market .js-plotly-plot");
            const props = dash_component_api.getLayout("graph-market").props;
            const last = props.figure.data && props.figure.data.at(-1);
            return Boolean(plot && plot._fullData && last && plot.data.at(-1).y.bdata === last.y.bdata);
            }"""
        )
        self.quiet()
        self.until("() => !document.querySelector('#view-body').parentElement.style.opacity")  # no veil over the view
        return self

    def quiet(self) -> Viewer:
        """Wait until nothing has been asked of the server for a moment."""
        end, calm = time.monotonic() + WAIT_SECONDS, 0
        while calm < 3:
            assert time.monotonic() < end, f"no end of requests: {self.under_way}"
            self.page.wait_for_timeout(20)
            calm = 0 if self.under_way else calm + 1
        return self

    def after(self, act: Callable[[], Any]) -> Viewer:
        """Do something that changes the choices, and wait for all that follows from it."""
        before = json.dumps(self.choices)
        act()
        self.until("(before) => JSON.stringify(gridsim.choices) !== JSON.stringify(JSON.parse(before))", before)
        return self.rested()

    @property
    def choices(self) -> dict[str, Any]:
        """What the page takes as chosen."""
        found: dict[str, Any] = self.page.evaluate("() => gridsim.choices")
        return found

    @property
    def query(self) -> str:
        """The choices as a link has them."""
        return urlsplit(self.page.url).query

    def text(self, selector: str) -> str:
        """The words shown at a place."""
        return " ".join(self.page.locator(selector).first.inner_text().split())

    @property
    def tiles(self) -> list[str]:
        """The key numbers as they are shown."""
        return [" ".join(tile.split()) for tile in self.page.locator(".tile").all_inner_texts()]

    @property
    def seen(self) -> dict[str, Any]:
        """What somebody else should see who opens the same link."""
        return {
            "headline": self.text("#headline"),
            "tiles": self.tiles,
            "result": self.text("#result"),
            "median": self.traces()["here: median"],
            **{name: self.choices[name] for name in ("measure", "against", "view", "month", "seed", "changes")},
        }

    def traces(self) -> dict[str, list[float]]:
        """The market chart's values by the name of the trace; bands have a lower and an upper edge."""
        found = self.page.evaluate(
            """() => document.querySelector("#graph-market .js-plotly-plot")._fullData.map(
                (t) => [t.name + (t.fill === "tonexty" ? ", lower" : t.line.width ? "" : ", upper"), Array.from(t.y)])"""
        )
        return dict(found)

    def slider(self, path: str) -> Locator:
        """The thumb of a lever."""
        return self.page.locator(f'[id="lever-{path.replace(".", "-")}"] [role=slider]')

    def value(self, path: str) -> float:
        """Where a lever stands."""
        return float(self.slider(path).get_attribute("aria-valuenow") or "nan")

    def shown(self, path: str) -> str:
        """The value that is written beside a lever."""
        return self.text(f'[id="shown-{path.replace(".", "-")}"]')

    def press(self, path: str, key: str) -> None:
        """Press a key on a lever."""
        self.slider(path).focus()
        self.page.keyboard.press(key)

    def choose(self, label: str, option: str) -> None:
        """Choose an option of a list."""
        self.page.get_by_role("combobox", name=label).or_(self.page.get_by_label(label)).first.click()
        self.page.get_by_role("option", name=option, exact=True).click()

    def tab(self, name: str) -> None:
        """Open a view."""
        self.page.get_by_role("tab", name=name, exact=True).click()

    def drop(self, name: str, text: str) -> None:
        """Drop a file onto the page."""
        data = self.page.evaluate_handle(
            """([name, text]) => {
            const data = new DataTransfer();
            data.items.add(new File([text], name, {type: "application/yaml"}));
            return data;
            }""",
            [name, text],
        )
        self.page.dispatch_event("main", "drop", {"dataTransfer": data})


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Viewer]]:
    """Make viewers; in the end none may have met an error, or asked anybody but the server for anything."""
    with contextlib.ExitStack() as stack:
        viewers: list[Viewer] = []

        def one(query: str | None = "", **options: Any) -> Viewer:
            options = {"viewport": {"width": 1280, "height": 900}, "accept_downloads": True} | options
            context = stack.enter_context(contextlib.closing(browser.new_context(**options)))
            viewers.append(Viewer(context.new_page(), address))
            return viewers[-1] if query is None else viewers[-1].open(query)

        yield one
        faults = [fault for viewer in viewers for fault in viewer.faults]
    assert faults == []


@pytest.fixture
def viewer(visit: Callable[..., Viewer]) -> Viewer:
    """One viewer who has just opened the page."""
    return visit()
