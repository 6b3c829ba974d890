"""The sampling design of a survey, and the covariance of weighted totals under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from models.checks import Bools, Floats, Ints, as_floats, check_positive, check_same_length
from models.results import _Frozen

Lonely = Literal["adjust", "certainty", "fail"]
LONELY = ("adjust", "certainty", "fail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(_Frozen):
    """One stage of sampling.

    Attributes
    ----------
    unit : (n,) unit of each row, nested in `unit_stratum`
    unit_stratum : (n_units,) stratum of each unit, nested in the units of the stage before
    units : (n_strata,) units of each stratum
    fraction : (n_strata,) share of the stratum's units that was taken; 0 = with replacement
    multiplier : (n_strata,) product of the fractions of the stages before
    """

    unit: Ints
    unit_stratum: Ints
    units: Ints
    fraction: Floats
    multiplier: Floats

    @property
    def lonely(self) -> Bools:
        """(n_strata,) strata of one unit that was not taken with certainty."""
        alone: Bools = (self.units == 1) & (self.fraction < 1)
        return alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration(_Frozen):
    """What calibrated weights are known to reproduce.

    Attributes
    ----------
    columns : (n, p) auxiliary variables, the constant among their combinations
    fitted, solver : (n, q) parts of the weighted regression on them: residual = y - fitted (solver' y)
    """

    columns: Floats
    fitted: Floats
    solver: Floats

    def residual(self, score: Floats) -> Floats:
        """What regression on the auxiliary variables leaves of (n, k) scores."""
        left: Floats = score - self.fitted @ (self.solver.T @ score)
        return left


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyDesign(_Frozen):
    """Weights and stages of a survey; made by `survey_design`, changed by `rake` or `poststratify`."""

    weight: Floats
    stages: tuple[Stage, ...]
    lonely: Lonely
    calibration: Calibration | None = None

    def __len__(self) -> int:
        """Rows."""
        return len(self.weight)


def survey_design(
    weight: ArrayLike,
    *,
    unit: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    fraction: ArrayLike | None = None,
    lonely: Lonely = "adjust",
) -> SurveyDesign:
    """Describe how the rows of a survey were drawn.

    Parameters
    ----------
    weight : (n,) design weights, > 0
    unit : (n,) labels of the first-stage units, or (n, stages) with those of later stages; each row by
        itself if not given
    stratum : (n,) labels of the first stage's strata, or (n, stages)
    fraction : (n,) or (n, stages) share of its stratum's units that was taken, in [0, 1]; without it units
        count as drawn with replacement, and later stages add nothing
    lonely : what a stratum with one unit contributes: "adjust" its distance from the mean of all units
        (cautious), "certainty" nothing, "fail" an error

    References
    ----------
    Saerndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, ch. 4. Lumley (2010), Complex
    Surveys, ch. 2-3.

    Examples
    --------
    >>> design = survey_design([2.0, 2, 3, 3], unit=["a", "b", "c", "d"], stratum=[0, 0, 1, 1])
    >>> design.stages[0].units.tolist()
    [2, 2]
    """
    w = as_floats("weight", weight)
    check_positive("weight", w)
    if lonely not in LONELY:
        raise ValueError(f"lonely must be one of {', '.join(LONELY)}; got {lonely!r}")
    units = _columns("unit", np.arange(len(w)) if unit is None else unit, len(w))
    strata = [] if stratum is None else _columns("stratum", stratum, len(w))
    shares = [] if fraction is None else _columns("fraction", fraction, len(w))
    if len(strata) > len(units) or len(shares) > len(units):
        raise ValueError(
            f"unit has {len(units)} stage(s); stratum has {len(strata)} and fraction {len(shares)}: add units"
        )
    return SurveyDesign(weight=w.copy(), stages=_stages(units, strata, shares), lonely=lonely)


def _columns(name: str, labels: ArrayLike, n: int) -> list[np.ndarray]:
    array = np.asarray(labels)
    columns = [array] if array.ndim == 1 else list(array.T)
    if array.ndim not in (1, 2) or any(len(column) != n for column in columns):
        raise ValueError(f"{name} must have shape ({n},) or ({n}, stages); got {array.shape}")
    return columns


def _stages(
    units: Sequence[np.ndarray], strata: Sequence[np.ndarray], shares: Sequence[np.ndarray]
) -> tuple[Stage, ...]:
    n = len(units[0])
    parent, multiplier, stages = np.zeros(n, np.int64), np.ones(n), []
    for number, labels in enumerate(units):
        layer = pair_codes(parent, _codes(strata[number]))[0] if number < len(strata) else parent
        share = np.asarray(shares[number], dtype=np.float64) if number < len(shares) else np.zeros(n)
        unit, unit_stratum = pair_codes(layer, _codes(labels))
        count = np.bincount(unit_stratum)
        fraction = _constant("fraction", share, layer, len(count))
        above = _constant("fraction of the stage before", multiplier, layer, len(count))
        stages.append(
            Stage(unit=unit, unit_stratum=unit_stratum, units=count, fraction=fraction, multiplier=above)
        )
        parent, multiplier = unit, multiplier * share
    return tuple(stages)


def _codes(labels: np.ndarray) -> Ints:
    codes: Ints = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    return codes


def pair_codes(outer: Ints, inner: Ints) -> tuple[Ints, Ints]:
    """Codes of the pairs (outer, inner), ordered by outer, and the outer code of each pair."""
    span = int(inner.max(initial=0)) + 1
    pairs, code = np.unique(outer * span + inner, return_inverse=True)
    return code.astype(np.int64), (pairs // span).astype(np.int64)


def _constant(name: str, values: Floats, layer: Ints, count: int) -> Floats:
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"{name} must lie in [0, 1] in every row")
    first = np.zeros(count)
    first[layer] = values
    if not np.allclose(first[layer], values, rtol=1e-9, atol=0):
        raise ValueError(f"{name} must be one number in each stratum; it differs within one")
    return first


def group_sums(codes: Ints, values: Floats, count: int) -> Floats:
    """Sums (count, k) of rows (n, k) by code."""
    n = len(codes)
    member = csr_array((np.ones(n), (codes, np.arange(n))), shape=(count, n))
    sums: Floats = np.asarray(member @ values, dtype=np.float64)
    return sums


def total_covariance(design: SurveyDesign, scores: Floats, domain: Ints, n_domains: int) -> Floats:
    """Covariance of the weighted totals of `scores`, in each domain.

    Parameters
    ----------
    scores : (n, k)
    domain : (n,) codes; rows of other domains count as zeros

    Returns
    -------
    (n_domains, k, k)
    """
    check_same_length(weight=design.weight, scores=scores, domain=domain)
    with threadpool_limits(limits=1):  # the same sums on any number of cores
        return _total_covariance(design, scores, domain, n_domains)


def _total_covariance(design: SurveyDesign, scores: Floats, domain: Ints, n_domains: int) -> Floats:
    if design.calibration is None:
        return _all_stages(design, design.weight[:, None] * scores, domain, n_domains)
    one = np.zeros(len(design), np.int64)
    parts = []
    for number in range(n_domains):  # residuals are not zero outside the domain
        left = design.calibration.residual(np.where((domain == number)[:, None], scores, 0.0))
        parts.append(_all_stages(design, design.weight[:, None] * left, one, 1)[0])
    return np.stack(parts)


def _all_stages(design: SurveyDesign, z: Floats, domain: Ints, n_domains: int) -> Floats:
    covariance = np.zeros((n_domains, z.shape[1], z.shape[1]))
    for number, stage in enumerate(design.stages):
        if (stage.multiplier > 0).any():
            covariance += _stage_covariance(stage, z, domain, n_domains)
            if _adjusts(design.lonely, number, stage):
                covariance += _lonely_covariance(stage, z, domain, n_domains)
    return covariance


def _stage_covariance(stage: Stage, z: Floats, domain: Ints, n_domains: int) -> Floats:
    """Spread of the units' totals within strata of two or more."""
    pair, pair_domain = pair_codes(domain, stage.unit)
    total = group_sums(pair, z, len(pair_domain))
    stratum = _of_pairs(stage.unit_stratum[stage.unit], pair, len(pair_domain))
    layer, layer_domain = pair_codes(pair_domain, stratum)
    mean = group_sums(layer, total, len(layer_domain))
    layer_stratum = _of_pairs(stratum, layer, len(layer_domain))
    several = stage.units > 1
    freedom = np.where(several, stage.units - 1, 1)
    factor = np.where(several, stage.multiplier * (1 - stage.fraction) * stage.units / freedom, 0.0)
    # deviations of the units seen, and of those without a row of the domain, whose total is 0
    mean = mean / stage.units[layer_stratum, None]
    deviation = total - mean[layer]
    absent = stage.units[layer_stratum] - np.bincount(layer, minlength=len(layer_domain))
    return _outer(deviation, factor[stratum], pair_domain, n_domains) + _outer(
        mean, factor[layer_stratum] * absent, layer_domain, n_domains
    )


def _of_pairs(values: Ints, pair: Ints, count: int) -> Ints:
    of = np.zeros(count, np.int64)
    of[pair] = values
    return of


def _outer(rows: Floats, factor: Floats, domain: Ints, n_domains: int) -> Floats:
    """Sum of factor times row row' by domain, (n_domains, k, k)."""
    if n_domains == 1:  # the same by one matrix product, for very many columns
        square: Floats = (rows * factor[:, None]).T @ rows
        return square[None]
    k = rows.shape[1]
    products = (factor[:, None, None] * rows[:, :, None] * rows[:, None, :]).reshape(len(rows), k * k)
    return group_sums(domain, products, n_domains).reshape(n_domains, k, k)


def _adjusts(policy: Lonely, number: int, stage: Stage) -> bool:
    """Whether strata of one unit are there and to be adjusted for."""
    alone = int((stage.lonely & (stage.multiplier > 0)).sum())
    if alone and policy == "fail":
        raise ValueError(
            f"{alone} strata of stage {number + 1} have one unit, so their variance is unknown; merge "
            "strata, or choose lonely='adjust' or 'certainty'"
        )
    return alone > 0 and policy == "adjust"


def _lonely_covariance(stage: Stage, z: Floats, domain: Ints, n_domains: int) -> Floats:
    """Squared distances of lonely units' totals from the mean of all units."""
    pair, pair_domain = pair_codes(domain, stage.unit)
    total = group_sums(pair, z, len(pair_domain))
    factor = np.where(stage.lonely, stage.multiplier * (1 - stage.fraction), 0.0)
    stratum = _of_pairs(stage.unit_stratum[stage.unit], pair, len(pair_domain))
    mean = group_sums(domain, z, n_domains) / len(stage.unit_stratum)
    seen = _outer(total - mean[pair_domain], factor[stratum], pair_domain, n_domains)
    absent = factor.sum() - np.bincount(pair_domain, factor[stratum], n_domains)
    unseen: Floats = absent[:, None, None] * mean[:, :, None] * mean[:, None, :]
    return seen + unseen
