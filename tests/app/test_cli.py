"""The command line: one JSON document, an exit code that scripts can trust, words in both languages."""

import json
import os
import stat

import openpyxl
import pytest
from sqlalchemy import text

from app.cli.main import hoist, main
from app.i18n import catalogue
from app.intake import KINDS
from app.store.logins import Login
from app.store.server import PrivateServer
from app.store.session import Store, application_schema
from app.store.vault import KeyFile

PASSPHRASE = "seven calm herons wade"


@pytest.fixture
def run(capsys, monkeypatch):
    """Run one command line in an instance: exit code, standard output, standard error."""

    def _run(settings, *words):
        monkeypatch.setenv("MAHALLE_HOME", str(settings.home))
        monkeypatch.setenv("MAHALLE_SOCKETS", str(settings.sockets))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err

    return _run


@pytest.fixture
def ask(run):
    """The same with `--json`: exit code and the one document."""

    def _ask(settings, *words):
        code, out, _ = run(settings, *words, "--json")
        return code, json.loads(out)

    return _ask


@pytest.fixture
def words_for(city):
    """The options that a file of the small city needs."""

    def _words(kind):
        pairs = [f"{name}={heading}" for name, heading in city.COLUMNS[kind].items()]
        words = [word for pair in pairs for word in ("--map", pair)]
        if kind == "survey":
            words += ["--campaign", "river-2026", "--campaign-kind", "sample"]
        return words

    return _words


@pytest.fixture
def phrase(tmp_path):
    """A file with a passphrase."""
    path = tmp_path / "phrase"
    path.write_text(PASSPHRASE + "\n")
    return path


# ------------------------------------------------------------------ the line
def test_shared_options_may_stand_anywhere():
    assert hoist(["doctor", "--json", "--language=en"]) == ["--json", "--language=en", "doctor"]
    assert hoist(["load", "areas", "f", "--instance", "x", "--check"]) == [
        *("--instance", "x", "load", "areas", "f", "--check")
    ]
    assert hoist(["load", "--instance"]) == ["--instance", "load"]


@pytest.mark.parametrize("words", [["--help"], ["load", "--help"], ["db", "--help"], ["keys", "--help"]])
def test_help_is_there(new_settings, run, words):
    code, out, _ = run(new_settings(), *words)
    assert code == 0
    assert "Usage" in out


@pytest.mark.parametrize(
    "words", [["nonsense"], ["load"], ["--instance", "A B", "doctor"], ["--language", "de", "doctor"]]
)
def test_a_line_that_makes_no_sense_ends_with_two(new_settings, run, words):
    assert run(new_settings(), *words)[0] == 2


# ------------------------------------------------------------------ load
def test_the_small_city_goes_in_from_the_command_line(settings, ask, words_for, city_files):
    for kind, path in city_files.items():
        code, document = ask(settings, "load", kind, path, *words_for(kind))
        assert (code, document["state"], document["kind"]) == (0, "stored", kind)
        (sheet,) = document["sheets"]
        assert sheet["read"] == sheet["new"] > 0


def test_what_was_loaded_is_said_in_both_languages(small_city, run, words_for, city_files):
    words = ("load", "cases", city_files["cases"], *words_for("cases"))
    assert "60" in run(small_city.settings, *words, "--language", "en")[1]
    english = run(small_city.settings, *words, "--language", "en")[1]
    turkish = run(small_city.settings, *words, "--language", "tr")[1]
    assert "loaded" in english
    assert "yüklendi" in turkish.casefold()


def test_a_question_ends_with_two_and_names_the_option(settings, run, ask, city_files):
    code, document = ask(settings, "load", "areas", city_files["areas"])
    assert (code, document["state"]) == (2, "asked")
    assert any(question["option"].startswith("--map ") for question in document["questions"])
    code, _, err = run(settings, "load", "areas", city_files["areas"], "--language", "en")
    assert code == 2
    assert "--map " in err


def test_a_refusal_ends_with_one_and_one_document(settings, run, ask, city_files, tmp_path):
    code, document = ask(settings, "load", "population", city_files["population"])
    assert (code, document["error"]) == (1, "places.no_areas")
    assert "mahalle load areas" in document["message"]
    assert ask(settings, "load", "poems", city_files["population"])[1]["error"] == "load.unknown_kind"
    assert ask(settings, "load", "areas", tmp_path / "none")[1]["error"] == "load.not_found"
    assert ask(settings, "load", "areas", tmp_path)[0] == 1
    code, _, err = run(
        settings, "load", "areas", city_files["areas"], "--map", "nonsense", "--language", "en"
    )
    assert code == 1
    assert "FIELD=VALUE" in err


def test_checking_ends_with_zero_and_stores_nothing(settings, ask, words_for, city_files):
    code, document = ask(settings, "load", "areas", city_files["areas"], *words_for("areas"), "--check")
    assert (code, document["state"], document["sheets"][0]["new"]) == (0, "checked", 12)
    assert ask(settings, "load", "population", city_files["population"])[1]["error"] == "places.no_areas"


