"""Settings: read once, checked together, and said in words where they cannot hold."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import INSTANCE_NAME, SOCKET_PATH_BYTES, Settings


def test_every_setting_is_one_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("MAHALLE_HOME", str(tmp_path))
    monkeypatch.setenv("MAHALLE_INSTANCE", "trial")
    monkeypatch.setenv("MAHALLE_TRAVEL_DETOUR", "1.5")
    settings = Settings()
    assert (settings.home, settings.instance, settings.travel_detour) == (tmp_path, "trial", 1.5)


def test_root_and_people_have_different_homes(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert (Settings().home, Settings().sockets) == (Path("/var/lib/mahalle"), Path("/run/mahalle"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    assert Settings().home == tmp_path / "data" / "mahalle"
    assert Settings().sockets == tmp_path / "run" / "mahalle"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert Settings().sockets.name == "mahalle-1000"


@pytest.mark.parametrize("name", ["", "Main", "1st", "a-b", "../x", "a b", "x" * 25, "ş"])
def test_an_instance_has_a_plain_name(name):
    with pytest.raises(ValidationError, match="letters a-z"):
        Settings(instance=name)
    assert not INSTANCE_NAME.fullmatch(name)


def test_a_socket_path_that_does_not_fit_is_said_with_the_variable(tmp_path):
    long = Path("/tmp") / ("x" * SOCKET_PATH_BYTES)
    with pytest.raises(ValidationError, match="MAHALLE_SOCKETS"):
        Settings(home=tmp_path, sockets=long)


def test_the_longest_socket_path_fits(tmp_path):
    rest = len("/main/.s.PGSQL.5432")
    fits = Path("/" + "x" * (SOCKET_PATH_BYTES - rest - 1))
    assert Settings(home=tmp_path, sockets=fits).here.socket == fits / "main"
    with pytest.raises(ValidationError):
        Settings(home=tmp_path, sockets=Path(f"{fits}x"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smallest_cell", 2),
        ("smallest_base", 5),
        ("travel_detour", 0.9),
        ("travel_km_per_hour", 0),
        ("renewal_months", 0),
        ("parse_memory_mib", 10),
        ("parse_seconds", 1),
        ("language", "de"),
    ],
)
def test_a_value_that_would_harm_is_refused(name, value):
    with pytest.raises(ValidationError):
        Settings(**{name: value})


def test_protected_groups_are_never_shown_more_freely():
    with pytest.raises(ValidationError, match="SMALLEST_CELL_PROTECTED"):
        Settings(smallest_cell=12, smallest_cell_protected=10)


def test_settings_are_frozen():
    with pytest.raises(ValidationError):
        Settings().language = "en"


def test_instances_share_no_folder(tmp_path):
    one, two = (Settings(home=tmp_path, sockets=tmp_path, instance=name).here for name in ("main", "trial"))

    def folders(here):
        return {here.cluster, here.secrets, here.backups, here.staging, here.socket, here.server_file}

    assert not folders(one) & folders(two)


def test_the_chain_names_each_step_once_and_holds_the_formal_one(monkeypatch):
    with pytest.raises(ValidationError, match="APPROVAL_CHAIN"):
        Settings(approval_chain=("Birim", "Birim"), approval_formal_step="Birim")
    with pytest.raises(ValidationError, match="FORMAL_STEP"):
        Settings(approval_chain=("Birim", "Başkan"))
    monkeypatch.setenv("MAHALLE_APPROVAL_CHAIN", '["Müdür", "Başkan"]')
    monkeypatch.setenv("MAHALLE_APPROVAL_FORMAL_STEP", "Müdür")
    assert Settings().approval_chain == ("Müdür", "Başkan")
