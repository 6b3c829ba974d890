"""Plans, proposals, runs and documents, asked of the service as people ask."""

import contextlib
import dataclasses
import datetime as dt
import time
import uuid
from pathlib import Path

import pytest
from sqlalchemy import text

from app.auth.roles import Role
from app.errors import ForbiddenError, RefusedError
from app.recommend import RecommendOptions, SaveAs, recommend
from app.refresh import RefreshOptions, move, refresh
from app.service.planning import make_papers, make_plan, make_report
from app.service.work import Job
from app.store import audit, checks, plans
from app.store.logins import Login
from app.store.session import Store

INDICATORS = Path(__file__).parents[2] / "data" / "city" / "indicators.toml"
NOW = dt.datetime(2026, 5, 1, 9, 0, tzinfo=dt.UTC)
JOB_SECONDS = 60


@pytest.fixture(scope="module")
def with_all_roles(city_store, copy_store):
    """The small city in two service regions, with a published map and a draft one."""
    settings = copy_store(city_store, second_factor="off")
    with contextlib.closing(Store.open(settings)) as store:
        with store.session(Login.SERVICE) as session:
            codes = session.execute(text("SELECT code FROM geo.areas ORDER BY code")).scalars().all()
            rows = [{"c": code, "r": "Yaka" if place < 6 else "Öte"} for place, code in enumerate(codes)]
            session.execute(text("INSERT INTO geo.regions (code, region) VALUES (:c, :r)"), rows)
        options = RefreshOptions(indicators=INDICATORS.read_text("utf-8"))
        refresh(store, options, actor="test", now=NOW)
        for state in ("checked", "approved", "published"):
            move(store, 1, state, actor="başkan", now=NOW, title="2026")
        refresh(store, dataclasses.replace(options, seed=1), actor="test", now=NOW)
    return settings


@pytest.fixture(scope="module")
def people(site):
    """Tokens: two planners, two unit managers, the head of department, who notes the steps."""
    return {
        "planner": site.token(Role.PLANNER),
        "other": site.token(Role.PLANNER),
        "manager": site.token(Role.MANAGER, region="Yaka"),
        "far": site.token(Role.MANAGER, region="Öte"),
        "head": site.token(Role.HEAD),
        "approver": site.token(Role.APPROVER),
        "mayor": site.token(Role.APPROVER, steps=("Belediye Başkanı",)),
    }


@pytest.fixture
def ask(site, people):
    def _ask(who, method, path, body=None):
        given = {"json": body} if body is not None else {}
        answer = site.ask(method, path, token=people[who], **given)
        return answer.status_code, answer.json()

    return _ask


def actor_of(site, token):
    name = site.ask("GET", "/me", token=token).json()["name"]
    return f"user:{name}"


@pytest.fixture
def job(site, people):
    """Work as its child process gets it, asked by somebody."""

    def _job(who, region="", **arguments):
        actor = actor_of(site, people[who])
        given = {**arguments, "region": region}
        told = []
        made = Job(
            id=uuid.uuid4(),
            store=site.store,
            arguments=given,
            actor=actor,
            at=NOW,
            tell=lambda stage, share: told.append((stage, share)),
        )
        return made

    return _job


@pytest.fixture
def own_plan(job):
    """A new plan of the unit manager's region."""
    return int(str(make_plan(job("manager", "Yaka", new=1, name="Yaka planı"))["plan"]))


@pytest.fixture
def city_plan(job):
    """A new plan of the planner's for the whole city."""
    return int(str(make_plan(job("planner", new=2, name="Kent planı"))["plan"]))


def test_the_form_is_offered_what_there_is(ask):
    status, found = ask("planner", "GET", "/siting")
    assert status == 200
    assert found["run"]["title"] == "2026"
    assert {"key": "all", "titles": {}} in found["groups"]
    assert [region["key"] for region in found["regions"]] == ["Yaka", "Öte"]
    assert (found["own_region"], ask("manager", "GET", "/siting")[1]["own_region"]) == (None, "Yaka")
    assert len(found["sites"]) == 12
    assert {site["region"] for site in found["sites"]} == {"Yaka", "Öte"}


