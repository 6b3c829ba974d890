import numpy as np
import pytest

from models.index import IMD_2019, imd, inform, shrink_to_district, svi
from models.index.imd import exponential


def plain_percentile(x):
    return np.array([(x < value).sum() / (len(x) - 1) for value in x])


def test_vulnerability_is_ranks_of_sums_of_ranks():
    rng = np.random.default_rng(0)
    values, theme = rng.integers(0, 12, (6, 25)).astype(float), np.array([0, 0, 0, 1, 1, 2])
    found = svi(values, theme)
    ranks = np.round([plain_percentile(row) for row in values], 4)
    sums = np.array([ranks[theme == t].sum(axis=0) for t in range(3)])
    themes = np.round([plain_percentile(np.round(row, 8)) for row in sums], 4)
    assert found.themes == pytest.approx(themes)
    assert found.draws[:, 0] == pytest.approx(np.round(plain_percentile(np.round(sums.sum(axis=0), 8)), 4))
    assert (found.flags == [(ranks[theme == t] >= 0.9).sum(axis=0) for t in range(3)]).all()
    assert found.to_frame()["flags"].sum() == (ranks >= 0.9).sum()


def test_vulnerability_by_hand():
    found = svi([[1.0, 2, 3], [30, 10, 20]], [0, 0], reverse=[False, True])
    # ranks 0, .5, 1 and 0, 1, .5: sums 0, 1.5, 1.5
    assert found.draws[:, 0].tolist() == [0, 0.5, 0.5]
    assert found.summary.rank.tolist() == [3, 1, 1]


def test_any_increasing_scale_leaves_vulnerability_as_it_is():
    values = np.random.default_rng(1).normal(size=(4, 30))
    bent = np.stack([np.exp(values[0]), values[1] ** 3, 7 + 2 * values[2], values[3]])
    assert (svi(values, [0, 0, 1, 1]).draws == svi(bent, [0, 0, 1, 1]).draws).all()


def test_draws_pass_through_every_recipe():
    rng = np.random.default_rng(2)
    values = rng.uniform(0.1, 0.9, (4, 20, 1)) + rng.uniform(0, 0.1, (4, 20, 30))
    parts = [0, 0, 1, 1]
    posts = np.tile([0.0, 1.0], (4, 1))
    for found, single in (
        (svi(values, parts), svi(values[:, :, 7], parts)),
        (inform(values, posts, parts), inform(values[:, :, 7], posts, parts)),
        (imd(values, parts, [1, 1]), imd(values[:, :, 7], parts, [1, 1])),
    ):
        assert found.draws.shape == (20, 30)
        assert found.draws[:, 7] == pytest.approx(single.draws[:, 0])
        assert (found.summary.lower <= found.summary.mean).all()
        assert found.summary.sd.max() > 0
        assert single.summary.sd.max() == 0


def test_inform_by_hand():
    values = [[0.2, 1.5, 0.0], [50, 0, 100], [0.5, 0.5, 0.5]]
    found = inform(values, [[0, 1], [100, 0], [0, 1]], [0, 0, 1])
    # scores 2, 10, 0; 5, 10, 0; 5, 5, 5
    assert found.parts.tolist() == [[3.5, 10, 0], [5, 5, 5]]
    assert found.draws[:, 0] == pytest.approx([np.sqrt(17.5), np.sqrt(50), np.sqrt(0.1 * 5)])
    assert found.summary.rank.tolist() == [2, 1, 3]
    assert "part1" in found.to_frame()


def test_components_weigh_equally_inside_their_dimension():
    values = [[1.0, 0], [0, 1], [0, 1]]
    found = inform(values, np.tile([0, 1], (3, 1)), [0, 0, 0], components=[0, 1, 1])
    assert found.parts.tolist() == [[5, 5]]


def test_fixed_goalposts_keep_an_areas_score_whoever_else_is_there():
    values = np.random.default_rng(3).uniform(0, 1, (4, 10))
    posts = np.tile([0.0, 1.0], (4, 1))
    whole, part = inform(values, posts, [0, 0, 1, 1]), inform(values[:, :5], posts, [0, 0, 1, 1])
    assert whole.draws[:5] == pytest.approx(part.draws)


