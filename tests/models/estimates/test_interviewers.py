import numpy as np
import pytest

from models.estimates import interviewer_effect


def interviews(seed=0, interviewers=40, load=25, rho=0.1):
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(interviewers), load)
    own = rng.normal(size=interviewers) * np.sqrt(rho)
    return own[who] + rng.normal(size=len(who)) * np.sqrt(1 - rho), who


def test_balanced_loads_have_the_textbook_correlation():
    y, who = interviews()
    found = interviewer_effect(y, who)
    table = y.reshape(40, 25)
    between = 25 * table.mean(axis=1).var(ddof=1)
    within = table.var(axis=1, ddof=1).mean()
    rho = (between - within) / (between + 24 * within)
    assert found.rho[0] == pytest.approx(rho)
    assert found.deff[0] == pytest.approx(1 + 24 * rho)
    assert found.interviewers[0] == 40
    assert found.load[0] == 25


def test_intervals_cover_as_stated():
    inside = []
    for seed in range(400):
        found = interviewer_effect(*interviews(seed, interviewers=15, load=12, rho=0.15))
        inside.append(found.rho_lower[0] <= 0.15 <= found.rho_upper[0])
    assert 0.92 < np.mean(inside) < 0.98


def test_no_effect_is_rarely_significant():
    p = [interviewer_effect(*interviews(seed, rho=0.0)).p_value[0] for seed in range(400)]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.08


def test_areas_that_interviewers_share_are_not_charged_to_them():
    rng = np.random.default_rng(3)
    area = np.repeat(np.arange(60), 20)
    who = rng.integers(0, 2, 1200) + 2 * (area // 3 % 10)  # two interviewers share three areas
    y = 3 * rng.normal(size=60)[area] + rng.normal(size=1200)
    confounded, compared = interviewer_effect(y, who), interviewer_effect(y, who, within=area)
    assert confounded.rho[0] > 0.05
    assert compared.rho_lower[0] < 0 < compared.rho_upper[0]
    assert abs(compared.rho[0]) < 0.05
    assert compared.shared[0] == 1


def test_one_interviewer_an_area_can_say_nothing():
    y, who = interviews()
    found = interviewer_effect(y, who, within=who)
    assert np.isnan(found.rho[0])
    assert found.shared[0] == 0
    assert found.interviewers[0] == 0


def test_indicators_are_judged_one_by_one_and_order_does_not_matter():
    y, who = interviews()
    z = np.column_stack([y, np.ones_like(y), np.where(np.arange(len(y)) % 2, y, np.nan)])
    found = interviewer_effect(z, who)
    assert found.rho[0] == pytest.approx(interviewer_effect(y, who).rho[0])
    assert np.isnan(found.deff[1])
    assert found.load[2] < found.load[0]
    order = np.random.default_rng(0).permutation(len(y))
    assert interviewer_effect(z[order], who[order]).rho == pytest.approx(found.rho, nan_ok=True)
    assert len(found.to_frame()) == 3


def test_impossible_input_is_refused():
    with pytest.raises(ValueError, match="one length"):
        interviewer_effect([1.0, 2], [0])
    with pytest.raises(ValueError, match="values must be finite"):
        interviewer_effect([1.0, np.inf], [0, 1])
    with pytest.raises(ValueError, match="level must lie"):
        interviewer_effect([1.0, 2], [0, 1], level=1)


def test_no_answer_at_all_says_nothing():
    found = interviewer_effect([np.nan, np.nan], [0, 1])
    assert np.isnan(found.rho[0])
    assert found.load[0] == 0
