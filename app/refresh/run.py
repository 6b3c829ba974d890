"""Use case: estimate, smooth, count, join, classify, and save as one numbered draft."""

import contextlib
import datetime as dt
import hashlib
import importlib.metadata
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from app.errors import BusyError, RefusedError
from app.refresh import case_maps, composite, inputs, need, survey_maps
from app.refresh.case_maps import Smallest
from app.refresh.classes import classify
from app.refresh.inputs import CaseInputs, CityInputs, SurveyInputs
from app.refresh.need import Need
from app.refresh.results import MapResult
from app.refresh.survey_maps import Evidence
from app.regions import service_regions
from app.settings import Settings
from app.store import audit, runs
from app.store.logins import Login
from app.store.runs import NeedRow, NewMap, NewRun
from app.store.session import Session, Store
from models.results import Zones
from models.zones import risk_zones
from survey.indicators import IndicatorSet, read_indicators

LOCK = 7_210_004  # advisory lock: one refresh at a time
NEED_DRAWS, INDEX_DRAWS = 400, 400
PERSONS_A_ZONE = 5  # zones are asked for so that the mean one has this many times the minimum


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshOptions:
    """What a person may choose; all of it is stored with the run."""

    indicators: str  # the TOML text
    campaign: str | None = None
    seed: int = 0
    title: str | None = None


STAGES = ("read", "need", "topics", "groups", "indicators", "index", "cases", "zones", "classify", "save")
Tell = Callable[[str, float], None]


def _keep_quiet(_stage: str, _share: float) -> None:
    """For callers who do not watch."""


