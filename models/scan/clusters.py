"""From counts to clusters: the search, the simulated maps, and the choice among overlapping groups."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from models.checks import Floats, Ints, as_floats, check_bounds, check_counts
from models.replicates import Executor
from models.scan.candidates import Candidates, Frame, Metric, candidates
from models.scan.inference import gumbel_p, monte_carlo_p, sequential_p, stopped
from models.scan.kernel import Likelihood, Search, best_by_row, case_limits
from models.scan.null import Limited, Null, fitted_precision, maxima
from models.scan.results import Cluster, Clusters

Model = Literal["poisson", "bernoulli"]
Rates = Literal["high", "low", "both"]
LARGEST_COUNT = 10**8  # k log k is tabled up to here


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Parameters of a scan, checked."""

    model: Model
    max_share: float
    replicates: int
    metric: Metric
    seed: int
    min_cases: int
    rates: Rates
    overdispersed: bool
    stop_after: int | None
    executor: Executor | None
    frames: tuple[Frame, ...] = (Frame(),)

    def __post_init__(self) -> None:
        check_bounds(
            {"max_share": self.max_share, "replicates": self.replicates, "min_cases": self.min_cases},
            {"max_share": (1e-9, 1.0), "replicates": (0, 10**7), "min_cases": (1, LARGEST_COUNT)},
        )
        for name, value, known in (
            ("model", self.model, ("poisson", "bernoulli")),
            ("metric", self.metric, ("euclidean", "haversine")),
            ("rates", self.rates, ("high", "low", "both")),
        ):
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}")
        if self.stop_after is not None and self.stop_after < 1:
            raise ValueError(f"stop_after must be >= 1 or None; got {self.stop_after}")


@dataclass(frozen=True, slots=True)
class Counts:
    """Checked data of a scan.

    Attributes
    ----------
    coordinates : (n, 2)
    cases : (n, t)
    size : (n, t) expected cases summing to the cases, or people (cases and controls)
    population : (n,) that the largest share is of
    """

    coordinates: Floats
    cases: Ints
    size: Floats
    population: Floats

    @property
    def total(self) -> int:
        """All cases."""
        return int(self.cases.sum())


def checked(
    coordinates: ArrayLike, cases: ArrayLike, other: ArrayLike, population: ArrayLike | None, options: Options
) -> Counts:
    """Check the data of a scan; `cases` and `other` (expected or controls) are (n, t).

    Raises
    ------
    ValueError
        If shapes differ, a number is missing or negative, cases are fractions, there is no case, or an area
        has cases where none are possible.
    """
    points = as_floats("coordinates", coordinates, ndim=2)
    count, base = as_floats("cases", cases, ndim=2), as_floats("expected or controls", other, ndim=2)
    if points.shape[1:] != (2,) or count.shape != base.shape or len(points) != len(count):
        raise ValueError(
            "coordinates must be (n, 2), cases and expected (or controls) alike with n rows; got "
            f"{points.shape}, {count.shape}, {base.shape}"
        )
    _check_points(points, options.metric)
    _check_whole("cases", count)
    check_counts("expected or controls", base.ravel())
    if not count.sum():
        raise ValueError("cases must not all be 0: without a case there is nothing to look for")
    size = _sizes(count, base, options.model)
    people = size.sum(axis=1) if population is None else as_floats("population", population)
    check_counts("population", people)
    if len(people) != len(points) or not people.sum():
        raise ValueError(f"population must have one value an area ({len(points)}), not all 0")
    return Counts(points, count.astype(np.int64), size, people)


def _check_points(points: Floats, metric: Metric) -> None:
    if not len(points) or not np.isfinite(points).all():
        raise ValueError("coordinates must be finite, with one row an area and at least one")
    outside = (np.abs(points) > [360.0, 90.0]).any()
    if metric == "haversine" and outside:
        raise ValueError("haversine needs longitude, latitude in degrees; use metric='euclidean' for metres")


def _check_whole(name: str, count: Floats) -> None:
    check_counts(name, count.ravel())
    if (count != np.round(count)).any():
        raise ValueError(f"{name} must be whole numbers; round them beforehand and say so beside the result")
    if count.sum() > LARGEST_COUNT:
        raise ValueError(f"{name} must sum to at most {LARGEST_COUNT}; got {count.sum():.0f}")


def _sizes(count: Floats, base: Floats, model: Model) -> Floats:
    if model == "bernoulli":
        _check_whole("controls", base)
        if count.sum() + base.sum() > LARGEST_COUNT:
            raise ValueError(f"cases and controls must be at most {LARGEST_COUNT} together")
        return count + base
    impossible = (base == 0) & (count > 0)
    if impossible.any():
        row = int(np.argwhere(impossible)[0, 0])
        raise ValueError(f"area {row} has cases but expects none; give it an expected count or leave it out")
    scaled: Floats = base * (count.sum() / base.sum())
    return scaled


