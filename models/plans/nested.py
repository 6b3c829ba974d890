"""Bounds on nested plans: which site opens in which phase, by Lagrangian multipliers of every phase."""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from models.checks import Bools, Floats, Ints
from models.compiled import compiled
from models.siting.ascent import first_multipliers, site_prices
from models.siting.pairs import Pairs, Rows

SCALE, PATIENCE, CUT, MEMORY, SMALLEST = 1.0, 30, 0.9, 0.9, 1e-4
SAME = 1e-10


@dataclass(frozen=True, slots=True)
class Stages:
    """Costs of each phase over the same candidates, and how many open in it.

    Attributes
    ----------
    pairs : of each phase, in its share of the whole cost
    opens : (phases,) candidates that open in the phase
    """

    pairs: tuple[Pairs, ...]
    opens: Ints

    @property
    def sites(self) -> int:
        """Candidates."""
        return self.pairs[0].sites

    @property
    def phases(self) -> int:
        """Phases; as the phase of a site it means never."""
        return len(self.pairs)

    def only(self, sites: Ints) -> "Stages":
        """The same for some candidates."""
        return Stages(tuple(one.only(sites) for one in self.pairs), self.opens)

    def total(self, phase: Ints) -> float:
        """Cost of a choice: (sites,) the phase in which each opens."""
        parts = (
            one.totals(np.flatnonzero(phase <= t).astype(np.int64)).sum() for t, one in enumerate(self.pairs)
        )
        return float(sum(parts))

    def multipliers(self) -> list[Floats]:
        """Where an ascent may begin."""
        return [first_multipliers(one) for one in self.pairs]


@dataclass(frozen=True, slots=True)
class Staged:
    """The best bound of some steps.

    Attributes
    ----------
    value : no allowed choice costs less; inf if there is none
    multipliers : of each phase, that show it
    phase : (sites,) of the relaxed choice
    adds : (phases + 1, sites) rise of the bound if the site must open in that phase, or never
    """

    value: float
    multipliers: list[Floats]
    phase: Ints
    adds: Floats


@dataclass(slots=True)
class Climb:
    """Subgradient steps over the multipliers of all phases."""

    stages: Stages
    allowed: Bools  # (phases + 1, sites)
    multipliers: list[Floats]
    scale: float = SCALE
    stalled: int = 0
    direction: list[Floats] = field(init=False)

    def __post_init__(self) -> None:
        """Begin without a direction."""
        self.direction = [np.zeros(len(one)) for one in self.multipliers]

    @property
    def spent(self) -> bool:
        """Whether steps have become too small to matter."""
        return self.scale < SMALLEST

    def run(self, target: float, enough: float, steps: int) -> Staged:
        """Raise the bound towards the cost of a known choice, until it is enough.

        References
        ----------
        Held, Wolfe & Crowder (1974), Mathematical Programming 6, 62-88.
        """
        best = Staged(-np.inf, [], np.zeros(0, np.int64), np.zeros((0, 0)))
        for _ in range(steps):
            reward = self._reward()
            base = sum(float(one.sum()) for one in self.multipliers)
            value, phase = assigned(reward, self.allowed, self.stages.opens)
            value += base
            self.stalled = 0 if value > best.value + 1e-9 * abs(best.value) else self.stalled + 1
            if value > best.value:
                adds = added(reward, self.allowed, phase) if np.isfinite(value) else reward
                best = Staged(value, [one.copy() for one in self.multipliers], phase, adds)
            if value >= enough or not self._step(phase, target - value):
                break
            if self.spent:
                break
        return best

    def _reward(self) -> Floats:
        """(phases + 1, sites) what opening a site in a phase adds to the bound, <= 0; the last row is 0."""
        price = np.zeros((self.stages.phases + 1, self.stages.sites))
        state = np.zeros(self.stages.sites, dtype=np.int8)
        for t, one in enumerate(self.stages.pairs):
            site_prices(one.start, one.row, one.cost, state, self.multipliers[t], price[t])
        later: Floats = np.cumsum(price[::-1], axis=0)[::-1]
        return later

    def _step(self, phase: Ints, missing: float) -> bool:
        """Move along slopes that remember the last ones; whether there was anywhere to go."""
        if self.stalled >= PATIENCE:
            self.scale, self.stalled = self.scale * CUT, 0
        norm = 0.0
        for t, one in enumerate(self.stages.pairs):
            chosen = np.flatnonzero(phase <= t).astype(np.int64)
            norm += slopes(
                one.start,
                one.row,
                one.cost,
                one.fallback,
                chosen,
                self.multipliers[t],
                self.direction[t],
                MEMORY,
            )
        if norm == 0:
            return False
        for t, one in enumerate(self.stages.pairs):
            moved = self.multipliers[t] + self.scale * max(missing, 0.0) / norm * self.direction[t]
            self.multipliers[t] = np.minimum(moved, one.fallback)
        return True


def assigned(reward: Floats, allowed: Bools, opens: Ints) -> tuple[float, Ints]:
    """Least total reward of sites that open in each phase, and each site's phase; inf if there is no choice.

    A site that may not stay closed is made attractive beyond anything else.
    """
    phases = len(opens)
    slot = np.repeat(np.arange(phases), opens)
    cost = np.where(allowed[:phases], reward[:phases], np.inf)
    must = ~allowed[phases]
    lure = 10 * (1 + np.abs(reward).max()) * (1 + len(slot))
    cost[:, must] -= lure
    phase = np.full(reward.shape[1], phases, dtype=np.int64)
    try:
        row, column = linear_sum_assignment(cost[slot])
    except ValueError:
        return np.inf, phase
    phase[column] = slot[row]
    if (phase[must] == phases).any():
        return np.inf, phase
    return float(reward[phase, np.arange(len(phase))].sum()), phase


def added(reward: Floats, allowed: Bools, phase: Ints) -> Floats:
    """Rise of the least total reward if a site must open in a phase (or never): others move in a chain."""
    classes, sites = reward.shape
    own = reward[phase, np.arange(sites)]
    move = np.where(allowed, reward - own, np.inf)
    chain = np.full((classes, classes), np.inf)
    for s in range(classes):
        inside = phase == s
        if inside.any():
            chain[s] = move[:, inside].min(axis=1)
    np.fill_diagonal(chain, 0.0)
    for via in range(classes):
        chain = np.minimum(chain, chain[:, [via]] + chain[[via]])
    rise: Floats = np.maximum(move + chain[:, phase], 0.0)
    rise[phase, np.arange(sites)] = 0.0
    return rise


@compiled
def slopes(
    start: Ints,
    row: Rows,
    cost: Floats,
    fallback: Floats,
    chosen: Ints,
    multipliers: Floats,
    direction: Floats,
    memory: float,
) -> float:
    """Renew the direction in place; its squared length."""
    slope = np.ones(len(multipliers))
    for place in range(len(chosen)):
        for k in range(start[chosen[place]], start[chosen[place] + 1]):
            if cost[k] < multipliers[row[k]]:
                slope[row[k]] -= 1
    norm = 0.0
    for i in range(len(slope)):
        moved = slope[i] + memory * direction[i]
        if moved > 0 and multipliers[i] >= fallback[i]:
            moved = 0.0
        direction[i] = moved
        norm += moved * moved
    return norm
