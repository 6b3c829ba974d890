import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.crosswalk import CrosswalkProblem, InvalidCrosswalk, Link, chain, check_crosswalk, make_crosswalk


def link(old, new, share=1.0):
    return Link(old=old, new=new, share=share)


def test_merge_split_and_rename_keep_the_total():
    walk = make_crosswalk([link("A", "X"), link("B", "X"), link("C", "C1", 0.3), link("C", "C2", 0.7)])
    carried = walk.carry({"A": 10, "B": 5, "C": 100})
    assert carried == pytest.approx({"X": 15, "C1": 30, "C2": 70})


def test_an_area_outside_the_crosswalk_is_named():
    with pytest.raises(LookupError, match="'Z'"):
        make_crosswalk([link("A", "X")]).carry({"Z": 1})


@pytest.mark.parametrize(
    ("links", "problem"),
    [
        ([link("A", "X", 0.4), link("A", "Y", 0.5)], CrosswalkProblem.SHARES_NOT_ONE),
        ([link("A", "X", -0.5), link("A", "Y", 1.5)], CrosswalkProblem.SHARE_OUT_OF_RANGE),
        ([link("A", "X", 0.5), link("A", "X", 0.5)], CrosswalkProblem.PAIR_TWICE),
        ([link("A", "X", float("nan"))], CrosswalkProblem.SHARE_OUT_OF_RANGE),
        ([link("Q", "X"), link("A", "X")], CrosswalkProblem.UNKNOWN_OLD),
        ([link("A", "Q")], CrosswalkProblem.UNKNOWN_NEW),
        ([], CrosswalkProblem.OLD_MISSING),
    ],
)
def test_what_would_lose_or_invent_people_is_refused(links, problem):
    findings = check_crosswalk(links, old=["A"], new=["X", "Y"])
    assert problem in {finding.problem for finding in findings}
    with pytest.raises(InvalidCrosswalk):
        make_crosswalk(links, old=["A"], new=["X", "Y"])


def test_a_chain_equals_two_steps():
    first = make_crosswalk([link("A", "B", 0.25), link("A", "C", 0.75)])
    second = make_crosswalk([link("B", "D"), link("C", "D", 0.5), link("C", "E", 0.5)])
    assert chain(first, second).carry({"A": 80}) == pytest.approx(second.carry(first.carry({"A": 80})))


def test_a_chain_with_a_missing_step_is_refused():
    with pytest.raises(InvalidCrosswalk):
        chain(make_crosswalk([link("A", "B")]), make_crosswalk([link("C", "D")]))


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=6), st.floats(0, 1e7))
def test_any_split_conserves_its_count(weights, count):
    total = sum(weights)
    walk = make_crosswalk(link("A", str(k), w / total) for k, w in enumerate(weights))
    assert sum(walk.carry({"A": count}).values()) == pytest.approx(count, rel=1e-6, abs=1e-6)
