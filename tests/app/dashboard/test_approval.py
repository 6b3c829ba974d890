"""The approval screen: runs and proposals, by role and by state."""

import re
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from app.dashboard import session
from app.errors import RefusedError

SECONDS = 30
CHAIN = ["Birim", "Şube", "Başkan"]


def event(decision, step="", **more):
    given = {"at": "2026-05-01T09:00:00+00:00", "actor": "user:a", "decision": decision, "step": step}
    return given | {"reason": "", "ebys_number": "", "ebys_date": None} | more


def paper(decision, step):
    return event(decision, step, ebys_number="E-1-2", ebys_date="2026-05-01")


def proposal(**more):
    given = {
        "id": 4,
        "plan_id": 1,
        "plan_name": "Batı",
        "region": "M1",
        "region_name": "Merkez SHM",
        "created_by": "user:a",
        "created_at": "2026-05-01T09:00:00+00:00",
        "state": "sent",
        "first": 0,
        "place": 1,
        "waits_at": "Şube",
        "sites": ["S1"],
        "chain": CHAIN,
        "content": {
            "subject": "Yeni <b>merkez</b>",
            "reason": "Gerek var",
            "references": ["r"],
            "annexes": [],
        },
        "history": [event("drafted"), paper("sent", "Birim")],
        "mine": False,
        "my_turn": True,
    }
    brief = {
        "new": [{"name": "Yer 1", "district": "Kaş", "ownership": "own"}],
        "everybody": {"mean_before": 40.0, "mean_after": 20.0, "nearer": 1200},
        "gap": 0.0,
    }
    return given | {"brief": brief} | more


def run(number, state, following):
    steps = [{"state": "draft", "actor": "os:x", "at": "2026-05-01T09:00:00+00:00", "note": ""}]
    return {
        "id": number,
        "title": "2026 haritası",
        "state": state,
        "year": 2026,
        "made_at": "2026-05-01T09:00:00+00:00",
        "made_by": "os:x",
        "next": following,
        "simulation": True,
        "seconds": 10.0,
        "steps": steps,
    }


MAPS = {
    "maps": [
        {
            "key": "need",
            "kind": "need",
            "title": {"tr": "İhtiyaç", "en": "Need"},
            "counts_by_class": [1, 2, 3, 4, 5],
            "reliability_counts": {"A": 15},
            "staff": {"found": [{"areas": 12, "p_value": 0.001, "p_gumbel": 2e-9, "p_overdispersed": 0.034}]},
        }
    ],
    "suspicious": {"interviews": 7, "asked": 900, "short": 4, "alike": 3, "areas_changed": 2},
}


CHECKS = {
    "id": 2,
    "at": "2026-05-01T09:30:00+00:00",
    "maps": [
        {
            "key": "need",
            "verdict": "bad",
            "predictive": [
                {"name": "dispersion", "p": 0.0005, "observed": 2.0, "expected": 1.0},
                {"name": "moran", "p": 0.4, "observed": 0.0, "expected": 0.0},
            ],
        }
    ],
    "names": {},
}


def script():
    from app.dashboard.screens import approval
    from app.dashboard.session import require_visitor

    require_visitor()
    approval.show()


@pytest.fixture
def screen(published_settings, monkeypatch):
    who = {"stage": "full", "name": "a", "display": "Ayşe", "region": "", "language": "tr"}
    answers = {
        "/me": who,
        "/proposals": {"proposals": [proposal()]},
        "/proposals/4": proposal(),
        "/runs": {"runs": [run(2, "draft", "checked"), run(1, "published", "")]},
        "/runs/1": MAPS,
        "/runs/2": MAPS,
        "/runs/1/checks": {"id": 1, "at": None, "maps": [], "names": {}},
        "/runs/2/checks": CHECKS,
    }
    posted = []

    class Service:
        def __init__(self, *_):
            pass

        def get(self, path, **_):
            return answers[path]

        def post(self, path, body=None):
            posted.append((path, body))
            if isinstance(answers.get("post"), Exception):
                raise answers["post"]
            return {"id": "w1"}

        def file(self, path):
            return path.encode()

    def _open(*, role="head", language="tr", **shown):
        who.update(role=role, language=language)
        if shown:
            answers["/proposals"] = {"proposals": [proposal(**shown)]}
            answers["/proposals/4"] = proposal(**shown)
        return AppTest.from_function(script, default_timeout=SECONDS).run()

    monkeypatch.setattr(session, "Client", Service)
    monkeypatch.setattr(session, "settings", lambda: published_settings)
    return SimpleNamespace(open=_open, answers=answers, posted=posted)


