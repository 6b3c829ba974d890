"""Word documents: pieces of a report set as DOCX, the same bytes for the same contents."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from docx import Document
from docx.document import Document as Paper
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from app.i18n import Language
from app.report.blocks import RIGHT, Block

DEEP, QUIET, WARM = RGBColor(0x08, 0x30, 0x6B), RGBColor(0x5A, 0x5A, 0x5A), RGBColor(0xA5, 0x0F, 0x15)
RULE = "BDBDBD"
PALE = "F4F1EA"
A4_CM = (21.0, 29.7)
TEXT_CM = 16.6
FEW_ROWS = 12  # a table this short stays on one page
ZIP_DAY = (1980, 1, 1, 0, 0, 0)  # every member of the archive, so that equal contents are equal bytes
WATERMARK = """
<w:pict {namespaces} xmlns:v="urn:schemas-microsoft-com:vml"
 xmlns:o="urn:schemas-microsoft-com:office:office">
<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800"
 path="m@7,l@8,m@5,21600l@6,21600e">
<v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/>
<v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/>
<v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/></v:formulas>
<v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" fitshape="t"/></v:shapetype>
<v:shape id="stamp" o:spid="_x0000_s1025" type="#_x0000_t136" alt="{words}"
 style="position:absolute;width:{width}pt;height:90pt;rotation:315;z-index:-251658752;\
mso-position-horizontal:center;mso-position-horizontal-relative:margin;\
mso-position-vertical:center;mso-position-vertical-relative:margin" fillcolor="#e4e4e4" stroked="f">
<v:fill opacity=".6"/><v:textpath style="font-family:&quot;Arial&quot;;font-weight:bold" string="{words}"/>
</v:shape></w:pict>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What every page of a document has.

    Attributes
    ----------
    stamps : words across every page, such as BENZETİM and TASLAK
    created : moment written into the file's properties, of the contents rather than of the clock
    """

    language: Language
    title: str
    created: dt.datetime
    footer: str = ""
    stamps: Sequence[str] = field(default_factory=tuple)
    font: str = "Arial"
    points: float = 10


def new_paper(look: Look) -> Paper:
    """An empty A4 document with fonts, language, stamp and footer."""
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Cm(A4_CM[0]), Cm(A4_CM[1])
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin, section.bottom_margin = Cm(2.0), Cm(2.0)
    _fonts(paper, look)
    about = paper.core_properties
    about.title, about.author, about.language = look.title, "Mahalle", look.language
    about.comments = ""
    about.created = about.modified = look.created.replace(microsecond=0, tzinfo=None)
    if look.stamps:
        _stamp(section.header.paragraphs[0], " · ".join(look.stamps))
    _foot(section.footer.paragraphs[0], look)
    return paper


def _fonts(paper: Paper, look: Look) -> None:
    normal = paper.styles["Normal"]
    sizes = (
        ("Normal", look.points),
        ("Title", 22),
        ("Heading 1", 16),
        ("Heading 2", 12.5),
        ("Heading 3", 11),
    )
    for name, size in sizes:
        style = paper.styles[name]
        style.font.size, style.font.name = Pt(size), look.font
        properties = style.element.get_or_add_rPr()
        fonts = properties.find(qn("w:rFonts"))
        for kind in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(kind), None)
        for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(kind), look.font)
        if name != "Normal":
            style.font.color.rgb = DEEP
    normal.paragraph_format.space_after = Pt(6)
    tongue = OxmlElement("w:lang")
    tongue.set(qn("w:val"), "tr-TR" if look.language == "tr" else "en-GB")
    normal.element.get_or_add_rPr().append(tongue)


def _stamp(paragraph: Paragraph, words: str) -> None:
    """Large pale words behind the text, and the same words in the head for who cannot see them."""
    width = min(560, 64 * len(words))
    shape = WATERMARK.format(namespaces=nsdecls("w"), words=words, width=width)
    run = paragraph.add_run(words)
    run.bold, run.font.size, run.font.color.rgb = True, Pt(9), WARM
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    paragraph.add_run()._r.append(parse_xml(shape))


def _foot(paragraph: Paragraph, look: Look) -> None:
    run = paragraph.add_run(f"{look.footer}    " if look.footer else "")
    run.font.size, run.font.color.rgb = Pt(8), QUIET
    for place, name in enumerate(("PAGE", "NUMPAGES")):
        if place:
            _small(paragraph, " / ")
        _field(paragraph, name)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _small(paragraph: Paragraph, text: str) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.color.rgb = Pt(8), QUIET


def _field(paragraph: Paragraph, name: str) -> None:
    simple = OxmlElement("w:fldSimple")
    simple.set(qn("w:instr"), name)
    run = paragraph.add_run("1")
    run.font.size, run.font.color.rgb = Pt(8), QUIET
    simple.append(run._r)
    paragraph._p.append(simple)


def save_paper(paper: Paper, path: Path) -> Path:
    """Write a document aside and move it into place; equal contents are equal bytes."""
    made, out = io.BytesIO(), io.BytesIO()
    paper.save(made)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            target.writestr(zipfile.ZipInfo(name, ZIP_DAY), source.read(name), zipfile.ZIP_DEFLATED)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    aside.write_bytes(out.getvalue())
    aside.replace(path)
    return path


# ------------------------------------------------------------------ pieces
def add_blocks(paper: Paper, blocks: Sequence[Block], folder: Path) -> None:
    """Set pieces one after the other; pictures lie in `folder`."""
    for block in blocks:
        MAKERS[str(block["kind"])](paper, block, folder)


def add_sections(paper: Paper, sections: Sequence[Block], folder: Path) -> None:
    """Set the chapters of a report."""
    for place, section in enumerate(sections):
        if section.get("new-page") and place:
            paper.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        paper.add_heading(str(section["title"]), level=1)
        add_blocks(paper, cast(Sequence[Block], section["blocks"]), folder)


def _paragraph(paper: Paper, block: Block, _folder: Path) -> None:
    paper.add_paragraph(str(block["text"]))


def _heading(paper: Paper, block: Block, _folder: Path) -> None:
    paper.add_heading(str(block["text"]), level=2)


def _callout(paper: Paper, block: Block, _folder: Path) -> None:
    table = paper.add_table(rows=1, cols=1)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    cell = table.cell(0, 0)
    _shade(cell, PALE)
    cell.paragraphs[0].add_run(str(block["text"]))
    paper.add_paragraph().paragraph_format.space_after = Pt(2)


def _bullets(paper: Paper, block: Block, _folder: Path) -> None:
    for item in cast(Sequence[str], block["items"]):
        line = paper.add_paragraph(str(item), style="List Bullet")
        line.paragraph_format.space_after = Pt(2)


def _facts(paper: Paper, block: Block, _folder: Path) -> None:
    items = cast(Sequence[Mapping[str, str]], block["items"])
    table = paper.add_table(rows=1, cols=len(items))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for cell, fact in zip(table.rows[0].cells, items, strict=True):
        _shade(cell, PALE)
        value = cell.paragraphs[0].add_run(fact["value"])
        value.bold, value.font.size, value.font.color.rgb = True, Pt(17), DEEP
        label = cell.add_paragraph().add_run(fact["label"])
        label.font.size, label.font.color.rgb = Pt(8.5), QUIET
    paper.add_paragraph().paragraph_format.space_after = Pt(2)


def _picture(paper: Paper, block: Block, folder: Path) -> None:
    line = paper.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    shape = line.add_run().add_picture(str(folder / str(block["file"])), width=Cm(TEXT_CM))
    shape._inline.docPr.set("descr", str(block["alt"]))
    if block.get("caption"):
        note = paper.add_paragraph().add_run(str(block["caption"]))
        note.font.size, note.font.color.rgb = Pt(8.5), QUIET


def _table(paper: Paper, block: Block, _folder: Path) -> None:
    add_table(paper, block)


def add_table(paper: Paper, block: Block) -> None:
    """Set one table; its first row is a heading."""
    head, rows = cast(Sequence[str], block["head"]), cast(Sequence[Sequence[str]], block["rows"])
    table = paper.add_table(rows=1 + len(rows), cols=len(head))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    sides = [
        WD_ALIGN_PARAGRAPH.RIGHT if side == RIGHT else WD_ALIGN_PARAGRAPH.LEFT
        for side in cast(Sequence[str], block["align"])
    ]
    size = float(str(block["size"])) - 0.5
    for line, words in zip(table.rows, [head, *rows], strict=True):
        for cell, text, side in zip(line.cells, words, sides, strict=True):
            run = cell.paragraphs[0].add_run(str(text))
            run.font.size, run.bold = Pt(size), words is head
            cell.paragraphs[0].alignment = side
            cell.paragraphs[0].paragraph_format.space_after = Pt(1)
    if len(rows) <= FEW_ROWS:
        _keep_together(table)
    _widths(table, cast(Sequence[float], block["widths"]))
    _lines(table)
    paper.add_paragraph().paragraph_format.space_after = Pt(2)


def _keep_together(table: Table) -> None:
    for row in table.rows[:-1]:
        for cell in row.cells:
            cell.paragraphs[0].paragraph_format.keep_with_next = True


def _widths(table: Table, shares: Sequence[float]) -> None:
    whole = sum(share or 1.0 for share in shares)
    for column, share in zip(table.columns, shares, strict=True):
        width = Cm(TEXT_CM * (share or 1.0) / whole)
        column.width = width
        for cell in column.cells:
            cell.width = width


def _lines(table: Table) -> None:
    """Thin lines between rows; the first row is a heading that every page repeats."""
    borders = "".join(
        f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="{colour}"/>'
        for side, size, colour in (("top", 8, "08306B"), ("bottom", 8, "08306B"), ("insideH", 4, RULE))
    )
    table._tbl.tblPr.append(parse_xml(f"<w:tblBorders {nsdecls('w')}>{borders}</w:tblBorders>"))
    properties = table.rows[0]._tr.get_or_add_trPr()
    for name in ("w:cantSplit", "w:tblHeader"):
        properties.append(OxmlElement(name))
    for cell in table.rows[0].cells:
        _shade(cell, PALE)


def _shade(cell: _Cell, colour: str) -> None:
    shade = f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{colour}"/>'
    cell._tc.get_or_add_tcPr().append(parse_xml(shade))


MAKERS: Mapping[str, Callable[[Paper, Block, Path], None]] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "callout": _callout,
    "bullets": _bullets,
    "facts": _facts,
    "picture": _picture,
    "table": _table,
}
