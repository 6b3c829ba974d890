"""Replicate weights: variances of anything by computing it again with changed weights."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import hadamard

from models.checks import Floats, Ints, check_bounds
from models.estimates.design import Stage, SurveyDesign, group_sums, pair_codes
from models.estimates.domains import LEVEL, DomainEstimates, Rows, finish, known_population, survey_rows
from models.replicates import Executor, batches, generator, run
from models.results import _Frozen

Method = Literal["jk1", "jkn", "brr", "bootstrap"]
METHODS = ("jk1", "jkn", "brr", "bootstrap")
STREAM = 42
BATCH = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicateWeights(_Frozen):
    """Factors on the weights of first-stage units.

    Attributes
    ----------
    factor : (replicates, n_units); a replicate's weights are weight x factor[r, unit]
    scale : (replicates,) variance = sum of scale x (replicate's estimate - estimate)^2
    unit : (n,) first-stage unit of each row
    """

    factor: Floats
    scale: Floats
    unit: Ints

    def weights(self, design: SurveyDesign, replicate: int) -> Floats:
        """(n,) weights of one replicate."""
        changed: Floats = design.weight * self.factor[replicate, self.unit]
        return changed

    def covariance(self, replicated: Floats, estimate: Floats) -> Floats:
        """Covariance (p, p) of estimates (p,) from their replicates (replicates, p)."""
        away = replicated - estimate
        covariance: Floats = (away * self.scale[:, None]).T @ away
        return covariance


def replicate_weights(
    design: SurveyDesign,
    method: Method = "jkn",
    *,
    replicates: int = 500,
    fay: float = 0.0,
    seed: int = 0,
) -> ReplicateWeights:
    """Make replicate weights from the first stage of a design.

    Parameters
    ----------
    method : "jk1" leaves out one unit at a time, strata ignored; "jkn" within strata; "brr" takes halves of
        strata of two units (`fay` > 0 keeps that share of the other half); "bootstrap" is Rao and Wu's, with
        one unit fewer than the stratum has drawn with replacement
    replicates : of the bootstrap; the other methods know their number
    fay : in [0, 1), for "brr"
    seed : of the bootstrap; replicate r depends on (seed, r) only

    Raises
    ------
    ValueError
        If a stratum has one unit and the design does not call it certain, or "brr" meets one without two.

    References
    ----------
    Rao & Wu (1988), JASA 83, 231-241. Judkins (1990), J Off Stat 6, 223-239. Wolter (2007), ch. 3-5.
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}; got {method!r}")
    if design.calibration is not None:
        raise ValueError("make replicates from the design before calibration, then calibrate each of them")
    stage = design.stages[0]
    if method != "jk1" and design.lonely != "certainty" and stage.lonely.any():
        raise ValueError(
            f"{int(stage.lonely.sum())} strata have one unit; replicates cannot adjust for them: merge "
            "strata, or make the design with lonely='certainty'"
        )
    if method == "jk1":
        factor, scale = _jk1(stage)
    elif method == "jkn":
        factor, scale = _jkn(stage)
    elif method == "brr":
        factor, scale = _brr(stage, fay)
    else:
        factor, scale = _bootstrap(stage, replicates, seed)
    return ReplicateWeights(factor=factor, scale=scale, unit=stage.unit)


def replicated(
    statistic: Callable[[Floats], Floats],
    design: SurveyDesign,
    weights: ReplicateWeights,
    *,
    executor: Executor | None = None,
) -> tuple[Floats, Floats]:
    """Any statistic of the weights, and its covariance.

    Parameters
    ----------
    statistic : (n,) weights to (p,) estimates, for example one that rakes the weights before it takes means;
        picklable where the executor uses other processes

    Returns
    -------
    estimate (p,), covariance (p, p)
    """
    estimate = np.asarray(statistic(design.weight), dtype=np.float64)
    work = partial(_replicated_batch, statistic, design, weights)
    parts = run(work, batches(len(weights.scale), BATCH), executor=executor)
    return estimate, weights.covariance(np.concatenate(parts), estimate)


def replicate_mean(
    values: ArrayLike,
    design: SurveyDesign,
    weights: ReplicateWeights,
    *,
    domain: ArrayLike | None = None,
    n_domains: int = 1,
    level: float = 0.95,
) -> DomainEstimates:
    """`survey_mean` with its covariance from replicates; NaN where a replicate empties a domain."""
    rows = survey_rows(values, design, domain, n_domains)
    check_bounds({"level": level}, LEVEL)
    total = _replicated_sums(rows, design, weights, rows.y)
    base = _replicated_sums(rows, design, weights, rows.known)
    mean = np.divide(total, base, out=np.full(total.shape, np.nan), where=base > 0)
    return _finished(rows, design, weights, mean, level)


