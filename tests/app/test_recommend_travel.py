"""Minutes by the way of travelling that the installation chose."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from app.errors import SetupError
from app.recommend.travel import Ends, travel_minutes
from app.settings import Settings
from geo.areas import representative_points_m

SIDE_M = 2000.0
WITHIN = 0.3825978 * SIDE_M * 1.3 * 60 / 40_000  # mean distance to the middle of a square


@pytest.fixture
def ends():
    """Two squares beside each other; a place in the middle of the first and one outside both."""
    corner = np.array([600_000.0, 4_080_000.0])
    squares = [
        shapely.box(*np.add(corner, (SIDE_M * place, 0)), *np.add(corner, (SIDE_M * (place + 1), SIDE_M)))
        for place in (0, 1)
    ]
    metric = gpd.GeoDataFrame(geometry=squares, crs=32635)
    points = np.asarray(representative_points_m(metric))
    columns = np.array([points[0], np.add(corner, (SIDE_M / 2, 3 * SIDE_M))])
    return Ends(metric.to_crs(4326), metric, points, columns, np.array([0, -1]))


def settings(tmp_path, **given):
    return Settings(home=tmp_path, sockets=tmp_path, **given)


def test_a_place_in_ones_own_area_is_as_far_as_the_area_is_wide_on_average(ends, tmp_path):
    found = travel_minutes(ends, settings(tmp_path))
    assert found.minutes[0, 0] == pytest.approx(WITHIN, rel=1e-3)
    assert found.minutes[1, 0] == pytest.approx(SIDE_M * 1.3 * 60 / 40_000, rel=1e-6)
    assert found.method == "straight_line"


def test_journeys_begin_where_people_live(ends, tmp_path):
    corner = gpd.GeoSeries([shapely.Point(600_001, 4_080_001)], crs=32635).to_crs(4326)[0]
    file = tmp_path / "homes.csv"
    file.write_text(f"lon,lat,persons\n{corner.x},{corner.y},10\n0,0,5\n", encoding="utf-8")
    found = travel_minutes(ends, settings(tmp_path, travel_homes=file))
    assert found.minutes[0, 0] == pytest.approx(np.hypot(999, 999) * 1.3 * 60 / 40_000, rel=1e-3)
    assert found.minutes[1, 0] == pytest.approx(SIDE_M * 1.3 * 60 / 40_000, rel=1e-6)  # by its point
    assert found.settings["homes"] == 1
    assert found.settings["areas_without_homes"] == 1


def test_buses_of_a_table_are_ridden(ends, tmp_path):
    places = gpd.GeoSeries(gpd.points_from_xy(*ends.points_m.T), crs=32635).to_crs(4326)
    rows = [f"1,{name},{minute},6,{p.x},{p.y}" for name, minute, p in zip("ab", (0, 2), places, strict=True)]
    file = tmp_path / "lines.csv"
    file.write_text("\n".join(["line,stop,minutes,headway_minutes,lon,lat", *rows]), encoding="utf-8")
    found = travel_minutes(ends, settings(tmp_path, travel_by="bus", travel_lines=file))
    assert found.method == "bus"
    assert found.minutes[1, 0] == pytest.approx(3 + 2, abs=0.1)  # half a headway, the ride


@pytest.mark.parametrize(
    "given",
    [
        {"travel_by": "driving"},
        {"travel_by": "bus"},
        {"travel_by": "server", "travel_server": "http://example.org", "travel_server_hosts": ("a",)},
        {"travel_by": "walking", "travel_extract": "/nowhere.osm.pbf"},
    ],
)
def test_what_cannot_be_used_is_named_with_the_way_back(ends, tmp_path, given):
    with pytest.raises(SetupError) as caught:
        travel_minutes(ends, settings(tmp_path, **given))
    assert caught.value.key == "travel.unusable"
    assert caught.value.fields["by"] == given["travel_by"]
    assert caught.value.fields["reason"]
