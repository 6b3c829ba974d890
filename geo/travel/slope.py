"""Walking by slope: Tobler's function along each street, from a grid of heights."""

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pyproj import CRS, Transformer

from geo.travel.dijkstra import Floats, Ints

KM_PER_HOUR = 6.0  # Tobler's fastest, on a gentle descent of 5 %
METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeightGrid:
    """Heights of the ground in cells.

    Attributes
    ----------
    heights_m : (rows, columns) metres, first row in the north as files have it; NaN = not known
    transform : (a, b, c, d, e, f): x = a column + b row + c and y = d column + e row + f of a cell's corner
    epsg : CRS of x and y
    """

    heights_m: Floats
    transform: tuple[float, float, float, float, float, float]
    epsg: int

    def __post_init__(self) -> None:
        a, b, _, d, e, _ = self.transform
        if self.heights_m.ndim != 2 or min(self.heights_m.shape) < 2 or a * e == b * d:
            raise ValueError(
                "heights need 2 rows and columns or more, and a transform that can be turned round"
            )

    def digest(self) -> str:
        """SHA-256 of the heights and of where they lie."""
        place = repr((self.heights_m.shape, [float(number) for number in self.transform], self.epsg)).encode()
        return hashlib.sha256(np.ascontiguousarray(self.heights_m).tobytes() + place).hexdigest()

    @property
    def step_m(self) -> float:
        """Metres between samples along a street: the width of a cell, at most."""
        a, _, _, d, _, _ = self.transform
        degrees = CRS.from_epsg(self.epsg).is_geographic
        return float(np.hypot(a, d)) * (METRES_PER_DEGREE if degrees else 1.0)

    def at(self, x: Floats, y: Floats) -> Floats:
        """Heights at points in the grid's CRS, between the four nearest cells; NaN outside."""
        a, b, c, d, e, f = self.transform
        size = a * e - b * d
        column = (e * (x - c) - b * (y - f)) / size - 0.5
        row = (a * (y - f) - d * (x - c)) / size - 0.5
        rows, columns = self.heights_m.shape
        outside = ~(
            (abs(row - (rows - 1) / 2) <= rows / 2) & (abs(column - (columns - 1) / 2) <= columns / 2)
        )
        row = np.clip(np.where(outside, 0, row), 0, rows - 1)
        column = np.clip(np.where(outside, 0, column), 0, columns - 1)
        up, left = (
            np.minimum(part.astype(np.int64), size - 2) for part, size in ((row, rows), (column, columns))
        )
        down, right = row - up, column - left
        cells = self.heights_m
        found = np.zeros(len(row))
        for below, beside in ((0, 0), (0, 1), (1, 0), (1, 1)):
            weight = (down if below else 1 - down) * (right if beside else 1 - right)
            found += np.where(weight > 0, weight * cells[up + below, left + beside], 0.0)
        found[outside] = np.nan
        return found


def tobler_km_per_hour(slope: Floats) -> Floats:
    """Walking speed on a slope (rise over run, descents negative).

    References
    ----------
    Tobler (1993), Three presentations on geographical analysis and modeling, NCGIA report 93-1.

    Examples
    --------
    >>> tobler_km_per_hour(np.array([-0.05, 0.0, 0.2])).round(2).tolist()
    [6.0, 5.04, 2.5]
    """
    speed: Floats = KM_PER_HOUR * np.exp(-3.5 * np.abs(slope + 0.05))
    return speed


def tobler_seconds(
    points_m: Floats, tails: Ints, heads: Ints, heights: HeightGrid, *, epsg: int
) -> tuple[Floats, float]:
    """Seconds to walk straight from tails to heads, up and down as the ground goes.

    Each way is cut into pieces no longer than a cell of the grid. A piece without a height is walked as flat.

    Parameters
    ----------
    points_m : (r, 2) metres in the CRS `epsg`
    tails, heads : (m,) numbers of points

    Returns
    -------
    (m,) seconds, and the share of the length whose height is not known
    """
    step = points_m[heads] - points_m[tails]
    metres = np.hypot(step[:, 0], step[:, 1])
    pieces = np.maximum(np.ceil(metres / heights.step_m), 1).astype(np.int64)
    arc = np.repeat(np.arange(len(tails)), pieces + 1)
    first = np.cumsum(pieces + 1) - pieces - 1
    share = (np.arange(len(arc)) - first[arc]) / pieces[arc]
    along = points_m[tails[arc]] + share[:, None] * step[arc]
    change = Transformer.from_crs(epsg, heights.epsg, always_xy=True)
    height = heights.at(*change.transform(along[:, 0], along[:, 1]))
    inner = np.flatnonzero(arc[1:] == arc[:-1])  # from each sample to the next one of its arc
    run = (metres / pieces)[arc[inner]]
    rise = height[inner + 1] - height[inner]
    unknown = np.isnan(rise)
    slope = np.where(unknown, 0.0, rise) / np.maximum(run, np.finfo(np.float64).tiny)
    took = run * 3.6 / tobler_km_per_hour(slope)
    seconds = np.bincount(arc[inner], took, minlength=len(tails)).astype(np.float64)
    return seconds, float(run[unknown].sum() / max(run.sum(), np.finfo(np.float64).tiny))


def read_heights(path: Path, *, epsg: int) -> HeightGrid:
    """Read heights from an ESRI ASCII grid (.asc) or from .npz with `heights_m` and `transform`.

    Parameters
    ----------
    path : the file; both formats can be made of any raster with `gdal_translate -of AAIGrid`
    epsg : CRS of the file, which an ASCII grid does not tell

    Raises
    ------
    ValueError
        If the file is neither, or damaged.
    """
    try:
        return _from_npz(path, epsg) if path.suffix == ".npz" else _from_ascii(path, epsg)
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as why:
        raise ValueError(f"{path.name} cannot be read as a grid of heights: {why}") from why


def _from_npz(path: Path, epsg: int) -> HeightGrid:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
        a, b, c, d, e, f = (float(number) for number in kept["transform"])
        heights = np.asarray(kept["heights_m"], dtype=np.float64)
    return HeightGrid(heights_m=heights, transform=(a, b, c, d, e, f), epsg=epsg)


def _from_ascii(path: Path, epsg: int) -> HeightGrid:
    with path.open(encoding="ascii") as stream:
        head: dict[str, float] = {}
        while True:
            begins = stream.tell()
            word, _, number = stream.readline().strip().partition(" ")
            if not word[:1].isalpha() or word.lower() in ("nan", "inf"):
                break
            head[word.lower()] = float(number)
        stream.seek(begins)
        cells = np.loadtxt(stream, dtype=np.float64, ndmin=2)
    cell = head["cellsize"]
    half = cell / 2
    west = head["xllcorner"] if "xllcorner" in head else head["xllcenter"] - half
    south = head["yllcorner"] if "yllcorner" in head else head["yllcenter"] - half
    rows, columns = int(head["nrows"]), int(head["ncols"])
    if cells.shape != (rows, columns):
        raise ValueError(
            f"its head tells {rows} rows of {columns}, it holds {cells.shape[0]} of {cells.shape[1]}"
        )
    cells[cells == head.get("nodata_value", -9999.0)] = np.nan
    north = south + rows * cell
    return HeightGrid(heights_m=cells, transform=(cell, 0.0, west, 0.0, -cell, north), epsg=epsg)
