"""Last chapters: method and sources."""

from app.i18n import Language, say
from app.maps import words
from app.report import blocks
from app.report.blocks import Block
from app.settings import Settings
from app.views import Contents

STEPS = ("direct", "area", "need", "index", "reach", "zones", "siting", "disclosure")
DEMONSTRATION = ("names", "gazetteer", "outline", "made")


def method(contents: Contents, settings: Settings, language: Language) -> Block:
    """How every number came about, in a page, and the papers."""
    steps = [say(f"report.method_{step}", language, base=words.base(contents.classes)) for step in STEPS]
    return blocks.section(
        say("report.method", language),
        [
            blocks.callout(say("report.basis", language, basis=settings.legal_basis)),
            blocks.bullets(steps),
            blocks.heading(say("report.papers", language)),
            blocks.bullets(say("report.papers_list", language).split(" | ")),
        ],
    )


def sources(contents: Contents, language: Language) -> Block:
    """What each map rests on, and whose data and colours are used."""
    rows = [
        [words.title(about, language), about.word("source", language), about.word("denominator", language)]
        for about in contents.maps
        if not about.sex
    ]
    head = [say(f"report.column_{name}", language) for name in ("map", "source", "denominator")]
    table = blocks.table(head, rows, widths=[3, 2, 2], text_columns=(0, 1, 2))
    parts = [
        table,
        blocks.heading(say("report.credits", language)),
        blocks.bullets(_credits(contents, language)),
    ]
    return blocks.section(say("report.sources", language), parts)


def _credits(contents: Contents, language: Language) -> list[str]:
    names = [*DEMONSTRATION] if contents.run.is_simulation else []
    return [say(f"report.credit_{name}", language) for name in (*names, "colours", "software")]
