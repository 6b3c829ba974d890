"""Excel forms to fill: one sheet with headings and an example, one that explains each column."""

from pathlib import Path

import xlsxwriter

from app.errors import RefusedError
from app.i18n import Language, say
from app.intake.lists import LISTS
from survey import questionnaire
from survey.mapping import CASE_TARGETS

EXAMPLES = {
    "code": "179803",
    "area_code": "179803",
    "district": "Akseki",
    "neighbourhood": "Akşahap",
    "year": 2026,
    "sex": "kadın",
    "age": "65+",
    "cases.age": 71,
    "persons": 134,
    "region": "Doğu",
    "lat": 36.9097,
    "lon": 31.9643,
    "day": "15.03.2026",
    "valid_from": "01.01.2026",
    "share": 1,
    "kind": "başvuru",
    "protected": "hayır",
    "step_free": "evet",
    "ownership": "kiralık",
    "owner": "büyükşehir",
}


def write_template(kind: str, path: Path, language: Language) -> Path:
    """Write the form for one kind of file.

    Raises
    ------
    RefusedError
        For a kind without a table form; says what to send instead.
    """
    if kind == "form":
        questionnaire.write(path)
        return path
    fields = _fields(kind)
    with xlsxwriter.Workbook(str(path)) as book:
        bold = book.add_format({"bold": True, "bg_color": "#FFF2CC", "border": 1})
        sheet, notes = (
            book.add_worksheet(say("template.sheet", language)),
            book.add_worksheet(say("template.notes", language)),
        )
        for column, (key, heading, required) in enumerate(fields):
            sheet.write_string(0, column, heading, bold)
            sheet.set_column(column, column, max(14, len(heading) + 2))
            example = EXAMPLES.get(f"{kind}.{key}", EXAMPLES.get(key))
            if example is not None:
                sheet.write(1, column, example)
            note = say("template.required" if required else "template.optional", language)
            for place, text in enumerate((heading, key, note, say(f"field.{key}", language))):
                notes.write_string(column, place, text)
        notes.set_column(0, 2, 22)
        notes.set_column(3, 3, 90)
    return path


def _fields(kind: str) -> list[tuple[str, str, bool]]:
    """(key, heading, required) of each column."""
    if kind in LISTS:
        return [(f.key, f.synonyms[0], f.required) for f in LISTS[kind].fields]
    if kind == "areas":
        raise RefusedError("load.no_template_layer")
    if kind == "cases":
        return [(t.name, t.headings[0], t.required) for t in CASE_TARGETS]
    raise RefusedError("load.no_template", kind=kind)
