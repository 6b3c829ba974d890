"""SQL tables, one module a schema; importing this package registers them all."""

from app.store.tables import agg, audit, auth, checks, geo, ident, jobs, plan, survey
from app.store.tables.base import SCHEMAS, Base

__all__ = ["SCHEMAS", "Base", "agg", "audit", "auth", "checks", "geo", "ident", "jobs", "plan", "survey"]
