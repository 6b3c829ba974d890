"""Every screen for every role, in both languages: what opens, what stays closed, and that all can read it."""

import contextlib
import re

import pytest
from playwright.sync_api import expect

from app.auth import people
from app.auth.roles import Role
from app.dashboard.places import SCREENS
from app.demo.accounts import ACCOUNTS
from app.i18n import catalogue, say
from app.store.session import Store

TOPS = "|".join(sorted({key.partition(".")[0] for key in catalogue("tr")}))
BARE_KEY = re.compile(rf"\b(?:{TOPS})\.(?!(?:pdf|docx|xlsx|csv|png|zip|md)\b)[a-z_]+\b")
NAMES = {role: name for name, (_, role) in ACCOUNTS.items()}
CLOSED = "Bu ekran size açık değil"
ADMIN_PARTS = ("setup", "users", "indicators", "jobs", "backups", "health")
# who shows a screen best, and the addresses that show all of it; tabs are opened one by one
SHOWN = {
    Role.MANAGER: (
        *("risk-haritasi", "risk-haritasi?mahalle=179803", "risk-haritasi?harita=reach&gorunum=clusters"),
        *("yer-secimi", "onay", "yontem?sayfa=checking"),
    ),
    Role.ADMIN: (
        *(f"saha-verisi?tur={kind}" for kind in ("survey", "areas", "cases")),
        *(f"yonetim?bolum={part}" for part in ADMIN_PARTS),
    ),
    Role.PRIVACY: ("yonetim?bolum=audit",),
    Role.FIELD: ("risk-haritasi",),
}


@pytest.fixture(scope="module")
def states(site, chromium):
    """What each role's browser keeps after signing in; the pages themselves are not waited for."""
    kept = {}
    for name, code in site.codes().items():
        context = chromium.new_context()
        page = context.new_page()
        page.goto(f"{site.address}/giris")
        page.fill("#name", name)
        page.fill("#secret", code)
        with page.expect_navigation(wait_until="commit"):
            page.click("button")
        kept[ACCOUNTS[name][1]] = context.storage_state()
        context.close()
    return kept


def open_all(visit, places):
    """A page for each address, loading side by side."""
    pages = [visit.tab() for _ in places]
    for page, place in zip(pages, places, strict=True):
        page.goto(f"{visit.site.address}/{place}", wait_until="commit")
    for page in pages:
        page.locator("h1").first.wait_for()
        visit.settle(page)
    return pages


@pytest.mark.parametrize("role", list(Role))
def test_a_role_sees_its_own_screens_and_is_told_why_another_is_closed(visit, states, role):
    one = visit(storage_state=states[role])
    own = [screen for screen in SCREENS if screen.opens_for(role)]
    closed = next((screen for screen in SCREENS if not screen.opens_for(role)), None)
    (page,) = open_all(one, [own[0].place])
    links = page.get_by_test_id("stSidebarNavLink")
    assert links.all_inner_texts() == ([say(screen.key, "tr") for screen in own] if len(own) > 1 else [])
    for screen in own:
        if screen is not own[0]:
            links.get_by_text(say(screen.key, "tr")).click()
        expect(page.locator("h1").first).to_have_text(say(screen.key, "tr"))
        one.settle(page)
        assert page.get_by_test_id("stAlertContentError").count() == 0, screen.module
        assert page.get_by_test_id("stException").count() == 0, screen.module
    if closed:
        (page,) = open_all(one, [closed.place])
        expect(page.locator("h1").first).to_have_text(CLOSED)
        assert page.locator("iframe, table, form, input, [role=tab]").count() == 0, closed.module
        expect(page.get_by_role("link", name=say(own[0].key, "tr")).last).to_be_visible()


def test_the_frame_round_the_screens_names_things_as_people_do(visit, states):
    one = visit(storage_state=states[Role.MANAGER])
    (page,) = open_all(one, ["onay"])
    side = page.get_by_test_id("stSidebar")
    expect(side).to_contain_text("Büyükşehir SHM")  # the region by its centre's name, not by its key
    expect(side).to_have_attribute("aria-label", say("own.sidebar", "tr"))
    page.get_by_role("button", name="English").click()
    expect(side).to_have_attribute("aria-label", say("own.sidebar", "en"))
    page.get_by_role("button", name="Türkçe").click()
    expect(side).to_have_attribute("aria-label", say("own.sidebar", "tr"))
    one.settle(page)


def speak(site, language, roles):
    with contextlib.closing(Store.open(site.settings)) as store:
        for role in roles:
            people.set_language(store, NAMES[role], language)


@pytest.mark.parametrize(("role", "language"), [*((role, "tr") for role in SHOWN), (Role.MANAGER, "en")])
def test_no_rule_of_wcag_is_broken_on_any_part(visit, states, site, role, language):
    speak(site, language, [role])
    try:
        one = visit(storage_state=states[role])
        broken = {}
        for place, page in zip(SHOWN[role], open_all(one, SHOWN[role]), strict=True):
            assert page.evaluate("document.documentElement.lang") == language
            broken |= dict(violations_of_parts(one, page, place))
            page.close()
        assert broken == {}
    finally:
        speak(site, "tr", [role])


def violations_of_parts(one, page, place):
    """Rules broken and keys without words, on a screen and on each of its tabs once it is opened."""
    if found := one.violations(page) + BARE_KEY.findall(page.inner_text("body")):
        yield place, found
    for tab in page.get_by_role("tab").all()[1:]:
        tab.click()
        one.settle(page)
        if found := one.violations(page, maps=False) + BARE_KEY.findall(page.inner_text("body")):
            yield f"{place}: {tab.inner_text()}", found
