"""Efficiency against fairness: mean minutes against the mean of the worst-served persons in need."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from models.checks import Floats, Ints, check_bounds
from models.plans.ground import Ground, group_weights, parse_ground
from models.plans.mixture import Answer, Measured, Memory, least_mixture
from models.plans.tail import SMALLEST_SHARE, tail_minutes
from models.results import _areas, _Frozen
from models.siting import p_median

ALMOST_ONE = 1 - 1e-6  # the tail alone, and of two equal tails the lower mean
SAME = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class FairPlan(_Frozen):
    """One point of the frontier.

    Attributes
    ----------
    sites : open columns, ascending; `fixed` included
    mean_minutes, tail_minutes : of all persons, and of the worst-served share of them
    gap : how far it may be above the least of the mixture of both for which it was found, as a share of it;
        0 = no plan, found or not, is better in both
    price : extra mean minutes over the mean-best plan for each minute that the tail falls; NaN for that plan
    extra_person_minutes : the extra mean minutes times persons
    unreached : persons whom some site reaches but none of the open ones; each counts `unreachable_minutes`
    group_mean, group_tail : (groups,) the same two measures within each group; NaN without persons
    """

    sites: Ints
    mean_minutes: float
    tail_minutes: float
    gap: float
    price: float
    extra_person_minutes: float
    unreached: float
    group_mean: Floats
    group_tail: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier(_Frozen):
    """Plans none of which is better in both measures, the mean-best first and the tail-best last.

    Attributes
    ----------
    points : the plans
    share : of persons in the tail
    mean_bound, tail_bound : what no plan's mean minutes, and no plan's tail minutes, can be below
    mix, bound : (solved,) no plan has (1 - mix) x mean + mix x tail below the bound
    persons : who count; `never_reached` persons, whom no site at all reaches, are in no measure
    unreachable_minutes : counted for a person whom no open site reaches
    seconds : time taken
    """

    points: tuple[FairPlan, ...]
    share: float
    mean_bound: float
    tail_bound: float
    mix: Floats
    bound: Floats
    persons: float
    never_reached: float
    unreachable_minutes: float
    seconds: float

    def to_frame(self) -> pd.DataFrame:
        """One row a point."""
        names = ("mean_minutes", "tail_minutes", "gap", "price", "extra_person_minutes", "unreached")
        return _areas(
            {name: np.array([getattr(one, name) for one in self.points]) for name in names}, "point"
        )


def fairness_frontier(
    minutes: ArrayLike,
    weights: ArrayLike,
    p: int,
    *,
    fixed: Sequence[int] = (),
    excluded: Sequence[int] = (),
    beyond: ArrayLike | None = None,
    share: float = 0.05,
    points: int = 8,
    tolerance: float = 1e-6,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> Frontier:
    """Trade mean minutes for shorter ways of the worst-served persons in need, every point with its gap.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes, NaN = unreachable
    weights : (n_demand,) persons in need, or (groups, n_demand): the sum counts, groups are reported
    p, fixed, excluded, seed : as of `p_median`; `rules` between sites are not accepted here
    beyond : (n_demand,) minutes to the nearest centre of others, NaN for none, which no way exceeds
    share : of persons who are the tail
    points : at most so many, >= 2; those between the two ends lie where the frontier bends most
    tolerance : gap at which a point is good enough
    time_limit_s : wall time of all; points not proven by then keep a larger gap

    Raises
    ------
    InfeasibleRequest, ValueError
        As `p_median`; if weights are all 0, or `share` leaves (0, 1].

    Notes
    -----
    Points are those that some mixture of both measures has as its best ("supported"): each is found by the
    mixture whose slope joins two neighbours (Aneja & Nair). Persons, not places, are the tail: a hamlet of 27
    decides nothing, as it would under the longest way of all (p-centre).

    References
    ----------
    Aneja & Nair (1979), Management Science 25, 73-78. Rockafellar & Uryasev (2000), Journal of Risk 2(3),
    21-41. Filippi, Guastaroba & Speranza (2019), EJOR 279, 1-11 (facility location with conditional beta).
    """
    began = time.perf_counter()
    check_bounds(
        {"share": share, "tolerance": tolerance}, {"share": (SMALLEST_SHARE, 1.0), "tolerance": (0, 1)}
    )
    if points < 2 or not time_limit_s > 0:
        raise ValueError(f"points must be >= 2 and time_limit_s > 0; got {points} and {time_limit_s}")
    groups = group_weights(weights)
    total = groups.sum(axis=0)
    ground = parse_ground(minutes, total, p, fixed=fixed, excluded=excluded, beyond=beyond)
    if not len(ground.rows):
        raise ValueError("nobody in need is reached by any site; give weights > 0 and minutes")
    best = p_median(
        minutes,
        total,
        p,
        fixed=fixed,
        excluded=excluded,
        beyond=beyond,
        time_limit_s=time_limit_s / 4,
        seed=seed,
    )
    with threadpool_limits(limits=1):
        climb = _Frontier(ground, share, tolerance, began + time_limit_s)
        climb.begin(ground.chosen(best.sites), best.bound / ground.people)
        climb.fill(points)
        climb.tighten()
    return climb.result(groups[:, ground.rows], time.perf_counter() - began)


class _Frontier:
    """Points known so far, and the mixtures solved."""

    def __init__(self, ground: Ground, share: float, tolerance: float, stop: float) -> None:
        self.ground, self.tolerance, self.stop = ground, tolerance, stop
        self.memory = Memory(ground, share)
        self.bounds: dict[float, float] = {}

    def begin(self, chosen: Ints, bound: float) -> None:
        """Both ends: the mean-best plan is known."""
        self.memory.measure(chosen)
        self.bounds[0.0] = bound
        self._solve(ALMOST_ONE, 3)

    def _solve(self, mix: float, parts: int) -> Answer:
        now = time.perf_counter()
        stop = now + max(self.stop - now, 0.0) / max(parts, 1)
        answer = least_mixture(self.memory, mix, tolerance=self.tolerance, stop=stop)
        self.bounds[mix] = max(answer.bound, self.bounds.get(mix, 0.0))
        return answer

    def points(self) -> list[Measured]:
        """The best choice of each mixture, dominated ones left out, by rising mean."""
        found = {one.chosen.tobytes(): one for one in map(self.memory.best, self.bounds)}
        kept: list[Measured] = []
        for one in sorted(found.values(), key=lambda one: (one.mean, one.tail)):
            if not kept or one.tail < kept[-1].tail * (1 - SAME):
                kept.append(one)
        return kept

    def fill(self, points: int) -> None:
        """Between neighbours, the widest first, until no point lies below the line that joins them."""
        while len(known := self.points()) < points and time.perf_counter() < self.stop:
            lines = [(one, other, _joining(one, other)) for one, other in pairwise(known)]
            lines = [line for line in lines if line[2] not in self.bounds]
            if not lines:
                return
            widest = max(
                lines, key=lambda line: (line[1].mean - line[0].mean) * (line[0].tail - line[1].tail)
            )
            self._solve(widest[2], points - len(known) + len(lines) - 1)

    def tighten(self) -> None:
        """Give the time left to the mixtures whose gaps are widest."""
        gaps = {
            mix: 1 - bound / max(self.memory.best(mix).mixed(mix), 1e-300)
            for mix, bound in self.bounds.items()
        }
        loose = sorted((mix for mix in gaps if mix and gaps[mix] > 2 * self.tolerance), key=gaps.__getitem__)
        while loose and time.perf_counter() < self.stop:
            self._solve(loose.pop(), len(loose) + 1)

    def result(self, groups: Floats, seconds: float) -> Frontier:
        """The points with their prices."""
        mix = np.array(sorted(self.bounds))
        known = self.points()
        tail_bound = min(self.bounds[ALMOST_ONE], known[-1].tail)  # the mixture is never above the tail
        return Frontier(
            points=tuple(self._point(one, known[0], groups) for one in known),
            share=self.memory.share,
            mean_bound=self.bounds[0.0],
            tail_bound=tail_bound,
            mix=mix,
            bound=np.array([self.bounds[one] for one in mix]),
            persons=self.ground.people,
            never_reached=self.ground.never,
            unreachable_minutes=self.ground.price_minutes,
            seconds=seconds,
        )

    def _point(self, one: Measured, first: Measured, groups: Floats) -> FairPlan:
        near = self.ground.near(one.chosen)
        extra = max(one.mean - first.mean, 0.0)
        fallen = first.tail - one.tail
        gaps = [1 - bound / one.mixed(mix) for mix, bound in self.bounds.items() if one.mixed(mix) > 0]
        mean, tail = group_minutes(near, groups, self.memory.share)
        return FairPlan(
            sites=np.array(self.ground.sites(one.chosen), dtype=np.int64),
            mean_minutes=one.mean,
            tail_minutes=one.tail,
            gap=max(min(gaps, default=0.0), 0.0),
            price=extra / fallen if fallen > 0 else float("nan"),
            extra_person_minutes=extra * self.ground.people,
            unreached=self.ground.unreached(near),
            group_mean=mean,
            group_tail=tail,
        )


def _joining(one: Measured, other: Measured) -> float:
    """The mixture in which two points are equal."""
    worse, better = other.mean - one.mean, one.tail - other.tail
    return min(worse / (worse + better), ALMOST_ONE)


def group_minutes(near: ArrayLike, weights: ArrayLike, share: float = 0.05) -> tuple[Floats, Floats]:
    """Mean and tail minutes within each group of persons, or of districts.

    Parameters
    ----------
    near : (n_demand,) minutes to the nearest open site
    weights : (groups, n_demand) persons of each group; for groups of districts, 0 outside them
    share : of the group's persons who are its tail

    Returns
    -------
    mean, tail : (groups,) NaN without persons

    Examples
    --------
    >>> mean, tail = group_minutes([10.0, 20.0, 60.0], [[1, 1, 0], [0, 0, 5]], share=0.5)
    >>> mean.tolist(), tail.tolist()
    ([15.0, 60.0], [20.0, 60.0])
    """
    groups = group_weights(weights)
    both = [(tail_minutes(near, one, 1.0), tail_minutes(near, one, share)) for one in groups]
    return np.array([mean for mean, _ in both]), np.array([tail for _, tail in both])
