"""What all tests share: one small run with its twin, Hypothesis without deadlines, and the Chromium of this machine."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

import pytest
from hypothesis import settings

import gridsim
from gridsim import cli
from gridsim.config.reader import load_text
from gridsim.config.scenario import Scenario
from gridsim.engine.result import Result

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# On a developer's machine every run tries new examples; continuous integration asks the same of the same commit each time.
settings.register_profile("explore", deadline=None)
settings.register_profile("repeat", deadline=None, derandomize=True)
settings.load_profile("repeat" if "CI" in os.environ else "explore")
pytest.register_assert_rewrite("tests.oracle.comparing")  # else it says that columns differ, and not which


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests need a Chromium on the PATH; without one they are skipped, and say so."""
    if CHROMIUM is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="no chromium on the PATH"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Playwright drives the Chromium that is installed; as root that one wants no sandbox."""
    args = ["--disable-dev-shm-usage", "--disable-background-networking"]
    if os.geteuid() == 0:
        args.append("--no-sandbox")
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": args}


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """A small market with every kind of agent and a queue worth looking at."""
    return load_text(
        """
title: Four utilities & a rush
description: A small market for tests.
horizon_months: 72
actors:
  labs: {count: 6}
  hyperscalers: {count: 2}
  developers: {count: 4}
  utilities: {names: [North, South, East, "P&G"]}
demand: {initial_need_gw: 4, growth_gw: 14, growth_months: 60, midpoint_month: 30}
grid: {headroom_gw: 6, pipeline: {filed_mw: 900, studied_mw: 400, signed_mw: 500}, pipeline_speculative_share: 0.4}
observed:
  area: "P&G"
  source: a made-up register <b>of</b> requests
  months: [2023-09, 2024-03, 2024-06, 2025-12]
  total_mw: [400, 500, 600, 2500]
  signed_mw: [100, 150, 200, 500]
  seeds: 6
"""
    )


@pytest.fixture(scope="session")
def result(scenario: Scenario) -> Result:
    """One run of that market, with its honest twin; tests only read it."""
    return gridsim.simulate(scenario, seed=3, twin=True)


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line in this process: exit code, stdout, stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["gridsim", *map(str, arguments)])
        code = cli.main()
        return code, *capsys.readouterr()

    return run
