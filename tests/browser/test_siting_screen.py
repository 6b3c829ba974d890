"""A unit manager plans and sends a proposal; the department sends it back; all in a real browser."""

import io
import zipfile

from docx import Document
from playwright.sync_api import expect

CALCULATED_MS = 60_000
NAME = "Bölge planı"


def calculate(visit, label):
    page = visit.page
    page.get_by_role("button", name=label, exact=True).click()
    expect(page.get_by_role("button", name="Bu planı yeniden hesapla")).to_be_enabled(timeout=CALCULATED_MS)
    visit.settle()


def test_a_unit_manager_makes_a_plan_for_the_own_region(visit):
    manager = visit("birim")
    manager.go("yer-secimi")
    page = manager.page
    page.get_by_role("heading", name="Yer seçimi").wait_for()
    manager.settle()
    if not page.get_by_label("Planın adı").count():
        page.get_by_role("combobox", name="Plan").first.click()
        page.get_by_role("option", name="+ Yeni plan").click()
        manager.settle()
    page.get_by_label("Planın adı").fill(NAME)
    page.keyboard.press("Tab")
    manager.settle()
    calculate(manager, "Hesapla")
    page.get_by_role("heading", name=NAME).wait_for()
    assert "kanıtlanmış en iyi plandır" in page.inner_text("body")
    page.frame_locator("iframe").first.locator(".leaflet-container").wait_for()
    assert manager.violations() == []
    page.get_by_label("Kaç yeni merkez?").fill("2")
    page.keyboard.press("Tab")
    manager.settle()
    calculate(manager, "Bu planı yeniden hesapla")
    expect(page.get_by_label("Kaç yeni merkez?")).to_have_value("2")
    page.get_by_role("button", name="Geri al", disabled=False).click(timeout=CALCULATED_MS)
    manager.settle()
    expect(page.get_by_label("Kaç yeni merkez?")).to_have_value("3")
    expect(page.get_by_role("button", name="Geri al")).to_be_disabled()


def test_the_plan_says_how_sure_it_is_for_whom_why_and_in_what_order(visit):
    manager = visit("birim")
    manager.go("yer-secimi")
    page = manager.page
    page.get_by_role("heading", name=NAME).wait_for()
    manager.settle()
    page.get_by_role("tab", name="Ne kadar kesin").click()
    expect(page.get_by_role("region", name="Yerlerin seçilme olasılığı")).to_be_visible()
    page.get_by_role("tab", name="Kim kazanır").click()
    expect(page.get_by_role("img", name="Ortalama ile en uzaktakiler arasında seçim")).to_be_visible()
    page.get_by_text("2: ortalama").click()
    manager.settle()
    expect(page.get_by_role("button", name="Planı bu noktaya göre kur")).to_be_enabled()
    page.get_by_role("tab", name="Seçenekler").click()
    expect(page.get_by_role("region", name="Açılış aşamaları")).to_be_visible()
    page.get_by_role("tab", name="Neden buralar").click()
    expect(page.get_by_role("region", name="Her yerin gerekçesi")).to_be_visible()
    assert manager.violations() == []


def test_a_place_dropped_on_the_map_is_tried(visit):
    manager = visit("birim")
    manager.go("yer-secimi")
    page = manager.page
    page.get_by_role("heading", name=NAME).wait_for()
    manager.settle()
    page.get_by_role("tab", name="Neden buralar").click()
    name = page.get_by_label("Yerin adı")
    expect(page.get_by_label("Enlem")).to_have_value("")
    page.frame_locator("iframe[title*=folium]").locator("body[data-drawn]").wait_for()
    city = page.locator("iframe[title*=folium]")
    city.scroll_into_view_if_needed()
    box = city.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.62, box["y"] + box["height"] * 0.33)
    expect(page.get_by_label("Enlem")).not_to_have_value("", timeout=CALCULATED_MS)
    manager.settle()
    name.fill("Başkanın yeri")
    page.keyboard.press("Tab")
    manager.settle()
    page.get_by_role("button", name="Bu yeri dene").click()
    expect(page.get_by_role("region", name="Denenen yerler")).to_contain_text(
        "Başkanın yeri", timeout=CALCULATED_MS
    )
    page.get_by_role("button", name="Geri al", disabled=False).click(timeout=CALCULATED_MS)
    manager.settle()
    expect(page.get_by_role("region", name="Denenen yerler")).to_have_count(0)


