"""Small tables of a city: population, service regions, centres, candidate sites, groups, crosswalk."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.intake.columns import Field, ReadTable, Record, in_headings, read
from app.intake.offer import Offer
from app.intake.outcome import Outcome, SheetCounts
from app.store import places
from app.store.session import Session
from app.store.sync import Key, point_text, sync
from app.store.tables import Base, geo
from survey import values
from survey.names import NameIndex, district_key, fold, nearest
from survey.places import find_place
from survey.problems import Code, Problem, Question, Refused, Where, problem

Rows = dict[Key, dict[str, object]]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


CODE = Field(
    "code",
    _words(
        "mahalle kodu,mahalle kod,mahalle id,mah kodu,mah kod,kod,kodu,kimlik no,mahalle kimlik no,uavt,"
        "uavt kodu,uavt kod,uavt no,mahalle no,neighbourhood code,area code"
    ),
    "code",
)
DISTRICT = Field("district", _words("ilçe,ilçesi,ilçe adı,ilçe ad,ilçe ismi,district name,county"))
NAME = Field(
    "neighbourhood",
    _words(
        "mahalle,mahallesi,mahalle adı,mahalle ad,mahalle ismi,mah adı,mah ad,mahalle/köy,köy/mahalle,"
        "neighborhood,quarter,ad,adı,isim,name"
    ),
)
KEY = Field("key", _words("kod,kodu,no,id,code,aday no,merkez no,sıra no"), "code")
TITLE = Field(
    "name",
    _words("ad,adı,isim,merkez,merkez adı,yer,yer adı,bina,bina adı,aday,aday adı,aday yer,aday bina,title"),
    required=True,
)
LAT = Field("lat", _words("enlem,latitude,y,enlem (y),koordinat y"), "degrees", required=True)
LON = Field("lon", _words("boylam,longitude,x,boylam (x),lng,long,koordinat x"), "degrees", required=True)
CAPACITY = Field("capacity", ("kapasite", "yıllık kapasite"), "decimal")

POPULATION = (
    CODE,
    DISTRICT,
    NAME,
    Field("year", ("yıl", "yil"), "integer"),
    Field("layer", ("katman", "nüfus türü")),
    Field("sex", ("cinsiyet",)),
    Field("age", ("yaş", "yaş grubu", "yas_grubu", "age group")),
    Field(
        "persons",
        ("nüfus", "kişi", "kişi sayısı", "toplam", "toplam nüfus", "population", "total"),
        "integer",
    ),
    Field("female", ("kadın", "kadın nüfus", "women"), "integer"),
    Field("male", ("erkek", "erkek nüfus", "men"), "integer"),
)
REGIONS = (
    CODE,
    DISTRICT,
    NAME,
    Field("region", ("bölge", "hizmet bölgesi", "merkez"), required=True),
)
GROUPS = (
    Field("district", DISTRICT.synonyms, required=True),
    Field("name", ("grup", "ilçe grubu", "group"), required=True),
)
CENTRES = (
    KEY,
    TITLE,
    Field("owner", ("sahibi", "sahip", "kurum", "bağlı olduğu kurum")),
    Field("services", ("hizmetler", "hizmet türleri")),
    CAPACITY,
    LAT,
    LON,
)
SITES = (
    KEY,
    TITLE,
    Field("ownership", ("mülkiyet", "mülkiyet durumu"), required=True),
    Field("rent", ("kira", "aylık kira", "kira bedeli"), "decimal"),
    Field(
        "step_free",
        ("engelsiz erişim", "engelsiz", "erişilebilir", "engelli erişimi", "basamaksız"),
        "yes_no",
    ),
    Field("independent", ("bağımsız bina", "bağımsız", "müstakil"), "yes_no"),
    CAPACITY,
    Field("opening_cost", ("açılış gideri", "tefriş ve onarım gideri", "kuruluş gideri"), "decimal"),
    Field("yearly_cost", ("yıllık gider", "yıllık işletme gideri", "işletme gideri"), "decimal"),
    Field("staff", ("personel", "personel sayısı", "gerekli personel"), "decimal"),
    Field("decisions", ("gerekli kararlar", "karar", "gereken karar")),
    LAT,
    LON,
)
SITE_FACTS = ("rent", "step_free", "independent", "capacity", "opening_cost", "yearly_cost", "staff")
CROSSWALK = (
    Field(
        "valid_from",
        ("geçerlilik", "tarih", "yürürlük tarihi"),
        "date",
        required=True,
    ),
    Field("old_code", ("eski kod", "eski mahalle kodu"), "code", required=True),
    Field("new_code", ("yeni kod", "yeni mahalle kodu"), "code", required=True),
    Field("share", ("pay", "nüfus payı", "oran"), "decimal", required=True),
)
OWNERS = {
    "own": ("own", "büyükşehir", "belediye", "kendi", "bizim", "büyükşehir belediyesi"),
    "ministry": ("ministry", "bakanlık", "aile ve sosyal hizmetler bakanlığı", "ashb"),
    "district": ("district", "ilçe belediyesi", "ilçe"),
    "other": ("other", "diğer", "vakıf", "dernek"),
}
OWNERSHIP = {
    "own": ("own", "kendi", "belediye", "mülk", "büyükşehir"),
    "allotted": ("allotted", "tahsisli", "tahsis"),
    "rented": ("rented", "kiralık", "kira"),
}
SEXES = {
    "all": ("all", "toplam", "hepsi", "tümü"),
    "female": ("female", "kadın", "k", "f", "women"),
    "male": ("male", "erkek", "e", "m", "men"),
}
OLDEST = 999
SHARE_TOLERANCE = 1e-6
AGE = re.compile(r"(\d{1,3})\s*(?:-|–|ile)\s*(\d{1,3})|(\d{1,3})\s*(?:\+|ve üzeri|ve üstü)|(\d{1,3})")


class Maker:
    """Turns typed rows of one sheet into table rows, collecting problems."""

    def __init__(self, sheet: str, index: NameIndex, country: values.Bounds = values.TURKIYE) -> None:
        self.sheet = sheet
        self.country = country
        self.index = index
        self.rows: Rows = {}
        self.problems: list[Problem] = []
        self.rejected: set[int] = set()
        self.row_keys: dict[int, list[Key]] = {}

    def reject(
        self, number: int, code: Code, column: str, given: object, *, nearest: str = "", detail: str = ""
    ) -> None:
        """Leave a row out and say why."""
        where = Where(self.sheet, number, column)
        self.problems.append(problem(code, where, given=given, nearest=nearest, detail=detail))
        self.rejected.add(number)

    def put(self, number: int, key: Key, record: dict[str, object]) -> None:
        """Keep a row; a second row of the same key must say the same."""
        if key in self.rows and self.rows[key] != record:
            first = next(row for row, keys in self.row_keys.items() if key in keys)
            given = " / ".join(map(str, key))
            self.reject(number, Code.SOURCE_DUPLICATE_KEY, "", given, detail=str(first))
            return
        self.rows[key] = record
        self.row_keys.setdefault(number, []).append(key)

    def word(
        self, number: int, column: str, given: object, known: Mapping[str, tuple[str, ...]]
    ) -> str | None:
        """The name of a word of a closed list, in any of its spellings."""
        for name, words in known.items():
            if fold(str(given)) in {fold(word) for word in words}:
                return name
        self.reject(
            number, Code.VALUE_CHOICE, column, given, detail=", ".join(words[-1] for words in known.values())
        )
        return None

    def area(self, number: int, record: Record) -> str | None:
        """Code of the row's area, by code or by district and name."""
        plain = {name: str(value) for name, value in record.items() if value is not None}
        found = find_place(plain, "code", ("district", "neighbourhood"), self.index)
        if isinstance(found, str):
            return found
        code, column, given, detail, close = found
        self.reject(number, code, column, given, detail=detail, nearest=close)
        return None


