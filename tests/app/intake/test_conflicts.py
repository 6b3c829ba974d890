"""One household in several records: all are kept, one counts."""

import csv

from sqlalchemy import text

from app.intake import load
from app.store.logins import Login


def live(store):
    query = "SELECT source_key FROM survey.households WHERE household = '7' AND NOT superseded"
    with store.session(Login.REFRESH) as session:
        return session.scalars(text(query)).all()


def offer(store, path, city, city_options, rows):
    """Send visits of one household; its number stands in a question that the sender names."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([city.SURVEY_COLUMNS.values(), *rows])
    columns = {**city.COLUMNS["survey"], "household": "people"}
    return load("survey", path, options=city_options("survey", columns=columns), store=store, actor="test")


def visit(city, key, day, *, ended="done"):
    answers = (key, city.CODES[0], "c1", "10.5", day, ended, "", "", "", 7, 1, 0, 9000, "y", "n", "gas")
    return answers if ended == "done" else (*answers[:6], "", "", "", 7, *[""] * 6)


def test_two_records_of_one_household_are_both_kept_and_the_later_one_counts(
    places_only, tmp_path, city, city_options
):
    rows = [visit(city, "a", "2026-03-01"), visit(city, "b", "2026-03-09")]
    outcome = offer(places_only, tmp_path / "v.csv", city, city_options, rows)
    assert outcome.sheets[0].new == 2
    assert [str(found.code) for found in outcome.problems].count("survey.household_conflict") == 1
    assert live(places_only) == ["b"]


def test_a_completed_visit_counts_before_a_later_refusal_from_another_file(
    places_only, tmp_path, city, city_options
):
    offer(places_only, tmp_path / "first.csv", city, city_options, [visit(city, "a", "2026-03-01")])
    later = [visit(city, "z", "2026-03-20", ended="refused")]
    offer(places_only, tmp_path / "second.csv", city, city_options, later)
    assert live(places_only) == ["a"]