def test_the_audit_names_the_person_behind_the_command(small_city, ask, words_for, city_files, monkeypatch):
    monkeypatch.setenv("SUDO_USER", "zeynep")
    ask(small_city.settings, "load", "groups", city_files["groups"], *words_for("groups"))
    with small_city.session(Login.SERVICE) as session:
        query = "SELECT actor, action, detail->>'kind' FROM audit.events ORDER BY id DESC LIMIT 1"
        assert session.execute(text(query)).one() == ("os:zeynep", "load", "groups")


# ------------------------------------------------------------------ templates
TABLES = [kind for kind in KINDS if kind not in ("areas", "survey")]


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("kind", TABLES)
def test_a_template_is_written_in_the_persons_language(new_settings, ask, tmp_path, kind, language):
    path = tmp_path / f"{kind}.xlsx"
    code, document = ask(new_settings(), "template", kind, "--to", path, "--language", language)
    assert (code, document) == (0, {"file": str(path)})
    book = openpyxl.load_workbook(path)
    if kind != "form":
        notes = [[cell.value for cell in row] for row in book.worksheets[1].iter_rows()]
        assert all(row[3] == catalogue(language)[f"field.{row[1]}"] for row in notes)
    book.close()


@pytest.fixture
def fill(tmp_path):
    """Put the small city's words where a template's example stands."""

    def _fill(path, kind, city):
        book = openpyxl.load_workbook(path)
        page, notes = book.worksheets
        lat, lon = city._points(1)[0]
        words = {"code": city.CODES[0], "area_code": city.CODES[0], "district": "Kuzey Irmak"}
        words |= {"neighbourhood": "Işıklar", "lat": lat, "lon": lon, "key": "A1", "name": "Bir yer"}
        words |= {"reason": "aid", "old_code": "A", "new_code": "B"}
        for row in notes.iter_rows():
            key, column = row[1].value, row[0].row
            if key in words:
                page.cell(2, column).value = words[key]
        book.save(path)
        book.close()

    return _fill


@pytest.mark.parametrize("kind", [kind for kind in TABLES if kind not in ("form", "areas")])
def test_a_filled_template_is_read_back_without_a_question(places_only, ask, fill, city, tmp_path, kind):
    path = tmp_path / f"{kind}.xlsx"
    ask(places_only.settings, "template", kind, "--to", path)
    fill(path, kind, city)
    code, document = ask(places_only.settings, "load", kind, path, "--check")
    assert (code, document["state"]) == (0, "checked"), document
    assert (document["sheets"][0]["read"], document["sheets"][0]["rejected"]) == (1, 0), document["problems"]


def test_the_form_template_is_a_form(places_only, ask, tmp_path):
    ask(places_only.settings, "template", "form", "--to", tmp_path / "form.xlsx")
    code, document = ask(places_only.settings, "load", "form", tmp_path / "form.xlsx", "--check")
    assert (code, document["state"]) == (0, "checked")
    assert len(document["report"]["languages"]) == 3


def test_there_is_no_template_for_a_field_tools_export(new_settings, ask):
    code, document = ask(new_settings(), "template", "survey")
    assert (code, document["error"]) == (1, "load.no_template")


# ------------------------------------------------------------------ database
def test_the_first_command_makes_the_store_and_says_so(new_settings, run, words_for, city_files):
    settings = new_settings()
    PrivateServer(settings, durable=False).start()
    PrivateServer(settings).stop()
    code, out, err = run(settings, "db", "migrate", "--language", "en")
    assert code == 0, err
    assert application_schema() in out
    assert run(settings, "load", "areas", city_files["areas"], *words_for("areas"))[0] == 0


def test_the_server_is_started_looked_at_and_stopped(new_settings, ask, run):
    settings = new_settings()
    PrivateServer(settings, durable=False).start()
    code, started = ask(settings, "db", "start")
    assert (code, started["running"]) == (0, True)
    assert ask(settings, "db", "status")[1] == {
        "created": True,
        "running": True,
        "version": started["version"],
        "schema": None,
    }
    assert ask(settings, "db", "stop") == (0, {"stopped": True})
    assert ask(settings, "db", "stop") == (0, {"stopped": False})
    assert ask(settings, "db", "status")[1]["running"] is False
    assert "mahalle db start" in run(settings, "db", "status")[1]


def test_an_existing_server_is_not_ours_to_start(settings, ask):
    assert ask(settings, "db", "start") == (
        1,
        {"error": "db.not_ours", "message": ask(settings, "db", "start")[1]["message"]},
    )
    assert ask(settings, "db", "status")[1]["schema"] == application_schema()


def test_an_older_store_says_what_to_run(settings, ask, run):
    assert ask(settings, "db", "migrate", "--to", "-1")[0] == 0
    code, document = ask(settings, "backup", "--to", settings.home / "x.backup")
    assert (code, document["error"]) == (1, "schema.older")
    assert "mahalle db migrate" in document["message"]
    assert ask(settings, "db", "migrate") == (0, {"schema": application_schema()})


