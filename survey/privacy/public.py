"""What may leave: tables and points with the proof of their making."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from survey.privacy.classes import Reliability, class_of, reliability
from survey.privacy.suppression import MIN_HOUSEHOLDS, SMALLEST_COUNT, Suppression, exposed, suppress

__all__ = [
    "PublicCounts",
    "PublicPoints",
    "PublicTable",
    "publish_classes",
    "publish_counts",
    "publish_points",
]

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
_SEAL = object()  # only the makers in this file hold it
NEAREST_HOMES, FARTHEST_HOMES = 40, 200


@dataclass(frozen=True, slots=True)
class PublicTable:
    """A table safe to show: no small count, no decimal of an estimate, no person. Made here only."""

    frame: pd.DataFrame
    seal: object = None

    def __post_init__(self) -> None:
        """Refuse a table that no maker made."""
        _check(self.seal)


@dataclass(frozen=True, slots=True)
class PublicPoints:
    """Displaced points, (n, 2) metres, each moved once and for ever. Made here only."""

    xy_m: Floats
    seal: object = None

    def __post_init__(self) -> None:
        """Refuse points that no maker made."""
        _check(self.seal)


@dataclass(frozen=True, slots=True)
class PublicCounts:
    """Counts by neighbourhood, district and any further grouping; `city` None when it must be hidden."""

    areas: PublicTable
    districts: PublicTable
    groups: Mapping[str, PublicTable]
    city: int | None


def _check(seal: object) -> None:
    if seal is not _SEAL:
        raise TypeError("public types are made by survey.privacy only")


def publish_counts(
    counts: pd.Series,
    districts: Sequence[str],
    *,
    smallest: int = SMALLEST_COUNT,
    households: pd.Series | None = None,
    groupings: Mapping[str, Sequence[str]] | None = None,
) -> PublicCounts:
    """Hide small counts and what would give them back.

    Parameters
    ----------
    counts : (n_areas,) int, indexed by area code
    districts : (n_areas,) str
    smallest
        `SMALLEST_COUNT`, or `SMALLEST_SENSITIVE` for violence and people under protection.
    households : (n_areas,) int, optional
        Interviewed households; areas below `MIN_HOUSEHOLDS` are hidden.
    groupings
        Further sums to publish, such as service regions: {name: (n_areas,) label}. A total that would expose
        a hidden count together with all the others is left out.
    """
    values = counts.to_numpy(dtype=np.int64)
    thin = None if households is None else np.asarray(households.to_numpy() < MIN_HOUSEHOLDS)
    hiding = suppress(values, districts, smallest=smallest, also=thin)
    sums = _sums(hiding, districts)
    shown: dict[str, PublicTable] = {}
    for name, labels in (groupings or {}).items():
        shown[name] = _grouping(values, hiding, labels, sums, smallest)
    areas = pd.DataFrame({"count": pd.array(values, dtype="Int64").copy()}, index=counts.index)
    areas.loc[hiding.areas, "count"] = pd.NA
    city = None if hiding.city else int(values.sum())
    return PublicCounts(PublicTable(areas, _SEAL), _totals(values, districts, ~hiding.districts), shown, city)


def _sums(hiding: Suppression, districts: Sequence[str]) -> list[npt.NDArray[np.bool_]]:
    """Membership of every published sum."""
    member = np.asarray(districts, dtype=str)
    open_districts = [d for d, closed in zip(hiding.labels, hiding.districts, strict=True) if not closed]
    sums = [member == label for label in open_districts]
    return sums if hiding.city else [*sums, np.ones(len(member), dtype=bool)]


def _totals(values: Counts, labels: Sequence[str], shown: npt.NDArray[np.bool_]) -> PublicTable:
    names, member = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    totals = np.bincount(member, weights=values, minlength=len(names)).astype(np.int64)
    frame = pd.DataFrame({"count": pd.array(totals, dtype="Int64")}, index=names)
    frame.loc[~shown, "count"] = pd.NA
    return PublicTable(frame, _SEAL)


def _grouping(
    values: Counts,
    hiding: Suppression,
    labels: Sequence[str],
    sums: list[npt.NDArray[np.bool_]],
    smallest: int,
) -> PublicTable:
    """Totals of one grouping, each taken into `sums` only if nothing hidden is exposed by it."""
    names = np.unique(np.asarray(labels, dtype=str))
    shown = np.zeros(len(names), dtype=bool)
    for place, name in enumerate(names):
        mask = np.asarray(labels, dtype=str) == name
        total = int(values[mask].sum())
        if 0 < total < smallest:
            continue
        if len(exposed(values, hiding.areas, [*sums, mask], smallest=smallest)) == 0:
            sums.append(mask)
            shown[place] = True
    return _totals(values, labels, shown)


def publish_classes(
    values: pd.Series,
    membership: pd.Series,
    within_one: pd.Series,
    *,
    breaks: Floats,
    households: pd.Series | None = None,
) -> PublicTable:
    """Class and reliability of modelled estimates, nothing finer.

    Parameters
    ----------
    values, membership, within_one : (n_areas,) estimates, and how sure their class is; see `reliability`

    Returns
    -------
    PublicTable
        Indexed by area: `class` 1-5 (0: not enough data, reliability D), `reliability` A-D, and `modelled`,
        true where fewer than 20 households were interviewed.
    """
    grades = reliability(membership.to_numpy(dtype=np.float64), within_one.to_numpy(dtype=np.float64))
    classes = np.where(grades == Reliability.D, 0, class_of(values.to_numpy(dtype=np.float64), breaks))
    base = (
        np.zeros(len(values)) if households is None else households.reindex(values.index).fillna(0).to_numpy()
    )
    frame = pd.DataFrame(
        {"class": classes, "reliability": grades, "modelled": base < MIN_HOUSEHOLDS}, index=values.index
    )
    return PublicTable(frame, _SEAL)


def publish_points(
    xy_m: Floats, keys: Sequence[str], homes_m: Floats, *, secret: bytes, protected: npt.NDArray[np.bool_]
) -> PublicPoints:
    """Displace points between their 40th and 200th nearest home; records under protection are left out.

    Direction and distance come from an HMAC of the record's key, so a record has one place in every release:
    fresh noise would average out.

    Parameters
    ----------
    xy_m : (n, 2) float, metric CRS
    homes_m : (n_homes, 2) float, metric CRS, all homes
    """
    kept = np.flatnonzero(~protected)
    if len(homes_m) < FARTHEST_HOMES:
        raise ValueError(f"needs at least {FARTHEST_HOMES} homes; got {len(homes_m)}")
    tree = cKDTree(homes_m)
    near, far = np.asarray(tree.query(xy_m[kept], k=[NEAREST_HOMES, FARTHEST_HOMES])[0]).reshape(-1, 2).T
    draws = np.array([_draw(keys[int(place)], secret) for place in kept]).reshape(-1, 2)
    radius = np.sqrt(near**2 + draws[:, 0] * (far**2 - near**2))
    angle = 2 * np.pi * draws[:, 1]
    moved = xy_m[kept] + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return PublicPoints(moved, _SEAL)


def _draw(key: str, secret: bytes) -> tuple[float, float]:
    """Two numbers in [0, 1) that belong to a record."""
    digest = hmac.new(secret, key.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") / 2**64, int.from_bytes(digest[8:16], "big") / 2**64
