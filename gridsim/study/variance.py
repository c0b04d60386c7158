"""How much of a measure's variance over a sweep goes back to each parameter, with the luck of seeds set apart.

A run's outcome is Y(x, s) = f(x) + e(x, s): f is the expectation at the parameters x, e the luck of the seed s. All cells have
the same seeds, so that e has a part that is common to all cells, which drops out of every difference between cells, and an
interaction of parameter and seed, of which 1 / seeds is left in the variance of cell means (Marrel et al. 2012, Computational
Statistics 27:833-847, split mean and noise in this way). Different seeds are independent of each other at any two cells.
Hence the mean over all pairs of *different* seeds of a product Y(x, s) Y(x', s') is f(x) f(x') without bias (Hoeffding
1948, Annals of Mathematical Statistics 19:293-325), whatever e is and however it depends on x. Variance and numerators of
Sobol' indices are sums of such products; nothing need be assumed about the noise to take it out of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridsim.config.scenario import Scenario
from gridsim.config.sweep import Sample, Sweep
from gridsim.config.walk import slot_at
from gridsim.engine.criteria import parsed
from gridsim.study.designs import cells, ranks, salib_problem
from gridsim.study.overview import base_of
from gridsim.study.plan import digest_of, expanded, sample_of
from gridsim.study.results import Batch

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
DESIGNS = ("morris", "saltelli")
CONFIDENCE = 0.9
RESAMPLES = 1000
SEED = 1  # of the bootstrap: the same store gives the same table


def sensitivity(batch: Batch, measure: str = "power_phantom_ratio.peak") -> pd.DataFrame:
    """How much a measure depends on each parameter of a Morris or Saltelli sweep.

    The outcome of a cell is the mean over its seeds; honest twins are left out. Intervals are 90 % bootstrap intervals over
    trajectories or base points: they say what few cells leave open, not what few seeds do.

    Args:
        batch: a complete batch, whose sweep is a sample of design `morris` or `saltelli` and nothing else.
        measure: a column of the monthly series and what is taken of it: last, peak or mean.

    Returns:
        One row a parameter, what matters most first, with parameter, source (of its default, from the schema) and assumed;
        then for `morris`, in the unit of the measure over the whole of a range (SALib; Morris 1991; Campolongo et al. 2007):
        mu_star, mu_star_low, mu_star_high, mu, sigma, and luck, see `screening`;
        for `saltelli`, as shares of the variance of expected outcomes: first, first_low, first_high, total, total_low,
        total_high, and first_of_means, total_of_means, what SALib makes of cell means with the noise left in, see `indices`;
        and in every row noise_share, the share of seeds in the variance of a single run (see `noise_share`), and seeds.
        With one seed nothing can be said of noise: noise_share and luck are NaN, and indices are those of the single runs.

    Raises:
        ValueError: an unknown measure or one that the store does not keep, another design, a single trajectory or base point,
            runs that are missing, outcomes that are not known, a measure that no parameter moves, or moves less than chance.
    """
    import pandas as pd

    parsed(measure)
    sample = design_of(batch)
    outcomes = outcomes_of(batch, measure)
    if not np.ptp(outcomes, axis=0).any():
        raise ValueError(f"{batch.folder}: {measure} is the same in all cells: no parameter of the sweep moves it")
    if sample.design == "morris":
        columns, key, varied = screening(sample, outcomes), "mu_star", outcomes
    else:
        columns, key, varied = indices(sample, outcomes), "total", independent(sample, outcomes)
    names = list(sample.ranges)
    sources = [source_of(batch, name) for name in names]
    table = pd.DataFrame(
        {"parameter": names, "source": sources, "assumed": [source.startswith("assumed") for source in sources]}
        | columns
        | {"noise_share": noise_share(varied), "seeds": outcomes.shape[1]}
    )
    return table.sort_values(key, ascending=False, kind="stable", ignore_index=True)


def design_of(batch: Batch) -> Sample:
    """The sample that a batch's cells are, in the order of its design. Raises ValueError if they are no such sample."""
    sample, manifest = sample_of(batch.manifest), batch.manifest
    if sample is None and "sample" not in manifest:
        raise ValueError(f"{batch.folder}: the store was made before gridsim kept designs; run the batch again")
    if sample is None or sample.design not in DESIGNS:
        found = f"its sample is {sample.design}" if sample else "its sweep has no sample"
        raise ValueError(f"{batch.folder}: the sweep must be a sample of design morris or saltelli; {found}")
    if sample.points < 2:
        raise ValueError(f"{batch.folder}: the design has one point only, which leaves no interval; take 2 or more")
    try:
        drawn = cells(Sweep(sample=sample))
    except ImportError:
        raise ValueError('sensitivity needs an optional library: pip install "gridsim[study]"') from None
    if digest_of(drawn) != manifest["cells_digest"]:
        raise ValueError(
            f"{batch.folder}: the cells are not those of the design alone: the sweep has a grid or a list beside the "
            "sample, or another version of SALib drew it"
        )
    return sample


