"""How evenly access is spread: reported beside a plan, never optimised."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.checks import Floats, as_floats, check_counts, check_positive, check_same_length
from models.plans.tail import tail_minutes
from models.results import _areas, _Frozen

ZONES_MINUTES = (10.0, 20.0, 30.0)
ZONE_WEIGHTS = (1.0, 0.68, 0.22)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessReport(_Frozen):
    """Spread of minutes over persons.

    Attributes
    ----------
    persons : with a site in reach; every measure but `beyond` is of them
    unreached : persons without one
    mean, median, p95 : minutes
    tail : mean minutes of the worst-served share of persons
    gini : 0 = all have the same way .. 1
    concentration : index by the ranking, NaN without one: below 0 the long ways are those of the most
        deprived, above 0 those of the least deprived
    limits, beyond : (limits,) minutes, and the share of ALL persons whose way is longer or who reach none
    """

    persons: float
    unreached: float
    mean: float
    median: float
    p95: float
    tail: float
    gini: float
    concentration: float
    limits: Floats
    beyond: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row a limit."""
        return _areas({"limit_minutes": self.limits, "beyond": self.beyond}, "limit")


def access_report(
    near: ArrayLike,
    weights: ArrayLike,
    *,
    deprivation: ArrayLike | None = None,
    limits: Sequence[float] = (15.0, 30.0, 45.0),
    share: float = 0.05,
) -> AccessReport:
    """Describe how minutes to the nearest open site are spread over persons.

    Parameters
    ----------
    near : (n_demand,) minutes, NaN = unreachable
    weights : (n_demand,) persons in need, not all 0
    deprivation : (n_demand,) larger = more deprived; equal values share a rank
    limits : minutes
    share : of persons in the tail

    Raises
    ------
    ValueError
        If lengths differ, there are no persons, or a value is negative where it may not be.

    References
    ----------
    Kakwani, Wagstaff & van Doorslaer (1997), Journal of Econometrics 77, 87-103 (concentration index of
    weighted data). Lerman & Yitzhaki (1989), Journal of Econometrics 42, 43-47 (weighted Gini).
    """
    value, weight = as_floats("near", near), as_floats("weights", weights)
    check_same_length(near=value, weights=weight)
    check_counts("weights", weight)
    if not weight.sum() > 0:
        raise ValueError("weights are all 0; there is nobody whose access could be described")
    reached = ~np.isnan(value)
    check_counts("near", value[reached])
    inside = reached & (weight > 0)
    minutes, people = value[inside], weight[inside]
    limit = as_floats("limits", limits)
    rank = None if deprivation is None else as_floats("deprivation", deprivation)
    check_same_length(near=value, deprivation=rank)
    ordered = None if rank is None else -rank[inside]
    return AccessReport(
        persons=float(people.sum()),
        unreached=float(weight[~reached].sum()),
        mean=_mean(minutes, people),
        median=_quantile(minutes, people, 0.5),
        p95=_quantile(minutes, people, 0.95),
        tail=tail_minutes(minutes, people, share),
        gini=concentration_index(minutes, people, minutes),
        concentration=float("nan") if ordered is None else concentration_index(minutes, people, ordered),
        limits=limit,
        beyond=np.array([weight[~(value <= one)].sum() for one in limit]) / weight.sum(),
    )


def _mean(minutes: Floats, people: Floats) -> float:
    return float(minutes @ people / people.sum()) if len(people) else float("nan")


def _quantile(minutes: Floats, people: Floats, level: float) -> float:
    """Least minutes within which that share of persons lives."""
    if not len(people):
        return float("nan")
    order = np.argsort(minutes, kind="stable")
    within = np.cumsum(people[order])
    return float(minutes[order][np.searchsorted(within, level * within[-1] * (1 - 1e-12))])


