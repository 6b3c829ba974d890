import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.legend import NO_DATA, YLORRD, Scheme, fixed_legend, make_legend

FLOATS = st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")) | st.just(0.0), max_size=60)


def test_quantiles_put_a_fifth_in_each_class():
    values = np.random.default_rng(0).normal(size=1000)
    assert np.bincount(make_legend(values).class_of(values)).tolist() == [200] * 5


@settings(deadline=None)  # the first natural breaks import a slow library
@given(FLOATS, st.sampled_from([Scheme.QUANTILES, Scheme.JENKS]))
def test_every_value_has_a_class_and_equal_values_share_it(values, scheme):
    legend = make_legend(values, scheme=scheme)
    found = legend.class_of(values)
    known = ~np.isnan(np.array(values, dtype=float))
    assert ((found >= 0) == known).all()
    assert found.max(initial=-1) < legend.classes <= 5
    order = np.argsort(np.array(values)[known], kind="stable")
    assert (np.diff(found[known][order]) >= 0).all()


@pytest.mark.parametrize(
    ("values", "colours"),
    [([3.0, 3.0], [YLORRD[2]] * 2), ([0.0, 1.0], [YLORRD[0], YLORRD[4]]), ([np.nan], [NO_DATA])],
)
def test_few_distinct_values_have_as_many_classes(values, colours):
    legend = make_legend(values)
    assert legend.colour_of(values) == colours


def test_many_ties_make_a_break_fall_away():
    values = [0.0] * 90 + list(range(1, 11))
    legend = make_legend(values)
    assert legend.classes < 5
    assert len(set(legend.class_of([0.0] * 90))) == 1


def test_natural_breaks_part_clear_clusters():
    values = np.concatenate([np.full(9, c) + np.linspace(0, 0.1, 9) for c in (0, 10, 20, 30, 40)])
    assert np.bincount(make_legend(values, scheme=Scheme.JENKS).class_of(values)).tolist() == [9] * 5


def test_natural_breaks_of_a_large_layer_repeat_exactly():
    values = np.random.default_rng(1).lognormal(size=20_000)
    first, second = (make_legend(v, scheme=Scheme.JENKS) for v in (values, values[::-1]))
    assert first.edges == second.edges
    assert first.edges[-1] == values.max()


def test_fixed_breaks_stay_when_the_data_change():
    legend = fixed_legend([0, 10, 20, 30])
    assert legend.class_of([-5, 0, 10, 10.1, 99]).tolist() == [0, 0, 0, 1, 2]
    assert legend.classes == 3


@pytest.mark.parametrize("edges", [[1], [1, 1], [3, 2], [0, 1, 2, 3, 4, 5, 6]])
def test_impossible_fixed_breaks_are_refused(edges):
    with pytest.raises(ValueError, match="ascending"):
        fixed_legend(edges)


def test_labels_gain_digits_until_ends_differ():
    assert fixed_legend([0.001, 0.002, 0.003]).label_numbers() == [(0.001, 0.002), (0.002, 0.003)]
