"""Lagrangian bound of the p-median, and what it proves about single sites and assignments."""

import time
from dataclasses import dataclass

import numpy as np

from models.checks import Bools, Floats, Ints
from models.siting.heuristic import improve, total_cost
from models.siting.request import Feasible, cheapest

STEPS, STALL, CUT = 600, 15, 0.7


@dataclass(frozen=True, slots=True)
class LagrangianBound:
    """A lower bound with its multipliers, and the best choice met on the way."""

    value: float
    multipliers: Floats  # (n,), never above the cost of the fallback
    chosen: Ints
    total: float


def lagrangian(
    plan: Feasible, cost: Floats, fallback: Floats, chosen: Ints, *, stop: float = np.inf
) -> LagrangianBound:
    """Subgradient ascent on the multipliers of "every demand is served once".

    With a fallback that is always open, a multiplier above its cost only lowers the bound: it is cut there.
    `stop` is a reading of `time.perf_counter`; the bound so far is as valid as the last.

    References
    ----------
    Cornuejols, Fisher & Nemhauser (1977), Management Science 23, 789-810.
    """
    total = total_cost(cost, fallback, chosen)
    nearest = np.partition(np.column_stack([cost, fallback]), 1, axis=1)
    multipliers = np.minimum(nearest[:, :2].mean(axis=1), fallback)
    best, best_multipliers, scale, stalled = -np.inf, multipliers, 2.0, 0
    for step in range(STEPS):
        price = np.minimum(cost - multipliers[:, None], 0.0).sum(axis=0)
        opened = cheapest(plan, price)
        value = float(multipliers.sum() + price[opened].sum())
        stalled = 0 if value > best * (1 + 1e-9) else stalled + 1
        if value > best:
            best, best_multipliers = value, multipliers
        if step % 50 == 0 and plan.disjoint:
            found, found_total = improve(plan, cost, fallback, opened)
            if found_total < total:
                chosen, total = found, found_total
        if stalled >= STALL:
            scale, stalled = scale * CUT, 0
        served = (cost[:, opened] < multipliers[:, None]).sum(axis=1)
        slope = 1.0 - served
        slope[(slope > 0) & (multipliers >= fallback)] = 0.0
        norm = float((slope**2).sum())
        if norm == 0 or total - best <= 1e-9 * abs(total) or scale < 1e-4 or time.perf_counter() > stop:
            break
        multipliers = np.minimum(multipliers + scale * (total - value) / norm * slope, fallback)
    return LagrangianBound(best, best_multipliers, chosen, total)


def fixed_sites(plan: Feasible, cost: Floats, bound: LagrangianBound) -> tuple[Bools, Bools]:
    """Candidates that no choice better than `bound.total` opens, and those that every such choice opens."""
    price = np.minimum(cost - bound.multipliers[:, None], 0.0).sum(axis=0)
    free = Feasible(
        plan.candidates, plan.existing, plan.new, plan.member[:0], plan.minimum[:0], plan.start[:0]
    )
    opened = cheapest(plan, price)
    slack = bound.total - bound.value
    margin = slack * (1 + 1e-9) + 1e-9 * abs(bound.total)
    if len(plan.minimum):  # the exchange argument below needs one common limit
        opened = cheapest(free, price)
        base = float(bound.multipliers.sum() + price[opened].sum())
        margin += bound.value - base
    inside = np.zeros(len(price), dtype=np.bool_)
    inside[opened] = True
    outside = ~inside & (price - price[opened].max() > margin)
    rest = price[~inside]
    needed = inside & ((rest.min() if len(rest) else np.inf) - price > margin)
    return outside, needed


def useful_pairs(cost: Floats, fallback: Floats, bound: LagrangianBound) -> Bools:
    """Pairs (demand, candidate) that a better choice may use: cheaper than the fallback, within the slack."""
    slack = (bound.total - bound.value) * (1 + 1e-9) + 1e-9 * abs(bound.total)
    useful: Bools = (cost < fallback[:, None]) & (cost - bound.multipliers[:, None] <= slack)
    return useful
