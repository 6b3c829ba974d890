import datetime as dt
from types import SimpleNamespace

import numpy as np
import pytest

from app.refresh.suspicion import LEAST_ANSWERS, too_alike, too_short

QUESTIONS = [f"q{number}" for number in range(20)]
MEMBER = ["age", "work", "ill"]


def question(name, kind="select_one", repeat=""):
    return SimpleNamespace(name=name, type=kind, repeat=repeat)


FORM = SimpleNamespace(
    questions=(
        question("start", "start"),
        question("end", "end"),
        question("notes", "text"),
        *(question(name) for name in QUESTIONS),
        *(question(name, "integer", "member") for name in MEMBER),
    )
)


def survey(rows, areas=None, form=FORM):
    area = np.zeros(len(rows), dtype=np.int64) if areas is None else np.asarray(areas)
    return SimpleNamespace(rows=rows, area=area, form=form)


def interview(rng, minutes=30.0, **answers):
    began = dt.datetime(2026, 5, 1, 9, tzinfo=dt.UTC)
    given = {name: str(rng.integers(0, 4)) for name in QUESTIONS}
    given |= {"start": began.isoformat(), "end": (began + dt.timedelta(minutes=minutes)).isoformat()}
    roster = [{name: int(rng.integers(0, 60)) for name in MEMBER} for _ in range(rng.integers(1, 5))]
    return SimpleNamespace(answers=given | answers, roster=roster)


def honest(count=120, seed=0):
    rng = np.random.default_rng(seed)
    return [interview(rng, minutes=float(rng.uniform(15, 50))) for _ in range(count)]


def copied(one, **changed):
    return SimpleNamespace(answers=one.answers | changed, roster=one.roster)


def test_honest_interviews_are_not_flagged():
    rows = honest()
    assert not too_short(survey(rows)).any()
    assert not too_alike(survey(rows)).any()


def test_an_interview_in_a_third_of_the_usual_time_is_flagged():
    rows = honest()
    usual = np.random.default_rng(1)
    rows[4], rows[9] = interview(usual, minutes=4), interview(usual, minutes=-20)  # the clock went back
    assert np.flatnonzero(too_short(survey(rows))).tolist() == [4, 9]


def test_without_times_or_with_few_of_them_nobody_is_too_quick():
    rows = honest(20)
    rows[3] = interview(np.random.default_rng(1), minutes=1)
    assert not too_short(survey(rows)).any()
    untimed = SimpleNamespace(questions=FORM.questions[2:])
    assert not too_short(survey(honest(), form=untimed)).any()
    for row in (many := honest()):
        row.answers["end"] = "?"
    assert not too_short(survey(many)).any()


def test_answers_of_another_interview_flag_both_even_with_a_few_changed():
    rows = honest()
    rows[50] = copied(rows[7], q3="9", q11="9", notes="a family of its own")
    assert np.flatnonzero(too_alike(survey(rows))).tolist() == [7, 50]


def test_answers_of_several_parts_and_empty_ones_are_compared_too():
    rows = honest()
    for row in rows:
        row.answers["q1"], row.answers["q2"] = ["a", "b"], ""
    rows[50] = copied(rows[7])
    assert np.flatnonzero(too_alike(survey(rows))).tolist() == [7, 50]


def test_half_of_the_answers_alike_is_no_copy():
    rows = honest()
    changed = dict.fromkeys(QUESTIONS[:12], "9")
    rows[50] = copied(rows[7], **changed)
    assert not too_alike(survey(rows)).any()


def test_interviews_of_different_areas_are_not_compared():
    rows = honest()
    rows[50] = copied(rows[7])
    areas = np.zeros(len(rows), dtype=np.int64)
    areas[50] = 1
    assert not too_alike(survey(rows, areas)).any()


def test_a_short_form_is_answered_alike_by_chance():
    few = SimpleNamespace(questions=tuple(question(name) for name in QUESTIONS[: LEAST_ANSWERS - 1]))
    rows = [SimpleNamespace(answers=dict.fromkeys(QUESTIONS, "1"), roster=[]) for _ in range(5)]
    assert not too_alike(survey(rows, form=few)).any()
    nothing = SimpleNamespace(questions=())
    assert not too_alike(survey(rows, form=nothing)).any()


@pytest.mark.parametrize("count", [1, 900])
def test_areas_of_any_size_are_compared(count):
    rows = honest(count)
    assert too_alike(survey(rows)).shape == (count,)
    assert not too_alike(survey(rows)).any()
