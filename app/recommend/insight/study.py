"""What every part of the study of a plan starts from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from app.recommend.document import nearest
from app.recommend.ground import EVERYBODY, Floats, Ground
from app.recommend.options import RecommendOptions
from app.recommend.request import Request, new_columns
from models.siting import SitePlan


class Columns(TypedDict):
    """Columns as the models take them."""

    fixed: list[int]
    excluded: list[int]


@dataclass(frozen=True, kw_only=True)
class Study:
    """A plan with the ground it stands on and what was asked."""

    ground: Ground
    plan: SitePlan
    weights: Floats
    request: Request
    options: RecommendOptions

    @property
    def columns(self) -> Columns:
        """What stays open in any case, and what may not open."""
        return {"fixed": list(self.request.fixed), "excluded": list(self.request.excluded)}

    @property
    def new(self) -> list[int]:
        """Columns that the plan opens."""
        return new_columns(self.ground, self.plan)

    @property
    def persons(self) -> float:
        """Who count."""
        return float(self.weights.sum())

    @property
    def group_names(self) -> list[str]:
        """Target groups told apart: everybody first, then the city's own; no single cells."""
        return [EVERYBODY, *sorted(name for name in self.ground.draws if name != EVERYBODY)]

    def by_group(self) -> Floats:
        """(groups, n) persons in need inside the region, in order of `group_names`."""
        inside = self.ground.inside(self.options.region)
        return np.array([self.ground.need[name][1] * inside for name in self.group_names])

    def near(self, columns: Sequence[int]) -> Floats:
        """(n,) minutes with some places open."""
        return np.asarray(nearest(self.ground, self.request, columns).minutes, dtype=np.float64)

    def named(self, columns: Sequence[int]) -> list[Mapping[str, object]]:
        """New sites among columns, by key, name and district."""
        first = len(self.ground.existing)
        places, district = self.ground.places, self.ground.site_district
        return [
            {"key": places[c].key, "name": places[c].name, "district": district[c - first]}
            for c in columns
            if c >= first
        ]