def test_a_plan_is_made_as_a_job_and_opened(site, ask, people):
    body = {"kind": "recommend", "arguments": {"new": 2, "name": "Sıradan", "alternatives": True}}
    status, asked = ask("planner", "POST", "/jobs", body)
    assert status == 200
    end = time.monotonic() + JOB_SECONDS
    while (found := ask("planner", "GET", f"/jobs/{asked['id']}")[1])["state"] in ("waiting", "running"):
        assert time.monotonic() < end
        time.sleep(0.2)
    assert found["state"] == "done", found["error"]
    plan = ask("planner", "GET", f"/plans/{found['result']['plan']}")[1]
    assert (plan["name"], plan["state"], plan["mine"], plan["stale"]) == ("Sıradan", "draft", True, False)
    assert len(plan["result"]["alternatives"]) == 4
    assert plan["result"]["groups"]["all"]["persons"] % plans.NEED_STEP == 0
    other = site.ask("GET", f"/jobs/{asked['id']}", token=people["other"])
    assert other.json()["error"] == "jobs.unknown"


def test_who_heads_a_unit_plans_for_the_own_region_only(ask, own_plan, city_plan):
    assert ask("manager", "GET", f"/plans/{own_plan}")[1]["region"] == "Yaka"
    assert ask("manager", "GET", f"/plans/{city_plan}")[0] == 200
    status, said = ask("far", "GET", f"/plans/{own_plan}")
    assert (status, said["error"]) == (403, "plans.not_your_region")
    listed = {plan["id"] for plan in ask("far", "GET", "/plans")[1]["plans"]}
    assert city_plan in listed
    assert own_plan not in listed
    said = ask("manager", "POST", f"/plans/{city_plan}/copy", {"name": "x"})[1]
    assert said["error"] == "plans.other_region"


def test_a_manager_cannot_ask_for_another_region(job, site):
    made = make_plan(job("manager", "Yaka", new=1, for_region="Öte"))
    with site.store.session(Login.SERVICE) as session:
        assert plans.get(session, int(str(made["plan"]))).region == "Yaka"


@pytest.mark.parametrize(
    "body",
    [{"new": 0}, {"new": 51}, {"new": "3"}, {"new": True}, {"new": 1, "groups": ["x"]}, {}],
)
def test_a_request_that_makes_no_sense_is_refused(job, body):
    with pytest.raises(RefusedError, match=r"service\.bad_field"):
        make_plan(job("planner", **body))


def test_only_its_maker_changes_a_plan(ask, job, city_plan):
    with pytest.raises(ForbiddenError, match=r"plans\.not_yours"):
        make_plan(job("other", new=1, plan_id=city_plan))
    for way in ("name", "undo", "withdraw"):
        status, said = ask("other", "POST", f"/plans/{city_plan}/{way}", {"name": "x"})
        assert (status, said["error"]) == (403, "plans.not_yours"), way
    assert ask("other", "POST", f"/plans/{city_plan}/copy", {"name": "Benim"})[0] == 200
    assert make_plan(job("planner", new=1, plan_id=city_plan)) == {"plan": city_plan}
    assert ask("planner", "POST", f"/plans/{city_plan}/name", {"name": "Yeni ad"})[0] == 200
    plan = ask("planner", "GET", f"/plans/{city_plan}")[1]
    assert (plan["name"], len(plan["history"]), len(plan["result"]["new"])) == ("Yeni ad", 3, 1)
    ask("planner", "POST", f"/plans/{city_plan}/undo", {})
    ask("planner", "POST", f"/plans/{city_plan}/undo", {})
    plan = ask("planner", "GET", f"/plans/{city_plan}")[1]
    assert (plan["name"], len(plan["result"]["new"]), plan["can_undo"]) == ("Kent planı", 2, False)


def test_two_plans_are_read_side_by_side(ask, city_plan, own_plan):
    status, found = ask("planner", "GET", f"/plans/{city_plan}/compare/{own_plan}")
    assert status == 200
    assert found["alike"] is False
    assert {row["group"] for row in found["groups"]} >= {"all"}
    assert ask("far", "GET", f"/plans/{city_plan}/compare/{own_plan}")[1]["error"] == "plans.not_your_region"


