"""Space-time scan statistic: where and when."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from models.checks import Ints, as_floats, check_bounds
from models.replicates import Executor
from models.scan.candidates import Metric
from models.scan.clusters import Model, Options, Rates, checked, find_clusters


class SpaceTimeScan(BaseEstimator):
    """Scan statistic over cylinders: circles around the areas during a span of times.

    Parameters
    ----------
    max_time_share : longest span, as a share of the times
    prospective : only spans that reach the last time, for clusters that are alive now
    others : as in `CircularScan`

    Notes
    -----
    As in SaTScan a cluster that shares an area with a more likely one is left out, whatever their times.
    Purely spatial cylinders (all times) are among the candidates when `max_time_share` is 1.

    References
    ----------
    Kulldorff, Athas, Feuer, Miller & Key (1998), American Journal of Public Health 88, 1377-1380;
    Kulldorff (2001), JRSS A 164, 61-72 (prospective).
    """

    def __init__(
        self,
        model: Model = "poisson",
        max_share: float = 0.5,
        replicates: int = 999,
        metric: Metric = "euclidean",
        seed: int = 0,
        *,
        max_time_share: float = 0.5,
        prospective: bool = False,
        min_cases: int = 2,
        rates: Rates = "high",
        overdispersed: bool = True,
        stop_after: int | None = None,
        executor: Executor | None = None,
    ) -> None:
        self.model = model
        self.max_share = max_share
        self.replicates = replicates
        self.metric = metric
        self.seed = seed
        self.max_time_share = max_time_share
        self.prospective = prospective
        self.min_cases = min_cases
        self.rates = rates
        self.overdispersed = overdispersed
        self.stop_after = stop_after
        self.executor = executor

    def fit(
        self,
        coordinates: ArrayLike,
        cases: ArrayLike,
        expected: ArrayLike,
        population: ArrayLike | None = None,
    ) -> Self:
        """Learn `clusters_`, each with its `start` and `end`.

        Parameters
        ----------
        coordinates : (n, 2)
        cases : (n, t) whole numbers
        expected : (n, t) expected counts on any scale; with model="bernoulli" the controls
        population : (n,) that `max_share` is of; the expected counts over time if not given

        Raises
        ------
        ValueError
            As `CircularScan.fit`.
        """
        given = self.get_params(deep=False)
        longest, alive = given.pop("max_time_share"), given.pop("prospective")
        check_bounds({"max_time_share": longest}, {"max_time_share": (1e-9, 1.0)})
        options = Options(**given)
        count, base = as_floats("cases", cases, ndim=2), as_floats("expected or controls", expected, ndim=2)
        data = checked(coordinates, count, base, population, options)
        self.clusters_ = find_clusters(data, _windows(count.shape[1], longest, alive=alive), options)
        return self


def _windows(times: int, longest: float, *, alive: bool) -> Ints:
    """(w, 2) first and last time of each span: at least one time long, the last included."""
    most = max(1, int(longest * times + 1e-9))
    ends = [times - 1] if alive else range(times)
    spans = [(start, end) for end in ends for start in range(max(0, end - most + 1), end + 1)]
    return np.array(spans, dtype=np.int64)