def test_it_becomes_a_proposal_with_its_letter(visit):
    manager = visit("birim")
    manager.go("yer-secimi")
    page = manager.page
    page.get_by_role("heading", name=NAME).wait_for()
    page.get_by_role("tab", name="Öneri", exact=True).click()
    page.get_by_role("textbox", name="Gerekçe").fill("Yol uzun.")
    page.get_by_role("button", name="Öneriyi hazırla").click()
    page.get_by_text("hazırlanıyor").first.wait_for()
    manager.go("onay")
    page.get_by_label("EBYS sayısı").fill("E-1-1")
    page.get_by_role("button", name="Bir üste gönder").click()
    page.get_by_text("sırası burada").wait_for()
    manager.settle()
    page.get_by_role("button", name="Yazıyı ve gerekçesini hazırla").click()
    letter = page.get_by_role("button", name=".docx")
    letter.wait_for(timeout=CALCULATED_MS)
    assert manager.violations() == []
    with page.expect_download() as taken:
        letter.click()
    made = taken.value.path().read_bytes()
    assert zipfile.ZipFile(io.BytesIO(made)).testzip() is None
    text = " ".join(line.text for line in Document(io.BytesIO(made)).paragraphs)
    assert "Yol uzun." in text
    assert "Sayı   : E-1-1" in text


def test_each_step_decides_in_its_turn_and_one_sends_back_with_a_reason(visit):
    head = visit("daire")
    head.go("onay")
    head.page.get_by_text("Sıra Şube Müdürlüğü makamında").wait_for()
    assert head.page.get_by_label("EBYS sayısı").count() == 0
    office = visit("onay")
    office.go("onay")
    page = office.page
    page.get_by_role("heading", name="Şube Müdürlüğü: karar").wait_for()
    assert office.violations() == []
    page.get_by_role("button", name="Uygun görüldü, bir üste iletildi").click()
    page.get_by_text("EBYS sayısını ve tarihini yazın").wait_for()  # no number yet
    office.settle()
    page.get_by_label("EBYS sayısı").fill("E-2-2")
    page.get_by_role("button", name="Uygun görüldü, bir üste iletildi").click()
    page.get_by_role("heading", name="Daire Başkanlığı: karar").wait_for()
    head.go("onay")
    page = head.page
    page.get_by_role("heading", name="Daire Başkanlığı: karar").wait_for()
    head.settle()
    page.get_by_role("textbox", name="Gerekçe").fill("Fotoğraf ekleyin.")
    page.get_by_role("button", name="Gerekçeyle geri gönder").click()
    page.get_by_text("geri geldi").first.wait_for()
    manager = visit("birim")
    manager.go("onay")
    manager.page.get_by_text("Daire Başkanlığı geri gönderdi: Fotoğraf ekleyin.").wait_for()
    assert manager.page.get_by_role("button", name="Bir üste gönder").is_enabled()


def test_the_screens_speak_english_at_a_click(visit):
    planner = visit("plan")
    planner.go("yer-secimi")
    planner.page.get_by_role("heading", name="Yer seçimi").wait_for()
    planner.settle()
    planner.page.get_by_role("button", name="English").click()
    planner.page.get_by_role("tab", name="Who gains").click()
    planner.page.get_by_text("Shorter way").first.wait_for()
    assert planner.violations() == []
    planner.page.get_by_role("button", name="Türkçe").click()
    planner.page.get_by_role("tab", name="Kim kazanır").wait_for()
