"""The walk over plans of a task, block by block, with the best plan that it met."""

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csc_array

from models.checks import Floats, Ints
from models.replicates import generator
from models.siting.task import Task, place_of
from models.siting.wander import BEST, DRAWS, HERE, Ground, wander

CELLS = 20_000_000  # sites x demands that are held as a full matrix
WORK, MOST_ROUNDS = 6_000_000, 400  # cells read in a block; rounds of it at most
NEAREST, SPREAD = 16, 2  # sites near a demand: at least, and times its share of all sites
NEVER = 10.0  # times all that a plan can cost: a pair that is not there
STREAM = 23


@dataclass(slots=True)
class Walk:
    """Begin somewhere, then go on in blocks.

    Attributes
    ----------
    total : cost of the best plan met, inf without one
    """

    task: Task
    seed: int
    ground: Ground | None = None
    blocks: int = 0
    state: Floats = field(default_factory=lambda: np.array([1.0, np.inf, 0.0, np.inf]))
    here: tuple[Ints, Ints] | None = None
    best: tuple[Ints, Ints] | None = None

    @staticmethod
    def fits(task: Task) -> bool:
        """Whether demands compete for room, and the costs fit into memory as a matrix."""
        return task.limited and 0 < task.pairs.sites * len(task.pairs.fallback) <= CELLS

    @property
    def rounds(self) -> int:
        """Rounds of a block."""
        assert self.here is not None
        n, m = len(self.task.size), self.task.pairs.sites
        return int(np.clip(WORK // (n * (m + 10 * len(self.here[0]))), 1, MOST_ROUNDS))

    @property
    def total(self) -> float:
        """See the class."""
        return float(self.state[BEST])

    def begin(self, chosen: Ints, site: Ints) -> None:
        """Stand on these sites, with the demands in these hands (-1 the fallback, or nobody's)."""
        if self.ground is None or self.best is None or len(self.best[0]) != len(chosen):
            self.ground, self.best = _ground(self.task, len(chosen)), None
        place = place_of(chosen, self.task.pairs.sites)[site]
        near = np.column_stack([self.ground.cost[chosen].T, self.ground.fallback])
        self.here = chosen.astype(np.int64), np.where(place >= 0, place, near.argmin(axis=1))
        self.state[HERE] = np.inf
        if self.best is None:
            self.best = self.here[0].copy(), self.here[1].copy()
            own = near[np.arange(len(place)), self.here[1]].sum()
            self.state[:3] = own / max(self.task.size.sum(), 1e-300), np.inf, 0.0

    def go(self) -> bool:
        """One block; whether a better plan was met."""
        assert self.here is not None
        assert self.best is not None
        assert self.ground is not None
        before = self.total
        draws = generator(self.seed, self.blocks, stream=STREAM).random((self.rounds, DRAWS))
        self.blocks += 1
        wander(self.ground, *self.here, self.state, draws, *self.best)
        return self.total < before

    def plan(self) -> tuple[Ints, Ints]:
        """Sites of the best plan, and the site that serves each demand."""
        assert self.best is not None
        order = np.append(self.best[0], -1)
        return np.sort(self.best[0]), order[self.best[1]]


def _ground(task: Task, opened: int) -> Ground:
    pairs, n = task.pairs, len(task.pairs.fallback)
    dearest = np.where(np.isfinite(pairs.fallback), pairs.fallback, 0.0)
    np.maximum.at(dearest, pairs.row, pairs.cost)
    cost = np.full((pairs.sites, n), NEVER * (dearest.sum() + 1.0))
    cost[task.site_of_pair, pairs.row] = pairs.cost
    rules = csc_array(task.selection.matrix)
    near = min(pairs.sites, max(NEAREST, SPREAD * pairs.sites // max(opened, 1)))
    return Ground(
        cost=cost,
        fallback=pairs.fallback,
        size=task.size,
        capacity=task.capacity,
        near=np.argpartition(cost.T, near - 1, axis=1)[:, :near].copy(),
        needed=task.selection.needed,
        start=rules.indptr.astype(np.int64),
        row=rules.indices.astype(np.int64),
        value=rules.data.astype(np.float64),
        least=task.selection.lower,
        most=task.selection.upper,
    )
