"""Why each new site is in a plan: what would be lost without it, who is served, whose way gets shorter."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.checks import Floats, Ints
from models.plans.ground import Ground, group_weights, parse_ground
from models.plans.keeping import limits_of, may_close, may_replace
from models.results import _areas, _Frozen
from models.siting import Rules, SitePlan
from models.siting.rules import Limits

LONGER = 1e-9  # minutes below which a way has not changed


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReasons(_Frozen):
    """Reasons of each site that a plan opens; arrays are (new,) or (new, groups) of persons.

    Attributes
    ----------
    site : the columns, ascending
    loss_if_dropped : person-minutes more if it alone were left out and nothing opened instead; NaN where the
        rules ask for it
    longer_if_dropped : persons whose way would then be longer; NaN where the rules ask for it
    substitute : the column that replaces it best and keeps the rules; -1 if there is none
    substitute_cost : person-minutes more with the substitute; inf without one
    served : persons whose nearest open site it is
    served_minutes : (new,) their mean minutes; NaN if there are none
    shorter : of them, persons who had a site before and are now nearer
    shorter_minutes : (new,) mean minutes by which the way of these falls; NaN if there are none
    saved : (new,) person-minutes saved by these
    newly_reached : persons served who reached no site before
    """

    site: Ints
    loss_if_dropped: Floats
    longer_if_dropped: Floats
    substitute: Ints
    substitute_cost: Floats
    served: Floats
    served_minutes: Floats
    shorter: Floats
    shorter_minutes: Floats
    saved: Floats
    newly_reached: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row a new site, persons of all groups together."""
        names = ("site", "loss_if_dropped", "substitute", "substitute_cost", "served_minutes", "saved")
        people = ("longer_if_dropped", "served", "shorter", "newly_reached")
        columns = {name: getattr(self, name) for name in names}
        return _areas(columns | {name: getattr(self, name).sum(axis=1) for name in people}, "order")


def site_reasons(
    minutes: ArrayLike,
    weights: ArrayLike,
    plan: SitePlan,
    *,
    before: Sequence[int] | None = None,
    rules: Rules | None = None,
    beyond: ArrayLike | None = None,
) -> SiteReasons:
    """Say what each new site of a plan is for.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes of which the plan was made, NaN = unreachable
    weights : (n_demand,) persons, or (groups, n_demand)
    before : columns open before the plan; its fixed ones if not given
    rules, beyond : of which the plan was made, as of `p_median`; centres of others were there before, and who
        goes to one is served by no site

    Raises
    ------
    ValueError
        If shapes differ from the plan's.
    """
    case = parse_case(minutes, weights, plan, beyond=beyond)
    limits = limits_of(rules, case.ground.minutes.shape[1])
    earlier = plan.fixed if before is None else np.unique(np.asarray(before, dtype=np.int64))
    new = plan.new
    swaps = [_substitute(case.ground, plan, int(site), limits) for site in new]
    parts = [_reason(case, plan, int(site), earlier) for site in new]
    for part, site in zip(parts, new.tolist(), strict=True):
        if limits is not None and not may_close(limits, plan.sites, site):
            part |= {name: np.full(len(part[name]), np.nan) for name in DROPPED}
    shape = (len(new), len(case.groups))
    people = {name: np.array([part[name] for part in parts]).reshape(shape) for name in PEOPLE}
    ways = {name: np.array([part[name][0] for part in parts], dtype=np.float64) for name in WAYS}
    return SiteReasons(
        site=new,
        substitute=np.array([site for site, _ in swaps], dtype=np.int64),
        substitute_cost=np.array([cost for _, cost in swaps], dtype=np.float64),
        **people,
        **ways,
    )


PEOPLE = ("longer_if_dropped", "served", "shorter", "newly_reached")
DROPPED = ("loss_if_dropped", "longer_if_dropped")
WAYS = ("loss_if_dropped", "served_minutes", "shorter_minutes", "saved")


@dataclass(frozen=True, slots=True)
class Case:
    """A plan's own problem, with persons by group."""

    ground: Ground
    groups: Floats  # (groups, rows)

    def persons(self, which: np.ndarray) -> Floats:
        """(groups,) persons of some rows."""
        counted: Floats = self.groups[:, which].sum(axis=1)
        return counted


def parse_case(
    minutes: ArrayLike, weights: ArrayLike, plan: SitePlan, *, beyond: ArrayLike | None = None
) -> Case:
    """The problem that the plan answers.

    Raises
    ------
    ValueError
        If a site of the plan is no column, or shapes differ.
    """
    groups = group_weights(weights)
    columns = {"fixed": plan.fixed.tolist(), "excluded": plan.excluded.tolist()}
    ground = parse_ground(minutes, groups.sum(axis=0), len(plan.sites), **columns, beyond=beyond)
    if plan.sites.max(initial=-1) >= ground.minutes.shape[1]:
        raise ValueError(
            f"the plan opens column {plan.sites.max()}, but minutes has {ground.minutes.shape[1]}"
        )
    return Case(ground, groups[:, ground.rows])


def _reason(case: Case, plan: SitePlan, site: int, earlier: Ints) -> dict[str, Floats]:
    ground = case.ground
    near = ground.near_sites(plan.sites)
    without = ground.near_sites(plan.sites[plan.sites != site])
    served = plan.assignment[ground.rows] == site
    was = ground.near_sites(earlier)
    reached = was < ground.price_minutes
    shorter = served & reached & (was - near > LONGER)
    weight, fall = ground.weight, was - near
    return {
        "loss_if_dropped": np.array([weight @ (without - near)]),
        "longer_if_dropped": case.persons(without - near > LONGER),
        "served": case.persons(served),
        "served_minutes": np.array([_mean(near[served], weight[served])]),
        "shorter": case.persons(shorter),
        "shorter_minutes": np.array([_mean(fall[shorter], weight[shorter])]),
        "saved": np.array([weight[shorter] @ fall[shorter]]),
        "newly_reached": case.persons(served & ~reached),
    }


def _mean(values: Floats, weight: Floats) -> float:
    return float(values @ weight / weight.sum()) if len(values) else float("nan")


def _substitute(ground: Ground, plan: SitePlan, site: int, limits: Limits | None) -> tuple[int, float]:
    """The column that replaces a site best within the rules, and the person-minutes that this adds."""
    others = np.setdiff1d(ground.candidates, plan.sites)
    if limits is not None:
        others = others[may_replace(limits, plan.sites, site)[others]]
    if not len(others):
        return -1, float("inf")
    rest = ground.near_sites(plan.sites[plan.sites != site])
    cost = ground.weight @ np.minimum(rest[:, None], ground.minutes[:, others])
    best = int(np.argmin(cost))
    return int(others[best]), float(cost[best] - ground.weight @ ground.near_sites(plan.sites))
