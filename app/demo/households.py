"""Simulate a sampled area survey with the household questionnaire, from the known truth."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from app.demo.city import AGE_BANDS, SEXES, City, Floats, Ints
from app.demo.names import Namer
from app.demo.truth import BLOCK_SD, OF_THE_HOUSEHOLD, TOPICS, Truth
from survey import questionnaire as form

COMPLETED = 12_000
SAMPLED_AREAS = 550
BLOCKS_AN_AREA = 4
BLOCK_TAKE = 5
NOT_COMPLETED = 3_000
SMALLEST_SAMPLED = 120  # persons; smaller settlements are not in the frame, as in national samples
PERSONS_A_HOUSEHOLD = 3.1
POVERTY_LINE = 12_000  # TRY a head and month, 2026; the rule of the topic quotes it
OTHER_OUTCOMES = {
    "evde_yok": 0.42,
    "ret": 0.27,
    "bos_konut": 0.12,
    "yazlik": 0.09,
    "adres_yok": 0.05,
    "dil_engeli": 0.03,
    "guvensiz": 0.02,
}
FIRST_DAY = datetime(2026, 4, 6, 9)
Answers = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Which block each household belongs to and which area each block lies in."""

    block_area: Ints
    household_block: Ints
    weight: Floats  # households of the area for each completed one


