"""Existing centres and candidate sites of the demonstration."""

from dataclasses import dataclass

import numpy as np

from app.demo.city import City

SITES = 80


@dataclass(frozen=True, slots=True)
class ExistingCentre:
    """A centre that is open today."""

    key: str
    name: str
    lon: float
    lat: float
    owner: str = "own"
    services: str = "danışmanlık; aile; yaşlı"
    capacity: int = 6000


CENTRES = (
    ExistingCentre("M1", "Muratpaşa Büyükşehir SHM", 30.717, 36.883),
    ExistingCentre("M2", "Kepez Büyükşehir SHM", 30.690, 36.925),
    ExistingCentre("M3", "Alanya Büyükşehir SHM", 32.005, 36.548),
)
SITE_HEADER = (
    "Kod",
    "Ad",
    "Mülkiyet",
    "Aylık Kira",
    "Engelsiz Erişim",
    "Bağımsız Bina",
    "Kapasite",
    "Açılış Gideri",
    "Yıllık Gider",
    "Personel",
    "Gerekli Kararlar",
    "Enlem",
    "Boylam",
)


def sites(city: City, seed: int) -> list[tuple[object, ...]]:
    """Candidate buildings: two in each district, the others where more people live."""
    rng = np.random.default_rng([seed, 6])
    chosen: list[int] = []
    for district in range(int(city.district_index.max()) + 1):
        inside = np.flatnonzero(city.district_index == district)
        chosen += list(inside[np.argsort(-city.population[inside], kind="stable")[:2]])
    rest = np.setdiff1d(np.arange(city.size), chosen)
    chance = city.population[rest] / city.population[rest].sum()
    chosen += list(rng.choice(rest, SITES - len(chosen), replace=False, p=chance))
    return [_site(city, number, area, rng) for number, area in enumerate(sorted(chosen), start=1)]


def _site(city: City, number: int, area: int, rng: np.random.Generator) -> tuple[object, ...]:
    ownership = str(rng.choice(["kendi", "tahsisli", "kiralık"], p=[0.3, 0.3, 0.4]))
    needed = {"kendi": "", "tahsisli": "meclis tahsis kararı", "kiralık": "encümen kararı"}[ownership]
    rent = int(rng.integers(20, 90)) * 1000 if ownership == "kiralık" else ""
    step_free, independent = rng.random() < 0.7, rng.random() < 0.6
    capacity = int(rng.integers(20, 80)) * 100
    staff = 4 + capacity // 600
    return (
        f"A{number:02d}",
        f"{city.name[area]} ({city.district[area]}) adayı",
        ownership,
        rent,
        "evet" if step_free else "hayır",
        "evet" if independent else "hayır",
        capacity,
        1_500_000 if step_free else 2_500_000,
        600_000 + staff * 720_000,
        staff,
        needed,
        round(float(city.lat_degrees[area] + rng.normal(0, 0.003)), 5),
        round(float(city.lon_degrees[area] + rng.normal(0, 0.003)), 5),
    )
