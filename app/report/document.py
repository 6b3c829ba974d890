"""The report's contents as data: cover, promise, chapters in order. The template only sets them."""

import pandas as pd

from app.i18n import Language, day, number, say
from app.maps import words
from app.report import blocks, closing, risk, siting
from app.report.pictures import COVER, Pictures
from app.settings import Settings
from app.views import Contents, MapRun


def document(
    contents: Contents,
    pictures: Pictures,
    before: pd.DataFrame | None,
    settings: Settings,
    language: Language,
) -> dict[str, object]:
    """Everything the template needs.

    Parameters
    ----------
    before : classes of the headline map in the run published last before; None for a first run
    """
    run = contents.run
    chapters = [
        risk.summary(contents, language),
        *risk.pages(contents, pictures, language),
        risk.reliability(contents, language),
        risk.certainty(contents, language),
        risk.change(contents, before, language),
        *risk.zones(contents, language),
        *siting.chapters(contents, pictures, language),
        closing.method(contents, settings, language),
        closing.sources(contents, language),
    ]
    return {
        "language": language,
        "title": run.title,
        "simulation": run.is_simulation,
        "watermark": say("map.watermark", language),
        "footer": _footer(run, language),
        "words": {"contents": say("report.contents", language)},
        "cover": _cover(contents, pictures, settings, language),
        "promise": blocks.callout(say("report.promise", language)),
        "sections": chapters,
    }


def _footer(run: MapRun, language: Language) -> str:
    line = say("export.run", language, title=run.title, number=run.run_id, year=run.year)
    return f"{say('map.watermark', language)}  ·  {line}" if run.is_simulation else line


def _cover(
    contents: Contents, pictures: Pictures, settings: Settings, language: Language
) -> dict[str, object]:
    run = contents.run
    people = contents.areas["population"].sum()
    counted = [
        (number(len(contents.areas), language), say("report.fact_areas", language)),
        (number(contents.areas["district"].nunique(), language), say("report.fact_districts", language)),
        (number(people, language), say("report.fact_people", language)),
        (number(len(contents.maps), language), say("report.fact_maps", language)),
    ]
    return {
        "kicker": say("report.kicker", language),
        "line": say("export.published", language, day=day(run.published_at, language), who=run.approved_by),
        "warning": say("report.warning", language),
        "facts": blocks.facts(counted),
        "picture": pictures.files[COVER],
        "alt": words.title(contents.headline, language),
        "basis": say("report.basis", language, basis=settings.legal_basis),
    }