def outcomes_of(batch: Batch, measure: str) -> Floats:
    """A measure by cell and seed. Raises ValueError if a run is missing, or its outcome not known."""
    manifest = batch.manifest
    if measure.partition(".")[0] not in manifest["measures"]:
        kept = ", ".join(manifest["measures"]) or "none"
        raise ValueError(f"measure {measure!r}: the store does not keep it; kept are {kept}")
    shape = manifest["cells"], len(expanded(manifest["seeds"]))
    done = len(batch.read("runs", ["run"])) if batch.files("runs") else 0
    if done != manifest["runs"]:
        missing = manifest["runs"] - done
        raise ValueError(
            f"{batch.folder}: {missing:,} of {manifest['runs']:,} runs are missing; finish the batch first"
        )
    runs = batch.read("runs", ["twin", measure])
    found = np.asarray(runs[measure][~runs["twin"]], np.float64).reshape(shape)  # runs stand cell by cell, seed by seed
    unknown = np.argwhere(~np.isfinite(found))
    if len(unknown):
        more = f" and in {len(unknown) - 1:,} more runs" if len(unknown) > 1 else ""
        seed = expanded(manifest["seeds"])[unknown[0, 1]]
        raise ValueError(f"{batch.folder}: {measure} is not known in cell {unknown[0, 0]} with seed {seed}{more}")
    return found


def source_of(batch: Batch, path: str) -> str:
    """Where the schema says that a parameter's default comes from; empty where it says nothing, as of switches."""
    key, _ = base_of(batch.manifest["scenario"], path)
    slot = slot_at(Scenario, key)
    return slot.source if slot else ""


def pairs(first: Floats, second: Floats) -> Floats:
    """Mean of the products of two outcomes over all pairs of different seeds, which are on the last axis; of the only seed."""
    count = first.shape[-1]
    same = np.asarray((first * second).sum(axis=-1))
    if count == 1:
        return same
    return np.asarray((first.sum(axis=-1) * second.sum(axis=-1) - same) / (count * (count - 1)))


def noise_share(outcomes: Floats) -> float:
    """Share of the variance of a single run that is due to its seed: E Var(Y | x) / Var Y, by the law of total variance.

    `outcomes` are by cell and seed. Within cells it is the mean of the unbiased variances, between them the variance of
    expected outcomes over these cells, estimated from pairs of different seeds. NaN with one seed.
    """
    cells, seeds = outcomes.shape
    if seeds < 2:
        return float("nan")
    within = float(outcomes.var(axis=1, ddof=1).mean())
    centred = outcomes - outcomes.mean(axis=0)
    between = max(0.0, float(pairs(centred, centred).sum()) / (cells - 1))
    return within / (within + between) if within > 0.0 else 0.0


def independent(sample: Sample, outcomes: Floats) -> Floats:
    """Outcomes of the cells of a Saltelli design that are drawn from the whole of all ranges: its matrices A and B."""
    blocks = outcomes.reshape(sample.points, len(sample.ranges) + 2, -1)
    return np.concatenate([blocks[:, 0], blocks[:, -1]])


def screening(sample: Sample, outcomes: Floats) -> dict[str, Floats]:
    """Elementary effects of a Morris design on cell means, by SALib.

    An effect is a difference over the step, as a share of the range. `mu_star` is the mean of the absolute effects, `mu` of the
    effects, `sigma` their standard deviation. Noise that is left in cell means makes mu_star and sigma larger, not mu. `luck`
    says by how much about: the mu_star of a parameter that changes no expectation and only deals other luck. Effects are
    then normal around 0 with the variance of their mean over seeds, tau^2, and mu_star is tau sqrt(2 / pi).
    """
    from SALib.analyze import morris

    points = ranks(sample)
    found = morris.analyze(
        salib_problem(sample),
        points,
        outcomes.mean(axis=1),
        num_resamples=RESAMPLES,
        conf_level=CONFIDENCE,
        num_levels=sample.levels,
        seed=SEED,
    )
    star, half = np.asarray(found["mu_star"], float), np.asarray(found["mu_star_conf"], float)
    return {
        "mu_star": star,
        "mu_star_low": np.maximum(star - half, 0.0),
        "mu_star_high": star + half,
        "mu": np.asarray(found["mu"], float),
        "sigma": np.asarray(found["sigma"], float),
        "luck": luck(points, outcomes),
    }