def test_a_plan_is_published_and_taken_back_by_the_head(ask, city_plan):
    assert ask("planner", "POST", f"/plans/{city_plan}/publish", {})[0] == 403
    assert ask("head", "POST", f"/plans/{city_plan}/publish", {})[0] == 200
    assert ask("planner", "POST", f"/plans/{city_plan}/withdraw", {})[0] == 403
    assert ask("head", "POST", f"/plans/{city_plan}/unpublish", {"reason": "eskidi"})[0] == 200
    assert ask("planner", "GET", f"/plans/{city_plan}")[1]["state"] == "withdrawn"


PAPER = {"ebys_number": "E-1-2", "ebys_date": "2026-05-02"}


def test_a_unit_sends_up_and_the_chain_sends_back(ask, own_plan):
    status, made = ask("manager", "POST", "/proposals", {"plan": own_plan, "subject": "Merkez"})
    assert status == 200, made
    number = made["id"]
    said = ask("manager", "POST", f"/proposals/{number}/send", PAPER | {"ebys_date": "dün"})[1]
    assert said["error"] == "proposals.no_day"
    sent = ask("manager", "POST", f"/proposals/{number}/send", PAPER)[1]
    assert sent["waits_at"] == made["chain"][1]
    assert ask("manager", "POST", f"/proposals/{number}/step", {"step": sent["waits_at"]})[0] == 403
    assert ask("far", "GET", f"/proposals/{number}")[1]["error"] == "plans.not_your_region"
    back = {"step": sent["waits_at"], "verdict": "return", "reason": "Haritayı ekleyin"}
    for other in ("mayor", "head"):  # each notes the own steps, not whichever has its turn
        assert ask(other, "POST", f"/proposals/{number}/step", back)[1]["error"] == "proposals.not_your_step"
        assert ask(other, "GET", f"/proposals/{number}")[1]["my_turn"] is False
    assert ask("approver", "GET", f"/proposals/{number}")[1]["my_turn"] is True
    assert ask("approver", "POST", f"/proposals/{number}/step", back)[1]["state"] == "returned"
    edited = ask("manager", "POST", f"/proposals/{number}/content", {"subject": "Merkez", "reason": "Yeni"})
    assert edited[1]["content"]["reason"] == "Yeni"
    shown = ask("approver", "GET", f"/proposals/{number}")[1]
    assert shown["brief"]["new"][0]["name"]
    assert [event["decision"] for event in shown["history"]] == ["drafted", "sent", "returned", "edited"]
    taken = ask("manager", "POST", f"/proposals/{number}/withdraw", {"reason": "Vazgeçildi"})[1]
    assert taken["state"] == "withdrawn"


def test_the_head_proposes_formally_and_only_makers_send(ask, city_plan):
    assert ask("planner", "POST", "/proposals", {"plan": city_plan, "subject": "x"})[0] == 403
    denied = ask("manager", "POST", "/proposals", {"plan": city_plan, "subject": "x"})[1]
    assert denied["error"] == "plans.not_your_region"
    made = ask("head", "POST", "/proposals/formal", {"plan": city_plan, "subject": "Kent"})[1]
    assert made["chain"][made["first"]] == "Daire Başkanlığı"
    assert (
        ask("approver", "POST", f"/proposals/{made['id']}/send", PAPER)[1]["error"] == "proposals.not_yours"
    )
    sent = ask("head", "POST", f"/proposals/{made['id']}/send", PAPER)[1]
    assert sent["state"] == "sent"
    wrong = {"step": sent["waits_at"], "verdict": "perhaps"}
    assert ask("approver", "POST", f"/proposals/{made['id']}/step", wrong)[1]["error"] == "service.bad_field"
    assert ask("head", "POST", "/proposals/formal", {"plan": "x", "subject": "y"})[0] == 409


def test_a_run_is_moved_with_a_note_and_published_under_a_name(ask):
    found = ask("head", "GET", "/runs")[1]["runs"]
    assert [run["next"] for run in found] == ["checked", ""]
    maps = ask("planner", "GET", "/runs/2")[1]["maps"]
    assert all(sum(one["counts_by_class"]) >= 0 and one["title"]["tr"] for one in maps)
    assert [one["key"] for one in maps if "staff" in one]
    assert ask("planner", "POST", "/runs/2/check", {})[1]["error"] == "approval.no_note"
    assert ask("planner", "POST", "/runs/2/check", {"note": "x" * 1001})[1]["error"] == "approval.long_note"
    assert ask("planner", "POST", "/runs/2/check", {"note": "Sayılara baktım"})[0] == 200
    assert ask("planner", "POST", "/runs/2/approve", {"note": "evet"})[0] == 403
    assert ask("head", "POST", "/runs/2/approve", {"note": "Karar 5"})[0] == 200
    assert ask("head", "POST", "/runs/2/publish", {"title": " "})[1]["error"] == "approval.no_title"
    steps = ask("head", "GET", "/runs")[1]["runs"][0]["steps"]
    assert [(step["state"], step["note"]) for step in steps][1:] == [
        ("checked", "Sayılara baktım"),
        ("approved", "Karar 5"),
    ]


