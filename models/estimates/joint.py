"""Joint posterior draws: over groups of one topic, and over topics asked in the same households."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit
from threadpoolctl import threadpool_limits

from models.checks import Floats, Ints, as_codes, as_floats, check_same_length
from models.results import AreaEstimates, Posterior

CHUNK = 50  # replicates at a time, to bound memory


def error_correlation(values: ArrayLike, weight: ArrayLike, *, area: ArrayLike, block: ArrayLike) -> Floats:
    """Correlation of the sampling errors of several topics asked in the same households.

    Parameters
    ----------
    values : (n, K) array, one column a topic; NaN is unknown
    weight : (n,) array, design weight
    area, block : (n,) codes 0..; blocks are the primary units

    Returns
    -------
    (K, K) correlation matrix of block totals around their area's mean, pooled over the areas with two
    blocks or more, positive semidefinite; the identity where a topic never varies.
    """
    y, w = as_floats("values", values, ndim=2), as_floats("weight", weight)
    large = np.iinfo(np.int64).max
    areas, blocks = as_codes("area", area, count=large), as_codes("block", block, count=large)
    check_same_length(values=y, weight=w, area=areas, block=blocks)
    if not len(y):
        return np.eye(y.shape[1])
    pairs, code = np.unique(np.stack([areas, blocks]), axis=1, return_inverse=True)
    pair_area = pairs[0]
    totals = np.stack([_block_totals(column, w, areas, code) for column in y.T], axis=1)
    counts = np.bincount(pair_area)[pair_area]
    used = counts >= 2
    scale = np.sqrt(counts[used] / (counts[used] - 1.0))
    covariance = (totals[used] * scale[:, None]).T @ (totals[used] * scale[:, None])
    return correlation_matrix(covariance)


def _block_totals(y: Floats, w: Floats, area: Ints, code: Ints) -> Floats:
    known = ~np.isnan(y)
    weight = np.where(known, w, 0.0)
    total = np.bincount(area, weight)
    filled = np.where(known, y, 0.0)
    mean = np.bincount(area, weight * filled) / np.where(total > 0, total, 1.0)
    totals: Floats = np.bincount(code, weight * (filled - mean[area])).astype(np.float64)
    return totals


def correlation_matrix(covariance: Floats) -> Floats:
    """The nearest usable correlation matrix: unit diagonal, eigenvalues not negative."""
    sd = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
    scale = np.where(sd > 0, sd, 1.0)
    correlation = np.clip(covariance / np.outer(scale, scale), -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    clipped = (vectors * np.clip(values, 1e-10, None)) @ vectors.T
    unit = np.sqrt(np.diag(clipped))
    result: Floats = clipped / np.outer(unit, unit)
    return result


def posterior_draws(fit: AreaEstimates, *, draws: int, seed: int) -> Floats:
    """Draws of every cell of one topic, joint over groups and areas.

    Returns
    -------
    (n_areas, n_groups, draws) proportions. Replicate r depends on (seed, r) only.
    """
    n, groups = fit.logit_mean.shape
    out = np.empty((n, groups, draws))
    with threadpool_limits(limits=1):
        for first in range(0, draws, CHUNK):
            replicates = range(first, min(first + CHUNK, draws))
            normals = _normals(fit.posterior, 1, replicates, seed)
            errors = _errors(fit.posterior, [part[:, 0] for part in normals])
            out[:, :, first : replicates.stop] = _probabilities(fit, errors).transpose(1, 2, 0)
    return out


def joint_draws(
    fits: Sequence[AreaEstimates], error_correlation: ArrayLike, *, draws: int, seed: int
) -> Floats:
    """Draws of several one-group topics, joint over topics and areas.

    The errors of topics k and l in area i are correlated as
    (1 - g_ik)(1 - g_il) Sigma_kl + g_ik g_il S_i,kl, with g the weight of the area's own answers, Sigma the
    covariance of the true area effects (estimated by moments over sampled areas) and S_i that of the
    sampling errors. District and overall errors are shared by the areas of a district.

    Parameters
    ----------
    fits : K results over the same areas, one group each
    error_correlation : (K, K), from `error_correlation`
    draws, seed : replicate r depends on (seed, r) only

    Returns
    -------
    (K, n_areas, draws) proportions whose margins are each fit's posterior mean and sd on the logit scale
    """
    _check_topics(fits)
    errors_correlated = as_floats("error_correlation", error_correlation, ndim=2)
    topics, n = len(fits), len(fits[0].logit_mean)
    if errors_correlated.shape != (topics, topics):
        raise ValueError(f"error_correlation must be {topics} x {topics}; got {errors_correlated.shape}")
    out = np.empty((topics, n, draws))
    with threadpool_limits(limits=1):
        area_root, common_root = _topic_roots(fits, errors_correlated)
        for first in range(0, draws, CHUNK):
            replicates = range(first, min(first + CHUNK, draws))
            mixed = _mixed(_normals(fits[0].posterior, topics, replicates, seed), area_root, common_root)
            for k, fit in enumerate(fits):
                errors = _errors(fit.posterior, [part[:, k] for part in mixed])
                out[k, :, first : replicates.stop] = _probabilities(fit, errors)[:, :, 0].T
    return out


def _check_topics(fits: Sequence[AreaEstimates]) -> None:
    shapes = {
        (fit.logit_mean.shape, fit.posterior.design.shape, len(fit.posterior.district_root)) for fit in fits
    }
    if len(shapes) != 1 or fits[0].logit_mean.shape[1] != 1:
        raise ValueError(
            "joint draws need topics over the same areas, districts and covariates with one group each; "
            f"got shapes {sorted(fit.logit_mean.shape for fit in fits)}"
        )


Normals = list[Floats]


def _normals(posterior: Posterior, topics: int, replicates: range, seed: int) -> Normals:
    """Standard normals (R, K, ...) of coefficients, districts and areas, keyed by (seed, replicate)."""
    shapes = (
        posterior.coefficient_root.shape[:1],
        posterior.district_root.shape[:2],
        posterior.area_root.shape[:2],
    )
    sizes = [int(np.prod(shape)) for shape in shapes]
    numbers = np.empty((len(replicates), topics, sum(sizes)))
    for row, replicate in enumerate(replicates):
        stream = np.random.Generator(np.random.Philox(key=np.array([seed, replicate], np.uint64)))
        numbers[row] = stream.standard_normal((topics, sum(sizes)))
    parts = np.split(numbers, np.cumsum(sizes)[:-1], axis=2)
    return [part.reshape(len(replicates), topics, *shape) for part, shape in zip(parts, shapes, strict=True)]


def _errors(posterior: Posterior, normals: Normals) -> Floats:
    """Logit errors (R, n, G) from standard normals; see `Posterior`."""
    coefficients, districts, areas = normals
    fixed = coefficients @ posterior.coefficient_root.T  # (R, q)
    moved = np.einsum("dgh,rdh->rdg", posterior.district_root, districts)
    moved -= np.einsum("dgq,rq->rdg", posterior.district_slope, fixed)
    mean = np.einsum("ngq,rq->rng", posterior.design, fixed) + moved[:, posterior.district]
    own = np.einsum("ngh,rnh->rng", posterior.area_root, areas)
    errors: Floats = mean - np.einsum("ngh,rnh->rng", posterior.shrink, mean) + own
    return errors


def _probabilities(fit: AreaEstimates, errors: Floats) -> Floats:
    """Proportions whose logits have the fit's mean and sd: the sds' own uncertainty widens the errors."""
    parts = fit.posterior
    mean_part = parts.design - parts.district_slope[parts.district]
    rest = np.eye(mean_part.shape[1]) - parts.shrink
    fixed = ((rest @ mean_part @ parts.coefficient_root) ** 2).sum(axis=2)
    district = ((rest @ parts.district_root[parts.district]) ** 2).sum(axis=2)
    variance = fixed + district + (parts.area_root**2).sum(axis=2)
    proportions: Floats = expit(fit.logit_mean + errors * (fit.logit_sd / np.sqrt(variance)))
    return proportions


def _topic_roots(fits: Sequence[AreaEstimates], errors_correlated: Floats) -> tuple[Floats, Floats]:
    """Square roots of the topics' correlation: in each area (n, K, K), and for what areas share (K, K)."""
    gain = np.stack([fit.posterior.shrink[:, 0, 0] for fit in fits], axis=1)
    residual = np.stack([fit.posterior.residual[:, 0] for fit in fits], axis=1)
    information = np.stack([fit.posterior.information[:, 0] for fit in fits], axis=1)
    noise = np.where(information > 0, 1 / np.sqrt(np.where(information > 0, information, 1.0)), 0.0)
    area_sd = np.array([fit.posterior.area_sd for fit in fits])
    sampling = noise[:, :, None] * noise[:, None, :] * errors_correlated
    truth = truth_covariance(residual, gain, sampling, area_sd)
    rest = 1 - gain
    area = rest[:, :, None] * rest[:, None, :] * truth + gain[:, :, None] * gain[:, None, :] * sampling
    seen = (information > 0).all(axis=1)
    common = truth + (sampling[seen].mean(axis=0) if seen.any() else 0.0)
    area_root: Floats = np.linalg.cholesky(_unit(area)).astype(np.float64)
    common_root: Floats = np.linalg.cholesky(_unit(common[None]))[0].astype(np.float64)
    return area_root, common_root


