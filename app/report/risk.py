"""Chapters on risk: summary by district, maps, reliability, change, zones."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from app.i18n import Language, number, say
from app.maps import words
from app.report import blocks
from app.report.blocks import Block
from app.report.pictures import GROUPS, HEADLINE, OTHERS, TOPICS, Pictures
from app.views import HEADLINE_KINDS, PART_MARK, Contents, RiskMap
from geo.legend import CLASSES

LEVELS = range(1, CLASSES + 1)
GRADES = ("A", "B", "C", "D")
HIGH = 4  # classes from here on are called high
MOST_DISTRICTS = 4  # named of a zone
DARKEST = 85  # per cent of a class colour in a table's fullest cell


def summary(contents: Contents, language: Language) -> Block:
    """What the report is and is not, and where the headline map is worst."""
    about, found = contents.headline, contents.of(contents.headline.key)
    notes = [say(f"report.is_{part}", language) for part in ("what", "not", "use", "violence")]
    return blocks.section(
        say("report.summary", language),
        [
            blocks.bullets(notes),
            blocks.heading(say("report.by_district", language, title=words.title(about, language))),
            _by_district(found, language),
            blocks.paragraph(say("report.by_district_note", language)),
        ],
        new_page=True,
    )


def _by_district(found: pd.DataFrame, language: Language) -> Block:
    """Neighbourhoods of each district by class, the district with the largest share of high classes first."""
    level = found["risk_class"].fillna(0).astype(int)
    counts = pd.crosstab(found["district"], level).reindex(columns=[*LEVELS, 0], fill_value=0)
    total = counts.sum(axis=1)
    worst = counts[[k for k in LEVELS if k >= HIGH]].sum(axis=1) / total
    counts = counts.loc[worst.sort_values(ascending=False, kind="stable").index]
    head = [say("report.column_district", language), *(words.class_name(k, language) for k in LEVELS)]
    head += [say("map.insufficient", language), say("report.total", language)]
    rows = [
        [str(name), *(number(n, language) for n in [*row.tolist(), int(row.sum())])]
        for name, row in _rows(counts)
    ]
    shares = [[int(DARKEST * n / max(row.sum(), 1)) for n in row[:CLASSES]] for _, row in _rows(counts)]
    return blocks.table(
        head,
        rows,
        widths=[2.2, *[1.1] * CLASSES, 1.3, 1],
        shades=[[0, *row, 0, 0] for row in shares],
        scale=[0, *range(CLASSES), 0, 0],
    )


def _rows(counts: pd.DataFrame) -> list[tuple[str, "np.ndarray[tuple[int], np.dtype[np.int64]]"]]:
    return [(str(name), row.to_numpy(dtype=np.int64)) for name, row in counts.iterrows()]


def pages(contents: Contents, pictures: Pictures, language: Language) -> list[Block]:
    """The headline map on its own page, then topics, groups and the maps that stand apart from need."""
    found = []
    if file := pictures.get(HEADLINE):
        title = words.title(contents.headline, language)
        found.append(blocks.section(title, [blocks.picture(file, title)], landscape=True))
    for name in (TOPICS, GROUPS, OTHERS):
        if file := pictures.get(name):
            title = say(f"report.maps_{name}", language)
            lead = blocks.paragraph(say(f"report.maps_{name}_lead", language))
            found.append(
                blocks.section(title, [lead, blocks.picture(file, title, say("report.own_breaks", language))])
            )
    return found


def reliability(contents: Contents, language: Language) -> Block:
    """Grades in words, and how many areas of each main map have them."""
    base = words.base(contents.classes)
    shown = [about for kind in HEADLINE_KINDS for about in contents.of_kind(kind) if _is_main(about)]
    head = [say("report.column_map", language), *GRADES, say("map.modelled", language)]
    rows = [_grades(about, contents, language) for about in shown]
    return blocks.section(
        say("report.reliability", language),
        [
            blocks.paragraph(say("report.reliability_lead", language, base=base)),
            blocks.bullets([say(f"report.grade_{grade}", language) for grade in GRADES]),
            blocks.table(head, rows, widths=[4, 1, 1, 1, 1, 1.6]),
        ],
    )


def _is_main(about: RiskMap) -> bool:
    """Not a single indicator, nor a part of another map such as one channel's reach."""
    return about.kind != "indicator" and PART_MARK not in about.key


