"""Who asked whom: MW from applicants to utilities to what became of them, duplicates apart from first choices."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.result import Result
from gridsim.figures import facts, style, words
from gridsim.figures.fate import ORIGINS
from gridsim.model.state import DEVELOPER

Months = tuple[int, int]
"""First and last month of filing, both included."""
LABS, HYPERSCALERS, UTILITIES = 4, 4, 14
PAD = 14
"""Applicants and utilities shown by name, the largest; the others are pooled, and so are developers."""
OUTCOMES = {
    "in service": style.SERVED,
    "signed": style.SIGNED,
    "still queued": style.QUEUE,
    "left again": style.TWIN,
}
PLURALS = {"lab": "labs", "hyperscaler": "hyperscalers", "developer": "developers"}
SIDES = ["applicant", "utility", "outcome"]


def missing(result: Result, months: Months | None = None) -> str:
    """Why the diagram cannot be drawn; empty if it can."""
    if facts.request_log(result) is None:
        return "This run kept no log of requests, so that it is not known who asked whom."
    if len(filed(result, months)):
        return ""
    return "No request was filed in these months." if months else "No request was filed during this run."


def filed(result: Result, months: Months | None = None) -> pd.DataFrame:
    """Requests filed during the run, or in the months from first to last; what was in the queue at the start is left out.

    Raises ValueError if the first month comes after the last.
    """
    first, last = months or (0, len(result.series) - 1)
    if first > last:
        raise ValueError(f"months {first} to {last}: the first comes after the last")
    log = result.requests
    return log[(log["filed"] >= max(0, first)) & (log["filed"] <= last)]


def flows(result: Result, months: Months | None = None) -> pd.DataFrame:
    """MW and number of requests by applicant, utility, outcome and origin, as pooled in the diagram.

    A duplicate is every copy of a project beyond its first choice.
    """
    log = filed(result, months)
    cases = [log["left"].notna(), log["energised"].notna(), log["signed"].notna()]
    outcome = np.select(cases, ["left again", "in service", "signed"], "still queued")
    first, *others = ORIGINS
    origin = np.select([log["choice"] > 0, log["kind"] == "developer"], others, first)
    who, whom = applicants(log), named(log["utility"], log["mw"], UTILITIES, "utilities")
    pooled = pd.DataFrame(
        {
            "applicant": pd.Categorical(who, categories=in_order(log, who), ordered=True),
            "utility": pd.Categorical(whom, categories=sorted(whom.unique(), key=lambda name: (is_pool(name), name))),
            "outcome": pd.Categorical(outcome, categories=[*OUTCOMES], ordered=True),
            "origin": pd.Categorical(origin, categories=[*ORIGINS], ordered=True),
            "mw": log["mw"].to_numpy(),
        }
    )
    grouped = pooled.groupby([*SIDES, "origin"], observed=True)["mw"]
    return grouped.agg(mw="sum", requests="size").reset_index()


def applicants(log: pd.DataFrame) -> pd.Series:
    """Who filed: developers as one, the largest labs and hyperscalers by name, the others of each kind as one."""
    parts = []
    for kind, most in (("lab", LABS), ("hyperscaler", HYPERSCALERS), ("developer", 0)):
        own = log[log["kind"] == kind]
        parts.append(named(own["applicant"], own["mw"], most, PLURALS[kind]))
    return pd.Series(pd.concat(parts).reindex(log.index))


def named(names: pd.Series, mw: pd.Series, most: int, plural: str) -> pd.Series:
    """Names, but one for all those with fewer MW than the largest few; one or two of them keep their names."""
    order = mw.groupby(names).sum().sort_values(ascending=False, kind="stable").index
    rest = order[most:]
    if len(rest) < 3:
        return names
    pool = f"{len(rest)} other {plural}" if most else f"{len(rest)} {plural}"
    return names.map({name: pool if i >= most else name for i, name in enumerate(order)})


def is_pool(name: str) -> bool:
    """Whether a name stands for several."""
    number, _, rest = name.partition(" ")
    return number.isdigit() and (rest in PLURALS.values() or rest.startswith("other "))


def in_order(log: pd.DataFrame, who: pd.Series) -> list[str]:
    """Applicants kind by kind, hyperscalers first; of a kind the largest first, and its pool last."""
    mw, kind = log["mw"].groupby(who).sum(), log["kind"].groupby(who).first()
    rank = {"hyperscaler": 0, "lab": 1, "developer": 2}
    return sorted(mw.index, key=lambda name: (rank[kind[name]], is_pool(name), -mw[name], name))


def figure(result: Result, months: Months | None = None) -> go.Figure:
    """Sankey diagram: applicants, utilities, outcomes; widths in MW, ribbons coloured by what was filed."""
    found = flows(result, months)
    unit = words.power_unit(float(found["mw"].sum()))
    sums = totals(found)
    nodes = [(side, name) for side in SIDES for name in sums[side]]
    place = {node: i for i, node in enumerate(nodes)}
    links = pd.concat([ribbons(found, place, *pair) for pair in (SIDES[:2], SIDES[1:])])
    height = max(420, 40 + 40 * max(map(len, sums.values())))
    out = style.new_figure(height, hovermode="closest", margin={"l": 12, "r": 12, "t": 40, "b": 12})
    out.add_trace(
        {
            "type": "sankey",
            "textfont": {"size": 12},
            "node": {
                "label": [node_label(side, name, sums[side][name]) for side, name in nodes],
                "customdata": [escape(name, quote=False) for _, name in nodes],
                "color": [node_colour(result, side, name) for side, name in nodes],
                "x": [(1e-3, 0.5, 1.0 - 1e-3)[SIDES.index(side)] for side, _ in nodes],
                "y": heights([[*mw.values()] for mw in sums.values()], PAD / (height - 52)),
                "pad": PAD,
                "thickness": 14,
                "line": {"width": 0},
                "hovertemplate": "%{customdata}: %{value:,.1f} " + unit.name + "<extra></extra>",
            },
            "link": {
                "source": links["a"].to_numpy(),
                "target": links["b"].to_numpy(),
                "value": (links["mw"] / unit.size).to_numpy(),
                "color": [style.faint(ORIGINS[origin], 0.42) for origin in links["origin"]],
                "customdata": links["origin"].tolist(),
                "hovertemplate": "%{source.customdata} → %{target.customdata}<br>%{customdata}: %{value:,.2f} "
                f"{unit.name}<extra></extra>",
            },
        }
    )
    add_legend(out, [origin for origin in ORIGINS if (found["origin"] == origin).any()])
    return out


def totals(found: pd.DataFrame) -> dict[str, dict[str, float]]:
    """MW of every node, side by side, in the order of the diagram."""
    out = {}
    for side in SIDES:
        mw = found.groupby(side, observed=True)["mw"].sum()
        out[side] = {str(name): float(value) for name, value in mw.items()}
    return out


def heights(sides: list[list[float]], gap: float) -> list[float]:
    """Middles of all nodes, from 0 at the top to 1: in their order, each side filling the height evenly."""
    out: list[float] = []
    share = min((1.0 - gap * (len(mw) - 1)) / sum(mw) for mw in sides)
    for mw in sides:
        size = share * np.array(mw)
        space = (1.0 - size.sum()) / max(1, len(mw) - 1)
        tops = np.cumsum([0.0, *(size[:-1] + space)]) if len(mw) > 1 else np.array([space / 2])
        out += np.clip(tops + size / 2, 1e-3, 1.0 - 1e-3).tolist()
    return out


def ribbons(found: pd.DataFrame, place: dict[tuple[str, str], int], a: str, b: str) -> pd.DataFrame:
    """MW between two sides by origin; columns a and b are numbers of nodes."""
    mw = found.groupby([a, b, "origin"], observed=True)["mw"].sum().reset_index()
    return pd.DataFrame(
        {
            "a": [place[a, name] for name in mw[a]],
            "b": [place[b, name] for name in mw[b]],
            "origin": mw["origin"].astype(str),
            "mw": mw["mw"],
        }
    )


def node_label(side: str, name: str, mw: float) -> str:
    """Name and MW of a node; utilities, in the middle, have no room for both."""
    text, size = escape(name, quote=False), words.power(mw)
    return {"applicant": f"{text}  {size}", "utility": text, "outcome": f"{text}<br>{size}"}[side]


def node_colour(result: Result, side: str, name: str) -> str:
    """Colour of a node: outcomes as everywhere, developers as speculation, utilities grey."""
    if side == "outcome":
        return OUTCOMES[name]
    if side == "utility":
        return style.CAPACITY
    people = result._prepared.applicants
    developers = {who for who, kind in zip(people.names, people.kinds, strict=True) if kind == DEVELOPER}
    return style.SPECULATION if name in developers or (is_pool(name) and name.endswith(" developers")) else style.NEEDED


def add_legend(out: go.Figure, origins: list[str]) -> None:
    """What the colours of ribbons mean."""
    for origin in origins:
        marker = {"color": ORIGINS[origin], "size": 12, "symbol": "square"}
        out.add_scatter(x=[None], y=[None], name=origin, mode="markers", marker=marker, hoverinfo="skip")
    out.update_xaxes(visible=False)
    out.update_yaxes(visible=False)
    out.update_layout(legend={"itemsizing": "constant"})


def table(result: Result, months: Months | None = None) -> pd.DataFrame:
    """One row for each applicant and utility: what was filed, of which duplicates, and how it stands in the last month."""
    found = flows(result, months)
    pair = ["applicant", "utility"]
    grouped = found.groupby(pair, observed=True)
    out = grouped.agg(requests=("requests", "sum"), mw=("mw", "sum"))
    out["of which duplicates, MW"] = found[found["origin"] == "duplicates"].groupby(pair, observed=True)["mw"].sum()
    for outcome in OUTCOMES:
        out[f"{outcome}, MW"] = found[found["outcome"] == outcome].groupby(pair, observed=True)["mw"].sum()
    out = out.rename(columns={"mw": "filed, MW"}).fillna(0.0).reset_index()
    return out.astype(dict.fromkeys(pair, str))


def title(result: Result, months: Months | None = None) -> str:
    """The finding: how much was filed twice, who was asked most, and what came of it."""
    found = flows(result, months)
    total = float(found["mw"].sum())
    share = {name: float(found["mw"][found["origin"] == name].sum()) / total for name in ORIGINS}
    served = float(found["mw"][found["outcome"] == "in service"].sum()) / total
    by = found.groupby("utility", observed=True)["mw"].sum()
    single = by[[name for name in by.index if not is_pool(name)]]
    most = f"{single.idxmax()} was asked for most, {words.power(float(single.max()))}"
    when = f" filed {period(result, months)}" if months else " filed"
    return (
        f"Of {words.power(total)}{when}, {words.percent(share['duplicates'])} are duplicates and {words.percent(served)} "
        f"came into service; {most}"
    )


def period(result: Result, months: Months) -> str:
    """The months of a window in words."""
    first, last = max(0, months[0]), min(len(result.series) - 1, months[1])
    names = facts.month_name(result, first), facts.month_name(result, last)
    return f"in {names[0]}" if first == last else f"from {names[0]} to {names[1]}"


def caption(result: Result, months: Months | None = None) -> str:
    """How to read the diagram."""
    when = period(result, months) if months else "during the run"
    return (
        f"Every request filed {when}; the queue at the start is left out. Left: who filed; middle: which utility was asked; "
        "right: how it stands in the last month. The first copies of projects are apart from duplicates, their second and "
        "further copies in other areas, and from developers' positions. Small applicants are pooled. Contracts count as they "
        "were filed, also where a part was taken back."
    )


def alt(result: Result, months: Months | None = None) -> str:
    """The diagram in a sentence."""
    found = flows(result, months)
    by = found.groupby("outcome", observed=True)["mw"].sum()
    parts = "; ".join(f"{name} {words.power(float(mw))}" for name, mw in by.items())
    n = len(found["applicant"].unique()), len(found["utility"].unique())
    return f"Flow diagram from {n[0]} applicants or groups to {n[1]} utilities to outcomes: {parts}."
