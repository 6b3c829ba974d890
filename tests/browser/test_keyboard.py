"""Map, table and plan without a mouse: Tab, arrows, letters and Enter, and no trap on the way."""

from playwright.sync_api import expect

STOPS = 90  # more Tabs than any screen has stops
CALCULATED_MS = 60_000
NAME = "Klavyeyle plan"


def tab_to(page, goal):
    """Press Tab until something is focused; where it never is, the way is closed or a trap."""
    for _ in range(STOPS):
        if goal.count() and goal.first.evaluate(
            "node => node === (node.getRootNode().activeElement || document.activeElement)"
        ):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {goal}")


def pick(visit, label, option):
    """Choose from a list by letters."""
    tab_to(visit.page, visit.page.get_by_role("combobox", name=label, exact=True))
    visit.page.keyboard.type(option)
    visit.page.get_by_role("option", name=option).first.wait_for()
    visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("Enter")
    visit.settle()


def read_the_riskiest(visit, district):
    """The first row of a district's table, and what its profile says of reliability."""
    page = visit.page
    pick(visit, "İlçe", district)
    page.get_by_role("heading", name=f"Mahalleler – {district}").wait_for()
    row = page.locator(".scroll tbody tr").first
    expect(row.locator("td").first).to_have_text(district)
    tab_to(page, page.locator(".scroll tbody button"))
    name = row.get_by_role("button").inner_text()
    page.keyboard.press("Enter")
    profile = page.locator(".mh-profile")
    expect(profile.get_by_role("heading").first).to_have_text(name)
    expect(page.locator("tbody tr.chosen button")).to_be_focused()
    return profile.inner_text()


def test_a_planner_reads_the_map_and_makes_a_plan_without_a_mouse(visit):
    planner = visit("plan")
    page = planner.page
    page.frame_locator("iframe[title*=folium]").locator("body[data-drawn]").wait_for()
    planner.settle()
    said = read_the_riskiest(planner, "Akseki")
    assert "çok yüksek" in said
    assert "güvenilirlik" in said

    tab_to(page, page.get_by_role("link", name="Yer seçimi"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Yer seçimi").wait_for()
    planner.settle()
    pick(planner, "Plan", "+ Yeni plan")
    tab_to(page, page.get_by_label("Planın adı"))
    page.keyboard.type(NAME)
    page.keyboard.press("Enter")
    planner.settle()
    assert planner.violations() == []  # the form of a new plan
    tab_to(page, page.get_by_role("button", name="Hesapla", exact=True))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=NAME).wait_for(timeout=CALCULATED_MS)
    planner.settle()
    tab_to(page, page.get_by_role("tab", name="Merkezler"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Kim kazanır")).to_have_attribute("aria-selected", "true")
