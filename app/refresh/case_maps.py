"""Maps from cases: smoothed rates, violence by district only, and reach. None of them enters need."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from app.refresh.clusters import Found, find_clusters
from app.refresh.inputs import CaseInputs, CityInputs, Floats, Ints
from app.refresh.results import (
    PER_1000_UNIT,
    RATIO_UNIT,
    STAFF_ONLY,
    Chance,
    MapResult,
    map_key,
    registered,
)
from app.refresh.smoothing import DISTRICT_METHOD, METHOD, Smoothed, smoothed_rate
from models.rates import poisson_rate
from survey.indicators import Indicator, IndicatorSet
from survey.names import fold

REACH = {"tr": "Erişim", "en": "Reach"}
APPLICANTS = {"tr": "başvuran kişi (başvuru değil)", "en": "applicants (persons, not applications)"}
IN_NEED = {"tr": "ihtiyaç sahibi", "en": "persons in need"}


@dataclass(frozen=True, slots=True)
class Smallest:
    """Counts below which a class is marked as the model's own: ordinary ones, and of violence."""

    ordinary: int
    sensitive: int


@dataclass(frozen=True, slots=True)
class CaseEvidence:
    """Cases on the city's areas, and how their maps are made."""

    city: CityInputs
    cases: CaseInputs
    smallest: Smallest
    chance: Chance


def case_maps(evidence: CaseEvidence, indicators: IndicatorSet) -> Iterator[MapResult]:
    """Each indicator that counts cases; those of a topic known from records only, by district."""
    cases, size = evidence.cases, evidence.city.size
    for item in indicators.indicators:
        if item.case_filter is None:
            continue
        if indicators.topic(item.topic).records_only:
            yield _by_district(evidence, item, _matching(cases, item.case_filter))
        else:
            yield _by_area(evidence, item, counts_by_area(cases, size, item.case_filter))


def counts_by_area(
    cases: CaseInputs, size: int, accepted: Mapping[str, tuple[str, ...]]
) -> npt.NDArray[np.int64]:
    """(size,) cases of some kinds; people under a confidentiality order count by district at the finest."""
    protected = np.array([row.protected for row in cases.rows], dtype=bool)
    return np.bincount(cases.area[_matching(cases, accepted) & ~protected], minlength=size)


def _by_district(evidence: CaseEvidence, item: Indicator, chosen: npt.NDArray[np.bool_]) -> MapResult:
    city, cases = evidence.city, evidence.cases
    places = _Places(
        codes=tuple(f"@{name}" for name in city.districts),
        count=np.bincount(city.district[cases.area[chosen]], minlength=len(city.districts)),
        people=np.bincount(city.district, city.population, len(city.districts)).astype(np.float64),
    )
    smooth = smoothed_rate(places.count, places.people * cases.years, None, evidence.chance)
    words = {"method": DISTRICT_METHOD, "level": "district"}
    return _rate_map(item, places, smooth, cases, smallest=evidence.smallest.sensitive, words=words)


def _by_area(evidence: CaseEvidence, item: Indicator, count: npt.NDArray[np.int64]) -> MapResult:
    city, cases, chance = evidence.city, evidence.cases, evidence.chance
    places = _Places(codes=city.codes, count=count, people=city.population)
    exposure = city.population * cases.years
    smooth = smoothed_rate(count, exposure, city.neighbours.matrix, chance)
    found = find_clusters(city, count, exposure, chance, rates="high")
    words = {"method": METHOD, "level": "neighbourhood", **cluster_words(found)}
    made = _rate_map(item, places, smooth, cases, smallest=evidence.smallest.ordinary, words=words)
    return replace(made, clusters=found.label)


