"""What zoning and the clustering of cases hand back."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.checks import Bools, Floats, Ints
from models.results import Zones, _areas, _Frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class ContiguousZones(Zones):
    """Zones and how alike their areas are; `merges` counts joins made for the minimum before likeness.

    Attributes
    ----------
    size : (n_zones,) areas
    objective : sum of squares of the features within zones
    explained : share of the total sum of squares that lies between zones, 0 where all areas are alike
    piece : (n_zones,) piece of the map that a zone lies in
    tried, criterion : numbers of zones compared and the Calinski-Harabasz ratio of each; empty where the
        number was given
    method : "ward" or "skater"
    """

    size: Ints
    objective: float
    explained: float
    piece: Ints
    tried: Ints
    criterion: Floats
    method: str

    @property
    def count(self) -> int:
        """Number of zones."""
        return len(self.population)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClusters(_Frozen):
    """Clusters of case points.

    Attributes
    ----------
    label : (n_points,) cluster from 0, the largest first; -1 = in none
    probability : (n_points,) strength of belonging, 0 in none
    count : (n_clusters,) cases
    persistence : (n_clusters,) mean probability of its cases
    smallest : fewest cases that a cluster may have
    """

    label: Ints
    probability: Floats
    count: Ints
    persistence: Floats
    smallest: int

    @property
    def outside(self) -> Bools:
        """(n_points,) cases in no cluster."""
        alone: Bools = self.label < 0
        return alone

    def to_frame(self) -> pd.DataFrame:
        """One row a case; it holds no position."""
        sizes = np.append(self.count, 0)[self.label]
        return _areas(
            {"cluster": self.label, "probability": self.probability, "cluster_cases": sizes}, "case"
        )
