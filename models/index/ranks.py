"""Ranks of areas with their uncertainty: intervals, and the chance of each class."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.checks import Floats, Ints, as_floats, check_bounds
from models.results import IndexEstimates, _areas, _Frozen

LEVELS = (0.025, 0.975)


def summary(index: Floats) -> IndexEstimates:
    """Moments, 95 % intervals and ranks of an index (n_areas, draws); rank 1 is the highest mean."""
    lower, median, upper = np.quantile(index, [LEVELS[0], 0.5, LEVELS[1]], axis=1)
    rank_lower, rank_upper = np.quantile(draw_ranks(index), LEVELS, axis=1, method="inverted_cdf")
    mean = index.mean(axis=1)
    return IndexEstimates(
        mean=mean,
        median=median,
        lower=lower,
        upper=upper,
        sd=index.std(axis=1),
        rank=shared_rank(mean),
        rank_lower=rank_lower.astype(np.int64),
        rank_upper=rank_upper.astype(np.int64),
    )


def draw_ranks(draws: Floats) -> Ints:
    """Rank of each area in each draw (n_areas, draws), 1 = highest; ties in the areas' order."""
    order = np.argsort(-draws, axis=0, kind="stable")
    ranks: Ints = np.empty(draws.shape, dtype=np.int64)
    np.put_along_axis(ranks, order, np.arange(1, len(draws) + 1)[:, None], axis=0)
    return ranks


def shared_rank(values: Floats) -> Ints:
    """1 = highest; equal values share the better rank."""
    rank: Ints = (np.searchsorted(np.sort(-values), -values) + 1).astype(np.int64)
    return rank


@dataclass(frozen=True, slots=True, kw_only=True)
class RankIntervals(_Frozen):
    """Ranks of areas, 1 = highest; arrays are (n_areas,).

    Attributes
    ----------
    rank : of the mean over draws
    mean : mean rank over draws; a better order than `rank` where errors differ between areas
    lower, upper : interval of the rank
    """

    rank: Ints
    mean: Floats
    lower: Ints
    upper: Ints

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        return _areas({"rank": self.rank, "mean": self.mean, "lower": self.lower, "upper": self.upper})


def rank_intervals(draws: ArrayLike, *, level: float = 0.95) -> RankIntervals:
    """Where each area may stand.

    Parameters
    ----------
    draws : (n_areas, draws), drawn jointly over areas
    level : of each area's interval by itself

    References
    ----------
    Goldstein & Spiegelhalter (1996), JRSS A 159, 385-443.
    """
    values = _finite(draws)
    check_bounds({"level": level}, {"level": (0.5, 0.9999)})
    ranks = draw_ranks(values)
    tail = (1 - level) / 2
    lower, upper = np.quantile(ranks, [tail, 1 - tail], axis=1, method="inverted_cdf")
    return RankIntervals(
        rank=shared_rank(values.mean(axis=1)),
        mean=ranks.mean(axis=1),
        lower=lower.astype(np.int64),
        upper=upper.astype(np.int64),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassMembership(_Frozen):
    """How sure the colour of each area on a classed map is.

    Attributes
    ----------
    probability : (n_areas, classes), class 0 the highest; rows sum to 1
    shown : (n_areas,) class of the area's mean
    certainty : (n_areas,) probability of the class shown
    """

    probability: Floats
    shown: Ints
    certainty: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        columns = {f"p{number}": column for number, column in enumerate(self.probability.T)}
        return _areas({"shown": self.shown, "certainty": self.certainty, **columns})


def class_membership(draws: ArrayLike, *, classes: int = 5, cuts: ArrayLike | None = None) -> ClassMembership:
    """Probability of each class for each area.

    Parameters
    ----------
    draws : (n_areas, draws), drawn jointly over areas
    classes : groups of equal numbers of areas by rank, in each draw anew
    cuts : ascending values instead; an area is in class 0 from the last cut on

    Raises
    ------
    ValueError
        If there are more classes than areas, or cuts do not ascend.
    """
    values = _finite(draws)
    mean = values.mean(axis=1)
    if cuts is not None:
        edges = as_floats("cuts", cuts)
        if not len(edges) or not (np.diff(edges) > 0).all():
            raise ValueError(f"cuts must ascend; got {edges.tolist()}")
        member = len(edges) - np.searchsorted(edges, values, side="right")
        shown = len(edges) - np.searchsorted(edges, mean, side="right")
        count = len(edges) + 1
    else:
        check_bounds({"classes": classes}, {"classes": (2, len(values))})
        member = (draw_ranks(values) - 1) * classes // len(values)
        shown = (draw_ranks(mean[:, None])[:, 0] - 1) * classes // len(values)
        count = classes
    probability = np.stack([(member == number).mean(axis=1) for number in range(count)], axis=1)
    return ClassMembership(
        probability=probability,
        shown=shown.astype(np.int64),
        certainty=probability[np.arange(len(values)), shown],
    )


def _finite(draws: ArrayLike) -> Floats:
    values = as_floats("draws", draws, ndim=2)
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError(f"draws must be finite, one row an area; got shape {values.shape}")
    return values
