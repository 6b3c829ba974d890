"""Figures and days of the siting and approval screens, as people write them."""

from types import SimpleNamespace

from app.dashboard.screens.approval.steps import iso_day
from app.dashboard.screens.siting import words


def test_minutes_people_and_changes_are_written_as_people_write_them(monkeypatch):
    monkeypatch.setattr(words, "visitor", lambda: SimpleNamespace(language="tr"))
    assert words.minutes(12.34) == "12,3"
    assert words.minutes(None) == words.people(None) == words.change(None, 1) == "–"
    assert (words.change(10, 8), words.change(8, 10.04), words.change(8, 8)) == ("−2,0", "+2,0", "0,0")


def test_a_day_is_read_as_it_is_written():
    assert iso_day(" 7.3.2026 ") == "2026-03-07"
    assert iso_day("2026-03-07") == "2026-03-07"
    assert iso_day("yarın") == "yarın"
