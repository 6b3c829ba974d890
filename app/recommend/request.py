"""What was asked, in columns of the minutes; the search, and refusals in the asker's own numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from app.errors import RefusedError
from app.recommend.ground import Floats, Ground
from app.recommend.options import RecommendOptions
from app.store.places import Place
from models.siting import InfeasibleRequest, Rules, SitePlan, p_median, too_close

YEARS = 5
MONTHS = 12
COUNTED = ("asked", "fixed", "available", "needed", "least_change_new")  # in a refusal: all open centres
ANY = "*"


@dataclass(frozen=True)
class Request:
    """Columns that stay open, may open and may not, and the rules over them.

    Attributes
    ----------
    p : open centres in all; None for as many as the budget pays
    stays : own centres that stay open
    fixed : `stays` and the sites that are required
    rules : None where there are none, so that a certificate proves the plan
    beyond : (n,) minutes to the nearest centre of others that counts, None if none does
    """

    p: int | None
    stays: Sequence[int]
    fixed: Sequence[int]
    excluded: Sequence[int]
    rules: Rules | None
    beyond: Floats | None

    @property
    def free(self) -> bool:
        """Whether nothing but the number of centres is asked, so that more can be said of the plan."""
        return self.p is not None and self.rules is None and self.beyond is None

    def without(self, column: int) -> "Request":
        """The same with one site less to choose from."""
        kept = [one for one in self.fixed if one != column]
        return replace(self, fixed=kept, excluded=[*self.excluded, column])

    def with_more(self, step: int) -> "Request":
        """The same with some centres more or fewer."""
        return replace(self, p=None if self.p is None else self.p + step)


class Columns:
    """Which columns of the minutes an option means."""

    def __init__(self, ground: Ground, options: RecommendOptions) -> None:
        self.ground, self.options = ground, options
        self.first = len(ground.existing)

    @cached_property
    def cost(self) -> Floats:
        """(places,) five years' cost; 0 for own centres, NaN for sites of unknown cost."""
        return np.array([*np.zeros(self.first), *(five_year_cost(site) for site in self.ground.sites)])

    def named(self, keys: Sequence[str]) -> list[int]:
        """Columns of sites or centres by their keys.

        Raises
        ------
        RefusedError
            If a key is unknown.
        """
        place = {one.key: column for column, one in enumerate(self.ground.places)}
        unknown = [key for key in keys if key not in place]
        if unknown:
            raise RefusedError("recommend.no_site", site=", ".join(unknown))
        return [place[key] for key in keys]

    def excluded(self, required: Sequence[int]) -> list[int]:
        """Sites that may not open, as asked; what is required may."""
        ground, options = self.ground, self.options
        inside = ground.inside(options.region)
        out = [
            self.first + place
            for place, (site, row) in enumerate(zip(ground.sites, ground.site_area, strict=True))
            if (options.step_free_only and not site.detail["step_free"])
            or (options.ownership and site.kind not in options.ownership)
            or (options.region and (row < 0 or not inside[row]))
            or (options.budget is not None and np.isnan(self.cost[self.first + place]))
        ]
        return sorted({*out, *self.named(options.left_out)} - set(required))

    def groups(self) -> dict[str, list[int]]:
        """Sites of each group of districts.

        Raises
        ------
        RefusedError
            If a rule names no group of districts.
        """
        members: dict[str, list[int]] = {name: [] for name in self.ground.groups.values()}
        for place, district in enumerate(self.ground.site_district):
            if district in self.ground.groups:
                members[self.ground.groups[district]].append(self.first + place)
        unknown = sorted({*self.options.at_least, *self.options.at_most} - set(members))
        if unknown:
            known = ", ".join(sorted(members))
            raise RefusedError("recommend.no_district_group", group=", ".join(unknown), groups=known)
        return members

    def rules(self) -> Rules | None:
        """Everything that binds sites together, None if nothing does."""
        options = self.options
        least = {name: count for name, count in options.at_least.items() if count > 0}
        members = self.groups()
        near = self._too_near() if options.apart_m > 0 else []
        if not (least or options.at_most or near or options.budget is not None):
            return None
        return Rules(
            groups={name: members[name] for name in {*least, *options.at_most}},
            at_least=least,
            at_most=dict(options.at_most),
            conflicts=near,
            cost=None if options.budget is None else np.nan_to_num(self.cost),
            budget=options.budget,
        )

    def _too_near(self) -> list[tuple[int, int]]:
        """Pairs of candidate sites nearer than asked; centres of today are let be."""
        points = self.ground.places_m[self.first : self.first + len(self.ground.sites)]
        apart = np.hypot(*np.moveaxis(points[:, None] - points[None], 2, 0))
        pairs = too_close(apart, self.options.apart_m)
        return [(self.first + one, self.first + other) for one, other in pairs]

    def beyond(self) -> Floats | None:
        """(n,) minutes to the nearest centre of others that gives the service, None if none counts."""
        wanted = self.options.others
        columns = [
            column
            for column, other in enumerate(self.ground.others)
            if wanted == ANY or wanted in services_of(other)
        ]
        if not wanted or not columns:
            return None
        near = np.where(np.isnan(self.ground.others_minutes), np.inf, self.ground.others_minutes)
        least = near[:, columns].min(axis=1)
        return np.where(np.isfinite(least), least, np.nan)


