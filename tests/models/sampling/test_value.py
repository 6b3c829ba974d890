from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.stats import norm

from models.plans import robust_plan
from models.sampling import interview_value, survey_value
from models.sampling.learning import Rivals, learnt, shared_out, shrunk_covariance

SITES = np.array([[0.0, 10.0], [10.0, 0.0]])  # each of two areas has a site; the other is ten minutes away


def two_plans(draws=3000, mean=(110.0, 100.0), sd=15.0, seed=0):
    """Need of two areas, independent and Gaussian: the site goes where need is larger."""
    rng = np.random.default_rng(seed)
    return rng.normal(mean, sd, (draws, 2))


def closed_form(mean, sd):
    """Expected gain of choosing by a Gaussian difference that is known with this sd."""
    return 10 * (sd * norm.pdf(mean / sd) - mean * norm.cdf(-mean / sd))


def town(seed=0, homes=60, sites=14, draws=60):
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 60, (5, 2))
    district = rng.integers(0, 5, homes)
    living = centres[district] + rng.normal(0, 4, (homes, 2))
    places = centres[rng.integers(0, 5, sites)] + rng.normal(0, 5, (sites, 2))
    minutes = np.linalg.norm(living[:, None] - places, axis=2)
    people = rng.lognormal(4, 1, homes)
    return minutes, people * np.exp(rng.normal(0, 0.7, (draws, 5)))[:, district]


def test_perfect_knowledge_is_worth_what_the_closed_form_says():
    draws = two_plans()
    found = survey_value(SITES, draws, [900.0, 900.0], 1, budget=0)
    assert found.evpi == pytest.approx(closed_form(10, 15 * np.sqrt(2)), abs=3 * found.evpi_error)


@pytest.mark.parametrize("interviews", [1, 4, 100])
def test_interviews_are_worth_what_the_closed_form_says(interviews):
    draws, variance = two_plans(), 900.0
    found = interview_value(SITES, draws, [variance] * 2, 1, interviews=[interviews] * 2)
    before = 2 * 15.0**4 / (15.0**2 + variance / interviews)  # variance of the expected difference
    assert found.evsi == pytest.approx(closed_form(10, np.sqrt(before)), abs=3.5 * found.evsi_error)


def test_no_interview_is_worth_nothing_and_ever_more_are_worth_perfect_knowledge():
    draws = two_plans(1000)
    none = interview_value(SITES, draws, [900.0] * 2, 1, interviews=[0, 0])
    assert (none.evsi, none.evsi_error, none.changes) == (0.0, 0.0, 0.0)
    assert not none.worthwhile
    many = interview_value(SITES, draws, [900.0] * 2, 1, interviews=[10**9] * 2)
    evpi = survey_value(SITES, draws, [900.0] * 2, 1, budget=0).evpi
    assert many.evsi == pytest.approx(evpi, rel=1e-3)
    exact = interview_value(SITES, draws, [0.0, 0.0], 1, interviews=[1, 1])
    assert exact.evsi == pytest.approx(evpi, rel=1e-6)


def test_a_survey_is_never_worth_more_than_perfect_knowledge():
    minutes, draws = town()
    variance = draws.mean(axis=0) ** 2 * 2
    found = survey_value(minutes, draws, variance, 3, budget=200)
    regret = robust_plan(minutes, draws, 3).regret
    assert found.evpi == pytest.approx(regret.mean())
    assert [one.name for one in found.designs] == ["value", "variance", "persons"]
    for one in found.designs:
        assert one.interviews.sum() == 200
        assert one.evsi <= found.evpi + 1e-9
    assert found.best.evsi == max(one.evsi for one in found.designs)
    assert found.to_frame()["name"].tolist() == ["value", "variance", "persons"]
    assert found.best.to_frame()["interviews"].sum() == 200
    assert not found.no_survey_would_change_this_plan


