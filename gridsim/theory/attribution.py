"""Attribution: the estimators of the package against functions whose shares are known."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gridsim.model.group import F
from gridsim.study.sensitivity import Inputs, NormalInputs, UniformInputs, indices
from gridsim.study.shapley import attribute, subsets
from gridsim.theory.registry import Row, case
from gridsim.theory.sampling import mean_over_seeds

DRAWS = 2**14


def estimated(model: Callable[[F], F], inputs: Inputs, stream: int) -> list[float]:
    """Variance, first-order and total indices and Shapley effects, one after the other, as means over seeds."""

    def sample(rng: np.random.Generator) -> list[float]:
        found = indices(model, inputs, DRAWS, rng)
        return [found.variance, *found.first, *found.total, *found.shapley]

    return [float(number) for number in mean_over_seeds(sample, stream)]


def ishigami(x: F) -> F:
    """Y = sin X1 + 7 sin^2 X2 + 0.1 X3^4 sin X1."""
    return np.asarray(np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))


@case(
    "G1",
    "Sobol' indices and Shapley effects of the Ishigami function",
    "Ishigami & Homma 1990; Owen 2014, SIAM/ASA Journal on Uncertainty Quantification 2:245-251; Song, Nelson & Staum 2016, "
    "same journal, 4:1060-1083",
    "published formula",
)
def independent_inputs() -> list[Row]:
    """Three inputs, uniform between -pi and pi."""
    bound = np.full(3, math.pi)
    variance, *shares = estimated(ishigami, UniformInputs(-bound, bound), 710)
    expected = (
        *(0.3139051911, 0.4424111448, 0.0),
        *(0.5575888552, 0.4424111448, 0.2436836641),
        *(0.4357470232, 0.4424111448, 0.121841832),
    )
    whats = [
        f"{kind} of input {i}" for kind in ("first-order index", "total index", "Shapley effect") for i in (1, 2, 3)
    ]
    return [
        Row("variance", variance, 13.84458794, 0.01, relative=True),
        *(Row(what, got, number, 0.01) for what, got, number in zip(whats, shares, expected, strict=True)),
    ]


@case(
    "G2",
    "Shapley effects of correlated inputs",
    "Owen & Prieur 2017, SIAM/ASA Journal on Uncertainty Quantification 5:986-1002; Song, Nelson & Staum 2016, same journal, "
    "4:1060-1083",
    "published formula",
)
def correlated_inputs() -> list[Row]:
    """The sum of two normal inputs with deviations 1 and 2 and correlation a half."""
    inputs = NormalInputs(np.zeros(2), np.array([[1.0, 1.0], [1.0, 4.0]]))
    *_, first, second = estimated(lambda x: np.asarray(x.sum(axis=1)), inputs, 720)
    return [
        Row("Shapley effect of the first", first, 0.3392857143, 0.01),
        Row("Shapley effect of the second", second, 0.6607142857, 0.01),
    ]


LAYERS = {"duplicates": 0.8, "speculation": 1.5, "hoarding": 0.3, "padding": 0.25}
"""By how much each layer of a chain inflates what it passes on."""


def apparent_demand(on: NDArray[np.bool_]) -> float:
    """One unit of demand, passed up the chain by those layers whose mechanism is on."""
    demand = 1.0
    for inflates, share in zip(on, LAYERS.values(), strict=True):
        demand += share * demand if inflates else 0.0
    return demand


@case(
    "G3",
    "Shares of four mechanisms in an inflation that multiplies",
    "Shapley 1953, Contributions to the Theory of Games II, 307-317; that logarithms add up is our own remark",
    "derived",
)
def chain() -> list[Row]:
    """All sixteen subsets of the layers: Shapley values in levels and logarithms, each layer alone, and on top of all."""
    outcomes = np.array([apparent_demand(on) for on in subsets(len(LAYERS))])
    levels, logs = attribute(list(LAYERS), outcomes), attribute(list(LAYERS), outcomes, "log")
    table = {
        "duplicates": (1.8825, 0.5877866649, 0.8, 3.25),
        "speculation": (2.7925, 0.9162907319, 1.5, 4.3875),
        "hoarding": (0.8825, 0.2623642645, 0.3, 1.6875),
        "padding": (0.755, 0.2231435513, 0.25, 1.4625),
    }
    rows = [Row("apparent less true demand", levels.total, 6.3125, 1e-9)]
    for i, (name, numbers) in enumerate(table.items()):
        got = (levels.value[i], logs.value[i], levels.first[i], levels.last[i])
        whats = ("share of", "share in logarithms of", "alone:", "on top of all others:")
        rows += [
            Row(f"{what} {name}", float(x), number, 1e-9) for what, x, number in zip(whats, got, numbers, strict=True)
        ]
    return [*rows, Row("interaction in logarithms", logs.interaction, 0.0, 1e-12)]