def draw_sample(city: City, rng: np.random.Generator) -> Sample:
    """Areas with probability to the square root of size; four blocks of five, more in the largest."""
    chance = np.where(city.population >= SMALLEST_SAMPLED, np.sqrt(city.population), 0.0)
    areas = np.sort(rng.choice(city.size, SAMPLED_AREAS, replace=False, p=chance / chance.sum()))
    spare = COMPLETED // BLOCK_TAKE - SAMPLED_AREAS * BLOCKS_AN_AREA
    largest = areas[np.argsort(-city.population[areas], kind="stable")[:spare]]
    block_area = np.sort(np.concatenate([np.repeat(areas, BLOCKS_AN_AREA), largest]))
    household_block = np.repeat(np.arange(len(block_area)), BLOCK_TAKE)
    taken = np.bincount(block_area[household_block], minlength=city.size)
    weight = city.population / PERSONS_A_HOUSEHOLD / np.maximum(taken, 1)
    return Sample(block_area=block_area, household_block=household_block, weight=weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Members of the completed households, household by household; the first is an adult."""

    household: Ints
    age: Ints
    band: Ints
    sex: Ints
    need: dict[str, np.ndarray]  # topic -> (n_persons,) bool; shared topics repeat the household's


def draw_people(truth: Truth, sample: Sample, rng: np.random.Generator) -> People:
    """Household sizes, ages and sexes like the area's people, and each topic's need."""
    city = truth.city
    area = sample.block_area[sample.household_block]
    size = 1 + rng.poisson(_mean_size(city)[area] - 1)
    household = np.repeat(np.arange(len(area)), size)
    first = np.r_[True, household[1:] != household[:-1]]
    cell = _draw_cells(city, area[household], first, rng)
    band, sex = cell // len(SEXES), cell % len(SEXES)
    low, high = np.array(AGE_BANDS).T
    age = low[band] + (rng.random(len(band)) * (np.minimum(high, 95) - low + 1)[band]).astype(int)
    need = _draw_need(truth, sample, (household, band, sex), rng)
    return People(household=household, age=age, band=band, sex=sex, need=need)


def _mean_size(city: City) -> Floats:
    return np.asarray(3.0 + 1.0 * city.urban_edge - 0.8 * city.mountain)


def _draw_cells(city: City, area: Ints, first: np.ndarray, rng: np.random.Generator) -> Ints:
    """Age-sex cell of each person so that the whole roster has the area's own pyramid."""
    share = city.people.reshape(city.size, -1)
    share = (share + 1e-9) / (share + 1e-9).sum(axis=1, keepdims=True)
    adult = np.repeat([low >= 18 for low, _ in AGE_BANDS], len(SEXES))
    heads = share * adult
    heads /= heads.sum(axis=1, keepdims=True)
    part = 1 / _mean_size(city)[:, None]
    others = np.clip(share - part * heads, 1e-9, None)
    others /= others.sum(axis=1, keepdims=True)
    ladder = np.where(first[:, None], heads.cumsum(axis=1)[area], others.cumsum(axis=1)[area])
    cell = (rng.random(len(area))[:, None] > ladder).sum(axis=1)
    return np.asarray(np.minimum(cell, ladder.shape[1] - 1), dtype=np.int64)


def _draw_need(
    truth: Truth, sample: Sample, cells: tuple[Ints, Ints, Ints], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    household, band, sex = cells
    effect = BLOCK_SD * rng.normal(size=len(sample.block_area))[sample.household_block]
    area = sample.block_area[sample.household_block]
    need: dict[str, np.ndarray] = {}
    for k, topic in enumerate(TOPICS):
        logit = truth.area_logit[k, area] + effect
        if topic in OF_THE_HOUSEHOLD:
            shared = rng.random(len(area)) < 1 / (1 + np.exp(-logit))
            need[topic] = shared[household]
        else:
            personal = logit[household] + truth.group_effect[k, band, sex]
            need[topic] = rng.random(len(household)) < 1 / (1 + np.exp(-personal))
    return need


def rows(truth: Truth, seed: int) -> Iterator[tuple[Answers, list[Answers]]]:
    """Each visit in order of submission: household answers and its members; non-response has none."""
    rng = np.random.default_rng([seed, 2])
    sample = draw_sample(truth.city, rng)
    people = draw_people(truth, sample, rng)
    starts = np.searchsorted(people.household, np.arange(COMPLETED + 1))
    order = rng.permutation(COMPLETED + NOT_COMPLETED)
    namer = Namer(np.random.default_rng([seed, 3]))
    other = rng.choice(list(OTHER_OUTCOMES), NOT_COMPLETED, p=list(OTHER_OUTCOMES.values()))
    for number, visit in enumerate(order):
        done = visit < COMPLETED
        household = int(visit) if done else int(rng.integers(COMPLETED))
        head = _head(truth.city, sample, household, number, rng)
        if not done:
            yield {**head, "hane_no": int(visit) + 1, "sonuc": str(other[visit - COMPLETED])}, []
            continue
        members = range(int(starts[household]), int(starts[household + 1]))
        yield _completed(head, people, members, namer, rng)


def _head(city: City, sample: Sample, household: int, number: int, rng: np.random.Generator) -> Answers:
    block = int(sample.household_block[household])
    area = int(sample.block_area[block])
    begun = FIRST_DAY + timedelta(days=number // 200, minutes=int(rng.integers(0, 540)))
    lon, lat = city.lon_degrees[area], city.lat_degrees[area]
    return {
        "start": f"{begun.isoformat()}.000+03:00",
        "end": f"{(begun + timedelta(minutes=int(rng.integers(12, 50)))).isoformat()}.000+03:00",
        "cihaz": f"collect:{rng.integers(10**8):08d}",
        "mahalle_kodu": str(city.code[area]),
        "tabaka": str(city.district[area]),
        "blok": f"{city.code[area]}-{block:04d}",
        "agirlik": round(float(sample.weight[area]), 3),
        "hane_no": household + 1,
        "gorusme_tarihi": begun.date(),
        "konum": (round(lat + rng.normal(0, 0.002), 6), round(lon + rng.normal(0, 0.002), 6)),
        "_uuid": str(uuid.UUID(bytes=rng.bytes(16), version=4)),
        "_submission_time": (begun + timedelta(hours=2)).isoformat(),
    }


def _completed(
    head: Answers, people: People, members: range, namer: Namer, rng: np.random.Generator
) -> tuple[Answers, list[Answers]]:
    need = {topic: bool(people.need[topic][members.start]) for topic in OF_THE_HOUSEHOLD}
    size = len(members)
    per_head = (
        rng.uniform(2_000, 11_900) if need["yoksulluk"] else POVERTY_LINE * (1.02 + rng.gamma(2.0, 0.45))
    )
    tenure = str(rng.choice(["ev_sahibi", "kira", "lojman", "bedelsiz"], p=[0.55, 0.33, 0.04, 0.08]))
    wants_help = need["yoksulluk"] and rng.random() < 0.3
    household: Answers = {
        **head,
        "sonuc": "tamamlandi",
        "gorusme_dili": "tercuman" if need["goc"] and rng.random() < 0.5 else "tr",
        "aydinlatma": "evet",
        "ad_soyad": namer.name(),
        "tc_kimlik_no": namer.number() if wants_help else "",
        "telefon": namer.phone() if rng.random() < 0.7 else "",
        "hane_buyuklugu": size,
        "mulkiyet": tenure,
        "oda_sayisi": int(rng.integers(2, 5)),
        **_dwelling(need["barinma"], rng),
        "kira": int(rng.integers(8, 30)) * 1000 if tenure == "kira" else "",
        "aylik_gelir": int(np.ceil(per_head * size)) if not need["yoksulluk"] else int(per_head * size),
        "gelir_kaynagi": _several(rng, "gelir_kaynagi"),
        "borc": _yes(rng.random() < (0.5 if need["yoksulluk"] else 0.15)),
        "gida": _yes(rng.random() < (0.45 if need["yoksulluk"] else 0.04)),
        "sosyal_yardim": _yes(rng.random() < (0.35 if need["yoksulluk"] else 0.05)),
        "esya": _several(rng, "esya"),
        "internet": _yes(rng.random() < (0.6 if need["yoksulluk"] else 0.9)),
        "dil_engeli": _yes(need["goc"]),
        "gelis": "baska_ulke" if need["goc"] else str(rng.choice(["buradan", "baska_il"])),
        "mevsimlik": _yes(rng.random() < (0.3 if need["goc"] else 0.04)),
        "merkeze_dakika": int(rng.gamma(2, 15)),
        "memnuniyet": str(rng.choice(form.choices()["memnuniyet"])),
        "oncelik": str(rng.choice(form.choices()["oncelik"])),
    }
    return household, [_member(people, person, person == members.start, rng) for person in members]


def _dwelling(bad: bool, rng: np.random.Generator) -> Answers:
    if not bad:
        heating = str(rng.choice(["klima", "dogalgaz", "soba", "elektrikli"]))
        return {"isinma": heating, "konut_sorunu": "dar" if rng.random() < 0.1 else "yok"}
    kind = rng.random()
    heating = "yok" if kind < 0.25 else "soba"
    problems = "rutubet cati" if kind > 0.7 else ("rutubet" if kind >= 0.25 else "tuvalet")
    return {"isinma": heating, "konut_sorunu": problems}


def _member(people: People, person: int, first: bool, rng: np.random.Generator) -> Answers:
    age, need = (
        int(people.age[person]),
        {topic: bool(values[person]) for topic, values in people.need.items()},
    )
    helped = not need["saglik_bakim"] and rng.random() < 0.03
    disabled = need["engellilik"] or rng.random() < 0.03
    return {
        "cinsiyet": "kadin" if SEXES[people.sex[person]] == "female" else "erkek",
        "yas": age,
        "yakinlik": "kendisi" if first else str(rng.choice(["es", "cocuk", "ana_baba", "diger"])),
        "okula_devam": _yes(not need["egitim"]) if 6 <= age <= 17 else "",
        "egitim_duzeyi": str(rng.choice(["yok", "ilkokul", "orta", "yuksek"])) if age >= 18 else "",
        "calisma": _work(age, rng),
        "engel": _yes(disabled),
        "engel_destek": _yes(not need["engellilik"]) if disabled else "",
        "gunluk_yardim": _yes(need["saglik_bakim"] or helped),
        "bakim_aliyor": _yes(helped) if need["saglik_bakim"] or helped else "",
        "gunduz_yalniz": _yes(need["yaslilik"]) if age >= 65 else "",
    }


def _work(age: int, rng: np.random.Generator) -> str:
    if age < 15:
        return ""
    if age >= 65:
        return "emekli"
    return str(rng.choice(["calisiyor", "issiz", "ogrenci", "ev_isi"], p=[0.5, 0.12, 0.13, 0.25]))


def _several(rng: np.random.Generator, name: str) -> str:
    options = form.choices()[name]
    return " ".join(option for option in options if rng.random() < 0.4) or options[0]


def _yes(answer: bool) -> str:
    return "evet" if answer else "hayir"
