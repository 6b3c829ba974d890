"""Use case: the published run as one PDF that an office can read, sign and file."""

import tempfile
from pathlib import Path

from app import views
from app.i18n import Language
from app.report.document import document
from app.report.pictures import paint_all
from app.report.typeset import typeset, write_whole
from app.store.session import Store


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
    with tempfile.TemporaryDirectory() as aside:
        folder = Path(aside)
        pictures = paint_all(contents, folder, language)
        data = document(contents, pictures, before, store.settings, language)
        made = typeset("report.typ", data, folder, created=contents.run.published_at)
    return write_whole(path, made)
