"""How far an installation is set up: counts of what has been loaded, nothing of what it says."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import DeclarativeBase, Session

from app.store.tables import geo, plan, survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What there is, by count."""

    areas: int
    population_years: int
    district_groups: int
    centres: int
    sites: int
    forms: int
    indicators: int
    campaigns: int
    households: int
    cases: int
    runs: int
    waiting_runs: int
    published_runs: int


def standing(session: Session) -> Standing:
    """Count everything the set-up checklist asks about."""
    years = select(func.count(func.distinct(geo.Population.year)))
    waiting = plan.Run.state.in_(("draft", "checked", "approved"))
    return Standing(
        areas=_newest_areas(session),
        population_years=session.scalar(years) or 0,
        district_groups=_count(session, geo.DistrictGroup),
        centres=_count(session, geo.Centre),
        sites=_count(session, geo.Site),
        forms=_count(session, survey.FormVersion),
        indicators=_count(session, plan.IndicatorText),
        campaigns=_count(session, survey.Campaign),
        households=_count(session, survey.Household),
        cases=_count(session, survey.Case),
        runs=_count(session, plan.Run),
        waiting_runs=session.scalar(select(func.count()).select_from(plan.Run).where(waiting)) or 0,
        published_runs=session.scalar(
            select(func.count()).select_from(plan.Run).where(plan.Run.state.in_(("published", "superseded")))
        )
        or 0,
    )


def _newest_areas(session: Session) -> int:
    newest = select(func.max(geo.Boundary.id)).scalar_subquery()
    query = select(func.count()).select_from(geo.Area).where(geo.Area.boundary_id == newest)
    return session.scalar(query) or 0


def _count(session: Session, table: type[DeclarativeBase]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0
