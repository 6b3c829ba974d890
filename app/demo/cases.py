"""Simulate applications and tip-offs: need filtered by reach, which falls with distance to an office."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from app.demo.city import City, Floats
from app.demo.names import Namer
from app.demo.places import CENTRES
from app.demo.truth import Truth

CASES = 40_000
FIRST_DAY = date(2025, 7, 1)
DAYS = 365
REACH_KM = 18.0  # distance at which reach has fallen to a third
LEAST_REACH = 0.04
REASONS = {
    "gıda": 0.22,
    "nakdi yardım": 0.18,
    "yakacak": 0.08,
    "eşya": 0.07,
    "bebek bezi": 0.04,
    "evde bakım": 0.09,
    "engelli aracı": 0.05,
    "kreş": 0.05,
    "psikolojik destek": 0.07,
    "bağımlılık": 0.03,
    "şiddet": 0.03,
    "barınma": 0.05,
    "dil ve uyum desteği": 0.04,
}
SUBJECTS = {
    "evde bakım": "yaşlı",
    "engelli aracı": "engelli",
    "kreş": "çocuk",
    "bebek bezi": "çocuk",
    "şiddet": "kadın",
    "dil ve uyum desteği": "göçmen",
}
CHANNELS = {"yüz yüze": 0.45, "telefon": 0.28, "internet": 0.15, "muhtar": 0.08, "kurum": 0.04}
PRIORITIES = {"normal": 0.8, "öncelikli": 0.16, "acil": 0.04}
HEADER = (
    "Başvuru No",
    "Tür",
    "Neden",
    "Konu",
    "Öncelik",
    "Tarih",
    "Kanal",
    "İlçe",
    "Mahalle",
    "Adı Soyadı",
    "T.C. Kimlik No",
    "Telefon",
    "Gizlilik Kararı",
)


def reach(city: City) -> Floats:
    """(n,) relative chance that a person in need comes forward."""
    away = np.min([city.km_to(centre.lon, centre.lat) for centre in CENTRES], axis=0)
    return np.asarray(LEAST_REACH + np.exp(-away / REACH_KM), dtype=np.float64)


def rows(truth: Truth, seed: int) -> Iterator[tuple[str, ...]]:
    """Each case in order of its number; one person in nine comes twice."""
    rng = np.random.default_rng([seed, 4])
    namer = Namer(np.random.default_rng([seed, 5]), first_number=200_000_000)
    city = truth.city
    pull = truth.persons_in_need * reach(city)
    area = rng.choice(city.size, CASES, p=pull / pull.sum())
    day = np.sort(rng.integers(0, DAYS, CASES))
    reason = rng.choice(list(REASONS), CASES, p=list(REASONS.values()))
    channel = rng.choice(list(CHANNELS), CASES, p=list(CHANNELS.values()))
    priority = rng.choice(list(PRIORITIES), CASES, p=list(PRIORITIES.values()))
    known: dict[int, tuple[str, str, str]] = {}
    for number in range(CASES):
        place, tip = int(area[number]), rng.random() < 0.15
        person = ("", "", "") if tip else _person(known, place, namer, rng)
        yield (
            f"B-{number + 1:06d}",
            "ihbar" if tip else "başvuru",
            str(reason[number]),
            SUBJECTS.get(str(reason[number]), "aile"),
            str(priority[number]),
            (FIRST_DAY + timedelta(days=int(day[number]))).strftime("%d.%m.%Y"),
            str(channel[number]),
            str(city.district[place]),
            spelling(str(city.name[place]), rng),
            *person,
            "evet" if rng.random() < 0.003 else "hayır",
        )


def _person(
    known: dict[int, tuple[str, str, str]], place: int, namer: Namer, rng: np.random.Generator
) -> tuple[str, str, str]:
    if place in known and rng.random() < 0.11:
        return known[place]
    number = namer.number() if rng.random() < 0.9 else ""
    known[place] = (namer.name(), number, namer.phone())
    return known[place]


def spelling(name: str, rng: np.random.Generator) -> str:
    """A neighbourhood's name as clerks write it."""
    kind = rng.random()
    if kind < 0.4:
        return name
    if kind < 0.6:
        return f"{name} Mah."
    if kind < 0.75:
        return f"{name} Mahallesi"
    upper = name.replace("i", "İ").replace("ı", "I").upper()
    return f"{upper} MAH." if kind < 0.9 else upper
