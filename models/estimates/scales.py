"""Proportions on a scale where their sampling variance is known without knowing them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from models.checks import Floats, as_floats, check_bounds, check_counts, check_same_length
from models.results import _areas, _Frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledProportions(_Frozen):
    """Values for `FayHerriot`; arrays are (n_areas,), NaN without answers.

    Attributes
    ----------
    value : arcsine of the square root, between 0 and pi / 2
    variance : 1 / (4 n_effective)
    """

    value: Floats
    variance: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        return _areas({"value": self.value, "variance": self.variance})


def arcsine_scale(proportion: ArrayLike, n_effective: ArrayLike) -> ScaledProportions:
    """Arcsine square root of proportions, whose variance does not depend on the proportion.

    Parameters
    ----------
    proportion : (n_areas,) in [0, 1]; NaN without answers. 0 and 1 are fine: that is the point
    n_effective : (n_areas,) answers over design effect, 0 without answers

    References
    ----------
    Casas-Cordero, Encina & Lahiri (2016), in Analysis of Poverty Data by Small Area Estimation, ch. 20.
    """
    p, n = as_floats("proportion", proportion), as_floats("n_effective", n_effective)
    check_same_length(proportion=p, n_effective=n)
    check_counts("n_effective", n)
    if ((p < 0) | (p > 1)).any():
        raise ValueError("proportion must lie in [0, 1], or be NaN without answers")
    answered = (n > 0) & ~np.isnan(p)
    value = np.where(answered, np.arcsin(np.sqrt(np.where(answered, p, 0.0))), np.nan)
    variance = np.where(answered, 0.25 / np.where(answered, n, 1.0), np.nan)
    return ScaledProportions(value=value, variance=variance)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProportionEstimates(_Frozen):
    """Proportions from a model on the arcsine scale; arrays are (n_areas,).

    Attributes
    ----------
    estimate : mean of the proportion, not the proportion of the mean
    mse : variance of the proportion
    lower, upper : interval
    """

    estimate: Floats
    mse: Floats
    lower: Floats
    upper: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        names = ("estimate", "mse", "lower", "upper")
        return _areas({name: getattr(self, name) for name in names})


def from_arcsine(value: ArrayLike, mse: ArrayLike, *, level: float = 0.95) -> ProportionEstimates:
    """Proportions whose arcsine square root is normal with the given means and variances.

    Examples
    --------
    >>> back = from_arcsine([0.0], [0.01])
    >>> round(float(back.estimate[0]), 4)
    0.0099
    """
    z, v = as_floats("value", value), as_floats("mse", mse)
    check_same_length(value=z, mse=v)
    check_counts("mse", v)
    check_bounds({"level": level}, {"level": (0.5, 0.9999)})
    # moments of sin^2 z = (1 - cos 2z) / 2 for normal z
    shrunk = np.exp(-2 * v) * np.cos(2 * z)
    mean = (1 - shrunk) / 2
    square = (1 + np.exp(-8 * v) * np.cos(4 * z)) / 2  # mean of cos^2 2z
    reach = float(norm.isf((1 - level) / 2)) * np.sqrt(v)
    return ProportionEstimates(
        estimate=mean,
        mse=np.maximum(square - shrunk**2, 0.0) / 4,
        lower=np.sin(np.clip(z - reach, 0, np.pi / 2)) ** 2,
        upper=np.sin(np.clip(z + reach, 0, np.pi / 2)) ** 2,
    )
