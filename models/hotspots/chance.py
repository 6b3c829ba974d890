"""From a deviate or a tally of permutations to p, and p over many areas."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr
from scipy.stats import false_discovery_control

from models.checks import Floats, Ints

ALTERNATIVES = ("two-sided", "greater", "less", "folded")


@dataclass(frozen=True, slots=True)
class Tally:
    """Permutations at or beyond what was observed, ties counted on both sides; arrays are (n,).

    Attributes
    ----------
    at_least, at_most : permutations with a statistic >= and <= the observed
    drawn : permutations drawn
    stopped : whether drawing ended early, at a fixed number of exceedances
    """

    at_least: Ints
    at_most: Ints
    drawn: Ints
    stopped: np.ndarray


def check_alternative(alternative: str) -> None:
    """Raise unless known."""
    if alternative not in ALTERNATIVES:
        raise ValueError(f"alternative must be one of {', '.join(ALTERNATIVES)}; got {alternative!r}")


def normal_p(z: Floats, alternative: str) -> Floats:
    """Probability of a standard normal deviate.

    "two-sided" doubles the smaller tail; "folded" does not (the p_sim of GeoDa and esda), so that a folded
    0.05 is a two-sided 0.10.

    >>> normal_p(np.array([1.959964]), "two-sided").round(3).tolist()
    [0.05]
    """
    check_alternative(alternative)
    if alternative == "greater":
        upper: Floats = ndtr(-z)
        return upper
    if alternative == "less":
        lower: Floats = ndtr(z)
        return lower
    tail: Floats = ndtr(-np.abs(z))
    return tail if alternative == "folded" else 2 * tail


def permutation_p(tally: Tally, alternative: str) -> Floats:
    """Probability (b + 1) / (m + 1) with b of m permutations at or beyond the observed, ties included.

    "two-sided" is twice the smaller tail's, at most 1; "folded" the smaller tail's. Where drawing stopped at
    h exceedances after l permutations, the tail's p is h / l.

    References
    ----------
    Phipson & Smyth (2010), SAGMB 9, 39; Besag & Clifford (1991), Biometrika 78, 301-304.
    """
    check_alternative(alternative)
    tails = {"greater": tally.at_least, "less": tally.at_most}
    beyond = tails.get(alternative, np.minimum(tally.at_least, tally.at_most))
    extra = np.where(tally.stopped, 0, 1)
    tail: Floats = (beyond + extra) / (tally.drawn + extra)
    return np.minimum(2 * tail, 1.0) if alternative == "two-sided" else tail


def false_discovery(p_value: Floats) -> Floats:
    """Adjusted p over the areas that have one; NaN stays.

    References
    ----------
    Benjamini & Hochberg (1995), JRSS B 57, 289-300; de Castro & Singer (2006), Geographical Analysis 38.
    """
    adjusted = np.full(p_value.shape, np.nan)
    known = np.isfinite(p_value)
    if known.any():
        adjusted[known] = false_discovery_control(p_value[known])
    return adjusted


def needed_permutations(areas: int, level: float, alternative: str) -> int:
    """Permutations with which the smallest possible p of one area among `areas` passes `level`.

    >>> needed_permutations(913, 0.05, "folded"), needed_permutations(913, 0.05, "two-sided")
    (18259, 36519)
    """
    tails = 2 if alternative == "two-sided" else 1
    return max(int(np.ceil(tails * areas / level - 1e-9)) - 1, 1)
