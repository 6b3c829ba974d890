"""Use case: estimate, smooth, count, join, classify, and save as one numbered draft."""

import contextlib
import datetime as dt
import hashlib
import importlib.metadata
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from app.errors import BusyError, RefusedError
from app.refresh import case_maps, composite, inputs, need, survey_maps
from app.refresh.classes import classify
from app.refresh.inputs import CaseInputs, CityInputs
from app.refresh.need import Need
from app.refresh.results import MapResult
from app.refresh.survey_maps import Evidence
from app.regions import service_regions
from app.store import audit, runs
from app.store.logins import Login
from app.store.runs import NeedRow, NewMap, NewRun
from app.store.session import Store
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


@dataclass(slots=True)
class Stopwatch:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
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


def refresh(store: Store, options: RefreshOptions, *, actor: str, now: dt.datetime) -> RunSummary:
    """Make a city-wide draft run.

    Raises
    ------
    BusyError
        If another refresh is running.
    RefusedError
        If areas, population, or every kind of evidence is missing.
    """
    watch = Stopwatch()
    with store.session(Login.REFRESH) as session:
        if not runs.try_lock(session, LOCK):
            raise BusyError("refresh.busy")
        indicators = read_indicators(options.indicators)
        with watch.stage("read"):
            city = inputs.read_city(session)
            survey = inputs.read_survey(session, city, campaign=options.campaign)
            cases = inputs.read_cases(session, city)
            parameters = _parameters(store, options)
            sha = inputs.digest(session, city, options.indicators, parameters)
            base = runs.frozen_base(session)
            regions = sorted(set(service_regions(session, store.settings).values()))
        if survey is None and cases is None:
            raise RefusedError("refresh.nothing")
        evidence = survey_maps.gather(city, survey, indicators) if survey is not None else None
        results, found_need = _estimate(
            evidence, cases, city, indicators, base=base, seed=options.seed, watch=watch
        )
        with watch.stage("zones"):
            zones = _zones(city, found_need, store.settings.smallest_zone_persons) if found_need else None
        with watch.stage("classify"):
            least = store.settings.smallest_base
            maps = [classify(result, smallest_base=least).stored() for result in results]
            tables_sha = digest(maps)
        means = composite.city_means(evidence) if evidence else {}
        new = NewRun(
            title=options.title or f"{survey.year if survey else city.year} risk haritası",
            boundary_id=city.boundary_id,
            year=survey.year if survey else city.year,
            created_at=now,
            created_by=actor,
            inputs_sha=sha,
            tables_sha=tables_sha,
            parameters={
                **parameters,
                "index_base": dict(base or means),
                "regions": regions,
                "campaign": survey.campaign if survey else None,
            },
            code_version=importlib.metadata.version("mahalle"),
            is_simulation=runs.holds(session) == "demonstration",
        )
        with watch.stage("save"):
            need_rows = list(_need_rows(evidence, found_need)) if evidence and found_need else []
            run_id = runs.save(
                session,
                new,
                maps,
                need_rows,
                dict(zip(city.codes, zones.label, strict=True)) if zones else {},
            )
        runs.note_seconds(session, run_id, watch.seconds)
        audit.record(session, actor=actor, action="refresh", detail={"run": run_id})
    return RunSummary(
        run_id=run_id,
        maps=len(maps),
        areas=city.size,
        sampled_areas=int((np.bincount(survey.area, minlength=city.size) > 0).sum()) if survey else 0,
        need_persons=float(found_need.everybody.persons.sum()) if found_need else 0.0,
        zones=len(zones.population) if zones else 0,
        inputs_sha=sha,
        tables_sha=tables_sha,
        seconds=watch.seconds,
    )


def _parameters(store: Store, options: RefreshOptions) -> dict[str, object]:
    settings = store.settings
    return {
        "seed": options.seed,
        "draws": [NEED_DRAWS, INDEX_DRAWS],
        "indicators": options.indicators,
        "smallest_base": settings.smallest_base,
        "smallest_zone_persons": settings.smallest_zone_persons,
    }


def _estimate(
    evidence: Evidence | None,
    cases: CaseInputs | None,
    city: CityInputs,
    indicators: IndicatorSet,
    *,
    base: Mapping[str, float] | None,
    seed: int,
    watch: Stopwatch,
) -> tuple[list[MapResult], Need | None]:
    """Every map of the run, and the persons in need behind siting."""
    results: list[MapResult] = []
    found: Need | None = None
    if evidence is not None:
        with watch.stage("topics"):
            results += survey_maps.topic_maps(evidence)
        with watch.stage("groups"):
            results += survey_maps.group_maps(evidence)
        with watch.stage("indicators"):
            results += survey_maps.indicator_maps(evidence)
        with watch.stage("need"):
            found, headline = need.estimate_need(evidence, draws=NEED_DRAWS, seed=seed)
            results.insert(0, headline)
        with watch.stage("index"):
            means = base or composite.city_means(evidence)
            index = composite.index_map(evidence, means, draws=INDEX_DRAWS, seed=seed + 1)
            results += [index] if index else []
    if cases is not None:
        with watch.stage("cases"):
            results += case_maps.case_maps(city, cases, indicators)
            if found is not None:
                results += case_maps.reach_maps(
                    city, cases, found.everybody.persons, year=cases.last_day.year
                )
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


def _need_rows(evidence: Evidence, found: Need) -> Iterator[NeedRow]:
    """Persons in need by area and group; visits stand with everybody."""
    visits = need.visits(evidence, found)
    for group, (population, estimates) in found.by_group.items():
        for place, code in enumerate(evidence.city.codes):
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
