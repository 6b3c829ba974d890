from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.base import clone

from models.scan import CircularScan, EllipticScan, SpaceTimeScan


def city(seed=0, n=120, cases=900, cluster=12, factor=2.0):
    """A planted circle of high risk around one corner of a random map."""
    rng = np.random.default_rng(seed)
    points, expected = rng.random((n, 2)), rng.lognormal(0, 0.5, n)
    near = np.argsort(np.linalg.norm(points - points[0], axis=1))[:cluster]
    risk = np.where(np.isin(np.arange(n), near), factor, 1.0)
    return (
        points,
        rng.multinomial(cases, expected * risk / (expected * risk).sum()),
        expected,
        set(near.tolist()),
    )


def test_a_planted_cluster_is_found_and_is_significant():
    points, cases, expected, planted = city()
    first = CircularScan().fit(points, cases, expected).clusters_[0]
    found = set(first.members.tolist())
    assert len(found & planted) / len(found | planted) > 0.7
    assert first.p_value == 0.001
    assert first.p_overdispersed < 0.05
    assert first.centre in found


def test_clusters_share_no_member_and_come_most_likely_first():
    clusters = CircularScan(replicates=19).fit(*city()[:3]).clusters_
    members = np.concatenate([one.members for one in clusters])
    assert len(members) == len(set(members.tolist()))
    scores = [one.llr for one in clusters]
    assert scores == sorted(scores, reverse=True)
    assert (clusters.label >= 0).sum() == len(members)
    assert len(clusters.to_frame()) == len(clusters)


def test_the_scale_of_expected_counts_does_not_matter():
    points, cases, expected, _ = city()
    one, other = (CircularScan(replicates=99).fit(points, cases, expected * k).clusters_ for k in (1.0, 16.0))
    assert one.to_frame().equals(other.to_frame())


def test_permuting_the_areas_permutes_the_clusters():
    points, cases, expected, _ = city()
    order = np.random.default_rng(1).permutation(len(points))
    plain = CircularScan(replicates=0).fit(points, cases, expected).clusters_
    mixed = CircularScan(replicates=0).fit(points[order], cases[order], expected[order]).clusters_
    assert len(plain) == len(mixed)
    for one, other in zip(plain, mixed, strict=True):
        assert set(order[other.members].tolist()) == set(one.members.tolist())
        assert other.llr == pytest.approx(one.llr, rel=1e-12)


def test_tied_distances_enter_together():
    grid = np.stack(np.meshgrid(np.arange(9) * 0.1, np.arange(9) * 0.1), axis=-1).reshape(-1, 2)
    cases = np.ones(81, int)
    cases[[39, 40, 41]] = 40  # the middle row; its neighbours above and below are as near
    first = CircularScan(replicates=0).fit(grid, cases, np.ones(81)).clusters_[0]
    assert {31, 49} <= set(first.members.tolist()) or len(first.members) == 1


def test_the_largest_share_is_of_the_population_given():
    points, cases, expected, _ = city()
    population = np.random.default_rng(2).lognormal(0, 1, len(points))
    for one in CircularScan(max_share=0.1, replicates=0).fit(points, cases, expected, population).clusters_:
        assert population[one.members].sum() <= 0.1 * population.sum() * (1 + 1e-9)


def test_any_executor_gives_the_same_numbers():
    points, cases, expected, _ = city()
    alone = CircularScan(replicates=200).fit(points, cases, expected).clusters_
    with ThreadPoolExecutor(2) as pool:
        spread = CircularScan(replicates=200, executor=pool).fit(points, cases, expected).clusters_
    assert (alone.maxima == spread.maxima).all()
    assert alone.to_frame().equals(spread.to_frame())


def test_more_replicates_begin_with_the_same_maps():
    given = city()[:3]
    few, many = (CircularScan(replicates=r).fit(*given).clusters_.maxima for r in (70, 150))
    assert (many[:70] == few).all()


