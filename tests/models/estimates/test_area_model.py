import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logit

from models.estimates import AreaModel, direct_estimates
from models.estimates.laplace import Data, Sds, cell_moments, find_mode


def answers(rng, areas=120, districts=6, groups=1, take=20):
    district = rng.integers(0, districts, areas)
    eta = -1 + rng.normal(0, 0.4, districts)[district] + rng.normal(0, 0.7, areas)
    truth = eta[:, None] + np.linspace(-0.5, 0.5, groups) * (groups > 1)
    sampled = np.arange(areas) % 3 > 0
    area = np.repeat(np.flatnonzero(sampled), take * groups)
    group = np.tile(np.arange(groups), len(area) // groups)
    y = (rng.random(len(area)) < expit(truth[area, group])).astype(float)
    block = np.arange(len(area)) // (5 * groups)
    direct = direct_estimates(
        y, np.ones(len(y)), area=area, block=block, group=group, n_areas=areas, n_groups=groups
    )
    return direct, district, truth, sampled


def random_data(rng, groups):
    n, starts = 9, np.array([0, 4, 7])
    trials = rng.uniform(0, 12, (n, groups)) * (rng.random((n, groups)) < 0.8)
    prior = np.eye(groups + 2) + 0.3
    return Data(
        trials,
        trials * rng.random((n, groups)),
        rng.normal(size=(n, 2)),
        rng.uniform(0, 0.1, n),
        starts,
        prior,
        float(np.linalg.slogdet(prior)[1]),
    )


def dense_model(data, sds):
    """Prior precision of all effects and their design, written out."""
    n, groups = data.trials.shape
    district = np.repeat(np.arange(3), [4, 3, 2])
    cells = [(i, g) for i in range(n) for g in range(groups)]
    columns, variances = [], []
    for d in range(3):
        columns.append([float(district[i] == d) for i, _ in cells])
        variances.append(sds.district**2)
        for h in range(groups):
            columns.append([float(district[i] == d and g == h) for i, g in cells])
            variances.append(sds.district_group**2)
    target = [*range(len(columns) + groups + 2)]
    for a in range(n):
        columns.append([float(i == a) for i, _ in cells])
        variances.append(sds.area**2)
    columns += np.eye(len(cells)).tolist()
    variances += [sds.cell**2] * len(cells)
    target += range(len(target), len(columns) + groups + 2)
    for a in range(n):
        columns.append([float(i == a) for i, _ in cells])
        variances.append(data.block_noise[a])
    fixed = [[float(g == h) for _, g in cells] for h in range(groups)]
    fixed += [[data.covariates[i, k] for i, _ in cells] for k in range(2)]
    design = np.array(fixed + columns).T
    precision = np.zeros((design.shape[1],) * 2)
    q = groups + 2
    precision[:q, :q] = data.prior_precision
    precision[q:, q:] = np.diag(1 / np.array(variances))
    return design, precision, target


@pytest.mark.parametrize("groups", [1, 3])
def test_elimination_equals_the_dense_model_written_out(groups):
    data = random_data(np.random.default_rng(groups), groups)
    sds = Sds(0.7, 0.3, 0.5, 0.2)
    fit = find_mode(data, sds, np.zeros_like(data.trials))
    design, precision, target = dense_model(data, sds)
    n, y = data.trials.ravel(), data.successes.ravel()

    def loss(effects):
        eta = design @ effects
        gradient = precision @ effects - design.T @ (y - n * expit(eta))
        return 0.5 * effects @ precision @ effects - y @ eta + n @ np.logaddexp(0, eta), gradient

    best = minimize(loss, np.zeros(design.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-9}).x
    weight = n * expit(design @ best) * expit(-design @ best)
    covariance = np.linalg.inv(precision + design.T @ (weight[:, None] * design))
    mean, _, _, _, variance = cell_moments(data, sds, fit)
    part = design[:, target]
    assert fit.eta.ravel() == pytest.approx(design @ best, abs=1e-5)
    assert mean.ravel() == pytest.approx(part @ best[target], abs=1e-5)
    exact = np.einsum("ij,jk,ik->i", part, covariance[np.ix_(target, target)], part)
    assert variance.ravel() == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize("groups", [1, 3])
def test_the_marginal_likelihood_equals_laplace_written_out(groups):
    data = random_data(np.random.default_rng(groups), groups)

    def dense(sds):
        eta = find_mode(data, sds, np.zeros_like(data.trials)).eta.ravel()
        design, precision, _ = dense_model(data, sds)
        prior = design @ np.linalg.solve(precision, design.T)
        n, y = data.trials.ravel(), data.successes.ravel()
        fit = y @ eta - n @ np.logaddexp(0, eta) - 0.5 * eta @ np.linalg.solve(prior, eta)
        weight = n * expit(eta) * expit(-eta)
        return fit - 0.5 * np.linalg.slogdet(np.eye(len(eta)) + prior * weight)[1]

    low, high = Sds(0.7, 0.3, 0.5, 0.2), Sds(0.4, 0.5, 0.9, 0.3)
    ours = [find_mode(data, sds, np.zeros_like(data.trials)).log_marginal for sds in (low, high)]
    assert ours[1] - ours[0] == pytest.approx(dense(high) - dense(low), abs=1e-6)


def test_intervals_cover_and_estimates_beat_the_direct_ones():
    rng = np.random.default_rng(0)
    direct, district, truth, sampled = answers(rng, areas=600, districts=12)
    result = AreaModel().fit(direct, district=district).result_
    inside = (expit(truth) >= result.lower) & (expit(truth) <= result.upper)
    assert 0.92 <= inside[sampled].mean() <= 0.98
    assert 0.90 <= inside[~sampled].mean() <= 0.99
    raw = logit((direct.mean * direct.n + 0.5) / (direct.n + 1))[sampled]
    smooth = result.logit_mean[sampled]
    assert ((smooth - truth[sampled]) ** 2).mean() < 0.8 * ((raw - truth[sampled]) ** 2).mean()


def test_groups_share_their_area_and_cover():
    rng = np.random.default_rng(1)
    direct, district, truth, sampled = answers(rng, areas=300, groups=4, take=10)
    result = AreaModel().fit(direct, district=district).result_
    inside = (expit(truth) >= result.lower) & (expit(truth) <= result.upper)
    assert 0.91 <= inside[sampled].mean() <= 0.99
    assert result.sds["cell"] < result.sds["area"]


def test_a_covariate_that_explains_the_areas_narrows_the_unsampled():
    rng = np.random.default_rng(2)
    direct, district, truth, sampled = answers(rng, areas=300)
    plain = AreaModel().fit(direct, district=district).result_
    told = (
        AreaModel().fit(direct, district=district, covariates=truth + rng.normal(0, 0.2, truth.shape)).result_
    )
    assert told.logit_sd[~sampled].mean() < 0.7 * plain.logit_sd[~sampled].mean()


def test_a_cell_where_nobody_answered_yes_is_neither_zero_nor_certain():
    direct, district, _, sampled = answers(np.random.default_rng(3))
    zero = sampled & (np.nan_to_num(direct.mean[:, 0], nan=1.0) == 0)
    result = AreaModel().fit(direct, district=district).result_
    assert zero.any()
    assert (result.estimate[zero] > 0.01).all()
    assert (result.upper[zero] > 0.1).all()


def test_unsampled_areas_of_one_district_get_its_mean():
    direct, district, _, sampled = answers(np.random.default_rng(4))
    result = AreaModel().fit(direct, district=district).result_
    one = ~sampled & (district == district[0])
    assert np.ptp(result.estimate[one]) == pytest.approx(0, abs=1e-9)
    assert (result.shrinkage[one] == 0).all()


def test_the_order_of_areas_does_not_matter():
    rng = np.random.default_rng(5)
    direct, district, _, _ = answers(rng)
    shuffled = rng.permutation(len(district))
    moved = type(direct)(
        **{
            name: value[shuffled] if isinstance(value := getattr(direct, name), np.ndarray) else value
            for name in direct.__slots__
        }
    )
    first = AreaModel().fit(direct, district=district).result_
    second = AreaModel().fit(moved, district=district[shuffled]).result_
    assert second.estimate == pytest.approx(first.estimate[shuffled], rel=1e-5)


def few(values, areas, groups=1):
    y = np.asarray(values, dtype=float)
    area = np.zeros(len(y), int)
    return direct_estimates(
        y, np.ones(len(y)), area=area, block=np.arange(len(y)), n_areas=areas, n_groups=groups,
        group=np.zeros(len(y), int),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "areas", "groups", "district"),
    [
        ([0, 1, 1], 1, 1, None),
        ([0, 1, 1], 1, 4, None),
        ([], 3, 1, [0, 0, 1]),
        ([0] * 30, 4, 2, [0, 0, 1, 2]),
        ([1] * 30, 4, 1, [0, 0, 0, 0]),
        ([1], 2, 3, [5, 900]),
    ],
)
def test_little_or_no_data_still_gives_an_honest_interval(values, areas, groups, district):
    result = AreaModel().fit(few(values, areas, groups), district=district).result_
    assert np.isfinite(result.estimate).all()
    assert ((result.lower > 0) & (result.lower < result.estimate)).all()
    assert ((result.estimate < result.upper) & (result.upper < 1)).all()
    logit_width = logit(result.upper) - logit(result.lower)
    assert ((logit_width > 1.5) & (logit_width < 20)).all()


def test_a_mean_that_is_no_proportion_is_refused():
    with pytest.raises(ValueError, match="proportions"):
        AreaModel().fit(few([2.0, 3.0], 1))


def test_a_district_for_each_area_is_required():
    with pytest.raises(ValueError, match="one code an area"):
        AreaModel().fit(few([0, 1], 2), district=[0])


def test_a_city_of_913_areas_is_fitted_in_time():
    import time

    rng = np.random.default_rng(6)
    for groups, limit in ((1, 0.6), (8, 3.0)):  # twice the target: the machine is shared
        direct, district, _, _ = answers(rng, areas=913, districts=19, groups=groups, take=5)
        began = time.process_time()
        AreaModel().fit(direct, district=district)
        assert time.process_time() - began < limit
