import numpy as np
import pytest
from scipy.sparse import csr_array

from models.smoothing.factor import Pattern
from models.smoothing.field import scaled_field


def two_pieces_and_an_island():
    graph = np.zeros((16, 16))
    for a in range(9):
        if a % 3 < 2:
            graph[a, a + 1] = 1
        if a < 6:
            graph[a, a + 3] = 1
    for a in range(9, 14):
        graph[a, a + 1] = 1
    return csr_array(graph + graph.T)


GRAPH = two_pieces_and_an_island()
FIELD = scaled_field(GRAPH, n=16)


def dense_prior():
    """Covariance of the field: generalised inverse in each piece, 1 for the island."""
    precision = FIELD.precision.toarray()
    prior = np.zeros((16, 16))
    for inside in (slice(0, 9), slice(9, 15)):
        prior[inside, inside] = np.linalg.pinv(precision[inside, inside])
    prior[15, 15] = 1.0
    return prior


def test_each_piece_has_geometric_mean_variance_one():
    assert FIELD.variance == pytest.approx(np.diag(dense_prior()))
    for inside in (slice(0, 9), slice(9, 15)):
        assert np.exp(np.log(FIELD.variance[inside]).mean()) == pytest.approx(1.0)
    assert FIELD.variance[15] == 1.0


@pytest.mark.parametrize("silent", [[], [3], list(range(9, 15)), [15]])
def test_conditioning_equals_dense_algebra_even_where_a_piece_is_silent(silent):
    rng = np.random.default_rng(0)
    information = rng.uniform(0.2, 3, 16)
    information[silent] = 0.0
    prior, seen = dense_prior(), information > 0
    inner = np.linalg.inv(prior[np.ix_(seen, seen)] + np.diag(1 / information[seen]))
    posterior = prior - prior[:, seen] @ inner @ prior[seen]
    found = FIELD.condition(information)
    right = rng.standard_normal(16) * seen
    assert found.variance() == pytest.approx(np.diag(posterior), abs=1e-6)
    assert found.solve(right) == pytest.approx(posterior @ right, abs=1e-6)
    assert np.bincount(FIELD.parts.label, found.solve(right))[:2] == pytest.approx([0, 0], abs=1e-9)


def test_the_log_determinant_tells_marginal_likelihoods_apart():
    prior = dense_prior()
    values = []
    for scale in (0.5, 2.0):
        information = np.linspace(0.3, 2, 16) * scale
        exact = np.linalg.slogdet(np.eye(16) + prior @ np.diag(information))[1]
        values.append(FIELD.condition(information).log_determinant() - exact)
    assert values[0] == pytest.approx(values[1], abs=1e-6)


def test_draws_have_the_posterior_covariance():
    rng = np.random.default_rng(1)
    information = np.full(16, 0.5)
    found = FIELD.condition(information)
    draws = np.array([found.draw(rng.standard_normal(16)) for _ in range(20_000)])
    prior = dense_prior()
    posterior = prior - prior @ np.linalg.inv(prior + np.diag(1 / information)) @ prior
    assert np.cov(draws.T) == pytest.approx(posterior, abs=0.05)


def test_the_mixing_divergence_equals_its_eigenvalue_form():
    gamma = np.linalg.eigvalsh(FIELD.precision.toarray())
    inverse = 1 / gamma[gamma > 1e-9] - 1
    assert FIELD.bound_pieces == 2
    for rho in (0.05, 0.4, 0.9, 0.999):
        at = 2 / np.pi * np.arcsin(np.sqrt(rho))
        plain = rho * inverse.sum() - np.log1p(rho * inverse).sum()
        assert float(FIELD.mixing_divergence(at)) == pytest.approx(plain, rel=1e-3)


def test_the_inverse_diagonal_is_that_of_the_inverse():
    rng = np.random.default_rng(2)
    pattern = Pattern(FIELD.precision)
    first, second = (pattern.factor(rng.uniform(0.1, 2, 16), times=t) for t in (1.0, 0.3))
    for factor in (first, second):
        inverse = np.column_stack([factor.solve(one) for one in np.eye(16)])
        assert factor.inverse_diagonal() == pytest.approx(np.diag(inverse))
        assert factor.log_determinant() == pytest.approx(-np.linalg.slogdet(inverse)[1])
    assert first.inverse_diagonal() != pytest.approx(second.inverse_diagonal())


def test_a_map_of_islands_has_nothing_spatial():
    field = scaled_field(csr_array((4, 4)), n=4)
    assert field.variance.tolist() == [1.0] * 4
    assert not field.bound.any()
