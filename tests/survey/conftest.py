import io
import zipfile
from pathlib import Path

import openpyxl
import pytest


@pytest.fixture
def save(tmp_path):
    """Write bytes or text to a file under a plain name and give its path."""

    def _save(content, name="upload.bin", encoding="utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
        return path

    return _save


@pytest.fixture
def book(tmp_path):
    """Write a workbook of {sheet: rows} and give its path."""

    def _book(sheets, name="book.xlsx", prepare=None) -> Path:
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for title, rows in sheets.items():
            page = workbook.create_sheet(title)
            for row in rows:
                page.append(list(row))
        if prepare is not None:
            prepare(workbook)
        workbook.save(tmp_path / name)
        return tmp_path / name

    return _book


@pytest.fixture
def archive(tmp_path):
    """Write a zip of {member: bytes} and give its path."""

    def _archive(members, name="upload.zip", compression=zipfile.ZIP_DEFLATED) -> Path:
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", compression) as pack:
            for member, content in members.items():
                pack.writestr(member, content)
        (tmp_path / name).write_bytes(data.getvalue())
        return tmp_path / name

    return _archive
