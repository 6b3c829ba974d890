"""Spatial scan statistic: the most unusual circle or ellipse, and how unusual it is."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from models.checks import as_floats
from models.replicates import Executor
from models.scan.candidates import Frame, Metric
from models.scan.clusters import Model, Options, Rates, checked, find_clusters

ALWAYS = np.zeros((1, 2), np.int64)  # one time, so one window


class CircularScan(BaseEstimator):
    """Kulldorff's scan statistic over circles around the areas.

    Parameters
    ----------
    model : "poisson" (cases against expected counts) or "bernoulli" (cases against controls)
    max_share : largest share of the population in a circle
    replicates : simulated maps behind the p-values
    metric : "euclidean" for any plane unit, "haversine" for longitude and latitude in degrees
    seed : of the simulated maps
    min_cases : cases that a circle of high rate must have
    rates : look for "high" rates, "low" ones or "both"
    overdispersed : also give a p-value under areas that differ among themselves as much as the data's do
    stop_after : end the simulation once so many maps were as extreme as this one (Besag and Clifford 1991)
    executor : spreads the simulated maps over cores or machines; answers do not depend on it

    Notes
    -----
    SaTScan's rules: areas at one distance enter together, each centre puts forward its best circle only,
    and a less likely circle that shares an area with a more likely one is left out. P-values of the second
    and later clusters are conservative. `p_value` asks whether people fell ill independently: with many
    cases the smallest difference between areas makes it small, and `p_overdispersed` tells whether a circle
    stands out from such differences. Memory: four bytes for each area of each circle.

    References
    ----------
    Kulldorff (1997), Communications in Statistics: Theory and Methods 26, 1481-1496.

    Examples
    --------
    >>> import numpy as np
    >>> line = np.column_stack([np.arange(20.0), np.zeros(20)])
    >>> cases = np.where(np.arange(20) < 4, 30, 10)
    >>> scan = CircularScan(replicates=99).fit(line, cases, np.ones(20))
    >>> sorted(scan.clusters_[0].members.tolist()), scan.clusters_[0].p_value
    ([0, 1, 2, 3], 0.01)
    """

    def __init__(
        self,
        model: Model = "poisson",
        max_share: float = 0.5,
        replicates: int = 999,
        metric: Metric = "euclidean",
        seed: int = 0,
        *,
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
        """Learn `clusters_`.

        Parameters
        ----------
        coordinates : (n, 2)
        cases : (n,) whole numbers
        expected : (n,) expected counts on any scale; with model="bernoulli" the controls
        population : (n,) that `max_share` is of; the expected counts (cases and controls) if not given

        Raises
        ------
        ValueError
            If shapes differ, a number is missing or negative, cases are fractions, or there are none.
        """
        options = self._options()
        count, base = as_floats("cases", cases), as_floats("expected or controls", expected)
        data = checked(coordinates, count[:, None], base[:, None], population, options)
        self.clusters_ = find_clusters(data, ALWAYS, options)
        return self

    def _options(self) -> Options:
        return Options(**self.get_params(deep=False))


class EllipticScan(CircularScan):
    """Scan statistic over circles and ellipses.

    Parameters
    ----------
    shapes : longer over shorter axis; 1 is the circle
    angles : directions tried of each shape, evenly over half a turn
    penalty : power a of the factor (4 s / (s + 1)^2)^a by which the log likelihood ratio of shape s is
        multiplied; 0 favours long ellipses, 1 round ones
    others : as in `CircularScan`

    Notes
    -----
    The defaults are SaTScan's. Longitude and latitude must be projected to a plane beforehand.

    References
    ----------
    Kulldorff, Huang, Pickle & Duczmal (2006), Statistics in Medicine 25, 3929-3943.
    """

    def __init__(
        self,
        model: Model = "poisson",
        max_share: float = 0.5,
        replicates: int = 999,
        metric: Metric = "euclidean",
        seed: int = 0,
        *,
        shapes: tuple[float, ...] = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0),
        angles: tuple[int, ...] = (1, 4, 6, 9, 12, 15),
        penalty: float = 0.5,
        min_cases: int = 2,
        rates: Rates = "high",
        overdispersed: bool = True,
        stop_after: int | None = None,
        executor: Executor | None = None,
    ) -> None:
        super().__init__(
            model,
            max_share,
            replicates,
            metric,
            seed,
            min_cases=min_cases,
            rates=rates,
            overdispersed=overdispersed,
            stop_after=stop_after,
            executor=executor,
        )
        self.shapes = shapes
        self.angles = angles
        self.penalty = penalty

    def _options(self) -> Options:
        given = self.get_params(deep=False)
        shapes, angles, penalty = (given.pop(name) for name in ("shapes", "angles", "penalty"))
        return Options(**given, frames=_frames(shapes, angles, penalty, self.metric))


def _frames(
    shapes: tuple[float, ...], angles: tuple[int, ...], penalty: float, metric: Metric
) -> tuple[Frame, ...]:
    if len(shapes) != len(angles) or min(shapes) < 1 or min(angles) < 1 or penalty < 0:
        raise ValueError(
            "shapes need one number of angles each, both >= 1, and a penalty >= 0; "
            f"got {shapes}, {angles}, {penalty:g}"
        )
    if metric == "haversine" and max(shapes) > 1:
        raise ValueError("ellipses need plane coordinates; project longitude and latitude to metres first")
    frames = []
    for shape, count in zip(shapes, angles, strict=True):
        factor = (4 * shape / (shape + 1) ** 2) ** penalty
        turns = count if shape > 1 else 1
        frames += [Frame(shape, 180 * turn / turns, factor) for turn in range(turns)]
    return tuple(frames)
