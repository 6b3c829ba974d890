"""The working normal model behind `AreaModel`: areas and districts eliminated in closed form.

At a trial value of the logits the binomial answers act like normal observations z with precision W.
The answers of area i then have covariance V_i = diag(1/W_i + cell^2) + s_i 11', s_i = area^2 + block noise,
whose inverse is diag(a) - c aa' with a = W / (1 + W cell^2) and c = s_i / (1 + s_i sum a). Districts
(covariance K over groups) are eliminated next; groups and covariates are left, a handful of unknowns.
The block noise is error of the sample: it is in V_i, but not in what is estimated.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from models.checks import Floats, Ints
from models.compiled import compiled

STEPS, STEP_LIMIT, TOLERANCE = 60, 4.0, 1e-5
NODES, NODE_WEIGHTS = hermegauss(11)


@dataclass(frozen=True, slots=True)
class Sds:
    """Standard deviations of the effects on the logit scale."""

    area: float
    cell: float = 0.0
    district: float = 0.0
    district_group: float = 0.0


@dataclass(frozen=True, slots=True)
class Data:
    """Effective counts (n, G), covariates (n, k) with unit spread, areas sorted by district."""

    trials: Floats
    successes: Floats
    covariates: Floats
    block_noise: Floats  # (n,) variance of what the area's sampled blocks share over groups, logit scale
    starts: Ints  # first area of each district
    prior_precision: Floats  # (G + k, G + k) of group means and slopes

    @property
    def groups(self) -> int:
        """Number of groups."""
        return int(self.trials.shape[1])

    @property
    def sizes(self) -> Ints:
        """Areas of each district."""
        return np.diff(np.append(self.starts, len(self.trials)))


@dataclass(frozen=True, slots=True)
class Fit:
    """Mode of the effects at given sds, and the Laplace approximation of the marginal likelihood."""

    eta: Floats
    a: Floats
    c: Floats
    z: Floats
    weight: Floats
    fixed: Floats
    district: Floats
    root_precision: Floats
    elimination: Floats
    cross: Floats
    log_marginal: float


def find_mode(data: Data, sds: Sds, start: Floats) -> Fit:
    """Newton's method on the logits from `start` (n, G); a few steps when `start` is near."""
    eta = start
    for _ in range(STEPS):
        fit = _step(data, sds, eta)
        change = fit.eta - eta
        largest = float(np.abs(change).max(initial=0.0))
        if largest < TOLERANCE:
            break
        eta = eta + np.clip(change, -STEP_LIMIT, STEP_LIMIT)
    return fit


def _step(data: Data, sds: Sds, eta: Floats) -> Fit:
    """One Newton step: normal model of the working answers at `eta`."""
    p = 1 / (1 + np.exp(-np.clip(eta, -30, 30)))
    weight = data.trials * p * (1 - p)
    seen = weight > 0
    z = eta + np.divide(data.successes - data.trials * p, weight, out=np.zeros_like(eta), where=seen)
    a = weight / (1 + weight * sds.cell**2)
    total = a.sum(axis=1)
    shared = sds.area**2 + data.block_noise
    c = shared / (1 + shared * total)
    normal, right, square = district_sums(a, c, z, data.covariates, data.starts)
    solved = _solve(data, sds, normal, right)
    fixed, district, root, elimination, cross, penalty = solved
    mean = model_mean(data, fixed, district)
    weighted = a * (z - mean)
    solved_z = weighted - (c * weighted.sum(axis=1))[:, None] * a
    effects = shared[:, None] * solved_z.sum(axis=1)[:, None] + sds.cell**2 * solved_z
    log_det = float(np.log(1 + shared * total).sum() + np.log1p(weight * sds.cell**2).sum())
    working = 0.5 * float((weight * (z - eta) ** 2).sum())
    log_marginal = _log_likelihood(data, eta) + working - 0.5 * (square + penalty + log_det)
    return Fit(mean + effects, a, c, z, weight, fixed, district, root, elimination, cross, log_marginal)


def laplace_correction(data: Data, sds: Sds, fit: Fit) -> float:
    """Log ratio of the exact integral over each area's effect to Laplace's; 0 with several groups.

    With twenty answers an area the plain approximation puts the area sd some 5 % too low. With several
    groups an area has many more answers and its effect is near enough to normal.
    """
    if data.groups > 1:
        return 0.0
    n, y, mode = data.trials, data.successes, fit.eta
    sd = 1 / np.sqrt(fit.weight + 1 / sds.area**2)
    away = sd[..., None] * NODES
    slope = y - n / (1 + np.exp(-mode))
    rise = y[..., None] * away - n[..., None] * (
        np.logaddexp(0, mode[..., None] + away) - np.logaddexp(0, mode)[..., None]
    )
    excess = rise - slope[..., None] * away + 0.5 * fit.weight[..., None] * away**2
    return float(np.log(np.exp(excess) @ (NODE_WEIGHTS / NODE_WEIGHTS.sum())).sum())


def _log_likelihood(data: Data, eta: Floats) -> float:
    """Binomial, but for a constant of the data."""
    return float((data.successes * eta - data.trials * np.logaddexp(0, eta)).sum())


