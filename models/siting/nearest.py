"""Everybody to the nearest open site."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from models.checks import Ints, as_codes, as_floats
from models.results import Assignment
from models.siting.instance import Demands


def assign(minutes: ArrayLike, opened: ArrayLike) -> Assignment:
    """Nearest open site of each demand; the lower column wins a tie.

    Parameters
    ----------
    minutes : (n_demand, n_sites), NaN = unreachable
    opened : columns that are open, at least one

    Returns
    -------
    Assignment: site -1 and NaN minutes where no open site is reachable

    Examples
    --------
    >>> assign([[5.0, 9.0], [7.0, float("nan")]], [1]).site.tolist()
    [1, -1]
    """
    times = as_floats("minutes", minutes, ndim=2)
    columns = np.unique(as_codes("opened", opened, count=times.shape[1]))
    if not len(columns):
        raise ValueError("opened must name at least one site")
    near = np.where(np.isnan(times[:, columns]), np.inf, times[:, columns])
    best = near.argmin(axis=1)
    shortest = near[np.arange(len(near)), best]
    reached = np.isfinite(shortest)
    return Assignment(
        site=np.where(reached, columns[best], -1).astype(np.int64),
        minutes=np.where(reached, shortest, np.nan),
    )


def nearest_site(demands: Demands, sites: Ints) -> Assignment:
    """Nearest open site; -1 where none is reached, or what lies beyond is nearer."""
    if isinstance(demands.minutes, np.ndarray):
        served = assign(demands.minutes, sites)
        if demands.limit is None:
            return served
        own = served.minutes <= demands.limit
        return Assignment(site=np.where(own, served.site, -1), minutes=np.where(own, served.minutes, np.nan))
    near = csr_array(demands.minutes[:, sites])
    site = np.full(near.shape[0], -1, dtype=np.int64)
    shortest = np.full(near.shape[0], np.inf) if demands.limit is None else demands.limit.astype(np.float64)
    row = np.repeat(np.arange(near.shape[0]), np.diff(near.indptr))
    order = np.lexsort((near.indices, near.data, row))
    first = order[np.unique(row[order], return_index=True)[1]]
    better = near.data[first] <= shortest[row[first]]
    site[row[first][better]] = sites[near.indices[first][better]]
    found = np.full(near.shape[0], np.nan)
    found[row[first][better]] = near.data[first][better]
    return Assignment(site=site, minutes=found)
