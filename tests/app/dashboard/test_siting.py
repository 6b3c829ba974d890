"""The siting screen: what each state says, what each role may do, what is asked of the service."""

import re
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from app.dashboard import session
from app.errors import RefusedError

SECONDS = 30
CHOICES = {
    "run": {"id": 7, "title": "2026 risk haritası", "state": "published", "year": 2026},
    "groups": [
        {"key": "all", "titles": {}},
        {"key": "cocuk", "titles": {"tr": "Çocuklar", "en": "Children"}},
        {"key": "yasli", "titles": {"tr": "Yaşlılar", "en": "Older people"}},
    ],
    "district_groups": ["batı", "doğu"],
    "regions": [{"key": "M1", "name": "Merkez SHM"}, {"key": "M2", "name": "Kıyı SHM"}],
    "own_region": None,
    "centres": [{"key": "M1", "name": "Merkez SHM"}],
    "services": ["danışmanlık"],
    "has_others": True,
    "sites": [
        {
            "key": "A1",
            "name": "Çarşı adayı",
            "district": "Merkez",
            "has_cost": True,
            "ownership": "own",
            "step_free": True,
            "group": "batı",
            "region": "M1",
        },
        {
            "key": "A2",
            "name": "Sahil adayı",
            "district": "Kıyı",
            "has_cost": False,
            "ownership": "rented",
            "step_free": False,
            "group": "doğu",
            "region": "M2",
        },
    ],
}


SITE = {"key": "A2", "name": "Sahil adayı", "district": "Kıyı"}
STUDY = {
    "certainty": {
        "known": True,
        "draws": 200,
        "sites": [{**SITE, "inclusion": 0.73, "error": 0.03, "chosen": True, "group_inclusion": 0.9}],
        "best_share": 0.39,
        "regret_minutes": {"mean": 0.05, "p95": 0.2},
        "largest_gap": 0.0,
        "cautious": {"same": True},
        "near": [],
    },
    "fairness": {
        "points": [
            {"sites": [SITE], "mean_minutes": 19, "tail_minutes": 92, "gap": 0, "price": None,
             "chosen": True},
            {"sites": [SITE], "mean_minutes": 21, "tail_minutes": 80, "gap": 0, "price": 0.2,
             "chosen": False},
        ],
    },
    "reasons": {
        "sites": [{**SITE, "loss_minutes": 1.8, "longer": 50, "substitute": SITE, "served": {"all": 50}}]
    },
    "phases": {"known": False, "why": "one"},
    "balance": {
        "known": True,
        "slack": 0.5,
        "balanced": True,
        "extra_minutes": 3.0,
        "regions": {},
        "loads": [{"name": "Sahil adayı", "nearest": 100, "persons": 150}],
    },
    "pins": [
        {"name": "Başkanın yeri", "district": "Kıyı", "lon": 30.7, "lat": 36.9, "status": "costs_more",
         "enters": [], "displaced": [SITE], "extra_minutes": 0.8, "lose": 50, "gain": 100}
    ],
}  # fmt: skip


def line(number, **more):
    given = {
        "id": number,
        "name": f"Plan {'AB'[number - 1]}",
        "state": "draft",
        "region": "",
        "owner": "user:a",
    }
    return given | {"version": 1, "mine": True} | more


def script():
    from app.dashboard.screens import siting
    from app.dashboard.session import require_visitor

    require_visitor()
    siting.show()


@pytest.fixture
def screen(published_settings, made_run, monkeypatch):
    """The screen over a stub of the service: answers by path, questions noted."""
    result = made_run["plan"] | {
        "alternatives": [
            {"kind": "without", "count": 3, "name": "X", "possible": True, "new": [], "mean_minutes": 30.0},
            {"kind": "more", "count": 4, "possible": False},
        ]
    }
    groups = {name: dict(figures, nearer=1000) for name, figures in result["groups"].items()}
    result["groups"] = groups | {"all": dict(groups["kadin"])}
    plan = line(1) | {
        "run_id": 7,
        "can_undo": False,
        "at": "2026-05-01T09:00:00+00:00",
        "stale": False,
        "parameters": {"new": 3, "groups": {"cocuk": 2.0, "yasli": 1.0}, "ownership": ["own"]},
        "result": result,
        "history": [
            {"id": 1, "name": "A", "at": "2026-05-01T09:00:00+00:00", "actor": "user:a", "sites": []}
        ],
        "proposals": [],
    }
    who = {"stage": "full", "name": "a", "display": "Ayşe", "region": "", "language": "tr"}
    compared = {"both": [], "only_one": [], "only_other": [], "groups": [], "better": "one", "alike": True}
    answers = {
        "/me": who,
        "/siting": CHOICES,
        "/plans": {"plans": [line(1), line(2)]},
        "/plans/1": plan,
        "/plans/2": plan | line(2),
        "/plans/1/compare/2": compared,
        "/jobs": {"jobs": []},
        "/jobs/work-1": {"id": "work-1", "state": "running", "stage": "plans.stage_search", "share": 0.3},
    }
    posted = []

    class Service:
        def __init__(self, *_):
            pass

        def get(self, path, **_):
            found = answers[path]
            if isinstance(found, Exception):
                raise found
            return found

        def post(self, path, body=None):
            posted.append((path, body))
            return {"id": "work-1", "plan": 2}

    def _open(*, role="planner", language="tr", region=""):
        who.update(role=role, language=language, region=region)
        return AppTest.from_function(script, default_timeout=SECONDS).run()

    monkeypatch.setattr(session, "Client", Service)
    monkeypatch.setattr(session, "settings", lambda: published_settings)
    session.reader.cache_clear()
    yield SimpleNamespace(open=_open, answers=answers, plan=plan, posted=posted)
    if session.reader.cache_info().currsize:
        session.reader().close()
    session.reader.cache_clear()


