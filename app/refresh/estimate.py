"""From everything that was read to everything that is saved: maps, persons in need, zones; no database."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from app.refresh import case_maps, composite, need, survey_maps
from app.refresh.case_maps import CaseEvidence, Smallest
from app.refresh.change import Changes, changes, why_not
from app.refresh.classes import Classified, classify
from app.refresh.earlier import Earlier
from app.refresh.inputs import CaseInputs, CityInputs, Floats, SurveyInputs
from app.refresh.need import Need
from app.refresh.results import Chance, MapResult
from app.refresh.survey_maps import Evidence
from app.refresh.suspicion import Suspicion, suspect
from app.refresh.watch import Stopwatch
from app.store.runs import NewMap
from models.results import Zones
from models.zones import risk_zones
from survey.indicators import IndicatorSet

NEED_DRAWS, INDEX_DRAWS = 400, 400
PERSONS_A_ZONE = 5  # zones are asked for so that the mean one has this many times the minimum


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """Numbers below which something is not told as it is, all set by the institution.

    Attributes
    ----------
    base : households behind a class that is not the model's own
    cases : counts of cases, ordinary and of violence
    zone_persons : people of a risk zone
    """

    base: int
    cases: Smallest
    zone_persons: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Everything read before the first model runs."""

    city: CityInputs
    survey: SurveyInputs | None
    cases: CaseInputs | None
    indicators: IndicatorSet
    parameters: Mapping[str, object]
    sha: str
    earlier: Earlier
    base: Mapping[str, float] | None  # frozen city means of the first published run
    floors: Floors
    is_simulation: bool

    @property
    def year(self) -> int:
        """Year the map is of."""
        return self.survey.year if self.survey else self.city.year


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Everything computed, about to be saved."""

    maps: list[NewMap]
    evidence: Evidence | None
    need: Need | None
    zones: Zones | None
    base: Mapping[str, float]
    suspicion: Suspicion | None


def compute(given: Inputs, *, seed: int, watch: Stopwatch) -> Made:
    """Every map of the run, the persons in need behind siting, and zones of similar need."""
    chance = Chance(seed)
    survey = given.survey
    evidence = survey_maps.gather(given.city, survey, given.indicators, chance) if survey else None
    maps = _Maps(given.floors.base)
    # cases wait for persons in need only, and most of their work leaves the interpreter to the others
    with threadpool_limits(limits=1), ThreadPoolExecutor(1) as beside:
        cases = _Cases(given, chance, beside)
        found = _need(maps, evidence, cases, watch) if evidence else None
        suspicion = _suspicion(maps, evidence, watch) if evidence else None
        if evidence:
            _others(maps, evidence, given.base, watch)
        with watch.stage("cases"):
            maps.made += cases.results()
    with watch.stage("zones"):
        zones = _zones(given.city, found, given.floors.zone_persons) if found else None
    with watch.stage("change"), threadpool_limits(limits=1):
        told = changes(given.earlier, evidence, cases.known, given.indicators)
    with watch.stage("classify"):
        stored = [_with_change(one, told, given.earlier).stored() for one in maps.made]
    base = given.base or (composite.city_means(evidence) if evidence else {})
    return Made(maps=stored, evidence=evidence, need=found, zones=zones, base=base, suspicion=suspicion)


def _with_change(one: Classified, told: Changes, earlier: Earlier) -> Classified:
    found = told.get(one.result.key)
    if found is None:
        return one.with_change(None, {"why_not": why_not(one.result, earlier)})
    return one.with_change(found.rose, found.words)


class _Maps:
    """Maps as they are made."""

    def __init__(self, smallest_base: int) -> None:
        self.made: list[Classified] = []
        self.smallest_base = smallest_base

    def take(self, results: Iterable[MapResult]) -> None:
        """Classify some more."""
        self.made += _classified(results, self.smallest_base)


class _Cases:
    """Maps of cases, made and classified beside those of the survey."""

    def __init__(self, given: Inputs, chance: Chance, beside: ThreadPoolExecutor) -> None:
        self._beside, self._smallest_base = beside, given.floors.base
        self._parts: list[Future[list[Classified]]] = []
        self.known: CaseEvidence | None = None
        if given.cases is not None:
            known = CaseEvidence(given.city, given.cases, given.floors.cases, chance)
            self.known = known
            self._begin(lambda: case_maps.case_maps(known, given.indicators))

    def reach(self, need: Floats) -> None:
        """Begin the maps of reach, if there are cases."""
        known = self.known
        if known is not None:
            self._begin(lambda: case_maps.reach_maps(known, need))

    def _begin(self, make: Callable[[], Iterable[MapResult]]) -> None:
        self._parts.append(self._beside.submit(lambda: _classified(make(), self._smallest_base)))

    def results(self) -> list[Classified]:
        """All maps, in order."""
        return [one for part in self._parts for one in part.result()]


def _classified(results: Iterable[MapResult], smallest_base: int) -> list[Classified]:
    """Each classified before the next is made, because its draws are large."""
    return [classify(one, smallest_base=smallest_base) for one in results]


def _need(maps: _Maps, evidence: Evidence, cases: _Cases, watch: Stopwatch) -> Need:
    with watch.stage("need"):
        found, headline = need.estimate_need(evidence, draws=NEED_DRAWS, seed=evidence.chance.seed)
        cases.reach(found.draws())
        maps.take([headline])
    return found


def _suspicion(maps: _Maps, evidence: Evidence, watch: Stopwatch) -> Suspicion:
    """What interviews that look made up would change of the headline."""
    with watch.stage("need"):
        return suspect(evidence, maps.made[0], draws=NEED_DRAWS, smallest_base=maps.smallest_base)


def _others(maps: _Maps, evidence: Evidence, base: Mapping[str, float] | None, watch: Stopwatch) -> None:
    """Topics, groups, indicators and the index."""
    with watch.stage("topics"):
        maps.take(survey_maps.topic_maps(evidence))
    with watch.stage("groups"):
        maps.take(survey_maps.group_maps(evidence))
    with watch.stage("indicators"):
        maps.take(survey_maps.indicator_maps(evidence))
    with watch.stage("index"):
        means = base or composite.city_means(evidence)
        index = composite.index_map(evidence, means, draws=INDEX_DRAWS, seed=evidence.chance.seed + 1)
        maps.take([index] if index else [])


def _zones(city: CityInputs, found: Need, smallest: float) -> Zones:
    """Contiguous zones of similar need."""
    share = np.clip(found.everybody.per_1000 / 1000, 1e-4, 1 - 1e-4)
    logit = np.log(share / (1 - share))
    features = np.nan_to_num(logit, nan=float(np.nanmean(logit)))[:, None]
    wanted = max(int(city.population.sum() / (PERSONS_A_ZONE * smallest)), 1)
    return risk_zones(
        features,
        city.neighbours.matrix,
        city.population,
        zones=min(wanted, city.size),
        minimum_population=smallest,
    )
