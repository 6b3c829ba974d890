"""The shipped questionnaire in Turkish, English and Arabic, written as an XLSForm workbook."""

import csv
from functools import cache
from importlib import resources
from pathlib import Path

import xlsxwriter

FORM_ID = "alan_taramasi"
VERSION = "2026010101"
TITLE = "Alan taraması hane formu"


def table(name: str) -> list[list[str]]:
    """Rows of one of the package's CSV files, header first."""
    text = resources.files("survey.questionnaire").joinpath(name).read_text("utf-8")
    return list(csv.reader(text.splitlines()))


@cache
def choices() -> dict[str, list[str]]:
    """Choice names by list."""
    lists: dict[str, list[str]] = {}
    for list_name, name, *_ in table("choices.csv")[1:]:
        lists.setdefault(list_name, []).append(name)
    return lists


def write(path: Path) -> None:
    """Write the XLSForm: sheets survey, choices, settings."""
    settings = [
        ["form_title", "form_id", "version", "default_language"],
        [TITLE, FORM_ID, VERSION, "Türkçe (tr)"],
    ]
    sheets = {"survey": table("questionnaire.csv"), "choices": table("choices.csv"), "settings": settings}
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if value:
                        sheet.write_string(number, column, value)
