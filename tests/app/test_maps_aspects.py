import re

import pytest

from app.i18n import say
from app.maps.aspects import CLUSTERS, PALETTES, aspect_labels, aspect_legend, cluster_lines, drawn
from app.views import SHADE_SYMBOLS, SHADES, RiskMap

NEED = RiskMap(key="need", kind="need", year=2026)


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("aspect", SHADES)
def test_every_symbol_has_a_colour_and_a_name(aspect, language):
    labels = aspect_labels(aspect, language=language)
    for symbol in drawn(aspect, SHADE_SYMBOLS) if aspect == CLUSTERS else "12345-0.":
        assert re.fullmatch("#[0-9a-f]{6}", PALETTES[aspect][symbol]["fill"])
        if symbol != ".":
            assert labels[symbol]
            assert "." not in labels[symbol].split()[0] or aspect == CLUSTERS  # no key left untranslated
    assert not any(text.startswith("aspect.") for text in labels.values())


def test_steps_differ_in_colour():
    for aspect, palette in PALETTES.items():
        assert len({palette[step]["fill"] for step in "12345"}) == 5, aspect


def test_the_sixth_cluster_is_drawn_as_the_later_ones():
    assert drawn(CLUSTERS, "1679-0.") == "1555-0."
    assert drawn("rank", "12345-0.") == "12345-0."


def test_a_legend_names_the_worst_step_first_and_counts_areas():
    html = aspect_legend(NEED, "exceedance", {"5": 7, "3": 1200, "0": 2}, language="tr")
    first = html.index(say("aspect.exceedance.step_5", "tr"))
    assert first < html.index(say("aspect.exceedance.step_1", "tr"))
    assert "1.200" in html
    assert say("map.insufficient", "tr") in html
    assert say("aspect.exceedance.step_none", "tr") not in html  # there is no such area


def test_only_clusters_that_there_are_stand_in_the_legend():
    html = aspect_legend(NEED, "clusters", {"1": 12, "2": 4, "-": 100}, language="en")
    assert "cluster 1" in html
    assert "cluster 3" not in html
    assert html.index("cluster 1") < html.index("cluster 2")
    assert "more records" in html
    reach = RiskMap(key="reach", kind="reach", year=2026, higher_is_worse=False)
    assert "fewer apply" in aspect_legend(reach, "clusters", {"1": 12}, language="en")


def test_each_cluster_says_how_likely_chance_is_and_none_says_so():
    about = RiskMap(
        key="reach",
        kind="reach",
        year=2026,
        clusters=({"areas": 14, "p": "< 0.01", "p_overdispersed": "<= 0.05"},),
    )
    assert "14 mahalle, rastlantı olasılığı ≤ 0,05" in cluster_lines(about, language="tr")
    none = RiskMap(key="reach", kind="reach", year=2026, clusters=())
    assert say("aspect.clusters.none", "tr") in cluster_lines(none, language="tr")