def _population(maker: Maker, number: int, record: Record) -> None:
    code = maker.area(number, record)
    sex = maker.word(number, "sex", record.get("sex") or "all", SEXES)
    ages = _ages(record.get("age"))
    if ages is None:
        maker.reject(number, Code.VALUE_CHOICE, "age", record.get("age"), detail="0-5, 65+, 7")
    if code is None or sex is None or ages is None:
        return
    counts = _by_sex(maker, number, record) or {sex: record.get("persons")}
    layer = str(record.get("layer") or "registered")
    for of_sex, persons in counts.items():
        if persons is None:
            maker.reject(number, Code.VALUE_MISSING, "persons", "")
        elif _whole(persons) < 0:
            maker.reject(number, Code.VALUE_NEGATIVE, "persons", persons)
        else:
            key = (_whole(record["year"]), layer, code, of_sex, *ages)
            maker.put(number, key, {"persons": float(_whole(persons))})


def _by_sex(maker: Maker, number: int, record: Record) -> dict[str, object]:
    """Women and men where the row tells both, or one of them and the total."""
    told = {name: _whole(record[name]) for name in ("female", "male") if record.get(name) is not None}
    whole = record.get("persons")
    if whole is not None and len(told) == 1:
        (name,) = told
        told["male" if name == "female" else "female"] = _whole(whole) - told[name]
    if whole is not None and len(told) == 2 and sum(told.values()) != _whole(whole):
        maker.reject(number, Code.VALUE_SUM, "persons", whole, detail=str(sum(told.values())))
    return {name: told[name] for name in ("female", "male")} if len(told) == 2 else {}


