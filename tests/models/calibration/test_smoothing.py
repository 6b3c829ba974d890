"""How honest BYM2 is under truths that it assumes and truths that it does not."""

from typing import NamedTuple

import numpy as np
import pytest
from scipy.stats import gamma

from models.smoothing import BYM2, EmpiricalBayes, marshall
from models.smoothing.field import scaled_field

pytestmark = pytest.mark.slow
AREAS, MAPS, UNSAMPLED = 900, 40, 0.3
THRESHOLDS = (1.0, 1.2, 1.5)
SIZES = (3, 10, 30)  # classes of expected counts


def assumed(place, rng):
    """Drawn from the model itself: sigma 0.4, rho 0.6."""
    draw = scaled_field(place.graph, n=AREAS).condition(np.zeros(AREAS)).draw(rng.normal(size=AREAS))
    return 0.4 * (np.sqrt(0.6) * draw + np.sqrt(0.4) * rng.normal(size=AREAS))


def smooth(place, rng):
    """Waves across the map, nothing of an area's own."""
    x, y = (place.places + rng.random(2)).T
    return 0.5 * np.sin(5 * x) * np.cos(4 * y)


def steps(place, rng):
    """Three levels with sharp borders."""
    x, y = place.places.T
    turn = rng.random() * np.pi
    along = np.cos(turn) * (x - 0.5) + np.sin(turn) * (y - 0.5)
    return np.select([along < -0.2, along < 0.2], [-0.4, 0.1], 0.5)


def outliers(place, rng):
    """Weak waves, and one area in thirty with three times the risk."""
    return 0.3 * smooth(place, rng) + np.log(3) * (rng.random(AREAS) < 1 / 30)


def overdispersed(place, rng):
    """Every area by itself."""
    return rng.normal(0, 0.4, AREAS)


TRUTHS = {one.__name__: one for one in (assumed, smooth, steps, outliers, overdispersed)}


class Map(NamedTuple):
    """One simulated map and what was said of it; arrays are (AREAS,)."""

    seen: np.ndarray
    risk: np.ndarray
    expected: np.ndarray
    mean: np.ndarray
    interval: tuple[np.ndarray, np.ndarray]
    exceedance: dict[float, np.ndarray]
    bayes: tuple[np.ndarray, np.ndarray]  # interval of empirical Bayes
    marshall: np.ndarray


def one_map(place, truth, seed, unsampled):
    """Simulate counts, 1 to 60 expected in most areas, and fit everything."""
    rng = np.random.default_rng([7, seed])
    risk = np.exp(truth(place, rng))
    expected = rng.lognormal(np.log(8), 1, AREAS)
    cases = rng.poisson(expected * risk).astype(float)
    seen = rng.random(AREAS) >= unsampled
    fit = BYM2().fit(np.where(seen, cases, np.nan), expected, place.graph).result_
    exceedance = {threshold: fit.exceedance(threshold) for threshold in THRESHOLDS}
    rival = _empirical_bayes(cases, expected, seen)
    shrunk = np.full(AREAS, np.nan)
    shrunk[seen] = marshall(cases[seen], expected[seen]).rate
    return Map(seen, risk, expected, fit.mean, (fit.lower, fit.upper), exceedance, rival, shrunk)


def _empirical_bayes(cases, expected, seen):
    """Its intervals; those of its prior where nothing was seen."""
    found = EmpiricalBayes().fit(expected[seen], cases[seen]).result_
    scale = np.exp(found.coefficients[0]) / found.shape
    low, high = (np.full(AREAS, gamma.ppf(tail, found.shape, scale=scale)) for tail in (0.025, 0.975))
    low[seen], high[seen] = found.lower, found.upper
    return low, high


