"""The joint posterior of all areas: normal at each node of the hyperparameters, marginals made exact."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.checks import Floats, Ints
from models.replicates import generator
from models.smoothing.explore import Explored
from models.smoothing.inner import Approximation, Problem
from models.smoothing.marginals import POINTS, REACH, Marginals, marginals, normal_below, step


@dataclass(frozen=True)
class Latent:
    """Normal approximations at the nodes.

    Attributes
    ----------
    problem : data of the fit
    weights : (nodes,)
    parts : the approximation at each node
    """

    problem: Problem
    weights: Floats
    parts: tuple[Approximation, ...]

    @cached_property
    def mean(self) -> Floats:
        """(nodes, n) of the predictors."""
        return np.stack([part.mean for part in self.parts])

    @cached_property
    def variance(self) -> Floats:
        """(nodes, n) of the predictors."""
        return np.stack([part.variance for part in self.parts])

    @cached_property
    def marginals(self) -> Marginals:
        """Posterior of each area."""
        likelihood = self.problem.likelihood
        return marginals(
            self.mean,
            self.variance,
            self.weights,
            (
                np.stack([part.site_weight for part in self.parts]),
                np.stack([part.site_value for part in self.parts]),
            ),
            likelihood.log_density,
            (likelihood.to_scale, likelihood.to_predictor),
        )

    @cached_property
    def _to_marginal(self) -> Floats:
        """(n, POINTS) where each grid point of the normal mixture goes to have the exact marginal."""
        exact = self.marginals
        below = normal_below(self.mean, self.variance, self.weights, exact.points)
        place = np.arange(float(POINTS))
        moved = [np.interp(p, c, place) for p, c in zip(below, exact.cumulative, strict=True)]
        return np.array(moved)

    def sample(self, count: int, seed: int) -> Floats:
        """(count, n) joint draws on the scale of the result; the first are the same for any count.

        Dependence between areas is that of the normal approximation, each area's own distribution exact.
        """
        owner = np.empty(count, np.int64)
        share = np.cumsum(self.weights)
        for draw in range(count):
            uniform = generator(seed, draw, stream=1).random()
            owner[draw] = min(int(np.searchsorted(share, uniform)), len(share) - 1)
        found = np.empty((count, self.mean.shape[1]))
        for node in np.unique(owner):
            mine = np.flatnonzero(owner == node)
            found[mine] = self._at_node(int(node), mine, seed)
        return self.problem.likelihood.to_scale(self._exact(found))

    def _at_node(self, node: int, draws: Ints, seed: int) -> Floats:
        draw = self.problem.drawer(self.parts[node])
        return np.array([draw(generator(seed, int(one))) for one in draws])

    def _exact(self, drawn: Floats) -> Floats:
        """Move each area's draws from the normal mixture to its exact marginal."""
        exact = self.marginals
        place = np.clip((drawn - exact.centre) / exact.sd + REACH, 0.0, 2 * REACH - 1e-9) / step()
        left = np.minimum(place.astype(np.int64), POINTS - 2)
        rows, t = np.arange(drawn.shape[1]), place - left
        moved = (1 - t) * self._to_marginal[rows, left] + t * self._to_marginal[rows, left + 1]
        predictor: Floats = exact.centre + exact.sd * (-REACH + step() * moved)
        return predictor


def latent(problem: Problem, explored: Explored) -> tuple[Latent, Explored]:
    """Correct the approximation at each node, and the nodes' weights."""
    parts = [problem.approximation(node.spread, node.predictor) for node in explored.nodes]
    weighed = explored.with_evidence([part.evidence for part in parts])
    return Latent(problem, weighed.node_weights(), tuple(parts)), weighed
