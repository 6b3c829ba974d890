"""The risk screen: what a link may ask for, what a visitor may see, what is said of nothing."""

import contextlib
import dataclasses
import datetime as dt
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from app import views
from app.dashboard import session
from app.dashboard.screens.risk import choice as risk_choice
from app.dashboard.screens.risk.choice import (
    Wish,
    maps_in,
    parts_of,
    resolve,
    section_of,
    sections,
)
from app.dashboard.screens.risk.profile_text import here_html, others_html
from app.dashboard.screens.risk.side import exact_line
from app.errors import RefusedError
from app.store.logins import Login
from app.store.session import Store

SECONDS = 30


@pytest.fixture
def reader(published_settings):
    with contextlib.closing(views.open_reader(published_settings)) as opened:
        yield opened


@pytest.fixture
def run(reader):
    return views.current_run(reader)


def script():
    from app.dashboard.screens import risk
    from app.dashboard.session import require_visitor

    require_visitor()
    risk.show()


@pytest.fixture
def open_screen(published_settings, monkeypatch):
    """Open the screen as somebody, over a store; a stub plays the service and notes what it is asked."""
    asked = []

    class Service:
        def __init__(self, *_):
            pass

        def get(self, path, **_):
            if path == "/me":
                return dict(who)
            asked.append(path)
            return {"value": 0.1234, "lower": 0.1, "upper": 0.15, "unit": "share", "base_note": "not"}

    who = {"stage": "full", "name": "a", "display": "Ayşe", "region": "", "language": "tr"}

    def _open(*, role="planner", language="tr", settings=published_settings, link=None):
        who.update(role=role, language=language)
        monkeypatch.setattr(session, "settings", lambda: settings)
        monkeypatch.setattr("app.dashboard.screens.risk.screen.settings", lambda: settings)
        session.reader.cache_clear()
        page = AppTest.from_function(script, default_timeout=SECONDS)
        for name, value in (link or {}).items():
            page.query_params[name] = value
        return page.run()

    monkeypatch.setattr(session, "Client", Service)
    yield SimpleNamespace(open=_open, asked=asked)
    if session.reader.cache_info().currsize:
        session.reader().close()
    session.reader.cache_clear()


def param(page, name):
    """One parameter of the address, however AppTest gives it."""
    value = page.query_params[name]
    return value[0] if isinstance(value, list) else value


def said(page):
    """All words of a page: HTML, messages, labels."""
    parts = [e.proto.body for e in page.get("html")] + [
        e.value for e in [*page.error, *page.warning, *page.info]
    ]
    return "\n".join(parts)


def test_a_link_is_read_field_by_field_and_nothing_else_of_it():
    wish = Wish.from_link(
        {"harita": "need", "ilce": "Kepez", "mahalle": "2279", "sort": "x", "page": "9", "q": "y"}
    )
    assert wish == Wish(key="need", district="Kepez", code="2279", near="2279")


def test_a_very_long_value_of_a_link_is_ignored():
    assert Wish.from_link({"harita": "a" * 5000}) == Wish()


@pytest.mark.parametrize(
    "hostile", ["' OR 1=1 --", "<script>", "../../etc/passwd", "99999999999999999999", "٣", ""]
)
def test_what_does_not_exist_falls_back_to_the_usual_view(reader, run, hostile):
    wish = Wish.from_link(dict.fromkeys(risk_choice.LINK, hostile))
    found = resolve(reader, wish)
    assert (found.run, found.about.key) == (run, "need")
    assert (found.district, found.code, found.near, found.compare) == ("", "", "", False)


def test_a_link_leads_back_to_the_view_it_was_made_of(reader, made_run):
    area = made_run["areas"].query("district == 'Kepez'").iloc[3]
    link = {
        "calisma": "7",
        "harita": "topic:barinma|sex=female",
        "ilce": "Kepez",
        "mahalle": area["code"],
        "bolge": "0",
        "fark": "1",
    }
    found = resolve(reader, Wish.from_link(link))
    assert found.link() == link
    assert found.about.sex == "female"
    assert not found.zones


def test_a_neighbourhood_of_another_district_is_not_chosen(reader, made_run):
    code = made_run["areas"].query("district == 'Alanya'")["code"].iloc[0]
    assert resolve(reader, Wish(district="Kepez", code=code)).code == ""


