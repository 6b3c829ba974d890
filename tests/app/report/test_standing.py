"""What stands out where, by the stated rule."""

import dataclasses

import pandas as pd
import pytest

from app.report.standing import city, shares, standing_out, theme, turkish
from app.views import RiskMap


@pytest.fixture
def contents(proposed):
    from app.views import read_contents

    return read_contents(proposed)


def made(contents, levels, grades):
    """One topic map over the first four areas of two districts with 100 people each."""
    areas = contents.areas.iloc[:4].assign(population=100.0, district=["A", "A", "B", "B"])
    about = RiskMap(key="topic:x", kind="topic", year=2026, topic="x", titles={"tr": "Barınma"})
    frame = pd.DataFrame(
        {
            "key": "topic:x",
            "code": areas["code"],
            "district": areas["district"],
            "risk_class": pd.array(levels, dtype="Int8"),
            "reliability": grades,
        }
    )
    return dataclasses.replace(contents, maps=[about], classes=frame, areas=areas), about


def test_shares_count_the_people_of_high_classes_and_their_reliability(contents):
    some, about = made(contents, [5, 4, 3, None], ["A", "C", "A", "D"])
    assert [(s.place, s.share, s.firm) for s in shares(some, about)] == [("A", 1.0, 0.5), ("B", 0.0, 0.0)]
    assert city(some, about).share == 0.5


def test_a_topic_stands_out_by_half_and_a_quarter_more_than_the_city(contents):
    some, _ = made(contents, [5, 4, 3, 2], ["C", "C", "A", "A"])
    found = standing_out(some, ("topic",))
    assert list(found) == ["A"]
    assert not found["A"][0].is_firm
    everywhere, _ = made(contents, [5, 5, 5, 5], ["A"] * 4)
    assert standing_out(everywhere, ("topic",)) == {}


def test_places_may_be_zones(contents):
    some, _ = made(contents, [5, 1, 1, 1], ["A"] * 4)
    codes = list(some.areas["code"])
    zones = dict(zip(codes, ["1", "2", "2", "2"], strict=True))
    assert list(standing_out(some, ("topic",), zones)) == ["1"]


@pytest.mark.parametrize(
    ("topic", "kind"),
    [("yoksulluk", "poverty"), ("saglik_bakim", "health"), ("GÖÇ ve uyum", "migration"), ("xyz", "other")],
)
def test_a_topic_calls_for_its_kind_of_services(topic, kind):
    assert theme(RiskMap(key="t", kind="topic", year=1, topic=topic)) == kind


def test_little_reach_calls_for_outreach():
    assert theme(RiskMap(key="reach", kind="reach", year=1)) == "outreach"


def test_names_are_in_the_order_of_the_turkish_alphabet():
    names = ["Şişli", "İbradı", "Iğdır", "Çan", "Sarı", "Zone 10", "Zone 9", "Cami"]
    ordered = ["Cami", "Çan", "Iğdır", "İbradı", "Sarı", "Şişli", "Zone 9", "Zone 10"]
    assert sorted(names, key=turkish) == ordered
