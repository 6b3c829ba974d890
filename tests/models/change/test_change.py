import numpy as np
import pytest
from scipy.sparse import csr_array

from models.change import change_in_counts, change_in_estimates, on_common_areas
from models.smoothing import BYM2
from models.smoothing.field import scaled_field


def lattice(side):
    n = side * side
    graph = np.zeros((n, n))
    for a in range(n):
        if a % side < side - 1:
            graph[a, a + 1] = 1
        if a + side < n:
            graph[a, a + side] = 1
    return csr_array(graph + graph.T)


GRAPH = lattice(12)
N = 144
FIELD = scaled_field(GRAPH, n=N).condition(np.full(N, 1e-6))


def two_periods(seed, *, level=0.6, change=0.3, mean=0.1):
    rng = np.random.default_rng(seed)
    base = level * rng.standard_normal(N)
    delta = mean + change * (
        np.sqrt(0.6) * FIELD.draw(rng.standard_normal(N)) + np.sqrt(0.4) * rng.standard_normal(N)
    )
    e1, e2 = rng.lognormal(2.5, 0.5, (2, N))
    return rng.poisson(e1 * np.exp(base)), rng.poisson(e2 * np.exp(base + delta)), e1, e2, delta


def test_the_ratio_of_rates_is_covered_and_its_probabilities_are_honest():
    inside, said, true = [], [], []
    for seed in range(6):
        *given, delta = two_periods(seed)
        found = change_in_counts(*given, GRAPH)
        inside.append((found.lower < np.exp(delta)) & (np.exp(delta) < found.upper))
        said.append(found.rose)
        true.append(delta > 0)
    said, true = np.concatenate(said), np.concatenate(true)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.03)
    for low, high in ((0.6, 0.8), (0.8, 0.95), (0.95, 1.0)):
        chosen = (said >= low) & (said < high)
        assert true[chosen].mean() == pytest.approx(said[chosen].mean(), abs=0.08)


def test_what_lifts_both_periods_cancels():
    y1, y2, e1, e2, _ = two_periods(1)
    lift = np.random.default_rng(2).uniform(0.5, 5, N)
    plain = change_in_counts(y1, y2, e1, e2, GRAPH)
    lifted = change_in_counts(y1, y2, e1 * lift, e2 * lift, GRAPH)
    assert lifted.mean == pytest.approx(plain.mean, rel=1e-6)


def test_swapping_the_periods_turns_the_ratio_over():
    y1, y2, e1, e2, _ = two_periods(3)
    forward, back = change_in_counts(y1, y2, e1, e2, GRAPH), change_in_counts(y2, y1, e2, e1, GRAPH)
    assert back.median == pytest.approx(1 / forward.median, rel=1e-3)
    assert back.rose == pytest.approx(1 - forward.rose, abs=1e-3)


def test_two_maps_smoothed_apart_would_understate_the_change():
    error, apart = [], []
    for seed in range(3):
        y1, y2, e1, e2, delta = two_periods(seed, level=1.0, change=0.5)
        one = np.log(change_in_counts(y1, y2, e1, e2, GRAPH).median)
        maps = [
            BYM2().fit(y, e, GRAPH).result_.mean for y, e in ((y1.astype(float), e1), (y2.astype(float), e2))
        ]
        error.append(np.mean((one - delta) ** 2))
        apart.append(np.mean((np.log(maps[1] / maps[0]) - delta) ** 2))
    assert np.mean(error) < np.mean(apart)


def test_areas_without_people_or_cases_are_predicted():
    y1, y2, e1, e2, _ = two_periods(4)
    y1, y2, e1 = y1.copy(), y2.copy(), e1.copy()
    y1[:2] = y2[:2] = 0
    e1[0] = 0.0
    found = change_in_counts(y1, y2, e1, e2, GRAPH)
    assert not found.observed[:2].any()
    assert np.isfinite(found.mean).all()
    assert found.sd[0] > np.median(found.sd)


def test_more_than_the_city_is_told_from_more_than_before():
    found = change_in_counts(*two_periods(5, mean=0.8)[:4], GRAPH)
    assert found.city > 1.8
    assert found.rose.mean() > 0.9
    assert found.rose_more.mean() == pytest.approx(0.5, abs=0.1)
    assert len(found.to_frame()) == N


