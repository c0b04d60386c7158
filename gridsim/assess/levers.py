"""How the same queue would look under a rule: the same worlds, seeds and days with the rule and without it.

A rule is a scenario of its own, such as those of configs/policies, taken to be in force for two years on the day of the list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gridsim.assess.forest import Forest
from gridsim.assess.log import TRUTHS, Log, shares
from gridsim.assess.snapshots import Lists, days_of, first_and_last
from gridsim.config.fields import month_number, month_text
from gridsim.config.scenario import Scenario
from gridsim.config.variants import varied
from gridsim.engine.many import on_threads
from gridsim.engine.prepare import prepare
from gridsim.engine.simulate import run_prepared, warm_up

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
IN_FORCE = 24
"""Months that a rule has been in force on the day of a list."""
AMOUNTS = ("open", "unique", "speculation", "signs", "served_5")
"""MW asked for; different projects among them; speculation, copies apart; what signs and what is in service in five years."""


def amounts_under(
    rule: Scenario,
    worlds: Sequence[dict[str, object]],
    *,
    snapshots: int = 8,
    seed: int = 1,
    done: Callable[[], None] | None = None,
) -> Floats:
    """MW of AMOUNTS under a rule [world, list, amount], on the days of the first run's lists of `simulated_lists`.

    Raises:
        ValueError: for a horizon that leaves no five years after a list.
    """
    warm_up()

    def of_world(item: tuple[int, dict[str, object]]) -> Floats:
        number, world = item
        draws = np.random.default_rng([seed, number, 0])
        run_seed = int(draws.integers(2**62))
        places = len(rule.actors.utilities.roster("utility"))
        days = days_of(rule, places, 0, snapshots, draws)
        prepared = prepare(varied(in_force(rule, days[0][0] - IN_FORCE), world), keep_log=True)
        log = Log(run_prepared(prepared, run_seed))
        found = np.full((snapshots, len(AMOUNTS)), np.nan)
        found[: len(days)] = [amounts(log, *day) for day in days]
        return found

    out = []
    for found in on_threads(of_world, list(enumerate(worlds))):
        out.append(found)
        if done is not None:
            done()
    return np.array(out)


def why_not(rule: Scenario, market: Scenario) -> str:
    """Why lists under a rule cannot be compared with those of a market; empty if they can."""
    if rule.actors.utilities.roster("") != market.actors.utilities.roster(""):
        return f"{rule.title!r} has other utilities than the market"
    try:
        first_and_last(rule)
    except ValueError as error:
        return f"{rule.title!r}: {error}"
    return ""


def in_force(rule: Scenario, month: int) -> Scenario:
    """The rule with every term that comes into force after the start doing so at a month, announced as long before."""
    start = month_number(rule.start_month)
    terms = {"policy": rule.policy} | {f"tariffs.{k}": tariff for k, tariff in enumerate(rule.tariffs)}
    changes: dict[str, object] = {}
    for place, term in terms.items():
        since = month_number(term.from_month)
        if since <= start:
            continue
        changes[f"{place}.from"] = month_text(start + max(month, 1))
        if term.announced is not None:
            notice = since - month_number(term.announced)
            changes[f"{place}.announced"] = month_text(start + max(month - notice, 0))
    return varied(rule, changes)


def amounts(log: Log, month: int, place: int | None) -> list[float]:
    """MW of AMOUNTS on the list of a place at the end of a month."""
    rows, at = log.rows(month, place)
    total = float(rows.mw[rows.active].sum())
    if total <= 0.0:
        return [0.0] * len(AMOUNTS)
    of = dict(zip(TRUTHS, shares(log.fates(at, month), rows.mw, rows.active), strict=True))
    return [total, total * (1.0 - of["duplicates"]), *(total * of[name] for name in AMOUNTS[2:])]


def differences(lists: Lists, under: Floats) -> Floats:
    """What a rule changes [list, amount], as a share of the MW that are open without it; NaN of lists without their like."""
    draw, total = lists.detail("draw").astype(np.int64), lists.detail("open_mw")
    truth = dict(zip(TRUTHS, lists.truths.T, strict=True))
    own = np.column_stack([np.ones(len(draw)), 1.0 - truth["duplicates"], *(truth[name] for name in AMOUNTS[2:])])
    paired = draw < under.shape[1]
    out = np.full(own.shape, np.nan)
    out[paired] = under[lists.world[paired], draw[paired]] / total[paired, None] - own[paired]
    return out


def levers_table(
    weights: Floats, total_mw: float, lists: Lists, forest: Forest, under: Mapping[str, Floats]
) -> pd.DataFrame:
    """What each rule would change on a list.

    Args:
        weights: [1, simulated list] of the list, from `forest`.
        total_mw: MW that are open on it.
        lists: simulated lists without the rules.
        forest: grown on them.
        under: of each rule, what `amounts_under` gives.

    Returns:
        rule, amount, low, median, high (change as a share of the open MW), the same in MW, and lower: the chance that there is
        less of it under the rule. The rule that takes most from what is asked for first.
    """
    import pandas as pd

    columns = ["rule", "amount", "low", "median", "high", "low_mw", "median_mw", "high_mw", "lower"]
    if not under:
        return pd.DataFrame(columns=columns)
    change = np.hstack([differences(lists, found) for found in under.values()])
    low, median, high = (found[0] for found in forest.quantiles(weights, change))
    grown = change[forest.grown]
    known = np.isfinite(grown).all(axis=1)
    lower = np.einsum("l,la->a", weights[0, known], grown[known] < 0.0) / weights[0, known].sum()
    names = [(rule, amount) for rule in under for amount in AMOUNTS]
    ends = [low, median, high, *(end * total_mw for end in (low, median, high)), lower]
    table = pd.DataFrame(names, columns=columns[:2]).assign(**dict(zip(columns[2:], ends, strict=True)))
    asked = table[table["amount"] == AMOUNTS[0]].set_index("rule")["median"]
    return table.sort_values("rule", key=lambda rules: rules.map(asked), kind="stable", ignore_index=True)