def test_interviews_go_where_they_help_the_decision():
    rng = np.random.default_rng(3)
    apart = np.array([[0.0, 9.0, 50.0], [9.0, 0.0, 50.0], [50.0, 50.0, 0.0]])
    need = np.column_stack([rng.normal(100, 15, 400), rng.normal(103, 15, 400), rng.normal(900, 120, 400)])
    found = survey_value(apart, need, need.mean(axis=0) ** 2 * 0.1, 2, budget=60)
    value, variance, persons = found.designs
    assert value.interviews[2] == 0  # the largest and least known area decides nothing
    assert variance.interviews[2] == max(variance.interviews)
    assert persons.interviews[2] == max(persons.interviews)
    assert value.evsi > max(variance.evsi, persons.evsi)


def test_a_plan_that_no_survey_would_change_is_said_to_be_so():
    draws = two_plans(200, mean=(1000.0, 100.0))
    found = survey_value(SITES, draws, [900.0] * 2, 1, budget=10)
    assert found.no_survey_would_change_this_plan
    assert found.evpi == 0.0
    assert all(one.changes == 0.0 for one in found.designs)
    assert sum(found.designs[0].interviews) == 10


def test_threads_change_no_bit():
    minutes, draws = town(draws=30)
    how = {"variance": draws.mean(axis=0) ** 2, "p": 3, "budget": 50}
    alone = survey_value(minutes, draws, **how)
    with ThreadPoolExecutor(2) as pool:
        spread = survey_value(minutes, draws, **how, executor=pool)
    assert [one.evsi for one in spread.designs] == [one.evsi for one in alone.designs]
    assert spread.designs[0].interviews.tolist() == alone.designs[0].interviews.tolist()


def test_the_update_is_the_textbook_one():
    covariance = np.array([[4.0, 2.0], [2.0, 9.0]])
    after = learnt(np.array([10.0, 20.0]), covariance, np.array([[13.0, 99.0]]), np.array([2.0, np.inf]))
    assert after[0] == pytest.approx([10 + 4 / 6 * 3, 20 + 2 / 6 * 3])


def test_chance_correlations_are_shrunk_and_true_ones_kept():
    rng = np.random.default_rng(0)
    chance = shrunk_covariance(rng.normal(size=(40, 60)))
    assert np.abs(chance - np.diag(chance.diagonal())).max() < 0.1
    common = rng.normal(size=(40, 1)) + 0.1 * rng.normal(size=(40, 60))
    true = shrunk_covariance(common)
    assert true == pytest.approx(np.cov(common.T), rel=0.05)
    assert shrunk_covariance(np.ones((10, 3))).tolist() == np.zeros((3, 3)).tolist()


def test_budgets_are_shared_out_whole():
    assert shared_out(np.array([1.0, 1.0, 1.0]), 10).tolist() == [4, 3, 3]
    assert shared_out(np.zeros(2), 4).tolist() == [2, 2]
    none = Rivals(np.zeros(0), np.zeros((0, 3))).allocate(np.eye(3), np.ones(3), 7, 2, draws=20, seed=0)
    assert none.sum() == 7


@pytest.mark.parametrize(
    ("draws", "variance", "how", "words"),
    [
        (np.ones((7, 2)), [1.0, 1.0], {}, "at least 8"),
        (-np.ones((9, 2)), [1.0, 1.0], {}, "weight_draws"),
        (np.ones((9, 2)), [1.0], {}, "variance"),
        (np.ones((9, 2)), [1.0, -1.0], {}, "variance"),
        (np.ones((9, 2)), [1.0, 1.0], {"budget": -1}, "budget"),
        (np.ones((9, 3)), [1.0, 1.0, 1.0], {}, "one weight"),
    ],
)
def test_bad_input_says_what_was_wrong(draws, variance, how, words):
    with pytest.raises(ValueError, match=words):
        survey_value(SITES, draws, variance, 1, **({"budget": 5} | how))


def test_interviews_must_be_whole_and_one_an_area():
    for wrong in ([1, 2, 3], [0.5, 1.0], [-1, 1]):
        with pytest.raises(ValueError, match="interviews"):
            interview_value(SITES, two_plans(20), [1.0, 1.0], 1, interviews=wrong)