@pytest.fixture(scope="module")
def study(mosaic):
    """All simulated maps of a truth, made once."""
    place, known = mosaic(AREAS), {}

    def _of(name, unsampled=0.0):
        if (name, unsampled) not in known:
            truth = TRUTHS[name]
            known[name, unsampled] = [one_map(place, truth, seed, unsampled) for seed in range(MAPS)]
        return known[name, unsampled]

    return _of


def covered(one):
    """Whether each area's truth is in its interval."""
    low, high = one.interval
    return (low <= one.risk) & (one.risk <= high)


def coverage(maps, group, number):
    """Share of truths inside for each group of areas; `group` numbers the areas of a map."""
    inside = np.concatenate([covered(one) for one in maps])
    groups = np.concatenate([group(one) for one in maps])
    return np.bincount(groups, inside, number) / np.bincount(groups, minlength=number)


def tenth(one):
    """Tenth of the true risk; ties by chance."""
    return np.lexsort((one.expected, one.risk)).argsort() * 10 // AREAS


def size_class(one):
    return np.digitize(one.expected, SIZES)


def reliability(maps, threshold, low, high):
    """Share of areas truly above, of those given such a probability of it; its Monte Carlo error."""
    chosen = [(low <= one.exceedance[threshold]) & (one.exceedance[threshold] < high) for one in maps]
    count = np.array([one.sum() for one in chosen])
    true = np.array([(one.risk > threshold)[some].sum() for one, some in zip(maps, chosen, strict=True)])
    share = true.sum() / count.sum()
    return share, np.sqrt(((true - share * count) ** 2).sum()) / count.sum()


def interval_score(interval, risk):
    """Width, and 40 times how far the truth is outside (Gneiting and Raftery 2007, JASA 102, 359-378)."""
    low, high = interval
    outside = np.maximum(low - risk, 0) + np.maximum(risk - high, 0)
    return high - low + 2 / 0.05 * outside


def score_ratio(maps, *, seen):
    """Interval score of BYM2 over that of empirical Bayes, where areas were seen or where not."""
    ours, theirs = (
        np.mean([interval_score(interval(one), one.risk)[one.seen == seen].mean() for one in maps])
        for interval in (lambda one: one.interval, lambda one: one.bayes)
    )
    return ours / theirs


# Under waves and steps intervals are too wide: the model leaves room for effects of an area's own.
@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("assumed", 0.94, 0.96),  # 0.952
        ("smooth", 0.94, 1.0),  # 0.996
        ("steps", 0.94, 1.0),  # 0.980
        ("outliers", 0.94, 0.98),  # 0.971
        ("overdispersed", 0.94, 0.96),  # 0.951
    ],
)
def test_intervals_of_95_percent_hold_the_truth(name, least, most, study, report):
    share = np.mean([covered(one).mean() for one in study(name)])
    report(f"BYM2 coverage, {name}", share)
    assert least <= share <= most


# Shrunken intervals hold extreme truths less often and others more: true of every method that shrinks.
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("assumed", 0.82),  # lowest tenth 0.855, highest 0.879, between them at least 0.948
        ("smooth", 0.94),  # 0.993, 0.995
        ("steps", 0.94),  # 0.966, 0.982
        ("outliers", 0.72),  # 0.994, 0.765: the areas that are three times as bad
        ("overdispersed", 0.80),  # 0.837, 0.848, between them at least 0.951
    ],
)
def test_coverage_by_tenth_of_the_truth(name, least, study, report):
    shares = coverage(study(name), tenth, 10)
    report(f"BYM2 coverage, {name}, lowest tenth of the truth", shares[0])
    report(f"BYM2 coverage, {name}, highest tenth of the truth", shares[9])
    assert shares.min() >= least
    assert shares[1:9].min() >= 0.93


@pytest.mark.parametrize("name", TRUTHS)
def test_coverage_is_right_for_small_and_large_areas(name, study, report):
    shares = coverage(study(name), size_class, len(SIZES) + 1)
    report(f"BYM2 coverage, {name}, worst class of expected count", shares.min())
    assert shares.min() >= 0.93  # measured: at least 0.945