def test_backup_and_restore_from_the_command_line(small_city, settings, ask, phrase, tmp_path):
    path = settings.here.secrets / "keys.json"
    path.unlink()
    KeyFile.fresh().save(path)
    code, made = ask(small_city.settings, "backup", "--to", tmp_path / "a.backup")
    assert (code, made) == (0, {"file": str(tmp_path / "a.backup"), "removed": []})
    assert ask(small_city.settings, "keys", "export", tmp_path / "k", "--passphrase-file", phrase)[0] == 0
    assert ask(settings, "restore", tmp_path / "a.backup")[1]["error"] == "backup.other_keys"
    path.unlink()
    assert ask(settings, "keys", "import", tmp_path / "k", "--passphrase-file", phrase)[0] == 0
    code, document = ask(settings, "restore", tmp_path / "a.backup")
    assert (code, document["manifest"]["rows"]["survey.cases"]) == (0, 60)
    assert ask(settings, "restore", tmp_path / "a.backup")[1]["error"] == "backup.not_empty"
    store = Store.open(settings)
    with store.session(Login.SERVICE) as session:
        actions = session.scalars(text("SELECT action FROM audit.events ORDER BY id")).all()
    store.close()
    assert actions[-1] == "restore"


# ------------------------------------------------------------------ keys and doctor
def test_keys_are_exported_confirmed_and_changed(small_city, ask, phrase, tmp_path):
    settings, copy = small_city.settings, tmp_path / "copy"
    before = KeyFile.load(settings.here.secrets / "keys.json").fingerprint
    assert ask(settings, "keys", "export", copy, "--passphrase-file", phrase)[1]["fingerprint"] == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert ask(settings, "keys", "confirm", copy, "--passphrase-file", phrase) == (0, {"confirmed": before})
    code, changed = ask(settings, "keys", "rotate")
    assert (code, changed["rewrapped"]) == (0, 152 + 228)
    assert changed["fingerprint"] != before
    assert (
        ask(settings, "keys", "confirm", copy, "--passphrase-file", phrase)[1]["error"] == "keys.other_copy"
    )
    assert (
        ask(settings, "keys", "import", copy, "--passphrase-file", phrase)[1]["error"]
        == "keys.would_overwrite"
    )
    assert set(KeyFile.load(settings.here.secrets / "keys.json").keys) == {"k2"}


def test_a_short_or_wrong_passphrase_is_refused(settings, ask, phrase, tmp_path):
    short, wrong = tmp_path / "short", tmp_path / "wrong"
    short.write_text("tiny")
    wrong.write_text("seven calm herons wait")
    assert (
        ask(settings, "keys", "export", tmp_path / "c", "--passphrase-file", short)[1]["error"]
        == "keys.short_passphrase"
    )
    assert not (tmp_path / "c").exists()
    assert ask(settings, "keys", "export", tmp_path / "c", "--passphrase-file", phrase)[0] == 0
    assert (
        ask(settings, "keys", "confirm", tmp_path / "c", "--passphrase-file", wrong)[1]["error"]
        == "keys.wrong_passphrase"
    )


def test_an_export_never_overwrites_a_file(settings, ask, phrase, tmp_path):
    (tmp_path / "there").write_text("precious")
    code, document = ask(settings, "keys", "export", tmp_path / "there", "--passphrase-file", phrase)
    assert code == 1
    assert str(tmp_path / "there") in document["message"]
    assert (tmp_path / "there").read_text() == "precious"


@pytest.mark.parametrize("command", ["confirm", "import"])
def test_a_copy_or_passphrase_file_that_is_not_there_is_said(settings, ask, phrase, tmp_path, command):
    assert ask(settings, "keys", command, tmp_path / "none", "--passphrase-file", phrase)[0] == 1
    (tmp_path / "some").write_text("{}")
    assert ask(settings, "keys", command, tmp_path / "some", "--passphrase-file", tmp_path / "none")[0] == 1
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert ask(settings, "keys", command, tmp_path / "binary", "--passphrase-file", phrase)[0] == 1


def test_the_doctor_ends_with_one_only_if_something_is_wrong(settings, ask, run):
    code, document = ask(settings, "doctor")
    assert code == 0
    assert {finding["level"] for finding in document["findings"]} == {"ok", "warn"}
    os.chmod(settings.here.secrets / "planner.secret", 0o644)
    code, out, _ = run(settings, "doctor", "--language", "en")
    assert code == 1
    assert "chmod 600" in out


# ----------------------------------------------------------------- simulation
def test_every_command_on_a_demonstration_says_so(places_only, ask, run):
    with places_only.session(Login.SERVICE) as session:
        session.execute(text("UPDATE agg.about SET holds = 'demonstration'"))
    _, document = ask(places_only.settings, "runs", "list")
    assert document["simulation"] == "BENZETİM"
    assert "BENZETİM" in run(places_only.settings, "runs", "list")[2]
    with places_only.session(Login.SERVICE) as session:
        session.execute(text("UPDATE agg.about SET holds = 'real'"))
    assert "simulation" not in ask(places_only.settings, "runs", "list")[1]