def test_a_store_without_a_published_run_is_refused(store):
    with contextlib.closing(views.open_reader(store.settings)) as empty, pytest.raises(RefusedError):
        resolve(empty, Wish())


def test_every_map_is_in_a_section_and_can_be_chosen(reader, run):
    maps = views.describe(reader, run)
    listed = set()
    for section in sections(maps, "tr"):
        for key in maps_in(maps, section, "tr"):
            assert section_of(maps[key]) == section
            listed |= set(parts_of(maps, key, "tr"))
    assert listed == set(maps)


def test_topics_come_in_turkish_order_between_the_overview_and_the_groups(reader, run):
    names = list(sections(views.describe(reader, run), "tr").values())
    assert names[0] == "Genel bakış"
    assert names.index("Barınma") < names.index("Eğitim ve çocuk riski") < names.index("Yoksulluk")
    assert names.index("Yoksulluk") < names.index("Hedef gruplar")


def test_sexes_are_parts_of_a_topic(reader, run):
    parts = parts_of(views.describe(reader, run), "topic:barinma|sex=male", "tr")
    assert list(parts.values()) == ["Tümü", "Kadın", "Erkek"]


def test_a_profile_is_escaped_and_lists_every_map(reader, run, made_run):
    found = views.profile(reader, run, made_run["areas"]["code"].iloc[5])
    found = dataclasses.replace(found, neighbourhood="<img src=x onerror=alert(1)>")
    maps = views.describe(reader, run)
    html = here_html(found, maps["need"], language="tr") + others_html(found, maps, language="tr")
    assert "<img" not in html
    for about in maps.values():
        if not about.sex:
            assert about.title("tr") in html
    assert "Önceki" not in html


def test_an_exact_figure_is_said_with_its_interval_in_the_unit_of_the_map(reader, monkeypatch):
    monkeypatch.setattr("app.dashboard.screens.risk.side.visitor", lambda: SimpleNamespace(language="tr"))
    monkeypatch.setattr(
        "app.dashboard.screens.risk.side.word", lambda key, **f: f"{f['value']} {f['lower']} {f['upper']}"
    )
    found = {"value": 0.1234, "lower": 0.1, "upper": None}
    chosen = resolve(reader, Wish(key="topic:barinma"))
    assert chosen.about.unit == "share"
    assert exact_line(found, chosen) == "12,3 10,0 –"


@pytest.mark.parametrize(("language", "words"), [("tr", "çok yüksek"), ("en", "very high")])
def test_the_screen_shows_the_map_in_force_with_its_legend(open_screen, language, words):
    page = open_screen.open(language=language)
    assert not page.exception
    assert words in said(page)
    assert param(page, "harita") == "need"
    assert len(page.selectbox) == 3  # topic, indicator, district: one run, no parts
    assert open_screen.asked == []


def test_another_topic_shows_its_own_map_and_its_parts(open_screen):
    page = open_screen.open()
    page.selectbox(key="risk_section").set_value("barinma").run()
    assert param(page, "harita") == "topic:barinma"
    page.selectbox(key="risk_part").set_value("topic:barinma|sex=female").run()
    assert param(page, "harita") == "topic:barinma|sex=female"
    assert "Barınma (kadın)" in said(page)


def test_a_shared_link_opens_its_view_with_the_profile(open_screen, made_run):
    area = made_run["areas"].query("district == 'Kepez'").iloc[0]
    page = open_screen.open(link={"ilce": "Kepez", "mahalle": area["code"]})
    assert not page.exception
    assert page.selectbox(key="risk_district").value == "Kepez"
    assert area["name"] in said(page)


@pytest.mark.parametrize(
    ("role", "sees"), [("planner", False), ("manager", True), ("head", True), ("approver", False)]
)
def test_only_who_may_is_offered_the_exact_figure_and_it_is_asked_for_on_request(
    open_screen, made_run, role, sees
):
    code = made_run["areas"]["code"].iloc[9]
    page = open_screen.open(role=role, link={"mahalle": code})
    assert [b.label for b in page.button] == (["Tahmini ve aralığını göster"] if sees else [])
    assert open_screen.asked == []
    if sees:
        page = page.button[0].click().run()
        page = page.toggle(key="risk_zones").set_value(False).run()
        assert open_screen.asked == [f"/values/7/need/{code}"]  # one look, one entry of the audit
        assert "%95" in said(page)
        page = page.selectbox(key="risk_section").set_value("barinma").run()
        assert "%95" not in said(page)


