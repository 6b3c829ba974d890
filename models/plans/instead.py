"""Another site instead: "why not my district?", and what a site that somebody insists on costs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from models.checks import Floats, Ints, as_codes, as_floats, check_same_length
from models.plans.draws import Setting
from models.plans.ground import group_weights
from models.plans.keeping import limits_of, with_cost, with_one_of
from models.plans.reasons import LONGER, Case, parse_case
from models.results import _Frozen
from models.siting import InfeasibleRequest, Rules, SitePlan
from models.siting.ascent import ROOT, Momentum, ascend, first_multipliers

STEPS = 300
SAME = 1e-9

Status = Literal["in_plan", "costs_more", "no_candidate", "no_room", "against_rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead(_Frozen):
    """The best plan of as many sites that has one of the columns asked for, beside the plan.

    Attributes
    ----------
    asked : columns asked for
    status : `in_plan` the plan has one already; `costs_more` the plan below does; `no_candidate` none of them
        may open; `no_room` every site of the plan is fixed; `against_rules` a plan with one of them would
        break a group, a spacing or the budget
    sites : open columns of the other plan; the plan's own where there is no other
    enters : columns that open instead; `displaced` those that do not open any more
    objective, bound, gap, proven : of the other plan, among the plans that have one of the columns
    extra_person_minutes : what it costs more than the plan
    least_extra : what any plan with one of the columns costs more at least, proven
    extra_mean_minutes : the same as `extra_person_minutes` for an average person
    lose, gain : (groups,) persons whose way gets longer, and shorter
    lost_person_minutes, gained_person_minutes : of all groups; their difference is the extra
    """

    asked: Ints
    status: Status
    sites: Ints
    enters: Ints
    displaced: Ints
    objective: float
    bound: float
    gap: float
    proven: bool
    extra_person_minutes: float
    least_extra: float
    extra_mean_minutes: float
    lose: Floats
    gain: Floats
    lost_person_minutes: float
    gained_person_minutes: float


def why_not(
    minutes: ArrayLike,
    weights: ArrayLike,
    plan: SitePlan,
    columns: Sequence[int],
    *,
    rules: Rules | None = None,
    beyond: ArrayLike | None = None,
    any_number: bool = False,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> Instead:
    """The best plan that has at least one of some columns, for example a district's candidates.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes of which the plan was made, NaN = unreachable
    weights : (n_demand,) persons, or (groups, n_demand)
    columns : any of them would do; those that could not open are left out
    rules, beyond : of which the plan was made, as of `p_median`
    any_number : the plan was made with p=None: others may have more or fewer sites within the budget
    time_limit_s : wall time of all searches

    Raises
    ------
    ValueError
        If a column does not exist, or shapes differ from the plan's.
    """
    stop = time.perf_counter() + time_limit_s
    case = parse_case(minutes, weights, plan, beyond=beyond)
    sites = case.ground.minutes.shape[1]
    asked = np.unique(as_codes("columns", np.asarray(columns, dtype=np.int64), count=sites))
    may = np.intersect1d(asked, case.ground.candidates)
    if len(np.intersect1d(asked, plan.sites)):
        return _compare(case, plan, asked, "in_plan")
    if not len(may) or not (case.ground.count or any_number):
        return _compare(case, plan, asked, "no_room" if len(may) else "no_candidate")
    setting = _setting(plan, rules, beyond, any_number=any_number)
    setting = replace(setting, seconds=time_limit_s, seed=seed)
    total = group_weights(weights).sum(axis=0)
    if limits_of(rules, sites, any_number=any_number) is not None:
        return _within_rules(_Asked(case, plan, asked, may), minutes, total, setting)
    best, bound = None, np.inf
    for column, least in _promising(case, plan, may):
        if best is not None and least >= best.objective * (1 - SAME):
            bound = min(bound, least)
            continue
        left = max(stop - time.perf_counter(), 1e-3)
        fixed = [*plan.fixed.tolist(), column]
        found = replace(setting, fixed=fixed, seconds=left).plan(minutes, total)
        bound = min(bound, found.bound)
        best = found if best is None or found.objective < best.objective else best
    assert best is not None
    return _compare(case, plan, asked, "costs_more", best.sites, bound)


def pinned(
    minutes: ArrayLike,
    weights: ArrayLike,
    plan: SitePlan,
    pin: int | ArrayLike,
    *,
    rules: Rules | None = None,
    beyond: ArrayLike | None = None,
    any_number: bool = False,
    pin_cost: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> Instead:
    """The best plan of as many sites that has a given one: what "the mayor's site" costs, and whom.

    Parameters
    ----------
    minutes, weights : as of `why_not`
    pin : a column, excluded ones too; or (n_demand,) minutes to a place that is no column, NaN = unreachable,
        which is then numbered n_sites
    rules, beyond, any_number : as of `why_not`. A place that is no column is in no group and no conflict,
        unless the rules name its number
    pin_cost : what a place that is no column takes of the rules' budget

    Raises
    ------
    ValueError
        If the column does not exist, minutes to the pin are not one a demand, or shapes differ.
    """
    travel = as_floats("minutes", minutes, ndim=2)
    column = travel.shape[1]
    if np.ndim(pin):
        own = as_floats("pin", pin)
        check_same_length(minutes=travel, pin=own)
        rules = None if rules is None else with_cost(rules, column, pin_cost)
        travel = np.column_stack([travel, own])
    else:
        column = int(as_codes("pin", np.atleast_1d(np.asarray(pin)), count=column)[0])
    free = replace(plan, excluded=np.setdiff1d(plan.excluded, [column]))
    case = parse_case(travel, weights, free, beyond=beyond)
    asked = np.array([column], dtype=np.int64)
    if column in plan.sites:
        return _compare(case, free, asked, "in_plan")
    if not (case.ground.count or any_number):
        return _compare(case, free, asked, "no_room")
    setting = _setting(free, rules, beyond, any_number=any_number)
    setting = replace(setting, seconds=time_limit_s, seed=seed)
    total = group_weights(weights).sum(axis=0)
    if limits_of(rules, travel.shape[1], any_number=any_number) is not None:
        return _within_rules(_Asked(case, free, asked, asked), travel, total, setting)
    other = replace(setting, fixed=[*plan.fixed.tolist(), column]).plan(travel, total)
    return _compare(case, free, asked, "costs_more", other.sites, other.bound)


def _setting(plan: SitePlan, rules: Rules | None, beyond: ArrayLike | None, *, any_number: bool) -> Setting:
    """What other plans keep: all that the plan kept."""
    return Setting(
        p=None if any_number else len(plan.sites),
        fixed=plan.fixed.tolist(),
        excluded=plan.excluded.tolist(),
        rules=rules,
        beyond=beyond,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A plan, the columns asked for, and those of them that may open."""

    case: Case
    plan: SitePlan
    asked: Ints
    may: Ints


