"""Numbers in words that a reader takes in at once: three significant digits, units always."""

from __future__ import annotations

import math
from typing import NamedTuple


class Unit(NamedTuple):
    """A unit for one chart: its name, what to divide MW, US$, GPUs or tokens by, and the decimals worth showing."""

    name: str
    size: float
    digits: int


RATIO = Unit("", 1.0, 2)
PERCENT = Unit("%", 0.01, 0)
RENT = Unit("US$/h", 1.0, 2)
MONTHS = ["January", "February", "March", "April", "May", "June", "July"]
MONTHS += ["August", "September", "October", "November", "December"]


def power_unit(largest_mw: float) -> Unit:
    """MW below 2 GW, else GW."""
    if not largest_mw >= 2000.0:
        return Unit("MW", 1.0, 0)
    return Unit("GW", 1000.0, 1)


def money_unit(largest_usd: float) -> Unit:
    """US$, million or billion, so that the largest amount has few digits."""
    if largest_usd >= 2e9:
        return Unit("billion US$", 1e9, 2)
    return Unit("million US$", 1e6, 2) if largest_usd >= 2e6 else Unit("US$", 1.0, 0)


def gpu_unit(largest: float) -> Unit:
    """GPUs, thousand or million."""
    if largest >= 2e6:
        return Unit("million GPUs", 1e6, 1)
    return Unit("thousand GPUs", 1e3, 1) if largest >= 2e3 else Unit("GPUs", 1.0, 0)


def token_unit(largest: float) -> Unit:
    """Tokens a second: million, billion or trillion."""
    if largest >= 2e12:
        return Unit("trillion tokens/s", 1e12, 1)
    return Unit("billion tokens/s", 1e9, 1) if largest >= 2e9 else Unit("million tokens/s", 1e6, 2)


def power(mw: float) -> str:
    """MW as text, in GW from 1,000 MW on: "61 GW", "4.2 GW", "830 MW"; "an unknown amount" for NaN."""
    if not math.isfinite(mw):
        return "an unknown amount"
    if abs(mw) >= 99_500:
        return f"{mw / 1000:,.0f} GW"
    if abs(mw) >= 9_950:
        return f"{mw / 1000:.0f} GW"
    if abs(mw) >= 999.5:
        return f"{mw / 1000:.1f} GW"
    return f"{mw:.0f} MW".replace("-0 MW", "0 MW")


def money(usd: float) -> str:
    """US$ as text: "$4.2 billion", "$830 million", "$12,000"; "an unknown sum" for NaN."""
    if not math.isfinite(usd):
        return "an unknown sum"
    for size, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if abs(usd) >= 0.9995 * size:
            value = usd / size
            return f"${value:.0f} {name}" if abs(value) >= 99.5 else f"${value:.3g} {name}"
    return f"${usd:,.0f}".replace("$-", "−$")


def count(n: float) -> str:
    """A large number as text: "65 million", "4.2 million", "830,000"; "an unknown number of" for NaN."""
    if not math.isfinite(n):
        return "an unknown number of"
    for size, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if abs(n) >= 0.9995 * size:
            value = n / size
            return f"{value:,.0f} {name}" if abs(value) >= 9.95 else f"{value:.1f} {name}"
    return f"{float(f'{n:.3g}'):,.0f}"


def gpus(n: float) -> str:
    """GPUs as text: "65 million GPUs", "1 GPU"."""
    text = count(n)
    return f"{text} GPU" if text == "1" else f"{text} GPUs"


def tokens(per_second: float) -> str:
    """Tokens a second as text: "60 billion tokens/s"."""
    return f"{count(per_second)} tokens/s"


def rent(usd_per_hour: float) -> str:
    """The rent of a GPU as text: "$2.35 an hour"."""
    return f"${usd_per_hour:,.2f} an hour" if math.isfinite(usd_per_hour) else "an unknown rent"


def hours(n: float) -> str:
    """Hours as text: "3.4 hours", "33 hours"; "an unknown number of hours" for NaN."""
    if not math.isfinite(n):
        return "an unknown number of hours"
    text = f"{n:.0f}" if n >= 9.95 else f"{n:.1f}"
    return f"{text} hours"


def number(ratio: float) -> str:
    """A bare ratio as text: "1.24", "12"; "an unknown number" for NaN."""
    return f"{ratio:.3g}" if math.isfinite(ratio) else "an unknown number"


def times(ratio: float) -> str:
    """A ratio as text: "7.2 times"; "an unknown multiple" for NaN."""
    if not math.isfinite(ratio):
        return "an unknown multiple"
    return f"{ratio:.0f} times" if ratio >= 9.95 else f"{ratio:.1f} times"


def percent(share: float) -> str:
    """A share as text: "14 %"; "an unknown share" for NaN."""
    return f"{100 * share:.0f} %" if math.isfinite(share) else "an unknown share"


def months(n: float) -> str:
    """A span as text: "49 months"; "not reached" for NaN."""
    return f"{n:.0f} months" if math.isfinite(n) else "not reached"


def span(n: int) -> str:
    """A whole span in years where it is one: "5 years", "18 months"."""
    if n % 12 == 0:
        return "1 year" if n == 12 else f"{n // 12} years"
    return "1 month" if n == 1 else f"{n} months"


def calendar(number: int) -> str:
    """A month number (months since year 0) as text: "April 2033"."""
    return f"{MONTHS[number % 12]} {number // 12}"


def listed(parts: list[str]) -> str:
    """A list as text: "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""