def _grades(about: RiskMap, contents: Contents, language: Language) -> list[str]:
    found = contents.of(about.key)
    counts = found["reliability"].value_counts()
    modelled = int((found["shown"] == "modelled").sum())
    cells = [number(int(counts.get(grade, 0)), language) for grade in GRADES]
    return [words.title(about, language), *cells, number(modelled, language)]


def certainty(contents: Contents, language: Language) -> Block:
    """How many areas of each main map are surely worse or better than the city, and its clusters."""
    shown = [about for kind in HEADLINE_KINDS for about in contents.of_kind(kind) if _is_main(about)]
    steps = [say(f"export.chance_{step}", language) for step in reversed(LEVELS)]
    head = [say("report.column_map", language), *steps, say("report.column_clusters", language)]
    rows = [_chances(about, contents, language) for about in shown]
    return blocks.section(
        say("report.certainty", language),
        [
            blocks.paragraph(say("report.certainty_lead", language)),
            blocks.table(head, rows, widths=[4, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1]),
        ],
        new_page=False,
    )


def _chances(about: RiskMap, contents: Contents, language: Language) -> list[str]:
    counts = contents.of(about.key)["exceedance"].value_counts()
    cells = [number(int(counts.get(step, 0)), language) for step in reversed(LEVELS)]
    clusters = "–" if about.clusters is None else number(len(about.clusters), language)
    return [words.title(about, language), *cells, clusters]


def change(contents: Contents, before: pd.DataFrame | None, language: Language) -> Block:
    """How classes moved since the run before; a first run says that it is the first."""
    title = say("report.change", language)
    if before is None:
        return blocks.section(title, [blocks.paragraph(say("report.change_first", language))], new_page=False)
    now = contents.of(contents.headline.key)
    both = now.merge(before, on="code", suffixes=("", "_before"))
    step = (both["risk_class"].astype("Int16") - both["risk_class_before"].astype("Int16")).dropna()
    lines = {
        "up_two": (step >= 2).sum(),
        "up_one": (step == 1).sum(),
        "same": (step == 0).sum(),
        "down_one": (step == -1).sum(),
        "down_two": (step <= -2).sum(),
        "unknown": len(now) - len(step),
    }
    rows = [
        [say(f"report.change_{name}", language), number(int(count), language)]
        for name, count in lines.items()
    ]
    head = [say("report.change_what", language), say("report.neighbourhoods", language)]
    note = blocks.paragraph(say("report.change_note", language))
    return blocks.section(title, [note, blocks.table(head, rows, widths=[4, 1])], new_page=False)


def zones(contents: Contents, language: Language) -> list[Block]:
    """Contiguous zones, the worst first; nothing if the run has none."""
    if contents.zones.empty:
        return []
    found = contents.of(contents.headline.key)[["code", "risk_class", "district"]]
    joined = contents.zones.merge(found, on="code").merge(contents.areas[["code", "population"]], on="code")
    rows = sorted(
        (_zone(int(str(zone)), part) for zone, part in joined.groupby("zone")), key=lambda row: -row[0]
    )
    head = [
        say(f"report.zone_{name}", language)
        for name in ("districts", "number", "neighbourhoods", "people", "high")
    ]
    cells = [
        [
            names,
            str(zone),
            number(areas, language),
            number(people, language),
            say("report.percent", language, value=number(share * 100, language)),
        ]
        for share, zone, names, areas, people in rows
    ]
    lead = blocks.paragraph(say("report.zones_lead", language, count=len(rows)))
    table = blocks.table(head, cells, widths=[4, 0.8, 1.3, 1.5, 1.9])
    return [blocks.section(say("report.zones", language), [lead, table])]


def _zone(zone: int, part: pd.DataFrame) -> tuple[float, int, str, int, float]:
    """Share of high classes among the classed, number, districts by population, areas, people."""
    classed = part["risk_class"].dropna()
    share = float((classed >= HIGH).mean()) if len(classed) else 0.0
    people = part.groupby("district")["population"].sum().sort_values(ascending=False, kind="stable")
    names = ", ".join(map(str, people.index[:MOST_DISTRICTS])) + (
        " …" if len(people) > MOST_DISTRICTS else ""
    )
    return share, zone, names, len(part), float(part["population"].sum())


def titles_of_groups(maps: Sequence[RiskMap], language: Language) -> dict[str, str]:
    """Name of each target group."""
    return {about.group: about.title(language) for about in maps if about.kind == "group" and not about.sex}
