"""Clusters that a scan found, and how surprising they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import overload

import numpy as np
import pandas as pd

from models.checks import Floats, Ints, frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One group of areas with more (or fewer) cases than elsewhere.

    Attributes
    ----------
    members : row numbers, nearest to the centre first
    centre : row number of the area in the middle
    radius : distance of the farthest member, in the unit of the coordinates (km for "haversine")
    shape, angle_degrees : of the ellipse; 1 and 0 for a circle
    observed, expected : cases in the group, and as many as its people would have at the map's rate
    relative_risk : rate in the group over the rate outside; inf where all cases are inside
    llr : log likelihood ratio (times the penalty of an ellipse)
    p_value : share of simulated maps whose best group is as good or better, this map counted among them
    p_gumbel : from a Gumbel distribution fitted to the simulated maxima: resolves small p
    p_overdispersed : like `p_value` where areas differ among themselves as much as these do
    start, end : first and last time (column numbers, end included); 0 and 0 without time
    """

    members: Ints
    centre: int
    radius: float
    shape: float
    angle_degrees: float
    observed: int
    expected: float
    relative_risk: float
    llr: float
    p_value: float
    p_gumbel: float
    p_overdispersed: float
    start: int = 0
    end: int = 0

    def __post_init__(self) -> None:
        frozen(self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters(Sequence[Cluster]):
    """Clusters of one scan, most likely first; they share no member.

    Attributes
    ----------
    found : the clusters
    n_areas : areas of the map
    cases : all cases
    maxima : best score of each simulated map of independent people
    maxima_overdispersed : the same where areas differ among themselves; empty if not asked for
    overdispersion_sd : sd of the areas' own relative risks behind it; 0 = none seen in the data
    replicates : simulated maps that `p_value` rests on; fewer than asked for after an early stop
    """

    found: tuple[Cluster, ...]
    n_areas: int
    cases: int
    maxima: Floats
    maxima_overdispersed: Floats = field(default_factory=lambda: np.empty(0))
    overdispersion_sd: float
    replicates: int

    def __post_init__(self) -> None:
        frozen(self.maxima)
        frozen(self.maxima_overdispersed)

    @overload
    def __getitem__(self, place: int) -> Cluster: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Cluster, ...]: ...
    def __getitem__(self, place: int | slice) -> Cluster | tuple[Cluster, ...]:
        return self.found[place]

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Cluster]:
        return iter(self.found)

    @property
    def label(self) -> Ints:
        """(n_areas,) place of each area's cluster, 0 the most likely; -1 outside all."""
        label = np.full(self.n_areas, -1, np.int64)
        for place, cluster in enumerate(self.found):
            label[cluster.members] = place
        return label

    def to_frame(self) -> pd.DataFrame:
        """One row a cluster; members are counted."""
        names = [item.name for item in fields(Cluster) if item.name != "members"]
        rows = [
            {"areas": len(one.members), **{name: getattr(one, name) for name in names}} for one in self.found
        ]
        return pd.DataFrame(rows, columns=["areas", *names], index=pd.RangeIndex(len(rows), name="cluster"))