def _within_rules(what: _Asked, minutes: ArrayLike, total: Floats, setting: Setting) -> Instead:
    """One search under one rule more: one of the columns is open."""
    assert setting.rules is not None
    ruled = replace(setting, rules=with_one_of(setting.rules, what.may))
    try:
        found = ruled.plan(minutes, total)
    except InfeasibleRequest:
        return _compare(what.case, what.plan, what.asked, "against_rules")
    return _compare(what.case, what.plan, what.asked, "costs_more", found.sites, found.bound)


def _promising(case: Case, plan: SitePlan, may: Ints) -> list[tuple[int, float]]:
    """Columns with what no plan that has one can be below, those that replace a site most cheaply first."""
    ground = case.ground
    pairs = ground.pairs(partial(np.multiply, ground.weight[:, None]))
    own = ground.weight[:, None] * ground.minutes[:, may]
    swapped = [
        np.minimum((ground.weight * ground.near_sites(plan.sites[plan.sites != site]))[:, None], own).sum(
            axis=0
        )
        for site in plan.new
    ]
    state = np.zeros(pairs.sites, dtype=np.int8)
    start = first_multipliers(pairs)
    momentum = Momentum(ROOT, np.zeros(len(start)))
    target = float(pairs.totals(ground.chosen(plan.sites)).sum())
    found = ascend(pairs, state, ground.count, start, momentum, target=target, enough=np.inf, steps=STEPS)
    least = found.value + np.maximum(found.opening_adds(), 0.0)[np.searchsorted(ground.candidates, may)]
    order = np.argsort(np.min(swapped, axis=0), kind="stable")
    return [(int(may[place]), float(least[place])) for place in order]


def _compare(
    case: Case,
    plan: SitePlan,
    asked: Ints,
    status: Status,
    sites: Ints | None = None,
    bound: float | None = None,
) -> Instead:
    ground = case.ground
    other = plan.sites if sites is None else sites
    near, away = ground.near_sites(plan.sites), ground.near_sites(other)
    own, cost = float(ground.weight @ near), float(ground.weight @ away)
    least = min(cost if bound is None else bound, cost)
    longer = away - near
    gap = (cost - least) / cost if cost > 0 else 0.0
    return Instead(
        asked=asked,
        status=status,
        sites=other,
        enters=np.setdiff1d(other, plan.sites),
        displaced=np.setdiff1d(plan.sites, other),
        objective=cost,
        bound=least,
        gap=gap,
        proven=gap <= SAME,
        extra_person_minutes=cost - own,
        least_extra=least - own,
        extra_mean_minutes=(cost - own) / ground.people if ground.people else 0.0,
        lose=case.persons(longer > LONGER),
        gain=case.persons(longer < -LONGER),
        lost_person_minutes=float(ground.weight @ np.maximum(longer, 0.0)),
        gained_person_minutes=float(ground.weight @ np.maximum(-longer, 0.0)),
    )
