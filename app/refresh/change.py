"""What rose since the published map: one model of both rounds, never the difference of two smoothed maps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.refresh import survey_maps
from app.refresh.case_maps import CaseEvidence, counts_by_area
from app.refresh.earlier import Earlier
from app.refresh.inputs import Floats, Ints
from app.refresh.results import MapResult, map_key
from app.refresh.survey_maps import Evidence, direct_of, group_value, indicator_value
from models.change import change_in_counts, change_in_estimates
from models.estimates import arcsine_scale
from models.results import DirectEstimates
from survey.indicators import IndicatorSet, Level

LEAST_AREAS = 3  # with answers in either round
LEAST_SHARED = 30  # households asked twice, below which their likeness is not told
MOST_LIKE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Change of one map: (n,) probability that the risk rose, NaN where it was not asked twice."""

    rose: Floats | None
    words: Mapping[str, object]


Changes = Mapping[str, Told]


def changes(
    earlier: Earlier, evidence: Evidence | None, cases: CaseEvidence | None, indicators: IndicatorSet
) -> dict[str, Told]:
    """By key of map, what rose since the published run; only maps of everybody by area are compared."""
    found: dict[str, Told] = {}
    if evidence is not None and earlier.survey is not None:
        before = survey_maps.gather(evidence.city, earlier.survey, indicators, evidence.chance)
        found |= dict(_of_survey(before, evidence, earlier))
    if cases is not None and earlier.cases is not None:
        found |= dict(_of_cases(cases, earlier, indicators))
    return found


def why_not(result: MapResult, earlier: Earlier) -> str:
    """Why a map without a change has none."""
    by_district = result.codes[:1] and result.codes[0].startswith("@")
    if result.kind in {"reach", "index"} or result.sex or by_district:
        return "first" if earlier.run_id is None else "not_compared"
    by_cases = result.kind == "indicator" and result.smallest_base > 0
    return earlier.why_not.get("cases" if by_cases else "survey", "too_few")


# ------------------------------------------------------------------- survey
def _of_survey(before: Evidence, after: Evidence, earlier: Earlier) -> Iterator[tuple[str, Told]]:
    words: dict[str, object] = {"of": "survey", "before": before.survey.campaign}
    then = {key: value for key, value, _, _ in _values(before)}
    for key, value, persons, higher_is_worse in _values(after):
        if np.isnan(then[key]).all() or np.isnan(value).all():
            continue
        found = _compared((before, then[key]), (after, value), earlier, persons=persons)
        if found is not None:
            rose = found.rose if higher_is_worse else 1 - found.rose
            rose = np.where(found.asked_twice, rose, np.nan)
            yield key, Told(rose=rose, words=words | {"shared": found.shared})


def _values(evidence: Evidence) -> Iterator[tuple[str, Floats, bool, bool]]:
    """Key, answers, whether of persons, and whether more is worse, of each map for everybody."""
    indicators = evidence.indicators
    yield map_key("need"), evidence.need_any, True, True
    for topic, value in evidence.need.items():
        yield map_key("topic", topic), value, True, True
    for group in indicators.groups:
        yield map_key("group", group.key), group_value(evidence, group), True, True
    for item in indicators.indicators:
        if not item.from_cases:
            worse = survey_maps.higher_is_worse(item)
            yield (
                map_key("indicator", item.key),
                indicator_value(evidence, item),
                item.level is Level.PERSON,
                worse,
            )


Round = tuple[Evidence, Floats]


@dataclass(frozen=True, slots=True)
class _Compared:
    """(n,) probability that the value rose, areas asked in both rounds, whether households were too."""

    rose: Floats
    asked_twice: npt.NDArray[np.bool_]
    shared: bool


