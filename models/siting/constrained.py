"""Sites under rules and capacities: search, Lagrangian bound, and tree or programme for what is left."""

import time
from dataclasses import dataclass, replace

import numpy as np

from models.checks import Ints
from models.siting.best import Best
from models.siting.programme import solve
from models.siting.relaxation import Ascent, first_multipliers, settled
from models.siting.task import Served, Task
from models.siting.tree import Part, explore

BLOCK, BLOCKS = 50, 40
FIRST_LOOK = 8  # blocks before the relaxation's sites are worth a search
SEARCH_SHARE = 0.6  # of the time so far: more search only where steps take long too
ROOT_SHARE = 0.5  # of the time: the bound of the whole, and the search along it
FIRST_SHARE = 0.5  # of the time left: an integer programme that looks for any plan at all
SHAKES, LAST_SHAKES, PATIENCE = 2, 20, 4000  # exchanges from the best plan; rounds of a walk without a gain
PAIR_SECONDS = 2e-6  # of an integer programme, before it looks at the time
LAST_STEPS, LAST_SHARE = 500, 0.2  # steps without search, in this much more time


@dataclass(frozen=True, slots=True)
class Decided:
    """What a search ended with.

    Attributes
    ----------
    chosen, served : None where no plan was found
    bound : no plan costs less; inf if there is none
    ended : whether nothing was left to search
    least : the plan of least overload, None if none was tried
    """

    chosen: Ints | None
    served: Served | None
    bound: float
    ended: bool
    least: Served | None


def decide(task: Task, *, seed: int, stop: float) -> Decided:
    """Find the cheapest plan of a task and prove it, until `stop` of `time.perf_counter`.

    References
    ----------
    Pirkul (1987), Computers & Operations Research 14, 285-293. Ceselli & Righini (2005), Networks 45,
    125-142.
    """
    best = Best(task, seed)
    now = time.perf_counter()
    part = _climb(best, now + ROOT_SHARE * (stop - now))
    if part.bound >= best.enough:
        return _decided(best, best.total, ended=True)
    if best.chosen is None or not task.limited:
        now = time.perf_counter()
        until = now + FIRST_SHARE * (stop - now) if task.limited else stop
        bound, ended = _by_programme(best, part, until, seed)
        if ended or not task.limited or best.chosen is None:
            return _decided(best, bound, ended=ended)
        part = replace(part, bound=max(part.bound, bound))
    bound, ended = explore(best, part, stop=stop)
    return _decided(best, bound, ended=ended)


def _decided(best: Best, bound: float, *, ended: bool) -> Decided:
    lower = best.total if ended else min(best.task.rounded(bound), best.total)
    ended = ended or lower >= best.enough
    return Decided(best.chosen, best.served, lower, ended, best.least)


def _climb(best: Best, stop: float) -> Part:
    """Raise the bound of the whole, search from the sites it opens, and drop what it rules out."""
    task, sites = best.task, np.arange(best.task.pairs.sites)
    ascent = Ascent(task, first_multipliers(task))
    began, searched = time.perf_counter(), 0.0
    for block in range(BLOCKS):
        ascent.climb(BLOCK, target=best.total, enough=best.enough, stop=stop)
        assert ascent.best is not None
        if ascent.plan is not None:
            best.offer(sites[ascent.plan[0]], np.append(sites, -1)[ascent.plan[1]])
        now = time.perf_counter()
        due = block >= FIRST_LOOK and (best.chosen is None or searched <= SEARCH_SHARE * (now - began))
        if due or now > stop:
            _look_around(best, ascent, sites, stop)
            searched += time.perf_counter() - now
        if ascent.best.value >= best.enough or ascent.spent or time.perf_counter() > stop:
            break
        if best.chosen is not None:
            ascent, sites = _without_settled(ascent, sites, best.enough)
    if best.walk is None:
        best.shake(LAST_SHAKES, stop)
    best.go_on(PATIENCE, stop)
    ascent.climb(LAST_STEPS, target=best.total, enough=best.enough, stop=stop + LAST_SHARE * (stop - began))
    ascent, sites = _without_settled(ascent, sites, best.enough)
    assert ascent.best is not None
    return Part(ascent.task, sites, ascent.best.multipliers, ascent.best.value)


def _look_around(best: Best, ascent: Ascent, sites: Ints, stop: float) -> None:
    """Search from the sites that the relaxation opens, and from the best plan."""
    assert ascent.best is not None
    chosen = ascent.task.selection.pick(ascent.best.price, stop=stop)
    if chosen is not None:
        best.search(sites[chosen], stop)
    if best.task.limited and best.walk is None:
        best.shake(SHAKES, stop)


def _without_settled(ascent: Ascent, sites: Ints, enough: float) -> tuple[Ascent, Ints]:
    """The same ascent on the sites and pairs that a better plan may use."""
    assert ascent.best is not None
    if not np.isfinite(enough) or ascent.best.value >= enough:
        return ascent, sites
    closed, needed, dropped = settled(ascent.task, ascent.best, enough)
    if not (closed.any() or dropped.any() or (needed != ascent.task.selection.needed).any()):
        return ascent, sites
    selection = ascent.task.selection.with_needed(needed & ~closed)
    return ascent.moved_to(replace(ascent.task, selection=selection).without(closed, dropped), closed), sites[
        ~closed
    ]


def _by_programme(best: Best, part: Part, stop: float, seed: int) -> tuple[float, bool]:
    """Let an integer programme decide what is left: a bound on all plans, whether nothing is left."""
    if stop - time.perf_counter() < PAIR_SECONDS * len(part.task.pairs.row):
        return part.bound, False
    start = _within(best, part)
    answer = solve(part.task, start, stop=stop, seed=seed)
    if answer.chosen is not None and answer.site is not None:
        site = np.append(part.sites, -1)[answer.site]
        best.offer(part.sites[answer.chosen], site)
        best.serve(part.sites[answer.chosen])
    # what the bound removed costs at least as much as the start
    return max(part.bound, min(answer.bound, best.total)), answer.ended


def _within(best: Best, part: Part) -> tuple[Ints, Ints] | None:
    """The best plan in the numbers of a part, None if it uses what is no longer there."""
    if best.chosen is None or best.served is None:
        return None
    place = np.full(best.task.pairs.sites + 1, -1)
    place[part.sites] = np.arange(len(part.sites))
    chosen, site = place[best.chosen], place[best.served.site]
    if (chosen < 0).any() or not np.isfinite(part.task.judge(site).total):
        return None
    return chosen, site
