"""Every way of the service, by every role: made from the table of roles and the list of ways."""

import pytest

from app.auth.roles import Action, Role, may
from app.service.main import WAYS
from app.service.ways import Door

ROLES = [role for role in Role if role is not Role.MANAGER]
NOBODY = "00000000-0000-0000-0000-000000000000"


def filled(path):
    for name, value in (
        ("{id}", NOBODY),
        ("{name}", "nobody"),
        ("{run}", "7"),
        ("{key}", "need"),
        ("{code}", "x"),
    ):
        path = path.replace(name, value)
    return path


SIGNING_IN = (Door.ANYBODY, Door.HALFWAY)


def test_only_signing_in_is_open_without_a_session():
    opened = {way.path for way in WAYS if way.needs in SIGNING_IN}
    steps = {"/sign-in", *(f"/sign-in/{step}" for step in ("second", "password", "enrol", "confirm"))}
    assert opened == {*steps, "/me", "/sign-out"}


@pytest.mark.parametrize("way", [way for way in WAYS if way.needs not in SIGNING_IN], ids=str)
def test_nobody_gets_in_without_a_session(site, way):
    for token in ("", "wrong"):
        answer = site.ask(way.method, filled(way.path), token=token)
        assert answer.status_code == 401, answer.text


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("way", [way for way in WAYS if isinstance(way.needs, Action)], ids=str)
def test_a_role_is_let_through_exactly_where_the_table_says(site, tokens, way, role):
    answer = site.ask(way.method, filled(way.path), token=tokens[role], json={})
    refused = answer.status_code == 403 and answer.json()["error"] == "signin.forbidden"
    assert refused == (not may(role, way.needs)), (answer.status_code, answer.text[:200])
    assert answer.status_code < 500, answer.text


def test_no_two_ways_answer_the_same_question():
    asked = [(way.method, way.path) for way in WAYS]
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("body", [b"[1]", b"{", b"\xff", b"x" * (1 << 20) + b"x"])
def test_a_body_that_makes_no_sense_is_refused_as_such(site, tokens, body):
    answer = site.ask("POST", "/users", token=tokens[Role.ADMIN], content=body)
    assert (answer.status_code, answer.json()["error"]) == (409, "service.bad_body")


def test_a_refused_act_is_noted(site, tokens):
    from sqlalchemy import text

    from app.store.logins import Login

    site.ask("GET", "/users", token=tokens[Role.PLANNER])
    with site.store.session(Login.OWNER) as session:
        last = session.execute(
            text("SELECT actor, action, detail->>'action' FROM audit.events ORDER BY id DESC LIMIT 1")
        ).one()
    assert last[0].startswith("user:planner")
    assert last[1:] == ("refused", "users.manage")