def truth_covariance(residual: Floats, gain: Floats, sampling: Floats, area_sd: Floats) -> Floats:
    """Covariance of the true area effects: products of residuals less that of the sampling errors."""
    weight = gain[:, :, None] * gain[:, None, :]
    total = weight.sum(axis=0)
    products = residual[:, :, None] * residual[:, None, :] - sampling
    moments = (weight * products).sum(axis=0) / np.where(total > 0, total, 1.0)
    # the moments' own variances cancel a bias that they share; where sampling drowns them, the fits' stand
    variance = np.maximum(np.diag(moments), 0.5 * area_sd**2)
    correlation = np.clip(moments / np.sqrt(np.outer(variance, variance)), -0.99, 0.99)
    np.fill_diagonal(correlation, 1.0)
    return correlation_matrix(correlation) * np.outer(area_sd, area_sd)


def _unit(covariance: Floats) -> Floats:
    """Correlation matrices of a stack, kept away from singular."""
    sd = np.sqrt(np.einsum("nkk->nk", covariance))
    correlation: Floats = covariance / (sd[:, :, None] * sd[:, None, :])
    return 0.999999 * correlation + 0.000001 * np.eye(covariance.shape[1])


def _mixed(normals: Normals, area_root: Floats, common_root: Floats) -> Normals:
    """Correlate the topics' normals."""
    coefficients, districts, areas = normals
    return [
        np.einsum("kl,rlq->rkq", common_root, coefficients),
        np.einsum("kl,rldg->rkdg", common_root, districts),
        np.einsum("nkl,rlng->rkng", area_root, areas),
    ]
