"""A small city with a published map, a plan with alternatives and a proposal half-way up."""

import contextlib
import datetime as dt
from pathlib import Path

import pytest

from app.proposal import Content, Decision, decide, draft, send
from app.recommend import RecommendOptions, SaveAs, recommend
from app.refresh import RefreshOptions, move, refresh
from app.store.session import Store

INDICATORS = Path(__file__).parents[2] / "data" / "city" / "indicators.toml"
NOW = dt.datetime(2026, 5, 1, 9, 0, tzinfo=dt.UTC)
LETTER = Content(
    subject="Yeni merkez açılması",
    reason="Güneyde ihtiyaç arttı.\nYol uzundur.",
    references=("Meclisin 5 sayılı kararı.",),
    annexes=("Fotoğraflar",),
)


@pytest.fixture(scope="session")
def proposed_settings(city_store, copy_store):
    """Settings of the store; copied, never changed."""
    settings = copy_store(city_store, language="tr")
    with contextlib.closing(Store.open(settings)) as store:
        refresh(store, RefreshOptions(indicators=INDICATORS.read_text("utf-8")), actor="test", now=NOW)
        for state in ("checked", "approved", "published"):
            move(store, 1, state, actor="başkan", now=NOW, title="2026 haritası")
        options = RecommendOptions(new=2, alternatives=True)
        plan = recommend(store, options, actor="ayşe", now=NOW, save=SaveAs(name="İki merkez"))
        made = draft(store, int(plan["plan"]), LETTER, formal=False, actor="ayşe", now=NOW)
        signed = Decision(step="", ebys_number="E-1-100", ebys_date=NOW.date())
        sent = send(store, made.id, signed, actor="ayşe", now=NOW)
        passed = Decision(step=sent.waits_at, ebys_number="E-2-200", ebys_date=NOW.date())
        decide(store, made.id, passed, actor="şube", now=NOW)
    return settings


@pytest.fixture
def proposed(proposed_settings):
    """The store, for reading; its proposal and plan have number 1."""
    with contextlib.closing(Store.open(proposed_settings)) as store:
        yield store


@pytest.fixture
def changed(proposed_settings, fresh_copy):
    """A copy of it that a test may change."""
    with contextlib.closing(Store.open(fresh_copy(proposed_settings))) as store:
        yield store