def test_an_early_stop_says_how_many_maps_it_took():
    points, cases, expected, _ = city(factor=1.0)
    whole = CircularScan(replicates=999).fit(points, cases, expected).clusters_
    early = CircularScan(replicates=999, stop_after=10).fit(points, cases, expected).clusters_
    assert early.replicates < 999
    assert (early.maxima >= early[0].llr).sum() == 10
    assert early[0].p_value == 10 / early.replicates
    assert early[0].p_value == pytest.approx(whole[0].p_value, abs=0.25)


def test_low_rates_are_found_when_asked_for():
    points, cases, expected, planted = city(factor=0.2)
    first = CircularScan(rates="low").fit(points, cases, expected).clusters_[0]
    assert first.relative_risk < 1
    assert len(set(first.members.tolist()) & planted) >= 8
    both = CircularScan(rates="both", replicates=99).fit(points, cases, expected).clusters_
    assert both[0].members.tolist() == first.members.tolist()


def test_cases_against_controls():
    points, cases, _, planted = city(n=60, cases=300, factor=4.0)
    controls = np.full(60, 30)
    first = CircularScan(model="bernoulli", replicates=199).fit(points, cases, controls).clusters_[0]
    assert len(set(first.members.tolist()) & planted) >= 8
    assert first.p_value == 0.005
    share = (cases + controls)[first.members].sum() / (cases + controls).sum()
    assert first.expected == pytest.approx(share * cases.sum())


def test_an_ellipse_follows_a_long_cluster():
    rng = np.random.default_rng(5)
    grid = np.stack(np.meshgrid(np.arange(20.0), np.arange(20.0)), axis=-1).reshape(-1, 2)
    along = np.abs(grid[:, 0] - grid[:, 1]) <= 1
    cases = rng.poisson(np.where(along, 9.0, 4.0))
    first = EllipticScan(replicates=99).fit(grid, cases, np.ones(400)).clusters_[0]
    circle = CircularScan(replicates=99).fit(grid, cases, np.ones(400)).clusters_[0]
    assert first.shape >= 3
    assert first.angle_degrees == pytest.approx(45, abs=15)
    assert first.llr > circle.llr
    assert first.p_value == 0.01


def test_many_cases_reject_by_the_poisson_null_and_not_by_the_overdispersed():
    rng = np.random.default_rng(3)
    points, expected = rng.random((200, 2)), rng.lognormal(0, 0.5, 200)
    share = expected * np.exp(rng.normal(0, 0.15, 200))
    cases = rng.multinomial(40_000, share / share.sum())
    clusters = CircularScan(replicates=199).fit(points, cases, expected).clusters_
    assert clusters[0].p_value == 0.005
    assert clusters[0].p_overdispersed > 0.05
    assert clusters.overdispersion_sd == pytest.approx(0.15, abs=0.03)


def test_where_and_when():
    points, _, expected, planted = city()
    rng = np.random.default_rng(4)
    table = rng.multinomial(600, np.repeat(expected / expected.sum(), 6) / 6).reshape(-1, 6)
    near = list(planted)
    table[near, 3:5] += rng.poisson(4.0, (len(near), 2))
    first = (
        SpaceTimeScan(replicates=199).fit(points, table, np.repeat(expected[:, None], 6, axis=1)).clusters_[0]
    )
    assert (first.start, first.end) == (3, 4)
    assert len(set(first.members.tolist()) & planted) >= 8
    assert first.p_value == 0.005
    assert first.observed == table[first.members, 3:5].sum()


def test_a_prospective_scan_sees_only_what_is_alive():
    points, _, expected, planted = city()
    rng = np.random.default_rng(5)
    table = rng.poisson(np.repeat(expected[:, None], 6, axis=1))
    near = list(planted)
    table[near, 1:3] += 8
    exposure = np.ones_like(table)
    alive = SpaceTimeScan(replicates=19, prospective=True).fit(points, table, exposure).clusters_
    past = SpaceTimeScan(replicates=19).fit(points, table, exposure).clusters_
    assert (past[0].start, past[0].end) == (1, 2)
    assert all(one.end == 5 for one in alive)


def test_one_time_is_the_spatial_scan():
    points, cases, expected, _ = city()
    flat = CircularScan(replicates=99).fit(points, cases, expected).clusters_
    timed = (
        SpaceTimeScan(replicates=99, max_time_share=1.0)
        .fit(points, cases[:, None], expected[:, None])
        .clusters_
    )
    assert flat.to_frame().equals(timed.to_frame())


