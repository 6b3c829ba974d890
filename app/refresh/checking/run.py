"""Check every map of records of a stored run, from what the run itself keeps."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from app.errors import RefusedError
from app.refresh import inputs, survey_maps
from app.refresh.checking.counts import CountMap, examine_counts
from app.refresh.checking.index import examine_index
from app.refresh.checking.topics import examine_topics
from app.refresh.inputs import CityInputs, Floats
from app.refresh.results import Chance
from app.store import audit, checks, runs
from app.store.checks import CountedMap
from app.store.logins import Login
from app.store.session import Session, Store
from app.store.tables.plan import Run
from models.replicates import Executor
from survey.indicators import read_indicators

EVERYBODY = "all"
MIN_AREAS = 10  # with fewer there is no map to check
EDGE_M = 1.0
Tell = Callable[[str, float], None]


def examine(
    store: Store,
    run_id: int | None,
    *,
    actor: str,
    now: dt.datetime,
    tell: Tell | None = None,
    executor: Executor | None = None,
) -> dict[str, object]:
    """Check a run's maps of records, its topics and its index, and keep what was found with it.

    Parameters
    ----------
    run_id : the newest run if None
    executor : spreads the fits under other priors and the indices made otherwise

    Raises
    ------
    RefusedError
        If there is no run, or it was made with other boundaries than the present ones.
    """
    with store.session(Login.REFRESH) as session:
        run = runs.get(session, run_id)
        city = inputs.read_city(session)
        if city.boundary_id != run.boundary_id:
            raise RefusedError("check.other_boundaries", run=run.id)
        maps = _maps(session, run.id, city)
        found = []
        for place, one in enumerate(maps):
            if tell:
                tell("stage.examine", place / max(len(maps), 1))
            found.append(examine_counts(one, executor=executor))
        found += _survey(session, run, city, executor)
        checks.save(session, run.id, found, actor=actor, at=now)
        audit.record(session, actor=actor, action="examine", detail={"run": run.id, "maps": len(found)})
        return {"run": run.id, "maps": [{"key": one["key"], "verdict": one["verdict"]} for one in found]}


def _survey(
    session: Session, run: Run, city: CityInputs, executor: Executor | None
) -> list[dict[str, object]]:
    """The survey's topics and their index, on the answers as they stand now."""
    campaign = run.parameters.get("campaign")
    if not campaign:
        return []
    survey = inputs.read_survey(session, city, campaign=str(campaign))
    if survey is None:
        return []
    indicators = read_indicators(str(run.parameters["indicators"]))
    evidence = survey_maps.gather(city, survey, indicators, Chance(seed=0))
    found = list(examine_topics(evidence))
    base = cast(Mapping[str, float], run.parameters["index_base"])
    index = examine_index(evidence, base, executor=executor)
    return [*found, index] if index else found


def _maps(session: Session, run_id: int, city: CityInputs) -> list[CountMap]:
    people, need = _denominators(session, run_id, city)
    edge = border(city.frame)
    made = []
    for one in checks.counted_maps(session, run_id):
        exposure = need if one.kind == "reach" else people
        if exposure is not None and _can_be_checked(one, exposure):
            made.append(_count_map(one, exposure, city, edge))
    return made


def _denominators(session: Session, run_id: int, city: CityInputs) -> tuple[Floats, Floats | None]:
    """(n,) people, and persons in need where a survey told them."""
    try:
        found = runs.need(session, run_id, EVERYBODY)
    except RefusedError:
        return city.population, None
    people, need = (np.array([found.get(code, (0.0, 0.0))[part] for code in city.codes]) for part in (0, 1))
    return people.astype(np.float64), need.astype(np.float64)


def _can_be_checked(one: CountedMap, exposure: Floats) -> bool:
    return int((exposure > 0).sum()) >= MIN_AREAS and sum(one.cases.values()) > 0


def _count_map(one: CountedMap, exposure: Floats, city: CityInputs, edge: npt.NDArray[np.bool_]) -> CountMap:
    given: Mapping[str, int] = one.cases
    count = np.array([given.get(code, 0) for code in city.codes], dtype=np.float64)
    return CountMap(
        key=one.key,
        codes=city.codes,
        count=np.where(exposure > 0, count, np.nan),
        exposure=exposure,
        neighbours=city.neighbours.matrix,
        edge=edge,
    )


def border(frame: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """(n,) areas at the outer border of the map.

    Parameters
    ----------
    frame : areas in a metric CRS
    """
    shapes = np.asarray(frame.geometry.array)
    outline = shapely.boundary(shapely.union_all(shapely.buffer(shapes, EDGE_M)))
    shapely.prepare(outline)
    found: npt.NDArray[np.bool_] = shapely.dwithin(shapes, outline, 2 * EDGE_M)
    return found