@compiled
def district_sums(
    a: Floats, c: Floats, z: Floats, covariates: Floats, starts: Ints
) -> tuple[Floats, Floats, float]:
    """Per district F'V^-1F (D, q, q) and F'V^-1z (D, q), F = [groups, covariates]; and z'V^-1z."""
    n, groups = a.shape
    k = covariates.shape[1]
    normal = np.zeros((len(starts), groups + k, groups + k))
    right = np.zeros((len(starts), groups + k))
    square, district = 0.0, 0
    for area in range(n):
        if district + 1 < len(starts) and area == starts[district + 1]:
            district += 1
        block, side = normal[district], right[district]
        total, pull = a[area].sum(), (a[area] * z[area]).sum()
        left = 1 - c[area] * total  # V^-1 1 = a * left
        square += (a[area] * z[area] ** 2).sum() - c[area] * pull**2
        for g in range(groups):
            own = a[area, g]
            block[g, g] += own
            side[g] += own * z[area, g] - c[area] * pull * own
            for h in range(groups):
                block[g, h] -= c[area] * own * a[area, h]
            for m in range(k):
                block[g, groups + m] += own * left * covariates[area, m]
                block[groups + m, g] += own * left * covariates[area, m]
        for m in range(k):
            side[groups + m] += pull * left * covariates[area, m]
            for other in range(k):
                block[groups + m, groups + other] += (
                    total * left * covariates[area, m] * covariates[area, other]
                )
    return normal, right, square


Solved = tuple[Floats, Floats, Floats, Floats, Floats, float]


def _solve(data: Data, sds: Sds, normal: Floats, right: Floats) -> Solved:
    """Eliminate districts, solve for groups and slopes; the last value completes -2 log density."""
    groups = data.groups
    prior = sds.district**2 + sds.district_group**2 * np.eye(groups)
    system = np.eye(groups) + prior @ normal[:, :groups, :groups]
    solved = np.linalg.solve(system, np.broadcast_to(prior, system.shape))
    elimination: Floats = solved.astype(np.float64)
    cross = elimination @ normal[:, :groups, :]  # (D, G, q)
    side = (elimination @ right[:, :groups, None])[:, :, 0]
    precision = data.prior_precision + normal.sum(axis=0)
    precision -= np.einsum("dgq,dgr->qr", normal[:, :groups, :], cross)
    target = right.sum(axis=0) - np.einsum("dgq,dg->q", normal[:, :groups, :], side)
    root: Floats = np.linalg.cholesky((precision + precision.T) / 2).astype(np.float64)
    fixed: Floats = np.linalg.solve(root.T, np.linalg.solve(root, target)).astype(np.float64)
    district = side - cross @ fixed
    quadratic = -float((right[:, :groups] * side).sum()) - float(target @ fixed)
    log_det = float(np.linalg.slogdet(system)[1].sum()) + 2 * float(np.log(np.diag(root)).sum())
    log_det -= float(np.linalg.slogdet(data.prior_precision)[1])
    return fixed, district, root, elimination, cross, quadratic + log_det


def model_mean(data: Data, fixed: Floats, district: Floats) -> Floats:
    """Model mean of each cell: groups + covariates + districts, (n, G)."""
    groups = data.groups
    mean: Floats = fixed[:groups] + (data.covariates @ fixed[groups:])[:, None]
    return mean + np.repeat(district, data.sizes, axis=0)


def cell_moments(data: Data, sds: Sds, fit: Fit) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Posterior pieces of every area at given sds.

    Returns
    -------
    mean : (n, G), of the logits
    shrink : (n, G, G), weight of the area's own answers
    area_covariance : (n, G, G), of the area's effects given groups, slopes and districts
    design : (n, G, q)
    variance : (n, G), of the logits
    """
    groups, n = data.groups, len(data.trials)
    identity = np.eye(groups)
    prior = sds.area**2 + sds.cell**2 * identity
    inverse = fit.a[:, :, None] * identity - fit.c[:, None, None] * fit.a[:, :, None] * fit.a[:, None, :]
    shrink = prior @ inverse
    covariance = prior - shrink @ prior
    covariates = np.broadcast_to(data.covariates[:, None, :], (n, groups, data.covariates.shape[1]))
    design = np.concatenate([np.broadcast_to(identity, (n, groups, groups)), covariates], axis=2)
    rest = identity - shrink
    inverse_root = np.linalg.inv(fit.root_precision)
    slope = np.repeat(fit.cross, data.sizes, axis=0)
    fixed_part = (rest @ (design - slope)) @ inverse_root.T
    district_part = rest @ np.repeat(fit.elimination, data.sizes, axis=0)
    variance = np.einsum("ngg->ng", covariance) + (fixed_part**2).sum(axis=2)
    variance = variance + (district_part * rest).sum(axis=2)
    mean = model_mean(data, fit.fixed, fit.district)
    centre = mean + np.einsum("ngh,nh->ng", shrink, fit.z - mean)
    return centre, shrink, (covariance + covariance.transpose(0, 2, 1)) / 2, design, variance
