"""Policies by two criteria at once, as paired differences to a reference: which are beaten by no other in both.

Drawn from the table of differences that `gridsim compare` makes: columns policy, criterion, mean, difference, low, high,
better; the first policy is the reference, and smaller is better in every criterion.
"""

from __future__ import annotations

import math
from html import escape
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.criteria import measure_of
from gridsim.figures import style, words

NAMES = {
    "phantom_mw": "power requested that nobody needs",
    "unserved_need_mw": "need that is not served",
    "time_to_power_p50": "median time to power",
    "time_to_power_p95": "time to power of the slowest twentieth",
    "cost_usd": "what applicants pay to ask",
    "capacity_cost_usd": "what other customers pay for capacity",
}
"""Criteria in words; one without is told by the meaning of its column."""
KINDS = {"mean": "", "peak": ", in the highest month", "last": ", in the last month"}
ROOM = 0.16  # of the extent, left free around the points for their labels
LABEL = (0.026, 0.045)  # width of a letter and height of a line, of the plot's on a phone
SIDES = {"top right": (1, 1), "bottom right": (1, -1), "top left": (-1, 1), "bottom left": (-1, -1)}
"""Corners, for whiskers take the rest."""


Box = tuple[float, float, float, float]
"""Left, right, bottom and top, in shares of the plot."""


class Spot(NamedTuple):
    """A policy in the chart: its differences to the reference in two criteria, each with low and high end."""

    name: str
    x: float
    y: float
    x_ends: tuple[float, float]
    y_ends: tuple[float, float]


def label(policy: str) -> str:
    """The name of a policy as it is shown."""
    return policy.replace("_", " ")


