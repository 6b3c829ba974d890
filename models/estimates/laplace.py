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
from scipy.linalg import cho_solve

from models.checks import Floats, Ints
from models.compiled import compiled

STEPS, STEP_LIMIT, TOLERANCE = 60, 4.0, 1e-5
NODES, _WEIGHTS = hermegauss(11)
SHARES = _WEIGHTS / _WEIGHTS.sum()


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
    prior_log_det: float  # of that precision

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
    shared, cell = sds.area**2 + data.block_noise, sds.cell**2
    weight, z, a, c, fitted, log_det = working_answers(eta, data.trials, data.successes, shared, cell)
    normal, right, square = district_sums(a, c, z, data.covariates, data.starts)
    fixed, district, root, elimination, cross, penalty = _solve(data, sds, normal, right)
    mean = model_mean(data, fixed, district)
    log_marginal = fitted - 0.5 * (square + penalty + log_det)
    moved = mode_of_effects(mean, a, c, z, shared, cell)
    return Fit(moved, a, c, z, weight, fixed, district, root, elimination, cross, log_marginal)


@compiled
def working_answers(
    eta: Floats, trials: Floats, successes: Floats, shared: Floats, cell: float
) -> tuple[Floats, Floats, Floats, Floats, float, float]:
    """Normal answers that act like the binomial ones at `eta` (n, G), and what V^-1 is made of.

    Returns
    -------
    weight, z, a : (n, G) precision, answer, weight / (1 + weight cell^2)
    c : (n,)
    fitted : binomial log likelihood at `eta`, but for a constant, plus half the working answers' squares
    log_det : of V times its precisions
    """
    n, groups = eta.shape
    weight, a, z = np.zeros((n, groups)), np.zeros((n, groups)), eta.copy()
    c = np.empty(n)
    fitted, log_det = 0.0, 0.0
    for area in range(n):
        total = 0.0
        for g in range(groups):
            asked, yes, logit = trials[area, g], successes[area, g], eta[area, g]
            if asked == 0:
                continue
            p = 1 / (1 + np.exp(-min(max(logit, -30.0), 30.0)))
            precision = asked * p * (1 - p)
            away = (yes - asked * p) / precision
            weight[area, g] = precision
            z[area, g] = logit + away
            a[area, g] = precision / (1 + precision * cell)
            total += a[area, g]
            fitted += yes * logit - asked * (max(logit, 0.0) + np.log1p(np.exp(-abs(logit))))
            fitted += 0.5 * precision * away**2
            log_det += np.log1p(precision * cell)
        c[area] = shared[area] / (1 + shared[area] * total)
        log_det += np.log1p(shared[area] * total)
    return weight, z, a, c, fitted, log_det


@compiled
def mode_of_effects(mean: Floats, a: Floats, c: Floats, z: Floats, shared: Floats, cell: float) -> Floats:
    """Logits (n, G) most likely at working answers `z`: the mean, and each area's and cell's effect."""
    eta = mean.copy()
    n, groups = eta.shape
    for area in range(n):
        pull, total = 0.0, 0.0
        for g in range(groups):
            pull += a[area, g] * (z[area, g] - mean[area, g])
            total += a[area, g]
        common = shared[area] * pull * (1 - c[area] * total)
        for g in range(groups):
            own = a[area, g] * (z[area, g] - mean[area, g] - c[area] * pull)
            eta[area, g] += common + cell * own
    return eta


def laplace_correction(data: Data, sds: Sds, fit: Fit) -> float:
    """Log ratio of the exact integral over each area's effect to Laplace's; 0 with several groups.

    With twenty answers an area the plain approximation puts the area sd some 5 % too low. With several
    groups an area has many more answers and its effect is near enough to normal.
    """
    if data.groups > 1:
        return 0.0
    sd = 1 / np.sqrt(fit.weight + 1 / sds.area**2)
    return integral_ratio(data.trials, fit.eta, fit.weight, sd, NODES, SHARES)


@compiled
def integral_ratio(
    trials: Floats, mode: Floats, weight: Floats, sd: Floats, nodes: Floats, shares: Floats
) -> float:
    """Sum over areas of the log ratio, by Gauss-Hermite quadrature around each mode (n, 1).

    The answers cancel against the slope at the mode.
    """
    found = 0.0
    for area in range(len(trials)):
        asked, logit = trials[area, 0], mode[area, 0]
        if asked == 0:
            continue
        level = max(logit, 0.0) + np.log1p(np.exp(-abs(logit)))
        expected = asked / (1 + np.exp(-logit))
        ratio = 0.0
        for node, share in zip(nodes, shares):  # noqa: B905 - numba knows no `strict`
            away = sd[area, 0] * node
            there = logit + away
            rise = max(there, 0.0) + np.log1p(np.exp(-abs(there))) - level
            ratio += share * np.exp(expected * away - asked * rise + 0.5 * weight[area, 0] * away**2)
        found += np.log(ratio)
    return found


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
        total, pull = 0.0, 0.0
        for g in range(groups):
            total += a[area, g]
            pull += a[area, g] * z[area, g]
            square += a[area, g] * z[area, g] ** 2
        square -= c[area] * pull**2
        left = 1 - c[area] * total  # V^-1 1 = a * left
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
    mixed, own = normal[:, : data.groups], right[:, : data.groups]
    prior = sds.district**2 + sds.district_group**2 * np.eye(data.groups)
    system = np.eye(data.groups) + prior @ mixed[:, :, : data.groups]
    elimination: Floats = np.linalg.solve(system, np.broadcast_to(prior, system.shape)).astype(np.float64)
    cross = elimination @ mixed  # (D, G, q)
    side = (elimination @ own[:, :, None])[:, :, 0]
    precision = data.prior_precision + normal.sum(axis=0)
    precision -= np.tensordot(mixed, cross, axes=([0, 1], [0, 1]))
    target = right.sum(axis=0) - np.tensordot(mixed, side, axes=([0, 1], [0, 1]))
    root: Floats = np.linalg.cholesky((precision + precision.T) / 2).astype(np.float64)
    fixed: Floats = cho_solve((root, True), target).astype(np.float64)
    quadratic = -float((own * side).sum()) - float(target @ fixed)
    log_det = float(np.linalg.slogdet(system)[1].sum()) - data.prior_log_det
    log_det += 2 * float(np.log(np.diag(root)).sum())
    return fixed, side - cross @ fixed, root, elimination, cross, quadratic + log_det


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
