"""Typesetting: contents as data, a template of ours, fonts that come with the packages."""

import datetime as dt
import json
import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import matplotlib
import typst

LOOK = "look.typ"


def typeset(template: str, data: Mapping[str, object], folder: Path, *, created: dt.datetime) -> bytes:
    """Set `data` by a template; pictures lie in `folder`. Nothing of the machine, nothing of a network."""
    (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    for name in (LOOK, template):
        text = resources.files("app.templates").joinpath(name).read_text("utf-8")
        (folder / name).write_text(text, "utf-8")
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    made = typst.compile(
        folder / template,
        root=folder,
        font_paths=[fonts],
        ignore_system_fonts=True,
        timestamp=int(created.timestamp()),
    )
    assert isinstance(made, bytes)
    return made


def write_whole(path: Path, made: bytes) -> Path:
    """Write a file aside and move it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    aside.write_bytes(made)
    os.replace(aside, path)
    return path
