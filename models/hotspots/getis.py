"""Getis and Ord's Gi and Gi*: where high or low values gather."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import diags_array

from models.checks import Floats
from models.graph import Neighbours, Sparse
from models.hotspots import moments
from models.hotspots.draws import Question
from models.hotspots.local import Asked, Found, answer, put_back, seen_areas
from models.hotspots.observed import Observed, styled
from models.hotspots.results import GetisStatistics, LocalStatistics
from models.replicates import Executor


@dataclass(frozen=True, slots=True)
class Gathered:
    """Weighted sums of values around their mean, null moments, and the total that shares are of."""

    total: Floats
    expected: Floats
    variance: Floats
    weight: Floats
    whole: Floats


def getis_ord(
    values: ArrayLike,
    neighbours: Neighbours,
    star: bool = True,
    *,
    style: str = "B",
    method: str | None = None,
    permutations: int = 0,
    alternative: str = "two-sided",
    islands: str = "keep",
    fdr_level: float = 0.05,
    seed: int = 0,
    executor: Executor | None = None,
) -> GetisStatistics:
    """Gi* (an area counts itself) or Gi as a normal deviate: high where high values gather (spdep's localG).

    Parameters
    ----------
    values : (n_areas,) raw, never smoothed
    neighbours : (n_areas, n_areas) sparse weights, 0 where not neighbours; no diagonal
    star : the area itself weighs as its heaviest neighbour (1 for an island, which thus has a Gi*)
    style : "W" rows sum to one, "B" zero or one, "raw" as given; equal weights give the same deviate
    method : "normal" (default without permutations), "permutation" or "adaptive" as in `local_moran`: the
        area keeps its value, so that an island has no p
    permutations, alternative, islands, fdr_level, seed, executor : as in `local_moran`

    Raises
    ------
    ValueError
        As `local_moran`.

    References
    ----------
    Getis & Ord (1992), Geographical Analysis 24, 189-206; Ord & Getis (1995), ibid. 27, 286-306.
    """
    how = method or ("permutation" if permutations else "normal")
    asked = Asked(how, permutations, alternative, fdr_level, seed, executor)
    asked.check(("permutation", "adaptive", "normal"))
    given, seen = seen_areas(values, neighbours, style=style, islands=islands)
    result = _answer(seen, asked, star=star, style=style)
    return put_back(result, given) if islands == "exclude" else result


def _answer(seen: Observed, asked: Asked, *, star: bool, style: str) -> GetisStatistics:
    weights = styled(_with_self(seen.weights), style) if star else seen.weights
    gathered = _gathered(seen, weights, star=star)
    sd = np.sqrt(np.maximum(gathered.variance, 0.0))
    gap = gathered.total - gathered.expected
    flat = sd <= 1e-9 * np.abs(seen.deviation).max() * np.maximum(gathered.weight, 1e-300)
    z = np.divide(gap, sd, out=np.zeros_like(gap), where=~flat)
    question = Question(seen.deviation, np.ones_like(z), 0.0, seen.weights)
    found = Found(z, np.zeros_like(z), np.ones_like(z), question, gathered.weight == 0)
    plain = answer(seen, found, asked, _sides(z))
    return _with_shares(plain, gathered, seen, star)


def _with_self(weights: Sparse) -> Sparse:
    """The same with each area as its own neighbour."""
    heaviest = np.asarray(weights.max(axis=1).todense(), dtype=np.float64).ravel()
    with_self: Sparse = (weights + diags_array(np.where(heaviest > 0, heaviest, 1.0))).tocsr()
    return with_self


def _gathered(seen: Observed, weights: Sparse, *, star: bool) -> Gathered:
    z = seen.deviation
    n = len(z)
    first, second = moments.row_sums(weights)
    total, around = np.full(n, seen.values.sum()), np.asarray(weights @ z)
    if not star:
        expected, variance = moments.sample_moments(weights, *moments.others(z))
        return Gathered(around, expected, variance, first, total - seen.values)
    variance = (z**2).mean() * (n * second - first**2) / (n - 1)
    return Gathered(around, np.zeros(n), variance, first, total)


def _sides(z: Floats) -> NDArray[np.str_]:
    sides: NDArray[np.str_] = np.select([np.isnan(z), z > 0, z < 0], ["flat", "high", "low"], "flat")
    return sides


def _with_shares(plain: LocalStatistics, gathered: Gathered, seen: Observed, star: bool) -> GetisStatistics:
    """Add the G of which the deviate is."""
    lawful = (seen.values >= 0).all() & (gathered.whole > 0) & (gathered.weight > 0)
    whole = np.where(lawful, gathered.whole, np.nan)
    mean = gathered.weight * seen.values.mean()
    quadrant = np.where(gathered.weight > 0, plain.quadrant, "island")
    kept = {item.name: getattr(plain, item.name) for item in fields(plain)} | {"quadrant": quadrant}
    return GetisStatistics(
        **kept,
        share=(gathered.total + mean) / whole,
        share_expected=(gathered.expected + mean) / whole,
        share_variance=gathered.variance / whole**2,
        star=star,
    )
