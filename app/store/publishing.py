"""Publishing a run: what may be seen is copied into `agg`, where it stays as it was."""

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.store import shapes
from app.store.tables.plan import Run

PUBLISH = (
    "UPDATE agg.runs SET is_current = false",
    """
    INSERT INTO agg.runs
        (run_id, title, year, boundary_id, published_at, approved_by, is_current, is_simulation)
    SELECT r.id, r.title, r.year, r.boundary_id, :at, coalesce((SELECT actor FROM plan.run_steps s
        WHERE s.run_id = r.id AND s.state = 'approved' ORDER BY s.id DESC LIMIT 1), ''), true, r.is_simulation
    FROM plan.runs r WHERE r.id = :run
    """,
    """
    INSERT INTO agg.maps (run_id, key, kind, topic, indicator, grp, sex, year, definition)
    SELECT run_id, key, kind, topic, indicator, grp, sex, year, definition - 'staff'
    FROM plan.maps WHERE run_id = :run
    """,
    # steps of a probability and tenths of ranks: a neighbourhood's figures stay in `plan`
    """
    INSERT INTO agg.classes (run_id, key, area_code, risk_class, reliability, shown, base,
        exceedance, rank_low, rank_high, cluster, rose)
    SELECT e.run_id, e.key, e.area_code, e.risk_class, e.reliability, e.shown,
        CASE WHEN e.base = 0 THEN '0' WHEN e.base < :base THEN '<' || :base ELSE :base || '+' END,
        s.exceedance, s.rank_low, s.rank_high, s.cluster, s.rose
    FROM (
        SELECT m.run_id, m.key, e.*, count(e.rank_lower) OVER (PARTITION BY m.id) AS ranked
        FROM plan.estimates e JOIN plan.maps m ON m.id = e.map_id WHERE m.run_id = :run
    ) e
    LEFT JOIN LATERAL (
        SELECT CASE WHEN e.exceedance < 0.05 THEN 1 WHEN e.exceedance < 0.20 THEN 2
            WHEN e.exceedance <= 0.80 THEN 3 WHEN e.exceedance <= 0.95 THEN 4
            WHEN e.exceedance <= 1 THEN 5 END AS exceedance,
        CASE WHEN e.rose < 0.05 THEN 1 WHEN e.rose < 0.20 THEN 2
            WHEN e.rose <= 0.80 THEN 3 WHEN e.rose <= 0.95 THEN 4 WHEN e.rose <= 1 THEN 5 END AS rose,
        ceil(10.0 * e.rank_lower / e.ranked) AS rank_low, ceil(10.0 * e.rank_upper / e.ranked) AS rank_high,
        e.cluster
    ) s ON true
    """,
    """
    INSERT INTO agg.zones (run_id, area_code, zone)
    SELECT run_id, area_code, zone FROM plan.zones WHERE run_id = :run
    """,
    "DELETE FROM agg.points",
    """
    INSERT INTO agg.points (kind, key, name, detail, geom)
    SELECT 'centre', key, name,
        jsonb_build_object('owner', owner, 'services', services, 'capacity', capacity),
        ST_Transform(geom, 3857) FROM geo.centres
    UNION ALL
    SELECT 'site', key, name, jsonb_build_object('ownership', ownership, 'rent', rent, 'step_free', step_free,
        'independent', independent, 'capacity', capacity, 'decisions', decisions), ST_Transform(geom, 3857)
    FROM geo.sites
    """,
)


def publish(session: Session, run: Run, *, at: dt.datetime, smallest_base: int) -> None:
    """Copy what may be seen into `agg`, in the caller's transaction; the run is frozen from then on."""
    values = {"run": run.id, "at": at, "base": str(smallest_base)}
    for statement in PUBLISH:
        words = text(statement)
        session.execute(words, {name: values[name] for name in words._bindparams})
    shapes.publish_areas(session, run.id)
    shapes.derive(session, boundary_id=run.boundary_id, run_id=run.id)
