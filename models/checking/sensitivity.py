"""What else could have been chosen, and whether the map would tell another story."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata
from sklearn.base import clone

from models.checks import Bools, Floats, Ints, as_codes, as_floats
from models.graph import Neighbours, as_graph
from models.replicates import Executor, generator, run
from models.smoothing import BYM2, Beta, Priors

CLASSES = 5
FAR, LOOSE = 2.0, 1.5  # sds that neighbours move a slope, times that they widen it
SPLIT_STREAM = 12
NO_MIXING = Beta(1.0, 1e4)  # rho near 0: area effects without neighbours


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One map beside another of the same areas.

    Attributes
    ----------
    name : what was done differently
    rank_shift : mean absolute change of rank, in places
    largest_rank_shift : of a single area
    moved : share of areas whose fifth of the ranking changes
    in_sds : median absolute change of an area's mean, in its posterior sd
    correlation : of the ranks
    decision_changed : whether what was decided on the map changed; None if nothing was
    """

    name: str
    rank_shift: float
    largest_rank_shift: float
    moved: float
    in_sds: float
    correlation: float
    decision_changed: bool | None = None


Data = tuple[ArrayLike, ArrayLike, Neighbours, ArrayLike | None]
Decide = Callable[[Floats], Hashable]


def prior_sensitivity(
    model: BYM2, data: Data, *, decide: Decide | None = None, executor: Executor | None = None
) -> tuple[Shift, ...]:
    """The map under priors half and twice as wide, and under penalised complexity priors.

    Parameters
    ----------
    model : fitted on `data`
    data : response, exposure, neighbours and covariates (or None), as given to `fit`
    decide : what is chosen on the areas' means, such as the sites of a plan: compared for equality
    executor : spreads the fits
    """
    priors = model.priors if model.priors is not None else Priors()
    others = {
        "sigma halved": replace(priors, sigma=priors.sigma.scaled(0.5)),
        "sigma doubled": replace(priors, sigma=priors.sigma.scaled(2.0)),
        "penalised complexity": Priors.penalised(),
    }
    if data[3] is not None:
        others["slopes halved"] = replace(priors, slope_sd=priors.slope_sd / 2)
        others["slopes doubled"] = replace(priors, slope_sd=priors.slope_sd * 2)
    tasks = [(clone(model).set_params(priors=one), data) for one in others.values()]
    means = run(_mean_of, tasks, executor=executor)
    own = (np.asarray(model.result_.mean), np.asarray(model.result_.sd))
    return tuple(_shift(name, own, mean, decide) for name, mean in zip(others, means, strict=True))


def _mean_of(task: tuple[BYM2, Data]) -> Floats:
    model, data = task
    return np.asarray(model.fit(*data).result_.mean)


