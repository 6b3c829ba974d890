"""What changed between two maps, as probabilities."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.checks import Bools, Floats, frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Posterior of each area's change; arrays are (n,).

    Attributes
    ----------
    mean, sd : of the change: a ratio of rates (1 = none), or a difference of estimates (0 = none)
    lower, median, upper : interval of 95 %
    rose : probability that the risk rose
    rose_more : probability that it rose more (or fell less) than the city's
    observed : areas whose own data speak of change; the others are predicted
    city : the city's change, each area weighing as its people or expected cases
    draw : joint draws of the change (count, n) from a count and a seed
    """

    mean: Floats
    sd: Floats
    lower: Floats
    median: Floats
    upper: Floats
    rose: Floats
    rose_more: Floats
    observed: Bools
    city: float
    draw: Callable[[int, int], Floats]

    def __post_init__(self) -> None:
        for name in ("mean", "sd", "lower", "median", "upper", "rose", "rose_more", "observed"):
            frozen(getattr(self, name))

    def sample(self, n: int, seed: int = 0) -> Floats:
        """(n, areas) joint draws of the change."""
        return self.draw(n, seed)

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        names = ("mean", "sd", "lower", "median", "upper", "rose", "rose_more", "observed")
        columns: dict[str, np.ndarray] = {name: getattr(self, name) for name in names}
        return pd.DataFrame(columns, index=pd.RangeIndex(len(self.mean), name="area"))