def concentration_index(values: ArrayLike, weights: ArrayLike, ranking: ArrayLike) -> float:
    """Twice the covariance of values with the persons' relative ranks, over their mean.

    Parameters
    ----------
    values : (n,) >= 0
    weights : (n,) persons
    ranking : (n,) rising; equal entries share the middle of their ranks. By the values themselves the index
        is their Gini coefficient

    Returns
    -------
    float in [-1, 1]; 0 where all values are 0, NaN without persons

    References
    ----------
    Kakwani, Wagstaff & van Doorslaer (1997), Journal of Econometrics 77, 87-103.

    Examples
    --------
    >>> concentration_index([0, 0, 0, 8], [1, 1, 1, 1], [1, 2, 3, 4])
    0.75
    >>> round(concentration_index([30, 10], [1, 3], [1, 2]), 12)  # the lowest rank is far
    -0.25
    """
    value, weight = as_floats("values", values), as_floats("weights", weights)
    order = as_floats("ranking", ranking)
    check_same_length(values=value, weights=weight, ranking=order)
    check_counts("values", value)
    check_counts("weights", weight)
    if not np.isfinite(order).all():
        raise ValueError("ranking must be finite; drop rows without a rank")
    total = weight.sum()
    if not total > 0:
        return float("nan")
    mean = float(value @ weight / total)
    if mean == 0:
        return 0.0
    share = weight / total
    _, tie = np.unique(order, return_inverse=True)
    tied = np.bincount(tie, share)
    rank = (np.cumsum(tied) - tied / 2)[tie]
    return float(2 * (share * value) @ (rank - 0.5) / mean)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catchment(_Frozen):
    """Two-step floating catchment areas.

    Attributes
    ----------
    access : (n_demand,) supply per person within reach, 0 where there is none
    ratio : (n_sites,) supply of a site per person in its catchment; NaN where nobody is
    """

    access: Floats
    ratio: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row a demand."""
        return _areas({"access": self.access}, "demand")


def e2sfca(
    minutes: ArrayLike,
    supply: ArrayLike,
    demand: ArrayLike,
    *,
    zones_minutes: Sequence[float] = ZONES_MINUTES,
    zone_weights: Sequence[float] | None = ZONE_WEIGHTS,
) -> Catchment:
    """Enhanced two-step floating catchment: each site's supply is shared by the persons near it.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes, NaN = unreachable
    supply : (n_sites,) for example staff or places; 0 where a site is not open
    demand : (n_demand,) persons
    zones_minutes : rising ends of the zones; nobody goes beyond the last
    zone_weights : one a zone, 1.00, 0.68 and 0.22 as published; None = a Gaussian curve from 1 at 0 minutes
        to 0.01 at the last zone's end, without steps

    Raises
    ------
    ValueError
        If shapes differ, zones do not rise, or a value is negative.

    References
    ----------
    Luo & Qi (2009), Health & Place 15, 1100-1107. Dai (2010), Health & Place 16, 1038-1052 (Gaussian).

    Examples
    --------
    >>> e2sfca([[5.0], [15.0]], [10.0], [100.0, 100.0]).access.round(4).tolist()
    [0.0595, 0.0405]
    """
    travel = as_floats("minutes", minutes, ndim=2)
    places, people = as_floats("supply", supply), as_floats("demand", demand)
    check_same_length(demand=people, minutes_rows=travel)
    check_same_length(supply=places, minutes_columns=travel.T)
    check_counts("supply", places)
    check_counts("demand", people)
    check_counts("minutes", travel[~np.isnan(travel)])
    near = _decay(travel, as_floats("zones_minutes", zones_minutes), zone_weights)
    served = near.T @ people
    ratio = np.divide(places, served, out=np.full(len(places), np.nan), where=served > 0)
    return Catchment(access=near @ np.nan_to_num(ratio), ratio=ratio)


def _decay(minutes: Floats, ends: Floats, weights: Sequence[float] | None) -> Floats:
    check_positive("zones_minutes", ends)
    if not len(ends) or (np.diff(ends) <= 0).any():
        raise ValueError(f"zones_minutes must rise; got {ends.tolist()}")
    inside = minutes <= ends[-1]  # NaN is not
    if weights is None:
        curve = np.exp(np.log(0.01) * (np.where(inside, minutes, 0.0) / ends[-1]) ** 2)
        return np.where(inside, curve, 0.0)
    steps = as_floats("zone_weights", weights)
    check_same_length(zones_minutes=ends, zone_weights=steps)
    check_counts("zone_weights", steps)
    zone = np.searchsorted(ends, np.where(inside, minutes, 0.0))
    return np.where(inside, steps[zone], 0.0)
