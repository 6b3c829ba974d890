"""Queries on plans of centres: a plan is named and owned; what it says is in versions that never change."""

from app.store.plans.making import copy, parse_name, rename, revise, save, undo
from app.store.plans.reading import all_plans, get, keys, version, versions
from app.store.plans.records import (
    CITY,
    DRAFT,
    LONGEST_NAME,
    PUBLISHED,
    SENT,
    WITHDRAWN,
    Draft,
    PlanLine,
    PlanRecord,
    VersionLine,
)
from app.store.plans.shown import FEWEST_AREAS, NEED_STEP, REGION_FIGURES, shown
from app.store.plans.states import move, publish, withdraw

__all__ = [
    "CITY",
    "DRAFT",
    "FEWEST_AREAS",
    "LONGEST_NAME",
    "NEED_STEP",
    "PUBLISHED",
    "REGION_FIGURES",
    "SENT",
    "WITHDRAWN",
    "Draft",
    "PlanLine",
    "PlanRecord",
    "VersionLine",
    "all_plans",
    "copy",
    "get",
    "keys",
    "move",
    "parse_name",
    "publish",
    "rename",
    "revise",
    "save",
    "shown",
    "undo",
    "version",
    "versions",
    "withdraw",
]
