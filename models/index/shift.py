"""How far ranks move when the index is made otherwise, and which choice moves them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import rankdata
from threadpoolctl import threadpool_limits

from models.checks import Floats, as_floats, check_bounds, check_positive
from models.index.recipes import indicator_draws
from models.index.sobol import BATCH, SobolIndices, base_points, crossed, indices
from models.replicates import Executor, batches, run
from models.results import _areas, _Frozen

AGGREGATIONS = ("geometric", "arithmetic")
NORMALISATIONS = ("ratio", "minmax", "rank")
LEVELS = (0.025, 0.975)


@dataclass(frozen=True, slots=True, kw_only=True)
class RankShift(_Frozen):
    """What uncertain choices do to the ranks of an index.

    Attributes
    ----------
    factors : names of what was uncertain, in the order of the indices
    indices : SobolIndices of the mean absolute rank shift
    mean_shift : average of that shift, in ranks
    rank : (n_areas,) rank under the choices made, 1 = highest; ties share the mean
    median, lower, upper : (n_areas,) rank over all uncertain choices, and its 95 % interval
    """

    factors: tuple[str, ...]
    indices: SobolIndices
    mean_shift: float
    rank: Floats
    median: Floats
    lower: Floats
    upper: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        names = ("rank", "median", "lower", "upper")
        return _areas({name: getattr(self, name) for name in names})


@dataclass(frozen=True, slots=True)
class _Choices:
    """The index as a function of choices; the first of each is the one made."""

    values: Floats  # (topics, areas, draws)
    weights: Floats
    bases: Floats  # (choices, topics)
    aggregations: tuple[str, ...]
    normalisations: tuple[str, ...]
    spread: float
    factors: tuple[str, ...]

    @property
    def groups(self) -> list[list[int]]:
        """Input columns of each factor."""
        found, used = [], 0
        for factor in self.factors:
            size = len(self.weights) if factor == "weights" else 1
            found.append(list(range(used, used + size)))
            used += size
        return found

    def ranks(self, point: Floats) -> Floats:
        """(areas,) ranks of the index made with the choices at a point of the unit cube."""
        at = dict(zip(self.factors, (point[group] for group in self.groups), strict=True))
        weights = self.weights
        if "weights" in at:
            weights = weights * (1 + self.spread * (2 * at["weights"] - 1))
        if "draw" in at:
            values = self.values[:, :, _pick(at["draw"], self.values.shape[2])]
        else:
            values = self.values.mean(axis=2)
        base = self.bases[_pick(at["base"], len(self.bases)) if "base" in at else 0]
        kind = self.normalisations[_pick(at.get("normalisation", FIRST), len(self.normalisations))]
        way = self.aggregations[_pick(at.get("aggregation", FIRST), len(self.aggregations))]
        return _ranks(_aggregated(_normalised(values, base, kind), weights / weights.sum(), way))

    def chosen(self) -> Floats:
        """(areas,) ranks under the choices made."""
        values = self.values.mean(axis=2)
        normal = _normalised(values, self.bases[0], self.normalisations[0])
        return _ranks(_aggregated(normal, self.weights / self.weights.sum(), self.aggregations[0]))


FIRST: Floats = np.zeros(1)


def sobol_rank_shift(
    values: ArrayLike,
    weights: ArrayLike,
    base: ArrayLike,
    *,
    weight_spread: float = 0.25,
    aggregations: Sequence[str] = AGGREGATIONS,
    normalisations: Sequence[str] = NORMALISATIONS,
    samples: int = 256,
    seed: int = 0,
    executor: Executor | None = None,
) -> RankShift:
    """Sobol indices of the mean absolute rank shift over the choices behind a composite index.

    Parameters
    ----------
    values : (topics, areas), or (topics, areas, draws) to let the survey's error take part as "draw"; > 0
    weights : (topics,) >= 0, the weights chosen
    base : (topics,), or (choices, topics) with the one chosen first and others it might have been, > 0
    weight_spread : each weight is uniform within this share of itself, then scaled; 0 = certain
    aggregations, normalisations : what might be used, the one chosen first; a single one is certain
    samples : a power of two; the index is made samples x (factors + 2) times
    seed, executor : the answer depends on the seed and not on the executor

    Returns
    -------
    RankShift; factors among "weights", "aggregation", "normalisation", "base", "draw"

    Raises
    ------
    ValueError
        If nothing is uncertain, or a value is not positive.

    Notes
    -----
    A base matters only to the arithmetic mean of ratios, and draws enter by their number, so that topics and
    areas stay joint.

    References
    ----------
    Saisana, Saltelli & Tarantola (2005), JRSS A 168, 307-323. OECD & JRC (2008), Handbook on Constructing
    Composite Indicators, ch. 7.
    """
    choices = _choices(values, weights, base, (weight_spread, tuple(aggregations), tuple(normalisations)))
    groups = choices.groups
    points = base_points(sum(map(len, groups)), samples, seed)
    parts = run(partial(_shifts, choices, points), batches(samples, BATCH), executor=executor)
    shifts = np.concatenate([part[0] for part in parts])
    ranks = np.concatenate([part[1] for part in parts])
    median, lower, upper = np.quantile(ranks, [0.5, *LEVELS], axis=0)
    found = indices(shifts, seed=seed, level=0.95, resamples=500)
    return RankShift(
        factors=choices.factors,
        indices=found,
        mean_shift=found.mean,
        rank=choices.chosen(),
        median=median,
        lower=lower,
        upper=upper,
    )


def _choices(
    values: ArrayLike,
    weights: ArrayLike,
    base: ArrayLike,
    uncertain: tuple[float, tuple[str, ...], tuple[str, ...]],
) -> _Choices:
    spread, aggregations, normalisations = uncertain
    table, share = indicator_draws(values), as_floats("weights", weights)
    check_positive("values", table.ravel())
    bases = np.atleast_2d(np.asarray(base, dtype=np.float64))
    if bases.shape[1] != len(table) or len(share) != len(table):
        raise ValueError(
            f"one weight and one base a topic ({len(table)}); got {len(share)} and {bases.shape[1]}"
        )
    check_positive("base", bases.ravel())
    if not (share >= 0).all() or share.sum() <= 0:
        raise ValueError(f"weights must be >= 0 and not all 0; got {share.tolist()}")
    check_bounds({"weight_spread": spread}, {"weight_spread": (0.0, 1.0)})
    _check_names("aggregations", aggregations, AGGREGATIONS)
    _check_names("normalisations", normalisations, NORMALISATIONS)
    open_ended = {
        "weights": spread > 0 and len(share) > 1,
        "aggregation": len(aggregations) > 1,
        "normalisation": len(normalisations) > 1,
        "base": len(bases) > 1,
        "draw": table.shape[2] > 1,
    }
    factors = tuple(name for name, is_open in open_ended.items() if is_open)
    if not factors:
        raise ValueError("nothing is uncertain; give a weight spread, several choices, or draws")
    return _Choices(table, share, bases, aggregations, normalisations, spread, factors)


def _check_names(name: str, given: tuple[str, ...], known: tuple[str, ...]) -> None:
    if not given or len(set(given)) < len(given) or not set(given) <= set(known):
        raise ValueError(f"{name} must be some of {', '.join(known)}, each once; got {given}")


def _shifts(choices: _Choices, points: Floats, part: range) -> tuple[Floats, Floats]:
    """Mean absolute rank shift (rows, 2 + factors), and ranks (2 rows, areas) of the unmixed points."""
    mixed = crossed(points[part.start : part.stop], choices.groups)
    with threadpool_limits(limits=1):
        chosen = choices.chosen()
        ranks = np.array([[choices.ranks(point) for point in row] for row in mixed])
    shifts: Floats = np.abs(ranks - chosen).mean(axis=2)
    return shifts, ranks[:, :2].reshape(-1, len(chosen))


def _pick(at: Floats, count: int) -> int:
    return min(int(at[0] * count), count - 1)


def _normalised(values: Floats, base: Floats, kind: str) -> Floats:
    """Topics (topics, areas) on one scale, > 0."""
    if kind == "ratio":
        return values / base[:, None]
    if kind == "rank":
        ranks: Floats = rankdata(values, axis=1) / values.shape[1]
        return ranks
    low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    spread = np.where(high > low, high - low, 1.0)
    scaled: Floats = 1 + 99 * (values - low) / spread  # from 1, for the geometric mean
    return scaled


def _aggregated(normal: Floats, weights: Floats, way: str) -> Floats:
    if way == "arithmetic":
        mean: Floats = weights @ normal
        return mean
    product: Floats = np.exp(weights @ np.log(normal))
    return product


def _ranks(index: Floats) -> Floats:
    # equal up to rounding is equal: otherwise ties break by the last bit
    ranks: Floats = rankdata(-np.round(index, 12)).astype(np.float64)
    return ranks
