import numpy as np
import pytest

from models.checks import as_codes, as_floats, check_bounds, check_counts, check_positive, check_same_length


def test_the_wrong_number_of_dimensions_is_told_with_the_shape():
    with pytest.raises(ValueError, match=r"weights must have 1 dimension\(s\); got shape \(1, 2\)"):
        as_floats("weights", [[1, 2]])


@pytest.mark.parametrize("codes", [[0.5], ["a"], [[1]]])
def test_codes_must_be_whole_numbers(codes):
    with pytest.raises(ValueError, match="whole numbers"):
        as_codes("area", codes, count=3)


def test_a_code_outside_is_told_with_its_range():
    with pytest.raises(ValueError, match=r"area must lie in 0\.\.2; got 1\.\.3"):
        as_codes("area", [1, 3], count=3)


def test_lengths_that_differ_are_all_named():
    with pytest.raises(ValueError, match="'a': 1, 'b': 2"):
        check_same_length(a=np.zeros(1), b=np.zeros(2), c=None)


def test_a_parameter_outside_its_interval_is_refused():
    with pytest.raises(ValueError, match=r"share must lie in \[0, 1\]; got 2"):
        check_bounds({"share": 2}, {"share": (0, 1)})


@pytest.mark.parametrize(
    ("check", "bad"), [(check_positive, 0.0), (check_counts, -1.0), (check_counts, np.nan)]
)
def test_the_first_bad_row_is_named(check, bad):
    with pytest.raises(ValueError, match="first: row 1"):
        check("cases", np.array([1.0, bad, bad]))
