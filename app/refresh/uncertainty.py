"""How sure a map is of each area, from draws made jointly over areas: chance, rank, class."""

from dataclasses import dataclass

import numpy as np

from app.refresh.results import Floats, Ints, MapResult
from models.index.ranks import draw_ranks

RANK_TAIL = 0.025


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """Of each area; arrays are (n,), NaN or 0 where the value is unknown.

    Attributes
    ----------
    exceedance : probability of being worse than the city's mean of the same draw
    rank_lower, rank_upper : 95 % interval of the rank among the map's areas, 1 = worst
    membership : probability of the area's own class, classes cut anew in each draw
    within_one : probability of that class or one beside it
    """

    exceedance: Floats
    rank_lower: Ints
    rank_upper: Ints
    membership: Floats
    within_one: Floats


def judge(result: MapResult, place: Ints, levels: Ints) -> Uncertainty:
    """Compare every draw of a map with the map itself.

    Parameters
    ----------
    place : (n,) class of each value, 0 the lowest values; -1 unknown. Each draw is cut into classes of the
        same numbers of areas
    levels : (classes,) level of five that each class is drawn as; two classes may be four levels apart
    """
    known = (place >= 0) & np.isfinite(result.draws).all(axis=1)
    unknown = np.full(len(place), np.nan)
    nowhere = np.zeros(len(place), dtype=np.int64)
    out = (unknown.copy(), nowhere.copy(), nowhere.copy(), unknown.copy(), unknown.copy())
    if known.any():
        draws = result.draws[known] if result.higher_is_worse else -result.draws[known]
        ranks = draw_ranks(draws)
        worst_first = place[known].max() - place[known] if result.higher_is_worse else place[known]
        spread = levels[::-1] if result.higher_is_worse else levels
        parts = (
            _worse(draws, result.people[known]),
            *_interval(ranks),
            *_membership(ranks, worst_first, spread),
        )
        for column, part in zip(out, parts, strict=True):
            column[known] = part
    return Uncertainty(
        exceedance=out[0], rank_lower=out[1], rank_upper=out[2], membership=out[3], within_one=out[4]
    )


def _worse(draws: Floats, people: Floats) -> Floats:
    """(n,) share of draws in which an area is above the city's mean."""
    weight = people if people.sum() > 0 else np.ones(len(draws))
    city = weight @ draws / weight.sum()
    share: Floats = (draws > city).mean(axis=1)
    return share


def _interval(ranks: Ints) -> tuple[Ints, Ints]:
    """(n,) ends of the 95 % interval of the rank (Goldstein and Spiegelhalter 1996)."""
    last = ranks.shape[1] - 1
    low = int(RANK_TAIL * last)
    ordered = np.partition(ranks, [low, last - low], axis=1)
    return ordered[:, low], ordered[:, last - low]


def _membership(ranks: Ints, place: Ints, levels: Ints) -> tuple[Floats, Floats]:
    """(n,) share of draws with the same class, and with the same or one beside it; class 0 ranks first."""
    ends = np.cumsum(np.bincount(place, minlength=len(levels)))
    of_rank = levels[np.searchsorted(ends, np.arange(len(ranks)), side="right")]
    apart = np.abs(of_rank[ranks - 1] - levels[place][:, None])
    return (apart == 0).mean(axis=1), (apart <= 1).mean(axis=1)
