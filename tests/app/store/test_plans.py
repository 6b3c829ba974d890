from app.store.plans import REGION_FIGURES, shown


def place(key, areas):
    return {"key": key, "region_areas": areas, **dict.fromkeys(REGION_FIGURES, 7.0)}


def hidden(result):
    return {p["key"] for kind in ("existing", "new") for p in shown(result)[kind] if p["region_need"] is None}


def test_regions_of_three_neighbourhoods_and_more_keep_their_figures():
    assert hidden({"existing": [place("a", 9)], "new": [place("b", 3)]}) == set()


def test_a_tiny_region_is_hidden_with_the_next_smallest_so_that_no_total_gives_it_back():
    assert hidden({"existing": [place("a", 90), place("c", 20)], "new": [place("b", 2)]}) == {"b", "c"}


def test_two_tiny_regions_cover_for_each_other():
    assert hidden({"existing": [place("a", 90), place("c", 1)], "new": [place("b", 2)]}) == {"b", "c"}


def test_the_plan_itself_is_not_edited():
    result = {"existing": [], "new": [place("b", 1)]}
    shown(result)
    assert result["new"][0]["region_need"] == 7.0
