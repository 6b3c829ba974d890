"""What readers get, and that they get no more."""

import inspect

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app import views
from app.errors import RefusedError
from app.store.logins import Login


def test_every_function_of_the_door_reads_with_the_planners_login_only(published_store, monkeypatch):
    used, session = [], published_store.session
    monkeypatch.setattr(published_store, "session", lambda login: used.append(login) or session(login))
    run = views.current_run(published_store)
    views.previous_run(published_store, run)
    views.classes(published_store, run, "need")
    for name in ("holds", "points", "runs", "read_contents"):
        getattr(views, name)(published_store)
    for name in ("maps", "all_classes", "zones", "areas", "plan"):
        getattr(views, name)(published_store, run)
    assert set(used) == {Login.PLANNER}


def test_the_door_offers_nothing_that_is_not_on_its_list():
    public = {name for name, thing in vars(views).items() if inspect.isfunction(thing) and name[0] != "_"}
    assert {name for name in public if vars(views)[name].__module__.startswith("app.views")} <= set(
        views.__all__
    )


def test_the_planners_login_cannot_read_an_estimate(published_store):
    refused = pytest.raises(ProgrammingError, match="permission denied")
    with refused, published_store.session(Login.PLANNER) as session:
        session.execute(text("SELECT value FROM plan.estimates"))


def test_no_frame_of_the_door_carries_a_number_of_a_neighbourhood(published_store):
    run = views.current_run(published_store)
    frame = views.all_classes(published_store, run)
    names = ["key", "code", "district", "neighbourhood", "risk_class", "reliability", "shown", "base"]
    steps = ["exceedance", "rank_low", "rank_high", "cluster", "rose"]
    assert list(frame.columns) == names + steps
    assert all(set(frame[step].dropna()) <= set(range(1, 11)) for step in steps)
    assert set(frame["risk_class"].dropna()) <= {1, 2, 3, 4, 5}
    assert set(frame["base"]) <= {"20+", "<20", "0"}


def test_a_map_names_its_areas(published_store, made_run):
    frame = views.classes(published_store, views.current_run(published_store), "need")
    named = frame.merge(made_run["areas"], on="code")
    assert len(named) == len(frame) == 913
    assert (named["neighbourhood"] == named["name"]).all()
    assert (named["district_x"] == named["district_y"]).all()


def test_a_district_map_has_a_district_and_no_neighbourhood(published_store):
    frame = views.classes(published_store, views.current_run(published_store), "indicator:siddet_kaydi")
    assert len(frame) == 19
    assert set(frame["neighbourhood"]) == {""}
    assert ("@" + frame["district"] == frame["code"]).all()


def test_shapes_and_places_come_in_web_mercator(published_store):
    run = views.current_run(published_store)
    assert views.areas(published_store, run).crs.to_epsg() == 3857
    assert views.points(published_store).crs.to_epsg() == 3857
    assert (views.points(published_store)["kind"] == "site").sum() == 80


def test_definitions_are_parsed_and_titled_in_both_languages(published_store):
    maps = {m.key: m for m in views.maps(published_store, views.current_run(published_store))}
    need = maps["need"]
    assert need.title("tr") == "1.000 kişide ihtiyaç sahibi"
    assert need.title("en") == "Persons in need per 1,000"
    assert len(need.inner_breaks) == 4
    assert maps["indicator:siddet_kaydi"].level == "district"
    assert not maps["reach"].higher_is_worse


def test_a_word_given_as_pairs_is_joined_and_by_language_is_chosen():
    about = views.RiskMap(
        key="k",
        kind="index",
        year=2026,
        words={"numerator": {"a": 3, "b": 1}, "source": {"tr": "ş", "en": "s"}},
    )
    assert about.word("numerator", "tr") == "a 3; b 1"
    assert about.word("source", "tr") == "ş"
    assert about.title("tr") == "k"


def test_before_the_first_publication_the_reader_is_told_what_to_do(store):
    with pytest.raises(RefusedError, match=r"views\.no_run"):
        views.current_run(store)
    assert views.holds(store) == "nothing"


def test_a_first_run_has_none_before_it(published_store):
    run = views.current_run(published_store)
    assert views.previous_run(published_store, run) is None
    assert views.plan(published_store, run)["run"] == 7


def test_contents_hold_the_whole_run_and_name_its_headline(published_store, made_run):
    found = views.read_contents(published_store)
    assert found.headline.key == "need"
    assert len(found.of("need")) == 913
    topics = {about["key"] for about in made_run["maps"] if about["kind"] == "topic" and not about["sex"]}
    assert {about.key for about in found.of_kind("topic")} == topics
    assert found.opened == tuple(site["key"] for site in made_run["plan"]["new"])
