"""One neighbourhood on every map of a run."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import RefusedError
from app.store import published
from app.views.change import comparable_run
from app.views.published import DISTRICT_MARK, MapRun
from app.views.reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileLine:
    """A neighbourhood on one map; steps are None where nothing is told.

    Attributes
    ----------
    before : its class in the run published before, if shown then
    exceedance, rose : 1 to 5, step of the chance of being worse than the city, and of having risen
    rank_low, rank_high : tenths of the areas that its rank lies between, 1 = worst
    cluster : its number, 1 = most likely; None outside all
    """

    key: str
    risk_class: int | None
    reliability: str
    shown: str
    base: str
    before: int | None
    exceedance: int | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    cluster: int | None = None
    rose: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A neighbourhood and where it stands; by key of map."""

    code: str
    neighbourhood: str
    district: str
    place: int
    zone: int | None
    lines: Mapping[str, ProfileLine]


def profile(reader: Reader, run: MapRun, code: str) -> Profile:
    """Where a neighbourhood stands on all maps of a run.

    Raises
    ------
    RefusedError
        If the run knows no such neighbourhood.
    """
    names = reader.gazetteer(run)
    place = names.place_of.get(code)
    if place is None:
        raise RefusedError("risk.no_area", code=code)
    district = names.districts[place]
    maps, earlier = reader.maps_of(run), comparable_run(reader, run)
    codes = {
        key: DISTRICT_MARK + district if about.level == "district" else code for key, about in maps.items()
    }
    with reader.session() as session:
        now = published.classes_of(session, run.run_id, codes)
        then = published.classes_of(session, earlier.run_id, codes) if earlier else {}
        zone = published.zone_of(session, run.run_id, code)
    lines = {key: _line(key, row, then.get(key)) for key, row in now.items()}
    return Profile(
        code=code, neighbourhood=names.names[place], district=district, place=place, zone=zone, lines=lines
    )


def _line(key: str, row: published.ClassRow, before: published.ClassRow | None) -> ProfileLine:
    return ProfileLine(key=key, before=before.risk_class if before else None, **row._asdict())
