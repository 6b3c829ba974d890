"""The PDF, judged by the text a reader can copy out of it."""

import contextlib
import dataclasses
import datetime as dt
import time

import pandas as pd
import pytest
from pypdf import PdfReader

from app.errors import RefusedError
from app.report import blocks, risk, siting, write_report
from app.report.pictures import panels
from app.store.session import Store
from app.views import read_contents


@pytest.fixture(scope="module")
def contents(published_settings):
    with contextlib.closing(Store.open(published_settings)) as store:
        return read_contents(store)


@pytest.fixture(scope="module")
def made(published_settings, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.pdf"
    with contextlib.closing(Store.open(published_settings)) as store:
        start = time.perf_counter()
        write_report(store, path, "tr")
    return path, time.perf_counter() - start


@pytest.fixture(scope="module")
def pages(made):
    with PdfReader(made[0]) as reader:
        return [" ".join(page.extract_text().split()) for page in reader.pages]


def cells(block):
    return {row[0]: row[1:] for row in block["rows"]}


def test_it_takes_less_than_six_seconds(made):
    assert made[1] < 6 * 2  # six on a quiet machine; tests share theirs


def test_turkish_letters_come_out(pages):
    text = " ".join(pages)
    for word in ("Yaşlılık", "Sağlık", "Çocuklar", "İçindekiler", "Gündoğmuş", "Kaş", "ölçülmez", "sınıf"):
        assert word in text


def test_every_chapter_has_its_page(pages):
    text = " ".join(pages)
    for chapter in (
        "Bu rapor nedir",
        "Konulara göre",
        "Gruplara göre",
        "Endeks, erişim ve kayıtlar",
        "Tahminler ne kadar güvenilir",
        "Önceki haritadan bu yana",
        "Risk bölgeleri",
        "Merkez önerisi",
        "Yöntem",
        "Veri kaynakları",
    ):
        assert text.count(chapter) >= 2, chapter  # in the contents and as a heading


def test_every_page_of_a_simulation_says_so(pages):
    assert [number for number, text in enumerate(pages, start=1) if "BENZETİM" not in text] == []


def test_it_never_claims_the_ministrys_score(pages, published_settings):
    text = " ".join(pages)
    assert "Bakanlığın puanlama kılavuzuna göre yapılmış değildir" in text
    assert published_settings.legal_basis in text


def test_the_plan_is_told_with_its_proof(pages, made_run):
    text = " ".join(pages)
    for site in made_run["plan"]["new"]:
        assert site["name"] in text
    assert "matematiksel olarak kanıtlanmış en iyi plandır" in text
    assert "30,1 dakikadan 22,3 dakikaya" in text
    assert "312.000 kişi-dakikadır" in text


def test_fonts_are_embedded_and_travel_with_the_file(made):
    with PdfReader(made[0]) as reader:
        fonts = [font.get_object() for font in reader.pages[2]["/Resources"]["/Font"].values()]
        inner = [font["/DescendantFonts"][0].get_object() for font in fonts]
        assert inner
        assert all({"/FontFile2", "/FontFile3"} & set(font["/FontDescriptor"].get_object()) for font in inner)


def test_the_same_run_gives_the_same_file(made, published_store, tmp_path):
    again = write_report(published_store, tmp_path / "deep" / "again.pdf", "tr")
    assert again.read_bytes() == made[0].read_bytes()
    assert [path.name for path in again.parent.iterdir()] == ["again.pdf"]


def test_without_a_plan_it_says_how_to_get_one(contents):
    chapters = siting.chapters(dataclasses.replace(contents, plan=None), None, "tr")
    assert "mahalle recommend" in chapters[0]["blocks"][0]["text"]


def test_a_plan_stopped_by_the_clock_tells_its_gap(contents):
    plan = dict(contents.plan) | {"gap": 0.0123, "unserved": ["1", "2"]}
    text = " ".join(siting.proof(plan, "tr"))
    assert "en çok yüzde 1,23 geridedir" in text
    assert "2 mahalle hiçbir merkeze ulaşamamaktadır" in text


def test_a_city_without_centres_has_dashes_before(contents):
    plan = dict(contents.plan) | {
        "before": {"mean_minutes": None, "p95_minutes": None, "person_minutes": None}
    }
    assert any("– dakikadan 22,3" in line for line in siting.proof(plan, "tr"))


def test_change_counts_how_far_each_area_moved(contents):
    now = contents.of("need")
    level = now["risk_class"]
    before = now.assign(risk_class=(level - 1).where(level > 1, 5))
    known = int(level.notna().sum())
    table = cells(risk.change(contents, before, "en")["blocks"][1])
    assert table["worse by one class"] == [str(int((level > 1).sum()))]
    assert table["better by two classes or more"] == [str(int((level == 1).sum()))]
    assert table["not comparable (new area or insufficient data)"] == [str(913 - known)]


def test_the_run_published_before_is_found_and_compared(
    published_settings, copy_store, made_run, publish, tmp_path
):
    run = dataclasses.replace(
        made_run["run"], run_id=5, is_current=False, published_at=dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
    )
    with contextlib.closing(Store.open(copy_store(published_settings))) as store:
        publish(store, made_run, run=run)
        with PdfReader(write_report(store, tmp_path / "r.pdf", "en")) as reader:
            text = " ".join(page.extract_text() for page in reader.pages)
    assert "in the same class" in text
    assert "first published map" not in text


def test_districts_are_ordered_by_their_share_of_high_classes():
    found = pd.DataFrame(
        {
            "district": ["A", "A", "B", "B", "C"],
            "risk_class": pd.array([1, 5, 5, 4, None], dtype="Int8"),
        }
    )
    table = risk._by_district(found, "en")
    assert [row[0] for row in table["rows"]] == ["B", "A", "C"]
    assert cells(table)["A"] == ["1", "0", "0", "0", "1", "0", "2"]


def test_zones_are_told_worst_first_with_their_people(contents, made_run):
    rows = risk.zones(contents, "en")[0]["blocks"][1]["rows"]
    shares = [int(row[-1].rstrip("%")) for row in rows]
    assert shares == sorted(shares, reverse=True)
    people = sum(int(row[3].replace(",", "")) for row in rows)
    assert people == made_run["areas"]["population"].sum()
    assert risk.zones(dataclasses.replace(contents, zones=contents.zones.iloc[:0]), "en") == []


def test_groups_are_named_and_cells_of_age_and_sex_come_last(contents):
    figures = contents.plan["groups"]["cocuk"]
    plan = dict(contents.plan) | {"groups": dict.fromkeys(("female 65+", "all", "cocuk", "other"), figures)}
    rows = siting.gains(plan, contents, "tr")["rows"]
    assert [row[0] for row in rows] == ["Herkes", "Çocuklar", "kadın 65+", "other"]


def test_whose_need_is_served_is_said(contents):
    weights = {"group": "yasli", "priority": {"kadin": 2.0}, "unit": "visits a year"}
    line = siting.served(dict(contents.plan) | {"weights": weights}, contents, "tr")
    assert line.startswith("Yakınlaştırılmak istenen: Yaşlılar. Ağırlık, yıllık beklenen ziyaret")
    assert "Kadınlar x 2,0" in line
    assert "Herkes" in siting.served(dict(contents.plan) | {"weights": {}}, contents, "tr")


def test_reach_by_channel_stays_in_the_workbook(contents):
    reach = next(about for about in contents.maps if about.key == "reach")
    channel = dataclasses.replace(reach, key="reach|channel=telefon", titles={"en": "Reach: telefon"})
    more = dataclasses.replace(contents, maps=[*contents.maps, channel])
    assert reach in panels(more)["others"]
    assert channel not in panels(more)["others"]
    assert "Reach: telefon" not in cells(risk.reliability(more, "en")["blocks"][2])


def test_values_without_a_word_stand_for_themselves():
    assert siting.word("report.ownership", "rented", "tr") == "kiralık"
    assert siting.word("report.ownership", "vakıf", "tr") == "vakıf"
    assert siting.word("report.answer", False, "en") == "no"
    assert siting.word("report.answer", None, "en") == "–"
    assert blocks.callout("x") == {"kind": "callout", "text": "x"}


def test_without_a_published_run_there_is_no_report(store, tmp_path):
    with pytest.raises(RefusedError, match=r"views\.no_run"):
        write_report(store, tmp_path / "r.pdf", "tr")
    assert not list(tmp_path.iterdir())
