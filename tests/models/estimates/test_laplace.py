import numpy as np
import pytest

from models.estimates.laplace import district_sums


@pytest.mark.parametrize(("groups", "covariates"), [(1, 0), (1, 2), (3, 2)])
def test_district_sums_equal_dense_algebra(groups, covariates):
    rng = np.random.default_rng(groups)
    starts, n = np.array([0, 4, 5, 11]), 15
    a, c = rng.uniform(0.1, 2, (n, groups)), rng.uniform(0.05, 0.3, n)
    z, x = rng.normal(size=(n, groups)), rng.normal(size=(n, covariates))
    normal, right, square = district_sums(a, c, z, x, starts)
    inverse = [np.diag(a[i]) - c[i] * np.outer(a[i], a[i]) for i in range(n)]
    design = [np.hstack([np.eye(groups), np.tile(x[i], (groups, 1))]) for i in range(n)]
    assert square == pytest.approx(sum(z[i] @ inverse[i] @ z[i] for i in range(n)))
    for district, inside in enumerate(np.split(np.arange(n), starts[1:])):
        whole = sum(design[i].T @ inverse[i] @ design[i] for i in inside)
        assert normal[district] == pytest.approx(whole)
        assert right[district] == pytest.approx(sum(design[i].T @ inverse[i] @ z[i] for i in inside))
