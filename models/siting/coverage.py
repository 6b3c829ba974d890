"""What a plan covers, and the rows that none can."""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.checks import Bools, Floats, Ints
from models.results import _areas
from models.siting.instance import Demands
from models.siting.nearest import nearest_site
from models.siting.request import InfeasibleRequest
from models.siting.results import SitePlan

NAMED = 10  # rows that a refusal names


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverPlan(SitePlan):
    """A plan that was judged by who is near enough; what differs from `SitePlan` and what is added.

    Attributes
    ----------
    objective : sites (or their costs) of a set cover; weight covered of a maximal cover
    bound : no set cover can be below it; no maximal cover can be above it
    gap : (objective - bound) / objective of a set cover, (bound - objective) / bound of a maximal cover
    assignment : the nearest open site, within the radius or not; with capacities the open site that covers
        the row, -1 where it is not covered
    certified_bound, unreachable_minutes : -inf and NaN: no certificate, and nothing counts for distance
    radius_minutes : how near is near enough
    covered : (n_demand,) share of each row that counts as covered, 0..1
    covered_share : share of the WEIGHT (persons) covered, not of rows; 1 for a set cover
    times : (n_demand,) open sites within the radius
    backup_share : share of the ROWS (not of persons) that keep cover if `backup` sites of theirs fail; with
        at least two sites within the radius where `backup` was not given
    backup_bound : no plan with as few sites (or of as little cost) has a larger `backup_share`; NaN where it
        was not asked for
    """

    radius_minutes: float
    covered: Floats
    covered_share: float
    times: Ints
    backup_share: float
    backup_bound: float

    @property
    def uncovered(self) -> Ints:
        """Rows of which nothing counts as covered."""
        return np.flatnonzero(self.covered == 0).astype(np.int64)

    def demand_frame(self) -> pd.DataFrame:
        """One row a demand: nearest open site, share covered, open sites within the radius."""
        return _areas({"site": self.assignment, "covered": self.covered, "times": self.times}, "demand")


@dataclass(frozen=True, slots=True)
class Judged:
    """How good a plan is: see `CoverPlan`."""

    objective: float
    bound: float
    gap: float
    proven: bool
    covered: Floats
    covered_share: float
    backup_share: float
    backup_bound: float


@dataclass(frozen=True, slots=True)
class Opened:
    """What was asked, what was opened, and when that began (a reading of `time.perf_counter`).

    Attributes
    ----------
    minutes : those of `demands` in full
    """

    demands: Demands
    minutes: Floats
    radius: float
    sites: Ints
    fixed: Ints
    excluded: Ints
    began: float

    @property
    def times(self) -> Ints:
        """(n_demand,) open sites within the radius."""
        return np.asarray((self.minutes[:, self.sites] <= self.radius).sum(axis=1), dtype=np.int64)

    def plan(self, judged: Judged, server: Ints | None = None) -> CoverPlan:
        """The result as it is handed back; `server` takes the nearest site's place."""
        nearest = np.full(len(self.minutes), -1, dtype=np.int64)
        if len(self.sites):
            nearest = nearest_site(self.demands, self.sites).site
        served = nearest if server is None else server
        return CoverPlan(
            sites=self.sites,
            fixed=self.fixed,
            assignment=served,
            objective=judged.objective,
            bound=judged.bound,
            certified_bound=-np.inf,
            gap=judged.gap,
            proven=judged.proven,
            seconds=time.perf_counter() - self.began,
            unserved=np.flatnonzero(nearest < 0).astype(np.int64),
            unreachable_minutes=np.nan,
            certificate=None,
            excluded=self.excluded,
            beyond=self.demands.limit,
            radius_minutes=self.radius,
            covered=judged.covered,
            covered_share=judged.covered_share,
            times=self.times,
            backup_share=judged.backup_share,
            backup_bound=judged.backup_bound,
        )


def check_coverable(minutes: Floats, within: Bools, radius: float) -> None:
    """Raise unless every row has a column within the radius.

    Parameters
    ----------
    minutes, within : (n_demand, sites that may be open)

    Raises
    ------
    InfeasibleRequest
        Names the first rows, their number, and the least radius that would cover all; inf if some row is
        reached from no site at all.
    """
    lost = np.flatnonzero(~within.any(axis=1))
    if not len(lost):
        return
    nearest = np.where(np.isnan(minutes), np.inf, minutes).min(axis=1, initial=np.inf)
    details = {
        "radius_minutes": radius,
        "rows": lost[:NAMED].tolist(),
        "uncoverable": len(lost),
        "least_change_radius_minutes": float(nearest.max()),
    }
    raise InfeasibleRequest("siting.cannot_cover", details)


def shares_within(minutes: Floats, full: float, zero: float) -> Floats:
    """Share of each pair that counts: 1 up to `full` minutes, falling evenly to 0 at `zero`; NaN 0.

    >>> shares_within(np.array([5.0, 15.0, 20.0, np.nan]), 10, 20).tolist()
    [1.0, 0.5, 0.0, 0.0]
    """
    if zero == full:
        return (minutes <= full).astype(np.float64)
    falling = np.clip((zero - minutes) / (zero - full), 0.0, 1.0)
    return np.where(np.isnan(minutes), 0.0, falling)
