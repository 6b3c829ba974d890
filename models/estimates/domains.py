"""Means, proportions and totals of domains under a sampling design, with their covariance."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import beta, t

from models.checks import Floats, Ints, as_codes, as_floats, check_bounds, check_positive, check_same_length
from models.estimates.design import SurveyDesign, group_sums, pair_codes, total_covariance
from models.results import _cells, _Frozen

LARGEST_JOINT = 4000  # rows of the covariance over all domains: 128 MB
LEVEL = {"level": (0.5, 0.9999)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEstimates(_Frozen):
    """Estimates of k indicators in each domain.

    Attributes
    ----------
    estimate : (n_domains, k); NaN in an empty domain
    covariance : (n_domains, k, k) sampling covariance of the indicators of one domain
    joint : (n_domains k, n_domains k) over all domains, domain by domain, or None if not asked for
    n : (n_domains, k) answers used
    units : (n_domains,) first-stage units with a row
    df : (n_domains,) those less their strata
    lower, upper : (n_domains, k) interval; NaN without a degree of freedom
    """

    estimate: Floats
    covariance: Floats
    joint: Floats | None
    n: Ints
    units: Ints
    df: Ints
    lower: Floats
    upper: Floats

    @property
    def variance(self) -> Floats:
        """(n_domains, k)."""
        diagonal: Floats = np.einsum("dkk->dk", self.covariance).copy()
        return diagonal

    def to_frame(self) -> pd.DataFrame:
        """One row a domain and indicator, indexed by (area, group)."""
        return _cells(
            {
                "estimate": self.estimate,
                "se": np.sqrt(self.variance),
                "lower": self.lower,
                "upper": self.upper,
                "n": self.n,
            }
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """Values (n, k) with 0 for unknown, what is known, and the domain of each row."""

    y: Floats
    known: Floats
    domain: Ints
    n_domains: int

    def sums(self, values: Floats) -> Floats:
        """(n_domains, k)."""
        return group_sums(self.domain, values, self.n_domains)


def survey_mean(
    values: ArrayLike,
    design: SurveyDesign,
    *,
    domain: ArrayLike | None = None,
    n_domains: int = 1,
    across_domains: bool = False,
    level: float = 0.95,
) -> DomainEstimates:
    """Weighted (Hajek) means, with linearised variances.

    Parameters
    ----------
    values : (n,) or (n, k) one column an indicator; NaN is unknown and leaves that indicator's base
    design : from `survey_design`, perhaps raked
    domain : (n,) codes in 0..n_domains-1; a domain may cut through units and strata
    across_domains : also give `joint`
    level : of the interval

    Raises
    ------
    ValueError
        If lengths differ, or too large a joint covariance is asked for.

    References
    ----------
    Hajek (1971), in Foundations of Statistical Inference. Woodruff (1971), JASA 66, 411-414.
    """
    rows = survey_rows(values, design, domain, n_domains)
    estimate, scores = mean_scores(rows, design.weight)
    return assemble(rows, design, estimate, scores, across=across_domains, level=level)


def survey_proportion(
    values: ArrayLike,
    design: SurveyDesign,
    *,
    domain: ArrayLike | None = None,
    n_domains: int = 1,
    across_domains: bool = False,
    level: float = 0.95,
) -> DomainEstimates:
    """`survey_mean` of 0/1 values, with Korn and Graubard's interval.

    The interval is exact binomial at the effective number of answers, which is the number itself where all
    agree, so that "nobody" has an upper limit.

    References
    ----------
    Korn & Graubard (1998), Survey Methodology 24, 193-201.
    """
    known = np.asarray(values, dtype=np.float64)
    if not (np.isnan(known) | (known == 0) | (known == 1)).all():
        raise ValueError("values must be 0, 1 or NaN for a proportion; use survey_mean for other numbers")
    found = survey_mean(
        known, design, domain=domain, n_domains=n_domains, across_domains=across_domains, level=level
    )
    lower, upper = _korn_graubard(found, level)
    return replace(found, lower=lower, upper=upper)


def survey_total(
    values: ArrayLike,
    design: SurveyDesign,
    *,
    domain: ArrayLike | None = None,
    n_domains: int = 1,
    population: ArrayLike | None = None,
    across_domains: bool = False,
    level: float = 0.95,
) -> DomainEstimates:
    """Totals: Horvitz-Thompson, or Hajek's mean times a known population.

    Parameters
    ----------
    population : (n_domains,) units of each domain, > 0; with it unknown values (NaN) are allowed

    Raises
    ------
    ValueError
        If a value is unknown and no population is given.

    References
    ----------
    Horvitz & Thompson (1952), JASA 47, 663-685.
    """
    rows = survey_rows(values, design, domain, n_domains)
    if population is not None:
        size = known_population(population, n_domains)
        mean, scores = mean_scores(rows, design.weight)
        estimate, scores = size[:, None] * mean, size[rows.domain, None] * scores
    elif (rows.known < 1).any():
        raise ValueError("a total needs every value, or population to multiply the mean of the known ones")
    else:
        estimate, scores = rows.sums(design.weight[:, None] * rows.y), rows.y
    return assemble(rows, design, estimate, scores, across=across_domains, level=level)


def horvitz_thompson_mean(
    values: ArrayLike,
    design: SurveyDesign,
    population: ArrayLike,
    *,
    domain: ArrayLike | None = None,
    n_domains: int = 1,
    across_domains: bool = False,
    level: float = 0.95,
) -> DomainEstimates:
    """Horvitz-Thompson total over the known population (n_domains,); usually less exact than Hajek's mean."""
    rows = survey_rows(values, design, domain, n_domains)
    size = known_population(population, n_domains)
    if (rows.known < 1).any():
        raise ValueError("a Horvitz-Thompson mean needs every value; use survey_mean where some are unknown")
    estimate = rows.sums(design.weight[:, None] * rows.y) / size[:, None]
    scores = rows.y / size[rows.domain, None]
    return assemble(rows, design, estimate, scores, across=across_domains, level=level)


