"""The best plan of each of many draws of the weights, begun from the plan at their mean."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from models.checks import Bools, Floats, Ints
from models.plans.keeping import limits_of, may_replace
from models.plans.warm import Ruled, weighted
from models.replicates import Executor, batches, run
from models.siting import Rules, SitePlan, p_median
from models.siting.branch import Warm, reach, search, search_again
from models.siting.instance import Instance, parse_demands, parse_instance, parse_minutes
from models.siting.pairs import Pairs

BATCH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a plan keeps beside minutes and weights; see `p_median`."""

    p: int | None
    fixed: Sequence[int] = ()
    excluded: Sequence[int] = ()
    rules: Rules | None = None
    beyond: ArrayLike | None = None
    seconds: float = 60.0
    seed: int = 0

    def plan(self, minutes: ArrayLike, weights: Floats) -> SitePlan:
        """The best plan at some weights."""
        return p_median(
            minutes,
            weights,
            self.p,
            fixed=self.fixed,
            excluded=self.excluded,
            rules=self.rules,
            beyond=self.beyond,
            time_limit_s=self.seconds,
            seed=self.seed,
        )


@dataclass(frozen=True, slots=True)
class Field:
    """Minutes as costs of one person: what all draws share."""

    instance: Instance  # with weights 1
    near: Pairs
    filled: Floats  # (n, m) minutes, unreachable at its price, none longer than to others' centres
    chosen: Ints  # candidates of the mean plan
    multipliers: Floats  # (n,) of the mean plan, a person
    sites: int
    ruled: Ruled | None  # None without rules

    @classmethod
    def parse(cls, minutes: ArrayLike, mean: Floats, plan: SitePlan, setting: Setting) -> "Field":
        """From the caller's minutes; multipliers begin with those of the mean plan, sought for some time."""
        travel = parse_minutes(minutes)
        assert isinstance(travel, np.ndarray)
        some = (mean > 0).astype(np.float64)
        columns = {"fixed": plan.fixed.tolist(), "excluded": plan.excluded.tolist()}
        number = max(len(plan.fixed), 1) if setting.p is None else setting.p
        unit = parse_instance(travel, some, number, **columns, beyond=setting.beyond)
        filled = np.where(np.isnan(travel), unit.price_minutes, travel)[unit.rows]
        demands = parse_demands(travel, some, setting.beyond)
        if demands.limit is not None:
            filled = np.minimum(filled, demands.limit[unit.rows, None])
        chosen = np.searchsorted(unit.candidates, plan.new).astype(np.int64)
        stop = time.perf_counter() + setting.seconds
        sites, rules = travel.shape[1], setting.rules
        if rules is not None and limits_of(rules, sites, any_number=setting.p is None) is not None:
            ruled = Ruled.parse(demands, mean, plan, (setting.p, rules), stop)
            return cls(unit, unit.pairs, filled, chosen, ruled.multipliers, sites, ruled)
        near = unit.pairs.below(reach(unit.pairs, unit.count)) if unit.count else unit.pairs
        start = near.fallback
        if 0 < unit.count < unit.pairs.sites and len(unit.rows):
            weight = mean[unit.rows]
            found = search(weighted(unit.pairs, weight), unit.count, whole=False, seed=0, stop=stop)
            start = found.multipliers / weight
        return cls(unit, near, filled, chosen, np.minimum(start, near.fallback), sites, None)

    def barred(self, chosen: Ints, place: int) -> Bools:
        """(candidates,) those that may not take the place of a chosen one: chosen, or against the rules."""
        columns = self.instance.candidates
        found = np.zeros(len(columns), dtype=np.bool_)
        found[chosen] = True
        if self.ruled is not None:
            sites = np.union1d(self.instance.fixed, columns[chosen]).astype(np.int64)
            found |= ~may_replace(self.ruled.limits, sites, int(columns[chosen[place]]))[columns]
        return found


class Best(NamedTuple):
    """Best candidates, their cost and its bound in one draw."""

    chosen: Ints
    total: float
    bound: float


def best_of_draws(
    field: Field, draws: Floats, seconds: float, *, executor: Executor | None = None
) -> list[Best]:
    """The best candidates of each draw (draws, n_demand), each within so many seconds."""
    work = partial(_some_draws, field, draws[:, field.instance.rows], seconds)
    return [one for part in run(work, batches(len(draws), BATCH), executor=executor) for one in part]


def _some_draws(field: Field, draws: Floats, seconds: float, part: range) -> list[Best]:
    with threadpool_limits(limits=1):
        return [_one_draw(field, draws[number], seconds) for number in part]


def _one_draw(field: Field, weight: Floats, seconds: float) -> Best:
    unit = field.instance
    if field.ruled is not None:
        columns, total, bound = field.ruled.best(weight, time.perf_counter() + seconds)
        new = np.setdiff1d(columns, unit.fixed)
        return Best(np.searchsorted(unit.candidates, new).astype(np.int64), total, bound)
    pairs = weighted(unit.pairs, weight)
    if unit.count in (0, pairs.sites):
        chosen = np.arange(unit.count, dtype=np.int64)
        total = float(pairs.totals(chosen).sum())
        return Best(chosen, total, total)
    warm = Warm(weighted(field.near, weight), field.chosen, field.multipliers * weight)
    found = search_again(pairs, warm, whole=False, stop=time.perf_counter() + seconds)
    bound = found.total if found.finished else min(found.tree.least, found.total)
    return Best(found.chosen, found.total, bound)
