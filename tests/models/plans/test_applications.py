"""Who applies lives near a centre: plans on applications stay near the old centres, plans on need do not."""

import numpy as np
import pytest

from models.siting import p_median

CITIES, HOMES, OLD, PLACES, NEW = 24, 220, 3, 40, 3
FADES = 12.0  # minutes from a centre after which a third of those in need still apply


def minutes_between(one, other):
    return np.linalg.norm(one[:, None] - other, axis=2)


def city(seed):
    """Homes, old centres in the western third, candidates, and weights: need, applications, even counts."""
    rng = np.random.default_rng(seed)
    homes = rng.uniform(0, 60, (HOMES, 2))
    old = rng.uniform(0, 60, (OLD, 2)) * [1 / 3, 1]
    places = rng.uniform(0, 60, (PLACES, 2))
    need = rng.lognormal(4, 0.7, HOMES)
    share = np.exp(-minutes_between(homes, old).min(axis=1) / FADES)
    asked, even = rng.poisson(0.3 * need * share), rng.poisson(0.3 * need * share.mean())
    return homes, old, places, (need, asked.astype(float), even.astype(float))


def studied(seed):
    """By weights: minutes from new centres to an old one, and what those in need save of their minutes."""
    homes, old, places, made_of = city(seed)
    need = made_of[0]
    minutes = minutes_between(homes, np.vstack([old, places]))
    apart = minutes_between(places, old).min(axis=1)
    before = need @ minutes[:, :OLD].min(axis=1)
    far, saved = [], []
    for weights in made_of:
        plan = p_median(minutes, weights, OLD + NEW, fixed=range(OLD))
        assert plan.proven
        far.append(apart[plan.new - OLD].mean())
        saved.append(1 - need @ minutes[:, plan.sites].min(axis=1) / before)
    return [*far, apart.mean()], saved


@pytest.fixture(scope="module")
def cities():
    far, saved = zip(*(studied(seed) for seed in range(CITIES)), strict=True)
    return np.array(far).T, np.array(saved).T


def test_applications_pull_new_centres_towards_the_old_ones_and_need_does_not(cities):
    (on_need, on_applications, _, anywhere), _ = cities
    assert (on_applications < on_need).mean() > 0.9
    assert on_applications.mean() < 0.75 * on_need.mean()
    assert on_applications.mean() < 0.9 * anywhere.mean()  # nearer than candidates taken at random
    assert on_need.mean() > 1.1 * anywhere.mean()


def test_plans_on_applications_save_those_in_need_less(cities):
    _, (on_need, on_applications, _) = cities
    assert (on_applications <= on_need + 1e-9).all()
    assert on_applications.mean() < 0.9 * on_need.mean()


def test_the_pull_comes_of_distance_and_not_of_counting_few(cities):
    (on_need, _, on_even, _), (saved_on_need, _, saved_on_even) = cities
    assert on_even.mean() == pytest.approx(on_need.mean(), rel=0.05)
    assert saved_on_even.mean() > 0.97 * saved_on_need.mean()
