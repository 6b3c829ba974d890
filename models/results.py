"""What the models hand back: frozen, aligned to the caller's areas, able to become a table."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from models.checks import Bools, Floats, Ints, frozen


class _Frozen:
    """Arrays of a result cannot be edited after it was made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                frozen(value)


def _cells(columns: Mapping[str, np.ndarray]) -> pd.DataFrame:
    shape = next(iter(columns.values())).shape
    index = pd.MultiIndex.from_product([range(shape[0]), range(shape[1])], names=["area", "group"])
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index=index)


def _areas(columns: Mapping[str, np.ndarray], name: str = "area") -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    return pd.DataFrame(dict(columns), index=pd.RangeIndex(rows, name=name))


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectEstimates(_Frozen):
    """Survey estimates of each cell from its own answers only; arrays are (n_areas, n_groups).

    Attributes
    ----------
    mean : Hajek weighted mean, NaN in an empty cell
    n : answers used (units)
    n_blocks : primary units with an answer
    variance : linearised design variance, NaN with fewer than two blocks
    deff : pooled design effect of the cell (weighting times clustering)
    n_effective : n / deff, 0 in an empty cell
    rho : intra-block correlation pooled over all cells
    rho_df : degrees of freedom between blocks behind `rho`
    rho_between : correlation of two units of one block and different groups (`rho` with one group)
    area_blocks : (n_areas,), blocks of the area as if all were of one size, 0 without answers
    kish, block_take : the parts of `deff`: Kish's weighting factor, size of the block of an average unit
    """

    mean: Floats
    n: Ints
    n_blocks: Ints
    variance: Floats
    deff: Floats
    n_effective: Floats
    rho: float
    rho_df: int
    rho_between: float
    area_blocks: Floats
    kish: Floats
    block_take: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row a cell, indexed by (area, group)."""
        names = ("mean", "n", "n_blocks", "variance", "deff", "n_effective")
        return _cells({name: getattr(self, name) for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior(_Frozen):
    """Parts of an area model's posterior error at the mode of its variances, for joint draws.

    With q coefficients, G groups, D districts and n areas. The logit error of area i in district d is
    (I - shrink_i) (design_i a + r_d) + area_root_i z_i, where a = coefficient_root e and
    r_d = district_root_d e_d - district_slope_d a, and e, e_d, z_i are standard normal.
    """

    coefficient_root: Floats
    district_root: Floats
    district_slope: Floats
    district: Ints
    design: Floats
    shrink: Floats
    area_root: Floats
    residual: Floats
    information: Floats
    area_sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaEstimates(_Frozen):
    """Model estimates of a proportion in every cell, sampled or not; arrays are (n_areas, n_groups).

    Attributes
    ----------
    logit_mean, logit_sd : posterior mean and sd on the logit scale
    estimate : posterior mean of the proportion
    lower, upper : 95 % interval of the proportion
    cv : posterior sd of the proportion over its mean
    shrinkage : weight of the cell's own data (0 unsampled .. 1)
    prior_sd : sd of the truth around the model's mean before data, logit scale
    sds : posterior mean of each effect's sd (area, district, cell, district_group)
    posterior : parts for joint draws
    """

    logit_mean: Floats
    logit_sd: Floats
    estimate: Floats
    lower: Floats
    upper: Floats
    cv: Floats
    shrinkage: Floats
    prior_sd: float
    sds: Mapping[str, float]
    posterior: Posterior

    def to_frame(self) -> pd.DataFrame:
        """One row a cell, indexed by (area, group)."""
        names = ("estimate", "lower", "upper", "cv", "logit_mean", "logit_sd", "shrinkage")
        return _cells({name: getattr(self, name) for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedEstimates(_Frozen):
    """Persons in need of each area; arrays are (n_areas,). Bounds are NaN without draws."""

    persons: Floats
    lower: Floats
    upper: Floats
    sd: Floats
    per_1000: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        return _areas({name: getattr(self, name) for name in ("persons", "lower", "upper", "sd", "per_1000")})


@dataclass(frozen=True, slots=True, kw_only=True)
class RateEstimates(_Frozen):
    """Observed rate or proportion with its exact interval, in the unit of `per`; arrays are (n_areas,)."""

    rate: Floats
    lower: Floats
    upper: Floats
    per: float

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        return _areas({"rate": self.rate, "lower": self.lower, "upper": self.upper})


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskEstimates(_Frozen):
    """Smoothed relative risk of each area (1 = as expected) with its interval; arrays are (n_areas,)."""

    risk: Floats
    lower: Floats
    upper: Floats
    sd: Floats
    exceedance: Floats
    shape: float
    coefficients: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        return _areas({name: getattr(self, name) for name in ("risk", "lower", "upper", "sd", "exceedance")})


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEstimates(_Frozen):
    """Composite ratio index of each area (1 = as the base); arrays are (n_areas,). Ranks are for display."""

    mean: Floats
    median: Floats
    lower: Floats
    upper: Floats
    sd: Floats
    rank: Ints
    rank_lower: Ints
    rank_upper: Ints

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        return _areas({item.name: getattr(self, item.name) for item in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment(_Frozen):
    """Nearest open site of each demand row: column (-1 if none is reachable) and minutes (NaN then)."""

    site: Ints
    minutes: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row a demand."""
        return _areas({"site": self.site, "minutes": self.minutes}, "demand")


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones(_Frozen):
    """Contiguous zones.

    Attributes
    ----------
    label : (n_areas,) zone of each area, numbered in the order of the areas
    population : (n_zones,) persons
    below_minimum : (n_zones,) zones that stayed too small because nothing touches them
    merges : zones joined to a neighbour to reach the minimum
    components : pieces of the map that do not touch each other
    """

    label: Ints
    population: Floats
    below_minimum: Bools
    merges: int
    components: int

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        small = self.below_minimum[self.label]
        return _areas(
            {"zone": self.label, "zone_population": self.population[self.label], "too_small": small}
        )
