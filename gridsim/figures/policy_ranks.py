"""How sure the rank of each policy is: a panel a criterion, a bar a policy, a segment a rank, as long as it is likely.

Drawn from the table of ranks that `gridsim compare` makes: columns criterion, policy, rank (1 is best), probability.
"""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale
from plotly.subplots import make_subplots

from gridsim.figures import style
from gridsim.figures.policy_front import label, opened, subject

SURE = 0.9
"""Probability from which a rank counts as sure."""
SHADES = [[0.0, style.NEEDED], [0.5, "#E9EDF0"], [1.0, style.SPECULATION]]
SHOWN = 0.06  # probability from which a segment has room for its number
LETTER = 7.2  # pixels, about; panels are headed above the names of policies, left of the bars
ROW, HEAD = 27, 44  # pixels of a bar, and of what a panel has beside its bars


def missing(table: pd.DataFrame) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    return "" if table["policy"].nunique() > 1 else "A policy alone has no rank."


def chances(table: pd.DataFrame, criterion: str) -> pd.DataFrame:
    """Probabilities in a criterion, a row a policy, a column a rank; the least mean rank first."""
    wide = table[table["criterion"] == criterion].pivot(index="policy", columns="rank", values="probability")
    wide = wide.loc[list(dict.fromkeys(table["policy"]))]  # equal mean ranks stay in the table's order
    return wide.iloc[np.argsort(wide.to_numpy() @ wide.columns.to_numpy(), kind="stable")]


def figure(table: pd.DataFrame) -> go.Figure:
    """Stacked bars, the best rank left; policies from the best mean rank down."""
    criteria, size = list(dict.fromkeys(table["criterion"])), table["policy"].nunique()
    height = len(criteria) * (ROW * size + HEAD)
    shades = sample_colorscale(SHADES, [rank / (size - 1) for rank in range(size)])
    heads = [subject(criterion) for criterion in criteria]
    out = make_subplots(len(criteria), 1, subplot_titles=heads, vertical_spacing=0.86 * HEAD / height)
    for row, criterion in enumerate(criteria, start=1):
        wide = chances(table, criterion)
        names = [escape(label(str(name)), quote=False) for name in wide.index]
        for rank, shade in zip(wide.columns, shades, strict=True):
            values = wide[rank].to_numpy()
            out.add_bar(
                orientation="h",
                x=100.0 * values,
                y=names,
                marker={"color": shade, "line": {"color": "rgba(128, 128, 128, 0.5)", "width": 0.5}},
                text=[str(rank) if value >= SHOWN else "" for value in values],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                constraintext="none",
                hovertemplate=f"<b>%{{y}}</b>: rank {rank} in %{{x:.1f}} % of resamples<extra></extra>",
                row=row,
                col=1,
            )
    out.update_layout(
        template=style.TEMPLATE,
        height=height,
        barmode="stack",
        bargap=0.25,
        showlegend=False,
        hovermode="closest",
        margin={"t": 34, "r": 30},
    )
    longest = max(len(str(policy)) for policy in table["policy"])
    out.update_annotations(x=0, xanchor="left", font={"size": 14}, xref="paper", xshift=-LETTER * longest)
    out.update_yaxes(autorange="reversed", fixedrange=True, showgrid=False)
    out.update_xaxes(range=[0, 100], fixedrange=True, ticksuffix=" %", dtick=25, showticklabels=False)
    out.update_xaxes(showticklabels=True, row=len(criteria), col=1)
    return out


def table(table: pd.DataFrame) -> pd.DataFrame:
    """The chart as a table: a row a criterion and policy, a column a rank, shares of the resamples."""
    parts = []
    for criterion in dict.fromkeys(table["criterion"]):
        wide = chances(table, criterion)
        heads = {rank: f"rank {rank}" for rank in wide.columns}
        part = wide.rename(columns=heads).reset_index().rename_axis(columns=None)
        part["policy"] = part["policy"].map(label)
        part.insert(0, "criterion", subject(criterion))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def title(table: pd.DataFrame) -> str:
    """The finding: which policy is first, in how many criteria, and how surely."""
    first = table[(table["rank"] == 1) & (table["probability"] >= SURE)]
    count, sure = table["criterion"].nunique(), f"in at least {100 * SURE:.0f} % of resamples"
    if first.empty:
        return f"No policy is first {sure}, in any of {count} criteria" if count > 1 else f"No policy is first {sure}"
    most = first["policy"].value_counts(sort=False)
    name, won = opened(label(str(most.idxmax()))), int(most.max())
    if count == 1:
        return f"{name} is first {sure}: {subject(str(first['criterion'].iloc[0]))}"
    return f"{name} is first in {won} of {count} criteria, {sure}"


def caption(table: pd.DataFrame) -> str:
    """How to read the chart."""
    return (
        "A panel is a criterion, a bar a policy, a segment a rank: as long as the share of bootstrap resamples of the worlds in "
        "which the policy's mean has that rank. Rank 1, blue, has the least and is best; the last, orange, has the most. A bar "
        "of one piece is a rank that luck does not change; policies that are equal share their ranks."
    )


def alt(table: pd.DataFrame) -> str:
    """The chart in a sentence."""
    parts = []
    for criterion in dict.fromkeys(table["criterion"]):
        wide = chances(table, criterion)
        parts.append(
            f"{subject(criterion)}: {label(str(wide.index[0]))} is first in {100 * wide.to_numpy()[0, 0]:.0f} %"
        )
    return f"Stacked bars of the probability of each rank, by criterion. {'; '.join(parts)}."
