"""How far an input may move before another choice is best."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.checks import Floats, Ints, as_codes, check_same_length
from models.plans.draws import Setting
from models.plans.ground import Ground, group_weights
from models.plans.keeping import limits_of, may_join
from models.plans.reasons import parse_case
from models.results import _areas, _Frozen
from models.siting import InfeasibleRequest, Rules, SitePlan

SAME = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability(_Frozen):
    """Factors by which single inputs may move; the others stay as they are.

    What begins with `safe` is a guarantee, and cautious: up to there the choice is proven best, and it may
    well be best beyond. What begins with `change` is where another known plan is better: the choice is
    best no more from there on, and may have ceased to be before. The truth lies between the two.

    Attributes
    ----------
    site : (new,) columns that the plan opens
    without : (new, p) the best plan without the site; -1 where there is none, or no more sites
    without_cost, without_bound : (new,) its cost, and what no plan without the site can be below; inf
    safe_site : (new,) factor on all minutes to the site up to which it is in a best plan
    safe_plan : (new,) factor on the same minutes up to which the whole plan is best
    change_site : (new,) factor from which the plan is not best; inf if never
    group : numbers of the groups of demands whose weights move together
    safe_up, safe_down : (groups,) factors >= 1 and <= 1 on their weights up to which the whole plan is best
    change_up, change_down : (groups,) factors from which it is not; inf and -inf where no known plan says so
    """

    site: Ints
    without: Ints
    without_cost: Floats
    without_bound: Floats
    safe_site: Floats
    safe_plan: Floats
    change_site: Floats
    group: Ints
    safe_up: Floats
    safe_down: Floats
    change_up: Floats
    change_down: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row a new site."""
        names = ("site", "without_cost", "without_bound", "safe_site", "safe_plan", "change_site")
        return _areas({name: getattr(self, name) for name in names}, "order")