def surveys(seed, *, overlap=0.0, sampled=0.8):
    rng = np.random.default_rng(seed)
    level = 0.5 * rng.standard_normal(N)
    delta = 0.15 + 0.3 * (
        np.sqrt(0.7) * FIELD.draw(rng.standard_normal(N)) + np.sqrt(0.3) * rng.standard_normal(N)
    )
    v1, v2 = rng.uniform(0.03, 0.3, (2, N))
    z = rng.standard_normal((2, N))
    first, second = z[0], overlap * z[0] + np.sqrt(1 - overlap**2) * z[1]
    y1, y2 = level + np.sqrt(v1) * first, level + delta + np.sqrt(v2) * second
    y1[rng.random(N) > sampled] = np.nan
    y2[rng.random(N) > sampled] = np.nan
    return y1, y2, v1, v2, delta, overlap * np.sqrt(v1 * v2)


@pytest.mark.parametrize("overlap", [0.0, 0.6])
def test_a_difference_of_surveys_is_covered_with_and_without_overlap(overlap):
    inside, said, true = [], [], []
    for seed in range(6):
        y1, y2, v1, v2, delta, covariance = surveys(seed, overlap=overlap)
        found = change_in_estimates(
            y1, y2, GRAPH, variance_before=v1, variance_after=v2, covariance=covariance
        )
        inside.append((found.lower < delta) & (delta < found.upper))
        said.append(found.rose)
        true.append(delta > 0)
    said, true = np.concatenate(said), np.concatenate(true)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.035)
    sure = said > 0.9
    assert true[sure].mean() == pytest.approx(said[sure].mean(), abs=0.06)


def test_households_asked_twice_sharpen_the_difference():
    y1, y2, v1, v2, _, covariance = surveys(7, overlap=0.8)
    with_overlap, without = (
        change_in_estimates(y1, y2, GRAPH, variance_before=v1, variance_after=v2, covariance=c)
        for c in (covariance, 0.0)
    )
    both = np.isfinite(y1) & np.isfinite(y2)
    assert with_overlap.sd[both].mean() < without.sd[both].mean()


def test_draws_have_the_marginals():
    y1, y2, v1, v2, _, _ = surveys(8)
    found = change_in_estimates(y1, y2, GRAPH, variance_before=v1, variance_after=v2)
    draws = found.sample(3000, seed=1)
    assert draws.mean(axis=0) == pytest.approx(found.mean, abs=0.03)
    assert draws.std(axis=0) == pytest.approx(found.sd, rel=0.1)
    assert (draws > 0).mean(axis=0) == pytest.approx(found.rose, abs=0.04)


def test_counts_move_to_common_areas_and_keep_their_total():
    shares = csr_array([[1.0, 0.3, 0.0], [0.0, 0.7, 1.0]])
    assert on_common_areas([5, 10, 2], shares).tolist() == [8.0, 9.0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cases_before": np.zeros(4)}, "not all be 0"),
        ({"cases_after": np.array([1, -2, 3, 4])}, ">= 0"),
        ({"expected_before": np.array([0.0, 1, 1, 1])}, "which has cases"),
        ({"expected_after": np.ones(3)}, "one length"),
    ],
)
def test_wrong_counts_say_what_is_wrong(changes, said):
    given = {
        "cases_before": np.array([1, 2, 3, 4]),
        "cases_after": np.array([2, 2, 3, 1]),
        "expected_before": np.ones(4),
        "expected_after": np.ones(4),
    }
    with pytest.raises(ValueError, match=said):
        change_in_counts(*{**given, **changes}.values(), lattice(2))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"variance_before": np.zeros(4)}, "variance_before must be > 0"),
        ({"after": np.full(4, np.nan)}, "at least three"),
        ({"covariance": 1.0}, "geometric mean"),
        ({"before": np.ones(3)}, "length|broadcast|one length"),
    ],
)
def test_wrong_estimates_say_what_is_wrong(changes, said):
    given = {
        "before": np.array([0.1, 0.2, 0.3, 0.1]),
        "after": np.array([0.2, 0.2, 0.5, 0.2]),
        "variance_before": np.full(4, 0.1),
        "variance_after": np.full(4, 0.1),
        "covariance": 0.0,
    }
    merged = {**given, **changes}
    with pytest.raises(ValueError, match=said):
        change_in_estimates(merged.pop("before"), merged.pop("after"), lattice(2), **merged)


def test_shares_that_lose_people_are_refused():
    with pytest.raises(ValueError, match="sum to 1"):
        on_common_areas([1.0, 1.0], csr_array([[1.0, 0.5]]))
