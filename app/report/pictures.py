"""The report's pictures, painted once into the folder the template reads."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from app.i18n import Language
from app.maps import Scene, draw, draw_cover, draw_panels, draw_plan, write_png
from app.views import DISTRICT, PART_MARK, Contents, RiskMap

DPI = 170
COVER, HEADLINE, PLAN = "cover", "headline", "plan"
TOPICS, GROUPS, OTHERS = "topics", "groups", "others"


@dataclass(frozen=True)
class Pictures:
    """Names of the files by what they show; what a run lacks is missing."""

    files: dict[str, str]

    def get(self, name: str) -> str | None:
        """File of a picture; None if the run has none."""
        return self.files.get(name)


def paint_all(contents: Contents, folder: Path, language: Language) -> Pictures:
    """Paint what the run holds."""
    files: dict[str, str] = {}
    for name, make in _figures(contents, language):
        files[name] = f"{name}.png"
        (folder / files[name]).write_bytes(write_png(make(), dpi=DPI))
    return Pictures(files)


def _figures(contents: Contents, language: Language) -> Iterator[tuple[str, Callable[[], Figure]]]:
    run, about, found = contents.run, contents.headline, contents.of(contents.headline.key)
    scene = Scene(contents.areas, contents.points, contents.zones)
    yield COVER, partial(draw_cover, scene, found)
    yield HEADLINE, partial(draw, about, run, scene, found, language=language)
    for name, maps in panels(contents).items():
        pairs = [(one, contents.of(one.key)) for one in maps]
        if pairs:
            yield name, partial(draw_panels, pairs, run, scene, language=language)
    if contents.plan is not None:
        with_plan = Scene(contents.areas, contents.points, None, contents.opened)
        yield PLAN, partial(draw_plan, contents.plan, run, with_plan, language=language)


def panels(contents: Contents) -> dict[str, list[RiskMap]]:
    """Maps of each page of small multiples; record-based maps and reach stand apart from need."""
    others = [*contents.of_kind("index"), *(m for m in contents.of_kind("reach") if PART_MARK not in m.key)]
    others += [about for about in contents.of_kind("indicator") if about.level == DISTRICT]
    return {TOPICS: contents.of_kind("topic"), GROUPS: contents.of_kind("group"), OTHERS: others}
