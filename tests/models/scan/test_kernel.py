import itertools

import numpy as np
import pytest

from models.scan.candidates import Frame, candidates
from models.scan.clusters import Counts, Options, _search
from models.scan.kernel import LANES, best_by_row, case_limits, null_maxima

CIRCLES = (Frame(),)


def plain_llr(c, size, cases, total, *, bernoulli):
    """The textbook likelihood ratio, in logarithms of rates."""

    def xlog(count, rate):
        return count * np.log(rate) if count else 0.0

    if c * (total - size) <= (cases - c) * size:
        return 0.0
    if not bernoulli:
        return xlog(c, c / size) + xlog(cases - c, (cases - c) / (total - size))
    out, rest = total - size, cases - c
    inside = xlog(c, c / size) + xlog(size - c, (size - c) / size)
    outside = xlog(rest, rest / out) + xlog(out - rest, (out - rest) / out)
    return inside + outside - xlog(cases, cases / total) - xlog(total - cases, (total - cases) / total)


def plain_maximum(
    points, counts, size, windows, share, *, bernoulli=False, low=False, least=2, frames=CIRCLES
):
    """Best score over all circles, circle by circle."""
    cases, total, people = int(counts.sum()), size.sum(), size.sum(axis=1)
    best = 0.0
    for frame, centre in itertools.product(frames, range(len(points))):
        flat = frame.apply(points)
        distance = np.round(np.linalg.norm(flat - flat[centre], axis=1), 9)
        for radius in np.unique(distance):
            inside = distance <= radius
            if people[inside].sum() > share * people.sum() * (1 + 1e-12):
                break
            for start, end in windows:
                c, s = int(counts[inside, start : end + 1].sum()), size[inside, start : end + 1].sum()
                if low:
                    c, s = cases - c, total - s
                elif c < least:
                    continue
                best = max(best, frame.factor * plain_llr(c, s, cases, total, bernoulli=bernoulli))
    return best


def searched(points, counts, size, windows, share, *, bernoulli=False, low=False, frames=CIRCLES):
    options = Options(
        model="bernoulli" if bernoulli else "poisson",
        max_share=share,
        replicates=0,
        metric="euclidean",
        seed=0,
        min_cases=2,
        rates="low" if low else "high",
        overdispersed=False,
        stop_after=None,
        executor=None,
    )
    data = Counts(points, counts, size, size.sum(axis=1))
    groups = candidates(points, data.population, max_share=share, metric="euclidean", frames=frames)
    return _search(groups, data, np.array(windows), options, low=low)


CASES = {
    "space": {"times": 1},
    "time": {"times": 4},
    "low": {"times": 1, "low": True},
    "low time": {"times": 3, "low": True},
    "people": {"times": 1, "bernoulli": True},
    "people time low": {"times": 3, "bernoulli": True, "low": True},
    "ellipses": {"times": 1, "frames": (Frame(), Frame(2.0, 30.0, 0.9), Frame(4.0, 120.0, 0.6))},
    "many": {"times": 1, "cases": 50_000},
}


@pytest.mark.parametrize("name", CASES)
def test_the_lanes_find_what_a_plain_search_finds(name):
    rng = np.random.default_rng(sorted(CASES).index(name))
    given = dict(CASES[name])
    times, cases = given.pop("times"), given.pop("cases", 300)
    # half the places on a grid, so that distances tie
    points = np.concatenate([rng.integers(0, 4, (14, 2)) * 1.0, rng.random((14, 2)) * 4])
    windows = [(a, b) for b in range(times) for a in range(b + 1) if b - a < 2]
    size = rng.integers(20, 90, (28, times)).astype(float)
    if not given.get("bernoulli"):
        size *= cases / size.sum()
    maps = [
        rng.multinomial(cases, (size / size.sum()).ravel())
        .reshape(size.shape)
        .clip(max=size if given.get("bernoulli") else None)
        for _ in range(5)
    ]
    total = int(maps[0].sum())
    maps = [m for m in maps if m.sum() == total]
    found = searched(points, maps[0], size, windows, 0.5, **given)
    kind = np.int16 if cases < 30_000 else np.int32
    lanes = np.zeros((*size.shape, LANES), kind)
    for lane, counts in enumerate(maps):
        lanes[:, :, lane] = np.cumsum(counts, axis=1)
    fast = null_maxima(found, case_limits(found), -lanes if given.get("low") else lanes)
    plain = [plain_maximum(points, counts, size, windows, 0.5, **given) for counts in maps]
    assert fast[: len(maps)] == pytest.approx(plain, rel=1e-9)
    by_row = best_by_row(found, np.cumsum(maps[0], axis=1))
    assert by_row[0].max() == pytest.approx(plain[0], rel=1e-9)
    assert by_row[0].max() == fast[0]
    assert max(plain) > 1
