"""Travel times: a protocol of one method, the straight line as fallback, and the matrix they make."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TravelMatrix:
    """Minutes from each origin (row) to each destination (column), and how they were made.

    Attributes
    ----------
    minutes : (n_origins, n_destinations), NaN = unreachable, never 0 for that
    method : code of how the minutes were made, for example "straight_line"
    settings : what was used, by name, to print beside them
    left_out : codes of what the minutes do not count, for example "traffic", to print beside them
    """

    minutes: Floats
    method: str
    settings: dict[str, float | str]
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.minutes.ndim != 2 or (self.minutes < 0).any() or np.isinf(self.minutes).any():
            raise ValueError("minutes must be a matrix of values >= 0, NaN where unreachable")
        self.minutes.flags.writeable = False


def as_points(points_m: Floats) -> Floats:
    """(n, 2) metres as floats; a point with NaN is one nobody knows.

    Raises
    ------
    ValueError
        If the shape is another.
    """
    points = np.asarray(points_m, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points must be (n, 2) metres, x to the east; got shape {points.shape}")
    return points


class TravelTimes(Protocol):
    """Anything that can tell minutes between points in metres."""

    def between(self, origins_m: Floats, destinations_m: Floats) -> TravelMatrix:
        """Minutes from each origin (n, 2) to each destination (m, 2), in one metric CRS."""
        ...


class StraightLine:
    """Straight line times a detour factor, at one speed: a stated approximation.

    Parameters
    ----------
    detour : road length over straight line, >= 1
    km_per_hour : speed, > 0

    Examples
    --------
    >>> line = StraightLine(detour=1.5, km_per_hour=30)
    >>> line.between(np.array([[0.0, 0.0]]), np.array([[3000.0, 4000.0]])).minutes.tolist()
    [[15.0]]
    """

    def __init__(self, *, detour: float = 1.4, km_per_hour: float = 30.0) -> None:
        if not detour >= 1 or not km_per_hour > 0:
            raise ValueError(f"detour must be >= 1 and km_per_hour > 0; got {detour} and {km_per_hour}")
        self.detour = detour
        self.km_per_hour = km_per_hour

    def between(self, origins_m: Floats, destinations_m: Floats) -> TravelMatrix:
        """Minutes between points in metres; a point with NaN is unreachable."""
        gap = origins_m[:, None, :] - destinations_m[None, :, :]
        minutes = np.hypot(gap[..., 0], gap[..., 1]) * self.minutes_per_m
        settings: dict[str, float | str] = {"detour": self.detour, "km_per_hour": self.km_per_hour}
        left_out = ("roads", "barriers", "traffic")
        return TravelMatrix(minutes=minutes, method="straight_line", settings=settings, left_out=left_out)

    @property
    def minutes_per_m(self) -> float:
        """Minutes for one metre of straight line."""
        return self.detour * 60 / (1000 * self.km_per_hour)