def cluster_words(found: Found) -> dict[str, object]:
    """What a map's definition says of its clusters; the tests' figures are for staff, not for `agg`."""
    return {"clusters": [dict(one) for one in found.public], STAFF_ONLY: dict(found.tests)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Cases and people of areas, or of districts."""

    codes: tuple[str, ...]
    count: npt.NDArray[np.int64]
    people: Floats


def _matching(cases: CaseInputs, accepted: Mapping[str, tuple[str, ...]]) -> npt.NDArray[np.bool_]:
    keep = np.ones(len(cases.rows), dtype=bool)
    for field, words in accepted.items():
        known = {fold(word) for word in words}
        values = [getattr(row, field) for row in cases.rows]
        match = {value: fold(value) in known for value in set(values)}
        keep &= np.array([match[value] for value in values], dtype=bool)
    return keep


def _rate_map(
    item: Indicator,
    places: _Places,
    smooth: Smoothed,
    cases: CaseInputs,
    *,
    smallest: int,
    words: Mapping[str, object],
) -> MapResult:
    exposure = places.people * cases.years
    own = poisson_rate(places.count, np.maximum(exposure, 1e-9), per=1000)
    population = item.population
    return MapResult(
        key=map_key("indicator", item.key),
        kind="indicator",
        codes=places.codes,
        value=smooth.mean * 1000,
        lower=smooth.lower * 1000,
        upper=smooth.upper * 1000,
        cv=smooth.cv,
        direct=np.where(exposure > 0, own.rate, np.nan),
        base=places.count.astype(np.int64),
        draws=smooth.draws * 1000,
        people=places.people,
        unit=PER_1000_UNIT,
        year=cases.last_day.year,
        topic=item.topic,
        indicator=item.key,
        group=item.group,
        smallest_base=smallest,
        definition={
            "title": dict(item.titles),
            "numerator": str({name: list(words) for name, words in (item.case_filter or {}).items()}),
            "denominator": registered(population.year, population.layer) if population else "",
            "source": _source(cases),
            **words,
        },
    )


def _source(cases: CaseInputs) -> dict[str, str]:
    span = f"{cases.first_day:%d.%m.%Y} - {cases.last_day:%d.%m.%Y}"
    return {"tr": f"başvuru ve ihbarlar, {span}", "en": f"applications and tip-offs, {span}"}


def reach_maps(evidence: CaseEvidence, need: Floats) -> Iterator[MapResult]:
    """Applicants per expected person in need, all and by channel (1 = the city's mean).

    cases_i ~ persons in need_i x reach_i: where reach is low, silence is not the absence of need.

    Parameters
    ----------
    need : (n, draws) persons in need; their uncertainty is reach's too
    """
    cases = evidence.cases
    protected = np.array([row.protected for row in cases.rows], dtype=bool)
    asked = np.array([row.kind == "application" for row in cases.rows], dtype=bool)
    counted = asked & ~protected & cases.first_of_person()
    channels = np.array([row.channel for row in cases.rows], dtype=object)
    yield _reach(evidence, need, counted, channel="")
    for channel in sorted({name for name in channels[counted] if name}):
        yield _reach(evidence, need, counted & (channels == channel), channel=channel)


def _reach(evidence: CaseEvidence, need: Floats, chosen: npt.NDArray[np.bool_], *, channel: str) -> MapResult:
    city, cases, chance = evidence.city, evidence.cases, evidence.chance
    count: Ints = np.bincount(cases.area[chosen], minlength=city.size).astype(np.int64)
    expected = need.mean(axis=1)
    exposure = expected * cases.years
    # channel by channel one would look five times for what one finds by chance, and wait for it
    found = find_clusters(city, count, exposure, chance, rates="low") if not channel else None
    overall = count.sum() / exposure.sum() if exposure.sum() else np.nan
    smooth = smoothed_rate(count, exposure, city.neighbours.matrix, chance)
    draws = smooth.draws / overall * _need_error(need[:, : smooth.draws.shape[1]], expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        direct = np.where(exposure > 0, count / exposure / overall, np.nan)
    value = smooth.mean / overall
    lower, upper = np.quantile(draws, [0.025, 0.975], axis=1)
    return MapResult(
        key=map_key("reach", channel=channel),
        kind="reach",
        codes=city.codes,
        value=value,
        lower=lower,
        upper=upper,
        cv=draws.std(axis=1) / value,
        direct=direct,
        base=count,
        draws=draws,
        people=expected,
        clusters=found.label if found else None,
        unit=RATIO_UNIT,
        year=cases.last_day.year,
        higher_is_worse=False,
        smallest_base=evidence.smallest.ordinary,
        definition={
            "title": {
                language: f"{word}: {channel}" if channel else word for language, word in REACH.items()
            },
            "numerator": dict(APPLICANTS),
            "denominator": dict(IN_NEED),
            "source": _source(cases),
            "method": METHOD,
            "channel": channel,
            **(cluster_words(found) if found else {}),
        },
    )


def _need_error(need: Floats, expected: Floats) -> Floats:
    """(n, draws) by how much reach is more where need is less than expected, the city's mean staying 1."""
    city = need.sum(axis=0) / expected.sum()
    ratio: Floats = np.divide(expected[:, None], need, out=np.full(need.shape, np.nan), where=need > 0)
    error: Floats = ratio * city
    return error
