"""What tests of spatial autocorrelation hand back: one number for the map, or one row an area."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.checks import Bools, Floats, Ints
from models.results import _areas, _Frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalStatistic(_Frozen):
    """One statistic of the whole map with its null moments.

    Attributes
    ----------
    statistic : Moran's I, Geary's C or the general G
    expected, variance : under the null of `assumption`
    z : (statistic - expected) / sd
    p_value : of `alternative`, by `method`
    method : "analytic" (normal approximation) or "permutation"
    alternative : "two-sided", "greater", "less" or "folded"
    assumption : "randomisation" or "normality", of `expected` and `variance`
    permutations : drawn, 0 with an analytic p
    n : areas counted in the formula
    islands : (n_areas,) areas without a neighbour
    """

    statistic: float
    expected: float
    variance: float
    z: float
    p_value: float
    method: str
    alternative: str
    assumption: str
    permutations: int
    n: int
    islands: Bools

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        names = ("statistic", "expected", "variance", "z", "p_value", "permutations", "n")
        return pd.DataFrame({name: [getattr(self, name)] for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalStatistics(_Frozen):
    """One statistic an area with its null moments; arrays are (n_areas,), NaN where nothing can be said.

    Attributes
    ----------
    statistic : as the function that made it defines
    expected, variance : null moments of the statistic given the area's own value, or as asked
    z : (statistic - expected) / sd; of the saddlepoint method, its own normal deviate
    p_value : of `alternative`, by `method`
    p_fdr : `p_value` adjusted over the areas that have one (Benjamini-Hochberg)
    quadrant : "high-high", "low-low", "high-low", "low-high" (the area first, then its neighbours);
        of Gi and Gi*: "high" or "low"; "island" without neighbours, "flat" where either is at the mean
    islands : areas without a neighbour
    drawn : permutations of each area, 0 where p is analytic
    permutations : most that an area could have had
    fdr_permutations : how many let the smallest possible p pass a false-discovery bound of `fdr_level`
        by itself; 0 where p is analytic
    fdr_level : that bound
    method, alternative : "permutation", "adaptive", "saddlepoint" or "normal"; "two-sided", ...
    """

    statistic: Floats
    expected: Floats
    variance: Floats
    z: Floats
    p_value: Floats
    p_fdr: Floats
    quadrant: NDArray[np.str_]
    islands: Bools
    drawn: Ints
    permutations: int
    fdr_permutations: int
    fdr_level: float
    method: str
    alternative: str

    @property
    def fdr_reachable(self) -> bool:
        """Whether one area by itself could pass the bound; if not, an empty map of `p_fdr` says nothing."""
        return self.permutations >= self.fdr_permutations

    def hotspots(self, level: float | None = None) -> NDArray[np.str_]:
        """Quadrant where `p_fdr` is at most `level` (default `fdr_level`), "" elsewhere."""
        found = self.p_fdr <= (self.fdr_level if level is None else level)
        return np.where(found, self.quadrant, "")

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        names = ("statistic", "expected", "variance", "z", "p_value", "p_fdr", "quadrant", "islands", "drawn")
        return _areas({name: getattr(self, name) for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class GetisStatistics(LocalStatistics):
    """Gi or Gi* as a normal deviate (so expected 0, variance 1), and the share that it stands for.

    Attributes
    ----------
    share : weighted sum of the neighbours' values over the sum of all (of all others for Gi): the G of Getis
        and Ord; NaN where a value is negative
    share_expected, share_variance : its null moments
    star : whether an area is its own neighbour
    """

    share: Floats
    share_expected: Floats
    share_variance: Floats
    star: bool
