"""The demonstration's geography and what is derived from it: distances, settlement types, people by age."""

import csv
from dataclasses import dataclass
from functools import cached_property
from importlib import resources

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

YEAR = 2026
CENTRE_LON_LAT = (30.7056, 36.8874)  # Kaleiçi
KM_PER_DEGREE = (89.1, 111.0)  # at 36.9 degrees north
MOUNTAIN = ("İbradı", "Akseki", "Gündoğmuş", "Elmalı", "Korkuteli")
GREENHOUSE = ("Kumluca", "Finike", "Demre", "Aksu", "Serik", "Gazipaşa")
METROPOLITAN = ("Muratpaşa", "Kepez", "Konyaaltı", "Aksu", "Döşemealtı")
GROUPS = {
    "batı": ("Kaş", "Demre", "Finike", "Kumluca", "Kemer", "Elmalı", "Korkuteli"),
    "merkez": ("Muratpaşa", "Kepez", "Konyaaltı", "Aksu", "Döşemealtı"),
    "doğu": ("Serik", "Manavgat", "Akseki", "İbradı", "Gündoğmuş", "Alanya", "Gazipaşa"),
}
AGE_BANDS = ((0, 5), (6, 17), (18, 29), (30, 64), (65, 79), (80, 999))
SEXES = ("female", "male")
# share of each age band in a young urban edge, an average town and an old mountain village
PYRAMIDS = {
    "edge": (0.10, 0.23, 0.19, 0.42, 0.05, 0.01),
    "town": (0.075, 0.175, 0.175, 0.465, 0.09, 0.02),
    "mountain": (0.035, 0.10, 0.10, 0.445, 0.24, 0.08),
}


@dataclass(frozen=True)
class City:
    """913 neighbourhoods in file order; arrays are aligned."""

    code: npt.NDArray[np.str_]
    name: npt.NDArray[np.str_]
    district: npt.NDArray[np.str_]
    population: Floats
    lon_degrees: Floats
    lat_degrees: Floats

    @property
    def size(self) -> int:
        """Number of neighbourhoods."""
        return len(self.code)

    @cached_property
    def x_km(self) -> Floats:
        """(n, 2) array, kilometres east and north of the city's heart (a plane is near enough here)."""
        away = np.column_stack([self.lon_degrees, self.lat_degrees]) - np.array(CENTRE_LON_LAT)
        return np.asarray(away * np.array(KM_PER_DEGREE), dtype=np.float64)

    def km_to(self, lon: float, lat: float) -> Floats:
        """Straight distance of every neighbourhood to a point."""
        there = (np.array([lon, lat]) - np.array(CENTRE_LON_LAT)) * np.array(KM_PER_DEGREE)
        return np.asarray(np.linalg.norm(self.x_km - there, axis=1), dtype=np.float64)

    def within(self, districts: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Which neighbourhoods lie in these districts."""
        return np.isin(self.district, districts)

    @cached_property
    def district_index(self) -> Ints:
        """(n,) position of each neighbourhood's district in alphabetical order."""
        return np.unique(self.district, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def urban_edge(self) -> Floats:
        """(n,) 0 to 1: a ring about nine kilometres from the heart of the metropolitan districts."""
        distance = np.linalg.norm(self.x_km, axis=1)
        ring = np.exp(-0.5 * ((distance - 9.0) / 3.0) ** 2)
        return np.where(self.within(METROPOLITAN), ring, 0.0)

    @cached_property
    def mountain(self) -> Floats:
        """(n,) 0 to 1: small settlements of the interior."""
        small = 1 / (1 + (self.population / 1500) ** 1.5)
        return np.where(self.within(MOUNTAIN), 0.4 + 0.6 * small, 0.0)

    @cached_property
    def greenhouse(self) -> Floats:
        """(n,) 0 to 1: the coastal greenhouse belt."""
        return np.where(self.within(GREENHOUSE), 0.8, 0.0)

    @cached_property
    def people(self) -> Floats:
        """(n, 6, 2) persons by age band and sex, whole numbers that sum to the population."""
        edge, mountain = self.urban_edge[:, None], self.mountain[:, None]
        shares = (1 - edge) * (1 - mountain) * np.array(PYRAMIDS["town"])
        shares = (
            shares
            + (1 - mountain) * edge * np.array(PYRAMIDS["edge"])
            + mountain * np.array(PYRAMIDS["mountain"])
        )
        shares /= shares.sum(axis=1, keepdims=True)
        women = np.array([0.487, 0.487, 0.49, 0.50, 0.535, 0.60])
        cells = np.stack([shares * women, shares * (1 - women)], axis=2) * self.population[:, None, None]
        return _whole(cells.reshape(self.size, -1), self.population).reshape(cells.shape)


def _whole(cells: Floats, totals: Floats) -> Floats:
    """Round each row to whole persons by largest remainder, keeping its total."""
    low = np.floor(cells)
    missing = np.rint(totals - low.sum(axis=1)).astype(int)
    order = np.argsort(-(cells - low), axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return np.asarray(low + (rank < missing[:, None]), dtype=np.float64)


def load() -> City:
    """Read the package's neighbourhood list."""
    text = resources.files("app.demo.data").joinpath("neighbourhoods.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return City(
        code=np.array([row["code"] for row in rows]),
        name=np.array([row["name"] for row in rows]),
        district=np.array([row["district"] for row in rows]),
        population=np.array([float(row["population"]) for row in rows]),
        lon_degrees=np.array([float(row["lon"]) for row in rows]),
        lat_degrees=np.array([float(row["lat"]) for row in rows]),
    )


def boundaries() -> bytes:
    """The constructed boundaries as GeoJSON."""
    return resources.files("app.demo.data").joinpath("neighbourhoods.geojson").read_bytes()
