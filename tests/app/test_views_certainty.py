"""How sure a published map is, as the door tells it: steps, never a figure."""

import contextlib
import dataclasses

import pytest

from app import views
from app.errors import RefusedError
from app.i18n import catalogue
from app.store.logins import Login
from app.store.session import Store
from app.views.certainty import Certainty, rank_symbol
from app.views.published import RiskMap


@pytest.fixture(scope="module")
def reader(published_settings, copy_store):
    with contextlib.closing(views.open_reader(copy_store(published_settings))) as opened:
        yield opened


@pytest.fixture(scope="module")
def run(reader):
    return views.current_run(reader)


def rows(made_run, key):
    return made_run["classes"].query("key == @key").sort_values("code", ignore_index=True)


def test_a_map_says_which_shades_it_has(reader, run):
    assert views.shades(reader, run, "need") == ("exceedance", "rank")
    assert views.shades(reader, run, "reach") == ("exceedance", "rank", "clusters")
    assert views.shades(reader, run, "topic:egitim") == ("exceedance", "rank", "rose")


def test_each_area_has_one_symbol_in_order_of_its_place(reader, run, made_run):
    found = rows(made_run, "reach")
    drawn = {shade: views.shade_string(reader, run, "reach", shade) for shade in views.SHADES}
    for place, row in enumerate(found.itertuples()):
        symbols = [drawn[shade][place] for shade in views.SHADES]
        if row.shown == "insufficient":
            assert symbols == ["0"] * 4
        else:
            assert symbols[0] == str(row.risk_class)
            assert symbols[2:] == ["1" if row.risk_class == 5 else "-", "-"]
    assert {len(text) for text in drawn.values()} == {913}


def test_symbols_are_few_and_counts_are_of_the_map_or_a_district(reader, run, made_run):
    for key in ("need", "reach", "topic:egitim", "indicator:siddet_kaydi"):
        for shade in views.SHADES:
            text = views.shade_string(reader, run, key, shade)
            assert set(text) <= set(views.SHADE_SYMBOLS)
            counts = views.shade_counts(reader, run, key, shade)
            assert sum(counts.values()) == 913
            assert counts["0"] == text.count("0")
    kepez = views.shade_counts(reader, run, "need", "rank", district="Kepez")
    assert sum(kepez.values()) == (made_run["areas"]["district"] == "Kepez").sum()


def test_a_district_map_gives_each_area_its_districts_step(reader, run, made_run):
    text = views.shade_string(reader, run, "indicator:siddet_kaydi", "exceedance")
    pairs = set(zip(made_run["areas"]["district"], text, strict=True))
    assert len(pairs) == 19


def test_what_is_not_there_is_refused(reader, run):
    with pytest.raises(ValueError, match="shade must be one of exceedance"):
        views.shade_string(reader, run, "need", "value")
    with pytest.raises(RefusedError, match=r"risk\.no_map"):
        views.shade_string(reader, run, "need; DROP", "rank")


def test_an_area_that_no_map_knows_is_told_from_one_without_a_class():
    sure = Certainty("5.0-", "1--a", "3--a", "-1-2", "4--1")
    assert sure.symbols("exceedance") == "5.0-"
    assert sure.symbols("rank") == "5.01"
    assert sure.symbols("clusters") == "-.02"
    assert sure.symbols("rose") == "4.01"


@pytest.mark.parametrize(("low", "high", "symbol"), [("1", "3", "5"), ("2", "5", "4"), ("3", "6", "3")])
def test_an_interval_of_tenths_is_told_from_both_ends_alike(low, high, symbol):
    mirrored = ["123456789a"[10 - int(end)] for end in (high, low)]
    assert rank_symbol(low, high) == symbol
    assert rank_symbol(*mirrored) == str(6 - int(symbol))