def test_who_may_not_see_maps_is_told_so_and_gets_nothing(open_screen):
    page = open_screen.open(role="field")
    assert [e.value for e in page.error] == [
        "Bu ekranı görmeye yetkiniz yok. Gerekiyorsa sistem yöneticinize başvurun."
    ]
    assert not page.selectbox
    assert "çok yüksek" not in said(page)


def test_before_the_first_publication_the_screen_says_what_comes_first(open_screen, store):
    page = open_screen.open(settings=store.settings)
    assert not page.exception
    assert "Henüz yayımlanmış bir risk haritası yok" in said(page)


def test_the_table_begins_at_the_page_of_the_neighbourhood_that_a_link_names(open_screen, reader, run):
    code = views.table_rows(reader, run, "need", views.Ask())[555].code
    page = open_screen.open(link={"mahalle": code})
    assert page.session_state["risk_wish"].page == 5


def test_a_comparison_without_a_run_before_says_why(open_screen):
    page = open_screen.open()
    page.toggle(key="risk_compare").set_value(True).run()
    assert "Bundan önce yayımlanmış bir harita yok" in said(page)


@pytest.fixture
def two_years(published_settings, fresh_copy, made_run, publish):
    """A store whose map in force is the second, published now."""
    settings = fresh_copy(published_settings)
    run = dataclasses.replace(
        made_run["run"], run_id=8, title="2027 risk haritası", published_at=dt.datetime.now(dt.UTC)
    )
    with contextlib.closing(Store.open(settings)) as opened:
        with opened.session(Login.REFRESH) as changed:
            changed.execute(text("UPDATE agg.runs SET is_current = false"))
        publish(opened, made_run, run=run)
    return settings


def test_an_older_map_says_that_a_newer_one_is_in_force_and_leads_there(open_screen, two_years):
    page = open_screen.open(settings=two_years, link={"calisma": "7"})
    assert "“2026 risk haritası” artık yürürlükte değil; güncel harita: “2027 risk haritası”." in said(page)
    page = page.button[0].click().run()
    assert param(page, "calisma") == "8"
    assert "artık yürürlükte değil" not in said(page)


def test_two_runs_are_compared_in_the_legend(open_screen, two_years):
    page = open_screen.open(settings=two_years)
    page.toggle(key="risk_compare").set_value(True).run()
    assert "sınıfı aynı" in said(page)
    assert param(page, "fark") == "1"


def test_how_sure_a_map_is_can_be_looked_at_and_linked_to(open_screen):
    page = open_screen.open()
    assert "gorunum" not in page.query_params
    page.segmented_control(key="risk_shade").set_value("exceedance").run()
    assert param(page, "gorunum") == "exceedance"
    assert "Kent ortalamasından kötü olma olasılığı" in said(page)
    assert "risk_compare" not in {toggle.key for toggle in page.toggle}  # classes are not what is shown


@pytest.mark.parametrize(("asked", "said_there", "kept"), [("rank", True, True), ("olmayan", False, False)])
def test_a_link_may_ask_for_another_way_to_look(open_screen, asked, said_there, kept):
    page = open_screen.open(link={"gorunum": asked})
    assert ("Sıradaki yeri" in said(page)) is said_there
    assert ("gorunum" in page.query_params) is kept


@pytest.mark.parametrize(("months", "due"), [(1, True), (1200, False)])
def test_a_map_past_its_time_says_so(open_screen, published_settings, months, due):
    settings = published_settings.model_copy(update={"renewal_months": months})
    page = open_screen.open(settings=settings)
    assert ("yenileme zamanı geldi" in said(page)) is due


def test_a_database_that_is_away_is_said_and_no_traceback(open_screen, published_settings, monkeypatch):
    def _away(*_):
        raise RefusedError("server.unreachable", said="x")

    monkeypatch.setattr("app.dashboard.screens.risk.screen.resolve", _away)
    page = open_screen.open()
    assert not page.exception
    assert "Veritabanına ulaşılamadı" in page.error[0].value
