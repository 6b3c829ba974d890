"""Where people live: a small table, refused by file, row and column."""

import pytest

from geo.travel import TableError, read_homes


def test_a_table_with_semicolons_and_decimal_commas_is_read(tmp_path):
    file = tmp_path / "homes.csv"
    file.write_text("lon;lat;persons\n30,7;36,9;12\n30,8;37;0\n", encoding="utf-8")
    homes = read_homes(file)
    assert homes.lon.tolist() == [30.7, 30.8]
    assert homes.lat.tolist() == [36.9, 37.0]
    assert homes.persons.tolist() == [12.0, 0.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lon,lat,persons\n", "no row is listed"),
        ("lon,lat\n30,36\n", "column persons"),
        ("lon,lat,persons\n30,36,-4\n", "row 2, column persons"),
        ("lon,lat,persons\n30,136,4\n", "row 2, column lat"),
    ],
)
def test_a_table_that_cannot_be_used_says_where(tmp_path, text, said):
    file = tmp_path / "homes.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=said):
        read_homes(file)
