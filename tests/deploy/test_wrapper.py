"""The command `mahalle` of an installed server becomes the right user, with the right settings."""

import os
import subprocess
from pathlib import Path

import pytest

WRAPPER = Path(__file__).parents[2] / "deploy" / "files" / "mahalle"
STUB = '#!/bin/sh\necho "{name} $*" >> "{log}"\n'


@pytest.fixture
def call(tmp_path):
    """Run the wrapper as a pretended user, with stand-ins for all it calls; gives what was called."""

    def _call(user, *words, systemd=False):
        log = tmp_path / "called"
        log.unlink(missing_ok=True)
        places = {
            "/opt/mahalle/current/.venv/bin/mahalle": tmp_path / "program",
            "/etc/mahalle/mahalle.env": tmp_path / "settings",
            "/run/systemd/system": tmp_path / ("" if systemd else "absent"),
        }
        text = WRAPPER.read_text()
        for old, new in places.items():
            assert old in text
            text = text.replace(old, str(new))
        (tmp_path / "settings").write_text("MAHALLE_WEB_HOSTS='[\"a.tr\"]'\n")
        stubs = {name: STUB.format(name=name, log=log) for name in ("sudo", "setpriv", "systemctl")}
        stubs["id"] = f"#!/bin/sh\necho {user}\n"
        stubs["program"] = f'#!/bin/sh\necho "program $* $MAHALLE_HOME $MAHALLE_WEB_HOSTS" >> "{log}"\n'
        for name, script in {**stubs, "wrapper": text}.items():
            (tmp_path / name).write_text(script)
            (tmp_path / name).chmod(0o755)
        environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        subprocess.run([tmp_path / "wrapper", *words], env=environment, check=True)
        return log.read_text().replace(str(tmp_path), "").splitlines()

    return _call


def test_root_becomes_the_user_of_the_data(call):
    (line,) = call("root", "users", "list")
    assert line.startswith("setpriv --reuid=mahalle --regid=mahalle --init-groups")
    assert line.endswith("-- /program users list")


def test_the_user_of_the_data_stays_and_gets_the_settings(call):
    assert call("mahalle", "backup") == ['program backup /var/lib/mahalle ["a.tr"]']


def test_anybody_else_is_asked_for_roots_rights(call):
    assert call("ayse", "doctor") == ["sudo -- /wrapper doctor"]


@pytest.mark.parametrize(
    "words", [["doctor", "--deploy"], ["--json", "doctor", "--deploy", "--language", "en"]]
)
def test_only_the_look_at_the_whole_server_stays_root(call, words):
    (line,) = call("root", *words)
    assert line.startswith("program ")
    assert "setpriv" in call("root", "doctor")[0]


def test_the_database_belongs_to_its_unit(call):
    assert call("root", "db", "stop", systemd=True) == ["systemctl stop mahalle-db"]
    first, second = call("root", "users", "list", systemd=True)
    assert first == "systemctl is-active --quiet mahalle-db"
    assert second.startswith("setpriv")
