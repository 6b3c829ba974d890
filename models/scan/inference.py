"""How often a map without clusters has a group as surprising as this."""

import numpy as np

from models.checks import Floats

EULER = 0.5772156649015329


def monte_carlo_p(score: float, maxima: Floats) -> float:
    """Share of maps, the observed one among them, with a maximum as large.

    References
    ----------
    Dwass (1957), Annals of Mathematical Statistics 28, 181-187.
    """
    return float((1 + (maxima >= score).sum()) / (len(maxima) + 1))


def gumbel_p(score: float, maxima: Floats) -> float:
    """Tail of the Gumbel distribution with the maxima's mean and sd.

    References
    ----------
    Abrams, Kulldorff & Kleinman (2010), International Journal of Health Geographics 9, 61.
    """
    if len(maxima) < 2 or maxima.std() == 0:
        return np.nan
    scale = float(maxima.std(ddof=1)) * np.sqrt(6) / np.pi
    location = float(maxima.mean()) - EULER * scale
    return float(-np.expm1(-np.exp(-(score - location) / scale)))


def stopped(score: float, maxima: Floats, exceedances: int) -> Floats:
    """Maxima up to the one that is the last of so many as large as `score`; all where there are fewer.

    References
    ----------
    Besag & Clifford (1991), Biometrika 78, 301-304.
    """
    larger = np.flatnonzero(maxima >= score)
    return maxima if len(larger) < exceedances else maxima[: larger[exceedances - 1] + 1]


def sequential_p(score: float, maxima: Floats, exceedances: int | None) -> float:
    """`monte_carlo_p`, or h / l where the h-th exceedance came with the l-th map."""
    if exceedances is None or (maxima >= score).sum() < exceedances:
        return monte_carlo_p(score, maxima)
    return exceedances / len(stopped(score, maxima, exceedances))