def _whole(value: object) -> int:
    return int(str(value))


def _ages(given: object) -> tuple[int, int] | None:
    if given is None or fold(str(given)) in SEXES["all"]:
        return 0, OLDEST
    found = AGE.fullmatch(str(given).strip())
    if found is None:
        return None
    low, high, oldest, single = found.groups()
    if oldest:
        return int(oldest), OLDEST
    ages = (int(single), int(single)) if single else (int(low), int(high))
    return ages if ages[0] <= ages[1] else None


def _regions(maker: Maker, number: int, record: Record) -> None:
    if (code := maker.area(number, record)) is not None:
        maker.put(number, (code,), {"region": record["region"]})


def _groups(maker: Maker, number: int, record: Record) -> None:
    known = {district_key(name): name for name in maker.index.districts}
    district = known.get(district_key(str(record["district"])))
    if district is None:
        close = nearest(str(record["district"]), known.values())
        maker.reject(number, Code.AREA_DISTRICT_UNKNOWN, "district", record["district"], nearest=close)
    else:
        maker.put(number, (district,), {"name": record["name"]})


def _point(maker: Maker, number: int, record: Record) -> str | None:
    """The place as text; coordinates that look exchanged or outside are refused, never turned round."""
    point = values.Point(_real(record["lat"]), _real(record["lon"]))
    code = values.check_point(point, maker.country)
    if code is not None:
        maker.reject(number, code, "lat", f"{point.lat}, {point.lon}")
        return None
    return point_text(point.lon, point.lat)


def _real(value: object) -> float:
    return float(str(value))


def _key(record: Record) -> object:
    """The file's own code; a place without one goes by its name."""
    return record.get("key") or record["name"]


def _centres(maker: Maker, number: int, record: Record) -> None:
    place = _point(maker, number, record)
    owner = maker.word(number, "owner", record.get("owner") or "own", OWNERS)
    if place is None or owner is None:
        return
    services = [part.strip() for part in re.split("[;,]", str(record.get("services") or "")) if part.strip()]
    rest = {"name": record["name"], "owner": owner, "services": services, "capacity": record.get("capacity")}
    maker.put(number, (_key(record),), {**rest, "geom": place})


def _sites(maker: Maker, number: int, record: Record) -> None:
    place = _point(maker, number, record)
    ownership = maker.word(number, "ownership", record["ownership"], OWNERSHIP)
    if place is None or ownership is None:
        return
    plain = {name: record.get(name) for name in ("name", *SITE_FACTS)}
    decisions = str(record.get("decisions") or "")
    maker.put(
        number, (_key(record),), {**plain, "ownership": ownership, "decisions": decisions, "geom": place}
    )