def services_of(place: Place) -> list[str]:
    """Services that a centre gives."""
    given = place.detail.get("services")
    return [str(one) for one in given] if isinstance(given, list | tuple) else []


def five_year_cost(site: Place) -> float:
    """Opening, and five years of running and rent; NaN where the running cost is unknown."""
    opening, yearly, rent = (site.detail.get(name) for name in ("opening_cost", "yearly_cost", "rent"))
    if yearly is None:
        return float("nan")
    return float(str(opening or 0)) + YEARS * (float(str(yearly)) + MONTHS * float(str(rent or 0)))


def parse_request(ground: Ground, options: RecommendOptions) -> Request:
    """The request in columns.

    Raises
    ------
    RefusedError
        If a site, a centre or a group of districts is unknown.
    """
    columns = Columns(ground, options)
    required, closable = columns.named(options.required), columns.named(options.closable)
    stays = [column for column in range(columns.first) if column not in closable]
    return Request(
        p=None if options.new is None else columns.first + options.new,
        stays=stays,
        fixed=sorted({*stays, *required}),
        excluded=columns.excluded(required),
        rules=columns.rules(),
        beyond=columns.beyond(),
    )


def search(ground: Ground, request: Request, weights: Floats, *, seconds: float, seed: int) -> SitePlan:
    """The best plan that keeps a request.

    Raises
    ------
    InfeasibleRequest
        If there is none; counts of its details are new centres.
    """
    return in_new_centres(
        len(ground.existing),
        lambda: p_median(
            ground.travel.minutes,
            weights,
            request.p,
            fixed=request.fixed,
            excluded=request.excluded,
            rules=request.rules,
            beyond=request.beyond,
            time_limit_s=seconds,
            seed=seed,
        ),
    )


def in_new_centres(existing: int, find: Callable[[], SitePlan]) -> SitePlan:
    """What is found; a refusal counts new centres, as they are asked for, and not all open ones."""
    try:
        return find()
    except InfeasibleRequest as refusal:
        if "group" in refusal.details:
            raise
        given = refusal.details
        fewer = {name: int(str(given[name])) - existing for name in COUNTED if name in given}
        raise InfeasibleRequest(refusal.code, {**given, **fewer}) from None


def new_columns(ground: Ground, found: SitePlan) -> list[int]:
    """Columns that a plan opens, required ones too, in order."""
    return [column for column in found.sites.tolist() if column >= len(ground.existing)]


def closed_columns(ground: Ground, found: SitePlan) -> list[int]:
    """Own centres that a plan closes."""
    opened = set(found.sites.tolist())
    return [column for column in range(len(ground.existing)) if column not in opened]
