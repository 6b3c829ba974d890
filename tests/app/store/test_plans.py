import datetime as dt

import pytest

from app.errors import RefusedError
from app.store import places, plans, runs
from app.store.logins import Login
from app.store.plans import REGION_FIGURES, Draft, shown
from app.store.tables.agg import PublishedPlan

NOW = dt.datetime(2026, 5, 4, tzinfo=dt.UTC)
BY = {"actor": "ayşe", "at": NOW}


def place(key, areas):
    return {"key": key, "region_areas": areas, **dict.fromkeys(REGION_FIGURES, 7.0)}


def hidden(result):
    return {p["key"] for kind in ("existing", "new") for p in shown(result)[kind] if p["region_need"] is None}


def test_regions_of_three_neighbourhoods_and_more_keep_their_figures():
    assert hidden({"existing": [place("a", 9)], "new": [place("b", 3)]}) == set()


def test_a_tiny_region_is_hidden_with_the_next_smallest_so_that_no_total_gives_it_back():
    assert hidden({"existing": [place("a", 90), place("c", 20)], "new": [place("b", 2)]}) == {"b", "c"}


def test_two_tiny_regions_cover_for_each_other():
    assert hidden({"existing": [place("a", 90), place("c", 1)], "new": [place("b", 2)]}) == {"b", "c"}


def test_the_plan_itself_is_not_edited():
    result = {"existing": [], "new": [place("b", 1)]}
    shown(result)
    assert result["new"][0]["region_need"] == 7.0


def test_persons_in_need_of_a_region_are_told_in_steps():
    result = {"existing": [place("a", 9) | {"region_need": 1234.0}], "new": [place("b", 3)]}
    assert [p["region_need"] for p in (*shown(result)["existing"], *shown(result)["new"])] == [1250, 0]


@pytest.fixture
def session(small_city):
    """A transaction on a store with one run."""
    with small_city.session(Login.SERVICE) as opened:
        about = {"title": "x", "year": 2026, "created_at": NOW, "created_by": "t", "parameters": {}}
        digests = {"inputs_sha": "", "tables_sha": "", "code_version": "", "is_simulation": True}
        boundary = places.current_boundary(opened).id
        runs.save(opened, runs.NewRun(boundary_id=boundary, **about, **digests), [], [], {})
        yield opened


def said(session, key, name=""):
    centre = place(key, 9) | {"region_need": 70.0}
    minutes = {"before": {"mean_minutes": 9.0}, "after": {"mean_minutes": 5.0}, "gap": 0.0}
    result = {"new": [centre], "existing": [], **minutes}
    return Draft(run_id=runs.get(session).id, result=result, parameters={"new": 1}, name=name)


def test_every_edit_can_be_undone_and_nothing_is_lost(session):
    number = plans.save(session, said(session, "a", "İlk"), **BY)
    plans.revise(session, number, said(session, "b"), **BY)
    plans.rename(session, number, "  Batı   planı ", **BY)
    now = plans.get(session, number)
    assert (now.name, now.result["new"][0]["key"]) == ("Batı planı", "b")
    seen = []
    while plans.get(session, number).can_undo:
        plans.undo(session, number, **BY)
        now = plans.get(session, number)
        seen.append((now.name, now.result["new"][0]["key"]))
    assert seen == [("İlk", "b"), ("İlk", "a")]
    with pytest.raises(RefusedError, match=r"plans\.nothing_to_undo"):
        plans.undo(session, number, **BY)
    assert [v.sites for v in plans.versions(session, number)] == [("a",), ("b",), ("b",), ("b",), ("a",)]


def test_an_undone_plan_goes_on_from_where_it_is(session):
    number = plans.save(session, said(session, "a"), **BY)
    for key in ("b", "c"):
        plans.revise(session, number, said(session, key), **BY)
    plans.undo(session, number, **BY)
    plans.revise(session, number, said(session, "d"), **BY)
    plans.undo(session, number, **BY)
    assert plans.get(session, number).result["new"][0]["key"] == "b"


def test_a_copy_is_a_draft_of_its_own(session):
    number = plans.save(session, said(session, "a", "Asıl"), region="C1", **BY)
    plans.publish(session, number)
    made = plans.copy(session, number, "Kopya", actor="veli", at=NOW)
    plans.rename(session, made, "Kopya 2", actor="veli", at=NOW)
    line, first = plans.all_plans(session)
    assert (line.name, line.owner, line.region, line.state) == ("Kopya 2", "veli", "C1", "draft")
    assert (first.name, first.state, first.sites, first.minutes_after) == ("Asıl", "published", ("a",), 5.0)
    with pytest.raises(RefusedError, match=r"plans\.closed"):
        plans.rename(session, number, "x", **BY)


def test_a_region_sees_its_plans_and_the_citys(session):
    for region in ("", "C1", "C2"):
        plans.save(session, said(session, "a"), region=region, **BY)
    assert [line.region for line in plans.all_plans(session, region="C1")] == ["C1", ""]


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_a_plan_has_a_name_of_some_length(name):
    with pytest.raises(RefusedError, match=r"plans\.name"):
        plans.parse_name(name)


def test_a_withdrawn_plan_is_gone_for_planners_and_not_published_again(session):
    number = plans.save(session, said(session, "a"), **BY)
    plans.publish(session, number)
    assert session.get(PublishedPlan, number).result["new"][0]["region_need"] == 50
    plans.withdraw(session, number)
    session.expire_all()
    assert session.get(PublishedPlan, number) is None
    with pytest.raises(RefusedError, match=r"plans\.order"):
        plans.publish(session, number)


def test_history_stays_as_it_was_noted(session, small_city, refused):
    plans.save(session, said(session, "a"), **BY)
    session.commit()
    for words in ("UPDATE plan.plan_versions SET actor = 'x'", "DELETE FROM plan.plan_versions"):
        assert refused(small_city.settings, Login.SERVICE, words) == "42501"