def opened(text: str) -> str:
    """A text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def subject(criterion: str) -> str:
    """A criterion in words: "need that is not served, in the last month"; of a mean over the run the kind is not said."""
    column, _, kind = criterion.rpartition(".")
    return NAMES.get(column, measure_of(criterion).meaning) + KINDS[kind]


def unit_of(criterion: str, largest: float) -> words.Unit:
    """The unit for amounts of a criterion up to the largest."""
    unit, _, per = measure_of(criterion).unit.partition("/")
    if unit == "MW":
        found = words.power_unit(largest)
    elif unit == "USD":
        found = words.money_unit(largest)
    elif unit == "GPU":
        found = words.gpu_unit(largest)
    else:
        digits = min(6, max(0, 2 - math.floor(math.log10(largest)))) if largest > 0.0 else 2
        found = words.Unit("" if unit == "1" else unit, 1.0, digits)
    return found._replace(name=f"{found.name} a {per}") if per and found.name else found


def amount(value: float, unit: words.Unit, *, signed: bool = True) -> str:
    """A difference as text, with its sign: "− 5.5 GW"."""
    sign = ("− " if value < 0.0 else "+ " if value > 0.0 else "") if signed else ""
    return f"{sign}{abs(value) / unit.size:,.{unit.digits}f} {unit.name}".rstrip()


def axes_of(table: pd.DataFrame) -> tuple[str, str]:
    """The first two criteria of a table of differences."""
    x, y, *_ = dict.fromkeys(table["criterion"])
    return x, y


def missing(table: pd.DataFrame) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    return "" if table["criterion"].nunique() > 1 else "One criterion alone has no front: name a second one."


def spots(table: pd.DataFrame) -> list[Spot]:
    """The policies, the reference first."""
    across, up = (table[table["criterion"] == criterion].to_dict("records") for criterion in axes_of(table))
    return [
        Spot(x["policy"], x["difference"], y["difference"], (x["low"], x["high"]), (y["low"], y["high"]))
        for x, y in zip(across, up, strict=True)
    ]


def front(found: list[Spot]) -> list[Spot]:
    """Those beaten by no other in both criteria, from the least of the first to the least of the second."""
    best = math.inf
    out: list[Spot] = []
    for spot in sorted(found, key=lambda spot: (spot.x, spot.y)):
        if spot.y < best or (out and (spot.x, spot.y) == (out[-1].x, out[-1].y)):
            out.append(spot)
            best = spot.y
    return out


def units(table: pd.DataFrame) -> tuple[words.Unit, words.Unit]:
    """The units of both axes."""
    found, (x, y) = spots(table), axes_of(table)
    across = max(abs(end) for spot in found for end in (spot.x, *spot.x_ends))
    return unit_of(x, across), unit_of(y, max(abs(end) for spot in found for end in (spot.y, *spot.y_ends)))


def figure(table: pd.DataFrame) -> go.Figure:
    """A point a policy with its intervals, lines through the reference, and the front."""
    found, (one, two), (x, y) = spots(table), units(table), axes_of(table)
    best = front(found)
    out = style.new_figure(520, hovermode="closest", showlegend=False)
    for add in (out.add_vline, out.add_hline):
        add(0.0, line={"color": style.TWIN, "width": 1, "dash": "dot"})
    steps = [(spot.x / one.size, spot.y / two.size) for spot in best]
    out.add_scatter(
        x=[x for x, _ in steps],
        y=[y for _, y in steps],
        mode="lines",
        line={"color": style.faint(style.SERVED, 0.55), "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )
    sides = label_sides(found)
    for shade, some in ((style.CAPACITY, [spot for spot in found if spot not in best]), (style.SERVED, best)):
        out.add_scatter(
            x=[spot.x / one.size for spot in some],
            y=[spot.y / two.size for spot in some],
            mode="markers+text",
            text=[escape(label(spot.name), quote=False) if spot.name in sides else "" for spot in some],
            textposition=[sides.get(spot.name, "top right") for spot in some],
            textfont={"size": 13},
            marker={
                "color": shade,
                "size": 11,
                "symbol": ["diamond" if spot is found[0] else "circle" for spot in some],
            },
            error_x=whiskers([spot.x for spot in some], [spot.x_ends for spot in some], one.size, shade),
            error_y=whiskers([spot.y for spot in some], [spot.y_ends for spot in some], two.size, shade),
            customdata=[hover(spot, found[0], table) for spot in some],
            hovertemplate="%{customdata}<extra></extra>",
            cliponaxis=False,
        )
    across, up = extents(found)
    out.update_xaxes(title_text=axis_title(x, one), range=[end / one.size for end in across], fixedrange=True)
    out.update_yaxes(title_text=axis_title(y, two), range=[end / two.size for end in up], fixedrange=True)
    out.update_layout(margin={"t": 12})
    return out


def whiskers(at: list[float], ends: list[tuple[float, float]], size: float, colour: str) -> dict[str, object]:
    """Error bars from the low to the high ends."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [(high - value) / size for value, (_, high) in zip(at, ends, strict=True)],
        "arrayminus": [(value - low) / size for value, (low, _) in zip(at, ends, strict=True)],
        "color": style.faint(colour, 0.7),
        "thickness": 1.5,
        "width": 3,
    }


def axis_title(criterion: str, unit: words.Unit) -> str:
    """An axis in words, in two lines."""
    return f"{subject(criterion)},<br>{unit.name + ', ' if unit.name else ''}against the reference"


def extents(found: list[Spot]) -> tuple[tuple[float, float], tuple[float, float]]:
    """From the least to the most of both axes, with room for labels."""
    out = []
    for ends in ([e for s in found for e in (s.x, *s.x_ends)], [e for s in found for e in (s.y, *s.y_ends)]):
        room = ROOM * ((max(ends) - min(ends)) or 1.0)
        out.append((min(ends) - room, max(ends) + room))
    return out[0], out[1]


def label_sides(found: list[Spot]) -> dict[str, str]:
    """On which side of its point each label stands: inside, and where it meets the fewest points.

    A label that would meet another on every side is left out; the front is labelled first, then the reference.
    """
    (left, right), (bottom, top) = extents(found)
    at = {spot.name: ((spot.x - left) / (right - left), (spot.y - bottom) / (top - bottom)) for spot in found}
    points = [(x - 0.012, x + 0.012, y - 0.018, y + 0.018) for x, y in at.values()]
    labels: list[Box] = []
    out = {}
    for name in dict.fromkeys(spot.name for spot in [*front(found), *found]):
        x, y = at[name]
        wide, high = LABEL[0] * len(name), LABEL[1]
        boxes = {}
        for side, (across, up) in SIDES.items():
            middle, level = x + across * (0.5 * wide + 0.006), y + up * (0.5 * high + 0.012)
            boxes[side] = (middle - 0.5 * wide, middle + 0.5 * wide, level - 0.5 * high, level + 0.5 * high)
        free = {side: box for side, box in boxes.items() if not clashes(box, labels)}
        if free:
            out[name] = min(free, key=lambda side: clashes(boxes[side], points) + 10 * is_outside(boxes[side]))
            labels.append(free[out[name]])
    return out


