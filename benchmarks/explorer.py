"""How fast the explorer answers in a browser: `python -m benchmarks.explorer [--quick] [--out FILE]`.

The real command serves `configs/baseline.yaml`; Chromium, headless and without a graphics card, is driven as a viewer would.

* First chart: from the navigation of a browser without cache to the frame after the first chart was drawn.
* Moves: a slider is clicked where it was not before, each time with all that was moved before. From the release of the button to
  the frame after a chart of the new market was drawn (20 runs or more of each world), and to that of all 200.
* Bytes: what the first load transfers, as it travels, headers included.

Percentiles are the smallest values that so many per cent of the measurements do not exceed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from gridsim.explorer.levers import LEVERS

HOME = Path(__file__).resolve().parents[1]
BASELINE = HOME / "configs" / "baseline.yaml"
GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
FIRST_CHART = """
(() => {
  const drawn = () => document.querySelector("#graph-market .js-plotly-plot .scatterlayer .trace path.js-line");
  const look = () => drawn()
    ? requestAnimationFrame(() => requestAnimationFrame(() => { window.firstChart = performance.now(); }))
    : requestAnimationFrame(look);
  requestAnimationFrame(look);
})()
"""
"""Runs before the page's own scripts; the clock starts with the navigation."""
WATCH = """() => {
  const plot = document.querySelector("#graph-market .js-plotly-plot");
  const shown = () => plot.data.map((trace) => trace.y.bdata).join();
  const given = () => dash_component_api.getLayout("graph-market").props.figure.data.map((trace) => trace.y.bdata).join();
  const before = shown(), asked = JSON.stringify(gridsim.asked), painted = (then) =>
    requestAnimationFrame(() => requestAnimationFrame(() => then(performance.now())));
  window.measured = new Promise((resolve) => {
    document.addEventListener("pointerup", (event) => {
      const found = {}, begin = event.timeStamp;
      const look = () => {
        if (performance.now() - begin > 60000 || (performance.now() - begin > 1000 && JSON.stringify(gridsim.asked) === asked)) {
          return resolve(null);
        }
        const now = shown(), s = gridsim;
        if (!found.first && now !== before) { found.first = 1; painted((at) => { found.first = at - begin; }); }
        const whole = !s.inFlight && s.of && s.done >= s.of && JSON.stringify(s.asked) !== asked;
        if (whole && now === given()) return painted((at) => resolve({ first: Math.min(found.first > 1 ? found.first : at - begin,
          at - begin), exact: at - begin, seeds: s.of }));
        requestAnimationFrame(look);
      };
      look();
    }, { capture: true, once: true });
  });
}"""
"""Measures the move that follows; null where it moved nothing."""


@contextlib.contextmanager
def served() -> Iterator[str]:
    """The address of an explorer of the baseline in a process of its own."""
    command = [sys.executable, "-m", "gridsim", "explore", str(BASELINE), "--port", "8960", "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    with subprocess.Popen(command, cwd=HOME, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[3]
        finally:
            process.terminate()


def percentile(values: list[float], share: float) -> float:
    """The smallest of the values that a share of them does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def summary(values: list[float]) -> dict[str, float]:
    """Median, 95th percentile and number of some milliseconds."""
    return {"p50": percentile(values, 0.5), "p95": percentile(values, 0.95), "n": len(values)}


def polled(page: Page, condition: str) -> Any:
    """The value of an expression once it is one; the page forbids the waiting of Playwright's own."""
    for _ in range(3000):
        if (found := page.evaluate(condition)) not in (None, False):
            return found
        page.wait_for_timeout(20)
    raise TimeoutError(condition)


def first_load(browser: Browser, address: str) -> dict[str, float]:
    """Milliseconds to the first chart, and bytes and requests of a load without a cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.add_init_script(FIRST_CHART)
    page.goto(address)
    milliseconds = polled(page, "() => window.firstChart || null")
    page.wait_for_selector('body[data-exact="yes"]')
    page.wait_for_timeout(500)
    context.close()
    return {"ms": milliseconds, "bytes": sum(sizes), "requests": len(sizes)}


def moves(browser: Browser, address: str, count: int) -> list[dict[str, float]]:
    """Milliseconds to the first and to the exact chart after each of so many moves of the levers in turn."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector('body[data-exact="yes"]')
    found: list[dict[str, float]] = []
    for i in range(4 * count):
        if len(found) == count:
            break
        page.wait_for_timeout(700)  # tables and everything else that follows a move
        track = page.locator(f'[id="lever-{LEVERS[i % len(LEVERS)].key}"] .mantine-Slider-track')
        track.scroll_into_view_if_needed()
        box = track.bounding_box()
        assert box is not None
        page.evaluate(WATCH)
        share = 0.08 + 0.84 * ((i + 1) * GOLDEN % 1.0)
        page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        measured = page.evaluate("() => window.measured")
        if measured is not None:
            found.append(measured)
    context.close()
    return found


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description="how fast the explorer answers in a browser")
    parser.add_argument("--quick", action="store_true", help="six moves and three first loads")
    parser.add_argument("--out", type=Path, help="a file for the numbers, as JSON")
    asked = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("explorer: no chromium on the PATH")
    arguments = ["--disable-dev-shm-usage", "--disable-background-networking"]
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    with served() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=arguments)
        version = browser.version
        first_load(browser, address)  # the server's own first answer is not a viewer's wait
        loads = [first_load(browser, address) for _ in range(3 if asked.quick else 20)]
        moved = moves(browser, address, 6 if asked.quick else 40)
        browser.close()
    found = {
        "chromium": version,
        "first_chart_ms": summary([one["ms"] for one in loads]),
        "bytes": max(one["bytes"] for one in loads),
        "requests": max(one["requests"] for one in loads),
        "first_repaint_ms": summary([one["first"] for one in moved]),
        "exact_ms": summary([one["exact"] for one in moved]),
        "seeds": int(moved[0]["seeds"]),
    }
    print(json.dumps(found, indent=1))
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
