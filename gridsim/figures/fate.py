"""What became of every MW filed: who filed it, how far it came, how it ended."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.result import Result
from gridsim.figures import facts, style, words

ORIGINS = {
    "first copies": style.NEEDED,
    "duplicates": style.DUPLICATES,
    "developers' positions": style.SPECULATION,
}
REACHED = ("not studied", "studied", "signed")
OUTCOMES = {
    "in service": style.SERVED,
    "being built": style.SIGNED,
    "still queued": style.QUEUE,
    "sibling signed": style.DUPLICATES,
    "need gone": style.EXCESS,
    "upgrade too dear": style.PADDING,
    "no buyer, money due": style.SPECULATION,
    "gave up waiting": style.TWIN,
    "cancelled": style.CAPACITY,
}
LEVELS = ["origin", "reached", "outcome"]
REASONS = {
    "sibling signed": "sibling signed",
    "need gone": "need gone",
    "cost": "upgrade too dear",
    "money due": "no buyer, money due",
    "patience": "gave up waiting",
    "cancelled": "cancelled",
}


def missing(result: Result) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    log = facts.request_log(result)
    if log is None:
        return "This run kept no log of requests, so that their fate is not known."
    return "" if len(log) else "No request was filed in this run."


def fates(requests: pd.DataFrame) -> pd.DataFrame:
    """MW and number of requests by origin, stage reached and outcome, in the order of the chart.

    A duplicate is every copy of a project beyond its first choice. Raises ValueError for a reason it does not know.
    """
    unknown = set(requests["reason"]) - set(REASONS) - {""}
    if unknown:
        raise ValueError(f"requests left for reasons that the chart does not know: {sorted(unknown)}")
    kind, copy = requests["kind"], requests["choice"] > 0
    origin = np.select([copy, kind == "developer"], ["duplicates", "developers' positions"], "first copies")
    signed, studied = requests["signed"].notna(), requests["studied"].notna()
    reached = np.select([signed, studied], [REACHED[2], REACHED[1]], REACHED[0])
    cases = [requests["left"].notna(), requests["energised"].notna(), signed]
    left = requests["reason"].map(REASONS).fillna("gave up waiting")
    outcome = np.select(cases, [left, "in service", "being built"], "still queued")
    table = pd.DataFrame({"origin": origin, "reached": reached, "outcome": outcome, "mw": requests["mw"]})
    for name, order in (("origin", [*ORIGINS]), ("reached", [*REACHED]), ("outcome", [*OUTCOMES])):
        table[name] = pd.Categorical(table[name], categories=order, ordered=True)
    grouped = table.groupby(LEVELS, observed=True)["mw"]
    return grouped.agg(mw="sum", requests="size").reset_index()


def figure(result: Result) -> go.Figure:
    """Sankey diagram: origin, stage reached, outcome; widths in MW, colours by origin and then by outcome."""
    flows = fates(result.requests)
    unit = words.power_unit(float(flows["mw"].sum()))
    colours = {**ORIGINS, **dict.fromkeys(REACHED, style.CAPACITY), **OUTCOMES}
    names = [name for name in colours if (flows[LEVELS] == name).to_numpy().any()]
    totals = {name: float(flows["mw"][(flows[LEVELS] == name).any(axis=1)].sum()) for name in names}
    links = pd.concat([ribbons(flows, a, b) for a, b in pairwise(LEVELS)])
    out = style.new_figure(560, hovermode="closest", margin={"l": 8, "r": 8, "t": 12, "b": 12})
    out.add_sankey(
        valueformat=",.1f" if unit.digits else ",.0f",
        valuesuffix=" " + unit.name,
        node={
            "label": [f"{name}  {words.power(totals[name])}" for name in names],
            "color": [colours[name] for name in names],
            "pad": 16,
            "thickness": 14,
            "line": {"width": 0},
            "align": "justify",
        },
        link={
            "source": [names.index(a) for a in links["a"]],
            "target": [names.index(b) for b in links["b"]],
            "value": [mw / unit.size for mw in links["mw"]],
            "color": [pale(colours[a if a in ORIGINS else b]) for a, b in zip(links["a"], links["b"], strict=True)],
        },
        textfont={"size": 13},
    )
    return out


def ribbons(flows: pd.DataFrame, a: str, b: str) -> pd.DataFrame:
    """MW from every value of level a to every value of level b; columns a, b, mw."""
    return flows.groupby([a, b], observed=True)["mw"].sum().reset_index().set_axis(["a", "b", "mw"], axis=1)


def pale(colour: str) -> str:
    """A colour as a see-through ribbon."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.33)"


def table(result: Result) -> pd.DataFrame:
    """The chart as a table."""
    flows = fates(result.requests)
    return pd.DataFrame(
        {
            "filed as": flows["origin"].astype(str),
            "came as far as": flows["reached"].astype(str),
            "ended as": flows["outcome"].astype(str),
            "requests": flows["requests"],
            "MW": flows["mw"],
            "share of MW": [words.percent(x) for x in flows["mw"] / flows["mw"].sum()],
        }
    )


def title(result: Result) -> str:
    """The finding."""
    flows = fates(result.requests)
    total, served = flows["mw"].sum(), flows["mw"][flows["outcome"] == "in service"].sum()
    left = flows["mw"][flows["outcome"].isin(list(REASONS.values()))].sum()
    return (
        f"Of {words.power(total)} ever filed, {words.percent(served / total)} came into service and "
        f"{words.percent(left / total)} left again"
    )


def caption(result: Result) -> str:
    """How to read the chart."""
    return (
        "Every MW filed during the run or in the queue at its start. Left: as what it was filed, duplicates being "
        "the second and further copies of a project; middle: how far it came; right: how it stands in the last "
        "month, or why it left. A sibling is another copy of the same project. What was filed late has had little "
        "time to be built."
    )


def alt(result: Result) -> str:
    """The chart in a sentence."""
    flows = fates(result.requests)
    by = flows.groupby("outcome", observed=True)["mw"].sum()
    parts = "; ".join(f"{name} {words.power(mw)}" for name, mw in by.items())
    return f"Diagram of what became of every MW filed: {parts}."
