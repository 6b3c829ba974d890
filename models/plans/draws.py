"""The best plan of each of many draws of the weights, begun from the plan at their mean."""

import time
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from models.checks import Floats, Ints
from models.replicates import Executor, batches, run
from models.siting import SitePlan
from models.siting.branch import Warm, reach, search, search_again
from models.siting.instance import Instance, parse_instance, parse_minutes
from models.siting.pairs import Pairs

BATCH = 10


@dataclass(frozen=True, slots=True)
class Field:
    """Minutes as costs of one person: what all draws share."""

    instance: Instance  # with weights 1
    near: Pairs
    filled: Floats  # (n, m) minutes, unreachable at its price
    chosen: Ints  # candidates of the mean plan
    multipliers: Floats  # (n,) of the mean plan, a person
    sites: int

    @classmethod
    def parse(cls, minutes: ArrayLike, mean: Floats, p: int, plan: SitePlan, seconds: float) -> "Field":
        """From the caller's minutes; multipliers begin with those of the mean plan, sought for some time."""
        travel = parse_minutes(minutes)
        assert isinstance(travel, np.ndarray)
        columns = {"fixed": plan.fixed.tolist(), "excluded": plan.excluded.tolist()}
        unit = parse_instance(travel, (mean > 0).astype(np.float64), p, **columns, beyond=None)
        filled = np.where(np.isnan(travel), unit.price_minutes, travel)[unit.rows]
        chosen = np.searchsorted(unit.candidates, plan.new).astype(np.int64)
        near = unit.pairs.below(reach(unit.pairs, unit.count)) if unit.count else unit.pairs
        start = near.fallback
        if 0 < unit.count < unit.pairs.sites and len(unit.rows):
            found = search(
                weighted(unit.pairs, mean[unit.rows]),
                unit.count,
                whole=False,
                seed=0,
                stop=time.perf_counter() + seconds,
            )
            start = found.multipliers / mean[unit.rows]
        return cls(unit, near, filled, chosen, np.minimum(start, near.fallback), travel.shape[1])


def weighted(pairs: Pairs, weight: Floats) -> Pairs:
    """Costs of one person times weights (n,)."""
    return Pairs(pairs.start, pairs.row, pairs.cost * weight[pairs.row], pairs.fallback * weight)


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
    pairs = weighted(unit.pairs, weight)
    if unit.count in (0, pairs.sites):
        chosen = np.arange(unit.count, dtype=np.int64)
        total = float(pairs.totals(chosen).sum())
        return Best(chosen, total, total)
    warm = Warm(weighted(field.near, weight), field.chosen, field.multipliers * weight)
    found = search_again(pairs, warm, whole=False, stop=time.perf_counter() + seconds)
    bound = found.total if found.finished else min(found.tree.least, found.total)
    return Best(found.chosen, found.total, bound)
