"""The gate asks whose session a request is: each time for pages and data, seldom for scripts and styles."""

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from app.web import gate
from app.web.gate import Gate
from app.web.service_call import COOKIE

SCRIPT = "/static/js/index.js"
PAGE = "/risk-haritasi"


class Service:
    """Knows one token, and counts how often it was asked."""

    def __init__(self):
        self.known = True
        self.asked = 0

    async def who(self, token):
        self.asked += 1
        await asyncio.sleep(0)
        return {"stage": "full", "role": "planner"} if self.known and token == "good" else None


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def browser(service):
    behind = PlainTextResponse("behind")
    form = None  # nobody asks for a page as HTML here
    app = Gate(behind, service, form, hosts=["testserver"], routes=[PAGE], secure=False)
    return TestClient(app, cookies={COOKIE: "good"})


def test_a_page_with_its_many_scripts_asks_once(browser, service):
    assert browser.get(PAGE).status_code == 200
    assert [browser.get(SCRIPT).status_code for _ in range(20)] == [200] * 20
    assert service.asked == 1


def test_each_page_and_each_route_asks_anew(browser, service):
    for _ in range(3):
        browser.get(PAGE)
    assert service.asked == 3


def test_who_is_turned_away_once_is_turned_away_from_the_scripts_too(browser, service):
    browser.get(PAGE)
    service.known = False
    assert browser.get(PAGE).status_code == 401
    assert browser.get(SCRIPT).status_code == 401


def test_scripts_ask_again_after_a_moment(browser, service, monkeypatch):
    browser.get(PAGE)
    service.known = False
    monkeypatch.setattr(gate, "ASSETS_SECONDS", 0.0)
    assert browser.get(SCRIPT).status_code == 401


def test_another_token_is_not_taken_for_the_one_remembered(browser, service):
    browser.get(PAGE)
    browser.cookies = {COOKIE: "other"}
    assert browser.get(SCRIPT).status_code == 401


def test_what_is_remembered_does_not_grow(browser, service, monkeypatch):
    monkeypatch.setattr(gate, "MOST_REMEMBERED", 2)
    monkeypatch.setattr(Service, "who", lambda *_: asyncio.sleep(0, {"stage": "full", "role": "planner"}))
    for number in range(9):
        browser.cookies = {COOKIE: f"token{number}"}
        assert browser.get(PAGE).status_code == 200
    assert len(browser.app.lately) <= 2
