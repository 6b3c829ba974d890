import pytest

from app.views.examined import FINE, WARNING, interviews, sentences

GOOD = {
    "predictive": [
        {"name": "zeros", "p": 0.5, "observed": 12.0, "expected": 11.0, "lower": 6.0, "upper": 18.0},
        {"name": "maximum", "p": 0.4, "above": True},
        {"name": "dispersion", "p": 0.3, "observed": 1.1, "expected": 1.0, "lower": 0.9, "upper": 1.2},
        {"name": "moran", "p": 0.2, "observed": 0.01, "expected": 0.0, "lower": -0.1, "upper": 0.1},
    ],
    "uniform_p": 0.4,
    "outlying": [],
    "priors": [{"moved": 0.01, "rank_shift": 0.4}, {"moved": 0.03, "rank_shift": 1.25}],
    "units": [{"correlation": 0.98}, {"correlation": 0.995}],
    "edge": {"areas": 40, "next_in_sds": 0.21},
}


def test_a_good_map_warns_of_nothing():
    said = sentences(GOOD, {}, "tr")
    assert {one.level for one in said} == {FINE}
    assert said[0].text == "Kaydı olmayan mahalle sayısı 12; model 6 ile 18 arasında bekliyor."
    assert "%3,0" in said[6].text
    assert said[-1].text.startswith("Mahalleler ikişer ikişer birleştirilince sıralamanın uyumu 0,98")


def test_a_topic_of_the_survey_is_told_what_was_asked_of_it():
    said = sentences({"predictive": GOOD["predictive"][2:]}, {}, "tr")
    assert [one.text for one in said] == [
        "Mahalleler arasındaki yayılma modelin beklediği kadar.",
        "Modelin açıklayamadığı farklar komşuluğa bakmadan, rastgele dağılıyor.",
    ]


@pytest.mark.parametrize(("verdict", "level"), [("good", FINE), ("mind", WARNING)])
def test_the_index_names_the_choice_that_moves_it_most(verdict, level):
    factors = [{"name": "weights", "total": 0.2}, {"name": "draw", "total": 0.71}]
    moved = {"mean_shift": 61.26, "factors": factors}
    (said,) = sentences({"sensitivity": moved, "verdict": verdict}, {}, "tr")
    assert said.level == level
    assert "ortalama 61,3 basamak" in said.text
    assert "anketin örnekleme hatası (oynamanın %71 kadarı)" in said.text


@pytest.mark.parametrize(("observed", "word"), [(30.0, "gelmiyor olabilir"), (1.0, "düzgün dağılmış")])
def test_too_many_and_too_few_empty_neighbourhoods_are_told_apart(observed, word):
    zeros = {**GOOD["predictive"][0], "p": 0.001, "observed": observed}
    first = sentences({**GOOD, "predictive": [zeros]}, {}, "tr")[0]
    assert first.level == WARNING
    assert word in first.text


def test_outlying_neighbourhoods_are_named_and_the_rest_counted():
    names = {str(code): f"Mahalle {code}" for code in range(12)}
    said = sentences({**GOOD, "outlying": list(names)}, names, "tr")
    (line,) = [one for one in said if one.level == WARNING]
    assert "Mahalle 0, Mahalle 1" in line.text
    assert "ve 4 mahalle daha" in line.text


def test_an_order_that_rests_on_assumptions_is_said_in_english_too():
    said = sentences({**GOOD, "priors": [{"moved": 0.4, "rank_shift": 20.0}]}, {}, "en")
    (line,) = [one for one in said if one.level == WARNING]
    assert line.text.startswith("With other prior assumptions 40.0 %")


@pytest.mark.parametrize(
    ("flagged", "changed", "level", "words"),
    [
        (0, 0, FINE, "hiçbiri olağandan çok kısa"),
        (5, 3, WARNING, "onlarsız 3 mahallenin"),
        (5, None, WARNING, "onlarsız bir harita çizilemiyor"),
    ],
)
def test_interviews_that_look_made_up_are_told_with_what_they_change(flagged, changed, level, words):
    found = {"interviews": flagged, "asked": 90, "short": flagged, "alike": 0, "areas_changed": changed}
    said = interviews(found, "tr")
    assert said.level == level
    assert words in said.text