def test_checks_are_told_with_names_where_the_map_is_of_records(ask, site):
    assert ask("planner", "GET", "/runs/2/checks")[1]["maps"] == []
    with site.store.session(Login.REFRESH) as session:
        code = session.scalar(text("SELECT min(code) FROM geo.areas"))
        kept = [{"key": "reach", "outlying": [code]}, {"key": "topic:care"}]  # a topic leaves no area out
        checks.save(session, 2, kept, actor="test", at=NOW)
    found = ask("planner", "GET", "/runs/2/checks")[1]
    assert found["at"].startswith("2026-05-01")
    assert [one["key"] for one in found["maps"]] == ["reach", "topic:care"]
    assert list(found["names"]) == [code]


def test_documents_are_made_for_who_may_read_the_plan(job, ask, own_plan):
    made = job("manager", "Yaka", plan=own_plan, language="tr")
    assert make_papers(made) == {"files": [f"plan-{own_plan}.pdf", f"plan-{own_plan}-meclis.pdf"]}
    assert (made.folder / f"plan-{own_plan}.pdf").read_bytes()[:4] == b"%PDF"
    with pytest.raises(ForbiddenError, match=r"plans\.not_your_region"):
        make_papers(job("far", "Öte", plan=own_plan))
    number = ask("manager", "POST", "/proposals", {"plan": own_plan, "subject": "Merkez"})[1]["id"]
    files = make_papers(job("manager", "Yaka", proposal=number))["files"]
    assert files == [f"oneri-{number}.docx", f"oneri-{number}-gerekce.pdf", f"oneri-{number}-meclis.pdf"]
    with pytest.raises(ForbiddenError, match=r"plans\.not_your_region"):
        make_papers(job("far", "Öte", proposal=number))


@pytest.mark.parametrize(
    ("report", "files"),
    [
        ("risk-map", ["risk-haritasi.docx", "risk-haritasi.xlsx"]),
        ("recommendations", ["hizmet-onerileri.docx", "hizmet-onerileri.xlsx"]),
        ("activity", ["faaliyet-raporu.docx", "faaliyet-raporu.xlsx"]),
        ("book", ["rapor.pdf"]),
    ],
)
def test_reports_are_made_and_their_taking_is_noted(site, job, report, files):
    assert make_report(job("head", report=report))["files"] == files
    with site.store.session(Login.SERVICE) as session:
        query = "SELECT detail FROM audit.events WHERE action = 'document' ORDER BY id DESC LIMIT 1"
        assert session.execute(text(query)).scalar() == {"files": files}
        assert audit.first_broken(session) is None


def test_a_report_that_does_not_exist_is_refused(job):
    with pytest.raises(RefusedError, match=r"documents\.no_kind"):
        make_report(job("head", report="../etc"))


def test_a_manager_without_a_region_sees_nothing(site):
    token = site.token(Role.MANAGER, region="Yaka")
    with site.store.session(Login.SERVICE) as session:
        session.execute(
            text("UPDATE auth.users SET region = '' WHERE name = :n"),
            {"n": site.ask("GET", "/me", token=token).json()["name"]},
        )
    assert site.ask("GET", "/plans", token=token).json()["error"] == "plans.no_own_region"


def test_an_older_map_makes_a_plan_stale(site, ask):
    with site.store.session(Login.SERVICE) as session:
        session.execute(text("UPDATE plan.runs SET state = 'approved' WHERE id = 2"))
    made = recommend(
        site.store, RecommendOptions(new=1, run_id=2), actor="x", now=NOW, save=SaveAs(name="Eski")
    )
    assert ask("planner", "GET", f"/plans/{made['plan']}")[1]["stale"] is True
