"""A plan of sites, how good it is proven to be, and the proof."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.checks import Floats, Ints
from models.results import _areas, _Frozen
from models.siting.certificate import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan(_Frozen):
    """Open sites, and how good that choice is proven to be.

    Attributes
    ----------
    sites : columns that are open, ascending; `fixed` of them were open before
    fixed : columns that stay open whatever is chosen
    assignment : (n_demand,) the nearest open site, the lower column at a tie; -1 where none is reached
    objective : sum of weight x minutes to the nearest open site
    bound : no choice of as many sites can be below this
    certified_bound : what `certificate` shows by itself, -inf without one; `bound` may be higher because
        costs are whole numbers, or a solver proved it
    gap : (objective - bound) / objective, 0 = proven best
    proven : whether nothing better exists, up to 1e-9 of the objective
    seconds : time taken
    unserved : rows that no open site reaches; each counts `unreachable_minutes` if another choice
        could reach it, nothing if no site at all does
    unreachable_minutes : minutes counted for such a row
    certificate : proof of `certified_bound` for `verify`; None where there is none
    excluded : columns that could not open
    beyond : (n_demand,) minutes of pairs that were not given; None if all were
    """

    sites: Ints
    fixed: Ints
    assignment: Ints
    objective: float
    bound: float
    certified_bound: float
    gap: float
    proven: bool
    seconds: float
    unserved: Ints
    unreachable_minutes: float
    certificate: Certificate | None
    excluded: Ints
    beyond: Floats | None

    @property
    def new(self) -> Ints:
        """Columns that the plan opens, ascending."""
        return np.setdiff1d(self.sites, self.fixed)

    @property
    def status(self) -> str:
        """How the search ended: `optimal` or `time_limit`."""
        return "optimal" if self.proven else "time_limit"

    def to_frame(self) -> pd.DataFrame:
        """One row an open site."""
        return _areas({"site": self.sites, "is_new": ~np.isin(self.sites, self.fixed)}, "order")
