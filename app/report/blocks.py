"""Pieces of the report as data for the template: paragraphs, lists, figures, pictures, tables."""

from collections.abc import Sequence

Block = dict[str, object]
LEFT, RIGHT = "left", "right"
TABLE_POINTS = 9.0


def paragraph(text: str) -> Block:
    """Running text."""
    return {"kind": "paragraph", "text": text}


def heading(text: str) -> Block:
    """A heading inside a section."""
    return {"kind": "heading", "text": text}


def callout(text: str) -> Block:
    """Text set apart."""
    return {"kind": "callout", "text": text}


def bullets(items: Sequence[str]) -> Block:
    """A list."""
    return {"kind": "bullets", "items": list(items)}


def facts(items: Sequence[tuple[str, str]]) -> Block:
    """Large numbers, each with (value, label)."""
    return {"kind": "facts", "items": [{"value": value, "label": label} for value, label in items]}


def picture(file: str, alt: str, caption: str = "") -> Block:
    """A picture as wide as the text; `alt` says in words what it shows."""
    return {"kind": "picture", "file": file, "alt": alt, "caption": caption}


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    widths: Sequence[float],
    shades: Sequence[Sequence[int]] = (),
    scale: Sequence[int] = (),
    text_columns: Sequence[int] = (0,),
) -> Block:
    """A table; numbers stand to the right.

    Parameters
    ----------
    widths : shares of the width, 0 = as wide as needed
    text_columns : columns that read to the left
    shades : per cent of colour a cell, by row; `scale` names the colour of each column
    """
    return {
        "kind": "table",
        "head": list(head),
        "rows": [list(row) for row in rows],
        "widths": list(widths),
        "align": [LEFT if place in text_columns else RIGHT for place in range(len(head))],
        "shades": [list(row) for row in shades],
        "scale": list(scale),
        "size": TABLE_POINTS,
    }


def section(title: str, blocks: Sequence[Block], *, landscape: bool = False, new_page: bool = True) -> Block:
    """A chapter; a landscape one holds pictures only."""
    return {"title": title, "blocks": list(blocks), "landscape": landscape, "new-page": new_page}
