"""The form, the steps and the ends of a session, in a real browser."""

import contextlib
import datetime as dt

import pytest
from playwright.sync_api import expect

from app.auth import people
from app.store.session import Store


def test_the_form_leads_a_person_to_the_first_screen_of_the_role(visit):
    field = visit("saha")
    field.page.get_by_role("heading", name="Saha verisi").wait_for()
    assert field.page.url.endswith("/saha-verisi")
    assert field.page.evaluate("document.documentElement.lang") == "tr"
    (cookie,) = [c for c in field.context.cookies() if c["name"] == "__Host-mahalle"]
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Strict")


def test_a_wrong_code_is_told_and_the_name_stays(visit):
    one = visit()
    one.page.goto(f"{one.site.address}/giris")
    one.page.fill("#name", "saha")
    one.page.fill("#secret", "WRON-GWRO-NGWR")
    one.page.click("button")
    assert "birbirini tutmuyor" in one.page.get_by_role("alert").inner_text()
    assert one.page.input_value("#name") == "saha"
    one.wrong = [wrong for wrong in one.wrong if "400 (Bad Request)" not in wrong]


def test_a_shared_link_is_kept_through_signing_in(visit):
    one = visit()
    one.page.goto(f"{one.site.address}/giris?next=/yonetim%3Fbolum%3Djobs")
    one.page.fill("#name", "yonetici")
    one.page.fill("#secret", one.site.codes()["yonetici"])
    one.page.click("button")
    one.page.get_by_role("heading", name="İşler").wait_for()


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"]
)
def test_the_way_on_never_leaves_the_site(visit, elsewhere):
    one = visit()
    one.page.goto(f"{one.site.address}/giris?next={elsewhere}")
    assert one.page.locator("input[name=next]").get_attribute("value") == "/"


def test_a_disabled_person_is_out_at_the_next_click(visit, site):
    one = visit("saha")
    one.page.get_by_role("heading", name="Gönderdikleriniz").wait_for()
    one.settle()  # what the page would still fetch is refused too
    now = dt.datetime.now(dt.UTC)
    with contextlib.closing(Store.open(site.settings)) as store:
        people.disable(store, "saha", actor="test", now=now)
        try:
            one.page.get_by_role("button", name="English").click()
            one.page.get_by_text("Oturumunuz kapandı").wait_for()
            expect(one.page.get_by_role("heading", name="Saha verisi")).to_have_count(0)
        finally:
            people.enable(store, "saha", actor="test")


def test_signing_out_leaves_nothing_behind(visit):
    one = visit("saha")
    one.page.get_by_role("combobox", name="Ne gönderiyorsunuz?").wait_for()
    one.page.get_by_role("heading", name="Gönderdikleriniz").wait_for()
    one.settle()  # what the page would still fetch is refused once the session has ended
    one.page.get_by_role("button", name="Çıkış").click()
    one.page.get_by_text("Oturumunuz kapandı").wait_for()
    answer = one.context.request.get(f"{one.site.address}/saha-verisi")
    assert answer.status == 401


def test_the_language_changes_at_a_click_and_back(visit):
    one = visit("saha")
    one.page.get_by_role("button", name="English").click()
    one.page.get_by_role("heading", name="Field data").wait_for()
    one.page.reload()
    one.page.get_by_role("heading", name="Field data").wait_for()
    assert one.page.evaluate("document.documentElement.lang") == "en"
    one.page.get_by_role("button", name="Türkçe").click()
    one.page.get_by_role("heading", name="Saha verisi").wait_for()


def test_the_form_is_accessible(visit):
    one = visit()
    one.page.goto(f"{one.site.address}/giris")
    assert one.violations() == []
