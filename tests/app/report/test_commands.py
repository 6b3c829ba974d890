"""`mahalle report` and `mahalle plans` on the command line."""

import json

import pytest

from app.cli import main


@pytest.fixture
def mahalle(proposed_settings, monkeypatch, capsys):
    """Run a command on the small city; returns its document."""
    for name in ("home", "sockets", "instance"):
        monkeypatch.setenv(f"MAHALLE_{name.upper()}", str(getattr(proposed_settings, name)))

    def _run(*words):
        with pytest.raises(SystemExit) as ended:
            main(["--json", *map(str, words)])
        return ended.value.code, json.loads(capsys.readouterr().out)

    return _run


@pytest.mark.parametrize("kind", ["risk-map", "recommendations"])
def test_a_report_is_written_as_document_and_workbook(mahalle, tmp_path, kind):
    code, said = mahalle("report", kind, "--out", tmp_path / "r.docx")
    assert code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.docx", "r.xlsx"]
    assert len(said["files"]) == 2


def test_an_activity_report_is_of_a_period_that_ended(mahalle, tmp_path):
    code, _ = mahalle("report", "activity", "--period", "2025-H2", "--out", tmp_path / "f.docx")
    assert code == 0
    code, said = mahalle("report", "activity", "--period", "2025-13", "--out", tmp_path / "g.docx")
    assert code != 0
    assert said["error"] == "documents.bad_period"
    assert not (tmp_path / "g.docx").exists()


def test_without_a_kind_it_is_the_book(mahalle, tmp_path):
    code, _ = mahalle("report", "--out", tmp_path / "book.pdf")
    assert code == 0
    assert (tmp_path / "book.pdf").read_bytes()[:4] == b"%PDF"


def test_plans_are_listed_with_their_names(mahalle):
    code, said = mahalle("plans", "list")
    assert code == 0
    (plan,) = said["plans"]
    assert (plan["name"], plan["state"], plan["region"]) == ("İki merkez", "sent", "")
