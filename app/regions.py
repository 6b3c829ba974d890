"""Use case: which service region answers for each neighbourhood; together they cover the city."""

import geopandas as gpd
import numpy as np

from app.settings import Settings
from app.store import places
from app.store.session import Session
from geo.areas import representative_points_m
from geo.travel import StraightLine

WHOLE_CITY = "*"
OWN = "own"


def service_regions(session: Session, settings: Settings) -> dict[str, str]:
    """Area code -> region: as loaded; else one a centre of our own, by nearest travel; else one for all.

    A neighbourhood the city named no region for goes by nearest travel too, so that nobody is left out.
    """
    boundary = places.current_boundary(session)
    frame = places.areas(session, boundary.id)
    found = _nearest(frame.to_crs(boundary.metric_epsg), session, settings)
    return {**found, **{code: name for code, name in places.regions(session).items() if code in found}}


def _nearest(frame: gpd.GeoDataFrame, session: Session, settings: Settings) -> dict[str, str]:
    centres = [centre for centre in places.centres(session) if centre.kind == OWN]
    if not centres:
        return dict.fromkeys(frame["code"], WHOLE_CITY)
    there = gpd.GeoSeries.from_xy([c.lon for c in centres], [c.lat for c in centres], crs=4326).to_crs(
        frame.crs
    )
    travel = StraightLine(detour=settings.travel_detour, km_per_hour=settings.travel_km_per_hour)
    points = np.asarray(representative_points_m(frame), dtype=np.float64)
    minutes = travel.between(points, np.column_stack([there.x, there.y])).minutes
    return {
        code: centres[place].key for code, place in zip(frame["code"], minutes.argmin(axis=1), strict=True)
    }