def clashes(box: Box, others: list[Box]) -> int:
    """How many other boxes one meets."""
    left, right, bottom, top = box
    return sum(left < other[1] and right > other[0] and bottom < other[3] and top > other[2] for other in others)


def is_outside(box: Box) -> bool:
    """Whether a part of a box is outside the plot."""
    return box[0] < 0.0 or box[1] > 1.0 or box[2] < 0.0 or box[3] > 1.0


def hover(spot: Spot, reference: Spot, table: pd.DataFrame) -> str:
    """What is told of a policy."""
    name = f"<b>{escape(label(spot.name), quote=False)}</b>"
    if spot is reference:
        return f"{name}: the reference"
    lines = [name]
    for criterion, unit, value, ends in zip(
        axes_of(table), units(table), (spot.x, spot.y), (spot.x_ends, spot.y_ends), strict=True
    ):
        low, high = (amount(end, unit) for end in ends)
        lines.append(f"{subject(criterion)}: {amount(value, unit)} (90 %: {low} to {high})")
    return "<br>".join(lines)


def table(table: pd.DataFrame) -> pd.DataFrame:
    """The chart as a table: both differences with their intervals, in the units of the axes, and whether on the front."""
    found, (one, two) = spots(table), units(table)
    best = front(found)
    out = {"policy": [label(spot.name) for spot in found]}
    columns: dict[str, list[object]] = {}
    for criterion, unit, values, ends in (
        (axes_of(table)[0], one, [spot.x for spot in found], [spot.x_ends for spot in found]),
        (axes_of(table)[1], two, [spot.y for spot in found], [spot.y_ends for spot in found]),
    ):
        head = f"{subject(criterion)}, {unit.name}".rstrip(", ")
        columns[head] = [value / unit.size for value in values]
        columns[f"{criterion}: from (5 %)"] = [low / unit.size for low, _ in ends]
        columns[f"{criterion}: to (95 %)"] = [high / unit.size for _, high in ends]
    columns["on the front"] = ["yes" if spot in best else "no" for spot in found]
    return pd.DataFrame(out | columns)


def title(table: pd.DataFrame) -> str:
    """The finding: which policies no other beats in both criteria."""
    found, (one, two) = spots(table), units(table)
    best, (x, y) = front(found), (subject(criterion) for criterion in axes_of(table))
    names = [label(spot.name) for spot in best]
    if best == found[:1]:
        return f"No policy has less of either than {names[0]}: {x}; {y}"
    if len(best) == 1:
        by = f"{amount(best[0].x, one)} and {amount(best[0].y, two)} against {label(found[0].name)}"
        return f"{opened(names[0])} is best in both, {x} and {y}: {by}"
    return f"{len(best)} of {len(found)} policies are beaten by no other in both, {x} and {y}: {words.listed(names)}"


def caption(table: pd.DataFrame) -> str:
    """How to read the chart."""
    found = spots(table)
    some = len(label_sides(found)) < len(found)
    crowded = " Where points are crowded, some names are left out: the pointer and the table tell." if some else ""
    return (
        f"A point is a policy against {label(found[0].name)} (the diamond), which faces the same worlds: less is better "
        "in both criteria, so that what lies left of the dotted line, or below it, is better than the reference there. The "
        "line joins the policies that no other one beats in both (the Pareto front, by means), drawn green. Whiskers are 90 % "
        f"bootstrap intervals of the paired differences.{crowded}"
    )


def alt(table: pd.DataFrame) -> str:
    """The chart in a sentence."""
    found, (one, two), (x, y) = spots(table), units(table), axes_of(table)
    parts = [f"{label(spot.name)} {amount(spot.x, one)}, {amount(spot.y, two)}" for spot in found[1:]]
    return f"Points of policies, differences to {label(found[0].name)} in {subject(x)} and {subject(y)}: {'; '.join(parts)}."
