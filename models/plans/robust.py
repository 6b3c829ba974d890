"""What uncertain need does to a plan: how often each site is right, and what the plan may cost too much."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from threadpoolctl import threadpool_limits

from models.checks import Floats, Ints, as_floats, check_bounds, check_counts
from models.plans.draws import Best, Field, Setting, best_of_draws
from models.replicates import Executor
from models.results import _Frozen
from models.siting import Rules, SitePlan

SAME = 1e-9


class Choice(NamedTuple):
    """One set of sites and how it fares over the draws.

    Attributes
    ----------
    sites : open columns, ascending
    share : of draws in which it is the best
    objective : weight x minutes at the mean weights
    regret_mean, regret_cvar : weight x minutes above the best of each draw: mean, and mean of the worst tail
    """

    sites: tuple[int, ...]
    share: float
    objective: float
    regret_mean: float
    regret_cvar: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustPlan(_Frozen):
    """A plan under draws of the weights.

    Attributes
    ----------
    plan : best at the mean weights, which is the plan of least expected regret
    cvar : the set of sites whose worst tail of regret is smallest, as far as swaps found one
    inclusion, inclusion_error : (n_sites,) share of draws whose best plan has the site, and the Monte Carlo
        standard error; 1 for fixed sites
    group : (n_sites,) near substitutes share a number; -1 for sites that no draw's best plan has
    group_inclusion : (groups,) share of draws whose best plan has a site of the group
    optimum, optimum_bound : (draws,) cost of the best plan of each draw, and what none can be below
    regret : (draws,) cost of `plan` above the best plan of the draw
    regret_share : (draws,) the same as a share of the best plan's cost
    plans : every set that is best in a draw, the most frequent first, and `plan` and `cvar`
    alternatives : sets one or two swaps from `plan` that cost at most `tolerance` more at the mean weights,
        the best first
    level : tail of `cvar` and of every `regret_cvar`
    """

    plan: SitePlan
    cvar: Choice
    inclusion: Floats
    inclusion_error: Floats
    group: Ints
    group_inclusion: Floats
    optimum: Floats
    optimum_bound: Floats
    regret: Floats
    regret_share: Floats
    plans: tuple[Choice, ...]
    alternatives: tuple[Choice, ...]
    level: float


def robust_plan(
    minutes: ArrayLike,
    weight_draws: ArrayLike,
    p: int | None,
    *,
    fixed: Sequence[int] = (),
    excluded: Sequence[int] = (),
    rules: Rules | None = None,
    beyond: ArrayLike | None = None,
    level: float = 0.95,
    tolerance: float = 0.005,
    substitute_minutes: float = 5.0,
    time_limit_s: float = 60.0,
    seed: int = 0,
    executor: Executor | None = None,
) -> RobustPlan:
    """The best plan at the mean weights, and how it stands over joint draws of them.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes, NaN = unreachable
    weight_draws : (draws, n_demand) drawn JOINTLY over demands: independent draws cancel each other out and
        understate regret many times
    p, fixed, excluded, rules, seed : as of `p_median`; every set of sites that is named keeps the rules
    beyond : (n_demand,) minutes to the nearest centre of others, NaN for none, as of `p_median`
    level : the tail is the worst 1 - level of the draws
    tolerance : share of the objective within which another plan counts as as good
    substitute_minutes : sites are near substitutes where people's minutes differ by no more on average
    time_limit_s : wall time of each draw's plan and of the mean one
    executor : spreads draws; the answer does not depend on it

    Raises
    ------
    InfeasibleRequest, ValueError
        As `p_median`.

    Notes
    -----
    Cost is linear in the weights, so that the mean cost of a set over draws is its cost at the mean weights:
    no set has less expected regret than `plan`.

    Under groups and conflicts a draw takes some 0.1 s at 913 x 80; under a budget 1 to 2 s, because the
    bound is loose there: give fewer draws or a short time limit, and read `optimum_bound`.

    References
    ----------
    Snyder (2006), IIE Transactions 38, 547-564 (regret). Rockafellar & Uryasev (2000), Journal of Risk 2(3),
    21-41 (CVaR).
    """
    draws = as_floats("weight_draws", weight_draws, ndim=2)
    check_counts("weight_draws", draws.ravel())
    if not len(draws):
        raise ValueError("weight_draws must hold at least one draw")
    check_bounds({"level": level, "tolerance": tolerance}, {"level": (0.0, 0.9999), "tolerance": (0.0, 1.0)})
    mean = draws.mean(axis=0)
    setting = Setting(
        p=p, fixed=fixed, excluded=excluded, rules=rules, beyond=beyond, seconds=time_limit_s, seed=seed
    )
    plan = setting.plan(minutes, mean)
    field = Field.parse(minutes, mean, plan, setting)
    with threadpool_limits(limits=1):
        best = best_of_draws(field, draws, time_limit_s, executor=executor)
        judge = _Judge(field, draws, best, mean, level)
        return _robust(plan, judge, tolerance, substitute_minutes)


class _Judge:
    """Costs of any set of candidates over all draws."""

    def __init__(self, field: Field, draws: Floats, best: list[Best], mean: Floats, level: float) -> None:
        self.field, self.best, self.level = field, best, level
        self.weight = np.ascontiguousarray(draws[:, field.instance.rows])
        self.mean = mean[field.instance.rows]
        self.optimum = np.array([one.total for one in best])
        self.bound = np.array([one.bound for one in best])
        fixed = field.filled[:, field.instance.fixed].min(axis=1, initial=np.inf)
        self.base = fixed
        self.minutes = field.filled[:, field.instance.candidates]

    def near(self, chosen: Ints) -> Floats:
        """(n,) minutes to the nearest open site."""
        found: Floats = np.minimum(self.base, self.minutes[:, chosen].min(axis=1, initial=np.inf))
        return found

    def regret(self, near: Floats) -> Floats:
        """(draws,) or (draws, k) cost above the best plan of each draw."""
        cost = self.weight @ near
        return np.asarray(np.maximum(cost.T - self.optimum, 0.0).T)

    def tail(self, regret: Floats) -> Floats:
        """Mean of the worst draws, along the first axis."""
        count = max(round(len(regret) * (1 - self.level)), 1)
        worst: Floats = np.partition(regret, len(regret) - count, axis=0)[len(regret) - count :].mean(axis=0)
        return worst

    def choice(self, chosen: Ints, share: float) -> Choice:
        """How a set fares."""
        near = self.near(chosen)
        regret = self.regret(near)
        instance = self.field.instance
        sites = np.union1d(instance.fixed, instance.candidates[chosen])
        return Choice(
            tuple(int(site) for site in sites),
            share,
            float(self.mean @ near),
            float(regret.mean()),
            float(self.tail(regret)),
        )

    def swapped(self, chosen: Ints, place: int) -> Floats:
        """(n, m) minutes with the site at `place` exchanged for each candidate."""
        rest = self.near(np.delete(chosen, place))
        found: Floats = np.minimum(rest[:, None], self.minutes)
        return found


def _robust(plan: SitePlan, judge: _Judge, tolerance: float, substitute_minutes: float) -> RobustPlan:
    shares = Counter(tuple(one.chosen.tolist()) for one in judge.best)
    draws = len(judge.best)
    own = tuple(judge.field.chosen.tolist())
    known = [np.array(key, dtype=np.int64) for key in {**dict.fromkeys([own]), **shares}]
    safest = _least_tail(judge, known)
    every = {tuple(one.tolist()): None for one in (*known, safest)}
    plans = [judge.choice(np.array(key, dtype=np.int64), shares[key] / draws) for key in every]
    inclusion = _inclusion(judge, shares, draws)
    group, group_inclusion = _groups(judge, shares, draws, substitute_minutes)
    regret = judge.regret(judge.near(judge.field.chosen))
    return RobustPlan(
        plan=plan,
        cvar=judge.choice(safest, shares[tuple(safest.tolist())] / draws),
        inclusion=inclusion,
        inclusion_error=np.sqrt(inclusion * (1 - inclusion) / draws),
        group=group,
        group_inclusion=group_inclusion,
        optimum=judge.optimum,
        optimum_bound=judge.bound,
        regret=regret,
        regret_share=np.divide(regret, judge.optimum, out=np.zeros(draws), where=judge.optimum > 0),
        plans=tuple(sorted(plans, key=lambda one: (-one.share, one.regret_mean, one.sites))),
        alternatives=_alternatives(judge, tolerance),
        level=judge.level,
    )


def _inclusion(judge: _Judge, shares: Counter[tuple[int, ...]], draws: int) -> Floats:
    instance = judge.field.instance
    found = np.zeros(judge.field.sites)
    found[instance.fixed] = draws
    for key, count in shares.items():
        found[instance.candidates[list(key)]] += count
    return found / draws


def _groups(
    judge: _Judge, shares: Counter[tuple[int, ...]], draws: int, limit_minutes: float
) -> tuple[Ints, Floats]:
    """Near substitutes among the sites that some draw's best plan has; all pairs of a group are near."""
    used = np.unique(np.concatenate([np.array(key, dtype=np.int64) for key in shares]))
    label = np.full(judge.field.sites, -1, dtype=np.int64)
    if not len(used):
        return label, np.zeros(0)
    order = np.zeros(1, dtype=np.int64)
    if len(used) > 1:
        apart = pdist(judge.minutes[:, used].T * _shares_of(judge.mean), "cityblock")
        part = fcluster(linkage(apart, "complete"), limit_minutes, "distance")
        order = np.unique(part, return_inverse=True)[1].astype(np.int64)
    label[judge.field.instance.candidates[used]] = order
    of = dict(zip(used.tolist(), order.tolist(), strict=True))
    found = np.zeros(order.max() + 1)
    for key, count in shares.items():
        found[list({of[site] for site in key})] += count
    return label, found / draws