def find_clusters(counts: Counts, windows: Ints, options: Options) -> Clusters:
    """Search the data and the simulated maps."""
    groups = candidates(
        counts.coordinates,
        counts.population,
        max_share=options.max_share,
        metric=options.metric,
        frames=options.frames,
    )
    searches = [_search(groups, counts, windows, options, low=low) for low in _directions(options.rates)]
    chosen = list(_disjoint(groups, counts, searches))
    limited = [(search, case_limits(search)) for search in searches]
    null = Null(counts.total, counts.size, options.model == "bernoulli")
    top = chosen[0].score if chosen else np.inf
    independent = _simulate(limited, null, options, top)
    precision, spread = np.inf, np.empty(0)
    if options.overdispersed:
        precision = fitted_precision(
            counts.cases.sum(axis=1), counts.size.sum(axis=1), bernoulli=null.bernoulli
        )
        varied = Null(null.cases, null.size, null.bernoulli, precision)
        spread = _simulate(limited, varied, options, top) if np.isfinite(precision) else independent
    found = tuple(_cluster(one, groups, counts, windows, (independent, spread), options) for one in chosen)
    return Clusters(
        found=found,
        n_areas=len(counts.coordinates),
        cases=counts.total,
        maxima=independent,
        maxima_overdispersed=spread,
        overdispersion_sd=_relative_sd(precision, null),
        replicates=len(independent),
    )


def _directions(rates: Rates) -> tuple[bool, ...]:
    return {"high": (False,), "low": (True,), "both": (False, True)}[rates]


def _relative_sd(precision: float, null: Null) -> float:
    """Sd of the areas' own relative risks."""
    if not null.bernoulli:
        return float(precision**-0.5)
    rate = null.cases / null.size.sum()
    return float(np.sqrt((1 - rate) / rate / (precision + 1)))


def _search(groups: Candidates, counts: Counts, windows: Ints, options: Options, *, low: bool) -> Search:
    bernoulli = options.model == "bernoulli"
    total = float(counts.size.sum()) if bernoulli else float(counts.total)
    largest = np.arange(int(total) + 1, dtype=np.float64)
    return Search(
        members=groups.members,
        start=groups.start,
        factor=groups.factor,
        size=np.cumsum(counts.size, axis=1),
        windows=windows,
        low=low,
        least=options.min_cases,
        likelihood=Likelihood(
            counts.total, total, bernoulli, table=largest * np.log(np.maximum(largest, 1.0))
        ),
    )


def _simulate(searches: Sequence[Limited], null: Null, options: Options, top: float) -> Floats:
    limit = options.stop_after
    if limit is None:
        return maxima(
            searches, null, replicates=options.replicates, seed=options.seed, executor=options.executor
        )

    def enough(found: Floats) -> bool:
        return bool((found >= top).sum() >= limit)

    found = maxima(
        searches,
        null,
        replicates=options.replicates,
        seed=options.seed,
        executor=options.executor,
        enough=enough,
    )
    return stopped(top, found, limit)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The best group of one row."""

    score: float
    row: int
    last: int
    window: int


def _disjoint(groups: Candidates, counts: Counts, searches: Sequence[Search]) -> Iterator[_Chosen]:
    """Best group of each centre, most likely first, without those that share an area with an earlier one."""
    prefix = np.cumsum(counts.cases, axis=1)
    best = [best_by_row(search, prefix) for search in searches]
    score, last, window = (np.stack(part) for part in zip(*best, strict=True))
    # a centre's best is over its frames and directions: one candidate each
    flat = score.reshape(len(searches), len(groups.frames), -1)
    winner = flat.reshape(-1, flat.shape[2]).argmax(axis=0)
    n = flat.shape[2]
    direction, frame = np.divmod(winner, len(groups.frames))
    row = frame * n + np.arange(n)
    values = score[direction, row]
    taken = np.zeros(len(counts.coordinates), dtype=bool)
    for centre in np.argsort(-values, kind="stable"):
        if values[centre] <= 0:
            return
        at = int(row[centre])
        position, time = int(last[direction[centre], at]), int(window[direction[centre], at])
        areas = groups.areas(at, position)
        if not taken[areas].any():
            taken[areas] = True
            yield _Chosen(float(values[centre]), at, position, time)


def _cluster(
    one: _Chosen,
    groups: Candidates,
    counts: Counts,
    windows: Ints,
    nulls: tuple[Floats, Floats],
    options: Options,
) -> Cluster:
    areas = groups.areas(one.row, one.last)
    start, end = (int(time) for time in windows[one.window])
    inside = np.ix_(areas, np.arange(start, end + 1))
    observed, size = int(counts.cases[inside].sum()), float(counts.size[inside].sum())
    share = size / float(counts.size.sum())
    frame = groups.frames[groups.frame[one.row]]
    independent, spread = nulls
    return Cluster(
        members=areas,
        centre=int(groups.centre[one.row]),
        radius=float(groups.radius[one.last]),
        shape=frame.shape,
        angle_degrees=frame.angle_degrees,
        observed=observed,
        expected=share * counts.total,
        relative_risk=_relative_risk(observed, counts.total, share),
        llr=one.score,
        p_value=sequential_p(one.score, independent, options.stop_after),
        p_gumbel=gumbel_p(one.score, independent),
        p_overdispersed=monte_carlo_p(one.score, spread) if options.overdispersed else np.nan,
        start=start,
        end=end,
    )


def _relative_risk(observed: int, cases: int, share: float) -> float:
    outside = (cases - observed) / (1 - share)
    return observed / share / outside if outside > 0 else np.inf
