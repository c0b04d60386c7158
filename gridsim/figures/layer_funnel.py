"""From asked for to used in each of the four layers: power, GPUs, quota, tokens, in one month."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from gridsim.engine.result import Result
from gridsim.figures import facts, style, words

Month = pd.Series


class Step(NamedTuple):
    """A bar: what it counts, how much, in what colour, and what that means."""

    name: str
    amount: float
    colour: str
    meaning: str


class Layer(NamedTuple):
    """A layer: its name, how an amount is said, and its steps from asked for to used."""

    name: str
    say: Callable[[float], str]
    steps: list[Step]

    @property
    def is_known(self) -> bool:
        """Whether anything is asked for."""
        return math.isfinite(self.steps[0].amount) and self.steps[0].amount > facts.DUST


def power(now: Month) -> Layer:
    """Megawatts: every copy, each project once, the need, agreements, load in service, what is used."""
    asked = float(now["queued_mw"] + now["signed_mw"])
    return Layer(
        "Power",
        words.power,
        [
            Step("requested, every copy", asked, style.QUEUE, "requests filed or signed and not in service"),
            Step("unique", asked - float(now["duplicate_mw"]), style.DUPLICATES, "each project counted once"),
            Step("needed", float(now["power_need"]), style.NEEDED, "true need beyond the load in service"),
            Step("signed", float(now["signed_mw"]), style.SIGNED, "agreements signed, not in service"),
            Step("in service", float(now["energised_mw"]), style.SERVED, "contracted load in service, on top of it"),
            Step("used", float(now["power_useful"]), style.SERVED, "needed now, of what is due under the ramp"),
        ],
    )


def gpus(now: Month) -> Layer:
    """GPUs: held or on order, delivered, needed, with power, held, used."""
    delivered = float(now["installed_gpu"] + now["unplugged_gpu"])
    return Layer(
        "GPUs",
        words.gpus,
        [
            Step("held or on order", float(now["compute_claims"]), style.QUEUE, "GPUs held, and orders not filled"),
            Step("delivered", delivered, style.EXCESS, "with and without power"),
            Step("needed", float(now["compute_need"]), style.NEEDED, "at benchmark efficiency, with reserve for peaks"),
            Step("with power", float(now["installed_gpu"]), style.SIGNED, "of owners and of neoclouds"),
            Step("held", float(now["compute_held"]), style.SERVED, "owned with power, or rented"),
            Step("used for what is needed", float(now["compute_useful"]), style.SERVED, "of those held, truly needed"),
        ],
    )


def quota(now: Month) -> Layer:
    """Research quota: asked for, needed, there, granted, seemingly used, useful."""
    held = float(now["quota_held"])
    return Layer(
        "Research quota",
        words.gpus,
        [
            Step("asked for by teams", float(now["quota_claims"]), style.QUEUE, "what teams say they need"),
            Step("needed", float(now["quota_need"]), style.NEEDED, "what they truly need"),
            Step("there", float(now["quota_capacity"]), style.CAPACITY, "GPUs that research has"),
            Step("granted", held, style.SIGNED, "quotas"),
            Step(
                "seemingly used", held * float(now["reported_utilisation"]), style.PADDING, "busy, with whatever it is"
            ),
            Step("used for useful work", float(now["quota_useful"]), style.SERVED, "lent quota included"),
        ],
    )


def tokens(now: Month) -> Layer:
    """Tokens in the busiest hour: asked for, useful, computable, served, of use."""
    return Layer(
        "Tokens",
        words.tokens,
        [
            Step("asked for in the busiest hour", float(now["tokens_claims"]), style.QUEUE, "with retries and waste"),
            Step("needed", float(now["tokens_need"]), style.NEEDED, "of which useful, before any user has left"),
            Step("computable", float(now["tokens_capacity"]), style.CAPACITY, "at the target use of serving GPUs"),
            Step("served", float(now["tokens_held"]), style.SIGNED, "of what is asked for"),
            Step("served and useful", float(now["tokens_useful"]), style.SERVED, "of what is served"),
        ],
    )


def layers(result: Result, month: int | None = None) -> list[Layer]:
    """The layers in which anything is asked for, at the end of a month; by default that in which claims for power peak."""
    now = result.series.iloc[facts.peak(result) if month is None else month]
    return [layer for layer in (make(now) for make in (power, gpus, quota, tokens)) if layer.is_known]


def missing(result: Result, month: int | None = None) -> str:
    """Why the chart cannot be drawn; empty if it can."""
    return "" if layers(result, month) else "Nobody asks for anything in this month."


def figure(result: Result, month: int | None = None) -> go.Figure:
    """A group of bars a layer, each bar as a share of what is asked for in its layer."""
    found = layers(result, month)
    out = style.new_figure(
        90 + sum(46 + 40 * len(layer.steps) for layer in found), hovermode="closest", showlegend=False
    )
    place, widest = 0.0, 1.0
    for layer in found:
        out.add_annotation(
            x=0, y=place, text=f"<b>{layer.name}</b>", showarrow=False, xanchor="left", yanchor="bottom", font={"size": 15}
        )  # fmt: skip
        shares = [share(step, layer) for step in layer.steps]
        widest = max(widest, *shares)
        places = [place - 0.85 - i for i in range(len(layer.steps))]
        out.add_bar(
            orientation="h", y=places, x=[100.0 * value for value in shares], width=0.36,
            marker={"color": [step.colour for step in layer.steps], "cornerradius": 3},
            customdata=[[step.name, layer.say(step.amount), step.meaning] for step in layer.steps],
            hovertemplate="%{customdata[0]}: %{customdata[1]}, %{x:.0f} of 100<br>%{customdata[2]}<extra></extra>",
        )  # fmt: skip
        for step, at in zip(layer.steps, places, strict=True):
            style.label_bar(out, f"<b>{layer.say(step.amount)}</b>  {step.name}", 0, at + 0.2)
        place = places[-1] - 1.4
    out.update_yaxes(visible=False, range=[place + 0.6, 0.7], fixedrange=True)
    out.update_xaxes(title_text="of each 100 asked for", range=[0, 104 * widest], fixedrange=True)
    out.update_layout(margin={"t": 8})
    return out


def share(step: Step, layer: Layer) -> float:
    """A step over what is asked for; 0 where it is not known."""
    return step.amount / layer.steps[0].amount if math.isfinite(step.amount) else 0.0


def table(result: Result, month: int | None = None) -> pd.DataFrame:
    """The chart as a table."""
    rows = [
        {
            "layer": layer.name,
            "step": step.name,
            "amount": layer.say(step.amount),
            "of each 100 asked for": 100.0 * share(step, layer),
            "meaning": step.meaning,
        }
        for layer in layers(result, month)
        for step in layer.steps
    ]
    return pd.DataFrame(rows)


def needed(layer: Layer) -> float:
    """Of each 100 asked for in a layer, what is needed."""
    return 100.0 * next(share(step, layer) for step in layer.steps if step.name == "needed")


def title(result: Result, month: int | None = None) -> str:
    """The finding: what is needed of what is asked for, layer by layer."""
    units = {"Power": "MW", "GPUs": "GPUs", "Research quota": "GPUs of quota", "Tokens": "tokens"}
    said = [f"{needed(layer):.0f} {units[layer.name]}" for layer in layers(result, month)]
    return f"Of each 100 asked for, {words.listed(said)} are needed"


def caption(result: Result, month: int | None = None) -> str:
    """How to read the chart."""
    at = facts.peak(result) if month is None else month
    return (
        f"{facts.month_name(result, at)}. Each bar is a share of what is asked for in its layer; what is needed may be more than "
        "that, and then scarcity is real. Load in service comes on top of the requests. Need counts benchmark efficiency and "
        f"the planning horizon of {words.span(facts.horizon(result))}."
    )


def alt(result: Result, month: int | None = None) -> str:
    """The chart in a sentence."""
    texts = [
        f"{layer.name}: " + ", ".join(f"{step.name} {layer.say(step.amount)}" for step in layer.steps)
        for layer in layers(result, month)
    ]
    return "Bars from asked for to used, layer by layer. " + ". ".join(texts) + "."
