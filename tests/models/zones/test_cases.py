import numpy as np
import pytest

from models.zones import case_clusters


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    dense = [rng.normal(centre, 30, (size, 2)) for centre, size in ((0, 60), (2000, 120))]
    return np.concatenate([*dense, rng.uniform(-3000, 5000, (40, 2))])


def test_dense_groups_are_found_largest_first(points):
    found = case_clusters(points)
    assert found.count.tolist()[0] >= found.count.tolist()[1]
    assert len(found.count) == 2
    assert (found.label[60:180] == 0).mean() > 0.9
    assert (found.label[:60] == 1).mean() > 0.9
    assert (found.label[180:] < 0).mean() > 0.7
    np.testing.assert_array_equal(found.outside, found.label < 0)
    assert ((found.persistence > 0) & (found.persistence <= 1)).all()
    assert (found.probability[found.outside] == 0).all()


def test_the_same_cases_give_the_same_clusters_in_any_order(points):
    order = np.random.default_rng(1).permutation(len(points))
    first, again, other = case_clusters(points), case_clusters(points), case_clusters(points[order])
    np.testing.assert_array_equal(first.label, again.label)
    np.testing.assert_array_equal(first.label[order], other.label)


def test_where_the_map_begins_does_not_matter(points):
    np.testing.assert_array_equal(case_clusters(points).label, case_clusters(points + 4e6).label)


def test_a_cluster_may_not_point_at_a_household(points):
    with pytest.raises(ValueError, match="fewest cases that may be shown"):
        case_clusters(points, min_cluster_size=4)
    assert (case_clusters(points, min_cluster_size=5).count >= 5).all()


@pytest.mark.parametrize("count", [0, 1, 9])
def test_too_few_cases_are_in_no_cluster(count):
    found = case_clusters(np.zeros((count, 2)))
    assert found.label.tolist() == [-1] * count
    assert found.count.tolist() == []
    assert len(found.to_frame()) == count


def test_cases_at_one_place_are_a_defined_answer():
    assert set(case_clusters(np.zeros((30, 2))).label) <= {-1, 0}


def test_a_table_holds_no_position(points):
    frame = case_clusters(points).to_frame()
    assert list(frame) == ["cluster", "probability", "cluster_cases"]
    assert (frame["cluster_cases"].where(frame["cluster"] < 0, 0) == 0).all()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"points_m": np.zeros((5, 3))}, "metres"),
        ({"points_m": [[np.inf, 0]]}, "metres"),
        ({"points_m": np.zeros(4)}, "dimension"),
        ({"min_samples": 0}, "min_samples"),
    ],
)
def test_what_is_no_map_of_cases_is_refused(wrong, why):
    with pytest.raises(ValueError, match=why):
        case_clusters(**({"points_m": np.zeros((20, 2))} | wrong))
