"""Who did not answer: weights that stand in for them, and how wrong that can be."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit

from models.checks import (
    Bools,
    Floats,
    Ints,
    as_codes,
    as_floats,
    check_bounds,
    check_positive,
    check_same_length,
)
from models.results import _areas, _Frozen

STEPS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseAdjustment(_Frozen):
    """Weights of those who answered, raised for those like them who did not.

    Attributes
    ----------
    weight : (n,) adjusted; 0 for who did not answer
    propensity : (n,) probability of answering given to each row
    response_rate : weighted share that answered
    cost : Kish's factor by which the uneven adjustment multiplies variances
    coefficients : (1 + p,) of the logistic regression; empty with classes
    """

    weight: Floats
    propensity: Floats
    response_rate: float
    cost: float
    coefficients: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row a row of the sample."""
        return _areas({"weight": self.weight, "propensity": self.propensity}, "row")


def weighting_classes(weight: ArrayLike, answered: ArrayLike, klass: ArrayLike) -> ResponseAdjustment:
    """Divide weights by the weighted response rate of their class.

    Parameters
    ----------
    weight : (n,) design weights of everybody drawn, > 0
    answered : (n,) bool
    klass : (n,) codes 0..; answering must not depend on the topic within a class

    Raises
    ------
    ValueError
        If nobody of a class answered: merge it with a like one.

    References
    ----------
    Little (1986), International Statistical Review 54, 139-157.
    """
    w, yes = _drawn(weight, answered)
    codes = as_codes("klass", klass, count=np.iinfo(np.int64).max)
    check_same_length(weight=w, klass=codes)
    return _adjusted(w, yes, _class_rates(w, yes, codes)[codes], np.zeros(0))


