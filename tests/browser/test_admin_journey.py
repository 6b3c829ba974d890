"""An administrator takes an empty installation to its first published map, by the pages alone."""

import contextlib
import datetime as dt
from importlib import resources

import pytest
from playwright.sync_api import expect

from app.auth import people
from app.auth.people import NewUser
from app.auth.roles import Role
from app.demo import cases, households
from app.demo.files import FILES, write
from app.store.session import Store

LONG_MS = 120_000
PASSWORD = "uzun bir yolun basinda"
FEWER = {"COMPLETED": 3_000, "NOT_COMPLETED": 600, "SAMPLED_AREAS": 150}
KINDS = {
    "areas": "Mahalle sınırları",
    "population": "Nüfus",
    "groups": "İlçe grupları",
    "centres": "Merkezler",
    "sites": "Aday yapılar",
    "form": "Soru formu",
    "survey": "Alan taraması sonuçları",
    "cases": "Başvuru ve ihbarlar",
}
INDICATORS = resources.files("app.demo.data").joinpath("indicators.toml").read_text("utf-8")


@pytest.fixture(scope="module")
def empty(cluster, copy_store):
    """Settings of an installation with nothing in it but an administrator's code."""
    return copy_store(cluster, language="tr", second_factor="off")


@pytest.fixture(scope="module")
def site(empty, start_site):
    """The product over the empty installation."""
    with start_site(empty) as running:
        yield running


@pytest.fixture
def code(empty):
    """The first administrator's one-time code, as the console printed it."""
    with contextlib.closing(Store.open(empty)) as store:
        new = NewUser(name="ilk", display="İlk Yönetici", role=Role.ADMIN)
        return people.add(store, new, actor="test", now=dt.datetime.now(dt.UTC)).code


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The generated city's files, with a smaller survey and fewer cases: the way through is the same."""
    for name, number in FEWER.items():
        monkeypatch.setattr(households, name, number)
    monkeypatch.setattr(cases, "CASES", 6_000)
    write(tmp_path)
    return tmp_path


@pytest.mark.long
def test_from_nothing_to_a_published_map(visit, code, files):
    one = visit()
    set_password(one, code)
    check_list(one, done=0)
    for kind in ("areas", "population", "groups", "centres", "sites", "form"):
        load(one, kind, files / FILES[kind])
    use_indicators(one)
    for kind in ("survey", "cases"):
        load(one, kind, files / FILES[kind])
    check_list(one, done=8)
    assert one.violations() == []
    make_draft(one)
    publish(one)
    check_list(one, done=10)
    one.go("risk-haritasi")
    one.page.get_by_text("İlk harita").first.wait_for()
    one.page.frame_locator("iframe[title*=folium]").locator("body[data-drawn]").wait_for()


def set_password(one, code):
    """A code asks for a password; a weak one is refused with words."""
    page = one.page
    page.goto(f"{one.site.address}/giris")
    page.fill("#name", "ilk")
    page.fill("#secret", code)
    page.click("button")
    page.fill("#password", "kisa")
    page.fill("#again", "kisa")
    page.click("button")
    assert "en az 12" in page.get_by_role("alert").inner_text()
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("button")
    page.get_by_test_id("stSidebar").get_by_role("button").last.wait_for()
    one.wrong = [wrong for wrong in one.wrong if "400 (Bad Request)" not in wrong]


def check_list(one, *, done):
    one.go("yonetim")
    one.page.get_by_text(f"10 adımdan {done} tanesi tamam").wait_for()


def load(one, kind, path):
    """Send one file the way a person does, from the checklist's own link."""
    page = one.page
    one.go(f"saha-verisi?tur={kind}")
    expect(page.get_by_role("combobox", name="Ne gönderiyorsunuz?")).to_have_value(KINDS[kind])
    if kind == "areas":
        page.get_by_label("Sınırlar resmî değil").check(force=True)
        one.settle()
    page.set_input_files("input[type=file]", path)
    store = page.get_by_role("button", name="Kaydet", exact=True)
    store.wait_for(timeout=LONG_MS)
    store.click()
    page.get_by_text("Kaydedildi:").wait_for(timeout=LONG_MS)
    page.get_by_role("button", name="Kapat").click()
    one.settle()


def use_indicators(one):
    page = one.page
    one.go("yonetim?bolum=indicators")
    page.get_by_label("Gösterge dosyası (TOML)").fill(INDICATORS.replace("${yas}", "${yaş_yok}"))
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Denetle", exact=True).click()
    page.get_by_text("Bazı satırlar forma uymuyor").wait_for()
    page.get_by_label("Gösterge dosyası (TOML)").fill(INDICATORS)
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Denetle ve kullan").click()
    page.get_by_text("Göstergeler kaydedildi").wait_for()


def make_draft(one):
    one.page.get_by_role("button", name="Taslak harita üret").click()
    one.page.get_by_text("numaralı taslak hazır: 913 mahalle").wait_for(timeout=LONG_MS)
    one.page.get_by_role("link", name="Onay ekranında gözden geçirin").click()
    one.page.wait_for_url("**/onay**")


def publish(one):
    page = one.page
    one.settle()
    page.get_by_role("button", name="Denetlendi", exact=True).click()
    page.get_by_text("Bir not yazın").wait_for()
    for step in ("Denetlendi", "Onayla"):
        page.get_by_label("Not", exact=True).fill("Bütün haritalara bakıldı.")
        page.get_by_role("button", name=step, exact=True).click()
        one.settle()
    page.get_by_label("Haritanın adı").fill("İlk harita")
    page.get_by_label("Not", exact=True).fill("Birinci toplantı.")
    page.get_by_role("button", name="Yayımla ve dondur").click()
    page.get_by_text("Bu harita dondurulmuştur").wait_for()