def _shares_of(weight: Floats) -> Floats:
    """(n,) shares of the whole, so that a weighted sum of absolute differences is a mean."""
    total = weight.sum()
    return weight / total if total > 0 else np.full(len(weight), 1 / max(len(weight), 1))


def _least_tail(judge: _Judge, known: Sequence[Ints]) -> Ints:
    """From the best of the known sets, swap while the worst tail of regret falls."""
    tails = [float(judge.tail(judge.regret(judge.near(chosen)))) for chosen in known]
    chosen, least = known[int(np.argmin(tails))], min(tails)
    improved = len(chosen) > 0
    while improved:
        improved = False
        for place in range(len(chosen)):
            tail = judge.tail(judge.regret(judge.swapped(chosen, place)))
            tail[judge.field.barred(chosen, place)] = np.inf
            if len(tail) and tail.min() < least * (1 - SAME):
                least = float(tail.min())
                chosen = np.sort(np.append(np.delete(chosen, place), int(tail.argmin())))
                improved = True
                break
    return chosen


def _alternatives(judge: _Judge, tolerance: float) -> tuple[Choice, ...]:
    """Other sets, one or two swaps away from the plan, that cost hardly more at the mean weights."""
    start = judge.field.chosen
    limit = float(judge.mean @ judge.near(start)) * (1 + tolerance)
    found: dict[tuple[int, ...], None] = {}
    waiting = [start]
    for _ in range(2):
        waiting = [one for chosen in waiting for one in _one_swap(judge, chosen, limit)]
        fresh = {tuple(one.tolist()): one for one in waiting}
        waiting = [one for key, one in fresh.items() if key not in found]
        found |= dict.fromkeys(fresh)
    found.pop(tuple(start.tolist()), None)
    shares = Counter(tuple(one.chosen.tolist()) for one in judge.best)
    made = [judge.choice(np.array(key, dtype=np.int64), shares[key] / len(judge.best)) for key in found]
    return tuple(sorted(made, key=lambda one: (one.objective, one.sites)))


def _one_swap(judge: _Judge, chosen: Ints, limit: float) -> list[Ints]:
    made: list[Ints] = []
    for place in range(len(chosen)):
        cost = judge.mean @ judge.swapped(chosen, place)
        cost[judge.field.barred(chosen, place)] = np.inf
        rest = np.delete(chosen, place)
        made += [np.sort(np.append(rest, site)).astype(np.int64) for site in np.flatnonzero(cost <= limit)]
    return made