def luck(points: Floats, outcomes: Floats) -> Floats:
    """The mu_star that noise alone would give each parameter; NaN with one seed."""
    size, seeds = points.shape[1], outcomes.shape[1]
    if seeds < 2:
        return np.full(size, np.nan)
    steps = np.diff(points.reshape(-1, size + 1, size), axis=1)
    moved = np.abs(steps).argmax(axis=2)  # by trajectory and step, the parameter that makes it
    length = np.take_along_axis(steps, moved[:, :, None], axis=2)
    effects = np.diff(outcomes.reshape(-1, size + 1, seeds), axis=1) / length
    variance = effects.var(axis=2, ddof=1) / seeds
    mean = np.array([variance[moved == i].mean() for i in range(size)])
    return np.asarray(np.sqrt(mean * 2.0 / np.pi))


class Sums(NamedTuple):
    """By base point, what sums to variance and numerators: first and total [point, parameter], square, and mean by seed."""

    first: Floats
    total: Floats
    square: Floats
    mean: Floats

    def ratios(self, weights: Floats) -> tuple[float, Floats]:
        """Variance of expected outcomes, and the indices, first-order then total, for weights of the base points."""
        # einsum, not @: a BLAS adds in an order that depends on the processor, and the last digits with it.
        mean, square, first, total = (
            np.einsum("p,p...->...", weights, of) for of in (self.mean, self.square, self.first, self.total)
        )
        variance = float(square - pairs(mean, mean))
        numerators = np.concatenate([first, total])
        return variance, numerators / variance if variance > 0.0 else np.full(numerators.size, np.nan)


def sums(sample: Sample, outcomes: Floats) -> Sums:
    """The products of a Saltelli design, each over pairs of different seeds, of outcomes centred seed by seed."""
    blocks = (outcomes - outcomes.mean(axis=0)).reshape(sample.points, len(sample.ranges) + 2, -1)
    a, one_changed, b = blocks[:, :1], blocks[:, 1:-1], blocks[:, -1:]
    step = one_changed - a
    square = 0.5 * (pairs(a, a) + pairs(b, b))[:, 0]
    return Sums(pairs(b, step), 0.5 * pairs(step, step), square, 0.5 * (a + b)[:, 0])


def indices(sample: Sample, outcomes: Floats) -> dict[str, Floats]:
    """First-order and total Sobol' indices of expected outcomes, from the cells of a Saltelli design.

    With A and B two matrices of base points and A_i the first with column i of the second (Saltelli et al. 2010, Computer
    Physics Communications 181:259-270; the total index is Jansen's, 1999):

        first_i = mean(f(B) (f(A_i) - f(A))) / V,    total_i = mean((f(A) - f(A_i))^2) / 2V,    V = Var f over A and B,

    every product a mean over pairs of different seeds, which takes out what noise adds to V and to the total indices.
    `first_of_means` and `total_of_means` are SALib's, of cell means: the same with products of means.

    Raises:
        ValueError: V is not above 0, the cells differ no more than by chance.
    """
    from SALib.analyze import sobol

    parts, points = sums(sample, outcomes), sample.points
    variance, found = parts.ratios(np.full(points, 1.0 / points))
    if not variance > 0.0:
        raise ValueError("the measure differs between cells no more than by chance; run more seeds")
    of_means = sobol.analyze(
        salib_problem(sample), outcomes.mean(axis=1), calc_second_order=False, num_resamples=2, seed=SEED
    )
    rng = np.random.default_rng(SEED)
    drawn = [parts.ratios(rng.multinomial(points, np.full(points, 1.0 / points)) / points)[1] for _ in range(RESAMPLES)]
    low, high = np.nanquantile(drawn, [(1.0 - CONFIDENCE) / 2.0, (1.0 + CONFIDENCE) / 2.0], axis=0)
    size = len(sample.ranges)
    return {
        "first": found[:size],
        "first_low": low[:size],
        "first_high": high[:size],
        "total": found[size:],
        "total_low": low[size:],
        "total_high": high[size:],
        "first_of_means": np.asarray(of_means["S1"], float),
        "total_of_means": np.asarray(of_means["ST"], float),
    }