def response_propensity(
    weight: ArrayLike, answered: ArrayLike, covariates: ArrayLike, *, classes: int | None = 5
) -> ResponseAdjustment:
    """Divide weights by a probability of answering learned by logistic regression.

    Parameters
    ----------
    covariates : (n, p) known of everybody drawn; an intercept is added
    classes : groups of equal size by probability whose response rate is used, which a wrong regression
        harms less; None uses the probabilities themselves

    Raises
    ------
    ValueError
        If everybody or nobody answered, or the covariates tell the two apart without error.

    References
    ----------
    Rosenbaum & Rubin (1984), JASA 79, 516-524. Little (1986).
    """
    w, yes = _drawn(weight, answered)
    x = as_floats("covariates", covariates, ndim=2)
    check_same_length(weight=w, covariates=x)
    if not np.isfinite(x).all():
        raise ValueError("covariates must be known of everybody drawn, whether they answered or not")
    coefficients, probability = _logistic(w, yes, x)
    if classes is None:
        return _adjusted(w, yes, probability, coefficients)
    check_bounds({"classes": classes}, {"classes": (1, len(w))})
    rank = np.searchsorted(np.sort(probability), probability)  # equal probabilities stay together
    codes = (rank * classes // len(w)).astype(np.int64)
    return _adjusted(w, yes, _class_rates(w, yes, codes)[codes], coefficients)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseBounds(_Frozen):
    """What an estimate becomes if those who did not answer are different; arrays are of the given shape.

    Attributes
    ----------
    lower, upper : if their odds are between 1 / odds and odds times those of who answered
    worst_lower, worst_upper : whatever they are (Manski)
    """

    lower: Floats
    upper: Floats
    worst_lower: Floats
    worst_upper: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row an estimate."""
        names = ("lower", "upper", "worst_lower", "worst_upper")
        return _areas({name: getattr(self, name) for name in names})


def response_bounds(proportion: ArrayLike, response_rate: ArrayLike, *, odds: float = 2.0) -> ResponseBounds:
    """Bounds of a proportion whose missing answers may be different.

    Parameters
    ----------
    proportion : (n,) estimates among those who answered
    response_rate : (n,) weighted shares that answered, in [0, 1]
    odds : >= 1, largest ratio of the odds of who did not answer to the odds of who did

    References
    ----------
    Manski (1990), Am Econ Rev 80, 319-323. Rosenbaum (2002), Observational Studies, ch. 4.

    Examples
    --------
    >>> bounds = response_bounds([0.2], [0.7], odds=2)
    >>> [round(float(x[0]), 3) for x in (bounds.lower, bounds.upper, bounds.worst_lower, bounds.worst_upper)]
    [0.173, 0.24, 0.14, 0.44]
    """
    p, rate = _shares(proportion, response_rate)
    if not odds >= 1:
        raise ValueError(f"odds must be >= 1 (1 = no difference); got {odds}")
    return ResponseBounds(
        lower=rate * p + (1 - rate) * _shifted(p, 1 / odds),
        upper=rate * p + (1 - rate) * _shifted(p, odds),
        worst_lower=rate * p,
        worst_upper=rate * p + 1 - rate,
    )


def tipping_odds(proportion: ArrayLike, response_rate: ArrayLike, threshold: float) -> Floats:
    """Odds ratio at which missing answers would move a proportion to `threshold`; NaN where none can.

    Near 1 the finding rests on who did not answer; far from 1 it stands.
    """
    p, rate = _shares(proportion, response_rate)
    check_bounds({"threshold": threshold}, {"threshold": (0.0, 1.0)})
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = (threshold - rate * p) / (1 - rate)
        ratio = needed * (1 - p) / ((1 - needed) * p)
    possible = (needed >= 0) & (needed <= 1)
    return np.where(possible, ratio, np.nan)


def _shifted(p: Floats, odds: float) -> Floats:
    shifted: Floats = odds * p / (1 - p + odds * p)
    return shifted


def _shares(proportion: ArrayLike, response_rate: ArrayLike) -> tuple[Floats, Floats]:
    p, rate = as_floats("proportion", proportion), as_floats("response_rate", response_rate)
    check_same_length(proportion=p, response_rate=rate)
    for name, values in (("proportion", p), ("response_rate", rate)):
        if ((values < 0) | (values > 1)).any():
            raise ValueError(f"{name} must lie in [0, 1], or be NaN where unknown")
    return p, rate


def _drawn(weight: ArrayLike, answered: ArrayLike) -> tuple[Floats, Bools]:
    w, given = as_floats("weight", weight), np.asarray(answered)
    if given.dtype != bool:
        raise ValueError(f"answered must be true or false; got {given.dtype}")
    yes: Bools = given
    check_same_length(weight=w, answered=yes)
    check_positive("weight", w)
    if not yes.any():
        raise ValueError("nobody answered, so nobody can stand in")
    return w, yes


def _class_rates(w: Floats, yes: Bools, codes: Ints) -> Floats:
    everybody, answered = np.bincount(codes, w), np.bincount(codes, w * yes)
    empty = (everybody > 0) & (answered == 0)
    if empty.any():
        raise ValueError(f"nobody of class {int(empty.argmax())} answered; merge it with a like one")
    rates: Floats = np.divide(answered, everybody, out=np.ones_like(everybody), where=everybody > 0)
    return rates


def _adjusted(w: Floats, yes: Bools, propensity: Floats, coefficients: Floats) -> ResponseAdjustment:
    weight = np.where(yes, w / propensity, 0.0)
    factor = 1 / propensity[yes]
    return ResponseAdjustment(
        weight=weight,
        propensity=propensity,
        response_rate=float(w[yes].sum() / w.sum()),
        cost=float(len(factor) * (factor**2).sum() / factor.sum() ** 2),
        coefficients=coefficients,
    )


def _logistic(w: Floats, yes: Bools, x: Floats) -> tuple[Floats, Floats]:
    """Coefficients of a weighted logistic regression, and the probabilities."""
    if yes.all():
        raise ValueError("everybody answered, so there is no probability to learn; no adjustment is needed")
    design, share = np.column_stack([np.ones(len(w)), x]), w / w.mean()
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError("columns of covariates depend on each other or are constant; drop some")
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        p = expit(design @ beta)
        information = (design * (share * p * (1 - p))[:, None]).T @ design
        step = np.linalg.lstsq(information, design.T @ (share * (yes - p)))[0]
        beta = beta + step
        if np.abs(design @ step).max() < 1e-10:
            return beta, np.asarray(expit(design @ beta))
    raise ValueError("covariates tell who answered without error, so weights would be endless; use fewer")
