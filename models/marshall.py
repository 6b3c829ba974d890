"""Marshall's empirical Bayes rates: shrunk to the map's mean, or to that of the neighbours."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, eye_array

from models.checks import Floats, as_floats, check_counts, check_positive, check_same_length
from models.graph import Neighbours, as_weights
from models.results import _areas, _Frozen

Convention = Literal["shared", "own"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarshallRates(_Frozen):
    """Shrunk rates; arrays are (n_areas,).

    Attributes
    ----------
    rate : shrunk
    raw : cases over exposure
    mean : what each area is drawn to (one value without neighbours)
    between : moment estimate of the variance of true rates around it, at least 0 (one value likewise)
    shrinkage : weight of the raw rate, 0..1
    """

    rate: Floats
    raw: Floats
    mean: Floats
    between: Floats
    shrinkage: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        names = ("rate", "raw", "mean", "between", "shrinkage")
        return _areas({name: getattr(self, name) for name in names})


def marshall(
    cases: ArrayLike,
    exposure: ArrayLike,
    neighbours: Neighbours | None = None,
    *,
    convention: Convention = "shared",
) -> MarshallRates:
    """Shrink raw rates by the moments of the whole map, or of each area and its neighbours.

    Parameters
    ----------
    cases : (n_areas,) counts
    exposure : (n_areas,) persons or expected counts, > 0
    neighbours : (n_areas, n_areas) sparse, nonzero = neighbours; None = the whole map. An island is its own
        neighbourhood, so it keeps its raw rate
    convention : how far rates of a neighbourhood spread: around its own mean ("shared", as GeoDa, PySAL and
        spdep with geoda=TRUE) or each neighbour around the mean of its own neighbourhood ("own", spdep's
        default)

    Raises
    ------
    ValueError
        If lengths differ, a count is negative, or an exposure is not positive.

    References
    ----------
    Marshall (1991), Applied Statistics 40, 283-294.
    """
    count, base = as_floats("cases", cases), as_floats("exposure", exposure)
    check_same_length(cases=count, exposure=base)
    check_counts("cases", count)
    check_positive("exposure", base)
    if convention not in ("shared", "own"):
        raise ValueError(f"convention must be 'shared' or 'own'; got {convention!r}")
    raw = count / base
    mean, between = _moments(count, base, neighbours, convention)
    noise = mean / base
    shrinkage = np.divide(between, between + noise, out=np.zeros_like(raw), where=between + noise > 0)
    return MarshallRates(
        rate=mean + shrinkage * (raw - mean), raw=raw, mean=mean, between=between, shrinkage=shrinkage
    )


def _moments(
    count: Floats, base: Floats, neighbours: Neighbours | None, convention: Convention
) -> tuple[Floats, Floats]:
    """Mean rate and variance between true rates around each area."""
    n = len(count)
    if neighbours is None:
        mean = np.full(n, count.sum() / base.sum())
        spread = np.full(n, float(base @ (count / base - mean) ** 2) / base.sum())
        return mean, np.maximum(spread - mean * n / base.sum(), 0.0)
    near = as_weights(neighbours, n=n)
    near.data[:] = 1.0
    near = csr_array(near + eye_array(n, format="csr"))
    rows, columns = (np.asarray(part, dtype=np.int64) for part in near.tocoo().coords)
    exposed, size = np.bincount(rows, base[columns], n), np.bincount(rows, minlength=n)
    mean = np.bincount(rows, count[columns], n) / exposed
    centre = mean[columns] if convention == "own" else mean[rows]
    squares = base[columns] * ((count / base)[columns] - centre) ** 2
    spread = np.bincount(rows, squares, n) / exposed
    return mean, np.maximum(spread - mean * size / exposed, 0.0)