def test_a_scan_can_be_cloned():
    scan = EllipticScan(max_share=0.2, shapes=(1.0, 2.0), angles=(1, 4))
    assert clone(scan).get_params() == scan.get_params()


POINTS = np.column_stack([np.arange(4.0), np.zeros(4)])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"coordinates": POINTS[:3]}, "n rows"),
        ({"coordinates": np.full((4, 2), np.nan)}, "finite"),
        ({"cases": np.array([1, -1, 0, 2])}, ">= 0"),
        ({"cases": np.array([1, np.nan, 0, 2])}, ">= 0"),
        ({"cases": np.array([0.5, 1, 0, 2])}, "whole numbers"),
        ({"cases": np.zeros(4)}, "not all be 0"),
        ({"expected": np.array([0.0, 1, 1, 1])}, "expects none"),
        ({"population": np.zeros(4)}, "not all 0"),
        ({"population": np.ones(3)}, "one value an area"),
    ],
)
def test_wrong_data_say_what_is_wrong(changes, said):
    given = {
        "coordinates": POINTS,
        "cases": np.array([1, 2, 0, 3]),
        "expected": np.ones(4),
        "population": None,
    }
    with pytest.raises(ValueError, match=said):
        CircularScan(replicates=0).fit(**{**given, **changes})


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"max_share": 0.0}, "max_share"),
        ({"model": "normal"}, "model"),
        ({"metric": "manhattan"}, "metric"),
        ({"rates": "odd"}, "rates"),
        ({"replicates": -1}, "replicates"),
        ({"stop_after": 0}, "stop_after"),
    ],
)
def test_wrong_parameters_say_what_is_wrong(parameters, said):
    with pytest.raises(ValueError, match=said):
        CircularScan(**parameters).fit(POINTS, np.ones(4), np.ones(4))


def test_degrees_are_asked_for_where_they_are_needed():
    with pytest.raises(ValueError, match="degrees"):
        CircularScan(metric="haversine", replicates=0).fit(POINTS * 1e5, np.ones(4), np.ones(4))
    with pytest.raises(ValueError, match="project"):
        EllipticScan(metric="haversine").fit(POINTS, np.ones(4), np.ones(4))


def test_one_area_has_no_cluster():
    clusters = CircularScan(replicates=19, max_share=1.0).fit(POINTS[:1], [5], [1.0]).clusters_
    assert len(clusters) == 0
    assert clusters.to_frame().empty


def test_an_area_without_people_is_in_circles_and_changes_nothing():
    points, cases, expected, _ = city()
    plain = CircularScan(replicates=49).fit(points, cases, expected).clusters_
    extra = (
        CircularScan(replicates=49)
        .fit(np.vstack([points, [[9.0, 9.0]]]), np.append(cases, 0), np.append(expected, 0.0))
        .clusters_
    )
    assert [set(one.members.tolist()) for one in extra] == [set(one.members.tolist()) for one in plain]


@pytest.mark.slow
def test_the_sizes_of_both_tests_under_independence_and_overdispersion():
    rng = np.random.default_rng(11)
    points, expected = rng.random((150, 2)), rng.lognormal(0, 0.7, 150)
    small = {"poisson": [0, 0], "overdispersed": [0, 0]}
    for trial in range(400):
        noise = np.exp(rng.normal(0, 0.3, 150)) if trial % 2 else np.ones(150)
        cases = rng.multinomial(2000, expected * noise / (expected * noise).sum())
        first = CircularScan(replicates=99, seed=trial).fit(points, cases, expected).clusters_[0]
        small["poisson"][trial % 2] += first.p_value <= 0.05
        small["overdispersed"][trial % 2] += first.p_overdispersed <= 0.05
    assert small["poisson"][0] / 200 == pytest.approx(0.05, abs=0.046)
    assert small["overdispersed"][0] / 200 <= 0.096
    assert small["poisson"][1] / 200 > 0.5
    assert small["overdispersed"][1] / 200 <= 0.096