def _compared(before: Round, after: Round, earlier: Earlier, *, persons: bool) -> _Compared | None:
    """Change from one model of both rounds; None with too few areas."""
    city = after[0].city
    first, second = (direct_of(one, value, persons=persons) for one, value in (before, after))
    then, now = _on_scale(first, earlier.known), _on_scale(second, np.ones(city.size, dtype=bool))
    if min(np.isfinite(then[0]).sum(), np.isfinite(now[0]).sum()) < LEAST_AREAS:
        return None
    likeness = _likeness(before, after, persons=persons)
    covariance = likeness * np.sqrt(np.nan_to_num(then[1], nan=1.0) * np.nan_to_num(now[1], nan=1.0))
    weight = city.population if city.population.sum() > 0 else None
    found = change_in_estimates(
        then[0],
        now[0],
        city.neighbours.matrix,
        variance_before=then[1],
        variance_after=now[1],
        covariance=covariance,
        weight=weight,
        seed=after[0].chance.seed,
    )
    return _Compared(found.rose, np.isfinite(then[0]) & np.isfinite(now[0]), bool(likeness.any()))


def _on_scale(direct: DirectEstimates, known: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Direct estimates whose variance does not hang on themselves, and that variance."""
    scaled = arcsine_scale(direct.mean[:, 0], direct.n_effective[:, 0])
    return np.where(known, scaled.value, np.nan), np.where(known, scaled.variance, np.nan)


def _likeness(before: Round, after: Round, *, persons: bool) -> Floats:
    """(n,) correlation of an area's two errors, from households asked in both rounds."""
    size = after[0].city.size
    own = [_by_household(*one, persons=persons) for one in (before, after)]
    both = sorted(own[0].keys() & own[1].keys())
    if len(both) < LEAST_SHARED:
        return np.zeros(size)
    area = np.array([key[0] for key in both], dtype=np.int64)
    pair = np.array([[one[key] for key in both] for one in own])
    like = _within(pair, area)
    counts = [np.bincount([key[0] for key in one], minlength=size) for one in own]
    shared = np.bincount(area, minlength=size)
    found: Floats = like * shared / np.sqrt(np.maximum(counts[0] * counts[1], 1))
    return found


def _by_household(evidence: Evidence, value: Floats, *, persons: bool) -> dict[tuple[int, str], float]:
    """Mean answer of each household that has a number, by area and number."""
    survey = evidence.survey
    of = survey.member_of if persons else np.arange(len(survey.rows))
    known = ~np.isnan(value)
    total = np.bincount(of[known], value[known], len(survey.rows))
    count = np.bincount(of[known], minlength=len(survey.rows))
    return {
        (int(survey.area[place]), row.household): total[place] / count[place]
        for place, row in enumerate(survey.rows)
        if row.household and count[place]
    }


def _within(pair: Floats, area: Ints) -> float:
    """Correlation of two rounds over households, within areas; none below zero."""
    count = np.bincount(area)[area]
    inside = [one - np.bincount(area, one)[area] / count for one in pair]
    spread = float(np.sqrt((inside[0] @ inside[0]) * (inside[1] @ inside[1])))
    return float(np.clip(inside[0] @ inside[1] / spread, 0.0, MOST_LIKE)) if spread > 0 else 0.0


# -------------------------------------------------------------------- cases
def _of_cases(now: CaseEvidence, earlier: Earlier, indicators: IndicatorSet) -> Iterator[tuple[str, Told]]:
    assert earlier.cases is not None
    city, before = now.city, earlier.cases
    people = (earlier.population * before.years, city.population * now.cases.years)
    known = earlier.known & (people[0] > 0) & (people[1] > 0)
    days = {"first_day": before.first_day.isoformat(), "last_day": before.last_day.isoformat()}
    for item in indicators.indicators:
        if item.case_filter is None or indicators.topic(item.topic).records_only:
            continue
        then, today = (
            np.where(known, counts_by_area(one, city.size, item.case_filter), 0)
            for one in (before, now.cases)
        )
        if then.sum() > 0 and today.sum() > 0 and known.sum() >= LEAST_AREAS:
            found = change_in_counts(
                then,
                today,
                np.where(known, people[0], 0.0),
                np.where(known, people[1], 0.0),
                city.neighbours.matrix,
                seed=now.chance.seed,
            )
            rose = np.where(known & found.observed, found.rose, np.nan)
            yield map_key("indicator", item.key), Told(rose=rose, words={"of": "cases", **days})