@dataclass(slots=True)
class Stopwatch:
    """Seconds by stage, told to whoever watches."""

    tell: Tell = _keep_quiet
    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        self.tell(f"stage.{name}", STAGES.index(name) / len(STAGES))
        began = time.perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - began, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What a refresh made."""

    run_id: int
    maps: int
    areas: int
    sampled_areas: int
    need_persons: float
    zones: int
    inputs_sha: str
    tables_sha: str
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inputs:
    """Everything read before the first model runs."""

    city: CityInputs
    survey: SurveyInputs | None
    cases: CaseInputs | None
    indicators: IndicatorSet
    parameters: Mapping[str, object]
    sha: str
    base: Mapping[str, float] | None  # frozen city means of the first published run
    smallest: Smallest
    is_simulation: bool

    @property
    def year(self) -> int:
        """Year the map is of."""
        return self.survey.year if self.survey else self.city.year


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """Everything computed, about to be saved."""

    maps: list[NewMap]
    evidence: Evidence | None
    need: Need | None
    zones: Zones | None
    base: Mapping[str, float]


def refresh(
    store: Store, options: RefreshOptions, *, actor: str, now: dt.datetime, tell: Tell = _keep_quiet
) -> RunSummary:
    """Make a city-wide draft run; `tell` hears each stage and the share done before it.

    Raises
    ------
    BusyError
        If another refresh is running.
    RefusedError
        If areas, population, or every kind of evidence is missing.
    """
    watch = Stopwatch(tell)
    with store.session(Login.REFRESH) as session:
        if not runs.try_lock(session, LOCK):
            raise BusyError("refresh.busy")
        with watch.stage("read"):
            given = _read(session, store.settings, options)
        made = _compute(given, store.settings, seed=options.seed, watch=watch)
        tables_sha = digest(made.maps)
        with watch.stage("save"):
            new = _new_run(given, made, options, tables_sha=tables_sha, actor=actor, now=now)
            zones = (
                dict(zip(given.city.codes, (made.zones.label + 1).tolist(), strict=True))
                if made.zones
                else {}
            )
            run_id = runs.save(session, new, made.maps, list(_need_rows(made)), zones)
        runs.note_seconds(session, run_id, watch.seconds)
        audit.record(session, actor=actor, action="refresh", detail={"run": run_id})
    survey = given.survey
    return RunSummary(
        run_id=run_id,
        maps=len(made.maps),
        areas=given.city.size,
        sampled_areas=len(np.unique(survey.area)) if survey else 0,
        need_persons=float(made.need.everybody.persons.sum()) if made.need else 0.0,
        zones=len(made.zones.population) if made.zones else 0,
        inputs_sha=given.sha,
        tables_sha=tables_sha,
        seconds=watch.seconds,
    )


def _read(session: Session, settings: Settings, options: RefreshOptions) -> _Inputs:
    indicators = read_indicators(options.indicators)
    city = inputs.read_city(session)
    survey = inputs.read_survey(session, city, campaign=options.campaign)
    cases = inputs.read_cases(session, city)
    if survey is None and cases is None:
        raise RefusedError("refresh.nothing")
    regions = sorted(set(service_regions(session, settings).values()))
    parameters = {**_parameters(settings, options), "regions": regions}
    return _Inputs(
        city=city,
        survey=survey,
        cases=cases,
        indicators=indicators,
        parameters=parameters,
        sha=inputs.digest(session, city, options.indicators, parameters),
        base=runs.frozen_base(session),
        smallest=Smallest(settings.smallest_cell, settings.smallest_cell_protected),
        is_simulation=runs.holds(session) == "demonstration",
    )


def _compute(given: _Inputs, settings: Settings, *, seed: int, watch: Stopwatch) -> _Made:
    evidence = survey_maps.gather(given.city, given.survey, given.indicators) if given.survey else None
    results, found = _estimate(evidence, given, seed=seed, watch=watch)
    with watch.stage("zones"):
        zones = _zones(given.city, found, settings.smallest_zone_persons) if found else None
    with watch.stage("classify"):
        maps = [classify(result, smallest_base=settings.smallest_base).stored() for result in results]
    base = given.base or (composite.city_means(evidence) if evidence else {})
    return _Made(maps=maps, evidence=evidence, need=found, zones=zones, base=base)


def _new_run(
    given: _Inputs, made: _Made, options: RefreshOptions, *, tables_sha: str, actor: str, now: dt.datetime
) -> NewRun:
    campaign = given.survey.campaign if given.survey else None
    return NewRun(
        title=options.title or f"{given.year} risk haritası",
        boundary_id=given.city.boundary_id,
        year=given.year,
        created_at=now,
        created_by=actor,
        inputs_sha=given.sha,
        tables_sha=tables_sha,
        parameters={**given.parameters, "index_base": dict(made.base), "campaign": campaign},
        code_version=importlib.metadata.version("mahalle"),
        is_simulation=given.is_simulation,
    )


def _parameters(settings: Settings, options: RefreshOptions) -> dict[str, object]:
    return {
        "seed": options.seed,
        "draws": [NEED_DRAWS, INDEX_DRAWS],
        "indicators": options.indicators,
        "smallest_base": settings.smallest_base,
        "smallest_cells": [settings.smallest_cell, settings.smallest_cell_protected],
        "smallest_zone_persons": settings.smallest_zone_persons,
    }


def _estimate(
    evidence: Evidence | None, given: _Inputs, *, seed: int, watch: Stopwatch
) -> tuple[list[MapResult], Need | None]:
    """Every map of the run, and the persons in need behind siting."""
    results: list[MapResult] = []
    found: Need | None = None
    if evidence is not None:
        with watch.stage("need"):
            found, headline = need.estimate_need(evidence, draws=NEED_DRAWS, seed=seed)
            results.append(headline)
        with watch.stage("topics"):
            results += survey_maps.topic_maps(evidence)
        with watch.stage("groups"):
            results += survey_maps.group_maps(evidence)
        with watch.stage("indicators"):
            results += survey_maps.indicator_maps(evidence)
        with watch.stage("index"):
            base = given.base or composite.city_means(evidence)
            index = composite.index_map(evidence, base, draws=INDEX_DRAWS, seed=seed + 1)
            results += [index] if index else []
    if given.cases is not None:
        with watch.stage("cases"):
            least, city, cases = given.smallest, given.city, given.cases
            results += case_maps.case_maps(city, cases, given.indicators, smallest=least)
            if found is not None:
                results += case_maps.reach_maps(city, cases, found.everybody.persons, smallest=least)
    return results, found


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


def _need_rows(made: _Made) -> Iterator[NeedRow]:
    """Persons in need by area and group; visits stand with everybody."""
    if made.evidence is None or made.need is None:
        return
    visits = need.visits(made.evidence, made.need)
    for group, (population, estimates) in made.need.by_group.items():
        for place, code in enumerate(made.evidence.city.codes):
            yield NeedRow(
                code,
                group,
                float(population[place]),
                float(estimates.persons[place]),
                float(estimates.lower[place]),
                float(estimates.upper[place]),
                float(visits[place]) if group == need.EVERYBODY else 0.0,
            )


def digest(maps: list[NewMap]) -> str:
    """One digest of all tables, from values at nine significant digits."""
    whole = hashlib.sha256()
    for one in maps:
        whole.update(one.key.encode())
        whole.update(repr(one.rows).encode())
    return whole.hexdigest()
