import datetime as dt
from pathlib import Path

from sqlalchemy import text

from app.refresh import RefreshOptions, is_due, move, refresh
from app.regions import WHOLE_CITY, service_regions
from app.store.logins import Login

INDICATORS = (Path(__file__).parents[1] / "data" / "city" / "indicators.toml").read_text("utf-8")
NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


def regions(store):
    with store.session(Login.REFRESH) as session:
        return service_regions(session, store.settings)


def test_each_neighbourhood_belongs_to_the_nearest_centre_of_our_own(small_city, city):
    with small_city.session(Login.SERVICE) as session:
        session.execute(
            text(
                "INSERT INTO geo.centres (key, name, owner, services, geom) "
                "SELECT 'far', 'Far', 'own', '{}', geom FROM geo.sites WHERE key = 'S12'"
            )
        )
    found = regions(small_city)
    assert set(found) == set(city.CODES)
    assert found[city.CODES[0]] == "C1"
    assert found[city.CODES[-1]] == "far"


def test_loaded_regions_win_and_the_rest_is_not_left_out(small_city, city):
    with small_city.session(Login.SERVICE) as session:
        session.execute(text("INSERT INTO geo.regions VALUES (:c, 'East')"), {"c": city.CODES[3]})
    found = regions(small_city)
    assert found[city.CODES[3]] == "East"
    assert set(found.values()) == {"East", "C1"}


def test_a_city_without_a_centre_is_one_region(small_city):
    with small_city.session(Login.SERVICE) as session:
        session.execute(text("DELETE FROM geo.centres"))
    assert set(regions(small_city).values()) == {WHOLE_CITY}


def test_a_new_region_makes_a_map_due_at_once(small_city, city):
    made = refresh(small_city, RefreshOptions(indicators=INDICATORS), actor="test", now=NOW)
    for state in ("checked", "approved", "published"):
        move(small_city, made.run_id, state, actor="test", now=NOW)
    assert not is_due(small_city, now=NOW)
    with small_city.session(Login.SERVICE) as session:
        session.execute(text("INSERT INTO geo.regions VALUES (:c, 'East')"), {"c": city.CODES[3]})
    assert is_due(small_city, now=NOW)
