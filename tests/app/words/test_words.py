"""Plans in words: both languages, and nothing to say where nothing is known."""

import pytest

from app import words
from app.words.figures import people, percent, step

SITE = {"key": "S1", "name": "Orta", "district": "Doğu"}
PLAN = {
    "new": [
        {
            **SITE,
            "opening_cost": 1_000_000,
            "yearly_cost": 500_000,
            "rent": 10_000,
            "five_year_cost": 4_100_000,
            "staff": 7,
            "decisions": "encümen",
            "beside": [{"name": "ASM", "owner": "ministry", "metres": 350, "services": []}],
        }
    ],
    "costs": {"five_years": 4_100_000, "opening": 1_000_000, "staff": 7},
    "certainty": {
        "known": True,
        "draws": 200,
        "sites": [
            {**SITE, "inclusion": 0.73, "error": 0.031, "chosen": True, "group_inclusion": 1.0},
        ],
        "best_share": 0.39,
        "regret_minutes": {"mean": 0.052, "p95": 0.237, "largest": 0.38},
        "largest_gap": 0.0,
        "cautious": {"same": True},
        "near": [{"enters": [SITE], "leaves": [SITE], "extra_minutes": 0.013, "share": 0.05}],
    },
    "fairness": {
        "points": [
            {"sites": [SITE], "mean_minutes": 19.0, "tail_minutes": 92.0, "gap": 0.0, "price": None,
             "chosen": True},
            {"sites": [SITE], "mean_minutes": 19.2, "tail_minutes": 88.0, "gap": 1e-6, "price": 0.05},
        ],
        "access": {},
        "districts": [{"district": "Doğu"}],
    },
    "reasons": {
        "sites": [
            {
                **SITE,
                "loss_minutes": 1.84,
                "longer": 25300,
                "substitute": None,
                "substitute_minutes": None,
                "served": {"all": 25300},
                "shorter_minutes": None,
                "safe_factor": 1.03,
            }
        ],
        "districts": [
            {"district": "Batı", "status": "no_candidate", "enters": [], "displaced": []},
            {"district": "Kuzey", "status": "costs_more", "enters": [SITE], "displaced": [SITE],
             "extra_minutes": 0.34, "lose": 100, "gain": None},
        ],
    },
    "phases": {"known": False, "why": "one"},
}  # fmt: skip


@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_table_is_as_wide_as_its_head(language):
    made = [
        words.inclusion_table(PLAN, language),
        words.near_table(PLAN, language),
        words.frontier_table(PLAN, language),
        words.access_table(PLAN, language),
        words.district_table(PLAN, language),
        words.reason_table(PLAN, language),
        words.served_table(PLAN, language, {"all": "Herkes"}),
        words.why_not_table(PLAN, language),
        words.pin_table(PLAN, language),
        words.phase_table(PLAN, language),
        words.cost_table(PLAN, language),
    ]
    for one in made:
        assert len(one.widths) == len(one.head)
        assert all(len(row) == len(one.head) for row in one.rows)
        assert set(one.numbers) <= set(range(len(one.head)))


def test_figures_are_told_as_the_language_writes_them():
    (row,) = words.inclusion_table(PLAN, "tr").rows
    assert row[2:4] == ["%73 (±3)", "%100"]
    assert words.inclusion_table(PLAN, "en").rows[0][2] == "73 % (±3)"
    assert words.frontier_table(PLAN, "tr").rows[1][2:5] == ["19,2", "88,0", "+0,20"]
    assert words.cost_table(PLAN, "tr").rows[0][1:5] == ["1.000.000", "620.000", "4.100.000", "7"]
    assert words.reason_table(PLAN, "tr").rows[0] == ["Orta", "+1,8", "25.300", "–", "–", "–", "+%3,0"]


def test_a_district_without_a_candidate_says_so():
    none, other = words.why_not_table(PLAN, "tr").rows
    assert none[:2] == ["Batı", "uygun aday yer yok"]
    assert other == ["Kuzey", "Orta", "Orta", "+0,34", "100", "–"]


def test_an_old_plan_without_a_study_has_empty_tables_and_says_what_to_do():
    assert words.inclusion_table({}, "tr").rows == []
    assert words.frontier_table({}, "tr").rows == []
    assert words.order_lines({}, "tr") == []
    assert "yeniden hesaplayın" in words.certainty_lines({}, "tr")[0]


def test_what_stands_beside_a_new_centre_is_named():
    (line,) = words.beside_lines(PLAN, "tr")
    assert "ASM" in line
    assert "350" in line


@pytest.mark.parametrize(("minutes", "said"), [(0.04, "0,0"), (-1.26, "−1,3"), (2.0, "+2,0"), (None, "–")])
def test_steps_of_minutes_carry_their_sign(minutes, said):
    assert step(minutes, "tr") == said


def test_what_is_unknown_is_a_dash():
    assert people(None, "tr") == percent(None, "tr") == "–"
