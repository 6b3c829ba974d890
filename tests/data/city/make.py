"""A small generated city, unlike the demonstration in everything: CRS, columns, codes, language of the form.

Two districts of six square neighbourhoods each, in TUREF / TM30 (EPSG:5254) near Ankara. Nobody in it exists:
identity numbers begin with 99 and carry valid check digits, telephones use the unassigned 0500 000 block.
"""

import csv
import random
from pathlib import Path

import geopandas as gpd
import openpyxl
from shapely import box

EPSG = 5254
SIDE_M = 1500.0
ORIGIN_M = (744_000.0, 4_425_000.0)
TOWNS = {
    "Kuzey Irmak": ("Işıklar", "İncirli", "Yeşilova", "Taşköprü", "Güvendik", "Çamlık"),
    "Güney Irmak": ("Yeşilova", "Söğütlü", "Ağıl", "Örencik", "Bağlar", "Şirinköy"),
}
HOODS = [(town, name) for town, names in TOWNS.items() for name in names]
CODES = [f"R{100 + 7 * number}" for number in range(len(HOODS))]
BANDS = ("0-17", "18-64", "65+")
SURNAME = "Kurmaca"  # marks every simulated person

FORM_ROWS = (
    ("type", "name", "label::English (en)", "relevant", "constraint", "required", "mahalle::class"),
    ("text", "hood_ref", "Neighbourhood reference", "", "", "yes", ""),
    ("text", "cluster_ref", "Cluster", "", "", "", ""),
    ("decimal", "design_w", "Design weight", "", ". > 0", "", ""),
    ("date", "visited_on", "Date of visit", "", "", "yes", ""),
    ("select_one ended", "visit_ended", "How the visit ended", "", "", "yes", ""),
    ("text", "respondent_name", "Full name", "", "", "", "name"),
    ("text", "national_no", "National number", "", "", "", "identity"),
    ("text", "mobile_no", "Mobile", "", "", "", "contact"),
    ("integer", "people", "People living here", "", ". >= 1 and . <= 30", "", ""),
    ("integer", "children", "Children under 18", "", ". >= 0", "", ""),
    ("integer", "elders", "People over 64", "", ". >= 0", "", ""),
    ("integer", "income_try", "Monthly income", "", ". >= 0", "", ""),
    ("select_one yesno", "skipped_meals", "Was there too little food?", "", "", "", ""),
    ("select_one yesno", "needs_care", "Does anybody need daily care?", "", "", "", "special"),
    ("select_one heat", "heats_with", "Heating", "", "", "", ""),
)
FORM_CHOICES = (
    ("list_name", "name", "label::English (en)"),
    ("ended", "done", "Completed"),
    ("ended", "nobody", "Nobody home"),
    ("ended", "refused", "Refused"),
    ("yesno", "y", "Yes"),
    ("yesno", "n", "No"),
    ("heat", "stove", "Stove"),
    ("heat", "gas", "Gas"),
)
# headings of the survey's plain table, which are neither names nor labels of the form
SURVEY_COLUMNS = {
    "key": "Interview",
    "hood_ref": "Hood",
    "cluster_ref": "Cluster no",
    "design_w": "W",
    "visited_on": "Visited",
    "visit_ended": "Ended",
    "respondent_name": "Who",
    "national_no": "Nat.",
    "mobile_no": "Cell",
    "people": "N",
    "children": "Kids",
    "elders": "Old",
    "income_try": "TRY",
    "skipped_meals": "Food",
    "needs_care": "Care",
    "heats_with": "Heat",
}
SURVEY_KEYS = {
    "area_code": "hood_ref",
    "block": "cluster_ref",
    "weight": "design_w",
    "day": "visited_on",
    "outcome": "visit_ended",
}
CASE_COLUMNS = {
    "key": "Ref",
    "kind": "Sort",
    "reason": "Why",
    "subject": "What",
    "priority": "Rank",
    "day": "When",
    "channel": "Way",
    "district": "Town",
    "neighbourhood": "Quarter",
    "person_name": "Person",
    "identity": "National",
    "phone": "Tel",
    "protected": "Secret",
}
COLUMNS = {
    "areas": {"code": "HOOD_ID", "district": "TOWN", "neighbourhood": "QUARTER"},
    "population": {
        "code": "HOOD_ID",
        "year": "IN YEAR",
        "sex": "GENDER",
        "age": "BAND",
        "persons": "HEADS",
    },
    "groups": {"district": "TOWN", "name": "SIDE"},
    "centres": {"key": "REF", "name": "TITLE", "owner": "BODY", "lat": "NORTH", "lon": "EAST"},
    "sites": {
        "key": "REF",
        "name": "TITLE",
        "ownership": "TENURE",
        "rent": "FEE",
        "lat": "NORTH",
        "lon": "EAST",
    },
    "form": {},
    "survey": {**SURVEY_COLUMNS, **SURVEY_KEYS},
    "cases": CASE_COLUMNS,
}
FILES = {
    "areas": "hoods.zip",
    "population": "people.csv",
    "groups": "sides.csv",
    "centres": "centres.xlsx",
    "sites": "sites.xlsx",
    "form": "form.xlsx",
    "survey": "visits.csv",
    "cases": "cases.xlsx",
}
HOUSEHOLDS_PER_CLUSTER = 7


