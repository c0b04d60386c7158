"""Pictures of theory: of all cases, how far each number is from what is expected; of one case, its numbers."""

from __future__ import annotations

import math
from xml.sax.saxutils import escape

from gridsim.theory.page import Outcome, number

WIDTH, LEFT, ROW, TOP = 760, 330, 18, 46
FONT = "system-ui, sans-serif"
OUTSIDE = 1.2
"""Where what does not hold is drawn, so that it stays in the picture."""
INK, DOT, OFF, BAND = "#24292f", "#0b6e4f", "#b3261e", "#eef3f1"


def x_of(share: float) -> float:
    """Place on the page of a difference of so many tolerances."""
    middle = (LEFT + WIDTH - 20) / 2
    return middle + share * (WIDTH - 20 - LEFT) / 2.5


def figure(found: list[Outcome]) -> str:
    """An SVG with a row for every case and a dot for every number; within the band a number holds."""
    height = TOP + ROW * len(found) + 40
    bottom = TOP + ROW * len(found)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="{escape(FONT)}" font-size="11" '
        f'fill="{INK}" role="img"><title>What the package gives against what is expected, case by case</title>',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<rect x="{x_of(-1):.1f}" y="{TOP - 8}" width="{x_of(1) - x_of(-1):.1f}" height="{bottom - TOP + 8}" fill="{BAND}"/>',
        f'<text x="12" y="22" font-size="14" font-weight="600">Got less expected, over tolerance: {len(found)} cases</text>',
    ]
    for place, one in enumerate(found):
        y = TOP + ROW * place + 6
        title = one.case.title if len(one.case.title) <= 52 else one.case.title[:51] + "…"
        parts.append(f'<text x="12" y="{y + 4}">{escape(f"{one.case.id}  {title}")}</text>')
        for row in one.rows:
            colour = DOT if row.holds else OFF
            x = x_of(max(-OUTSIDE, min(OUTSIDE, row.off)))
            parts.append(f'<circle cx="{x:.1f}" cy="{y}" r="3" fill="{colour}" fill-opacity="0.55"/>')
    for share, label in ((-1, "−1"), (0, "0"), (1, "1")):
        parts.append(f'<text x="{x_of(share):.1f}" y="{bottom + 18}" text-anchor="middle">{label}</text>')
    return "\n".join([*parts, "</svg>", ""])


def place_of(values: list[float]) -> tuple[list[float], bool]:
    """Where values lie between 0 and 1, and whether on a logarithmic axis: where all are positive and they span 50 times."""
    logarithmic = min(values) > 0.0 and max(values) > 50.0 * min(values)
    scaled = [math.log(value) for value in values] if logarithmic else values
    low, high = min(scaled + [0.0] * (not logarithmic)), max(scaled)
    span = high - low or 1.0
    return [(value - low) / span for value in scaled], logarithmic


def case_figure(one: Outcome) -> str:
    """An SVG of one case: a ring where a number is expected, a dot where the package puts it, and the number."""
    rows = one.rows
    height, right = TOP + ROW * len(rows) + 26, WIDTH - 110
    places, logarithmic = place_of([value for row in rows for value in (row.expected, row.got)])
    axis = "logarithmic" if logarithmic else "from 0, linear"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="{escape(FONT)}" font-size="11" '
        f'fill="{INK}" role="img"><title>{escape(f"{one.case.id}: {one.case.title}")}</title>',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="12" y="22" font-size="14" font-weight="600">{escape(f"{one.case.id}  {one.case.title}")}</text>',
    ]
    for i, row in enumerate(rows):
        y = TOP + ROW * i + 6
        label = row.what if len(row.what) <= 52 else row.what[:51] + "…"
        expected, got = (LEFT + 10 + place * (right - LEFT - 20) for place in places[2 * i : 2 * i + 2])
        colour = DOT if row.holds else OFF
        parts += [
            f'<text x="12" y="{y + 4}">{escape(label)}</text>',
            f'<line x1="{LEFT}" x2="{right}" y1="{y}" y2="{y}" stroke="{BAND}" stroke-width="2"/>',
            f'<circle cx="{expected:.1f}" cy="{y}" r="6" fill="none" stroke="{INK}"/>',
            f'<circle cx="{got:.1f}" cy="{y}" r="3.2" fill="{colour}"/>',
            f'<text x="{right + 12}" y="{y + 4}">{number(float(f"{row.got:.4g}"))}</text>',
        ]
    foot = f"ring: expected, dot: got; {axis}"
    parts.append(f'<text x="{right}" y="{height - 8}" text-anchor="end">{foot}</text>')
    return "\n".join([*parts, "</svg>", ""])
