"""Where cases crowd: circles of areas with more cases (or less reach) than chance explains."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.refresh.inputs import CityInputs
from app.refresh.results import Chance, Floats, Ints
from models.scan import CircularScan
from models.scan.clusters import Rates
from models.scan.results import Cluster, Clusters

# areas differ among themselves anyway: a circle must stand out from such differences, not only from chance
LIMIT = 0.05
REPLICATES, MAX_SHARE = 999, 0.5
ENOUGH = 50  # simulated maps as extreme settle that p is above the limit: 50 of fewer than 1,000
MIN_AREAS = 3
MOST_MEMBERS = 3e6  # of all circles together; a province of 32,000 areas is searched for smaller ones
MOST_THREADS = 4
SURE = ((0.001, "<= 0.001"), (0.01, "<= 0.01"), (0.05, "<= 0.05"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Clusters of one map.

    Attributes
    ----------
    label : (n,) 1 the most likely cluster, 0 outside all
    tests : p-values of those kept and of the most likely one, for the institution's own staff
    public : how many areas each kept one has, and p in steps
    """

    label: Ints
    tests: Mapping[str, object] = field(default_factory=dict)
    public: tuple[Mapping[str, object], ...] = ()


def find_clusters(
    city: CityInputs, count: npt.NDArray[np.int64], exposure: Floats, chance: Chance, *, rates: Rates
) -> Found:
    """Scan a map of counts; clusters whose p among overdispersed maps is at most 0.05 are kept.

    Parameters
    ----------
    count, exposure : (n,) cases and what they are expected in proportion to
    rates : "high", or "low" for maps where little is bad
    """
    lived = exposure > 0
    if lived.sum() < MIN_AREAS or not count[lived].sum():
        return Found(label=np.zeros(city.size, dtype=np.int64))
    share = max_share(city.size)
    with ThreadPoolExecutor(min(len(os.sched_getaffinity(0)), MOST_THREADS)) as threads:
        scan = CircularScan(
            max_share=share,
            replicates=REPLICATES,
            seed=chance.seed,
            rates=rates,
            stop_after=ENOUGH,
            executor=threads,
        )
        shown = np.where(lived, count, 0)
        scan.fit(city.points_m, shown, np.where(lived, exposure, 0.0), city.population)
    return _found(scan.clusters_, share)


def max_share(areas: int) -> float:
    """Largest share of the people in a circle: half, less where the circles would not fit the memory.

    >>> max_share(913), max_share(32_000) < 0.01
    (0.5, True)
    """
    return min(MAX_SHARE, MOST_MEMBERS / areas**2)


def _found(clusters: Clusters, share: float) -> Found:
    kept = [one for one in clusters if one.p_overdispersed <= LIMIT]
    label = np.zeros(clusters.n_areas, dtype=np.int64)
    for number, one in enumerate(kept, start=1):
        label[one.members] = number
    tests: dict[str, object] = {
        "max_share": _round(share),
        "overdispersion_sd": _round(clusters.overdispersion_sd),
        "replicates": len(clusters.maxima_overdispersed),
        "kept": len(kept),
        "found": [_test(one) for one in clusters[: max(len(kept), 1)]],
    }
    return Found(label=label, tests=tests, public=tuple(_steps(one) for one in kept))


def _test(one: Cluster) -> dict[str, object]:
    names = ("p_value", "p_gumbel", "p_overdispersed")
    return {"areas": len(one.members), **{name: _round(getattr(one, name)) for name in names}}


def _steps(one: Cluster) -> dict[str, object]:
    """What may be published of a cluster: it is many areas together, and p a step of three."""
    return {"areas": len(one.members), "p": step(one.p_value), "p_overdispersed": step(one.p_overdispersed)}


def step(p: float) -> str:
    """A p-value in steps.

    >>> step(0.001), step(0.02), step(0.3)
    ('<= 0.001', '<= 0.05', '> 0.05')
    """
    return next((word for limit, word in SURE if p <= limit), "> 0.05")


def _round(value: float) -> float | None:
    return float(f"{value:.3g}") if np.isfinite(value) else None
