"""What the map published now rests on, brought to today's areas: what a change is measured against."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.errors import RefusedError
from app.refresh.inputs import CaseInputs, CityInputs, Floats, SurveyInputs, cases_between, read_survey
from app.store import evidence, places, runs
from app.store.session import Session
from app.store.tables.plan import Run

SHORTEST_DAYS = 90  # of a window of cases that shares no day with the present one
Reason = str  # first, same_campaign, no_campaign, not_later, window_unknown, windows_shared, no_cases


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The evidence of the published run.

    Attributes
    ----------
    run_id : None where nothing was published yet
    sha : digest of that run's inputs
    known : (n,) areas whose earlier evidence lies on today's boundaries: the same, or merged of whole ones
    survey, cases : None where there is nothing to compare with; `why_not` says why, by `survey` and `cases`
    population : (n,) persons then; today's where boundaries or years are not to be had
    """

    run_id: int | None
    sha: str
    known: npt.NDArray[np.bool_]
    survey: SurveyInputs | None
    cases: CaseInputs | None
    population: Floats
    why_not: Mapping[str, Reason]


def read_earlier(
    session: Session, city: CityInputs, survey: SurveyInputs | None, cases: CaseInputs | None
) -> Earlier:
    """Read what the published run was made of, as far as it can be compared with today's evidence."""
    try:
        run = runs.get(session, state="published")
    except RefusedError:
        return _nothing(city)
    before = _survey(session, city, survey, run)
    window = _cases(session, city, cases, run)
    found = {"survey": before, "cases": window}
    return Earlier(
        run_id=run.id,
        sha=run.inputs_sha,
        known=_known(session, city, run),
        survey=before if isinstance(before, SurveyInputs) else None,
        cases=window if isinstance(window, CaseInputs) else None,
        population=_population(session, city, run),
        why_not={name: one for name, one in found.items() if isinstance(one, str)},
    )


def _nothing(city: CityInputs) -> Earlier:
    return Earlier(
        run_id=None,
        sha="",
        known=np.zeros(city.size, dtype=bool),
        survey=None,
        cases=None,
        population=city.population,
        why_not={"survey": "first", "cases": "first"},
    )


def _survey(
    session: Session, city: CityInputs, survey: SurveyInputs | None, run: Run
) -> SurveyInputs | Reason:
    """The earlier round of a survey; the same round twice is no change."""
    key = run.parameters.get("campaign")
    if survey is None or not isinstance(key, str):
        return "no_campaign"
    if key == survey.campaign:
        return "same_campaign"
    try:
        before = read_survey(session, city, campaign=key)
    except RefusedError:
        return "no_campaign"
    if before is None:
        return "no_campaign"
    return before if before.last_day < survey.last_day else "not_later"


def _cases(session: Session, city: CityInputs, cases: CaseInputs | None, run: Run) -> CaseInputs | Reason:
    """The earlier window as far as it shares no day, and so no case, with the present one."""
    days = run.parameters.get("case_days")
    if cases is None:
        return "no_cases"
    if not isinstance(days, list) or len(days) != 2:
        return "window_unknown"
    first, last = (dt.date.fromisoformat(str(day)) for day in days)
    last = min(last, cases.first_day - dt.timedelta(days=1))
    if (last - first).days + 1 < SHORTEST_DAYS:
        return "windows_shared"
    return cases_between(session, city, first, last)


def _known(session: Session, city: CityInputs, run: Run) -> npt.NDArray[np.bool_]:
    """(n,) a part of a split area is not: nobody can tell which of its answers were given in which part."""
    if run.boundary_id == city.boundary_id:
        return np.ones(city.size, dtype=bool)
    same = set(places.areas(session, run.boundary_id)["code"])
    good = (same | evidence.linked_codes(session)) - evidence.split_codes(session)
    return np.array([code in good for code in city.codes], dtype=bool)


def _population(session: Session, city: CityInputs, run: Run) -> Floats:
    year = run.parameters.get("population_year")
    if run.boundary_id != city.boundary_id or not isinstance(year, int) or year == city.year:
        return city.population
    cells = places.population(session, year=year, layer="registered")
    then = CityInputs(city.boundary_id, city.constructed, city.frame, cells, year).population
    return np.where(then > 0, then, city.population)
