"""Weights that reproduce known totals: post-stratification and raking."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from models.checks import (
    Bools,
    Floats,
    Ints,
    as_codes,
    as_floats,
    check_bounds,
    check_counts,
    check_same_length,
)
from models.estimates.design import Calibration, SurveyDesign
from models.results import _areas, _Frozen

BISECTIONS, WIDEST = 200, 60.0  # a step of a log factor is searched in +-60
LIMIT = 300.0  # of log factors that no bound lets through
RANK_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated(_Frozen):
    """A design with calibrated weights, whose variances are those of residuals.

    Attributes
    ----------
    design : to be given to `survey_mean` and the others
    factor : (n,) new weight over old
    converged : all totals are met within the tolerance
    iterations : rounds over the margins
    largest_gap : largest relative distance from a total that is left
    at_bound : rows whose factor stopped at a bound
    """

    design: SurveyDesign
    factor: Floats
    converged: bool
    iterations: int
    largest_gap: float
    at_bound: int

    def to_frame(self) -> pd.DataFrame:
        """One row a row of the survey."""
        return _areas({"weight": self.design.weight, "factor": self.factor}, "row")


Margin = tuple[ArrayLike, ArrayLike]


def poststratify(design: SurveyDesign, cell: ArrayLike, totals: ArrayLike) -> Calibrated:
    """Scale the weights of each cell to its known total.

    Parameters
    ----------
    cell : (n,) codes in 0..n_cells-1, for example age by sex
    totals : (n_cells,) known counts; 0 only where nobody was asked

    Raises
    ------
    ValueError
        If a cell has a total but no row, or rows but no total: merge it with a like one.

    References
    ----------
    Holt & Smith (1979), JRSS A 142, 33-46.
    """
    return rake(design, [(cell, totals)])


def rake(
    design: SurveyDesign,
    margins: Sequence[Margin],
    *,
    bounds: tuple[float, float] | None = None,
    tolerance: float = 1e-10,
    iterations: int = 1000,
) -> Calibrated:
    """Scale weights to several known margins in turn until all hold (iterative proportional fitting).

    Parameters
    ----------
    margins : pairs of codes (n,) and totals; the margins' sums must agree
    bounds : least and greatest factor on a weight, around 1; the factors are then those of Deville and
        Saerndal's truncated raking
    tolerance : largest relative gap that counts as met
    iterations : most rounds

    Returns
    -------
    Calibrated; see `converged`: bounds that are too narrow, or an empty corner of the margins, leave a gap

    Raises
    ------
    ValueError
        If a category has a total but no row, margins disagree in their sum, or bounds do not contain 1.

    References
    ----------
    Deming & Stephan (1940), Ann Math Stat 11, 427-444. Deville & Saerndal (1992), JASA 87, 376-382.
    Demnati & Rao (2004), Survey Methodology 30, 17-26 (the residuals are at the calibrated weights).
    """
    check_bounds({"iterations": iterations}, {"iterations": (1, 1e7)})
    given = [_margin(design, codes, totals) for codes, totals in margins]
    _check_margins(given, bounds)
    least, most = (0.0, np.inf) if bounds is None else bounds
    raw, base, done, gap = np.zeros(len(design)), design.weight, 0, np.inf
    while gap > tolerance and done < iterations:
        done += 1
        for codes, totals in given:
            raw = np.clip(raw + _step(raw, base, codes, totals, bounds)[codes], -LIMIT, LIMIT)
        factor = np.clip(np.exp(raw), least, most)
        gap = max(_gap(factor * base, codes, totals) for codes, totals in given)
    held: Bools = (factor <= least) | (factor >= most)
    return Calibrated(
        design=_calibrated(design, factor, held, [codes for codes, _ in given]),
        factor=factor,
        converged=bool(gap <= tolerance),
        iterations=done,
        largest_gap=gap,
        at_bound=int(held.sum()),
    )


def _margin(design: SurveyDesign, codes: ArrayLike, totals: ArrayLike) -> tuple[Ints, Floats]:
    known = as_floats("totals", totals)
    check_counts("totals", known)
    member = as_codes("codes", codes, count=len(known))
    check_same_length(weight=design.weight, codes=member)
    asked = np.bincount(member, minlength=len(known)) > 0
    bad = np.flatnonzero(asked != (known > 0))
    if len(bad):
        raise ValueError(
            f"category {int(bad[0])} has {'rows but no total' if asked[bad[0]] else 'a total but no row'}; "
            "merge it with a like one"
        )
    return member, known


def _check_margins(margins: Sequence[tuple[Ints, Floats]], bounds: tuple[float, float] | None) -> None:
    if not margins:
        raise ValueError("margins must hold one pair of codes and totals or more")
    sums = [float(totals.sum()) for _, totals in margins]
    if max(sums) - min(sums) > 1e-8 * max(sums):
        raise ValueError(f"margins must have one sum; got {sums}: scale them to the best known one")
    if bounds is not None and not 0 <= bounds[0] < 1 < bounds[1]:
        raise ValueError(f"bounds must lie around 1, the lower one >= 0; got {bounds}")


def _gap(weight: Floats, codes: Ints, totals: Floats) -> float:
    reached = np.bincount(codes, weight, len(totals))
    wanted = totals > 0
    return float(np.abs(reached[wanted] / totals[wanted] - 1).max())


def _step(
    raw: Floats, base: Floats, codes: Ints, totals: Floats, bounds: tuple[float, float] | None
) -> Floats:
    """Log factor of each category (n_categories,) that meets its total."""
    if bounds is None:
        reached = np.bincount(codes, base * np.exp(raw), len(totals))
        step: Floats = np.log(np.where(totals > 0, totals, 1.0) / np.where(reached > 0, reached, 1.0))
        return step
    low: Floats = np.full(len(totals), -WIDEST)
    high: Floats = np.full(len(totals), WIDEST)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        factor = np.clip(np.exp(raw + middle[codes]), *bounds)
        short = np.bincount(codes, base * factor, len(totals)) < totals
        low, high = np.where(short, middle, low), np.where(short, high, middle)
        if (high - low).max() < 1e-15:
            break
    halfway: Floats = (low + high) / 2
    return halfway


def _calibrated(design: SurveyDesign, factor: Floats, held: Bools, margins: Sequence[Ints]) -> SurveyDesign:
    """The design with new weights and what they reproduce, earlier calibrations included."""
    dummies = [np.eye(int(codes.max()) + 1)[codes] for codes in margins]
    earlier = [] if design.calibration is None else [design.calibration.columns]
    columns = np.hstack([*earlier, *dummies])
    # a factor that stopped at a bound no longer answers to the totals: it has no say in the regression
    root = np.sqrt(np.where(held, 0.0, design.weight * factor))[:, None]
    with threadpool_limits(limits=1):
        left, sizes, right = np.linalg.svd(root * columns, full_matrices=False)
        kept = sizes > RANK_TOLERANCE * max(sizes[0], np.finfo(float).tiny)
        fitted = columns @ (right[kept].T / sizes[kept])
    calibration = Calibration(columns=columns, fitted=fitted, solver=root * left[:, kept])
    return replace(design, weight=design.weight * factor, calibration=calibration)
