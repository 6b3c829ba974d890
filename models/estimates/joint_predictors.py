"""Joint draws of several Fay-Herriot predictors whose surveys asked the same households."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from models.checks import Floats
from models.estimates.fay_herriot import FayHerriot
from models.estimates.joint import correlation_matrix, truth_covariance
from models.replicates import generator

STREAM = 43


def joint_predictor_draws(
    models: Sequence[FayHerriot], correlation: ArrayLike, *, draws: int, seed: int = 0
) -> Floats:
    """Draws of the predictors of several topics, joint over topics and areas.

    Parameters
    ----------
    models : K fitted models over the same areas; covariates and unsampled areas may differ
    correlation : (K, K) of the sampling errors of one area, such as `error_correlation`, or (n_areas, K, K),
        such as `DomainEstimates.covariance` brought to unit diagonal; NaN where unknown counts as 0
    draws, seed : draw r depends on (seed, r) only

    Returns
    -------
    (K, n_areas, draws), each with its predictor's mean and mean squared error

    Notes
    -----
    In an area the errors of topics k and l have covariance
    (1 - g_k)(1 - g_l) Sigma_kl + g_k g_l S_kl, g being the weight of the direct estimate, S the sampling
    covariance and Sigma that of the true area effects, by moments over the areas sampled in all topics.
    Errors of the coefficients are shared by all areas and correlated over topics likewise. Drawing topics
    one by one instead understates the sd of an index of ten topics 1.4 times at a correlation of 0.1. With
    eighty areas Sigma is itself noise and a 95 % interval of an index covers some 91 %; with 400, 93 %.

    Raises
    ------
    ValueError
        If models are over different areas, or shapes differ.
    """
    gain, y, psi = _aligned(models)
    errors = _correlations(correlation, len(gain), len(models))
    sampling = np.sqrt(psi)[:, :, None] * np.sqrt(psi)[:, None, :] * errors
    with threadpool_limits(limits=1):
        truth = _truth(models, y, gain, sampling)
        own = _root(_own(gain, sampling, truth))
        shared = _coefficient_root(models, sampling + truth)
        spread = _spread(models, gain, own, shared)
        out = np.empty((len(models), len(gain), draws))
        for number in range(draws):
            normals = generator(seed, number, stream=STREAM).standard_normal(len(shared) + gain.size)
            error = _coefficient_part(models, gain, shared @ normals[: len(shared)])
            error += np.einsum("ikl,il->ik", own, normals[len(shared) :].reshape(gain.shape))
            out[:, :, number] = (error * spread).T
    return out + np.stack([model.estimates_ for model in models])[:, :, None]


def _aligned(models: Sequence[FayHerriot]) -> tuple[Floats, Floats, Floats]:
    """Weights of direct estimates, direct estimates and sampling variances, (n_areas, K), 0 unsampled."""
    sizes = {len(model.estimates_) for model in models}
    if len(sizes) != 1:
        raise ValueError(f"models must be over the same areas; got numbers of areas {sorted(sizes)}")
    seen = np.stack([model.result_.sampled for model in models], axis=1)
    columns = [
        np.stack([getattr(model, name) for model in models], axis=1)
        for name in ("shrinkage_", "direct_", "sampling_variance_")
    ]
    gain, y, psi = (np.where(seen, column, 0.0) for column in columns)
    return gain, y, psi


def _correlations(correlation: ArrayLike, n: int, topics: int) -> Floats:
    given = np.asarray(correlation, dtype=np.float64)
    if given.shape not in ((topics, topics), (n, topics, topics)):
        raise ValueError(
            f"correlation must be ({topics}, {topics}) or ({n}, {topics}, {topics}); got {given.shape}"
        )
    known = np.where(np.isnan(given), np.eye(topics), given)
    if (np.abs(known) > 1 + 1e-9).any():
        raise ValueError("correlation must lie in [-1, 1]; divide a covariance by its standard deviations")
    single = known.ndim == 2
    unit = np.stack([correlation_matrix(one) for one in (known[None] if single else known)])
    return np.broadcast_to(unit, (n, topics, topics))


def _truth(models: Sequence[FayHerriot], y: Floats, gain: Floats, sampling: Floats) -> Floats:
    """Covariance (K, K) of the true area effects."""
    area_sd = np.sqrt([model.variance_ for model in models])
    if (area_sd == 0).any() or len(models) == 1:  # nothing to correlate with
        return np.diag(area_sd**2)
    fitted = np.stack([model.covariates_ @ model.coefficients_ for model in models], axis=1)
    return truth_covariance(y - fitted, gain, sampling, area_sd)


def _own(gain: Floats, sampling: Floats, truth: Floats) -> Floats:
    rest = 1 - gain
    own: Floats = gain[:, :, None] * gain[:, None, :] * sampling
    return own + rest[:, :, None] * rest[:, None, :] * truth


def _root(covariance: Floats) -> Floats:
    """Square roots of a stack of covariance matrices, singular ones too."""
    values, vectors = np.linalg.eigh(covariance)
    root: Floats = vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]
    return root


def _coefficient_root(models: Sequence[FayHerriot], total: Floats) -> Floats:
    """Root of the covariance of all topics' coefficients; `total` (n, K, K) is that of direct estimates."""
    influence = []
    for number, model in enumerate(models):
        weight = np.where(model.result_.sampled, 1 / total[:, number, number], 0.0)
        influence.append((model.covariates_ * weight[:, None]) @ model.coefficient_covariance_)
    blocks = [
        [np.einsum("ip,i,iq->pq", left, total[:, k, other], right) for other, right in enumerate(influence)]
        for k, left in enumerate(influence)
    ]
    return _root(np.block(blocks))


def _coefficient_part(models: Sequence[FayHerriot], gain: Floats, errors: Floats) -> Floats:
    """Errors (n_areas, K) that coefficients' errors (all topics in a row) make."""
    sizes = [len(model.coefficients_) for model in models]
    parts = np.split(errors, np.cumsum(sizes)[:-1])
    moved = [model.covariates_ @ part for model, part in zip(models, parts, strict=True)]
    made: Floats = (1 - gain) * np.stack(moved, axis=1)
    return made


def _spread(models: Sequence[FayHerriot], gain: Floats, own: Floats, shared: Floats) -> Floats:
    """Factor (n_areas, K) that brings the errors to the stated mean squared errors."""
    variance = (own**2).sum(axis=2)
    for column in shared.T:
        variance = variance + _coefficient_part(models, gain, column) ** 2
    mse = np.stack([model.mse_ for model in models], axis=1)
    factor: Floats = np.sqrt(np.divide(mse, variance, out=np.zeros_like(mse), where=variance > 0))
    return factor
