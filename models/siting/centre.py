"""p-centre: the sites that leave nobody far away, by bisection over the distances that occur."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from models.checks import Bools, Floats, Ints
from models.siting.covering import CLOSE, cheapest_cover, linear_bound
from models.siting.farthest import descend, farthest_first, least_worst
from models.siting.instance import filled_minutes, parse_demands, parse_instance, parse_minutes
from models.siting.nearest import nearest_site
from models.siting.reduce import reduced
from models.siting.results import SitePlan

SEARCH_SHARE = 0.2  # of the time limit: search for a good plan before anything is proven
DECISION_SHARE = 0.5  # of the time left: one decision


def p_center(
    minutes: ArrayLike | csr_array[np.float64],
    p: int,
    *,
    weights: ArrayLike | None = None,
    fixed: Sequence[int] = (),
    excluded: Sequence[int] = (),
    beyond: ArrayLike | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> SitePlan:
    """Have `p` sites open that minimise the largest weight x minutes to the nearest.

    Vertex substitution gives a plan. No plan is better than the next smaller distance at which `p` sites
    cannot cover everybody; linear bounds rule out the short distances, an integer programme on the rows and
    columns that dominance leaves decides the others. When time is up, the best plan comes back with its gap.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes, NaN = unreachable, or sparse with the nearest sites only
    p : open sites in all, those of `fixed` included
    weights : (n_demand,) >= 0, None = 1 each; a demand of weight 0 does not count
    fixed : columns that are open in any case
    excluded : columns that may not open
    beyond : (n_demand,) of sparse minutes, what every pair that is not stored counts. Where such pairs are
        truly longer, `bound` holds still, and rows of `unserved` may be farther than `objective` says
    time_limit_s : wall time, > 0
    seed : of the random exchanges

    Returns
    -------
    SitePlan: `objective` is the largest cost; `bound` the least one that was not ruled out; no certificate

    Raises
    ------
    InfeasibleRequest
        If there are fewer sites than `p`, or more are fixed; says the least change.
    ValueError
        If shapes differ, minutes or weights are negative, or a column does not exist.

    Notes
    -----
    A demand that only some sites reach costs `unreachable_minutes` x the largest weight where the plan does
    not reach it, more than any trip, so that plans reach everybody if they can. A demand that no site reaches
    is left out of the objective and listed in `unserved`.

    References
    ----------
    Minieka (1970), SIAM Review 12, 138-139 (bisection over set covers). Elloumi, Labbe & Pochet (2004),
    INFORMS Journal on Computing 16, 84-94 (linear bounds first).

    Examples
    --------
    >>> p_center([[0, 5], [5, 0], [2, 9]], 1).sites.tolist()
    [0]
    """
    began = time.perf_counter()
    if not time_limit_s > 0:
        raise ValueError(f"time_limit_s must be > 0; got {time_limit_s}")
    given = parse_minutes(minutes)
    demands = parse_demands(given, np.ones(given.shape[0]) if weights is None else weights, beyond)
    travel, weight = filled_minutes(demands), demands.weight
    instance = parse_instance(travel, weight, p, fixed=fixed, excluded=excluded, beyond=None)
    cost = _costs(travel, weight, instance.price_minutes)
    problem = _Problem(
        np.ascontiguousarray(cost[np.ix_(instance.rows, instance.candidates)].T),
        cost[np.ix_(instance.rows, instance.fixed)].min(axis=1, initial=np.inf),
        instance.count,
    )
    with threadpool_limits(limits=1):
        chosen, bound = _solve(problem, began, time_limit_s, seed)
    sites = np.union1d(instance.fixed, instance.candidates[chosen]).astype(np.int64)
    objective = problem.worst(chosen)
    served = nearest_site(demands, sites).site
    return SitePlan(
        sites=sites,
        fixed=instance.fixed,
        assignment=served,
        objective=objective,
        bound=bound,
        certified_bound=-np.inf,
        gap=(objective - bound) / objective if objective > 0 else 0.0,
        proven=bound >= objective,
        seconds=time.perf_counter() - began,
        unserved=np.flatnonzero(served < 0).astype(np.int64),
        unreachable_minutes=instance.price_minutes,
        certificate=None,
        excluded=np.unique(np.asarray(excluded, dtype=np.int64)),
        beyond=demands.limit,
    )


def _costs(minutes: Floats, weights: Floats, price: float) -> Floats:
    """Weight x minutes; an unreachable pair costs more than any trip, whatever the weight."""
    most = price * float(weights.max(initial=0.0))
    return np.where(np.isnan(minutes), most, minutes * weights[:, None])


@dataclass(frozen=True, slots=True)
class _Problem:
    by_site: Floats  # (m, n) cost from each candidate
    fallback: Floats  # (n,) cost from the nearest fixed site
    count: int

    def worst(self, chosen: Ints) -> float:
        near = np.minimum(self.fallback, self.by_site[chosen].min(axis=0, initial=np.inf))
        return float(near.max(initial=0.0))

    def values(self, most: float) -> Floats:
        """Costs that the best plan can have, ascending: none below what all sites together leave."""
        least = self.worst(np.arange(len(self.by_site), dtype=np.int64))
        every = (self.by_site, self.fallback)
        return np.unique(np.concatenate([part[(part >= least) & (part <= most)] for part in every]))


def _solve(problem: _Problem, began: float, limit: float, seed: int) -> tuple[Ints, float]:
    """Best choice found, and a cost that none can be below."""
    stop = began + SEARCH_SHARE * limit
    chosen, worst = least_worst(problem.by_site, problem.fallback, problem.count, seed=seed, stop=stop)
    if problem.count in (0, len(problem.by_site)) or not problem.by_site.shape[1]:
        return chosen, worst
    search = _Bisection(problem, problem.values(worst), chosen, began + limit)
    search.by_linear_bounds()
    search.by_programmes()
    return search.chosen, float(search.values[search.low])


class _Bisection:
    """Costs `values[low] .. values[high]` are not decided; the best choice known costs `values[high]`."""

    def __init__(self, problem: _Problem, values: Floats, chosen: Ints, stop: float) -> None:
        self.problem, self.values, self.chosen, self.stop = problem, values, chosen, stop
        self.low, self.high = 0, len(values) - 1

    def by_linear_bounds(self) -> None:
        """Raise `low` to the first cost at which the linear relaxation needs no more sites than there are."""
        high = self.high
        while self.low < high and time.perf_counter() < self.stop:
            middle = (self.low + high) // 2
            if self._needs(middle) > self.problem.count + CLOSE:
                self.low = middle + 1
            else:
                high = middle

    def by_programmes(self) -> None:
        """Decide the rest, the lowest cost first: linear bounds often end just there."""
        place = self.low
        while self.low < self.high and (left := self.stop - time.perf_counter()) > 0:
            if self._decide(place, time.perf_counter() + DECISION_SHARE * left):
                place = (self.low + self.high) // 2
            elif place > self.low:  # not in time: lower costs are ruled out more easily
                place = (self.low + place) // 2
            else:
                return

    def _covers(self, place: int) -> Bools:
        """(rows that no fixed site covers, candidates) whether the cost is at most `values[place]`."""
        most = self.values[place]
        cost = self.problem.by_site[:, self.problem.fallback > most].T
        return np.asarray(cost <= most)

    def _needs(self, place: int) -> float:
        covers = self._covers(place)
        ones = np.ones(covers.shape[1])
        rows, columns = reduced(covers, ones)
        return linear_bound(covers[np.ix_(rows, columns)], ones[columns], self.stop)

    def _decide(self, place: int, stop: float) -> bool:
        """Settle whether the sites can do with `values[place]`; False if time ran out."""
        covers = self._covers(place)
        ones = np.ones(covers.shape[1])
        found = cheapest_cover(covers, ones, stop=stop, at_most=float(self.problem.count))
        if found.chosen is None:
            self.low = place + 1 if found.ended else self.low
            return found.ended
        self._improve(found.chosen)
        return True

    def _improve(self, cover: Ints) -> None:
        """Open the sites that the cover leaves to open, and swap on from there."""
        by_site, fallback = self.problem.by_site, self.problem.fallback
        chosen = farthest_first(by_site, fallback, self.problem.count, cover)
        worst = descend(by_site, fallback, chosen)
        self.chosen, self.high = np.sort(chosen), int(np.searchsorted(self.values, worst))
