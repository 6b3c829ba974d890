"""Small tables of a city: shares, regions, counts."""

import pytest
from sqlalchemy import select

from app.store.logins import Login
from app.store.tables.geo import AreaLink
from app.store.tables.survey import Household

PLACE = {"district": "Town", "neighbourhood": "Quarter"}
CASE = {"key": "Ref", "reason": "Why", "day": "When", **PLACE}


def asked(outcome):
    """The one question of an outcome that asks, and that nothing was stored."""
    assert (outcome.state, outcome.stored) == ("asked", False), outcome
    assert len(outcome.questions) == 1, outcome.questions
    return outcome.questions[0]


def rejected(outcome):
    """Codes of the rejecting problems."""
    return [str(found.code) for found in outcome.problems]


def all_of(store, column):
    with store.session(Login.SERVICE) as session:
        return session.scalars(select(column).order_by(column)).all()


# ------------------------------------------------------------------ crosswalk
LINK = {"valid_from": "From", "old_code": "Old", "new_code": "New", "share": "Part"}


def test_the_shares_of_an_old_area_sum_to_one(send, places_only):
    header = tuple(LINK.values())
    good = [("2026-01-01", "A", "B", "0.25"), ("2026-01-01", "A", "C", "0.75")]
    assert send("crosswalk", header, good, columns=LINK, decimal="point").state == "stored"
    assert all_of(places_only, AreaLink.share) == [0.25, 0.75]
    short = [("2027-01-01", "A", "B", "0.25"), ("2027-01-01", "A", "C", "0.7"), ("2027-01-01", "D", "E", "1")]
    outcome = send("crosswalk", header, short, columns=LINK, decimal="point")
    (sheet,) = outcome.sheets
    assert (sheet.new, sheet.rejected) == (1, 2)
    assert all_of(places_only, AreaLink.share) == [0.25, 0.75, 1]


@pytest.mark.parametrize("share", ["0", "-0.5", "1.5", "nan"])
def test_a_share_outside_its_range_is_refused(send, share):
    outcome = send(
        "crosswalk", tuple(LINK.values()), [("2026-01-01", "A", "B", share)], columns=LINK, decimal="point"
    )
    assert outcome.state == "refused"


# ------------------------------------------------------------------ small lists
def test_an_area_has_one_region(send):
    header, columns = ("Hood", "Region"), {"code": "Hood", "region": "Region"}
    assert send("regions", header, [("R100", "North"), ("R107", "South")], columns=columns).sheets[0].new == 2
    outcome = send("regions", header, [("R100", "North"), ("R100", "South")], columns=columns)
    assert rejected(outcome) == ["source.duplicate_key"]
    assert (outcome.sheets[0].unchanged, outcome.sheets[0].rejected) == (1, 1)
    assert send("regions", header, [("R100", "West")], columns=columns).sheets[0].updated == 1


def test_a_list_may_give_one_value_for_every_row(send, city):
    header, columns = ("HOOD_ID", "HEADS"), {"code": "HOOD_ID", "persons": "HEADS"}
    rows = [(code, 100) for code in city.CODES]
    assert asked(send("population", header, rows, columns=columns)).option.startswith("--year ")
    assert send("population", header, rows, columns=columns, constants={"year": "2024"}).sheets[0].new == 12


def test_a_negative_or_missing_count_is_refused(send):
    header, columns = ("H", "Y", "P"), {"code": "H", "year": "Y", "persons": "P"}
    outcome = send(
        "population", header, [("R100", 2024, -1), ("R107", 2024, ""), ("R114", 2024, 5)], columns=columns
    )
    assert (outcome.sheets[0].new, outcome.sheets[0].rejected) == (1, 2)


def test_the_first_bad_line_does_not_hide_the_second(send, places_only):
    header = ("Ref", "Why", "When", "Town", "Quarter")
    outcome = send("cases", header, [("1", "", "2025-13-45", "Nowhere", "Ağıl")], columns=CASE)
    assert len(rejected(outcome)) == 3
    assert all_of(places_only, Household.id) == []
