"""Centres over budget years: each phase keeps what the one before opened."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from models.checks import Floats, Ints, as_floats, check_positive
from models.plans.ground import Ground, group_weights, parse_ground
from models.plans.nested import SAME, Stages
from models.plans.nesting import Nesting
from models.results import _areas, _Frozen
from models.siting import SitePlan, p_median


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasedPlan(_Frozen):
    """Sites that open phase by phase.

    Attributes
    ----------
    sites : (last count,) open columns in the order of their phases, ascending within one
    phase : (last count,) the phase in which each opens, from 0; 0 for fixed ones
    cost : (phases,) weight x minutes of each phase
    free : the best plan of each phase alone, nothing kept from the phase before
    regret : (phases,) cost above `free`'s objective: what nesting costs
    regret_share : (phases,) as a share of that objective
    mean_minutes : (phases,) of the persons of the phase who count
    importance : (phases,) weight of each phase's cost in the whole
    objective, bound, gap, proven, seconds : of the weighted sum, as of `SitePlan`
    """

    sites: Ints
    phase: Ints
    cost: Floats
    free: tuple[SitePlan, ...]
    regret: Floats
    regret_share: Floats
    mean_minutes: Floats
    importance: Floats
    objective: float
    bound: float
    gap: float
    proven: bool
    seconds: float

    def open_in(self, phase: int) -> Ints:
        """Columns open in a phase, ascending."""
        return np.sort(self.sites[self.phase <= phase])

    def to_frame(self) -> pd.DataFrame:
        """One row a phase."""
        names = ("cost", "regret", "regret_share", "mean_minutes", "importance")
        return _areas({name: getattr(self, name) for name in names}, "phase")


def phased_plan(
    minutes: ArrayLike,
    weights: ArrayLike,
    counts: Sequence[int],
    *,
    importance: ArrayLike | None = None,
    fixed: Sequence[int] = (),
    excluded: Sequence[int] = (),
    beyond: ArrayLike | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> PhasedPlan:
    """Open ever more sites so that the weighted sum of the phases' costs is least; none is closed again.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes, NaN = unreachable
    weights : (n_demand,) persons in need, or (phases, n_demand) where need changes
    counts : open sites in all in each phase, rising; those of `fixed` included
    importance : (phases,) weight of each phase's cost, such as its years; 1 each if not given
    fixed, excluded, seed : as of `p_median`; `rules` between sites are not accepted here
    beyond : (n_demand,) minutes to the nearest centre of others, NaN for none, which no way exceeds
    time_limit_s : wall time; a third of it for the phases' free plans

    Raises
    ------
    InfeasibleRequest, ValueError
        As `p_median`; if counts do not rise, or weights or importance are not one a phase.

    Notes
    -----
    Lagrangian relaxation of "each demand is served once in each phase" leaves an assignment of sites to
    phases; branch and bound on "this site opens in this phase" closes what is left. The bound is never below
    the weighted sum of the free plans' bounds.

    References
    ----------
    Roodman & Schwarz (1975), AIIE Transactions 7, 410-416 (phases). Albareda-Sambola, Fernandez, Hinojosa &
    Puerto (2009), Computers & Operations Research 36, 356-375 (multi-period incremental service).
    """
    began = time.perf_counter()
    share, persons = _parse(weights, counts, importance)
    grounds = [
        parse_ground(minutes, one, p, fixed=fixed, excluded=excluded, beyond=beyond)
        for one, p in zip(persons, counts, strict=True)
    ]
    each = time_limit_s / (3 * len(counts))
    alone = partial(p_median, minutes, beyond=beyond, seed=seed)
    free = tuple(
        alone(one, p, fixed=fixed, excluded=excluded, time_limit_s=each)
        for one, p in zip(persons, counts, strict=True)
    )
    with threadpool_limits(limits=1):
        search = Nesting(_stages(grounds, share))
        begin = partial(alone, time_limit_s=each / 2)
        for start in _starts(begin, persons, counts, free, grounds[0].minutes.shape[1]):
            search.try_phase(_phase_of(grounds[0], start))
        bound = search.run(began + time_limit_s)
    return _plan(search, grounds, share, free, bound, began)


def _parse(weights: ArrayLike, counts: Sequence[int], importance: ArrayLike | None) -> tuple[Floats, Floats]:
    if not len(counts) or any(later <= one for one, later in pairwise(counts)):
        raise ValueError(f"counts must rise from phase to phase; got {list(counts)}")
    phases = len(counts)
    share = np.ones(phases) if importance is None else as_floats("importance", importance)
    check_positive("importance", share)
    given = group_weights(weights)
    if np.ndim(weights) == 1:
        given = np.repeat(given, phases, axis=0)
    if len(given) != phases or len(share) != phases:
        raise ValueError(
            f"weights and importance must be one a phase ({phases}); got {len(given)} and {len(share)}"
        )
    return share, given


def _stages(grounds: list[Ground], share: Floats) -> Stages:
    pairs = []
    for ground, own in zip(grounds, share, strict=True):
        pairs.append(ground.pairs(partial(np.multiply, ground.weight[:, None] * own)))
    counts = np.array([ground.count for ground in grounds], dtype=np.int64)
    return Stages(tuple(pairs), np.diff(counts, prepend=0))


def _starts(
    begin: Callable[..., SitePlan],
    persons: Floats,
    counts: Sequence[int],
    free: tuple[SitePlan, ...],
    n_sites: int,
) -> list[list[Ints]]:
    """Open sites by phase: each phase the best beside the last one's, and each the best of the next one's."""
    excluded, stays = free[0].excluded.tolist(), free[0].fixed.tolist()
    forwards = [free[0].sites]
    for one, p in zip(persons[1:], counts[1:], strict=True):
        fixed = forwards[-1].tolist()
        forwards.append(begin(one, p, fixed=fixed, excluded=excluded).sites)
    backwards = [free[-1].sites]
    for one, p in zip(persons[-2::-1], list(counts)[-2::-1], strict=True):
        closed = np.setdiff1d(np.arange(n_sites), backwards[0]).tolist()
        backwards.insert(0, begin(one, p, fixed=stays, excluded=closed).sites)
    return [forwards, backwards]


def _phase_of(ground: Ground, by_phase: list[Ints]) -> Ints:
    """(candidates,) the phase in which each opens."""
    phase = np.full(len(ground.candidates), len(by_phase), dtype=np.int64)
    for number in range(len(by_phase) - 1, -1, -1):
        phase[ground.chosen(by_phase[number])] = number
    return phase


def _plan(
    search: Nesting,
    grounds: list[Ground],
    share: Floats,
    free: tuple[SitePlan, ...],
    bound: float,
    began: float,
) -> PhasedPlan:
    ground, phases = grounds[0], len(grounds)
    cost = np.array(
        [
            one.weight @ one.near(np.flatnonzero(search.phase <= t).astype(np.int64))
            for t, one in enumerate(grounds)
        ]
    )
    best = np.array([plan.objective for plan in free])
    people = np.array([one.people for one in grounds])
    objective = float(share @ cost)
    least = min(max(bound, float(share @ [plan.bound for plan in free])), objective)
    opened = np.flatnonzero(search.phase < phases)
    sites = np.concatenate([ground.fixed, ground.candidates[opened]])
    phase = np.concatenate([np.zeros(len(ground.fixed), dtype=np.int64), search.phase[opened]])
    order = np.lexsort((sites, phase))
    gap = (objective - least) / objective if objective > 0 else 0.0
    return PhasedPlan(
        sites=sites[order],
        phase=phase[order],
        cost=cost,
        free=free,
        regret=np.maximum(cost - best, 0.0),
        regret_share=np.divide(np.maximum(cost - best, 0.0), best, out=np.zeros(phases), where=best > 0),
        mean_minutes=np.divide(cost, people, out=np.full(phases, np.nan), where=people > 0),
        importance=share,
        objective=objective,
        bound=least,
        gap=gap,
        proven=gap <= 10 * SAME,
        seconds=time.perf_counter() - began,
    )
