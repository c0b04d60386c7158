"""The levers of the first screen, by who decides: at most eight, in real units, each with its source."""

from __future__ import annotations

from typing import Any, NamedTuple

from gridsim.config.errors import literal
from gridsim.config.fields import Block
from gridsim.config.scenario import Mechanisms, Scenario
from gridsim.config.walk import range_words, slot_of_field


class Lever(NamedTuple):
    """One value of a scenario that a slider moves between `low` and `high`, in steps."""

    path: str
    who: str
    name: str
    unit: str
    low: float
    high: float
    step: float
    effect: str
    basis: str  # where the ends of the slider come from

    @property
    def key(self) -> str:
        """Its path as a name of an HTML element."""
        return self.path.replace(".", "-")


LEVERS = (
    Lever(
        "demand.growth_gw", "Labs", "Growth of true need", "GW", 10, 150, 5,
        "What labs and hyperscalers will really need on top of today's load, over six years.",
        "forecasts for the United States to 2030 run from about 20 to 130 GW",
    ),
    Lever(
        "demand.projects.sites_max", "Labs", "Areas asked per project", "areas", 1, 15, 1,
        "How many utilities a lab may ask for the same project. One: no duplicates.",
        "assumed, half to one and a half times the default",
    ),
    Lever(
        "actors.hyperscalers.margin", "Hyperscalers", "Reserve over forecast", "share", 0, 1, 0.05,
        "What hyperscalers ask for beyond what they expect to need.",
        "assumed, none to as much again",
    ),
    Lever(
        "actors.utilities.studies_in_parallel", "Utilities", "Studies at a time", "studies", 1, 16, 1,
        "How many requests each utility's staff can study at once.",
        "assumed, a quarter to four times the default",
    ),
    Lever(
        "grid.expansion.lead_months", "Utilities", "Time to build capacity", "months", 12, 84, 3,
        "How long capacity takes that a utility decides to build.",
        "batteries and solar from 12, gas turbines 42 to 60, nuclear beyond",
    ),
    Lever(
        "policy.deposit_usd_per_mw", "Regulators", "Deposit at filing", "US$/MW", 0, 500_000, 10_000,
        "What every request pays when it is filed.",
        "from none to five times the most that Texas SB6 asks for as security",
    ),
    Lever(
        "policy.deposit_refundable_share", "Regulators", "Deposit returned", "share", 0, 1, 0.05,
        "What who gives up gets back. Fully returned, a deposit costs its owner only interest.",
        "from forfeited to returned",
    ),
    Lever(
        "policy.minimum_take", "Regulators", "Minimum take", "share", 0, 0.95, 0.05,
        "Share of the contracted power that is billed whether it is used or not.",
        "GS-5 and AEP Ohio: 0.85",
    ),
)  # fmt: skip
SPELLED = {"gpu": "GPU", "gpus": "GPUs", "mfu": "MFU"}
GROUPS = tuple(dict.fromkeys(lever.who for lever in LEVERS))


def value_of(scenario: Scenario, path: str) -> Any:
    """The value at a dotted path; a term that the policy leaves open is that of the first tariff."""
    here: Any = scenario
    for part in path.split("."):
        here = getattr(here, part)
    first, _, term = path.partition(".")
    return getattr(scenario.tariffs[0], term) if here is None and first == "policy" else here


def range_of(lever: Lever, value: float) -> tuple[float, float]:
    """The ends of a lever's slider for a scenario that has this value: wide enough to hold it."""
    return min(lever.low, value), max(lever.high, value)


def typed(path: str, value: float) -> float | int:
    """A slider's value as the schema wants it: whole where it asks for a whole number."""
    return round(value) if int in slot_of_field(field_of(path)).kinds else float(value)


def field_of(path: str) -> Any:
    """The schema's field at a dotted path of blocks. Raises KeyError where there is none."""
    model: type[Block] = Scenario
    *blocks, last = path.split(".")
    for part in blocks:
        inner = slot_of_field(model.model_fields[part]).block
        if inner is None:
            raise KeyError(path)
        model = inner  # type: ignore[assignment]
    return model.model_fields[last]


def notes(lever: Lever) -> list[str]:
    """What stands beside a lever: what it does, where its range and its default come from, what the schema allows."""
    field = field_of(lever.path)
    extra = field.json_schema_extra
    slot = slot_of_field(field)
    return [
        lever.effect,
        f"Range here: {lever.basis}. The model allows {range_words(slot)}.",
        f"Source of the default: {extra['source']}. In a scenario: {lever.path}.",
    ]


def shown(lever: Lever, value: float) -> str:
    """A value with its unit: "50,000 US$/MW", "85 %"."""
    if lever.unit == "share":
        return f"{100 * value:.0f} %"
    return f"{value:,.0f} {lever.unit}"


def change_words(path: str, value: Any) -> str:
    """A change in words: the lever's name and value, or the path and value of a parameter without one."""
    for lever in LEVERS:
        if lever.path == path:
            return f"{lever.name[:1].lower()}{lever.name[1:]} {shown(lever, value)}"
    block, _, name = path.partition(".")
    if block == "mechanisms" and name in Mechanisms.model_fields:
        return f"{mechanism(name)} {'on' if value else 'off'}"
    return f"{path} {literal(value)}"


def mechanism(name: str) -> str:
    """A mechanism's short name: "duplicates", "dark GPU release"."""
    words = name.partition("_")[2].replace("_", " ").split()
    return " ".join(SPELLED.get(word, word) for word in words)