def said(page):
    return "\n".join([e.proto.body for e in page.get("html")] + [e.value for e in [*page.error, *page.info]])


def labels(page):
    return {button.label for button in page.button}


def press(page, label):
    next(button for button in page.button if button.label == label).click()
    return page.run()


def fill(page, label, value):
    boxes = [*page.text_input, *page.text_area]
    next(box for box in boxes if box.label == label).set_value(value)


def test_the_chain_says_who_decided_and_whose_turn_it_is(screen):
    text = said(screen.open())
    assert "sundu · E-1-2 · 1 Mayıs 2026" in text
    assert "sırası burada" in text
    assert text.count("<li class='pl-now'") == 2  # the step of the proposal, and the check of the draft
    assert "40,0 → 20,0" in text
    assert "Merkez SHM" in text


def test_what_people_wrote_is_never_markup(screen):
    text = said(screen.open())
    assert "Yeni &lt;b&gt;merkez&lt;/b&gt;" in text
    assert "<b>" not in text


def test_a_step_is_noted_with_number_and_day(screen):
    page = screen.open()
    fill(page, "EBYS sayısı", "E-9-9")
    fill(page, "EBYS tarihi", "2.5.2026")
    press(page, "Uygun görüldü, bir üste iletildi")
    expected = {"step": "Şube", "verdict": "pass", "reason": "", "ebys_number": "E-9-9"}
    assert screen.posted == [("/proposals/4/step", expected | {"ebys_date": "2026-05-02"})]


def test_it_goes_back_with_a_reason(screen):
    page = screen.open()
    fill(page, "Gerekçe", "Harita eksik")
    press(page, "Gerekçeyle geri gönder")
    expected = {"step": "Şube", "verdict": "return", "reason": "Harita eksik"}
    assert screen.posted == [("/proposals/4/step", expected)]


def test_the_last_step_gives_the_olur(screen):
    assert "Olur verildi" in labels(screen.open(place=2, waits_at="Başkan"))


def test_what_the_service_refuses_is_said(screen):
    screen.answers["post"] = RefusedError("proposals.no_paper")
    page = press(screen.open(), "Uygun görüldü, bir üste iletildi")
    assert "EBYS sayısını ve tarihini yazın" in page.toast[0].value


def test_its_maker_sends_changes_and_withdraws_it(screen):
    own = {"waits_at": "", "mine": True, "my_turn": False}
    page = screen.open(role="manager", state="draft", history=[event("drafted")], **own)
    assert {"Bir üste gönder", "Kaydet", "Geri çek"} <= labels(page)
    fill(page, "EBYS sayısı", "E-1")
    press(page, "Bir üste gönder")
    assert screen.posted[0][0] == "/proposals/4/send"


def test_a_proposal_that_came_back_says_why(screen):
    back = [event("drafted"), paper("sent", "Birim"), event("returned", "Şube", reason="Harita eksik")]
    own = {"waits_at": "", "mine": True, "my_turn": False}
    page = screen.open(role="manager", state="returned", history=back, **own)
    assert "Şube geri gönderdi: Harita eksik" in said(page)
    assert "pl-back" in said(page)


