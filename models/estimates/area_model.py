"""Area model of a proportion: every neighbourhood gets an estimate and an honest interval."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Self

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from models.checks import Floats, Ints, as_codes, as_floats
from models.estimates.cells import cell_posterior
from models.estimates.laplace import Data, Fit, Sds, cell_moments, find_mode, laplace_correction, model_mean
from models.results import AreaEstimates, DirectEstimates, Posterior

# Half-normal scales of the sds on the logit scale, and normal sds of the means and slopes.
PRIOR_SCALES = {"area": 1.0, "district": 1.0, "cell": 0.5, "district_group": 0.5}
PRIOR_SD_MEAN, PRIOR_SD_GROUP, PRIOR_SD_SLOPE = 3.0, 1.5, 1.0
LOG_SD_BOUNDS = (-5.0, 1.5)


class AreaModel(BaseEstimator):
    """Binomial-normal area model with district effects, on effective counts.

    logit theta_ig = b_g + x_i'beta + v_d(i) + w_d(i)g + u_i + e_ig, all effects normal. The counts are the
    direct estimates' effective sizes, so on the working scale this is a Fay-Herriot model whose sampling
    variances follow from the pooled design effect at the model's own mean; a cell where all or none
    answered yes informs as it should. Areas without answers get their district's mean and its spread.

    Parameters
    ----------
    grid : number of points per effect (at most two effects; a central composite design beyond) over
        which the uncertainty of the sds is integrated

    Notes
    -----
    Left out when they cannot be told apart: districts with fewer than two of them, group effects with one
    group. With little or no data the priors speak: sds half-normal (1 for areas and districts, 0.5 for
    group deviations), mean logit normal(0, 3), standardised slopes normal(0, 1).

    References
    ----------
    Fay & Herriot (1979), JASA 74, 269-277; Rue, Martino & Chopin (2009), JRSS B 71, 319-392.
    """

    def __init__(self, *, grid: int = 5) -> None:
        self.grid = grid

    def fit(
        self,
        direct: DirectEstimates,
        y: None = None,
        *,
        district: ArrayLike | None = None,
        covariates: ArrayLike | None = None,
    ) -> Self:
        """Learn `result_` from direct estimates of a proportion.

        Parameters
        ----------
        direct : DirectEstimates of a 0/1 value, (n_areas, n_groups)
        y : ignored
        district : (n_areas,) codes 0.., optional
        covariates : (n_areas, k) known for every area, optional

        Raises
        ------
        ValueError
            If a mean leaves [0, 1] or a covariate is not finite.
        """
        data, order = _data(direct, district, covariates)
        with threadpool_limits(limits=1):
            nodes = _integrate(data, self._names(data), self.grid)
            self.result_ = _result(data, nodes, order)
        return self

    @staticmethod
    def _names(data: Data) -> tuple[str, ...]:
        several_districts, several_groups = len(data.starts) > 1, data.groups > 1
        names = {"area": True, "district": several_districts, "cell": several_groups}
        names["district_group"] = several_districts and several_groups
        return tuple(name for name, used in names.items() if used)


def _data(
    direct: DirectEstimates, district: ArrayLike | None, covariates: ArrayLike | None
) -> tuple[Data, Ints]:
    mean = direct.mean
    trials, block_noise = _information(direct)
    outside = (mean < 0) | (mean > 1)
    if outside.any():
        raise ValueError(f"the area model needs proportions; {int(outside.sum())} means leave [0, 1]")
    n, groups = mean.shape
    codes = _compact(district, n)
    order = np.argsort(codes, kind="stable").astype(np.int64)
    x = _standardised(covariates, n)
    precision = np.zeros((groups + x.shape[1],) * 2)
    spread = PRIOR_SD_MEAN**2 + PRIOR_SD_GROUP**2 * np.eye(groups) * (groups > 1)
    precision[:groups, :groups] = np.linalg.inv(spread)
    precision[groups:, groups:] = np.eye(x.shape[1]) / PRIOR_SD_SLOPE**2
    data = Data(
        trials=trials[order],
        successes=(np.nan_to_num(mean) * trials)[order],
        covariates=x[order],
        block_noise=block_noise[order],
        starts=np.flatnonzero(np.diff(codes[order], prepend=-1)).astype(np.int64),
        prior_precision=precision,
        prior_log_det=float(np.linalg.slogdet(precision)[1]),
    )
    return data, order


def _information(direct: DirectEstimates) -> tuple[Floats, Floats]:
    """Effective trials of each cell, and the variance its area's blocks share over the groups.

    With one group all clustering is in the trials. With several, a block moves all its groups together:
    only the correlation in excess of that shared one stays in the trials.
    """
    if direct.mean.shape[1] == 1:
        return direct.n_effective, np.zeros(len(direct.mean))
    excess = max(direct.rho - direct.rho_between, 0.0)
    deff = np.where(direct.n > 0, direct.kish, 1.0) * (1 + (direct.block_take - 1) * excess)
    usual = np.nansum(direct.mean * direct.n) / max(direct.n.sum(), 1)
    p = np.clip(usual, 0.01, 0.99)
    # a share rho of the variance p(1 - p) of an answer; the logit's slope there is 1 / (p(1 - p))
    seen = direct.area_blocks > 0
    shared = direct.rho_between / (p * (1 - p)) / np.where(seen, direct.area_blocks, 1.0)
    return direct.n / deff, np.where(seen, shared, 0.0)


def _compact(district: ArrayLike | None, n: int) -> Ints:
    if district is None:
        return np.zeros(n, np.int64)
    codes = as_codes("district", district, count=np.iinfo(np.int64).max)
    if len(codes) != n:
        raise ValueError(f"district must have one code an area ({n}); got {len(codes)}")
    compact: Ints = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    return compact


def _standardised(covariates: ArrayLike | None, n: int) -> Floats:
    if covariates is None:
        return np.zeros((n, 0))
    x = as_floats("covariates", covariates, ndim=2)
    if len(x) != n or not np.isfinite(x).all():
        raise ValueError(f"covariates must be finite with one row an area ({n}); got shape {x.shape}")
    spread = x.std(axis=0)
    scaled: Floats = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return scaled


@dataclass(frozen=True, slots=True)
class _Node:
    weight: float
    sds: Sds
    fit: Fit


def _integrate(data: Data, names: tuple[str, ...], grid: int) -> list[_Node]:
    """Fits at the points over which the sds are integrated; the first is nearest to their mode."""
    start = _start(data)

    def log_posterior(log_sds: Floats) -> tuple[float, Fit]:
        nonlocal start
        sds = Sds(**dict(zip(names, map(float, np.exp(log_sds)), strict=True)))
        fit = find_mode(data, sds, start)
        start = fit.eta
        fitted = fit.log_marginal + laplace_correction(data, sds, fit)
        prior = sum(v - 0.5 * (np.exp(v) / PRIOR_SCALES[k]) ** 2 for k, v in zip(names, log_sds, strict=True))
        return fitted + float(prior), fit

    def loss(log_sds: Floats) -> float:
        return -log_posterior(log_sds)[0]

    mode = _mode(loss, len(names))
    points, log_rule = _points(mode, _curvature(loss, mode), grid)
    found = [log_posterior(point) for point in points]
    log_weight = log_rule + np.array([value for value, _ in found])
    weight = np.exp(log_weight - log_weight.max())
    return [
        _Node(float(w), Sds(**dict(zip(names, map(float, np.exp(point)), strict=True))), fit)
        for w, point, (_, fit) in zip(weight / weight.sum(), points, found, strict=True)
    ]


def _start(data: Data) -> Floats:
    """Every cell at the pooled logit."""
    n, y = data.trials.sum(), data.successes.sum()
    return np.full(data.trials.shape, np.log((y + 0.5) / (n - y + 0.5)))


def _mode(loss: Callable[[Floats], float], count: int) -> Floats:
    start = np.full(count, np.log(0.4))
    found = minimize(
        loss,
        start,
        method="L-BFGS-B",
        bounds=[LOG_SD_BOUNDS] * count,
        options={"maxiter": 25, "ftol": 1e-6, "eps": 1e-3},
    )
    mode: Floats = found.x
    return mode


def _curvature(loss: Callable[[Floats], float], mode: Floats, step: float = 0.1) -> Floats:
    """Inverse root of the Hessian by central differences: columns are unit steps of the posterior."""
    m = len(mode)
    unit = np.eye(m) * step
    centre = loss(mode)
    hessian = np.empty((m, m))
    for i in range(m):
        hessian[i, i] = (loss(mode + unit[i]) - 2 * centre + loss(mode - unit[i])) / step**2
        for j in range(i):
            corners = [loss(mode + s * unit[i] + t * unit[j]) * s * t for s, t in product((1, -1), repeat=2)]
            hessian[i, j] = hessian[j, i] = sum(corners) / (4 * step**2)
    values, vectors = np.linalg.eigh(hessian)
    root: Floats = vectors / np.sqrt(np.clip(values, 0.5, None))  # at most 1.4 on the log scale
    return root


def _points(mode: Floats, root: Floats, grid: int) -> tuple[Floats, Floats]:
    """Integration points around the mode and the logs of the weights their density is multiplied with."""
    m = len(mode)
    if m <= 2:
        nodes, weights = hermegauss(grid)
        units = np.array(list(product(nodes, repeat=m)))
        log_rule = np.array([sum(w) for w in product(np.log(weights) + nodes**2 / 2, repeat=m)])
    else:
        radius = 1.1
        units, log_rule = _composite(m, radius)
    points = np.clip(mode + units @ root.T, *LOG_SD_BOUNDS)
    nearest_first = np.argsort((units**2).sum(axis=1), kind="stable")
    return points[nearest_first], log_rule[nearest_first]


def _composite(m: int, radius: float) -> tuple[Floats, Floats]:
    """Central composite design whose weights give a normal density its mass and its variance."""
    axes = np.concatenate([np.eye(m), -np.eye(m)]) * np.sqrt(m)
    corners = np.array(list(product((-1.0, 1.0), repeat=m)))
    units = np.concatenate([np.zeros((1, m)), radius * axes, radius * corners])
    sphere = np.log(1 / ((len(units) - 1) * radius**2)) + m * radius**2 / 2
    log_rule = np.full(len(units), sphere)
    log_rule[0] = np.log(1 - 1 / radius**2)
    return units, log_rule


def _result(data: Data, nodes: list[_Node], order: Ints) -> AreaEstimates:
    moments = [cell_moments(data, node.sds, node.fit) for node in nodes]
    weights = np.array([node.weight for node in nodes])
    shrink = sum(w * np.einsum("ngg->ng", m[1]) for w, m in zip(weights, moments, strict=True))
    back = np.argsort(order)
    shape = cell_posterior(data, [node.fit for node in nodes], [(m[0], m[4]) for m in moments], weights)
    sds = {name: float(sum(n.weight * getattr(n.sds, name) for n in nodes)) for name in Sds.__slots__}
    return AreaEstimates(
        logit_mean=shape.mean[back],
        logit_sd=shape.sd[back],
        estimate=shape.p_mean[back],
        lower=expit(shape.lower[back]),
        upper=expit(shape.upper[back]),
        cv=(shape.p_sd / shape.p_mean)[back],
        shrinkage=np.asarray(shrink)[back],
        prior_sd=float(np.sqrt(sum(value**2 for value in sds.values()))),
        sds=sds,
        posterior=_posterior(data, nodes[0], moments[0], back),
    )


Moments = tuple[Floats, Floats, Floats, Floats, Floats]


def _posterior(data: Data, node: _Node, moments: Moments, back: Ints) -> Posterior:
    _, shrink, covariance, design, _ = moments
    fit = node.fit
    districts = np.repeat(np.arange(len(data.starts)), data.sizes)
    mean = model_mean(data, fit.fixed, fit.district)
    return Posterior(
        coefficient_root=np.linalg.inv(fit.root_precision).T.astype(np.float64),
        district_root=_root(fit.elimination),
        district_slope=fit.cross,
        district=districts[back].astype(np.int64),
        design=design[back],
        shrink=shrink[back],
        area_root=_root(covariance)[back],
        residual=np.where(fit.weight > 0, fit.z - mean, 0.0)[back],
        information=fit.weight[back],
        area_sd=node.sds.area,
    )


def _root(covariance: Floats) -> Floats:
    """Symmetric square root of each matrix of a stack."""
    symmetric = (covariance + covariance.swapaxes(-1, -2)) / 2
    values, vectors = np.linalg.eigh(symmetric)
    root: Floats = (vectors * np.sqrt(np.clip(values, 0, None))[..., None, :]) @ vectors.swapaxes(-1, -2)
    return root