def test_a_run_published_before_any_of_this_says_nothing(reader, run, copy_store, published_settings):
    settings = copy_store(published_settings)
    with contextlib.closing(views.open_reader(settings)) as opened:
        wipe = (
            "UPDATE agg.classes SET exceedance = NULL, rank_low = NULL, rank_high = NULL, rose = NULL",
            "UPDATE agg.maps SET definition = definition - 'clusters' - 'change'",
        )
        with contextlib.closing(Store.open(settings)) as store, store.session(Login.REFRESH) as session:
            for statement in wipe:
                session.connection().exec_driver_sql(statement)
        assert views.shades(opened, run, "reach") == ()
        code = opened.gazetteer(run).codes[0]
        line = views.profile(opened, run, code).lines["need"]
        assert views.certainty_text(line, views.describe(opened, run)["need"], "tr") == ()


def test_a_profile_says_in_words_how_sure_a_map_is(reader, run, made_run):
    found = rows(made_run, "reach")
    code = found[found["risk_class"] == 5]["code"].iloc[0]
    line = views.profile(reader, run, code).lines["reach"]
    assert (line.exceedance, line.rank_low, line.rank_high, line.cluster) == (5, 1, 3, 1)
    said = views.certainty_text(line, views.describe(reader, run)["reach"], "tr")
    areas = (found["risk_class"] == 5).sum()
    assert said == (
        "Durumu, neredeyse kesin olarak kent ortalamasından kötü.",
        "Mahalleler en kötüden en iyiye dizilip on eşit dilime ayrılırsa, yeri 1. ile 3. dilim arasındadır.",
        f"Başvurunun beklenenden belirgin biçimde az olduğu 1. kümenin içinde ({areas} mahalle).",
        "Bu harita için değişim hesaplanmaz.",
    )


def test_an_area_without_a_class_is_said_nothing_of(reader, run, made_run):
    found = rows(made_run, "reach")
    code = found[found["shown"] == "insufficient"]["code"].iloc[0]
    line = views.profile(reader, run, code).lines["reach"]
    assert views.certainty_text(line, views.describe(reader, run)["reach"], "tr") == ()


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("cluster", [None, 1, 9])
@pytest.mark.parametrize("rose", [None, 1, 2, 3, 4, 5])
def test_every_step_has_words_without_a_gap(language, cluster, rose):
    about = RiskMap(key="reach", kind="reach", year=2026, clusters=({"areas": 7},), higher_is_worse=False)
    for step in range(1, 6):
        line = views.ProfileLine(
            key="reach",
            risk_class=step,
            reliability="A",
            shown="class",
            base="20+",
            before=None,
            exceedance=step,
            rank_low=4,
            rank_high=4,
            cluster=cluster,
            rose=rose,
        )
        said = views.certainty_text(line, about, language)
        assert len(said) == 3 + (rose is not None)
        assert not any("certainty." in text or "{" in text for text in said)


def test_every_reason_for_no_change_has_words():
    reasons = ("first", "same_campaign", "no_campaign", "not_later", "window_unknown", "windows_shared")
    for reason in (*reasons, "no_cases", "too_few", "not_compared"):
        about = RiskMap(key="need", kind="need", year=2026, change={"why_not": reason})
        line = views.ProfileLine(
            key="need",
            risk_class=1,
            reliability="A",
            shown="class",
            base="0",
            before=None,
            exceedance=1,
        )
        assert views.certainty_text(line, about, "tr")[-1] == catalogue("tr")[f"certainty.why_not_{reason}"]


def test_a_map_tells_its_clusters_and_change_apart_from_its_other_words(reader, run):
    maps = views.describe(reader, run)
    assert maps["need"].clusters is None
    assert [set(one) for one in maps["reach"].clusters] == [{"areas", "p", "p_overdispersed"}]
    assert maps["topic:egitim"].change["before"] == "alan-taramasi-2025"
    assert not {"clusters", "change"} & set(maps["reach"].words)


def test_a_profile_line_carries_steps_and_no_figure():
    names = {field.name for field in dataclasses.fields(views.ProfileLine)}
    assert names == {
        *("key", "risk_class", "reliability", "shown", "base", "before"),
        *("exceedance", "rank_low", "rank_high", "cluster", "rose"),
    }