def test_who_only_reads_a_proposal_sees_where_it_is(screen):
    page = screen.open(role="planner", my_turn=False)
    assert "Sıra Şube makamında" in said(page)
    assert not {"Bir üste gönder", "Gerekçeyle geri gönder"} & labels(page)


@pytest.mark.parametrize(
    ("role", "state", "following", "label", "way"),
    [
        ("planner", "draft", "checked", "Denetlendi", "check"),
        ("head", "checked", "approved", "Onayla", "approve"),
        ("head", "approved", "published", "Yayımla ve dondur", "publish"),
    ],
)
def test_a_run_is_moved_by_who_may(screen, role, state, following, label, way):
    screen.answers["/runs"] = {"runs": [run(2, state, following)]}
    page = screen.open(role=role)
    fill(page, "Not", "baktım")
    press(page, label)
    path, body = screen.posted[-1]
    assert (path, body["note"]) == (f"/runs/2/{way}", "baktım")
    assert ("title" in body) == (way == "publish")


def test_who_may_not_is_told_whom_a_run_waits_for(screen):
    screen.answers["/runs"] = {"runs": [run(2, "checked", "approved")]}
    page = screen.open(role="planner")
    assert "daire başkanı onaylar" in said(page)
    assert "Onayla" not in labels(page)


def test_checks_of_a_topic_are_told_and_a_doubted_map_warned_of(screen):
    text = said(screen.open())
    assert "Model bu veriyi iyi açıklamıyor" in text
    assert "yayılmış; aralıklar olduğundan dar olabilir" in text
    assert "Denetim 1 Mayıs 2026 günü yapıldı" in text


def test_suspicious_interviews_and_exact_tests_of_clusters_stand_beside_the_maps(screen):
    text = said(screen.open())
    assert "900 görüşmenin 7 tanesi gözden geçirilmeli" in text
    assert "onlarsız 2 mahallenin" in text
    assert "<td class='pl-n'>0,001</td><td class='pl-n'>&lt; 0,001</td><td class='pl-n'>0,034</td>" in text


def test_a_run_of_records_alone_speaks_of_no_interviews_and_no_clusters(screen):
    bare = {name: part for name, part in MAPS["maps"][0].items() if name != "staff"}
    screen.answers["/runs/2"] = {"maps": [bare], "suspicious": None}
    text = said(screen.open())
    assert "Görüşmeler" not in text
    assert "küme aranan bir kayıt haritası yok" in text


def test_a_run_without_checks_offers_them(screen):
    screen.answers["/runs/2/checks"] = screen.answers["/runs/1/checks"]
    page = screen.open(role="planner")
    press(page, "Denetimi yap")
    assert screen.posted[-1][1]["arguments"] == {"run": 2}


def test_nothing_yet_says_what_comes_first(screen):
    screen.answers |= {"/proposals": {"proposals": []}, "/runs": {"runs": []}}
    text = said(screen.open())
    assert "Öneri yok" in text
    assert "Henüz risk haritası yok" in text


def test_a_field_worker_is_told_that_it_is_not_for_them(screen):
    assert "yetkiniz yok" in screen.open(role="field").error[0].value


@pytest.mark.parametrize("language", ["tr", "en"])
def test_no_message_key_is_left_bare_in_either_language(screen, language):
    text = said(screen.open(language=language))
    assert not re.search(r"\b(approval|documents|siting|report)\.[a-z_]+", text)


def test_a_report_is_asked_for_and_then_offered(screen):
    page = screen.open()
    asked = [button for button in page.button if button.label == "Hazırla"]
    assert len(asked) == 4
    done = {"id": "w1", "state": "done", "stage": "", "share": 1, "result": {"files": ["rapor.pdf"]}}
    screen.answers["/jobs/w1"] = done
    asked[0].click()
    page = page.run()
    assert screen.posted[0][1]["arguments"] == {"report": "book", "language": "tr"}
    assert any("rapor.pdf" in str(element.proto) for element in page.get("download_button"))