def replicate_total(
    values: ArrayLike,
    design: SurveyDesign,
    weights: ReplicateWeights,
    *,
    domain: ArrayLike | None = None,
    n_domains: int = 1,
    population: ArrayLike | None = None,
    level: float = 0.95,
) -> DomainEstimates:
    """`survey_total` with its covariance from replicates."""
    rows = survey_rows(values, design, domain, n_domains)
    check_bounds({"level": level}, LEVEL)
    total = _replicated_sums(rows, design, weights, rows.y)
    if population is not None:
        base = _replicated_sums(rows, design, weights, rows.known)
        size = known_population(population, n_domains)[:, None]
        total = size * np.divide(total, base, out=np.full(total.shape, np.nan), where=base > 0)
    elif (rows.known < 1).any():
        raise ValueError("a total needs every value, or population to multiply the mean of the known ones")
    return _finished(rows, design, weights, total, level)


def _replicated_batch(
    statistic: Callable[[Floats], Floats], design: SurveyDesign, weights: ReplicateWeights, part: range
) -> Floats:
    return np.stack([statistic(weights.weights(design, number)) for number in part]).astype(np.float64)


def _replicated_sums(rows: Rows, design: SurveyDesign, weights: ReplicateWeights, values: Floats) -> Floats:
    """Weighted sums (1 + replicates, n_domains, k), those of the sample itself first."""
    pair, pair_domain = pair_codes(rows.domain, weights.unit)
    sums = group_sums(pair, design.weight[:, None] * values, len(pair_domain))
    unit = np.zeros(len(pair_domain), np.int64)
    unit[pair] = weights.unit
    factor = np.vstack([np.ones(weights.factor.shape[1]), weights.factor])[:, unit]
    return np.stack([group_sums(pair_domain, row[:, None] * sums, rows.n_domains) for row in factor])


def _finished(
    rows: Rows, design: SurveyDesign, weights: ReplicateWeights, estimates: Floats, level: float
) -> DomainEstimates:
    away = estimates[1:] - estimates[0]
    covariance = np.einsum("r,rdk,rdl->dkl", weights.scale, away, away)
    return finish(rows, design, estimates[0], covariance, None, level=level)


def _jk1(stage: Stage) -> tuple[Floats, Floats]:
    count = len(stage.unit_stratum)
    if count < 2:
        raise ValueError("leaving out one unit needs two or more")
    factor = np.full((count, count), count / (count - 1))
    np.fill_diagonal(factor, 0.0)
    return factor, np.full(count, (count - 1) / count)


def _jkn(stage: Stage) -> tuple[Floats, Floats]:
    size = stage.units[stage.unit_stratum].astype(np.float64)
    out = np.flatnonzero(size > 1)
    same = stage.unit_stratum[out][:, None] == stage.unit_stratum
    factor = np.where(same, (size[out] / (size[out] - 1))[:, None], 1.0)
    factor[np.arange(len(out)), out] = 0.0
    left = 1 - stage.fraction[stage.unit_stratum[out]]
    return factor, left * (size[out] - 1) / size[out]


def _brr(stage: Stage, fay: float) -> tuple[Floats, Floats]:
    check_bounds({"fay": fay}, {"fay": (0.0, 0.99)})
    if (stage.units > 2).any():
        raise ValueError("'brr' needs strata of two units; use 'jkn' or 'bootstrap', or pair units")
    pairs = np.flatnonzero(stage.units == 2)
    if not len(pairs):
        raise ValueError("'brr' needs a stratum of two units; there is none")
    order = 1 << len(pairs).bit_length()  # a power of two above the number of strata
    signs = hadamard(order)[:, 1 : len(pairs) + 1] * np.sqrt(1 - stage.fraction[pairs])
    first = np.searchsorted(stage.unit_stratum, pairs)  # units are ordered by stratum
    factor = np.ones((order, len(stage.unit_stratum)))
    factor[:, first] = 1 + (1 - fay) * signs
    factor[:, first + 1] = 1 - (1 - fay) * signs
    return factor, np.full(order, 1 / (order * (1 - fay) ** 2))


def _bootstrap(stage: Stage, replicates: int, seed: int) -> tuple[Floats, Floats]:
    check_bounds({"replicates": replicates}, {"replicates": (2, 1e6)})
    size = stage.units[stage.unit_stratum].astype(np.float64)
    shrink = np.sqrt(1 - stage.fraction)[stage.unit_stratum]
    rows = []
    for number in range(replicates):
        times = _draw(stage, generator(seed, number, stream=STREAM))
        rescaled = np.where(size > 1, times * size / np.maximum(size - 1, 1), 1.0)
        rows.append(1 + shrink * (rescaled - 1))
    return np.stack(rows), np.full(replicates, 1 / replicates)


def _draw(stage: Stage, random: np.random.Generator) -> Floats:
    """How often each unit is drawn, one fewer than its stratum has with replacement."""
    first = np.searchsorted(stage.unit_stratum, np.arange(len(stage.units)))
    draws = np.repeat(np.arange(len(stage.units)), stage.units - 1)
    taken = first[draws] + (random.random(len(draws)) * stage.units[draws]).astype(np.int64)
    return np.bincount(taken, minlength=len(stage.unit_stratum)).astype(np.float64)
