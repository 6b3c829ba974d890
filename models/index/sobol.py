"""Which uncertain choice moves a result: Sobol's first and total indices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import qmc

from models.checks import Floats, check_bounds
from models.replicates import Executor, batches, generator, run
from models.results import _areas, _Frozen

SAMPLING, RESAMPLING = 51, 52
BATCH = 64

Function = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class SobolIndices(_Frozen):
    """Shares of a result's variance; arrays are (n_groups,) unless said.

    Attributes
    ----------
    first : share that goes if the group of inputs were known
    total : share that stays if all other groups were known; more than `first` by interactions
    first_lower, first_upper, total_lower, total_upper : interval of the estimate (not of the truth's spread)
    mean, variance : of the result
    evaluations : of the function
    """

    first: Floats
    total: Floats
    first_lower: Floats
    first_upper: Floats
    total_lower: Floats
    total_upper: Floats
    mean: float
    variance: float
    evaluations: int

    def to_frame(self) -> pd.DataFrame:
        """One row a group of inputs."""
        names = ("first", "first_lower", "first_upper", "total", "total_lower", "total_upper")
        return _areas({name: getattr(self, name) for name in names}, "group")


def sobol_indices(
    function: Function,
    groups: Sequence[Sequence[int]],
    *,
    samples: int = 1024,
    seed: int = 0,
    level: float = 0.95,
    resamples: int = 500,
    executor: Executor | None = None,
) -> SobolIndices:
    """First and total indices of groups of inputs that are uniform in (0, 1).

    Parameters
    ----------
    function : (m, inputs) to (m,) results, row by row; picklable where the executor uses other processes
    groups : input columns of each group; together 0..inputs-1, each once
    samples : base points, a power of two; the function is evaluated samples x (groups + 2) times
    seed : of the scrambled sequence; base point j depends on (seed, j) only
    level, resamples : of the bootstrap intervals
    executor : spreads batches of points; the answer does not depend on it

    Returns
    -------
    SobolIndices; NaN where the function never varies

    Raises
    ------
    ValueError
        If samples is no power of two, groups do not cover the inputs, or a result is not finite.

    References
    ----------
    Jansen (1999), Computer Physics Communications 117, 35-43 (total). Saltelli et al. (2010), ibid. 181,
    259-270 (first, around the mean). Owen (1998), ACM TOMACS 8, 71-102 (scrambled sequences).
    """
    inputs = _inputs(groups)
    check_bounds({"level": level, "resamples": resamples}, {"level": (0.5, 0.9999), "resamples": (2, 1e5)})
    points = base_points(inputs, samples, seed)
    work = partial(_evaluated, function, points, [list(group) for group in groups])
    results = np.concatenate(run(work, batches(samples, BATCH), executor=executor))
    return indices(results, seed=seed, level=level, resamples=resamples)


def base_points(inputs: int, samples: int, seed: int) -> Floats:
    """Two independent points a row, (samples, 2 inputs)."""
    if samples < 2 or samples & (samples - 1):
        raise ValueError(f"samples must be a power of two, 64 or more to be of use; got {samples}")
    scramble = np.random.default_rng([seed, SAMPLING])  # scipy asks for one that can spawn
    sequence = qmc.Sobol(2 * inputs, rng=scramble)
    points: Floats = np.asarray(sequence.random_base2(samples.bit_length() - 1), dtype=np.float64)
    return points


def crossed(points: Floats, groups: Sequence[Sequence[int]]) -> Floats:
    """Points (rows, 2 + groups, inputs): the first, the second, the first with each group of the second."""
    inputs = points.shape[1] // 2
    first, second = points[:, :inputs], points[:, inputs:]
    mixed = [first, second]
    for group in groups:
        changed = first.copy()
        changed[:, group] = second[:, group]
        mixed.append(changed)
    return np.stack(mixed, axis=1)


def indices(results: Floats, *, seed: int, level: float, resamples: int) -> SobolIndices:
    """Indices from results (samples, 2 + groups) in the order of `crossed`."""
    if not np.isfinite(results).all():
        raise ValueError("the function must give finite results everywhere")
    first, total = _shares(results)
    rows = [
        _shares(results[generator(seed, number, stream=RESAMPLING).integers(0, len(results), len(results))])
        for number in range(resamples)
    ]
    tails = [(1 - level) / 2, (1 + level) / 2]
    firsts, totals = (np.quantile([row[part] for row in rows], tails, axis=0) for part in (0, 1))
    return SobolIndices(
        first=first,
        total=total,
        first_lower=firsts[0],
        first_upper=firsts[1],
        total_lower=totals[0],
        total_upper=totals[1],
        mean=float(results[:, :2].mean()),
        variance=float(results[:, :2].var()),
        evaluations=results.size,
    )


def _shares(results: Floats) -> tuple[Floats, Floats]:
    a, b, mixed = results[:, :1], results[:, 1:2], results[:, 2:]
    middle, variance = results[:, :2].mean(), results[:, :2].var()
    if variance <= 1e-24 * max(middle**2, 1e-280):
        unknown = np.full(mixed.shape[1], np.nan)
        return unknown, unknown.copy()
    first: Floats = ((b - middle) * (mixed - a)).mean(axis=0) / variance
    total: Floats = ((a - mixed) ** 2).mean(axis=0) / (2 * variance)
    return first, total


def _evaluated(function: Function, points: Floats, groups: Sequence[Sequence[int]], part: range) -> Floats:
    mixed = crossed(points[part.start : part.stop], groups)
    rows, columns, inputs = mixed.shape
    values = np.asarray(function(mixed.reshape(rows * columns, inputs)), dtype=np.float64)
    if values.shape != (rows * columns,):
        raise ValueError(f"the function must give one number a row ({rows * columns}); got {values.shape}")
    return values.reshape(rows, columns)


def _inputs(groups: Sequence[Sequence[int]]) -> int:
    columns = sorted(column for group in groups for column in group)
    if not columns or columns != list(range(len(columns))) or not all(groups):
        raise ValueError(f"groups must hold each input 0.. once; got {[list(group) for group in groups]}")
    return len(columns)