def stability(
    minutes: ArrayLike,
    weights: ArrayLike,
    plan: SitePlan,
    *,
    groups: ArrayLike | None = None,
    rules: Rules | None = None,
    beyond: ArrayLike | None = None,
    any_number: bool = False,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> Stability:
    """How far minutes and weights may move, one at a time, before the choice changes.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes of which the plan was made, NaN = unreachable
    weights : (n_demand,) persons, or (groups, n_demand), which count together
    groups : (n_demand,) number from 0 of the group whose weights move together, -1 none; each demand by
        itself if not given
    rules, beyond : of which the plan was made, as of `p_median`; all plans keep the rules
    any_number : the plan was made with p=None: others may have more or fewer sites within the budget
    time_limit_s : wall time of the searches for the best plan without each site, together

    Raises
    ------
    ValueError
        If groups are not one a demand, or shapes differ from the plan's.

    Notes
    -----
    Any other plan of as many sites lacks one of the plan's, and so costs at least the least `without_bound`.
    Longer minutes to a site make no plan cheaper, and none without it dearer. If the weights of a group grow
    by a factor g, the plan's cost grows by (g - 1) times their minutes, and no other plan's by less than the
    same with every site open; if they fall, no other plan saves more than its longest way allows. Minutes
    counted for the unreachable stay as they are. With any number of sites another plan may also have all of
    this one's: the columns that could join are counted as if all did.
    """
    case = parse_case(minutes, weights, plan, beyond=beyond)
    total = group_weights(weights).sum(axis=0)
    own = _labels(groups, len(total))[case.ground.rows]
    setting = Setting(
        p=None if any_number else len(plan.sites),
        fixed=plan.fixed.tolist(),
        rules=rules,
        beyond=beyond,
        seconds=time_limit_s / max(len(plan.new), 1),
        seed=seed,
    )
    without = _without(minutes, total, plan, setting)
    spare = _spare(case.ground, plan, rules) if any_number else None
    cost = np.array([np.inf if one is None else one.objective for one in without])
    bound = np.array([np.inf if one is None else one.bound for one in without])
    near = case.ground.near_sites(plan.sites)
    number, place = np.unique(own[own >= 0], return_inverse=True)
    position = np.full(len(own), -1, dtype=np.int64)
    position[own >= 0] = place
    ways = _Ways(case.ground, position, len(number), near)
    up, down = _safe_weights(ways, plan, bound, spare)
    change_up, change_down = _known_weights(ways, without)
    grown = [_Grown(case.ground, plan, int(site)) for site in plan.new]
    alone = np.array([_until(case.ground, plan, int(site), spare) for site in plan.new])
    least = float(bound.min(initial=np.inf))
    return Stability(
        site=plan.new,
        without=_sites_of(without, len(plan.sites)),
        without_cost=cost,
        without_bound=bound,
        safe_site=np.array([one.reaches(at) for one, at in zip(grown, bound, strict=True)]),
        safe_plan=np.minimum([one.reaches(least) for one in grown], alone),
        change_site=np.array([one.passes(at) for one, at in zip(grown, cost, strict=True)]),
        group=number,
        safe_up=up,
        safe_down=down,
        change_up=change_up,
        change_down=change_down,
    )


def _labels(groups: ArrayLike | None, n: int) -> Ints:
    if groups is None:
        return np.arange(n, dtype=np.int64)
    given = np.asarray(groups)
    check_same_length(weights=np.empty(n), groups=given)
    return as_codes("groups", given + 1, count=n + 1) - 1


def _without(minutes: ArrayLike, total: Floats, plan: SitePlan, setting: Setting) -> list[SitePlan | None]:
    """The best plan without each new site; None where there is none."""
    travel = np.asarray(minutes, dtype=np.float64)
    spare = travel.shape[1] - len(plan.sites) - len(np.setdiff1d(plan.excluded, plan.sites))
    if spare < 1 and setting.p is not None:
        return [None] * len(plan.new)
    found: list[SitePlan | None] = []
    for site in plan.new.tolist():
        try:
            found.append(replace(setting, excluded=[*plan.excluded.tolist(), site]).plan(travel, total))
        except InfeasibleRequest:
            found.append(None)
    return found


def _sites_of(plans: list[SitePlan | None], least: int) -> Ints:
    """(plans, most sites) open columns, -1 where there are no more."""
    width = max([least, *(len(one.sites) for one in plans if one is not None)])
    found = np.full((len(plans), width), -1, dtype=np.int64)
    for row, one in zip(found, plans, strict=True):
        if one is not None:
            row[: len(one.sites)] = one.sites
    return found


def _spare(ground: Ground, plan: SitePlan, rules: Rules | None) -> Floats:
    """(rows,) minutes to the nearest column that could open beside the plan's; inf without one."""
    limits = limits_of(rules, ground.minutes.shape[1], any_number=True)
    joins = (
        ground.candidates
        if limits is None
        else ground.candidates[may_join(limits, plan.sites)[ground.candidates]]
    )
    found: Floats = ground.minutes[:, joins].min(axis=1, initial=np.inf)
    return found


def _until(ground: Ground, plan: SitePlan, site: int, spare: Floats | None) -> float:
    """Factor on the minutes to a site up to which no column beside the plan's is of use."""
    if spare is None:
        return float("inf")
    own, second = ground.minutes[:, site], ground.near_sites(plan.sites[plan.sites != site])
    if (spare < np.minimum(own, second)).any():
        return 1.0
    leaves = (own < second) & (spare < second) & (own > 0)
    return float((spare[leaves] / own[leaves]).min(initial=np.inf))


class _Grown:
    """Cost of the plan as all minutes to one of its sites grow: demands leave for others."""

    def __init__(self, ground: Ground, plan: SitePlan, site: int) -> None:
        first = ground.minutes[:, site]
        second = ground.near_sites(plan.sites[plan.sites != site])
        inside = first < second
        here, there = (ground.weight * first)[inside], (ground.weight * second)[inside]
        leave = np.divide(there, here, out=np.full(len(here), np.inf), where=here > 0)
        order = np.argsort(leave, kind="stable")
        elsewhere = float(ground.weight[~inside] @ second[~inside])
        self.leave = leave[order]
        self.left = elsewhere + np.concatenate([[0.0], np.cumsum(there[order])[:-1]])  # gone before each
        self.slope = np.cumsum(here[order][::-1])[::-1]  # of those still served
        self.without = elsewhere + float(there.sum())

    def passes(self, limit: float) -> float:
        """The factor, >= 1, at which the cost passes a limit; inf if it only comes to be equal."""
        return self.reaches(limit) if self.without > limit * (1 + SAME) else float("inf")

    def reaches(self, limit: float) -> float:
        """The factor, >= 1, at which the cost reaches a limit; inf if it never does."""
        finite = np.isfinite(self.leave)
        cost = np.where(finite, self.left + self.slope * np.where(finite, self.leave, 1.0), np.inf)
        cost[~finite & (self.slope == 0)] = self.left[~finite & (self.slope == 0)]
        over = np.flatnonzero(cost >= limit)
        if not len(over) or not np.isfinite(limit):
            return float("inf")
        at = over[0]
        return max(float((limit - self.left[at]) / self.slope[at]), 1.0) if self.slope[at] > 0 else 1.0


@dataclass(frozen=True, slots=True)
class _Ways:
    """Demands of the groups, and the plan's ways."""

    ground: Ground
    group: Ints  # (rows,) position among the groups, -1 none
    count: int
    near: Floats

    def sums(self, values: Floats) -> Floats:
        """(groups,) weighted sums."""
        inside = self.group >= 0
        weighted = (self.ground.weight * values)[inside]
        found = np.zeros(self.count)
        np.add.at(found, self.group[inside], weighted)
        return found


def _safe_weights(ways: _Ways, plan: SitePlan, bound: Floats, spare: Floats | None) -> tuple[Floats, Floats]:
    """Factors up to which no plan whatever can overtake."""
    ground = ways.ground
    if spare is not None and (spare < ways.near).any():
        return np.ones(ways.count), np.ones(ways.count)
    now = float(ground.weight @ ways.near)
    open_all = np.minimum(ground.base, ground.minutes[:, ground.candidates].min(axis=1, initial=np.inf))
    longest = ground.pairs(np.asarray).fallback if spare is None else ground.near_sites(ground.fixed)
    margin = max(float(bound.min(initial=np.inf)) - now, 0.0)
    up = 1 + _ratio(np.full(ways.count, margin), ways.sums(np.maximum(ways.near - open_all, 0.0)))
    served = plan.assignment[ground.rows]
    least = np.full(ways.count, np.inf)  # a plan with a longer way for a group lacks a site that serves it
    for site, cost in zip(plan.new, bound, strict=True):
        inside = ways.group[(served == site) & (ways.group >= 0)]
        least[inside] = np.minimum(least[inside], cost)
    longer = np.where(longest > ways.near, longest - ways.near, 0.0)
    down = 1 - _ratio(np.maximum(least - now, 0.0), ways.sums(longer))
    return up, np.maximum(down, 0.0)


def _known_weights(ways: _Ways, without: list[SitePlan | None]) -> tuple[Floats, Floats]:
    """Factors from which one of the plans at hand is better."""
    ground = ways.ground
    up, down = np.full(ways.count, np.inf), np.full(ways.count, -np.inf)
    for other in without:
        if other is not None:
            away = ground.near_sites(other.sites)
            margin = np.full(ways.count, max(float(ground.weight @ (away - ways.near)), 0.0))
            nearer = ways.sums(ways.near - away)
            up = np.minimum(up, 1 + _ratio(margin, np.maximum(nearer, 0.0)))
            down = np.maximum(down, 1 - _ratio(margin, np.maximum(-nearer, 0.0)))
    return up, np.where(down < 0, -np.inf, down)


def _ratio(margin: Floats, rate: Floats) -> Floats:
    finite = (rate > 0) & np.isfinite(margin)
    found: Floats = np.divide(margin, rate, out=np.full(len(rate), np.inf), where=finite)
    return found
