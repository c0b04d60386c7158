"""What a run says, in plain words with numbers; every number is the result's."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from gridsim.engine.ensemble import Ensemble
from gridsim.engine.result import Result
from gridsim.figures import facts, words
from gridsim.figures.survival import median_wait

LEVEL = 0.005
"""Shares below this are called none."""
SAME = 0.015
"""Relative differences up to this are called none: one run is not more exact."""


def headline(result: Result) -> str:
    """One sentence: how much is requested and how much of it is needed, in the month in which claims peak."""
    at = facts.peak(result)
    now, by = result.series.iloc[at], facts.month_name(result, at + facts.horizon(result))
    claims, need = float(now["power_claims"]), float(now["power_need"])
    if claims <= 0.0:
        rest = f"{words.power(need)} more are needed by {by}" if need >= 0.5 else f"nothing more is needed by {by}"
        return f"Nobody requests power in this run, and {rest}."
    if claims < need:
        return (
            f"Only {words.power(claims)} of power are requested in {facts.month_name(result, at)}, though "
            f"{words.power(need)} more are needed by {by}."
        )
    asked = f"Of {words.power(claims)} of power requested in {facts.month_name(result, at)}"
    text = f"{asked}, {words.power(need)} are needed by {by}"
    if verdict(result) in ("real", "idle"):
        return f"{text}; the grid can deliver {words.power(max(0.0, float(now['power_capacity'])))}."
    return f"{text}."


def verdict(result: Result) -> facts.Verdict:
    """What scarcity there is in the month in which claims peak."""
    return facts.verdict(result)


def verdict_word(result: Result) -> str:
    """The verdict in a few words."""
    return {
        "real": "Scarcity is real",
        "idle": "Need exceeds capacity, but load stands idle",
        "apparent": "Scarcity is only apparent",
        "none": "There is no scarcity",
        "unknown": "Scarcity cannot be told",
    }[verdict(result)]


def verdict_sentence(result: Result) -> str:
    """Why: claims and need in that month against what the grid can deliver, and how the other months stand."""
    at = facts.peak(result)
    now = result.series.iloc[at]
    claims, need, capacity = (float(now[f"power_{name}"]) for name in ("claims", "need", "capacity"))
    dark = float(now["power_dark_share"])
    by = facts.month_name(result, at + facts.horizon(result))
    can = f"the {words.power(capacity)} that the grid can deliver by {by}"
    if verdict(result) == "unknown":
        return "A measure is missing in the month in which claims peak."
    if capacity <= 0.0:
        return f"The grid has nothing left to deliver, and {words.power(need)} are needed."
    unneeded = f"{words.percent(dark)} of the load in service is not needed"
    filled = words.percent(claims / capacity)
    apparent, real = words.times(claims / capacity), words.times(need / capacity)
    idle = unneeded if dark >= LEVEL else "all load in service is needed"
    text = {
        "apparent": f"Requests are {apparent} {can}; true need fills {words.percent(need / capacity)} of it.",
        "real": f"True need is {real} {can}, and {idle}. Requests are {apparent} that capacity.",
        "idle": f"True need is {real} {can}, but {unneeded} by those who hold it.",
        "none": f"Requests fill {filled} of {can}, true need {words.percent(need / capacity)}.",
    }[verdict(result)]
    return f"{text} {other_months(result)}".strip()


def other_months(result: Result) -> str:
    """In how many months the verdict is another one; empty where there is none."""
    by_month, here = facts.verdicts(result.series), verdict(result)
    parts = [
        f"{what} in {int(np.sum(by_month == name))}"
        for name, what in (("real", "real"), ("apparent", "only apparent"))
        if name != here and np.any(by_month == name)
    ]
    return f"Over the whole run scarcity is {words.listed(parts)} of {len(by_month)} months." if parts else ""


def beside(run: float, twin: float) -> str:
    """How much the run has beside its twin: "12 % more than", "as much as", "2.3 times as much as"."""
    if abs(run - twin) <= SAME * max(abs(twin), 1.0):
        return "as much as"
    if twin <= 0.0:
        return "more than"
    if run >= 2.0 * twin:
        return f"{words.times(run / twin)} as much as"
    return f"{words.percent(abs(run / twin - 1.0))} {'more' if run > twin else 'less'} than"


def against_twin(result: Result) -> list[str]:
    """What gaming did: this run beside its honest twin, a sentence each. Empty without a twin."""
    twin = result.twin
    if twin is None:
        return []
    if result.series.equals(twin.series):
        return ["No gaming is switched on: this run is its own honest twin."]
    return [
        *queue_sentence(result, twin),
        *wait_sentence(result, twin),
        unserved_sentence(result, twin),
        *compute_sentence(result, twin),
    ]


def queue_sentence(result: Result, twin: Result) -> Iterable[str]:
    """Peak claims in both worlds, each over the need of its month."""
    there = twin.series.iloc[facts.peak(twin)]
    here = result.series.iloc[facts.peak(result)]
    if not (there["power_need"] > 0.0 and here["power_need"] > 0.0):
        return
    yield (
        f"At the peak, requests are {words.times(here['power_claims'] / here['power_need'])} the need; in the honest "
        f"twin {words.times(there['power_claims'] / there['power_need'])} ({words.power(there['power_claims'])} "
        f"requested for {words.power(there['power_need'])})."
    )


def wait_sentence(result: Result, twin: Result) -> Iterable[str]:
    """Median time to power in both worlds, where the requests were kept."""
    logs = [facts.request_log(run) for run in (result, twin)]
    waits = [median_wait(log, len(result.series)) if log is not None else np.nan for log in logs]
    if not np.isfinite(waits).any():
        return
    texts = [f"{words.months(w)}" if np.isfinite(w) else "more months than the run lasts" for w in waits]
    yield f"A project that stays in the queue waits {texts[0]} for power (median); in the honest twin {texts[1]}."


def unserved_sentence(result: Result, twin: Result) -> str:
    """Mean need without power in both worlds."""
    here, there = (float(run.series["unserved_need_mw"].mean()) for run in (result, twin))
    if here < 0.5 and there < 0.5:
        return "No need goes without power, neither here nor in the honest twin."
    return (
        f"On average {words.power(here)} of need go without power, {beside(here, there)} in the honest twin "
        f"({words.power(there)})."
    )


def compute_sentence(result: Result, twin: Result) -> Iterable[str]:
    """The price of a GPU, GPUs not to be had, and the use of quotas, means of both worlds; only where they differ."""
    parts: list[str] = []
    for column, say, text in (
        ("price_usd_gpu_h", words.rent, "a GPU rents for {} ({})"),
        ("short_gpu", words.gpus, "{} wanted by the month are not to be had ({})"),
        ("useful_utilisation", words.percent, "{} of research quotas do useful work ({})"),
    ):
        here, there = (float(run.series[column].mean()) for run in (result, twin))
        if abs(here - there) > SAME * abs(there) and say(here) != say(there):
            other = say(there) if parts else f"in the honest twin {say(there)}"
            parts.append(text.format(say(here), other))
    if parts:
        yield f"On average {words.listed(parts)}."


def spread(ensemble: Ensemble) -> str:
    """The headline over many seeds, each at its own peak: the range that holds 90 % of the runs."""
    claims, need = ensemble.series["power_claims"], ensemble.series["power_need"]
    at = np.nan_to_num(claims).argmax(axis=1)
    pick = np.arange(len(at))
    asked, needed = np.quantile(claims[pick, at], (0.05, 0.95)), np.quantile(need[pick, at], (0.05, 0.95))
    return (
        f"Over {len(at)} random seeds, nine runs in ten peak between {words.power(asked[0])} and "
        f"{words.power(asked[1])} requested, with {words.power(needed[0])} to {words.power(needed[1])} needed."
    )