def write(folder: Path) -> dict[str, Path]:
    """Write every file of the city; kind -> path, in the order they load."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {kind: folder / name for kind, name in FILES.items()}
    _areas(paths["areas"])
    _csv(paths["population"], COLUMNS["population"].values(), _population())
    _csv(paths["groups"], COLUMNS["groups"].values(), [("Kuzey Irmak", "north"), ("Güney Irmak", "south")])
    _book(paths["centres"], {"list": [tuple(COLUMNS["centres"].values()), *_centres()]})
    _book(paths["sites"], {"list": [tuple(COLUMNS["sites"].values()), *_sites()]})
    settings = (("form_title", "form_id", "version"), ("River household visit", "river_visit", "3"))
    _book(paths["form"], {"survey": FORM_ROWS, "choices": FORM_CHOICES, "settings": settings})
    _csv(paths["survey"], SURVEY_COLUMNS.values(), visits())
    _book(paths["cases"], {"desk": [tuple(CASE_COLUMNS.values()), *cases()]})
    return paths


def frame() -> gpd.GeoDataFrame:
    """The neighbourhoods in EPSG:5254, three columns of four."""
    x, y = ORIGIN_M
    shapes = [
        box(x + c * SIDE_M, y + r * SIDE_M, x + (c + 1) * SIDE_M, y + (r + 1) * SIDE_M)
        for r in range(4)
        for c in range(3)
    ]
    columns = {"HOOD_ID": CODES, "TOWN": [t for t, _ in HOODS], "QUARTER": [n for _, n in HOODS]}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=EPSG)


def _areas(path: Path) -> None:
    frame().to_file(path.with_suffix(".shp.zip"), driver="ESRI Shapefile", encoding="UTF-8")
    path.with_suffix(".shp.zip").rename(path)


def _population() -> list[tuple[object, ...]]:
    heads = {"0-17": 400, "18-64": 1000, "65+": 200}
    return [
        (code, 2025, sex, band, heads[band] + 20 * place)
        for place, code in enumerate(CODES)
        for sex in ("women", "men")
        for band in BANDS
    ]


def _points(count: int) -> list[tuple[float, float]]:
    inner = frame().geometry.centroid.to_crs(4326)
    return [(round(p.y, 6), round(p.x, 6)) for p in list(inner)[:count]]


def _centres() -> list[tuple[object, ...]]:
    return [("C1", "Old mill", "own", *_points(1)[0])]


def _sites() -> list[tuple[object, ...]]:
    return [
        (f"S{n}", f"Plot {n}", "rented" if n % 2 else "own", 1000.0 * n if n % 2 else None, lat, lon)
        for n, (lat, lon) in enumerate(_points(12), start=1)
    ]


def identity(number: int) -> str:
    """A foreigner-style identity number with valid check digits that no register has."""
    first = f"99{number:07d}"
    digits = [int(digit) for digit in first]
    tenth = (7 * sum(digits[0::2]) - sum(digits[1::2])) % 10
    return f"{first}{tenth}{(sum(digits) + tenth) % 10}"


def phone(number: int) -> str:
    """A telephone of the unassigned block, written as people write it."""
    return f"0500 000 {number // 100 % 100:02d} {number % 100:02d}"


def visits() -> list[tuple[object, ...]]:
    """One row a household: 12 neighbourhoods, 2 clusters, 7 households."""
    chance = random.Random(5254)
    rows: list[tuple[object, ...]] = []
    for place, code in enumerate(CODES):
        for household in range(2 * HOUSEHOLDS_PER_CLUSTER):
            number = len(rows) + 1
            head = (f"V{number:04d}", code, f"{code}-{household % 2 + 1}", f"{10 + place}.25")
            day = f"2026-03-{1 + number % 28:02d}"
            if household % HOUSEHOLDS_PER_CLUSTER == 0:
                rows.append((*head, day, "nobody", *("" for _ in range(10))))
                continue
            poor = chance.random() < 0.1 + 0.03 * place
            size = chance.randint(1, 6)
            kids, old = chance.randint(0, size - 1), int(chance.random() < 0.3)
            person = (f"Person{number} {SURNAME}", identity(number), phone(number))
            income = chance.randint(8, 20) * 1000 if poor else chance.randint(40, 90) * 1000
            care = "y" if chance.random() < 0.15 else "n"
            rest = (size, kids, old, income, "y" if poor else "n", care, "stove" if poor else "gas")
            rows.append((*head, day, "done", *person, *rest))
    return rows


def cases() -> list[tuple[object, ...]]:
    """Applications and tip-offs; the first five are of people the survey met too."""
    chance = random.Random(2319)
    rows: list[tuple[object, ...]] = []
    for number in range(1, 61):
        town, quarter = HOODS[chance.randrange(len(HOODS))]
        person = (f"Person{number + 1} {SURNAME}", identity(number + 1), phone(number + 1))
        day = f"{1 + number % 28:02d}.0{1 + number % 9}.2025"
        about = ("application", "cash aid" if number % 3 else "care at home", "family", "normal", day, "desk")
        secret = "yes" if number % 20 == 0 else "no"
        rows.append((f"K-{number:03d}", *about, town, quarter, *person, secret))
    return rows


def _csv(path: Path, header: object, rows: list[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(header)
        writer.writerows(rows)


def _book(path: Path, sheets: dict[str, object]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(list(row))
    book.save(path)
