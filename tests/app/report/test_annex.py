"""The annex of a proposal, judged by the text a reader can copy out of it."""

import dataclasses

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from app.errors import RefusedError
from app.i18n import say
from app.report import write_annex
from app.report.annex import annex
from app.report.source import of_plan, of_proposal
from app.store import plans
from app.store.logins import Login


def text_of(path):
    with PdfReader(path) as reader:
        return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


def test_it_holds_map_gains_alternatives_proof_data_and_limits(proposed, tmp_path):
    said = text_of(write_annex(proposed, tmp_path / "a.pdf", "tr", proposal_id=1))
    for words in (
        "İki merkez",
        "Kim ne kadar yaklaşıyor",
        "Yolu kısalan",
        "Değerlendirilen seçenekler",
        "olmadan",
        "Bir merkez eksik (1)",
        "Bir merkez fazla (3)",
        "kanıtlanmış en iyi plandır",
        "2026 haritası (çalışma no 1)",
        "kuş uçuşu",
        proposed.settings.legal_basis_centres[:40],
    ):
        assert words in said, words
    assert "BENZETİM" not in said


def test_the_same_plan_gives_the_same_bytes(proposed, tmp_path):
    one, two = (write_annex(proposed, tmp_path / n, "en", plan_id=1) for n in ("a.pdf", "b.pdf"))
    assert one.read_bytes() == two.read_bytes()


def test_constructed_and_simulated_are_stamped_and_explained(proposed):
    source = of_proposal(proposed, 1)
    contents = dataclasses.replace(
        source.contents,
        run=dataclasses.replace(source.contents.run, is_simulation=True),
        areas=source.contents.areas.assign(constructed=True),
    )
    data = annex(dataclasses.replace(source, contents=contents), proposed.settings, "tr")
    assert data["stamps"] == ["BENZETİM", "TASLAK"]
    assert data["footer"].startswith("BENZETİM  ·  TASLAK")
    assert len(data["warnings"]) == 2


def test_small_regions_keep_their_figures_to_themselves(proposed):
    source = of_plan(proposed, 1)
    for centre in (*source.shown["new"], *source.shown["existing"]):
        if centre["region_areas"] < plans.FEWEST_AREAS:
            assert centre["region_need"] is None
    assert all(figures["persons"] % plans.NEED_STEP == 0 for figures in source.shown["groups"].values())


def test_a_plan_without_alternatives_says_how_to_get_them(proposed):
    source = of_plan(proposed, 1)
    bare = {name: value for name, value in source.shown.items() if name != "alternatives"}
    data = annex(dataclasses.replace(source, shown=bare), proposed.settings, "tr")
    chapter = next(s for s in data["sections"] if s["title"] == say("documents.alternatives", "tr"))
    assert "seçenekleri de hesapla" in chapter["blocks"][0]["text"]


def test_a_plan_of_an_unpublished_map_gets_no_document(changed, tmp_path):
    with changed.session(Login.SERVICE) as session:
        session.execute(text("DELETE FROM agg.runs"))
    with pytest.raises(RefusedError, match=r"documents\.run_not_published"):
        write_annex(changed, tmp_path / "a.pdf", "tr", plan_id=1)
    with pytest.raises(RefusedError, match=r"plans\.none"):
        write_annex(changed, tmp_path / "a.pdf", "tr", plan_id=77)
