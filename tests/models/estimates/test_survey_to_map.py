import numpy as np
import pytest
from scipy.stats import spearmanr

from models.estimates import (
    FayHerriot,
    arcsine_scale,
    direct_estimates,
    from_arcsine,
    survey_design,
    survey_mean,
    variance_function,
)

AREAS = 913


def city(seed, *, outliers):
    """Blocks of five households; a fifth of the areas has none; some areas break the model."""
    rng = np.random.default_rng(seed)
    x, effect = rng.normal(size=AREAS), 0.45 * rng.normal(size=AREAS)
    effect = np.where(outliers & (rng.random(AREAS) < 0.05), 2.0, effect)
    truth = 1 / (1 + np.exp(1.6 - 0.6 * x - effect))
    population = rng.lognormal(7, 0.8, AREAS)
    blocks = np.maximum(1, np.round(3000 * np.sqrt(population) / np.sqrt(population).sum())).astype(int)
    blocks[rng.random(AREAS) < 0.2] = 0
    area, block = np.repeat(np.arange(AREAS), 5 * blocks), np.repeat(np.arange(blocks.sum()), 5)
    spread = 1 / 0.05 - 1  # correlation of 0.05 within blocks
    of_block = rng.beta(truth[area[::5]] * spread, (1 - truth[area[::5]]) * spread)
    value = (rng.random(len(area)) < of_block[block]).astype(float)
    return truth, x, area, block, value, (population / np.maximum(5 * blocks, 1))[area]


def by_decile(inside, truth):
    decile = np.searchsorted(np.quantile(truth, np.arange(0.1, 1, 0.1)), truth)
    return [inside[decile == number].mean() for number in range(10)]


@pytest.mark.slow
@pytest.mark.parametrize(("outliers", "least"), [(False, 0.85), (True, 0.65)])
def test_proportions_of_a_city_are_covered_by_decile_and_where_nobody_was_asked(outliers, least):
    deciles, unsampled, gains = [], [], []
    for seed in range(8):
        truth, x, area, block, value, weight = city(seed, outliers=outliers)
        direct = direct_estimates(value, weight, area=area, block=block, n_areas=AREAS)
        scaled = arcsine_scale(direct.mean[:, 0], direct.n_effective[:, 0])
        fit = FayHerriot().fit(scaled.value, scaled.variance, np.column_stack([np.ones(AREAS), x]))
        found = from_arcsine(fit.estimates_, fit.mse_)
        inside = (found.lower <= truth) & (truth <= found.upper)
        deciles.append(by_decile(inside, truth))
        unsampled.append(inside[direct.n[:, 0] == 0].mean())
        asked = direct.n[:, 0] > 0
        gains.append(
            spearmanr(found.estimate[asked], truth[asked])[0]
            - spearmanr(direct.mean[asked, 0], truth[asked])[0]
        )
    covered = np.mean(deciles, axis=0)
    assert 0.93 < covered.mean() < 0.975
    assert covered[:9].min() > 0.93
    assert covered[9] > least  # the worst areas are drawn to the others, and outliers most
    assert np.mean(unsampled) > 0.93
    assert np.mean(gains) > 0.1


@pytest.mark.slow
def test_smoothed_variances_of_a_city_cover_overall():
    inside, useless = [], []
    for seed in range(4):
        truth, x, area, block, value, weight = city(seed, outliers=False)
        design = survey_design(weight, unit=block, stratum=area, lonely="certainty")
        direct = survey_mean(value, design, domain=area, n_domains=AREAS)
        variance = np.where(direct.df > 0, direct.variance[:, 0], np.nan)
        smooth = variance_function(
            direct.estimate[:, 0], variance, direct.n[:, 0], df=np.maximum(direct.df, 0)
        )
        fit = FayHerriot().fit(direct.estimate[:, 0], smooth.variance, np.column_stack([np.ones(AREAS), x]))
        inside.append((fit.result_.lower <= truth) & (truth <= fit.result_.upper))
        useless.append((smooth.zero + smooth.undefined) / (direct.n[:, 0] > 0).sum())
    assert np.mean(useless) > 0.15
    assert 0.92 < np.mean(inside) < 0.97