def said(page):
    parts = [e.proto.body for e in page.get("html")]
    return "\n".join(parts + [e.value for e in [*page.error, *page.warning, *page.info, *page.success]])


def labels(page):
    return {button.label for button in page.button}


def press(page, label):
    next(button for button in page.button if button.label == label).click()
    return page.run()


def test_a_plan_shows_what_it_brings_with_its_proof_and_its_centres(screen, made_run):
    page = screen.open()
    assert not page.exception
    text = said(page)
    for site in made_run["plan"]["new"]:
        assert site["name"] in text
    assert "31,2 → 22,8" in text
    assert "matematiksel olarak kanıtlanmış en iyi plandır" in text
    assert "kuş uçuşu" in text
    assert "uygun aday kalmıyor" in text
    assert page.query_params["plan"] in ("1", ["1"])


@pytest.mark.parametrize("language", ["tr", "en"])
def test_no_message_key_is_left_bare_in_either_language(screen, language):
    text = said(screen.open(language=language))
    assert not re.search(r"\b(approval|documents|siting|report)\.[a-z_]+", text)


def test_the_form_asks_again_for_what_the_plan_was_made_of(screen):
    page = screen.open()
    press(page, "Bu planı yeniden hesapla")
    path, body = screen.posted[0]
    assert (path, body["kind"]) == ("/jobs", "recommend")
    asked = body["arguments"]
    assert asked["plan_id"] == 1
    assert asked["new"] == 3
    assert asked["groups"] == {"cocuk": 2.0, "yasli": 1.0}
    assert asked["ownership"] == ["own"]
    assert "1 / 2" in said(page)  # candidates that meet the conditions


def test_without_a_risk_map_it_says_what_comes_first(screen):
    screen.answers["/siting"] = RefusedError("runs.none", run="-", state="-")
    page = screen.open()
    assert "Henüz risk haritası yok" in said(page)
    assert not page.error


def test_without_candidates_or_plans_it_says_what_to_do(screen):
    screen.answers["/plans"] = {"plans": []}
    assert "Hesapla düğmesine basın" in said(screen.open())
    screen.answers["/siting"] = CHOICES | {"sites": []}
    page = screen.open()
    assert "Aday yer yüklenmemiş" in said(page)
    assert next(b for b in page.button if b.label == "Hesapla").disabled


def test_an_error_of_the_service_is_said_in_words(screen):
    screen.answers["/plans"] = RefusedError("plans.none", plan=1)
    page = screen.open()
    assert "Böyle bir plan yok" in page.error[0].value


def test_a_field_worker_is_told_that_it_is_not_for_them(screen):
    assert "yetkiniz yok" in screen.open(role="field").error[0].value


def test_a_stale_plan_says_so(screen):
    screen.plan["stale"] = True
    assert any("daha eski bir haritaya" in warning.value for warning in screen.open().warning)


def test_who_only_reads_sees_what_was_asked_and_no_button_that_changes(screen):
    page = screen.open(role="professional")
    assert "Çocuklar × 2" in said(page)
    assert not {"Bu planı yeniden hesapla", "Geri al", "Kaldır", "Yayımla"} & labels(page)
    assert {"Yayımla"} <= labels(screen.open(role="head"))


def test_a_closed_plan_is_copied_not_changed(screen):
    screen.plan.update(state="published")
    page = screen.open()
    assert "Bu planı yeniden hesapla" not in labels(page)
    press(page, "Kopyayı aç")
    assert screen.posted == [("/plans/1/copy", {"name": "Plan A (kopya)"})]


def test_a_unit_manager_plans_and_proposes_for_the_own_region(screen):
    screen.answers["/siting"] = CHOICES | {"own_region": "M1"}
    screen.plan["region"] = "M1"
    page = screen.open(role="manager", region="M1")
    assert "Merkez SHM" in said(page)
    press(page, "Öneriyi hazırla")
    path, body = screen.posted[-1]
    assert path == "/proposals"
    assert (body["plan"], body["subject"]) == (1, "Yeni sosyal hizmet merkezi açılması")
    screen.plan["region"] = ""
    assert "Öneriyi hazırla" not in labels(screen.open(role="manager", region="M1"))


def test_the_head_proposes_formally_and_a_planner_does_not(screen):
    press(screen.open(role="head"), "Öneriyi hazırla")
    assert screen.posted[-1][0] == "/proposals/formal"
    assert "Öneriyi hazırla" not in labels(screen.open(role="planner"))


