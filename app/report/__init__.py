"""Use case: the published run as one PDF that an office can read, sign and file."""

import json
import os
import tempfile
from importlib import resources
from pathlib import Path

import matplotlib
import typst

from app import views
from app.i18n import Language
from app.report.document import document
from app.report.pictures import paint_all
from app.store.session import Store

__all__ = ["write_report"]


def write_report(store: Store, path: Path, language: Language) -> Path:
    """Write the report of the run in force; the same run gives the same pages.

    Raises
    ------
    RefusedError
        If no run is published.
    """
    contents = views.read_contents(store)
    older = views.previous_run(store, contents.run)
    before = views.classes(store, older, contents.headline.key) if older else None
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as aside:
        folder = Path(aside)
        pictures = paint_all(contents, folder, language)
        data = document(contents, pictures, before, store.settings, language)
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        template = resources.files("app.templates").joinpath("report.typ").read_text("utf-8")
        (folder / "report.typ").write_text(template, "utf-8")
        made = _compile(folder, int(contents.run.published_at.timestamp()))
    aside_path = path.with_name(f".{path.name}.part")
    aside_path.write_bytes(made)
    os.replace(aside_path, path)
    return path


def _compile(folder: Path, timestamp: int) -> bytes:
    """Typeset with the fonts that come with the packages: nothing of the machine, nothing of a network."""
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    made = typst.compile(
        folder / "report.typ", root=folder, font_paths=[fonts], ignore_system_fonts=True, timestamp=timestamp
    )
    assert isinstance(made, bytes)
    return made
