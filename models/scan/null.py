"""Maps without a cluster: of independent people, or of areas that differ among themselves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import betaln, gammaln

from models.checks import Floats, Ints
from models.replicates import Executor, batches, generator, run
from models.scan.kernel import LANES, Search, null_maxima

INDEPENDENT, OVERDISPERSED = 1, 2  # streams of random numbers
Limited = tuple[Search, Ints]  # a search and its case limits
LOG_PRECISION = (-4.0, 18.0)  # log of the gamma shape, or of the beta's alpha + beta


@dataclass(frozen=True, slots=True)
class Null:
    """Chance model of the cases.

    Attributes
    ----------
    cases : total, held fixed
    size : (n, t) expected cases, or people among whom the cases are
    bernoulli : whether `size` counts people
    precision : gamma shape or alpha + beta of the areas' own risks; inf = all areas alike
    """

    cases: int
    size: Floats
    bernoulli: bool
    precision: float = np.inf

    def draw(self, rng: np.random.Generator) -> Ints:
        """(n, t) cases of one map."""
        if self.bernoulli:
            return self._of_people(rng)
        weight = self.size
        if np.isfinite(self.precision):
            risk = rng.standard_gamma(self.precision, len(weight)) / self.precision
            weight = weight * np.maximum(risk, 1e-300)[:, None]
        share = weight.ravel() / weight.sum()
        drawn: Ints = rng.multinomial(self.cases, share).reshape(weight.shape)
        return drawn

    def _of_people(self, rng: np.random.Generator) -> Ints:
        people = self.size.astype(np.int64)
        everybody = people.ravel()
        if not np.isfinite(self.precision):
            drawn = rng.multivariate_hypergeometric(everybody, self.cases, method="marginals")
            return drawn.reshape(people.shape)
        rate = self.cases / everybody.sum()
        alpha, beta = self.precision * rate, self.precision * (1 - rate)
        risk = rng.beta(alpha, beta, len(people))
        cases = rng.binomial(people, risk[:, None]).ravel()
        surplus = int(cases.sum()) - self.cases
        # the total is held fixed: cases too many stop being one at random, or others become one
        pool = cases if surplus > 0 else everybody - cases
        moved = rng.multivariate_hypergeometric(pool, abs(surplus), method="marginals")
        adjusted: Ints = (cases - np.sign(surplus) * moved).reshape(people.shape)
        return adjusted


def fitted_precision(cases: Ints, size: Floats, *, bernoulli: bool) -> float:
    """Precision of the areas' own risks at the largest marginal likelihood; inf without overdispersion.

    Parameters
    ----------
    cases : (n,) of each area over all times
    size : (n,) expected cases summing to the cases, or people

    Notes
    -----
    A true cluster counts as overdispersion too, so that a p-value under this null errs to the large side.
    """
    used = size > 0
    count, base = cases[used].astype(np.float64), size[used]
    loss = _beta_binomial if bernoulli else _gamma_poisson
    low, high = LOG_PRECISION
    grid = np.linspace(low, high, 45)
    values = [loss(point, count, base) for point in grid]
    best = int(np.argmin(values))
    if best == len(grid) - 1:
        return float(np.inf)
    around = (grid[max(best - 1, 0)], grid[best + 1])
    found = minimize_scalar(loss, bounds=around, args=(count, base), method="bounded")
    return float(np.exp(found.x))


def _gamma_poisson(log_shape: float, count: Floats, expected: Floats) -> float:
    shape = np.exp(log_shape)
    value = gammaln(shape + count) - gammaln(shape) - shape * np.log1p(expected / shape)
    return -float((value + count * np.log(expected / (shape + expected))).sum())


def _beta_binomial(log_precision: float, count: Floats, people: Floats) -> float:
    precision = np.exp(log_precision)
    rate = count.sum() / people.sum()
    alpha, beta = precision * rate, precision * (1 - rate)
    return -float((betaln(alpha + count, beta + people - count) - betaln(alpha, beta)).sum())


def maxima(
    searches: Sequence[Limited],
    null: Null,
    *,
    replicates: int,
    seed: int,
    executor: Executor | None = None,
    enough: Callable[[Floats], bool] | None = None,
) -> Floats:
    """Best score of each of many maps drawn from `null`, over all `searches`.

    Parameters
    ----------
    enough : stop before the next batch when it says so of the maxima so far

    Returns
    -------
    (replicates,) or fewer
    """
    stream = OVERDISPERSED if np.isfinite(null.precision) else INDEPENDENT
    work = partial(_batch, list(searches), null, (seed, stream))
    every = batches(replicates, LANES)
    if enough is None:
        return np.concatenate([np.empty(0), *run(work, every, executor=executor)])
    found = np.empty(0)
    for some in batches(len(every), 1 if executor is None else 4):
        found = np.concatenate([found, *run(work, [every[place] for place in some], executor=executor)])
        if enough(found):
            break
    return found


def _batch(
    searches: list[tuple[Search, Ints]], null: Null, key: tuple[int, int], replicates: range
) -> Floats:
    """Maxima of one batch of at most LANES maps."""
    seed, stream = key
    drawn = [null.draw(generator(seed, one, stream=stream)) for one in replicates]
    lanes = np.zeros((*null.size.shape, LANES), _smallest_type(null.cases))
    for lane, counts in enumerate(drawn):
        lanes[:, :, lane] = np.cumsum(counts, axis=1)
    best = np.zeros(LANES)
    for search, limits in searches:
        best = np.maximum(best, null_maxima(search, limits, -lanes if search.low else lanes))
    return best[: len(drawn)]


def _smallest_type(cases: int) -> type[np.signedinteger]:
    """Narrow counts go through the processor in larger parcels."""
    return np.int16 if cases <= np.iinfo(np.int16).max else np.int32