def test_two_plans_are_put_side_by_side(screen):
    page = screen.open()
    box = next(box for box in page.selectbox if box.label == "Karşılaştırılacak plan")
    page = box.select(2).run()
    assert "daha kısa: Plan A" in page.success[0].value


def study(screen):
    screen.plan["result"] = screen.plan["result"] | STUDY
    return screen.open()


def widget(given, label):
    return next(one for one in given if one.label == label)


def test_a_studied_plan_says_how_sure_it_is_and_why(screen):
    text = said(study(screen))
    assert "%73 (±3)" in text
    assert "en temkinli plan da budur" in text
    assert "Başkanın yeri (Kıyı)" in text
    assert "Tek merkez açılıyor" in text
    assert "ortalama yol +3,00 dakika değişir" in text
    assert "class='pl-spot pl-taken'" in text


def test_a_point_of_the_frontier_becomes_the_plan(screen):
    page = study(screen)
    assert "Planı bu noktaya göre kur" not in labels(page)  # the plan's own point
    page.pills[0].set_value(1).run()
    press(page, "Planı bu noktaya göre kur")
    path, body = screen.posted[-1]
    assert (path, body["kind"]) == ("/jobs", "recommend")
    asked = body["arguments"]
    assert asked["required"] == ["A2"]
    assert asked["new"] == 1
    assert asked["plan_id"] == 1
    assert asked["groups"] == {"cocuk": 2.0, "yasli": 1.0}


def test_a_place_is_tried_by_its_coordinates(screen):
    page = study(screen)
    assert widget(page.button, "Bu yeri dene").disabled
    widget(page.text_input, "Yerin adı").set_value("Eski okul")
    widget(page.number_input, "Enlem").set_value(36.9)
    page = widget(page.number_input, "Boylam").set_value(30.7).run()
    press(page, "Bu yeri dene")
    assert screen.posted[-1][1] == {
        "kind": "pin",
        "arguments": {"plan_id": 1, "name": "Eski okul", "lat": 36.9, "lon": 30.7},
    }


def test_nobody_tries_places_in_a_plan_of_others(screen):
    screen.plan["mine"] = False
    assert "Bu yeri dene" not in labels(study(screen))


def test_a_plan_is_asked_for_by_budget_and_conditions(screen):
    page = screen.open()
    widget(page.button_group, "Neye göre?").set_value("budget").run()
    widget(page.number_input, "Beş yıllık bütçe (milyon TL)").set_value(80.0)
    page.number_input(key="siting_most_doğu_1_1_tr").set_value(1)
    widget(page.multiselect, "Açılmayacak yerler").set_value(["A1"])
    page = widget(page.number_input, "Yeni merkezler arası en az (km)").set_value(2.5).run()
    assert "0 / 2" in said(page)  # one is left out, the other's cost is unknown
    page = widget(page.multiselect, "Açılmayacak yerler").set_value([]).run()
    press(page, "Bu planı yeniden hesapla")
    asked = screen.posted[-1][1]["arguments"]
    assert (asked["new"], asked["budget"]) == (None, 80e6)
    assert asked["at_most"] == {"doğu": 1}
    assert asked["apart_m"] == 2500.0
    assert "wrong" not in asked


def test_phases_that_do_not_end_at_the_number_of_centres_are_told(screen):
    page = screen.open()
    box = widget(page.text_input, "Aşamalar (her aşama sonunda açık yeni merkez)")
    page = box.set_value("1, 2").run()
    assert any("sonuncusu 3 olsun" in warning.value for warning in page.warning)
    assert widget(page.button, "Bu planı yeniden hesapla").disabled
    page = widget(page.text_input, "Aşamalar (her aşama sonunda açık yeni merkez)").set_value("1, 3").run()
    press(page, "Bu planı yeniden hesapla")
    assert screen.posted[-1][1]["arguments"]["phases"] == [1, 3]


def test_work_that_goes_on_is_found_again_and_can_be_stopped(screen):
    going = {"id": "w9", "kind": "recommend", "state": "running", "stage": "plans.stage_search", "share": 0.3}
    screen.answers |= {"/jobs": {"jobs": [going]}, "/jobs/w9": going}
    page = screen.open()
    press(page, "İptal et")
    assert ("/jobs/w9/cancel", None) in screen.posted


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ({"state": "done", "result": {"plan": 2}}, "Plan B"),
        ({"state": "cancelled"}, "yazdıkları geri alındı"),
        (
            {
                "state": "failed",
                "error": {
                    "kind": "RefusedError",
                    "error": "siting.too_few_candidates",
                    "fields": {"asked": "9", "available": "2", "least_change_new": "2"},
                },
            },
            "uygun aday 2",
        ),
    ],
)
def test_the_end_of_work_is_told(screen, job, expected):
    going = {"id": "w9", "kind": "recommend", "state": "running"}
    screen.answers |= {"/jobs": {"jobs": [going]}, "/jobs/w9": going | {"stage": "", "share": 0} | job}
    assert expected in said(screen.open())
