"""Make area estimates add up to a total that is better known than any of them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.checks import Floats, Ints, as_codes, as_floats, check_counts, check_positive, check_same_length
from models.estimates.fay_herriot import FayHerriot
from models.results import _areas, _Frozen

Method = Literal["ratio", "difference", "mse", "you-rao"]
METHODS = ("ratio", "difference", "mse", "you-rao")
CLOSE = 1e-6  # a given total this near the You-Rao total, relatively, is the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmarked(_Frozen):
    """Estimates that add up.

    Attributes
    ----------
    estimates : (n_areas,)
    draws : (n, n_areas), each draw adding up, or None
    gap : (n_groups,) total less what the estimates added up to before; large against its standard error
        means that the model, not chance, is off
    """

    estimates: Floats
    draws: Floats | None
    gap: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        return _areas({"estimate": self.estimates})


def benchmark(
    estimates: ArrayLike,
    weights: ArrayLike,
    total: ArrayLike,
    draws: ArrayLike | None = None,
    *,
    method: Method = "ratio",
    mse: ArrayLike | None = None,
    group: ArrayLike | None = None,
    model: FayHerriot | None = None,
) -> Benchmarked:
    """Change `estimates` so that sum(weights x estimates) is `total`.

    Parameters
    ----------
    estimates : (n_areas,)
    weights : (n_areas,) >= 0, for example population or its share
    total : a number, or (n_groups,) with `group`
    draws : (n, n_areas), optional; each draw is changed by the same rule to the same total, so the total's
        own error is not carried
    method : "ratio" multiplies all areas by one number; "difference" adds one number; "mse" adds most
        where an estimate is least certain (needs `mse`); "you-rao" refits the regression of `model` so that
        the sampled areas add up to their own direct estimates by themselves (draws are moved along)
    mse : (n_areas,) > 0, for "mse"
    group : (n_areas,) codes of districts, each with its own total
    model : fitted FayHerriot, for "you-rao"

    Raises
    ------
    ValueError
        If a group has no weight, a ratio has no base, or "you-rao" is asked for another total.

    References
    ----------
    Pfeffermann & Barnard (1991), J Bus Econ Stat 9, 73-84. You & Rao (2002), Canadian J Stat 30, 431-439.
    Wang, Fuller & Qu (2008), Survey Methodology 34, 29-36.
    """
    theta, share = as_floats("estimates", estimates), as_floats("weights", weights)
    targets = np.atleast_1d(np.asarray(total, dtype=np.float64))
    codes = np.zeros(len(theta), np.int64) if group is None else as_codes("group", group, count=len(targets))
    check_same_length(estimates=theta, weights=share, group=codes)
    check_counts("weights", share)
    _check_targets(theta, targets, share, codes, method)
    rows = None if draws is None else _draws(draws, len(theta))
    gap = targets - np.bincount(codes, share * theta, len(targets))
    if method == "you-rao":
        moved = _you_rao(model, share, targets) - theta
        return Benchmarked(estimates=theta + moved, draws=None if rows is None else rows + moved, gap=gap)
    step = np.ones(len(theta)) if method != "mse" else share * _mse(mse, len(theta))
    rule = _Rule(share, targets, codes, step, ratio=method == "ratio")
    return Benchmarked(
        estimates=rule.apply(theta[None])[0], draws=None if rows is None else rule.apply(rows), gap=gap
    )


@dataclass(frozen=True, slots=True)
class _Rule:
    share: Floats
    targets: Floats
    codes: Ints
    step: Floats
    ratio: bool

    def apply(self, rows: Floats) -> Floats:
        """Change each of (n, n_areas) rows."""
        member = np.eye(len(self.targets))[self.codes]  # (n_areas, n_groups)
        sums = (rows * self.share) @ member
        if self.ratio:
            if (sums == 0).any():
                raise ValueError("estimates add up to 0, so no ratio reaches the total; use 'difference'")
            scaled: Floats = rows * (self.targets / sums)[:, self.codes]
            return scaled
        reach = (self.share * self.step) @ member
        shifted: Floats = rows + ((self.targets - sums) / reach)[:, self.codes] * self.step
        return shifted


def _check_targets(theta: Floats, targets: Floats, share: Floats, codes: Ints, method: str) -> None:
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}; got {method!r}")
    if not (np.isfinite(targets).all() and np.isfinite(theta).all()):
        raise ValueError("estimates and total must be finite; estimate every area first")
    if (np.bincount(codes, share, len(targets)) <= 0).any():
        raise ValueError("every group with a total needs an area with weight > 0")


def _draws(draws: ArrayLike, n: int) -> Floats:
    rows = as_floats("draws", draws, ndim=2)
    if rows.shape[1] != n:
        raise ValueError(f"draws must have shape (draws, {n}), one column an area; got {rows.shape}")
    return rows


def _mse(mse: ArrayLike | None, n: int) -> Floats:
    if mse is None:
        raise ValueError("method 'mse' needs mse, the mean squared error of each estimate")
    values = as_floats("mse", mse)
    check_same_length(estimates=np.empty(n), mse=values)
    check_positive("mse", values)
    return values


def _you_rao(model: FayHerriot | None, share: Floats, targets: Floats) -> Floats:
    if model is None:
        raise ValueError("method 'you-rao' needs model, the fitted FayHerriot")
    x, gain, y = model.covariates_, model.shrinkage_, model.direct_
    check_same_length(weights=share, covariates=x)
    seen = model.result_.sampled
    if not np.allclose(x @ np.linalg.lstsq(x, np.ones(len(x)))[0], 1.0):
        raise ValueError("method 'you-rao' needs a column of ones among the covariates")
    weight = (share * (1 - gain))[seen, None] * x[seen]
    beta = np.linalg.lstsq(weight.T @ x[seen], weight.T @ y[seen])[0]
    synthetic = x @ beta
    estimate: Floats = synthetic.copy()
    estimate[seen] += gain[seen] * (y - synthetic)[seen]
    own = float(share @ np.where(seen, y, synthetic))
    if len(targets) > 1 or abs(own - targets[0]) > CLOSE * max(abs(own), abs(targets[0])):
        raise ValueError(
            f"method 'you-rao' adds up to the direct estimates, {own:.10g}; got total "
            f"{np.array2string(targets, threshold=5)}: use 'ratio', 'difference' or 'mse' for another"
        )
    return estimate
