"""The painter, judged by what is on the figure."""

import dataclasses
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.patches import PathPatch
from matplotlib.text import Text

from app.maps import Scene, draw, draw_panels, draw_plan, write_png
from app.maps.scene import as_path
from app.maps.words import ranges, title
from app.views import RiskMap
from geo.legend import NO_DATA, YLORRD


@pytest.fixture(scope="module")
def scene(made_run):
    opened = tuple(site["key"] for site in made_run["plan"]["new"])
    return Scene(made_run["areas"], made_run["points"], made_run["zones"], opened)


@pytest.fixture
def four_squares():
    """Four areas in a row, one of each way to be shown, and one without a row."""
    boxes = [shapely.box(x, 0, x + 1000, 1000) for x in range(0, 4000, 1000)]
    areas = gpd.GeoDataFrame(
        {
            "code": list("abcd"),
            "name": ["Çay", "Iğdır", "İnönü", "Şirin"],
            "district": ["Batı", "Batı", "Doğu", "Doğu"],
            "population": [10.0, 20.0, 30.0, np.nan],
            "constructed": False,
        },
        geometry=boxes,
        crs=3857,
    )
    found = pd.DataFrame(
        {
            "code": list("abc"),
            "risk_class": pd.array([5, 1, None], dtype="Int8"),
            "shown": ["class", "modelled", "insufficient"],
        }
    )
    return areas, found


def words_on(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def filled(figure, colour):
    """Area coloured so on the main map, and whether it is hatched."""
    patches = [p for p in figure.axes[0].patches if isinstance(p, PathPatch)]
    wanted = [p for p in patches if p.get_facecolor() == pytest.approx(_rgba(colour))]
    return [(polygon_area(p.get_path()), bool(p.get_hatch())) for p in wanted]


def _rgba(colour):
    return (*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)), 1.0)


def polygon_area(path):
    return sum(shapely.Polygon(part).area for part in path.to_polygons())


def test_each_way_to_be_shown_has_its_own_look(four_squares, need_map, made_run):
    areas, found = four_squares
    figure = draw(need_map[0], made_run["run"], Scene(areas), found, language="tr")
    assert filled(figure, YLORRD[4]) == [(pytest.approx(1e6), False)]
    assert filled(figure, YLORRD[0]) == [(pytest.approx(1e6), True)]
    assert filled(figure, NO_DATA) == [(pytest.approx(2e6), False)]


def test_the_sheet_says_what_it_is(scene, need_map, made_run):
    about, found = need_map
    words = words_on(draw(about, made_run["run"], scene, found, language="tr"))
    page = "\n".join(words)
    assert "1.000 kişide ihtiyaç sahibi" in words
    for part in (
        "BENZETİM",
        "2026 risk haritası",
        "7 Mart 2026",
        "model tahmini",
        "yetersiz veri",
        "risk bölgesi (12)",
    ):
        assert part in page
    for part in (
        "resmî sınır değildir",
        "Bakanlığın puanlama yöntemi değildir",
        "Kaynak: alan-taramasi-2026",
        "km",
    ):
        assert part in page
    counts = found["risk_class"].value_counts()
    assert f"n = {counts[5]}" in words


def test_a_real_run_with_official_boundaries_carries_neither_word(four_squares, need_map, made_run):
    areas, found = four_squares
    real = dataclasses.replace(made_run["run"], is_simulation=False)
    page = "\n".join(words_on(draw(need_map[0], real, Scene(areas), found, language="tr")))
    assert "BENZETİM" not in page
    assert "resmî sınır" not in page


def test_913_areas_take_less_than_two_seconds(scene, need_map, made_run):
    about, found = need_map
    start = time.perf_counter()
    first = write_png(draw(about, made_run["run"], scene, found, language="tr"))
    assert time.perf_counter() - start < 2 * 2  # two seconds on a quiet machine; tests share theirs
    assert first.startswith(b"\x89PNG")
    assert first == write_png(draw(about, made_run["run"], scene, found, language="tr"))


def test_no_two_words_on_the_main_map_touch(scene, need_map, made_run):
    about, found = need_map
    figure = draw(about, made_run["run"], scene, found, language="en")
    for axes in figure.axes:
        boxes = [text.get_window_extent() for text in axes.texts]
        pairs = [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
        assert not pairs


def test_a_district_map_colours_every_area_of_the_district(four_squares, need_map, made_run):
    areas, _ = four_squares
    found = pd.DataFrame({"code": ["@Batı"], "risk_class": pd.array([3], dtype="Int8"), "shown": ["class"]})
    figure = draw(need_map[0], made_run["run"], Scene(areas), found, language="tr")
    assert filled(figure, YLORRD[2]) == [(pytest.approx(2e6), False)]


def test_holes_stay_empty():
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    signed = [shapely.LinearRing(part).is_ccw for part in as_path([ring]).to_polygons()]
    assert signed == [True, False]


def test_the_plan_names_and_numbers_new_centres(scene, made_run):
    figure = draw_plan(made_run["plan"], made_run["run"], scene, language="tr")
    words = words_on(figure)
    new = made_run["plan"]["new"][0]
    assert f"1. {new['name']}" in words
    assert {"1", "2", "3"} <= set(words)
    assert any("x 1,3 sapma, saatte 40 km" in text for text in words)


def test_panels_hold_one_map_each_and_one_legend(scene, need_map, made_run):
    about, found = need_map
    other = dataclasses.replace(about, titles={"tr": "Yaşlılık"}, sex="female")
    figure = draw_panels(
        [(about, found), (other, found), (about, found)], made_run["run"], scene, language="tr"
    )
    assert len(figure.axes) == 3
    assert "Yaşlılık (kadın)" in words_on(figure)
    assert words_on(figure).count("çok yüksek") == 1


def test_ranges_run_the_other_way_where_low_is_worse():
    about = RiskMap(key="reach", kind="reach", year=2026, unit="ratio", inner_breaks=(0.5, 0.8, 1.2, 1.9))
    up, down = ranges(about, "tr"), ranges(dataclasses.replace(about, higher_is_worse=False), "tr")
    assert up == ["≤ 0,5", "0,5 – 0,8", "0,8 – 1,2", "1,2 – 1,9", "> 1,9"]
    assert down == up[::-1]


def test_shares_are_per_cent_as_each_language_writes_them():
    about = RiskMap(key="t", kind="topic", year=2026, unit="share", inner_breaks=(0.05, 0.051, 0.2, 0.3))
    assert ranges(about, "tr")[1] == "%5,0 – %5,1"
    assert ranges(about, "en")[1] == "5.0% – 5.1%"


def test_with_ties_only_classes_in_use_have_a_range():
    given = {"unit": "share", "inner_breaks": (0.05, 0.2), "counts_by_class": (9, 0, 5, 0, 7)}
    about = RiskMap(key="t", kind="topic", year=2026, sex="male", **given)
    assert ranges(about, "tr") == ["≤ %5,0", "", "%5,0 – %20,0", "", "> %20,0"]
    assert ranges(dataclasses.replace(about, inner_breaks=()), "tr") == [""] * 5
    assert title(about, "en") == "t (male)"