def _crosswalk(maker: Maker, number: int, record: Record) -> None:
    share = _real(record["share"])
    if not 0 < share <= 1:
        maker.reject(number, Code.VALUE_OUT_OF_RANGE, "share", share, detail="0 < share <= 1")
        return
    maker.put(number, (record["valid_from"], record["old_code"], record["new_code"]), {"share": share})


@dataclass(frozen=True, slots=True)
class ListKind:
    """How one small table is read and stored."""

    fields: tuple[Field, ...]
    table: type[Base]
    keys: tuple[str, ...]
    make: Callable[[Maker, int, Record], None]


LISTS = {
    "population": ListKind(
        POPULATION, geo.Population, ("year", "layer", "code", "sex", "age_from", "age_to"), _population
    ),
    "regions": ListKind(REGIONS, geo.Region, ("code",), _regions),
    "groups": ListKind(GROUPS, geo.DistrictGroup, ("district",), _groups),
    "centres": ListKind(CENTRES, geo.Centre, ("key",), _centres),
    "sites": ListKind(SITES, geo.Site, ("key",), _sites),
    "crosswalk": ListKind(CROSSWALK, geo.AreaLink, ("valid_from", "old_code", "new_code"), _crosswalk),
}


def load_list(offer: Offer, session: Session) -> Outcome:
    """Read a small table and bring the store to it, in the caller's transaction."""
    kind = LISTS[offer.kind]
    index = places.name_index(session)
    parsed = offer.parse("table")
    if len(parsed.sheets) > 1:
        names = tuple(sheet.name for sheet in parsed.sheets)
        raise Refused(
            questions=(Question(Code.TABLE_WHICH_SHEET, offer.name, names, f"--sheet {names[0]!r}"),)
        )
    table = read(parsed.sheets[0], kind.fields, offer.options)
    if offer.kind == "population":
        _require_year(table)
    maker = Maker(table.sheet, index, offer.country)
    for row in table.rows:
        kind.make(maker, row.number, row.record)
    if offer.kind == "crosswalk":
        _require_whole_shares(maker)
    counts = _store(session, kind, maker, table)
    return Outcome(
        kind=offer.kind,
        file=offer.name,
        sha256=offer.sha256,
        sheets=(counts,),
        problems=(*parsed.findings, *table.problems, *in_headings(maker.problems, table.columns)),
    )


def _require_year(table: ReadTable) -> None:
    """A count without its year is asked about: the year is not in the file's date."""
    if any(row.record.get("year") is None for row in table.rows):
        ask = Question(Code.VALUE_YEAR, "", (), "--year 2025")
        raise Refused(questions=(ask,))


def _store(session: Session, kind: ListKind, maker: Maker, table: ReadTable) -> SheetCounts:
    kept = {key for number, keys in maker.row_keys.items() if number not in maker.rejected for key in keys}
    synced = sync(session, kind.table, keys=kind.keys, rows={key: maker.rows[key] for key in kept})
    good = [keys for number, keys in maker.row_keys.items() if number not in maker.rejected]
    new = sum(any(key in synced.new for key in keys) for keys in good)
    updated = sum(any(key in synced.updated for key in keys) for keys in good) if good else 0
    updated -= sum(
        any(key in synced.new for key in keys) and any(key in synced.updated for key in keys) for keys in good
    )
    return SheetCounts(
        sheet=table.sheet,
        read=table.read,
        new=new,
        updated=updated,
        unchanged=len(good) - new - updated,
        rejected=table.read - len(good),
    )


def _require_whole_shares(maker: Maker) -> None:
    """The shares of each old area at each date sum to one; else all of its rows are refused."""
    sums: dict[Key, float] = {}
    for (moment, old, _), record in maker.rows.items():
        sums[moment, old] = sums.get((moment, old), 0.0) + _real(record["share"])
    for number, keys in maker.row_keys.items():
        for moment, old, _ in keys:
            if abs(sums[moment, old] - 1) > SHARE_TOLERANCE:
                maker.reject(
                    number, Code.VALUE_OUT_OF_RANGE, "share", f"{sums[moment, old]:g}", detail="sum = 1"
                )