def test_the_exponential_scale_gives_the_worst_tenth_its_upper_half():
    scale = exponential(np.arange(1.0, 1001))
    assert scale[-1] == pytest.approx(100)
    assert scale[899] == pytest.approx(50.4, abs=0.1)
    assert scale[0] == pytest.approx(0.0227, abs=5e-3)
    assert (np.diff(scale) > 0).all()


def test_deprivation_by_hand():
    values = np.array([[1.0, 2, 3, 4], [4, 3, 2, 1]])
    found = imd(values, [0, 1], [3, 1])
    ranks = np.array([0.25, 0.5, 0.75, 1])
    x = -23 * np.log(1 - ranks * (1 - np.exp(-100 / 23)))
    assert found.parts == pytest.approx(np.array([x, x[::-1]]))
    assert found.draws[:, 0] == pytest.approx(0.75 * x + 0.25 * x[::-1])
    assert found.summary.rank.tolist() == [2, 4, 3, 1]


def test_good_marks_elsewhere_do_not_cancel_deprivation():
    n = 100
    one = np.arange(n, dtype=float)
    rest = np.tile(np.full(n, 0.0), (6, 1)) + np.arange(n)[::-1]
    found = imd(np.vstack([one, rest]), np.arange(7), IMD_2019)
    middle = found.draws[n // 2, 0]
    assert found.draws[0, 0] > middle
    assert found.draws[-1, 0] > middle


def test_a_factor_finds_what_indicators_share():
    rng = np.random.default_rng(4)
    need = rng.normal(size=400)
    indicators = need + rng.normal(size=(4, 400)) * np.array([0.3, 0.5, 1, 5])[:, None]
    factor, mean = (imd(indicators, [0] * 4, [1], combine=way).draws[:, 0] for way in ("factor", "mean"))
    good, plain = (np.corrcoef(np.argsort(np.argsort(x)), need)[0, 1] for x in (factor, mean))
    assert good > plain
    assert good > 0.9


def test_shrinkage_by_hand():
    found = shrink_to_district([1.0, 3, 10], [1, 2, 5], [0, 0, 1])
    # variance 2 within district 0; a district of one area keeps its mean
    assert found == pytest.approx([2 - 2 / 3, 2 + 2 / 6, 10])


@pytest.mark.parametrize(
    ("recipe", "arguments", "words"),
    [
        (svi, ([[1.0, np.nan]], [0]), "known in every area"),
        (svi, ([[1.0]], [0]), "two areas or more"),
        (svi, ([1.0, 2], [0]), "two areas or more"),
        (svi, ([[1.0, 2]], [1]), "0..0"),
        (svi, ([[1.0, 2], [1, 2]], [1, 1]), "0 is missing"),
        (svi, ([[1.0, 2], [1, 2]], [0]), "one length"),
        (inform, ([[1.0, 2]], [[1, 1]], [0]), "two different values"),
        (inform, ([[1.0, 2]], [[0, 1], [0, 1]], [0]), "two different values"),
        (imd, ([[1.0, 2]], [0], [0.0]), "weights must be > 0"),
        (imd, ([[1.0, 2]], [0], [1, 1]), "one weight a domain"),
        (shrink_to_district, ([1.0], [0.0], [0]), "se must be > 0"),
    ],
)
def test_impossible_input_is_refused(recipe, arguments, words):
    with pytest.raises(ValueError, match=words):
        recipe(*arguments)


def test_impossible_choices_are_refused():
    values = np.random.default_rng(0).normal(size=(2, 5))
    with pytest.raises(ValueError, match="combine must be"):
        imd(values, [0, 0], [1], combine="sum")
    with pytest.raises(ValueError, match="three indicators"):
        imd(values, [0, 0], [1], combine="factor")
    with pytest.raises(ValueError, match="two dimensions"):
        inform(values, [[0, 1], [0, 1]], [0, 1], components=[0, 0])
    with pytest.raises(ValueError, match="flag_from must lie"):
        svi(values, [0, 0], flag_from=2)
    with pytest.raises(ValueError, match="floor must lie"):
        inform(values, [[0, 1], [0, 1]], [0, 1], floor=-1)
