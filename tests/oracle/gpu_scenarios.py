"""Scenarios of the compute side, in the small market: between them every mechanism is on and off, and every lever pulled."""

from __future__ import annotations

from tests.oracle.scenarios import QUICK, SCARCE, small

SWITCHES = (
    "m04_defensive_hoarding", "m05_dark_gpu_release", "m06_unplugged_gpus", "m07_fake_utilisation", "m08_zero_sum_pool",
    "m09_inference_bottleneck", "m10_peak_throttling", "m11_token_leaderboard", "m12_orphaned_agents", "m13_low_mfu",
    "m14_tokens_per_query", "m15_free_users",
)  # fmt: skip


def switched(on: bool, *but: str) -> dict[str, object]:
    """All mechanisms of the compute side on or off, but for those that begin with one of the letters given."""
    return {f"mechanisms.{name}": on != name.startswith(but) for name in SWITCHES}


def block(name: str, **values: object) -> dict[str, object]:
    """Values of one block of `compute`."""
    return {f"compute.{name}.{key}": value for key, value in values.items()}


SHORT = {"horizon_months": 36}
DEAR = block("cloud", price_usd_per_hour=5.5, release_usd_per_hour=5.8, price_speed=0.15, elasticity=-1.0)
FEW_CHIPS = block("chips", gpus_per_month=4000, growth_per_month=0.03, growth_months=20)
MANY_CHIPS = block("chips", gpus_per_month=9e6, growth_per_month=-0.05)
SHORT_TERMS = block("cloud", term_months=3)
DARK = block("cloud", dark_gpus=200_000, generation_months=9, generation_offset=12)
CODE_ONLY = {f"compute.queries.{kind}.weight": 1e-6 for kind in ("chat", "reasoning", "retrieval", "long_context")}
HOME = block("agents", local_price_usd=700, local_rate=0.2, share=0.5, forget_share=0.25, stop_per_day=0.02)
TEAMS = block("quota", teams=11, gaming_share=0.7, burst_days=40)
LATE_POWER = {
    "grid.headroom_gw": 0.1, "grid.construction.slip_mean_months": 12, "grid.expansion.delay_sigma": 1.5,
    "grid.expansion.committed_gw_per_year": 0.3, "grid.pipeline.signed_mw": 3000, "grid.construction.months_min": 1,
}  # fmt: skip

GPU_SCENARIOS = {
    "all games": lambda: small(SHORT | switched(True) | TEAMS | DEAR | FEW_CHIPS),
    "no mechanism": lambda: small(SHORT | switched(False) | TEAMS | FEW_CHIPS),
    "hoarding": lambda: small(
        SHORT | switched(False, "m04", "m06", "m10", "m15") | SHORT_TERMS | FEW_CHIPS | block("chips", rule="uniform")
        | block("cloud", slack=0.6, burstiness=1, subletting=True, denial=True, denial_share=0.3, rule="uniform")
    ),
    "hoarding, denial beyond insurance": lambda: small(
        SHORT | switched(True, "m05", "m09") | FEW_CHIPS | block("cloud", slack=0.3, denial=True, denial_share=0.5)
        | block("cloud", rule="turn_and_earn", term_months=6, initial_fill=0.05) | block("chips", rule="linear")
    ),
    "contracts by the same loss": lambda: small(
        SHORT | switched(True, "m07", "m12") | block("cloud", rule="linear", term_months=12, slack=0.9, shortage_cost=1)
        | block("chips", rule="proportional", gpus_per_month=20_000)
    ),
    "dark": lambda: small(SHORT | switched(True, "m04", "m13") | DARK | MANY_CHIPS
        | block("cloud", burstiness=0.8, dark_gpus=3e6)
    ),
    "dark until dear": lambda: small(
        SHORT | {"mechanisms.m05_dark_gpu_release": True} | DARK | FEW_CHIPS | DEAR
        | block("cloud", generation_offset=500, slack=0.3, price_usd_per_hour=2.5, release_usd_per_hour=4)
    ),
    "no need to rent in bursts": lambda: small(
        SHORT | switched(True, "m08", "m10") | block("cloud", burstiness=0, spot_premium=0, slack=4) | MANY_CHIPS
    ),
    "no neoclouds": lambda: small(SHORT | {"actors.neoclouds.count": 0} | CODE_ONLY | switched(True) | TEAMS),
    "labs only": lambda: small(SHORT | {"actors.hyperscalers.count": 0} | block("cloud", denial=True) | switched(True)),
    "hyperscalers only": lambda: small(
        SHORT | {"actors.labs.count": 0, "compute.cloud.subletting": True} | DARK | block("cloud", slack=3)
    ),
    "nobody rents": lambda: small(SHORT | block("cloud", rented_share=0, floor_usd_per_hour=2) | FEW_CHIPS),
    "power late": lambda: small(SHORT | LATE_POWER | MANY_CHIPS | block("chips", order_ahead_months=24)),
    "power late, no chips ahead": lambda: small(
        SHORT | LATE_POWER | {"mechanisms.m06_unplugged_gpus": False, "grid.construction.ramp_months": 30}
    ),
    "power taken back": lambda: small(
        SHORT | QUICK | MANY_CHIPS | {"tariffs": [{"use_or_lose_share": 0.95}], "demand.growth_gw": 2}
    ),
    "hungry users": lambda: small(
        SCARCE | SHORT | switched(True, "m08") | FEW_CHIPS
        | block("service", churn=0.8, retries=3, launches_per_year=6, launch_share=0.2, multiplier_max=1.5)
    ),
    "hungry users, a high floor": lambda: small(
        SHORT | switched(False, "m08", "m10", "m13", "m15") | FEW_CHIPS
        | block("service", research_floor=0.7, multiplier_max=1, churn=0, launch_decay=0)
    ),
    "hungry users, one pool": lambda: small(
        SCARCE | SHORT | FEW_CHIPS | CODE_ONLY | {"mechanisms.m15_free_users": False}
        | block("service", night_borrowing=True, research_floor=0.5, launches_per_year=0, elasticity=0)
    ),
    "agents go home": lambda: small(SHORT | switched(False, "m12", "m11", "m14") | HOME | DEAR | TEAMS),
    "quota, proportional": lambda: small(
        SHORT | switched(True, "m13") | TEAMS | block("quota", rule="proportional", lending=True, hoarding=2)
    ),
    "quota, linear": lambda: small(
        SHORT | SCARCE | switched(True) | TEAMS | block("quota", rule="linear", internal_price=3, threshold=0.7)
    ),
    "quota, uniform": lambda: small(
        SHORT | SCARCE | switched(False, "m07") | TEAMS | block("quota", rule="uniform", goodput=True, lending=True)
    ),
    "quota, no threshold": lambda: small(
        SHORT | SCARCE | {"mechanisms.m07_fake_utilisation": True} | TEAMS | block("quota", threshold=0, internal_price=99)
    ),
    "quota, one team": lambda: small(
        SHORT | switched(True) | block("quota", teams=1, on_share=1, off_level=0, threshold=0.95, memory=1, trust=1)
    ),
    "all is research": lambda: small(SHORT | {"compute.serving_share": 0} | block("service", launch_share=0) | TEAMS),
    "nothing is research": lambda: small(SHORT | {"compute.serving_share": 0.75} | block("service", launch_share=0.25)),
}  # fmt: skip
