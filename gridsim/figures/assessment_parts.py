"""Two more charts of an assessment: its groups of requests, and the rules under which the list would look otherwise.

Drawn from the tables `groups` and `levers` of `gridsim.assess.answer.Answer`.
"""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from gridsim.figures import style, words
from gridsim.figures.charts import Chart

MEDIAN = {"color": style.OBSERVED, "size": 7, "line": {"color": "#FFFFFF", "width": 1.5}}
OF_GROUPS = {"duplicates": ("copies", style.DUPLICATES, 0.0), "signs": ("signed, or signing", style.SIGNED, -0.24)}
OF_RULES = {
    "open": ("asked for", style.QUEUE, 0.0),
    "served_5": ("in service within five years", style.SERVED, -0.24),
}
HEADING = {
    "stage": "by stage",
    "age": "by months since filing",
    "applicant": "by the open requests of the applicant",
}
IN_WORDS = {
    "stage": "what is {}",
    "age": "what was filed {} months ago",
    "applicant": "what applicants with {} ask for",
}
LARGE = 0.05
"""Share of the largest group that a group must have to be spoken of."""
RULES_SHOWN = 12
HEAD_ROOM = 0.7
"""Rows that a heading takes."""


def of_groups(groups: pd.DataFrame) -> Chart:
    """Copies and what signs among the open requests, by stage, age and applicant."""
    out = style.new_figure(400, hovermode="closest", barmode="overlay")
    place, places = 0.0, dict[tuple[str, str], float]()
    for by in groups["by"].unique():
        place -= HEAD_ROOM
        out.add_annotation(
            x=0,
            y=place + 0.75,
            text=HEADING[by],
            showarrow=False,
            xanchor="left",
            xshift=-2,
            font={"color": style.CAPACITY},
        )
        for group, rows in groups[groups["by"] == by].groupby("group", sort=False):
            places[by, group] = place
            first = rows.iloc[0]
            count = f"{first['requests']:,} request{'s' if first['requests'] > 1 else ''}"
            said = f"<b>{escape(str(group), quote=False)}</b>  {count}, {words.power(float(first['mw']))}"
            style.label_bar(out, said, 0.0, place + 0.13)
            place -= 1.0
    for quantity, (name, colour, down) in OF_GROUPS.items():
        rows = groups[groups["quantity"] == quantity]
        at = [places[key] + down for key in zip(rows["by"], rows["group"], strict=True)]
        colours = [colour if told else style.faint(colour, 0.35) for told in rows["told"]]
        interval_bars(out, rows, at, name, colours, colour)
    out.update_layout(height=120 + 52 * len(places) + 30 * groups["by"].nunique())
    out.update_yaxes(visible=False, range=[place + 0.3, 0.4], fixedrange=True)
    out.update_xaxes(range=[-0.01, 1.01], tickformat=".0%", dtick=0.25, title_text="of the group's MW", fixedrange=True)
    large = groups["mw"] >= LARGE * groups["mw"].max()
    copies = groups[(groups["quantity"] == "duplicates") & groups["told"] & large]
    title = "Which requests are copies, these data hardly tell"
    if len(copies):
        most = copies.loc[copies["median"].idxmax()]
        title = f"Of {IN_WORDS[most['by']].format(most['group'])}, {most['low']:.0%} to {most['high']:.0%} are copies"
    caption = (
        "Bars hold 90 %, dots are medians; pale where the list says little more than simulated lists do before it is seen. What "
        "is said of a group comes from simulated lists that look like this one as a whole, not from single requests."
    )
    return Chart("groups", "Which requests", title, caption, f"Bars. {title}.", out, groups)


def of_levers(levers: pd.DataFrame, total_mw: float) -> Chart:
    """What each rule would change: MW asked for, and MW in service within five years."""
    asked = levers[levers["amount"] == "open"]
    telling = set(asked.loc[asked["median"].abs().nlargest(RULES_SHOWN).index, "rule"])
    rules = [rule for rule in levers["rule"].unique() if rule in telling]
    places = {rule: -float(k) for k, rule in enumerate(rules)}
    out = style.new_figure(110 + 52 * len(rules), hovermode="closest", barmode="overlay")
    for amount, (name, colour, down) in OF_RULES.items():
        rows = levers[(levers["amount"] == amount) & levers["rule"].isin(rules)]
        at = [places[rule] + down for rule in rows["rule"]]
        interval_bars(out, rows, at, name, [colour] * len(rows), colour)
    drawn = levers[levers["amount"].isin(OF_RULES) & levers["rule"].isin(rules)]
    left, right = float(drawn["low"].min()), float(drawn["high"].max())
    opened = asked.set_index("rule")
    for rule, place in places.items():
        row = opened.loc[rule]
        said = f"<b>{escape(rule, quote=False)}</b>  {row['median']:+.0%} ({row['low']:+.0%} to {row['high']:+.0%})"
        style.label_bar(out, said, left, place + 0.13)
    out.add_vline(x=0, line={"color": style.CAPACITY, "width": 1})
    out.update_yaxes(visible=False, range=[-len(rules) + 0.4, 0.85], fixedrange=True)
    out.update_xaxes(range=[left, max(right, 0.02)], tickformat="+.0%", title_text="of the open MW", fixedrange=True)
    first = opened.iloc[0]
    less = f"{words.power(max(-first['high_mw'], 0.0))} to {words.power(-first['low_mw'])}"
    title = f"{rules[0]}: {less} less would be asked for" if first["median"] < 0 else "No rule would shorten this list"
    caption = (
        f"Changes of {words.power(total_mw)} if a rule had been in force for two years on the day of the list, all else the "
        "same: the same simulated worlds and chances, those that look like this list counting most. Bars hold 90 %, chance of "
        "a single list included; the numbers beside the names are of what is asked for."
    ) + (f" The {len(rules)} rules of {len(opened)} that change most are drawn." if len(rules) < len(opened) else "")
    return Chart("levers", "Under other rules", title, caption, f"Bars. {title}.", out, levers)


def interval_bars(
    out: go.Figure, rows: pd.DataFrame, places: list[float], name: str, colours: list[str], colour: str
) -> None:
    """Bars from low to high with a dot at the median, one a row; `colour` is that of the legend."""
    shown: dict[str, Any] = {"legendgroup": name, "hoverinfo": "skip"}
    out.add_bar(
        orientation="h",
        y=places,
        base=list(rows["low"]),
        x=list(rows["high"] - rows["low"]),
        width=0.18,
        marker={"color": colours},
        showlegend=False,
        **shown,
    )
    out.add_scatter(
        x=[None], y=[None], mode="markers", name=name, marker={"color": colour, "symbol": "square", "size": 11}, **shown
    )
    out.add_scatter(
        x=list(rows["median"]),
        y=places,
        mode="markers",
        marker=MEDIAN,
        customdata=rows[["low", "high"]],
        hovertemplate=f"{name}: %{{x:.0%}} (%{{customdata[0]:.0%}} to %{{customdata[1]:.0%}})<extra></extra>",
        showlegend=False,
    )
