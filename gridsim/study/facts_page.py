"""Stylised facts for readers: rows of a table, plain data, and a page of Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from gridsim.config.scenario import Scenario
from gridsim.study.facts import COST_FACTOR, GAPS, POINT_FACTOR, Outcome, Target
from gridsim.tables import number

HEADS = ["id", "fact", "value", "demanded", "verdict", "target", "mean", "5 %", "95 %"]
NUMBERS_FROM = 5

INTRODUCTION = """\
# {title}: stylised facts

Seeds 1 to {seeds}, {months} months each. {summary}

    {command}

The mean over seeds is held against the target; the 5th to 95th percentile over seeds is in brackets. A target given as a
point counts as met within a factor of {point} ({cost} for costs). *Context* is shown beside an observed value and not judged;
*unknown* has no number in these runs. The boom lasts from the first month in which the queue reaches a tenth of its peak to
that peak; its first year is left out of "months 12 to 60". How each is measured, and why so, is written in
`gridsim/study/measures_of_facts.py`. **Bold**: what the calibration must bring into range.
"""


def target_text(target: Target) -> str:
    """A target as text: its range, its centre, or both; a dash where nothing was observed."""
    centre = "" if target.centre is None else f"{target.centre:.4g}"
    if not target.is_judged:
        return centre or "-"
    if math.isinf(target.high):
        return f"above {target.low:.4g}"
    span = f"{target.low:.3g} to {target.high:.3g}"
    return f"{centre} ({span})" if centre else span


def summary(outcomes: Sequence[Outcome]) -> str:
    """How many of the demanded facts are in range."""
    demanded = [outcome for outcome in outcomes if outcome.fact.demanded]
    met = sum(outcome.verdict == "in" for outcome in demanded)
    return f"{met} of {len(demanded)} demanded facts in range."


def rows(outcomes: Sequence[Outcome]) -> list[list[str]]:
    """A row for each value of each fact; what concerns the whole fact stands in its first."""
    out = []
    for outcome in outcomes:
        fact = outcome.fact
        about = [fact.id, fact.name], ["yes" if fact.demanded else "", outcome.verdict]
        for k, target in enumerate(fact.targets):
            whose, verdict = about if k == 0 else (["", ""], ["", ""])
            numbers = [number(outcome.mean(k)), *map(number, outcome.interval(k))]
            out.append([*whose, target.name, *verdict, target_text(target), *numbers])
    return out


def data(outcomes: Sequence[Outcome], scenario: Scenario) -> dict[str, object]:
    """Everything for machines, by the fact's id; NaN where there is no number."""
    facts = {}
    for outcome in outcomes:
        fact = outcome.fact
        values = []
        for k, target in enumerate(fact.targets):
            low, high = outcome.interval(k)
            target_range = [target.low, target.high] if target.is_judged else None
            numbers = {"mean": outcome.mean(k), "p05": low, "p95": high}
            values.append({"name": target.name, "target": target_range, "observed": target.centre, **numbers})
        about = {"name": fact.name, "observable": fact.observable, "window": fact.window, "source": fact.source}
        judgement = {"evidence": fact.evidence, "demanded": fact.demanded, "verdict": outcome.verdict}
        facts[fact.id] = {**about, **judgement, "values": values}
    seeds = len(outcomes[0].values)
    return {"title": scenario.title, "scenario_digest": scenario.digest(), "seeds": seeds, "facts": facts}


def cell(text: str) -> str:
    """Text that cannot end a cell of a Markdown table."""
    return text.replace("|", "\\|")


def page(outcomes: Sequence[Outcome], scenario: Scenario, command: str, gaps: Mapping[str, str] = GAPS) -> str:
    """A page of Markdown: a row for each fact. `gaps` says of those not in range why they are not."""
    about = {
        "title": scenario.title,
        "seeds": len(outcomes[0].values),
        "months": scenario.horizon_months,
        "summary": summary(outcomes),
        "command": command,
        "point": f"{POINT_FACTOR:g}",
        "cost": f"{COST_FACTOR:g}",
    }
    heads = ["id", "fact", "what is measured", "window", "target", "source", "evidence", "model", "verdict", "gap"]
    lines = [INTRODUCTION.format(**about), line(heads), line(["---"] * len(heads))]
    for outcome in outcomes:
        fact = outcome.fact
        targets, found = [], []
        for k, target in enumerate(fact.targets):
            name = f"{target.name}: " if target.name else ""
            low, high = map(number, outcome.interval(k))
            targets.append(name + target_text(target))
            found.append(f"{name}{number(outcome.mean(k))} ({low} to {high})")
        name = f"**{fact.name}**" if fact.demanded else fact.name
        measured = [fact.observable, fact.window, "<br>".join(targets), fact.source, fact.evidence, "<br>".join(found)]
        gap = gaps.get(fact.id, "") if outcome.verdict != "in" else ""
        lines.append(line([fact.id, name, *measured, outcome.verdict, gap]))
    return "\n".join(lines) + "\n"


def line(cells: Sequence[str]) -> str:
    """One line of a Markdown table."""
    return f"| {' | '.join(map(cell, cells))} |"
