"""The official letter, read back as Word would read it."""

import datetime as dt
import zipfile
from xml.etree import ElementTree

import pytest
from docx import Document

from app.errors import RefusedError
from app.proposal import Decision, decide, one
from app.report import write_letter
from app.report.source import stamps

NOW = dt.datetime(2026, 5, 2, tzinfo=dt.UTC)


def texts(path):
    return [line.text for line in Document(str(path)).paragraphs if line.text.strip()]


@pytest.fixture
def lines(proposed, tmp_path):
    return texts(write_letter(proposed, 1, tmp_path / "yazi.docx", "tr"))


def test_it_has_the_parts_of_an_official_letter_in_order(lines, proposed):
    settings = proposed.settings
    parts = [
        *settings.letterhead,
        "Sayı   : E-1-100\t01.05.2026",
        "Konu   : Yeni merkez açılması",
        settings.letter_addressee,
        "İlgi   :\ta) 1 Mayıs 2026 tarihinde yayımlanan 2026 haritası (çalışma no 1).",
        "\tb) Meclisin 5 sayılı kararı.",
    ]
    assert lines[: len(parts)] == parts
    ends = ["OLUR", settings.approval_chain[-1], "Ek:", "2- Fotoğraflar", "Onay süreci"]
    places = [lines.index(part) for part in ends]
    assert places == sorted(places)


def test_the_body_says_what_why_for_whom_and_on_what_basis(lines, proposed):
    text = " ".join(lines)
    assert "2 yerde yeni sosyal hizmet merkezi açılması uygun görülmektedir" in text
    assert "Güneyde ihtiyaç arttı." in lines
    assert "Yol uzundur." in lines
    assert "dakikaya inecek" in text
    assert "kanıtlanmış en iyi plandır" in text
    assert proposed.settings.legal_basis_centres in text


def test_the_chain_shows_each_paper(proposed, tmp_path):
    table = Document(str(write_letter(proposed, 1, tmp_path / "a.docx", "tr"))).tables[-1]
    rows = [[cell.text for cell in row.cells] for row in table.rows][1:]
    assert rows[0] == ["Birim Sorumlusu", "sundu", "E-1-100", "01.05.2026"]
    assert rows[1][1:] == ["uygun görüşle arz etti", "E-2-200", "01.05.2026"]
    assert [row[1] for row in rows[2:]] == ["bekliyor"] * 4


def test_the_last_step_dates_the_olur(changed, tmp_path):
    while step := one(changed, 1).waits_at:
        paper = Decision(step=step, ebys_number="E-9-9", ebys_date=NOW.date())
        decide(changed, 1, paper, actor="makam", now=NOW)
    lines = texts(write_letter(changed, 1, tmp_path / "a.docx", "tr"))
    assert lines[lines.index("OLUR") + 1] == "02.05.2026"


def test_a_letter_that_came_back_has_no_number_of_its_own(changed, tmp_path):
    step = one(changed, 1).waits_at
    back = Decision(step=step, verdict="return", reason="eksik")
    decide(changed, 1, back, actor="daire", now=NOW)
    path = write_letter(changed, 1, tmp_path / "a.docx", "en")
    assert f"Number : {changed.settings.letter_number}-…………\t…… / …… / ………" in texts(path)


def test_the_same_proposal_gives_the_same_bytes_of_valid_xml(proposed, tmp_path):
    one_, two = (write_letter(proposed, 1, tmp_path / name, "tr") for name in ("a.docx", "b.docx"))
    assert one_.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one_) as inside:
        for name in inside.namelist():
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(inside.read(name))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.docx", "b.docx"]


def test_it_is_stamped_for_what_it_is():
    assert stamps(simulation=True, constructed=True) == ["map.watermark", "documents.draft"]
    assert stamps(simulation=False, constructed=False) == []


def test_an_unknown_proposal_is_refused(proposed, tmp_path):
    with pytest.raises(RefusedError, match=r"proposals\.none"):
        write_letter(proposed, 99, tmp_path / "a.docx", "tr")
