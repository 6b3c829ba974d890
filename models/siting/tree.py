"""Branch and bound on sites and on who may serve whom, with the Lagrangian bound of each part."""

import time
from dataclasses import dataclass, replace

import numpy as np

from models.checks import Bools, Floats, Ints
from models.siting.best import Best
from models.siting.regions import nested_regions
from models.siting.relaxation import Ascent, settled
from models.siting.task import Task

NODE_SCALE, NODE_STEPS = 0.3, 100
UNDECIDED = 0.1  # sites are branched on if the mean of their number lies this far from a whole one
LARGER = 0.03  # worth of a group that is all sites, beside how undecided it is
TRY_EVERY, ROUNDS = 25, 200  # parts between two searches from a part's own sites, and rounds of a walk then
MOST_WAITING = 2000  # parts; with more the newest goes first, for the sake of memory


@dataclass(frozen=True, slots=True)
class Part:
    """Plans still to be looked at: those of a task that keep one decision more.

    Attributes
    ----------
    task, sites : what is left, and the number of its sites in the whole
    multipliers, bound : from its parent
    opened, closed, dropped : positions of sites that must and may not open, and of pairs not to use
    """

    task: Task
    sites: Ints
    multipliers: Floats
    bound: float
    opened: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()

    def entered(self) -> "Part":
        """The same with its decision carried out."""
        needed = self.task.selection.needed | _at(self.opened, len(self.sites))
        closed = _at(self.closed, len(self.sites))
        task = replace(self.task, selection=self.task.selection.with_needed(needed))
        task = task.without(closed, _at(self.dropped, len(task.pairs.row)))
        return Part(task, self.sites[~closed], self.multipliers, self.bound)


def _at(places: tuple[int, ...], size: int) -> Bools:
    mask = np.zeros(size, np.bool_)
    mask[list(places)] = True
    return mask


def explore(best: Best, root: Part, *, stop: float) -> tuple[float, bool]:
    """Look at all parts, that of the least bound first: a bound on all plans, whether none is left.

    References
    ----------
    Ceselli & Righini (2005), Networks 45, 125-142 (branching on the sites that may serve a demand).
    """
    waiting, looked, groups = [root], 0, nested_regions(best.task.pairs)
    while waiting:
        least = min(range(len(waiting)), key=lambda place: waiting[place].bound)
        if waiting[least].bound >= best.enough:
            break
        if time.perf_counter() > stop:
            return waiting[least].bound, False
        part = waiting.pop(least if len(waiting) < MOST_WAITING else -1)
        if part.bound < best.enough:
            waiting += _split(best, part.entered(), groups, try_it=looked % TRY_EVERY == 0, stop=stop)
            looked += 1
    return best.total, True


def _split(best: Best, part: Part, groups: Bools, *, try_it: bool, stop: float) -> list[Part]:
    """Bound a part; its two halves, or nothing if it is done with."""
    if not part.task.can_serve:
        return []
    ascent = Ascent(part.task, part.multipliers.copy(), scale=NODE_SCALE)
    ascent.climb(NODE_STEPS, target=best.total, enough=best.enough, stop=stop)
    assert ascent.best is not None
    if ascent.plan is not None:
        best.offer(part.sites[ascent.plan[0]], np.append(part.sites, -1)[ascent.plan[1]])
    if try_it and (chosen := part.task.selection.pick(ascent.best.price, stop=stop)) is not None:
        best.search(part.sites[chosen], stop)
        best.go_on(ROUNDS, stop)
    bound = max(ascent.best.value, part.bound)
    if bound >= best.enough:
        return []
    if ascent.steps < NODE_STEPS and time.perf_counter() > stop:
        return [replace(part, bound=bound)]
    return _halves(part, ascent, bound, best.enough, groups)


def _halves(part: Part, ascent: Ascent, bound: float, enough: float, groups: Bools) -> list[Part]:
    assert ascent.best is not None
    closed, needed, dropped = settled(part.task, ascent.best, enough)
    if (closed & needed).any():
        return []
    selection = part.task.selection.with_needed(needed)
    task = replace(part.task, selection=selection).without(closed, dropped)
    kept = ~dropped & ~closed[part.task.site_of_pair]
    made = Part(task, part.sites[~closed], ascent.best.multipliers, bound)
    return _branches(made, ascent.opened[~closed], ascent.used[kept], groups)


def _branches(part: Part, opened: Floats, used: Floats, groups: Bools) -> list[Part]:
    """Halves by the group of sites whose number is least decided; else by the demand served most in parts."""
    groups = groups[:, part.sites]
    number = groups @ opened
    unsure = np.abs(number - np.round(number))
    if unsure.max(initial=0.0) > UNDECIDED:
        group = int((unsure + LARGER * groups.mean(axis=1)).argmax())
        return _by_number(part, groups[group], int(np.floor(number[group])))
    free = ~part.task.selection.needed
    unsure = np.where(free, np.minimum(opened, 1 - opened), -1.0)
    site = int(unsure.argmax()) if len(unsure) else -1
    halves = _by_demand(part, used) if site < 0 or unsure[site] <= UNDECIDED else []
    if not halves and site >= 0 and free[site]:
        return _by_site(part, site)
    return halves


def _by_number(part: Part, group: Bools, number: int) -> list[Part]:
    """At most so many of the group, or more."""
    own = part.task.selection
    limits = ((0, number), (number + 1, int(group.sum())))
    return [replace(part, task=replace(part.task, selection=own.within(group, *two))) for two in limits]


def _by_site(part: Part, site: int) -> list[Part]:
    return [replace(part, opened=(site,)), replace(part, closed=(site,))]


def _by_demand(part: Part, used: Floats) -> list[Part]:
    pairs = part.task.pairs
    n, free = len(pairs.fallback), np.isfinite(pairs.fallback)
    choices = np.bincount(pairs.row, minlength=n) + free
    most = np.zeros(n)
    np.maximum.at(most, pairs.row, used)
    sure = np.where(choices > 1, most, np.inf)
    if not np.isfinite(sure).any():
        return []
    places = np.flatnonzero(pairs.row == sure.argmin())
    own = tuple(places[np.argsort(-used[places], kind="stable")].tolist())
    if free[sure.argmin()]:  # by no site in one half
        return [replace(part, dropped=own), *_one_by_one(part, own)]
    return [replace(part, dropped=own[::2]), replace(part, dropped=own[1::2])]


def _one_by_one(part: Part, own: tuple[int, ...]) -> list[Part]:
    """Halves in which the demand keeps every other site, and must be served by one of them."""
    pairs = part.task.pairs
    fallback = pairs.fallback.copy()
    fallback[pairs.row[own[0]]] = np.inf
    task = replace(part.task, pairs=replace(pairs, fallback=fallback))
    multipliers = part.multipliers
    if len(own) == 1:
        return [replace(part, task=task, multipliers=multipliers)]
    return [replace(part, task=task, dropped=own[place::2]) for place in (0, 1)]