def survey_rows(values: ArrayLike, design: SurveyDesign, domain: ArrayLike | None, n_domains: int) -> Rows:
    """Check and align values and domains with the design."""
    array = np.asarray(values, dtype=np.float64)
    y = as_floats("values", array[:, None] if array.ndim == 1 else array, ndim=2)
    codes = np.zeros(len(y), np.int64) if domain is None else as_codes("domain", domain, count=n_domains)
    check_same_length(values=y, weight=design.weight, domain=codes)
    if np.isinf(y).any():
        raise ValueError("values must be finite, or NaN where unknown")
    known = ~np.isnan(y)
    return Rows(np.where(known, y, 0.0), known.astype(np.float64), codes, n_domains)


def known_population(population: ArrayLike, n_domains: int) -> Floats:
    """Check the (n_domains,) known sizes of the domains."""
    size = np.atleast_1d(np.asarray(population, dtype=np.float64))
    check_same_length(population=size, domains=np.empty(n_domains))
    check_positive("population", size)
    return size


def mean_scores(rows: Rows, weight: Floats) -> tuple[Floats, Floats]:
    """Hajek means (n_domains, k), and each row's linearised influence on its domain's (n, k)."""
    base = rows.sums(weight[:, None] * rows.known)
    empty = np.full(base.shape, np.nan)
    mean = np.divide(rows.sums(weight[:, None] * rows.y), base, out=empty, where=base > 0)
    safe = np.where(base > 0, base, 1.0)
    centre = np.where(base > 0, mean, 0.0)
    scores: Floats = rows.known * (rows.y - centre[rows.domain]) / safe[rows.domain]
    return mean, scores


def assemble(
    rows: Rows, design: SurveyDesign, estimate: Floats, scores: Floats, *, across: bool, level: float
) -> DomainEstimates:
    """Estimates with covariances and intervals."""
    check_bounds({"level": level}, LEVEL)
    covariance = total_covariance(design, scores, rows.domain, rows.n_domains)
    joint = _joint(rows, design, scores) if across else None
    return finish(rows, design, estimate, covariance, joint, level=level)


def finish(
    rows: Rows,
    design: SurveyDesign,
    estimate: Floats,
    covariance: Floats,
    joint: Floats | None,
    *,
    level: float,
) -> DomainEstimates:
    """Put estimates and covariances together with counts and t intervals."""
    units, df = _freedom(rows, design)
    answers = rows.sums(rows.known)
    covariance = np.where((answers > 0)[:, :, None] & (answers > 0)[:, None, :], covariance, np.nan)
    quantile = np.asarray(t.isf((1 - level) / 2, np.where(df > 0, df, np.nan)))
    reach = quantile[:, None] * np.sqrt(np.einsum("dkk->dk", covariance))
    return DomainEstimates(
        estimate=estimate,
        covariance=covariance,
        joint=joint,
        n=answers.astype(np.int64),
        units=units,
        df=df,
        lower=estimate - reach,
        upper=estimate + reach,
    )


def _joint(rows: Rows, design: SurveyDesign, scores: Floats) -> Floats:
    k = scores.shape[1]
    size = rows.n_domains * k
    if size > LARGEST_JOINT:
        raise ValueError(
            f"a joint covariance of {rows.n_domains} domains x {k} indicators has {size} rows; at most "
            f"{LARGEST_JOINT}: ask for fewer domains"
        )
    wide = np.zeros((len(scores), rows.n_domains, k))
    wide[np.arange(len(scores)), rows.domain] = scores
    one = np.zeros(len(scores), np.int64)
    joint: Floats = total_covariance(design, wide.reshape(len(scores), size), one, 1)[0]
    return joint


def _freedom(rows: Rows, design: SurveyDesign) -> tuple[Ints, Ints]:
    """First-stage units with a row of each domain, and those less their strata."""
    stage = design.stages[0]
    _, unit_domain = pair_codes(rows.domain, stage.unit)
    _, layer_domain = pair_codes(rows.domain, stage.unit_stratum[stage.unit])
    units = np.bincount(unit_domain, minlength=rows.n_domains)
    return units, units - np.bincount(layer_domain, minlength=rows.n_domains)


def _korn_graubard(found: DomainEstimates, level: float) -> tuple[Floats, Floats]:
    tail = (1 - level) / 2
    p, v, n = found.estimate, found.variance, found.n
    df = np.where(found.df > 0, found.df, np.nan)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where(v > 0, p * (1 - p) / v, n)
        heavier = np.asarray(t.isf(tail, n - 1)) / np.asarray(t.isf(tail, df))
        effective = np.minimum(effective * heavier**2, n)
        yes, no = effective * p, effective * (1 - p)
        lower = np.where(yes > 0, beta.ppf(tail, yes, no + 1), 0.0)
        upper = np.where(no > 0, beta.isf(tail, yes + 1, no), 1.0)
    unknown = np.isnan(effective) | np.isnan(p)
    limits = np.where(unknown, np.nan, np.stack([lower, upper])).astype(np.float64)
    return limits[0], limits[1]
