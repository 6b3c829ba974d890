import numpy as np
import pandas as pd
import pytest

from survey.privacy import (
    SMALLEST_SENSITIVE,
    PublicPoints,
    PublicTable,
    class_of,
    exposed,
    publish_classes,
    publish_counts,
    publish_points,
    reliability,
    suppress,
)


def city(seed, areas=120, districts=12, mean=12.0):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(0.8, mean / 0.8, areas))
    return counts.astype(np.int64), [f"d{k}" for k in rng.integers(0, districts, areas)]


def published_sums(hiding, districts):
    member = np.array(districts)
    shown = [d for d, hide in zip(hiding.labels, hiding.districts, strict=True) if not hide]
    return [member == d for d in shown] + ([] if hiding.city else [np.ones(len(member), dtype=bool)])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("smallest", "mean"), [(5, 12.0), (10, 12.0), (5, 2.0)])
def test_no_attack_by_linear_programming_narrows_a_hidden_count(seed, smallest, mean):
    counts, districts = city(seed, mean=mean)
    hiding = suppress(counts, districts, smallest=smallest)
    small = (counts > 0) & (counts < smallest)
    assert hiding.areas[small].all()
    assert len(exposed(counts, hiding.areas, published_sums(hiding, districts), smallest=smallest)) == 0


def test_the_attack_does_recover_counts_hidden_without_complement():
    counts, districts = np.array([3, 20, 30, 8, 9]), ["a", "a", "a", "b", "b"]
    hidden = counts < 5
    sums = [np.array(districts) == d for d in "ab"]
    assert exposed(counts, hidden, sums).tolist() == [0]


@pytest.mark.parametrize("seed", range(3))
def test_district_totals_that_are_small_are_hidden_and_cannot_be_subtracted(seed):
    counts, districts = city(seed, areas=60, districts=30, mean=3.0)
    hiding = suppress(counts, districts)
    member = np.array(districts)
    totals = {d: counts[member == d].sum() for d in hiding.labels}
    small = [0 < totals[d] < 5 for d in hiding.labels]
    assert hiding.districts[small].all()
    hidden_totals = [totals[d] for d, h in zip(hiding.labels, hiding.districts, strict=True) if h]
    assert len(hidden_totals) != 1 or hiding.city


def test_a_lone_small_city_hides_even_its_total():
    hiding = suppress(np.array([2, 0]), ["a", "b"])
    assert hiding.city
    assert hiding.areas.tolist() == [True, False]


def test_nothing_is_hidden_when_nothing_is_small():
    hiding = suppress(np.array([20, 0, 30]), ["a", "a", "b"])
    assert not hiding.areas.any()
    assert not hiding.districts.any()
    assert not hiding.city


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="negative"):
        suppress(np.array([-1, 3]), ["a", "a"])


@pytest.mark.parametrize("seed", range(3))
def test_regions_that_cut_across_districts_do_not_expose_a_count(seed):
    counts, districts = city(seed, areas=60, districts=6)
    rng = np.random.default_rng(seed)
    regions = [f"r{k}" for k in rng.integers(0, 4, 60)]
    public = publish_counts(pd.Series(counts), districts, groupings={"region": regions})
    hidden = public.areas.frame["count"].isna().to_numpy()
    sums = [np.array(districts) == d for d in public.districts.frame.dropna().index]
    sums += [np.array(regions) == r for r in public.groups["region"].frame.dropna().index]
    if public.city is not None:
        sums.append(np.ones(60, dtype=bool))
    assert len(exposed(counts, hidden, sums)) == 0


def test_two_regions_that_differ_by_one_area_are_not_both_shown():
    counts = np.array([3, 40, 50, 60, 4, 30])
    districts = ["a", "a", "a", "b", "b", "b"]
    groupings = {"one": ["x", "x", "x", "y", "y", "y"], "other": ["z", "x", "x", "y", "y", "y"]}
    public = publish_counts(pd.Series(counts), districts, groupings=groupings)
    assert public.groups["other"].frame["count"].isna().any()
    assert publish_counts(pd.Series(counts), districts).city == 187


def test_areas_with_a_thin_base_are_hidden_and_sensitive_counts_have_their_own_floor():
    counts, homes = pd.Series([50, 60, 70, 80]), pd.Series([5, 30, 30, 30])
    assert publish_counts(counts, list("aaaa"), households=homes).areas.frame["count"].isna()[0]
    sensitive = publish_counts(pd.Series([7, 60, 70]), list("aaa"), smallest=SMALLEST_SENSITIVE)
    assert sensitive.areas.frame["count"].isna()[0]


def test_only_makers_make_public_types():
    with pytest.raises(TypeError, match=r"survey\.privacy"):
        PublicTable(pd.DataFrame())
    with pytest.raises(TypeError, match=r"survey\.privacy"):
        PublicPoints(np.zeros((1, 2)), seal=object())


def test_grades_and_classes():
    same = np.array([1.0, 0.75, 0.7499, 0.55, 0.5499, 0.40, 0.3999, 0.2, 0.2, np.nan, 0.5])
    near = np.array([1.0, 0.9, 0.9, 0.9, 0.7, 0.6, 0.7499, 0.75, 0.5, np.nan, np.nan])
    assert "".join(reliability(same, near)) == "AABBCCDCDDC"
    breaks = np.array([1.0, 2.0, 3.0, 4.0])
    assert class_of(np.array([0.5, 1.0, 4.0, 9.0, np.nan]), breaks).tolist() == [1, 2, 5, 5, 0]
    with pytest.raises(ValueError, match="4 rising numbers"):
        class_of(np.array([1.0]), np.array([1.0, 2.0]))


def test_a_public_estimate_is_a_class_and_a_grade_only():
    values, same, near = (pd.Series(pair, index=["7", "8"]) for pair in ([0.1, 0.9], [0.8, 0.3], [1.0, 0.6]))
    table = publish_classes(
        values, same, near, breaks=np.array([0.2, 0.4, 0.6, 0.8]), households=pd.Series({"7": 25})
    )
    assert table.frame.to_dict("list") == {
        "class": [1, 0],
        "reliability": ["A", "D"],
        "modelled": [False, True],
    }


def test_a_point_moves_once_far_enough_and_protected_ones_are_absent():
    rng = np.random.default_rng(0)
    homes = rng.uniform(0, 2000, (3000, 2))
    keys = [str(k) for k in range(50)]
    protected = np.zeros(50, dtype=bool)
    protected[3] = True
    first, second = (
        publish_points(homes[:50], keys, homes, secret=b"s" * 32, protected=protected) for _ in range(2)
    )
    np.testing.assert_array_equal(first.xy_m, second.xy_m)
    assert len(first.xy_m) == 49
    moved_m = np.linalg.norm(first.xy_m - homes[:50][~protected], axis=1)
    nearer = [
        (np.linalg.norm(homes - h, axis=1) < m).sum()
        for h, m in zip(homes[:50][~protected], moved_m, strict=True)
    ]
    assert min(nearer) >= 39
    assert max(nearer) <= 200
