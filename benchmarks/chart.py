"""Small charts as plain SVG, which a page of Markdown shows as it is."""

from __future__ import annotations

import itertools
import math
from html import escape
from typing import NamedTuple

from gridsim.figures.style import FONT, INK

PALE = "#d8dbe0"


class Axis(NamedTuple):
    """A logarithmic or linear axis from one pixel to another."""

    low: float
    high: float
    first: float
    last: float
    log: bool

    def at(self, value: float) -> float:
        """Pixel of a value."""
        low, high, here = (math.log(v) if self.log else v for v in (self.low, self.high, value))
        return self.first + (self.last - self.first) * (here - low) / (high - low)


def text(x: float, y: float, words: str, anchor: str = "middle", size: int = 13, colour: str = INK, **more: str) -> str:
    """A line of text."""
    extra = "".join(f' {name}="{value}"' for name, value in more.items())
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-size="{size}" fill="{colour}"{extra}>{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1, dash: str = "none") -> str:
    """A straight line."""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"'
        f' stroke-dasharray="{dash}"/>'
    )


def dots(x: Axis, y: Axis, values: list[tuple[float, float]], colour: str) -> list[str]:
    """Measured points."""
    return [
        f'<circle cx="{x.at(a):.1f}" cy="{y.at(b):.1f}" r="5" fill="{colour}" stroke="white" stroke-width="1.2"/>'
        for a, b in values
    ]


class Series(NamedTuple):
    """Points of one colour, joined by a line."""

    name: str
    colour: str
    points: list[tuple[float, float]]


class Panel(NamedTuple):
    """One pair of logarithmic axes; `slope` draws a line in proportion to x through the first point."""

    title: str
    left: str
    below: str
    series: list[Series]


WIDTH, HEIGHT, GAP = 480, 360, 20
LEFT, RIGHT, TOP, BOTTOM = 66, 458, 64, 292


def ticks(low: float, high: float) -> list[float]:
    """Powers of ten within bounds; 1, 2 and 5 times them where there would be fewer than three."""
    powers = [10.0**n for n in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    for steps in ((1,), (1, 3), (1, 2, 5)):
        found = [p * s for p in powers for s in steps if low * 0.999 <= p * s <= high * 1.001]
        if len(found) >= 3:
            break
    return found


def drawn(panel: Panel, shift: float) -> list[str]:
    """A panel, moved to the right."""
    xs, ys = ([p[i] for one in panel.series for p in one.points] for i in (0, 1))
    x = Axis(min(xs) / 1.3, max(xs) * 1.3, LEFT + shift, RIGHT + shift, log=True)
    y = Axis(min(ys) / 1.6, max(ys) * 1.6, BOTTOM, TOP, log=True)
    out = [
        text(x.first, 26, panel.title, "start", 15, **{"font-weight": "600"}),
        text(x.first, 48, panel.left, "start"),
    ]
    for value in ticks(y.low, y.high):
        out.append(line(x.first, y.at(value), x.last, y.at(value), PALE))
        out.append(text(x.first - 8, y.at(value) + 4.5, f"{value:,g}", "end"))
    for value in ticks(x.low, x.high):
        out.append(line(x.at(value), BOTTOM, x.at(value), BOTTOM + 5, "#9aa0a8"))
        out.append(text(x.at(value), BOTTOM + 21, f"{value:,g}"))
    out.append(text((x.first + x.last) / 2, BOTTOM + 44, panel.below))
    for n, one in enumerate(panel.series):
        places = [(x.at(a), y.at(b)) for a, b in one.points]
        out += [line(*p, *q, one.colour, 2) for p, q in itertools.pairwise(places)]
        out += dots(x, y, one.points, one.colour)
        if len(panel.series) > 1:
            out.append(text(x.first + 10, TOP + 16 + 18 * n, one.name, "start", colour=one.colour))
    return out


def figure(title: str, panels: list[Panel]) -> str:
    """Panels in a row, as SVG."""
    width = WIDTH * len(panels) + GAP * (len(panels) - 1)
    body = "\n".join(part for n, panel in enumerate(panels) for part in drawn(panel, n * (WIDTH + GAP)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" font-family="{escape(FONT)}" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{width}" height="{HEIGHT}" fill="white"/>\n{body}\n</svg>\n'
    )
