"""All cases in one picture: how far each number is from what is expected, in units of its tolerance."""

from __future__ import annotations

from xml.sax.saxutils import escape

from gridsim.theory.page import Outcome

WIDTH, LEFT, ROW, TOP = 760, 330, 18, 46
FONT = "system-ui, sans-serif"
INK, DOT, OFF, BAND = "#24292f", "#0b6e4f", "#b3261e", "#eef3f1"


def share_of_tolerance(got: float, expected: float, scale: float) -> float:
    """Difference over tolerance, cut to 1.2 so that what does not hold stays in the picture."""
    away = (got - expected) / scale if scale > 0.0 else (0.0 if got == expected else 1.2)
    return max(-1.2, min(1.2, away))


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
            scale = row.tolerance * (abs(row.expected) if row.relative else 1.0)
            colour = DOT if row.holds else OFF
            x = x_of(share_of_tolerance(row.got, row.expected, scale))
            parts.append(f'<circle cx="{x:.1f}" cy="{y}" r="3" fill="{colour}" fill-opacity="0.55"/>')
    for share, label in ((-1, "−1"), (0, "0"), (1, "1")):
        parts.append(f'<text x="{x_of(share):.1f}" y="{bottom + 18}" text-anchor="middle">{label}</text>')
    return "\n".join([*parts, "</svg>", ""])
