"""The best plan so far under rules and capacities, and swaps of sites from it."""

import time
from dataclasses import dataclass, field

import numpy as np

from models.checks import Ints
from models.replicates import generator
from models.siting.task import Served, Task
from models.siting.walk import Walk

TRIED = 6  # swaps that are tried before a set is left
HOPELESS = 0.03  # of the cost: swaps that look dearer than this are not tried
STREAM = 22


@dataclass(slots=True)
class Best:
    """The best plan so far, and the sets of sites tried.

    Attributes
    ----------
    chosen, served : None without a plan
    least : the plan of least overload where none was without
    """

    task: Task
    seed: int
    chosen: Ints | None = None
    served: Served | None = None
    least: Served | None = None
    tried: dict[bytes, tuple[Ints, Served]] = field(default_factory=dict)
    shaken: int = 0
    walk: Walk | None = None

    def __post_init__(self) -> None:
        """Plans that compete for room are walked over, where that fits into memory."""
        self.walk = Walk(self.task, self.seed) if Walk.fits(self.task) else None

    @property
    def total(self) -> float:
        """Cost, inf without a plan."""
        return np.inf if self.served is None else self.served.total

    @property
    def enough(self) -> float:
        """A bound above which nothing is better."""
        return self.task.enough(self.total)

    def offer(self, chosen: Ints, site: Ints) -> None:
        """Keep a plan if it holds and is better."""
        served = self.task.judge(site)
        if served.over == 0 and served.total < self.total and self.task.selection.holds(chosen):
            self.chosen, self.served = np.sort(chosen), served

    def serve(self, chosen: Ints) -> Served:
        """Serve the demands from a set of sites, and keep what is better."""
        served = self.task.serve(chosen)
        if self.least is None or served.over < self.least.over:
            self.least = served
        if served.over == 0 and served.total < self.total:
            self.chosen, self.served = chosen, served
        return served

    def improve(self, chosen: Ints, stop: float) -> Served:
        """Swap sites while that helps; once for each set."""
        key = np.sort(chosen).tobytes()
        if key not in self.tried:
            chosen = np.sort(chosen)
            self.tried[key] = (chosen, self.serve(chosen))
            found = self._swapped(chosen, self.tried[key][1], stop)
            self.tried[found[0].tobytes()] = found
        return self.tried[key][1]

    def search(self, chosen: Ints, stop: float) -> None:
        """Look around a set of sites: swaps from it, or a walk that begins there."""
        if self.walk is None or self.task.selection.count is None:  # only swaps change how many are open
            self.improve(chosen, stop)
        if self.walk is not None and (self.chosen is None or time.perf_counter() < stop):
            if self.task.selection.count is None and self.chosen is not None:
                chosen = self.chosen
            self.walk.begin(chosen, self.serve(chosen).site)
            self._block()

    def go_on(self, patience: int, stop: float) -> None:
        """Walk on until so many rounds brought nothing better."""
        left = patience if self.walk is not None and self.walk.here is not None else 0
        while left > 0 and self.walk is not None and time.perf_counter() < stop:
            left = patience if self._block() else left - self.walk.rounds

    def _block(self) -> bool:
        """One block of the walk; whether it met a better plan than it had."""
        assert self.walk is not None
        better = self.walk.go()
        if better:
            self.offer(*self.walk.plan())
        return better

    def shake(self, rounds: int, stop: float) -> None:
        """Exchange some sites of the best plan at random and swap on from there."""
        for _ in range(rounds):
            if self.chosen is None or time.perf_counter() > stop:
                return
            rng = generator(self.seed, self.shaken, stream=STREAM)
            self.shaken += 1
            made = self.chosen
            for _ in range(1 + self.shaken % 3):
                made = self._exchanged(made, rng)
            self.improve(made, stop)

    def _exchanged(self, chosen: Ints, rng: np.random.Generator) -> Ints:
        free = chosen[~self.task.selection.needed[chosen]]
        if not len(free):
            return chosen
        leaving = int(rng.choice(free))
        entering = np.flatnonzero(self.task.selection.entering(chosen, leaving))
        entering = entering[entering != leaving]
        if not len(entering):
            return chosen
        return np.sort(np.append(chosen[chosen != leaving], rng.choice(entering)))

    def _swapped(self, chosen: Ints, served: Served, stop: float) -> tuple[Ints, Served]:
        while time.perf_counter() < stop:
            step = self._added(chosen, served) or self._step(chosen, served)
            if step is None:
                break
            chosen, served = step
        return chosen, served

    def _added(self, chosen: Ints, served: Served) -> tuple[Ints, Served] | None:
        """One site more where the rules leave the number open."""
        allowed = np.flatnonzero(self.task.selection.entering(chosen))
        if not len(allowed) or not np.isfinite(served.total):
            return None
        gains = self.task.gains(served)[allowed]
        other = np.sort(np.append(chosen, allowed[gains.argmax()]))
        return self._better(other, served) if gains.max() > 0 else None

    def _step(self, chosen: Ints, served: Served) -> tuple[Ints, Served] | None:
        """The best swap; of whole clusters where capacities are limited."""
        if not np.isfinite(served.total):
            return None
        for site, q in self._promising(chosen, served):
            found = self._better(np.sort(np.append(np.delete(chosen, q), site)), served)
            if found is not None:
                return found
        return None

    def _promising(self, chosen: Ints, served: Served) -> list[tuple[int, int]]:
        """Swaps (site that opens, place that closes) worth a try, by every way to judge them."""
        barred = np.empty((self.task.pairs.sites, len(chosen)), np.bool_)
        for q, site in enumerate(chosen.tolist()):
            barred[:, q] = ~self.task.selection.entering(chosen, site)
        most = HOPELESS * abs(served.total) if self.task.limited else -1e-12 * abs(served.total)
        found: list[tuple[int, int]] = []
        for change in self.task.swap_costs(chosen, served):
            change[barred] = np.inf
            best = np.argsort(change, axis=None)[:TRIED]
            found += [
                (int(flat // len(chosen)), int(flat % len(chosen)))
                for flat in best
                if change.flat[flat] < most
            ]
        return list(dict.fromkeys(found))

    def _better(self, other: Ints, served: Served) -> tuple[Ints, Served] | None:
        """Another set with what it serves, if that is better and new."""
        if other.tobytes() in self.tried:
            return None
        found = self.serve(other)
        self.tried[other.tobytes()] = (other, found)
        return (other, found) if (found.over, found.total) < (served.over, served.total) else None
