"""A small market of ten worlds with lists of requests, for tests of the page that assesses them."""

from __future__ import annotations

from pathlib import Path

MARKET = """\
title: Six utilities & a rush
horizon_months: 120
actors:
  labs: {count: 8}
  hyperscalers: {count: 3}
  developers: {count: 6}
  utilities: {names: [North, South, East, West, Coast, "P&G"]}
demand: {initial_need_gw: 8, growth_gw: 40, growth_months: 72, midpoint_month: 30}
grid: {pipeline: {filed_mw: 6000, studied_mw: 2000, signed_mw: 4000}}
"""
DEPOSIT = (
    "extends: ../baseline.yaml\ntitle: A deposit\npolicy: {deposit_usd_per_mw: 200000, deposit_refundable_share: 0}\n"
)
SHORT = "extends: ../baseline.yaml\ntitle: A short one\nhorizon_months: 48\n"
WORLDS = "title: Ten worlds\nlist:\n" + "".join(f"  - demand.growth_gw: {30 + 4 * i}\n" for i in range(10))


def made(folder: Path) -> Path:
    """The folder, with scenarios and worlds as in configs/; returns the scenario to start with."""
    for name, text in {
        "gridsim.schema.json": "{}\n",
        "baseline.yaml": MARKET,
        "policies/deposit.yaml": DEPOSIT,
        "policies/short.yaml": SHORT,
        "sweeps/posterior.yaml": WORLDS,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "baseline.yaml"
