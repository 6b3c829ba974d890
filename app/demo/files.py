"""Write the demonstration as the files a municipality would have."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from app.demo import cases, city, households, places, truth
from survey import questionnaire as form

SEED = 2026
FILES = {
    "areas": "mahalleler.geojson",
    "population": "nufus.xlsx",
    "groups": "ilce_gruplari.csv",
    "centres": "merkezler.xlsx",
    "sites": "aday_yerler.xlsx",
    "form": "alan_taramasi.xlsx",
    "survey": "alan_taramasi_kobo.xlsx",
    "cases": "basvurular.csv",
}
KOBO_TAIL = (
    "_id",
    "_uuid",
    "_submission_time",
    "_validation_status",
    "_notes",
    "_status",
    "_submitted_by",
    "__version__",
    "_tags",
    "meta/rootUuid",
    "_index",
)
STRUCTURE = ("begin_group", "end_group", "begin_repeat", "end_repeat")


def write(folder: Path, *, seed: int = SEED) -> truth.Truth:
    """Write every file of `FILES` and `dogru.csv`, the truth behind them; returns that truth."""
    folder.mkdir(parents=True, exist_ok=True)
    real = truth.simulate(city.load(), seed)
    (folder / FILES["areas"]).write_bytes(city.boundaries())
    _write_population(folder / FILES["population"], real.city)
    _write_csv(folder / FILES["groups"], ("İlçe", "Grup"), _groups(), encoding="utf-8-sig")
    centres = [(c.key, c.name, c.owner, c.services, c.capacity, c.lat, c.lon) for c in places.CENTRES]
    header = ("Kod", "Ad", "Sahibi", "Hizmetler", "Kapasite", "Enlem", "Boylam")
    _write_sheet(folder / FILES["centres"], "merkezler", header, centres)
    _write_sheet(folder / FILES["sites"], "adaylar", places.SITE_HEADER, places.sites(real.city, seed))
    form.write(folder / FILES["form"])
    write_kobo(folder / FILES["survey"], households.rows(real, seed))
    _write_csv(folder / FILES["cases"], cases.HEADER, cases.rows(real, seed), encoding="cp1254")
    _write_truth(folder / "dogru.csv", real)
    return real


def _groups() -> list[tuple[str, str]]:
    return [(district, name) for name, districts in city.GROUPS.items() for district in districts]


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], *, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as handle:
        writer = csv.writer(handle, delimiter=";")
        writer.writerow(header)
        writer.writerows(rows)


def _write_sheet(path: Path, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet(name)
        for number, row in enumerate([header, *rows]):
            write_row(sheet, number, row)


def write_row(sheet: Worksheet, number: int, row: Sequence[object]) -> None:
    """Write one row; text is never read as a formula or a number."""
    for column, value in enumerate(row):
        if isinstance(value, int | float):
            sheet.write_number(number, column, value)
        elif isinstance(value, date | datetime):
            sheet.write_string(number, column, value.isoformat())
        elif value:
            sheet.write_string(number, column, str(value))


def _write_population(path: Path, place: city.City) -> None:
    bands = [f"{low}-{high}" if high < 999 else f"{low}+" for low, high in city.AGE_BANDS]
    rows: list[tuple[object, ...]] = []
    for area in range(place.size):
        for b, band in enumerate(bands):
            for s, sex in enumerate(("kadın", "erkek")):
                persons = int(place.people[area, b, s])
                rows.append((str(place.code[area]), city.YEAR, sex, band, persons))
    _write_sheet(path, "nufus", ("Mahalle Kodu", "Yıl", "Cinsiyet", "Yaş Grubu", "Nüfus"), rows)


def write_kobo(path: Path, rows: Iterable[tuple[households.Answers, list[households.Answers]]]) -> None:
    """Write visits in KoBo's own export layout with XML names: a main sheet and one for the roster."""
    main, roster = _questions()
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        # constant memory wants one sheet finished after the other
        kept: list[tuple[int, str, str, list[households.Answers]]] = []
        sheet = book.add_worksheet(form.TITLE[:31])
        write_row(sheet, 0, [*_header(main), *KOBO_TAIL])
        for index, (answers, members) in enumerate(rows, start=1):
            tail = (
                1000 + index,
                answers["_uuid"],
                answers["_submission_time"],
                "",
                "",
                "submitted_via_web",
                "ekip",
            )
            cells = [cell for name in main for cell in _cells(name, answers.get(name, ""))]
            write_row(sheet, index, [*cells, *tail, form.VERSION, "", answers["_uuid"], index])
            kept.append((index, str(answers["_uuid"]), str(answers["_submission_time"]), members))
        _write_roster(book, roster, kept)


def _write_roster(
    book: xlsxwriter.Workbook,
    names: Sequence[str],
    kept: Sequence[tuple[int, str, str, list[households.Answers]]],
) -> None:
    sheet = book.add_worksheet("uye")
    links = ("_index", "_parent_table_name", "_parent_index")
    system = ("_submission__id", "_submission__uuid", "_submission__submission_time")
    write_row(sheet, 0, [*_header(names), *links, *system])
    number = 0
    for index, key, moment, members in kept:
        for member in members:
            number += 1
            cells = [cell for name in names for cell in _cells(name, member.get(name, ""))]
            write_row(sheet, number, [*cells, number, form.TITLE, index, 1000 + index, key, moment])


def _questions() -> tuple[list[str], list[str]]:
    main: list[str] = []
    roster: list[str] = []
    into = main
    for kind, name, *_ in form.table("questionnaire.csv")[1:]:
        if kind == "begin_repeat":
            into = roster
        elif kind == "end_repeat":
            into = main
        elif kind not in STRUCTURE:
            into.append(name)
    return main, roster


def _options(name: str) -> list[str]:
    """Choices of a select_multiple question, which KoBo also writes as 0/1 columns."""
    kinds = {row[1]: row[0] for row in form.table("questionnaire.csv")[1:]}
    return form.choices()[name] if kinds.get(name, "").startswith("select_multiple") else []


MULTIPLE = {name: _options(name) for name in ("konut_sorunu", "gelir_kaynagi", "esya")}


def _header(names: Sequence[str]) -> list[str]:
    header: list[str] = []
    for name in names:
        header.append(name)
        header += [f"{name}/{option}" for option in MULTIPLE.get(name, ())]
        if name == "konum":
            header += [f"_konum_{part}" for part in ("latitude", "longitude", "altitude", "precision")]
    return header


def _cells(name: str, value: object) -> list[object]:
    if name == "konum":
        if not isinstance(value, tuple):
            return [""] * 5
        lat, lon = value
        return [f"{lat} {lon} 0 5", lat, lon, 0, 5]
    if name in MULTIPLE:
        chosen = str(value).split()
        return [value, *(int(option in chosen) if chosen else "" for option in MULTIPLE[name])]
    return [value]


def _write_truth(path: Path, real: truth.Truth) -> None:
    header = ("mahalle_kodu", "nufus", "ihtiyac_sahibi", "erisim", *truth.TOPICS)
    columns = [real.city.code, real.city.population, real.persons_in_need, cases.reach(real.city)]
    _write_csv(path, header, zip(*columns, *real.topic_prevalence, strict=True), encoding="utf-8-sig")