@pytest.mark.parametrize("name", TRUTHS)
def test_areas_never_surveyed_are_covered_too(name, study, report):
    maps = study(name, UNSAMPLED)
    share = np.mean([covered(one)[~one.seen].mean() for one in maps])
    report(f"BYM2 coverage, {name}, unsampled areas", share)
    assert share >= 0.93  # 0.947, 0.999, 0.989, 0.969, 0.951


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("name", ["assumed", "overdispersed"])
def test_of_areas_given_80_to_90_percent_as_many_are_above(name, threshold, study, report):
    share, error = reliability(study(name), threshold, 0.8, 0.9)
    report(f"BYM2 P in 0.8-0.9 of risk > {threshold:g}, {name}: true", share)
    assert 0.8 - 3 * error <= share <= 0.9 + 3 * error  # 0.84 to 0.87, errors 0.007 to 0.019


# Smooth truths: too cautious. Levels with nothing between them, and areas that stand out alone: an area near
# the threshold is given what a bell curve gives it, and of such areas all or few are above. So 0.8 to 0.9 is
# no promise where the truth is of that kind; 0.95 and more is (the next test).
# It is the model and not its approximation: long runs of NUTS give the same probabilities within 0.02.
@pytest.mark.parametrize(
    ("name", "threshold", "least"),
    [
        ("smooth", 1.0, 0.8),  # 0.964
        ("smooth", 1.2, 0.8),  # 0.981
        ("smooth", 1.5, 0.8),  # 0.871
        ("steps", 1.0, 0.8),  # 1.000; the levels are 0.67, 1.11 and 1.65
        ("steps", 1.2, 0.6),  # 0.689: missed
        ("steps", 1.5, 0.8),  # 1.000
        ("outliers", 1.0, 0.74),  # 0.777: missed by little
        ("outliers", 1.2, 0.2),  # 0.295: missed; all but the outliers lie below 1.16
        ("outliers", 1.5, 0.8),  # 0.979
    ],
)
def test_80_to_90_percent_where_the_model_is_wrong(name, threshold, least, study, report):
    share, error = reliability(study(name), threshold, 0.8, 0.9)
    report(f"BYM2 P in 0.8-0.9 of risk > {threshold:g}, {name}: true", share)
    assert share + 3 * error >= least


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("name", TRUTHS)
def test_of_areas_given_95_percent_and_more_at_least_as_many_are_above(name, threshold, study, report):
    share, error = reliability(study(name), threshold, 0.95, np.inf)
    report(f"BYM2 P from 0.95 of risk > {threshold:g}, {name}: true", share)
    assert share >= 0.95 - 3 * error  # least: outliers at 1.0, 0.952 with an error of 0.005


@pytest.mark.parametrize("name", TRUTHS)
def test_intervals_are_better_than_those_of_empirical_bayes(name, study, report):
    ratio = score_ratio(study(name), seen=True)
    unsampled = score_ratio(study(name, UNSAMPLED), seen=False)
    report(f"interval score over empirical Bayes', {name}", ratio)
    report(f"interval score over empirical Bayes', {name}, unsampled areas", unsampled)
    assert ratio < 1  # 0.910, 0.574, 0.533, 0.865; 0.984 where neighbours tell nothing
    assert unsampled < 1  # 0.868, 0.592, 0.488, 0.975, 0.989


@pytest.mark.parametrize("name", TRUTHS)
def test_means_are_nearer_the_truth_than_marshalls(name, study, report):
    maps = study(name)
    ours, theirs = (
        np.mean([((estimate(one) - one.risk) ** 2).mean() for one in maps])
        for estimate in (lambda one: one.mean, lambda one: one.marshall)
    )
    report(f"mean squared error over Marshall's, {name}", ours / theirs)
    assert ours < theirs  # 0.847, 0.144, 0.169, 0.907, 0.992
