"""Use case: the published run as files that anybody may hold: classes and reliability, never an estimate."""

import json
import os
import tempfile
from pathlib import Path

from app.export.geopackage import write_geopackage
from app.export.workbook import write_workbook
from app.i18n import Language, say
from app.maps import Scene, draw, write_png
from app.store.session import Store
from app.views import Contents, read_contents

__all__ = ["export_run"]


def export_run(store: Store, folder: Path, language: Language) -> list[Path]:
    """Write `risk.xlsx`, `risk.gpkg`, `risk.png` and, where there is a plan, `plan.json`.

    Each file is written aside and moved into place whole. The same run gives the same content.

    Raises
    ------
    RefusedError
        If no run is published.
    """
    contents = read_contents(store)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as aside:
        made = _write(contents, Path(aside), language)
        for file in made:
            os.replace(file, folder / file.name)
    return [folder / file.name for file in made]


def _write(contents: Contents, folder: Path, language: Language) -> list[Path]:
    made = [
        write_workbook(contents, folder / "risk.xlsx", language),
        write_geopackage(contents, folder / "risk.gpkg", language),
        _write_map(contents, folder / "risk.png", language),
    ]
    if contents.plan is not None:
        made.append(_write_plan(contents, folder / "plan.json", language))
    return made


def _write_map(contents: Contents, path: Path, language: Language) -> Path:
    scene = Scene(contents.areas, contents.points, contents.zones, contents.opened)
    about = contents.headline
    figure = draw(about, contents.run, scene, contents.of(about.key), language=language)
    path.write_bytes(write_png(figure))
    return path


def _write_plan(contents: Contents, path: Path, language: Language) -> Path:
    notes = [say("map.constructed", language)] if contents.areas["constructed"].any() else []
    if contents.run.is_simulation:
        notes.insert(0, say("export.simulated", language))
    document = {"simulation": contents.run.is_simulation, "notes": notes, **(contents.plan or {})}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    return path
