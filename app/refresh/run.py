"""Use case: estimate, smooth, count, join, classify, and save as one numbered draft."""

import datetime as dt
import hashlib
import importlib.metadata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from app.errors import BusyError, RefusedError
from app.refresh import inputs, need
from app.refresh.case_maps import Smallest
from app.refresh.earlier import read_earlier
from app.refresh.estimate import INDEX_DRAWS, NEED_DRAWS, Floors, Inputs, Made, compute
from app.refresh.results import DRAWS, Floats
from app.refresh.watch import Stopwatch, Tell, keep_quiet
from app.regions import service_regions
from app.settings import Settings
from app.store import audit, runs
from app.store.logins import Login
from app.store.runs import NeedRow, NewMap, NewRun
from app.store.session import Session, Store
from survey.indicators import read_indicators

LOCK = 7_210_004  # advisory lock: one refresh at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshOptions:
    """What a person may choose; all of it is stored with the run."""

    indicators: str  # the TOML text
    campaign: str | None = None
    seed: int = 0
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What a refresh made."""

    run_id: int
    maps: int
    areas: int
    sampled_areas: int
    need_persons: float
    zones: int
    suspicious: int  # interviews that look made up; they count like the others
    changed_without: int | None  # areas whose class of need would be another without them
    inputs_sha: str
    tables_sha: str
    seconds: Mapping[str, float]


def refresh(
    store: Store, options: RefreshOptions, *, actor: str, now: dt.datetime, tell: Tell = keep_quiet
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
        made = compute(given, seed=options.seed, watch=watch)
        tables_sha = digest(made.maps)
        with watch.stage("save"):
            new = _new_run(given, made, options, tables_sha=tables_sha, actor=actor, now=now)
            zones = (
                dict(zip(given.city.codes, (made.zones.label + 1).tolist(), strict=True))
                if made.zones
                else {}
            )
            draws = _need_draws(given, made)
            run_id = runs.save(session, new, made.maps, list(_need_rows(made)), zones, draws=draws)
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
        suspicious=made.suspicion.interviews if made.suspicion else 0,
        changed_without=made.suspicion.areas_changed if made.suspicion else 0,
        inputs_sha=given.sha,
        tables_sha=tables_sha,
        seconds=watch.seconds,
    )


def _read(session: Session, settings: Settings, options: RefreshOptions) -> Inputs:
    indicators = read_indicators(options.indicators)
    city = inputs.read_city(session)
    survey = inputs.read_survey(session, city, campaign=options.campaign)
    cases = inputs.read_cases(session, city)
    if survey is None and cases is None:
        raise RefusedError("refresh.nothing")
    regions = sorted(set(service_regions(session, settings).values()))
    earlier = read_earlier(session, city, survey, cases)
    parameters = {**_parameters(settings, options), "regions": regions, "against": earlier.sha}
    return Inputs(
        city=city,
        survey=survey,
        cases=cases,
        indicators=indicators,
        parameters=parameters,
        sha=inputs.digest(session, city, options.indicators, parameters),
        earlier=earlier,
        base=runs.frozen_base(session),
        floors=Floors(
            base=settings.smallest_base,
            cases=Smallest(settings.smallest_cell, settings.smallest_cell_protected),
            zone_persons=settings.smallest_zone_persons,
        ),
        is_simulation=runs.holds(session) == "demonstration",
    )


def _new_run(
    given: Inputs, made: Made, options: RefreshOptions, *, tables_sha: str, actor: str, now: dt.datetime
) -> NewRun:
    campaign = given.survey.campaign if given.survey else None
    days = (given.cases.first_day, given.cases.last_day) if given.cases else ()
    return NewRun(
        title=options.title or f"{given.year} risk haritası",
        boundary_id=given.city.boundary_id,
        year=given.year,
        created_at=now,
        created_by=actor,
        inputs_sha=given.sha,
        tables_sha=tables_sha,
        parameters={
            **given.parameters,
            "index_base": dict(made.base),
            "campaign": campaign,
            "population_year": given.city.year,
            "case_days": [day.isoformat() for day in days],
            "against_run": given.earlier.run_id,
            "suspicious": made.suspicion.words() if made.suspicion else None,
        },
        code_version=importlib.metadata.version("mahalle"),
        is_simulation=given.is_simulation,
    )


def _parameters(settings: Settings, options: RefreshOptions) -> dict[str, object]:
    return {
        "seed": options.seed,
        "draws": [NEED_DRAWS, INDEX_DRAWS, DRAWS],
        "indicators": options.indicators,
        "smallest_base": settings.smallest_base,
        "smallest_cells": [settings.smallest_cell, settings.smallest_cell_protected],
        "smallest_zone_persons": settings.smallest_zone_persons,
    }


def _need_rows(made: Made) -> Iterator[NeedRow]:
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


def _need_draws(given: Inputs, made: Made) -> dict[str, Floats]:
    """Joint draws of everybody and each target group: what a centre may be sited for."""
    if made.need is None:
        return {}
    groups = {need.EVERYBODY, *(group.key for group in given.indicators.groups)}
    return {name: made.need.draws(name)[:, :DRAWS] for name in made.need.chosen if name in groups}


def digest(maps: list[NewMap]) -> str:
    """One digest of all tables, from values at nine significant digits."""
    whole = hashlib.sha256()
    for one in maps:
        whole.update(one.key.encode())
        whole.update(repr(one.rows).encode())
    return whole.hexdigest()