def _shift(name: str, own: tuple[Floats, Floats], other: Floats, decide: Decide | None) -> Shift:
    mean, sd = own
    first, second = rankdata(-mean), rankdata(-other)
    moved = np.abs(first - second)
    fifth = [
        np.minimum((CLASSES * (rank - 0.5) / len(mean)).astype(int), CLASSES - 1) for rank in (first, second)
    ]
    varied = len(mean) > 1 and np.ptp(first) > 0 and np.ptp(second) > 0
    return Shift(
        name=name,
        rank_shift=float(moved.mean()),
        largest_rank_shift=float(moved.max()),
        moved=float((fifth[0] != fifth[1]).mean()),
        in_sds=float(np.median(np.abs(mean - other) / sd)),
        correlation=float(np.corrcoef(first, second)[0, 1]) if varied else 1.0,
        decision_changed=None if decide is None else decide(mean) != decide(other),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Confounding:
    """A covariate's slope with and without neighbours.

    Attributes
    ----------
    slope, sd : under the spatial model
    slope_alone, sd_alone : where area effects have no neighbours
    """

    slope: float
    sd: float
    slope_alone: float
    sd_alone: float

    @property
    def shift(self) -> float:
        """How far the neighbours move the slope, in sds."""
        return abs(self.slope - self.slope_alone) / self.sd

    @property
    def inflation(self) -> float:
        """How many times less sure the neighbours make the slope."""
        return self.sd / self.sd_alone

    @property
    def confounded(self) -> bool:
        """Whether the covariate's pattern is hard to tell from the field's: read no cause from its slope."""
        return self.shift > FAR or self.inflation > LOOSE


def spatial_confounding(model: BYM2, data: Data) -> tuple[Confounding, ...]:
    """Slopes beside those of the same model without spatial structure, one a covariate.

    References
    ----------
    Hodges & Reich (2010), The American Statistician 64, 325-334.
    """
    if data[3] is None:
        return ()
    priors = model.priors if model.priors is not None else Priors()
    alone = clone(model).set_params(priors=replace(priors, rho=NO_MIXING)).fit(*data)
    pairs = zip(model.hyperparameters_.slopes, alone.hyperparameters_.slopes, strict=True)
    return tuple(
        Confounding(slope=one.mean, sd=one.sd, slope_alone=other.mean, sd_alone=other.sd)
        for one, other in pairs
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeEffect:
    """What the areas at the border would be told if the map ended one ring further in.

    Attributes
    ----------
    areas : number of areas at the border
    sd_ratio : mean posterior sd at the border over that inside, relative to the means
    next_in_sds : median change of the areas next to the border when the border's data are hidden, in sds
    """

    areas: int
    sd_ratio: float
    next_in_sds: float


def edge_effect(model: BYM2, data: Data, edge: ArrayLike) -> EdgeEffect:
    """How much areas lean on neighbours that a map's end takes away.

    Beyond the province nothing is known. Hiding the border's own data shows what such ignorance does to the
    areas next to it.

    Parameters
    ----------
    edge : (n,) True at the border of the province
    """
    response, exposure, neighbours, covariates = data
    y = as_floats("response", response).copy()
    border: Bools = np.asarray(edge, dtype=bool)
    if border.shape != y.shape or not border.any() or border.all():
        raise ValueError(
            f"edge must mark some areas, not all, one value an area; got {int(border.sum())} of {len(y)}"
        )
    inner = ~border & (as_graph(neighbours, n=len(y)) @ border.astype(float) > 0)
    relative = np.asarray(model.result_.sd) / np.abs(np.asarray(model.result_.mean))
    hidden = clone(model).fit(np.where(border, np.nan, y), exposure, neighbours, covariates).result_
    moved = np.abs(np.asarray(model.result_.mean) - hidden.mean) / np.asarray(model.result_.sd)
    return EdgeEffect(
        areas=int(border.sum()),
        sd_ratio=float(relative[border].mean() / relative[~border].mean()),
        next_in_sds=float(np.median(moved[inner])) if inner.any() else 0.0,
    )


def unit_sensitivity(model: BYM2, data: Data, groups: ArrayLike, *, seed: int = 0) -> tuple[Shift, Shift]:
    """The map with areas merged into groups, and with each area split in two: modifiable areal units.

    Merged: the groups' risks against the mean of their areas' on the first map, weighted by exposure. Split:
    each area's cases dealt at random to two halves that are neighbours, fitted and put together again.

    Parameters
    ----------
    data : of counts or shares: response and exposure add up over areas; covariates must be None
    groups : (n,) codes 0.., of neighbouring areas

    References
    ----------
    Openshaw (1984), The modifiable areal unit problem, Concepts and Techniques in Modern Geography 38.
    """
    response, exposure, neighbours, covariates = data
    if covariates is not None or model.family == "gaussian":
        raise ValueError("units can be merged and split for counts and shares without covariates only")
    y, base = as_floats("response", response), as_floats("exposure", exposure)
    codes = as_codes("groups", groups, count=len(y))
    own = (np.asarray(model.result_.mean), np.asarray(model.result_.sd))
    graph = as_graph(neighbours, n=len(y))
    return _merged(model, (y, base), graph, codes, own), _split(model, (y, base), graph, own, seed)


def _merged(
    model: BYM2, data: tuple[Floats, Floats], graph: Neighbours, codes: Ints, own: tuple[Floats, Floats]
) -> Shift:
    y, base = data
    _, codes = np.unique(codes, return_inverse=True)
    known = ~np.isnan(y)
    count = np.bincount(codes, np.nan_to_num(y))
    size = np.bincount(codes, np.where(known, base, 0.0))
    rows, columns = graph.nonzero()
    k = len(count)
    joined = type(graph)((np.ones(len(rows)), (codes[rows], codes[columns])), shape=(k, k))
    found = clone(model).fit(np.where(size > 0, count, np.nan), np.maximum(size, 1e-12), joined).result_
    weight = np.bincount(codes, base)
    mean = np.bincount(codes, own[0] * base) / weight
    sd = np.sqrt(np.bincount(codes, (own[1] * base) ** 2)) / weight
    return _shift("areas merged", (mean, np.maximum(sd, np.asarray(found.sd))), np.asarray(found.mean), None)


def _split(
    model: BYM2, data: tuple[Floats, Floats], graph: Neighbours, own: tuple[Floats, Floats], seed: int
) -> Shift:
    y, base = data
    n = len(y)
    rng = generator(seed, 0, stream=SPLIT_STREAM)
    known = ~np.isnan(y)
    whole = np.rint(np.nan_to_num(y)).astype(np.int64)
    half = base / 2
    if model.family == "binomial":
        half = np.floor(base / 2)
        trials = np.rint(base).astype(np.int64)
        first = rng.hypergeometric(whole, np.maximum(trials - whole, 0), half.astype(np.int64)).astype(float)
    else:
        first = rng.binomial(whole, 0.5).astype(float)
    halves = np.concatenate([np.where(known, first, np.nan), np.where(known, whole - first, np.nan)])
    rows, columns = graph.nonzero()
    pairs = np.arange(n)
    ends = [
        (rows, columns),
        (rows + n, columns + n),
        (rows, columns + n),
        (rows + n, columns),
        (pairs, pairs + n),
        (pairs + n, pairs),
    ]
    left, right = (np.concatenate(part) for part in zip(*ends, strict=True))
    joined = type(graph)((np.ones(len(left)), (left, right)), shape=(2 * n, 2 * n))
    found = clone(model).fit(halves, np.concatenate([half, base - half]), joined).result_
    share = np.divide(half, base, out=np.full(n, 0.5), where=base > 0)
    mean = share * found.mean[:n] + (1 - share) * found.mean[n:]
    return _shift("areas split", own, mean, None)
