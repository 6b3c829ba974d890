"""The proposal in plain words: what each question is answered with."""

from pypdf import PdfReader

from app.report import write_council
from app.report.council import answers

SITE = {"key": "A1", "name": "Ova", "district": "Kaş", "decisions": "encümen kararı"}
PLAN = {
    "new": [SITE, {**SITE, "key": "A2", "name": "Bağ", "decisions": ""}],
    "existing": [{"name": "Merkez"}],
    "closed": [],
    "gap": 0.0,
    "travel": {"method": "straight_line", "detour": 1.3, "km_per_hour": 40.0},
    "groups": {"all": {"mean_before": 43.3, "mean_after": 19.0, "nearer": 278600}},
    "costs": {"five_years": 265e6, "staff": 65, "unknown": 0},
    "pins": [{"name": "Eski okul", "extra_minutes": 0.8, "lose": 50, "gain": 100}],
    "reasons": {
        "sites": [],
        "districts": [
            {"district": "Finike", "enters": [SITE], "extra_minutes": 0.03},
            {"district": "Kemer", "enters": [], "extra_minutes": 0.0},
        ],
    },
}


def text_of(path):
    with PdfReader(path) as reader:
        return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


def test_questions_without_an_answer_are_left_out():
    told = answers(PLAN, "tr")
    assert "order" not in told
    assert "places" not in told
    assert {"what", "why", "gain", "district", "sure", "cost", "tried", "decide", "unknown"} == set(told)


def test_answers_say_figures_in_plain_sentences():
    told = {name: str(block) for name, block in answers(PLAN, "tr").items()}
    assert "2 yeni merkez" in told["what"]
    assert "43,3 dakika" in told["why"]
    assert "278.600" in told["gain"]
    assert "Finike +0,03 dakika" in told["district"]
    assert "Kemer" not in told["district"]
    assert "265.000.000 TL" in told["cost"]
    assert "Eski okul" in told["tried"]
    assert "encümen kararı: Ova" in told["decide"]
    assert "Ayrı karar gerekmeyen: Bağ" in told["decide"]


def test_it_is_written_for_a_plan_and_the_same_plan_gives_the_same_bytes(proposed, tmp_path):
    one, two = (write_council(proposed, tmp_path / name, "tr", plan_id=1) for name in ("a.pdf", "b.pdf"))
    assert one.read_bytes() == two.read_bytes()
    said = text_of(one)
    assert "MECLİS İÇİN KISA AÇIKLAMA" in said
    assert "Ne öneriliyor?" in said
    assert "Neyi bilmiyoruz?" in said
